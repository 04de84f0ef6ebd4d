"""The kinds of fact of this room: jobs and education, their terms and their ends."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plass.cases.fact_register import (
    Elsewhere,
    FactKind,
    MenuEntry,
    Reference,
    TimelineGroup,
    register,
    register_reference,
)
from plass.cases.fact_texts import (
    FactText,
    Fields,
    Names,
    choice_label,
    details,
    format_date,
    format_hours,
    format_number,
    texts,
)
from plass.cases.models import Fact

from .actions import check_education, check_job
from .forms import EducationEndForm, EducationForm, JobChangeForm, JobEndForm, JobForm
from .models import Education, EducationEnded, EducationStarted, Job, JobChanged, JobEnded, JobStarted

JOBS = TimelineGroup("jobs", gettext_lazy("Jobs and education"), place=50)

# A corrected start is a new row of the same job: the one that stands names it.
register_reference(
    Job,
    Reference(
        "job",
        "SELECT s.title || ', ' || e.name FROM jobs_jobstarted s JOIN employers_employer e ON e.id = s.employer_id "
        "WHERE s.job_id = {} ORDER BY s.superseded_at DESC NULLS FIRST, s.id DESC LIMIT 1",
        participant_sql="SELECT title FROM jobs_jobstarted WHERE job_id = {} AND superseded_at IS NULL",
    ),
)
register_reference(
    Education,
    Reference(
        "education",
        "SELECT subject FROM jobs_educationstarted WHERE education_id = {} "
        "ORDER BY superseded_at DESC NULLS FIRST, id DESC LIMIT 1",
    ),
)


def _job_start(on: date, f: Fields, names: Names) -> FactText:
    ahead = on > timezone.localdate()
    unpaid = f["form"] in JobStarted.UNPAID
    if unpaid:
        title = (
            _("Is to try out as %(job)s at %(employer)s") if ahead else _("Began to try out as %(job)s at %(employer)s")
        )
    else:
        title = _("Is to begin as %(job)s at %(employer)s") if ahead else _("Began as %(job)s at %(employer)s")
    return FactText(
        title=title % {"job": f["title"], "employer": names.of("employer", f["employer_id"])},
        icon="Briefcase",
        tone="meta-purple" if unpaid else "success",
        tag=choice_label(JobStarted.Form, f["form"]),
        details=details(
            format_hours(f["hours_per_week"]),
            _("with wage subsidy") if f["subsidised"] else "",
            _("%(pay)s kroner an hour") % {"pay": format_number(f["hourly_pay"])} if f["hourly_pay"] else "",
            _("agreed until %(day)s") % {"day": format_date(f["planned_end_on"])} if f["planned_end_on"] else "",
            _("contact person %(name)s") % {"name": names.of("person", f["contact_person_id"])}
            if f["contact_person_id"]
            else "",
            _("STYRK-08 %(code)s") % {"code": f["occupation"]} if f["occupation"] else "",
        ),
        written=texts((_("Support agreed"), f["support_plan"])),
    )


def _job_change(on: date, f: Fields, names: Names) -> FactText:
    return FactText(
        title=_("New terms as %(job)s") % {"job": names.of("job", f["job_id"])},
        icon="BriefcaseClock",
        tone="info",
        details=details(
            format_hours(f["hours_per_week"]),
            _("agreed until %(day)s") % {"day": format_date(f["planned_end_on"])}
            if f["planned_end_on"]
            else _("no last day agreed"),
        ),
        written=texts(("", f["note"])),
    )


def _job_end(on: date, f: Fields, names: Names) -> FactText:
    title = _("Is to end as %(job)s") if on > timezone.localdate() else _("Ended as %(job)s")
    return FactText(
        title=title % {"job": names.of("job", f["job_id"])},
        icon="BriefcaseClock",
        tone="warning",
        tag=choice_label(JobEnded.Reason, f["reason"]),
        details=details(
            _("%(hours)s paid hours in all") % {"hours": format_number(f["paid_hours_in_all"])}
            if f["paid_hours_in_all"] is not None
            else ""
        ),
        written=texts(
            (_("What worked"), f["worked_well"]),
            (_("What did not work"), f["worked_badly"]),
            (_("What to bring to the next job"), f["lessons"]),
        ),
    )


def _education_start(on: date, f: Fields, names: Names) -> FactText:
    title = _("Is to begin studying: %(subject)s") if on > timezone.localdate() else _("Began studying: %(subject)s")
    return FactText(
        title=title % {"subject": f["subject"]},
        icon="HatSchool",
        tone="success",
        tag=choice_label(EducationStarted.Level, f["level"]),
        details=details(
            f["institution"],
            choice_label(EducationStarted.Form, f["form"]),
            _("planned until %(day)s") % {"day": format_date(f["planned_end_on"])} if f["planned_end_on"] else "",
        ),
        written=texts((_("Support agreed"), f["support_plan"])),
    )


def _education_end(on: date, f: Fields, names: Names) -> FactText:
    return FactText(
        title=_("Ended studying: %(subject)s") % {"subject": names.of("education", f["education_id"])},
        icon="HatSchool",
        tag=choice_label(EducationEnded.Outcome, f["outcome"]),
        written=texts((_("What worked"), f["worked_well"]), (_("What did not work"), f["worked_badly"])),
    )


def _job_start_to_participant(f: Fields, names: Names, by: str) -> str:
    job = {"title": f["title"], "employer": names.of("employer", f["employer_id"])}
    if f["form"] in JobStarted.UNPAID:
        return _("You try out work as %(title)s at %(employer)s") % job
    return _("You begin as %(title)s at %(employer)s") % job


def _the_job(f: Fields, names: Names) -> dict[str, str]:
    return {"title": names.of("job", f["job_id"]) or _("the job")}


def _job_in_order(fact: Fact) -> None:
    assert isinstance(fact, JobStarted | JobChanged | JobEnded)
    check_job(fact.case, fact.job_id)


def _education_in_order(fact: Fact) -> None:
    assert isinstance(fact, EducationStarted | EducationEnded)
    check_education(fact.case, fact.education_id)


register(
    FactKind(
        model=JobStarted,
        group=JOBS,
        text=_job_start,
        participant_title=_job_start_to_participant,
        participant_icon="Briefcase",
        form=JobForm,
        recorded_from=MenuEntry("jobs:start", gettext_lazy("A job starts"), "Briefcase", place=40),
        check=_job_in_order,
        may_lie_ahead=True,
        moves_milestones=True,
        keeps={"occupation": "a code of an occupation, for the figures"},
    ),
    FactKind(
        model=JobChanged,
        group=JOBS,
        text=_job_change,
        participant_title=lambda f, names, by: _("Changed in the job as %(title)s") % _the_job(f, names),
        participant_icon="Briefcase",
        form=JobChangeForm,
        recorded_from=Elsewhere("jobs:change", "the job itself, on the case page"),
        check=_job_in_order,
        may_lie_ahead=True,
        moves_milestones=True,
    ),
    FactKind(
        model=JobEnded,
        group=JOBS,
        text=_job_end,
        participant_title=lambda f, names, by: _("The job as %(title)s ended") % _the_job(f, names),
        participant_icon="Briefcase",
        form=JobEndForm,
        recorded_from=Elsewhere("jobs:end", "the job itself, on the case page"),
        check=_job_in_order,
        may_lie_ahead=True,
        moves_milestones=True,
    ),
    FactKind(
        model=EducationStarted,
        group=JOBS,
        text=_education_start,
        participant_title=lambda f, names, by: _("You begin to study %(subject)s") % {"subject": f["subject"]},
        participant_icon="Briefcase",
        form=EducationForm,
        recorded_from=MenuEntry("jobs:education", gettext_lazy("An education starts"), "HatSchool", place=50),
        check=_education_in_order,
        may_lie_ahead=True,
        moves_milestones=True,
    ),
    FactKind(
        model=EducationEnded,
        group=JOBS,
        text=_education_end,
        participant_title=lambda f, names, by: _("The education ended"),
        participant_icon="Briefcase",
        form=EducationEndForm,
        recorded_from=Elsewhere("jobs:education_end", "the education itself, on the case page"),
        check=_education_in_order,
        may_lie_ahead=True,
        moves_milestones=True,
    ),
)
