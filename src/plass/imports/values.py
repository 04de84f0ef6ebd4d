"""What a cell means: numbers, names, phones, yes and no, as people write them in spreadsheets (days: :mod:`.date_values`).

Pure. Each function returns the value, or None for an empty cell, and raises ValueError with a sentence that says what
is wrong with this cell, in the reader's language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.formats import number_format

from .lines import Cell
from .translatable import gettext as _

#: Nothing that a list counts is as much.
LARGEST_NUMBER = 10**12
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


def quoted(cell: Cell) -> str:
    """A cell as it is quoted in a sentence."""
    return as_people_write(cell)[:60]


def number(cell: Cell) -> Decimal | None:
    """A number with comma or point, spaces and units around it allowed: ``"37,5 t"`` -> 37.5."""
    if isinstance(cell, int | float | Decimal):
        if not -LARGEST_NUMBER < cell < LARGEST_NUMBER:
            raise ValueError(_("“%(cell)s” is not a number.") % {"cell": quoted(cell)})
        return Decimal(str(cell))
    words = text(cell)
    if not words:
        return None
    match = re.fullmatch(
        r"(?:ca\.? *)?(-?\d[\d ]*(?:[.,]\d+)?) *(?:%|t|timer|t/uke|timer/uke|prosent|h|hours)?\.?", words, re.I
    )
    if match is None:
        raise ValueError(_("“%(cell)s” is not a number.") % {"cell": quoted(cell)})
    try:
        return Decimal(match[1].replace(" ", "").replace(",", "."))
    except InvalidOperation:
        raise ValueError(_("“%(cell)s” is not a number.") % {"cell": quoted(cell)}) from None


def hours(cell: Cell) -> Decimal | None:
    """Hours a week, 0 to 60. ``"50 %"`` is taken as a share of 37.5 hours; a bare ``0.5`` can be both and is refused."""
    if says_per_cent(cell):
        return percent(cell)
    value = number(cell)
    if value is not None and not 0 <= value <= MOST_HOURS:
        raise ValueError(_("“%(cell)s” hours a week cannot be right.") % {"cell": quoted(cell)})
    if value and value <= 1 and not re.search("[a-z]", text(cell), re.I):
        raise ValueError(
            _("“%(cell)s” can be hours or a share of a position. Write hours as “20 t”, or a share as “50 %%”.")
            % {"cell": quoted(cell)}
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
        raise ValueError(_("“%(cell)s” per cent of a position cannot be right.") % {"cell": quoted(cell)})
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
        raise ValueError(_("“%(cell)s” holds something beside a name. Write only the name.") % {"cell": quoted(words)})


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
