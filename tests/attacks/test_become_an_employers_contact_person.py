"""A specialist who gave a contact person the password tries to be them, and to read about participants of other offices."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from plass.access.actions import break_glass
from plass.accounts.models import SecondFactor
from plass.db import signed
from plass.organisation.models import User
from plass.rights import actions
from plass.rights.models import FactorReset
from tests.conftest import as_owner
from tests.rights.made import make_people
from tests.rights.test_lost_phone import chosen, enforced, let_in, log_in, with_phone  # noqa: F401


@pytest.fixture
def people(world):
    return make_people(world)


def test_the_password_that_they_gave_opens_nothing_once_a_phone_is_set_up(world, people, client):
    _access, way_in = let_in(world, people)
    with_phone(world)
    assert log_in(client, way_in)["Location"] == "/logg-inn/kode/"
    assert client.get("/logg-inn/ny-kode/")["Location"] == "/logg-inn/kode/"
    assert client.get("/arbeidsgiver/").status_code == 302


def test_whoever_gave_the_password_and_reads_of_one_does_not_become_the_contact_person_for_others(world, people):
    """They have read the password; with another phone too they would be the contact person, and read about strangers."""
    access, _way_in = let_in(world, people)
    south = world.refer("Sør", "Person", team=world.other_team)
    let_in(world, people, south, world.other_specialist)
    account = with_phone(world)
    with pytest.raises(ValidationError, match="eget passord"):
        actions.forget_phone(access, by=world.act_as(world.specialist), proof="met")
    with as_owner():
        assert SecondFactor.objects.filter(user=account).exists()
        assert not FactorReset.objects.exists()
    chosen(account)
    actions.forget_phone(access, by=world.act_as(world.specialist), proof="met")
    # And no new password for that specialist either, so the account stays the contact person's.
    with pytest.raises(ValidationError):
        actions.new_password(access, by=world.act_as(world.specialist))


def test_by_sql_neither(world, people):
    access, _way_in = let_in(world, people)
    account = with_phone(world)
    chosen(account)
    for somebody in (world.other_specialist, world.leader, world.administrator):
        world.act_as(somebody)
        with connection.cursor() as cursor:
            # Not even where the web process asks it.
            assert signed.call("rights_forget_factor", access.contact_person_id, "met") == [(None,)]
            cursor.execute("SELECT rights_factor_since(%s)", [access.contact_person_id])
            assert cursor.fetchone()[0] is None
        with (
            pytest.raises(DatabaseError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("DELETE FROM accounts_secondfactor WHERE user_id = %s", [account.pk])


def test_a_statement_of_the_specialists_own_session_chooses_no_password_for_them(world, people):
    """They hand out passwords on the page, which makes them; one that a statement chose would stay theirs."""
    let_in(world, people)
    world.act_as(world.specialist)
    for question, values in (
        ("rights_new_password", [people.person.pk, "chosen"]),
        ("rights_forget_factor", [people.person.pk, "met"]),
        ("rights_open_account", [people.second_person.pk, "ny.vei", "chosen", "A", "B"]),
    ):
        for more in ([], [""], ["0" * 64]):
            words = [*values, *more]
            places = ", ".join(["%s"] * len(words))
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SELECT {question}({places})", words)
    with as_owner():
        assert not User.objects.filter(username="ny.vei").exists()


def test_an_emergency_makes_nobody_the_contact_person_who_reads_about_that_case(world, people):
    """For a time they may see the other case; as the contact person they would go on reading about it."""
    let_in(world, people)
    south = world.refer("Sør", "Person", team=world.other_team)
    own, _none = let_in(world, people, south, world.other_specialist)
    account = with_phone(world)
    assert break_glass(people.case.pk, by=world.act_as(world.other_specialist), reason="Ringte i nød", hours=8)
    by = world.act_as(world.other_specialist)
    for act in (lambda: actions.new_password(own, by=by), lambda: actions.forget_phone(own, by=by, proof="met")):
        with pytest.raises(ValidationError):
            act()
    with as_owner():
        assert SecondFactor.objects.filter(user=account).exists()
