"""Milestones for people to read, and for each one the facts it comes from: how we know.

The values come from the view ``milestones`` alone; what is said here is ``docs/milestones.md`` in one sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from plass.cases.fact_texts import format_hours
from plass.cases.models import Assignment, Case, CaseEnded, CaseReopened, Fact, PauseStarted, Referral
from plass.followup.models import Contact, Party
from plass.jobs.models import JobChanged, JobEnded, JobStarted
from plass.profiles.models import Profile
from plass.ui.templatetags.plass import day as written_day

from .models import Milestones

Facts = QuerySet[Any]
F = TypeVar("F", bound=Fact)
MET = Q(parties__contains=[Party.PARTICIPANT], channel__in=["in_person", "video"], no_show=False)


@dataclass(frozen=True)
class Milestone:
    """One milestone: its definition in a sentence, and the standing facts of a case that it comes from."""

    meaning: str | Promise
    facts: Callable[[Case, date], list[Facts]]


@dataclass(frozen=True)
class MilestoneRow:
    """A milestone as the case page shows it: what, when or whether, a remark, and where to see how we know."""

    label: str
    value: str
    day: date | None
    note: str
    url: str

    @property
    def has_url(self) -> bool:
        """Whether there is something to see."""
        return bool(self.url)

    @property
    def has_note(self) -> bool:
        """Whether there is a remark."""
        return bool(self.note)

    @property
    def shown(self) -> str:
        """The day, or else the value."""
        return written_day(self.day) or self.value


def _standing(model: type[F], case: Case, **wanted: Any) -> QuerySet[F]:
    return model._default_manager.filter(case=case, superseded_at=None, **wanted)


def _contacts(condition: Q) -> Callable[[Case, date], list[Facts]]:
    return lambda case, day: [_standing(Contact, case, happened_on=day).filter(condition)]


def _on_the_day(model: type[Fact], **wanted: object) -> Callable[[Case, date], list[Facts]]:
    return lambda case, day: [_standing(model, case, happened_on=day, **wanted)]


def _first_job(case: Case, day: date) -> list[Facts]:
    jobs = _standing(JobStarted, case, happened_on=day).exclude(form__in=JobStarted.UNPAID)
    numbers = list(jobs.values_list("job_id", flat=True))
    return [jobs, _standing(JobChanged, case, job_id__in=numbers), _standing(JobEnded, case, job_id__in=numbers)]


def _work_on(weeks: int) -> Callable[[Case, date], list[Facts]]:
    def facts(case: Case, first: date) -> list[Facts]:
        # Work until and on the day: what began by then, and how that went.
        day = first + timedelta(weeks=weeks)
        begun = _standing(JobStarted, case, happened_on__lte=day).exclude(form__in=JobStarted.UNPAID)
        return [begun, _standing(JobEnded, case, job_id__in=list(begun.values_list("job_id", flat=True)))]

    return facts


#: By the column of the view ``milestones``.
MILESTONES: dict[str, Milestone] = {
    "referred_on": Milestone(gettext_lazy("The day of the first referral that stands."), _on_the_day(Referral)),
    "taken_on": Milestone(
        gettext_lazy("The first day a job specialist was set to follow the participant."),
        _on_the_day(Assignment, role=Assignment.Role.SPECIALIST, user__isnull=False),
    ),
    "first_meeting_on": Milestone(
        gettext_lazy("The first time the participant was met, in person or by video."), _contacts(MET)
    ),
    "started_on": Milestone(
        gettext_lazy(
            "The first meeting with the participant, in person or by video, after a specialist took the case."
        ),
        _contacts(MET),
    ),
    "last_met_on": Milestone(
        gettext_lazy("The last time the participant was met, in person or by video."), _contacts(MET)
    ),
    "first_employer_contact_on": Milestone(
        gettext_lazy("The first time an employer was met in person for this participant."),
        _contacts(Q(parties__contains=[Party.EMPLOYER], channel="in_person", no_show=False)),
    ),
    "first_profile_on": Milestone(
        gettext_lazy("The day of the first version of the vocational profile."), _on_the_day(Profile)
    ),
    "first_job_on": Milestone(
        gettext_lazy(
            "The first day of the first paid job. "
            "A job counts from its fourth paid hour; work trial and job taster do not count."
        ),
        _first_job,
    ),
    "retained_13_weeks": Milestone(
        gettext_lazy("Whether the participant was in paid work, in any job, 13 weeks after the first job began."),
        _work_on(13),
    ),
    "retained_26_weeks": Milestone(
        gettext_lazy("Whether the participant was in paid work, in any job, 26 weeks after the first job began."),
        _work_on(26),
    ),
    "retained_52_weeks": Milestone(
        gettext_lazy("Whether the participant was in paid work, in any job, 52 weeks after the first job began."),
        _work_on(52),
    ),
    "paused_on": Milestone(
        gettext_lazy("The day the pause that goes on began. It is over when the follow-up goes on, or ends."),
        _on_the_day(PauseStarted),
    ),
    "ended_on": Milestone(
        gettext_lazy("The day the follow-up ended, unless it was opened again that day or later."),
        lambda case, day: [_standing(CaseEnded, case, happened_on=day), _standing(CaseReopened, case)],
    ),
}


def lines(m: Milestones, today: date) -> list[MilestoneRow]:
    """The milestones of a case in the order of the work; those that may come stand there as not yet."""
    rows = [
        _line(m, "referred_on"),
        _line(m, "taken_on"),
        _line(m, "started_on", _waited(m)),
        _line(m, "first_profile_on"),
        _line(m, "first_employer_contact_on", _after(m.started_on, m.first_employer_contact_on)),
        _line(m, "first_job_on", _first_job_note(m)),
    ]
    if m.first_job_on is not None:
        for weeks in (13, 26, 52):
            rows.append(_retained(m, weeks, today))
    for name in ("paused_on", "ended_on"):
        if getattr(m, name) is not None:
            rows.append(_line(m, name))
    return rows


def label(name: str) -> str:
    """What the milestone is called."""
    return capfirst(str(Milestones._meta.get_field(name).verbose_name))  # type: ignore[union-attr]


def _line(m: Milestones, name: str, note: str = "") -> MilestoneRow:
    day = getattr(m, name)
    url = reverse("milestones:milestone", args=[m.case_id, name]) if day else ""
    return MilestoneRow(label(name), "" if day else _("not yet"), day, note, url)


def _days(number: int) -> str:
    return ngettext("%(days)d day", "%(days)d days", number) % {"days": number}


def _waited(m: Milestones) -> str:
    if m.waited_days is not None:
        return _("after %(days)s of waiting") % {"days": _days(m.waited_days)}
    return _("has waited %(days)s") % {"days": _days(m.waiting_days)} if m.waiting_days is not None else ""


def _after(start: date | None, day: date | None) -> str:
    if start is None or day is None:
        return ""
    return (
        _("%(days)s after the start") % {"days": _days((day - start).days)} if day >= start else _("before the start")
    )


def _first_job_note(m: Milestones) -> str:
    in_hours = format_hours(m.first_job_hours) if m.first_job_hours is not None else ""
    return ", ".join(part for part in (in_hours, _after(m.started_on, m.first_job_on)) if part)


def _retained(m: Milestones, weeks: int, today: date) -> MilestoneRow:
    name = f"retained_{weeks}_weeks"
    retained = getattr(m, name)
    assert m.first_job_on is not None
    if retained is None:
        return MilestoneRow(label(name), _("not yet"), None, "", "")
    url = reverse("milestones:milestone", args=[m.case_id, name])
    return MilestoneRow(label(name), _("yes") if retained else _("no"), None, "", url)
