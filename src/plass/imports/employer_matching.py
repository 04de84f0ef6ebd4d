"""Which employer a list means: one that is recorded already, by number or by name, or a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from plass.cases.facts import Refused
from plass.employers import actions as employers
from plass.employers import queries
from plass.employers.models import Employer
from plass.organisation.models import User

from .employer_names import may_be_a_slip, same_key
from .translatable import gettext as _

Key = tuple[str, str]


@dataclass(frozen=True)
class ListedEmployer:
    """An employer as a list writes it. ``may_be_new``: it is recorded where it is not."""

    name: str
    number: str
    may_be_new: bool

    @property
    def key(self) -> Key:
        """What is the same for every way to write it."""
        return same_key(self.name), self.number


def is_spelt_anew(name: str, recorded: str) -> bool:
    """Whether one of two names begins with all words of the other and is not the same ("Kiwi" and "Kiwi Grorud"), or they
    differ by spaces or by a slip ("Rema1000", "Kiwi Grorrud").
    """
    words, others = sorted((queries.core_name(name).split(), queries.core_name(recorded).split()), key=len)
    begins_with_it = bool(words) and words != others and others[: len(words)] == words
    is_spaced = words != others and same_key(name) == same_key(recorded)
    return begins_with_it or is_spaced or may_be_a_slip(name, recorded)


def _are_one(key: Key, other: Key) -> bool:
    """Whether two that are not recorded are the same: by their number where both have one, else by their name."""
    return key[1] == other[1] if key[1] and other[1] else key[0] == other[0]


@dataclass
class EmployerMatcher:
    """Employers by name and number, each looked up once in an import.

    What is found for a piece is kept only when the piece is written (:meth:`keep`): an employer that was added in
    writing that was undone does not exist any more. Where everything is undone (:meth:`forget_all`, as in a dry run), what
    was not found is not looked for again.
    """

    by: User
    _kept: dict[Key, Employer] = field(default_factory=dict)
    _new: dict[Key, Employer] = field(default_factory=dict)
    _mentioned: set[Key] = field(default_factory=set)
    _not_found: set[Key] = field(default_factory=set)
    #: Those of them that are not looked for again.
    _given_up: set[Key] = field(default_factory=set)

    def find_all(self, listed: Sequence[ListedEmployer]) -> list[tuple[Employer | None, list[str]]]:
        """For each the employer, recorded now if need be, and sentences on that.

        Raises ``Refused`` where one cannot be recorded, by its place in ``listed``.
        """
        known = self._new.keys() | self._kept.keys() | self._given_up
        self._look_up([entry for entry in listed if entry.key not in known])
        added = self._add(listed)
        matches: list[tuple[Employer | None, list[str]]] = []
        for entry in listed:
            employer = self._new.get(entry.key) or self._kept.get(entry.key)
            if employer is not None:
                self._new[entry.key] = employer
            # A dry run adds it anew in each piece, and tells of it once.
            is_mentioned = entry.key not in added or entry.key in self._mentioned
            added.discard(entry.key)
            matches.append(
                (employer, [] if is_mentioned else [_("New employer: %(employer)s.") % {"employer": entry.name}])
            )
        return matches

    def _look_up(self, unknown: Sequence[ListedEmployer]) -> None:
        """Keep those that are recorded, and note which are not found."""
        for entry, employer in zip(
            unknown, queries.meant_by([(entry.name, entry.number) for entry in unknown]), strict=True
        ):
            if employer is not None:
                self._new.setdefault(entry.key, employer)
            else:
                self._not_found.add(entry.key)

    def _add(self, listed: Sequence[ListedEmployer]) -> set[Key]:
        """Record those that are not; their keys. One without a number is the one of that name that came before it."""
        new: dict[Key, tuple[int, Employer]] = {}
        same: dict[Key, Key] = {}
        for place, entry in enumerate(listed):
            key = entry.key
            if key in self._new or key in self._kept or key in new or key in same or not entry.may_be_new:
                continue
            alike = next((other for other in new if _are_one(key, other)), None)
            if alike is None:
                new[key] = place, Employer(name=entry.name, organisation_number=entry.number or None)
            else:
                same[key] = alike
        try:
            employers.add_employers([employer for _place, employer in new.values()], by=self.by, are_others=True)
        except Refused as refused:
            places = [place for place, _employer in new.values()]
            raise Refused({places[n]: error for n, error in refused.errors.items()}) from None
        self._new |= {key: employer for key, (_place, employer) in new.items()}
        self._new |= {key: self._new[alike] for key, alike in same.items()}
        return set(new)

    def keep(self) -> None:
        """The piece is written, and so are the employers found and added for it."""
        self._kept |= self._new
        self._mentioned |= set(self._new)
        self._new = {}

    def forget(self) -> None:
        """The piece's writing was undone."""
        self._new = {}

    def forget_all(self) -> None:
        """Everything was undone, the employers that were added included."""
        self._kept, self._new = {}, {}
        self._given_up |= self._not_found
