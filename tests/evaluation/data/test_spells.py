"""Spells: what is censored when, and what is wrong said with its rows."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

import plass.evaluation as ev
from plass.evaluation.data.spells import read_spells
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
    spells = read_spells(study, study.waiting, ("A", "B"))
    assert spells.causes == ("gave up", "met")
    return sorted(
        (spells.offices[office], float(days), int(cause))
        for office, days, cause, count in zip(spells.office, spells.duration, spells.cause, spells.count, strict=True)
        for _ in range(int(count))
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
    spells = read_spells(made, made.waiting, ("A", "B"))
    assert (spells.rows_read, spells.left_out) == (7, 1)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            "A,2013-02-01,2013-01-01,2013-12-31,met",
            r"over: lies before begun \(1 row\); first: spells.csv row 2: '2013-01-01'",
        ),
        ("A,,2013-01-01,2013-12-31,met", "begun: is empty"),
        ("A,2013-01-01,soon,2013-12-31,met", "over: is not a date"),
        (",2013-01-01,2013-01-05,2013-12-31,met", "office: is empty"),
    ],
)
def test_what_cannot_be_used_stops_the_evaluation_with_its_row(tmp_path: Path, row: str, message: str) -> None:
    made = study(tmp_path, f"A,2013-01-01,2013-01-31,2013-12-31,met\n{row}\n")
    with pytest.raises(ev.DataError, match=message):
        ev.evaluate(made, made_cells(people=5, periods=4, start=2), draws=99)


def test_a_column_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    made = study(tmp_path, "A,2013-01-01,2013-01-31,2013-12-31,met\n", event="hov")
    assert made.waiting is not None
    with pytest.raises(ev.DataError, match="did you mean 'how'"):
        read_spells(made, made.waiting, ("A",))


def test_the_cost_names_one_of_the_outcomes() -> None:
    with pytest.raises(ev.StudyError, match="did you mean 'hours'"):
        made_study(made_cells(people=5, periods=4, start=2), cost=ev.Cost(outcome="hour"))


def many(size: int) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    begun = np.datetime64("2012-01-01") + rng.integers(0, 900, size)
    frame = pd.DataFrame({"office": rng.integers(1, 5, size), "begun": pd.to_datetime(begun)})
    frame["over"] = frame.begun + pd.to_timedelta(rng.integers(0, 200, size), unit="D")
    frame.loc[rng.random(size) < 0.3, "over"] = pd.NaT
    return frame


@pytest.mark.parametrize("kind", ["parquet", "csv.gz", "dta", "sav", "feather"])
def test_every_format_of_the_data_is_read_here_too(tmp_path: Path, kind: str) -> None:
    frame = many(400)
    days = frame.assign(begun=frame.begun.dt.date, over=frame.over.dt.date)
    file = str(tmp_path / f"spells.{kind}")
    if kind == "parquet":
        frame.to_parquet(file)
    elif kind == "csv.gz":
        days.to_csv(file, index=False)
    elif kind == "dta":
        frame.to_stata(file, write_index=False, convert_dates={"begun": "td", "over": "td"})
    elif kind == "sav":
        pyreadstat.write_sav(days.assign(over=days.over.where(frame.over.notna(), None)), file)
    else:
        frame.to_feather(file)
    what = ev.Waiting((f"spells.{kind}",), "office", "begun", "over", horizon=120)
    made = made_study(made_cells(people=5, periods=4, start=2), waiting=what, folder=tmp_path)
    starts = [dt.date(2012, 6, 1), dt.date(2013, 1, 1)]
    spells = read_spells(made, what, ("1", "2", "3"), starts)
    expected = frame[frame.office < 4]
    lasted = (expected.over - expected.begun).dt.days
    assert (spells.rows_read, spells.left_out, len(spells)) == (400, 400 - len(expected), len(expected))
    assert int(spells.count[spells.cause > 0].sum()) == int((lasted <= 120).sum())
    assert spells.count @ spells.duration == lasted.clip(upper=120).fillna(120).sum()
    came = [(expected.begun >= pd.Timestamp(day)).sum() for day in starts]
    assert [int(spells.count[spells.begun > place].sum()) for place in (0, 1)] == came


def test_numbers_where_dates_belong_are_named(tmp_path: Path) -> None:
    many(10).assign(over=20130401).to_parquet(tmp_path / "spells.parquet")
    what = ev.Waiting(("spells.parquet",), "office", "begun", "over")
    made = made_study(made_cells(people=5, periods=4, start=2), waiting=what, folder=tmp_path)
    with pytest.raises(
        ev.DataError, match=r"over: is a number where a date belongs \(10 rows\); first: spells.parquet row 1"
    ):
        read_spells(made, what, ("1",))


BOUNDED = """
import resource, sys
from pathlib import Path
import plass.evaluation as ev
from plass.evaluation.data.spells import read_spells
from tests.evaluation.made_study import made_cells, made_study

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

cells = made_cells(people=5, periods=4, start=2)
for name in ("small", "large"):
    what = ev.Waiting((name + ".parquet",), "office", "begun", "over", horizon=120)
    made = made_study(cells, waiting=what, folder=Path(sys.argv[1]))
    spells = read_spells(made, what, ("1", "2", "3", "4"), memory_limit="60MB", threads=2)
    print(name, len(spells), peak())
"""


def test_memory_does_not_follow_the_number_of_spells(tmp_path: Path) -> None:
    import duckdb

    many(1000).to_parquet(tmp_path / "small.parquet")
    duckdb.sql(
        f"COPY (SELECT 1 + i % 4 AS office, DATE '2012-01-01' + (i % 900)::INTEGER AS begun, "
        f"begun + (i % 201)::INTEGER AS over FROM range(2000000) t(i)) TO '{tmp_path / 'large.parquet'}' (FORMAT parquet)"
    )
    figures = subprocess.run(
        [sys.executable, "-c", BOUNDED, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert [int(figures[1]), int(figures[4])] == [1000, 2_000_000]
    # Two million offices and dates as arrays and texts took 380 MB before they were counted in one pass (3 MB now).
    assert int(figures[5]) - int(figures[2]) < 80
