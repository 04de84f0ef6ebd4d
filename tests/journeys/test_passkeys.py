"""A passkey from My account to the login page and away again, on a virtual device that the browser has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import CDPSession, Locator, Page, expect

from .conftest import become, shoot

NEW = "/konto/passnokler/ny/"
#: A machine that is opened by a finger, and keeps passkeys in itself.
MACHINE = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def machine(page: Page) -> Iterator[tuple[CDPSession, str]]:
    """The virtual device of the page's browser: how to speak to it, and its number."""
    speak = page.context.new_cdp_session(page)
    speak.send("WebAuthn.enable")
    yield speak, speak.send("WebAuthn.addVirtualAuthenticator", {"options": MACHINE})["authenticatorId"]
    speak.detach()


def is_clean(shown: Locator) -> None:
    """Axe finds nothing on the page that shows this, which the page before does not: it is waited for."""
    expect(shown).to_be_visible()
    results = Axe().run(shown.page)
    assert results.violations_count == 0, results.generate_report()


def log_out(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/logg-inn/")


@pytest.mark.parametrize("context", ["wide", "narrow"], indirect=True)
def test_somebody_adds_a_passkey_comes_in_by_it_and_removes_it(page: Page, machine: Any) -> None:
    speak, number = machine
    become(page, "Lise Leder" if page.viewport_size and page.viewport_size["width"] < 500 else "Vidar Veileder")
    page.goto("/konto/")
    shoot(page, "passnokler-ingen")
    page.get_by_role("link", name="Legg til en passnøkkel").click()
    password = page.get_by_label("Passordet du har")
    is_clean(password)
    password.fill("prøv-passord-123")
    page.get_by_role("button", name="Fortsett").click()
    name = page.get_by_label("Hva du kaller den")
    expect(name).to_have_value("Chrome, Linux")
    is_clean(name)
    shoot(page, "ny-passnokkel")
    # Without a name the device is not asked.
    name.fill("")
    page.keyboard.press("Enter")
    expect(page.locator(".aksel-error-summary")).to_be_visible()
    assert speak.send("WebAuthn.getCredentials", {"authenticatorId": number})["credentials"] == []
    page.get_by_label("Hva du kaller den").fill("Kontorets maskin")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Passnøkkelen er lagt til.")).to_be_visible()
    keys = page.locator("#passkeys")
    expect(keys).to_contain_text("ikke brukt ennå")
    shoot(page, "passnokler")

    # By keyboard alone, and on to the page one wanted.
    log_out(page)
    page.goto("/logg-inn/?next=/konto/")
    button = page.get_by_role("button", name="Logg inn med passnøkkel")
    is_clean(button)
    shoot(page, "logg-inn")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#passkeys")).to_contain_text("sist brukt")
    expect(page.locator("#where")).to_contain_text("passnøkkel")

    # Whoever does not unlock the device stays where they are, and may try again.
    log_out(page)
    speak.send("WebAuthn.setUserVerified", {"authenticatorId": number, "isUserVerified": False})
    button.click()
    is_clean(page.get_by_text("Ingenting ble sendt"))
    shoot(page, "ikke-last-opp")
    speak.send("WebAuthn.setUserVerified", {"authenticatorId": number, "isUserVerified": True})
    button.click()
    page.wait_for_url(lambda url: "/logg-inn/" not in url)

    page.goto("/konto/")
    page.get_by_role("link", name="Fjern Kontorets maskin").click()
    # As for adding one: an open screen is not enough.
    is_clean(password)
    password.fill("prøv-passord-123")
    page.get_by_role("button", name="Fortsett").click()
    remove = page.get_by_role("button", name="Fjern")
    is_clean(remove)
    shoot(page, "fjern-passnokkel")
    remove.click()
    expect(page.get_by_text("Passnøkkelen er fjernet.")).to_be_visible()
    log_out(page)
    button.click()
    expect(page.get_by_text("Denne passnøkkelen virker ikke her.")).to_be_visible()
    # The refusal stands in the page, which still offers both ways.
    expect(button).to_be_visible()
    expect(page.get_by_label("Brukernavn")).to_be_visible()
    shoot(page, "virker-ikke")


def test_where_the_browser_has_none_the_password_stays(page: Page) -> None:
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto("/logg-inn/")
    expect(page.get_by_label("Brukernavn")).to_be_visible()
    expect(page.get_by_role("button", name="Logg inn med passnøkkel")).to_be_hidden()
    become(page, "Vidar Veileder")
    page.goto(NEW)
    page.get_by_label("Passordet du har").fill("prøv-passord-123")
    page.get_by_role("button", name="Fortsett").click()
    expect(page.get_by_text("Denne nettleseren kan ikke lage passnøkler her.")).to_be_visible()
    expect(page.get_by_role("button", name="Lag passnøkkelen")).to_be_hidden()
