"""Logging in, guessing, and logins that end."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from plass.accounts import rate_limit
from plass.accounts.models import Persona
from plass.accounts.rate_limit import MOST_FAILURES, PERIOD
from plass.accounts.sessions import BEGAN, PRECISION, USED
from plass.organisation.models import Membership, User
from tests.conftest import as_owner
from tests.world import user

RIGHT = "prøv-passord-123"


def log_in(client, username="jobb1", password=RIGHT, **more):
    return client.post("/logg-inn/", {"username": username, "password": password, **more})


def who(client) -> str | None:
    return client.session.get("_auth_user_id")


def test_user_name_and_password_open_the_front_door(world, client):
    answer = log_in(client)
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert who(client) == str(world.specialist.pk)


def test_a_user_name_is_the_same_in_capitals_and_with_a_space_after(world, client):
    log_in(client, username="JOBB1 ")
    assert who(client) == str(world.specialist.pk)


@pytest.mark.parametrize(("username", "password"), [("jobb1", "feil"), ("finnesikke", RIGHT), ("", ""), ("jobb1", "")])
def test_what_is_wrong_is_not_told_apart_and_the_name_is_kept(world, client, username, password):
    answer = log_in(client, username=username, password=password)
    assert answer.status_code == 422
    assert who(client) is None
    assert f'value="{username}"' in answer.content.decode() or not username
    assert RIGHT not in answer.content.decode()


def test_a_wrong_password_and_a_name_that_does_not_exist_get_the_same_words(world, client):
    pages = [
        log_in(client, username=name, password="feil").content.decode().replace(name, "…")
        for name in ("jobb1", "finnes1")
    ]
    without_tokens = [[line for line in page.splitlines() if "csrf" not in line.lower()] for page in pages]
    assert without_tokens[0] == without_tokens[1]


@pytest.mark.parametrize(
    ("next_page", "goes_to"),
    [
        ("/sak/7/pause/?x=1", "/sak/7/pause/?x=1"),
        ("https://example.test/steal", "/"),
        ("//example.test/steal", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_after_login_on_to_the_page_somebody_wanted_but_never_to_another_site(world, client, next_page, goes_to):
    assert log_in(client, next=next_page)["Location"] == goes_to


def test_an_ended_account_is_not_let_in(world, client):
    with as_owner():
        User.objects.filter(pk=world.specialist.pk).update(ended_on=timezone.localdate() - timedelta(days=1))
    assert log_in(client).status_code == 422
    assert who(client) is None


# --- Guessing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("username", ["jobb1", "finnesikke"])
def test_after_so_many_wrong_passwords_the_name_is_closed_and_says_for_how_long(world, client, username):
    for _ in range(MOST_FAILURES):
        assert log_in(client, username=username, password="feil").status_code == 422
    answer = log_in(client, username=username)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= PERIOD.total_seconds()
    assert "15 minutter" in answer.content.decode()
    assert who(client) is None


def test_a_closed_name_does_not_close_another(world, client):
    for _ in range(MOST_FAILURES):
        log_in(client, password="feil")
    assert log_in(client, username="jobb2").status_code == 303


def test_guessing_one_password_on_every_name_closes_the_address_and_no_other(world, client, monkeypatch):
    monkeypatch.setattr(rate_limit, "MOST_FROM_ONE", 6)
    for number in range(6):
        assert log_in(client, username=f"finnesikke{number}", password="feil").status_code == 422
    answer = log_in(client)
    assert answer.status_code == 429 and "der du er" in answer.content.decode()
    assert 0 < int(answer["Retry-After"]) <= rate_limit.EMPTIES_IN / 6
    client.defaults["REMOTE_ADDR"] = "192.0.2.9"
    assert log_in(client).status_code == 303


def test_the_measure_of_an_address_empties_evenly_and_a_right_password_does_not_empty_it(world, client, monkeypatch):
    monkeypatch.setattr(rate_limit, "MOST_FROM_ONE", 6)
    for number in range(5):
        log_in(client, username=f"finnesikke{number}", password="feil")
    assert log_in(client).status_code == 303
    client.logout()
    log_in(client, username="finnesikke6", password="feil")
    assert log_in(client).status_code == 429
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_loginattempts SET last_at = last_at - make_interval(secs => %s)", [15 * 60 / 6])
    assert log_in(client, username="finnesikke7", password="feil").status_code == 422
    assert log_in(client).status_code == 429


@pytest.mark.parametrize(
    ("proxies", "forwarded", "connected", "expected"),
    [
        (0, "198.51.100.7", "192.0.2.1", "192.0.2.1"),
        (1, "6.6.6.6, 198.51.100.7", "192.0.2.1", "198.51.100.7"),
        (2, "6.6.6.6, 198.51.100.7, 192.0.2.2", "192.0.2.1", "198.51.100.7"),
        (1, "", "192.0.2.1", "192.0.2.1"),
        (2, "198.51.100.7", "192.0.2.1", "192.0.2.1"),
        (1, "nonsense", "192.0.2.1", "192.0.2.1"),
        (0, "", "2001:db8:1:2:3::4", "2001:db8:1::/56"),
        (0, "", "::ffff:192.0.2.1", "192.0.2.1"),
    ],
)
def test_an_address_is_what_our_own_proxy_saw_and_nothing_further_left(
    rf, settings, proxies, forwarded, connected, expected
):
    settings.PLASS_PROXIES = proxies
    request = rf.post("/logg-inn/", REMOTE_ADDR=connected, HTTP_X_FORWARDED_FOR=forwarded)
    assert rate_limit.address_of(request) == expected


def test_a_right_password_begins_the_counting_anew(world, client):
    for _ in range(MOST_FAILURES - 1):
        log_in(client, password="feil")
    assert log_in(client).status_code == 303
    client.logout()
    assert log_in(client, password="feil").status_code == 422
    assert log_in(client).status_code == 303


def test_a_closed_name_opens_by_itself_after_the_period(world, client):
    for _ in range(MOST_FAILURES):
        log_in(client, password="feil")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_loginattempts SET last_at = last_at - %s", [PERIOD])
    assert log_in(client).status_code == 303


def test_attempts_on_a_closed_name_do_not_keep_it_closed(world, client):
    for _ in range(MOST_FAILURES):
        log_in(client, password="feil")
    first = int(log_in(client)["Retry-After"])
    assert int(log_in(client)["Retry-After"]) <= first


def test_old_failures_are_forgotten(world, client):
    log_in(client, username="noen", password="feil")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_loginattempts SET last_at = last_at - %s", [2 * PERIOD])
    log_in(client)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_loginattempts")
        assert cursor.fetchone()[0] == 0


# --- Logins that end ------------------------------------------------------------------------------------------------


def set_session(client, **values) -> None:
    session = client.session
    session.update(values)
    session.save()


def test_a_login_that_was_not_used_for_too_long_has_ended(world, client, settings):
    log_in(client)
    set_session(client, **{USED: int(time.time()) - settings.PLASS_IDLE_SECONDS - 1})
    answer = client.get("/henvisninger/")
    assert answer["Location"] == "/logg-inn/?next=/henvisninger/"
    assert who(client) is None


def test_a_login_ends_after_its_longest_time_although_it_is_used(world, client, settings):
    log_in(client)
    set_session(client, **{BEGAN: int(time.time()) - settings.SESSION_COOKIE_AGE - 1})
    assert client.get("/henvisninger/").status_code == 302


def test_using_a_login_prolongs_it_without_writing_at_every_page(world, client):
    log_in(client)
    recently = int(time.time()) - PRECISION + 60
    set_session(client, **{USED: recently})
    client.get("/henvisninger/")
    assert client.session[USED] == recently
    set_session(client, **{USED: recently - 120})
    client.get("/henvisninger/")
    assert client.session[USED] > recently


def test_a_form_sent_after_the_login_ended_leads_to_login_and_back_to_the_form(world, client, settings):
    case = world.refer()
    log_in(client)
    set_session(client, **{USED: 0})
    answer = client.post(f"/sak/{case.pk}/pause/", {"reason": "illness"})
    assert (answer.status_code, answer["Location"]) == (303, f"/logg-inn/?next=/sak/{case.pk}/pause/")
    onward = log_in(client, next=f"/sak/{case.pk}/pause/")
    assert client.get(onward["Location"]).status_code == 200


def test_htmx_is_told_to_go_to_login_and_back_to_the_page_around(world, client):
    answer = client.get(
        "/henvisninger/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/min-dag/?x=1"}
    )
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/logg-inn/?next=/min-dag/%3Fx%3D1"


def test_htmx_does_not_choose_another_site_to_come_back_to(world, client):
    answer = client.get(
        "/henvisninger/", headers={"HX-Request": "true", "HX-Current-URL": "https://example.test/min-dag/"}
    )
    assert answer["HX-Redirect"] == "/logg-inn/?next=/henvisninger/"


def test_logging_out_ends_the_session_on_the_server(world, client):
    log_in(client)
    key = client.session.session_key
    client.post("/logg-ut/")
    assert not client.session.exists(key)
    assert client.post("/logg-ut/").status_code == 303


# --- Standing changes at the next page ------------------------------------------------------------------------------


def test_when_a_membership_ends_access_ends_at_the_next_page(world, client):
    case = world.refer()
    log_in(client)
    assert client.get(f"/sak/{case.pk}/pause/").status_code == 200
    with as_owner():
        Membership.objects.filter(user=world.specialist).update(ended_on=timezone.localdate() - timedelta(days=1))
    assert client.get(f"/sak/{case.pk}/pause/").status_code == 404
    assert client.get("/henvis/").status_code == 404


def test_leaving_the_team_ends_access_to_its_cases_at_the_next_page(world, client):
    case = world.refer()
    log_in(client, username="jobb2")
    assert client.get(f"/sak/{case.pk}/kontakt/").status_code == 200
    with as_owner():
        Membership.objects.filter(user=world.colleague).update(team=world.second_team)
    assert client.get(f"/sak/{case.pk}/kontakt/").status_code == 404


def test_when_the_account_ends_the_next_page_is_the_login_page(world, client):
    log_in(client)
    with as_owner():
        User.objects.filter(pk=world.specialist.pk).update(ended_on=timezone.localdate() - timedelta(days=1))
    assert client.get("/henvisninger/")["Location"].startswith("/logg-inn/")


# --- Who to be in the demo, and the front door ----------------------------------------------------------------------


@pytest.mark.parametrize(("demo", "codes", "says"), [(True, False, True), (True, True, False), (False, True, False)])
def test_the_demo_says_that_it_asks_for_no_code(world, client, settings, demo, codes, says):
    settings.PLASS_DEMO, settings.PLASS_SECOND_FACTOR = demo, codes
    page = client.get("/logg-inn/").content.decode()
    assert ("I demoen holder det med passord" in page) == says
    # And so it is.
    assert log_in(client)["Location"].startswith("/logg-inn/") == codes


@pytest.fixture
def persona(world):
    with as_owner():
        return Persona.objects.create(
            user=world.counsellor, order=1, name="Vidar Veileder", role="counsellor", about="Søker inn."
        )


def test_in_the_demo_one_press_makes_you_somebody(persona, client):
    assert "Vidar Veileder" in client.get("/demo/").content.decode()
    answer = client.post("/demo/", {"persona": persona.pk})
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert who(client) == str(persona.user_id)


@pytest.mark.parametrize("chosen", ["", "0", "99999", "x", "9" * 30, "²"])
def test_nobody_becomes_somebody_who_is_not_there(persona, client, chosen):
    assert client.post("/demo/", {"persona": chosen}).status_code == 404
    assert who(client) is None


def test_outside_the_demo_there_is_no_such_page(persona, client, settings):
    settings.PLASS_DEMO = False
    assert client.get("/demo/").status_code == 404
    assert client.post("/demo/", {"persona": persona.pk}).status_code == 404
    assert who(client) is None
    assert client.get("/")["Location"] == "/logg-inn/"


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("specialist", "/min-dag/"),
        ("supervisor", "/min-dag/"),
        ("counsellor", "/henvisninger/"),
        ("leader", "/tall/"),
        ("administrator", "/kontoer/"),
    ],
)
def test_the_front_door_leads_each_to_their_own_page(world, client, name, start):
    client.force_login(world.act_as(getattr(world, name)))
    assert client.get("/")["Location"] == start


def test_a_participant_starts_at_their_own_page(world, client):
    case = world.refer()
    with as_owner():
        account = user("deltaker1", "", "", kind=User.Kind.PARTICIPANT)
        type(case.participant).objects.filter(pk=case.participant_id).update(user=account)
    client.force_login(world.act_as(account))
    assert client.get("/")["Location"] == "/min-side/"


def test_somebody_without_a_page_is_told_so(world, client):
    with as_owner():
        Membership.objects.filter(user=world.leader).delete()
    client.force_login(world.act_as(world.leader))
    assert client.get("/").status_code == 200


def test_a_stranger_starts_by_choosing_or_logging_in(db, client):
    assert client.get("/")["Location"] == "/demo/"
