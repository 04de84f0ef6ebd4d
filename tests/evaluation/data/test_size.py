"""Size: memory is bounded by spilling, the bits are the same in every process, and the ways to the sums agree."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plass.evaluation.data.intake import read_cells
from plass.evaluation.errors import DataError
from plass.evaluation.study import Columns, DataSource, Outcome, Treatment
from tests.evaluation.data.test_intake import refused, rows, same, study


class Watch:
    """The most bytes that lay in a folder while something was done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.most = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._done.wait(0.01):
            size = 0
            # What is gone between two looks is passed over; a folder too, which rglob() would stumble over.
            for folder, _folders, files in os.walk(self.folder):
                for name in files:
                    try:
                        size += (Path(folder) / name).stat().st_size
                    except FileNotFoundError:
                        continue
            self.most = max(self.most, size)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join()


def test_a_small_memory_limit_spills_and_gives_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    size = 300_000
    frame = pd.DataFrame({"office": rng.integers(0, 40, size), "month": rng.integers(0, 50, size)})
    frame["trait"] = rng.integers(0, 300, size).astype(str)
    frame["work"] = rng.integers(0, 2, size)
    frame["hours"] = rng.normal(0, 5, size)
    frame.to_parquet(tmp_path / "a.parquet")
    columns = Columns("office", "month", covariates=("trait",))
    made = study(tmp_path, columns=columns, treatment=Treatment(("1", "2"), 20))
    spilled = {}
    cells = {}
    for limit in ("40MB", "2GB"):
        work = tmp_path / limit
        work.mkdir()
        with Watch(work) as watch:
            cells[limit] = read_cells(made, memory_limit=limit, work=work, threads=2)
        spilled[limit] = watch.most
        assert not list(work.iterdir())
    assert spilled["40MB"] > 1_000_000
    assert spilled["2GB"] == 0
    assert len(cells["2GB"]) > 200_000
    same(cells["40MB"], cells["2GB"])


def test_the_search_for_repeated_person_months_spills_too(tmp_path: Path) -> None:
    size = 800_000
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"office": rng.integers(0, 4, size), "month": rng.integers(1, 7, size)})
    frame["person"] = np.arange(size) * 1_000_003
    frame["sex"] = 1
    frame["work"] = rng.integers(0, 2, size)
    frame.loc[size - 1, "person"] = 0
    frame.loc[size - 1, "month"] = frame.month[0]
    frame.to_parquet(tmp_path / "a.parquet")
    made = study(tmp_path, treatment=Treatment(("1",), 4), outcomes=(Outcome("any_job", "work"),))
    work = tmp_path / "work"
    work.mkdir()
    with Watch(work) as watch, pytest.raises(DataError, match=r"1 person-periods more than once.*2 rows"):
        read_cells(made, memory_limit="30MB", work=work, threads=2)
    assert watch.most > 1_000_000


SCRIPT = """
import hashlib, sys
from pathlib import Path
from plass.evaluation.data.intake import read_cells
from plass.evaluation.study import Columns, DataSource, Outcome, Study, Treatment
study = Study(
    name="test",
    data=DataSource(("*.parquet",)),
    columns=Columns("office", "month", person="person", weight="w", covariates=("sex", "town")),
    treatment=Treatment(("Ski",), 4),
    outcomes=(Outcome("any_job", "work"), Outcome("hours", "hours", "continuous")),
    folder=Path(sys.argv[1]),
)
for threads in (1, 2, 5):
    cells = read_cells(study, threads=threads)
    account = cells.account
    described = (cells.offices, cells.periods, cells.levels, cells.first_treated.tolist())
    described += (account.files, account.rows_used, account.exclusions, account.notes)
    digest = hashlib.sha256(repr(described).encode())
    for part in [cells.office, cells.period, *cells.codes.values()]:
        digest.update(part.tobytes())
    for sums in cells.sums.values():
        for name in ("n", "w", "wy", "wyy", "ww", "wwy", "wwyy"):
            digest.update(getattr(sums, name).tobytes())
    print(digest.hexdigest())
"""


def test_the_cells_are_the_same_bits_under_any_hash_seed_and_number_of_threads(tmp_path: Path) -> None:
    frame = rows(persons=150)
    frame["town"] = frame.person.map(lambda person: f"town {person % 7}")
    frame.loc[frame.index % 97 == 0, "hours"] = np.nan
    for month, part in frame.groupby("month"):
        part.to_parquet(tmp_path / f"{month}.parquet", row_group_size=300)
    with contextlib.redirect_stdout(io.StringIO()) as printed, pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", ["-c", str(tmp_path)])
        exec(SCRIPT, {})
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    environment = {**os.environ, "PYTHONHASHSEED": "4242"}
    printed_elsewhere = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert printed.getvalue() == printed_elsewhere
    assert len(printed_elsewhere.split()) == 3
    assert len(set(printed_elsewhere.split())) == 1


def test_files_that_are_counted_and_files_that_are_summed_fit_together(tmp_path: Path) -> None:
    """A count outcome with few values in one month and many in the next; whole numbers that become fractions by a hole."""
    frame = rows()
    frame["visits"] = np.where(frame.month == 3, frame.person % 90, frame.person % 3)
    frame["visits"] = frame.visits.astype("Int64")
    frame.loc[frame.index[frame.month == 5][:4], "visits"] = pd.NA
    for month, part in frame.groupby("month"):
        part = part.astype({"visits": float}) if month == 5 else part.astype({"visits": "int16"})
        part.to_parquet(tmp_path / f"{month}.parquet")
    made = study(tmp_path, outcomes=(Outcome("visits", "visits", "count"), Outcome("any_job", "work")))
    cells = read_cells(made)
    expected = frame.astype({"visits": float}).groupby(["office", "month", "sex"]).visits.agg(["count", "sum"])
    np.testing.assert_array_equal(cells.of("visits").n, expected["count"])
    np.testing.assert_array_equal(cells.of("visits").wy, expected["sum"])
    squares = (frame.visits.astype(float) ** 2).groupby([frame.office, frame.month, frame.sex]).sum()
    np.testing.assert_array_equal(cells.of("visits").wyy, squares)
    assert cells.account.excluded("visits") == 4
    assert cells.account.excluded("any_job") == 0


def test_a_new_file_with_a_kept_period_is_compared_with_the_kept_persons(tmp_path: Path) -> None:
    frame = rows()
    data, keep = tmp_path / "data", tmp_path / "keep"
    data.mkdir()
    for month, part in frame.groupby("month"):
        part.to_parquet(data / f"{month}.parquet")
    made = study(data)
    whole = read_cells(made, keep=keep)
    same(read_cells(made, keep=keep), whole)
    frame[frame.month == 2][:2].to_parquet(data / "late.parquet")
    with pytest.raises(DataError, match="2 person-periods more than once"):
        read_cells(made, keep=keep)
    allowed = study(data, data=DataSource(("*.parquet",), exclude=("duplicated_person_period", "missing_outcome")))
    account = read_cells(allowed, keep=keep).account
    assert account.excluded("any_job") == 4
    assert account.rows_used["any_job"] + 4 == account.rows_read == len(frame) + 2


def test_whole_numbers_far_from_zero_and_below_it_are_counted_right(tmp_path: Path) -> None:
    frame = rows()
    frame["office"] = frame.office.map({"Ski": 9_007_199_254_740_000, "Åsane": -5, "Moss": 0, "Bodø": 7})
    frame["sex"] = frame.sex.map({0: -128, 1: 127}).astype("int8")
    frame.to_parquet(tmp_path / "a.parquet")
    made = study(tmp_path, treatment=Treatment(("9007199254740000", "-5"), 4), outcomes=(Outcome("any_job", "work"),))
    cells = read_cells(made)
    assert cells.offices == ("-5", "0", "7", "9007199254740000")
    assert cells.levels["sex"] == ("-128", "127")
    expected = frame.groupby(["office", "month", "sex"]).work.agg(["count", "sum"])
    np.testing.assert_array_equal(cells.of("any_job").n, expected["count"])
    np.testing.assert_array_equal(cells.of("any_job").wy, expected["sum"])


def test_a_study_that_was_not_frozen_is_refused_before_any_file_is_opened(tmp_path: Path) -> None:
    from plass.evaluation.study import freeze

    made = study(tmp_path, "not there.parquet")
    frozen = freeze(study(tmp_path, "not there.parquet", outcomes=(Outcome("any_job", "work", role="secondary"),)))
    with pytest.raises(DataError, match="is not the one that was frozen"):
        read_cells(made, frozen=frozen)
    assert "finds no file" in refused(made)
