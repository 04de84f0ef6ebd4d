"""The build's own work: translations are compiled or refused with the place; the lock file names no host."""

from __future__ import annotations

import gettext
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import hatch_build  # noqa: E402

HEAD = 'msgid ""\nmsgstr ""\n"Language: nb\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'


def catalogue(root: Path, text: str) -> Path:
    folder = root / "src/plass/room/locale/nb/LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "django.po").write_text(HEAD + text, encoding="utf-8")
    return folder / "django.mo"


def test_translations_are_compiled_once_and_again_when_changed(tmp_path: Path) -> None:
    compiled = catalogue(tmp_path, 'msgid "job"\nmsgstr "jobb"\n')
    assert hatch_build.compile_translations(tmp_path) == 1
    with compiled.open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("job") == "jobb"
    assert hatch_build.compile_translations(tmp_path) == 0
    catalogue(tmp_path, 'msgid "job"\nmsgstr "arbeid"\n')
    assert hatch_build.compile_translations(tmp_path) == 1


@pytest.mark.parametrize(
    "broken",
    ['#, python-format\nmsgid "%(days)d days"\nmsgstr "%(dager)d dager"\n', 'msgid "job"\nmsgstr "jobb"\njobb\n'],
    ids=["placeholder", "syntax"],
)
def test_a_broken_translation_stops_the_build_and_is_named(tmp_path: Path, broken: str) -> None:
    catalogue(tmp_path, broken)
    with pytest.raises(hatch_build.BuildError, match=r"src/plass/room/locale/nb/LC_MESSAGES/django\.po"):
        hatch_build.compile_translations(tmp_path)


def test_the_browsers_files_are_left_alone_when_up_to_date(tmp_path: Path) -> None:
    for name in (*hatch_build.NPM_FILES, "hatch_build.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    for folder in (hatch_build.DIST, hatch_build.PDF_FONTS):
        stamp = tmp_path / folder / hatch_build.STAMP
        stamp.parent.mkdir(parents=True)
        stamp.write_text(hatch_build._stamp(tmp_path))
    assert hatch_build.build_browser_files(tmp_path) is False
    (tmp_path / "package.json").write_text("{}")
    assert hatch_build._stamp(tmp_path) != stamp.read_text()


def test_the_lock_file_pins_everything_and_names_no_address() -> None:
    text = (ROOT / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    dependencies = json.loads((ROOT / "package.json").read_text())["dependencies"]
    assert "://" not in text
    assert all("integrity" in package for name, package in packages.items() if name)
    assert {name: packages[f"node_modules/{name}"]["version"] for name in dependencies} == dependencies


def test_the_built_files_point_at_nobody() -> None:
    built = ROOT / hatch_build.DIST
    assert "//" not in "".join(line for line in (built / "aksel.css").read_text().splitlines() if "url(" in line)
    assert (built / "htmx.min.js").stat().st_size > 10_000
    assert len(list((built / "fonts").glob("*.woff2"))) == 4


def test_the_fonts_of_documents_are_there_with_what_they_hold_and_their_licences() -> None:
    built = ROOT / hatch_build.PDF_FONTS
    assert len(list(built.glob("*.ttf"))) == len(hatch_build.PDF_FONT_FILES)
    ranges = json.loads((built / "letters.json").read_text())
    assert all(first <= last for first, last in ranges) and any(first <= ord("ไ") <= last for first, last in ranges)
    licences = (built / "LICENCES.txt").read_text()
    assert licences.count("SIL OPEN FONT LICENSE Version 1.1") >= len(hatch_build.PDF_FONT_FILES)
    assert all(name in licences for name in hatch_build.PDF_FONT_FILES)
