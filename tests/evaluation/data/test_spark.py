"""The same reduction on a real Spark cluster of two workers: the same cells, bit for bit, and the same account.

Where Java is missing these tests are skipped on somebody's own machine, and fail on CI.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

import plass.evaluation as ev
from plass.evaluation.commands import evaluate
from plass.evaluation.data.intake import read_cells
from plass.evaluation.data.spells import read_spells
from plass.evaluation.errors import DataError
from plass.evaluation.study import Columns, DataSource, Outcome, Study, Treatment
from tests.evaluation.cluster import find_java, standalone_cluster
from tests.evaluation.data.test_intake import rows, same

# Spark's own client has habits that newer libraries warn of.
pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::FutureWarning"
)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    java = find_java()
    if java is None:
        if os.environ.get("CI"):
            pytest.fail("Java is missing, and on CI the tests on Spark are not skipped.")
        pytest.skip("Java is missing (Debian: openjdk-17-jre-headless): nothing is tested on Spark.")
    with standalone_cluster(java, tmp_path_factory.mktemp("spark")) as session:
        yield session


def made(folder: Path) -> pd.DataFrame:
    """Six months, a file each, with every kind of row that is counted apart."""
    frame = rows(persons=20)
    frame["month"] = [dt.date(2013, month, 1 + day) for month, day in zip(frame.month, frame.person % 28, strict=True)]
    frame["night"] = np.where(frame.person % 7 == 0, None, frame.work).astype(object)
    frame["night"] = frame.night.astype("Int8")
    frame.loc[3, "hours"] = np.nan
    frame.loc[4, "hours"] = np.inf
    frame.loc[5, "w"] = 0.0
    frame.loc[6, "w"] = -1.0
    frame.loc[7, "sex"] = 9
    frame.loc[0, "person"] = 1001
    for month, part in frame.groupby([day.month for day in frame.month]):
        part.to_parquet(folder / f"{month}.parquet", index=False)
    return frame


STUDY = """
[study]
name = "test"
[data]
files = "[0-9].parquet"
exclude = ["missing_outcome", "not_a_number", "negative_weight", "duplicated_person_period"]
[columns]
office = "office"
period = "month"
person = "person"
covariates = ["sex"]
[treatment]
offices = ["Ski", "Åsane"]
start = 2013-04-01
[[outcomes]]
name = "any_job"
column = "work"
[waiting]
files = "spells-*.parquet"
office = "office"
start = "begun"
end = "over"
event = "how"
until = "until"
"""


def study(folder: Path, **changes: Any) -> Study:
    reasons = ("missing_outcome", "not_a_number", "negative_weight", "duplicated_person_period")
    plain = Study(
        name="test",
        data=DataSource(("[0-9].parquet",), exclude=reasons),
        columns=Columns("office", "month", person="person", covariates=("sex",)),
        treatment=Treatment(("Ski", "Åsane"), "2013-04"),
        outcomes=(Outcome("any_job", "work"), Outcome("night", "night")),
        folder=folder,
    )
    return dataclasses.replace(plain, **{"specifications": (), **changes})


def test_counts_and_exact_sums_on_two_workers_equal_those_of_duckdb(cluster: Any, tmp_path: Path) -> None:
    frame = made(tmp_path)
    workers = cluster.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1
    assert workers == 2
    weighted = Columns("office", "month", weight="w", covariates=("sex",))
    hours = Outcome("hours", "hours", "continuous")
    asked = study(tmp_path, columns=weighted, outcomes=(Outcome("night", "night"), hours))
    by_duckdb, by_spark = read_cells(asked), read_cells(asked, spark=cluster)
    same(by_spark, by_duckdb)
    assert by_spark.account.rows_read == by_duckdb.account.rows_read == len(frame)
    assert by_spark.account.rows_used == by_duckdb.account.rows_used
    assert by_spark.account.exclusions == by_duckdb.account.exclusions
    assert {"negative_weight", "not_a_number"} <= {exclusion.reason for exclusion in by_duckdb.account.exclusions}
    assert not [
        table.name for table in cluster.catalog.listTables() if table.name.startswith(("plass_rows", "repeated"))
    ]


def spells(folder: Path) -> ev.Waiting:
    """Four hundred spells in two files: ended in two ways, under way, empty, ended after the horizon."""
    rng = np.random.default_rng(4)
    size = 400
    begun = np.datetime64("2013-01-01") + rng.integers(0, 180, size)
    over = pd.Series(begun + rng.integers(0, 260, size)).mask(rng.random(size) < 0.3)
    frame = pd.DataFrame(
        {
            "office": rng.choice(["Ski", "Åsane", "Elsewhere", "Bodø"], size),
            "begun": [day.astype(object) for day in begun],
            "over": [None if pd.isna(day) else day.date() for day in over],
            "until": [day.astype(object) for day in begun + rng.integers(40, 300, size)],
            "how": rng.choice(["met", "gave up", None], size),
        }
    )
    for number, part in enumerate(np.array_split(np.arange(size), 2)):
        frame.iloc[part].to_parquet(folder / f"spells-{number}.parquet", index=False)
    return ev.Waiting(("spells-*.parquet",), "office", "begun", "over", "how", "until", 180)


def test_spells_are_counted_on_the_cluster_with_the_same_result(cluster: Any, tmp_path: Path) -> None:
    what = spells(tmp_path)
    asked = study(tmp_path, waiting=what)
    days = [dt.date(2013, 3, 1), dt.date(2013, 5, 1)]
    jobs = len(cluster.sparkContext.statusTracker().getJobIdsForGroup(None))
    by_duckdb, by_spark = (
        read_spells(asked, what, ("Ski", "Åsane", "Bodø"), days, spark=session) for session in (None, cluster)
    )
    assert len(cluster.sparkContext.statusTracker().getJobIdsForGroup(None)) > jobs
    for field in dataclasses.fields(by_duckdb):
        np.testing.assert_array_equal(getattr(by_spark, field.name), getattr(by_duckdb, field.name), field.name)
    assert by_spark.causes == ("", "gave up", "met") and by_spark.left_out and by_spark.rows_read == 400
    bad = pd.DataFrame({"office": ["Ski"], "begun": [dt.date(2013, 2, 1)], "over": [dt.date(2013, 1, 1)]})
    bad.to_parquet(tmp_path / "bad.parquet", index=False)
    for session in (None, cluster):
        with pytest.raises(DataError, match=r"over: lies before begun \(1 row\)"):
            read_spells(asked, ev.Waiting(("bad.parquet",), "office", "begun", "over"), ("Ski",), spark=session)


def test_spells_whose_dates_are_texts_are_counted_here(cluster: Any, tmp_path: Path) -> None:
    """Spark takes "2013" for a date, DuckDB does not."""
    texts = pd.DataFrame(
        {"office": ["Ski", "Ski"], "begun": ["2013-02-01", "2013"], "over": ["2013-03-01", "2013-03-01"]}
    )
    texts.to_parquet(tmp_path / "texts.parquet", index=False)
    what = ev.Waiting(("texts.parquet",), "office", "begun", "over")
    with pytest.raises(DataError, match="begun: is not a date"):
        read_spells(study(tmp_path, waiting=what), what, ("Ski",), spark=cluster)


def test_the_command_reduces_the_rows_on_the_cluster(cluster: Any, tmp_path: Path) -> None:
    made(tmp_path)
    spells(tmp_path)
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    app = typer.Typer()
    app.command()(evaluate)
    asked = ["--no-pdf", "--draws", "99", "--out", str(tmp_path / "out"), "--spark", cluster.sparkContext.master]
    done = CliRunner().invoke(app, [str(tmp_path / "study.toml"), *asked])
    assert done.exit_code == 0, done.output
    by_spark = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    by_duckdb = json.loads(json.dumps(ev.evaluate(tmp_path / "study.toml", draws=99).to_dict()))
    for name in ("data", "checks", "verdict"):
        assert by_spark[name] == by_duckdb[name]
    assert "duplicated_person_period" in {exclusion["reason"] for exclusion in by_duckdb["data"]["exclusions"]}
    # The cluster was used, and the session that was open stays so.
    jobs = cluster.sparkContext.statusTracker().getJobIdsForGroup(None)
    assert jobs and cluster.range(3).count() == 3


def test_what_spark_would_read_otherwise_is_refused(cluster: Any, tmp_path: Path) -> None:
    frame = rows()
    frame.to_csv(tmp_path / "a.csv", index=False)
    outcomes = (Outcome("any_job", "work"),)
    asked = study(tmp_path, data=DataSource(("a.csv",)), treatment=Treatment(("Ski",), 4), outcomes=outcomes)
    with pytest.raises(DataError, match=r"a\.csv: is not Parquet, which is what is read on Spark"):
        read_cells(asked, spark=cluster)
    frame.astype({"work": str}).to_parquet(tmp_path / "b.parquet")
    asked = study(tmp_path, data=DataSource(("b.parquet",)), treatment=Treatment(("Ski",), 4), outcomes=outcomes)
    with pytest.raises(DataError, match="work: is text where a number belongs"):
        read_cells(asked, spark=cluster)
    frame.assign(month=pd.Timestamp(2013, 4, 1)).astype({"month": "datetime64[ns]"}).to_parquet(tmp_path / "c.parquet")
    asked = study(tmp_path, data=DataSource(("c.parquet",)), outcomes=outcomes)
    with pytest.raises(DataError, match="month: is in nanoseconds"):
        read_cells(asked, spark=cluster)
