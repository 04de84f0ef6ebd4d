"""Somebody who must keep away from a person, or who only records about them, tries to join a referral of that person."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from plass.access.models import ConflictOfInterest, Grant
from plass.cases import identity, joining
from plass.cases.models import Case, Participant, PossibleDuplicate
from plass.db import signed
from plass.organisation.models import Membership, Role
from tests.conftest import as_owner
from tests.world import identity_number, member, user

from .test_refer_a_shielded_person import filled_in

TODAY = timezone.localdate()


def ask(question: str, *values):
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]


@pytest.fixture
def referred(world, client) -> tuple[Case, str, int]:
    """The registered person's case at the other office, their number, and the number of the referral from here."""
    number = identity_number()
    existing = world.refer("Kari", "Kanarifugl", team=world.other_team, number=number)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number))
    with as_owner():
        link = PossibleDuplicate.objects.get()
    return existing, number, link.pk


@pytest.fixture
def officer(world, referred):
    """The data protection officer of the office that referred; everybody who followed the person has left."""
    with as_owner():
        someone = user("personvern1", "Pia", "Personvern")
        member(someone, Role.DATA_PROTECTION, world.office)
        Membership.objects.filter(user__in=[world.other_specialist, world.other_counsellor]).update(
            ended_on=TODAY - timedelta(days=1)
        )
    return someone


def say_close(who, number: str, kind: str = ConflictOfInterest.Kind.FAMILY) -> None:
    with as_owner():
        ConflictOfInterest.objects.create(
            user=who, identity_hash=identity.find_by(identity.parse(number)), kind=kind, declared_by=who
        )


def is_the_person(who, participant: int) -> None:
    """Nobody has said anything, but the person's own account is this one."""
    with as_owner():
        Participant.objects.filter(pk=participant).update(user=who)


def appoint(world, officer, link: int, who) -> bool:
    world.act_as(officer)
    return signed.call("cases_appoint_joiner", link, who.pk)[0][0] == "asked"


@pytest.mark.parametrize("kind", ConflictOfInterest.Kind.values)
def test_who_must_keep_away_is_not_appointed(world, client, referred, officer, kind):
    _existing, number, link = referred
    say_close(world.supervisor, number, kind)
    assert appoint(world, officer, link, world.supervisor) is False
    client.force_login(world.act_as(officer))
    form = {"submission": str(uuid.uuid4()), "to": str(world.supervisor.pk)}
    assert client.post(f"/personvern/henvisning/{link}/", form).status_code == 422
    with as_owner():
        assert PossibleDuplicate.objects.get().appointed_id is None


def test_who_is_the_person_is_not_appointed(world, referred, officer):
    existing, _number, link = referred
    is_the_person(world.supervisor, existing.participant_id)
    assert appoint(world, officer, link, world.supervisor) is False


def test_who_is_close_to_somebody_else_is_appointed(world, referred, officer):
    # The control: it is this person that one must keep away from.
    _existing, _number, link = referred
    say_close(world.supervisor, identity_number())
    assert appoint(world, officer, link, world.supervisor) is True
    world.act_as(world.supervisor)
    assert [referral.number for referral in joining.waiting()] == [link]


@pytest.mark.parametrize("how", [*ConflictOfInterest.Kind.values, "the account"])
def test_who_was_appointed_and_must_keep_away_since_reads_and_joins_nothing(world, client, referred, officer, how):
    existing, number, link = referred
    assert appoint(world, officer, link, world.supervisor) is True
    if how == "the account":
        is_the_person(world.supervisor, existing.participant_id)
    else:
        say_close(world.supervisor, number, how)
    client.force_login(world.act_as(world.supervisor))
    assert joining.waiting() == []
    assert client.get(f"/henvisninger/a-koble/{link}/").status_code == 404
    world.act_as(world.supervisor)
    assert ask("SELECT cases_joins_count()") == 0
    assert signed.call("cases_join", link, "", False, "")[0][0] == "gone"
    assert signed.call("cases_answer_referral", link, "nei")[0][0] == "gone"


@pytest.mark.parametrize("level", [1, 3])
def test_who_only_reads_or_records_about_a_person_is_not_told_of_referrals_of_them(world, client, referred, level):
    existing, _number, link = referred
    with as_owner():
        Grant.objects.create(
            kind="given",
            level=level,
            user=world.colleague,
            case_id=existing.pk,
            reason="vikar",
            granted_by=world.other_specialist,
            expires_at=timezone.now() + timedelta(hours=8),
        )
    client.force_login(world.act_as(world.colleague))
    page = client.get(f"/sak/{existing.pk}/")
    assert page.status_code == 200
    assert "/henvisninger/a-koble/" not in page.content.decode()
    world.act_as(world.colleague)
    assert ask("SELECT cases_joins_of(%s)", existing.participant_id) == []
    # The control: who decides about the person is.
    world.act_as(world.other_specialist)
    assert ask("SELECT cases_joins_of(%s)", existing.participant_id) == [link]


@pytest.mark.parametrize("typed", ["", "confidential"])
def test_a_referral_as_more_strictly_protected_is_not_told_on_the_case_page(world, client, typed):
    number = identity_number()
    existing = world.refer("Kari", "Kanarifugl", team=world.other_team, number=number)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number, protection=typed))
    client.force_login(world.act_as(world.other_specialist))
    page = client.get(f"/sak/{existing.pk}/").content.decode()
    assert ("/henvisninger/a-koble/" in page) is (typed == "")
