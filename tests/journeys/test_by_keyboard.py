"""The main way with the keyboard alone: nothing here presses with a mouse or fills a field from outside."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from .conftest import PATIENCE, WIDE, Served, watch

TODAY = timezone.localdate()
#: No page needs more steps than this to reach what one came for (past the menu, by the skip link).
MOST_STEPS = 70

#: Where the browser shows the focus on a part of the field, or on what is drawn for it.
DRAWN_INSIDE = {"radio", "checkbox", "date", "time"}

FOCUSED = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const label = element.labels?.length ? [...element.labels].map((label) => label.innerText).join(" ") : "";
  const name = element.getAttribute("aria-label") || label || element.innerText || element.title || "";
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  return {name: name.replace(/\\s+/g, " ").trim(), tag: element.tagName, type: element.type || "", group: element.name || "",
          seen: box.bottom > 0 && box.top < innerHeight, value: element.value ?? "", checked: !!element.checked,
          ring: style.outlineStyle !== "none" || style.boxShadow !== "none"};
}"""


class Hands:
    """Two hands on a keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.done: list[str] = []

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)

    def past_the_menu(self) -> None:
        """The first Tab of a page is the link past the menu. A form sent from there leads there again."""
        if self.page.url.endswith("#main"):
            return
        self.press("Tab")
        assert self.page.evaluate(FOCUSED)["name"] == "Hopp til innholdet"
        self.press("Enter")
        self.page.wait_for_url("**#main")

    def reach(self, name: str, tag: str = "") -> None:
        """Tab until what has the focus is called ``name`` (a regular expression from its beginning)."""
        passed = []
        for _step in range(MOST_STEPS):
            self.press("Tab")
            now = self.page.evaluate(FOCUSED)
            if now is None:
                continue
            passed.append(now["name"])
            if re.match(name, now["name"]) and (not tag or now["tag"] == tag):
                assert now["seen"], f"{name} has the focus and is out of sight"
                assert now["ring"] or now["type"] in DRAWN_INSIDE, f"nothing shows that {name} has the focus"
                return
        raise AssertionError(f"no {name} within {MOST_STEPS} steps; passed {passed}")

    def follow(self, name: str) -> None:
        self.reach(name, "A")
        self.go_on()

    def submit(self, name: str) -> None:
        self.reach(name, "BUTTON")
        self.go_on()

    def go_on(self) -> None:
        """Enter, and wait for the page it leads to."""
        self.page.evaluate("window.before = true")
        self.press("Enter")
        self.page.wait_for_function("() => !window.before && document.readyState === 'complete'")

    def fill(self, name: str, text: str) -> None:
        self.reach(name)
        self.press("Control+a")
        self.write(text)

    def choose(self, group: str, pattern: str) -> None:
        """Among radio buttons: Tab to the group (named ``group`` in the form), arrows to what ``pattern`` matches."""
        for _step in range(MOST_STEPS):
            self.press("Tab")
            now = self.page.evaluate(FOCUSED)
            if now and now["group"] == group and now["type"] == "radio":
                break
        else:
            raise AssertionError(f"no choice of {group}")
        for _step in range(20):
            now = self.page.evaluate(FOCUSED)
            if re.match(pattern, now["name"]):
                if not now["checked"]:
                    self.press("Space")
                return
            self.press("ArrowDown")
        raise AssertionError(f"no button {pattern} in {group}")

    def date(self, name: str, day: date) -> None:
        """Write a date as this browser wants it: its order of day and month is the machine's, not ours."""
        self.reach(name)
        for order in ("%m%d%Y", "%d%m%Y", "%Y%m%d"):
            self.write(day.strftime(order))
            if self.page.evaluate(FOCUSED)["value"] == day.isoformat():
                return
            self.press("Backspace", "Shift+Tab", "Backspace", "Shift+Tab", "Backspace")
        raise AssertionError(f"the date {name} cannot be written")


@pytest.fixture
def hands(browser: Browser, served: Served) -> Iterator[Hands]:
    context = browser.new_context(
        viewport=WIDE,  # type: ignore[arg-type]
        base_url=served.address,
        locale="nb-NO",
        timezone_id="Europe/Oslo",
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    wrong = watch(page)
    yield Hands(page)
    assert not wrong, wrong
    context.close()


def log_in(hands: Hands, username: str) -> None:
    hands.page.goto("/logg-inn/")
    hands.fill("Brukernavn", username)
    hands.fill("Passord", "prøv-passord-123")
    hands.go_on()


def log_out(hands: Hands) -> None:
    hands.page.goto("/")
    hands.reach("", "SUMMARY")
    hands.press("Enter")
    hands.submit("Logg ut")


def test_the_main_way_by_keyboard_alone(hands: Hands, served: Served, promise: Callable[..., None]) -> None:
    page = hands.page
    # Refer.
    log_in(hands, "veileder1")
    hands.past_the_menu()
    hands.follow("Henvis en deltaker")
    hands.past_the_menu()
    hands.fill("Fødselsnummer", served.laid_out["new_number"])
    hands.fill("Fornavn", "Tasta")
    hands.fill("Etternavn", "Turesen")
    hands.fill("Hva sier personen selv", "Jobbe med tall")
    hands.choose("team", "Jobbteam 1")
    hands.submit("Henvis")
    expect(page.locator("#messages")).to_contain_text("Henvisningen er mottatt.")
    hands.done.append("refer")
    log_out(hands)

    # Take, and book the first talk.
    log_in(hands, "jobb1")
    hands.past_the_menu()
    hands.follow("Tasta Turesen")
    hands.past_the_menu()
    hands.follow("Ta saken")
    hands.past_the_menu()
    hands.submit("Ta saken")
    hands.done.append("take a case")
    hands.past_the_menu()
    hands.date("Dato", TODAY)
    hands.reach("Klokkeslett")
    hands.write("0445PM")
    hands.submit("Lagre")
    expect(page.get_by_role("heading", level=1)).to_have_text("Tasta Turesen")
    hands.done.append("book the first talk")

    # Record the talk from the case page.
    hands.past_the_menu()
    hands.follow("Registrer$")
    hands.past_the_menu()
    hands.reach("45 minutter", "BUTTON")
    hands.press("Enter")
    hands.fill("Notat", "Snakket lenge")
    hands.submit("Registrer$")
    expect(page.locator("#timeline")).to_contain_text("Snakket lenge")
    hands.done.append("record a talk")

    # Profile, from the menu behind "Mer".
    open_menu(hands, "Skriv yrkesprofil")
    hands.fill("Ønskede yrker", "Regnskapsmedarbeider")
    hands.choose("employer_contact", "Ja$")
    hands.submit("Lagre")
    expect(page.locator("#messages")).to_contain_text("lagret")
    hands.done.append("write a profile")

    # An employer met, new to Plass.
    open_menu(hands, "Registrer arbeidsgiverkontakt")
    hands.choose("channel", "Ansikt til ansikt")
    hands.fill("Skriv navn eller organisasjonsnummer", "Tallknuserne")
    expect(page.get_by_label("Ny arbeidsgiver: Tallknuserne")).to_be_visible()
    hands.choose("employer", "Ny arbeidsgiver: Tallknuserne")
    hands.reach("30 minutter", "BUTTON")
    hands.press("Enter")
    hands.submit("Registrer$")
    expect(page.locator("#timeline")).to_contain_text("Møtte Tallknuserne")
    hands.done.append("record a meeting with an employer")

    # A job starts, and gets more hours.
    open_menu(hands, "Ny jobb")
    hands.choose("employer", "Tallknuserne")
    hands.fill("Stillingstittel", "Regnskapsmedarbeider")
    hands.choose("form", "Fast")
    hands.fill("Timer i uken", "22,5")
    hands.date("Første dag", TODAY - timedelta(days=7))
    hands.submit("Registrer jobben")
    expect(page.locator("h1 + .aksel-tag")).to_have_text("I jobb")
    hands.done.append("record a job")
    hands.past_the_menu()
    hands.follow("Nye timer eller ny siste dag")
    hands.past_the_menu()
    hands.date("Fra", TODAY - timedelta(days=3))
    hands.fill("Timer i uken", "30")
    hands.submit("Lagre")
    expect(page.locator("#timeline")).to_contain_text("30 timer i uken")
    hands.done.append("change its hours")

    # A correction, an end with its reason, and the end of the follow-up with its cause.
    hands.past_the_menu()
    hands.follow("Rett ?: Møtte Tallknuserne")
    hands.past_the_menu()
    hands.date("Dato", TODAY - timedelta(days=8))
    hands.fill("Hvorfor rettes det", "Feil dag")
    hands.submit("Lagre rettelsen")
    expect(page.locator("#messages")).to_contain_text("Det er rettet.")
    hands.done.append("correct a fact")
    hands.past_the_menu()
    hands.follow("Registrer slutt")
    hands.past_the_menu()
    hands.date("Siste arbeidsdag", TODAY - timedelta(days=1))
    hands.choose("reason", "Bedriftens økonomi")
    hands.submit("Lagre")
    expect(page.locator("h1 + .aksel-tag")).not_to_have_text("I jobb")
    hands.done.append("record that a job ended")
    open_menu(hands, "Avslutt oppfølgingen")
    hands.reach("Hvorfor avsluttes den", "SELECT")
    hands.write("Deltakerens")
    hands.submit("Avslutt oppfølgingen")
    expect(page.locator("h1 + .aksel-tag")).to_have_text("Sluttet")
    hands.done.append("end the follow-up")
    hands.past_the_menu()
    hands.follow("Gjenåpne")
    hands.past_the_menu()
    hands.choose("reason", "Jobben gikk tapt")
    hands.submit("Gjenåpne")
    expect(page.locator("h1 + .aksel-tag")).to_have_text("Jobbutvikling")
    hands.done.append("open a case again")
    promise("accessibility", tasks_by_keyboard_alone=len(hands.done))


def open_menu(hands: Hands, entry: str) -> None:
    hands.past_the_menu()
    hands.reach("Mer", "SUMMARY")
    hands.press("Enter")
    hands.follow(entry)
    hands.past_the_menu()
