"""Whoever opened a contact person's account becomes them, and waits until a colleague lets them read about another."""

from __future__ import annotations

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from plass.access.current_user import acting_as
from plass.accounts import auth_backend, rate_limit
from plass.accounts.models import Subject
from plass.cases.models import Case
from plass.organisation.models import User
from plass.rights import actions
from plass.rights.models import EmployerAccess, FactorReset
from tests.conftest import as_owner
from tests.followup.made import contact
from tests.rights.made import make_people
from tests.rights.test_lost_phone import let_in, with_phone


@pytest.fixture
def people(world):
    return make_people(world)


@pytest.fixture
def south(world, people) -> Case:
    """A participant of the other office, whose specialist knows the same employer."""
    case = world.refer("Sør", "Person", team=world.other_team)
    contact(case, world.act_as(world.other_specialist), employer=people.employer)
    return case


@pytest.fixture
def account(world, people) -> User:
    """The contact person's account: the first specialist has read its password, set up a phone and chosen another."""
    let_in(world, people)
    someone = with_phone(world)
    auth_backend.set_password(world.act_as(someone), "et passord bare jeg har lest")
    return someone


def code_for(world, account: User, caller: User) -> str:
    world.act_as(account)
    return actions.own_code(caller.pk)


def give(world, people, south, code: str = ""):
    values = {"contact_person": people.person, "agreed_on": timezone.localdate(), "agreed_how": "talk", "code": code}
    return actions.give_access(south, by=world.act_as(world.other_specialist), **values)


def reads(world, account: User) -> set[int]:
    world.act_as(account)
    return set(EmployerAccess.objects.values_list("case_id", flat=True))


def test_without_a_code_a_colleagues_participant_is_not_opened_to_the_account(world, people, south, account):
    with pytest.raises(ValidationError) as refused:
        give(world, people, south)
    message = refused.value.message_dict["code"][0]
    assert "et nummer til arbeidsgiveren som du har fra før" in message
    assert str(world.other_specialist.pk) in message
    assert reads(world, account) == {people.case.pk}


def test_with_the_code_that_the_contact_person_reads_it_is(world, people, south, account):
    give(world, people, south, code_for(world, account, world.other_specialist))
    assert reads(world, account) == {people.case.pk, south.pk}


def test_the_code_is_for_one_caller_one_account_and_one_day(world, people, south, account):
    right = code_for(world, account, world.other_specialist)
    assert len(right) == 6 and right.isdigit()
    for caller in (world.specialist, world.colleague, world.supervisor):
        assert code_for(world, account, caller) != right
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT rights_code(%s, %s)", [account.pk + 1, world.other_specialist.pk])
        assert cursor.fetchone()[0] != right
        cursor.execute("SELECT pg_get_functiondef('rights_code'::regproc)")
        tomorrow = cursor.fetchone()[0].replace("access_today()", "(access_today() + 1)")
        cursor.execute(tomorrow)
    assert code_for(world, account, world.other_specialist) != right
    with pytest.raises(ValidationError):
        give(world, people, south, right)


def test_whoever_handed_it_out_needs_none_and_nobody_does_the_first_time(world, people, account):
    values = {"agreed_on": timezone.localdate(), "agreed_how": "talk"}
    by = world.act_as(world.specialist)
    actions.give_access(people.other_case, by=by, contact_person=people.person, **values)
    assert reads(world, account) == {people.case.pk, people.other_case.pk}
    world.act_as(world.specialist)
    assert not actions.needs_code(people.second_person)


def test_a_password_or_a_phone_that_another_handed_out_later_counts_too(world, people):
    access, _way_in = actions.give_access(
        people.case, by=world.act_as(world.specialist), contact_person=people.person,
        agreed_on=timezone.localdate(), agreed_how="talk",
    )  # fmt: skip
    assert not actions.needs_code(people.person)
    for act in (
        lambda: actions.new_password(access, by=world.act_as(world.supervisor)),
        lambda: (with_phone(world), actions.forget_phone(access, by=world.act_as(world.supervisor), proof="met")),
    ):
        with transaction.atomic():
            act()
            world.act_as(world.specialist)
            assert actions.needs_code(people.person)
            transaction.set_rollback(True)
    assert not FactorReset.objects.exists()


def test_it_is_needed_also_where_the_account_opens_by_a_login_service_alone(world, people, south, account, settings):
    """Whoever got in first by the password that they read may have bound their own identity to the account."""
    settings.PLASS_LOCAL_ACCOUNTS = False
    with as_owner():
        Subject.objects.create(issuer="https://id", subject="x", user=account)
        User.objects.filter(pk=account.pk).update(password="!")
    world.act_as(world.other_specialist)
    assert actions.needs_code(people.person)
    with pytest.raises(ValidationError):
        give(world, people, south)


@pytest.mark.parametrize("who", ["other_specialist", "specialist", "administrator"])
def test_by_sql_neither(world, people, south, account, who):
    by = world.act_as(getattr(world, who))
    for question, values in (
        (
            "INSERT INTO rights_employeraccess (case_id, contact_person_id, agreed_on, agreed_how, given_at, given_by_id) "
            "VALUES (%s, %s, access_today(), 'talk', now(), %s)",
            [south.pk, people.person.pk, by.pk],
        ),
        (
            "SELECT rights_give_access(%s, %s, access_today(), 'talk', '', %s)",
            [south.pk, people.person.pk, "0" * 64],
        ),
        ("SELECT rights_code_fits(%s, '000000', %s)", [people.person.pk, "0" * 64]),
        ("SELECT rights_code(%s, %s)", [account.pk, by.pk]),
        ("UPDATE rights_contactaccount SET opened_by_id = %s", [by.pk]),
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(question, values)
    # Nor does anybody of the staff read a code.
    assert actions.own_code(by.pk) == ""


def test_who_does_not_decide_about_the_case_gives_nothing_even_with_the_code(world, people, south, account):
    code = code_for(world, account, world.colleague)
    by = world.act_as(world.colleague)
    values = (people.case.pk, people.second_person.pk, timezone.localdate(), "talk", code)
    from plass.db import signed

    with pytest.raises(DatabaseError, match="decide"), transaction.atomic():
        signed.call("rights_give_access", *values)
    assert by.pk


# --- On the pages -------------------------------------------------------------------------------------------------------


def sent(people, **changes) -> dict[str, str]:
    return {
        "submission": str(uuid.uuid4()),
        "contact_person": str(people.person.pk),
        "agreed_on": timezone.localdate().isoformat(),
        "agreed_how": "talk",
        "code": "",
    } | changes


def test_the_page_says_what_to_do_and_the_contact_persons_page_shows_the_code(world, people, south, account, client):
    address = f"/sak/{south.pk}/apenhet/tilgang/"
    client.force_login(world.act_as(world.other_specialist))
    assert client.get(address).status_code == 200
    refused = client.post(address, sent(people))
    assert refused.status_code == 422
    assert "En kollega av deg har gitt dem passordet." in refused.content.decode()
    assert "Ring kontaktpersonen på et nummer" in refused.content.decode()
    client.force_login(world.act_as(account))
    assert "/arbeidsgiver/kode/" in client.get("/konto/").content.decode()
    assert "/arbeidsgiver/kode/" in client.get("/arbeidsgiver/").content.decode()
    assert client.get("/arbeidsgiver/kode/?caller=tolv").status_code == 422
    page = client.get(f"/arbeidsgiver/kode/?caller={world.other_specialist.pk}")
    code = code_for(world, account, world.other_specialist)
    assert f"{code[:3]} {code[3:]}" in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    client.force_login(world.act_as(world.other_specialist))
    # As it is said on the phone, with a pause in the middle.
    assert client.post(address, sent(people, code=f"{code[:3]} {code[3:]}")).status_code == 303
    assert reads(world, account) == {people.case.pk, south.pk}


def test_wrong_codes_are_counted_and_then_the_right_one_does_not_help(world, people, south, account, client):
    code = code_for(world, account, world.other_specialist)
    wrong = "000000" if code != "000000" else "000001"
    address = f"/sak/{south.pk}/apenhet/tilgang/"
    client.force_login(world.act_as(world.other_specialist))
    for _guess in range(rate_limit.MOST_FAILURES):
        answer = client.post(address, sent(people, code=wrong))
        assert answer.status_code == 422
        assert "Denne koden er feil." in answer.content.decode()
    answer = client.post(address, sent(people, code=code))
    assert answer.status_code == 422
    assert "For mange feil forsøk" in answer.content.decode()
    assert reads(world, account) == {people.case.pk}
    # Another colleague has guesses of their own.
    with acting_as(world.supervisor):
        assert not actions.code_fits(people.person, wrong, by=world.supervisor)


def test_an_ended_access_given_again_needs_a_code_too(world, people, south, account):
    access, _none = give(world, people, south, code_for(world, account, world.other_specialist))
    actions.end_access(access, by=world.act_as(world.other_specialist))
    with pytest.raises(ValidationError):
        give(world, people, south)


def test_who_opened_the_account_is_known_also_when_the_history_is_deleted(world, people, account):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM access_change")
    world.act_as(world.specialist)
    assert not actions.needs_code(people.person)
    world.act_as(world.other_specialist)
    assert actions.needs_code(people.person)
