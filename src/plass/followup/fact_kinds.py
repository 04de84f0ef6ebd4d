"""The kinds of fact of this room: contacts and meetings."""

from __future__ import annotations

from datetime import date

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from plass.cases.fact_register import (
    Elsewhere,
    FactKind,
    MenuEntry,
    Reference,
    TimelineGroup,
    register,
    register_reference,
)
from plass.cases.fact_texts import (
    FactText,
    Fields,
    Names,
    choice_label,
    details,
    format_date,
    format_moment,
    texts,
)
from plass.cases.models import Fact
from plass.ui.templatetags.plass import minutes

from .actions import check_contact
from .forms import CancelForm, ContactForm, MeetingForm
from .models import Channel, Contact, Meeting, MeetingCancelled, Place, Purpose

CONTACTS = TimelineGroup("contacts", gettext_lazy("Contacts"), place=10)
MEETINGS = TimelineGroup("meetings", gettext_lazy("Meetings agreed"), place=30)
PARTIES = "which parties, not who"

_WHEN = (
    "SELECT to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"+00:00\"') "
    "FROM followup_meeting WHERE id = {}"
)
register_reference(Meeting, Reference("meeting", _WHEN, participant_sql=_WHEN, read=format_moment))


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


def _contact(on: date, f: Fields, names: Names) -> FactText:
    return FactText(
        title=_contact_title(f) % {"who": _parties(f, names)},
        icon=_ICONS.get(f["channel"], "EnvelopeClosed"),
        tone="warning" if f["no_show"] else "success" if f["channel"] in _FACE_TO_FACE else "info",
        tag=choice_label(Purpose, f["purpose"]),
        details=details(
            capfirst(choice_label(Place, f["place"])) if f["place"] else "",
            minutes(f["minutes"]) if f["minutes"] else "",
            _("travel %(time)s") % {"time": minutes(f["travel_minutes"])} if f["travel_minutes"] else "",
            _("with %(name)s") % {"name": names.of("person", f["contact_person_id"])} if f["contact_person_id"] else "",
            _("somebody who decides on hiring took part") if f["decision_maker"] else "",
            _("be in touch again on %(day)s") % {"day": format_date(f["next_contact_on"])}
            if f["next_contact_on"]
            else "",
        ),
        written=texts(
            ("", f["note"]),
            (_("Not shown to the participant, because") if f["withheld_because"] else "", f["withheld_because"]),
        ),
    )


def _contact_to_participant(f: Fields, names: Names, by: str) -> str:
    parties, channel = f["parties"], f["channel"]
    employer = names.of("employer", f.get("employer_id"))
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


def _meeting(on: date, f: Fields, names: Names) -> FactText:
    return FactText(
        title=_("Agreed: %(who)s, %(when)s") % {"who": _parties(f, names), "when": format_moment(f["starts_at"])},
        icon="Calendar",
        tone="accent",
        tag=choice_label(Purpose, f["purpose"]),
        details=details(
            capfirst(choice_label(Channel, f["channel"])),
            minutes(f["minutes"]),
            choice_label(Place, f["place"]) if f["place"] else "",
            f["address"],
            names.of("user", f["staff_id"]),
        ),
        written=texts(("", f["note"])),
    )


def _cancellation(on: date, f: Fields, names: Names) -> FactText:
    return FactText(
        title=_("The meeting %(when)s was called off by %(who)s")
        % {"when": names.of("meeting", f["meeting_id"]), "who": choice_label(MeetingCancelled.By, f["by"])},
        icon="XMark",
        written=texts(("", f["reason"])),
    )


def _contact_in_order(fact: Fact) -> None:
    assert isinstance(fact, Contact)
    check_contact(fact)


register(
    FactKind(
        model=Meeting,
        group=MEETINGS,
        text=_meeting,
        participant_title=lambda f, names, by: _("A meeting was agreed"),
        participant_icon="Calendar",
        form=MeetingForm,
        recorded_from=Elsewhere("followup:meeting", "a button beside the menu: it is among what is done most"),
        keeps={"parties": PARTIES},
    ),
    FactKind(
        model=MeetingCancelled,
        group=MEETINGS,
        text=_cancellation,
        participant_title=lambda f, names, by: (
            _("The meeting %(when)s was called off") % {"when": names.of("meeting", f["meeting_id"])}
        ),
        participant_icon="Calendar",
        form=CancelForm,
        recorded_from=Elsewhere("followup:cancel", "the meeting itself, on the case page"),
    ),
    FactKind(
        model=Contact,
        group=CONTACTS,
        text=_contact,
        participant_title=_contact_to_participant,
        participant_icon="Chat",
        form=ContactForm,
        recorded_from=MenuEntry(
            "followup:contact", gettext_lazy("Record employer contact"), "Buildings3", place=10, query="?med=employer"
        ),
        check=_contact_in_order,
        moves_milestones=True,
        keeps={"parties": PARTIES},
    ),
)
