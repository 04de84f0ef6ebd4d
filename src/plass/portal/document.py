"""Everything about one participant as a person reads it: a tagged, accessible PDF (PDF/UA-1)."""

from __future__ import annotations

from importlib import resources
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from plass.access.rules import participant_text_of
from plass.cases import identity, login
from plass.cases.models import Case, Participant
from plass.milestones.definitions import lines
from plass.organisation.models import User
from plass.pdf import REPLACEMENT, compiled, printable
from plass.profiles.queries import newest, said
from plass.rights import queries as rights
from plass.timeline import participant_queries
from plass.timeline.participant_texts import FactText, fact_texts

from . import queries
from .labels import PHASES, RULES

ALL = 1_000_000


def content(participant: Participant, me: User) -> dict[str, Any]:
    """What the document says, as the template wants it: sections of pairs and entries, all of it plain text."""
    cases = [milestones.case for milestones in queries.own_cases(participant.pk)]
    return {
        "lang": (get_language() or "nb")[:2],
        "title": _("Everything Plass holds about you"),
        "made": _("Made %(day)s for %(name)s.")
        % {"day": date_format(timezone.localdate(), "j. F Y"), "name": participant.name},
        "page": _("Page"),
        "sections": [
            {"title": _("About you"), "pairs": _person(participant), "entries": []},
            *(section for case in cases for section in _case(case, me)),
        ],
    }


def _person(participant: Participant) -> list[list[str]]:
    pairs = [
        (_("Name"), participant.name),
        (_("National identity number"), identity.shown(login.identity_number_of(participant.pk))),
        (_("Born"), date_format(participant.born_on, "j. F Y")),
        (_("Phone"), participant.phone),
        (_("E-mail"), participant.email),
        (_("Address"), ", ".join(filter(None, (participant.address, participant.postal_code, participant.place)))),
        (_("Language"), participant.language),
        (_("Protected"), str(participant.get_protection_display()) if participant.is_protected else ""),
    ]
    return [[label, text] for label, text in pairs if text]


def _case(case: Case, me: User) -> list[dict[str, Any]]:
    facts = participant_queries.recorded(case, first=0, count=ALL)
    keys = [(fact.kind, fact.fact_id) for fact in facts]
    texts = fact_texts(
        facts,
        participant_queries.names(facts, me.pk),
        participant_queries.withheld_contacts(case),
        rights.beside(case, keys),
    )
    m = next(milestones for milestones in queries.own_cases(case.participant_id) if milestones.pk == case.pk)
    when = date_format(m.referred_on, "j. F Y") if m.referred_on else f"#{case.pk}"
    name = _("Follow-up from %(day)s") % {"day": when}
    course = [[_("Where you are on the way"), str(PHASES[m.phase])]]
    if m.waiting_days is not None:
        course.append([_("Days you have waited"), str(m.waiting_days)])
    course += [
        [line.label, date_format(line.day, "j. F Y") if line.day else line.value]
        for line in lines(m, timezone.localdate())
    ]
    profile = newest(case)
    return [
        {"title": name, "pairs": course, "entries": []},
        {
            "title": _("Your profile as it stands now"),
            "pairs": [[entry.label, entry.text] for entry in said(profile)] if profile else [],
            "entries": [],
        },
        {"title": _("Everything recorded, the newest first"), "pairs": [], "entries": [_entry(text) for text in texts]},
        {"title": _("What you have asked to have corrected"), "pairs": [], "entries": _requests(case)},
        {"title": _("What employers may know"), "pairs": _decisions(case), "entries": _shared(case)},
        {"title": _("Who has looked at your case"), "pairs": _access_lines(case, me), "entries": []},
    ]


def _entry(fact: FactText) -> dict[str, Any]:
    by = _("Written by %(name)s %(day)s.") % {
        "name": fact.by,
        "day": date_format(timezone.localtime(fact.recorded_at), "j. F Y"),
    }
    if fact.change:
        by += " " + fact.change
    pairs = [[label, text] for label, text in fact.details]
    if fact.withheld:
        pairs.append([_("Withheld from you, because"), fact.withheld])
    beside = [[_("Your comment"), comment.text] for comment in (fact.beside.comments if fact.beside else ())]
    beside += [
        [_("You asked for a correction"), request.wanted] for request in (fact.beside.requests if fact.beside else ())
    ]
    return {
        "title": f"{date_format(fact.happened_on, 'j. F Y')}: {fact.title}",
        "by": by,
        "pairs": pairs,
        "struck": not fact.stands,
        "beside": beside,
    }


def _requests(case: Case) -> list[dict[str, Any]]:
    entries = []
    for request in rights.requests(case):
        pairs = [[_("What you wrote"), request.wanted]]
        answer = getattr(request, "answer", None)
        if answer is not None:
            pairs.append([capfirst(str(answer.get_outcome_display())), answer.reason])
            by = _("Answered by %(name)s %(day)s.") % {
                "name": answer.answered_by.name,
                "day": date_format(timezone.localtime(answer.answered_at), "j. F Y"),
            }
        else:
            by = _("Waits for an answer.")
        title = date_format(timezone.localtime(request.asked_at), "j. F Y")
        entries.append({"title": title, "by": by, "pairs": pairs})
    return entries


def _decisions(case: Case) -> list[list[str]]:
    return [
        [capfirst(str(row.item.label)), capfirst(str(row.decision.get_stance_display()))]
        for row in rights.decisions(case)
        if row.decision
    ]


def _shared(case: Case) -> list[dict[str, Any]]:
    entries = []
    for row in rights.shared(case):
        pairs = []
        for release in row.releases:
            pairs.append([capfirst(str(release.get_item_display())), release.text])
        for release in row.earlier:
            pairs.append([_("Shared earlier") + ": " + str(release.get_item_display()), release.text])
        for access in row.accesses:
            pairs.append([_("Can log in and read it"), access.contact_person.name])
        if row.objection:
            pairs.append([_("You have said no to this employer."), row.objection.reason])
        entries.append({"title": row.employer.name, "by": "", "pairs": pairs})
    return entries


def _access_lines(case: Case, me: User) -> list[list[str]]:
    return [
        [date_format(look.on, "j. F Y"), f"{look.name}, {RULES.get(look.rule, participant_text_of(look.rule))}"]
        for look in queries.looks(case, but=me, most=ALL)
    ]


def pdf(participant: Participant, me: User) -> bytes:
    """The document as PDF/UA-1."""
    data = content(participant, me)
    data["made"] += note_of_signs(data)
    template = resources.files("plass.portal") / "typst" / "about_me.typ"
    with resources.as_file(template) as path:
        return compiled(path, data)


def note_of_signs(data: dict[str, Any]) -> str:
    """What is said where somebody wrote a sign that no font of the document has."""
    if printable(data).is_whole:
        return ""
    return " " + _(
        "Some signs cannot be shown in this document and stand as %(sign)s. They are right on your page and in the archive."
    ) % {"sign": REPLACEMENT}
