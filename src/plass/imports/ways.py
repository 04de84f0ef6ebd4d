"""How a difference between a list and what is recorded can be taken."""

from __future__ import annotations

from enum import StrEnum


class Way(StrEnum):
    """How a difference between list and case can be taken."""

    #: What is recorded stays.
    LEAVE = "leave"
    #: The list is right from a day on.
    CHANGE = "change"
    #: What was recorded was wrong.
    CORRECTION = "correct"
