"""Logging in through a real OpenID provider on loopback: staff, participants, employers."""

from __future__ import annotations

import logging

import httpx
import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from plass.accounts.models import FirstLogin, Login, Subject
from plass.organisation.models import GroupRole, Membership, Role, User
from tests.accounts.oidc_steps import MFA, STRONG, bound, come, go, log_in, siri, who
from tests.conftest import as_owner
from tests.world import PASSWORD, identity_number, user


def with_groups(settings, served) -> None:
    from dataclasses import replace

    settings.PLASS_PROVIDERS = {"ansatt": replace(settings.PLASS_PROVIDERS["ansatt"], groups_claim="groups")}


# --- Those who work here --------------------------------------------------------------------------------------------


def test_somebody_who_works_here_comes_in_and_goes_on_to_the_page_they_wanted(world, client, provider):
    siri(provider)
    answer = log_in(client, query="?next=/henvisninger/%3Fx%3D1")
    assert (answer.status_code, answer["Location"]) == (302, "/henvisninger/?x=1")
    assert who(client) == str(world.specialist.pk)


def test_the_ways_out_are_links_and_going_twice_writes_nothing(world, client, provider):
    """So there is no form that a double click could send twice; the answer is taken once (test_oidc_refused)."""
    page = BeautifulSoup(client.get("/logg-inn/").content, "html.parser")
    assert {link["href"] for link in page.select('a[href^="/logg-inn/"]')} >= {"/logg-inn/ansatt/", "/logg-inn/person/"}
    assert {form["action"].split("?")[0] for form in page.select("form[action]")} & {"/logg-inn/ansatt/"} == set()
    assert client.post("/logg-inn/ansatt/").status_code == 405
    siri(provider)
    first, second = go(client), go(client)
    with as_owner():
        assert not Login.objects.exists()
    come(client, second)
    come(client, first)
    with as_owner():
        assert (Login.objects.count(), Subject.objects.count()) == (1, 1)


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
    provider.log_in("s-1", **MFA, oid="o-1", preferred_username="siri.nytt-navn")
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
    with as_owner():
        assert not FirstLogin.objects.exists()


def test_groups_give_roles_and_take_them_at_the_next_login(world, client, provider, settings):
    with_groups(settings, provider)
    with as_owner():
        newcomer = user("ny1", "Nina", "Ny")
        GroupRole.objects.create(group="g-jobb", role=Role.SPECIALIST, office=world.office, team=world.team)
        GroupRole.objects.create(group="g-leder", role=Role.LEADER, office=world.office)
    bound(provider, newcomer, "o-9")
    siri(provider, oid="o-9", preferred_username="ny1", groups=["g-jobb", "g-annet"])
    log_in(client)
    new = world.act_as(User.objects.get(username="ny1"))
    held = Membership.objects.filter(user=new)
    assert [(membership.role, membership.team_id, membership.ended_on) for membership in held] == [
        (Role.SPECIALIST, world.team.pk, None)
    ]
    client.logout()
    siri(provider, oid="o-9", preferred_username="ny1", groups=["g-leder"])
    log_in(client)
    world.act_as(new)
    lasting = [
        membership.role
        for membership in held.all()
        if membership.ended_on is None or membership.ended_on >= timezone.localdate()
    ]
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


def test_an_employers_account_that_is_logged_in_binds_itself_and_nobody_elses(world, client, provider):
    with as_owner():
        account = user("arbeidsgiver1", "Arne", "Arbeidsgiver", kind=User.Kind.EMPLOYER)
        other = user("arbeidsgiver2", "Anne", "Annen", kind=User.Kind.EMPLOYER)
    number, binds = identity_number(), "/konto/innlogginger/ny/"

    def off(agreeing: bool = True) -> str:
        if agreeing:
            assert client.post(binds, {"old": PASSWORD})["Location"] == binds
        return httpx.get(client.get(binds)["Location"]).headers["Location"]

    provider.log_in("e-1", **STRONG, pid=number)
    assert log_in(client, "person", "?som=arbeidsgiver").status_code == 403
    client.force_login(world.act_as(account))
    assert f'href="{binds}"' in client.get("/konto/").content.decode()
    assert client.post(binds, {"old": "feil passord"}).status_code == 422
    assert come(client, off())["Location"] == "/konto/"
    client.logout()
    log_in(client, "person", "?som=arbeidsgiver")
    assert who(client) == str(account.pk)
    # Nobody else's account opens by the same login, and what one began another does not finish.
    client.force_login(world.act_as(other))
    assert come(client, off()).status_code == 403
    begun = off()
    client.force_login(world.act_as(world.specialist))
    assert come(client, begun).status_code in {400, 403}
    assert client.get(binds).status_code == 404
    with as_owner():
        assert list(Subject.objects.values_list("user_id", flat=True)) == [account.pk]
        assert number not in str(list(Subject.objects.values_list("subject", flat=True)))


def test_a_number_that_is_none_is_refused_and_not_written_down(world, client, provider, caplog):
    provider.log_in("p-3", **STRONG, pid="01017012345")
    with caplog.at_level(logging.DEBUG, logger="plass"):
        assert log_in(client, "person").status_code == 403
    assert "01017012345" not in caplog.text


def test_the_login_page_shows_every_way_in(db, client, provider, settings):
    page = client.get("/logg-inn/?next=/min-dag/").content.decode()
    assert 'href="/logg-inn/ansatt/?next=/min-dag/"' in page
    assert 'href="/logg-inn/person/?som=arbeidsgiver&next=/min-dag/"' in page
    assert 'name="password"' in page
    settings.PLASS_LOCAL_ACCOUNTS = False
    assert 'name="password"' not in client.get("/logg-inn/").content.decode()
    assert client.post("/logg-inn/", {"username": "jobb1", "password": "prøv-passord-123"}).status_code == 404
    assert isinstance(client.get("/logg-inn/").wsgi_request.user, AnonymousUser)
