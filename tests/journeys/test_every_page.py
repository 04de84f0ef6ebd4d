"""axe on every page, for each role that may open it, on a desk and on a phone: nothing found. And no link leads nowhere.

The pages come from the URL resolver, so a new one is walked by itself. What its address asks for comes from
``lay_out``; ``FURTHER`` below holds more addresses of pages that look different with other data. Two roles to whom a
page looks alike (the same elements in the same order) have it looked at once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from functools import partial
from html import unescape
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from .conftest import NARROW, PATIENCE, WIDE, Served, enter, personas, watch

#: Addresses that are no page, and why. Those that only take what is sent (POST) are found without it.
LEFT_OUT = {
    "accounts:first_code": "a phone is set up as on accounts:factor, by somebody who is not in yet: here nobody needs one",
    "accounts:oidc_logged_out": "what a provider tells us when somebody logged out there",
    "caseload:suggestions": "what a filter of the list suggests while one types",
    "imports:progress": "the part of imports:result that moves while a list is worked on",
    "live": "one word for what watches the program",
    "ready": "one word for what watches the program",
    "working": "one word for what watches the program",
}

#: Addresses that show nothing themselves but lead on for everybody, and why.
LEAD_ON = {
    "accounts:home": "to each one's own first page",
    "accounts:passkey": "to the login page, which shows what comes of an answer sent to it",
}

#: Pages that are there because something is wrong, and what they answer.
TROUBLE = {"accounts:oidc": 503, "accounts:oidc_back": 400}

#: Somebody who logs in with a password and a code: user name. One window stops between the two.
TWO_STEPS, HALF_WAY = "tosteg1", "tosteg1, half way"

#: Pages as they look with other data: by name, addresses with what ``lay_out`` returns.
FURTHER: dict[str, tuple[str, ...]] = {
    "accounts:approval": ("/godkjenninger/{waiting_role}/", "/godkjenninger/{approved_link}/"),
    "caseload:case": ("/sak/{paused_case}/", "/sak/{ended_case}/", "/sak/{waiting_case}/", "/sak/{shielded_case}/"),
    "timeline:correct": ("/sak/{case_id}/rett/{corrected_kind}/{corrected_id}/",),
    "caseload:list": ("/deltakere/?vis=team", "/deltakere/?fase=in_education"),
    "cases:referrals": ("/henvisninger/?del=waiting",),
    "cases:reopen": ("/sak/{ended_case}/gjenapne/",),
    "cases:resume": ("/sak/{paused_case}/fortsett/",),
    "cases:tie": ("/meg/narstaende/{asked_tie}/",),
    "cases:take": ("/sak/{waiting_case}/ta/",),
    "followup:contact": ("/sak/{case_id}/kontakt/?med=employer", "/sak/{case_id}/kontakt/?mote={meeting_id}"),
    "ui:gallery": ("/ui/?errors=1", "/ui/?status=404"),
}

#: A list as an office keeps it: a row that is right, one that is not.
LIST = (
    "Fødselsnummer;Fornavn;Etternavn;Henvist\r\n17859030416;Rett;Radesen;01.03.2026\r\n123;Gal;Radesen;02.03.2026\r\n"
)

UNKNOWN = (
    "{page} ({pattern}) asks for {missing!r}, and the walk does not know what to write there. "
    "Let tests/journeys/lay_out.py make such a thing and return it under that name (or as {page}.{missing})."
)
NOBODY = (
    "{page}: nobody of those on the demo's page may open {address} (answers: {answers}). Let tests/journeys/lay_out.py make "
    "what it needs or give somebody the role; if only another address shows it, add that to FURTHER; if it leads on for "
    "everybody, say so in LEAD_ON; if it is no page, in LEFT_OUT."
)
#: The elements of a page that decide how it looks: not whose it is.
SHAPE = re.compile(r"<(\w+)([^>]*)>")
LOOK = re.compile(
    r"\b(class|role|type|data-(?:color|variant|tone|size|corrected|stack)|hidden|open|disabled|scope|colspan|lang|alt|title|for"
    r'|aria-(?!labelledby|describedby|controls)\w+)(="[^"]*")?'
)


def named_addresses(resolver: URLResolver, prefix: str = "", space: str = "") -> Iterator[tuple[str, str, list[str]]]:
    """Every named address of the program: its name, its pattern, and what it asks for."""
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from named_addresses(entry, pattern, f"{space}{entry.namespace}:" if entry.namespace else space)
        elif isinstance(entry, URLPattern) and entry.name:
            yield f"{space}{entry.name}", pattern, re.findall(r"<(?:\w+:)?(\w+)>", pattern)


ADDRESSES = sorted(named_addresses(get_resolver()))

#: The colours that text stands in on the page, and how large: what contrast depends on, but for what overlaps.
INKS = """() => [...new Set([...document.querySelectorAll('body *')]
    .filter(element => element.checkVisibility()
        && [...element.childNodes].some(child => child.nodeType === 3 && child.data.trim()))
    .map(element => {
        const style = getComputedStyle(element);
        let behind = element;
        while (behind && /^rgba\\(.*, 0\\)$/.test(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
        const paper = behind ? getComputedStyle(behind).backgroundColor : '';
        return [style.color, paper, style.opacity, style.fontSize, style.fontWeight].join();
    }))]"""
#: The forms of a page that cannot be sent empty: where they go, and what is sent unseen.
FORMS = """() => [...document.querySelectorAll('main form')]
    .filter(form => form.method === 'post' && form.querySelector('[required], [aria-required=true]'))
    .map(form => ({action: form.action, hidden: Object.fromEntries(
        [...form.querySelectorAll('input[type=hidden]')].map(field => [field.name, field.value]))}))"""


class Walk:
    """A browser window for each role, and the shapes of pages that were looked at."""

    def __init__(self, browser: Browser, served: Served) -> None:
        self.browser, self.served = browser, served
        self.seen: set[str] = set()
        self.parts: set[str] = set()
        self.inks: set[str] = set()
        #: Addresses that were walked and found good, and how many pages axe looked at (each shape once for each width).
        self.good: set[str] = set()
        self.looks = 0
        self.followed: set[tuple[str, str, tuple[str, ...]]] = set()
        self.windows: dict[str, tuple[BrowserContext, Page, list[str]]] = {}
        stranger = self._window("")
        for name in personas(stranger):
            enter(self._window(name), name)
        for window in (HALF_WAY, TWO_STEPS):
            self._window(window)
            page = self.windows[window][1]
            page.goto("/logg-inn/")
            page.get_by_label("Brukernavn").fill(window.partition(",")[0])
            page.get_by_label("Passord").fill("prøv-passord-123")
            page.get_by_role("button", name="Logg inn", exact=True).click()
            page.wait_for_url("**/kode/")
        page.get_by_role("textbox").fill(served.laid_out["recovery_code"])
        page.keyboard.press("Enter")
        page.wait_for_url("**/min-dag/")

        administrator = self.windows["Atle Administrator"][1]
        administrator.goto(reverse("administration:account", args=[served.laid_out["loses_the_phone"]]))
        administrator.get_by_role("link", name="Mistet telefonen").click()
        administrator.get_by_label("Hvorfor").fill("Ringte fra nummeret vi har")
        administrator.get_by_role("button", name="Be om det").click()
        expect(administrator.get_by_text("Venter på svar fra Lise Leder")).to_be_visible()
        leader = self.windows["Lise Leder"][1]
        leader.goto(reverse("accounts:approvals"))
        leader.get_by_role("link", name="Svar Ta bort kodene på telefonen og passnøklene til Tale Tosteg").click()
        leader.get_by_label("Ja, dette stemmer").check()
        leader.get_by_role("button", name="Svar").click()
        expect(leader.get_by_text("Godkjent. Personen er logget ut")).to_be_visible()
        served.laid_out["upload_id"] = self._upload("Siri Spesialist")

    def _upload(self, name: str) -> int:
        """A list that was read and checked; the number it got."""
        page = self.windows[name][1]
        page.goto("/importer/")
        page.locator("input[type=file]").set_input_files(
            {"name": "liste.csv", "mimeType": "text/csv", "buffer": LIST.encode("utf-8")}
        )
        page.get_by_role("button", name="Les filen").click()
        page.wait_for_url("**/kolonner/")
        page.get_by_role("button", name="Kontroller lista").click()
        page.get_by_role("link", name="Endre kolonnene").wait_for()
        number = re.search(r"/importer/(\d+)/", page.url)
        assert number is not None
        return int(number.group(1))

    def _window(self, name: str) -> BrowserContext:
        context = self.browser.new_context(
            viewport=WIDE,  # type: ignore[arg-type]
            base_url=self.served.address,
            locale="nb-NO",
            timezone_id="Europe/Oslo",
        )
        context.set_default_timeout(PATIENCE)
        context.add_init_script(AXE_SCRIPT)
        page = context.new_page()
        self.windows[name] = context, page, watch(page)
        return context

    def look(self, name: str, address: str, expected: int) -> int:
        """Open ``address`` as ``name`` ("" is a stranger); axe at both widths if it answers a page of a new shape."""
        context, page, wrong = self.windows[name]
        answer = context.request.get(address, max_redirects=0)
        assert answer.status < 500 or answer.status == expected, (
            f"{address} for {name or 'a stranger'}: {answer.status}"
        )
        text = answer.text() if "html" in answer.headers.get("content-type", "") else ""
        if answer.status != expected or "</html>" not in text:
            return answer.status
        self._follow_links(name, address, text)
        before, start, after = text.partition("<main")
        inside, _end, below = after.partition("</main>")
        # What stands around (header, menu, foot) is the same on every page of a role, but for the entry that is marked.
        shapes = {_shape(start + inside), _shape(re.sub(r'\saria-current="page"', "", before + below))}
        if not shapes <= self.seen:
            self.seen |= shapes
            wrong.clear()
            page.set_viewport_size(WIDE)  # type: ignore[arg-type]
            page.goto(address, wait_until="load")
            page.evaluate(
                "document.querySelectorAll('details:not([data-menu])').forEach(details => details.open = true)"
            )
            self.parts.update(_parts(text))
            for size in (WIDE, NARROW):
                self._axe(page, size, f"{address} for {name or 'a stranger'}", contrast=size is WIDE)
            assert not wrong or expected >= 500, f"{address} for {name or 'a stranger'}: {wrong}"
            if expected == 200:
                self._send_empty(name, address)
        return expected

    def _axe(self, page: Page, size: dict[str, int], what: str, *, contrast: bool) -> None:
        """Nothing that axe minds, and no sideways scrolling. Contrast, the dearest rule, where asked or an ink is new."""
        page.set_viewport_size(size)  # type: ignore[arg-type]
        where = f"{what} at {size['width']} px"
        inks = set(page.evaluate(INKS))
        contrast = contrast or not inks <= self.inks
        self.inks |= inks
        violations = page.evaluate(
            "rules => axe.run({resultTypes: ['violations'], rules}).then(results => results.violations)",
            {} if contrast else {"color-contrast": {"enabled": False}},
        )
        self.looks += 1
        assert not violations, (
            f"{where}: {[(violation['id'], violation['nodes'][0]['html']) for violation in violations]}"
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{where} scrolls sideways"

    def _send_empty(self, name: str, address: str) -> None:
        """Send the forms of the page that stands open, empty: what is answered has its faults said, and axe minds nothing.

        It is looked at where some part of it was on no page before, at the width where there is least room.
        """
        context, page, _wrong = self.windows[name]
        for form in page.evaluate(FORMS):
            what = f"the answer to an empty form of {address} for {name or 'a stranger'}"
            answer = context.request.post(form["action"], form=form["hidden"], max_redirects=0)
            assert 400 <= answer.status < 500, f"{what}: {answer.status}"
            text = answer.text()
            if _parts(text) <= self.parts:
                continue
            self.parts |= _parts(text)
            # The body is unpacked already.
            headers = {header: value for header, value in answer.headers.items() if not header.startswith("content-")}
            as_answered = {"status": answer.status, "headers": headers, "body": text, "content_type": "text/html"}
            page.route(form["action"], partial(_answer, as_answered), times=1)
            page.goto(form["action"], wait_until="load")
            self._axe(page, NARROW, what, contrast=False)

    def _follow_links(self, name: str, address: str, text: str) -> None:
        """No link leads somebody to what they may not open: one of each kind of address is followed."""
        request = self.windows[name][0].request
        for link in dict.fromkeys(re.findall(r'href="(/[^"#]*)', text)):
            path, _question, asked = unescape(link).partition("?")
            if path.startswith("/static/") or resolve(path).view_name in TROUBLE:
                continue
            kind = (name, resolve(path).view_name, tuple(sorted(re.findall(r"(\w+)=", asked))))
            if kind in self.followed:
                continue
            self.followed.add(kind)
            status = request.get(unescape(link), max_redirects=0).status
            assert status in {200, 302, 303}, (
                f"{address} shows {name or 'a stranger'} a link to {link}, which answers {status}"
            )


def _shape(text: str) -> str:
    """A digest of the page without its words, each repeated part taken once."""
    return hashlib.sha256("\n".join(_element_triples(text)).encode()).hexdigest()


def _answer(answered: dict[str, Any], route: Route) -> None:
    route.fulfill(**answered)


def _parts(text: str) -> set[str]:
    """Every three elements in a row that the page has."""
    return set(_element_triples(text))


def _element_triples(text: str) -> list[str]:
    lines: list[str] = []
    for tag, attributes in SHAPE.findall(text):
        lines.append(tag + " ".join("".join(look) for look in LOOK.findall(attributes)))
    return list(dict.fromkeys(f"{a}>{b}>{c}" for a, b, c in zip(lines, lines[1:], lines[2:], strict=False)))


@pytest.fixture(scope="module")
def walk(browser: Browser, served: Served) -> Iterator[Walk]:
    made = Walk(browser, served)
    yield made
    for context, _page, _wrong in made.windows.values():
        context.close()


@pytest.mark.parametrize(("page", "pattern", "asks_for"), ADDRESSES, ids=[name for name, _p, _a in ADDRESSES])
def test_axe_finds_nothing(walk: Walk, page: str, pattern: str, asks_for: list[str]) -> None:
    if page in LEFT_OUT:
        return
    laid_out = walk.served.laid_out
    values = {}
    for name in asks_for:
        number = laid_out.get(f"{page}.{name}", laid_out.get(name))
        assert number is not None, UNKNOWN.format(page=page, pattern=pattern, missing=name)
        values[name] = number
    answers: dict[str, int] = {}
    expected = TROUBLE.get(page, 200)
    addresses = [
        reverse(page, kwargs=values),
        *(address_pattern.format(**laid_out) for address_pattern in FURTHER.get(page, ())),
    ]
    for address in addresses:
        for who in walk.windows:
            answers[f"{who or 'a stranger'} {address}"] = walk.look(who, address, expected)
    statuses = set(answers.values())
    # 405: it only takes what is sent.
    assert statuses & ({301, 302, 303} if page in LEAD_ON else {expected, 405}), NOBODY.format(
        page=page, address=addresses, answers=answers
    )
    walk.good.add(page)


def test_no_page_was_left_out(walk: Walk, promise: Callable[..., None]) -> None:
    """Whatever this worker did not walk above is walked here, so that the figure is of every page."""
    for page, pattern, asks_for in ADDRESSES:
        if page not in walk.good | set(LEFT_OUT):
            test_axe_finds_nothing(walk, page, pattern, asks_for)
    assert walk.looks > len(walk.good)
    promise("accessibility", addresses_walked=len(walk.good), looks_at_two_widths=walk.looks, violations=0)


def test_the_walk_knows_every_exception(served: Served) -> None:
    """What is left out or added is still there: the tables above do not outlive their pages."""
    names = {name for name, _pattern, _asks_for in ADDRESSES}
    assert not (set(LEFT_OUT) | set(LEAD_ON) | set(TROUBLE) | set(FURTHER)) - names
