"""Reading data into cells: every row accounted for, the sums exact, bad input refused by column, rows and mend."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plass.evaluation.data.cells import NEVER, Cells
from plass.evaluation.data.intake import read_cells
from plass.evaluation.errors import DataError
from plass.evaluation.study import Columns, DataSource, Outcome, Study, Treatment


def rows(seed: int = 1, persons: int = 30, months: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        [
            {"office": office, "month": month, "person": 1000 * place + person}
            for place, office in enumerate(["Ski", "Åsane", "Moss", "Bodø"])
            for month in range(1, months + 1)
            for person in range(persons)
        ]
    )
    frame["sex"] = rng.integers(0, 2, len(frame))
    frame["work"] = rng.integers(0, 2, len(frame))
    frame["hours"] = np.where(frame.work == 1, rng.normal(20, 7, len(frame)).round(2), 0.0)
    frame["w"] = rng.uniform(0.5, 2, len(frame))
    return frame


def study(folder: Path, *files: str, **changes: Any) -> Study:
    made = Study(
        name="test",
        data=DataSource(files or ("*.parquet",)),
        columns=Columns("office", "month", person="person", covariates=("sex",)),
        treatment=Treatment(("Ski", "Åsane"), 4),
        outcomes=(Outcome("any_job", "work"), Outcome("hours", "hours", "continuous")),
        folder=folder,
    )
    return dataclasses.replace(made, **{"specifications": (), **changes})


def refused(made: Study) -> str:
    with pytest.raises(DataError) as caught:
        read_cells(made)
    return str(caught.value)


def same(actual: Cells, expected: Cells, tolerance: float = 0.0) -> None:
    assert actual.offices == expected.offices
    assert actual.periods == expected.periods
    assert actual.levels == expected.levels
    np.testing.assert_array_equal(actual.first_treated, expected.first_treated)
    for name in ("office", "period"):
        np.testing.assert_array_equal(getattr(actual, name), getattr(expected, name))
    for name, sums in actual.sums.items():
        for part in dataclasses.fields(sums):
            actual_part, expected_part = getattr(sums, part.name), getattr(expected.sums[name], part.name)
            np.testing.assert_allclose(actual_part, expected_part, rtol=tolerance, atol=tolerance)


def test_cells_hold_the_sums_of_the_rows(tmp_path: Path) -> None:
    frame = rows()
    frame.to_parquet(tmp_path / "all.parquet")
    cells = read_cells(study(tmp_path))
    assert cells.offices == ("Bodø", "Moss", "Ski", "Åsane")
    assert cells.treated == ("Ski", "Åsane")
    assert list(cells.first_treated) == [NEVER, NEVER, 3, 3]
    expected = frame.groupby(["office", "month", "sex"])[["work", "hours"]].agg(["count", "sum"])
    np.testing.assert_array_equal(cells.of("any_job").n, expected["work"]["count"])
    np.testing.assert_array_equal(cells.of("any_job").wy, expected["work"]["sum"])
    np.testing.assert_allclose(cells.of("hours").wy, expected["hours"]["sum"], rtol=1e-14)
    assert cells.account.rows_read == len(frame) == cells.account.rows_used["any_job"]
    panel = cells.panel("any_job")
    np.testing.assert_allclose(panel.mean, frame.groupby(["office", "month"]).work.mean().unstack(), rtol=1e-14)
    spread = frame.groupby(["office", "month"]).work.var(ddof=0).unstack() * panel.n
    np.testing.assert_allclose(panel.within, spread, atol=1e-11)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), weighted=st.booleans(), binary=st.booleans())
def test_files_and_memory_give_the_same_cells(
    seed: int, weighted: bool, binary: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("same")
    frame = rows(seed, persons=7)
    frame = frame.sample(frac=0.9, random_state=seed)
    for month, part in frame.groupby("month"):
        part.to_parquet(folder / f"{month}.parquet")
    outcome = Outcome("y", "work") if binary else Outcome("y", "hours", "continuous")
    columns = Columns("office", "month", weight="w" if weighted else None, covariates=("sex",))
    cells = read_cells(study(folder, columns=columns, outcomes=(outcome,)))
    memory = Cells.from_rows(
        frame.office,
        frame.month,
        {"y": frame[outcome.column]},
        first_treated={"Ski": 4, "Åsane": 4},
        weight=frame.w if weighted else None,
        covariates={"sex": frame.sex},
    )
    same(cells, memory, 1e-12)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_sums_are_the_same_bits_for_any_threads_order_of_rows_and_split_in_months(
    tmp_path: Path, threads: int
) -> None:
    frame = pd.concat([rows(seed, persons=200) for seed in range(3)])
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    frame.sample(frac=1, random_state=threads).to_parquet(tmp_path / "one" / "a.parquet", row_group_size=500)
    # The largest value decides the scale: it lies in every file, so that both ways use the same.
    columns = Columns("office", "month", weight="w", covariates=("sex",))
    whole = read_cells(study(tmp_path / "one", columns=columns), threads=threads)
    ordered = tmp_path / "many"
    frame.sort_values("hours").to_parquet(ordered / "a.parquet", row_group_size=3000)
    same(whole, read_cells(study(ordered, columns=columns), threads=1))


def test_kept_cells_are_used_again_and_a_new_month_is_added(tmp_path: Path) -> None:
    frame = rows()
    data, keep = tmp_path / "data", tmp_path / "keep"
    data.mkdir()
    for month in range(1, 6):
        frame[frame.month == month].to_parquet(data / f"{month}.parquet")
    made = study(data)
    first = read_cells(made, keep=keep)
    assert first.periods == ("1", "2", "3", "4", "5")
    # The old file's rows may be gone: its state is remembered, so it must not be opened.
    old = data / "1.parquet"
    state = old.stat()
    old.write_bytes(b"x" * state.st_size)
    os.utime(old, ns=(state.st_atime_ns, state.st_mtime_ns))
    frame[frame.month == 6].to_parquet(data / "6.parquet")
    added = read_cells(made, keep=keep)
    frame[frame.month == 1].to_parquet(old)
    same(added, read_cells(made))
    changed = frame[frame.month == 2].assign(work=1)
    changed.to_parquet(data / "2.parquet")
    assert read_cells(made, keep=keep).panel("any_job").mean[0, 1] == 1


def test_dates_are_rounded_to_months_and_texts_are_dates_too(tmp_path: Path) -> None:
    frame = rows(months=12)
    columns = Columns("office", "month", covariates=("sex",))
    seen = []
    for name, written in {
        "date": [dt.date(2013, m, 1 + m) for m in frame.month],
        "text": [f"2013-{m:02d}" for m in frame.month],
        "stamp": [pd.Timestamp(2013, m, 3, 12) for m in frame.month],
    }.items():
        frame.assign(month=written).to_parquet(tmp_path / f"{name}.parquet")
        for start in (dt.date(2013, 4, 1), "2013-04"):
            made = study(tmp_path, f"{name}.parquet", columns=columns, treatment=Treatment(("Ski",), start))
            seen.append(read_cells(made))
    for cells in seen:
        assert cells.periods[3] == "2013-04"
        assert cells.first_treated[2] == 3
        same(cells, seen[0])


def test_staggered_starts_come_from_a_column(tmp_path: Path) -> None:
    frame = rows()
    frame["first"] = frame.office.map({"Ski": 3.0, "Åsane": 5.0})
    frame.to_parquet(tmp_path / "a.parquet")
    cells = read_cells(study(tmp_path, treatment=Treatment(first_treated="first")))
    assert list(cells.first_treated) == [NEVER, NEVER, 2, 4]
    frame.loc[3, "first"] = 4
    frame.to_parquet(tmp_path / "a.parquet")
    assert "says different things of the office 'Ski'" in refused(
        study(tmp_path, treatment=Treatment(first_treated="first"))
    )


BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a missing office": ({"office": (5, None)}, ["office", "1 row", "a.parquet row 6", "missing_office"]),
    "a missing month": ({"month": (5, None)}, ["month", "1 row", "missing_period"]),
    "a missing covariate": ({"sex": (2, None)}, ["sex", "1 row", "row 3", "missing_covariate"]),
    "text in the outcome": ({"work": (1, "yes")}, ["work", "text where a number", "row 2: 'yes'", "not_a_number"]),
    "an infinite outcome": ({"hours": (9, np.inf)}, ["hours", "infinite", "row 10"]),
    "a two in a binary outcome": ({"work": (0, 2)}, ["work", "neither 0 nor 1", "row 1: '2'", "continuous"]),
    "a negative weight": ({"w": (4, -1.0)}, ["w", "below zero", "row 5", "negative_weight"]),
    "a missing weight": ({"w": (4, None)}, ["w", "missing", "missing_weight"]),
    "text in the weights": ({"w": (4, "heavy")}, ["w", "missing_weight", "row 5: 'heavy'"]),
    "a repeated person-month": ({"person": (1, 0)}, ["person", "more than once", "2 rows", "duplicated_person_period"]),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_values_are_refused_by_column_rows_and_mend(tmp_path: Path, case: str) -> None:
    changes, parts = BAD[case]
    frame = rows().astype(dict.fromkeys(changes, object))
    for name, (at, value) in changes.items():
        frame.loc[at, name] = value
    texts = {name: str for name, (_, value) in changes.items() if isinstance(value, str)}
    frame.astype(texts).to_parquet(tmp_path / "a.parquet")
    columns = Columns("office", "month", "person", "w", ("sex",))
    text = refused(study(tmp_path, columns=columns))
    for part in parts:
        assert part in text


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("a missing office", "missing_office"),
        ("a missing covariate", "missing_covariate"),
        ("text in the outcome", "not_a_number"),
        ("a negative weight", "negative_weight"),
        ("a repeated person-month", "duplicated_person_period"),
    ],
)
def test_what_the_study_allows_to_leave_out_is_counted_to_the_last_row(tmp_path: Path, case: str, reason: Any) -> None:
    frame = rows().astype(dict.fromkeys(BAD[case][0], object))
    for name, (at, value) in BAD[case][0].items():
        frame.loc[at, name] = value
    texts = {name: str for name, (_, value) in BAD[case][0].items() if isinstance(value, str)}
    frame.astype(texts).to_parquet(tmp_path / "a.parquet")
    made = study(tmp_path, columns=Columns("office", "month", "person", "w", ("sex",)))
    made = dataclasses.replace(made, data=DataSource(("*.parquet",), exclude=(reason, "missing_outcome")))
    account = read_cells(made).account
    assert account.rows_read == len(frame)
    assert [exclusion.reason for exclusion in account.exclusions] == [reason]
    for outcome in ("any_job", "hours"):
        assert account.rows_used[outcome] + account.excluded(outcome) == len(frame)
    assert account.exclusions[0].examples


def test_missing_outcomes_are_counted_for_each_outcome(tmp_path: Path) -> None:
    frame = rows()
    frame.loc[:4, "hours"] = np.nan
    frame.to_parquet(tmp_path / "a.parquet")
    account = read_cells(study(tmp_path)).account
    assert account.rows_used == {"any_job": len(frame), "hours": len(frame) - 5}
    assert account.excluded("hours") == 5
    assert account.excluded("any_job") == 0


def test_a_person_in_two_offices_at_once_is_named_as_such(tmp_path: Path) -> None:
    frame = rows()
    frame.loc[0, "person"] = 1000
    frame.to_parquet(tmp_path / "a.parquet")
    assert "in two offices at once (overlapping periods)" in refused(study(tmp_path))


def test_repeats_are_found_across_files_too(tmp_path: Path) -> None:
    frame = rows()
    frame.to_parquet(tmp_path / "a.parquet")
    frame[:3].to_parquet(tmp_path / "b.parquet")
    assert "3 person-periods more than once" in refused(study(tmp_path))


@pytest.mark.parametrize(
    ("treatment", "message"),
    [
        (Treatment(("Ski", "Asane"), 4), "did you mean 'Åsane'"),
        (Treatment(("Ski",), 1), "at or before the first period of the data"),
        (Treatment(("Ski",), 7), "no treated office"),
        (Treatment(("Ski", "Åsane", "Moss", "Bodø"), 4), "no comparison office"),
        (Treatment(("Ski",), "2013-04"), "not of the same kind"),
    ],
)
def test_a_treatment_the_data_cannot_carry_is_refused(tmp_path: Path, treatment: Treatment, message: str) -> None:
    rows().to_parquet(tmp_path / "a.parquet")
    assert message in refused(study(tmp_path, treatment=treatment))


def test_offices_treated_before_the_data_can_be_left_out_and_counted(tmp_path: Path) -> None:
    frame = rows()
    frame["first"] = frame.office.map({"Ski": 1, "Åsane": 4}).fillna(0).astype(int)
    frame.loc[0, "hours"] = np.nan
    frame.to_parquet(tmp_path / "a.parquet")
    made = study(tmp_path, treatment=Treatment(first_treated="first"))
    assert "Ski" in refused(made)
    made = dataclasses.replace(made, data=DataSource(("*",), exclude=("treated_before_data", "missing_outcome")))
    cells = read_cells(made)
    assert cells.offices == ("Bodø", "Moss", "Åsane")
    for outcome in ("any_job", "hours"):
        assert cells.account.rows_used[outcome] + cells.account.excluded(outcome) == len(frame)


def test_a_constant_outcome_and_mixed_periods_are_refused(tmp_path: Path) -> None:
    frame = rows()
    frame.assign(work=1).to_parquet(tmp_path / "a.parquet")
    assert "is constant (1 in every row)" in refused(study(tmp_path))
    mixed = frame.assign(month=["2013" if m == 1 else f"2013-{m:02d}" for m in frame.month])
    mixed.to_parquet(tmp_path / "a.parquet")
    assert "overlap" in refused(study(tmp_path, treatment=Treatment(("Ski",), "2013-04")))


def test_narrowing_the_study_is_counted(tmp_path: Path) -> None:
    frame = rows()
    frame.to_parquet(tmp_path / "a.parquet")
    source = DataSource(("*.parquet",), first_period=2, last_period=5, offices=("Ski", "Åsane", "Moss"))
    cells = read_cells(study(tmp_path, data=source))
    assert cells.periods == ("2", "3", "4", "5")
    narrowed = frame[frame.month.between(2, 5) & (frame.office != "Bodø")]
    assert cells.account.rows_used["any_job"] == len(narrowed)
    assert cells.account.excluded("any_job") == len(frame) - len(narrowed)


def test_files_that_are_not_there_or_cannot_be_read_are_named(tmp_path: Path) -> None:
    assert "'*.parquet' finds no file" in refused(study(tmp_path))
    (tmp_path / "a.xlsx").write_bytes(b"x")
    assert "a.xlsx is of a kind that cannot be read. Save it as one of .parquet, .csv" in refused(
        study(tmp_path, "a.xlsx")
    )
    for name in ("a.rds", "a.dta", "a.feather"):
        (tmp_path / name).write_bytes(b"x")
        assert f"{name}: cannot be read" in refused(study(tmp_path, name))
    (tmp_path / "b.parquet").write_bytes(b"not parquet")
    assert "b.parquet: cannot be read" in refused(study(tmp_path))
    rows().drop(columns="sex").to_parquet(tmp_path / "b.parquet")
    assert "sex: [columns] covariates is not a column of b.parquet" in refused(study(tmp_path))


def test_progress_is_told_after_each_file(tmp_path: Path) -> None:
    for month, part in rows().groupby("month"):
        part.to_parquet(tmp_path / f"{month}.parquet")
    steps: list[tuple[int, int, str]] = []
    read_cells(study(tmp_path), progress=lambda done, total, name: steps.append((done, total, name)))
    assert steps[0] == (1, 6, "1.parquet")
    assert steps[-1] == (6, 6, "6.parquet")
