"""Every act that is refused because somebody must keep away from the participant is a finding: whoever tries knows it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import AccessLogEntry
from plass.cases import actions, identity
from plass.cases.models import Assignment, Case, PossibleDuplicate
from plass.organisation.models import Membership, Role, User
from tests.attacks.test_refer_a_shielded_person import filled_in
from tests.conftest import as_owner
from tests.world import World, identity_number, member, user

SOURCE = Path(__file__).parents[2] / "src" / "plass"
#: Where the program asks who may be given a case, and where a function of the database refuses. Imports: tests/attacks.
ASKS = {"access/actions.py", "cases/actions.py", "cases/facts.py"}
REFUSES = {"access_may_follow", "cases_appoint_joiner", "cases_give_to_somebody"}
#: What asks it of those to whom something else comes, and refuses nothing.
REFUSES_NOBODY = {
    # Who covers, told to the participant: nobody rather than somebody who keeps away (tests/portal/test_pages.py).
    "cases_covered_today",
    # How many cases are no officer's who may see to them: told where there is none, or each keeps away (the threat model).
    "cases_without_anybody_to_tell",
    # Of the acting user themselves.
    "oversight_reads",
}
Laid = tuple[User, str, dict[str, str]]


def close_to(number: str, who: User, world: World) -> None:
    me = world.act_as(who)
    access.declare(identity.find_by(identity.parse(number)), by=me, user=me, kind="family")


@pytest.fixture
def officer(world) -> User:
    with as_owner():
        someone = user("pv", "Pia", "Personvern")
        member(someone, Role.DATA_PROTECTION, world.office)
    return someone


def handing_over(world: World, _client: Client, _officer: User) -> Laid:
    number = identity_number()
    case = world.refer(number=number)
    close_to(number, world.colleague, world)
    to = f"{world.colleague.pk}-{world.team.pk}"
    return world.specialist, f"/sak/{case.pk}/overfor/", {"to": to, "instead_of": str(world.specialist.pk)}


def letting_in(world: World, _client: Client, _officer: User) -> Laid:
    number = identity_number()
    case = world.refer(number=number)
    close_to(number, world.colleague, world)
    about = {"to": str(world.colleague.pk), "hours": "8", "level": "1"}
    return world.specialist, f"/sak/{case.pk}/slipp-inn/", about


def asking_to_answer(world: World, client: Client, officer: User) -> Laid:
    number = identity_number()
    world.refer(number=number, team=world.other_team)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number, protection="strictly_confidential"))
    with as_owner():
        link = PossibleDuplicate.objects.get().pk
    close_to(number, world.supervisor, world)
    return officer, f"/personvern/henvisning/{link}/", {"to": str(world.supervisor.pk)}


def giving_what_nobody_sees(world: World, _client: Client, officer: User) -> Laid:
    number = identity_number()
    case = world.refer(number=number, protection="strictly_confidential")
    close_to(number, world.supervisor, world)
    with as_owner():
        yesterday = timezone.localdate() - timedelta(days=1)
        Membership.objects.filter(user__in=[world.specialist, world.counsellor]).update(ended_on=yesterday)
    return officer, f"/personvern/deltaker/{case.pk}/", {"to": str(world.supervisor.pk)}


def passed_on_by_somebody_close(world: World) -> tuple[Case, Assignment]:
    """The specialist hands a case over, and says afterwards that they are close: the assignment that stands."""
    number = identity_number()
    case = world.refer(number=number)
    stands = actions.hand_over(case, by=world.act_as(world.specialist), to=world.colleague)
    close_to(number, world.specialist, world)
    return case, stands


def withdrawing_what_was_passed_on(world: World, _client: Client, _officer: User) -> Laid:
    case, stands = passed_on_by_somebody_close(world)
    address = f"/sak/{case.pk}/rett/assignment/{stands.pk}/"
    return world.counsellor, address, {"withdraw": "1", "correction_reason": "Feil"}


ACTS = (withdrawing_what_was_passed_on, handing_over, letting_in, asking_to_answer, giving_what_nobody_sees)


@pytest.mark.parametrize("laid_out", ACTS)
def test_it_leaves_a_finding_that_names_neither(world, client, officer, laid_out: Callable[..., Laid]):
    by, address, about = laid_out(world, client, officer)
    client.force_login(world.act_as(by))
    for times in (1, 2):
        sent = {"submission": str(uuid.uuid4()), "reason": "Ferie", **about}
        answer = client.post(address, sent)
        assert answer.status_code == 422
        assert re.search("kan ikke (gjøre dette|følge denne deltakeren)", answer.content.decode())
        with as_owner():
            lines = AccessLogEntry.objects.filter(purpose="give", allowed=False)
            assert list(lines.values_list("user", "case_id", "participant_id")) == [(by.pk, None, None)] * times


def test_each_act_is_tried_here(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE prosrc LIKE '%%cases_must_keep_away(%%' "
            "AND has_function_privilege('plass_web', oid, 'EXECUTE')"
        )
        # The acting user is asked of themselves elsewhere; and whom a page names who see somebody (signed, no refusal).
        assert {name for (name,) in cursor.fetchall()} == REFUSES | REFUSES_NOBODY
    asks = {
        str(file.relative_to(SOURCE))
        for file in SOURCE.rglob("*.py")
        if re.search(r"(?<!def )\bmay_follow\(", file.read_text(encoding="utf-8"))
    }
    assert asks == ASKS


def test_whoever_was_asked_and_may_answer_is_not_replaced(world, client, officer):
    with as_owner():
        asked_first = user("v9", "Vigdis", "Ni")
        member(asked_first, Role.COUNSELLOR, world.office)
    _by, address, about = asking_to_answer(world, client, officer)

    def asked(who: User) -> int:
        client.force_login(world.act_as(officer))
        return client.post(address, {"submission": str(uuid.uuid4()), "to": str(who.pk)}).status_code

    assert asked(asked_first) == 303
    assert "Noen er spurt allerede" in client.post(address, {"submission": str(uuid.uuid4()), **about}).content.decode()
    with as_owner():
        assert PossibleDuplicate.objects.get().appointed_id == asked_first.pk
        assert not AccessLogEntry.objects.filter(purpose="give").exists()
        third = user("v8", "Vanja", "Åtte")
        member(third, Role.COUNSELLOR, world.office)
        Membership.objects.filter(user=asked_first).update(ended_on=timezone.localdate() - timedelta(days=1))
    assert asked(third) == 303
