"""Files of other kinds than Parquet: the same cells, and their own ways of being wrong named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadr
import pyreadstat
import pytest

from plass.evaluation.data.intake import read_cells
from plass.evaluation.study import Columns, DataSource, Outcome, Treatment
from tests.evaluation.data.test_intake import refused, rows, same, study

SEX = {0: "kvinne", 1: "mann"}
WORK = {0: "nei", 1: "ja"}


def written(folder: Path, kind: str) -> str:
    """The rows of test_intake in a file of one kind, with a missing value in `hours`; the file's name."""
    frame = rows()
    frame.loc[2, "hours"] = np.nan
    plain = frame.assign(sex=frame.sex.map(SEX))
    path = folder / f"a.{kind}"
    labels = {"sex": SEX, "work": WORK}
    if kind == "parquet":
        plain.to_parquet(path)
    elif kind == "csv":
        plain.to_csv(path, index=False)
    elif kind == "csv.gz":
        plain.to_csv(path, index=False, sep=";")
    elif kind == "tsv":
        plain.to_csv(path, index=False, sep="\t", encoding="latin-1")
    elif kind == "dta":
        pyreadstat.write_dta(frame, str(path), variable_value_labels=labels)
    elif kind == "sav":
        pyreadstat.write_sav(frame, str(path), variable_value_labels=labels)
    elif kind == "rds":
        pyreadr.write_rds(str(path), plain)
    elif kind == "RData":
        pyreadr.write_rdata(str(path), plain, df_name="months")
    elif kind == "feather":
        plain.to_feather(path)
    return path.name


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "tsv", "dta", "sav", "rds", "RData", "feather"])
def test_other_files_give_the_same_cells_as_parquet(tmp_path: Path, kind: str) -> None:
    expected = read_cells(study(tmp_path, written(tmp_path, "parquet")))
    cells = read_cells(study(tmp_path, written(tmp_path, kind)))
    same(cells, expected, 1e-15)
    assert cells.levels == {"sex": ("kvinne", "mann")}
    assert cells.account.rows_read == 720
    assert cells.account.excluded("hours") == 1


def test_a_stata_file_of_several_pieces_is_read_to_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plass.evaluation.data.convert.PIECE", 100)
    name = written(tmp_path, "dta")
    assert read_cells(study(tmp_path, name)).account.rows_read == 720


def test_statas_months_are_dates(tmp_path: Path) -> None:
    frame = rows()
    # Stata counts months from January 1960: 639 is April 2013.
    frame["month"] = frame.month + 635.0
    pyreadstat.write_dta(frame, str(tmp_path / "a.dta"), variable_format={"month": "%tm"})
    cells = read_cells(study(tmp_path, "a.dta", treatment=Treatment(("Ski",), "2013-04")))
    assert cells.periods == tuple(f"2013-0{month}" for month in range(1, 7))
    assert cells.first_treated[2] == 3


def test_files_of_several_kinds_are_one_data_set(tmp_path: Path) -> None:
    frame = rows()
    columns = Columns("office", "month", covariates=("sex",))
    outcome = (Outcome("any_job", "work"),)
    frame[frame.month <= 2].to_parquet(tmp_path / "a.parquet")
    pyreadstat.write_dta(frame[(frame.month > 2) & (frame.month <= 4)], str(tmp_path / "b.dta"))
    pyreadr.write_rds(str(tmp_path / "c.rds"), frame[frame.month > 4])
    cells = read_cells(study(tmp_path, "a.parquet", "*.dta", "c.rds", columns=columns, outcomes=outcome))
    frame.to_parquet(tmp_path / "all.parquet")
    same(cells, read_cells(study(tmp_path, "all.parquet", columns=columns, outcomes=outcome)))
    assert cells.account.files == ("a.parquet", "b.dta", "c.rds")
    # Text in one file and numbers in another: they might sort or match differently, so that they are refused.
    frame[:50].to_csv(tmp_path / "d.csv", index=False)
    assert "is BIGINT in a.parquet and VARCHAR in d.csv" in refused(study(tmp_path, "a.parquet", "d.csv"))


BAD_CSV = {
    "a line with too many values": (
        "office;month;sex;work\nSki;1;0;1\nSki;2;0;1;0\n",
        ["a.csv: line 3 has 5 values, and the heading 4: 'Ski;2;0;1;0'"],
    ),
    "a title above the heading": ("My data\n\noffice,month,sex,work\nSki,1,0,1\n", ["office", "is not a column of a.csv"]),
    "a decimal comma": ("office;month;sex;work\nSki;1;0;0,5\nMoss;2;0;1\n", ["work", "row 1: '0,5'", "point for decimals"]),
    "a line of separators": ("office;month;sex;work\nSki;1;0;1\n;;;\n", ["office", "without a value", "row 2", "1 row"]),
    "a hash sign": ("office;month;sex;work\nSki;1;0;1\n#Moss;2;0;x\n", ["work", "row 2: 'x'"]),
    "nothing but a heading": ("office;month;sex;work\n", ["leave no row to use"]),
    "nothing": ("", ["office", "is not a column of a.csv"]),
}  # fmt: skip


@pytest.mark.parametrize("case", list(BAD_CSV))
def test_no_line_of_a_csv_file_is_lost_in_silence(tmp_path: Path, case: str) -> None:
    text, parts = BAD_CSV[case]
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    message = refused(
        study(
            tmp_path,
            "a.csv",
            columns=Columns("office", "month", covariates=("sex",)),
            outcomes=(Outcome("any_job", "work"),),
            treatment=Treatment(("Ski",), 2),
        )
    )
    for part in parts:
        assert part in message


def test_an_r_file_with_two_tables_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.RData").write_bytes(b"not R")
    assert "a.RData: cannot be read" in refused(study(tmp_path, "a.RData"))
    pyreadr.write_rds(str(tmp_path / "b.rds"), pd.DataFrame({"office": ["Ski"], "month": [1.0]}))
    message = refused(study(tmp_path, "b.rds", data=DataSource(("b.rds",))))
    assert "sex: [columns] covariates is not a column of b.rds" in message
