"""Which row of a sheet names its columns, and how. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice

from . import guards, neighbours
from .columns import LONGEST_HEADING, are_headings, field_of, headings_in, plain
from .fields import CONTACT, Field
from .files.reading import UnreadableFile
from .lines import Cell, Line, Merges
from .translatable import gettext as _

#: No list has more columns; a page could not show what each of them holds.
MOST_COLUMNS = 500
#: How far down a heading row is looked for: titles, logos and dates may stand above it.
DEEPEST_HEADING = 15
#: A day, wherever it stands in a text.
DAY = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}-\d{2}-\d{2}")
#: Eleven digits, or nine and ten where leading zeros were lost: whoever has one is a person, not a total.
NUMBER = re.compile(r"\D*(\d[ .\-]?){9,11}\D*")


def find(lines: list[Line], merges: Merges) -> tuple[int, dict[int, str]]:
    """Which row names the columns, and how: the one with the most known headings, else one of words above the first number.

    What stands above it (a title, who brought the list up to date, what the colours mean) may hold a word or two that
    headings hold too, but in fewer cells.
    """
    top = lines[:DEEPEST_HEADING]
    widths = [len(line.cells) for line in top]
    if max(widths) > MOST_COLUMNS:
        raise UnreadableFile(too_wide())
    candidates = [_headings(top, place, merges) for place in range(len(top))]
    enough = max(2, max(widths) // 2)
    known_headings = [headings_in(candidate.values()) for candidate in candidates]
    places = [place for place, width in enumerate(widths) if width >= enough and known_headings[place]]
    if places:
        at = max(places, key=lambda place: (known_headings[place], widths[place], -place))
        return at, _below_titles(top, at, candidates[at])
    first_person = next((place for place, line in enumerate(top) if any(map(is_number, line.cells.values()))), len(top))
    places = [place for place in range(first_person) if widths[place] >= enough and _could_be_headings(top[place])]
    if not places:
        raise UnreadableFile(
            _(
                "No row of headings was found. The sheet needs a row that names the columns, "
                "for example: Fødselsnummer, Fornavn, Etternavn, Henvist dato."
            )
        )
    # Without numbers there is nothing to tell a row of words from the people below it, so the first is taken.
    down = 1 if first_person < len(top) else -1
    at = max(places, key=lambda place: (widths[place], down * place))
    return at, candidates[at]


def is_number(cell: Cell) -> bool:
    """Whether a cell may be an identity number."""
    return NUMBER.fullmatch(str(cell)[: LONGEST_HEADING + 1]) is not None


def _could_be_headings(line: Line) -> bool:
    """Whether a row holds several words, and neither dates nor numbers."""
    texts = [cell for cell in line.cells.values() if isinstance(cell, str)]
    short = [text for text in texts if len(text) <= LONGEST_HEADING]
    words = [text for text in short if re.search(r"[^\W\d_]{2}", text) and not DAY.search(text)]
    return len(words) >= 2 and len(texts) == len(line.cells)


def _headings(lines: list[Line], place: int, merges: Merges) -> dict[int, str]:
    """The headings if this row were the one of headings: what a merged cell just above says stands before its own.

    A cell merged over all of them is a title, and one with a date, a number or a colon says something else; both would
    make other headings of them each time the list is brought up to date.
    """
    line = lines[place]
    across = {index: merges.across(line.number - 1, index) for index in merges.columns}
    across = {index: over for index, over in across.items() if over is not None or index in line.cells}
    texts = set(across.values()) - {None}
    is_a_title = len(texts) == 1 and None not in {across[index] for index in line.cells}
    names_columns = not is_a_title and all(map(_is_label, texts))
    has_above = place > 0 and lines[place - 1].number == line.number - 1 and names_columns
    own = {index: _heading(line.cells.get(index, "")) for index in across}
    headings = {}
    for index, over in across.items():
        above = _heading(over) if has_above and over is not None else ""
        headings[index] = _heading(f"{above} {own[index]}") if above != own[index] else own[index]
    return headings


def _is_label(cell: Cell) -> bool:
    """Whether a cell may be the title of columns: words alone."""
    return isinstance(cell, str) and len(cell) <= LONGEST_HEADING and not re.search(r"[\d:]", cell)


def _heading(cell: Cell) -> str:
    """A cell as a heading. What is too long for one is cut, and stays too long for one."""
    text = " ".join(str(cell)[: 2 * LONGEST_HEADING].split())
    return text if len(text) <= LONGEST_HEADING else f"{text[:LONGEST_HEADING]}…"


def _below_titles(lines: list[Line], place: int, headings: dict[int, str]) -> dict[int, str]:
    """The headings, those of names and contact with the title that stands above them, where that speaks of someone else.

    Nobody can see how far a title reaches whose cells are not merged. It is taken to reach to the next one, or to what is
    the participant's.
    """
    above = lines[place - 1].cells if place else {}
    is_merged = any(text != _heading(lines[place].cells.get(index, "")) for index, text in headings.items())
    if is_merged or not above or not all(map(_is_label, above.values())) or max(above) <= min(headings):
        return headings
    others = {title for title in {str(cell) for cell in above.values()} if guards.names_someone_else(plain(title))}
    named = dict(headings)
    title = ""
    for index in sorted(headings):
        if index in above:
            title = _heading(above[index]) if above[index] in others else ""
        field = field_of(headings[index]) if title else Field.IGNORED
        if title and field in (*CONTACT, *neighbours.NAMES):
            named[index] = _heading(f"{title} {headings[index]}")
        elif field in neighbours.OF_THE_PARTICIPANT:
            title = ""
    return named


def refuse_people_in_columns(lines: list[Line], heading_line: Line, headings: Mapping[int, str]) -> None:
    """Raise UnreadableFile for a list that is turned round; its headings would be people."""
    first_column = min(headings)
    down = headings_in(line.cells.get(first_column) for line in lines[:DEEPEST_HEADING])
    if any(is_number(words) for words in headings.values()) or (
        down > max(1, headings_in(headings.values()))
        and any(is_number(cell) for line in lines[:DEEPEST_HEADING] for cell in line.cells.values())
    ):
        raise UnreadableFile(
            _(
                "The people seem to stand in columns: where the headings should be, in row %(row)d, there are people. "
                "Turn the list round, so that each person has a row (in Excel: copy it, Paste Special, Transpose)."
            )
            % {"row": heading_line.number}
        )


def too_wide() -> str:
    """What is said of a sheet with too many columns."""
    return _("The sheet has more than 500 columns. Copy the columns of the list to a new file, and use that.")


def has_known_headings(lines: list[Line]) -> bool:
    """Whether some of the first lines look like headings."""
    return any(are_headings(islice(line.cells.values(), MOST_COLUMNS)) for line in lines[: 2 * DEEPEST_HEADING])
