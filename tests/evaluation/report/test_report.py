"""The report: whole in both languages, self-contained, accessible, and the same numbers in every form."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import jsonschema
import numpy as np
import pyarrow.parquet as pq
import pytest
from bs4 import BeautifulSoup

import plass.evaluation as ev
from plass.evaluation.report.blocks import Document, Grid, Heading, Listing, Paragraph, Picture, Terms
from plass.evaluation.report.document import PLACES, document
from plass.evaluation.report.html import as_html
from plass.evaluation.report.methods import METHODS
from plass.evaluation.report.pdf import as_pdf
from plass.evaluation.report.pictures import draw_all
from plass.evaluation.text import LANGUAGES, Text, _all_texts, because, counted, number
from plass.evaluation.verdict import QUESTIONS, RULES
from tests.evaluation.made_study import made_cells, made_study, month
from tests.pdf.hard_text import REPLACED, WRITTEN, mixed, samples

SCHEMA = json.loads(Path("docs/evaluation/results-schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> ev.Results:
    folder = tmp_path_factory.mktemp("spells")
    rows = ["office,referred,started,how"]
    for i in range(400):
        start = f"{month(i % 16)}-{1 + i % 27:02d}"
        end = "" if i % 9 == 0 else f"{2012 + (i % 16 + 2) // 12}-{(i % 16 + 2) % 12 + 1:02d}-{1 + i % 27:02d}"
        rows.append(f"Office {i % 10:02d},{start},{end},{'gave up' if i % 5 == 0 else 'met'}")
    (folder / "waiting.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    waiting = ev.Waiting(("waiting.csv",), "office", "referred", "started", event="how", horizon=90)
    cells = made_cells()
    study = made_study(
        cells,
        title="A <small> study & more",
        question="Does it work?",
        cost=ev.Cost(extra_per_person=9_000.0, standard_error=900.0),
        neighbours=ev.Neighbours(("Office 06", "Office 07")),
        waiting=waiting,
        retention=waiting,
        folder=folder,
    )
    return ev.evaluate(study, cells, draws=999)


@pytest.fixture(scope="module")
def folder(results: ev.Results, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("report")
    results.write(place, language="nb")
    return place


def test_every_text_is_there_in_both_languages_with_the_same_places() -> None:
    for key, translations in _all_texts().items():
        assert set(translations) == set(LANGUAGES), key
        # A remark that Norwegian readers need beside an English reason has no other place to stand.
        places = [
            {name for _, name, _, _ in Formatter().parse(translations[language]) if name} for language in LANGUAGES
        ]
        assert key == "why.other" or not places[0] - places[1] or key.startswith("why."), key
        assert places[0] <= places[1], key
        assert all(translations.values()), key


def test_no_sentence_leaves_its_reader_to_choose_an_ending() -> None:
    for key, translations in _all_texts().items():
        for sentence in translations.values():
            assert not re.search(r"\w\((?:s|es|r|er|ene|et|en)\)", sentence), key


def test_none_and_one_have_sentences_of_their_own_and_say_the_same_things() -> None:
    special = [
        key for key in _all_texts() if key.endswith(("_none", "_one")) and key.rpartition("_")[0] in _all_texts()
    ]
    assert len(special) >= 5
    for key in special:
        many = _all_texts()[key.rpartition("_")[0]]
        for language in LANGUAGES:
            places = {name for _, name, _, _ in Formatter().parse(_all_texts()[key][language]) if name}
            assert places <= {name for _, name, _, _ in Formatter().parse(many[language]) if name}, key
    sentences = {count: counted("data.rows", count, read=5_607, files=count).said("nb") for count in (1, 2)}
    assert sentences == {1: "5\u00a0607 rader ble lest fra én fil.", 2: "5\u00a0607 rader ble lest fra 2 filer."}
    assert counted("finding.offices_better", 0, better=0, of=5).said("nb").startswith("For ingen av de 5")
    # Where one needs no sentence of its own, it gets the usual one.
    assert counted("finding.offices_better", 1, better=1, of=5).key == "finding.offices_better"


def test_levels_are_in_per_cent_and_differences_in_points(folder: Path) -> None:
    text = BeautifulSoup((folder / "report.html").read_text(encoding="utf-8"), "html.parser").get_text()
    assert "Nivå med, %" in text and "Nivå uten, %" in text and "Effekt, poeng" in text
    assert "Nivå med, poeng" not in text
    assert "på nivå 5\u00a0prosent" in text and "Intervall (95\u00a0prosent" in text
    assert number(0.025, "chosen", "nb") == "2,5" and number(0.1, "chosen", "en") == "10"


def test_a_scheme_that_moved_is_told_in_its_own_unit() -> None:
    """The use of a scheme is yes or no: its change is in percentage points, in the check and in what must also be known."""
    cells = made_cells(people=30, periods=8, start=4, traits=False, scheme=0.3)
    results = ev.evaluate(made_study(cells), cells, draws=199)
    findings = [text.said("en") for text in results[10].finding if text.key == "finding.scheme_moved"]
    cautions = [text.said("en") for text in results.verdict.cautions if text.key == "caution.scheme_moved"]
    assert len(findings) == len(cautions) == 1
    moved = results[10].figures["scheme_difference"]
    assert 25 < moved < 35 and f"by {moved:.1f}\u00a0percentage points beyond the others" in cautions[0]
    assert re.search(r"changed by \d\d\.\d\u00a0percentage points at trial offices", findings[0])


def test_every_text_that_code_names_is_in_the_catalogue() -> None:
    named = set()
    for file in Path("src/plass/evaluation").rglob("*.py"):
        named |= set(re.findall(r'(?:text|say|counted)\(\s*"([a-z_]+\.[a-z_0-9]+)"', file.read_text(encoding="utf-8")))
    assert len(named) > 80
    assert named <= set(_all_texts())
    for rule in RULES:
        assert {f"verdict.{rule.verdict}", f"because.{rule.because}", f"meaning.{rule.verdict}"} <= set(_all_texts())
    for question in QUESTIONS:
        assert f"rule.{question.key}" in _all_texts()
        assert {f"figure.{name}" for name, _ in question.shows} <= set(_all_texts())
    for key, _ in METHODS:
        assert {f"method.{key}", f"does.{key}"} <= set(_all_texts())


def test_every_check_says_something_and_every_figure_has_its_words(results: ev.Results) -> None:
    assert [check.number for check in results.checks] == list(range(1, 13))
    for check in results.checks:
        assert check.finding
        for table in check.tables:
            assert table.rows or table.reason is not None, table.name
            for language in LANGUAGES:
                assert table.title.said(language)
                assert all(column.heading.said(language) for column in table.columns)
    assert results[12].table("waiting").rows
    assert results[10].table("neighbours").rows
    assert results[12].table("cost").rows


def test_the_page_stands_by_itself_with_a_table_beside_every_picture(folder: Path) -> None:
    raw = (folder / "report.html").read_text(encoding="utf-8")
    page = BeautifulSoup(raw, "html.parser")
    assert page.html is not None and page.html["lang"] == "nb"
    assert not page.find_all(["script", "link", "iframe", "object", "img"])
    assert not re.search(r'(?:href|src)="(?!#)', raw)
    assert "url(http" not in raw and "@import" not in raw
    assert "A <small> study & more" in page.get_text()
    pictures = page.find_all("figure")
    assert len(pictures) == len(PLACES)
    for picture in pictures:
        assert picture.find("svg")["aria-label"]
        assert picture.find("table").find("tbody").find("tr")
    names = [element["id"] for element in page.find_all(id=True)]
    assert len(names) == len(set(names))
    assert {link["href"][1:] for link in page.find_all("a")} <= set(names)


def test_the_checks_come_before_the_headline(folder: Path) -> None:
    page = BeautifulSoup((folder / "report.html").read_text(encoding="utf-8"), "html.parser")
    order = [heading["id"] for heading in page.find_all(["h2", "h3"], id=True)]
    assert order[:2] == ["summary", "checks"]
    assert order.index("check-12") < order.index("result")
    summary = page.find("div", class_="strip")
    assert [link.get_text().split(".")[0] for link in summary.find_all("a")] == [str(n) for n in range(1, 13)]
    assert page.find("div", class_="verdict")["data-verdict"] == "shown_lasting"
    rules = page.find_all("details", class_="rule")
    assert len(rules) == len(QUESTIONS)
    assert all(rule.find("dd") for rule in rules)


def test_the_pdf_is_tagged_titled_and_in_its_language(folder: Path) -> None:
    raw = (folder / "report.pdf").read_bytes()
    assert raw.startswith(b"%PDF-")
    for mark in (b"/StructTreeRoot", b"/Marked true", b"/Lang(nb)", b"pdfuaid:part", b"/DisplayDocTitle true"):
        assert mark in raw, mark


def test_the_pdf_is_made_whatever_the_study_and_its_offices_are_called() -> None:
    hard = " ".join([*WRITTEN.values(), *REPLACED.values()])
    words = " ".join([*samples(), *mixed(300)])
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="720" height="40"><text y="20" font-family="x">%s</text></svg>'
    grid = Grid("g", hard, (hard, "n"), ((words, "1"),), (False, True), note=hard)
    blocks = (
        Heading(2, hard, "a"),
        Paragraph(words),
        Listing((hard,)),
        Terms(((hard, hard),)),
        grid,
        Picture("p", hard, hard, svg % " ".join(WRITTEN.values()), grid),
    )
    raw = as_pdf(Document("nb", hard, hard, blocks, {"report": hard}))
    assert b"pdfuaid:part" in raw


def test_results_json_follows_its_schema_and_holds_the_same_numbers(results: ev.Results, folder: Path) -> None:
    content = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(content)
    assert content["effect"]["value"] == results.effect.value
    assert content["verdict"]["key"] == results.verdict.key
    assert len(content["checks"]) == 12
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate({**content, "verdict": {**content["verdict"], "key": "maybe"}})


def test_tables_are_files_with_unrounded_numbers(results: ev.Results, folder: Path) -> None:
    for result in results.tables:
        table = pq.read_table(folder / "tables" / f"{result.name}.parquet")
        with (folder / "tables" / f"{result.name}.csv").open(encoding="utf-8", newline="") as handle:
            rows = list(csv.reader(handle))
        assert rows[0] == table.column_names == [column.name for column in result.columns]
        assert table.num_rows == len(rows) - 1 == len(result.rows)
    effects = pq.read_table(folder / "tables" / "weighted_effects.parquet").column("effect").to_pylist()
    assert effects[0] == results.effect.value


def test_the_same_study_gives_the_same_page_whatever_the_language(results: ev.Results) -> None:
    pages = {language: as_html(document(results, language)) for language in LANGUAGES}
    numbers = {language: len(BeautifulSoup(page, "html.parser").find_all("td")) for language, page in pages.items()}
    assert numbers["nb"] == numbers["en"]
    assert "prosentpoeng" in pages["nb"] and "percentage points" not in pages["nb"]
    assert "percentage points" in pages["en"] and "prosentpoeng" not in pages["en"]
    assert pages["nb"] == as_html(document(results, "nb"))


def test_an_estimators_reason_is_told_in_norwegian() -> None:
    translated = because("10 offices are too few for 12 pre-periods; bin them into at most 9")
    assert translated.said("nb") == "10 kontor er for få for 12 tidsrom før starten; det kan høyst være 9"
    unknown = because("something new")
    assert unknown.said("en") == "something new" and "something new" in unknown.said("nb")


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert number(-0.0934, "points", "nb") == "−9,3"
    assert number(-0.0934, "points", "en") == "−9.3"
    assert number(1234567.0, "count", "nb") == "1\u00a0234\u00a0567"
    assert number(0.0004, "p", "en") == "0.0004"
    assert number(3e-7, "p", "nb") == "3·10⁻⁷"
    assert number(-1e-9, "points", "en") == "0.0"
    assert number(math.inf, "points", "en") == "∞"
    assert number(math.nan, "points", "en") == "–"


def test_a_study_with_one_treated_office_and_no_traits_still_gets_a_whole_report() -> None:
    cells = made_cells(offices=6, treated=1, periods=6, start=2, people=10, traits=False)
    results = ev.evaluate(made_study(cells), cells, draws=199)
    assert results.verdict.key == "cannot_tell"
    for check in results.checks:
        assert check.finding, check.key
        for text in _texts(check.finding):
            assert "{" not in text.said("nb")
    assert results[7].status == "none"
    assert as_html(document(results, "nb"))
    jsonschema.Draft202012Validator(SCHEMA).validate(results.to_dict())


def _texts(nested: Any) -> Iterator[Text]:
    for text in nested:
        assert isinstance(text, Text)
        yield text


def staggered(**made: Any) -> ev.Results:
    cells = made_cells(offices=10, treated=5, periods=10, start=6, people=30, **made)
    first = cells.first_treated.copy()
    first[:2] = 4
    later = cells.with_treatment(first)
    return ev.evaluate(made_study(later), later, draws=199)


def test_staggered_starts_are_checked_too() -> None:
    results = staggered(effect=0.2)
    assert results[3].status in ("clear", "mark")
    assert results[3].table("comparisons").rows
    assert [len(results[10].table(name).rows) for name in ("placebo_outcomes", "schemes")] == [1, 1]
    assert results[9].figures["predicted_p"] > 0.05
    jsonschema.Draft202012Validator(SCHEMA).validate(results.to_dict())


def test_hours_as_the_headline_have_their_bounds_and_their_cost() -> None:
    cells = made_cells(people=20, periods=10, start=5, effect=0.25, extra=6.0, spread=0.0)
    # Of trial offices' people before the start about a quarter is left: their inflow grew.
    share = np.where(_before_start(cells), 0.25, 1.0) * (1 + 0.05 * np.sin(7 * cells.office + 3 * cells.period))
    sums = {
        name: dataclasses.replace(
            outcome_sums, **{part: share * getattr(outcome_sums, part) for part in ("n", "w", "wy", "wyy")}
        )
        for name, outcome_sums in cells.sums.items()
    }
    thin = dataclasses.replace(cells, sums=sums)
    hours = ev.Specification("hours", "hours", headline=True)
    cost = ev.Cost(extra_per_person=9_000.0, standard_error=900.0)
    results = ev.evaluate(made_study(thin, specifications=(hours,), cost=cost), thin, draws=199)
    figures = results[9].figures
    assert figures["outer_low"] < results.effect.value < figures["outer_high"]
    assert figures["outer_trimmed"] == pytest.approx(1 - math.exp(-float(figures["volume"] or 0)))  # type: ignore[arg-type]
    assert figures["outer_trimmed"] == pytest.approx(0.75, abs=0.03)
    (row,) = results[12].table("cost").rows
    assert row[4] == pytest.approx(9_000 / results.effect.value)
    finding = " ".join(text.said("nb") for text in results[12].finding)
    assert "Én mer av «hours» per person koster" in finding
    assert [picture.key for picture in draw_all(results, "nb")].count("cost") == 1


def test_an_inflow_that_doubled_at_every_trial_office_alike_is_not_called_unchanged() -> None:
    cells = made_cells(people=20, periods=8, start=4, effect=0.25)
    after = (cells.first_treated[cells.office] < 10) & (cells.period >= cells.first_treated[cells.office])
    share = np.where(after, 2.0, 1.0)
    parts = [field.name for field in dataclasses.fields(ev.Sums)]
    sums = {
        name: dataclasses.replace(outcome_sums, **{part: share * getattr(outcome_sums, part) for part in parts})
        for name, outcome_sums in cells.sums.items()
    }
    grown = dataclasses.replace(cells, sums=sums)
    results = ev.evaluate(made_study(grown), grown, quick=True, draws=99)
    assert results[9].figures["volume"] == pytest.approx(math.log(2))
    assert results[9].figures["volume_p"] == pytest.approx(2 / 252)
    assert results[9].table("lee_bounds").rows[0][0] == pytest.approx(0.5)
    assert results[9].status == "mark"


def _before_start(cells: ev.Cells) -> np.ndarray:
    return (cells.first_treated[cells.office] < 10) & (cells.period < cells.first_treated[cells.office])


def test_selection_is_seen_with_staggered_starts_too() -> None:
    results = staggered(effect=0.0, selection=0.4)
    assert results[9].figures["predicted_p"] <= 0.05
    assert 0.5 < results[9].figures["share_of_effect"] < 2
    assert results.verdict.key in ("explained_by_referral", "cannot_tell")


def test_the_same_numbers_under_any_hash_seed(tmp_path: Path) -> None:
    code = (
        "import json, plass.evaluation as ev; from tests.evaluation.made_study import made_cells, made_study; "
        "c = made_cells(people=15, periods=8, start=4); r = ev.evaluate(made_study(c), c, quick=True, draws=99); "
        "print(json.dumps(r.to_dict(), sort_keys=True))"
    )
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, {})
    printed_elsewhere = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "2", "OMP_NUM_THREADS": "4"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert printed_elsewhere == printed.getvalue()
    assert '"schema"' in printed_elsewhere


def test_a_notebook_shows_the_conclusion_and_the_checks(results: ev.Results) -> None:
    page = BeautifulSoup(results._repr_html_(), "html.parser")
    assert len(page.find_all("tr")) == 12
    assert results.verdict.sentence.said("en") in page.get_text()
    assert "12. Robustness" in results.summary("en")


def test_an_office_that_opened_later_is_left_out_where_it_must_be_and_said() -> None:
    cells = made_cells(periods=8, start=4, people=15)
    late = (cells.office == 9) & (cells.period < 4)
    cells = dataclasses.replace(
        cells,
        office=cells.office[~late],
        period=cells.period[~late],
        codes={name: code[~late] for name, code in cells.codes.items()},
        sums={name: sums.take(~late) for name, sums in cells.sums.items()},
    )
    results = ev.evaluate(made_study(cells), cells, draws=99)
    assert len(results[5].table("each_office").rows) == 5
    assert results[5].figures["smallest_single_office"] == pytest.approx(1 / 5)
    for check in (5, 11):
        assert any("Office 09" in text.said("en") for text in results[check].finding)
    assert results[11].table("detectable").rows
