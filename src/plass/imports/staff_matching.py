"""Whom a cell means that names somebody who works here."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.exceptions import ValidationError

from plass.organisation.models import User

from .translatable import gettext as _


class Unclear(Exception):
    """A name that nobody has (``several`` False), or that could be several people's."""

    def __init__(self, several: bool) -> None:
        super().__init__("several" if several else "nobody")
        self.several = several


def find_person(name: str, people: Sequence[User]) -> User:
    """Who of ``people`` a cell means: user name, whole name in any order, part of it, "Siri S." or initials.

    Raises Unclear where it is nobody, or could be several.
    """
    wanted = name.lower().replace(",", " ").replace(".", " ").split()
    ways = (
        lambda one: one.username.lower() == name.lower(),
        lambda one: sorted(one.name.lower().split()) == sorted(wanted),
        lambda one: all(word in one.name.lower().split() for word in wanted),
        lambda one: all(any(part.startswith(word) for part in one.name.lower().split()) for word in wanted),
        lambda one: one.initials.lower() == "".join(wanted),
    )
    for way in ways:
        found = [one for one in people if wanted and way(one)]
        if len(found) == 1:
            return found[0]
        if found:
            raise Unclear(several=True)
    raise Unclear(several=False)


def find_specialist(name: str, specialists: Sequence[User]) -> User:
    """Who of ``specialists`` a cell means. Raises ValidationError, with whom the team has, where that is not clear."""
    try:
        return find_person(name, specialists)
    except Unclear as unclear:
        if unclear.several:
            raise ValidationError(
                _("“%(name)s” could be several job specialists. Write the whole name.") % {"name": name}
            ) from None
    known = ", ".join(sorted(one.name for one in specialists))
    raise ValidationError(
        _("“%(name)s” is no job specialist in this team. The team has: %(known)s.") % {"name": name, "known": known}
    )
