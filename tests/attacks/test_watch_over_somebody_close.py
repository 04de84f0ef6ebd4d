"""Whoever must keep away from a participant, and leads or is data protection officer: nothing that is found, logged or given
away about that participant comes to them.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import AccessLogEntry
from plass.administration import actions as administration
from plass.cases import identity
from plass.cases.models import Case, PossibleDuplicate
from plass.db import signed
from plass.organisation.models import Membership, Role, User
from tests.conftest import as_owner
from tests.world import World, identity_number, member

from .test_refer_a_shielded_person import filled_in
from .test_watch_over_those_one_leads import officer

TODAY = timezone.localdate()
BOTH = pytest.mark.parametrize("kind", ["self", "family"])


def close(world: World, who: User, number: str, kind: str = "family") -> None:
    """``who`` says that the number is theirs, or of somebody close."""
    me = world.act_as(who)
    access.declare(identity.find_by(identity.parse(number)), by=me, user=me, kind=kind)


def an_officer(world: World, name: str = "pv") -> User:
    """An officer who has a role with cases too: who has none says nothing of ties."""
    made = officer(world, name)
    with as_owner():
        member(made, Role.COUNSELLOR, world.office)
    return made


@BOTH
def test_the_log_of_somebody_close_is_not_the_officers(world, client, kind):
    number = identity_number()
    case, other_case = world.refer("Kari", "Kjent", number=number), world.refer()
    tied, another = an_officer(world), officer(world, "annen")
    for each in (case, other_case):
        client.force_login(world.act_as(world.specialist))
        assert client.get(f"/sak/{each.pk}/").status_code == 200
    close(world, tied, number, kind)
    for who, cases in ((tied, {other_case.pk}), (another, {case.pk, other_case.pk})):
        world.act_as(who)
        lines = AccessLogEntry.objects.filter(case_id__isnull=False)
        assert set(lines.values_list("case_id", flat=True)) == cases


@BOTH
def test_the_case_of_somebody_close_is_another_officers_to_give_away(world, client, kind):
    number = identity_number()
    case = world.refer("Kari", "Kjent", number=number, protection="strictly_confidential")
    tied = an_officer(world)
    with as_owner():
        gone = Membership.objects.filter(user__in=[world.specialist, world.counsellor])
        gone.update(ended_on=TODAY - timedelta(days=1))
    close(world, tied, number, kind)

    def gives_away(who: User) -> bool:
        client.force_login(world.act_as(who))
        sent = {"submission": str(uuid.uuid4()), "to": str(world.supervisor.pk), "reason": "x"}
        address = f"/personvern/deltaker/{case.pk}/"
        shown = address in client.get("/innsyn/").content.decode()
        assert client.post(address, sent).status_code == (303 if shown else 404)
        with as_owner():
            return Case.objects.get(pk=case.pk).specialist_id == world.supervisor.pk

    assert not gives_away(tied)
    # The administrator is told that there is no officer for it.
    world.act_as(world.administrator)
    assert [number for _office, number in signed.call("cases_without_anybody_to_tell")] == [1]
    another = officer(world, "annen")
    world.act_as(world.administrator)
    assert signed.call("cases_without_anybody_to_tell") == []
    assert gives_away(another)


@BOTH
def test_the_referral_of_somebody_close_is_answered_by_whom_another_officer_asks(world, client, kind):
    number = identity_number()
    world.refer(number=number, team=world.other_team)
    tied, another = an_officer(world), officer(world, "annen")
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number, protection="strictly_confidential"))
    close(world, tied, number, kind)
    with as_owner():
        link = PossibleDuplicate.objects.get().pk
    for who, status in ((tied, 404), (another, 303)):
        client.force_login(world.act_as(who))
        sent = {"submission": str(uuid.uuid4()), "to": str(world.supervisor.pk)}
        assert client.post(f"/personvern/henvisning/{link}/", sent).status_code == status


def test_the_officers_log_keeps_the_lines_of_whoever_is_ended_at_once(world):
    reads = officer(world)
    with as_owner():
        AccessLogEntry.objects.create(user=world.colleague, purpose="search", rule="search", allowed=True, shown=50)
    world.act_as(world.administrator)
    held = Membership.objects.get(user=world.colleague)
    administration.end_role(held, by=world.act_as(world.administrator), last_day=TODAY - timedelta(days=1))
    world.act_as(reads)
    assert AccessLogEntry.objects.filter(user=world.colleague).count() == 1
    with as_owner():
        Membership.objects.filter(pk=held.pk).update(ended_on=TODAY - timedelta(days=2))
    world.act_as(reads)
    assert AccessLogEntry.objects.filter(user=world.colleague).count() == 0
