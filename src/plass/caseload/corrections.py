"""Correcting any fact: the form filled in with it, a reason demanded, or the fact withdrawn. Both stay in the timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from plass.access.rules import Level
from plass.cases.fact_register import fact_kinds
from plass.cases.fact_texts import format_date, format_moment
from plass.cases.facts import StaleFact, correct, withdraw
from plass.cases.form_views import FactForm, case_crumbs, form_view
from plass.cases.gate import Opened, open_case, still_sees
from plass.cases.models import Case, Correction, Fact
from plass.employers.forms import EmployerFactForm
from plass.organisation.models import User

from . import timeline
from .correction_forms import WithdrawForm, correction_form

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
    return _fact(case, kind, fact_id), last


def _fact(case: Case, kind: str, fact_id: int) -> Fact | None:
    fact: Fact | None = fact_kinds()[kind].model._default_manager.filter(case=case, pk=fact_id).first()
    return fact


def correct_page(request: HttpRequest, case_id: int, kind: str, fact_id: int) -> HttpResponse:
    """Correct a fact or withdraw it. Where somebody did that first, both versions are shown and what was typed stays."""
    opened = open_case(request, case_id, purpose="correction", needs=Level.RECORD)
    if kind not in fact_kinds():
        raise Http404
    fact = _fact(opened.case, kind, fact_id)
    if fact is None:
        raise Http404
    if request.method != "POST" and not fact.stands:
        return _already(request, opened, fact)
    withdrawing = request.method == "POST" and "withdraw" in request.POST
    correction = _filled(fact, None if withdrawing else request.POST or None)
    withdrawal = WithdrawForm(request.POST if withdrawing else None, auto_id="withdraw_%s")
    late: dict[str, Any] = {}

    def act(by: User, form: forms.Form) -> str:
        try:
            if withdrawing:
                withdraw(fact, by=by, reason=form.cleaned_data["correction_reason"])
            else:
                _correct(opened.case, fact, by, correction)
        except StaleFact as stale:
            raise _late(opened.case, kind, stale, correction, late) from stale
        still_visible = still_sees(opened)
        return reverse("caseload:case", args=[case_id]) if still_visible else reverse("accounts:home")

    entry = timeline.page(opened.case, facts=[(kind, fact_id)], size=1).entries[0]
    return form_view(
        request,
        opened,
        withdrawal if withdrawing else correction,
        act,
        template="caseload/case_correct.html",
        title=_("Correct what was recorded"),
        done=_("It is withdrawn. It stays in the timeline, crossed out.") if withdrawing else _("It is corrected."),
        crumbs=case_crumbs(opened, _("Correct")),
        correction=correction,
        withdrawal=withdrawal,
        entry=entry,
        late=late,
    )


def _filled(fact: Fact, posted: Any) -> FactForm:
    """The form for the kind of fact, filled in with ``fact`` and with what was posted."""
    form_class = correction_form(fact.kind)
    initial = form_class.initial_of(fact) | {"corrects": fact.pk}
    if not issubclass(form_class, EmployerFactForm):
        return form_class(posted, initial=initial)
    employer = getattr(fact, "employer", None)
    return form_class(posted, initial=initial, known=[employer] if employer else [])


def _correct(case: Case, fact: Fact, by: User, form: FactForm) -> None:
    shown = _fact(case, fact.kind, form.cleaned_data["corrects"])
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


def _late(case: Case, kind: str, stale: StaleFact, form: FactForm, late: dict[str, Any]) -> ValidationError:
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
    late["now"] = timeline.page(case, facts=[(kind, now.pk)], size=1).entries[0]
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


def _already(request: HttpRequest, opened: Opened, fact: Fact) -> HttpResponse:
    """The fact was corrected or withdrawn: what happened, and where to go on."""
    now, correction = what_holds(opened.case, fact.kind, fact.pk)
    numbers = [(fact.kind, fact.pk)] + ([(now.kind, now.pk)] if now else [])
    return render(
        request,
        "caseload/case_corrected.html",
        {
            "title": _("This has been corrected") if now else _("This has been withdrawn"),
            "crumbs": case_crumbs(opened, _("Correct")),
            "opened": opened,
            "case": opened.case,
            "now": now,
            "correction": correction,
            "timeline": timeline.page(opened.case, facts=numbers, size=2),
        },
    )
