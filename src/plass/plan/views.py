"""The pages that record the steps of the plan."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.cases.form_views import case_crumbs, form_view, open_to_record
from plass.cases.models import Fact
from plass.organisation.models import User

from . import actions
from .forms import StepDoneForm, StepForm
from .models import PlanStep, PlanStepDone


def step(request: HttpRequest, case_id: int) -> HttpResponse:
    """A new step of the plan."""
    opened = open_to_record(request, case_id, StepForm, purpose="plan")
    form = StepForm(request.POST or None, initial={"who": PlanStep.Who.SPECIALIST})

    def act(by: User, valid: forms.Form) -> Fact:
        return actions.add_step(opened.case, by=by, **cast(StepForm, valid).values())

    today = timezone.localdate()
    return form_view(
        request,
        opened,
        form,
        act,
        template="plan/step.html",
        title=_("New step in the plan"),
        done=_("The step is in the plan."),
        crumbs=case_crumbs(opened, _("New step in the plan")),
        in_a_week=(today + timedelta(days=7)).isoformat(),
        in_two_weeks=(today + timedelta(days=14)).isoformat(),
    )


def step_done(request: HttpRequest, case_id: int, step_id: int) -> HttpResponse:
    """What came of a step of the plan."""
    opened = open_to_record(request, case_id, StepDoneForm, purpose="plan")
    plan_step = PlanStep.objects.filter(case=opened.case, pk=step_id).select_related("case").first()
    if plan_step is None:
        raise Http404
    form = StepDoneForm(request.POST or None, initial={"outcome": PlanStepDone.Outcome.DONE})

    def act(by: User, valid: forms.Form) -> Fact:
        return actions.end_step(plan_step, by=by, **cast(StepDoneForm, valid).values())

    return form_view(
        request,
        opened,
        form,
        act,
        template="plan/step_done.html",
        title=_("What came of the step?"),
        done=_("The plan is up to date."),
        crumbs=case_crumbs(opened, _("What came of the step?")),
        step=plan_step,
    )
