"""The evaluation's documents are true: the tutorial is run, every key of the study file and every method is there."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from typing import get_args

import plass.evaluation as ev
from plass.evaluation import study as study_module
from plass.evaluation.data.files import READERS
from plass.evaluation.study_file import study_from

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "evaluation"
PACKAGE = Path(ev.__file__).parent
#: The folders whose public functions are methods, each with an independent way to the same figures.
FOLDERS = ("estimators", "inference", "diagnostics")
#: Modules in them that hold parts of methods.
PARTS = {"moments", "pvalues", "least_favourable"}


def blocks(name: str, language: str) -> list[tuple[int, str]]:
    """The fenced blocks of a document in one language: line number and text."""
    text = (DOCS / name).read_text(encoding="utf-8")
    matches = re.finditer(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(text[: match.start()].count("\n") + 1, match.group(1)) for match in matches]


def test_the_tutorial_prints_what_it_says(tmp_path: Path) -> None:
    """Every block in turn, in one session as in a notebook."""
    session = {"folder": tmp_path}
    parser = doctest.DocTestParser()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    failures: list[str] = []
    for line, text in blocks("tutorial.md", "pycon"):
        test = parser.get_doctest(text, session, "tutorial.md", "tutorial.md", line)
        runner.run(test, out=failures.append, clear_globs=False)
        session.update(test.globs)
    assert runner.summarize(verbose=False).attempted > 30
    assert runner.summarize(verbose=False).failed == 0, "".join(failures)


def keys_of(kind: type) -> list[str]:
    return [field.name for field in dataclasses.fields(kind)]


SECTIONS = {
    "data": study_module.DataSource,
    "columns": study_module.Columns,
    "treatment": study_module.Treatment,
    "outcomes": study_module.Outcome,
    "specifications": study_module.Specification,
    "neighbours": study_module.Neighbours,
    "cost": study_module.Cost,
    "waiting": study_module.Waiting,
    "retention": study_module.Waiting,
    "engine": study_module.Engine,
}


def documented() -> dict[str, list[str]]:
    """The keys that study-file.md has in a table, by section."""
    keys_by_section: dict[str, list[str]] = {}
    section = ""
    for line in (DOCS / "study-file.md").read_text(encoding="utf-8").splitlines():
        if head := re.match(r"## `\[+(\w+)\]+`", line):
            section = head[1]
            keys_by_section[section] = []
        elif section and (row := re.match(r"\| `(\w+)` \|", line)):
            keys_by_section[section].append(row[1])
    return keys_by_section


def test_every_key_of_the_study_file_is_documented_and_no_other() -> None:
    text = documented()
    head = [key for key in keys_of(ev.Study) if key not in {*SECTIONS, "folder"}]
    assert sorted(text.pop("study")) == sorted(head)
    assert set(text) == set(SECTIONS)
    for section, keys in text.items():
        assert sorted(keys) == sorted(keys_of(SECTIONS[section])), section


def test_every_format_that_is_read_is_documented() -> None:
    text = (DOCS / "study-file.md").read_text(encoding="utf-8")
    for ending in READERS:
        assert ending == ".parquet" or ending.removesuffix(".gz") in text, ending


def test_every_choice_of_the_study_file_is_documented() -> None:
    text = (DOCS / "study-file.md").read_text(encoding="utf-8")
    for name in ("Kind", "Role", "Weighting", "Comparison", "PeriodUnit", "Reason"):
        for choice in get_args(getattr(study_module, name)):
            assert f"`{choice}`" in text, choice


def test_the_full_study_file_of_the_document_is_one() -> None:
    import tomllib

    whole = blocks("study-file.md", "toml")[0][1]
    made = study_from(tomllib.loads(whole))
    assert made.headline.name == "headline"
    for name in SECTIONS:
        assert name in tomllib.loads(whole)


def oracles() -> dict[str, list[tuple[str, str]]]:
    """Method by its name in oracles.md: (oracle, test) pairs."""
    pairs_by_method: dict[str, list[tuple[str, str]]] = {}
    for line in (DOCS / "oracles.md").read_text(encoding="utf-8").splitlines():
        row = re.match(r"\| `([\w.]+)` \| (.+?) \| `(\w+\.py::\w+)` \|$", line)
        if row:
            pairs_by_method.setdefault(row[1], []).append((row[2], row[3]))
    return pairs_by_method


def methods() -> list[str]:
    made = []
    for name in sorted(
        f"{folder}.{module.name}"
        for folder in FOLDERS
        for module in pkgutil.iter_modules([str(PACKAGE / folder)])
        if module.name not in PARTS
    ):
        module = importlib.import_module(f"plass.evaluation.{name}")
        made += [
            f"{name.split('.')[1]}.{function_name}"
            for function_name, what in vars(module).items()
            if inspect.isfunction(what) and what.__module__ == module.__name__ and not function_name.startswith("_")
        ]
    return made


def test_every_method_has_an_oracle() -> None:
    assert sorted(oracles()) == sorted(methods())


def test_every_exported_function_is_a_method_with_an_oracle_or_reads_and_writes() -> None:
    known = {name.split(".")[1] for name in oracles()}
    others = {"read_cells", "read_study", "freeze", "evaluate", "study_of"}
    exported = {name for name in ev.__all__ if inspect.isfunction(getattr(ev, name))}
    assert exported - known == others & exported


def test_every_named_test_is_there_and_uses_the_method() -> None:
    sources = {
        path.name: path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "evaluation").rglob("test_*.py")
    }
    for method, named in oracles().items():
        for oracle, where in named:
            file, test = where.split("::")
            trees = ast.walk(ast.parse(sources[file]))
            assert test in {node.name for node in trees if isinstance(node, ast.FunctionDef)}, where
            through = re.match(r"through `(\w+)`: ", oracle)
            used = through[1] if through else method.split(".")[1]
            assert used in sources[file], f"{file} does not use {used}"


def test_every_name_of_the_engine_in_the_documents_is_there() -> None:
    named = {
        name
        for file in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
        if "decisions" not in file.parts
        for name in re.findall(r"plass\.evaluation((?:\.\w+)+)", file.read_text(encoding="utf-8"))
    }
    assert {".verdict.RULES", ".examples", ".synthetic_worlds", ".calibration", ".errors.DataError"} <= named
    for name in named:
        pkgutil.resolve_name(f"plass.evaluation{name}")
