"""What stands around every page: headers, menu, language, error pages, icons."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.http import HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.utils import translation

from plass.ui import icons, navigation
from plass.ui.gallery import STATUSES
from plass.ui.return_url import return_url
from plass.ui.security import SecurityHeaders
from plass.ui.views import ErrorPages, error_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    made = Client()
    made.cookies["plass_language"] = "nb"
    return made


def test_the_policy_allows_nothing_inline_and_nobody_else(client: Client) -> None:
    policy = dict(part.split(" ", 1) for part in client.get("/ui/").headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert not any(word in " ".join(policy.values()) for word in ("unsafe", "http", "*"))


def test_pages_are_not_kept_by_the_browser_but_files_may_be() -> None:
    page = SecurityHeaders(lambda _request: HttpResponse("x"))(RequestFactory().get("/"))
    assert page.headers["Cache-Control"] == "no-store"
    file = SecurityHeaders(lambda _request: HttpResponse("x", headers={"Cache-Control": "max-age=60"}))
    assert file(RequestFactory().get("/")).headers["Cache-Control"] == "max-age=60"


def test_our_script_is_told_where_a_sent_form_leads_and_a_browser_without_it_is_led(client: Client) -> None:
    right = {"name": "Somebody", "number": "20", "day": "2026-11-23", "channel": "call", "who": "employer"}
    assert client.post("/ui/", right).status_code == 303
    response = client.post("/ui/", right, headers={"X-Plass-In-Place": "/ui/"})
    assert (response.status_code, response.headers["X-Plass-Goes-To"], response.content) == (204, "/ui/", b"")
    assert "Location" not in response.headers
    assert "messages" in response.cookies, "what is to be said on the next page is lost"
    refused = client.post("/ui/", {}, headers={"X-Plass-In-Place": "/ui/"})
    assert refused.status_code == 422
    assert 'id="main"' in refused.content.decode()


def test_a_form_for_what_is_gone_says_so_and_not_that_the_page_is_missing() -> None:
    with translation.override("nb"):
        asked = RequestFactory().post("/sak/1/kontakt/", headers={"X-Plass-In-Place": "/sak/1/kontakt/"})
        assert "ikke lenger tilgang" in error_page(asked, 404).content.decode()
        assert "Denne siden finnes ikke" in error_page(RequestFactory().get("/sak/1/"), 404).content.decode()


def test_an_error_said_beside_the_form_sends_nobody_back() -> None:
    for headers, words in (({}, "gå tilbake"), ({"X-Plass-In-Place": "/ui/"}, "står her fortsatt")):
        with translation.override("nb"):
            page = error_page(RequestFactory().post("/", headers=headers), 500).content.decode()
        assert words in page.lower()
        assert "data-error-page" in page


def test_after_logging_in_one_is_on_the_page_the_form_was_sent_from() -> None:
    """Where a form is sent to often shows nothing; and a stranger's page is nowhere of ours."""
    asked = RequestFactory().post("/sak/1/avslutt/", headers={"X-Plass-In-Place": "/sak/1/?vis=alt"})
    assert return_url(asked) == "/sak/1/?vis=alt"
    foreign = RequestFactory().post("/sak/1/avslutt/", headers={"X-Plass-In-Place": "//elsewhere.example/x"})
    assert return_url(foreign) == "/sak/1/avslutt/"
    assert return_url(RequestFactory().get("/sak/1/?vis=alt")) == "/sak/1/?vis=alt"


def test_no_page_of_the_frame_has_inline_script_style_or_a_foreign_address(client: Client) -> None:
    html = client.get("/ui/").content.decode()
    soup = BeautifulSoup(html, "html.parser")
    assert not [
        tag for tag in soup.find_all(True) if "style" in tag.attrs or any(a.startswith("on") for a in tag.attrs)
    ]
    assert not [tag for tag in soup.find_all(["script", "style"]) if tag.string]
    addresses = [tag[name] for tag in soup.find_all(True) for name in ("src", "href", "action") if name in tag.attrs]
    assert addresses
    assert not [address for address in addresses if re.match(r"(https?:)?//", address)]


@pytest.mark.parametrize("status", [int(status) for status in STATUSES])
@pytest.mark.parametrize("language", ["nb", "en"])
def test_error_pages_say_what_to_do_in_both_languages(status: int, language: str) -> None:
    with translation.override(language):
        response = error_page(None, status)
    soup = BeautifulSoup(response.content, "html.parser")
    assert response.status_code == status
    assert soup.html is not None
    assert soup.html["lang"] == language
    assert soup.h1 is not None
    assert len(soup.h1.get_text()) > 8
    with translation.override("en" if language == "nb" else "nb"):
        assert soup.h1.get_text() not in error_page(None, status).content.decode()
    assert "data-keep-drafts" in str(soup.body)


def test_an_unknown_address_gets_our_page(client: Client) -> None:
    response = client.get("/ui/", {"status": "404"})
    assert "Denne siden finnes ikke" in response.content.decode()


def test_a_bare_status_gets_a_page_and_keeps_what_it_says() -> None:
    request = RequestFactory().get("/")
    answer = ErrorPages(lambda _request: HttpResponseNotAllowed(["POST"]))(request)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"
    assert b"<h1>" in answer.content
    own = ErrorPages(lambda _request: HttpResponse("own words", status=503))(request)
    assert own.content == b"own words"
    stream: Any = ErrorPages(lambda _request: StreamingHttpResponse([b"x"], status=503))(request)  # type: ignore[arg-type,return-value]
    assert stream.streaming


def test_a_page_sent_without_its_token_is_told_that_nothing_is_lost() -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["plass_language"] = "en"
    response = strict.post("/ui/", {"name": "x"})
    assert response.status_code == 403
    text = response.content.decode()
    assert "What you typed is kept" in text
    assert "The form could not be sent" in text
    assert 'href="/logg-inn/?next=%2Fui%2F"' in text
    assert "may not" not in text


def test_the_language_can_be_chosen_and_stays(client: Client) -> None:
    assert 'lang="nb"' in client.get("/ui/").content.decode()
    response = client.post("/sprak/", {"language": "en", "next": "/ui/"})
    assert response.headers["Location"] == "/ui/"
    assert '<html lang="en">' in client.get("/ui/").content.decode()


def test_the_choice_of_language_leads_nowhere_else(client: Client) -> None:
    response = client.post("/sprak/", {"language": "en", "next": "https://example.org/"})
    assert response.headers["Location"] == "/"


def test_the_gallery_is_not_there_unless_asked_for(client: Client, settings: Any) -> None:
    settings.PLASS_GALLERY = False
    assert client.get("/ui/").status_code == 404


def test_an_icon_is_decoration_unless_it_has_a_name() -> None:
    assert 'aria-hidden="true"' in icons.icon("Calendar")
    assert 'role="img" aria-label="&lt;b&gt;"' in icons.icon("Calendar", "<b>")
    with pytest.raises(LookupError, match="no icon named 'Kalender'"):
        icons.icon("Kalender")


def test_the_menu_has_only_what_the_role_is_for() -> None:
    for role in ("specialist", "supervisor", "counsellor", "participant", "leader", "administrator"):
        shown = {str(link.label) for link in navigation.menu(frozenset({role}))}
        allowed = {str(entry.label) for entry in navigation.ENTRIES if role in entry.roles}
        assert shown <= allowed
    assert not navigation.menu(frozenset())


def test_icons_in_the_menu_exist() -> None:
    for entry in navigation.ENTRIES:
        assert icons.icon(entry.icon)
