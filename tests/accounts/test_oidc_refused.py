"""What does not let anybody in through the provider: false tokens, weak logins, answers that belong elsewhere."""

from __future__ import annotations

import base64
import json
import time
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.accounts.oidc_steps import MFA, STRANGER, STRONG, bound, come, go, log_in, siri, who
from tests.accounts.provider import CLIENT, SECRET
from tests.world import identity_number


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
    bound(provider, world.specialist)
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
    for attempt in session["oidc"].values():
        attempt["at"] -= 3600
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
