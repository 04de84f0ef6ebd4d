"""The kinds of fact of this room: the steps of the plan, and what came of them."""

from __future__ import annotations

from datetime import date

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
from plass.cases.fact_texts import FactText, Fields, Names, choice_label, details, format_date, texts

from .forms import StepDoneForm, StepForm
from .models import PlanStep, PlanStepDone

PLAN = TimelineGroup("plan", gettext_lazy("Plan"), place=40)

register_reference(PlanStep, Reference("step", "SELECT what FROM plan_planstep WHERE id = {}"))


def _step(on: date, f: Fields, names: Names) -> FactText:
    return FactText(
        title=_("In the plan: %(what)s") % {"what": f["what"]},
        icon="Tasklist",
        tone="info",
        details=details(
            _("done by: %(who)s") % {"who": choice_label(PlanStep.Who, f["who"])},
            _("by %(day)s") % {"day": format_date(f["due_on"])} if f["due_on"] else "",
            _("towards: %(goal)s") % {"goal": f["goal"]} if f["goal"] else "",
        ),
    )


def _step_done(on: date, f: Fields, names: Names) -> FactText:
    done = f["outcome"] == PlanStepDone.Outcome.DONE
    title = _("Done: %(what)s") if done else _("Given up: %(what)s")
    return FactText(
        title=title % {"what": names.of("step", f["step_id"])},
        icon="CheckmarkCircle" if done else "XMark",
        tone="success" if done else "neutral",
        written=texts(("", f["note"])),
    )


register(
    FactKind(
        model=PlanStep,
        group=PLAN,
        text=_step,
        participant_title=lambda f, names, by: _("Agreed: %(what)s") % {"what": f["what"]},
        participant_icon="Tasklist",
        form=StepForm,
        recorded_from=MenuEntry("plan:step", gettext_lazy("Add a step to the plan"), "Tasklist", place=20),
    ),
    FactKind(
        model=PlanStepDone,
        group=PLAN,
        text=_step_done,
        participant_title=lambda f, names, by: (
            _("A step of the plan is done") if f["outcome"] == "done" else _("A step of the plan was given up")
        ),
        participant_icon="Tasklist",
        form=StepDoneForm,
        recorded_from=Elsewhere("plan:step_done", "the step itself, on the case page"),
    ),
)
