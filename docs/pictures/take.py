"""Takes the pictures of this folder anew: `make pictures`. Needs Debian's chromium.

Starts a demo of its own in a folder that is thrown away, and looks at it as a specialist and a supervisor would.
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
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

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
    context.close()


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
