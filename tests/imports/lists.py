"""Lists as offices have them, made for the tests: rows of dictionaries in, files as people save them out."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from ..world import identity_number

TODAY = date.today  # the lists lie some months back, whatever today is
HEADINGS = ("Fødselsnummer", "Fornavn", "Etternavn", "Henvist dato", "Jobbspesialist")


def ago(days: int) -> date:
    """The day so many days before today."""
    return date.today() - timedelta(days=days)  # noqa: DTZ011  (the lists say days, not moments)


def written(day: date) -> str:
    """A day as people in Norway write it."""
    return f"{day.day}.{day.month}.{day.year}"


def person(given_name: str = "Kari", family_name: str = "Testesen", **more: Any) -> dict[str, Any]:
    """One row: number, names, a referral half a year ago, and whatever else is named by its heading."""
    return {
        "Fødselsnummer": identity_number(),
        "Fornavn": given_name,
        "Etternavn": family_name,
        "Henvist dato": written(ago(180)),
        **more,
    }


def numbered(name: str, number: int) -> str:
    """A name that no other number gives: without digits, which no name has."""
    return name + "".join("abcdefghij"[int(digit)] for digit in str(number))


def _place(heading: str) -> int:
    """Where an office has a column: what is the participant's, then who follows them, then the job."""
    of_a_job = {
        "Arbeidsgiver",
        "Organisasjonsnummer",
        "Stilling",
        "Ansettelsesform",
        "Timer",
        "Prosent",
        "Lønnstilskudd",
    }
    of_a_job |= {"Jobbstart", "Jobbslutt", "Årsak til at jobben sluttet", "Stillingsprosent"}
    return 2 if heading in of_a_job else 1 if heading in {"Jobbspesialist", "Veileder"} else 0


def csv(rows: Sequence[dict[str, Any]], *, delimiter: str = ";", encoding: str = "utf-8") -> bytes:
    """The rows as a text file with a heading for every key that any of them has, in the order in which offices have them."""
    headings = sorted(dict.fromkeys(key for row in rows for key in row), key=_place)
    lines = [headings, *([str(row.get(key, "")) for key in headings] for row in rows)]
    return "".join(delimiter.join(line) + "\r\n" for line in lines).encode(encoding)


def xlsx(fill: Callable[[Worksheet, Workbook], None]) -> bytes:
    """A workbook that ``fill`` has written in."""
    book = openpyxl.Workbook()
    assert isinstance(book.active, Worksheet)
    fill(book.active, book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def table(content: bytes) -> list[list[Any]]:
    """The cells of the first sheet of an .xlsx file, row by row."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return [list(row) for row in sheet.iter_rows(values_only=True)]
