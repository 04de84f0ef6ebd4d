"""What the frame does in a real browser: nothing typed is lost, nothing is sent twice, the keyboard is enough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from .conftest import NARROW, PATIENCE

BOTH = pytest.mark.parametrize("context", ["wide", "narrow"], indirect=True)
FORM = "form[data-draft=gallery]"


def log_in(page: Page, name: str = "Siri Spesialist") -> None:
    page.goto("/demo/?next=/ui/")
    page.get_by_role("button", name=re.compile(name)).click()
    # Not by its end alone: the page where one chooses has this address at the end of its own.
    page.wait_for_url(lambda url: urlsplit(url).path == "/ui/")


def typed(page: Page, text: str) -> None:
    """Type into the form and wait until it is kept."""
    page.locator("#id_name").fill(text)
    page.wait_for_function("text => Object.values(sessionStorage).some(draft => draft.includes(text))", arg=text)


def nothing_kept(page: Page) -> None:
    """No draft lies in the window, once the page's script has put in order what came with it."""
    page.wait_for_function("!Object.keys(sessionStorage).some(name => name.startsWith('plass-draft:'))")


def test_everything_comes_from_us(page: Page, site: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/ui/")
    page.wait_for_load_state("networkidle")
    assert any("woff2" in url for url in asked)
    assert not [url for url in asked if not url.startswith((site, "data:"))]


def test_what_is_typed_survives_leaving_and_comes_back_with_a_word(page: Page) -> None:
    log_in(page)
    typed(page, "half a sentence")
    page.locator("#id_who_2").check()
    page.goto("/ui/?status=404")
    page.goto("/ui/")
    expect(page.locator("#id_name")).to_have_value("half a sentence")
    expect(page.locator("#id_who_2")).to_be_checked()
    page.get_by_role("button", name="Tøm skjemaet").click()
    expect(page.locator("#id_name")).to_have_value("")
    nothing_kept(page)
    page.reload()
    expect(page.locator("#id_name")).to_have_value("")


def test_what_is_saved_is_no_longer_kept(page: Page) -> None:
    log_in(page)
    typed(page, "Somebody")
    page.locator("#id_number").fill("20")
    page.locator("#id_channel").select_option("call")
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_text("Lagret.")).to_be_visible()
    nothing_kept(page)
    expect(page.locator("#id_name")).to_have_value("")


def test_what_is_wrong_is_said_and_still_there_after_the_session_ends(page: Page) -> None:
    log_in(page)
    typed(page, "Somebody")
    page.get_by_role("button", name="Lagre").click()
    heading = page.get_by_role("heading", name="Du må rette dette")
    expect(heading).to_be_focused()
    expect(page).to_have_title(re.compile("^Feil: "))
    page.get_by_role("link", name=re.compile("^Timer i uken: ")).click()
    expect(page.locator("#id_number")).to_be_focused()
    # The session is gone: the next attempt fails, and after logging in again the words are there.
    page.context.clear_cookies()
    page.get_by_role("button", name="Lagre").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Skjemaet ble ikke sendt")
    expect(page.locator("#id_name")).to_have_value("Somebody")
    expect(page.get_by_role("button", name="Lagre")).to_be_enabled()
    # All cookies are gone too, and still the way leads through the login back to the same page and the same words.
    alert.get_by_role("link", name="Logg inn").click()
    page.get_by_role("link", name="velg heller hvem").click()
    page.get_by_role("button", name=re.compile("Siri Spesialist")).click()
    page.wait_for_url("**/ui/")
    expect(page.locator("#id_name")).to_have_value("Somebody")


def test_back_after_a_refused_form_leads_to_the_page_before(page: Page) -> None:
    """And not to the browser's own page that asks to send the form again."""
    log_in(page)
    page.goto("/ui/?status=404")
    page.goto("/ui/")
    for text in ("Somebody", "Somebody else"):
        typed(page, text)
        with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
            page.get_by_role("button", name="Lagre").click()
        assert answer.value.status == 422
        expect(page.get_by_role("heading", name="Du må rette dette")).to_be_focused()
        expect(page.get_by_role("button", name="Lagre")).to_be_enabled()
    page.go_back()
    expect(page).to_have_url(re.compile("status=404"))
    page.go_forward()
    expect(page.locator("#id_name")).to_have_value("Somebody else")


def test_nobody_else_sees_what_was_typed(page: Page) -> None:
    log_in(page)
    typed(page, "about somebody")
    page.context.clear_cookies()
    log_in(page, "Vidar Veileder")
    expect(page.locator("#id_name")).to_have_value("")
    nothing_kept(page)


@BOTH
def test_logging_out_forgets_what_was_typed(page: Page) -> None:
    log_in(page)
    typed(page, "about somebody")
    page.locator("[data-menu] > summary").click()
    page.get_by_role("button", name="Logg ut").click()
    page.wait_for_url(lambda url: not url.endswith("/ui/"))
    nothing_kept(page)


def test_a_form_is_sent_once_however_often_the_button_is_pressed(page: Page) -> None:
    log_in(page)
    sent: list[str] = []

    def never(route: Route) -> None:
        """Not answered: a slow server thinks."""

    page.route("**/ui/", never)
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    with page.expect_request(lambda request: request.method == "POST"):
        page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_role("button", name="Lagre")).to_be_disabled()
    # What the Enter key does, button or no button.
    again = "form => form.dispatchEvent(new SubmitEvent('submit', {bubbles: true, cancelable: true}))"
    assert page.locator(FORM).evaluate(again) is False, "a second sending was let through"
    assert len(sent) == 1


def test_a_fragment_keeps_the_keyboard_where_it_was(page: Page) -> None:
    log_in(page)
    page.get_by_label("Si noe").fill("hei")
    page.keyboard.press("Enter")
    answer = page.locator("#small-answer")
    expect(answer).to_have_text("Du sa: hei")
    expect(answer).to_be_focused()


def test_when_the_program_does_not_answer_the_page_says_so_and_stays(context: BrowserContext) -> None:
    page = context.new_page()  # not the one that fails on what the browser writes about a broken connection
    log_in(page)
    page.route("**/ui/", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    field = page.get_by_label("Si noe")
    field.fill("hei")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Programmet svarer ikke")
    expect(field).to_have_value("hei")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()


def test_the_menu_opens_and_closes_by_keyboard(page: Page) -> None:
    log_in(page)
    summary = page.locator("[data-menu] > summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Logg ut")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Logg ut")).to_be_hidden()
    expect(summary).to_be_focused()


def test_filters_are_folded_on_a_phone_and_open_where_there_is_room(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/ui/")
    field = page.locator(".p-filters__fields select").first
    expect(field).to_be_visible()
    page.set_viewport_size(NARROW)
    expect(field).to_be_hidden()
    page.locator(".p-filters summary").click()
    expect(field).to_be_visible()


def test_the_first_tab_leads_past_the_menu(page: Page) -> None:
    log_in(page)
    page.goto("/ui/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Hopp til innholdet")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_dialog_opens_and_closes(page: Page) -> None:
    page.goto("/ui/")
    page.get_by_role("button", name="Åpne dialog").click()
    expect(page.get_by_role("dialog", name="Avslutte oppfølgingen?")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


@pytest.fixture
def plain(browser: Browser, site: str) -> Iterator[BrowserContext]:
    """A browser without scripts, on a phone."""
    made = browser.new_context(
        viewport={"width": 390, "height": 844}, base_url=site, locale="nb-NO", java_script_enabled=False
    )
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


def test_without_scripts_a_phone_can_do_the_same(plain: BrowserContext) -> None:
    page = plain.new_page()
    log_in(page)
    page.locator("#id_name").fill("Somebody")
    page.get_by_role("button", name="Lagre").click()
    expect(page.get_by_role("heading", name="Du må rette dette")).to_be_visible()
    expect(page.locator("#id_name")).to_have_value("Somebody")
    page.locator("[data-menu] > summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
