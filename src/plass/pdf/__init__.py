"""PDF documents set by Typst: the fonts they are set in, and what stands where no font has a letter.

Free text holds whatever people write: emoji, Thai, Tigrinya, signs that no program shows. The standard for accessible
documents (PDF/UA-1) refuses a text that a font lacks, so what goes in is looked through first. Only the fonts that come
with the program are used, so that a document looks the same on every machine. A library: no Django, no other room.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import typst
import vl_convert

#: What the build has put here (``hatch_build.py``).
FONTS = Path(__file__).parent / "fonts"
MAIN_FONT = "Libertinus Serif"
#: Has nearly every sign, each in a square: what no other font has.
LAST_FONT = "UnifontExMono"
#: Stands where no font has the sign.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_NEW_LINES = str.maketrans({**dict.fromkeys("\r\v\f\x85\u2028\u2029", "\n"), "\t": " "})
#: Variation selectors: they choose between forms of the letter before, and show nothing themselves.
_CHOOSE_A_FORM = "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
_JOINER = "\N{ZERO WIDTH JOINER}"
#: What the main font has letters of, by the first word of their names.
_MAIN_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "DIGIT", "SPACE", "COMBINING")
#: Comes with what turns drawings into dots.
_DOTS_FONT = "Liberation Sans"
_PLAIN_SIGNS = "–—‘’“”«»…•−×·±≤≥≠§°%‰\u00a0\u202f"
_PICTURES_FONT = re.compile(r'\sfont-family="[^"]*"')
_ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"


@dataclass(frozen=True)
class Printable:
    """What a document is given: only what its fonts can show. ``is_whole`` where nothing had to be replaced."""

    value: Any
    is_whole: bool


def printable(value: Any) -> Printable:
    """Text, or lists and dictionaries with text in them, with :data:`REPLACEMENT` for each sign that no font has."""
    if isinstance(value, str):
        return _printable_text(value)
    if isinstance(value, dict):
        inner = {key: printable(part) for key, part in value.items()}
        return Printable(
            {key: part.value for key, part in inner.items()}, all(part.is_whole for part in inner.values())
        )
    if isinstance(value, list | tuple):
        parts = [printable(part) for part in value]
        return Printable([part.value for part in parts], all(part.is_whole for part in parts))
    return Printable(value, True)


def compiled(template: Path, data: Any, *, root: Path | None = None) -> bytes:
    """The document as PDF/UA-1. The template reads ``data`` from ``sys.inputs``, so that nothing in it is markup."""
    pdf = _compiler(template, data, root).compile(format="pdf", pdf_standards=["ua-1"])
    assert isinstance(pdf, bytes)
    return pdf


def pages(template: Path, data: Any, *, root: Path | None = None, ppi: float = 70.0) -> list[bytes]:
    """The document's pages as PNG, to look at."""
    images = _compiler(template, data, root).compile(format="png", ppi=ppi)
    return [images] if isinstance(images, bytes) else list(images or [])


def picture(svg: str) -> tuple[str, bytes]:
    """A picture as a document can hold it: how its file's name ends, and the file.

    Within a drawing Typst sets each text in one font. One with a letter that the main font lacks becomes dots instead.
    """
    svg = printable(svg).value
    if all(letter.isascii() or _script(letter) == "" or letter in _PLAIN_SIGNS for letter in svg):
        return "svg", _PICTURES_FONT.sub(f' font-family="{MAIN_FONT}"', svg).encode()
    vl_convert.register_font_directory(str(FONTS))
    dots: bytes = vl_convert.svg_to_png(_PICTURES_FONT.sub(f' font-family="{_DOTS_FONT}"', svg), scale=3)
    return "png", dots


def _compiler(template: Path, data: Any, root: Path | None) -> typst.Compiler:
    return typst.Compiler(
        str(template),
        root=root,
        font_paths=_fonts(),
        sys_inputs={
            "data": json.dumps(printable(data).value, ensure_ascii=False),
            "fonts": json.dumps(_font_families()),
        },
    )


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[str(FONTS)])


@cache
def _font_families() -> list[str]:
    """The fonts in the order they are tried: the main one, those for a script each, and the one that has the rest."""
    ours = {font.family for font in _fonts().fonts() if font.path}
    return [MAIN_FONT, *sorted(ours - {LAST_FONT}), LAST_FONT]


@cache
def _letters() -> tuple[list[int], list[int]]:
    """The first and the last number of each run of letters that the fonts have."""
    ranges = json.loads((FONTS / "letters.json").read_text())
    return [first for first, _last in ranges], [last for _first, last in ranges]


def _printable_text(text: str) -> Printable:
    if text.isascii() and text.isprintable():
        return Printable(text, True)
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").translate(_NEW_LINES)
    signs = [_sign(letter) for letter in text]
    shown = "".join(REPLACEMENT if sign is None else sign for sign in signs)
    return Printable(_with_marks_apart(shown), None not in signs)


def _with_marks_apart(text: str) -> str:
    """A space of no width between a letter and a mark of another script, such as an emoji with an accent.

    Typst loses the letter otherwise: it takes the mark from one font, and then looks for the letter in no other.
    """
    parts: list[str] = []
    script = ""
    for letter in text:
        if unicodedata.category(letter).startswith("M") and letter not in _CHOOSE_A_FORM:
            of_the_mark = _script(letter)
            if script != of_the_mark:
                parts.append(_ZERO_WIDTH_SPACE)
                script = of_the_mark
        elif letter != _JOINER and letter not in _CHOOSE_A_FORM:
            script = _script(letter)
        parts.append(letter)
    return "".join(parts)


@cache
def _script(letter: str) -> str:
    """By the first word of its name; one for all that the main font has."""
    word = unicodedata.name(letter, "").partition(" ")[0]
    return "" if word in _MAIN_SCRIPTS else word


@cache
def _sign(letter: str) -> str | None:
    """The letter where a font has it, nothing where it shows nothing, None where it must be replaced."""
    if letter == "\n":
        return letter
    if letter == "\N{ZERO WIDTH NO-BREAK SPACE}":
        # The standard forbids it.
        return ""
    kind = unicodedata.category(letter)
    if kind not in ("Cc", "Cs") and _is_in_a_font(ord(letter)):
        return letter
    return "" if kind == "Cf" or letter in _CHOOSE_A_FORM else None


def _is_in_a_font(number: int) -> bool:
    firsts, lasts = _letters()
    run = bisect_right(firsts, number) - 1
    return run >= 0 and number <= lasts[run]
