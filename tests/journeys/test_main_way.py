"""The main way, from referral to a job that lasts, through every role, as each of them clicks it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from plass.cases.fact_register import fact_kinds

from .conftest import PATIENCE, WIDE, Served, become, enter, shoot, watch

#: Laid out with an account and an earlier follow-up that ended: the counsellor refers her anew.
LINN = "Linn Langveisen"
TODAY = timezone.localdate()
LATER = (TODAY + timedelta(days=9)).isoformat()

As = Callable[[str], Page]


@pytest.fixture
def logged_in(browser: Browser, site: str) -> Iterator[As]:
    """A window of their own for each of the demo's people."""
    windows: dict[str, tuple[BrowserContext, Page, list[str]]] = {}

    def window(name: str) -> Page:
        if name not in windows:
            context = browser.new_context(
                viewport=WIDE,  # type: ignore[arg-type]
                base_url=site,
                locale="nb-NO",
                timezone_id="Europe/Oslo",
            )
            context.set_default_timeout(PATIENCE)
            enter(context, name)
            page = context.new_page()
            windows[name] = context, page, watch(page)
        return windows[name][1]

    yield window
    for name, (context, _page, wrong) in windows.items():
        assert not wrong, f"{name}: {wrong}"
        context.close()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("link", name=name, exact=isinstance(name, str)).first.click()


def expect_message(page: Page, text: str) -> None:
    """A message on the page that was arrived at."""
    expect(page.locator("#messages").get_by_text(text)).to_be_visible()


def menu(page: Page, name: str) -> None:
    """Choose from "Mer" on the case page."""
    page.locator("main details[data-menu] > summary").click()
    page.locator("main details[data-menu]").get_by_role("link", name=name, exact=True).click()


def test_from_referral_to_a_job_that_lasts(logged_in: As, served: Served) -> None:
    vidar, siri = logged_in("Vidar Veileder"), logged_in("Siri Spesialist")

    # The counsellor refers. A number that cannot be one is said, and what was typed is still there.
    vidar.goto("/")
    follow(vidar, "Henvis en deltaker")
    vidar.get_by_label("Fødselsnummer eller D-nummer").fill("12345678901")
    vidar.get_by_label("Fornavn").fill("Linn")
    vidar.get_by_label("Etternavn").fill("Langveisen")
    vidar.get_by_label("Hva sier personen selv at de vil?").fill("Jobbe med planter, helst ute.")
    vidar.get_by_label("Jobbteam 1").check()
    press(vidar, "Henvis")
    expect(vidar.get_by_role("heading", name="Du må rette dette")).to_be_visible()
    expect(vidar.get_by_label("Hva sier personen selv at de vil?")).to_have_value("Jobbe med planter, helst ute.")
    vidar.get_by_label("Fødselsnummer eller D-nummer").fill(served.laid_out["linns_number"])
    press(vidar, "Henvis")
    expect_message(vidar, "Henvisningen er mottatt. De som skal følge opp, får beskjed.")
    waiting = vidar.get_by_role("row").filter(has_text=LINN).filter(has_text="Venter på første samtale")
    expect(waiting).to_contain_text("har ventet 0 dager")

    # The specialist takes it from their day, and books the first talk.
    siri.goto("/")
    card = siri.locator("section, .p-card").filter(has=siri.get_by_role("heading", name="Ingen har tatt"))
    card.get_by_role("listitem").filter(has_text=LINN).get_by_role("link", name=re.compile("^Ta")).click()
    expect(siri.get_by_text("Jobbe med planter, helst ute.")).to_be_visible()
    press(siri, "Ta saken")
    expect_message(siri, "Saken er din.")
    expect(siri.get_by_label("Første samtale")).to_be_checked()
    siri.get_by_label("Dato").fill(TODAY.isoformat())
    siri.get_by_label("Klokkeslett").fill("16:45")
    press(siri, "Lagre")
    expect_message(siri, "Møtet er avtalt.")
    case = re.search(r"/sak/(\d+)/", siri.url)
    assert case is not None
    case_id = int(case.group(1))
    case_page = f"/sak/{case_id}/"

    # The talk was held: recorded from the day's meetings.
    siri.goto("/min-dag/")
    meetings = siri.locator("section, .p-card").filter(has=siri.get_by_role("heading", name="Møter i dag"))
    meetings.get_by_role("listitem").filter(has_text=LINN).get_by_role("link", name=re.compile("^Registrer")).click()
    press(siri, "45 minutter")
    siri.get_by_label("Notat").fill("Vil ut, liker jord under neglene.")
    siri.get_by_label("Om en uke").check()
    press(siri, "Registrer")
    expect_message(siri, "Kontakten er registrert.")
    expect(siri.locator("h1 + .aksel-tag")).to_have_text("Innledende kontakt")
    shoot(siri, "way-1-met")

    # The profile, and an employer met in person with a new contact person.
    menu(siri, "Skriv yrkesprofil")
    siri.get_by_label("Ønskede yrker, det mest ønskede først").fill("Gartner\nVaktmester")
    siri.get_by_label("Styrker og erfaring").fill("Utholdende")
    siri.get_by_label("Ja", exact=True).check()
    press(siri, "Lagre")
    expect_message(siri, "Yrkesprofilen er lagret som en ny versjon.")
    menu(siri, "Registrer arbeidsgiverkontakt")
    siri.get_by_label("Skriv navn eller organisasjonsnummer, og velg").fill("Drivhuset på Nes")
    siri.get_by_label("Ny arbeidsgiver: Drivhuset på Nes").check()
    siri.get_by_label("Sted (valgfritt)").fill("Nes")
    siri.get_by_text("Ny kontaktperson", exact=True).click()
    siri.get_by_label("Navn", exact=True).fill("Greta Gartner")
    siri.get_by_label("Ansikt til ansikt").check()
    press(siri, "30 minutter")
    siri.get_by_label("Noen som avgjør ansettelser, var med").check()
    press(siri, "Registrer")
    expect_message(siri, "Kontakten er registrert.")
    expect(siri.locator("#timeline")).to_contain_text("Møtte Drivhuset på Nes")
    expect(siri.locator("#timeline")).to_contain_text("med Greta Gartner")

    # A step in the plan, and the first job.
    menu(siri, "Legg til et steg i planen")
    siri.get_by_label("Hva", exact=True).fill("Kjøpe arbeidssko")
    siri.get_by_label("Deltaker", exact=True).check()
    press(siri, "Lagre")
    menu(siri, "Ny jobb")
    siri.get_by_label("Drivhuset på Nes").check()
    siri.get_by_label("Stillingstittel").fill("Gartnerassistent")
    siri.get_by_label("Midlertidig").check()
    siri.get_by_label("Timer i uken").fill("20")
    press(siri, "Registrer jobben")
    expect_message(siri, "Jobben er registrert.")
    expect(siri.locator("h1 + .aksel-tag")).to_have_text("I jobb")

    # The participant sees the same; a hundred days go by; the counsellor sees that it lasts.
    linn = logged_in(LINN)
    linn.goto("/")
    expect(linn.get_by_role("main")).to_contain_text("Gartnerassistent")
    served.let_time_pass(case_id, 100, sorted(kind.table for kind in fact_kinds().values()))
    siri.goto(case_page)
    reached = siri.locator("section").filter(has=siri.get_by_role("heading", name="Underveis"))
    expect(reached.locator("dl > div").filter(has_text="I jobb etter 13 uker")).to_contain_text("ja")
    expect(reached.locator("dl > div").filter(has_text="I jobb etter 26 uker")).to_contain_text("ikke ennå")
    reached.get_by_role("link", name="ja").click()
    expect(siri.get_by_role("main")).to_contain_text("Begynte som Gartnerassistent hos Drivhuset på Nes")
    vidar.goto("/henvisninger/")
    expect(vidar.get_by_role("row").filter(has_text=LINN).first).to_contain_text("I jobb")

    # More hours; a correction that the timeline shows.
    siri.goto(case_page)
    follow(siri, "Nye timer eller ny siste dag")
    siri.get_by_label("Fra", exact=True).fill((TODAY - timedelta(days=50)).isoformat())
    siri.get_by_label("Timer i uken").fill("30")
    press(siri, "Lagre")
    expect_message(siri, "Endringen er registrert.")
    expect(siri.locator("#timeline")).to_contain_text("30 timer i uken")
    talk = siri.locator("#timeline li").filter(has_text="Vil ut, liker jord under neglene.")
    talk.get_by_role("link", name=re.compile("^Rett")).click()
    siri.get_by_label("Minutter", exact=True).fill("60")
    siri.get_by_label("Hvorfor rettes det?").fill("Så feil på klokken")
    press(siri, "Lagre rettelsen")
    expect_message(siri, "Det er rettet.")
    siri.goto(f"{case_page}tidslinje/?slag=corrections")
    struck = siri.locator("#timeline li[data-corrected]")
    expect(struck).to_contain_text("Så feil på klokken")
    expect(struck.locator("s")).to_be_visible()
    shoot(siri, "way-2-corrected")

    # A pause in between, and on again.
    siri.goto(case_page)
    menu(siri, "Sett oppfølgingen på pause")
    siri.get_by_label("Hvorfor pause?").select_option(label="Sykdom")
    press(siri, "Sett på pause")
    expect(siri.get_by_text("pause: sykdom")).to_be_visible()
    menu(siri, "Fortsett etter pausen")
    press(siri, "Fortsett")
    expect_message(siri, "Registrert.")

    # The job is lost: what was learnt leads on. Ended too soon, opened again, and the next job begins.
    siri.goto(case_page)
    siri.locator("section").filter(has=siri.get_by_role("heading", name="Jobber")).get_by_role(
        "link", name="Registrer slutt"
    ).click()
    siri.get_by_label("Siste arbeidsdag").fill((TODAY - timedelta(days=1)).isoformat())
    siri.get_by_label("Bedriftens økonomi").check()
    siri.get_by_label("Hva som fungerte").fill("Faste oppgaver")
    press(siri, "Lagre")
    expect_message(siri, "Det er registrert at jobben slutter.")
    expect(siri.get_by_role("heading", name="Hva skjer nå?")).to_be_visible()
    menu(siri, "Avslutt oppfølgingen")
    siri.get_by_label("Hvorfor avsluttes den?").select_option(label="Deltakerens eget ønske")
    # The step of the plan that is not done stands there, and is not forgotten.
    press(siri, "Avslutt oppfølgingen")
    expect(siri.get_by_role("link", name=re.compile("hva som skal skje med stegene"))).to_be_visible()
    siri.get_by_label("De gis opp").check()
    press(siri, "Avslutt oppfølgingen")
    expect(siri.locator("h1 + .aksel-tag")).to_have_text("Sluttet")
    follow(siri, "Gjenåpne")
    siri.get_by_label("Jobben gikk tapt").check()
    press(siri, "Gjenåpne")
    expect(siri.locator("h1 + .aksel-tag")).to_have_text("Jobbutvikling")
    menu(siri, "Ny utdanning")
    siri.get_by_label("Fag", exact=True).fill("Sertifikat for hjullaster")
    siri.get_by_label("Kurs").check()
    siri.get_by_label("Ved siden av jobb").check()
    press(siri, "Lagre")
    expect_message(siri, "Utdanningen er registrert.")
    menu(siri, "Ny jobb")
    siri.get_by_label("Drivhuset på Nes").check()
    siri.get_by_label("Stillingstittel").fill("Gartner")
    siri.get_by_label("Fast", exact=True).check()
    siri.get_by_label("Timer i uken").fill("37,5")
    siri.get_by_label("Første dag").fill(LATER)
    press(siri, "Registrer jobben")
    expect(siri.locator("#timeline")).to_contain_text("Skal begynne som Gartner hos Drivhuset på Nes")
    shoot(siri, "way-3-next-job")

    # The supervisor moves her to a colleague; the list of the one who followed her no longer has her.
    mette = logged_in("Mette Metodeveileder")
    mette.goto("/team/")
    row = mette.get_by_role("row").filter(has_text="Siri Spesialist")
    row.get_by_role("link", name=re.compile("^Overfør")).click()
    mette.get_by_label(re.compile(LINN)).check()
    mette.get_by_label("Kåre Kollega").check()
    mette.get_by_label("Hvorfor").fill("Siri har permisjon")
    press(mette, "Overfør")
    expect_message(mette, "1 deltaker er overført.")
    siri.goto("/deltakere/")
    expect(siri.get_by_role("main")).not_to_contain_text("Langveisen")

    # The leader counts and sees no name; the participant reads all of it.
    lise = logged_in("Lise Leder")
    lise.goto("/")
    expect(lise.get_by_role("heading", level=1, name="Tall")).to_be_visible()
    expect(lise.locator("body")).not_to_contain_text("Langveisen")
    linn.goto("/min-side/registrert/")
    expect(linn.get_by_role("main")).to_contain_text("Drivhuset på Nes")


def test_lists_are_searched_narrowed_sorted_and_taken_out(page: Page, served: Served) -> None:
    become(page, "Siri Spesialist")
    # A slash leads to the field at the top of every page.
    page.goto("/min-dag/")
    page.get_by_role("heading", level=1).wait_for()
    page.keyboard.press("/")
    page.keyboard.type("selvsen")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Selvesen, Nora")
    expect(page.get_by_role("main")).not_to_contain_text("Prøvesen")
    assert page.url.endswith("/sok/")
    # An identity number leads to the case, and stands in no address.
    page.get_by_role("banner").get_by_role("searchbox").fill(served.laid_out["noras_number"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Nora Selvesen")).to_be_visible()
    assert served.laid_out["noras_number"] not in page.url

    page.goto("/deltakere/")
    page.get_by_label("Hvilke").select_option(label="Pause")
    press(page, "Vis")
    expect(page.get_by_role("row").filter(has_text="Pausesen, Pia")).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("Selvesen")
    page.goto("/deltakere/")
    names = page.locator("main tbody th")
    before = names.all_inner_texts()
    page.get_by_role("columnheader", name=re.compile("Navn")).get_by_role("link").click()
    expect(names.first).to_have_text(before[-1])
    for kind, begins in (("Excel", b"PK"), ("CSV", "\N{BOM}".encode())):
        with page.expect_download() as loading:
            page.get_by_role("link", name=kind).click()
        assert loading.value.path().read_bytes().startswith(begins)


def test_english_is_there_and_bokmål_comes_back(page: Page) -> None:
    become(page, "Siri Spesialist")
    page.locator(".p-header [data-menu] > summary").click()
    press(page, "English")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("heading", name="Today's meetings")).to_be_visible()
    page.locator(".p-header [data-menu] > summary").click()
    press(page, "Norsk (bokmål)")
    expect(page.get_by_role("heading", name="Møter i dag")).to_be_visible()
