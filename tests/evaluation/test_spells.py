"""Spells: what is censored when, and what is wrong said with its rows."""

from __future__ import annotations

from pathlib import Path

import pytest

import plass.evaluation as ev
from plass.evaluation.spells import read_spells
from tests.evaluation.made_study import made_cells, made_study

HEAD = "office,begun,over,until,how\n"


def study(folder: Path, text: str, **more: object) -> ev.Study:
    (folder / "spells.csv").write_text(HEAD + text, encoding="utf-8")
    asked = {"event": "how", "until": "until", "horizon": 90, **more}
    waiting = ev.Waiting(("spells.csv",), "office", "begun", "over", **asked)  # type: ignore[arg-type]
    cells = made_cells(people=5, periods=4, start=2)
    return made_study(cells, waiting=waiting, folder=folder)


def read(study: ev.Study) -> list[tuple[str, float, int]]:
    assert study.waiting is not None
    found = read_spells(study, study.waiting, ("A", "B"))
    assert found.causes == ("gave up", "met")
    return sorted(
        (found.offices[office], float(days), int(cause))
        for office, days, cause in zip(found.office, found.duration, found.cause, strict=True)
    )


def test_durations_worked_out_by_hand(tmp_path: Path) -> None:
    rows = (
        "A,2013-01-01,2013-01-31,2013-12-31,met\n"  # 30 days, met
        "A,2013-01-01,2013-01-11,2013-12-31,gave up\n"  # 10 days, gave up
        "A,2013-01-01,,2013-02-20,\n"  # still under way when last seen, day 50
        "A,2013-01-01,,2013-12-31,\n"  # still under way at the horizon, 90
        "B,2013-01-01,2013-06-30,2013-12-31,met\n"  # ended after the horizon: not ended at it
        "B,2013-03-01,2013-03-01,2013-12-31,met\n"  # the same day
        "C,2013-01-01,2013-01-31,2013-12-31,met\n"  # an office that is not in the study
    )
    assert read(study(tmp_path, rows)) == [
        ("A", 10.0, 1), ("A", 30.0, 2), ("A", 50.0, 0), ("A", 90.0, 0), ("B", 0.0, 2), ("B", 90.0, 0),
    ]  # fmt: skip
    made = study(tmp_path, rows)
    assert made.waiting is not None
    found = read_spells(made, made.waiting, ("A", "B"))
    assert (found.rows_read, found.left_out) == (7, 1)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("A,2013-02-01,2013-01-01,2013-12-31,met", r"over: lies before begun \(1 row\); first: row 2: 2013-01-01"),
        ("A,,2013-01-01,2013-12-31,met", "begun: is empty"),
        ("A,2013-01-01,soon,2013-12-31,met", "over: is not a date"),
        (",2013-01-01,2013-01-05,2013-12-31,met", "office: is empty"),
    ],
)
def test_what_cannot_be_used_stops_the_evaluation_with_its_row(tmp_path: Path, row: str, said: str) -> None:
    made = study(tmp_path, f"A,2013-01-01,2013-01-31,2013-12-31,met\n{row}\n")
    with pytest.raises(ev.DataError, match=said):
        ev.evaluate(made, made_cells(people=5, periods=4, start=2), draws=99)


def test_a_column_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    made = study(tmp_path, "A,2013-01-01,2013-01-31,2013-12-31,met\n", event="hov")
    assert made.waiting is not None
    with pytest.raises(ev.DataError, match="did you mean 'how'"):
        read_spells(made, made.waiting, ("A",))


def test_the_cost_names_one_of_the_outcomes() -> None:
    with pytest.raises(ev.StudyError, match="did you mean 'hours'"):
        made_study(made_cells(people=5, periods=4, start=2), cost=ev.Cost(outcome="hour"))
