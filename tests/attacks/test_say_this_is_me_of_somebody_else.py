"""Whoever says "this is me" of a stranger's number shuts out themselves: they hide nobody from those who follow them, and
the end of what they said lowers nobody's protection."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import ConflictOfInterest
from plass.access.rules import Level
from plass.cases import actions, gate, identity, unseen_cases
from plass.cases.models import Case, Participant
from plass.organisation.models import Membership, Role
from tests.conftest import as_owner
from tests.world import identity_number, member, user

TODAY = timezone.localdate()


def sent(**data) -> dict[str, str]:
    return {"submission": str(uuid.uuid4()), **data}


def level(world, who, case: Case) -> int:
    world.act_as(who)
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_level(%s)", [case.pk])
        return cursor.fetchone()[0]


def protection(case: Case) -> str:
    with as_owner():
        return Participant.objects.get(pk=case.participant_id).protection


def say(world, client, who, number: str, **more) -> ConflictOfInterest:
    client.force_login(world.act_as(who))
    assert client.post("/meg/narstaende/", sent(number=number, kind="self", **more)).status_code == 303
    with as_owner():
        return ConflictOfInterest.objects.latest("pk")


def ends(world, client, tie: ConflictOfInterest) -> None:
    client.force_login(world.act_as(world.colleague))
    client.post(f"/meg/narstaende/{tie.pk}/", sent(reason="Feil nummer"))
    client.force_login(world.act_as(world.supervisor))
    client.post(f"/meg/narstaende/{tie.pk}/", sent(outcome="ends", answer=""))
    with as_owner():
        assert ConflictOfInterest.objects.get(pk=tie.pk).ended_at is not None


def findings(world, *, of=None) -> set[str]:
    """The kinds of finding that a data protection officer of the office has."""
    with as_owner():
        officer = of or user("pv1", "Pia", "Personvern")
        if of is None:
            member(officer, Role.DATA_PROTECTION, world.office)
    world.act_as(officer)
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind FROM oversight_findings(access_today() - 30, 99, 99)")
        return {kind for (kind,) in cursor.fetchall()}


def let_go(who) -> None:
    with as_owner():
        Membership.objects.filter(user=who).update(ended_on=TODAY - timezone.timedelta(days=1))


@pytest.mark.parametrize("said_by", ["colleague", "supervisor"])
@pytest.mark.parametrize("kind", ["own_employee", "confidential"])
def test_the_end_of_a_false_tie_leaves_the_protection_of_a_referral(world, client, said_by, kind):
    number = identity_number()
    case = world.refer("Kari", "Ansatt", number=number, protection=kind)
    about = {"user": str(world.colleague.pk)} if said_by == "supervisor" else {}
    tie = say(world, client, getattr(world, said_by), number, **about)
    ends(world, client, tie)
    assert protection(case) == kind
    assert level(world, world.colleague, case) == level(world, world.supervisor, case) == 0


def test_the_end_of_a_false_tie_leaves_what_a_true_one_closed(world, client):
    number = identity_number()
    case = world.refer("Kari", "Ansatt", number=number)
    say(world, client, world.other_specialist, number)
    tie = say(world, client, world.colleague, number)
    ends(world, client, tie)
    assert level(world, world.colleague, case) == 0
    with as_owner():
        ConflictOfInterest.objects.filter(user=world.other_specialist).delete()
    assert level(world, world.colleague, case) == 3


@pytest.mark.parametrize("taken", [True, False])
def test_a_stranger_hides_nobody_from_those_who_decide(world, client, taken):
    number = identity_number()
    case = world.refer("Ola", "Vanlig", number=number, taken=taken)
    if not taken:
        let_go(world.counsellor)
    say(world, client, world.other_specialist, number)
    assert protection(case) == ""
    assert level(world, world.other_specialist, case) == 0
    assert level(world, world.supervisor, case) == 4
    # Nor does a referral that waits disappear, for it is the supervisor who is asked.
    assert level(world, world.specialist, case) == (4 if taken else 0)
    assert level(world, world.counsellor, case) == 0 if not taken else 4
    # A colleague's own case is closed to the rest at once.
    assert level(world, world.colleague, case) == 0
    assert not access.break_glass(case.pk, by=world.act_as(world.colleague), reason="Haster", hours=8)


def test_those_who_decide_are_told_and_answer(world, client):
    number = identity_number()
    case = world.refer("Ola", "Vanlig", number=number)
    say(world, client, world.other_specialist, number)
    for who in (world.specialist, world.supervisor):
        client.force_login(world.act_as(who))
        page = client.get("/min-dag/").content.decode()
        assert 'id="own-employees"' in page and f"/sak/{case.pk}/skjerming/" in page and "Synne" not in page
    version = Participant.objects.get(pk=case.participant_id).version
    page = f"/sak/{case.pk}/skjerming/"
    world.act_as(world.supervisor)
    answer = client.post(page, sent(version=version, protection="", reason="Feil nummer"))
    assert answer.status_code == 303
    assert "Svart. Deltakeren kan lese hvorfor." in client.get(answer["Location"]).content.decode()
    assert level(world, world.colleague, case) == 3
    client.force_login(world.act_as(world.specialist))
    assert "Feil nummer" in client.get(f"/sak/{case.pk}/endringer/").content.decode()
    assert 'id="own-employees"' not in client.get("/min-dag/").content.decode()
    # Told, as where a protection is lowered; and who said it still does not see it.
    assert "no own employee" in findings(world)
    assert level(world, world.other_specialist, case) == 0
    # What was answered is not asked again, but what somebody says later is.
    with as_owner():
        before = timezone.now() - timezone.timedelta(hours=1)
        Participant.objects.filter(pk=case.participant_id).update(own_employee_answered_at=before)
        ConflictOfInterest.objects.update(declared_at=before - timezone.timedelta(hours=1))
    assert level(world, world.colleague, case) == 3
    say(world, client, world.colleague, number)
    client.force_login(world.act_as(world.specialist))
    assert 'id="own-employees"' in client.get("/min-dag/").content.decode()


def test_what_they_confirmed_is_theirs_and_stays(world, client):
    number = identity_number()
    case = world.refer("Kari", "Ansatt", number=number)
    tie = say(world, client, world.colleague, number)
    person = Participant.objects.get(pk=world.act_as(world.specialist) and case.participant_id)
    actions.change_protection(
        person,
        by=world.act_as(world.specialist),
        based_on=person.version,
        protection="own_employee",
        reason="Jobber her",
    )
    ends(world, client, tie)
    assert protection(case) == "own_employee"
    assert level(world, world.supervisor, case) == level(world, world.colleague, case) == 0


def test_where_nobody_decides_the_team_waits_and_the_officer_gives_the_case_to_somebody_who_is_asked(world, client):
    number = identity_number()
    case = world.refer("Ola", "Vanlig", number=number, taken=False)
    let_go(world.counsellor)
    let_go(world.supervisor)
    with as_owner():
        officer = user("pv1", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)
    world.act_as(officer)
    assert unseen_cases.seen_by_nobody() == []
    say(world, client, world.other_specialist, number)
    assert level(world, world.specialist, case) == level(world, world.colleague, case) == 0
    assert "own employee, nobody asked" in findings(world, of=officer)
    world.act_as(officer)
    assert [case_to_give.number for case_to_give in unseen_cases.seen_by_nobody()] == [case.pk]
    unseen_cases.give_to(case.pk, by=world.act_as(officer), to=world.specialist)
    client.force_login(world.act_as(world.specialist))
    assert f"/sak/{case.pk}/skjerming/" in client.get("/min-dag/").content.decode()
    person = Participant.objects.get(pk=case.participant_id)
    actions.change_protection(
        person, by=world.act_as(world.specialist), based_on=person.version, protection="", reason="Feil nummer"
    )
    assert level(world, world.colleague, case) == 3


def test_whoever_refers_to_find_out_is_not_asked(world, client):
    number = identity_number()
    tie = say(world, client, world.other_specialist, number)
    for who in (world.counsellor, world.specialist):
        case = actions.refer(
            by=world.act_as(who),
            number=identity.parse(number),
            person={"given_name": "Kari", "family_name": "Skrevet"},
            team=world.team,
            wishes="Jobbe ute",
            participant_agreed_on=TODAY,
            happened_on=TODAY,
        )
        assert protection(case) == ""
        client.force_login(world.act_as(who))
        for page in ("/min-dag/", "/henvisninger/", f"/sak/{case.pk}/skjerming/"):
            assert "own-employees" not in client.get(page).content.decode()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM cases_asked_about_own_employees()")
            assert cursor.fetchone() == (0,)
        # The team does not see it until who is asked has answered; what who referred does meanwhile is no answer.
        for kind, version in (("confidential", 1), ("", 2)):
            person = Participant.objects.get(pk=case.participant_id)
            actions.change_protection(
                person, by=world.act_as(who), based_on=version, protection=kind, reason="Prøver meg fram"
            )
        assert level(world, world.colleague, case) == 0
        assert level(world, world.supervisor, case) == 4
    # The end of it opens both at once.
    with as_owner():
        ConflictOfInterest.objects.filter(pk=tie.pk).delete()
    assert level(world, world.colleague, case) == 3


def test_whoever_covers_and_was_let_in_may_only_read_what_somebody_says_is_theirs(world, client):
    number = identity_number()
    case = world.refer(number=number)
    access.give(case.pk, by=world.act_as(world.specialist), to=world.colleague, reason="Et råd", hours=8)
    assert gate.level(case, world.act_as(world.colleague)) == level(world, world.colleague, case) == Level.RECORD
    say(world, client, world.other_counsellor, number)
    assert gate.level(case, world.act_as(world.colleague)) == level(world, world.colleague, case) == Level.READ
