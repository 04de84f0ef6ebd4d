"""The kinds of fact of this room: the case's own course, and who helps."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plass.organisation.models import Team, User

from .fact_register import Elsewhere, FactKind, MenuEntry, Reference, TimelineGroup, register, register_reference
from .fact_texts import FactText, Fields, Names, choice_label, details, format_date, texts
from .forms import (
    AssignmentForm,
    CollaboratorForm,
    EndForm,
    PauseForm,
    ReferralForm,
    ReopenForm,
    ResumeForm,
)
from .models import (
    Assignment,
    CaseEnded,
    CaseReopened,
    Collaborator,
    PauseEnded,
    PauseStarted,
    Referral,
)

FOLLOW_UP = TimelineGroup("case", gettext_lazy("Follow-up"), place=70)

_USER = "SELECT given_name || ' ' || family_name FROM organisation_user WHERE id = {}"
_TEAM = "SELECT name FROM organisation_team WHERE id = {}"
register_reference(User, Reference("user", _USER, participant_sql=_USER, is_detail=True))
register_reference(Team, Reference("team", _TEAM, participant_sql=_TEAM, is_detail=True))


def _referral(on: date, f: Fields, names: Names) -> FactText:
    return FactText(
        title=_("Referred to follow-up"),
        icon="Inbox",
        tone="accent",
        details=details(
            _("the participant said yes on %(day)s") % {"day": format_date(f["participant_agreed_on"])},
            _("joined with what is registered on %(day)s by %(name)s")
            % {"day": format_date(f["joined"]["on"]), "name": f["joined"]["by"]}
            if f.get("joined")
            else "",
        ),
        written=texts((_("Wants"), f["wishes"]), (_("Wants help with"), f["help_wanted"])),
    )


def _assignment(on: date, f: Fields, names: Names) -> FactText:
    who = names.of("user", f["user_id"])
    if f["role"] == Assignment.Role.COUNSELLOR:
        title = _("%(name)s is the counsellor") if who else _("No counsellor for now")
    else:
        title = _("%(name)s follows the participant") if who else _("Nobody follows the participant for now")
    return FactText(
        title=title % {"name": who},
        icon="PersonPlus" if who else "Person",
        details=details(names.of("team", f["team_id"])),
        written=texts(("", f["reason"])),
    )


def _assignment_to_participant(f: Fields, names: Names, by: str) -> str:
    who = names.of("user", f["user_id"])
    if f["role"] == Assignment.Role.COUNSELLOR:
        return _("%(name)s is your counsellor") % {"name": who} if who else _("You have no counsellor for now")
    return _("%(name)s is your job specialist") % {"name": who} if who else _("You wait for a job specialist")


def _pause(on: date, f: Fields, names: Names) -> FactText:
    return FactText(
        title=_("The follow-up rests"),
        icon="Pause",
        tag=choice_label(PauseStarted.Reason, f["reason"]),
        details=details(_("look again on %(day)s") % {"day": format_date(f["follow_up_on"])}),
        written=texts(("", f["note"])),
    )


def _resumption(on: date, f: Fields, names: Names) -> FactText:
    return FactText(title=_("The follow-up goes on after the pause"), icon="Play", written=texts(("", f["note"])))


def _end(on: date, f: Fields, names: Names) -> FactText:
    return FactText(
        title=_("The follow-up ended"),
        icon="DoorOpen",
        tag=_("the referral was answered") if f.get("answers") else choice_label(CaseEnded.Cause, f["cause"]),
        written=texts(("", f["note"])),
    )


def _reopening(on: date, f: Fields, names: Names) -> FactText:
    return FactText(
        title=_("The follow-up was opened again"),
        icon="ArrowRedo",
        tone="accent",
        tag=choice_label(CaseReopened.Reason, f["reason"]),
        written=texts(("", f["note"])),
    )


def _collaborator(on: date, f: Fields, names: Names) -> FactText:
    return FactText(
        title=_("Works together with %(name)s") % {"name": f["name"]},
        icon="Handshake",
        tag=choice_label(Collaborator.Role, f["role"]),
        details=details(f["organisation"], f["phone"], f["email"]),
        written=texts((_("The participant agreed to"), f["agreement"])),
    )


register(
    FactKind(
        model=Referral,
        group=FOLLOW_UP,
        text=_referral,
        participant_title=lambda f, names, by: _("%(name)s asked for a job specialist for you") % {"name": by},
        participant_icon="Enter",
        form=ReferralForm,
        recorded_from=Elsewhere("cases:refer", "the list of participants: there is no case yet"),
        moves_milestones=True,
    ),
    FactKind(
        model=Assignment,
        group=FOLLOW_UP,
        text=_assignment,
        participant_title=_assignment_to_participant,
        participant_icon="Person",
        form=AssignmentForm,
        recorded_from=Elsewhere("cases:hand_over", "the end of the menu, for those who may hand the case over"),
        moves_milestones=True,
    ),
    FactKind(
        model=PauseStarted,
        group=FOLLOW_UP,
        text=_pause,
        participant_title=lambda f, names, by: _("The follow-up is paused"),
        participant_icon="Pause",
        form=PauseForm,
        recorded_from=Elsewhere("cases:pause", "the end of the menu, while the follow-up goes on"),
        moves_milestones=True,
    ),
    FactKind(
        model=PauseEnded,
        group=FOLLOW_UP,
        text=_resumption,
        participant_title=lambda f, names, by: _("The follow-up goes on after the pause"),
        participant_icon="Play",
        form=ResumeForm,
        recorded_from=Elsewhere("cases:resume", "the end of the menu, while the follow-up rests"),
        moves_milestones=True,
    ),
    FactKind(
        model=CaseEnded,
        group=FOLLOW_UP,
        text=_end,
        participant_title=lambda f, names, by: _("The follow-up ended"),
        participant_icon="CheckmarkCircle",
        form=EndForm,
        recorded_from=Elsewhere("caseload:end", "the end of the menu, until the follow-up has ended"),
        moves_milestones=True,
    ),
    FactKind(
        model=CaseReopened,
        group=FOLLOW_UP,
        text=_reopening,
        participant_title=lambda f, names, by: _("The follow-up was opened again"),
        participant_icon="DoorOpen",
        form=ReopenForm,
        recorded_from=Elsewhere("cases:reopen", "a button beside the menu, once the follow-up has ended"),
        moves_milestones=True,
    ),
    FactKind(
        model=Collaborator,
        group=FOLLOW_UP,
        text=_collaborator,
        participant_title=lambda f, names, by: _("%(name)s helps at the same time") % {"name": f["name"]},
        participant_icon="Handshake",
        form=CollaboratorForm,
        recorded_from=MenuEntry("cases:collaborator", gettext_lazy("Add a collaborator"), "Handshake", place=60),
    ),
)
