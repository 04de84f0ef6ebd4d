"""People whom somebody who works here must keep away from: declared by them or their leader, and ended by two people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plass.access import actions, idempotency
from plass.access.forms import IdempotentForm
from plass.access.models import ConflictOfInterest
from plass.access.queries import tie_ends_answered, tie_ends_to_answer, ties_of
from plass.access.user_roles import UserRoles, user_roles
from plass.organisation.models import Role, User
from plass.ui.forms import TextNeededWhen

from .. import identity
from ..form_views import add_errors


class TieForm(IdempotentForm):
    """Who is close to me. The number is never shown again."""

    number = forms.CharField(
        label=gettext_lazy("National identity number"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=gettext_lazy("Kept so that it cannot be read again."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("This is"), choices=ConflictOfInterest.Kind.choices, widget=forms.RadioSelect
    )
    user = forms.TypedChoiceField(label=gettext_lazy("For"), coerce=int)
    field_order = ("user", "number", "kind")

    def __init__(self, *args: Any, me: User, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {user.pk: user for user in (me, *people)}
        if people:
            self.fields["user"].choices = [(user.pk, user.name) for user in self.people.values()]  # type: ignore[attr-defined]
            self.fields["user"].initial = me.pk
        else:
            del self.fields["user"]

    def clean_number(self) -> identity.IdentityNumber:
        """Check digits and all."""
        return identity.parse(self.cleaned_data["number"])


class AskForm(IdempotentForm):
    """Why it should end."""

    reason = forms.CharField(
        label=gettext_lazy("Why it should end"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For example that you wrote the wrong number. Do not write who the person is."),
    )


class AnswerForm(IdempotentForm):
    """Whether it ends, and why it does not."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Your answer"),
        choices=[("ends", gettext_lazy("The tie ends")), ("stands", gettext_lazy("The tie stands"))],
        widget=forms.RadioSelect,
    )
    answer = TextNeededWhen(
        label=gettext_lazy("To the one who asked"),
        needed_when=gettext_lazy("needed if the tie stands"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def ties(request: HttpRequest) -> HttpResponse:
    """Whom I must keep away from: myself as a participant, and those close to me; and what I am to answer about others."""
    who = _who(request)
    led = list(User.objects.filter(memberships__team__in=who.led_teams).exclude(pk=who.user.pk).distinct())
    form = TieForm(request.POST if request.method == "POST" else None, me=who.user, people=led)

    def act(data: dict[str, Any]) -> str:
        actions.declare(
            identity.find_by(data["number"]),
            by=who.user,
            user=form.people[data.get("user") or who.user.pk],
            kind=data["kind"],
        )
        return _("Noted. If the person is or becomes a participant, the case is closed to that account.")

    return _once(request, who, form, act) or render(
        request,
        "cases/ties.html",
        {
            "title": _("People close to me"),
            "form": form,
            "ties": ties_of(who.user),
            "to_answer": tie_ends_to_answer(),
            "answered": tie_ends_answered(),
            "me": who.user,
            "back": reverse("accounts:home"),
        },
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def tie(request: HttpRequest, tie_id: int) -> HttpResponse:
    """The end of a tie: for the one it is about to ask for, for whoever leads them to answer."""
    who = _who(request)
    if request.method == "POST" and (
        earlier := idempotency.earlier_result(request.POST.get("submission"), by=who.user)
    ):
        return HttpResponseRedirect(earlier, status=303)
    mine = {
        conflict.pk: conflict
        for conflict in ties_of(who.user)
        if conflict.user_id == who.user.pk and conflict.ended_at is None
    }
    own = mine.get(tie_id)
    theirs = None if own else {end.pk: end for end in tie_ends_to_answer()}.get(tie_id)
    if own is None and theirs is None:
        raise Http404
    posted = request.POST if request.method == "POST" else None
    asks = own is not None
    form: IdempotentForm = AskForm(posted) if asks else AnswerForm(posted)

    def act(data: dict[str, Any]) -> str:
        if own is not None:
            actions.ask_tie_end(own, by=who.user, reason=data["reason"])
            return _("Asked. It holds until it has been answered.")
        actions.answer_tie_end(tie_id, by=who.user, ends=data["outcome"] == "ends", answer=data["answer"])
        return _("Answered.")

    return _once(request, who, form, act) or render(
        request,
        "cases/tie.html",
        {
            "title": _("Ask that it ends") if asks else _("Should it end?"),
            "form": form,
            "tie": own or theirs,
            "asks": asks,
            "waits": own is not None and own.end_asked_at is not None and own.answered_at is None,
            "back": reverse("cases:ties"),
        },
        status=422 if form.is_bound else 200,
    )


def _once(
    request: HttpRequest, who: UserRoles, form: IdempotentForm, act: Callable[[dict[str, Any]], str]
) -> HttpResponse | None:
    """Act on a form that is right, once; None where it is to be shown."""
    if request.method != "POST" or not form.is_valid():
        return None

    def once() -> str:
        messages.success(request, act(form.cleaned_data))
        return reverse("cases:ties")

    try:
        leads_to = idempotency.run_once(form.cleaned_data["submission"], by=who.user, act=once)
    except ValidationError as error:
        add_errors(form, error)
        return None
    return HttpResponseRedirect(leads_to, status=303)


def _who(request: HttpRequest) -> UserRoles:
    """Those who have cases, and administrators, who answer for those whom nobody leads."""
    who = user_roles(request.user)
    if who is None or not (who.actor.works_with_people or who.has(Role.ADMINISTRATOR)):
        raise Http404
    return who
