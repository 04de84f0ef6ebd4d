"""Correcting any fact: the form filled in with it, a reason demanded, or the fact withdrawn. Both stay in the timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _

from plass.cases.fact_register import fact_kinds
from plass.cases.fact_texts import format_date, format_moment
from plass.cases.facts import StaleFact, correct
from plass.cases.form_views import FactForm
from plass.cases.models import Case, Correction, Fact
from plass.employers.forms import EmployerFactForm
from plass.organisation.models import User

from . import queries
from .forms import correction_form

#: Longer chains of corrections are not followed; nobody has made one.
CHAIN = 50


@dataclass(frozen=True)
class Difference:
    """A field that says something else now (``theirs``) than was written (``yours``), both in words."""

    label: str
    theirs: str
    yours: str


def what_holds(case: Case, kind: str, fact_id: int) -> tuple[Fact | None, Correction | None]:
    """The fact that holds where ``fact_id`` was recorded, and the last correction on the way there.

    The fact is None where it was withdrawn.
    """
    corrections = {correction.fact_id: correction for correction in Correction.objects.filter(case=case, kind=kind)}
    last = None
    for _step in range(CHAIN):
        correction = corrections.get(fact_id)
        if correction is None:
            break
        last = correction
        if correction.replacement_id is None:
            return None, last
        fact_id = correction.replacement_id
    return fact_of(case, kind, fact_id), last


def fact_of(case: Case, kind: str, fact_id: int) -> Fact | None:
    """That fact of the case, standing or not; None where it has none of that number."""
    fact: Fact | None = fact_kinds()[kind].model._default_manager.filter(case=case, pk=fact_id).first()
    return fact


def filled_form(fact: Fact, posted: Any) -> FactForm:
    """The form for the kind of fact, filled in with ``fact`` and with what was posted."""
    form_class = correction_form(fact.kind)
    initial = form_class.initial_of(fact) | {"corrects": fact.pk}
    if not issubclass(form_class, EmployerFactForm):
        return form_class(posted, initial=initial)
    employer = getattr(fact, "employer", None)
    return form_class(posted, initial=initial, known=[employer] if employer else [])


def correct_by_form(case: Case, fact: Fact, by: User, form: FactForm) -> None:
    """Correct the row that was in front of whoever wrote the form, which is valid.

    Raises ValidationError, and StaleFact where somebody was first.
    """
    shown = fact_of(case, fact.kind, form.cleaned_data["corrects"])
    if shown is None:
        raise ValidationError(_("This form belongs to something else. Open it again from the timeline."))
    written = form.settled_values(by)
    changes = {name: value for name, value in written.items() if getattr(shown, name) != value}
    if not changes and shown.stands:
        raise ValidationError(_("Nothing is changed. Write what it should say, or withdraw it."))
    try:
        correct(shown, by=by, reason=form.cleaned_data["correction_reason"], changes=changes)
    except ValidationError as error:
        raise _renamed(error) from error


def _renamed(error: ValidationError) -> ValidationError:
    """The fact's own ``reason`` is a field of the form; that of the correction has another name there."""
    if hasattr(error, "error_dict") and "__all__" not in error.error_dict:
        return error
    return ValidationError(error.messages)


def late_answer(case: Case, kind: str, stale: StaleFact, form: FactForm, late: dict[str, Any]) -> ValidationError:
    """What to say where somebody was first. Sending again then means: yes, with the newer version in view."""
    now, correction = what_holds(case, kind, stale.fact.pk)
    last = correction or stale.correction
    about = {"name": last.recorded_by.name, "reason": last.reason}
    if now is None:
        late["withdrawn"] = True
        return ValidationError(
            _(
                "%(name)s has withdrawn this meanwhile: %(reason)s. "
                "What you wrote stands below; record it anew if it holds."
            )
            % about
        )
    late["differences"] = differences(now, form) if form.is_bound else []
    late["now"] = queries.page(case, facts=[(kind, now.pk)], size=1).entries[0]
    if form.is_bound:
        data = cast(QueryDict, form.data).copy()
        data["corrects"] = str(now.pk)
        form.data = data
        return ValidationError(
            _("%(name)s has corrected this meanwhile: %(reason)s. Compare the two, and save again if yours is right.")
            % about,
            code="stale",
        )
    return ValidationError(
        _("%(name)s has corrected this meanwhile: %(reason)s. Look at what holds now before you withdraw it.") % about
    )


def differences(now: Fact, form: FactForm) -> list[Difference]:
    """Field by field what differs between the fact as it holds now and what was typed."""
    differing = []
    for name, yours in form.values().items():
        theirs = getattr(now, name)
        if theirs != yours:
            name = form.error_fields.get(name, name)
            field = form[name]
            differing.append(Difference(str(field.label), _in_words(form, name, theirs), _in_words(form, name, yours)))
    return differing


def _in_words(form: FactForm, name: str, value: Any) -> str:
    if value in (None, "", []):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return format_moment(value.isoformat())
    if isinstance(value, date):
        return format_date(value)
    labels = dict(getattr(form.fields[name], "choices", []) or [])
    if isinstance(value, list):
        return ", ".join(str(labels.get(choice, choice)) for choice in value)
    prepared = form.fields[name].prepare_value(value)
    return str(labels.get(value, prepared))
