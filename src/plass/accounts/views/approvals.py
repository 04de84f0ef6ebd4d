"""What an administrator asked for, for whoever answers it, and for the person it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plass.access import idempotency
from plass.access.forms import IdempotentForm
from plass.access.user_roles import UserRoles, user_roles
from plass.organisation.models import User
from plass.ui.forms import TextNeededWhen

from .. import active_sessions, approvals
from ..approvals import Kind
from ..models import ApprovalRequest
from ..next_url import next_url
from ..providers import STAFF


class AnswerForm(IdempotentForm):
    """Yes, or no and why."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Your answer"),
        choices=[("yes", gettext_lazy("Yes, this is right")), ("no", gettext_lazy("No"))],
        widget=forms.RadioSelect,
    )
    answer = TextNeededWhen(
        label=gettext_lazy("To the one who asked"),
        needed_when=gettext_lazy("needed if you answer no"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@dataclass(frozen=True)
class RequestLine:
    """A request as a list shows it: where it stands, and those whose answer it waits for."""

    asked: ApprovalRequest
    state: str
    approvers: list[User]
    can_stop: bool

    @property
    def waits_for(self) -> str:
        """The names of those whose answer it waits for."""
        return _(" or ").join(user.name for user in self.approvers)

    @property
    def outcome(self) -> str:
        """The answer in a word."""
        return str(capfirst(self.asked.get_outcome_display()))

    @property
    def answered(self) -> str:
        """The day of the answer in words."""
        return date_format(timezone.localtime(self.asked.answered_at), "j. F Y") if self.asked.answered_at else ""

    @property
    def place(self) -> str:
        """The place of a role in words."""
        return str(self.asked.team or self.asked.office or self.asked.county or "")


def request_lines(requests: Iterable[ApprovalRequest]) -> list[RequestLine]:
    """Requests for a list, with whom they wait for. Two queries where any waits."""
    states = [(approval_request, approvals.state(approval_request)) for approval_request in requests]
    waiting = [approval_request for approval_request, state in states if state == "waits"]
    people = approvals.approvers_of(waiting) if waiting else {}
    return [
        RequestLine(approval_request, state, people.get(approval_request.pk, []), state in {"waits", "open"})
        for approval_request, state in states
    ]


def request_line(approval_request: ApprovalRequest) -> RequestLine:
    """One request for a page."""
    return request_lines([approval_request])[0]


@require_safe
def approval_list(request: HttpRequest) -> HttpResponse:
    """What waits for my answer, and what I have answered."""
    who = _staff(request)
    return render(
        request,
        "accounts/approvals.html",
        {
            "title": _("Approvals"),
            "lead": _(
                "What an administrator asks for, and takes effect only with your yes. Nobody comes in as somebody else "
                "by one person's act."
            ),
            "to_answer": approvals.to_answer(),
            "answered": [
                (approval_request, approvals.state(approval_request))
                for approval_request in approvals.answered(who.user)
            ],
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def approval(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: for whoever may answer, a form, and after a yes the link; for others who see it, where it stands."""
    who = _staff(request)
    if request.method == "POST" and (
        earlier := idempotency.earlier_result(request.POST.get("submission"), by=who.user)
    ):
        return HttpResponseRedirect(earlier, status=303)
    approval_request = _request_or_404(pk)
    line = request_line(approval_request)
    may_answer = who.user in line.approvers
    form = AnswerForm(request.POST if request.method == "POST" else None) if may_answer else None
    if request.method == "POST" and form is None:
        messages.error(request, _("This has been answered or stopped meanwhile, or is not yours to answer."))
        return HttpResponseRedirect(request.path, status=303)
    if request.method == "POST" and form is not None and form.is_valid():
        data = form.cleaned_data

        def act() -> None:
            approvals.answer(approval_request, by=who.user, yes=data["outcome"] == "yes", comment=data["answer"])
            messages.success(request, _outcome_message(approval_request, yes=data["outcome"] == "yes"))

        if _once(form, who.user, act, leads_to=request.path):
            return HttpResponseRedirect(request.path, status=303)
    own_way_in = (
        approval_request.user_id == who.user.pk
        and line.state == "waits"
        and approval_request.kind in {Kind.PASSWORD, Kind.FACTOR}
    )
    login = active_sessions.logged_in_by(request) if own_way_in else None
    is_answered_by_me = approval_request.answered_by_id == who.user.pk
    return render(
        request,
        "accounts/approval.html",
        {
            "title": approval_request.what,
            "crumbs": [
                (_("Approvals"), reverse("accounts:approvals")),
                (_("Answer") if may_answer else approval_request.what, ""),
            ],
            "asked": approval_request,
            "line": line,
            "form": form,
            "advice": _advice(approval_request),
            "person": approvals.today_of(approval_request) if may_answer else None,
            "own": approval_request.user_id == who.user.pk,
            "can_prove": approvals.is_proof(login),
            # Who came in by it may show who they are by logging in there anew.
            "service": settings.PLASS_PROVIDERS.get(STAFF) if login is not None and login.issuer else None,
            "address": request.build_absolute_uri(reverse("accounts:link", args=[approvals.token_of(approval_request)]))
            if is_answered_by_me and line.state == "open"
            else "",
        },
        status=422 if form is not None and form.is_bound else 200,
    )


@require_POST
def prove(request: HttpRequest, pk: int) -> HttpResponse:
    """It is me: for somebody whose login shows who they are. On to choosing the password, or to one's account."""
    who = _staff(request)
    approval_request = _request_or_404(pk)
    if approval_request.user_id != who.user.pk or approval_request.kind not in {Kind.PASSWORD, Kind.FACTOR}:
        raise Http404
    account = HttpResponseRedirect(reverse("accounts:account"), status=303)
    try:
        # Asked twice it is once. A link that somebody else approved is for them to hand over.
        if approval_request.outcome != ApprovalRequest.Outcome.PROVEN or approvals.state(approval_request) != "open":
            approvals.prove(approval_request, session_key=request.session.session_key or "")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return account
    if approval_request.kind == Kind.FACTOR:
        # Every login of theirs has ended, this one too.
        return HttpResponseRedirect(reverse("accounts:login"), status=303)
    return HttpResponseRedirect(reverse("accounts:link", args=[approvals.token_of(approval_request)]), status=303)


@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it before it takes effect. Does no harm where it is too late, and says so."""
    who = user_roles(request.user)
    approval_request = _request_or_404(pk)
    if approvals.stop(approval_request):
        messages.success(request, _("Stopped. It opens nothing."))
    else:
        messages.error(request, _("Too late to stop: it has been used, refused or stopped already."))
    back = next_url(request)
    if back == "/" and who is not None:
        back = reverse("accounts:account")
    return HttpResponseRedirect(back, status=303)


def _advice(approval_request: ApprovalRequest) -> str:
    """What to make sure of before a yes."""
    with_link = _(
        "Say yes only when you know that this is a colleague of yours who is to have the role. With your yes the link to "
        "log in is shown to you, and you give it to them."
    )
    without = _(
        "Say yes only when you know that this is a colleague of yours who is to have the role. With your yes they see "
        "what the role sees."
    )
    return {
        Kind.PASSWORD: _(
            "Say yes only when you know that they need a new password: they told you themselves, or you called them. With "
            "your yes the link is shown to you, and you give it to them."
        ),
        Kind.FACTOR: _(
            "Say yes only when you know that they lost the phone: they told you themselves, or you called them on a number "
            "you know. With your yes they set up another phone with their password alone, and their passkeys are gone."
        ),
        Kind.ROLE: with_link if approval_request.with_link else without,
        Kind.GROUP: _("Say yes only when you know who is in the group: each of them gets the role at the next login."),
        Kind.LOGIN: _(
            "Say yes only when you know that it was them who logged in: they told you themselves, or you called them on a "
            "number you know. With your yes their next login there opens the account."
        ),
    }[Kind(approval_request.kind)]


def _outcome_message(approval_request: ApprovalRequest, *, yes: bool) -> str:
    if not yes:
        return _("Answered with no. Nothing has changed.")
    return {
        Kind.PASSWORD: _("Approved. Give the link below to the person yourself."),
        Kind.FACTOR: _("Approved. They are logged out, and set up a phone when they next log in."),
        Kind.ROLE: _("Approved. The role holds from now on, or from its first day."),
        Kind.GROUP: _("Approved. Members of the group have the role from their next login on."),
        Kind.LOGIN: _("Approved. Their next login opens the account: tell them."),
    }[Kind(approval_request.kind)]


def _once(form: IdempotentForm, by: User, act: Callable[[], None], *, leads_to: str) -> bool:
    def once() -> str:
        act()
        return leads_to

    try:
        idempotency.run_once(form.cleaned_data["submission"], by=by, act=once)
    except ValidationError as error:
        fields: dict[str, Any] = getattr(error, "error_dict", {None: [error]})
        for name, errors in fields.items():
            for refusal in errors:
                form.add_error(name if name in form.fields else None, refusal)
        return False
    return True


def _request_or_404(pk: int) -> ApprovalRequest:
    approval_request = approvals.find(pk)
    if approval_request is None:
        raise Http404
    return approval_request


def _staff(request: HttpRequest) -> UserRoles:
    who = user_roles(request.user)
    if who is None or not who.roles:
        raise Http404
    return who
