"""What is a data protection officer's alone stays so when they sign it, and when they ask others to look into it: neither a
page nor a statement of whoever leads the person, or decides about the participant, reads it.
"""

from __future__ import annotations

import pytest
from django.utils import timezone

from plass.organisation.models import Membership, Role, User
from plass.oversight import actions, queries
from plass.oversight.models import Review
from tests.conftest import as_owner
from tests.world import World, member, user

from .test_find_out_who_said_this_is_me import declare_and_look
from .test_keep_what_was_taken_back import ask
from .test_watch_over_those_one_leads import officer, unsigned_findings

TODAY = timezone.localdate
ASKED = "Snakket med Kåre om søsteren?"
BOTH = pytest.mark.parametrize("kind", ["self", "family"])


def asks(world: World, who: User, verdict: str = "further") -> None:
    """``who`` signs all that waits for them."""
    shown = unsigned_findings(world, who)
    assert shown
    actions.sign_off(shown, by=world.act_as(who), verdict=verdict, comment=ASKED)


def hears(world: World, client, who: User) -> bool:
    """Whether the question waits for them. Officers who are not near also read, afterwards, what another officer signed."""
    world.act_as(who)
    waits = any(ASKED in finding.reason for finding in queries.to_look_into(TODAY()))
    client.force_login(world.act_as(who))
    reads = ASKED in client.get("/innsyn/").content.decode()
    assert reads == waits or (reads and who.username in ("pv", "annen"))
    return waits


@BOTH
def test_what_an_officer_asks_about_is_heard_by_another_officer_and_by_nobody_near(world, client, kind):
    declare_and_look(world, client, kind)
    first, another, near = officer(world), officer(world, "annen"), officer(world, "naer", leads=world.team)
    asks(world, first)
    for who in (world.supervisor, world.specialist, world.counsellor, world.leader, near):
        assert not hears(world, client, who)
    assert hears(world, client, another)
    # Nor when that one asks in turn: it goes back.
    asks(world, another)
    for who in (world.supervisor, world.leader, near):
        assert not hears(world, client, who)
    assert hears(world, client, first)
    asks(world, first, "fine")
    assert not hears(world, client, first) and not hears(world, client, another)


@BOTH
def test_where_there_is_no_other_officer_the_leader_of_the_office_hears_it(world, client, kind):
    declare_and_look(world, client, kind)
    asks(world, officer(world))
    assert hears(world, client, world.leader)
    assert not hears(world, client, world.supervisor)


def test_what_a_stand_in_asks_about_is_heard_by_no_supervisor(world, client):
    declare_and_look(world, client, "self")
    with as_owner():
        second = user("kontor2", "Lars", "Leder")
        member(second, Role.LEADER, world.office)
    asks(world, world.leader)
    assert not hears(world, client, world.supervisor)
    assert hears(world, client, second)


def test_that_nobody_was_asked_is_heard_by_no_new_supervisor(world, client):
    from .test_widen_oneself_read_and_take_it_back import declared_where_nobody_decides

    declared_where_nobody_decides(world, None)
    signer = officer(world)
    (shown,) = unsigned_findings(world, signer)
    with as_owner():
        leads = user("ny-leder", "Nils", "Leder")
        member(leads, Role.SUPERVISOR, world.office, world.second_team)
        Membership.objects.create(
            user_id=shown.user_id,
            role=Role.SPECIALIST,
            office=world.office,
            team=world.second_team,
            started_on=TODAY(),
        )
    asks(world, signer)
    assert not hears(world, client, leads)


@BOTH
@pytest.mark.parametrize("verdict", ["fine", "further"])
def test_no_statement_of_somebody_near_reads_what_was_signed(world, client, kind, verdict):
    declare_and_look(world, client, kind)
    first, another = officer(world), officer(world, "annen")
    near = officer(world, "naer", leads=world.team)
    asks(world, first, verdict)
    for who, rows in (
        (world.supervisor, 0),
        (near, 0),
        (world.leader, 0),
        (world.colleague, 0),
        (first, 1),
        (another, 1),
    ):
        world.act_as(who)
        assert ask("SELECT count(*) FROM oversight_review") == [(rows,)], who.username


def test_what_an_officer_signed_of_protection_is_no_leaders_to_read_nor_the_other_way_of_elsewhere(world):
    from plass.access.models import AccessLogEntry

    signer = officer(world)
    with as_owner():
        AccessLogEntry.objects.create(user=world.colleague, purpose="refer", rule="shielded", allowed=False)
    asks(world, signer, "fine")
    asks(world, world.supervisor, "fine")
    for who, by in ((signer, {signer.pk, world.supervisor.pk}), (world.supervisor, {world.supervisor.pk})):
        world.act_as(who)
        assert set(Review.objects.values_list("reviewed_by", flat=True)) == by
