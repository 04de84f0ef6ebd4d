"""What an examination of an installation finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["fine", "note", "wrong"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, and how to mend it where it is not fine."""

    level: Level
    about: str
    says: str
    mend: str = ""
