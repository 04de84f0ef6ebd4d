"""Somebody is appointed to a referral who may not be, goes on after their role, or reads where a protected one lives."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from plass.cases import actions, joining
from plass.cases.models import Case, Participant, PossibleDuplicate
from plass.db import signed
from plass.organisation.models import Membership, Role, User
from tests.conftest import as_owner
from tests.world import identity_number, member, shielded_cases, user

from .test_refer_a_shielded_person import filled_in

TODAY = timezone.localdate()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def ask(question: str, *values):
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]


@pytest.fixture
def link(world, client) -> int:
    """A referral from here of somebody of the other office, whom nobody follows any more."""
    return referred(world, client)


def referred(world, client, **typed) -> int:
    number = identity_number()
    world.refer("Kari", "Kanarifugl", team=world.other_team, number=number)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number, **typed))
    with as_owner():
        Membership.objects.filter(user__in=[world.other_specialist, world.other_counsellor]).update(ended_on=YESTERDAY)
        return PossibleDuplicate.objects.get().pk


@pytest.fixture
def officer(world) -> User:
    with as_owner():
        someone = user("personvern1", "Pia", "Personvern")
        member(someone, Role.DATA_PROTECTION, world.office)
    return someone


def appoint(world, officer: User, link: int, who: User) -> bool:
    world.act_as(officer)
    return signed.call("cases_appoint_joiner", link, who.pk)[0][0] == "asked"


def somebody(**account) -> User:
    made = user("ny1", "Nina", "Ny")
    User.objects.filter(pk=made.pk).update(**account)
    return made


def the_specialist(world, officer):
    return world.specialist


def a_counsellor_elsewhere(world, officer):
    made = somebody()
    member(made, Role.COUNSELLOR, world.other_office)
    return made


def whose_role_ended(world, officer):
    made = somebody()
    member(made, Role.COUNSELLOR, world.office, ended_on=YESTERDAY)
    return made


def whose_role_begins_tomorrow(world, officer):
    made = somebody()
    Membership.objects.create(user=made, role=Role.COUNSELLOR, office=world.office, started_on=TOMORROW)
    return made


def whose_account_ended(world, officer):
    made = somebody(ended_on=YESTERDAY)
    member(made, Role.COUNSELLOR, world.office)
    return made


def who_is_no_staff(world, officer):
    made = somebody(kind=User.Kind.EMPLOYER)
    member(made, Role.COUNSELLOR, world.office)
    return made


def the_referrer(world, officer):
    return world.counsellor


def the_officer(world, officer):
    member(officer, Role.COUNSELLOR, world.office)
    return officer


def the_leader(world, officer):
    return world.leader


@pytest.mark.parametrize(
    "who",
    [
        the_specialist,
        a_counsellor_elsewhere,
        whose_role_ended,
        whose_role_begins_tomorrow,
        whose_account_ended,
        who_is_no_staff,
        the_referrer,
        the_officer,
        the_leader,
    ],
)
def test_who_may_not_be_appointed_is_not(world, link, officer, who):
    with as_owner():
        chosen = who(world, officer)
    assert appoint(world, officer, link, chosen) is False
    with as_owner():
        assert PossibleDuplicate.objects.get().appointed_id is None


def test_a_counsellor_or_a_supervisor_of_the_office_is(world, link, officer):
    """The control."""
    with as_owner():
        made = somebody()
        member(made, Role.COUNSELLOR, world.office)
    for chosen in (made, world.supervisor):
        assert appoint(world, officer, link, chosen) is True
        world.act_as(chosen)
        assert [referral.number for referral in joining.waiting()] == [link]
        with as_owner():
            PossibleDuplicate.objects.update(appointed=None)


@pytest.mark.parametrize("whose", ["supervisor", "specialist", "leader", "administrator", "counsellor"])
def test_nobody_but_the_officer_appoints(world, link, whose):
    assert appoint(world, getattr(world, whose), link, world.supervisor) is False


def test_whoever_was_appointed_and_works_elsewhere_now_reads_and_joins_nothing(world, client, link, officer):
    assert appoint(world, officer, link, world.supervisor) is True
    with as_owner():
        Membership.objects.filter(user=world.supervisor).update(ended_on=YESTERDAY)
        member(world.supervisor, Role.COUNSELLOR, world.other_office)
    client.force_login(world.act_as(world.supervisor))
    assert joining.waiting() == []
    assert ask("SELECT cases_joins_count()") == 0
    assert client.get(f"/henvisninger/a-koble/{link}/").status_code == 404
    assert signed.call("cases_join", link, "", False, "")[0][0] == "gone"
    assert signed.call("cases_answer_referral", link, "nei")[0][0] == "gone"


@pytest.mark.parametrize("role", [Role.SPECIALIST, Role.LEADER])
def test_nor_whoever_has_another_role_there_by_now(world, link, officer, role):
    assert appoint(world, officer, link, world.supervisor) is True
    with as_owner():
        Membership.objects.filter(user=world.supervisor).update(ended_on=YESTERDAY)
        member(world.supervisor, role, world.office, *([world.team] if role == Role.SPECIALIST else []))
    world.act_as(world.supervisor)
    assert joining.waiting() == []


def test_whoever_was_appointed_ends_the_case_by_the_answer_also_as_a_counsellor(world, link, officer):
    with as_owner():
        someone = somebody()
        member(someone, Role.COUNSELLOR, world.office)
    assert appoint(world, officer, link, someone) is True
    assert joining.answer(link, by=world.act_as(someone), text="Ring meg.") is True


def test_a_counsellor_there_who_was_not_asked_hands_the_answer_on(world, client):
    """Who decides about the registered person, and is a counsellor at the office of the referral: no case of theirs."""
    number = identity_number()
    world.refer("Kari", "Kanarifugl", team=world.other_team, number=number)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number))
    with as_owner():
        member(world.other_specialist, Role.COUNSELLOR, world.office)
        link = PossibleDuplicate.objects.get().pk
    assert joining.answer(link, by=world.act_as(world.other_specialist), text="Ring meg.") is False


def test_a_referral_that_ended_meanwhile_is_joined_with_follow_up_at_the_same_office(world, client):
    number = identity_number()
    with as_owner():
        second = member(world.counsellor, Role.COUNSELLOR, world.other_office)
    world.refer("Kari", "Kanarifugl", team=world.other_team, number=number)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number, team=str(world.other_team.pk)))
    with as_owner():
        link = PossibleDuplicate.objects.get()
        typed = Case.objects.get(participant=link.participant_id)
        assert second.pk
    world.act_as(world.other_specialist)
    (waiting,) = joining.waiting()
    assert waiting.open_here
    actions.end(typed, by=world.act_as(world.counsellor), happened_on=TODAY, cause="own_wish")
    world.act_as(world.other_specialist)
    (waiting,) = joining.waiting()
    assert not waiting.open_here
    joining.join(link.pk, by=world.other_specialist)


def test_a_join_keeps_the_stricter_protection(world, client, officer):
    link = referred(world, client, protection="strictly_confidential")
    assert appoint(world, officer, link, world.supervisor) is True
    joining.join(link, by=world.act_as(world.supervisor))
    with as_owner():
        assert Participant.objects.get().protection == "strictly_confidential"
        assert set(shielded_cases()) == set(Case.objects.values_list("pk", flat=True))


def test_whoever_was_appointed_does_not_read_where_somebody_protected_lives(world, client, officer):
    typed = {"protection": "confidential", "address": "Kanarigate 1", "postal_code": "0150", "place": "Kanariby"}
    more = {"phone": "99112233", "email": "kanari@example.no"}
    link = referred(world, client, **typed, **more)
    assert appoint(world, officer, link, world.supervisor) is True
    client.force_login(world.act_as(world.supervisor))
    (waiting_referral,) = joining.waiting()
    assert not {"phone", "email", "address", "postal_code", "place"} & set(waiting_referral.typed)
    page = client.get(f"/henvisninger/a-koble/{link}/").content.decode()
    assert "Kanarifugl" in page
    assert not [word for word in ("Kanarigate", "Kanariby", "99112233", "kanari@") if word in page]
