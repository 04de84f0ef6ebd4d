"""The provider is away or changes its keys; and logging out, here and there."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import pytest

from plass.accounts import oidc
from tests.accounts.oidc_steps import MFA, STRANGER, bound, come, go, log_in, siri, who
from tests.accounts.provider import CLIENT

# --- The service is away, or changes its keys -----------------------------------------------------------------------


def test_a_service_that_is_away_is_a_message_on_the_login_page(world, client, provider):
    siri(provider)
    provider.down = True
    answer = client.get("/logg-inn/ansatt/")
    assert answer.status_code == 503
    assert "svarer ikke akkurat nå" in answer.content.decode()
    assert 'name="username"' in answer.content.decode()


def test_a_service_that_goes_away_in_the_middle_is_a_message_too(world, client, provider):
    siri(provider)
    address = go(client)
    provider.down = True
    answer = come(client, address)
    assert answer.status_code == 503
    assert "svarer ikke akkurat nå" in answer.content.decode()


def test_nobody_listening_is_a_message_too(world, client, provider, settings):
    from dataclasses import replace

    settings.PLASS_PROVIDERS = {"ansatt": replace(settings.PLASS_PROVIDERS["ansatt"], issuer="http://127.0.0.1:9")}
    assert client.get("/logg-inn/ansatt/").status_code == 503


def test_a_new_key_is_fetched_when_a_token_names_it(world, client, provider):
    siri(provider)
    log_in(client)
    client.logout()
    provider.rotate()
    log_in(client)
    assert who(client) == str(world.specialist.pk)


def test_where_there_is_no_provider_there_is_no_such_page(world, client, settings):
    settings.PLASS_PROVIDERS = {}
    assert client.get("/logg-inn/ansatt/").status_code == 404
    assert client.get("/logg-inn/person/svar/?state=x").status_code == 404


# --- Logging out ----------------------------------------------------------------------------------------------------


def test_logging_out_goes_on_to_the_provider_without_naming_anybody(world, client, provider):
    siri(provider)
    log_in(client)
    answer = client.post("/logg-ut/", follow=True)
    leads_to = answer["Refresh"].partition("url=")[2]
    assert leads_to.startswith(f"{provider.issuer}/end?")
    assert parse_qs(urlsplit(leads_to).query) == {
        "client_id": [CLIENT],
        "post_logout_redirect_uri": ["http://testserver/logg-inn/"],
    }
    assert who(client) is None


def test_logging_out_works_while_the_provider_is_away(world, client, provider):
    siri(provider)
    log_in(client)
    provider.down = True
    oidc.forget()
    answer = client.post("/logg-ut/", follow=True)
    assert answer.status_code == 200 and "Refresh" not in answer
    assert who(client) is None


@pytest.mark.parametrize("about", [{"sid": "session-1"}, {"sub": "s-1"}])
def test_a_notice_that_somebody_logged_out_there_ends_their_login_here(world, client, provider, about):
    from django.test import Client

    siri(provider, sid="session-1")
    log_in(client)
    second_browser = Client()
    bound(provider, world.colleague, "o-2")
    provider.log_in("s-2", **MFA, oid="o-2", preferred_username="jobb2", sid="session-2")
    log_in(second_browser)
    answer = Client(enforce_csrf_checks=True).post(
        "/logg-inn/ansatt/logget-ut/", {"logout_token": provider.logout_token(**about)}
    )
    assert answer.status_code == 200
    assert client.get("/min-dag/")["Location"].startswith("/logg-inn/")
    assert second_browser.get("/min-dag/").status_code == 200


def test_the_hidden_frame_ends_the_login_of_that_session(world, client, provider):
    from django.test import Client

    siri(provider, sid="session-1")
    log_in(client)
    frame = Client()
    assert (
        frame.get("/logg-inn/ansatt/logget-ut/", {"iss": "https://another.example", "sid": "session-1"}).status_code
        == 400
    )
    assert client.get("/min-dag/").status_code == 200
    assert frame.get("/logg-inn/ansatt/logget-ut/", {"iss": provider.issuer, "sid": "session-1"}).status_code == 200
    assert client.get("/min-dag/").status_code == 302


def test_a_false_notice_ends_nothing(world, client, provider):
    siri(provider, sid="session-1")
    log_in(client)
    now = int(time.time())
    login_token = {"iss": provider.issuer, "aud": CLIENT, "iat": now, "exp": now + 60, "sid": "session-1"}
    false = [
        provider.logout_token(sid="session-1", aud="another"),
        provider.logout_token(sid="session-1", nonce="n"),
        provider.logout_token(),
        provider.sign(login_token),
        provider.sign(login_token, key=STRANGER),
        "x",
        "",
    ]
    for token in false:
        assert client.post("/logg-inn/ansatt/logget-ut/", {"logout_token": token}).status_code == 400
    assert client.get("/min-dag/").status_code == 200
