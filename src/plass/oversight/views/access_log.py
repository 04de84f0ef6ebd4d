"""The log of who looked, for the data protection officer: on a page, and as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any

from django import forms
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from plass.access import log
from plass.access.user_roles import UserRoles, user_roles
from plass.accounts import approvals
from plass.organisation.models import Role
from plass.ui.listing import Column, Listing, Shown, never
from plass.ui.spreadsheet import as_file

from .. import queries

#: Lines of the log shown before it is taken out as a file.

#: Lines of the log shown before it is taken out as a file.
SHOWN = 50


class Period(forms.Form):
    """From which day through which, and perhaps one participant."""

    fra = forms.DateField(label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    til = forms.DateField(
        label=gettext_lazy("Through"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    deltaker = forms.IntegerField(
        label=gettext_lazy("Participant's number"), required=False, min_value=1, max_value=2**62
    )

    def clean(self) -> dict[str, Any]:
        """The last day is not before the first."""
        cleaned = super().clean() or self.cleaned_data
        if {"fra", "til"} <= cleaned.keys() and cleaned["til"] < cleaned["fra"]:
            self.add_error("til", _("The last day cannot be before the first."))
        return cleaned


LOG = Listing(
    name="log",
    title=gettext_lazy("Who looked"),
    columns=(
        Column(
            key="at",
            label=gettext_lazy("When"),
            value=lambda line: line.at.strftime("%Y-%m-%d %H:%M:%S"),
            names_the_row=True,
            css="p-nowrap",
        ),
        Column(key="name", label=gettext_lazy("Who")),
        Column(key="username", label=gettext_lazy("User name"), on_page=never),
        Column(key="role", label=gettext_lazy("Role")),
        Column(key="case_id", label=gettext_lazy("Case"), nothing="–"),
        Column(key="participant_id", label=gettext_lazy("Participant's number"), nothing="–"),
        Column(key="purpose", label=gettext_lazy("Purpose")),
        Column(key="allowed", label=gettext_lazy("Allowed")),
        Column(key="rule", label=gettext_lazy("By which rule")),
        Column(key="shown", label=gettext_lazy("People shown"), on_page=never),
        Column(key="login", label=gettext_lazy("Login"), on_page=never),
    ),
)


@require_safe
def log_page(request: HttpRequest) -> HttpResponse:
    """The log for the data protection officer: choose the days, look, take it out as a file."""
    who = data_protection(request)
    form, first, last, participant = _period(request)
    today = timezone.localdate()
    notice = queries.count_to_look_into(who, today)
    asked = approvals.notices(who, today)
    lines = list(islice(queries.log_lines(first, last, participant=participant, at_once=SHOWN), SHOWN + 1))
    log.log_list(who, "log", 0)
    context = {
        "title": LOG.title,
        "notice": {"data": notice.rows() if notice else []},
        # What they are to answer stands on the page they begin on.
        "asked": {"data": asked.rows() if asked else []},
        "form": form,
        "list": Shown(LOG.read({}, who), lines[:SHOWN]),
        "more": len(lines) > SHOWN,
        "query": f"?fra={first}&til={last}" + (f"&deltaker={participant}" if participant else ""),
    }
    return render(request, "oversight/log.html", context, status=422 if form.is_bound and form.errors else 200)


@require_safe
def log_file(request: HttpRequest, file_format: str) -> HttpResponse | FileResponse:
    """The log of some days as a file; that it was taken out is a line in the log too."""
    who = data_protection(request)
    form, first, last, participant = _period(request)
    if form.errors:
        return HttpResponseRedirect(f"{reverse('oversight:log')}?{request.GET.urlencode()}", status=303)
    query, number = LOG.read({}, who), 0

    def lines() -> Iterator[queries.AccessLogRow]:
        nonlocal number
        for line in queries.log_lines(first, last, participant=participant):
            number += 1
            yield line

    return as_file(
        file_format,
        LOG.lines(lines(), query),
        LOG.headings(query),
        title=str(LOG.title),
        name=f"{_('who-looked')}-{first}-{last}",
        written=lambda: log.log_list(who, "log export", number),
    )


def data_protection(request: HttpRequest) -> UserRoles:
    """The roles of the data protection officer who asks. Raises Http404 for others."""
    who = user_roles(request.user)
    if who is None or not who.has(Role.DATA_PROTECTION):
        raise Http404
    return who


def _period(request: HttpRequest) -> tuple[Period, date, date, int | None]:
    today = timezone.localdate()
    start = today - timedelta(days=30)
    form = Period(request.GET if request.GET else None, initial={"fra": start, "til": today})
    if not form.is_bound or not form.is_valid():
        return form, start, today, None
    return form, form.cleaned_data["fra"], form.cleaned_data["til"], form.cleaned_data["deltaker"]
