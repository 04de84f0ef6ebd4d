"""A caseload that is written in any format and dialect comes back as it was: every fact, of every person."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from plass.cases.models import CaseEnded
from plass.imports import mapping, plan, sheet
from plass.imports.files import workbook
from plass.imports.files.limits import Reason, Refused
from plass.imports.files.reading import UnreadableFile
from plass.imports.plan_types import Plan

from ..world import identity_number
from . import formats
from .caseloads import TODAY, Job, Layout, Person, facts, facts_of, table

LETTERS = "abcdefghijklmnoprstuvwyæøå"
#: What Norwegian, Sámi and other names have beside those.
ACCENTS = "éèêëáàäâóòôöíïúüýñçčđŋšŧžðþ"
#: Words that mean something else than a name, or nothing.
NO_NAMES = {
    "na",
    "ja",
    "nei",
    "ingen",
    "ukjent",
    "null",
    "none",
    "van",
    "von",
    "de",
    "der",
    "den",
    "al",
    "el",
    "bin",
    "ben",
}


def _word(letters: str, longest: int = 9) -> st.SearchStrategy[str]:
    # Not st.text(), which also draws words of the modules that happen to be loaded: "sykmeldt" is no name.
    words = st.lists(st.sampled_from(letters), min_size=3, max_size=longest).map("".join)
    return words.filter(lambda word: word not in NO_NAMES).map(lambda word: word[0].upper() + word[1:])


def _names(letters: str) -> st.SearchStrategy[str]:
    one = _word(letters)
    return st.one_of(one, one, st.builds("{}-{}".format, one, one), st.builds("{} {}".format, one, one))


#: What an office writes of what people want, with all that means something to a text file.
PHRASES = st.sampled_from(
    [
        "butikk",
        "lager, helst på dagtid",
        'sa "ja" til kafé',
        '"noe rolig"',
        "a; b; c",
        "007",
        "kontor/arkiv",
        "etter sommeren\nikke helg",
        "50 % – gradvis",
        "Røros eller Kárášjohka",
        "tlf. 90 00",
        "'ute'",
        "søknad|CV",
        "fast\tjobb",
    ]
)


@st.composite
def people(draw: st.DrawFn) -> list[Person]:
    """Some people whom one list holds, each with what an office may know of them."""
    letters = LETTERS + draw(st.sampled_from(["", ACCENTS[:20], ACCENTS]))
    names = _names(letters)
    numbers = draw(st.lists(st.integers(0, 9_000), min_size=1, max_size=5, unique=True))
    return [draw(_person(names, number)) for number in numbers]


@st.composite
def _person(draw: st.DrawFn, names: st.SearchStrategy[str], number: int) -> Person:
    def later(day: date | None) -> date | None:
        return day and draw(st.none() | st.integers(0, 400).map(lambda days: min(day + timedelta(days=days), TODAY)))

    referred = draw(st.dates(date(2019, 1, 1), date(2025, 6, 1)))
    started = later(referred)
    ended = later(started)
    jobs = [
        Job(
            f"{draw(names)} {draw(st.sampled_from(['AS', 'kommune', '& sønn', 'Kafé']))} {place}",
            draw(names),
            draw(
                st.integers(4, 80)
                .map(lambda half_hours: Decimal(half_hours) / 2)
                .map(lambda hours: hours.quantize(Decimal("0.1")))
            ),
            began := referred + timedelta(days=draw(st.integers(0, 300))),
            later(began),
        )
        for place in range(draw(st.integers(0, 2)))
    ]
    born = date(1950, 1, 1) + timedelta(days=number)
    return Person(
        number=identity_number(born, number % 400),
        given_name=draw(names),
        family_name=draw(names),
        phone=draw(st.sampled_from(["", "90000001", "+47 900 00 002", "004790000003", "22 00 00 04"])),
        referred_on=referred,
        started_on=started,
        last_met_on=later(started),
        specialist=draw(st.just("") | names),
        wishes="; ".join(draw(st.lists(PHRASES, max_size=3))),
        ended_on=ended,
        end_cause=draw(st.sampled_from(CaseEnded.Cause.values)) if ended else "",
        jobs=tuple(jobs),
    )


LAYOUTS = st.builds(
    Layout,
    seed=st.integers(0, 10_000),
    is_name_in_one_column=st.booleans(),
    has_title=st.booleans(),
    has_gaps=st.booleans(),
    dates=st.sampled_from(["iso", "long", "short", "words"]),
    has_decimal_comma=st.booleans(),
    numbers=st.sampled_from(["digits", "space"]),
)
#: What only a workbook has: real days and numbers.
WORKBOOK_LAYOUTS = st.one_of(
    LAYOUTS,
    st.builds(
        Layout,
        seed=st.integers(0, 10_000),
        is_name_in_one_column=st.booleans(),
        has_title=st.booleans(),
        has_gaps=st.booleans(),
        dates=st.just("cells"),
        numbers=st.sampled_from(["digits", "space", "number"]),
    ),
)
DIALECTS = st.builds(
    formats.Dialect,
    st.sampled_from(formats.DELIMITERS),
    st.sampled_from(formats.ENCODINGS),
    st.sampled_from(formats.QUOTINGS),
    st.sampled_from(formats.LINE_ENDS),
)


def planned(read: sheet.Sheet) -> Plan:
    """What a list would write by its headings alone."""
    columns = mapping.by_headings(read)
    assert mapping.missing(columns, read.parts) == []
    return plan.make(read, columns, today=TODAY)


def same(read: sheet.Sheet, those: list[Person]) -> None:
    """Assert that the list says of each person what is true of them, and nothing is wrong."""
    made = planned(read)
    assert [report.problems for report in made.reports.values() if report.problems] == []
    assert facts_of(made) == facts(those)


def may_be_refused(why: object, those: list[Person], dialect: formats.Dialect) -> bool:
    """Whether decision 0030 says so: letters that cannot be told, and a cell that looks like rows of the list."""
    assert isinstance(why, Refused)
    if why.reason is Reason.ROWS_IN_CELL:
        return any("\n" in person.wishes for person in those)
    return why.reason is Reason.UNKNOWN_LETTERS and dialect.encoding in formats.PLAIN_ENCODINGS


@settings(deadline=None, max_examples=150)
@given(people(), LAYOUTS, DIALECTS)
def test_a_caseload_comes_back_from_every_kind_of_text_file(
    those: list[Person], layout: Layout, dialect: formats.Dialect
) -> None:
    try:
        content = formats.text(table(those, layout), dialect)
    except UnicodeEncodeError:
        assume(False)
    try:
        read = sheet.read(content, "liste.csv")
    except UnreadableFile as error:
        refused = error
    else:
        same(read, those)
        return
    assert may_be_refused(refused.__cause__, those, dialect)


@settings(deadline=None, max_examples=60)
@given(people(), WORKBOOK_LAYOUTS, st.sampled_from(sorted(formats.WORKBOOKS)))
def test_a_caseload_comes_back_from_every_kind_of_workbook(those: list[Person], layout: Layout, kind: str) -> None:
    content = formats.WORKBOOKS[kind](table(those, layout))
    same(sheet.of_file(workbook.read(content)), those)


def some_people() -> list[Person]:
    """Two people with what formats trip over: letters of other languages, quotation marks, zeros in front."""
    return [
        Person(
            identity_number(date(1990, 5, 17), 1),
            "Åse",
            "Ødegård",
            referred_on=date(2025, 4, 3),
            wishes='lager; "helst" kafé',
            jobs=(Job("Kafé Ødegård & sønn", "Servitør", Decimal("18.8"), date(2025, 5, 1), date(2025, 6, 30)),),
        ),
        Person(
            identity_number(date(1990, 5, 7), 2), "Máret", "Čáhci", referred_on=date(2025, 4, 4), phone="004790000003"
        ),
    ]


def test_a_kept_xlsb_comes_back() -> None:
    """Written once by pyxlsbwriter 0.1.0, of ``table(some_people(), Layout(dates="cells"))``."""
    content = (Path(__file__).parent / "reference" / "caseload.xlsb").read_bytes()
    same(sheet.read(content, "liste.xlsb"), some_people())


@pytest.mark.parametrize("kind", sorted(formats.WORKBOOKS))
def test_a_caseload_comes_back_through_the_process_that_reads_workbooks(kind: str) -> None:
    those = some_people()
    same(
        sheet.read(formats.WORKBOOKS[kind](table(those, Layout(dates="cells", numbers="number"))), "liste.xlsx"), those
    )
