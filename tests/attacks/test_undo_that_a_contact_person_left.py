"""Somebody at another office says that a contact person has left, or that one who left is back."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import Grant
from plass.db import signed
from plass.employers import actions
from plass.employers.models import ContactPerson
from plass.organisation.models import User
from plass.rights import actions as rights
from plass.rights.models import ContactAccount, EmployerAccess
from tests.conftest import as_owner
from tests.rights.made import code_if_needed, let_in, make_people
from tests.world import World

TODAY = timezone.localdate


def ask(statement: str, values: list | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def say(world: World, who: User, person: ContactPerson, left_on) -> None:
    by = world.act_as(who)
    now = ContactPerson.objects.get(pk=person.pk)
    actions.change_person(now, by=by, based_on=now.version, left_on=left_on)


def reads(world: World, account: User) -> list[tuple]:
    world.act_as(account)
    return ask("SELECT unnest(rights_employer_cases())")


@pytest.fixture
def people(world: World):
    made = make_people(world)
    made.account = let_in(world, made)
    return made


def test_nobody_elsewhere_closes_what_a_colleague_gave(world: World, people) -> None:
    for who in (world.other_specialist, world.other_counsellor):
        with pytest.raises(ValidationError, match="Siri Spesialist"):
            say(world, who, people.person, TODAY())
        with pytest.raises(DatabaseError, match="say that they have left"), transaction.atomic():
            ask("UPDATE employers_contactperson SET left_on = access_today() WHERE id = %s", [people.person.pk])
    # A way in for a time with which nothing is ended is none for this either.
    access.give(
        people.case.pk, by=world.act_as(world.specialist), to=world.other_specialist, reason="x", hours=8,
        level=Grant.Allows.READ,
    )  # fmt: skip
    with pytest.raises(ValidationError):
        say(world, world.other_specialist, people.person, TODAY())
    assert reads(world, people.account) == [(people.case.pk,)]


def test_the_page_says_whom_to_ask_and_keeps_what_was_typed(world: World, people) -> None:
    client = Client()
    client.force_login(world.act_as(world.other_specialist))
    form = {"submission": str(uuid.uuid4()), "name": "Kari Kafésjef", "title": "Daglig leder", "version": "1"}
    address = f"/arbeidsgivere/{people.employer.pk}/kontaktperson/{people.person.pk}/"
    answer = client.post(address, {**form, "left_on": TODAY().isoformat()})
    page = answer.content.decode()
    assert answer.status_code == 422 and "Spør Siri Spesialist" in page and "Daglig leder" in page
    # What else there is to change is everybody's as before.
    assert client.post(address, {**form, "submission": str(uuid.uuid4()), "left_on": ""}).status_code == 303


def test_of_somebody_without_an_account_yet_it_says_who_let_them_in_first(world: World, people) -> None:
    person = people.second_person
    for case, by in ((people.case, world.colleague), (people.other_case, world.specialist)):
        with as_owner():
            type(case).objects.filter(pk=case.pk).update(specialist=by)
        world.act_as(by)
        signed.call("rights_give_access", case.pk, person.pk, TODAY(), "talk", "")
    with as_owner():
        assert not ContactAccount.objects.filter(contact_person=person).exists()
    with pytest.raises(ValidationError, match="Kåre Kollega"):
        say(world, world.other_specialist, person, TODAY())
    # They say it.
    say(world, world.colleague, person, TODAY())
    with as_owner():
        assert not EmployerAccess.objects.filter(contact_person=person, ended_at=None).exists()


def test_who_left_and_is_back_reads_nothing_until_it_is_given_anew(world: World, people) -> None:
    assert reads(world, people.account) == [(people.case.pk,)]
    say(world, world.colleague, people.person, TODAY())
    assert reads(world, people.account) == []
    say(world, world.other_specialist, people.person, None)
    assert reads(world, people.account) == []
    with as_owner():
        rows = ask("SELECT ended_at IS NOT NULL, ended_by_id FROM rights_employeraccess")
    assert rows == [(True, world.colleague.pk)]
    for statement in (
        "UPDATE rights_employeraccess SET ended_at = NULL, ended_by_id = NULL",
        "UPDATE rights_employeraccess SET ended_at = now() + interval '1 day'",
    ):
        world.act_as(world.specialist)
        with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
            ask(statement)
    by = world.act_as(world.specialist)
    person = ContactPerson.objects.get(pk=people.person.pk)
    rights.give_access(
        people.case, by=by, contact_person=person, agreed_on=TODAY(), agreed_how="talk", code=code_if_needed(person, by)
    )
    assert reads(world, people.account) == [(people.case.pk,)]


def test_an_access_kept_open_by_an_earlier_version_is_not_opened_by_coming_back(world: World, people) -> None:
    with as_owner():
        ask("SET LOCAL session_replication_role = replica")
        ask("UPDATE employers_contactperson SET left_on = access_today() - 9 WHERE id = %s", [people.person.pk])
        ask("SET LOCAL session_replication_role = origin")
    with pytest.raises(ValidationError):
        say(world, world.other_specialist, people.person, None)
    say(world, world.specialist, people.person, None)
    assert reads(world, people.account) == []


def test_every_login_ends(world: World, people) -> None:
    client = Client()
    client.force_login(world.act_as(people.account))
    # They have not chosen a password yet.
    assert client.get("/arbeidsgiver/")["Location"] == "/konto/passord/"
    say(world, world.specialist, people.person, TODAY())
    with as_owner():
        assert ask("SELECT count(*) FROM accounts_login WHERE user_id = %s", [people.account.pk]) == [(0,)]
    say(world, world.specialist, people.person, None)
    assert "/logg-inn/" in client.get("/arbeidsgiver/")["Location"]


def test_each_who_gave_it_is_told_and_the_case_says_who_ended_it(world: World, people) -> None:
    say(world, world.colleague, people.person, TODAY())
    say(world, world.colleague, people.person, None)
    notices = {}
    for who in (world.specialist, world.colleague, world.other_specialist):
        client = Client()
        client.force_login(world.act_as(who))
        notices[who.username] = 'id="accesses-ended"' in client.get("/min-dag/").content.decode()
    assert notices == {"jobb1": True, "jobb2": False, "jobb3": False}
    client = Client()
    client.force_login(world.act_as(world.specialist))
    page = client.get(f"/sak/{people.case.pk}/apenhet/").content.decode()
    assert "Kari Kafésjef" in page and "avsluttet av Kåre Kollega" in page


def test_anybody_says_it_of_somebody_who_reads_nothing(world: World, people) -> None:
    say(world, world.other_specialist, people.second_person, TODAY())
    assert ContactPerson.objects.get(pk=people.second_person.pk).left_on == TODAY()


def test_nobody_is_given_access_once_they_left(world: World, people) -> None:
    say(world, world.specialist, people.person, TODAY())
    by = world.act_as(world.specialist)
    stale = people.person  # as a page that was opened before
    stale.left_on = None
    with pytest.raises(DatabaseError, match="has left"), transaction.atomic():
        rights.give_access(
            people.case,
            by=by,
            contact_person=stale,
            agreed_on=TODAY(),
            agreed_how="talk",
            code=code_if_needed(stale, by),
        )


@pytest.mark.parametrize("change", ["left_on = access_today() + 1", "employer_id = {other}"])
def test_nobody_leaves_ahead_or_takes_the_account_to_another_employer(world: World, people, change: str) -> None:
    world.act_as(world.specialist)
    with pytest.raises(DatabaseError), transaction.atomic():
        ask(f"UPDATE employers_contactperson SET {change} WHERE id = %s".format(other=people.second_employer.pk),
            [people.person.pk])  # fmt: skip


def test_a_day_long_ago_ends_it_too(world: World, people) -> None:
    say(world, world.specialist, people.person, TODAY() - timedelta(days=30))
    assert reads(world, people.account) == []
