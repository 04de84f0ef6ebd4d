"""Documents as PDF/UA-1, whatever people wrote: each letter is shown, or a sign that is seen stands for it."""

from __future__ import annotations

import ast
import unicodedata
from pathlib import Path

import pytest

from plass import pdf

from .hard_text import REPLACED, WRITTEN, mixed, samples

TEMPLATE = """
#let data = json(bytes(sys.inputs.data))
#set document(title: "Letters")
#set text(font: json(bytes(sys.inputs.fonts)))
#for line in data { par(line) }
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("letters") / "letters.typ"
    path.write_text(TEMPLATE)
    return path


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_what_people_write_is_shown_as_it_is(template: Path, text: str) -> None:
    assert pdf.printable(text).is_whole
    assert b"pdfuaid" in pdf.compiled(template, [text])


@pytest.mark.parametrize("text", REPLACED.values(), ids=REPLACED)
def test_what_no_font_has_is_replaced_by_a_sign_that_is_seen(template: Path, text: str) -> None:
    shown = pdf.printable(text)
    assert not shown.is_whole
    plain = [letter for letter in text if letter.isascii() and letter.isprintable()]
    assert [letter for letter in shown.value if letter != pdf.REPLACEMENT] == plain
    assert shown.value.count(pdf.REPLACEMENT) == len(text) - len(plain)
    assert b"pdfuaid" in pdf.compiled(template, [text])


def test_the_sign_that_replaces_is_no_empty_box(template: Path) -> None:
    (with_sign,) = pdf.pages(template, ["ab\x00"])
    (without,) = pdf.pages(template, ["ab"])
    assert with_sign != without


def test_every_script_and_any_mixture_of_them_is_set(template: Path) -> None:
    words = samples()
    assert len(words) > 2000
    # The standard refuses a letter that no font has: that it is made says that each is there.
    assert b"pdfuaid" in pdf.compiled(template, words)
    assert b"pdfuaid" in pdf.compiled(template, mixed(4000))


@pytest.mark.parametrize("mark", ["\u0301", "\u0308", "\u20dd", "\u0e34", "\u064b", "\u200d", "\ufe0f"])
def test_a_mark_takes_no_letter_away(template: Path, mark: str) -> None:
    """Letters that look different stay so with a mark behind them: of those that are lost, the marks alone are left."""
    letters = [word[0] for word in samples()[::25] if unicodedata.category(word[0])[0] in "LN"] + list("😀😁中你한")
    pages = {
        letter: [tuple(pdf.pages(template, [letter + behind], ppi=50)) for behind in ("", mark)] for letter in letters
    }
    alone, marked = ({seen[number] for seen in pages.values()} for number in (0, 1))
    assert len(marked) >= len(alone) > 30


DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40"><text y="20" font-family="x">{}</text></svg>'


def test_a_drawing_stays_one_where_the_main_font_has_its_letters() -> None:
    ending, content = pdf.picture(DRAWING.format("Čáhppesjávri – 4\u00a0%"))
    assert ending == "svg" and pdf.MAIN_FONT.encode() in content


@pytest.mark.parametrize("text", [*WRITTEN.values(), "\U00013000"], ids=[*WRITTEN, "hieroglyph"])
def test_a_picture_loses_no_word_whatever_it_is_written_in(template: Path, text: str) -> None:
    ending, content = pdf.picture(DRAWING.format(text))
    (template.parent / f"drawing.{ending}").write_bytes(content)
    with_picture = template.parent / "with_picture.typ"
    with_picture.write_text(f'#set document(title: "x")\n#image("drawing.{ending}", alt: "x")')
    assert b"pdfuaid" in pdf.compiled(with_picture, [])
    if ending == "png":
        assert content != pdf.picture(DRAWING.format("\u3000"))[1]
        assert pdf.picture(DRAWING.format("a" + text)) != pdf.picture(DRAWING.format("b" + text))


def test_texts_within_anything_are_looked_through() -> None:
    shown = pdf.printable({"a": [1, None, ("x\x00", True)], "b": "y"})
    assert shown == pdf.Printable({"a": [1, None, ["x" + pdf.REPLACEMENT, True]], "b": "y"}, False)


def test_no_other_room_sets_documents_by_itself() -> None:
    """What is set elsewhere would meet letters that nobody has looked through."""
    importing = set()
    for path in Path("src/plass").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] in ("typst", "weasyprint", "reportlab", "fpdf") for name in names):
                importing.add(path.as_posix())
    assert importing == {"src/plass/pdf/__init__.py"}
