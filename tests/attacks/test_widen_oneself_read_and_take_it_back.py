"""A statement widens what whoever acts may do, or takes others' roles away, reads what that opens, and takes it back."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from plass.access import actions as access
from plass.cases import actions, identity, joining
from plass.cases.models import Case
from plass.organisation.models import Membership, Role, User
from tests.conftest import as_owner
from tests.world import World, identity_number, member, user

from .test_keep_what_was_taken_back import ask, traces
from .test_refer_a_shielded_person import filled_in

TAKES = (
    "INSERT INTO cases_assignment (case_id, happened_on, recorded_at, recorded_by_id, role, user_id, team_id, reason) "
    "SELECT {case}, access_today(), now(), access_user(), 'specialist', access_user(), {team}, ''"
)
#: They refer the person anew, and name themselves in that case: it is theirs, and no more than a referral of their own.
REFERS = (
    "INSERT INTO cases_case (participant_id, office_id, team_id, referred_by_id, shielded) "
    "VALUES ({person}, {office}, {team}, access_user(), false); "
    "INSERT INTO cases_assignment (case_id, happened_on, recorded_at, recorded_by_id, role, user_id, team_id, reason) "
    "SELECT max(id), access_today(), now(), access_user(), 'specialist', access_user(), {team}, '' FROM cases_case"
)


def read_and_taken_back(change: str, read: str) -> str:
    """What ``read`` returns after ``change`` in one statement that then takes the change back; '' where it is refused."""
    ask(f"""
        DO $$
        DECLARE got text := '';
        BEGIN
            BEGIN
                {change};
                got := coalesce(({read}), '');
                RAISE EXCEPTION 'take it back';
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
            PERFORM set_config('x.got', got, true);
        END $$""")
    return str(ask("SELECT current_setting('x.got')")[0][0])


def referred_elsewhere(world: World, client, number: str) -> None:
    client.force_login(world.act_as(world.other_counsellor))
    about = {"given_name": "Kari", "family_name": "Hemmelig", "address": "Hemmeligveien 9"}
    client.post("/henvis/", filled_in(world, number, team=str(world.other_team.pk), **about))


def waits_to_be_joined(world: World, client) -> tuple[Case, str]:
    number = identity_number()
    case = world.refer("Kari", "Kjentsen", number=number, taken=False)
    referred_elsewhere(world, client, number)
    return case, "SELECT string_agg(j::text, ' ') FROM cases_joins_waiting() j"


def was_joined(world: World, client) -> tuple[Case, str]:
    number = identity_number()
    case = world.refer("Kari", "Kjentsen", number=number)
    referred_elsewhere(world, client, number)
    world.act_as(world.specialist)
    (referral,) = joining.waiting()
    joining.join(referral.number, by=world.act_as(world.specialist))
    actions.hand_over(Case.objects.get(pk=case.pk), by=world.act_as(world.specialist), to=None)
    return case, f"SELECT string_agg(new, ' ') FROM cases_answered_before({case.participant_id})"


def declared_where_nobody_decides(world: World, _client) -> tuple[Case, str]:
    """Somebody says "this is me" where nobody decides any more, so that nobody is asked and nobody sees the case."""
    number = identity_number()
    case = world.refer("Kari", "Kjentsen", number=number, taken=False)
    with as_owner():
        Membership.objects.filter(user__in=[world.counsellor, world.supervisor]).update(ended_on="2020-01-01")
        someone = user("ny1", "Ny", "Ansatt")
        member(someone, Role.SPECIALIST, world.office, world.team)
    me = world.act_as(someone)
    access.declare(identity.find_by(identity.parse(number)), by=me, user=me, kind="self")
    return case, "SELECT string_agg(a::text, ' ') FROM cases_asked_about_own_employees() a"


@pytest.mark.parametrize("laid_out", [waits_to_be_joined, was_joined])
def test_a_case_is_not_taken_by_a_statement_that_takes_it_back(world, client, laid_out):
    other_case = world.refer(taken=False)
    case, read = laid_out(world, client)
    world.act_as(world.colleague)
    assert ask("SELECT access_may_take(%s)", case.pk) == [(True,)] and ask(read) == [(None,)]
    before = traces()
    world.act_as(world.colleague)
    about = {"case": case.pk, "team": world.team.pk, "office": world.office.pk, "person": case.participant_id}
    assert (
        read_and_taken_back(REFERS.format(**about), f"SELECT access_participant_level({about['person']})::text") == "4"
    )
    for act in (TAKES, REFERS):
        assert read_and_taken_back(act.format(**about), read) == "", act
    assert traces() == before
    # They take it on the page; another case is not taken by that.
    me = world.act_as(world.colleague)
    with transaction.atomic():
        assert actions.take(Case.objects.get(pk=case.pk), by=me).user_id == me.pk
        with pytest.raises(DatabaseError), transaction.atomic():
            ask(TAKES.format(case=other_case.pk, team=world.team.pk))


def test_nor_is_one_that_is_said_to_be_somebodys(world, client):
    case, read = declared_where_nobody_decides(world, client)
    before = traces()
    world.act_as(world.colleague)
    about = {"case": case.pk, "team": world.team.pk, "office": world.office.pk, "person": case.participant_id}
    for act in (TAKES, REFERS):
        for question in (read, f"SELECT nullif(access_participant_level({case.participant_id}), 0)::text"):
            assert read_and_taken_back(act.format(**about), question) == "", act
    assert traces() == before


#: Tables that say what somebody may do with a case, and may be written without a signature: why nobody gets more by that.
NO_WIDENING = {
    ("cases_case", "INSERT"): "a referral of one's own: of whom one decides about or covers for, and what waits for "
    "those who decide is not for whoever referred alone (cases_is_more_than_a_referral, cases_who_is_asked)",
    ("cases_participant", "INSERT"): "somebody new, who is nobody's yet",
    ("cases_participant", "UPDATE"): "not the columns that say who sees them",
    ("cases_assignment", "INSERT"): "by those who decide; whoever takes a case has signed it (cases_take)",
    ("cases_assignment", "UPDATE"): "marks as superseded, by those who decide",
    ("access_grant", "INSERT"): "to somebody else, by those who decide",
    ("access_conflictofinterest", "INSERT"): "closes; by the hash of a number, which no statement reads or makes",
    ("organisation_user", "INSERT"): "an account without a role",
    ("organisation_user", "UPDATE"): "names and addresses, no end",
}


def test_whatever_says_who_sees_what_is_written_signed_or_says_why_not(db):
    behind = {name for (name,) in ask("SELECT relname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
                                      "WHERE tgname = 'plass_forget'")} | {"cases_assignment"}  # fmt: skip
    policies = ask(
        "SELECT tablename, cmd FROM pg_policies WHERE 'plass_web' = ANY (roles) AND cmd <> 'SELECT' "
        "AND tablename = ANY (%s)",
        sorted(behind),
    )
    assert set(policies) == set(NO_WIDENING)
    closed = {
        "cases_participant": {"protection", "user_id", "identity_hash", "own_employee_answered_at"},
        "cases_assignment": {"user_id", "role", "case_id", "team_id"},
        "organisation_user": {"kind", "ended_on"},
    }
    for table, columns in closed.items():
        for column in columns:
            assert ask("SELECT has_column_privilege('plass_web', %s, %s, 'UPDATE')", table, column) == [(False,)]


ENDS = (
    "UPDATE organisation_membership SET ended_on = access_today() - 1 WHERE user_id IN ({who})",
    "UPDATE organisation_user SET ended_on = access_today() - 1 WHERE id IN ({who})",
    "PERFORM organisation_end_role(id, access_today() - 1, '') FROM organisation_membership WHERE user_id IN ({who})",
    "PERFORM organisation_end_account(id, access_today() - 1, '') FROM organisation_user WHERE id IN ({who})",
)


def nothing_by_ending(who: list[User], read: str) -> None:
    before = traces()
    for act in ENDS:
        assert read_and_taken_back(act.format(who=", ".join(str(account.pk) for account in who)), read) == "", act
    assert traces() == before


def test_an_administrator_does_not_find_out_who_sees_protected_people(world):
    world.refer("Kari", "Skjermet", protection="strictly_confidential")
    world.act_as(world.administrator)
    for accounts in ([world.specialist, world.counsellor], [world.supervisor, world.colleague]):
        nothing_by_ending(accounts, "SELECT string_agg(t::text, ' ') FROM cases_without_anybody_to_tell('') t")


def asks_for_an_end(world: World) -> str:
    number = identity_number()
    world.refer("Kari", "Kjent", number=number)
    by = world.act_as(world.colleague)
    tie = access.declare(identity.find_by(identity.parse(number)), by=by, user=by, kind="self")
    access.ask_tie_end(tie, by=world.act_as(world.colleague), reason="Feil nummer")
    return number


def test_nor_reads_what_those_answer_for_whom_others_lead(world):
    asks_for_an_end(world)
    world.act_as(world.administrator)
    nothing_by_ending([world.supervisor], "SELECT string_agg(user_id::text, ' ') FROM access_conflictofinterest")


def test_nor_does_an_officer_who_is_administrator_too_find_out_who_says_this_is_me(world):
    asks_for_an_end(world)
    with as_owner():
        officer = user("pv", "Pia", "Personvern")
        for role in (Role.DATA_PROTECTION, Role.ADMINISTRATOR):
            member(officer, role, world.office)
    world.act_as(officer)
    read = "SELECT string_agg(f::text, ' ') FROM oversight_findings(access_today() - 30, 30, 3) f"
    nothing_by_ending([world.specialist, world.counsellor, world.supervisor], read)
    with connection.cursor() as cursor:
        cursor.execute(read)
        assert cursor.fetchall() == [(None,)]
