"""`plass evaluate`: from a file to a report, and one message where something is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner, Result

from plass.evaluation.commands import evaluate
from plass.evaluation.study_file import read_study

app = typer.Typer()
app.command()(evaluate)

STUDY = """
[study]
name = "small"
title = "A small study"

[data]
files = "rows.csv"

[columns]
office = "office"
period = "month"
covariates = ["age"]

[treatment]
offices = ["A", "B", "C"]
start = 2013-04-01

[[outcomes]]
name = "job"
column = "in_work"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(4)
    rows = pd.DataFrame(
        [
            {"office": office, "month": f"2013-{month:02d}", "age": age, "in_work": int(rng.random() < 0.3)}
            for office in "ABCDEF"
            for month in range(1, 9)
            for age in ("young", "old")
            for _ in range(6)
        ]
    )
    rows.to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_study_file_becomes_a_report_in_a_folder_beside_it(folder: Path) -> None:
    done = run(folder / "study.toml", "--no-pdf", "--language", "en", "--draws", "199")
    assert done.exit_code == 0, done.output
    assert "The design cannot tell" in done.stdout
    report = folder / "study-report"
    assert '<html lang="en">' in (report / "report.html").read_text(encoding="utf-8")
    assert not (report / "report.pdf").exists()
    content = json.loads((report / "results.json").read_text(encoding="utf-8"))
    assert content["data"]["rows_read"] == 576
    frozen = json.loads((folder / "study.frozen.json").read_text(encoding="utf-8"))["frozen"]
    assert content["frozen"]["fingerprint"] == frozen[0]["fingerprint"]
    assert content["frozen"]["earlier"] == []


def test_a_list_changed_after_it_was_frozen_is_told(folder: Path) -> None:
    assert run(folder / "study.toml", "--no-pdf", "--draws", "199").exit_code == 0
    done = run(folder / "study.toml", "--no-pdf", "--draws", "199", "--seed", "5", "--out", folder / "again")
    assert done.exit_code == 0
    assert "endret én gang etter at den først ble låst" in done.stdout
    assert json.loads((folder / "again" / "results.json").read_text(encoding="utf-8"))["study"]["seed"] == 5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('column = "in_work"', 'column = "inn_work"'), "did you mean 'in_work'"),
        (('offices = ["A", "B", "C"]', 'offices = ["A", "Bergen"]'), "'Bergen' is not an office in the data"),
        (('files = "rows.csv"', 'files = "rows.parquet"'), "finds no file"),
        (("2013-04-01", "2013-01-01"), "at or before the first period"),
        (('covariates = ["age"]', 'covariates = "["'), "["),
    ],
)
def test_a_mistake_is_one_message_with_the_column_and_the_mend(
    folder: Path, change: tuple[str, str], message: str
) -> None:
    (folder / "study.toml").write_text(STUDY.replace(*change), encoding="utf-8")
    done = run(folder / "study.toml", "--no-pdf")
    assert done.exit_code == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "study-report" / "report.html").exists()


def test_a_text_among_the_numbers_names_its_row(folder: Path) -> None:
    lines = (folder / "rows.csv").read_text(encoding="utf-8").splitlines()
    lines[7] = lines[7][:-1] + "kanskje"
    (folder / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = run(folder / "study.toml", "--no-pdf")
    assert done.exit_code == 1
    assert "in_work" in done.stderr and "1 row" in done.stderr and "kanskje" in done.stderr


def test_an_output_that_is_a_file_is_said_before_the_work(folder: Path) -> None:
    (folder / "taken").write_text("mine", encoding="utf-8")
    done = run(folder / "study.toml", "--out", folder / "taken")
    assert done.exit_code == 1
    assert "taken" in done.stderr
    assert (folder / "taken").read_text(encoding="utf-8") == "mine"


def test_a_study_and_an_example_together_are_refused(folder: Path) -> None:
    assert run(folder / "study.toml", "--example", "kjerneoppgaver").exit_code == 2
    assert run().exit_code == 2
    done = run("--example", "kjernoppgaver", "--out", folder / "x")
    assert done.exit_code == 1
    assert "did you mean 'kjerneoppgaver'" in done.stderr


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("spark://127.0.0.1:1", "No Spark cluster answers at spark://127.0.0.1:1 (127.0.0.1:1: Connection refused)"),
        ("spark://somewhere", "lacks a port"),
        ("http://somewhere:7077", "is not the address of a Spark cluster"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_one_message_and_freezes_nothing(
    folder: Path, address: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whether there is Java is another message, and not this machine's to decide here.
    monkeypatch.setenv("JAVA_HOME", str(folder))
    done = run(folder / "study.toml", "--no-pdf", "--spark", address)
    assert done.exit_code == 1
    assert message in " ".join(done.stderr.split())
    assert not (folder / "study.frozen.json").exists()


def test_without_the_extra_the_message_says_how_to_install_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "study.toml").write_text(STUDY + '[engine]\nspark = "spark://127.0.0.1:1"\n', encoding="utf-8")
    monkeypatch.setitem(sys.modules, "pyspark", None)
    done = run(folder / "study.toml", "--no-pdf")
    assert done.exit_code == 1
    assert "pip install 'plass[spark]'" in done.stderr


def test_where_the_rows_are_reduced_is_no_part_of_what_is_frozen(folder: Path) -> None:
    plain = read_study(folder / "study.toml")
    (folder / "study.toml").write_text(STUDY + '[engine]\nmemory = "50MB"\n', encoding="utf-8")
    with_memory = read_study(folder / "study.toml")
    assert with_memory.engine.memory == "50MB"
    assert with_memory.fingerprint == plain.fingerprint
    done = run(folder / "study.toml", "--memory", "a lot")
    assert done.exit_code == 1
    assert "[engine] memory is 'a lot'; write it as 400MB or 2GB." in done.stderr
