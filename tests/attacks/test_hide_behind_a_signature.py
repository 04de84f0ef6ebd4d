"""Somebody does it again once it was signed off that day, or has it signed by a supervisor who is not theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from os import urandom

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import AccessLogEntry, Grant
from plass.accounts.models import ApprovalRequest, FirstLogin, Link
from plass.cases import actions as cases
from plass.cases import identity
from plass.cases.models import Case, Participant
from plass.organisation.models import Membership, Role, User
from plass.oversight import actions, queries
from plass.oversight.patterns import LIMITS, PATTERNS
from tests.conftest import as_owner
from tests.world import World, identity_number, member, user

TODAY = timezone.localdate
LIMIT = LIMITS[-1]


def ask(statement: str, values: list | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def later() -> None:
    """Moves all that was written a second back: else everything in one test would be of the same moment."""
    with as_owner():
        for table, column in (
            ("access_accesslogentry", "at"),
            ("access_change", "at"),
            ("access_grant", "granted_at"),
            ("accounts_approvalrequest", "answered_at"),
            ("access_conflictofinterest", "declared_at"),
        ):
            ask(f"UPDATE {table} SET {column} = {column} - interval '1 second'")


def line(world: World, times: int = 1, **values) -> None:
    """Lines in the log, by the colleague unless said otherwise."""
    with as_owner():
        for _each in range(times):
            AccessLogEntry.objects.create(
                **{"user": world.colleague, "purpose": "x", "rule": "team", "allowed": True, **values}
            )


def request(world: World, kind: str) -> None:
    """A way in that the colleague got."""
    with as_owner():
        nobody = {"user": world.colleague, "made_by": world.administrator, "expires_at": timezone.now()}
        link = Link.objects.create(purpose="password", token_hash=urandom(32), **nobody)
        first = FirstLogin.objects.create(issuer="x", subject=urandom(8).hex(), user=world.colleague)
        more = {
            "role": {"role": "specialist", "started_on": TODAY(), "office": world.office, "team": world.team},
            "login": {"first_login": first},
        }
        ApprovalRequest.objects.create(
            user=world.colleague,
            asked_by=world.administrator,
            answered_by=world.leader,
            reason="x",
            kind=kind,
            outcome="approved",
            answered_at=timezone.now(),
            link=link if kind in {"password", "role"} else None,
            **more.get(kind, {}),
        )


def lower(world: World) -> None:
    case = world.refer(protection="own_employee")
    by = world.act_as(world.specialist)
    person = Participant.objects.get(pk=case.participant_id)
    cases.change_protection(person, by=by, based_on=person.version, protection="", reason="Slutter")


def emergency(world: World) -> None:
    access.break_glass(world.refer().pk, by=world.act_as(world.other_specialist), reason="Nysgjerrig", hours=8)


def same_case(world: World, **person) -> int:
    if "case" not in world.extra:
        world.extra["case"] = world.refer(**person)
    return world.extra["case"]


def surname(world: World) -> None:
    case = same_case(world, family_name=world.colleague.family_name)
    line(world, case_id=case.pk, participant_id=case.participant_id)


def refused(rule: str, purpose: str) -> Callable[[World], None]:
    return lambda world: line(world, rule=rule, purpose=purpose, allowed=False)


def say_this_is_me(world: World, number: str) -> None:
    by = world.act_as(world.other_specialist)
    tie = access.declare(identity.find_by(identity.parse(number)), by=by, user=by, kind="self")
    with as_owner():
        # When the transaction began, which is the same for all that one test says.
        ask("UPDATE access_conflictofinterest SET declared_at = clock_timestamp() WHERE id = %s", [tie.pk])


def answered_otherwise(world: World) -> None:
    number = identity_number()
    case = world.refer(number=number)
    say_this_is_me(world, number)
    by = world.act_as(world.specialist)
    person = Participant.objects.get(pk=case.participant_id)
    cases.change_protection(person, by=by, based_on=person.version, protection="", reason="Feil nummer")


def nobody_is_asked(world: World) -> None:
    """Nobody decides about these any more."""
    if "numbers" not in world.extra:
        world.extra["numbers"] = [identity_number() for _each in range(3)]
        for number in world.extra["numbers"]:
            world.refer(number=number, taken=False)
        with as_owner():
            of_them = Membership.objects.filter(user__in=[world.counsellor, world.supervisor])
            of_them.update(ended_on=TODAY() - timedelta(days=1))
    say_this_is_me(world, world.extra["numbers"].pop())


CASES = count(10**6)
#: How each kind comes about once; what has to come about several times does so by itself first.
MADE: dict[str, Callable[[World], None]] = {
    "emergency": emergency,
    "never": lambda world: line(world, rule="shielded", allowed=False, case_id=same_case(world).pk),
    "new link": lambda world: request(world, "password"),
    "new phone": lambda world: request(world, "factor"),
    "new colleague": lambda world: request(world, "role"),
    "new login": lambda world: request(world, "login"),
    "met shielded": refused("shielded", "refer"),
    "emergency refused": refused("shielded", "emergency"),
    "keeps away": refused("give", "give"),
    "hides another": lambda world: line(world, rule="protect", purpose="protect"),
    "raises to read": lambda world: line(world, rule="protect", purpose="raise"),
    "shielded again": refused("shielded", "case"),
    "protection lowered": lower,
    "no own employee": answered_otherwise,
    "own employee, nobody asked": nobody_is_asked,
    "same surname": surname,
    "neighbour office": lambda world: line(world, user=world.other_specialist, case_id=same_case(world).pk),
    "many": lambda world: line(world, case_id=next(CASES)),
    "refused": refused("unknown", "case"),
    "slowed": refused("slowed", "slowed"),
    "numbers": refused("number", "number"),
}
#: What comes up for the data protection officer alone.
OFFICERS = frozenset({"own employee, nobody asked"})
FIRST = {"shielded again": LIMIT.refusals, "many": LIMIT.many, "refused": LIMIT.refusals, "numbers": 30}


def officer_of(world: World) -> User:
    with as_owner():
        officer = user("ombud1", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)
    return officer


def waiting(world: World, kind: str, who: User | None = None) -> list[queries.Finding]:
    world.act_as(who or world.supervisor)
    return [finding for finding in queries.findings(TODAY()) if finding.kind == kind and finding.review is None]


def sign(world: World, kind: str, who: User | None = None) -> list[queries.Finding]:
    findings = waiting(world, kind, who)
    actions.sign_off(findings, by=who or world.supervisor, verdict="fine")
    return findings


@pytest.mark.parametrize("kind", [pattern.kind for pattern in PATTERNS])
def test_one_more_of_the_same_kind_the_same_day_waits(world: World, kind: str) -> None:
    who = officer_of(world) if kind in OFFICERS else world.supervisor
    for _each in range(FIRST.get(kind, 1)):
        MADE[kind](world)
    assert sign(world, kind, who)
    assert waiting(world, kind, who) == []
    later()
    # What was signed is signed, although it is a second older now.
    assert waiting(world, kind, who) == []
    MADE[kind](world)
    (finding,) = waiting(world, kind, who)
    assert finding.times == (0 if kind in queries.WAYS_IN else 1)
    assert [signed.kind for signed in queries.findings(TODAY()) if signed.review is not None].count(kind) == 1
    sign(world, kind)
    assert waiting(world, kind) == []


def test_the_second_emergency_has_its_own_line_and_its_own_reason(world: World, client: Client) -> None:
    """Of a supervisor who sees neither case: both had one key."""
    with as_owner():
        leader_elsewhere = user("leder9", "Olga", "Overordnet")
        member(leader_elsewhere, Role.SUPERVISOR, world.other_office, world.other_team)
    first, second = world.refer(), world.refer()
    access.break_glass(first.pk, by=world.act_as(world.other_specialist), reason="Ringte gråtende", hours=8)
    assert len(sign(world, "emergency", leader_elsewhere)) == 1
    access.break_glass(second.pk, by=world.act_as(world.other_specialist), reason="Nysgjerrig", hours=8)
    assert [finding.reason for finding in waiting(world, "emergency", leader_elsewhere)] == ["Nysgjerrig"]
    client.force_login(world.act_as(leader_elsewhere))
    assert "Nysgjerrig" in client.get("/innsyn/").content.decode()
    day = client.get("/min-dag/").content.decode()
    assert "Nysgjerrig" in day and "Ringte" not in day


def test_the_same_case_opened_again_the_same_day_waits_for_whoever_leads_its_team(world: World, client: Client) -> None:
    """What they signed in the morning says nothing of the afternoon, on either page; nor of what was looked at meanwhile."""
    case = world.refer(family_name=world.other_specialist.family_name)
    by = world.act_as(world.other_specialist)
    access.break_glass(case.pk, by=by, reason="Ringte gråtende", hours=8)
    sign(world, "emergency")
    assert emergency_reasons(world) == []
    later()
    line(world, user=world.other_specialist, case_id=case.pk, participant_id=case.participant_id, rule="emergency")
    assert [finding.times for finding in waiting(world, "same surname")] == [1]
    by = world.act_as(world.other_specialist)
    access.end_way(Grant.objects.get(case_id=case.pk, user=by), by=by)
    access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason="Nysgjerrig", hours=8)
    assert emergency_reasons(world) == [("Nysgjerrig",)]
    assert [finding.reason for finding in waiting(world, "emergency")] == ["Nysgjerrig"]


def test_the_data_protection_officer_is_told_again_too(world: World) -> None:
    officer = officer_of(world)
    MADE["met shielded"](world)
    sign(world, "met shielded", officer)
    later()
    line(world, 2, rule="shielded", purpose="refer", allowed=False)
    (finding,) = waiting(world, "met shielded", officer)
    assert (finding.times, finding.signed_before) == (2, 1)


def test_nobody_signs_what_came_after_the_page_was_shown(world: World, client: Client) -> None:
    MADE["met shielded"](world)
    shown = waiting(world, "met shielded")
    later()
    MADE["met shielded"](world)
    world.act_as(world.supervisor)
    with pytest.raises(ValidationError):
        actions.sign_off(shown, by=world.supervisor, verdict="fine")
    client.force_login(world.act_as(world.supervisor))
    form = {"submission": "7d3c1c3e-54a2-4d8c-9f38-0f1f6f9f3a11", "findings": shown[0].key, "verdict": "fine"}
    answer = client.post("/innsyn/", form)
    assert answer.status_code == 422 and "skjedd noe mer" in answer.content.decode()


def test_what_is_shielded_later_is_not_hidden_by_a_signature_under_the_same_key(world: World) -> None:
    """A look at a case that the supervisor saw waits; another, at one they do not see, is signed; then both are hidden."""
    case = same_case(world)
    hidden = world.refer(protection="confidential")
    line(world, rule="shielded", allowed=False, case_id=case.pk)
    later()
    line(world, rule="shielded", allowed=False, case_id=hidden.pk)
    actions.sign_off(
        [finding for finding in waiting(world, "never") if finding.case_id is None], by=world.supervisor, verdict="fine"
    )
    by = world.act_as(world.specialist)
    person = Participant.objects.get(pk=case.participant_id)
    cases.change_protection(person, by=by, based_on=person.version, protection="confidential", reason="Vedtak")
    assert [finding.case_id for finding in waiting(world, "never")] == [None]


# --- Signed by somebody else ---------------------------------------------------------------------------------------------


def a_supervisor_elsewhere(world: World) -> User:
    with as_owner():
        made = user("leder8", "Egil", "Elsewhere")
        member(made, Role.SUPERVISOR, world.office, world.second_team)
    return made


def keys_to_guess(world: World, case_id: int) -> list[str]:
    who = f"emergency:{world.other_specialist.pk}:{TODAY()}"
    last = ask("SELECT coalesce(max(id), 0) FROM access_grant")[0][0]
    return [f"{who}:{case_id}", f"{who}:0", *(f"{who}:g{n}@9999999999999999" for n in range(last, last + 3))]


def emergency_reasons(world: World) -> list[tuple]:
    world.act_as(world.supervisor)
    return ask("SELECT reason FROM oversight_emergencies()")


def test_nobody_signs_by_a_statement(world: World) -> None:
    elsewhere, case = a_supervisor_elsewhere(world), world.refer()
    for who in (elsewhere, world.supervisor, world.specialist):
        world.act_as(who)
        for key in keys_to_guess(world, case.pk):
            with pytest.raises(DatabaseError), transaction.atomic():
                ask(
                    "INSERT INTO oversight_review (finding, about_id, verdict, comment, reviewed_by_id) "
                    "VALUES (%s, %s, 'fine', '', access_user())",
                    [key, world.other_specialist.pk],
                )


def test_nobody_signs_ahead_or_for_people_who_are_not_theirs(world: World) -> None:
    elsewhere, case = a_supervisor_elsewhere(world), world.refer()
    sign_all = "SELECT oversight_sign(%s, access_today() - 30, 1, 1, 'fine', '')"
    world.act_as(elsewhere)
    assert ask(sign_all, [keys_to_guess(world, case.pk)]) == [(0,)]
    access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason="Nysgjerrig", hours=8)
    keys = [finding.key for finding in waiting(world, "emergency")]
    for who in (elsewhere, world.other_specialist, world.specialist, world.leader):
        world.act_as(who)
        assert ask(sign_all, [keys]) == [(0,)]
    assert emergency_reasons(world) == [("Nysgjerrig",)]


@pytest.mark.parametrize("which", range(5))
def test_a_line_of_somebody_who_may_not_sign_it_counts_for_nobody_else(world: World, which: int) -> None:
    """Also one that was written while the table took any line."""
    elsewhere, case = a_supervisor_elsewhere(world), world.refer()
    with as_owner():
        ask("SET LOCAL session_replication_role = replica")
        ask(
            "INSERT INTO oversight_review (finding, about_id, verdict, comment, reviewed_by_id, reviewed_at) "
            "VALUES (%s, %s, 'fine', '', %s, now() + interval '1 hour')",
            [keys_to_guess(world, case.pk)[which], world.other_specialist.pk, elsewhere.pk],
        )
        ask("SET LOCAL session_replication_role = origin")
    access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason="Nysgjerrig", hours=8)
    assert emergency_reasons(world) == [("Nysgjerrig",)]
    assert len(waiting(world, "emergency")) == 1


def test_what_was_signed_before_keys_said_through_when_holds_for_what_had_happened(world: World) -> None:
    case = world.refer()
    access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason="Akutt", hours=8)
    later()
    with as_owner():
        ask("SET LOCAL session_replication_role = replica")
        ask(
            "INSERT INTO oversight_review (finding, about_id, verdict, comment, reviewed_by_id, reviewed_at) "
            "SELECT %s, %s, 'fine', '', %s, max(granted_at) FROM access_grant",
            [keys_to_guess(world, case.pk)[0], world.other_specialist.pk, world.supervisor.pk],
        )
        ask("SET LOCAL session_replication_role = origin")
    assert emergency_reasons(world) == [] and waiting(world, "emergency") == []
    with as_owner():
        ask("UPDATE access_grant SET expires_at = granted_at + interval '1 microsecond'")
    access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason="Nysgjerrig", hours=8)
    assert emergency_reasons(world) == [("Nysgjerrig",)] and len(waiting(world, "emergency")) == 1


def test_who_leads_the_same_person_need_not_sign_it_again(world: World) -> None:
    with as_owner():
        second = user("leder7", "Stine", "Stedfortreder")
        member(second, Role.SUPERVISOR, world.office, world.team)
    MADE["met shielded"](world)
    sign(world, "met shielded")
    assert waiting(world, "met shielded", second) == []


# --- Signed by somebody who was shown another part of it -----------------------------------------------------------------


def kept_away_from_two(world: World, client: Client) -> tuple[User, User]:
    """The colleague is kept away from A, then from B, on the same day. The first officer decides about A, the second not."""
    cases_of = []
    for name in ("Anne", "Berit"):
        number = identity_number()
        cases_of.append(world.refer(name, "Kjent", number=number))
        me = world.act_as(world.colleague)
        access.declare(identity.find_by(identity.parse(number)), by=me, user=me, kind="family")
    near, far = officer_of(world), None
    with as_owner():
        far = user("ombud2", "Per", "Personvern")
        member(far, Role.DATA_PROTECTION, world.office)
        member(near, Role.COUNSELLOR, world.office)
    cases.hand_over(cases_of[0], by=world.act_as(world.counsellor), to=near, role="counsellor")
    client.force_login(world.act_as(world.colleague))
    for case in cases_of:
        assert client.get(f"/sak/{case.pk}/").status_code == 404
    return near, far


def test_a_line_that_the_signer_was_not_shown_waits_for_the_other_officer(world: World, client: Client) -> None:
    near, far = kept_away_from_two(world, client)
    assert [finding.times for finding in waiting(world, "never", near)] == [1]
    assert [finding.times for finding in waiting(world, "never", far)] == [2]
    shown = waiting(world, "never", far)
    sign(world, "never", near)
    assert [(finding.times, finding.signed_before) for finding in waiting(world, "never", far)] == [(1, 1)]
    with pytest.raises(ValidationError):
        actions.sign_off(shown, by=world.act_as(far), verdict="fine")
    sign(world, "never", far)
    assert waiting(world, "never", far) == waiting(world, "never", near) == []


def test_a_line_that_the_officer_was_not_shown_waits_for_the_leader_who_stands_in(world: World, client: Client) -> None:
    near, far = kept_away_from_two(world, client)
    with as_owner():
        Membership.objects.filter(user=far).update(ended_on=TODAY() - timedelta(days=1))
    assert len(waiting(world, "further", world.leader)) == 1
    sign(world, "never", near)
    assert len(waiting(world, "further", world.leader)) == 1
    sign(world, "further", world.leader)
    assert waiting(world, "further", world.leader) == []


def test_the_share_of_one_team_signed_hides_nothing_of_the_other(world: World) -> None:
    """Three refusals in each of two teams' cases: each supervisor sees and signs their own."""
    elsewhere = a_supervisor_elsewhere(world)
    of_teams = [world.refer(), world.refer(team=world.second_team, taken=False)]
    for case in of_teams:
        line(world, 3, user=world.other_counsellor, case_id=case.pk, rule="no relation", allowed=False)
    for who in (world.supervisor, elsewhere):
        assert [finding.times for finding in waiting(world, "refused", who)] == [3]
    sign(world, "refused", world.supervisor)
    assert waiting(world, "refused", world.supervisor) == []
    assert [finding.times for finding in waiting(world, "refused", elsewhere)] == [3]


def test_a_signature_of_one_kind_is_none_of_another_of_the_same_looks(world: World) -> None:
    case = world.refer()
    line(world, 5, case_id=case.pk, rule="shielded", purpose="case", allowed=False)
    assert {finding.kind for finding in (*waiting(world, "never"), *waiting(world, "refused"))} == {"never", "refused"}
    sign(world, "refused")
    assert waiting(world, "refused") == []
    assert [finding.times for finding in waiting(world, "never")] == [5]


def test_what_one_part_has_signed_waits_for_the_other_however_old(world: World) -> None:
    """An emergency of the colleague in another team's case: for who leads the colleague, and for who leads that team."""
    elsewhere = a_supervisor_elsewhere(world)
    case = world.refer(team=world.second_team, taken=False)
    access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason="Nysgjerrig", hours=8)
    with as_owner():
        member(world.other_specialist, Role.SPECIALIST, world.office, world.team)
        back = "- interval '40 days'"
        ask(f"UPDATE access_grant SET granted_at = granted_at {back}, expires_at = expires_at {back}")
        ask("UPDATE organisation_membership SET started_on = started_on - 400")
    assert [len(waiting(world, "emergency", who)) for who in (world.supervisor, elsewhere)] == [1, 1]
    sign(world, "emergency", elsewhere)
    assert waiting(world, "emergency", elsewhere) == []
    assert len(waiting(world, "emergency", world.supervisor)) == 1


def test_what_is_to_be_looked_into_goes_to_whoever_may_hear_each_line(world: World, client: Client) -> None:
    """One officer signs both lines as to be looked into; the other is near the first: that is for the leader."""
    near, far = kept_away_from_two(world, client)
    actions.sign_off(waiting(world, "never", far), by=far, verdict="further", comment="Se på dette")
    assert [len(waiting(world, "further", who)) for who in (near, world.leader)] == [1, 1]


def test_nobody_reads_what_was_signed_about_themselves(world: World, client: Client) -> None:
    line(world, 5, case_id=world.refer().pk, rule="shielded", purpose="case", allowed=False)
    actions.sign_off(waiting(world, "never"), by=world.supervisor, verdict="further", comment="Mistenker snoking")
    with as_owner():
        member(world.colleague, Role.DATA_PROTECTION, world.office)
        member(world.colleague, Role.SUPERVISOR, world.office, world.team)
    world.act_as(world.colleague)
    assert ask("SELECT comment FROM oversight_review") == []


def test_an_officer_is_near_whom_they_were_let_in_to(world: World, client: Client) -> None:
    _near, far = kept_away_from_two(world, client)
    assert [finding.times for finding in waiting(world, "never", far)] == [2]
    with as_owner():
        member(far, Role.COUNSELLOR, world.office)
    by = world.act_as(world.specialist)
    case = Case.objects.get(participant__given_name="Berit")
    access.give(case.pk, by=by, to=far, reason="Ferie", hours=8, level=1)
    assert [finding.times for finding in waiting(world, "never", far)] == [1]


def test_a_statement_of_an_officer_learns_of_no_participant_whether_they_are_near(world: World) -> None:
    number = identity_number()
    world.refer(number=number, team=world.other_team, protection="strictly_confidential")
    officer = officer_of(world)
    with as_owner():
        member(officer, Role.COUNSELLOR, world.office)
        strict = Participant.objects.get().pk
    typed = cases.refer(
        by=world.act_as(officer),
        number=identity.parse(number),
        person={"given_name": "Kari", "family_name": "Skrevet"},
        team=world.team,
        wishes="x",
        participant_agreed_on=TODAY(),
    )
    assert typed.participant_id != strict
    near = []
    for participant in (strict, strict + 1000):
        ask(
            "INSERT INTO access_accesslogentry (at, user_id, participant_id, purpose, rule, allowed) "
            "VALUES (now(), access_user(), %s, 'x', 'own data', false) RETURNING 1",
            [participant],
        )
        with as_owner():
            written = AccessLogEntry.objects.latest("pk").pk
        near.append(ask("SELECT oversight_am_near(%s)", [written]))
    assert near[0] == near[1]
