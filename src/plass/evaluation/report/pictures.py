"""The pictures: made with Altair, drawn to SVG by vl-convert, each with the table of its numbers and a description.

No picture says with colour alone what it says: sides differ in dash, points in shape, and every line is named.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np

from plass.evaluation.report.blocks import Picture
from plass.evaluation.report.content import ReportContent
from plass.evaluation.report.document import grid
from plass.evaluation.tables import Table
from plass.evaluation.text import Language, Text, text

BLUE, ORANGE, GREEN, INK, QUIET, LINE = "#2176d4", "#b84800", "#00793a", "#202733", "#49515e", "#d5d9de"
FONT = '"Source Sans 3", "Source Sans Pro", Helvetica, Arial, sans-serif'
WIDTH, HEIGHT = 620, 280
_SVG = "http://www.w3.org/2000/svg"

CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 13,
        "titleFontSize": 13,
        "titleFontWeight": 600,
        "labelColor": QUIET,
        "titleColor": INK,
        "gridColor": "#e6e8eb",
        "domainColor": LINE,
        "tickColor": LINE,
        "labelLimit": 320,
        "titlePadding": 10,
    },
    "axisX": {"grid": False},
    "legend": {
        "labelFontSize": 13,
        "labelColor": INK,
        "orient": "top",
        "title": None,
        "symbolSize": 90,
        "symbolStrokeWidth": 2.5,
        "labelLimit": 260,
        "columnPadding": 18,
    },
    "line": {"strokeWidth": 2.5},
}
_NUMBERS = {
    "nb": {"decimal": ",", "thousands": "\u00a0", "grouping": [3], "currency": ["", "\u00a0kr"]},
    "en": {"decimal": ".", "thousands": "\u00a0", "grouping": [3], "currency": ["", ""]},
}

Rows = list[dict[str, Any]]


def draw_all(results: ReportContent, language: Language) -> tuple[Picture, ...]:
    """Every picture that has something to show."""
    return tuple(picture for make in _PICTURES for picture in make(results, _Pen(results, language)))


class _Pen:
    """What the pictures share: the language, the outcome's scale, and how a finished chart becomes a Picture."""

    def __init__(self, results: ReportContent, language: Language) -> None:
        self.results, self.language = results, language
        self.points = results.unit == "points"
        self.scale = 100.0 if self.points else 1.0

    def say(self, key: str, **values: Any) -> str:
        return text(key, **values).said(self.language)

    @property
    def effect_title(self) -> str:
        return self.say("axis.effect_points") if self.points else self.say("axis.effect")

    def number(self, value: Any) -> float | None:
        """A number on the picture's scale; None where it is missing or without bound."""
        if not isinstance(value, int | float) or not math.isfinite(value):
            return None
        return float(value) * self.scale

    def done(self, key: str, chart: Any, table: Table, **values: Any) -> Picture:
        """The chart drawn, with its title, description and table."""
        title = self.say(f"picture.{key}")
        description = self.say(f"describes.{key}", **values)
        svg = draw(chart, f"{title.rstrip('?')}. {description}", key, self.language)
        return Picture(key, title, description, svg, grid(table, self.language, folded=True))


def draw(chart: Any, label: str, key: str, language: Language) -> str:
    """A chart as SVG that stands by itself: named for screen readers, with identifiers that clash with no other's."""
    import vl_convert

    spec = chart.to_dict()
    spec.pop("config", None)
    raw = vl_convert.vegalite_to_svg(
        spec, config=CONFIG, allowed_base_urls=[], format_locale=_NUMBERS[language], show_warnings=False
    )
    root = ElementTree.fromstring(raw)
    for element in root.iter():
        for name, value in list(element.attrib.items()):
            if name in ("class", "role") or name.startswith("aria-"):
                del element.attrib[name]
            elif name == "id":
                element.attrib[name] = f"{key}-{value}"
            elif value.startswith("url(#"):
                element.attrib[name] = f"url(#{key}-{value[5:]}"
    root.attrib.update({"role": "img", "aria-label": label})
    ElementTree.register_namespace("", _SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _frame(rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    return alt.InlineData(values=[dict(row) for row in rows])


def _plain(value: Any) -> float:
    """A table's number; the columns that are asked for hold nothing else."""
    return float(value)


def _zero(layer: Any) -> Any:
    """A line at zero beneath a layer."""
    import altair as alt

    rule = alt.Chart(_frame([{"zero": 0}])).mark_rule(color=INK, strokeWidth=1, opacity=0.6).encode(y="zero:Q")
    return alt.layer(rule, layer)


def _trends(results: ReportContent, pen: _Pen) -> Iterator[Picture]:
    import altair as alt

    table = results.trends
    sides = {"trial": pen.say("column.trial"), "comparison_offices": pen.say("column.comparison_offices")}
    periods = [str(period) for period in table.column("period")]
    rows: Rows = [
        {"n": i, "value": pen.number(value), "side": side}
        for name, side in sides.items()
        for i, value in enumerate(table.column(name))
    ]
    first = min(int(start) for start in results.cells.first_treated if start < len(periods))
    step = max(1, math.ceil(len(periods) / 10))
    ticks = list(range(0, len(periods), step))
    labels = "[" + ",".join(f"'{period}'" for period in periods) + "][datum.value]"
    x = alt.X(
        "n:Q", title=None, scale=alt.Scale(domain=[0, len(periods) - 1], nice=False),
        axis=alt.Axis(values=ticks, labelExpr=labels),
    )  # fmt: skip
    y = alt.Y(
        "value:Q", title=pen.say("axis.per_cent") if pen.points else pen.say("axis.level"), scale=alt.Scale(zero=False)
    )
    names = list(sides.values())
    lines = (
        alt.Chart(_frame(rows))
        .mark_line()
        .encode(
            x=x,
            y=y,
            color=alt.Color("side:N", scale=alt.Scale(domain=names, range=[BLUE, ORANGE])),
            strokeDash=alt.StrokeDash("side:N", scale=alt.Scale(domain=names, range=[[1, 0], [7, 4]])),
        )
    )
    start = _start(first - 0.5, pen)
    chart = alt.layer(*start, lines).properties(width=WIDTH, height=HEIGHT)
    yield pen.done("trends", chart, table, start=periods[first])


def _start(at: float, pen: _Pen) -> tuple[Any, Any]:
    """A dashed line where the first office starts, with its word."""
    import altair as alt

    data = _frame([{"at": at, "said": pen.say("axis.start")}])
    rule = alt.Chart(data).mark_rule(color=QUIET, strokeDash=[4, 4]).encode(x="at:Q")
    word = alt.Chart(data).mark_text(align="left", dx=6, dy=4, fontSize=13, color=QUIET, baseline="top").encode(
        x="at:Q", y=alt.value(0), text="said:N"
    )  # fmt: skip
    return rule, word


def _event_study(results: ReportContent, pen: _Pen) -> Iterator[Picture]:
    import altair as alt

    check = results["event_study"]
    table = next(
        (candidate for candidate in check.tables if candidate.name == "event_study" and candidate.reason is None), None
    )
    table = table or next((candidate for candidate in check.tables if candidate.reason is None), None)
    if table is None:
        return
    heads = [column.name for column in table.columns]
    rows: Rows = []
    for row in table.rows:
        named = dict(zip(heads, row, strict=True))
        middle = (_plain(named["from_event"]) + _plain(named["to_event"])) / 2
        parts = {name: pen.number(named[name]) for name in ("effect", "low", "high", "band_low", "band_high")}
        rows.append({"at": middle, **parts})
    base = alt.Chart(_frame(rows)).encode(x=alt.X("at:Q", title=pen.say("axis.since_start"), axis=alt.Axis(format="d")))
    band = base.mark_area(color=BLUE, opacity=0.14).encode(
        y=alt.Y("band_low:Q", title=pen.effect_title), y2="band_high:Q"
    )
    bars = base.mark_rule(color=BLUE, strokeWidth=1.5, opacity=0.75).encode(y="low:Q", y2="high:Q")
    points = base.mark_point(filled=True, size=45, color=BLUE, opacity=1).encode(y="effect:Q")
    chart = _zero(alt.layer(band, bars, points, *_start(-0.5, pen))).properties(width=WIDTH, height=HEIGHT)
    yield pen.done("event_study", chart, table)


def _intervals(table: Table, pen: _Pen, at: str, title: str) -> Any:
    """Intervals over a bound: how far the effect may lie as the assumption is loosened."""
    import altair as alt

    rows: Rows = [{"at": row[0], "low": pen.number(row[1]), "high": pen.number(row[2])} for row in table.rows]
    base = alt.Chart(_frame([row for row in rows if row["low"] is not None and row["high"] is not None])).encode(
        x=alt.X("at:O", title=title, axis=alt.Axis(labelAngle=0, format=".2~f"))
    )
    bars = base.mark_bar(width=10, color=BLUE, opacity=0.85).encode(
        y=alt.Y("low:Q", title=pen.effect_title), y2="high:Q"
    )
    return _zero(bars).properties(width=WIDTH, height=HEIGHT)


def _sensitivity(results: ReportContent, pen: _Pen) -> Iterator[Picture]:
    for table in results["sensitivity"].tables:
        if table.name == "relative_magnitudes":
            yield pen.done("sensitivity", _intervals(table, pen, "bound", pen.say("axis.bound")), table)


def _offices(results: ReportContent, pen: _Pen) -> Iterator[Picture]:
    import altair as alt

    table = results["offices"].tables[0] if results["offices"].tables else None
    if table is None or table.reason is not None or "shrunken" not in [column.name for column in table.columns]:
        return
    heads = [column.name for column in table.columns]
    own, pulled = pen.say("axis.own"), pen.say("axis.shrunken")
    rows: Rows = []
    for row in table.rows:
        named = dict(zip(heads, row, strict=True))
        for label, prefix in ((own, ""), (pulled, "shrunken")):
            names = ("effect", "low", "high") if not prefix else (prefix, f"{prefix}_low", f"{prefix}_high")
            value, low, high = (pen.number(named[name]) for name in names)
            if value is not None:
                rows.append({"office": named["office"], "which": label, "value": value, "low": low, "high": high})
    order = [
        str(row[0]) for row in sorted(table.rows, key=lambda office_row: -_plain(office_row[heads.index("effect")]))
    ]
    colours = alt.Scale(domain=[own, pulled], range=[ORANGE, BLUE])
    shapes = alt.Scale(domain=[own, pulled], range=["diamond", "circle"])
    base = alt.Chart(_frame(rows)).encode(
        y=alt.Y("office:N", sort=order, title=None),
        yOffset=alt.YOffset("which:N", sort=[own, pulled]),
        color=alt.Color("which:N", scale=colours),
    )
    bounded = base.transform_filter("isValid(datum.low) && isValid(datum.high)")
    bars = bounded.mark_rule(strokeWidth=2, opacity=0.6).encode(x=alt.X("low:Q", title=pen.effect_title), x2="high:Q")
    points = base.mark_point(filled=True, size=95, opacity=1).encode(
        x=alt.X("value:Q", title=pen.effect_title), shape=alt.Shape("which:N", scale=shapes)
    )
    zero = alt.Chart(_frame([{"zero": 0}])).mark_rule(color=INK, opacity=0.6).encode(x="zero:Q")
    chart = alt.layer(zero, bars, points).properties(width=WIDTH - 60, height=max(140, 52 * len(order)))
    yield pen.done("offices", chart, table)


def _selection(results: ReportContent, pen: _Pen) -> Iterator[Picture]:
    """The difference beside the difference that the mix alone predicts, and the one with the mix held."""
    import altair as alt

    check = results["referral"]
    figures = check.figures
    names = ("raw_effect", "predicted", "held_effect")
    values = [(name, pen.number(figures.get(name))) for name in names]
    if any(value is None for _, value in values) or not check.tables:
        return
    rows: Rows = [
        {"what": pen.say(f"axis.{name}"), "value": value, "at": max(value or 0.0, 0.0)} for name, value in values
    ]
    order = [row["what"] for row in rows]
    base = alt.Chart(_frame(rows)).encode(
        y=alt.Y("what:N", sort=order, title=None),
        x=alt.X("value:Q", title=pen.effect_title),
    )
    bars = base.mark_bar(height=22, cornerRadiusEnd=2).encode(
        color=alt.Color("what:N", scale=alt.Scale(domain=order, range=[BLUE, ORANGE, GREEN]), legend=None)
    )
    words = base.mark_text(align="left", dx=6, fontSize=13, color=INK).encode(
        x="at:Q", text=alt.Text("value:Q", format=".1f" if pen.points else ".3~r")
    )
    zero = alt.Chart(_frame([{"zero": 0}])).mark_rule(color=INK, opacity=0.6).encode(x="zero:Q")
    chart = alt.layer(bars, words, zero).properties(width=WIDTH - 160, height=120)
    yield pen.done("selection", chart, check.table("referral"))


def _curves(name: str) -> Callable[[ReportContent, _Pen], Iterator[Picture]]:
    def make(results: ReportContent, pen: _Pen) -> Iterator[Picture]:
        import altair as alt

        tables = {candidate.name: candidate for candidate in results["robustness"].tables if candidate.reason is None}
        table = tables.get(f"{name}_curve")
        if table is None or not table.rows:
            return
        rows: Rows = [
            {
                "group": row[0].said(pen.language) if isinstance(row[0], Text) else row[0],
                "day": row[1],
                "share": 100 * _plain(row[2]),
            }
            for row in table.rows
        ]
        order = list(dict.fromkeys(row["group"] for row in rows))
        style = {"trial_before": (BLUE, [6, 4]), "trial_after": (BLUE, [1, 0]), "comparison_before": (ORANGE, [6, 4]),
                 "comparison_after": (ORANGE, [1, 0])}  # fmt: skip
        style_by_label = {pen.say(f"word.{key}"): value for key, value in style.items()}
        chart = (
            alt.Chart(_frame(rows))
            .mark_line(interpolate="step-after")
            .encode(
                x=alt.X("day:Q", title=pen.say("axis.days")),
                y=alt.Y("share:Q", title=pen.say("axis.per_cent"), scale=alt.Scale(domain=[0, 100])),
                color=alt.Color(
                    "group:N", scale=alt.Scale(domain=order, range=[style_by_label[group][0] for group in order])
                ),
                strokeDash=alt.StrokeDash(
                    "group:N", scale=alt.Scale(domain=order, range=[style_by_label[group][1] for group in order])
                ),
            )
            .properties(width=WIDTH, height=HEIGHT)
        )
        yield pen.done(name, chart, table)

    return make


def _cost(results: ReportContent, pen: _Pen) -> Iterator[Picture]:
    """The cost for each extra outcome over every effect within the interval: it grows without bound towards zero."""
    import altair as alt

    table = next(
        (
            candidate
            for candidate in results["robustness"].tables
            if candidate.name == "cost" and candidate.reason is None
        ),
        None,
    )
    if table is None:
        return
    extra = table.column("extra_cost")[0]
    effect, crv3 = results.effect.value, results.effect.crv3
    if not isinstance(extra, int | float) or extra <= 0 or not math.isfinite(crv3.low):
        return
    high = max(crv3.high, effect)
    low = max(crv3.low, high / 25)
    if high <= 0 or low >= high:
        return
    scale = 100 if pen.points else 1
    rows: Rows = [{"effect": scale * at, "cost": extra / at} for at in np.linspace(low, high, 80)]
    base = alt.Chart(_frame(rows)).encode(
        x=alt.X("effect:Q", title=pen.effect_title, scale=alt.Scale(zero=False, nice=False)),
        y=alt.Y("cost:Q", title=pen.say("axis.cost"), axis=alt.Axis(format=",.0f")),
    )
    layers = [base.mark_line(color=BLUE)]
    if effect > 0:
        estimate_point = _frame([{"effect": scale * effect, "cost": extra / effect}])
        layers.append(
            alt.Chart(estimate_point).mark_point(filled=True, size=110, color=ORANGE, shape="diamond", opacity=1).encode(
                x="effect:Q", y="cost:Q"
            )
        )  # fmt: skip
    chart = alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
    yield pen.done("cost", chart, table)


_PICTURES: tuple[Callable[[ReportContent, _Pen], Iterator[Picture]], ...] = (
    _trends,
    _event_study,
    _sensitivity,
    _offices,
    _selection,
    _curves("waiting"),
    _curves("retention"),
    _cost,
)
