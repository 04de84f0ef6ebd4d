"""Takes the pictures of this folder anew: `make pictures`. Needs Debian's chromium.

Starts a demo of its own in a folder that is thrown away, and looks at it as a specialist and a supervisor would, who
also brings in a list like those that offices have.
"""

from __future__ import annotations

import io
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from plass.cases.identity import check_digits
from plass.demo.names import PARTICIPANT_FAMILY, PARTICIPANT_GIVEN

HERE = Path(__file__).parent
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
#: A picture must load quickly on a phone too.
LARGEST = 200_000


def keep(page: Page, name: str) -> None:
    """The page as it stands in the window, in 256 colours."""
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    file = HERE / f"{name}.png"
    picture.save(file, optimize=True)
    size = file.stat().st_size
    assert size < LARGEST, f"{file.name} is {size} bytes, more than {LARGEST}"
    print(f"{file.name}: {size // 1000} kB")  # noqa: T201


def look(browser: Browser, address: str, size: dict[str, int], suffix: str) -> None:
    """Min dag, a case, the form and the team, at one width."""
    context = browser.new_context(
        base_url=address,
        viewport=size,  # type: ignore[arg-type]
        device_scale_factor=1 if size is DESK else 2,
        locale="nb-NO",
        timezone_id="Europe/Oslo",
    )
    page = context.new_page()
    become(page, "Jobbspesialist")
    keep(page, f"min-dag{suffix}")
    page.locator("main .p-list__main a[href^='/sak/']").first.click()
    page.get_by_role("heading", name="Tidslinje").wait_for()
    case = page.url
    keep(page, f"sak{suffix}")
    page.goto(f"{case}kontakt/")
    keep(page, f"registrer{suffix}")
    become(page, "Metodeveileder")
    page.goto("/team/")
    keep(page, f"team{suffix}")
    check_a_list(page)
    keep(page, f"import{suffix}")
    if suffix:
        page.locator("#kolonner summary").click()
    else:
        page.evaluate("document.querySelector('#forst').scrollIntoView()")
        keep(page, "import-forst")
    page.evaluate("document.querySelector('#kolonner').scrollIntoView()")
    keep(page, f"import-kolonner{suffix}")
    context.close()


def check_a_list(page: Page) -> None:
    """Bring in a list with what real lists have in them, and go to what a check of it says."""
    names: list[str] = []
    for content in (a_list(["Nobody"]), None):
        page.goto("/importer/")
        page.locator("input[type=file]").set_input_files(
            {"name": "deltakere.csv", "mimeType": "text/csv", "buffer": (content or a_list(names)).encode()}
        )
        page.get_by_role("button", name="Les filen").click()
        page.wait_for_url("**/kolonner/")
        # Those who work in the team can be chosen here.
        names = page.locator("#id_follower option").all_inner_texts()
    page.get_by_role("button", name="Kontroller lista").click()
    page.get_by_role("heading", name="Stemmer dette med lista?").wait_for(timeout=120_000)


def a_list(specialists: Sequence[str]) -> str:
    """A list of some forty made-up people, with what is odd or wrong in a few rows."""
    chance = Random(7)
    headings = (
        "Fødselsnr.;Navn;Mobil;Henvist dato;Oppstart;Jobbspesialist;Arbeidsgiver;Stilling;Ansettelsesform;Prosent;"
        "Startdato jobb;Avsluttet;Årsak;Merknad"
    )
    lines = ["Deltakere høsten 2026", headings]
    for n in range(44):
        referred = date.today() - timedelta(days=chance.randint(60, 500))  # noqa: DTZ011  (the list says days, not moments)
        born = date(1960 + chance.randint(0, 44), chance.randint(1, 12), chance.randint(1, 28))
        name = f"{chance.choice(PARTICIPANT_GIVEN)} {chance.choice(PARTICIPANT_FAMILY)}"
        cells = [
            number(born, n),
            name,
            f"900 {n:02} 0{n:02}",
            f"{referred:%d.%m.%y}",
            f"{referred + timedelta(14):%d.%m.%Y}",
        ]
        cells += [chance.choice(specialists), *[""] * 8]
        if n % 2:
            start = referred + timedelta(40)
            cells[6:11] = [
                chance.choice(("Kafé Fjord AS", "Byggvarehuset", "Testvik kommune")),
                "Medarbeider",
                chance.choice(("fast", "vikariat", "Fast stilling")),
                chance.choice(("50 %", "80", "20 %")),
                f"{start:%d.%m.%Y}",
            ]
        lines.append(";".join(cells))
    odd = {
        5: {3: "3. april 2019"},
        9: {0: number(date(2013, 5, 5), 9)},
        11: {2: "900 07 007"},
        17: {10: "01.03.2021"},
        20: {1: "Kari Test (sluttet)"},
        26: {3: "31.02.26"},
        31: {9: "0,5"},
        36: {13: "Ring helst etter kl. 12"},
        40: {11: "pågår"},
    }
    for row, changes in odd.items():
        cells = lines[row].split(";")
        for column, cell in changes.items():
            cells[column] = cell
        lines[row] = ";".join(cells)
    return "\r\n".join([*lines, "Sum;44"])


def number(born: date, nth: int) -> str:
    """An identity number that is set aside for tests: 80 is added to the month."""
    for individual in range(nth, 500):
        nine = f"{born:%d}{born.month + 80}{born:%y}{individual + (500 if born.year > 1999 else 0):03}"
        if digits := check_digits(nine):
            return f"{nine}{digits[0]}{digits[1]}"
    raise AssertionError(born)


def become(page: Page, role: str) -> None:
    """Choose who to be, by role: who it is depends on the seed."""
    page.goto("/demo/")
    page.get_by_role("button", name=re.compile(role, re.IGNORECASE)).first.click()
    page.wait_for_load_state()


def main() -> None:
    """Start a demo, take the pictures, throw the demo away."""
    chromium = shutil.which("chromium") or sys.exit("Chromium is not installed (Debian: apt install chromium).")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tempfile.mkdtemp(prefix="plass-pictures-")
    demo = subprocess.Popen(["plass", "demo", "--data", folder, "--port", str(port), "--no-browser"])
    address = f"http://127.0.0.1:{port}"
    try:
        for _try in range(600):
            try:
                urllib.request.urlopen(f"{address}/demo/", timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"]
            )
            look(browser, address, DESK, "")
            look(browser, address, PHONE, "-telefon")
            browser.close()
    finally:
        demo.terminate()
        demo.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
