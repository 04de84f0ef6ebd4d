"""Referring somebody, and a counsellor's own referrals."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plass.access import idempotency, log
from plass.access.user_roles import UserRoles, user_roles
from plass.organisation.models import Role
from plass.ui.listing import Column, Filter, Listing

from .. import actions, notices, queries
from ..form_views import add_errors
from ..forms import ReferForm
from ..gate import NotAllowed

PARTS = (
    ("", gettext_lazy("All")),
    ("waiting", gettext_lazy("Waiting")),
    ("active", gettext_lazy("Being followed")),
    ("ended", gettext_lazy("Ended")),
)
REFERRALS = Listing(
    name="referrals",
    title=gettext_lazy("My referrals"),
    own_filters=(
        Filter(
            key="del",
            choices=PARTS,
            narrow=lambda rows, part, query: rows.filter(part=part),
            drawn=False,
        ),
    ),
    columns=(
        Column(key="participant", label=gettext_lazy("Participant"), names_the_row=True),
        Column(key="phase", label=gettext_lazy("How it goes")),
        Column(key="waiting", label=gettext_lazy("Waiting time")),
        Column(key="specialist", label=gettext_lazy("Job specialist")),
        Column(key="last_met", label=gettext_lazy("Last met")),
    ),
)


def refer(request: HttpRequest) -> HttpResponse:
    """The counsellor (or a specialist) refers somebody to a team at their own office."""
    who = user_roles(request.user)
    if who is None or not any(who.has(role) for role in queries.WHO_REFER):
        raise NotAllowed("refers nobody")
    posted = request.method == "POST"
    if posted and (earlier := idempotency.earlier_result(request.POST.get("submission"), by=who.user)):
        return HttpResponseRedirect(earlier, status=303)
    form = ReferForm(request.POST if posted else None, teams=queries.teams_to_refer_to(who))
    if posted and form.is_valid():
        number = form.cleaned_data["submission"]
        try:
            leads_to = idempotency.run_once(number, by=who.user, act=lambda: _refer(request, who, form))
            return HttpResponseRedirect(leads_to, status=303)
        except ValidationError as error:
            add_errors(form, error)
    context = {"title": _("Refer a participant"), "form": form, "back": reverse("accounts:home")}
    return render(request, "cases/refer.html", context, status=422 if form.is_bound else 200)


def _refer(request: HttpRequest, who: UserRoles, form: ReferForm) -> str:
    """Do it, say what happened, and tell where to go on."""
    values = form.cleaned_data
    known_before = actions.known(values["number"], values["team"])
    case = actions.refer(
        by=who.user,
        number=values["number"],
        person=form.particulars(),
        team=values["team"],
        wishes=values["wishes"],
        help_wanted=values["help_wanted"],
        participant_agreed_on=values["participant_agreed_on"],
        happened_on=values["happened_on"],
    )
    # What is said follows from what the one who refers has a lasting part in, and typed; nothing from what else is known.
    messages.success(request, _("The referral has been received. Those who are to follow up are told."))
    if known_before is not None:
        messages.info(
            request,
            _(
                "You know this person here from before. Name, address and protection stay as they are registered. "
                "You change them on the person's page."
            ),
        )
    if case.participant.is_protected:
        messages.warning(request, _("The participant is protected: choose now who is to follow them."))
        return reverse("cases:hand_over", args=[case.pk])
    return reverse("cases:referrals") if who.has(Role.COUNSELLOR) else reverse("caseload:case", args=[case.pk])


def referrals(request: HttpRequest) -> HttpResponse:
    """A counsellor's own referrals, and how each goes."""
    who = user_roles(request.user)
    if who is None or not who.actor.works_with_people:
        raise NotAllowed("has no referrals")
    query = REFERRALS.read(request.GET.dict(), who)
    shown = REFERRALS.page(query, REFERRALS.narrowed(queries.referrals(who.user), query), request.GET.get("page"))
    log.log_list(who, "list", len(shown.rows))
    answered = queries.ended_with_an_answer(case.pk for case in shown.rows if case.milestones.end_cause == "other")
    here = reverse("cases:referrals")
    tabs = [(f"{here}?del={key}" if key else here, text, key == query["del"]) for key, text in PARTS]
    rendered_notices = notices.for_today(who, timezone.localdate())
    context = {"title": shown.title, "list": shown, "tabs": tabs, "notices": rendered_notices}
    return render(request, "cases/referrals.html", context | {"answered": answered})
