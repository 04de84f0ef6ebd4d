"""Logging in through a real OpenID provider on loopback: staff, participants, employers; and what must not work."""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import OctKey

from plass.access import links, oidc
from plass.access.tables import Link, Subject
from plass.config import providers
from plass.organisation.models import GroupRole, Membership, Role, User
from tests.access.provider import CLIENT, SECRET, OpenIDProvider, new_key, running
from tests.conftest import as_owner
from tests.world import identity_number, user

MFA = {"amr": ("pwd", "mfa")}
STRONG = {"acr": "idporten-loa-high"}
STRANGER = new_key()


@pytest.fixture(scope="module")
def served() -> Iterator[OpenIDProvider]:
    with running() as provider:
        yield provider


@pytest.fixture
def provider(served, settings) -> OpenIDProvider:
    served.start_anew()
    oidc.forget()
    environment = {
        f"PLASS_{which}_OIDC_{name}": value
        for which in ("STAFF", "PERSON")
        for name, value in {"ISSUER": served.issuer, "CLIENT_ID": CLIENT, "CLIENT_SECRET": SECRET}.items()
    }
    environment["PLASS_STAFF_OIDC_GROUPS_CLAIM"] = ""
    settings.PLASS_PROVIDERS = providers.from_environment(environment)
    return served


def with_groups(settings, served) -> None:
    from dataclasses import replace

    settings.PLASS_PROVIDERS = {"ansatt": replace(settings.PLASS_PROVIDERS["ansatt"], groups_claim="groups")}


def go(client, key="ansatt", query="") -> str:
    """From the login page to the provider and to the door again; the address the provider sends the browser to."""
    off = client.get(f"/logg-inn/{key}/{query}")
    assert off.status_code == 302
    sent = httpx.get(off["Location"])
    assert sent.status_code == 302, sent.text
    return sent.headers["Location"]


def come(client, address: str):
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def log_in(client, key="ansatt", query=""):
    return come(client, go(client, key, query))


def who(client) -> str | None:
    return client.session.get("_auth_user_id")


def siri(provider, **more) -> None:
    provider.log_in("s-1", **({**MFA, "oid": "o-1", "preferred_username": "jobb1"} | more))


# --- Those who work here --------------------------------------------------------------------------------------------


def test_somebody_who_works_here_comes_in_and_goes_on_to_the_page_they_wanted(world, client, provider):
    siri(provider)
    answer = log_in(client, query="?next=/henvisninger/%3Fx%3D1")
    assert (answer.status_code, answer["Location"]) == (302, "/henvisninger/?x=1")
    assert who(client) == str(world.specialist.pk)


def test_the_request_says_everything_that_protects_it(world, client, provider):
    siri(provider)
    go(client)
    assert provider.asked["code_challenge_method"] == "S256"
    assert len(provider.asked["code_challenge"]) == 43
    assert len(provider.asked["state"]) > 30 and len(provider.asked["nonce"]) > 30
    assert provider.asked["max_age"] == str(12 * 3600)
    go(client, "person")
    assert provider.asked["acr_values"] == "idporten-loa-substantial idporten-loa-high"


def test_the_session_before_the_login_is_another_one_than_after(world, client, provider):
    siri(provider)
    address = go(client)
    before = client.session.session_key
    come(client, address)
    assert client.session.session_key != before
    assert not client.session.exists(before)


def test_the_second_time_the_lasting_name_counts_and_not_the_user_name(world, client, provider):
    siri(provider)
    log_in(client)
    client.logout()
    siri(provider, preferred_username="siri.nytt-navn")
    log_in(client)
    assert who(client) == str(world.specialist.pk)


def test_whoever_gets_the_user_name_later_does_not_get_the_account(world, client, provider):
    siri(provider)
    log_in(client)
    client.logout()
    provider.log_in("s-2", **MFA, oid="o-2", preferred_username="jobb1")
    answer = log_in(client)
    assert answer.status_code == 403
    assert who(client) is None


@pytest.mark.parametrize("name", ["finnesikke", "deltaker1"])
def test_an_unknown_person_gets_a_page_that_says_what_to_do(world, client, provider, name):
    with as_owner():
        user("deltaker1", "", "", kind=User.Kind.PARTICIPANT)
    siri(provider, preferred_username=name)
    answer = log_in(client)
    assert answer.status_code == 403
    assert "ingen konto i Plass" in answer.content.decode()
    assert who(client) is None
    assert not Subject.objects.exists()


def test_an_ended_account_is_not_let_in_and_not_bound_anew(world, client, provider):
    siri(provider)
    log_in(client)
    client.logout()
    with as_owner():
        User.objects.filter(pk=world.specialist.pk).update(ended_on=timezone.localdate() - timezone.timedelta(days=1))
        user("jobb9", "Ny", "Person")
    siri(provider, preferred_username="jobb9")
    assert log_in(client).status_code == 403
    assert who(client) is None


def test_groups_give_roles_and_take_them_at_the_next_login(world, client, provider, settings):
    with_groups(settings, provider)
    with as_owner():
        user("ny1", "Nina", "Ny")
        GroupRole.objects.create(group="g-jobb", role=Role.SPECIALIST, office=world.office, team=world.team)
        GroupRole.objects.create(group="g-leder", role=Role.LEADER, office=world.office)
    siri(provider, oid="o-9", preferred_username="ny1", groups=["g-jobb", "g-annet"])
    log_in(client)
    new = world.act_as(User.objects.get(username="ny1"))
    held = Membership.objects.filter(user=new)
    assert [(one.role, one.team_id, one.ended_on) for one in held] == [(Role.SPECIALIST, world.team.pk, None)]
    client.logout()
    siri(provider, oid="o-9", preferred_username="ny1", groups=["g-leder"])
    log_in(client)
    world.act_as(new)
    lasting = [one.role for one in held.all() if one.ended_on is None or one.ended_on >= timezone.localdate()]
    assert lasting == [Role.LEADER]
    assert client.get("/")["Location"] == "/tall/"


def test_groups_leave_alone_what_an_administrator_gave_by_hand(world, client, provider, settings):
    with_groups(settings, provider)
    siri(provider, groups=[])
    log_in(client)
    world.act_as(world.specialist)
    assert Membership.objects.get(user=world.specialist).ended_on is None


def test_a_list_of_groups_that_was_left_out_is_not_taken_for_none(world, client, provider, settings):
    with_groups(settings, provider)
    siri(provider, _claim_names={"groups": "src1"})
    answer = log_in(client)
    assert answer.status_code == 403
    assert "så mange grupper" in answer.content.decode()


# --- Participants and employers -------------------------------------------------------------------------------------


def test_a_participant_comes_in_by_identity_number_and_sees_their_own_page(world, client, provider):
    number = identity_number()
    world.refer(number=number)
    for _again in range(2):
        provider.log_in("p-1", **STRONG, pid=number)
        answer = log_in(client, "person")
        assert answer["Location"] == "/"
        assert client.get("/")["Location"] == "/min-side/"
        client.logout()
    with as_owner():
        accounts = User.objects.filter(kind=User.Kind.PARTICIPANT)
        assert [account.username.split("-")[0] for account in accounts] == ["deltaker"]
        assert not accounts[0].has_usable_password()


def test_somebody_who_is_no_participant_is_told_so_and_gets_no_account(world, client, provider):
    provider.log_in("p-2", **STRONG, pid=identity_number())
    answer = log_in(client, "person")
    assert answer.status_code == 403
    assert "ingen oppfølging i Plass" in answer.content.decode()
    assert not User.objects.filter(kind=User.Kind.PARTICIPANT).exists()


def test_an_employers_contact_person_comes_by_invitation_and_then_by_themselves(world, client, provider):
    with as_owner():
        account = user("arbeidsgiver1", "Arne", "Arbeidsgiver", kind=User.Kind.EMPLOYER)
    token = links.make(by=world.act_as(world.administrator), user=account, purpose=Link.Purpose.BIND)
    number = identity_number()
    provider.log_in("e-1", **STRONG, pid=number)
    assert log_in(client, "person", "?som=arbeidsgiver").status_code == 403
    assert client.get(f"/lenke/{token}/").status_code == 200
    assert log_in(client, "person").status_code == 302
    assert who(client) == str(account.pk)
    client.logout()
    assert client.get(f"/lenke/{token}/").status_code == 404
    provider.log_in("e-1", **STRONG, pid=number)
    log_in(client, "person", "?som=arbeidsgiver")
    assert who(client) == str(account.pk)
    with as_owner():
        assert number not in str(list(Subject.objects.values_list("subject", flat=True)))


def test_an_employers_account_that_is_logged_in_binds_itself_and_nobody_elses(world, client, provider):
    with as_owner():
        account = user("arbeidsgiver1", "Arne", "Arbeidsgiver", kind=User.Kind.EMPLOYER)
        other = user("arbeidsgiver2", "Anne", "Annen", kind=User.Kind.EMPLOYER)
    number = identity_number()
    provider.log_in("e-1", **STRONG, pid=number)
    client.force_login(world.act_as(account))
    assert 'href="/logg-inn/person/?knytt=1"' in client.get("/konto/").content.decode()
    assert log_in(client, "person", "?knytt=1")["Location"] == "/konto/"
    client.logout()
    log_in(client, "person", "?som=arbeidsgiver")
    assert who(client) == str(account.pk)
    client.force_login(world.act_as(other))
    assert log_in(client, "person", "?knytt=1").status_code == 403
    begun = go(client, "person", "?knytt=1")
    client.force_login(world.act_as(world.specialist))
    assert come(client, begun).status_code in {400, 403}
    assert log_in(client, "person", "?knytt=1").status_code == 403
    with as_owner():
        assert list(Subject.objects.values_list("user_id", flat=True)) == [account.pk]


def test_an_invitation_does_not_let_anybody_into_an_account_of_the_staff(world, client, provider):
    token = links.make(by=world.act_as(world.administrator), user=world.colleague, purpose=Link.Purpose.BIND)
    client.get(f"/lenke/{token}/")
    provider.log_in("e-2", **STRONG, pid=identity_number())
    assert log_in(client, "person").status_code == 403
    assert who(client) is None


def test_a_number_that_is_none_is_refused_and_not_written_down(world, client, provider, caplog):
    provider.log_in("p-3", **STRONG, pid="01017012345")
    with caplog.at_level(logging.DEBUG, logger="plass"):
        assert log_in(client, "person").status_code == 403
    assert "01017012345" not in caplog.text


# --- What must not work ---------------------------------------------------------------------------------------------


def claims_with(provider, **changes):
    def lie(claims, header):
        claims |= changes
        return provider.sign({name: value for name, value in claims.items() if value is not None})

    return lie


def unsigned(claims, header):
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in ({"alg": "none"}, claims))
    return b".".join([*parts, b""]).decode()


def by_client_secret(claims, header):
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET * 2))


LIES = {
    "another nonce": lambda p: claims_with(p, nonce="another"),
    "no nonce": lambda p: claims_with(p, nonce=None),
    "for another program": lambda p: claims_with(p, aud="another"),
    "for two, and the other asked": lambda p: claims_with(p, aud=[CLIENT, "another"], azp="another"),
    "from another issuer": lambda p: claims_with(p, iss="https://another.example"),
    "expired": lambda p: claims_with(p, exp=int(time.time()) - 120),
    "without expiry": lambda p: claims_with(p, exp=None),
    "issued tomorrow": lambda p: claims_with(p, iat=int(time.time()) + 86400),
    "issued yesterday": lambda p: claims_with(p, iat=int(time.time()) - 86400),
    "without auth_time": lambda p: claims_with(p, auth_time=None),
    "auth_time that is no time": lambda p: claims_with(p, auth_time="now"),
    "unsigned": lambda p: unsigned,
    "signed with the client's secret": lambda p: by_client_secret,
    "signed by somebody else": lambda p: lambda claims, header: p.sign(claims, key=STRANGER),
    "signed by somebody else under the right name": lambda p: (
        lambda claims, header: p.sign(claims, {"kid": header["kid"]}, key=STRANGER)
    ),
    "no token": lambda p: lambda claims, header: "x",
}


def test_a_token_that_does_not_hold_lets_nobody_in(world, client, provider):
    siri(provider)
    let_in = []
    for lie, made in LIES.items():
        provider.tamper = made(provider)
        if log_in(client).status_code != 403 or who(client) is not None:
            let_in.append(lie)
            client.logout()
    assert let_in == []
    provider.tamper = claims_with(provider)
    assert log_in(client).status_code == 302


@pytest.mark.parametrize("key", ["ansatt", "person"])
def test_too_weak_or_too_old_a_login_is_refused_with_what_to_do(world, client, provider, key):
    number = identity_number()
    world.refer(number=number)
    strong = {"ansatt": MFA, "person": STRONG}[key]
    weak = {
        "ansatt": [
            ({"amr": ("pwd",)}, "uten en ekstra faktor"),
            ({}, "uten en ekstra faktor"),
            ({**MFA, "ago": 13 * 3600}, "for lenge siden"),
        ],
        "person": [
            ({"acr": "idporten-loa-low"}, "for svak måte"),
            ({"acr": "selfregistered-email"}, "for svak måte"),
            ({}, "for svak måte"),
            ({**STRONG, "ago": 2 * 3600}, "for lenge siden"),
        ],
    }[key]
    for login, says in weak:
        provider.log_in("x", **login, oid="o-1", preferred_username="jobb1", pid=number)
        answer = log_in(client, key)
        assert answer.status_code == 403, login
        assert says in answer.content.decode(), login
        assert who(client) is None, login
    provider.log_in("x", **strong, oid="o-1", preferred_username="jobb1", pid=number)
    assert log_in(client, key).status_code == 302


def test_an_answer_is_taken_once(world, client, provider):
    siri(provider)
    address = go(client)
    assert come(client, address).status_code == 302
    # In the same session: it is we who refuse (400), before the provider is asked about its code again (403).
    assert come(client, address).status_code == 400


def test_an_answer_to_somebody_elses_browser_is_not_taken(world, client, provider):
    from django.test import Client

    siri(provider)
    address = go(Client())
    assert come(client, address).status_code == 400
    assert who(client) is None


def test_an_answer_from_one_provider_is_not_taken_at_the_others_door(world, client, provider):
    siri(provider)
    address = go(client, "person").replace("/person/", "/ansatt/")
    assert come(client, address).status_code == 400


def test_an_answer_that_comes_too_late_is_not_taken(world, client, provider):
    siri(provider)
    address = go(client)
    session = client.session
    for one in session["oidc"].values():
        one["at"] -= 3600
    session.save()
    assert come(client, address).status_code == 400


def test_a_stolen_code_is_worth_nothing_without_the_verifier(world, client, provider):
    from django.test import Client

    siri(provider)
    stolen = parse_qs(urlsplit(go(client)).query)["code"][0]
    thief = Client()
    own = urlsplit(go(thief))
    state = parse_qs(own.query)["state"][0]
    assert thief.get(f"{own.path}?state={state}&code={stolen}").status_code == 403
    assert who(thief) is None


def test_an_answer_that_names_another_issuer_is_refused(world, client, provider):
    siri(provider)
    assert come(client, go(client) + "&iss=https://another.example").status_code == 403


def test_who_gives_up_there_is_told_how_to_go_on(world, client, provider):
    state = parse_qs(urlsplit(client.get("/logg-inn/ansatt/")["Location"]).query)["state"][0]
    answer = client.get(f"/logg-inn/ansatt/svar/?state={state}&error=access_denied")
    assert answer.status_code == 400
    assert "fullførte ikke" in answer.content.decode()


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
    other = Client()
    provider.log_in("s-2", **MFA, oid="o-2", preferred_username="jobb2", sid="session-2")
    log_in(other)
    answer = Client(enforce_csrf_checks=True).post(
        "/logg-inn/ansatt/logget-ut/", {"logout_token": provider.logout_token(**about)}
    )
    assert answer.status_code == 200
    assert client.get("/min-dag/")["Location"].startswith("/logg-inn/")
    assert other.get("/min-dag/").status_code == 200


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


def test_the_login_page_shows_every_way_in(db, client, provider, settings):
    page = client.get("/logg-inn/?next=/min-dag/").content.decode()
    assert 'href="/logg-inn/ansatt/?next=/min-dag/"' in page
    assert 'href="/logg-inn/person/?som=arbeidsgiver&next=/min-dag/"' in page
    assert 'name="password"' in page
    settings.PLASS_LOCAL_ACCOUNTS = False
    assert 'name="password"' not in client.get("/logg-inn/").content.decode()
    assert client.post("/logg-inn/", {"username": "jobb1", "password": "prøv-passord-123"}).status_code == 404
    assert isinstance(client.get("/logg-inn/").wsgi_request.user, AnonymousUser)
