"""What is typed survives: the end of the session, somebody else who was first, and a finger that presses twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode
from urllib.request import Request, build_opener

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from .conftest import NARROW, PATIENCE, WIDE, Served, enter
from .test_every_page import LIST

PASSWORD = "prøv-passord-123"
SENTENCE = "Sjefen vil ha henne tre dager i uken, men ikke fredager."


def window(browser: Browser, site: str, **more: object) -> BrowserContext:
    made = browser.new_context(base_url=site, locale="nb-NO", timezone_id="Europe/Oslo", **{"viewport": WIDE, **more})  # type: ignore[arg-type]
    made.set_default_timeout(PATIENCE)
    return made


def log_in(page: Page, username: str) -> None:
    """With name and password, on the page where the browser stands."""
    page.get_by_label("Brukernavn").fill(username)
    page.get_by_label("Passord").fill(PASSWORD)
    page.get_by_role("button", name="Logg inn", exact=True).click()


@pytest.fixture
def siri(browser: Browser, site: str) -> Iterator[Page]:
    context = window(browser, site)
    enter(context, "Siri Spesialist")
    yield context.new_page()
    context.close()


@pytest.fixture
def kåre(browser: Browser, site: str) -> Iterator[Page]:
    """A colleague in the same team, logged in with a password."""
    context = window(browser, site)
    page = context.new_page()
    page.goto("/logg-inn/")
    log_in(page, "jobb2")
    page.wait_for_url("**/min-dag/")
    yield page
    context.close()


def contacts(served: Served, text: str) -> int:
    return served.count("followup_contact", "note = %s", text)


@pytest.mark.parametrize("quick", [True, False], ids=["on the case page", "on a page of its own"])
def test_the_session_ends_while_a_contact_is_written(siri: Page, served: Served, quick: bool) -> None:
    case_id = served.laid_out["case_id"]
    sentence = f"{SENTENCE} {quick}"
    if quick:
        siri.goto(f"/sak/{case_id}/")
        siri.get_by_role("link", name="Registrer kontakt").first.click()
    else:
        siri.goto(f"/sak/{case_id}/kontakt/")
    form = siri.locator("form[data-draft]")
    form.get_by_label("Ansikt til ansikt").check()
    form.get_by_label("Et annet sted utenfor kontoret").check()
    form.get_by_label("Minutter", exact=True).fill("25")
    form.get_by_label("Notat").fill(sentence)
    served.end_session(siri.context)
    form.get_by_role("button", name="Registrer", exact=True).click()

    expect(siri.get_by_role("heading", level=1, name="Logg inn")).to_be_visible()
    expect(siri.get_by_text("Det du hadde skrevet, er tatt vare på")).to_be_visible()
    log_in(siri, "jobb1")
    expect(siri.get_by_label("Notat")).to_have_value(sentence)
    expect(siri.get_by_label("Minutter", exact=True)).to_have_value("25")
    expect(siri.get_by_label("Et annet sted utenfor kontoret")).to_be_checked()
    assert contacts(served, sentence) == 0
    siri.get_by_role("button", name="Registrer", exact=True).click()
    expect(siri.locator("#timeline")).to_contain_text(sentence)
    assert contacts(served, sentence) == 1
    # It is saved, so the next empty form is empty.
    siri.goto(f"/sak/{case_id}/kontakt/")
    expect(siri.get_by_label("Notat")).to_have_value("")


@pytest.mark.parametrize("quick", [True, False], ids=["on the case page", "on a page of its own"])
def test_the_database_is_away_while_a_contact_is_written(siri: Page, served: Served, quick: bool) -> None:
    case_id = served.laid_out["case_id"]
    sentence = f"Mens databasen var borte {quick}"
    if quick:
        siri.goto(f"/sak/{case_id}/")
        siri.get_by_role("link", name="Registrer kontakt").first.click()
    else:
        siri.goto(f"/sak/{case_id}/kontakt/")
    form = siri.locator("form[data-draft]")
    form.get_by_label("Telefon").check()
    form.get_by_label("Minutter", exact=True).fill("25")
    form.get_by_label("Notat").fill(sentence)
    with served.without_database():
        form.get_by_role("button", name="Registrer", exact=True).click()
        alert = siri.locator("#messages").get_by_role("alert")
        expect(alert).to_contain_text("Plass har ikke kontakt med databasen")
        expect(alert).to_contain_text("Det du har skrevet, står her fortsatt")
        expect(form.get_by_label("Notat")).to_have_value(sentence)
    form.get_by_role("button", name="Registrer", exact=True).click()
    expect(siri.locator("#timeline")).to_contain_text(sentence)
    assert contacts(served, sentence) == 1


def test_the_database_is_away_while_a_page_is_asked_for(siri: Page, served: Served) -> None:
    with served.without_database():
        siri.goto("/min-dag/")
        expect(siri.get_by_role("heading", level=1)).to_have_text("Plass har ikke kontakt med databasen")
    siri.get_by_role("link", name="Prøv igjen").click()
    siri.wait_for_url("**/min-dag/")
    expect(siri.get_by_role("heading", level=1)).not_to_have_text("Plass har ikke kontakt med databasen")


def test_the_database_is_away_while_somebody_is_looked_for(siri: Page, served: Served) -> None:
    siri.goto("/sok/")
    field = siri.get_by_role("main").get_by_role("searchbox")
    field.fill("Nora")
    with served.without_database():
        siri.keyboard.press("Enter")
        expect(siri.locator("[role=alert]")).to_contain_text("Plass har ikke kontakt med databasen")
    expect(field).to_have_value("Nora")


def test_a_profile_written_by_two_shows_both_and_keeps_both(siri: Page, kåre: Page, served: Served) -> None:
    address = f"/sak/{served.laid_out['case_id']}/profil/"
    for page in (siri, kåre):
        page.goto(address)
    siri.get_by_label("Interesser").fill("Hester og hunder")
    siri.get_by_role("button", name="Lagre").click()
    expect(siri.locator("#messages")).to_contain_text("lagret som en ny versjon")
    kåre.get_by_label("Interesser").fill("Fugler i hagen")
    kåre.get_by_label("Styrker og erfaring").fill("Står tidlig opp")
    kåre.get_by_role("button", name="Lagre").click()

    compared = kåre.get_by_role("row").filter(has_text="Interesser")
    expect(compared).to_contain_text("Hester og hunder")
    expect(compared).to_contain_text("Fugler i hagen")
    expect(kåre.get_by_text("Siri Spesialist lagret en nyere versjon mens du skrev.")).to_be_visible()
    expect(kåre.get_by_label("Interesser")).to_have_value("Fugler i hagen")
    expect(kåre.get_by_label("Styrker og erfaring")).to_have_value("Står tidlig opp")
    kåre.get_by_label("Interesser").fill("Hester, hunder og fugler")
    kåre.get_by_role("button", name="Lagre").click()
    expect(kåre.locator("#messages")).to_contain_text("lagret som en ny versjon")
    kåre.goto(f"{address}versjoner/")
    for text in ("Hester og hunder", "Hester, hunder og fugler", "Står tidlig opp"):
        expect(kåre.get_by_role("main")).to_contain_text(text)


def test_particulars_written_by_two_show_both(siri: Page, kåre: Page, served: Served) -> None:
    address = f"/sak/{served.laid_out['case_id']}/deltaker/"
    for page in (siri, kåre):
        page.goto(address)
    siri.get_by_label("Telefon").fill("900 00 777")
    siri.get_by_role("button", name="Lagre").click()
    expect(siri.locator("#messages")).to_contain_text("Endret.")
    kåre.get_by_label("Telefon").fill("900 00 888")
    kåre.get_by_role("button", name="Lagre").click()
    compared = kåre.get_by_role("row").filter(has_text="Telefon")
    expect(compared).to_contain_text("900 00 777")
    expect(compared).to_contain_text("900 00 888")
    expect(kåre.get_by_label("Telefon")).to_have_value("900 00 888")
    kåre.get_by_role("button", name="Lagre").click()
    expect(kåre.locator("#messages")).to_contain_text("Endret.")
    expect(kåre.locator(".p-heading")).to_contain_text("900 00 888")


def test_a_correction_made_by_two_shows_both(siri: Page, kåre: Page, served: Served) -> None:
    address = "/sak/{case_id}/rett/{kind}/{fact_id}/".format(**served.laid_out)
    for page in (siri, kåre):
        page.goto(address)
    for page, minutes, reason in ((siri, "50", "Så på klokken"), (kåre, "55", "Husker det annerledes")):
        page.get_by_label("Minutter", exact=True).fill(minutes)
        page.get_by_label("Hvorfor rettes det?").fill(reason)
    for page in (siri, kåre):
        page.get_by_role("button", name="Lagre rettelsen").click()
        # Siri's is there before Kåre's is sent.
        expect(siri.locator("#messages")).to_contain_text("Det er rettet.")
    compared = kåre.get_by_role("row").filter(has_text="Minutter")
    expect(compared).to_contain_text("50")
    expect(compared).to_contain_text("55")
    expect(kåre.get_by_label("Hvorfor rettes det?")).to_have_value("Husker det annerledes")


def test_an_identity_number_is_never_kept_in_the_browser(browser: Browser, served: Served) -> None:
    context = window(browser, served.address)
    enter(context, "Vidar Veileder")
    page = context.new_page()
    page.goto("/henvis/")
    page.get_by_label("Fødselsnummer").fill(served.laid_out["noras_number"])
    page.get_by_label("Fornavn").fill("Halvferdig")
    page.goto("/henvisninger/")
    assert served.laid_out["noras_number"] not in page.evaluate("JSON.stringify(sessionStorage)")
    page.goto("/henvis/")
    expect(page.get_by_label("Fornavn")).to_have_value("Halvferdig")
    expect(page.get_by_label("Fødselsnummer")).to_have_value("")
    context.close()


def test_the_session_ends_and_the_chosen_file_is_still_chosen(siri: Page, served: Served) -> None:
    siri.goto("/importer/")
    siri.locator("input[type=file]").set_input_files(
        {"name": "liste.csv", "mimeType": "text/csv", "buffer": LIST.encode("utf-8")}
    )
    served.end_session(siri.context)
    siri.get_by_role("button", name="Les filen").click()
    expect(siri.locator("#messages")).to_contain_text("ikke lenger innlogget")
    with siri.expect_popup() as beside:
        siri.get_by_role("link", name="Logg inn i et nytt vindu").click()
    log_in(beside.value, "jobb1")
    beside.value.wait_for_url("**/min-dag/")
    siri.get_by_role("button", name="Les filen").click()
    siri.wait_for_url("**/kolonner/")


def test_a_double_click_is_one_fact(siri: Page, served: Served) -> None:
    text = "Trykket to ganger"
    siri.goto(f"/sak/{served.laid_out['case_id']}/kontakt/")
    siri.get_by_label("Telefon").check()
    siri.get_by_label("Minutter", exact=True).fill("5")
    siri.get_by_label("Notat").fill(text)
    siri.get_by_role("button", name="Registrer", exact=True).dblclick()
    expect(siri.locator("#timeline")).to_contain_text(text)
    assert contacts(served, text) == 1


def test_ten_sendings_at_once_are_one_fact(siri: Page, served: Served) -> None:
    """A phone that sends again by itself does not ask our script first."""
    text = "Sendt ti ganger"
    siri.goto(f"/sak/{served.laid_out['case_id']}/kontakt/")
    siri.get_by_label("Telefon").check()
    siri.get_by_label("Minutter", exact=True).fill("5")
    siri.get_by_label("Notat").fill(text)
    pairs = siri.locator("form[data-draft]").evaluate("form => [...new FormData(form)]")
    cookies = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in siri.context.cookies())
    headers = {"Cookie": cookies, "Referer": siri.url, "Origin": served.address}

    def send(_n: int) -> str:
        request = Request(siri_url, data=urlencode([tuple(pair) for pair in pairs]).encode(), headers=headers)
        with build_opener().open(request, timeout=240) as answer:
            return str(answer.url)

    siri_url = siri.url
    with ThreadPoolExecutor(10) as ten:
        arrived = set(ten.map(send, range(10)))
    assert len(arrived) == 1
    assert contacts(served, text) == 1


def test_a_contact_is_recorded_on_a_phone_with_ten_touches(browser: Browser, served: Served) -> None:
    """From the morning's page to a recorded visit: what fits into a minute in the car park."""
    context = window(browser, served.address, viewport=NARROW, has_touch=True)
    enter(context, "Siri Spesialist")
    page = context.new_page()
    page.goto(f"/sak/{served.laid_out['case_id']}/")
    touches = 0

    def tap(where: object) -> None:
        nonlocal touches
        touches += 1
        where.tap()  # type: ignore[attr-defined]

    tap(page.get_by_role("link", name="Registrer kontakt").first)
    form = page.locator("form[data-draft]")
    tap(form.get_by_text("Telefon", exact=True))
    tap(form.get_by_role("button", name="15 minutter"))
    tap(form.get_by_label("Notat"))
    page.keyboard.type("Ringte fra bilen")
    tap(form.get_by_text("Om en uke"))
    tap(form.get_by_role("button", name="Registrer", exact=True))
    expect(page.locator("#timeline")).to_contain_text("Ringte fra bilen")
    assert touches <= 10
    context.close()
