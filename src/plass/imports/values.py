"""What a cell means: dates, numbers, names, yes and no, as people write them in spreadsheets.

Pure. Each function returns the value, or None for an empty cell, and raises ValueError with a sentence that says what
is wrong with this cell, in the reader's language.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum, auto
from zoneinfo import ZoneInfo

from django.utils.formats import number_format

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
#: Nothing that a list counts is as much.
LARGEST_NUMBER = 10**12
EARLIEST, LATEST = date(1990, 1, 1), date(2079, 12, 31)
EMPTY = {"", "-", "–", "—", "?", "n/a", "na", "ingen", "ukjent", "ikke oppgitt", "x/x", "null", "none"}
FULL_TIME_HOURS = Decimal("37.5")
#: Hours a week, and parts of them, that are shares of a position only by chance.
USUAL_HOURS = {Decimal(hours) for hours in ("37.5", "35.5", "33.6", "18.75", "22.5", "7.5")}
#: More hours a week than a list can be right about.
MOST_HOURS = 60
#: The hours of whole positions, the most that is usual, and so many numbers tell what a column holds.
FULL_WEEKS, MOST_USUAL_HOURS, ENOUGH_NUMBERS = {FULL_TIME_HOURS, Decimal("35.5")}, 40, 3
YES = {"ja", "j", "x", "1", "sant", "sann", "yes", "y", "true", "v", "ok"}
NO = {"nei", "n", "0", "usant", "usann", "no", "false"}
#: What stands for a date in a column of ends.
GOES_ON = NO | {
    "pågår",
    "pågående",
    "løpende",
    "fortsetter",
    "fortsatt",
    "aktiv",
    "aktivt",
    "åpen",
    "ikke avsluttet",
    "d.d",
    "dd",
    "ongoing",
    "open",
    "active",
}
HAS_ENDED = YES | {
    "avsluttet",
    "avslutta",
    "sluttet",
    "slutt",
    "ferdig",
    "utskrevet",
    "ended",
    "closed",
}
#: Words that belong to the family name after them.
PARTICLES = {"van", "von", "de", "der", "den", "al", "el", "bin", "ben"}
#: Others that are written small.
_SMALL_PARTICLES = {
    "af",
    "av",
    "da",
    "den",
    "di",
    "do",
    "dos",
    "du",
    "la",
    "le",
    "ten",
    "ter",
    "zu",
    "d",
    "o",
    "bint",
    "ibn",
}
#: Characters of names beside letters.
_IN_NAMES = " ,.-‐‑'’´`·"
#: What is written beside names of people who no longer are followed, or not now, between two, and where nobody is.
NO_NAMES = {
    "avslutta",
    "avsluttet",
    "død",
    "ferdig",
    "flyttet",
    "ikke",
    "jobb",
    "ledig",
    "møtt",
    "og",
    "permittert",
    "permisjon",
    "sluttet",
    "sykemeldt",
    "sykmeldt",
    "utmeldt",
    "utskrevet",
    "venteliste",
}
#: The same in small letters, beside words with capitals: some people are called Ny or Eller.
NO_NAMES_IN_SMALL = {
    "eller",
    "født",
    "gift",
    "igjen",
    "ikke",
    "ny",
    "nytt",
    "og",
    "pause",
    "permittert",
    "se",
    "slutter",
    "tidligere",
    "venter",
    "vikar",
}
#: Nobody's name.
NOBODY = re.compile(r"n[. ]*n[. ]*", re.I)
#: Names that are as good as nothing where they are not written as names.
_NAMES_LIKE_NOTHING = {"Null", "Na"}
#: What stands in a column of employers where there is none.
NO_EMPLOYER = {
    *("ja", "nei", "ikke", "ikke i jobb", "ikke jobb", "har ikke jobb", "ingen jobb", "uten jobb", "ikke i arbeid"),
    *(
        "uten arbeid",
        "ikke ansatt",
        "ledig",
        "arbeidsledig",
        "arbeidsløs",
        "arbeidssøker",
        "arbeidssøkende",
        "jobbsøker",
    ),
    *("søker jobb", "søker arbeid", "aap", "arbeidsavklaringspenger", "dagpenger", "sosialhjelp", "ufør", "uføretrygd"),
    *("sykmeldt", "sykemeldt", "hjemmeværende", "unemployed", "not working", "no job", "none yet", "ikke ennå"),
}
#: What a spreadsheet shows where a formula has gone wrong.
FORMULA_ERROR = re.compile(
    r"#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|GETTING_DATA|I/T|VERDI!|NAVN\?)",
    re.I,
)


#: A letter that was not kept, or what became of one: signs without a look, which no keyboard writes.
LOST_LETTER = re.compile("[\ufffd\x80-\x9f]")

#: How people write "the same as in the row above".
DITTO = re.compile(
    r"""["”“„«»''´`′″〃↑^]{1,2}|[-–—_]+ ?["”“„''´`′″]{1,2} ?[-–—_]+"""
    r"|do\.|d\.o\.|dit?to|idem|(den |det )?samme( sted)?( som (over|ovenfor))?|(som|se) (over|ovenfor)",
    re.I,
)


def refuse_lost_letters(cell: Cell) -> None:
    """Raise ValueError for a text with a sign that stands where a letter could not be read, or with one without a look."""
    if isinstance(cell, str) and LOST_LETTER.search(cell):
        raise ValueError(
            _("“%(cell)s” has lost letters (�). Write them again.") % {"cell": text(LOST_LETTER.sub("\ufffd", cell))}
        )


def refuse_ditto(cell: Cell) -> None:
    """Raise ValueError where the cell only says that it is the same as the one above."""
    if isinstance(cell, str) and DITTO.fullmatch(" ".join(cell.split())):
        raise ValueError(_("“%(cell)s” stands for what is in the row above. Write it out.") % {"cell": cell})


def refuse_formula(cell: Cell) -> None:
    """Raise ValueError where the cell is a formula the file has no result of, or one that has gone wrong."""
    if isinstance(cell, str) and (cell.startswith("=") or FORMULA_ERROR.fullmatch(cell)):
        raise ValueError(
            _("“%(cell)s” is a formula without a result. Paste the values instead, and save the file again.")
            % {"cell": cell[:60]}
        )


#: Signs that stand for nothing.
_DASHES = re.compile(r"[?–—-]+")


def text(cell: Cell) -> str:
    """The cell as text, numbers without a trailing ``.0``; the empty string for an empty cell or a dash."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    words = " ".join(str(cell).split())
    return "" if words.lower() in EMPTY or _DASHES.fullmatch(words) else words


def as_people_write(cell: Cell) -> str:
    """The cell as it is shown: a number with the decimal sign of the language."""
    if isinstance(cell, float | Decimal) and not float(cell).is_integer():
        return number_format(cell)
    return text(cell)


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
                % {"cell": _short(cell), "how": how_to_write()}
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
        raise ValueError(_("“%(cell)s” is not a day in the calendar.") % {"cell": _short(cell)}) from None
    return _reasonable(calendar_day, _short(cell))


def _short_day(cell: Cell, readings: dict[Year, date], year: Year) -> date:
    """The day of two, two and two figures in a column that has its year first, or in both places."""
    if len(readings) > 1 and year is Year.UNKNOWN and readings[Year.LAST] != readings[Year.FIRST]:
        raise ValueError(
            _("“%(cell)s” can be both %(day)s and %(other)s. %(how)s")
            % {
                "cell": _short(cell),
                "day": readings[Year.LAST],
                "other": readings[Year.FIRST],
                "how": how_to_write(),
            }
        )
    return readings.get(year) or next(iter(readings.values()))


def end_day(cell: Cell, column: DateColumn = DateColumn()) -> date | None:
    """The day something ended. That it goes on is no day; that it has ended is not enough."""
    words = text(cell).lower().rstrip(".!")
    if words in GOES_ON:
        return None
    if words in HAS_ENDED:
        raise ValueError(_("“%(cell)s” says that it has ended, but not when. Write the date.") % {"cell": text(cell)})
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
    words = text(cell).lower().rstrip(".")
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
    return _("“%(cell)s” is not a date. %(how)s") % {"cell": _short(cell), "how": how_to_write()}


def how_to_write() -> str:
    """How a date is written, without one that could be taken for the answer."""
    return _("Write day, month and year with numbers: DD.MM.YYYY.")


def _short(cell: Cell) -> str:
    """A cell as it is quoted in a sentence."""
    return as_people_write(cell)[:60]


def _reasonable(calendar_day: date, written: str) -> date:
    if not EARLIEST <= calendar_day <= LATEST:
        raise ValueError(_("“%(cell)s” is too far away to be right.") % {"cell": written})
    return calendar_day


def number(cell: Cell) -> Decimal | None:
    """A number with comma or point, spaces and units around it allowed: ``"37,5 t"`` -> 37.5."""
    if isinstance(cell, int | float | Decimal):
        if not -LARGEST_NUMBER < cell < LARGEST_NUMBER:
            raise ValueError(_("“%(cell)s” is not a number.") % {"cell": _short(cell)})
        return Decimal(str(cell))
    words = text(cell)
    if not words:
        return None
    match = re.fullmatch(
        r"(?:ca\.? *)?(-?\d[\d ]*(?:[.,]\d+)?) *(?:%|t|timer|t/uke|timer/uke|prosent|h|hours)?\.?", words, re.I
    )
    if match is None:
        raise ValueError(_("“%(cell)s” is not a number.") % {"cell": _short(cell)})
    try:
        return Decimal(match[1].replace(" ", "").replace(",", "."))
    except InvalidOperation:
        raise ValueError(_("“%(cell)s” is not a number.") % {"cell": _short(cell)}) from None


def hours(cell: Cell) -> Decimal | None:
    """Hours a week, 0 to 60. ``"50 %"`` is taken as a share of 37.5 hours; a bare ``0.5`` can be both and is refused."""
    if says_per_cent(cell):
        return percent(cell)
    value = number(cell)
    if value is not None and not 0 <= value <= MOST_HOURS:
        raise ValueError(_("“%(cell)s” hours a week cannot be right.") % {"cell": _short(cell)})
    if value and value <= 1 and not re.search("[a-z]", text(cell), re.I):
        raise ValueError(
            _("“%(cell)s” can be hours or a share of a position. Write hours as “20 t”, or a share as “50 %%”.")
            % {"cell": _short(cell)}
        )
    return value.quantize(Decimal("0.01")) if value is not None else None


def says_hours(cell: Cell) -> bool:
    """Whether a cell says that its number is hours."""
    return isinstance(cell, str) and re.search(r"\d *(t|timer?|h|hours?)\b", cell, re.I) is not None


def looks_like_hours(cells: Iterable[Cell]) -> bool:
    """Whether a column of per cent without signs holds what hours a week hold: a full week's, or no more than one."""
    cells = list(cells)
    if any(map(says_per_cent, cells)):
        return False
    found = {number for cell in cells if (number := _bare_number(cell)) is not None and number > 1}
    if not found or max(found) > MOST_USUAL_HOURS:
        return False
    return bool(found & FULL_WEEKS) or (len(found) >= ENOUGH_NUMBERS and max(found) <= FULL_TIME_HOURS)


def looks_like_per_cent(cells: Iterable[Cell]) -> bool:
    """Whether some number of a column of hours cannot be hours, and every one can be per cent."""
    found = {number for cell in cells if (number := _bare_number(cell)) is not None}
    return bool(found) and MOST_HOURS < max(found) <= 100


def _bare_number(cell: Cell) -> Decimal | None:
    """The number of a cell that says nothing else."""
    if says_per_cent(cell) or says_hours(cell):
        return None
    try:
        return number(cell)
    except ValueError:
        return None


def is_bare_number(cell: Cell) -> bool:
    """Whether a cell is a number above one that does not say what it counts."""
    found = _bare_number(cell)
    return found is not None and found > 1


def says_per_cent(cell: Cell) -> bool:
    """Whether a cell or a heading says that its number is per cent."""
    return isinstance(cell, str) and re.search(r"%|prosent|per cent|percent", cell, re.I) is not None


def is_usual_hours(cell: Cell) -> bool:
    """Whether a number without a sign for per cent is more often hours a week than a share: 37.5, 35.5, 18.75."""
    if says_per_cent(cell):
        return False
    try:
        return number(cell) in USUAL_HOURS
    except ValueError:
        return False


def percent(cell: Cell) -> Decimal | None:
    """Hours a week from a position's share: ``50``, ``"50 %"`` and Excel's ``0.5`` are all 18.75 hours of 37.5."""
    value = share(cell)
    return None if value is None else (FULL_TIME_HOURS * value / 100).quantize(Decimal("0.01"))


def share(cell: Cell) -> Decimal | None:
    """Per cent of a position, 0 to 100: ``50``, ``"50 %"`` and Excel's ``0.5`` are all 50."""
    value = number(cell)
    if value is None:
        return None
    # "1" is a whole position that a spreadsheet has kept as a number; nobody has one per cent of one.
    if 0 < value <= 1 and not says_per_cent(cell):
        value *= 100
    if not 0 <= value <= 100:
        raise ValueError(_("“%(cell)s” per cent of a position cannot be right.") % {"cell": _short(cell)})
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


def names(
    name: Cell, given: Cell, family: Cell, *, middle: Cell = None, may_have_marks: bool = False
) -> tuple[str, str]:
    """(given name, family name) from two columns or one: ``"Etternavn, Fornavn"`` or ``"Fornavn Etternavn"``.

    A middle name in a column of its own is kept with the given name. In one column without a comma the last word is the
    family name, and what is written before it belongs to the given. Marks and signs are refused, unless somebody is asked
    whether they are right.
    """
    # Null and Na are names too, written as names. "null" is what a program writes for nothing.
    given_name, family_name = (str(cell) if cell in _NAMES_LIKE_NOTHING else text(cell) for cell in (given, family))
    whole = text(name)
    middle_name = text(middle)
    for written in () if may_have_marks else (given_name, middle_name, family_name, whole):
        _refuse_more_than_a_name(written)
    if NOBODY.fullmatch(whole or f"{given_name}{family_name}"):
        raise ValueError(
            _("“%(cell)s” is no name. Both a given name and a family name are needed.")
            % {"cell": whole or f"{given_name} {family_name}"}
        )
    for part in re.split(r"[\s,]+", whole):
        if len(part) > 2 and part.lower() in EMPTY and part != "Null":
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
    if middle_name and middle_name.lower() not in given_name.lower().split():
        given_name = f"{_cased(given_name)} {_cased(middle_name)}"
    return _cased(given_name), _cased(family_name)


def _refuse_more_than_a_name(words: str) -> None:
    """Raise ValueError where the cell has something beside a name: a remark, a mark, a number, another name."""
    has_a_mark = any(
        unicodedata.category(character)[0] not in "LM"
        and character not in _IN_NAMES
        and unicodedata.category(character) != "Cf"
        for character in words
    )
    separate = re.split(r"[ ,]+", words)
    has_words = any(word.lower() in NO_NAMES for word in separate) or (
        not words.islower() and any(word in NO_NAMES_IN_SMALL for word in separate)
    )
    if has_a_mark or has_words or words.count(",") > 1 or re.search(r" -|- ", words):
        raise ValueError(_("“%(cell)s” holds something beside a name. Write only the name.") % {"cell": _short(words)})


def begins_with_a_particle(*names: str) -> bool:
    """Whether one of the names begins with a word that is written small: "de", "von" ..."""
    return any(name.split()[0].split("-")[0].split("'")[0] in {*PARTICLES, *_SMALL_PARTICLES} for name in names)


def _cased(name: str) -> str:
    """Names in capitals only are written as names; everything else stays as it was written."""
    return name.title() if name.isupper() and len(name) > 1 else name


#: Digits with what people write between them, and what parts two numbers from each other.
_PHONE = re.compile(r"(?:\+|\b00 ?)?\(?\d[\d ().\-‐‑–]*")
_BETWEEN_PHONES = re.compile(r"[/;,|&]|\b(?:og|eller|and|or)\b", re.I)
#: What may stand beside a number without meaning that it is somebody else's.
_PHONE_LABELS = {"tlf", "tel", "telefon", "mob", "mobil", "mobile", "phone", "nr", "m", "t"}
FEWEST_DIGITS, USUAL_DIGITS, MOST_DIGITS = 5, 8, 15


@dataclass(frozen=True)
class Phone:
    """What a cell for a phone number holds: the first number, other numbers, and words beside them."""

    number: str = ""
    others: tuple[str, ...] = ()
    words: str = ""

    @property
    def is_short(self) -> bool:
        """Whether digits seem to be missing: a number here has eight, or the five of a business."""
        digits = sum(map(str.isdigit, self.number))
        return bool(self.number) and not self.number.startswith(("+", "00")) and FEWEST_DIGITS < digits < USUAL_DIGITS


#: A day, which has eight digits too.
_LIKE_A_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](19|20)?\d\d|(19|20)\d\d-\d\d-\d\d.*")


def phone(cell: Cell) -> Phone:
    """The phone number of a cell. What is none (a text, an address, a date, an identity number) is among the words."""
    content = text(cell)
    if "@" in content or _LIKE_A_DATE.fullmatch(content):
        return Phone(words=content)
    numbers: list[str] = []
    beside: list[str] = []
    for part in _BETWEEN_PHONES.split(content):
        rest = part
        for match in _PHONE.finditer(part):
            if found := _phones_in(match[0].strip(" .-‐‑–").rstrip("( ")):
                numbers += found
                rest = rest.replace(match[0], " ", 1)
        beside += [word for word in re.findall(r"\w+", rest) if word.lower() not in _PHONE_LABELS]
    return Phone(next(iter(numbers), ""), tuple(numbers[1:]), " ".join(beside))


def _phones_in(written: str) -> list[str]:
    """The numbers in digits that nothing parts but spaces: two of eight digits stand so, and most often it is one."""
    digits = "".join(filter(str.isdigit, written))
    if len(digits) == 11 and digits == written.replace(" ", "") and not digits.startswith("00"):
        # As an identity number is written.
        return []
    if len(digits) == 2 * USUAL_DIGITS and not written.startswith(("+", "00")):
        seen = 0
        for place, character in enumerate(written):
            seen += character.isdigit()
            if seen == USUAL_DIGITS:
                return [written[: place + 1].strip(), written[place + 1 :].strip()]
    return [written] if FEWEST_DIGITS <= len(digits) <= MOST_DIGITS else []


def yes(cell: Cell) -> bool:
    """Yes or no: ja, j, x, 1, sant, yes, true; anything else that is not empty must be a no."""
    words = text(cell).lower()
    if words in YES:
        return True
    if words in NO | {""}:
        return False
    raise ValueError(_("“%(cell)s” is neither yes nor no.") % {"cell": text(cell)})
