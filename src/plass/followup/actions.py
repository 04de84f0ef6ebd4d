"""Recording contacts, and agreeing on meetings and calling them off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plass.access.rules import Level
from plass.cases.actions import Passed
from plass.cases.facts import correct, record
from plass.cases.gate import NotAllowed, check
from plass.cases.models import Case, Referral
from plass.employers.models import ContactPerson, Employer
from plass.organisation.models import User

from . import queries
from .models import Contact, Meeting, MeetingCancelled, Party

#: What happened longer before somebody was referred is a slip of the pen.
LONGEST_BEFORE_REFERRAL = timedelta(days=366)


@transaction.atomic
def record_contact(
    case: Case | None,
    *,
    by: User,
    happened_on: date,
    parties: list[str],
    channel: str,
    purpose: str,
    employer: Employer | None = None,
    contact_person: ContactPerson | None = None,
    meeting: Meeting | None = None,
    place: str = "",
    **more: Any,
) -> Contact:
    """Record that somebody was in touch, or tried to (``no_show=True``). Returns the contact.

    ``case`` None: a talk with an employer about nobody yet. ``meeting`` says which agreed meeting this was, and so that
    it was held. ``more`` are further fields of :class:`Contact` (minutes,
    travel_minutes, no_show, note, next_contact_on, ...). Raises NotAllowed and ValidationError by field.
    """
    if case is None:
        if not by.is_staff_member:
            raise NotAllowed(f"user {by.pk} does not work here")
        if parties != [Party.EMPLOYER] or meeting is not None:
            raise ValidationError({"parties": _("A contact about nobody yet is with an employer alone.")})
    if contact_person is not None and (employer is None or contact_person.employer_id != employer.pk):
        raise ValidationError({"contact_person": _("This person does not work at this employer. Choose again.")})
    if meeting is not None:
        if case is None or meeting.case_id != case.pk:
            raise ValidationError({"meeting": _("This meeting is not about this participant.")})
        check(case, by, Level.CONTACT)
        _must_be_open(meeting)
        if timezone.localtime(meeting.starts_at).date() > happened_on:
            raise ValidationError(
                {"meeting": _("This meeting is on a later day. Call it off, or agree on a new time.")}
            )
    contact = record(
        Contact(
            case=case,
            happened_on=happened_on,
            parties=parties,
            channel=channel,
            purpose=purpose,
            employer=employer,
            contact_person=contact_person,
            meeting=meeting,
            place=place,
            **more,
        ),
        by=by,
    )
    check_contact(contact)
    return contact


def check_contact(contact: Contact) -> None:
    """Raise ValidationError where a contact that stands happened long before the person was referred."""
    if contact.case_id is None or not contact.stands:
        return
    referral = Referral.objects.filter(case=contact.case_id, superseded_at=None).order_by("happened_on").first()
    if referral is not None and contact.happened_on < referral.happened_on - LONGEST_BEFORE_REFERRAL:
        text = _("This is more than a year before the referral (%(referred)s). Check the year.")
        raise ValidationError({"happened_on": text % {"referred": date_format(referral.happened_on)}})


@transaction.atomic
def book_meeting(
    case: Case,
    *,
    by: User,
    starts_at: datetime,
    parties: list[str],
    purpose: str,
    staff: User | None = None,
    employer: Employer | None = None,
    agreed_on: date | None = None,
    **more: Any,
) -> Meeting:
    """Agree on a meeting or visit. ``staff`` goes there (the one who books, unless said). Returns the meeting.

    ``agreed_on`` is today unless said; ``starts_at`` (aware) cannot lie on an earlier day, nor before now where it is
    agreed today. ``more`` are further fields of :class:`Meeting`. Two meetings at once are allowed;
    ``queries.meetings_at_the_same_time`` tells of them.
    Raises NotAllowed and ValidationError by field.
    """
    if Party.EMPLOYER in parties and employer is None:
        raise ValidationError({"employer": _("Say which employer.")})
    # What was agreed on an earlier day may have been held since; what is agreed today is still to come.
    today = timezone.localdate()
    if agreed_on in (None, today) and timezone.localdate(starts_at) == today and starts_at < timezone.now():
        raise ValidationError({"starts_at": _("This time has passed. Record what happened as a contact instead.")})
    return record(
        Meeting(
            case=case,
            happened_on=agreed_on or timezone.localdate(),
            starts_at=starts_at,
            parties=parties,
            purpose=purpose,
            staff=staff or by,
            employer=employer,
            **more,
        ),
        by=by,
    )


@transaction.atomic
def cancel_meeting(
    meeting: Meeting, *, by: User, called_off_by: str, reason: str = "", happened_on: date | None = None
) -> MeetingCancelled:
    """Call an agreed meeting off: ``called_off_by`` is a :class:`MeetingCancelled.By`. Returns the fact.

    Raises NotAllowed, and ValidationError where the meeting was held or called off already.
    """
    check(meeting.case, by)
    _must_be_open(meeting)
    return record(
        MeetingCancelled(
            case=meeting.case,
            happened_on=happened_on or timezone.localdate(),
            meeting=meeting,
            by=called_off_by,
            reason=reason,
        ),
        by=by,
    )


def pass_on(passed: Sequence[Passed], by: User) -> None:
    """Whoever gets a case takes over the agreed meetings to come of the one who had it.

    Where nobody follows it now: the meetings of those who did before. One query, and some for each meeting.
    """
    to = {handover.case.pk: handover for handover in passed}
    for meeting in queries.meetings_to_pass_on([(handover.case.pk, handover.former) for handover in passed]):
        handover = to[meeting.case_id]
        if meeting.staff_id != handover.to.pk:
            reason = _("%(name)s takes over.") % {"name": handover.to.name}
            correct(meeting, by=by, reason=reason, staff=handover.to)


def _must_be_open(meeting: Meeting) -> None:
    # The lock makes two who record the same meeting at once come one after the other.
    Meeting.objects.select_for_update(of=("self",)).get(pk=meeting.pk)
    if not queries.meetings_of(meeting.case).filter(pk=meeting.pk).exists():
        raise ValidationError(
            {"meeting": _("This meeting has already been recorded or called off. Look at the timeline.")}
        )
