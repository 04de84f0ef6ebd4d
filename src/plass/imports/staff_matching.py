"""Finds the person who works here that a cell names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.core.exceptions import ValidationError

from plass.organisation.models import User

from .columns import plain
from .date_values import MONTHS
from .translatable import gettext as _

#: Words beside the name in such a title.
_SAYS_WHAT_THEY_ARE = {
    "jobbspesialist",
    "jobbspes",
    "js",
    "saksbehandler",
    "ansvarlig",
    "deltakere",
    "liste",
    "lista",
    "til",
    "specialist",
    "deltaker",
    "deltakerne",
    "bruker",
    "brukere",
    "brukerne",
    "saker",
    "portefølje",
    "porteføljen",
    "sin",
    "sine",
    "sitt",
    "sina",
    "s",
    "hos",
    "for",
    "følges",
    "av",
    "participants",
}


class Unclear(Exception):
    """A name that nobody has (``several`` False), or that could be several people's."""

    def __init__(self, several: bool) -> None:
        super().__init__("several" if several else "nobody")
        self.several = several


def find_person(name: str, people: Sequence[User]) -> User:
    """Who of ``people`` a cell means: user name or e-mail, whole name in any order, a part of it, "Siri S." or initials.

    A beginning is nobody's: "Mari" is not Marianne, who may have come after her.

    Raises Unclear where it is nobody, or could be several.
    """
    whole = name.strip().lower()
    wanted = name.lower().replace(",", " ").replace(".", " ").split()
    ways = (
        lambda user: whole in (user.username.lower(), user.email.lower()),
        lambda user: sorted(user.name.lower().split()) == sorted(wanted),
        lambda user: all(word in user.name.lower().split() for word in wanted),
        lambda user: _is_name_with_initials(wanted, user.name.lower().split()),
        lambda user: user.initials.lower() == "".join(wanted),
    )
    for way in ways:
        matches = [user for user in people if wanted and way(user)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise Unclear(several=True)
    raise Unclear(several=False)


def _is_name_with_initials(words: Sequence[str], names: Sequence[str]) -> bool:
    """Whether some words are whole names and the others the first letters of the rest: "siri s"."""
    rest = [part for part in names if part not in words]
    letters = [word for word in words if word not in names]
    return len(letters) < len(words) and all(
        len(letter) == 1 and any(part.startswith(letter) for part in rest) for letter in letters
    )


def find_by_title(title: str, people: Sequence[User]) -> User | None:
    """Whose name a sheet or a title in a list has: the whole name or whole parts of it. None where it is nobody's alone.

    Less is taken for a name here than in a column of names: a sheet may be called "Jan" or "Mai" for its month.
    """
    words = _words_of_title(title)
    if not words or (len(words) == 1 and words[0] in MONTHS):
        return None
    matches = [user for user in people if all(_is_a_part_of(word, plain(user.name).split()) for word in words)]
    return matches[0] if len(matches) == 1 else None


def likely_by_title(title: str, people: Sequence[User]) -> User | None:
    """Who is likely meant by a title with more in it: whose name, or initials, a word of it is. None where several are."""
    words = _words_of_title(title)
    by_name = [user for user in people if any(_is_a_part_of(word, plain(user.name).split()) for word in words)]
    matches = by_name or [user for user in people if len(user.initials) > 1 and user.initials.lower() in words]
    return matches[0] if len(matches) == 1 else None


def _words_of_title(title: str) -> list[str]:
    return [word for word in plain(title).split() if word not in _SAYS_WHAT_THEY_ARE]


def _is_a_part_of(word: str, name: Sequence[str]) -> bool:
    """Whether a word is a part of a name, or says whose something is ("Gunnars")."""
    return word in name or (word.endswith("s") and word[:-1] in name)


def said_of_a_title(name: str, specialists: Sequence[User]) -> str:
    """What to say of a row that has only a name, where it is a job specialist's; nothing where it is not."""
    user = find_by_title(name, specialists)
    if user is None:
        return ""
    return _(
        "The row has only the name of %(name)s, who is a job specialist here. It is taken as a title of the rows below, "
        "and is no person."
    ) % {"name": user.name}


def find_counsellor(name: str, now: User | None, counsellors: Callable[[], Sequence[User]]) -> User:
    """Who a cell means: the one who is it ``now``, else one of ``counsellors``. Raises Unclear."""
    if now is not None:
        try:
            return find_person(name, [now])
        except Unclear:
            pass
    return find_person(name, counsellors())


def find_specialist(name: str, specialists: Sequence[User]) -> User:
    """Who of ``specialists`` a cell means. Raises ValidationError, with whom the team has, where that is not clear."""
    try:
        return find_person(name, specialists)
    except Unclear as unclear:
        if unclear.several:
            raise ValidationError(
                _("“%(name)s” could be several job specialists. Write the whole name.") % {"name": name}
            ) from None
    names = ", ".join(sorted(user.name for user in specialists))
    raise ValidationError(
        _("“%(name)s” is no job specialist in this team. The team has: %(known)s.") % {"name": name, "known": names}
    )
