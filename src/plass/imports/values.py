"""What a cell means: dates, numbers, names, yes and no, as people write them in spreadsheets.

Pure. Each function returns the value, or None for an empty cell, and raises ValueError with a sentence that says what
is wrong with this cell, in the reader's language.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from .sheet import Cell
from .translatable import gettext as _

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("januar", "jan", "january"),
            ("februar", "feb", "february"),
            ("mars", "mar", "march"),
            ("april", "apr"),
            ("mai", "may"),
            ("juni", "jun", "june"),
            ("juli", "jul", "july"),
            ("august", "aug"),
            ("september", "sep", "sept"),
            ("oktober", "okt", "oct", "october"),
            ("november", "nov"),
            ("desember", "des", "dec", "december"),
        ),
        start=1,
    )
    for name in names
}
#: Day 0 of Excel's calendar, chosen so that its wrong leap day of 1900 comes out right for every later date.
EXCEL_EPOCH = date(1899, 12, 30)
#: So many days later begins the calendar of workbooks from older Macs.
DAYS_TO_1904 = 1462
EARLIEST, LATEST = date(1990, 1, 1), date(2079, 12, 31)
EMPTY = {"", "-", "–", "—", "?", "n/a", "na", "ingen", "ukjent", "ikke oppgitt", "x/x", "null", "none"}
FULL_TIME_HOURS = Decimal("37.5")
#: Words that belong to the family name after them.
PARTICLES = {"van", "von", "de", "der", "den", "al", "el", "bin", "ben"}
#: What a spreadsheet shows where a formula has gone wrong.
FORMULA_ERROR = re.compile(
    r"#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|GETTING_DATA|I/T|VERDI!|NAVN\?)",
    re.I,
)


def refuse_formula(cell: Cell) -> None:
    """Raise ValueError where the cell is a formula the file has no result of, or one that has gone wrong."""
    if isinstance(cell, str) and (cell.startswith("=") or FORMULA_ERROR.fullmatch(cell)):
        raise ValueError(
            _("“%(cell)s” is a formula without a result. Paste the values instead, and save the file again.")
            % {"cell": cell[:60]}
        )


def text(cell: Cell) -> str:
    """The cell as text, numbers without a trailing ``.0``; the empty string for an empty cell or a dash."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    words = " ".join(str(cell).split())
    return "" if words.lower() in EMPTY or re.fullmatch(r"[?–—-]+", words) else words


def day(cell: Cell, *, has_days_from_1904: bool = False) -> date | None:
    """A date: a real one, Excel's number of days, or ``3.4.24``, ``2024-04-03``, ``3. april 2024``, ``030424``.

    Day comes before month, as in Norway; two-digit years up to 2079 are of this century. Some workbooks count their
    days from 1904.
    """
    if isinstance(cell, date):
        return _reasonable(cell, str(cell))
    if isinstance(cell, int | float | Decimal):
        return _serial(float(cell) + (DAYS_TO_1904 if has_days_from_1904 else 0))
    words = text(cell).lower().rstrip(".")
    if not words:
        return None
    words = re.sub(r"[t ]\d{1,2}:\d{2}(:\d{2})?(\.\d+)?z?$", "", words)
    if match := re.fullmatch(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})", words):
        year, month, number = map(int, match.groups())
    elif match := re.fullmatch(r"(\d{1,2})[-./ ]+(\d{1,2})[-./ ]+(\d{4}|\d{2})", words):
        number, month, year = map(int, match.groups())
    elif match := re.fullmatch(r"(\d{1,2})\.? *([a-zæøå]+)\.? *(\d{4}|\d{2})", words):
        number, year = int(match[1]), int(match[3])
        month = MONTHS.get(match[2], 0)
    elif match := re.fullmatch(r"(\d{2})(\d{2})(\d{4}|\d{2})", words):
        number, month, year = map(int, match.groups())
    elif re.fullmatch(r"\d{5}([.,]\d+)?", words):
        return _serial(float(words.replace(",", ".")))
    else:
        raise ValueError(_("“%(cell)s” is not a date. Write it as 31.12.2025.") % {"cell": text(cell)})
    if year < 100:
        year += 2000 if year < 80 else 1900
    try:
        calendar_day = date(year, month, number)
    except ValueError:
        raise ValueError(_("“%(cell)s” is not a day in the calendar.") % {"cell": text(cell)}) from None
    return _reasonable(calendar_day, text(cell))


def _serial(number: float) -> date:
    calendar_day = EXCEL_EPOCH + timedelta(days=int(number)) if 0 < number < 80_000 else None
    if calendar_day is None or not EARLIEST <= calendar_day <= LATEST:
        raise ValueError(_("“%(cell)s” is not a date. Write it as 31.12.2025.") % {"cell": f"{number:g}"})
    return calendar_day


def _reasonable(calendar_day: date, written: str) -> date:
    if not EARLIEST <= calendar_day <= LATEST:
        raise ValueError(_("“%(cell)s” is too far away to be right.") % {"cell": written})
    return calendar_day


def number(cell: Cell) -> Decimal | None:
    """A number with comma or point, spaces and units around it allowed: ``"37,5 t"`` -> 37.5."""
    if isinstance(cell, int | float | Decimal):
        return Decimal(str(cell))
    words = text(cell)
    if not words:
        return None
    match = re.fullmatch(
        r"(?:ca\.? *)?(-?\d[\d ]*(?:[.,]\d+)?) *(?:%|t|timer|t/uke|timer/uke|prosent|h|hours)?\.?", words, re.I
    )
    if match is None:
        raise ValueError(_("“%(cell)s” is not a number.") % {"cell": words})
    try:
        return Decimal(match[1].replace(" ", "").replace(",", "."))
    except InvalidOperation:
        raise ValueError(_("“%(cell)s” is not a number.") % {"cell": words}) from None


def hours(cell: Cell) -> Decimal | None:
    """Hours a week, 0 to 60. ``"50 %"`` is taken as a share of 37.5 hours."""
    if isinstance(cell, str) and "%" in cell:
        return percent(cell)
    value = number(cell)
    if value is not None and not 0 <= value <= 60:
        raise ValueError(_("“%(cell)s” hours a week cannot be right.") % {"cell": text(cell)})
    return value.quantize(Decimal("0.1")) if value is not None else None


def percent(cell: Cell) -> Decimal | None:
    """Hours a week from a position's share: ``50``, ``"50 %"`` and Excel's ``0.5`` are all 18.8 hours of 37.5."""
    value = share(cell)
    return None if value is None else (FULL_TIME_HOURS * value / 100).quantize(Decimal("0.1"))


def share(cell: Cell) -> Decimal | None:
    """Per cent of a position, 0 to 100: ``50``, ``"50 %"`` and Excel's ``0.5`` are all 50."""
    value = number(cell)
    if value is None:
        return None
    # "1" is a whole position that a spreadsheet has kept as a number; nobody has one per cent of one.
    if 0 < value <= 1 and not (isinstance(cell, str) and "%" in cell):
        value *= 100
    if not 0 <= value <= 100:
        raise ValueError(_("“%(cell)s” per cent of a position cannot be right.") % {"cell": text(cell)})
    return value


def identity_digits(cell: Cell) -> str:
    """Eleven digits, with leading zeros that a spreadsheet took away put back; whatever else is there stays as it is.

    Excel keeps fifteen digits, so a number stored as a number has lost nothing but its leading zeros.
    """
    if isinstance(cell, float):
        if not cell.is_integer():
            return str(cell)
        cell = int(cell)
    if isinstance(cell, int):
        return str(cell).zfill(11) if len(str(cell)) in (9, 10) else str(cell)
    words = text(cell)
    if re.fullmatch(r"\d[.,]\d+e\+?\d+", words, re.I):
        raise ValueError(
            _("“%(cell)s”: the spreadsheet has rounded the number. Set the column to text and write it again.")
            % {"cell": words}
        )
    digits = re.sub(r"[ .\-]", "", words.lstrip("'"))
    return digits.zfill(11) if digits.isdigit() and len(digits) in (9, 10) else digits


def names(name: Cell, given: Cell, family: Cell) -> tuple[str, str]:
    """(given name, family name) from two columns or one: ``"Etternavn, Fornavn"`` or ``"Fornavn Etternavn"``.

    In one column without a comma the last word is the family name, and what is written before it belongs to the given.
    """
    given_name, family_name = text(given), text(family)
    whole = text(name)
    for part in re.split(r"[\s,]+", whole.lower()):
        if len(part) > 2 and part in EMPTY:
            raise ValueError(
                _("“%(cell)s” is no name. Both a given name and a family name are needed.") % {"cell": whole}
            )
    if (not given_name or not family_name) and whole:
        if "," in whole:
            last, first = (part.strip() for part in whole.split(",", 1))
        else:
            *firsts, last = whole.split()
            # "van", "von", "de" and the like belong to the family name.
            while len(firsts) > 1 and firsts[-1].lower() in PARTICLES:
                last = f"{firsts.pop()} {last}"
            first = " ".join(firsts)
        given_name, family_name = given_name or first, family_name or last
    if not given_name or not family_name:
        # "Ukjent" is as good as nothing, but whoever wrote it must be told why it does not count.
        written = next((str(cell) for cell in (given, family, name) if cell is not None and not text(cell)), "")
        if written.strip(" -–—?"):
            raise ValueError(
                _("“%(cell)s” is no name. Both a given name and a family name are needed.") % {"cell": written}
            )
        raise ValueError(_("Both a given name and a family name are needed."))
    return _cased(given_name), _cased(family_name)


def _cased(name: str) -> str:
    """Names in capitals only are written as names; everything else stays as it was written."""
    return name.title() if name.isupper() and len(name) > 2 else name


def yes(cell: Cell) -> bool:
    """Yes or no: ja, j, x, 1, sant, yes, true; anything else that is not empty must be a no."""
    words = text(cell).lower()
    if words in {"ja", "j", "x", "1", "sant", "yes", "y", "true", "v", "ok"}:
        return True
    if words in {"", "nei", "n", "0", "usant", "no", "false"}:
        return False
    raise ValueError(_("“%(cell)s” is neither yes nor no.") % {"cell": text(cell)})
