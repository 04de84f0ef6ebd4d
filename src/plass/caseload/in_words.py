"""Facts in words: what a line of the timeline says. One small function a kind of fact, and a table of them.

A fact comes as the timeline view gives it (its fields as JSON); what its fields point to (employers, people, meetings,
jobs) comes as :class:`Names`, read for a whole page at once. Nothing here asks the database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import TextChoices
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_noop, ngettext
from django.utils.translation import gettext as _

from plass.cases.models import Assignment, CaseEnded, CaseReopened, Collaborator, PauseStarted
from plass.followup.models import Channel, MeetingCancelled, Place, PlanStep, PlanStepDone, Purpose
from plass.jobs.models import EducationEnded, EducationStarted, JobEnded, JobStarted
from plass.profiles.models import Profile
from plass.profiles.queries import CONTENT
from plass.ui.templatetags.plass import minutes, written

Fields = dict[str, Any]


@dataclass
class Names:
    """What facts point to, by kind ("employer", "user", "meeting", ...) and number."""

    participant: str
    found: dict[tuple[str, int], str] = field(default_factory=dict)

    def of(self, kind: str, number: int | None) -> str:
        """What ``number`` is called; empty where it is nobody or out of sight."""
        return self.found.get((kind, number), "") if number is not None else ""


@dataclass(frozen=True)
class Telling:
    """A fact in words: a title, a line of short details, and what was written, each under its label ("": none)."""

    title: str
    icon: str
    tone: str = "neutral"
    details: tuple[str, ...] = ()
    written: tuple[tuple[str, str], ...] = ()
    tag: str = ""


def tell(kind: str, happened_on: date, fields: Fields, names: Names) -> Telling:
    """The fact in the reader's language."""
    return TELLERS[kind](happened_on, fields, names)


def the_day(value: str | date | None) -> str:
    """A date as it is read: 3. mars 2026. ISO text is accepted; empty for none."""
    if not value:
        return ""
    return written(date.fromisoformat(value) if isinstance(value, str) else value, "DATE_FORMAT")


def the_time(value: str) -> str:
    """A moment as it is read, in local time."""
    return _the_time(value, get_language())


@lru_cache(maxsize=10_000)
def _the_time(value: str, language: str | None) -> str:
    return formats.date_format(timezone.localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")


def number(value: Any) -> str:
    """37 and 7,5: without decimals that say nothing."""
    exact = Decimal(str(value))
    whole = exact == exact.to_integral_value()
    return str(formats.localize(int(exact) if whole else exact.normalize(), use_l10n=True))


def hours(value: Any) -> str:
    """Hours a week."""
    return _("%(hours)s hours a week") % {"hours": number(value)}


def choice(choices: type[TextChoices], value: str) -> str:
    """The label of a choice; the value itself where the program no longer knows it."""
    return _label(choices, value, get_language())


@lru_cache(maxsize=1000)
def _label(choices: type[TextChoices], value: str, language: str | None) -> str:
    try:
        return str(choices(value).label)
    except ValueError:
        return value


def _written(*pairs: tuple[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((label, str(text)) for label, text in pairs if text)


def _details(*parts: str) -> tuple[str, ...]:
    return tuple(part for part in parts if part)


def _parties(f: Fields, names: Names) -> str:
    """Who it was with, the employer by name."""
    listed = [_party(party, f, names) for party in f["parties"]]
    if len(listed) == 1:
        return listed[0]
    return _("%(some)s and %(last)s") % {"some": ", ".join(listed[:-1]), "last": listed[-1]}


def _party(party: str, f: Fields, names: Names) -> str:
    match party:
        case "participant":
            return names.participant
        case "employer":
            return names.of("employer", f["employer_id"]) or _("an employer")
        case "counsellor":
            return _("the counsellor")
        case "collaborator":
            return _("a collaborator")
    return party


#: What a contact is called, by its channel.
_HOW = {
    "in_person": gettext_noop("Met %(who)s"),
    "video": gettext_noop("Met %(who)s by video"),
    "phone": gettext_noop("Talked with %(who)s on the phone"),
    "message": gettext_noop("Messages with %(who)s"),
    "email": gettext_noop("E-mail with %(who)s"),
}
_FACE_TO_FACE = frozenset({"in_person", "video"})
_ICONS = {"in_person": "PersonChat", "video": "Video", "phone": "Phone", "message": "Chat"}


def _contact_title(f: Fields) -> str:
    if f["no_show"]:
        return _("%(who)s did not show up") if f["channel"] in _FACE_TO_FACE else _("Did not reach %(who)s")
    how = _HOW.get(f["channel"])
    return _(how) if how else "%(who)s"


def _contact(on: date, f: Fields, names: Names) -> Telling:
    return Telling(
        title=_contact_title(f) % {"who": _parties(f, names)},
        icon=_ICONS.get(f["channel"], "EnvelopeClosed"),
        tone="warning" if f["no_show"] else "success" if f["channel"] in _FACE_TO_FACE else "info",
        tag=choice(Purpose, f["purpose"]),
        details=_details(
            capfirst(choice(Place, f["place"])) if f["place"] else "",
            minutes(f["minutes"]) if f["minutes"] else "",
            _("travel %(time)s") % {"time": minutes(f["travel_minutes"])} if f["travel_minutes"] else "",
            _("with %(name)s") % {"name": names.of("person", f["contact_person_id"])} if f["contact_person_id"] else "",
            _("somebody who decides on hiring took part") if f["decision_maker"] else "",
            _("be in touch again on %(day)s") % {"day": the_day(f["next_contact_on"])} if f["next_contact_on"] else "",
        ),
        written=_written(
            ("", f["note"]),
            (_("Not shown to the participant, because") if f["withheld_because"] else "", f["withheld_because"]),
        ),
    )


def _meeting(on: date, f: Fields, names: Names) -> Telling:
    return Telling(
        title=_("Agreed: %(who)s, %(when)s") % {"who": _parties(f, names), "when": the_time(f["starts_at"])},
        icon="Calendar",
        tone="accent",
        tag=choice(Purpose, f["purpose"]),
        details=_details(
            capfirst(choice(Channel, f["channel"])),
            minutes(f["minutes"]),
            choice(Place, f["place"]) if f["place"] else "",
            f["address"],
            names.of("user", f["staff_id"]),
        ),
        written=_written(("", f["note"])),
    )


def _cancellation(on: date, f: Fields, names: Names) -> Telling:
    return Telling(
        title=_("The meeting %(when)s was called off by %(who)s")
        % {"when": names.of("meeting", f["meeting_id"]), "who": choice(MeetingCancelled.By, f["by"])},
        icon="XMark",
        written=_written(("", f["reason"])),
    )


def _step(on: date, f: Fields, names: Names) -> Telling:
    return Telling(
        title=_("In the plan: %(what)s") % {"what": f["what"]},
        icon="Tasklist",
        tone="info",
        details=_details(
            _("done by: %(who)s") % {"who": choice(PlanStep.Who, f["who"])},
            _("by %(day)s") % {"day": the_day(f["due_on"])} if f["due_on"] else "",
            _("towards: %(goal)s") % {"goal": f["goal"]} if f["goal"] else "",
        ),
    )


def _step_done(on: date, f: Fields, names: Names) -> Telling:
    done = f["outcome"] == PlanStepDone.Outcome.DONE
    title = _("Done: %(what)s") if done else _("Given up: %(what)s")
    return Telling(
        title=title % {"what": names.of("step", f["step_id"])},
        icon="CheckmarkCircle" if done else "XMark",
        tone="success" if done else "neutral",
        written=_written(("", f["note"])),
    )


def _job_start(on: date, f: Fields, names: Names) -> Telling:
    ahead = on > timezone.localdate()
    unpaid = f["form"] in JobStarted.UNPAID
    if unpaid:
        title = (
            _("Is to try out as %(job)s at %(employer)s") if ahead else _("Began to try out as %(job)s at %(employer)s")
        )
    else:
        title = _("Is to begin as %(job)s at %(employer)s") if ahead else _("Began as %(job)s at %(employer)s")
    return Telling(
        title=title % {"job": f["title"], "employer": names.of("employer", f["employer_id"])},
        icon="Briefcase",
        tone="meta-purple" if unpaid else "success",
        tag=choice(JobStarted.Form, f["form"]),
        details=_details(
            hours(f["hours_per_week"]),
            _("with wage subsidy") if f["subsidised"] else "",
            _("%(pay)s kroner an hour") % {"pay": number(f["hourly_pay"])} if f["hourly_pay"] else "",
            _("agreed until %(day)s") % {"day": the_day(f["planned_end_on"])} if f["planned_end_on"] else "",
            _("contact person %(name)s") % {"name": names.of("person", f["contact_person_id"])}
            if f["contact_person_id"]
            else "",
            _("STYRK-08 %(code)s") % {"code": f["occupation"]} if f["occupation"] else "",
        ),
        written=_written((_("Support agreed"), f["support_plan"])),
    )


def _job_change(on: date, f: Fields, names: Names) -> Telling:
    return Telling(
        title=_("New terms as %(job)s") % {"job": names.of("job", f["job_id"])},
        icon="BriefcaseClock",
        tone="info",
        details=_details(
            hours(f["hours_per_week"]),
            _("agreed until %(day)s") % {"day": the_day(f["planned_end_on"])}
            if f["planned_end_on"]
            else _("no last day agreed"),
        ),
        written=_written(("", f["note"])),
    )


def _job_end(on: date, f: Fields, names: Names) -> Telling:
    title = _("Is to end as %(job)s") if on > timezone.localdate() else _("Ended as %(job)s")
    return Telling(
        title=title % {"job": names.of("job", f["job_id"])},
        icon="BriefcaseClock",
        tone="warning",
        tag=choice(JobEnded.Reason, f["reason"]),
        details=_details(
            _("%(hours)s paid hours in all") % {"hours": number(f["paid_hours_in_all"])}
            if f["paid_hours_in_all"] is not None
            else ""
        ),
        written=_written(
            (_("What worked"), f["worked_well"]),
            (_("What did not work"), f["worked_badly"]),
            (_("What to bring to the next job"), f["lessons"]),
        ),
    )


def _education_start(on: date, f: Fields, names: Names) -> Telling:
    title = _("Is to begin studying: %(subject)s") if on > timezone.localdate() else _("Began studying: %(subject)s")
    return Telling(
        title=title % {"subject": f["subject"]},
        icon="HatSchool",
        tone="success",
        tag=choice(EducationStarted.Level, f["level"]),
        details=_details(
            f["institution"],
            choice(EducationStarted.Form, f["form"]),
            _("planned until %(day)s") % {"day": the_day(f["planned_end_on"])} if f["planned_end_on"] else "",
        ),
        written=_written((_("Support agreed"), f["support_plan"])),
    )


def _education_end(on: date, f: Fields, names: Names) -> Telling:
    return Telling(
        title=_("Ended studying: %(subject)s") % {"subject": names.of("education", f["education_id"])},
        icon="HatSchool",
        tag=choice(EducationEnded.Outcome, f["outcome"]),
        written=_written((_("What worked"), f["worked_well"]), (_("What did not work"), f["worked_badly"])),
    )


def _profile(on: date, f: Fields, names: Names) -> Telling:
    said = sum(1 for name in CONTENT if name != "employer_contact" and f[name])
    wished = ", ".join(f["occupations"][:3])
    return Telling(
        title=_("Vocational profile, new version"),
        icon="PersonPencil",
        tone="accent",
        details=_details(
            _("wishes: %(jobs)s") % {"jobs": wished} if wished else "",
            ngettext("%(count)d part filled in", "%(count)d parts filled in", said) % {"count": said},
            _("may employers be contacted: %(answer)s")
            % {"answer": choice(Profile.EmployerContact, f["employer_contact"])},
        ),
    )


def _referral(on: date, f: Fields, names: Names) -> Telling:
    return Telling(
        title=_("Referred to follow-up"),
        icon="Inbox",
        tone="accent",
        details=_details(_("the participant said yes on %(day)s") % {"day": the_day(f["participant_agreed_on"])}),
        written=_written((_("Wants"), f["wishes"]), (_("Wants help with"), f["help_wanted"])),
    )


def _assignment(on: date, f: Fields, names: Names) -> Telling:
    who = names.of("user", f["user_id"])
    if f["role"] == Assignment.Role.COUNSELLOR:
        title = _("%(name)s is the counsellor") if who else _("No counsellor for now")
    else:
        title = _("%(name)s follows the participant") if who else _("Nobody follows the participant for now")
    return Telling(
        title=title % {"name": who},
        icon="PersonPlus" if who else "Person",
        details=_details(names.of("team", f["team_id"])),
        written=_written(("", f["reason"])),
    )


def _pause(on: date, f: Fields, names: Names) -> Telling:
    return Telling(
        title=_("The follow-up rests"),
        icon="Pause",
        tag=choice(PauseStarted.Reason, f["reason"]),
        details=_details(_("look again on %(day)s") % {"day": the_day(f["follow_up_on"])}),
        written=_written(("", f["note"])),
    )


def _resumption(on: date, f: Fields, names: Names) -> Telling:
    return Telling(title=_("The follow-up goes on after the pause"), icon="Play", written=_written(("", f["note"])))


def _end(on: date, f: Fields, names: Names) -> Telling:
    return Telling(
        title=_("The follow-up ended"),
        icon="DoorOpen",
        tag=_("the referral was answered") if f.get("answers") else choice(CaseEnded.Cause, f["cause"]),
        written=_written(("", f["note"])),
    )


def _reopening(on: date, f: Fields, names: Names) -> Telling:
    return Telling(
        title=_("The follow-up was opened again"),
        icon="ArrowRedo",
        tone="accent",
        tag=choice(CaseReopened.Reason, f["reason"]),
        written=_written(("", f["note"])),
    )


def _collaborator(on: date, f: Fields, names: Names) -> Telling:
    return Telling(
        title=_("Works together with %(name)s") % {"name": f["name"]},
        icon="Handshake",
        tag=choice(Collaborator.Role, f["role"]),
        details=_details(f["organisation"], f["phone"], f["email"]),
        written=_written((_("The participant agreed to"), f["agreement"])),
    )


#: How each kind of fact is told. A test compares the keys with ``Fact.kinds()``.
TELLERS: dict[str, Callable[[date, Fields, Names], Telling]] = {
    "contact": _contact,
    "meeting": _meeting,
    "cancellation": _cancellation,
    "step": _step,
    "step_done": _step_done,
    "job_start": _job_start,
    "job_change": _job_change,
    "job_end": _job_end,
    "education_start": _education_start,
    "education_end": _education_end,
    "profile": _profile,
    "referral": _referral,
    "assignment": _assignment,
    "pause": _pause,
    "resumption": _resumption,
    "end": _end,
    "reopening": _reopening,
    "collaborator": _collaborator,
}

#: What the fields of facts point to: field, and the kind of name it has in :class:`Names`.
POINTERS = {
    "employer_id": "employer",
    "contact_person_id": "person",
    "user_id": "user",
    "staff_id": "user",
    "team_id": "team",
    "meeting_id": "meeting",
    "step_id": "step",
    "job_id": "job",
    "education_id": "education",
}
