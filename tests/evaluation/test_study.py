"""The study file: what it says, what it refuses, and how it is frozen."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path

import pytest

from plass.evaluation.errors import StudyError
from plass.evaluation.study import Study, freeze
from plass.evaluation.study_file import read_study

TEXT = """
[study]
name = "kjerneoppgaver"
question = "Does it work?"
seed = 7

[data]
files = "months/*.parquet"

[columns]
office = "office"
period = "month"
covariates = ["sex"]

[treatment]
offices = ["Åsane", "Ski"]
start = 2013-04-01

[[outcomes]]
name = "any_job"
column = "in_work"

[[outcomes]]
name = "hours"
column = "hours"
kind = "continuous"
role = "secondary"
"""


def write(folder: Path, text: str = TEXT) -> Path:
    file = folder / "study.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_study_file_becomes_a_study_with_the_usual_specifications(tmp_path: Path) -> None:
    study = read_study(write(tmp_path))
    assert study.data.files == ("months/*.parquet",)
    assert study.treatment.start == dt.date(2013, 4, 1)
    assert study.outcome("hours").kind == "continuous"
    assert study.headline.outcome == "any_job"
    assert [
        specification.weighting for specification in study.specifications if specification.outcome == "any_job"
    ] == ["person", "office"]
    assert study.folder == tmp_path


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("[columns]", "[colums]", "did you mean 'columns'"),
        ("period = ", "perod = ", "did you mean 'period'"),
        ('kind = "continuous"', 'kind = "bool"', "one of binary, continuous, count"),
        ('name = "hours"', 'name = "any_job"', "used twice"),
        ("seed = 7", 'seed = "7"', "seed"),
        ("start = 2013-04-01", "", "needs offices and start"),
        ("start = 2013-04-01", 'start = 2013-04-01\nfirst_treated = "f"', "keep one of them"),
        ('files = "months/*.parquet"', 'files = "a"\nexclude = ["missing_ofice"]', "did you mean 'missing_office'"),
        ("[study]", "[study", "not a valid TOML file"),
        ('covariates = ["sex"]', 'covariates = ["sex", "office"]', "'office' is used twice"),
    ],
)
def test_a_wrong_study_file_is_refused_with_the_key_and_the_mend(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    assert before in TEXT
    with pytest.raises(StudyError, match=message):
        read_study(write(tmp_path, TEXT.replace(before, after, 1)))


def test_a_specification_must_ask_for_what_the_study_has(tmp_path: Path) -> None:
    for extra, message in (('outcome = "anyjob"', "any_job"), ('outcome = "hours"\ncovariates = ["age"]', "age")):
        with pytest.raises(StudyError, match=message):
            read_study(write(tmp_path, TEXT + f'\n[[specifications]]\nname = "a"\n{extra}\n'))


def test_the_fingerprint_changes_with_the_analysis_and_not_with_the_title(tmp_path: Path) -> None:
    first = read_study(write(tmp_path))
    titled = read_study(write(tmp_path, TEXT.replace('question = "Does it work?"', 'title = "New"')))
    changed = read_study(write(tmp_path, TEXT.replace('kind = "continuous"', 'kind = "count"')))
    assert first.fingerprint == titled.fingerprint
    assert first.fingerprint != changed.fingerprint


def test_the_fingerprint_is_the_same_under_any_hash_seed(tmp_path: Path) -> None:
    file = write(tmp_path)
    code = f"from plass.evaluation.study_file import read_study; print(read_study({str(file)!r}).fingerprint)"
    seen = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert seen == {read_study(file).fingerprint + "\n"}


def test_freezing_keeps_the_first_time_and_shows_what_was_frozen_before(tmp_path: Path) -> None:
    study = read_study(write(tmp_path))
    record = tmp_path / "study.frozen.json"
    monday, friday = (dt.datetime(2026, 11, day, 12, tzinfo=dt.UTC) for day in (23, 27))
    first = freeze(study, record, now=lambda: monday)
    again = freeze(study, record, now=lambda: friday)
    assert first == again
    assert first.frozen_at == "2026-11-23T12:00:00+00:00"
    assert first.earlier == ()
    reseeded = read_study(write(tmp_path, TEXT.replace("seed = 7", "seed = 8")))
    changed = freeze(reseeded, record, now=lambda: friday)
    assert changed.earlier == ((study.fingerprint, first.frozen_at),)
    assert [record_of_study["study"]["seed"] for record_of_study in json.loads(record.read_text())["frozen"]] == [7, 8]


def test_a_damaged_record_is_not_overwritten(tmp_path: Path) -> None:
    record = tmp_path / "study.frozen.json"
    record.write_text("{}")
    study = read_study(write(tmp_path))
    with pytest.raises(StudyError, match="Move it away"):
        freeze(study, record)
    assert record.read_text() == "{}"


def test_a_study_can_be_built_in_python(tmp_path: Path) -> None:
    study = read_study(write(tmp_path))
    assert isinstance(study, Study)
    assert json.loads(study.canonical())["columns"]["covariates"] == ["sex"]
    with pytest.raises(StudyError, match="did you mean 'hours'"):
        study.outcome("hour")
