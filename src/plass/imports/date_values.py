"""What a cell with a day means, as people write days in spreadsheets, by itself and by the rest of its column.

Pure, as :mod:`.values`: each function returns the value, or None for an empty cell, and raises ValueError with a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum, auto
from zoneinfo import ZoneInfo

from . import values
from .lines import Cell
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


class Order(Enum):
    """Which of day and month a column writes first in ``3/4/2024``."""

    DAY_FIRST = auto()
    MONTH_FIRST = auto()
    #: Both occur, so that only days after the twelfth can be told.
    UNKNOWN = auto()


class Digits(Enum):
    """What five digits are in a column: both 4.4.2024 and 3.9.2010 can be ``40424``."""

    #: Day, month and year without the zero in front that a spreadsheet took away.
    LOST_ZERO = auto()
    #: A spreadsheet's number of days.
    DAY_COUNT = auto()
    UNKNOWN = auto()


class Year(Enum):
    """Where a column has the year in ``240115`` and ``24-01-15``, which can be both 24.1.2015 and 15.1.2024."""

    LAST = auto()
    FIRST = auto()
    UNKNOWN = auto()


@dataclass(frozen=True)
class DateColumn:
    """How the dates of a column are written, where a cell alone does not tell.

    ``may_be_swapped``: a spreadsheet that has the month first may have made other days of those that it took for dates.
    """

    order: Order = Order.DAY_FIRST
    digits: Digits = Digits.UNKNOWN
    has_days_from_1904: bool = False
    year: Year = Year.LAST
    may_be_swapped: bool = False


#: Day, month and year of two figures each, in this order or the other.
_SHORT = re.compile(r"(\d{2})(-?)(\d{2})\2(\d{2})")
#: So many years back a day of a list may lie, and so many ahead, for it to tell where a column has its year.
_YEARS_BACK, _YEARS_AHEAD = 12, 1
#: So many times as many cells must say the one as say the other.
_CLEARLY_MORE = 5
#: A day with the name of its month.
_NAMED_MONTH = re.compile(r"(\d{1,2})[-./ ]*([a-zæøå]+)[-./ ]*(\d{4}|\d{2})")
#: A moment that says how far from UTC its clock is, and the clock of the lists' people.
_MOMENT = re.compile(
    r"(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|30|31))[t ]((?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?)"
    r"(?:\.\d+)? ?(z|[+-][01]\d(?::?[0-5]\d)?)"
)
_HERE = ZoneInfo("Europe/Oslo")
#: A time behind a day.
_TIME_AFTER = re.compile(r"[t ]\d{1,2}:\d{2}(:\d{2})?(\.\d+)?z?$")
#: Three numbers with the year last: which of the first two is the day is the column's to say.
_YEAR_LAST = re.compile(r"(\d{1,2})[-./ ]+(\d{1,2})[-./ ]+(\d{4}|\d{2})")


def date_columns(
    columns: Iterable[Iterable[Cell]], *, today: date, has_days_from_1904: bool = False
) -> list[DateColumn]:
    """How each of a list's columns of dates is written, from all their cells.

    Day comes before month, as in Norway, in a column that does not show anything else; but not where another column of
    the list has the month first.
    """
    found = [_date_column(list(cells), has_days_from_1904, today) for cells in columns]
    undecided = Order.UNKNOWN if any(order is Order.MONTH_FIRST for order, _column in found) else Order.DAY_FIRST
    return [replace(column, order=order or undecided) for order, column in found]


def _date_column(cells: list[Cell], has_days_from_1904: bool, today: date) -> tuple[Order | None, DateColumn]:
    """The order of day and month, where something in the column tells it, and the rest that it tells."""
    year = _year_of_column(cells, today)
    orders: set[Order] = set()
    digits: set[Digits] = set()
    for cell in cells:
        words = _words_of_a_day(cell)
        if year is not Year.LAST and _SHORT.fullmatch(words):
            continue
        if match := _YEAR_LAST.fullmatch(words):
            first, second = int(match[1]), int(match[2])
            if first > 12 >= second:
                orders.add(Order.DAY_FIRST)
            elif second > 12 >= first:
                orders.add(Order.MONTH_FIRST)
        elif re.fullmatch(r"\d{6}", words) and _lost_zero(words):
            digits.add(Digits.LOST_ZERO)
        elif re.fullmatch(r"\d{5}", words):
            readings = {
                Digits.LOST_ZERO: _lost_zero(words),
                Digits.DAY_COUNT: _from_day_count(int(words), has_days_from_1904),
            }
            possible = {kind for kind, reading in readings.items() if reading}
            digits |= possible if len(possible) == 1 else set()
    order = None if not orders else orders.pop() if len(orders) == 1 else Order.UNKNOWN
    return order, DateColumn(
        digits=digits.pop() if len(digits) == 1 else Digits.UNKNOWN,
        has_days_from_1904=has_days_from_1904,
        year=year,
        may_be_swapped=_may_be_swapped(cells),
    )


def _year_of_column(cells: Iterable[Cell], today: date) -> Year:
    """Where the year stands, from the cells that make a day of the last years only if it stands there."""
    says: Counter[Year] = Counter()
    can_be_both = False
    for cell in cells:
        words = _words_of_a_day(cell)
        # A day that lost its zero is one of six figures too.
        padded = words.zfill(6) if re.fullmatch(r"\d{5}", words) else words
        readings = {
            year
            for year, reading in _short_readings(padded).items()
            if today.year - _YEARS_BACK <= reading.year <= today.year + _YEARS_AHEAD
        }
        can_be_both |= len(readings) > 1
        says.update(readings if len(readings) == 1 else ())
    for year, other in ((Year.LAST, Year.FIRST), (Year.FIRST, Year.LAST)):
        if says[year] and says[year] >= _CLEARLY_MORE * says[other]:
            return year
    return Year.UNKNOWN if can_be_both or says.total() else Year.LAST


def _short_readings(words: str) -> dict[Year, date]:
    """The days that two, two and two figures are, by where the year stands."""
    readings: dict[Year, date] = {}
    if match := _SHORT.fullmatch(words):
        first, month, last = int(match[1]), int(match[3]), int(match[4])
        for year, (full, number) in {Year.LAST: (last, first), Year.FIRST: (first, last)}.items():
            try:
                readings[year] = date(_full_year(full), month, number)
            except ValueError:
                continue
    return {year: reading for year, reading in readings.items() if EARLIEST <= reading <= LATEST}


def _may_be_swapped(cells: Sequence[Cell]) -> bool:
    """Whether the days up to the twelfth are dates and all the others are text: so it is where a spreadsheet that has the
    month first has read a list that has the day first."""
    dates = [cell for cell in cells if isinstance(cell, date)]
    texts = [match for cell in cells if (match := _YEAR_LAST.fullmatch(_words_of_a_day(cell)))]
    return (
        bool(texts)
        and all(cell.day <= 12 for cell in dates)
        and any(cell.day != cell.month for cell in dates)
        and all(int(match[1]) > 12 >= int(match[2]) for match in texts)
    )


def day(cell: Cell, column: DateColumn = DateColumn()) -> date | None:
    """A date: a real one, Excel's number of days, or ``3.4.24``, ``2024-04-03``, ``3. april 2024``, ``030424``.

    What could be two dates is read as ``column`` says, and refused where it does not say. Two-digit years up to 2079
    are of this century.
    """
    if isinstance(cell, date):
        return _reasonable(cell, str(cell))
    words = _words_of_a_day(cell)
    if not words:
        return None
    if (readings := _short_readings(words)) and column.year is not Year.LAST:
        return _short_day(cell, readings, column.year)
    if match := re.fullmatch(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})|((?:19|20)\d\d)(0\d|1[0-2])(\d\d)", words):
        year, month, number = (int(part) for part in match.groups() if part)
    elif match := _YEAR_LAST.fullmatch(words):
        first, second, year = map(int, match.groups())
        if column.order is Order.UNKNOWN and first != second and first <= 12 and second <= 12:
            raise ValueError(
                _("“%(cell)s” can be two dates: the list has the day first in some and the month in others. %(how)s")
                % {"cell": values.quoted(cell), "how": how_to_write()}
            )
        month_first = second > 12 if column.order is Order.UNKNOWN else column.order is Order.MONTH_FIRST
        month, number = (first, second) if month_first else (second, first)
    elif match := _NAMED_MONTH.fullmatch(words):
        number, year = int(match[1]), int(match[3])
        month = MONTHS.get(match[2], 0)
    elif match := re.fullmatch(r"(\d{2})(\d{2})(\d{4}|\d{2})", words):
        number, month, year = map(int, match.groups())
    elif re.fullmatch(r"\d{5}([.,]\d+)?", words):
        return _five_digits(words, column)
    else:
        raise ValueError(_no_date(cell))
    try:
        calendar_day = date(_full_year(year), month, number)
    except ValueError:
        raise ValueError(_("“%(cell)s” is not a day in the calendar.") % {"cell": values.quoted(cell)}) from None
    return _reasonable(calendar_day, values.quoted(cell))


def _short_day(cell: Cell, readings: dict[Year, date], year: Year) -> date:
    """The day of two, two and two figures in a column that has its year first, or in both places."""
    if len(readings) > 1 and year is Year.UNKNOWN and readings[Year.LAST] != readings[Year.FIRST]:
        raise ValueError(
            _("“%(cell)s” can be both %(day)s and %(other)s. %(how)s")
            % {
                "cell": values.quoted(cell),
                "day": readings[Year.LAST],
                "other": readings[Year.FIRST],
                "how": how_to_write(),
            }
        )
    return readings.get(year) or next(iter(readings.values()))


def end_day(cell: Cell, column: DateColumn = DateColumn()) -> date | None:
    """The day something ended. That it goes on is no day; that it has ended is not enough."""
    words = values.text(cell).lower().rstrip(".!")
    if words in values.GOES_ON:
        return None
    if words in values.HAS_ENDED:
        raise ValueError(
            _("“%(cell)s” says that it has ended, but not when. Write the date.") % {"cell": values.text(cell)}
        )
    return day(cell, column)


def is_read_by_its_column(cell: Cell, column: DateColumn) -> bool:
    """Whether the cell is a date that another column would have read otherwise, so that it must be told how it is read."""
    words = _words_of_a_day(cell)
    if column.year is not Year.LAST and len(_short_readings(words)) > 1:
        return True
    if match := _YEAR_LAST.fullmatch(words):
        return column.order is Order.MONTH_FIRST and match[1] != match[2]
    return bool(re.fullmatch(r"\d{5}", words) and _lost_zero(words))


def is_short(cell: Cell) -> bool:
    """Whether the cell is two, two and two figures, of which the first or the last are the year."""
    return bool(_short_readings(_words_of_a_day(cell)))


def has_day_and_month(cell: Cell) -> bool:
    """Whether the cell is written with day and month as numbers, in the one or the other order, and the year last."""
    return _YEAR_LAST.fullmatch(_words_of_a_day(cell)) is not None


def unmistakable(cell: Cell, column: DateColumn) -> Cell:
    """A cell with a date as it can be read without the rest of its column, in doubt where the column left it in doubt."""
    if isinstance(cell, date) and column.may_be_swapped and cell.day != cell.month:
        return f"{cell.day}.{cell.month}.{cell.year} ?"
    try:
        calendar_day = day(cell, column)
    except ValueError:
        match = _YEAR_LAST.fullmatch(_words_of_a_day(cell))
        in_doubt = (match and column.order is Order.UNKNOWN) or (is_short(cell) and column.year is Year.UNKNOWN)
        return f"{cell} ?" if in_doubt else cell
    return calendar_day if is_read_by_its_column(cell, column) else cell


def _words_of_a_day(cell: Cell) -> str:
    """What a cell with a day says, without a time after it."""
    if cell is None or isinstance(cell, date):
        return ""
    words = values.text(cell).lower().rstrip(".")
    if match := _MOMENT.fullmatch(words):
        # Midnight here is the evening before in UTC.
        try:
            moment = datetime.fromisoformat(f"{match[1]}T{match[2]}{match[3].upper()}")
            return str(moment.astimezone(_HERE).date())
        except (ValueError, OverflowError):
            # No day of the calendar, as it is told without its time too.
            return match[1]
    return _TIME_AFTER.sub("", words)


def _five_digits(words: str, column: DateColumn) -> date:
    """A spreadsheet's number of days, or day, month and year that lost a zero: what it can be, else what its column is."""
    counted = _from_day_count(float(words.replace(",", ".")), column.has_days_from_1904)
    without_zero = _lost_zero(words)
    if counted and without_zero:
        if column.digits is Digits.UNKNOWN:
            raise ValueError(
                _("“%(cell)s” can be both %(day)s and %(other)s. %(how)s")
                % {"cell": words, "day": without_zero, "other": counted, "how": how_to_write()}
            )
        return without_zero if column.digits is Digits.LOST_ZERO else counted
    if calendar_day := counted or without_zero:
        return calendar_day
    raise ValueError(_no_date(words))


def _lost_zero(words: str) -> date | None:
    """The day that five or six digits are as day, month and year."""
    match = re.fullmatch(r"(\d{1,2})(\d{2})(\d{2})", words)
    try:
        calendar_day = date(_full_year(int(match[3])), int(match[2]), int(match[1])) if match else None
    except ValueError:
        return None
    return calendar_day if calendar_day and EARLIEST <= calendar_day <= LATEST else None


def _from_day_count(number: float, has_days_from_1904: bool) -> date | None:
    days = number + (DAYS_TO_1904 if has_days_from_1904 else 0)
    calendar_day = EXCEL_EPOCH + timedelta(days=int(days)) if 0 < days < 80_000 else None
    return calendar_day if calendar_day and EARLIEST <= calendar_day <= LATEST else None


def _full_year(year: int) -> int:
    return year if year >= 100 else year + (2000 if year < 80 else 1900)


def _no_date(cell: Cell) -> str:
    return _("“%(cell)s” is not a date. %(how)s") % {"cell": values.quoted(cell), "how": how_to_write()}


def how_to_write() -> str:
    """How a date is written, without one that could be taken for the answer."""
    return _("Write day, month and year with numbers: DD.MM.YYYY.")


def _reasonable(calendar_day: date, written: str) -> date:
    if not EARLIEST <= calendar_day <= LATEST:
        raise ValueError(_("“%(cell)s” is too far away to be right.") % {"cell": written})
    return calendar_day


def birth_digits(cell: Cell) -> str | None:
    """The six digits that an identity number begins with, from a birth date in any form, also without its first zero."""
    if isinstance(cell, date):
        return f"{cell:%d%m%y}"
    words = _words_of_a_day(cell)
    if not words:
        return None
    if re.fullmatch(r"\d{5,6}", words):
        return words.zfill(6)
    if match := re.fullmatch(r"(?P<y>(?:19|20)\d\d)[-./]?(?P<m>\d{1,2})[-./]?(?P<d>\d{1,2})", words):
        day, month, year = match["d"], match["m"], match["y"]
    elif match := re.fullmatch(r"(\d{1,2})[-./ ]+(\d{1,2})[-./ ]+(\d{4}|\d{2})|(\d{2})(\d{2})(\d{4})", words):
        day, month, year = filter(None, match.groups())
        if int(month) > 12:
            day, month = month, day
    elif (match := _NAMED_MONTH.fullmatch(words)) and match[2] in MONTHS:
        day, month, year = match[1], str(MONTHS[match[2]]), match[3]
    else:
        raise ValueError(_no_date(cell))
    return f"{int(day):02}{int(month):02}{year[-2:]}"
