"""Charts drawn on the server: a Vega-Lite picture (Altair makes them) as SVG in the page, and the same as a table.

No script runs in the browser, it prints, and a screen reader reads the table. The SVG carries presentation attributes
only (``fill="…"``), never ``style="…"``, because the content-security policy forbids inline style; `draw` checks it.

    chart = charts.draw(
        alt.Chart(data).mark_bar().encode(x="weeks:Q", y="office:N"),
        title=_("Waiting time"), description=_("Median days from referral to first meeting, by office."),
        columns=[_("Office"), _("Days")], rows=[("Prøvevik", 12), …],
    )                                            and in the template   <c-chart :chart="chart" />

Dates are days, not moments: use a ``timeUnit`` that starts with "utc" (``utcyearmonth``, ``utcyearmonthdate``), or the
first may fall outside the axis east of Greenwich. Import Altair inside the function that needs it: it takes a second.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from xml.etree import ElementTree

from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

Text = str | Promise

# Aksel's tokens as plain values (accent-600, warning-600, success-600, meta-purple-600, neutral-600, info-800), chosen
# so that neighbours differ also in lightness. A chart never says with colour alone what it says.
PALETTE: Final = ("#2176d4", "#ca5000", "#00893c", "#8a51c9", "#6f7785", "#0f5c7a")
INK: Final = "#202733"
QUIET: Final = "#49515e"
LINE: Final = "#cfd3d8"
FONT: Final = '"Source Sans 3", Arial, sans-serif'

CONFIG: Final[dict[str, Any]] = {
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None, "continuousWidth": 560, "continuousHeight": 260, "discreteWidth": {"step": 36}},
    "axis": {
        "labelFontSize": 14,
        "titleFontSize": 14,
        "titleFontWeight": 600,
        "labelColor": QUIET,
        "titleColor": INK,
        "gridColor": "#e1e3e7",
        "domainColor": LINE,
        "tickColor": LINE,
        "labelLimit": 220,
    },
    "axisBand": {"grid": False},
    "axisTemporal": {"grid": False},
    "legend": {"labelFontSize": 14, "titleFontSize": 14, "labelColor": INK, "titleColor": INK, "orient": "top"},
    "range": {"category": list(PALETTE)},
    "mark": {"color": PALETTE[0]},
    "bar": {"cornerRadiusEnd": 2},
    "line": {"strokeWidth": 2.5},
    "point": {"filled": True, "size": 60},
    "rule": {"color": QUIET},
}
_NUMBERS: Final[dict[str, dict[str, Any]]] = {
    "nb": {"decimal": ",", "thousands": "\u00a0", "grouping": [3], "currency": ["", "\u00a0kr"]},
    "en": {"decimal": ".", "thousands": "\u00a0", "grouping": [3], "currency": ["NOK\u00a0", ""]},
}
_SVG: Final = "http://www.w3.org/2000/svg"
_TAGS: Final = "svg g path rect line circle text tspan defs clipPath title linearGradient radialGradient stop image"
_ALLOWED: Final = frozenset(f"{{{_SVG}}}{name}" for name in _TAGS.split())
_numbering = itertools.count(1)


class HasDict(Protocol):
    """An Altair chart, as far as we need it."""

    def to_dict(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Chart:
    """A chart ready for ``<c-chart>``: the picture, and its numbers as a table (each row as long as ``columns``)."""

    title: Text
    description: Text
    svg: SafeString
    columns: Sequence[Text]
    rows: Sequence[Sequence[Any]]


def draw(
    picture: HasDict | Mapping[str, Any],
    *,
    title: Text,
    description: Text,
    columns: Sequence[Text],
    rows: Iterable[Sequence[Any]],
) -> Chart:
    """Draw a Vega-Lite picture (an Altair chart or the dict it makes) in the house's colours and the page's language.

    ``title`` and ``description`` say in words what the picture shows; ``columns`` and ``rows`` hold its numbers, which
    everybody can open below it. Data must be in the picture: nothing is fetched. Raises ValueError for a picture
    Vega-Lite refuses, for rows of another length than ``columns``, and for one that cannot be shown without style.
    """
    import vl_convert

    table = [tuple(row) for row in rows]
    if any(len(row) != len(columns) for row in table):
        raise ValueError("Every row of a chart's table has one value for each column.")
    spec = dict(picture) if isinstance(picture, Mapping) else picture.to_dict()
    # Altair puts a configuration of its own beside the data; what the caller chose there wins over the house's.
    own = spec.pop("config", {})
    if own.get("view") == {"continuousWidth": 300, "continuousHeight": 300}:
        del own["view"]
    language = (get_language() or "nb")[:2]
    raw = vl_convert.vegalite_to_svg(
        spec,
        config={**CONFIG, **own},
        allowed_base_urls=[],
        format_locale=_NUMBERS.get(language, _NUMBERS["nb"]),
        time_format_locale="en-GB" if language == "en" else "nb-NO",
    )
    return Chart(title, description, _clean(raw, f"{title}. {description}"), [*columns], table)


def _clean(raw: str, label: str) -> SafeString:
    """The SVG as one named image, without identifiers that could clash, without style, script or outside references."""
    root = ElementTree.fromstring(raw)
    prefix = f"c{next(_numbering)}-"
    for element in root.iter():
        if element.tag not in _ALLOWED or "style" in element.attrib:
            raise ValueError(f"A chart with <{element.tag}> or inline style cannot be shown under our security policy.")
        for name, value in list(element.attrib.items()):
            if name == "class" or name == "role" or name.startswith("aria-"):
                del element.attrib[name]
            elif name == "id":
                element.attrib[name] = prefix + value
            elif value.startswith("url(#"):
                element.attrib[name] = f"url(#{prefix}{value[5:]}"
            elif name.endswith("href") and not value.startswith(("data:image/", "#")):
                raise ValueError("A chart must not refer to anything outside itself.")
    root.attrib.update({"role": "img", "aria-label": label})
    ElementTree.register_namespace("", _SVG)
    return mark_safe(ElementTree.tostring(root, encoding="unicode"))
