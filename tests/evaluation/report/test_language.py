"""Nothing English reaches a report in bokmål: what code can give as a reason, and what reports show."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pandas as pd
from bs4 import BeautifulSoup

import plass.evaluation as ev
from plass.evaluation import study as study_module
from plass.evaluation.checks.view import plain
from plass.evaluation.data.intake import read_cells
from plass.evaluation.report.document import _left_out, document
from plass.evaluation.report.html import as_html
from plass.evaluation.text import because
from tests.evaluation.made_study import made_cells, made_study

#: What stops the evaluation before there is a report, or is no part of it.
NO_REPORT = {"DataError", "StudyError", "SparkError", "AttributeError", "ArithmeticError", "Exit", "BadParameter"}
NOT_ASKED = {
    *("results.py", "text.py", "tables.py", "study.py", "commands.py"),
    *(
        "intake.py",
        "files.py",
        "convert.py",
        "backends.py",
        "duplicates.py",
        "labels.py",
        "cell_cache.py",
        "treatment_timing.py",
        "spells.py",
    ),
    *(
        "calibration.py",
        "monte_carlo.py",
        "synthetic_worlds.py",
        "synthetic_people.py",
        "examples.py",
    ),
}
#: English words that bokmål has not.
ENGLISH = re.compile(
    r"\b(the|of|with|without|weighted|row|rows|empty|office|is|are|from the|errors|group-time)\b", re.I
)


def sentence_of(node: ast.AST) -> str | None:
    """A text in the code, with a number in the place of whatever it is filled with."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(value.value) if isinstance(value, ast.Constant) else "7" for value in node.values)
    return None


def sentences(tree: ast.AST) -> Iterator[str]:
    """What an error is raised with, and what a `reason` is set to, given or returned."""
    for node in ast.walk(tree):
        nodes: list[ast.AST] = []
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            if getattr(node.exc.func, "id", getattr(node.exc.func, "attr", "")) not in NO_REPORT:
                nodes = list(node.exc.args)
        elif isinstance(node, ast.Assign) and any("reason" in ast.unparse(target) for target in node.targets):
            nodes = [node.value]
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Contrast", "TrendBreak", "Estimate"):
            nodes = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg == "reason")]
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            nodes = list(node.value.elts)
        for part in nodes:
            text = sentence_of(part)
            if text is not None and " " in text:
                yield text


def test_every_reason_that_code_can_give_is_said_in_bokmål() -> None:
    asked, unknown = 0, []
    for file in Path("src/plass/evaluation").rglob("*.py"):
        if file.name in NOT_ASKED or "report" in file.parts:
            continue
        for text in sentences(ast.parse(file.read_text(encoding="utf-8"))):
            asked += 1
            if because(plain(ValueError(text))).key == "why.other":
                unknown.append(f"{file.name}: {text}")
    assert unknown == [], "write them in texts/why.toml"
    assert asked > 80


def test_every_kind_of_row_left_out_and_every_note_of_the_reading_has_its_words() -> None:
    for reason in (*get_args(study_module.Reason), "zero_weight", "not among [data] offices", "outside last_period 3"):
        assert _left_out(reason).key != "excluded.other", reason
    source = Path("src/plass/evaluation/data/treatment_timing.py").read_text(encoding="utf-8")
    notes = [
        sentence_of(node.args[0])
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "notes.append"
    ]
    assert len(notes) == 3
    for note in notes:
        assert note is not None and because(note, "noted").key != "noted.other", note


def left_out(folder: Path) -> ev.Results:
    """A study whose data leave out rows of several kinds and have something to note."""
    rows = [
        {"kontor": office, "month": month, "trait": trait, "y": (i + month + len(office)) % 2, "w": 1.0}
        for office in ("Ski", "Moss", "Os", "Bø", "Ås")
        for month in range(1, 9)
        for trait in (1, 2)
        for i in range(4 + len(office))
        if (office, month) != ("Bø", 2)
    ]
    frame = pd.DataFrame(rows).astype({"y": float, "kontor": object, "trait": object})
    frame.loc[[0, 1], "y"] = None
    frame.loc[2, "kontor"] = None
    frame.loc[3, "trait"] = None
    frame.loc[4, "w"] = 0.0
    frame.loc[5, "w"] = -1.0
    frame.to_csv(folder / "fil.csv", index=False)
    exclude = ("missing_outcome", "missing_office", "missing_covariate", "negative_weight")
    study = ev.Study(
        name="s",
        data=ev.DataSource(("fil.csv",), exclude=exclude, last_period=7),
        columns=ev.Columns("kontor", "month", weight="w", covariates=("trait",)),
        treatment=ev.Treatment(("Ski", "Moss"), 4),
        outcomes=(ev.Outcome("y", "y"),),
        folder=folder,
    )
    return ev.evaluate(study, read_cells(study), draws=99)


def english_in(results: ev.Results) -> list[str]:
    """The English words in the report in bokmål, each with the text around it."""
    page = BeautifulSoup(as_html(document(results, "nb")), "html.parser")
    # Titles of papers are in their own language, and so are the names that a study gives to its offices and outcomes.
    for heading in page.find_all("h2", id="methods"):
        for part in list(heading.find_all_next()):
            if part.name == "h2":
                break
            part.decompose()
    for part in page.find_all(["style", "script"]):
        part.decompose()
    text = re.sub(r"Office \d+", "", page.get_text(" "))
    assert "engelsk melding" not in text
    return [text[max(0, match.start() - 40) : match.end() + 40] for match in ENGLISH.finditer(text)]


def test_rows_left_out_and_notes_are_in_bokmål(tmp_path: Path) -> None:
    results = left_out(tmp_path)
    assert english_in(results) == []
    text = BeautifulSoup(as_html(document(results, "nb")), "html.parser").get_text(" ")
    assert "fil.csv rad 3: tom" in text
    assert "Kontor uten rader i noen perioder: Bø." in text


def test_reasons_why_something_does_not_apply_are_in_bokmål() -> None:
    cells = made_cells(treated=1, people=10, traits=False)
    assert english_in(ev.evaluate(made_study(cells), cells, draws=99)) == []
