"""The pages of an employer's contact person: only what was released for that employer.

Nothing here filters by employer or participant: row-level security does (``plass.rights``), so that a forgotten filter
shows nothing either.
"""

from __future__ import annotations

from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from plass.access.user_roles import user_roles
from plass.accounts.active_sessions import logged_in_by_password
from plass.employers.models import ContactPerson
from plass.organisation.models import User
from plass.rights import queries
from plass.rights.actions import own_code
from plass.rights.models import EmployerAccess

from ..forms import CallerForm


def _me(request: HttpRequest) -> ContactPerson | None:
    who = user_roles(request.user)
    if who is None or who.user.kind != User.Kind.EMPLOYER:
        raise Http404
    return queries.me_at_the_employer(who.user)


def _choose(request: HttpRequest) -> HttpResponse:
    """Ask for another password first: somebody of the staff has read the one that the account has."""
    messages.info(request, _("Choose a password of your own first. Then you see what is shared with you."))
    return HttpResponseRedirect(reverse("accounts:password"), status=303)


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Everybody about whom something is shared with the contact person's workplace."""
    me = _me(request)
    if me and logged_in_by_password(request) and queries.must_choose_password(me):
        return _choose(request)
    shown = queries.for_employer() if me else []
    return render(
        request,
        "portal/employer.html",
        {"title": me.employer.name if me else _("Shared with us"), "me": me, "people": shown},
    )


@never_cache
@require_safe
def code(request: HttpRequest) -> HttpResponse:
    """The code that the contact person reads to a job specialist who calls, to show that the account is theirs."""
    me = _me(request)
    if me and logged_in_by_password(request) and queries.must_choose_password(me):
        return _choose(request)
    form = CallerForm(request.GET if "caller" in request.GET else None)
    shown = own_code(form.cleaned_data["caller"]) if me and form.is_valid() else ""
    title = _("Code for whoever calls")
    return render(
        request,
        "portal/employer_code.html",
        {
            "title": title,
            "form": form,
            "code": f"{shown[:3]} {shown[3:]}" if shown else "",
            "crumbs": [(_("Shared with us"), reverse("portal:employer")), (title, "")],
        },
        status=422 if form.is_bound and not form.is_valid() else 200,
    )


@require_safe
def person(request: HttpRequest, access_id: int) -> HttpResponse:
    """One participant: what they shared, what is agreed, the next visit, and whom to call."""
    me = _me(request)
    if me and logged_in_by_password(request) and queries.must_choose_password(me):
        return _choose(request)
    access = get_object_or_404(EmployerAccess, pk=access_id)
    shown = queries.for_employer(access)[0]
    with connection.cursor() as cursor:
        # The participant reads in the log that somebody looked; where the line cannot be written, neither is the page.
        cursor.execute("SELECT rights_note_reading(%s)", [access.pk])
    title = shown.name or _("A participant")
    return render(
        request,
        "portal/employer_person.html",
        {
            "title": title,
            "me": me,
            "shared": shown,
            "crumbs": [(_("Shared with us"), reverse("portal:employer")), (title, "")],
        },
    )
