"""What several pages ask about the plan. Each function is one question, bounded by its arguments.

Everything here is filtered by row-level security too: nobody gets a row of a case they do not see.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import F, QuerySet
from django.db.models.expressions import RawSQL

from plass.cases.models import Case
from plass.db.prepared import PreparedQuery

from .models import PlanStep


@dataclass(frozen=True)
class StepToDo:
    """A step of a plan that is neither done nor given up (a row of ``plan_open_steps``)."""

    step_id: int
    case_id: int
    what: str
    who: str
    due_on: date | None
    goal: str

    @property
    def who_label(self) -> str:
        """Who does it, in words."""
        return str(PlanStep.Who(self.who).label)


def steps_to_do(case_ids: Collection[int]) -> PreparedQuery[StepToDo]:
    """Open steps of these cases' plans, by day (those without one last)."""
    return PreparedQuery(
        StepToDo,
        "SELECT id, case_id, what, who, due_on, goal FROM plan_open_steps WHERE case_id = ANY (%(cases)s::bigint[]) "
        "ORDER BY due_on NULLS LAST, id",
        {"cases": sorted(case_ids)},
    )


def open_steps(case: Case) -> QuerySet[PlanStep]:
    """The same of one case, as facts to act on."""
    return PlanStep.objects.filter(pk__in=RawSQL("SELECT id FROM plan_open_steps", []), case=case).order_by(
        F("due_on").asc(nulls_last=True), "pk"
    )
