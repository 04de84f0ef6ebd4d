"""The leader's pages as somebody reads them who means to add and subtract: every number, and what it is of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from bs4 import BeautifulSoup, Tag
from django.test import Client

#: The columns from left to right.
COLUMNS = ("followed", "waiting", "in_work", "referred", "median_wait", "first_job", "weeks_13", "weeks_26", "weeks_52")


@dataclass(frozen=True)
class Read:
    """A number in a cell: of which row, which column, of which year's page, counted through which day."""

    row: tuple[str, ...]
    column: str
    through: date
    number: int


def read(client: Client, years: Iterable[int]) -> list[Read]:
    """Every number on the pages of these years."""
    return [number for year in years for number in _of_a_page(_page(client, year), year)]


def _page(client: Client, year: int) -> BeautifulSoup:
    answer: Any = client.get("/tall/", {"ar": year})
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


def _of_a_page(page: BeautifulSoup, year: int) -> list[Read]:
    made = _day(page.select_one("main p.p-small"))
    heads = page.select("table.p-table thead th")[1:]
    throughs = [_day(head) or date(year, 12, 31) for head in heads]
    figures, office = [], ""
    for tr in page.select("table.p-table tbody tr"):
        name = tr.th.get_text(strip=True)
        row: tuple[str, ...] = (office, name) if tr.th.span else (name,)
        office = office if tr.th.span else name
        for column, through, cell in zip(COLUMNS, throughs, tr.select("td"), strict=True):
            own = _day(cell)
            words = cell.get_text(" ", strip=True).split()
            if words and words[0].isdecimal():
                now = column in COLUMNS[:3]
                figures.append(Read(row, column, made if now and made else own or through, int(words[0])))
    return figures


def _day(where: Tag | None) -> date | None:
    time = where.time if where else None
    return date.fromisoformat(str(time["datetime"])) if time else None
