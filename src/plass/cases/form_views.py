"""How a page that records something works, the same in every room: open by the gate, show, check, act once, go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from plass.access import idempotency
from plass.access.forms import IdempotentForm
from plass.organisation.models import User
from plass.ui.breadcrumbs import Step, breadcrumbs

from . import facts
from .gate import NotAllowed, Opened, open_case, still_sees
from .models import Fact

#: In a form that is sent again: the fact like it that it is to stand beside.
BESIDE_FACT = "beside_fact"


def case_crumbs(opened: Opened, *further: Step) -> list[tuple[str, str]]:
    """The way back from a page about a case: the case page, then ``further``."""
    case = opened.case
    return breadcrumbs((case.participant.name, reverse("caseload:case", args=[case.pk])), *further)


def case_or_home(opened: Opened) -> str:
    """The case page, or the front door for somebody who does not see the case any more."""
    if still_sees(opened):
        return reverse("caseload:case", args=[opened.case.pk])
    return reverse("accounts:home")


class FactForm(IdempotentForm, forms.ModelForm):  # type: ignore[type-arg]
    """The form of one kind of fact, by which it is recorded and corrected. The date is today unless said.

    Subclasses name the model and the fields in ``Meta``. What must hold stands in the model and in the actions, which
    are asked when it is written; a form only reads what was typed.
    """

    #: Fields of the fact that the form asks for under other names: field -> the form's field.
    error_fields: ClassVar[Mapping[str, str]] = {}
    #: Questions that are asked only when the fact is recorded: nothing of it answers them, so a correction leaves them out.
    asked_once: ClassVar[tuple[str, ...]] = ()
    #: Columns that must hold something and that the action gives, so that the form need not ask for them.
    given_by_action: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField) and isinstance(field.widget, forms.RadioSelect):
                # Buttons stand on their own, so with a capital letter; and none of them is "no choice" where one is asked.
                choices = [(value, capfirst(str(label))) for value, label in cast(Any, field.choices)]
                # Where "no choice" may be chosen it is called so, and not a row of dashes.
                field.choices = [
                    choice if choice[0] != "" else ("", _("Not said"))
                    for choice in choices
                    if choice[0] != "" or not field.required
                ]
        if "happened_on" in self.fields:
            self.fields["happened_on"].initial = timezone.localdate
            self.fields["happened_on"].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    @classmethod
    def fact_kind(cls) -> type[Fact]:
        """The kind of fact that it records."""
        return cast(type[Fact], cls._meta.model)

    def _post_clean(self) -> None:
        # The instance is filled and checked by the action (plass.cases.facts), which knows the case.
        pass

    @classmethod
    def initial_of(cls, fact: Fact) -> dict[str, Any]:
        """What the form begins with where ``fact`` is corrected."""
        return {name: getattr(fact, name) for name in cls._meta.fields or ()}

    def values(self) -> dict[str, Any]:
        """What was written, by field of the fact."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or () if name in self.fields}

    def settled_values(self, by: User) -> dict[str, Any]:
        """The same, after ``by`` has recorded what they need (a new employer). Raises ValidationError by field."""
        return self.values()


def open_to_record(request: HttpRequest, case_id: int, form: type[FactForm], *, purpose: str) -> Opened:
    """The case, opened for a page with ``form``: for whoever may record the kind of fact that it records."""
    return open_case(request, case_id, purpose=purpose, needs=form.fact_kind().needs)


def form_view(
    request: HttpRequest,
    opened: Opened,
    form: forms.Form,
    act: Callable[[User, forms.Form], Fact | str | None],
    *,
    template: str,
    title: str | Promise,
    done: str | Promise | None = None,
    leads_to: str | None = None,
    **context: Any,
) -> HttpResponse:
    """Show ``form``, or act on it once and go to ``leads_to`` (the case page by default).

    ``form`` is bound when the request is a POST. ``act(by, form)`` calls one action; a ValidationError from it is shown
    beside the fields it names, with everything that was typed still there (status 422). It may return an address to go
    to instead. The template gets ``form``, ``opened``, ``case``, ``participant``, ``title`` and ``context``.
    """
    goes_to = leads_to or reverse("caseload:case", args=[opened.case.pk])
    by = opened.standing.user
    if request.method == "POST" and (earlier := idempotency.earlier_result(request.POST.get("submission"), by=by)):
        return HttpResponseRedirect(earlier, status=303)
    refused = request.method == "POST" and not opened.may_act
    if refused and not form.is_bound:
        raise NotAllowed(f"user {by.pk} may not act in case {opened.case.pk}")
    if refused:
        form.add_error(
            None, _("You can no longer do this: somebody else has taken over meanwhile. Nothing was written.")
        )
    if request.method == "POST" and form.is_valid():

        def once() -> str:
            result = act(by, form)
            if isinstance(result, Fact):
                ask_whether_new(form, result)
            messages.success(request, str(done or _("Recorded.")))
            return result if isinstance(result, str) else goes_to

        try:
            return HttpResponseRedirect(
                idempotency.run_once(form.cleaned_data["submission"], by=by, act=once), status=303
            )
        except ValidationError as error:
            add_errors(form, error)
    return render(
        request,
        template,
        {
            "form": form,
            "opened": opened,
            "case": opened.case,
            "participant": opened.case.participant,
            # Whom it is about stands in the heading, for those who have twenty to write about.
            "title": _("%(title)s: %(name)s") % {"title": title, "name": opened.case.participant.name},
            "back": goes_to,
            **context,
        },
        status=403 if refused else 422 if form.is_bound else 200,
    )


def ask_whether_new(form: forms.Form, recorded: Fact) -> None:
    """Raise ValidationError where the same was recorded just now and it is not said yet that this is another.

    Sending the form again says so: it then names the fact that it stands beside.
    """
    before = facts.recorded_just_now(recorded)
    if before is None or form.data.get(BESIDE_FACT) == str(before.pk):
        return
    typed = cast(QueryDict, form.data).copy()
    typed[BESIDE_FACT] = str(before.pk)
    form.data = typed
    form.fields[BESIDE_FACT] = forms.CharField(widget=forms.HiddenInput, required=False)
    text = _(
        "You recorded exactly this at %(time)s, and it is saved. Is it the same, go back: nothing new was written. "
        "Is it one more, save again."
    )
    raise ValidationError(text % {"time": f"{timezone.localtime(before.recorded_at):%H:%M}"}, code="just now")


def add_errors(form: forms.Form, error: ValidationError) -> None:
    """Put an action's errors beside the fields they name; what names no field of the form stands on top."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    called = form.error_fields if isinstance(form, FactForm) else {}
    for fact_field, errors in error.error_dict.items():
        name = called.get(fact_field, fact_field)
        field = name if name in form.fields and name != NON_FIELD_ERRORS else None
        for field_error in errors:
            form.add_error(field, field_error)
