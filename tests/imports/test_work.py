"""How the work of making a plan grows with the list: twice the rows take twice the work, also where all are one person's."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest
from django.utils import timezone

from plass.imports import mapping, plan, sheet
from plass.imports.plan_types import Plan

from ..world import identity_number
from .lists import ago, csv, numbered, written

ROWS = 100


def calls(act: Callable[[], object]) -> int:
    """How many functions of the import are called."""
    total = 0

    def count(frame: FrameType, event: str, _arg: object) -> None:
        nonlocal total
        total += event == "call" and "/plass/imports/" in frame.f_code.co_filename

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(None)
    return total


def of_one_person(rows: int, cell: Callable[[int], dict[str, str]]) -> sheet.Sheet:
    """A list with so many rows of one person."""
    number = identity_number()
    same = {"Fnr": number, "Navn": "Kari Hansen", "Henvist": written(ago(400))}
    return sheet.read(csv([{**same, **cell(row)} for row in range(rows)]), "liste")


def made(read: sheet.Sheet) -> Plan:
    return plan.make(read, mapping.by_headings(read), today=timezone.localdate())


JOB = {"Arbeidsgiver": "Kiwi", "Jobbstart": written(ago(90)), "Timer": "20"}


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(lambda row: {**JOB, "Arbeidsgiver": f"Kiwi {row}"}, id="jobs"),
        pytest.param(lambda row: JOB, id="one job again and again"),
        pytest.param(lambda row: {"Navn": numbered("Kari ", row)}, id="other names"),
        pytest.param(lambda row: {"Henvist": "tull" if row == 0 else written(ago(400))}, id="a first row to mend"),
        pytest.param(lambda row: {"Merknad": "kode 6" if row == 0 else ""}, id="a first row that waits"),
        pytest.param(lambda row: {"Ønsker": numbered("Lager ", row)}, id="wishes"),
    ],
)
def test_twice_the_rows_of_one_person_are_twice_the_work(cell: Callable[[int], dict[str, str]]) -> None:
    once, twice = of_one_person(ROWS, cell), of_one_person(2 * ROWS, cell)
    made(once)
    few, many = calls(lambda: made(once)), calls(lambda: made(twice))
    assert few > ROWS
    assert many < 2.3 * few


def test_nobody_has_hundreds_of_jobs() -> None:
    reports = made(of_one_person(150, lambda row: {**JOB, "Arbeidsgiver": f"Kiwi {row}"})).reports
    said = [problem for report in reports.values() for problem in report.problems if "100" in problem]
    assert said == ["Lista har flere enn 100 jobber for denne personen. Se om fødselsnummeret er riktig."]
    many = made(of_one_person(100, lambda row: {**JOB, "Arbeidsgiver": f"Kiwi {row}"}))
    assert len(many.people[0].jobs) == 100


def test_what_rows_say_of_a_person_s_wishes_is_put_together_up_to_a_length() -> None:
    found = made(of_one_person(30, lambda row: {"Ønsker": numbered("lager ", row) + " x" * 800}))
    assert 15_000 < len(found.people[0].wishes) <= plan.LONGEST_WISHES
    assert sum("så lange at" in doubt for report in found.reports.values() for doubt in report.doubts) > 10


def test_a_row_does_not_repeat_what_is_wrong_with_hundreds_of_others() -> None:
    reports = made(of_one_person(ROWS, lambda row: {"Navn": numbered("Kari ", row)})).reports
    assert max(len(report.problems) for report in reports.values()) <= plan.MOST_TOLD
    assert all(report.problems for report in reports.values())
