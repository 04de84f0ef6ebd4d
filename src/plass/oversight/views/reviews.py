"""The supervisor's review of who looked, and what a data protection officer sees to where nobody else can."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plass.access import idempotency
from plass.access.forms import IdempotentForm
from plass.access.user_roles import user_roles
from plass.cases import joining, unseen_cases
from plass.cases import queries as cases
from plass.cases.form_views import add_errors
from plass.organisation.models import Role, User
from plass.ui.forms import TextNeededWhen

from .. import actions, queries
from ..models import Review
from ..patterns import FURTHER, PATTERNS
from .access_log import data_protection


class ReviewForm(IdempotentForm):
    """Which findings, what came of it, and a comment."""

    findings = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, label=gettext_lazy("Findings"))
    verdict = forms.ChoiceField(
        label=gettext_lazy("What came of it"),
        choices=Review.Verdict.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what came of it.")},
    )
    comment = TextNeededWhen(
        label=gettext_lazy("Comment"),
        needed_when=gettext_lazy("needed if it is to be looked into"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, findings: list[queries.Finding], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["findings"].choices = [(finding.key, finding.name) for finding in findings]  # type: ignore[attr-defined]
        self.fields["findings"].error_messages |= {
            "required": _("Mark at least one line above."),
            "invalid_choice": actions.more_happened(),
        }


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    """What in the log is worth a look, by pattern; signed off line by line, or several at once."""
    who = user_roles(request.user)
    if who is None or not (who.led_teams or who.has(Role.DATA_PROTECTION) or who.has(Role.LEADER)):
        raise Http404
    watches = bool(who.led_teams) or who.has(Role.DATA_PROTECTION)
    # Whoever leads an office has no findings, but may be asked to look into one.
    today = timezone.localdate()
    findings = queries.findings(today) if watches else queries.to_look_into(today)
    waiting = [finding for finding in findings if finding.review is None]
    form = ReviewForm(request.POST if request.method == "POST" else None, findings=waiting)
    if request.method == "POST" and (
        earlier := idempotency.earlier_result(request.POST.get("submission"), by=who.user)
    ):
        return HttpResponseRedirect(earlier, status=303)
    if not (watches or findings):
        raise Http404
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def act() -> str:
            chosen = [finding for finding in waiting if finding.key in set(data["findings"])]
            actions.sign_off(chosen, by=who.user, verdict=data["verdict"], comment=data["comment"])
            messages.success(request, _("Signed off."))
            return reverse("oversight:review") if watches else reverse("accounts:home")

        try:
            return HttpResponseRedirect(idempotency.run_once(data["submission"], by=who.user, act=act), status=303)
        except ValidationError as error:
            add_errors(form, error)
    marked = set(request.POST.getlist("findings")) if form.is_bound else set()
    groups = [
        (pattern, [finding for finding in waiting if finding.kind == pattern.kind]) for pattern in (FURTHER, *PATTERNS)
    ]
    context = {
        "title": _("Who has looked") if who.led_teams or not watches else _("Worth a look"),
        "form": form,
        "groups": [(pattern, lines) for pattern, lines in groups if lines],
        "marked": marked,
        "signed": [finding for finding in findings if finding.review is not None],
        "waiting": len(waiting),
        "nobody_looks_into": queries.nobody_looks_into(waiting),
        "nobody_may_join": joining.nobody_may() if who.has(Role.DATA_PROTECTION) else [],
        "seen_by_nobody": unseen_cases.seen_by_nobody() if who.has(Role.DATA_PROTECTION) else [],
        "leads": bool(who.led_teams),
        "watches": watches,
        "headings": {pattern.kind: pattern.heading for pattern in PATTERNS},
    }
    return render(request, "oversight/review.html", context, status=422 if form.is_bound else 200)


class AppointForm(IdempotentForm):
    """Who at the office is to answer a referral."""

    to = forms.TypedChoiceField(label=gettext_lazy("Who answers it?"), coerce=int)

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {user.pk: user for user in people}
        self.fields["to"].choices = [("", ""), *((user.pk, user.name) for user in people)]  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
def appoint(request: HttpRequest, link_id: int) -> HttpResponse:
    """A referral of somebody registered that nobody can join: the data protection officer asks somebody at the office."""
    who = data_protection(request)
    if request.method == "POST" and (
        earlier := idempotency.earlier_result(request.POST.get("submission"), by=who.user)
    ):
        return HttpResponseRedirect(earlier, status=303)
    referral = next((referral for referral in joining.nobody_may() if referral.number == link_id), None)
    if referral is None:
        raise Http404
    people = _who_may_be_asked(referral.office_id)
    form = AppointForm(request.POST if request.method == "POST" else None, people=people)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def act() -> str:
            joining.appoint(link_id, by=who.user, to=form.people[data["to"]])
            messages.success(request, _("They are told on their start page, and see this one referral."))
            return reverse("oversight:review")

        try:
            return HttpResponseRedirect(idempotency.run_once(data["submission"], by=who.user, act=act), status=303)
        except ValidationError as error:
            add_errors(form, error)
    context = {
        "title": _("Who answers the referral?"),
        "form": form,
        "referral": referral,
        "back": reverse("oversight:review"),
    }
    return render(request, "oversight/appoint.html", context, status=422 if form.is_bound else 200)


def _who_may_be_asked(office_id: int) -> list[User]:
    """The counsellors and supervisors of an office."""
    people = {
        user.pk: user
        for role in (Role.COUNSELLOR, Role.SUPERVISOR)
        for user, _team in cases.who_can_follow(office_id, role)
        if role == Role.COUNSELLOR or user.memberships.filter(role=Role.SUPERVISOR).exists()
    }
    return list(people.values())


@require_http_methods(["GET", "HEAD", "POST"])
def give_to(request: HttpRequest, number: int) -> HttpResponse:
    """A case that nobody sees any more: the data protection officer gives it to somebody at the office."""
    who = data_protection(request)
    if request.method == "POST" and (
        earlier := idempotency.earlier_result(request.POST.get("submission"), by=who.user)
    ):
        return HttpResponseRedirect(earlier, status=303)
    unseen_case = next(
        (unseen_case for unseen_case in unseen_cases.seen_by_nobody() if unseen_case.number == number), None
    )
    if unseen_case is None:
        raise Http404
    people = [user for user in _who_may_be_asked(unseen_case.office_id) if user.pk != who.user.pk]
    form = AppointForm(request.POST if request.method == "POST" else None, people=people)
    form.fields["to"].label = _("Who gets it?")
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def act() -> str:
            unseen_cases.give_to(number, by=who.user, to=form.people[data["to"]])
            messages.success(request, _("They are told on their start page, and decide from now on who follows."))
            return reverse("oversight:review")

        try:
            return HttpResponseRedirect(idempotency.run_once(data["submission"], by=who.user, act=act), status=303)
        except ValidationError as error:
            add_errors(form, error)
    context = {
        "title": _("Who gets the participant?"),
        "form": form,
        "unseen_case": unseen_case,
        "back": reverse("oversight:review"),
    }
    return render(request, "oversight/give_to.html", context, status=422 if form.is_bound else 200)
