"""Finding employers, and the people to talk to there. Each function is one bounded query."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import connection
from django.db.models import BooleanField, Case, F, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Concat, Length

from plass.db.prepared import fetch
from plass.organisation.sorting import LAST_LETTER, alphabetically, plain_name

from .models import ContactPerson, Employer

#: What may stand after a name without making it another name.
LEGAL_FORMS = {"as", "asa", "ans", "da", "enk", "sa", "ba", "ks", "nuf", "avd"}


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _digits(text: str) -> str:
    """The digits of ``text`` if it is (the beginning of) an organisation number, otherwise nothing."""
    compact = re.sub(r"[\s.]", "", text)
    return compact if re.fullmatch(r"[0-9]{3,9}", compact) else ""


def _begins_with(text: str) -> Q:
    """The condition that the employer's name begins with ``text``; the index answers it."""
    return Q(search_name__gte=plain_name(text), search_name__lt=Concat(plain_name(text), Value(LAST_LETTER)))


def _matching(words: list[str]) -> Q:
    """The condition that each of ``words`` begins a word of the employer's name."""
    return Q(pk__in=RawSQL("SELECT employers_matching(%s)", [_all_of(words)]))


def _all_of(words: list[str]) -> str:
    return " & ".join(f"'{word}':*" for word in words)


def found_by(text: str) -> Q | None:
    """The condition for what somebody typed: a number, words, or None for nothing."""
    digits = _digits(text)
    if digits:
        lowest, highest = digits.ljust(9, "0"), digits.ljust(9, "9")
        by_number = Q(organisation_number__gte=lowest, organisation_number__lte=highest)
        # "7-Eleven" and "123 Rør" have digits too.
        return by_number | _matching([digits])
    words = _words(text)
    if not words:
        return None
    if len("".join(words)) == 1:
        return _begins_with(text)
    # The letters of "A/S" and "R. Olsen" tell nothing beside whole words.
    return _matching([word for word in words if len(word) > 1] or words)


def search(text: str, limit: int = 10) -> list[Employer]:
    """At most ``limit`` employers for what somebody typed so far: a name, words of it, a place, or a number.

    Names that begin with it come first. Nothing typed finds nothing.
    """
    condition = found_by(text)
    if condition is None:
        return []
    first = Case(When(_begins_with(text), then=Value(False)), default=Value(True), output_field=BooleanField())
    return list(Employer.objects.filter(condition).order_by(first, Length("name"), "sort_name", "pk")[:limit])


def _known(column: str, limit: int) -> list[str]:
    """Different values of an indexed column, by hopping from one to the next in the index."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH RECURSIVE hop(value, nth) AS (
                (SELECT {column}, 1 FROM employers_employer WHERE {column} > '' ORDER BY {column} LIMIT 1)
                UNION ALL
                SELECT (SELECT e.{column} FROM employers_employer e WHERE e.{column} > hop.value
                        ORDER BY e.{column} LIMIT 1), nth + 1
                FROM hop WHERE hop.value IS NOT NULL AND nth < %s
            )
            SELECT value FROM hop WHERE value IS NOT NULL
            """,
            [limit],
        )
        return [row[0] for row in cursor.fetchall()]


def industries(limit: int = 100) -> list[str]:
    """The industries employers are recorded with, by the alphabet."""
    return _known("industry", limit)


def places(limit: int = 300) -> list[str]:
    """The places employers are recorded with, by the alphabet."""
    return _known("place", limit)


def names() -> list[str]:
    """The names of all employers, as they were recorded one after the other."""
    return list(Employer.objects.order_by("pk").values_list("name", flat=True))


def core_name(name: str) -> str:
    """A name without legal form and signs, to compare by: "Bø Bakeri, A/S" and "BØ BAKERI AS" are "bø bakeri"."""
    words = _words(re.sub(r"(?i)\ba/s\b", "", name))
    return " ".join(word for word in words if word not in LEGAL_FORMS) or " ".join(words)


def _telling(name: str) -> list[str]:
    """The distinctive words of a name; none where there are none."""
    words = [word for word in core_name(name).split() if len(word) > 1]
    return [] if LEGAL_FORMS.issuperset(words) else words


def similar(name: str, *, besides: int | None = None, limit: int = 5) -> list[Employer]:
    """Employers whose name begins like ``name`` or is the same but for legal form and signs; at most ``limit``."""
    words = _telling(name)
    if not words:
        return []
    matches = Employer.objects.filter(_matching(words)).order_by(Length("name"), "pk")
    if besides is not None:
        matches = matches.exclude(pk=besides)
    return list(matches[:limit])


def meant_by(wanted: Sequence[tuple[str, str]]) -> list[Employer | None]:
    """Which recorded employer each (name, organisation number or nothing) means: the one with this number, else one with
    this name (legal form and signs aside) and no other number. A few questions, however many are asked about.
    """
    numbers = {number for _name, number in wanted if number}
    by_number = {
        employer.organisation_number: employer for employer in Employer.objects.filter(organisation_number__in=numbers)
    }
    names = sorted({name for name, number in wanted if number not in by_number})
    same = _by_place(_SAME_NAME, names) if names else {}
    unmatched = [name for place, name in enumerate(names) if place not in same]
    alike = _by_place(_ALIKE, [_all_of(_telling(name)) for name in unmatched]) if unmatched else {}
    employers = Employer.objects.in_bulk({number for ids in (*same.values(), *alike.values()) for number in ids})
    candidates = {name: [employers[number] for number in same.get(place, ())] for place, name in enumerate(names)}
    for place, name in enumerate(unmatched):
        similar = [employers[number] for number in alike.get(place, ())]
        candidates[name] = [employer for employer in similar if core_name(employer.name) == core_name(name)]
    return [
        by_number.get(number)
        # Two branches of a chain have one name and two numbers.
        or next(
            (employer for employer in candidates.get(name, ()) if not number or not employer.organisation_number), None
        )
        for name, number in wanted
    ]


_SAME_NAME = """
    SELECT w.place, e.id FROM unnest(%(texts)s::text[]) WITH ORDINALITY AS w(name, place)
    JOIN employers_employer e ON upper(e.name) = upper(w.name) ORDER BY w.place, e.id
"""
_ALIKE = """
    SELECT w.place, e.id FROM unnest(%(texts)s::text[]) WITH ORDINALITY AS w(words, place) CROSS JOIN LATERAL (
        SELECT e.id, length(e.name) AS letters FROM employers_matching(w.words) AS m(id)
        JOIN employers_employer e ON e.id = m.id WHERE w.words <> '' ORDER BY letters, e.id LIMIT 5) e
    ORDER BY w.place, e.letters, e.id
"""


def _by_place(question: str, texts: list[str]) -> dict[int, list[int]]:
    """The numbers of the employers that a query finds, by the index of the text they match."""
    numbers: dict[int, list[int]] = {}
    for place, number in fetch(question, {"texts": texts}):
        numbers.setdefault(place - 1, []).append(number)
    return numbers


def people_at(employer: Employer, *, also_left: bool = False) -> QuerySet[ContactPerson]:
    """The people to talk to at an employer, by name; those who left only with ``also_left``, and then last."""
    people = ContactPerson.objects.filter(employer=employer)
    if also_left:
        return people.order_by(F("left_on").desc(nulls_first=True), alphabetically(), "pk")
    return people.filter(left_on=None).order_by(alphabetically(), "pk")


def who_says_left(person: ContactPerson) -> str:
    """Whom to ask to say that a contact person has left, or is back; nothing where the acting user may say it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rights_who_says_left(%s)", [person.pk])
        return str(cursor.fetchone()[0] or "")
