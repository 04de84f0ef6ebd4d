"""Charts pass our own security policy, do not clash on a page, and carry their numbers as a table."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import translation
from django_cotton import render_component

from plass.ui import charts

BARS: dict[str, Any] = {
    "data": {"values": [{"office": "<script>x</script>", "days": 1234.5}, {"office": "Prøvevik", "days": 12}]},
    "mark": {"type": "bar", "clip": True},
    "encoding": {
        "x": {"field": "days", "type": "quantitative"},
        "y": {"field": "office", "type": "nominal"},
    },
}


def bars(**changes: Any) -> charts.Chart:
    return charts.draw(
        {**BARS, **changes},
        title="Ventetid",
        description="Dager per kontor.",
        columns=["Kontor", "Dager"],
        rows=[("<script>x</script>", 1234.5), ("Prøvevik", 12)],
    )


def test_the_picture_is_one_named_image_without_style_or_script() -> None:
    svg = bars().svg
    assert svg.startswith("<svg")
    assert 'role="img" aria-label="Ventetid. Dager per kontor."' in svg
    assert not re.search(r"style=|<style|<script|<foreignObject|href=\"http", svg)
    assert svg.count("role=") == 1


def test_two_pictures_on_a_page_share_no_identifier() -> None:
    first, second = (set(re.findall(r'id="([^"]+)"', bars().svg)) for _ in range(2))
    assert first
    assert not first & second


def test_every_reference_in_a_picture_is_to_itself() -> None:
    svg = bars().svg
    assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(re.findall(r'id="([^"]+)"', svg))


def test_numbers_are_written_as_the_language_does() -> None:
    with translation.override("nb"):
        assert "1\u00a0200" in bars().svg
        table = render_component(RequestFactory().get("/"), "chart", chart=bars())
    assert "1\u00a0234,5" in table
    assert "<script>" not in table


def test_a_picture_that_fetches_is_refused() -> None:
    with pytest.raises(ValueError, match="example"):
        bars(data={"url": "https://example.org/data.csv"})


def test_rows_must_fit_the_columns() -> None:
    with pytest.raises(ValueError, match="one value for each column"):
        charts.draw(BARS, title="", description="", columns=["Kontor"], rows=[("a", 1)])


def test_an_altair_chart_keeps_its_own_wishes_over_the_house() -> None:
    import altair

    picture = altair.Chart(altair.Data(values=[{"a": 1}])).mark_bar().encode(x="a:Q").configure_axis(titleFontSize=33)
    svg = charts.draw(picture, title="", description="", columns=["a"], rows=[(1,)]).svg
    assert 'font-size="33' in svg
    assert charts.PALETTE[0] in svg
