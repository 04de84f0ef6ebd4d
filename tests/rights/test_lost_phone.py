"""An employer's contact person logs in with a password and a phone; who helps when the phone is lost, and who is told."""

from __future__ import annotations

import time
import uuid

import pyotp
import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from plass.accounts import totp
from plass.accounts.models import Login, RecoveryCode, SecondFactor, Subject
from plass.cases.gate import NotAllowed
from plass.organisation.models import User
from plass.rights import actions, queries
from plass.rights.models import ContactAccount, EmployerAccess, FactorReset
from tests.conftest import as_owner

from .made import code_if_needed, make_people

NEW = "bakeriet åpner klokka sju"


@pytest.fixture(autouse=True)
def enforced(settings) -> None:
    settings.PLASS_SECOND_FACTOR = True


@pytest.fixture
def people(world):
    return make_people(world)


def let_in(world, people, case=None, by=None):
    by = world.act_as(by or world.specialist)
    values = {"contact_person": people.person, "agreed_on": timezone.localdate(), "agreed_how": "talk"}
    values["code"] = code_if_needed(people.person, by)
    return actions.give_access(case or people.case, by=by, **values)


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).at(int(time.time()))


def log_in(client: Client, way_in, password: str = ""):
    return client.post("/logg-inn/", {"username": way_in.username, "password": password or way_in.password})


def with_phone(world) -> User:
    """The contact person has set up codes, and chosen a password that nobody else has read."""
    with as_owner():
        account = User.objects.get(kind=User.Kind.EMPLOYER)
    secret = totp.new_secret()
    assert totp.confirm(by=world.act_as(account), secret=secret, code=code_of(secret)) is not None
    return account


def chosen(account: User) -> None:
    with as_owner():
        ContactAccount.objects.filter(user=account).update(chosen_at=timezone.now())


def test_the_password_alone_opens_nothing_before_a_phone_is_set_up(world, people, client):
    _access, way_in = let_in(world, people)
    assert log_in(client, way_in)["Location"] == "/logg-inn/kode/"
    assert "_auth_user_id" not in client.session
    assert client.get("/arbeidsgiver/")["Location"].startswith("/logg-inn/")
    page = BeautifulSoup(client.get("/logg-inn/ny-kode/").content, "html.parser")
    assert "fortalt i fortrolighet" in page.text
    secret = page.select_one(".p-secret").text.replace(" ", "")
    shown = client.post("/logg-inn/ny-kode/", {"code": code_of(secret)})
    assert len(BeautifulSoup(shown.content, "html.parser").select(".p-codes li")) == totp.RECOVERY_CODES
    # And then a password that nobody of the staff has read.
    assert client.get("/", follow=True).redirect_chain[-1][0] == reverse("accounts:password")
    client.logout()
    log_in(client, way_in)
    asks = client.get("/logg-inn/kode/").content.decode()
    assert "ring jobbspesialisten" in asks and "administratoren" not in asks


@pytest.mark.parametrize("codes", [True, False])
def test_what_the_specialist_passes_on_is_true_also_in_the_demo(world, people, client, settings, codes):
    settings.PLASS_SECOND_FACTOR = codes
    access, _way_in = let_in(world, people)
    client.force_login(world.act_as(world.specialist))
    new = {"submission": str(uuid.uuid4())}
    page = client.post(
        reverse("rights:new_password", args=[people.case.pk, access.pk]), new, follow=True
    ).content.decode()
    assert ("I demoen blir ingen bedt om det." in page) != codes
    assert ("De må ha telefonen for hånden." in page) == codes


def test_a_lost_phone_is_forgotten_by_the_specialist_who_says_how_they_knew_them(world, people, client):
    access, _way_in = let_in(world, people)
    account = with_phone(world)
    browser = Client()
    browser.force_login(world.act_as(account))
    client.force_login(world.act_as(world.specialist))
    page = reverse("rights:way_in", args=[people.case.pk, access.pk])
    assert "mistet telefonen" in client.get(page).content.decode()
    form = reverse("rights:lost_phone", args=[people.case.pk, access.pk])
    assert client.post(form, {"submission": str(uuid.uuid4())}).status_code == 422
    with as_owner():
        assert SecondFactor.objects.filter(user=account).exists()
    assert client.post(form, {"submission": str(uuid.uuid4()), "proof": "met"}).status_code == 303
    with as_owner():
        assert not SecondFactor.objects.filter(user=account).exists()
        assert not RecoveryCode.objects.filter(user=account).exists()
        assert not Login.objects.filter(user=account).exists()
    assert browser.get("/arbeidsgiver/").status_code == 302
    after = client.get(page).content.decode()
    assert world.specialist.name in after and "Jeg møtte dem" in after
    world.act_as(world.specialist)
    with pytest.raises(ValidationError, match="verken satt opp koder"):
        actions.forget_phone(access, by=world.specialist, proof="met")
    assert FactorReset.objects.count() == 1


def test_where_the_login_service_alone_opens_accounts_nothing_takes_away_the_only_way_in(
    world, people, client, settings
):
    """A lost phone or a new password would end the binding, and leave a password that opens nothing."""
    access, _way_in = let_in(world, people)
    account = with_phone(world)
    chosen(account)
    with as_owner():
        Subject.objects.create(issuer="https://id", subject="x", user=account, bound_at=timezone.now())
    settings.PLASS_LOCAL_ACCOUNTS = False
    for act in (
        lambda by: actions.forget_phone(access, by=by, proof="met"),
        lambda by: actions.new_password(access, by=by),
    ):
        with pytest.raises(ValidationError, match="innloggingen, avslutt tilgangen"):
            act(world.act_as(world.specialist))
    with as_owner():
        assert Subject.objects.filter(user=account).exists()
    client.force_login(world.act_as(world.specialist))
    says = "Her logger kontaktpersoner bare inn med innloggingstjenesten"
    page = client.get(reverse("rights:way_in", args=[people.case.pk, access.pk])).content.decode()
    assert says in page and "Lag et nytt passord" not in page and "mistet telefonen</a>" not in page
    assert says in client.get(reverse("rights:give_access", args=[people.case.pk])).content.decode()
    settings.PLASS_LOCAL_ACCOUNTS = True
    page = client.get(reverse("rights:way_in", args=[people.case.pk, access.pk])).content.decode()
    assert says not in page and "mistet telefonen</a>" in page
    assert says not in client.get(reverse("rights:give_access", args=[people.case.pk])).content.decode()


def test_everybody_who_follows_somebody_they_read_about_is_told_and_only_of_their_own(world, people, client):
    access, _way_in = let_in(world, people)
    south = world.refer("Sør", "Person", team=world.other_team)
    let_in(world, people, south, world.other_specialist)
    chosen(with_phone(world))
    actions.forget_phone(access, by=world.act_as(world.specialist), proof="called")
    world.act_as(world.other_specialist)
    assert [row.case_id for row in FactorReset.objects.all()] == [south.pk]
    client.force_login(world.other_specialist)
    today = client.get("/min-dag/").content.decode()
    assert "sette opp ny telefon" in today
    client.force_login(world.act_as(world.specialist))
    assert "sette opp ny telefon" not in client.get("/min-dag/").content.decode()


@pytest.mark.parametrize("who", ["other_specialist", "leader", "administrator"])
def test_who_works_with_none_of_them_neither_sees_nor_forgets_the_phone(world, people, who):
    access, _way_in = let_in(world, people)
    account = with_phone(world)
    chosen(account)
    outsider = world.act_as(getattr(world, who))
    assert queries.phone_since(access) is None
    with pytest.raises((NotAllowed, ValidationError, EmployerAccess.DoesNotExist)):
        actions.forget_phone(access, by=outsider, proof="met")
    with as_owner():
        assert SecondFactor.objects.filter(user=account).exists()


def test_the_demos_contact_persons_are_not_asked(world, people, client, settings):
    settings.PLASS_SECOND_FACTOR = False
    _access, way_in = let_in(world, people)
    log_in(client, way_in)
    assert "_auth_user_id" in client.session
