"""The pages that record what happens between people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from plass.cases.fact_texts import format_date
from plass.cases.form_views import ask_whether_new, case_crumbs, form_view, open_to_record
from plass.cases.models import Case, Fact, Referral
from plass.employers import form_views as employer_pages
from plass.employers.models import Employer
from plass.organisation.models import Role, User
from plass.organisation.sorting import by_name

from . import actions, queries
from .forms import CancelForm, ContactForm, MeetingForm
from .models import Channel, Meeting, Party, Place, Purpose

#: Agreed meetings offered as "this was that meeting": so many, and none further back than this.
OFFERED_MEETINGS = 4
OFFERED_DAYS = 60


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def _offered(meetings: list[Meeting], chosen: int | None) -> list[Meeting]:
    """The open meetings a contact of today may have been: of today and before, and the one that was asked for."""
    today = timezone.localdate()
    near = [
        open_meeting
        for open_meeting in meetings
        if today - timedelta(days=OFFERED_DAYS) <= timezone.localdate(open_meeting.starts_at) <= today
        and open_meeting.pk != chosen
    ]
    return [open_meeting for open_meeting in meetings if open_meeting.pk == chosen] + near[-OFFERED_MEETINGS:]


def _initial_contact(meeting: Meeting | None, with_whom: list[str], employer_id: int | None) -> dict[str, Any]:
    """What a contact most likely was: the agreed meeting, or one with whom the address says."""
    if meeting is not None:
        now, starts_at = timezone.localtime(), timezone.localtime(meeting.starts_at)
        return {
            "parties": meeting.parties,
            "channel": meeting.channel,
            "place": meeting.place or (Place.WORKPLACE if meeting.employer_id else Place.OFFICE),
            "minutes": meeting.minutes,
            "purpose": meeting.purpose,
            "employer": str(employer_id or meeting.employer_id or ""),
            "meeting": str(meeting.pk),
            "happened_on": min(now, starts_at).date(),
            # Where it was held earlier than agreed, when it was is for whoever was there to say.
            "started_at": starts_at.time() if starts_at <= now else None,
        }
    parties = [party for party in with_whom if party in Party.values]
    if employer_id and Party.EMPLOYER not in parties:
        parties.append(Party.EMPLOYER)
    parties = parties or [Party.PARTICIPANT]
    with_employer = Party.EMPLOYER in parties
    return {
        "parties": parties,
        "purpose": Purpose.JOB_DEVELOPMENT if with_employer else Purpose.FOLLOW_UP,
        "employer": str(employer_id or ""),
        "place": Place.WORKPLACE if with_employer else "",
    }


def _purpose(request: HttpRequest) -> dict[str, str]:
    """The purpose, where the address says it (``?formal=``)."""
    purpose = request.GET.get("formal", "")
    return {"purpose": purpose} if purpose in Purpose.values else {}


def contact(request: HttpRequest, case_id: int) -> HttpResponse:
    """Record a contact. ``?mote=``, ``?med=``, ``?arbeidsgiver=`` and ``?formal=`` fill in what is known."""
    opened = open_to_record(request, case_id, ContactForm, purpose="contact")
    case = opened.case
    open_ones = list(queries.meetings_of(case))
    chosen = _number(request.GET.get("mote") or request.POST.get("meeting"))
    offered = _offered(open_ones, chosen)
    held = next((open_meeting for open_meeting in offered if open_meeting.pk == chosen), None)
    employers = queries.employers_to_offer(case)
    if held is not None and held.employer is not None:
        employers = [held.employer, *(employer for employer in employers if employer.pk != held.employer_id)]
    form = ContactForm(
        request.POST or None,
        meetings=offered,
        known=employers,
        initial=_initial_contact(held, request.GET.getlist("med"), _number(request.GET.get("arbeidsgiver")))
        | _purpose(request),
    )

    def act(by: User, _form: forms.Form) -> Fact:
        new_contact = actions.record_contact(case, by=by, **form.settled_values(by))
        referred = Referral.objects.filter(case=case, superseded_at=None).order_by("happened_on").first()
        if referred is not None and new_contact.happened_on < referred.happened_on:
            messages.warning(
                request,
                _("Note: %(day)s is before the referral (%(referred)s). Correct the date if the year is wrong.")
                % {"day": format_date(new_contact.happened_on), "referred": format_date(referred.happened_on)},
            )
        return new_contact

    gone = held is None and chosen is not None and not form.is_bound
    return form_view(
        request,
        opened,
        form,
        act,
        template="followup/_contact_fragment.html" if _wants_fragment(request) else "followup/contact.html",
        title=_("Record a contact"),
        done=_("The contact is recorded."),
        crumbs=case_crumbs(opened, _("Record a contact")),
        gone=gone,
        draft=f"contact-{case.pk}-{chosen or ''}",
    )


def _wants_fragment(request: HttpRequest) -> bool:
    return request.method == "GET" and bool(request.headers.get("HX-Request"))


def employer_contact(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Record a contact with an employer about nobody yet."""
    who = employer_pages.staff(request)
    employer = get_object_or_404(Employer, pk=employer_id)
    form = ContactForm(
        request.POST or None,
        about=False,
        known=[employer],
        initial={
            "employer": str(employer.pk),
            "purpose": Purpose.JOB_DEVELOPMENT,
            "place": Place.WORKPLACE,
            "contact_person": str(_number(request.GET.get("person")) or ""),
        },
    )

    def act(by: User, _form: forms.Form) -> str:
        new_contact = actions.record_contact(None, by=by, **form.settled_values(by))
        ask_whether_new(form, new_contact)
        return reverse("employers:employer", args=[new_contact.employer_id])

    back = reverse("employers:employer", args=[employer.pk])
    return employer_pages.form_view(
        request,
        who,
        form,
        act,
        template="followup/contact.html",
        title=_("Record a contact with an employer"),
        back=back,
        done=_("The contact is recorded."),
        crumbs=employer_pages.employer_crumbs((employer.name, back), _("Record a contact")),
        draft=f"employer-contact-{employer.pk}",
    )


def _colleagues(case: Case, me: User) -> list[User]:
    """Who may go to a meeting of this case: the one who books first, the specialist, and those of the team today."""
    today = timezone.localdate()
    team = User.objects.filter(
        Q(memberships__ended_on=None) | Q(memberships__ended_on__gte=today),
        memberships__team=case.team_id,
        memberships__role__in=[Role.SPECIALIST, Role.SUPERVISOR],
        memberships__started_on__lte=today,
    )
    colleagues = {me.pk: me}
    for user in [case.specialist, case.counsellor, *team.order_by(by_name(), "pk").distinct()[:40]]:
        if user is not None:
            colleagues.setdefault(user.pk, user)
    return list(colleagues.values())


def _initial_meeting(instead_of: Meeting | None, with_whom: list[str], employer_id: int | None) -> dict[str, Any]:
    """What a meeting most likely is: the called-off one a week later, or one with whom the address says."""
    if instead_of is not None:
        before = timezone.localtime(instead_of.starts_at)
        day = before.date() + timedelta(weeks=1)
        while day <= timezone.localdate():
            day += timedelta(weeks=1)
        return {
            "parties": instead_of.parties,
            "channel": instead_of.channel,
            "place": instead_of.place,
            "address": instead_of.address,
            "minutes": instead_of.minutes,
            "purpose": instead_of.purpose,
            "employer": str(instead_of.employer_id or ""),
            "staff": str(instead_of.staff_id),
            "note": instead_of.note,
            "day": day,
            "time": before.time(),
        }
    initial = _initial_contact(None, with_whom, employer_id)
    return initial | {"channel": Channel.IN_PERSON, "minutes": 60, "place": initial["place"] or Place.OFFICE}


def meeting(request: HttpRequest, case_id: int) -> HttpResponse:
    """Agree on a meeting or visit. ``?istedenfor=`` fills in from a meeting that was called off."""
    opened = open_to_record(request, case_id, MeetingForm, purpose="meeting")
    case = opened.case
    instead_of = None
    if number := _number(request.GET.get("istedenfor")):
        instead_of = Meeting.objects.filter(case=case, pk=number).select_related("employer").first()
    form = MeetingForm(
        request.POST or None,
        colleagues=_colleagues(case, opened.standing.user),
        known=queries.employers_to_offer(case),
        initial=_initial_meeting(instead_of, request.GET.getlist("med"), _number(request.GET.get("arbeidsgiver")))
        | _purpose(request),
    )

    def act(by: User, _form: forms.Form) -> Fact:
        booked = actions.book_meeting(case, by=by, **form.settled_values(by))
        other = queries.meetings_at_the_same_time(booked).first()
        if other is not None:
            messages.warning(
                request,
                _("Note: %(name)s has another meeting from %(start)s to %(end)s that day.")
                % {
                    "name": booked.staff.name,
                    "start": f"{timezone.localtime(other.starts_at):%H:%M}",
                    "end": f"{timezone.localtime(other.ends_at):%H:%M}",
                },
            )
        return booked

    return form_view(
        request,
        opened,
        form,
        act,
        template="followup/meeting.html",
        title=_("Agree on a meeting"),
        done=_("The meeting is agreed."),
        crumbs=case_crumbs(opened, _("Agree on a meeting")),
    )


def cancel(request: HttpRequest, case_id: int, meeting_id: int) -> HttpResponse:
    """Call an agreed meeting off, and find a new time at once if one wants to."""
    opened = open_to_record(request, case_id, CancelForm, purpose="cancel meeting")
    cancelled = get_object_or_404(
        Meeting.objects.select_related("case", "employer", "staff"), case=opened.case, pk=meeting_id
    )
    form = CancelForm(request.POST or None, with_employer=Party.EMPLOYER in cancelled.parties)

    def act(by: User, valid: forms.Form) -> Fact | str:
        cancellation = actions.cancel_meeting(
            cancelled, by=by, called_off_by=valid.cleaned_data["by"], reason=valid.cleaned_data["reason"]
        )
        if "new_time" in request.POST:
            return f"{reverse('followup:meeting', args=[case_id])}?istedenfor={cancelled.pk}"
        return cancellation

    when = formats.date_format(timezone.localtime(cancelled.starts_at), "DATETIME_FORMAT")
    return form_view(
        request,
        opened,
        form,
        act,
        template="followup/cancel.html",
        title=_("Call off the meeting"),
        done=_("The meeting is called off."),
        crumbs=case_crumbs(opened, _("Call off the meeting")),
        meeting=cancelled,
        lead=when,
    )
