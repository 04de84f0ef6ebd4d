"""A smuggled statement writes a row that names what is not of its case or office: the end of a job in another's case, a role
in a team that whoever answers does not lead. The database looks, and tells nothing of what is there."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from plass.cases.models import Case
from plass.employers.models import Employer
from plass.followup import actions as followup
from plass.jobs import actions as jobs
from plass.jobs.models import JobStarted
from plass.organisation.models import County, GroupRole, Membership, Office, Role, Team, User
from tests.conftest import as_owner
from tests.world import World

from .test_injected_statement import ask, refused

SAYS = "a row contradicts another that it names"
TODAY = timezone.localdate()
#: No row has it.
NOBODYS = 999_999_999


def insert(table: str, **values: Any) -> tuple[str, list[Any]]:
    names = ", ".join(values)
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(values))}) RETURNING id", list(
        values.values()
    )


@pytest.fixture
def job_of_another(world: World) -> JobStarted:
    """A job in a case of the other office."""
    case = world.refer(team=world.other_team)
    by = world.act_as(world.other_counsellor)
    return jobs.start_job(
        case,
        by=by,
        employer=Employer.objects.create(name="Vaskeriet", recorded_by=by),
        title="Renholder",
        happened_on=TODAY - timedelta(days=20),
        form=JobStarted.Form.PERMANENT,
        hours_per_week=Decimal(20),
    )


def test_nobody_ends_a_job_of_a_case_that_is_not_theirs(world, job_of_another):
    mine = world.refer()
    by = world.act_as(world.specialist)

    def end(job: int) -> tuple[str, list[Any]]:
        of_mine = {"case_id": mine.pk, "job_id": job, "happened_on": TODAY, "recorded_by_id": by.pk}
        texts = {"worked_well": "", "worked_badly": "", "lessons": ""}
        return insert("jobs_jobended", **of_mine, reason="dismissed", recorded_at=TODAY, **texts)

    # The same is said of a job that is not there.
    assert {SAYS in refused(*end(job)) for job in (job_of_another.job_id, NOBODYS)} == {True}
    [[own]] = ask(*insert("jobs_job", case_id=mine.pk))
    assert ask(*end(own))
    with as_owner():
        assert ask("SELECT ended_on FROM jobs_periods WHERE job_id = %s", [job_of_another.job_id]) == [(None,)]


def test_the_answer_tells_nothing_of_a_case_that_is_not_theirs(world, job_of_another):
    """Whether that job is of that case: both are another's, and the answer is the same."""
    foreign, other_case = job_of_another.case_id, world.refer(team=world.other_team)
    by = world.act_as(world.specialist)

    def end(case: int, job: int) -> str:
        texts = {"worked_well": "", "worked_badly": "", "lessons": "", "reason": "dismissed"}
        who = {"happened_on": TODAY, "recorded_by_id": by.pk, "recorded_at": TODAY}
        return refused(*insert("jobs_jobended", case_id=case, job_id=job, **who, **texts))

    job = job_of_another.job_id
    answers = {end(case, number) for case in (foreign, other_case.pk) for number in (job, NOBODYS)}
    assert len(answers) == 1


def booked(world: World, case: Case, who: User) -> int:
    by = world.act_as(who)
    starts_at = timezone.now() + timedelta(days=2)
    return followup.book_meeting(case, by=by, starts_at=starts_at, parties=["participant"], purpose="follow_up").pk


def test_what_is_about_nobody_settles_no_meeting_of_somebody(world):
    """A contact without a case names a meeting that one does not see, and one's own."""
    foreign, mine = world.refer(team=world.other_team), world.refer()
    theirs, own = booked(world, foreign, world.other_counsellor), booked(world, mine, world.specialist)
    by = world.act_as(world.specialist)
    employer = Employer.objects.create(name="Vaskeriet", recorded_by=by)

    def contact(meeting: int | None, case: int | None = None) -> tuple[str, list[Any]]:
        what = {
            "channel": "phone",
            "place": "",
            "minutes": 5,
            "travel_minutes": 0,
            "no_show": False,
            "purpose": "relation",
        }
        texts = {"note": "", "withheld_because": "", "decision_maker": False, "parties": ["employer"]}
        who = {"happened_on": TODAY, "recorded_by_id": by.pk, "recorded_at": TODAY, "employer_id": employer.pk}
        return insert("followup_contact", case_id=case, meeting_id=meeting, **who, **what, **texts)

    assert {SAYS in refused(*contact(number)) for number in (theirs, own, NOBODYS)} == {True}
    assert ask(*contact(None))
    assert ask(*contact(own, mine.pk))


def test_nobody_asks_for_a_role_in_a_team_of_another_office(world):
    """Whoever leads the office would answer for a team that they do not lead."""
    by = world.act_as(world.administrator)

    def ask_for(office: Office | None, team: Team, county: County | None = None) -> tuple[str, list[Any]]:
        place = {"office_id": office and office.pk, "team_id": team.pk, "county_id": county and county.pk}
        who = {"user_id": world.colleague.pk, "asked_by_id": by.pk, "kind": "role", "role": "supervisor"}
        return insert("accounts_approvalrequest", **who, **place, reason="x", started_on=TODAY, nonce="n")

    with as_owner():
        elsewhere = County.objects.create(name="Et annet fylke")
    assert SAYS in refused(*ask_for(world.office, world.other_team))
    assert SAYS in refused(*ask_for(world.office, world.team, elsewhere))
    assert SAYS in refused(*ask_for(None, world.other_team, world.county))
    assert ask(*ask_for(world.office, world.team))


def test_nobody_hands_a_case_to_a_team_of_another_office(world):
    mine = world.refer()
    by = world.act_as(world.specialist)
    text = {"role": "specialist", "reason": "", "happened_on": TODAY, "recorded_at": TODAY, "recorded_by_id": by.pk}
    assert SAYS in refused(*insert("cases_assignment", case_id=mine.pk, team_id=world.other_team.pk, **text))
    assert ask(*insert("cases_assignment", case_id=mine.pk, team_id=world.second_team.pk, **text))


def test_whoever_writes_it(world):
    """Also the owner, who carries out what was asked for and follows the groups of a login service."""
    with as_owner():
        for model in (Membership, GroupRole):
            who = {"user": world.colleague, "started_on": TODAY} if model is Membership else {"group": "x"}
            for office, allowed in ((world.office, False), (world.other_office, True)):
                row = model(role=Role.SPECIALIST, office=office, team=world.other_team, **who)
                if allowed:
                    row.save()
                    row.office = world.office
                with pytest.raises(DatabaseError, match=SAYS), transaction.atomic():
                    row.save()
