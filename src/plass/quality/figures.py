"""The figures that were released, of the places one leads, as a table. Nothing is counted here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .limits import YEARS_OF_FIGURES
from .models import MEDIAN_WAIT, FigureRelease, ReleasedFigure


@dataclass(frozen=True)
class Measure:
    """A column: its heading, and whether the figure is a share."""

    name: str
    heading: str | Promise
    share: bool = False


MEASURES = (
    Measure("followed", gettext_lazy("Followed now")),
    Measure("waiting", gettext_lazy("Waiting now")),
    Measure("in_work", gettext_lazy("In work now"), share=True),
    Measure("referred", gettext_lazy("Referred")),
    Measure(MEDIAN_WAIT, gettext_lazy("Median wait, days")),
    Measure("first_job", gettext_lazy("First job")),
    Measure("weeks_13", gettext_lazy("In work after 13 weeks"), share=True),
    Measure("weeks_26", gettext_lazy("In work after 26 weeks"), share=True),
    Measure("weeks_52", gettext_lazy("In work after 52 weeks"), share=True),
)


@dataclass(frozen=True)
class Cell:
    """What stands in a cell: hidden, a number, a word for why there is none, or nothing.

    ``label`` is the heading with the day it counts through, where that is not the whole year; ``through`` is the day
    where it is not the column's.
    """

    label: str
    hidden: bool = False
    value: int | None = None
    share: bool = False
    word: str = ""
    through: date | None = None


@dataclass(frozen=True)
class FigureRow:
    """A row of the table: a county (level 0), an office (1) or a team (2)."""

    name: str
    level: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Column:
    """A heading, and through which day its numbers count where that is not the whole year."""

    heading: str
    through: date | None


def released(release: FigureRelease, year: int) -> list[ReleasedFigure]:
    """The figures of the day of the release, and the newest of the year, of the places that the acting user leads."""
    return list(
        ReleasedFigure.objects.filter(Q(release=release, year=None) | Q(year=year, release__lte=release))
        .select_related("county", "office", "team")
        .order_by("release_id")
    )


def columns(figures: Iterable[ReleasedFigure], year: int) -> list[Column]:
    """The columns in order."""
    through = {figure.measure: figure.through for figure in figures if figure.year}
    return [
        Column(str(m.heading), day if (day := through.get(m.name)) != date(year, 12, 31) else None) for m in MEASURES
    ]


def table(figures: Iterable[ReleasedFigure]) -> list[FigureRow]:
    """The lines to show: the county first, then each office and its teams.

    Where a part of the year is hidden, the newest part that was shown stands instead.
    """
    places: dict[tuple[str, ...], dict[str, ReleasedFigure]] = {}
    newest: dict[str, date] = {}
    for figure in figures:
        names = [place.name for place in (figure.county, figure.office, figure.team) if place is not None]
        numbers = [str(number) for number in (figure.county_id, figure.office_id, figure.team_id) if number]
        # In the order of the names, and two of the same name apart.
        place = tuple(part for pair in zip(names, numbers, strict=True) for part in pair)
        of_place = places.setdefault(place, {})
        if figure.measure not in of_place or not figure.hidden:
            of_place[figure.measure] = figure
        newest[figure.measure] = max(figure.through, newest.get(figure.measure, figure.through))
    return [
        FigureRow(
            name=place[-2],
            level=len(place) // 2 - 1,
            cells=tuple(_cell(m, places[place].get(m.name), newest.get(m.name)) for m in MEASURES),
        )
        for place in sorted(places)
    ]


def _cell(measure: Measure, figure: ReleasedFigure | None, newest: date | None) -> Cell:
    heading = str(measure.heading)
    if figure and figure.year and newest and newest != date(figure.year, 12, 31):
        heading += ", " + _("through %(day)s") % {"day": date_format(newest, "SHORT_DATE_FORMAT")}
    if figure is None:
        return Cell(heading, word="" if newest else _("not yet"))
    if figure.hidden:
        return Cell(heading, hidden=True)
    through = figure.through if figure.through != newest else None
    if figure.value is None:
        word = _("not reached") if measure.name == MEDIAN_WAIT else _("nobody")
        return Cell(heading, word=word, through=through)
    return Cell(heading, value=figure.value, share=measure.share, through=through)


def chosen_year(text: str | None, today: date) -> int:
    """The year asked for, where it is one of those offered; this year otherwise."""
    return int(text) if text and text.isdecimal() and int(text) in years(today) else today.year


def years(today: date) -> list[int]:
    """The years offered, this year first."""
    return [today.year - back for back in range(YEARS_OF_FIGURES)]
