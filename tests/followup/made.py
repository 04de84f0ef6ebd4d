"""Facts of this room, with everything a test does not care about filled in."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from plass.cases.facts import record
from plass.cases.models import Case
from plass.employers.models import Employer
from plass.followup.models import Contact, Meeting, MeetingCancelled
from plass.organisation.models import User


def day(days: int) -> date:
    """Today and so many days."""
    return timezone.localdate() + timedelta(days=days)


def at(days: int, hour: int = 10, minute: int = 0) -> datetime:
    """A time of the day so many days from today."""
    return timezone.make_aware(datetime.combine(day(days), time(hour, minute)))


def employer(by: User, name: str = "Prøvebakeriet AS", **more: Any) -> Employer:
    return Employer.objects.create(name=name, recorded_by=by, **more)


def contact(case: Case | None, by: User, days: int = 0, **more: Any) -> Contact:
    """A contact so many days from today: with the participant, in person, for follow-up, unless said otherwise."""
    values = {"parties": ["participant"], "channel": "in_person", "purpose": "follow_up", "minutes": 30} | more
    values.setdefault("place", "office" if values["channel"] == "in_person" else "")
    return record(Contact(case=case, happened_on=day(days), **values), by=by)


def meeting(case: Case, by: User, starts_at: datetime, **more: Any) -> Meeting:
    values = {"parties": ["participant"], "purpose": "follow_up", "staff": by} | more
    # One that is over was agreed before it was held.
    agreed_on = min(timezone.localdate(), timezone.localtime(starts_at).date())
    return record(Meeting(case=case, happened_on=agreed_on, starts_at=starts_at, **values), by=by)


def cancelled(meeting: Meeting, by: User) -> MeetingCancelled:
    return record(
        MeetingCancelled(case=meeting.case, happened_on=timezone.localdate(), meeting=meeting, by="participant"), by=by
    )
