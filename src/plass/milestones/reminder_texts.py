"""Reminders in words: why a case stands on Min dag, where the fact behind it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.shortcuts import resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from plass.ui.templatetags.plass import nearby

from .reminders import Kind, Reminder


@dataclass(frozen=True)
class Sentence:
    """One reminder as it is read: the reason, the fact it comes from, and the act it leads to."""

    kind: Kind
    why: str
    fact_url: str
    act: str
    act_url: str
    icon: str


def sentence(reminder: Reminder, today: date) -> Sentence:
    """The reminder in the reader's language."""
    words, facts, (act, url), icon = _ABOUT[reminder.kind]
    return Sentence(
        kind=reminder.kind,
        why=words(reminder, today),
        fact_url=f"{resolve_url('timeline:timeline', reminder.case_id)}?slag={facts}",
        act=act(),
        act_url=url(reminder),
        icon=icon,
    )


def waited(days: int) -> str:
    """How long somebody has waited for the first talk."""
    return ngettext("Has waited %(days)s day", "Has waited %(days)s days", days) % {"days": days}


def _days(number: int | None) -> str:
    return ngettext("%(days)d day", "%(days)d days", number or 0) % {"days": number or 0}


def _job_lost(r: Reminder, today: date) -> str:
    return _("%(job)s ended %(when)s, and you have not been in touch since.") % {
        "job": r.what,
        "when": nearby(r.since or r.due_on, today),
    }


def _meeting_not_recorded(r: Reminder, today: date) -> str:
    return _("The meeting %(when)s is not recorded. Was it held?") % {"when": nearby(r.due_on, today)}


def _correction_request(r: Reminder, today: date) -> str:
    return _("Asks for a correction since %(when)s. The answer is due %(due)s.") % {
        "when": nearby(r.since or r.due_on, today),
        "due": nearby(r.due_on, today),
    }


def _news(r: Reminder, today: date) -> str:
    words = {
        "profile": _("Wrote in the profile %(when)s."),
        "comment": _("Wrote a comment %(when)s."),
        "disclosure": _("Decided what employers may know %(when)s."),
        "release": _("Shared something with an employer %(when)s."),
        "withdrawal": _("Withdrew something from an employer %(when)s."),
        "objection": _("Said no to an employer %(when)s."),
        "phone": _("A contact person at an employer was let in with another phone by a colleague %(when)s."),
    }
    return words[r.what] % {"when": nearby(r.since or r.due_on, today)}


def _job_started(r: Reminder, today: date) -> str:
    if r.not_yet == "pay":
        words = _("Began unpaid as %(job)s %(when)s. Be in touch within three days.")
    else:
        words = _("Began as %(job)s %(when)s. Be in touch within three days.")
    return words % {"job": r.what, "when": nearby(r.since or r.due_on, today)} + _not_yet(r)


def _not_yet(r: Reminder) -> str:
    """Why the phase beside the sentence is not "in work", which a job that has begun makes one expect."""
    words = {
        "hours": _("The phase becomes “in work” with the fourth paid hour."),
        "pay": _("A work trial or job taster does not count as work."),
    }
    return f" {words[r.not_yet]}" if r.not_yet else ""


def _job_starts(r: Reminder, today: date) -> str:
    return _("Begins as %(job)s %(when)s. Be in touch in the week before.") % {
        "job": r.what,
        "when": nearby(r.due_on, today),
    }


def _job_end_passed(r: Reminder, today: date) -> str:
    return _("%(job)s was agreed to end %(when)s. Has it ended, or does it go on?") % {
        "job": r.what,
        "when": nearby(r.due_on, today),
    }


def _job_ends(r: Reminder, today: date) -> str:
    return _("%(job)s is to end %(when)s. What comes after?") % {"job": r.what, "when": nearby(r.due_on, today)}


def _follow_up(r: Reminder, today: date) -> str:
    return _("Contact agreed: %(when)s.") % {"when": nearby(r.due_on, today)}


def _first_talk(r: Reminder, today: date) -> str:
    return _("Has waited %(days)s since the referral, and no first talk is agreed.") % {"days": _days(r.days)}


def _first_month(r: Reminder, today: date) -> str:
    if r.not_yet == "pay":
        words = _("New and unpaid as %(job)s. Last in touch %(when)s; weekly in the first month.")
    else:
        words = _("New as %(job)s. Last in touch %(when)s; weekly in the first month.")
    return words % {"job": r.what, "when": nearby(r.since or r.due_on, today)} + _not_yet(r)


def _not_met(r: Reminder, today: date) -> str:
    return _("You have not met for %(days)s.") % {"days": _days(r.days)}


def _pause_review(r: Reminder, today: date) -> str:
    return _("Paused. To be looked at again: %(when)s.") % {"when": nearby(r.due_on, today)}


def _step(r: Reminder, today: date) -> str:
    if r.due_on < today:
        return _("In the plan: %(what)s. It was due %(when)s.") % {"what": r.what, "when": nearby(r.due_on, today)}
    return _("In the plan: %(what)s. It is due %(when)s.") % {"what": r.what, "when": nearby(r.due_on, today)}


def _retention(r: Reminder, today: date) -> str:
    return _("%(weeks)d weeks since the first job %(when)s.") % {"weeks": r.days or 0, "when": nearby(r.due_on, today)}


def _employer_not_met(r: Reminder, today: date) -> str:
    return _("Began %(days)s ago, and no employer has been met in person yet.") % {"days": _days(r.days)}


def _no_profile(r: Reminder, today: date) -> str:
    return _("Began %(days)s ago, and there is no vocational profile yet.") % {"days": _days(r.days)}


def _disclosure(r: Reminder, today: date) -> str:
    return _("You have not talked about what employers may know.")


def _no_next_meeting(r: Reminder, today: date) -> str:
    return _("Nothing is agreed for the next time.")


def _contact(r: Reminder) -> str:
    return f"{resolve_url('followup:contact', r.case_id)}?med=participant"


def _answer(r: Reminder) -> str:
    return resolve_url("rights:answer", r.case_id, r.fact_id)


def _see(r: Reminder) -> str:
    if r.what == "profile":
        return resolve_url("profiles:versions", r.case_id)
    return resolve_url("rights:voice" if r.what == "comment" else "rights:sharing", r.case_id)


def _held(r: Reminder) -> str:
    return f"{resolve_url('followup:contact', r.case_id)}?mote={r.fact_id}"


def _employer(r: Reminder) -> str:
    return f"{resolve_url('followup:contact', r.case_id)}?med=employer"


def _book(r: Reminder) -> str:
    return resolve_url("followup:meeting", r.case_id)


def _profile(r: Reminder) -> str:
    return resolve_url("profiles:profile", r.case_id)


def _resume(r: Reminder) -> str:
    return resolve_url("cases:resume", r.case_id)


def _job_end(r: Reminder) -> str:
    return resolve_url("jobs:end", r.case_id, r.fact_id)


def _step_done(r: Reminder) -> str:
    return resolve_url("plan:step_done", r.case_id, r.fact_id)


Act = tuple[Callable[[], str], Callable[[Reminder], str]]
RECORD: Act = (lambda: _("Record contact"), _contact)
BOOK: Act = (lambda: _("Agree on a meeting"), _book)
PROFILE: Act = (lambda: _("Write the profile"), _profile)

#: For each kind: its sentence, the kinds of fact behind it, its act, its icon.
_ABOUT: dict[Kind, tuple[Callable[[Reminder, date], str], str, Act, str]] = {
    Kind.JOB_LOST: (_job_lost, "jobs", RECORD, "BriefcaseClock"),
    Kind.MEETING_NOT_RECORDED: (
        _meeting_not_recorded,
        "meetings",
        (lambda: _("Record it"), _held),
        "Calendar",
    ),
    Kind.CORRECTION_REQUEST: (_correction_request, "", (lambda: _("Answer"), _answer), "PersonPencil"),
    Kind.NEWS: (_news, "", (lambda: _("See"), _see), "Chat"),
    Kind.JOB_STARTED: (_job_started, "jobs", RECORD, "Briefcase"),
    Kind.JOB_STARTS: (_job_starts, "jobs", RECORD, "Briefcase"),
    Kind.JOB_END_PASSED: (_job_end_passed, "jobs", (lambda: _("Record the end"), _job_end), "BriefcaseClock"),
    Kind.JOB_ENDS: (_job_ends, "jobs", RECORD, "BriefcaseClock"),
    Kind.FOLLOW_UP: (_follow_up, "contacts", RECORD, "Phone"),
    Kind.FIRST_TALK: (_first_talk, "case", BOOK, "Hourglass"),
    Kind.FIRST_MONTH: (_first_month, "contacts", RECORD, "Briefcase"),
    Kind.NOT_MET: (_not_met, "contacts", BOOK, "PersonChat"),
    Kind.PAUSE_REVIEW: (_pause_review, "case", (lambda: _("Look again"), _resume), "Pause"),
    Kind.STEP: (_step, "plan", (lambda: _("Done?"), _step_done), "Tasklist"),
    Kind.RETENTION: (_retention, "jobs", RECORD, "Briefcase"),
    Kind.EMPLOYER_NOT_MET: (
        _employer_not_met,
        "contacts",
        (lambda: _("Record employer contact"), _employer),
        "Buildings3",
    ),
    Kind.NO_PROFILE: (_no_profile, "profile", PROFILE, "PersonPencil"),
    Kind.DISCLOSURE: (_disclosure, "profile", PROFILE, "PersonPencil"),
    Kind.NO_NEXT_MEETING: (_no_next_meeting, "meetings", BOOK, "Calendar"),
}
