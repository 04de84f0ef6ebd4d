"""The follow-up ends: what stands open then, what is to come of it, and whether the cause fits what is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.cases import actions as cases_actions
from plass.cases.facts import lock_case
from plass.cases.models import Case, CaseEnded
from plass.db.prepared import fetch_together
from plass.followup import actions as followup
from plass.followup.models import Meeting, MeetingCancelled
from plass.followup.queries import Agreed, agreed_in
from plass.jobs.queries import EducationPeriod, JobPeriod, educations_of, jobs_of
from plass.organisation.models import User
from plass.plan import actions as plan
from plass.plan.models import PlanStep, PlanStepDone
from plass.plan.queries import StepToDo, steps_to_do

Cause = CaseEnded.Cause
#: Causes that say that somebody works.
WORK = frozenset({Cause.WORK, Cause.WORK_SUBSIDISED, Cause.WORK_AND_BENEFIT, Cause.WORK_GRADED})
EDUCATION = frozenset({Cause.EDUCATION_NAV, Cause.EDUCATION_OWN})


@dataclass(frozen=True)
class Open:
    """What stands open in a case: meetings to come, steps of the plan, and jobs and educations that have not ended."""

    meetings: list[Agreed]
    steps: list[StepToDo]
    jobs: list[JobPeriod]
    educations: list[EducationPeriod]


def open_in(case: Case) -> Open:
    """What stands open in the case today. One query."""
    agreed, steps, jobs, educations = agreed_in(case), steps_to_do([case.pk]), jobs_of(case), educations_of(case)
    answers = fetch_together(agreed, steps, jobs, educations)
    today = timezone.localdate()
    return Open(
        meetings=[meeting for meeting in answers.of(agreed) if not meeting.is_over],
        steps=answers.of(steps),
        jobs=[job for job in answers.of(jobs) if not job.is_over],
        educations=[period for period in answers.of(educations) if period.ended_on is None or period.ended_on >= today],
    )


def contradiction(cause: str, on: date, jobs: list[JobPeriod], educations: list[EducationPeriod]) -> str:
    """What is recorded that does not fit ``cause`` on the last day of follow-up, in words; empty where nothing does."""
    held = [job for job in jobs if job.paid and job.started_on <= on and (job.ended_on is None or job.ended_on > on)]
    studies = [period for period in educations if period.started_on <= on]
    if cause in WORK and not held:
        return _("No paid job is recorded that goes on after that day.")
    if cause == Cause.WORK and all(job.subsidised for job in held):
        return _("The job that is recorded has a wage subsidy.")
    if cause == Cause.WORK_SUBSIDISED and not any(job.subsidised for job in held):
        return _("The job that is recorded has no wage subsidy.")
    if cause in EDUCATION and not studies:
        return _("No education is recorded that goes on that day.")
    if cause not in WORK | EDUCATION and held:
        return _("A job is recorded that goes on after that day: %(title)s, %(employer)s.") % {
            "title": held[0].title,
            "employer": held[0].employer,
        }
    return ""


@transaction.atomic
def end_follow_up(
    case: Case,
    *,
    by: User,
    happened_on: date,
    cause: str,
    note: str = "",
    meetings_are_off: bool | None = None,
    steps_are_given_up: bool | None = None,
    cause_stands: bool = False,
) -> CaseEnded:
    """End the follow-up, and settle what stands open. Returns the end.

    ``meetings_are_off``, ``steps_are_given_up``: whether the meetings to come are called off, and the open steps given up;
    None is refused where there are any. ``cause_stands`` says that the cause is right though it does not fit what is
    recorded; without it such a cause is refused with the code "contradicts". Raises NotAllowed and ValidationError by field.
    """
    lock_case(case, by)
    stands = open_in(case)
    errors: dict[str, ValidationError] = {}
    if stands.meetings and meetings_are_off is None:
        errors["meetings"] = ValidationError(_("Say what is to come of the meetings that are agreed."))
    if stands.steps and steps_are_given_up is None:
        errors["steps"] = ValidationError(_("Say what is to come of the steps of the plan."))
    against = "" if cause_stands else contradiction(cause, happened_on, stands.jobs, stands.educations)
    if against:
        errors["cause"] = ValidationError(
            _("%(against)s Choose another cause, record what is missing, or say below that the cause is right.")
            % {"against": against},
            code="contradicts",
        )
    if errors:
        raise ValidationError(errors)
    if meetings_are_off:
        for meeting in Meeting.objects.filter(pk__in=[agreed.meeting_id for agreed in stands.meetings]).order_by("pk"):
            followup.cancel_meeting(
                meeting, by=by, called_off_by=MeetingCancelled.By.STAFF, reason=_("The follow-up ends.")
            )
    if steps_are_given_up:
        for step in PlanStep.objects.filter(pk__in=[open_step.step_id for open_step in stands.steps]).order_by("pk"):
            plan.end_step(step, by=by, outcome=PlanStepDone.Outcome.DROPPED, note=_("The follow-up ends."))
    return cases_actions.end(case, by=by, happened_on=happened_on, cause=cause, note=note)
