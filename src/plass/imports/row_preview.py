"""What would be written of a row, in short words: nothing goes in that was not shown."""

from __future__ import annotations

from decimal import Decimal

from plass.cases.models import CaseEnded, Participant
from plass.jobs.models import JobEnded, JobStarted

from .fields import CONTACT, PARTICULARS, Field
from .labels import LABELS
from .plan_types import PlannedJob, PlannedPerson
from .translatable import as_written, joined, ngettext
from .translatable import gettext as _

#: So much of the wishes is shown; all of it is written.
LONGEST = 80


def of_person(person: PlannedPerson, *, is_known: bool) -> list[str]:
    """Sentences on a new case's participant. Of somebody ``is_known``, what is registered stays as it is."""
    sentences = []
    if not is_known:
        details = person.person
        place = " ".join(part for part in (details["postal_code"], details["place"]) if part)
        address = ", ".join(part for part in (details["address"], place) if part)
        for field, value in (
            (Field.PHONE, details["phone"]),
            (Field.EMAIL, details["email"]),
            (Field.ADDRESS, address),
            (Field.PROTECTION, details["protection"] and Participant.Protection(details["protection"]).label),
            *((field, details[field.value]) for field in PARTICULARS if field not in CONTACT),
        ):
            if value:
                sentences.append(_labelled(field, value))
    if person.wishes:
        shown = " ".join(person.wishes.split())
        sentences.append(_labelled(Field.WISHES, shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"))
    return sentences


def of_job(job: PlannedJob) -> str:
    """A job in one sentence: title, employer, form, hours and what they were made of, first and last day."""
    hours = of_hours(job.hours, job.hours_from)
    parts: list[str] = [as_written(JobStarted.Form(job.form).label)]
    if job.form != JobStarted.Form.ON_CALL or job.hours:
        parts.append(hours)
    if job.planned_end_on:
        parts.append(_("agreed until %(day)s") % {"day": job.planned_end_on})
    if job.subsidised:
        parts.append(_("with wage subsidy"))
    if job.employer_number:
        parts.append(_("organisation number %(number)s") % {"number": job.employer_number})
    return _("Job at %(employer)s from %(day)s: %(title)s, %(details)s.") % {
        "employer": job.employer,
        "day": job.started_on,
        "title": job.title,
        "details": joined(parts),
    }


def of_job_end(job: PlannedJob) -> str:
    """When and why a job ended."""
    assert job.ended_on is not None
    return _("The job at %(employer)s ended %(day)s: %(reason)s.") % {
        "employer": job.employer,
        "day": job.ended_on,
        "reason": JobEnded.Reason(job.end_reason).label,
    }


def of_end(person: PlannedPerson) -> str:
    """When and why the follow-up ended."""
    assert person.ended_on is not None
    return _("Ended %(day)s: %(cause)s.") % {
        "day": person.ended_on,
        "cause": CaseEnded.Cause(person.end_cause).label,
    }


def _labelled(field: Field, value: object) -> str:
    return _("%(field)s: %(value)s") % {"field": LABELS[field], "value": value}


def of_hours(hours: Decimal, made_of: str) -> str:
    """Hours a week, and what they were made of where the list has per cent."""
    whole = hours == int(hours)
    words = ngettext("%(hours)s hour a week", "%(hours)s hours a week", int(hours) if whole else 2) % {"hours": hours}
    return _("%(hours)s (%(from)s)") % {"hours": words, "from": made_of} if made_of else words
