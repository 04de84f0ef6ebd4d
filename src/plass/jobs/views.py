"""The pages that record jobs and education: start, change, end."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from plass.cases.form_views import FactForm, case_crumbs, form_view, open_to_record
from plass.cases.gate import Opened
from plass.cases.models import Fact
from plass.employers.known_employers import known_employers
from plass.organisation.models import User

from . import actions, queries
from .forms import EducationEndForm, EducationForm, JobChangeForm, JobEndForm, JobForm


def _number(text: str | None) -> str:
    return text if text and text.isascii() and text.isdigit() and len(text) < 19 else ""


def _job(opened: Opened, job_id: int) -> queries.JobPeriod:
    job = queries.job_of(opened.case, job_id)
    if job is None:
        raise Http404
    return job


def start(request: HttpRequest, case_id: int) -> HttpResponse:
    """A job starts. ``?arbeidsgiver=`` fills in the employer."""
    opened = open_to_record(request, case_id, JobForm, purpose="job")
    form = JobForm(
        request.POST or None,
        known=known_employers(opened.case),
        initial={"employer": _number(request.GET.get("arbeidsgiver"))},
    )

    def act(by: User, _valid: forms.Form) -> Fact:
        values = form.settled_values(by)
        try:
            return actions.start_job(opened.case, by=by, beside=form.cleaned_data["beside"], **values)
        except ValidationError as error:
            form.asks_beside = form.asks_beside or getattr(error, "code", "") == "overlap"
            raise

    return form_view(
        request,
        opened,
        form,
        act,
        template="jobs/start.html",
        title=_("A job starts"),
        done=_("The job is recorded."),
        crumbs=case_crumbs(opened, _("A job starts")),
    )


def change(request: HttpRequest, case_id: int, job_id: int) -> HttpResponse:
    """New hours, or a new agreed last day, from a day."""
    opened = open_to_record(request, case_id, JobChangeForm, purpose="job")
    job = _job(opened, job_id)
    form = JobChangeForm(
        request.POST or None, initial={"hours_per_week": job.hours_per_week, "planned_end_on": job.planned_end_on}
    )

    def act(by: User, valid: forms.Form) -> Fact:
        return actions.change_job(opened.case, by=by, job_id=job_id, **cast(FactForm, valid).values())

    return _about_job(request, opened, job, form, act, _("New hours or last day"), _("The change is recorded."))


def end(request: HttpRequest, case_id: int, job_id: int) -> HttpResponse:
    """A job ends. The case page then asks what is next."""
    opened = open_to_record(request, case_id, JobEndForm, purpose="job")
    job = _job(opened, job_id)
    form = JobEndForm(request.POST or None)

    def act(by: User, valid: forms.Form) -> Fact:
        return actions.end_job(opened.case, by=by, job_id=job_id, **cast(FactForm, valid).values())

    return _about_job(request, opened, job, form, act, _("The job ends"), _("The end of the job is recorded."))


def _about_job(
    request: HttpRequest, opened: Opened, job: queries.JobPeriod, form: FactForm, act: Any, title: str, done: str
) -> HttpResponse:
    return form_view(
        request,
        opened,
        form,
        act,
        template="jobs/job.html",
        title=title,
        done=done,
        crumbs=case_crumbs(opened, title),
        job=job,
        draft=f"{type(form).__name__}-{job.job_id}",
    )


def education(request: HttpRequest, case_id: int) -> HttpResponse:
    """An education starts."""
    opened = open_to_record(request, case_id, EducationForm, purpose="education")
    form = EducationForm(request.POST or None)

    def act(by: User, valid: forms.Form) -> Fact:
        return actions.start_education(opened.case, by=by, **cast(FactForm, valid).values())

    return form_view(
        request,
        opened,
        form,
        act,
        template="jobs/education.html",
        title=_("An education starts"),
        done=_("The education is recorded."),
        crumbs=case_crumbs(opened, _("An education starts")),
        draft=f"education-{case_id}",
    )


def education_end(request: HttpRequest, case_id: int, education_id: int) -> HttpResponse:
    """An education ends, completed or not."""
    opened = open_to_record(request, case_id, EducationEndForm, purpose="education")
    period = next(
        (period for period in queries.educations_of(opened.case).rows() if period.education_id == education_id), None
    )
    if period is None:
        raise Http404
    form = EducationEndForm(request.POST or None)

    def act(by: User, valid: forms.Form) -> Fact:
        values = cast(FactForm, valid).values()
        return actions.end_education(opened.case, by=by, education_id=education_id, **values)

    return form_view(
        request,
        opened,
        form,
        act,
        template="jobs/education.html",
        title=_("The education ends"),
        done=_("The end of the education is recorded."),
        crumbs=case_crumbs(opened, _("The education ends")),
        education=period,
        draft=f"education-end-{education_id}",
    )
