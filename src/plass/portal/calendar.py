"""Agreed meetings as iCalendar, for a phone that others may look at: no word about Nav, work or health."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from .queries import CalendarEntry


def _uid(meeting: CalendarEntry) -> str:
    """The same each time, so that a calendar updates the event, and without the meeting's own number."""
    key = hashlib.sha256(f"{settings.SECRET_KEY}:meeting:{meeting.numbers[0]}".encode()).hexdigest()
    return f"{key[:32]}@calendar"


def calendar(meetings: Iterable[CalendarEntry]) -> bytes:
    """These meetings. Only when, for how long, and the first name of who it is with; and whether it is called off."""
    ical = Calendar()
    ical.add("prodid", "-//calendar//nb//")
    ical.add("version", "2.0")
    for meeting in meetings:
        event = Event()
        event.add("uid", _uid(meeting))
        event.add("dtstamp", timezone.now())
        # In universal time: a phone shows its own, and nothing needs to be said about zones.
        event.add("dtstart", meeting.starts_at.astimezone(UTC))
        event.add("dtend", meeting.ends_at.astimezone(UTC))
        event.add("summary", _("Appointment with %(name)s") % {"name": meeting.with_whom.split(" ")[0]})
        event.add("class", "PRIVATE")
        event.add("sequence", meeting.sequence)
        event.add("status", "CANCELLED" if meeting.is_off else "CONFIRMED")
        ical.add_component(event)
        if meeting.is_off:
            continue
        reminder = Alarm()
        reminder.add("action", "DISPLAY")
        reminder.add("description", _("Appointment"))
        reminder.add("trigger", timedelta(hours=-2))
        event.add_component(reminder)
    written: bytes = ical.to_ical()
    return written
