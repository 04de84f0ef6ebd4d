"""Excel's .xlsx, read in one pass over each sheet's XML, so that nothing is laid out that is not written.

Rests on parts of openpyxl that are not public (``ExcelReader`` and ``WorkSheetParser``): its version is pinned, and tests
over made and kept files hold it. ``load_workbook`` would open every part of the file, and reads a sheet once more.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Any
from xml.etree.ElementTree import Element, iterparse

from openpyxl.packaging.relationship import RelationshipList, get_dependents, get_rels_path
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet._reader import COL_TAG, FORMULA_TAG, INLINE_STRING, ROW_TAG, VALUE_TAG, WorkSheetParser
from openpyxl.xml.constants import COMMENTS_NS, SHARED_STRINGS, SHEET_MAIN_NS

from .limits import Count, Reason, Refused
from .shape import Cell, File, Format, Merge, Remark, Row, Sheet, Value

_MAIN = f"{{{SHEET_MAIN_NS}}}"
_TEXT, _RUN, _RUN_LOOKS, _STRIKE = (f"{_MAIN}{name}" for name in ("t", "r", "rPr", "strike"))
_ITEM, _MERGE, _COMMENT = (f"{_MAIN}{name}" for name in ("si", "mergeCell", "comment"))
_THREADED = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
_THREADED_COMMENT = "{http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments}threadedComment"
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_WHITE = {"rgb FFFFFFFF 0.0", "rgb 00FFFFFF 0.0", "theme 0 0.0", "indexed 9 0.0", "indexed 65 0.0"}
#: Of a comment or a formula more than this helps nobody.
_LONGEST_NOTE = 500


class _StruckText(str):
    """A text of which a part or the whole is struck through by itself, not by its cell's format."""

    __slots__ = ()


def read(content: bytes, count: Count) -> File:
    """The visible sheets with their rows. Raises Refused, and whatever openpyxl raises for a broken file."""
    with warnings.catch_warnings():
        # What openpyxl does not keep (headings for printing, styles without a name) is nothing to us.
        warnings.simplefilter("ignore")
        book = ExcelReader(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        book.read_manifest()
        book.read_workbook()
        apply_stylesheet(book.archive, book.wb)
        strings = _shared_strings(book, count)
        targets = [(sheet, rel.target) for sheet, rel in book.parser.find_sheets() if "chartsheet" not in rel.Type]
        if len(targets) > count.limits.sheets:
            raise Refused(Reason.SHEETS)
        sheets = [
            Sheet(title=sheet.name, is_hidden=True)
            if sheet.state != "visible"
            else _SheetParser(book, target, strings, count).sheet(sheet.name)
            for sheet, target in targets
            if target in book.valid_files
        ]
    remarks = (Remark.DAYS_FROM_1904,) if book.wb.epoch == CALENDAR_MAC_1904 else ()
    return File(Format.XLSX, tuple(sheets), remarks)


class _SheetParser(WorkSheetParser):
    """A sheet's rows, merged cells and hidden columns, as its XML goes by."""

    def __init__(self, book: Any, target: str, strings: Sequence[str], count: Count) -> None:
        wb = book.wb
        super().__init__(
            "",
            strings,
            data_only=True,
            epoch=wb.epoch,
            date_formats=wb._date_formats,
            timedelta_formats=wb._timedelta_formats,
        )
        self.book, self.target, self.count = book, target, count
        self.merges: list[Merge] = []
        self.hidden: list[range] = []
        struck_fonts = {index for index, font in enumerate(wb._fonts) if font.strike}
        self.struck_styles = {at for at, style in enumerate(wb._cell_styles) if style.fontId in struck_fonts}
        self.fills = [_colour(wb._fills[style.fillId]) for style in wb._cell_styles]
        self.percent_styles = {
            at for at, style in enumerate(wb._cell_styles) if _shows_percent(_format_of(wb, style.numFmtId))
        }

    def sheet(self, title: str) -> Sheet:
        """All of the sheet."""
        comments = _comments(self.book, self.target)
        rows: dict[int, Row] = {}
        is_cut = False
        with self.book.archive.open(self.target) as source:
            for row in self._rows(source):
                if len(rows) >= self.count.limits.rows:
                    is_cut = True
                    break
                rows[row.number] = row
        for (number, column), comment in comments.items():
            if number not in rows and (is_cut or len(rows) >= self.count.limits.rows):
                continue
            row = rows.get(number) or Row(number, {})
            cell = row.cells.get(column) or Cell()
            self.count.cell(comment, row=number)
            rows[number] = Row(number, {**row.cells, column: replace(cell, comment=comment)}, row.is_hidden)
        used = {column for row in rows.values() for column in row.cells}
        return Sheet(
            title,
            tuple(rows[number] for number in sorted(rows)),
            tuple(self.merges),
            frozenset(column for column in used if any(column in columns for columns in self.hidden)),
            is_cut=is_cut,
        )

    def _rows(self, source: Any) -> Iterator[Row]:
        """Each row with something in it. What has gone by is taken away, also from the element that it was in."""
        parents: list[Element] = []
        in_a_row = False
        for event, element in iterparse(source, events=("start", "end")):
            if event == "start":
                parents.append(element)
                in_a_row = in_a_row or element.tag == ROW_TAG
                continue
            parents.pop()
            if element.tag == ROW_TAG:
                in_a_row = False
                if row := self._row(element):
                    yield row
            elif element.tag == COL_TAG and _is_on(element.get("hidden")):
                self.hidden.append(range(int(element.get("min", 0)) - 1, int(element.get("max", 0))))
            elif element.tag == _MERGE:
                self.count.merge()
                left, top, right, bottom = range_boundaries(element.get("ref", ""))
                self.merges.append(Merge(top or 1, (left or 1) - 1, bottom or _LAST_ROW, (right or _LAST_COLUMN) - 1))
            if not in_a_row and parents:
                parents[-1].remove(element)

    def _row(self, element: Element) -> Row | None:
        number = element.get("r")
        self.row_counter = int(float(number)) if number else self.row_counter + 1
        self.col_counter = 0
        cells = {}
        for part in element:
            if len(part) == 0 and part.get("r"):
                # Formatted and empty. One without an address still counts, in parse_cell.
                continue
            parsed = self.parse_cell(part)
            if cell := parsed["value"]:
                cells[parsed["column"] - 1] = cell
        if not cells:
            return None
        return Row(self.row_counter, cells, _is_on(element.get("hidden")))

    def parse_cell(self, element: Element) -> dict[str, Any]:
        """openpyxl's, with a Cell (or None) as the value; a value that it cannot read is kept as it is written."""
        written = element.findtext(VALUE_TAG)
        style = int(element.get("s") or 0)
        try:
            parsed = super().parse_cell(element)
            value, kind = parsed["value"], parsed["data_type"]
            if kind == "e" and element.get("t") != "e":
                # A date outside any calendar: openpyxl calls it an error.
                value, kind = written, "s"
        except (ValueError, OverflowError):
            # No number, or no date. An address that is none is refused once more here: then the file is broken.
            if address := element.get("r"):
                coordinate_to_tuple(address)
            parsed, value, kind = {"column": self.col_counter}, written, "s"
        if element.get("t") == "inlineStr":
            inline = element.find(INLINE_STRING)
            value = None if inline is None else _text(inline)
        if isinstance(value, float) and not _is_finite(value):
            # Beyond any figure: 1E400.
            value = written
        has_formula = value in (None, "") and element.find(FORMULA_TAG) is not None
        formula = self._formula(element) if has_formula else ""
        if value in (None, "") and not formula:
            return {**parsed, "value": None}
        cell = Cell(
            _plain(value),
            formula,
            is_error=kind == "e",
            is_struck=style in self.struck_styles or isinstance(value, _StruckText),
            is_percent=style in self.percent_styles and isinstance(value, int | float) and not isinstance(value, bool),
            fill=self.fills[style] if style < len(self.fills) else "",
        )
        self.count.cell(cell.value, formula, row=self.row_counter)
        return {**parsed, "value": cell}

    def _formula(self, element: Element) -> str:
        try:
            formula: Any = self.parse_formula(element)  # type: ignore[no-untyped-call]
            return str(getattr(formula, "text", formula) or "=")[:_LONGEST_NOTE]
        except Exception:
            # A shared formula that cannot be moved to where this one stands: that there is one is what counts.
            return "="


def _colour(fill: Any) -> str:
    """The colour of a cell that is filled with one, as a text that tells it from others."""
    colour = getattr(fill, "fgColor", None)
    if colour is None or fill.fill_type != "solid":
        return ""
    named = f"{colour.type} {colour.value} {colour.tint}"
    return "" if named in _WHITE else named


def _plain(value: Any) -> Value:
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return str(value) if isinstance(value, _StruckText) else value


def _is_on(attribute: str | None) -> bool:
    return attribute not in (None, "0", "false")


def _is_finite(number: float) -> bool:
    return number - number == 0


def _format_of(wb: Any, number: int) -> str:
    if number < BUILTIN_FORMATS_MAX_SIZE:
        return BUILTIN_FORMATS.get(number, "")
    formats = wb._number_formats
    return formats[number - BUILTIN_FORMATS_MAX_SIZE] if number - BUILTIN_FORMATS_MAX_SIZE < len(formats) else ""


def _shows_percent(number_format: str) -> bool:
    """Whether a number in this format is shown as per cent, not only with the sign as a text after it."""
    return "%" in re.sub(r'"[^"]*"|\\.', "", number_format)


def _shared_strings(book: Any, count: Count) -> list[str]:
    """The texts that cells name by number, in their order."""
    part = book.package.find(SHARED_STRINGS)
    strings: list[str] = []
    if part is None:
        return strings
    with book.archive.open(part.PartName[1:]) as source:
        parents: list[Element] = []
        for event, element in iterparse(source, events=("start", "end")):
            if event == "start":
                parents.append(element)
                continue
            parents.pop()
            if element.tag == _ITEM:
                strings.append(_text(element))
                if len(strings) > count.limits.cells:
                    raise Refused(Reason.CELLS)
                if parents:
                    parents[-1].remove(element)
    return strings


def _text(element: Element) -> str:
    """The text of a string, all its runs together; how a word is pronounced, which may stand beside it, is left out."""
    words, is_struck = [], False
    for part in element:
        if part.tag == _TEXT:
            words.append(part.text or "")
        elif part.tag == _RUN:
            words.append(part.findtext(_TEXT) or "")
            strike = part.find(f"{_RUN_LOOKS}/{_STRIKE}")
            is_struck = is_struck or (strike is not None and _is_on(strike.get("val", "1")))
    text = _without_escapes("".join(words))
    return _StruckText(text) if is_struck else text


def _without_escapes(text: str) -> str:
    r"""``_x000D_`` and its like are how Excel writes characters that XML cannot hold; but for tab and line none is text."""

    def character(match: re.Match[str]) -> str:
        code = int(match[1], 16)
        if 0xD800 <= code <= 0xDFFF:
            return match[0]
        return chr(code) if code >= 32 or code in (9, 10) else ""

    return re.sub("_x([0-9A-Fa-f]{4})_", character, text) if "_x" in text else text


def _comments(book: Any, target: str) -> Mapping[tuple[int, int], str]:
    """What is said beside cells, by row and column: notes, and conversations."""
    path = get_rels_path(target)  # type: ignore[no-untyped-call]
    relations = get_dependents(book.archive, path) if path in book.valid_files else RelationshipList()
    comments: dict[tuple[int, int], list[str]] = {}
    for kind, tag in ((_THREADED, _THREADED_COMMENT), (COMMENTS_NS, _COMMENT)):
        # A conversation is kept once more as a note, for programs that know no conversations.
        already = set(comments)
        for relation in relations.find(kind):
            if relation.target not in book.valid_files:
                continue
            with book.archive.open(relation.target) as source:
                for _event, element in iterparse(source):
                    if element.tag != tag:
                        continue
                    row, column = coordinate_to_tuple(element.get("ref", ""))
                    words = " ".join("".join(part.text or "" for part in element.iter() if _says(part)).split())
                    element.clear()
                    if words and (row, column - 1) not in already:
                        comments.setdefault((row, column - 1), []).append(words)
    return {place: " / ".join(said)[:_LONGEST_NOTE] for place, said in comments.items()}


def _says(element: Element) -> bool:
    return str(element.tag).rpartition("}")[2] in ("t", "text")
