"""Finding employers, and the people to talk to there. Each function is one bounded query."""

from __future__ import annotations

import re

from django.db import connection
from django.db.models import BooleanField, Case, F, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Length

from .models import ContactPerson, Employer

#: What may stand after a name without making it another name.
LEGAL_FORMS = {"as", "asa", "ans", "da", "enk", "sa", "ba", "ks", "nuf", "avd"}
#: Ways to sort the list: the word in the address, and the columns.
ORDERS = {"name": "sort_name", "place": "place", "industry": "industry"}


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _digits(text: str) -> str:
    """The digits of ``text`` if it is (the beginning of) an organisation number, otherwise nothing."""
    compact = re.sub(r"[\s.]", "", text)
    return compact if re.fullmatch(r"[0-9]{3,9}", compact) else ""


def _sort_form(text: str) -> str:
    """As the database writes ``sort_name`` (``cases_sort_name``): a beginning of it finds names by their index."""
    return text.replace("\x00", "").strip().lower().translate(str.maketrans("æäøöåé", "{{||}e"))


def _matching(words: list[str]) -> Q:
    """Employers each of ``words`` begins a word of."""
    wanted = " & ".join(f"'{word}':*" for word in words)
    return Q(pk__in=RawSQL("SELECT employers_matching(to_tsquery('simple', %s))", [wanted]))


def _found_by(text: str) -> Q | None:
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
        begins = _sort_form(text)
        return Q(sort_name__gte=begins, sort_name__lt=begins + "\x7f")
    # The letters of "A/S" and "R. Olsen" tell nothing beside whole words.
    return _matching([word for word in words if len(word) > 1] or words)


def search(text: str, limit: int = 10) -> list[Employer]:
    """At most ``limit`` employers for what somebody typed so far: a name, words of it, a place, or a number.

    Names that begin with it come first. Nothing typed finds nothing.
    """
    condition = _found_by(text)
    if condition is None:
        return []
    begins = _sort_form(text)
    first = Case(
        When(sort_name__gte=begins, sort_name__lt=begins + "\x7f", then=Value(False)),
        default=Value(True),
        output_field=BooleanField(),
    )
    return list(Employer.objects.filter(condition).order_by(first, Length("name"), "sort_name", "pk")[:limit])


def listed(*, text: str = "", industry: str = "", place: str = "", order: str = "name") -> QuerySet[Employer]:
    """Employers for the list: found by ``text``, in ``industry``, at ``place``; sorted by ``order`` ("-" turns it).

    An order that is not known sorts by name.
    """
    found = Employer.objects.all()
    if text.strip():
        condition = _found_by(text)
        found = found.filter(condition) if condition is not None else found.none()
    if industry:
        found = found.filter(industry=industry)
    if place:
        found = found.filter(place=place)
    descending = "-" if order.startswith("-") else ""
    column = ORDERS.get(order.lstrip("-"), ORDERS["name"])
    return found.order_by(f"{descending}{column}", *([] if column == "sort_name" else ["sort_name"]), "pk")


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


def core_name(name: str) -> str:
    """A name without legal form and signs, to compare by: "Bø Bakeri, A/S" and "BØ BAKERI AS" are "bø bakeri"."""
    words = _words(re.sub(r"(?i)\ba/s\b", "", name))
    return " ".join(word for word in words if word not in LEGAL_FORMS) or " ".join(words)


def similar(name: str, *, besides: int | None = None, limit: int = 5) -> list[Employer]:
    """Employers whose name begins like ``name`` or is the same but for legal form and signs; at most ``limit``."""
    words = [word for word in core_name(name).split() if len(word) > 1]
    if LEGAL_FORMS.issuperset(words):
        return []
    found = Employer.objects.filter(_matching(words)).order_by(Length("name"), "pk")
    if besides is not None:
        found = found.exclude(pk=besides)
    return list(found[:limit])


def people_at(employer: Employer, *, also_left: bool = False) -> QuerySet[ContactPerson]:
    """The people to talk to at an employer, by name; those who left only with ``also_left``, and then last."""
    people = ContactPerson.objects.filter(employer=employer)
    if also_left:
        return people.order_by(F("left_on").desc(nulls_first=True), "name", "pk")
    return people.filter(left_on=None).order_by("name", "pk")
