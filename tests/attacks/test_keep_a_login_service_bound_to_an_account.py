"""Whoever has handed out a contact person's password, or finds an open screen, binds their own BankID to the account, and
would stay the contact person through each new password and phone."""

from __future__ import annotations

import re
import time
import uuid

import pyotp
import pytest
from bs4 import BeautifulSoup
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from plass.accounts import bindings, totp
from plass.accounts.models import Login, SecondFactor, Subject
from plass.db import signed
from plass.organisation.models import User
from plass.rights import actions, queries
from plass.rights.models import ContactAccount, EmployerAccess
from tests.accounts.oidc_steps import STRONG, come, go, who
from tests.accounts.oidc_steps import log_in as by_provider
from tests.conftest import as_owner
from tests.rights.made import People, code_if_needed, contact, make_people
from tests.world import World, identity_number

OWN = "bakeriet åpner klokka sju"
BIND = "/konto/innlogginger/ny/"


@pytest.fixture(autouse=True)
def enforced(settings) -> None:
    settings.PLASS_SECOND_FACTOR = True


@pytest.fixture
def people(world) -> People:
    return make_people(world)


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).at(int(time.time()))


def unused() -> None:
    """The code of this half minute may be used once more."""
    with as_owner():
        SecondFactor.objects.update(last_step=0)


def give(world: World, people: People) -> tuple[EmployerAccess, actions.WayIn]:
    access, way_in = actions.give_access(
        people.case, by=world.act_as(world.specialist), contact_person=people.person,
        agreed_on=timezone.localdate(), agreed_how="talk",
    )  # fmt: skip
    assert way_in is not None
    return access, way_in


def come_in(way_in: actions.WayIn, *, choose: str = "") -> tuple[Client, str]:
    """Log in the first time, set up a phone, and (``choose``) choose a password; the browser and the phone's secret."""
    client = Client()
    client.post("/logg-inn/", {"username": way_in.username, "password": way_in.password})
    page = BeautifulSoup(client.get("/logg-inn/ny-kode/").content, "html.parser")
    secret = page.select_one(".p-secret").text.replace(" ", "")
    assert client.post("/logg-inn/ny-kode/", {"code": code_of(secret)}).status_code == 200
    if choose:
        form = {"old": way_in.password, "new": choose, "again": choose}
        assert client.post("/konto/passord/", form).status_code == 303
    unused()
    return client, secret


def bind(client: Client, secret: str, provider) -> str:
    """Bind the account as its owner does; the identity number."""
    number = identity_number()
    provider.log_in("own", **STRONG, pid=number)
    assert client.post(BIND, {"code": code_of(secret)})["Location"] == BIND
    off = client.get(BIND)["Location"]
    assert come(client, sent(off))["Location"] == "/konto/"
    unused()
    return number


def sent(address: str) -> str:
    import httpx

    return httpx.get(address).headers["Location"]


def by_number(provider, number: str) -> Client:
    client = Client()
    provider.log_in("own", **STRONG, pid=number)
    by_provider(client, "person", "?som=arbeidsgiver")
    return client


def press(world: World, what: str, access: EmployerAccess, **form: str) -> str:
    client = Client()
    client.force_login(world.act_as(world.specialist))
    address = reverse(f"rights:{what}", args=[access.case_id, access.pk])
    return client.post(address, {"submission": str(uuid.uuid4()), **form}, follow=True).content.decode()


def test_the_account_of_a_password_that_somebody_gave_is_bound_to_nobody(world, people, provider):
    _access, way_in = give(world, people)
    client, secret = come_in(way_in)
    provider.log_in("siri", **STRONG, pid=identity_number())
    page = client.get("/konto/").content.decode()
    assert "Velg et eget først" in page and BIND not in page
    # As somebody who is at the provider already.
    assert client.get(BIND)["Location"] == reverse("accounts:password")
    assert client.post(BIND, {"code": code_of(secret)})["Location"] == reverse("accounts:password")
    # Nor by the address of before, nor where the web process itself asks the database.
    assert by_provider(client, "person", "?knytt=1").status_code == 403
    with as_owner():
        account = User.objects.get(username=way_in.username)
        assert not Subject.objects.exists()
    world.act_as(account)
    with pytest.raises(DatabaseError, match="password"), transaction.atomic():
        signed.call("accounts_bind", provider.issuer, "x", account.pk)


def test_an_open_screen_binds_nobody(world, people, provider):
    """A colleague at the screen of the contact person, who is out for a moment, has neither the phone nor the password."""
    _access, way_in = give(world, people)
    client, secret = come_in(way_in, choose=OWN)
    provider.log_in("thief", **STRONG, pid=identity_number())
    assert by_provider(client, "person", "?knytt=1").status_code == 403
    asks = client.get(BIND)
    assert asks.status_code == 200 and 'name="code"' in asks.content.decode()
    assert client.post(BIND, {"code": "000000"}).status_code == 422
    with as_owner():
        assert not Subject.objects.exists()
    # The owner does, and once: what was agreed is used up by it.
    number = bind(client, secret, provider)
    assert 'name="code"' in client.get(BIND).content.decode()
    assert who(by_number(provider, number)) == who(client)


@pytest.mark.parametrize("what", ["new_password", "lost_phone"])
def test_a_new_password_and_a_lost_phone_take_every_way_in(world, people, provider, what):
    access, way_in = give(world, people)
    client, secret = come_in(way_in, choose=OWN)
    number = bind(client, secret, provider)
    elsewhere = by_number(provider, number)
    assert elsewhere.get("/arbeidsgiver/").status_code == 200
    half = Client()
    half.post("/logg-inn/", {"username": way_in.username, "password": OWN})
    assert half.get("/logg-inn/kode/").status_code == 200
    page = press(world, what, access, **({"proof": "met"} if what == "lost_phone" else {}))
    for one in (client, elsewhere):
        assert one.get("/arbeidsgiver/")["Location"].startswith("/logg-inn/")
    assert half.get("/logg-inn/kode/")["Location"] == "/logg-inn/"
    assert who(by_number(provider, number)) is None
    with as_owner():
        for table in (Subject, SecondFactor, Login, totp.RecoveryCode):
            assert not table.objects.filter(user__kind="employer").exists(), table
    # And the person is told when they come in.
    password = OWN if what == "lost_phone" else re.search(r"(?:[a-z2-9]{5}-){3}[a-z2-9]{5}", page)[0]
    back, _secret = come_in(actions.WayIn(way_in.username, password))
    said = back.get("/konto/").content.decode()
    assert (
        "fikk du et nytt passord fra noen" if what == "new_password" else "fordi telefonen skulle være mistet"
    ) in said
    assert "ble fjernet av noen andre" in said


def test_a_new_password_ends_a_binding_that_is_on_its_way(world, people, provider):
    access, way_in = give(world, people)
    client, secret = come_in(way_in, choose=OWN)
    provider.log_in("thief", **STRONG, pid=identity_number())
    client.post(BIND, {"code": code_of(secret)})
    begun = sent(client.get(BIND)["Location"])
    press(world, "new_password", access)
    assert come(client, begun).status_code in {400, 403}
    with as_owner():
        assert not Subject.objects.exists()


def test_ones_own_new_password_ends_what_was_agreed_before(world, people, provider):
    _access, way_in = give(world, people)
    client, secret = come_in(way_in, choose=OWN)
    provider.log_in("own", **STRONG, pid=identity_number())
    client.post(BIND, {"code": code_of(secret)})
    begun = sent(client.get(BIND)["Location"])
    unused()
    client.post(BIND, {"code": code_of(secret)})
    other = "en annen setning her"
    assert client.post("/konto/passord/", {"old": OWN, "new": other, "again": other}).status_code == 303
    assert come(client, begun).status_code == 403
    assert 'name="code"' in client.get(BIND).content.decode()


def test_its_owner_sees_who_is_bound_and_ends_it(world, people, provider):
    access, way_in = give(world, people)
    client, secret = come_in(way_in, choose=OWN)
    number = bind(client, secret, provider)
    elsewhere = by_number(provider, number)
    card = BeautifulSoup(client.get("/konto/").content, "html.parser").select_one("#bind")
    assert "ID-porten" in card.text and "siden" in card.text and "ble lagt til" in card.text
    # Told at the next login, and to whoever may replace the password.
    again = by_number(provider, number)
    assert "ble en innlogging hos en innloggingstjeneste lagt til kontoen din" in again.get("/konto/").content.decode()
    siri = Client()
    siri.force_login(world.act_as(world.specialist))
    page = siri.get(reverse("rights:way_in", args=[access.case_id, access.pk])).content.decode()
    assert "innloggingstjeneste" in page
    for somebody in (world.other_specialist, world.colleague, world.administrator):
        world.act_as(somebody)
        assert queries.bound_since(access) is None
    ends = card.select_one("li a")["href"]
    # An open screen does not end it either.
    assert client.post(ends, {"submission": str(uuid.uuid4())}).status_code == 422
    assert client.post(ends, {"code": code_of(secret)})["Location"] == ends
    assert client.post(ends, {"submission": str(uuid.uuid4())})["Location"] == "/konto/"
    assert elsewhere.get("/arbeidsgiver/")["Location"].startswith("/logg-inn/")
    assert client.get("/arbeidsgiver/").status_code == 200
    assert who(by_number(provider, number)) is None
    after = BeautifulSoup(client.get("/konto/").content, "html.parser").select_one("#bind")
    assert "ble fjernet" in after.text and "noen andre" not in after.text


def test_no_binding_is_hidden_by_what_was_done_after_it(world, people, provider):
    """Another is added and removed again, so that it is the newest line of the history."""
    _access, way_in = give(world, people)
    client, secret = come_in(way_in, choose=OWN)
    bind(client, secret, provider)
    bind(client, secret, provider)
    with as_owner():
        account = User.objects.get(username=way_in.username)
    first, last = bindings.of(world.act_as(account))
    assert len(bindings.told_at_login(account)) == 2
    ends = reverse("accounts:remove_binding", args=[last.pk])
    client.post(ends, {"code": code_of(secret)})
    assert client.post(ends, {"submission": str(uuid.uuid4())})["Location"] == "/konto/"
    assert [one.pk for one in bindings.of(world.act_as(account))] == [first.pk]
    assert len(bindings.told_at_login(account)) == 1
    with as_owner():
        Subject.objects.update(bound_at=timezone.now() - bindings.TOLD)
    assert bindings.told_at_login(world.act_as(account)) == []


def test_nobody_ends_the_binding_of_another(world, people, provider):
    _access, way_in = give(world, people)
    client, secret = come_in(way_in, choose=OWN)
    bind(client, secret, provider)
    with as_owner():
        binding = Subject.objects.get()
        other = User.objects.create(username="annen", kind=User.Kind.EMPLOYER, started_on=timezone.localdate())
    for somebody in (other, world.specialist, world.administrator):
        world.act_as(somebody)
        assert signed.call("accounts_unbind", binding.pk) == [(False,)]
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM accounts_subject WHERE id = %s", [binding.pk])
            assert cursor.rowcount == 0


def test_another_office_asks_for_the_code_also_where_the_account_is_bound(world, people, provider, settings):
    _access, way_in = give(world, people)
    client, secret = come_in(way_in, choose=OWN)
    bind(client, secret, provider)
    settings.PLASS_LOCAL_ACCOUNTS = False
    south = world.refer("Sør", "Person", team=world.other_team)
    by = world.act_as(world.other_specialist)
    contact(south, by, people.employer)
    assert actions.needs_code(people.person)
    values = {"contact_person": people.person, "agreed_on": timezone.localdate(), "agreed_how": "talk"}
    with pytest.raises(actions.ValidationError):
        actions.give_access(south, by=by, **values)
    actions.give_access(south, by=by, **values, code=code_if_needed(people.person, by))


def test_by_begun_in_another_browser_nobody_is_bound(world, people, provider):
    """The state of a binding belongs to the session of whoever agreed."""
    _access, way_in = give(world, people)
    client, secret = come_in(way_in, choose=OWN)
    provider.log_in("own", **STRONG, pid=identity_number())
    client.post(BIND, {"code": code_of(secret)})
    begun = sent(client.get(BIND)["Location"])
    assert come(Client(), begun).status_code == 400
    # Whoever logs in on the same browser meanwhile carries none over.
    with as_owner():
        account = ContactAccount.objects.get().user
    client.logout()
    client.force_login(world.act_as(account))
    assert come(client, begun).status_code in {400, 403}
    assert go(client, "person", "?som=arbeidsgiver")
    with as_owner():
        assert not Subject.objects.exists()
