"""Accounts of those who work here: the list, one of them, roles, leaving, and help with logging in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plass.access.queries import tie_ends_waiting
from plass.access.user_roles import user_roles
from plass.accounts import approvals, first_login
from plass.accounts.models import FirstLogin
from plass.accounts.views.approvals import request_lines
from plass.db.prepared import PreparedQuery, fetch_together
from plass.organisation.models import Membership, User
from plass.ui.breadcrumbs import BreadcrumbsFrom

from .. import actions, queries
from ..forms import AccountForm, ChangeAccountForm, LastDayForm, ReasonForm, RoleForm, initial_of
from ..lists import ACCOUNTS
from .form_page import administrator, form_view

REQUESTS = 20
#: So many first logins that wait stand on the page at once, the oldest first.
MOST_WAITING = 10

_crumbs = BreadcrumbsFrom(gettext_lazy("Accounts"), "administration:accounts")


def _staff(pk: int) -> User:
    return get_object_or_404(User, pk=pk, kind=User.Kind.STAFF)


def _page_of(account: User) -> str:
    return reverse("administration:account", args=[account.pk])


def _act_on(
    request: HttpRequest, user: User, by: User, form: forms.Form, act: Callable[[], str], *, here: str, **words: str
) -> HttpResponse:
    """A page with a form about one account, that leads back to it. ``here`` is the page's own crumb."""
    crumbs = _crumbs((user.name, _page_of(user)), here)
    return form_view(request, by, form, act, back=_page_of(user), crumbs=crumbs, **words)


def _give(account: User, by: User, chosen: dict[str, Any]) -> str:
    """Ask for the role that a form says; the account's page."""
    names = ("role", "place", "started_on", "ended_on", "reason")
    about = {name: chosen[name] for name in names}
    actions.give_role(by=by, account=account, with_link=chosen.get("with_link", False), **about)
    return _page_of(account)


def _together(questions: list[PreparedQuery[Any] | None]) -> list[list[Any]]:
    """The rows of each query, fetched together; an empty list for None."""
    present = [question for question in questions if question is not None]
    answers = fetch_together(*present) if present else None
    return [[] if question is None or answers is None else answers.of(question) for question in questions]


@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """Accounts by name, office, role and whether they are in use; fifty a page."""
    who = user_roles(administrator(request))
    today = timezone.localdate()
    questions = [tie_ends_waiting(who, today), approvals.notices(who, today), queries.nobody_finds()] if who else []
    waiting, approval_notices, nobody_finds = _together(questions) if who else ([], [], [])
    asked_for = ACCOUNTS.read(request.GET.dict(), who)
    matches = ACCOUNTS.narrowed(queries.accounts(), asked_for)
    shown = ACCOUNTS.page(asked_for, matches, request.GET.get("page"))
    return render(
        request,
        "administration/accounts.html",
        {
            "title": shown.title,
            "list": shown,
            # What an administrator is to answer stands on the page they begin on (cases.views.conflicts).
            "notice": {"data": waiting},
            "first_logins": list(first_login.waiting()[:MOST_WAITING]),
            "asked": {"data": approval_notices},
            "nobody_to_tell": queries.nobody_to_tell(),
            "nobody_finds": nobody_finds,
            "today": today,
        },
    )


@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """What the reader has asked others to approve, newest first, and what became of each."""
    by = administrator(request)
    page = Paginator(approvals.asked_by(by), REQUESTS).get_page(request.GET.get("page"))
    title = _("What you have asked for")
    return render(
        request,
        "administration/requests.html",
        {
            "title": title,
            "crumbs": _crumbs(title),
            "page": page,
            "requests": request_lines(page),
            "back": reverse("administration:accounts"),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """A new account, and its first role, which waits for an answer; then its page."""
    by = administrator(request)
    form = AccountForm(request.POST or None)

    def act() -> str:
        chosen = form.cleaned_data
        user = actions.make_account(
            by=by,
            username=chosen["username"],
            started_on=chosen["started_on"],
            **form.about(),
        )
        return _give(user, by, chosen)

    title = _("New account")
    return form_view(
        request,
        by,
        form,
        act,
        title=title,
        back=reverse("administration:accounts"),
        done=_("The account is made. The role waits for an answer: see below."),
        lead=_(
            "Whoever leads the place is asked whether this is right, and gives the new colleague the link to log in. "
            "You do not see it."
        ),
        crumbs=_crumbs(title),
    )


@require_safe
def account(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: who, roles, how they log in."""
    by = administrator(request)
    user = _staff(pk)
    today = timezone.localdate()
    requests = approvals.of(user)
    return render(
        request,
        "administration/account.html",
        {
            "title": user.name,
            "crumbs": _crumbs(user.name),
            "account": user,
            "own": user.pk == by.pk,
            "ended": user.ended_on is not None and user.ended_on < today,
            "roles": [
                (membership, queries.where(membership), _holds(membership, today)) for membership in queries.roles(user)
            ],
            "logs_in": queries.logs_in(user),
            "first_logins": [(login, first_login.is_asked_for(login, requests)) for login in first_login.of(user)],
            "requests": request_lines(requests),
        },
    )


def _holds(role: Membership, today: date) -> str:
    if role.ended_on is not None and role.ended_on < today:
        return "ended"
    return "coming" if role.started_on > today else "now"


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name, phone or e-mail."""
    by = administrator(request)
    user = _staff(pk)
    form = ChangeAccountForm(request.POST or None, initial=initial_of(user))

    def act() -> str:
        actions.change_account(user, by=by, **form.about())
        return _page_of(user)

    title = _("Change %(name)s") % {"name": user.name}
    return _act_on(request, user, by, form, act, title=title, here=_("Change"), done=_("The change is saved."))


@require_http_methods(["GET", "HEAD", "POST"])
def give_role(request: HttpRequest, pk: int) -> HttpResponse:
    """A role from a date."""
    by = administrator(request)
    user = _staff(pk)
    form = RoleForm(request.POST or None)

    def act() -> str:
        return _give(user, by, form.cleaned_data)

    title = _("New role for %(name)s") % {"name": user.name}
    return _act_on(
        request,
        user,
        by,
        form,
        act,
        title=title,
        here=_("New role"),
        done=_("Asked. The role holds when somebody has said yes: see below."),
        submit=_("Ask"),
        lead=_("Whoever leads the place is asked whether this is right."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def end_role(request: HttpRequest, pk: int, role: int) -> HttpResponse:
    """The last day of a role."""
    by = administrator(request)
    user = _staff(pk)
    held = get_object_or_404(Membership.objects.select_related("user", "office", "county", "team"), pk=role, user=user)
    form = LastDayForm(request.POST or None)

    def act() -> str:
        actions.end_role(held, by=by, last_day=form.cleaned_data["last_day"])
        return _page_of(user)

    words = {"role": held.get_role_display(), "where": queries.where(held), "name": user.name}
    return _act_on(
        request,
        user,
        by,
        form,
        act,
        title=_("End the role of %(role)s") % words,
        here=_("End the role"),
        done=_("The end of the role is saved."),
        lead=_("%(name)s, %(where)s.") % words + " " + _handed_over(),
    )


def _handed_over() -> str:
    """What becomes of their participants: the same sentence whether there are any, and whether any is shielded."""
    return _(
        "The supervisor hands over whom a job specialist follows. Where a counsellor leaves, those who follow the "
        "participant are told to find another. Whom nobody else sees, the data protection officer gives to "
        "somebody at the office."
    )


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody leaves: the last day of their account and of every role."""
    by = administrator(request)
    user = _staff(pk)
    form = LastDayForm(request.POST or None)

    def act() -> str:
        actions.leave(user, by=by, last_day=form.cleaned_data["last_day"])
        return _page_of(user)

    lead = _(
        "The account and every role end with the last day. With yesterday as the last day they are logged out at once."
    )
    title = _("%(name)s leaves") % {"name": user.name}
    return _act_on(
        request,
        user,
        by,
        form,
        act,
        title=title,
        here=_("Leaves"),
        done=_("The last day is saved."),
        lead=f"{lead} {_handed_over()}",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a link to choose a password. Whoever says yes is shown it and hands it over."""
    by = administrator(request)
    user = _staff(pk)
    form = ReasonForm(request.POST or None)

    def act() -> str:
        actions.password_link(user, by=by, reason=form.cleaned_data["reason"])
        return _page_of(user)

    title = _("A link for %(name)s") % {"name": user.name}
    lead = _(
        "Whoever leads %(name)s is asked, and gives them the link. You do not see it. %(name)s and their leader are told."
    )
    return _act_on(
        request,
        user,
        by,
        form,
        act,
        title=title,
        here=_("Link"),
        done=_("Asked. It waits for an answer: see below."),
        submit=_("Ask"),
        lead=lead % {"name": user.name},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def lost_phone(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask that the codes on a phone and the passkeys are taken away."""
    by = administrator(request)
    user = _staff(pk)
    form = ReasonForm(request.POST or None)

    def act() -> str:
        actions.forget_phone(user, by=by, reason=form.cleaned_data["reason"])
        return _page_of(user)

    title = _("%(name)s has lost the phone or a passkey") % {"name": user.name}
    lead = _(
        "Whoever leads %(name)s is asked to take the codes and the passkeys away. Then they set up another phone when they "
        "next log in. Has somebody else got the phone or the key: log them out everywhere now."
    )
    return _act_on(
        request,
        user,
        by,
        form,
        act,
        title=title,
        here=_("Lost the phone or a passkey"),
        done=_("Asked. It waits for an answer: see below."),
        submit=_("Ask"),
        lead=lead % {"name": user.name},
    )


@require_POST
def help_in(request: HttpRequest, pk: int, what: str) -> HttpResponse:
    """One press: log them out everywhere, forget who they are elsewhere, open an ended account."""
    by = administrator(request)
    user = _staff(pk)
    try:
        if what == "logg-ut":
            ended = actions.end_logins(user, by=by)
            says = ngettext("%(count)d login ended.", "%(count)d logins ended.", ended) % {"count": ended}
        elif what == "frikoble":
            actions.unbind(user, by=by)
            says = _("The account is released. Their next login at the login service waits until it is confirmed here.")
        elif what == "gjenopne":
            actions.come_back(user, by=by)
            says = _("The account is open again. Give it a role, and ask for a link to choose a password.")
        else:
            raise Http404
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, says)
    return HttpResponseRedirect(_page_of(user), status=303)


@require_POST
def answer_first_login(request: HttpRequest, pk: int, asked: int) -> HttpResponse:
    """Say that a first login was the account's owner, and ask a second person for their yes; or refuse it."""
    by = administrator(request)
    user = _staff(pk)
    request_to_enter = get_object_or_404(FirstLogin, pk=asked, user=user)
    try:
        if request.POST.get("answer") == "confirm":
            actions.confirm_first_login(request_to_enter, by=by)
            says = _("Asked. It waits for an answer: see below.")
        else:
            actions.refuse_first_login(request_to_enter, by=by)
            says = _("Refused.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, says)
    return HttpResponseRedirect(_page_of(user), status=303)
