"""Logging in and out, choosing who to be in the demo, and the front door that leads each to their own page."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plass.access.user_roles import user_roles
from plass.organisation.models import Role, User

from .. import active_sessions
from ..auth_backend import become
from ..forms import LoginForm
from ..models import Persona
from ..next_url import next_url
from . import totp
from .login_page import login_page

#: The first of these that somebody is decides where they start.
STARTS = (
    (Role.SPECIALIST, "caseload:today"),
    (Role.SUPERVISOR, "caseload:today"),
    (Role.COUNSELLOR, "cases:referrals"),
    (Role.LEADER, "quality:figures"),
    (Role.ADMINISTRATOR, "administration:accounts"),
    (Role.DATA_PROTECTION, "oversight:log"),
)


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Each to their own start page; strangers to the login page, or in the demo to the choice of who to be."""
    who = user_roles(request.user)
    if who is None:
        return HttpResponseRedirect(reverse("accounts:personas" if settings.PLASS_DEMO else "accounts:login"))
    if who.participant is not None:
        return HttpResponseRedirect(reverse("portal:mine"))
    if who.user.kind == User.Kind.EMPLOYER:
        return HttpResponseRedirect(reverse("portal:employer"))
    for role, start in STARTS:
        if who.has(role):
            return HttpResponseRedirect(reverse(start))
    return render(request, "accounts/no_page.html", {"title": _("Welcome to Plass"), "who": who})


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Ask for user name and password; then the second step, or on to ``next``, the page somebody was on their way to."""
    destination = next_url(request)
    if request.user.is_authenticated and request.method != "POST":
        return HttpResponseRedirect(destination)
    if request.method != "POST":
        return login_page(request)
    if not settings.PLASS_LOCAL_ACCOUNTS:
        raise Http404
    form = LoginForm(request, request.POST)
    if form.is_valid() and form.user is not None:
        if totp.is_needed(form.user):
            return totp.begin(request, form.user, destination)
        active_sessions.log_in(request, form.user, active_sessions.LoginMethod())
        return HttpResponseRedirect(destination, status=303)
    response = login_page(request, form=form, status=429 if form.wait else 422)
    if form.wait:
        response.headers["Retry-After"] = str(form.wait)
    return response


@login_not_required
@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the login, and go on to where it came from, to end it there too. Does no harm where it has ended already."""
    login = active_sessions.logged_in_by(request)
    logout(request)
    if login is not None and login.way in settings.PLASS_PROVIDERS:
        return HttpResponseRedirect(reverse("accounts:farewell", args=[login.way]), status=303)
    return HttpResponseRedirect(reverse("accounts:personas" if settings.PLASS_DEMO else "accounts:login"), status=303)


#: What the people of the demo do here, by role.
DOES = {
    "specialist": gettext_lazy("Follows participants, and begins the day on My day."),
    "counsellor": gettext_lazy("Refers participants and sees how it goes with them."),
    "supervisor": gettext_lazy("Leads the team, hands out cases and sees who waits."),
    "leader": gettext_lazy("Sees figures for the office, without names."),
    "data_protection": gettext_lazy("Reads who has looked, and sees to it that shielded people are somebody's."),
    "administrator": gettext_lazy("Looks after offices, teams, accounts and roles, and sees no participants."),
    "participant": gettext_lazy("Sees everything that is written about them, and who has seen it."),
    "employer": gettext_lazy("Sees only what the participant has shared with the workplace."),
}


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def personas(request: HttpRequest) -> HttpResponse:
    """The demo's page to choose who to be: one press and you are. Elsewhere there is no such page."""
    if not settings.PLASS_DEMO:
        raise Http404
    if request.method == "POST":
        chosen = request.POST.get("persona", "")
        number = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else 0
        persona = get_object_or_404(Persona, pk=number)
        user = become(persona.user_id)
        if user is None:
            raise Http404
        active_sessions.log_in(request, user, active_sessions.LoginMethod("persona"))
        return HttpResponseRedirect(next_url(request), status=303)
    roles = {**dict(Role.choices), **dict(User.Kind.choices)}
    people = list(Persona.objects.all())
    for persona in people:
        persona.role_name = roles.get(persona.role, persona.role)
        persona.does = DOES.get(persona.role, "")
    return render(
        request,
        "accounts/personas.html",
        {
            "title": _("Choose who to be"),
            "personas": people,
            "next": request.GET.get(REDIRECT_FIELD_NAME, ""),
        },
    )
