"""The history of who changed: every writer is caught, nothing secret is copied, and only the right people read it."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from plass.access.current_user import set_current_user
from plass.access.models import Change, ConflictOfInterest
from plass.accounts import auth_backend
from plass.accounts.models import Link, Subject
from plass.cases import actions
from plass.cases.models import Participant
from plass.db import row_policies, signed
from plass.employers.models import Employer
from plass.organisation.models import Membership, User
from tests.conftest import as_owner


def changes_of(table: str) -> list[tuple]:
    with as_owner():
        return list(Change.objects.filter(table=table).order_by("pk").values_list("who", "operation", "old", "new"))


def test_a_change_says_who_when_and_both_values(world):
    case = world.refer("Gammel", "Navn")
    by = world.act_as(world.specialist)
    actions.change_participant(case.participant, by=by, based_on=1, given_name="Ny", phone="90000000")
    ((who, operation, old, new),) = changes_of("cases_participant")
    assert (who, operation) == (world.specialist.pk, "update")
    assert (old, new) == ({"given_name": "Gammel", "phone": ""}, {"given_name": "Ny", "phone": "90000000"})


def test_raw_sql_is_caught_as_well_by_the_web_role_and_by_the_owner(world):
    case = world.refer()
    world.act_as(world.specialist)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cases_participant SET phone = '11' WHERE id = %s", [case.participant_id])
    set_current_user(None)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_participant SET phone = '22' WHERE id = %s", [case.participant_id])
        cursor.execute(
            "SELECT who, db_role, new->>'phone' FROM access_change WHERE \"table\" = 'cases_participant' ORDER BY id"
        )
        assert cursor.fetchall() == [(world.specialist.pk, "plass_web", "11"), (None, "plass_owner", "22")]


def test_the_identity_number_is_not_copied_even_enciphered(world):
    case = world.refer()
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_participant SET identity_number = '\\xdeadbeef', identity_hash = sha256('x') WHERE id = %s",
            [case.participant_id],
        )
    ((_who, _operation, old, new),) = changes_of("cases_participant")
    assert old == new == {"identity_number": "***", "identity_hash": "***"}


def test_a_password_is_changed_and_not_told(world):
    me = world.act_as(world.specialist)
    auth_backend.set_password(me, "et helt nytt passord")
    assert changes_of("organisation_user")[-1][2:] == ({"password": "***"}, {"password": "***"})


def test_looking_in_is_no_change(world, client):
    before = len(changes_of("organisation_user"))
    client.force_login(world.act_as(world.specialist))
    assert len(changes_of("organisation_user")) == before


def test_a_role_that_is_given_and_ended_is_kept(world):
    world.act_as(world.administrator)
    membership = Membership.objects.get(user=world.colleague)
    signed.call("organisation_end_role", membership.pk, "2026-01-31")
    assert changes_of("organisation_membership")[-1] == (
        world.administrator.pk,
        "update",
        {"ended_on": None},
        {"ended_on": "2026-01-31"},
    )
    assert ("insert",) in {line[1:2] for line in changes_of("organisation_membership")}


def test_each_reads_the_history_of_what_they_may_see(world):
    case = world.refer()
    actions.change_participant(case.participant, by=world.act_as(world.specialist), based_on=1, phone="90000000")
    with as_owner():
        employer = Employer.objects.create(name="Bakeri", recorded_by=world.specialist)
        Employer.objects.filter(pk=employer.pk).update(name="Nytt bakeri")
        User.objects.filter(pk=world.colleague.pk).update(phone="1")

    def sees(someone: User) -> set[str]:
        world.act_as(someone)
        return set(
            Change.objects.exclude(table__in=["organisation_membership", "organisation_office"]).values_list(
                "table", flat=True
            )
        )

    everybody = {"employers_employer"}
    assert {"cases_participant", "employers_employer"} <= sees(world.specialist)
    assert "cases_participant" not in sees(world.other_specialist) and everybody <= sees(world.other_specialist)
    assert "cases_participant" not in sees(world.leader)
    assert "cases_participant" not in sees(world.administrator) and "organisation_user" in sees(world.administrator)
    assert Change.objects.filter(table="organisation_user", row=world.colleague.pk, operation="update").exists()
    set_current_user(None)
    assert not Change.objects.exists()


def seen_by(someone: User) -> list[str]:
    """Everything in the history that a question without any filter finds, as text."""
    set_current_user(someone.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT c::text FROM access_change c")
        return [text for (text,) in cursor.fetchall()]


def test_the_history_of_a_participant_s_account_is_the_case_s_and_not_the_administrator_s(world):
    """Also a question that no page asks: the database itself says no."""
    case = world.refer()
    account = participant_s_account(case)
    sees = {
        name: any("kanari" in text for text in seen_by(someone))
        for name, someone in vars(world).items()
        if isinstance(someone, User)
    } | {"the participant": any("kanari" in text for text in seen_by(account))}
    assert sees == {
        "specialist": True,
        "colleague": True,
        "supervisor": True,
        "counsellor": True,
        "other_counsellor": False,
        "other_specialist": False,
        "leader": False,
        "administrator": False,
        "the participant": True,
    }
    # The control: of those who work here, the administrator reads it.
    with as_owner():
        User.objects.filter(pk=world.colleague.pk).update(phone="kanari")
    assert any("kanari" in text for text in seen_by(world.administrator))


def participant_s_account(case) -> User:
    with as_owner():
        account = User.objects.create(username="deltaker-9", kind="participant", started_on="2026-01-01", password="!")
        Participant.objects.filter(pk=case.participant_id).update(user=account)
        User.objects.filter(pk=account.pk).update(email="kanari@example.no")
        Subject.objects.create(issuer="https://kanari.example", subject="1", user=account)
    return account


def test_what_was_kept_before_accounts_were_told_apart_is_told_apart(world):
    account = participant_s_account(world.refer())
    with as_owner():
        Change.objects.filter(about_user__in=[account.pk, world.colleague.pk]).update(audience="organisation")
    assert any("kanari" in text for text in seen_by(world.administrator))
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(import_module("plass.access.migrations.0007_history_of_accounts").TOLD_APART)
    readable = seen_by(world.administrator)
    assert not any("kanari" in text for text in readable)
    assert Change.objects.filter(about_user=world.colleague.pk).exists()


def test_why_a_tie_should_end_is_read_by_those_who_answer(world):
    with as_owner():
        tie = ConflictOfInterest.objects.create(
            user=world.colleague, identity_hash=b"x" * 32, kind="family", declared_by=world.colleague
        )
    set_current_user(world.colleague.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_ask_tie_end(%s, 'kanari')", [tie.pk])
    sees = {
        who: any("kanari" in text for text in seen_by(getattr(world, who)))
        for who in ("colleague", "supervisor", "specialist", "administrator")
    }
    assert sees == {"colleague": True, "supervisor": True, "specialist": False, "administrator": False}


def test_an_administrator_writes_nothing_about_a_participant_s_account(world):
    """An UPDATE without WHERE asks only what may be changed; a link would open the account to whoever made it."""
    account = participant_s_account(world.refer())
    set_current_user(world.administrator.pk)
    with connection.cursor() as cursor:
        with pytest.raises(DatabaseError), transaction.atomic():
            cursor.execute("UPDATE organisation_user SET password = 'mine now'")
        cursor.execute("UPDATE organisation_user SET phone = '12345678'")
        cursor.execute("DELETE FROM accounts_subject")
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            Link.objects.create(
                user=account, purpose="bind", token_hash=b"x", made_by=world.administrator, expires_at=timezone.now()
            )
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            User.objects.create(username="x", kind="participant", started_on="2026-01-01", password="!")
    with as_owner():
        assert User.objects.get(pk=account.pk).phone == ""
        assert User.objects.get(pk=world.colleague.pk).phone == "12345678"
        assert Subject.objects.filter(user=account).exists()


def test_what_is_deleted_leaves_no_copy_behind(world):
    case = world.refer("Skal", "Glemmes")
    actions.change_participant(case.participant, by=world.act_as(world.specialist), based_on=1, given_name="Fortsatt")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(
            "SET session_replication_role = replica; DELETE FROM cases_case; SET session_replication_role = origin"
        )
        Participant.objects.filter(pk=case.participant_id)._raw_delete("default")
        cursor.execute("SELECT operation, old, new FROM access_change WHERE participant_id = %s", [case.participant_id])
        assert cursor.fetchall() == [("delete", None, None)]
        transaction.set_rollback(True)


def test_nobody_writes_history_by_hand(world):
    me = world.act_as(world.administrator)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO access_change (at, who, db_role, "table", "row", audience, operation) '
            "VALUES (now(), %s, 'x', 'x', 1, 'staff', 'update')",
            [me.pk],
        )


def test_no_history_is_read_by_more_people_than_the_rows_it_is_of():
    """Of a table about people, and of one that nobody reads. (Accounts: tests above, row by row.)"""
    shown = {"participant": "access_participants()", "staff": row_policies.WORKS_WITH_PEOPLE, "tie": "user_id ="}
    for table, policy in row_policies.declared().items():
        if (
            policy.history is None
            or policy.holds != "person data"
            or (policy.select and policy.history.audience == "organisation")
        ):
            continue
        assert (policy.select is None) == (policy.history.audience == "nobody"), table
        assert policy.select is None or shown[policy.history.audience] in policy.select, table


def test_every_table_that_is_changed_in_place_says_whether_it_has_a_history(db, promise):
    """What the web role may UPDATE beyond marking a fact as superseded has a history, or a reason not to."""
    without = {
        # Somebody's own work in progress, or one's own settings and counters.
        "imports_upload": "own, and gone within a week",
        "access_submission": "one's own forms",
        "django_session": "one's own login",
        # Nothing but their end can be written, once, and who ended it and when stands in the row itself.
        "rights_comment": "taken back",
        "rights_objection": "taken back",
        "rights_release": "withdrawn",
        "rights_employeraccess": "withdrawn",
        "retention_hold": "lifted",
    }
    changed = {
        table
        for table, policy in row_policies.declared().items()
        if policy.update is not None and policy.update_columns != ("superseded_at",) and policy.holds != "technical"
    }
    secrets = {"accounts_secondfactor", "accounts_recoverycode"}
    assert {
        table for table in changed - without.keys() - secrets if row_policies.declared()[table].history is None
    } == set()
    with_history = [table for table, policy in row_policies.declared().items() if policy.history]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE tgname = 'plass_history'"
        )
        assert sorted(name for (name,) in cursor.fetchall()) == sorted(with_history)
    promise("the history of who changed", tables=len(with_history))
