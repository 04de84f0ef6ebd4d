"""Facts of this room, with everything a test does not care about filled in."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from plass.cases.facts import record
from plass.cases.models import Case
from plass.organisation.models import User
from plass.plan.models import PlanStep, PlanStepDone


def step(case: Case, by: User, what: str = "Ringe butikken", **more: Any) -> PlanStep:
    values = {"who": "specialist"} | more
    return record(PlanStep(case=case, happened_on=timezone.localdate(), what=what, **values), by=by)


def done(step: PlanStep, by: User) -> PlanStepDone:
    return record(PlanStepDone(case=step.case, happened_on=timezone.localdate(), step=step), by=by)
