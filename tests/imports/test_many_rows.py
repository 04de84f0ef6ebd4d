"""What a list may say of thousands of its rows, each with other values, is summed up like what it says of two."""

from __future__ import annotations

import re
import sys
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from functools import reduce
from pathlib import Path

import pytest
from babel.messages.extract import extract_python
from django.utils import translation

from plass import imports
from plass.imports import mapping, outliers, overview, plan, sheet
from plass.imports.actions import Outcome
from plass.imports.translatable import TranslatableText, gettext, in_common, kind_of

from ..world import identity_number
from .lists import csv, numbered, person

MANY = 3_000
#: Enough for what is nested once a row to be refused by Python.
DEEP = sys.getrecursionlimit() + 100
TODAY = date(2026, 11, 30)
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
PLACE = re.compile(r"%\((\w+)\)([sd])")


def sentences() -> list[str]:
    """All that the room says with something put in."""
    found = set()
    for path in Path(imports.__file__).parent.rglob("*.py"):
        with path.open("rb") as file:
            for _line, _name, words, _comments in extract_python(file, KEYWORDS, [], {}):
                found.update(words if isinstance(words, tuple) else (words,))
    return sorted(words for words in found if isinstance(words, str) and PLACE.search(words))


def values(words: str, row: int) -> dict[str, object]:
    """Something else for each row: text, a day, a number, or a sentence with something put in."""
    kinds = (str(row), date(2000, 1, 1) + timedelta(row), Decimal(row), gettext("row %(row)s") % {"row": row})
    return {
        name: "Notat" if name == "column" else row if figure == "d" else kinds[at % len(kinds)]
        for at, (name, figure) in enumerate(PLACE.findall(words))
    }


def without_values(words: str) -> str:
    """The sentence as it is said once of all rows."""
    sentence = {name for name, value in values(words, 1).items() if isinstance(value, TranslatableText)}
    return PLACE.sub(
        lambda place: "Notat" if place[1] == "column" else "row …" if place[1] in sentence else "…", words
    ).replace("%%", "%")


def test_every_sentence_is_summed_up_however_many_rows_have_it():
    every = sentences()
    assert len(every) > 100
    with translation.override("en"):
        for words in every:
            one, other = (gettext(words) % values(words, row) for row in (1, 2))
            common = reduce(in_common, [one] * DEEP, other)
            assert str(common) == common.again() == without_values(words)


def odd(n: int) -> dict[str, str]:
    """A row with all that a row can have at once of what is seldom right; every second is like the one before it."""
    pair = n // 2
    return person(
        Fødselsnummer=identity_number(date(1940, 1, 1) + timedelta(pair % 3000), nth=n % 2),
        family_name=numbered("Nr", pair),
    ) | {
        "Telefon": f"9{pair:07}",
        "E-post": f"e{pair}@eksempel.no",
        "Henvist dato": "1.6.2022",
        "Oppstart": "",
        "Sist møtt": f"{n % 28 + 1}.9.2024",
        "Avsluttet": "1.8.2024",
        "Arbeidsgiver": f"Kafé {n}",
        "Stilling": "Servitør",
        "Ansettelsesform": "fast",
        "Timer": str(41 + n % 20),
        "Jobbstart": f"{n % 28 + 1}.10.2024",
    }


def early(n: int) -> dict[str, str]:
    return odd(n) | {"Jobbstart": f"{n % 28 + 1}.2.2020", "Avsluttet": "", "Henvist dato": f"{n % 28 + 1}.6.2022"}


def unreadable(n: int) -> dict[str, str]:
    """A row in which no cell is what its column says."""
    return dict.fromkeys(odd(n), f"feil{n}") | {"Fødselsnummer": str(n)}


def of_rules(*names: str) -> set[str]:
    """What these rules of what is seldom right say."""
    return {kind_of(rule.sentence())[0] for rule in outliers.RULES if rule.name in names}


#: What is said of a few rows beside the others, or of the list, so never of most rows.
OF_A_FEW = {"far date", "nearly all with one"}
OF_EARLY_JOBS = {"job long before referral"}
OF_MOST = {rule.name for rule in outliers.RULES} - OF_A_FEW - OF_EARLY_JOBS


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (odd, of_rules(*OF_MOST)),
        (early, of_rules(*OF_EARLY_JOBS)),
        (
            unreadable,
            {
                "“%(cell)s” is no phone number and is left out.",
                "“%(cell)s” holds something beside a name. Write only the name.",
                "The column “%(column)s”: %(what)s",
                "The column “%(column)s”: what does “%(words)s” mean?",
            },
        ),
    ],
)
def test_a_list_is_summed_up_where_all_its_rows_are_odd(row, said):
    read = sheet.read(csv([row(n) for n in range(MANY)]), "liste.csv")
    made = plan.make(read, mapping.by_headings(read), today=TODAY)
    found = Counter(
        kind_of(sentence)[0]
        for report in made.reports.values()
        for sentence in (*report.doubts, *report.problems, *report.questions)
    )
    assert said <= {source for source, rows in found.items() if rows > MANY / 2}
    about = overview.make(overview.lines_of(read), [], made, Outcome(made.reports, False, 0, made.questions))
    assert about.dump()["common"]
