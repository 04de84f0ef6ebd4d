"""Ways into a case beside the usual ones: in an emergency, and given by whoever follows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from plass.access import actions, idempotency, log
from plass.access.forms import IdempotentForm
from plass.access.models import Grant
from plass.access.queries import ways_into
from plass.access.rules import Level
from plass.access.user_roles import UserRoles, user_roles
from plass.organisation.models import User
from plass.ui.too_many import TooMany
from plass.ui.views import error_page

from .. import queries
from ..form_views import case_crumbs, case_or_home, form_view
from ..gate import LARGEST, open_case


def _hours(hours: int) -> str:
    days = hours // 24
    if hours % 24:
        return ngettext("%(number)d hour", "%(number)d hours", hours) % {"number": hours}
    return ngettext("%(number)d day", "%(number)d days", days) % {"number": days}


class ForATime(IdempotentForm):
    """A reason, and for how long."""

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    hours = forms.TypedChoiceField(
        label=gettext_lazy("For how long"), coerce=int, widget=forms.RadioSelect, initial=actions.HOURS[0]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hours"].choices = [(hours, _hours(hours)) for hours in actions.HOURS]  # type: ignore[attr-defined]


class GiveForm(ForATime):
    """To whom as well."""

    to = forms.TypedChoiceField(label=gettext_lazy("Who"), coerce=int)
    level = forms.TypedChoiceField(
        label=gettext_lazy("What they may do"),
        coerce=int,
        choices=[
            (Grant.Allows.READ, gettext_lazy("See the case")),
            (Grant.Allows.RECORD, gettext_lazy("See the case and record in it")),
        ],
        initial=Grant.Allows.READ,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Who follows, ends, and what is shared with employers is never decided this way."),
    )
    field_order = ("to", "level", "reason", "hours")

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {user.pk: user for user in people}
        self.fields["to"].choices = [("", ""), *((user.pk, user.name) for user in people)]  # type: ignore[attr-defined]


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404: alike for what does not exist and what is not for this person; at a case with the emergency way in.

    Also whoever was refused so often that they are to wait (429): with the same way in, for that opens as ever.
    """
    match = request.resolver_match
    case_id = match.kwargs.get("case_id") if match is not None else None
    user = getattr(request, "user", None)
    who = user_roles(user) if case_id is not None and user is not None else None
    link = None
    if who is not None and who.actor.works_with_people and match is not None and match.view_name != "cases:emergency":
        link = (_("I need to see this case in an emergency"), reverse("cases:emergency", args=[case_id]))
    if isinstance(exception, TooMany):
        return _to_wait(request, exception.seconds, link)
    return error_page(request, 404, link=link)


def _to_wait(request: HttpRequest, seconds: int, link: tuple[str, str] | None) -> HttpResponse:
    """The page for whoever was refused so often that they are to wait: until when, what opens meanwhile, and whom to ask."""
    # The minute after it is over, so that nobody comes back too early.
    over = timezone.localtime(timezone.now() + timedelta(seconds=seconds + 60))
    explanation = _(
        "In the last hour you have tried very many cases that you do not have access to, and whoever leads you is told. "
        "After %(clock)s you can try others again. Your own cases open as before. Do you need another case now, ring "
        "whoever follows the participant, or your supervisor."
    ) % {"clock": date_format(over, "H.i")}
    title = _("You must wait before you try more cases")
    return error_page(
        request, 429, title=title, explanation=explanation, link=link, headers={"Retry-After": str(seconds)}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def emergency(request: HttpRequest, case_id: int) -> HttpResponse:
    """Break glass. The page is the same for every number, also one that no case has.

    Whoever was refused very often within the hour is told to wait (429) where they are refused; what opens, opens as ever.
    """
    who = _works_with_people(request)
    if case_id > LARGEST:
        raise Http404
    form = ForATime(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        seconds: int | None = None

        def act() -> str:
            nonlocal seconds
            opened = actions.break_glass(
                case_id, by=who.user, reason=form.cleaned_data["reason"], hours=form.cleaned_data["hours"]
            )
            if not opened:
                seconds = log.slows_down(who)
                if seconds:
                    return reverse("cases:emergency", args=[case_id])
                messages.warning(request, _("No such case could be opened this way. Ask the supervisor or the office."))
                return reverse("cases:emergency", args=[case_id])
            messages.warning(
                request, _("The case is open to you for a time. The supervisor is told, and the participant sees it.")
            )
            return reverse("caseload:case", args=[case_id])

        leads_to = idempotency.run_once(form.cleaned_data["submission"], by=who.user, act=act)
        if seconds:
            # Only now: the lines in the log stay.
            raise TooMany(seconds)
        return HttpResponseRedirect(leads_to, status=303)
    context = {
        "title": _("See a case in an emergency"),
        "form": form,
        "back": reverse("accounts:home"),
        "number": case_id,
    }
    return render(request, "cases/emergency.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest, case_id: int) -> HttpResponse:
    """Whoever follows a case lets a colleague see it for a time, also where the participant is shielded."""
    opened = open_case(request, case_id, purpose="let in", needs=Level.DECIDE)
    me = opened.standing.user
    people = {
        user.pk: user
        for role in ("specialist", "counsellor")
        for user, _team in queries.who_can_follow(opened.case.office_id, role)
        if user.pk != me.pk
    }
    form = GiveForm(request.POST if request.method == "POST" else None, people=list(people.values()))

    def act(by: User, valid: forms.Form) -> None:
        data = valid.cleaned_data
        actions.give(
            case_id,
            by=by,
            to=people[data["to"]],
            reason=data["reason"],
            hours=data["hours"],
            level=Grant.Allows(data["level"]),
        )

    title: str | Promise = _("Let a colleague see this for a time")
    return form_view(
        request,
        opened,
        form,
        act,
        template="cases/give.html",
        title=title,
        done=_("They see the case from now on. It ends by itself."),
        crumbs=case_crumbs(opened, str(title)),
        ways=ways_into(case_id),
        now=timezone.now(),
    )


@require_POST
def end(request: HttpRequest, case_id: int, way_id: int) -> HttpResponse:
    """A way into the case ends now: by those who decide about it, or the one who has it. No harm where it has ended."""
    opened = open_case(request, case_id, purpose="end a way in")
    me = opened.standing.user
    way = Grant.objects.filter(pk=way_id, case_id=case_id).first()
    if not opened.may_decide and (way is None or way.user_id != me.pk):
        raise Http404
    if way is not None:
        actions.end_way(way, by=me)
    messages.success(request, _("The access has ended."))
    leads_to = case_or_home(opened)
    return HttpResponseRedirect(leads_to, status=303)


def _works_with_people(request: HttpRequest) -> UserRoles:
    who = user_roles(request.user)
    if who is None or not who.actor.works_with_people:
        raise Http404
    return who
