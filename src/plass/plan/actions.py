"""Agreeing on the steps of the plan, and saying what came of them."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.cases.facts import record
from plass.cases.gate import check
from plass.cases.models import Case
from plass.organisation.models import User

from . import queries
from .models import PlanStep, PlanStepDone


def add_step(
    case: Case,
    *,
    by: User,
    what: str,
    who: str,
    due_on: date | None = None,
    goal: str = "",
    happened_on: date | None = None,
) -> PlanStep:
    """Agree on a step of the plan: ``what`` is done by ``who`` (:class:`PlanStep.Who`), by ``due_on`` if a day is set.

    Raises NotAllowed and ValidationError by field.
    """
    agreed = happened_on or timezone.localdate()
    return record(PlanStep(case=case, happened_on=agreed, what=what, who=who, due_on=due_on, goal=goal), by=by)


@transaction.atomic
def end_step(
    step: PlanStep, *, by: User, outcome: str, note: str = "", happened_on: date | None = None
) -> PlanStepDone:
    """Say that a step is done, or given up (``outcome``: :class:`PlanStepDone.Outcome`), and what came of it.

    Raises NotAllowed, and ValidationError where that was said already.
    """
    check(step.case, by)
    PlanStep.objects.select_for_update(of=("self",)).get(pk=step.pk)
    if not queries.open_steps(step.case).filter(pk=step.pk).exists():
        raise ValidationError(_("Somebody has already said what came of this step. Look at the timeline."))
    return record(
        PlanStepDone(
            case=step.case, happened_on=happened_on or timezone.localdate(), step=step, outcome=outcome, note=note
        ),
        by=by,
    )
