"""How long a participant's data is kept, and holding it back."""

from __future__ import annotations

from typing import cast

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.access.rules import Level
from plass.cases.form_views import case_crumbs, form_view
from plass.cases.gate import open_case
from plass.organisation.models import User

from . import actions, queries
from .forms import HoldForm, LiftForm
from .models import Hold
from .schedule import rule


def holds(request: HttpRequest, case_id: int) -> HttpResponse:
    """When this would be made nameless, what holds it back, and a form to hold it back."""
    opened = open_case(request, case_id, purpose="retention", needs=Level.DECIDE)
    page_url = reverse("retention:holds", args=[case_id])
    today = timezone.localdate()

    def act(by: User, form: forms.Form) -> str:
        actions.hold(opened.case, by=by, reason=form.cleaned_data["reason"])
        return page_url

    return form_view(
        request,
        opened,
        cast(forms.Form, HoldForm(request.POST or None)),
        act,
        template="retention/holds.html",
        title=_("How long this is kept"),
        done=_("Nothing about the participant is deleted until this is lifted."),
        crumbs=case_crumbs(opened, _("How long it is kept")),
        years=rule("follow-up", today).years,
        notice=queries.notice_of(opened.case.participant_id),
        holds=queries.holds_of(opened.case.participant),
        lifts=opened.case.team_id in opened.standing.led_teams,
    )


def lift(request: HttpRequest, case_id: int, hold_id: int) -> HttpResponse:
    """The supervisor lifts a hold."""
    opened = open_case(request, case_id, purpose="retention", needs=Level.DECIDE)
    held = Hold.objects.filter(pk=hold_id, participant_id=opened.case.participant_id).first()
    if held is None or opened.case.team_id not in opened.standing.led_teams:
        raise Http404
    page_url = reverse("retention:holds", args=[case_id])

    def act(by: User, form: forms.Form) -> str:
        actions.lift(opened.case, held, by=by)
        return page_url

    return form_view(
        request,
        opened,
        LiftForm(request.POST if request.method == "POST" else None),
        act,
        template="retention/lift.html",
        title=_("Lift the hold"),
        done=_("It is lifted. The ordinary time for keeping counts again."),
        crumbs=case_crumbs(opened, (_("How long it is kept"), page_url)),
        hold=held,
        back=page_url,
    )
