"""The facts of a case told to the participant: in plain words, everything that was recorded, and what is withheld."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from plass.cases.models import Fact

from .queries import Names, Recorded

#: Columns that say how a fact is kept, not what it says; the day and who recorded it are shown on their own.
KEPT = frozenset(
    {"id", "case", "happened_on", "recorded_at", "recorded_by", "superseded_at", "withheld_because"}
    # Numbers of other facts, and the names of third persons at a workplace.
    | {"job", "education", "meeting", "step", "contact_person", "started_at"}
)
ICONS = {
    "referral": "Enter",
    "assignment": "Person",
    "pause": "Pause",
    "resumption": "Play",
    "end": "CheckmarkCircle",
    "reopening": "DoorOpen",
    "collaborator": "Handshake",
    "profile": "PersonPencil",
    "meeting": "Calendar",
    "cancellation": "Calendar",
    "contact": "Chat",
    "step": "Tasklist",
    "step_done": "Tasklist",
    "correction": "PersonPencil",
}


@dataclass(frozen=True)
class Told:
    """One fact as the participant reads it. ``withheld`` is the reason where its contents are kept back."""

    title: str
    details: list[tuple[str, str]]
    happened_on: date
    recorded_at: datetime
    by: str
    stands: bool
    icon: str
    withheld: str = ""
    kind: str = ""
    fact_id: int = 0
    #: What the participant wrote beside it (``plass.rights.queries.Beside``), where they did.
    beside: Any = None


def kinds() -> dict[str, type[Fact]]:
    """Every kind of fact the program knows, by its word."""
    found: dict[str, type[Fact]] = {}
    waiting = list(Fact.__subclasses__())
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        if not model._meta.abstract:
            found[model.kind] = model
    return found


def tell(
    facts: list[Recorded], names: Names, withheld: dict[int, str], beside: dict[tuple[str, int], Any] | None = None
) -> list[Told]:
    """Each fact in plain words, in the order they came, with what stands beside it."""
    models_by_kind = kinds()
    told = []
    for fact in facts:
        by = names.people.get(fact.recorded_by, "")
        details: list[tuple[str, str]] = []
        reason = _withheld(fact, withheld)
        if reason:
            title = _("Something is withheld from you")
        elif fact.kind == "correction":
            title = _("Something was corrected")
            details = [(_("Why"), str(fact.fields.get("reason", "")))]
        else:
            title = TITLES[fact.kind](fact.fields, names, by)
            details = _details(models_by_kind[fact.kind], fact.fields, names)
        told.append(
            Told(
                title=title,
                details=[] if reason else details,
                happened_on=fact.happened_on,
                recorded_at=fact.recorded_at,
                by=by,
                stands=fact.stands,
                icon=ICONS.get(fact.kind, "Briefcase"),
                withheld=reason,
                kind=fact.kind,
                fact_id=fact.fact_id,
                beside=(beside or {}).get((fact.kind, fact.fact_id)),
            )
        )
    return told


def _withheld(fact: Recorded, withheld: dict[int, str]) -> str:
    if fact.kind == "contact":
        return withheld.get(fact.fact_id, "")
    if fact.kind == "correction" and fact.fields.get("kind") == "contact":
        return withheld.get(int(fact.fields["fact_id"]), "")
    return ""


def _details(model: type[Fact], fields: dict[str, Any], names: Names) -> list[tuple[str, str]]:
    """(what, says) of every column that says something, in the order of the model."""
    found = []
    for field in model._meta.concrete_fields:
        value = fields.get(field.attname)
        if field.name in KEPT or value is None or value == "" or value == [] or value is False:
            continue
        words = _words(field, value, names)
        if words:
            name = str(field.verbose_name)
            found.append((name[:1].upper() + name[1:], words))
    return found


def _words(field: models.Field[Any, Any], value: Any, names: Names) -> str:
    """A value of a column as the timeline holds it (JSON) in words."""
    if isinstance(field, models.ForeignKey):
        known = {"user": names.people, "staff": names.people, "team": names.teams, "employer": names.employers}
        return known.get(field.name, {}).get(value, "")
    if isinstance(field, ArrayField):
        choices = dict(field.base_field.flatchoices)
        return ", ".join(str(choices.get(one, one)) for one in value)
    if field.flatchoices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.BooleanField):
        return _("Yes")
    if isinstance(field, models.DateTimeField):
        return date_format(timezone.localtime(datetime.fromisoformat(value)), "j. F Y H:i")
    if isinstance(field, models.DateField):
        return date_format(date.fromisoformat(value), "j. F Y")
    if isinstance(field, models.IntegerField | models.DecimalField):
        return "" if not value else str(number_format(value, use_l10n=True))
    return str(value)


Title = Callable[[dict[str, Any], Names, str], str]


def _contact(f: dict[str, Any], names: Names, by: str) -> str:
    parties, channel = f["parties"], f["channel"]
    employer = names.employers.get(f.get("employer_id") or 0, "")
    if "participant" not in parties:
        if employer:
            visited = channel == "in_person" and not f["no_show"]
            words = _("%(name)s visited %(employer)s") if visited else _("%(name)s was in touch with %(employer)s")
            return words % {"name": by, "employer": employer}
        if "counsellor" in parties:
            return _("%(name)s was in touch with your counsellor") % {"name": by}
        return _("%(name)s was in touch with somebody who helps you") % {"name": by}
    if f["no_show"]:
        return _("%(name)s did not get hold of you") % {"name": by}
    words = {
        "in_person": _("You and %(name)s met"),
        "video": _("You and %(name)s met by video"),
        "phone": _("You and %(name)s talked on the phone"),
    }.get(channel, _("You and %(name)s wrote to each other"))
    if employer:
        return _("%(what)s, together with %(employer)s") % {"what": words % {"name": by}, "employer": employer}
    return words % {"name": by}


def _assignment(f: dict[str, Any], names: Names, by: str) -> str:
    who = names.people.get(f.get("user_id") or 0)
    if f["role"] == "counsellor":
        return _("%(name)s is your counsellor") % {"name": who} if who else _("You have no counsellor for now")
    return _("%(name)s is your job specialist") % {"name": who} if who else _("You wait for a job specialist")


def _job(f: dict[str, Any], names: Names, by: str) -> str:
    words = {"title": f["title"], "employer": names.employers.get(f["employer_id"], "")}
    if f["form"] in {"work_trial", "job_taster"}:
        return _("You try out work as %(title)s at %(employer)s") % words
    return _("You begin as %(title)s at %(employer)s") % words


def _of_job(f: dict[str, Any], names: Names) -> dict[str, str]:
    return {"title": names.jobs.get(f["job_id"], _("the job"))}


def _profile(f: dict[str, Any], names: Names, by: str) -> str:
    if names.me is not None and f.get("recorded_by_id") == names.me:
        return _("You wrote what you want and need")
    return _("You and %(name)s wrote down what you want and need") % {"name": by}


def _cancelled(f: dict[str, Any], names: Names, by: str) -> str:
    return _("A meeting was called off")


def _step(f: dict[str, Any], names: Names, by: str) -> str:
    return _("Agreed: %(what)s") % {"what": f["what"]}


def _step_done(f: dict[str, Any], names: Names, by: str) -> str:
    return _("A step of the plan is done") if f["outcome"] == "done" else _("A step of the plan was given up")


TITLES: dict[str, Title] = {
    "referral": lambda f, n, by: _("%(name)s asked for a job specialist for you") % {"name": by},
    "assignment": _assignment,
    "pause": lambda f, n, by: _("The follow-up is paused"),
    "resumption": lambda f, n, by: _("The follow-up goes on after the pause"),
    "end": lambda f, n, by: _("The follow-up ended"),
    "reopening": lambda f, n, by: _("The follow-up was opened again"),
    "collaborator": lambda f, n, by: _("%(name)s helps at the same time") % {"name": f["name"]},
    "profile": _profile,
    "meeting": lambda f, n, by: _("A meeting was agreed"),
    "cancellation": _cancelled,
    "contact": _contact,
    "step": _step,
    "step_done": _step_done,
    "job_start": _job,
    "job_change": lambda f, n, by: _("Changed in the job as %(title)s") % _of_job(f, n),
    "job_end": lambda f, n, by: _("The job as %(title)s ended") % _of_job(f, n),
    "education_start": lambda f, n, by: _("You begin to study %(subject)s") % {"subject": f["subject"]},
    "education_end": lambda f, n, by: _("The education ended"),
}
