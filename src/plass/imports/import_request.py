"""What an import is asked to do, whoever asks: the page, a background job or the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plass.organisation.models import Team, User


@dataclass(frozen=True, kw_only=True)
class ImportRequest:
    """Who imports, to which team, and how.

    ``specialists`` are those whom the list may name; ``unnamed`` follows those whose follow-up has begun and for whom it
    names nobody. Without one, such a row must be mended. ``name`` is what the list is called, as the source of a change.
    A dry run undoes everything; with ``all_or_nothing`` one problem or open question anywhere does so too.
    """

    by: User
    team: Team
    specialists: Sequence[User]
    dry_run: bool
    unnamed: User | None = None
    name: str = ""
    all_or_nothing: bool = False

    @property
    def is_together(self) -> bool:
        """Whether it is one transaction: all of it is written, or nothing."""
        return self.all_or_nothing and not self.dry_run
