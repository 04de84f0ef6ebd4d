"""Every text on a page exists in bokmål and in English, and no text escapes translation."""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup, NavigableString
from bs4.element import Comment, Doctype
from django.utils.translation.template import templatize

SOURCE = Path(__file__).parents[2] / "src" / "plass"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
#: Names that are the same in every language.
NAMES = {"Plass", "Nav", "STYRK-08", "XLSX", "CSV", "PDF", "Bokmål", "Nynorsk", "English"}
#: The engine is a library without Django; its reports carry their own two languages.
WITHOUT_GETTEXT = {"evaluation"}


def rooms() -> list[str]:
    return sorted(
        folder.name
        for folder in SOURCE.iterdir()
        if folder.is_dir() and (folder / "__init__.py").exists() and folder.name not in WITHOUT_GETTEXT
    )


def texts(room: str) -> dict[str, list[str]]:
    """Every text of a room that goes through gettext, and where it stands."""
    places: dict[str, list[str]] = defaultdict(list)
    folder = SOURCE / room
    for file in sorted(folder.rglob("*.py")):
        if "migrations" in file.parts:
            continue
        for line, text in _extract(file.read_bytes()):
            places[text].append(f"{file.relative_to(SOURCE)}:{line}")
    for file in sorted(folder.rglob("templates/**/*.html")):
        code = templatize(file.read_text(encoding="utf-8"), origin=str(file))
        # A template is indented as HTML is; to Python's tokenizer that would be blocks.
        for line, text in _extract("\n".join(line.lstrip() for line in code.splitlines()).encode()):
            places[text].append(f"{file.relative_to(SOURCE)}:{line}")
    return places


def _extract(code: bytes) -> Iterator[tuple[int, str]]:
    for line, _function, messages, _comments in extract_python(io.BytesIO(code), KEYWORDS, [], {"encoding": "utf-8"}):
        text = messages[0] if isinstance(messages, tuple) else messages
        if text:
            yield line, text


def catalogue(room: str) -> dict[str, tuple[object, bool]]:
    """The bokmål of a room: text -> (translation, fuzzy)."""
    file = SOURCE / room / "locale" / "nb" / "LC_MESSAGES" / "django.po"
    if not file.exists():
        return {}
    with file.open("rb") as opened:
        po = read_po(opened, locale="nb")
    return {
        message.id[0] if isinstance(message.id, tuple) else message.id: (message.string, message.fuzzy)
        for message in po
        if message.id
    }


@pytest.mark.parametrize("room", rooms())
def test_every_text_has_bokmål(room: str) -> None:
    everywhere: dict[str, tuple[object, bool]] = {}
    for any_room in rooms():
        everywhere |= catalogue(any_room)
    everywhere |= catalogue(room)
    missing = []
    for text, places in texts(room).items():
        translation, fuzzy = everywhere.get(text, ("", False))
        parts = translation if isinstance(translation, tuple) else (translation,)
        if fuzzy or not all(parts):
            missing.append(f"{text!r} ({places[0]})")
    assert not missing, f"{len(missing)} texts of {room} without bokmål:\n" + "\n".join(missing[:40])


@pytest.mark.parametrize("room", rooms())
def test_no_translation_is_left_over(room: str) -> None:
    used = set(texts(room))
    left_over = [text for text in catalogue(room) if text not in used]
    assert not left_over, f"{room}/locale translates what is no longer there:\n" + "\n".join(left_over[:40])


@pytest.mark.parametrize("room", rooms())
def test_placeholders_are_the_same_in_both_languages(room: str) -> None:
    different = []
    for text, (translation, _fuzzy) in catalogue(room).items():
        for part in translation if isinstance(translation, tuple) else (translation,):
            if part and set(re.findall(r"%\(\w+\)[sd]", text)) - set(re.findall(r"%\(\w+\)[sd]", str(part))) - {
                "%(count)d",
                "%(count)s",
            }:
                different.append(f"{text!r} -> {part!r}")
    assert not different, "\n".join(different)


SPOKEN = {"aria-label", "title", "placeholder", "alt", "label", "heading", "text", "description", "help", "summary"}
WORD = re.compile(r"[A-Za-zÆØÅæøå]{2,}")
BLOCK = re.compile(r"{%\s*(blocktranslate|blocktrans|comment|verbatim)\b.*?%}.*?{%\s*end\1\s*%}", re.S)
TAG = re.compile(r"{%.*?%}|{{.*?}}|{#.*?#}", re.S)


def templates() -> list[Path]:
    return sorted(SOURCE.rglob("templates/**/*.html"))


def bare_words(text: str) -> str:
    for name in NAMES:
        text = text.replace(name, "")
    return text if WORD.search(text) else ""


@pytest.mark.parametrize("file", templates(), ids=lambda file: str(file.relative_to(SOURCE)))
def test_no_text_stands_bare_in_a_template(file: Path) -> None:
    code = TAG.sub(" ", BLOCK.sub(" ", file.read_text(encoding="utf-8")))
    soup = BeautifulSoup(code, "html.parser")
    for hidden in soup.find_all(["script", "style", "code", "svg"]):
        hidden.decompose()
    bare = [
        node.strip()
        for node in soup.find_all(string=True)
        if isinstance(node, NavigableString) and not isinstance(node, Comment | Doctype) and bare_words(node)
    ]
    for element in soup.find_all(True):
        for name, value in element.attrs.items():
            if name in SPOKEN and isinstance(value, str) and bare_words(value):
                bare.append(f"{name}={value!r}")
    assert not bare, "write these through translation: " + "; ".join(bare[:10])


def test_a_text_of_two_rooms_is_said_alike() -> None:
    """All catalogues become one: of two translations of the same text, one would stand on the other room's pages."""
    translations: dict[tuple[object, str | None], dict[object, list[str]]] = defaultdict(lambda: defaultdict(list))
    for room in rooms():
        file = SOURCE / room / "locale" / "nb" / "LC_MESSAGES" / "django.po"
        if not file.exists():
            continue
        with file.open("rb") as opened:
            for message in read_po(opened, locale="nb"):
                if message.id:
                    translations[message.id, message.context][message.string].append(room)
    assert len(translations) > 1000
    assert {
        str(text): dict(rooms_by_translation)
        for (text, _context), rooms_by_translation in translations.items()
        if len(rooms_by_translation) > 1
    } == {}
