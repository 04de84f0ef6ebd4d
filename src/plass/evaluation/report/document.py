"""The report of an evaluation as blocks: a leader's summary, the twelve checks, then the result and how it was made."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from plass.evaluation.report.blocks import (
    Block,
    CheckLine,
    Document,
    Grid,
    Heading,
    Listing,
    Paragraph,
    Picture,
    RuleLine,
    RuleList,
    Strip,
    Terms,
    Verdicts,
)
from plass.evaluation.report.content import ReportContent
from plass.evaluation.report.methods import METHODS
from plass.evaluation.study import specification_name
from plass.evaluation.tables import Cell, Check, Column, Table, amount, between, table
from plass.evaluation.text import Amount, Language, Text, Unit, because, catalogue, counted, number, text, with_unit

#: Tables of so many rows are shown at once; longer ones are folded.
SHOWN = 12


def document(results: ReportContent, language: Language, pictures: Sequence[Picture] = ()) -> Document:
    """The report in a language. pictures: as drawn by `pictures.draw_all`; each goes to its check."""
    say = _Saying(language)
    study = results.study
    blocks: list[Block] = []
    blocks += _summary(results, say)
    by_check = {number: [picture for picture in pictures if PLACES[picture.key] == number] for number in range(1, 13)}
    blocks.append(Heading(2, say("report.checks"), "checks"))
    blocks.append(Paragraph(say("report.checks_first"), "quiet"))
    for check in results.checks:
        blocks += _check(check, by_check.get(check.number, []), results.study.columns.period_unit, say)
    blocks += _result(results, say)
    blocks += _data(results, say)
    blocks += _methods(say)
    blocks += _made(results, say)
    words = {
        key.removeprefix("page."): phrase for key, phrase in catalogue(language).items() if key.startswith("page.")
    }
    return Document(language, study.title or study.name, study.question, tuple(blocks), words)


#: Which check each picture belongs to.
PLACES = {"trends": 6, "event_study": 6, "sensitivity": 8, "offices": 5, "selection": 9, "waiting": 12, "retention": 12,
          "cost": 12}  # fmt: skip


class _Saying:
    """Texts in the report's language."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        return text(key, **values).said(self.language)  # type: ignore[arg-type]

    def text(self, sentence: Text) -> str:
        return sentence.said(self.language)

    def cell(self, value: Cell, unit: Unit) -> str:
        if value is None:
            return "–"
        if isinstance(value, Text):
            return self.text(value)
        if isinstance(value, bool):
            return self("word.yes" if value else "word.no")
        if isinstance(value, str):
            return value
        if unit == "sign":
            return number(float(value), "count", self.language)
        return number(float(value), unit, self.language)


def grid(source_table: Table, language: Language, folded: bool | None = None) -> Grid:
    """A table as it is shown in a language."""
    say = _Saying(language)
    units = [column.unit for column in source_table.columns]
    heads = tuple(_head(column, say) for column in source_table.columns)
    rows = tuple(
        tuple(say.cell(value, unit) for value, unit in zip(row, units, strict=True)) for row in source_table.rows
    )
    note = say.text(source_table.note) if source_table.note is not None else ""
    long = len(rows) > SHOWN if folded is None else folded
    return Grid(
        source_table.name,
        say.text(source_table.title),
        heads,
        rows,
        tuple(unit != "text" for unit in units),
        note,
        long,
    )


def _head(column: Column, say: _Saying) -> str:
    heading = say.text(column.heading)
    if column.unit == "level":
        return f"{heading}, %"
    return f"{heading}, {say('page.points')}" if column.unit in ("points", "fine") else heading


def _summary(results: ReportContent, say: _Saying) -> Iterator[Block]:
    study, cells = results.study, results.cells
    yield Heading(2, say("report.summary"), "summary")
    if results.made_up:
        yield Paragraph(say("report.made_up"), "caution")
    rows = results.account.rows_used.get(results.effect.outcome, 0)
    yield Paragraph(
        say(
            "report.what",
            treated=len(cells.treated),
            controls=len(cells.offices) - len(cells.treated),
            first=cells.periods[0],
            last=cells.periods[-1],
            rows=rows,
            outcome=study.outcome(results.effect.outcome).label or results.effect.outcome,
        ),
        "lead",
    )
    lines = tuple(
        CheckLine(
            check.number, say.text(check.title), check.status, say(f"status.{check.status}"), f"check-{check.number}"
        )
        for check in results.checks
    )
    yield Strip(say("report.strip"), lines)
    verdict = results.verdict
    yield Verdicts(
        say("report.verdict"),
        say.text(verdict.sentence),
        say.text(verdict.because),
        tuple(say.text(caution) for caution in verdict.cautions),
        verdict.key,
    )
    yield Paragraph(say(f"meaning.{verdict.key}"))
    yield Paragraph(say("report.never_says"), "quiet")


def _check(check: Check, pictures: Sequence[Picture], unit: str, say: _Saying) -> Iterator[Block]:
    title = f"{check.number}. {say.text(check.title)}"
    yield Heading(3, title, f"check-{check.number}", check.status, say(f"status.{check.status}"))
    yield Paragraph(say.text(check.question), "quiet")
    yield Listing(tuple(say.text(sentence) for sentence in check.finding))
    yield from pictures
    shown = {picture.grid.name for picture in pictures}
    for check_table in check.tables:
        if check_table.name in shown:
            continue
        if check_table.reason is not None:
            if not any(say.text(check_table.reason) in say.text(sentence) for sentence in check.finding):
                yield Paragraph(
                    say("finding.part_does_not_apply", part=check_table.title, reason=check_table.reason), "quiet"
                )
            continue
        yield grid(check_table, say.language)


def _result(results: ReportContent, say: _Saying) -> Iterator[Block]:
    effect, unit = results.effect, results.unit
    yield Heading(2, say("report.result"), "result")
    low, high, alike = (results[4].figures.get(name) for name in ("low", "high", "effect_alike"))
    interval: Amount | Text | None = None
    if isinstance(low, float) and isinstance(high, float):
        interval = between(low, high, unit)
        if isinstance(alike, float) and not math.isclose(alike, effect.value, rel_tol=1e-9):
            interval = text("say.alike", effect=amount(alike, unit), interval=interval)
    pairs = [
        (say("result.effect"), with_unit(effect.value, unit, say.language)),
        (
            say("result.interval", level=amount(1 - results.study.alpha, "chosen")),
            say("result.range", interval=interval) if interval else say("word.no_interval"),
        ),
        (
            say("result.with_and_without"),
            say(
                "result.from_to",
                without=amount(effect.counterfactual, "share" if unit == "points" else "number"),
                mean=amount(effect.treated_mean, "share" if unit == "points" else "number"),
            ),
        ),
        (say("result.relative"), with_unit(effect.relative, "share", say.language)),
        (say("result.specification"), say.text(specification_name(results.study, results.study.headline))),
    ]
    yield Terms(tuple(pairs))
    yield Paragraph(say("report.rules", rule=results.verdict.rule))
    lines = []
    for rule in results.verdict.rules:
        figures = tuple(
            (say(f"figure.{name}"), _figure(value, results.unit if kind == "effect" else kind, say))
            for name, value, kind in rule.figures
        )
        key = "word.not_asked" if rule.answer is None else "word.yes" if rule.answer else "word.no"
        lines.append(
            RuleLine(
                say.text(rule.asks),
                say(key),
                rule.decisive,
                figures,
                say("report.see_check", number=rule.check),
                f"check-{rule.check}",
            )
        )
    yield RuleList(tuple(lines), say("report.decisive"))


def _figure(value: float | int | bool | str | None, unit: str, say: _Saying) -> str:
    if value is None or isinstance(value, str):
        return value or "–"
    return with_unit(float(value), unit, say.language)  # type: ignore[arg-type]


def _data(results: ReportContent, say: _Saying) -> Iterator[Block]:
    account = results.account
    yield Heading(2, say("report.data"), "data")
    used = account.rows_used
    files = max(1, len(account.files))
    yield Paragraph(say.text(counted("data.rows", files, read=account.rows_read, files=files)))
    rows = [
        (
            results.study.outcome(exclusion.outcome).label or exclusion.outcome
            if exclusion.outcome
            else text("data.every_outcome"),
            _left_out(exclusion.reason),
            exclusion.column,
            exclusion.rows,
            ", ".join(_example(place, say) for place in exclusion.examples[:3]),
        )
        for exclusion in account.exclusions
    ]
    if rows:
        columns: tuple[tuple[str, Unit], ...] = (
            ("outcome", "text"),
            ("reason", "text"),
            ("source_column", "text"),
            ("rows", "count"),
            ("examples", "text"),
        )
        yield grid(table("exclusions", columns, rows), say.language, folded=False)
    else:
        yield Paragraph(say("data.nothing_left_out"))
    yield Terms(
        tuple(
            (results.study.outcome(name).label or name, say("data.used", rows=count))
            for name, count in used.items()
            if name in {outcome.name for outcome in results.study.outcomes}
        )
    )
    if account.notes:
        yield Paragraph(say("data.notes"), "quiet")
        yield Listing(tuple(say.text(because(note, "noted")) for note in account.notes))


def _left_out(reason: str) -> Text:
    """The reason of an exclusion, with the bound where the study was narrowed."""
    if reason.startswith("outside "):
        return text("excluded.outside_periods", bound=reason.split()[-1])
    if reason == "not among [data] offices":
        return text("excluded.outside_offices")
    key = f"excluded.{reason}"
    return text(key) if key in catalogue("en") else text("excluded.other", reason=reason)


def _example(example: str, say: _Saying) -> str:
    """A place in the files, which `intake` gives in English, in the report's language."""
    match = re.fullmatch(r"(?P<file>.+) row (?P<row>\d+): (?P<value>.*)", example)
    if match is None:
        return example
    value = say("word.empty") if match["value"] == "empty" else match["value"]
    return say("data.example", file=match["file"], row=match["row"], value=value)


def _methods(say: _Saying) -> Iterator[Block]:
    yield Heading(2, say("report.methods"), "methods")
    yield Paragraph(say("report.methods_lead"))
    yield Terms(tuple((say(f"method.{key}"), f"{say(f'does.{key}')} {reference}") for key, reference in METHODS))


def _made(results: ReportContent, say: _Saying) -> Iterator[Block]:
    study, frozen = results.study, results.account.frozen
    yield Heading(2, say("report.made"), "made")
    pairs = [(say("made.seed"), str(study.seed)), (say("made.fingerprint"), study.fingerprint)]
    if frozen is not None:
        pairs.append((say("made.frozen_at"), frozen.frozen_at))
        if frozen.record:
            pairs.append((say("made.record"), frozen.record))
        for mark, when in frozen.earlier:
            pairs.append((say("made.earlier"), f"{when}: {mark}"))
    else:
        pairs.append((say("made.frozen_at"), say("made.not_frozen")))
    pairs += [(name, version) for name, version in results.versions.items()]
    yield Terms(tuple(pairs))
    yield Paragraph(say("made.again"), "quiet")
