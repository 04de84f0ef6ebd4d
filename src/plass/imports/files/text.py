"""Text with semicolons, tabs, commas or bars (.csv, .txt), read line by line.

Such a file says neither how its letters are kept nor what divides its cells. Both are told from what it holds: what was
taken is a remark of the file, and what cannot be told refuses it, because a guess that is wrong puts one person's facts on
another or makes people vanish.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from ..columns import headings_in
from .limits import Count, Reason, Refused
from .shape import Cell, File, Format, Remark, Sheet

_DELIMITERS = (";", "\t", ",", "|")
#: How far down it is looked for what divides the cells, how many cells of a line, and how much of it.
_TOP, _WIDEST, _LONGEST_LINE = 60, 500, 20_000

#: The encodings without marks of their own that offices have, as Python names them: their name and the file's remark.
_PLAIN = {
    "cp1252": ("windows-1252", Remark.READ_AS_WINDOWS),
    "mac_roman": ("mac-roman", Remark.READ_AS_MAC),
    "cp850": ("cp850", Remark.READ_AS_DOS),
}
_REMARKS = dict(_PLAIN.values())
_NORWEGIAN = "æøåÆØÅ"
_SMALL, _CAPITAL = "æøåáäàâãçéèêëíïóöôòúüñšžðþýčŋ", "ÆØÅÁÄÀÇÉÈÊËÍÖÓÜŠŽÑ"
_LETTER = rf"a-zA-Z{_SMALL}{_CAPITAL}"
#: Signs that may stand beside a letter: quotation marks, dashes, degrees, fractions ...
_SIGNS = "\u00a0«»“”„‘’–—…´·•§°½¼€²³®©™¨"
#: Those that may stand between two.
_BETWEEN = "\u00a0’–—…´·"
#: What no text has that was read in its own encoding: a sign in a word, a capital after a small letter, nothing at all.
#: Looked for from each character that is not ASCII, so that the rest of a long text is passed over quickly.
_ODD = re.compile(
    rf"[^\x00-\x7f](?:(?<=\ufffd)|(?<=[{_LETTER}][^\x00-\x7f{_LETTER}{_SIGNS}])"
    rf"|(?<=[^\x00-\x7f{_LETTER}{_SIGNS}])(?=[{_LETTER}])"
    rf"|(?<=[{_LETTER}][^\x00-\x7f{_LETTER}{_BETWEEN}])(?=[{_LETTER}])"
    rf"|(?<=[a-z{_SMALL}][{_CAPITAL}])|(?<=[A-Z{_CAPITAL}]{{2}}[{_SMALL}])(?=[A-Z{_CAPITAL}]))"
)
#: Letters and signs of ours as UTF-8 keeps them. As Windows text they would be "Ã¸", which nobody writes.
_UTF_8 = re.compile(rb"[\xc2\xc3][\x80-\xbf]|\xe2\x80[\x80-\xbf]")
#: An identity number, also with a space in it; and what may be one that lost its zeros, where it fills a cell.
_NUMBER = re.compile(r"(?<!\d)\d{6}[ .\-\u00a0]?\d{5}(?!\d)")


def read(content: bytes, count: Count) -> File:
    """Its rows as one sheet without a name. A row is what a spreadsheet would show as one. Raises Refused."""
    text, encoding = decode(content)
    _refuse_other_formats(text)
    if "\x00" in text:
        raise Refused(Reason.NUL, _row_at(text, text.index("\x00")))
    # Cells by column, of the lines with something in them.
    rows, is_cut = count.rows(
        (number, {column: Cell(value) for column, value in enumerate(line) if value})
        for number, line in _lines(text, _delimiter(text))
        if any(value.strip() for value in line)
    )
    remarks = (_REMARKS[encoding],) if encoding in _REMARKS else ()
    return File(Format.TEXT, (Sheet(rows=rows, is_cut=is_cut),), remarks, encoding)


def _refuse_other_formats(text: str) -> None:
    """Raise Refused for what programs save their tables as and name .xls or .csv."""
    start = text[:1000].lstrip().lower()
    if start.startswith("<?xml") or "urn:schemas-microsoft-com:office:spreadsheet" in start:
        raise Refused(Reason.WEB_PAGE if "<html" in start else Reason.XML)
    if re.match(r"<(!doctype html|!--|html|head|meta|style|body|div|table)|mime-version:", start):
        raise Refused(Reason.WEB_PAGE)
    if start.startswith("{\\rtf"):
        raise Refused(Reason.DOCUMENT)


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with its number. Raises Refused where a quotation mark makes others' rows part of a cell."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True, skipinitialspace=True)
    usual = _usual_width(text, delimiter)
    number = 0
    try:
        for number, line in enumerate(reader, start=1):
            if _holds_rows(line, delimiter, usual):
                raise Refused(Reason.ROWS_IN_CELL, number)
            yield number, line
    except csv.Error as error:
        # A cell without end is larger than the reader lets it be; one without quotation marks is just that large.
        raise Refused(Reason.QUOTE if '"' in text else Reason.TOO_LARGE_INSIDE, number + 1) from error


def _holds_rows(line: list[str], delimiter: str, usual: int) -> bool:
    """Whether a cell with line breaks holds rows of the list: as many delimiters as two rows have, or a number."""
    long = [value for value in line if "\n" in value or "\r" in value]
    if not long:
        return False
    if len(line) - 1 + sum(value.count(delimiter) for value in long) >= 2 * max(usual, 1):
        return True
    lost_zeros = re.compile(rf"(^|[\r\n{re.escape(delimiter)}])[ =\"]*\d{{9,11}}[ \"]*($|[\r\n{re.escape(delimiter)}])")
    return any(_NUMBER.search(value) or lost_zeros.search(value) for value in long)


def decode(content: bytes) -> tuple[str, str]:
    """The text of a file and its encoding's name: UTF-8, UTF-16, else what its letters say. Raises Refused."""
    if codec := _utf_16(content):
        text, encoding = content.decode(codec, errors="replace"), "utf-16"
    elif content.count(0) * 10 > len(content):
        raise Refused(Reason.NOT_TEXT)
    else:
        try:
            text, encoding = content.decode("utf-8-sig"), "utf-8"
        except UnicodeDecodeError as error:
            if _UTF_8.search(content):
                before = content[: error.start].decode("utf-8-sig", errors="replace")
                raise Refused(Reason.MIXED_LETTERS, _row_at(before, len(before))) from error
            return _plain(content)
    if "\ufffd" in text:
        raise Refused(Reason.LOST_LETTERS, _row_at(text, text.index("\ufffd")))
    return text, encoding


def _utf_16(content: bytes) -> str:
    """Which UTF-16 it is, by its mark, or by a zero beside most letters; else the empty string."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    start = content[:2000]
    first, second = start[::2].count(0), start[1::2].count(0)
    if max(first, second) > 0.35 * len(start) and min(first, second) < 0.05 * len(start):
        return "utf-16-le" if second > first else "utf-16-be"
    return ""


def _plain(content: bytes) -> tuple[str, str]:
    """The text in the one encoding that makes words of it. Raises Refused where none does, or two do."""
    texts = {codec: content.decode(codec, errors="replace") for codec in _PLAIN}
    odd = {codec: found.start() for codec, text in texts.items() if (found := _ODD.search(text))}
    weights = {codec: sum(map(text.count, _NORWEGIAN)) for codec, text in texts.items() if codec not in odd}
    best = max(weights, key=lambda codec: weights[codec], default="")
    others = [weight for codec, weight in weights.items() if codec != best]
    if not best or (
        best != "cp1252" and (not weights[best] or "cp1252" in weights or max(others, default=0) == weights[best])
    ):
        first = next(at for at, byte in enumerate(content) if byte > 0x7F)
        # Each of these is one character a byte: the longest readable beginning is where it goes wrong.
        at = max(odd.values()) if not best else first
        raise Refused(Reason.UNKNOWN_LETTERS, _row_at(texts["cp1252"], at))
    return texts[best], _PLAIN[best][0]


def _row_at(text: str, place: int) -> int:
    """The number of the row in which this place is."""
    before = text[:place] + "x"
    return sum(1 for _line in csv.reader(io.StringIO(before, newline=""), delimiter=_delimiter(before)))


def _top(text: str) -> list[str]:
    """The beginnings of the first lines that have something in them."""
    # Lines may end as on an old Mac.
    first_lines = islice(io.StringIO(text[: _TOP * _LONGEST_LINE], newline=None), _TOP)
    return [line[:_LONGEST_LINE] for line in first_lines if line.strip()]


def _usual_width(text: str, delimiter: str) -> int:
    """How many delimiters most of the first lines have, of those that have any."""
    counts = Counter(number for line in _top(text) if (number := line.count(delimiter)))
    return max(counts, key=lambda number: (counts[number], -number), default=0)


def _delimiter(text: str) -> str:
    """The character that makes known headings of a line; else what divides most lines alike, more parts winning."""
    lines = _top(text)

    def worth(delimiter: str) -> tuple[int, int, int]:
        counts = [line.count(delimiter) for line in lines]
        most = max(counts, default=0)
        usual = max(set(counts), key=counts.count) if counts else 0
        known = [headings_in(part.strip(' "\r\n') for part in line.split(delimiter)[:_WIDEST]) for line in lines[:30]]
        return (max(known, default=0), usual, most)

    return max(_DELIMITERS, key=worth)
