"""What can be done to a case as a whole: refer, take, hand over, pause, end, reopen; and who else helps."""

from __future__ import annotations

from datetime import date
from types import EllipsisType
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.access.actors import standing
from plass.organisation.models import Membership, Role, Team, User

from . import identity, queries
from .facts import lock, lock_case, record
from .gate import NotAllowed, check, only
from .models import (
    Assignment,
    Case,
    CaseEnded,
    CaseReopened,
    Collaborator,
    Participant,
    PauseEnded,
    PauseStarted,
    Referral,
)


@transaction.atomic
def refer(
    *,
    by: User,
    number: identity.IdentityNumber,
    person: dict[str, Any],
    team: Team,
    wishes: str,
    participant_agreed_on: date,
    help_wanted: str = "",
    happened_on: date | None = None,
) -> Case:
    """Refer a participant to a team, with what the person says they want. Returns the new case.

    ``person`` are the fields of :class:`Participant` that people type (names, phone, protection, ...). Somebody who is
    known already keeps their row, except that a protection nobody knew of is added. Raises NotAllowed for others than
    counsellors, specialists and supervisors, ValidationError where the person has an open case at that office already.
    """
    who = standing(by)
    if who is None or not (who.has(Role.COUNSELLOR) or who.has(Role.SPECIALIST) or who.has(Role.SUPERVISOR)):
        raise NotAllowed(f"user {by.pk} refers nobody")
    when = happened_on or timezone.localdate()
    # Two who refer the same person at once come one after the other, and the second sees what the first did.
    lock(identity.find_by(number).hex())
    keeps_away, known_id, has_open_case = _before_referral(number, team)
    if keeps_away:
        raise ValidationError(_("This is you, or somebody close to you: let somebody else at the office refer them."))
    participant_id = known_id or _register(number, person, by)
    if has_open_case:
        raise ValidationError(_("This person already has follow-up at this office. Ask the supervisor of the team."))
    case = Case.objects.create(participant_id=participant_id, office=team.office, team=team, referred_by=by)
    with only(case.pk):
        record(
            Referral(
                case=case,
                happened_on=when,
                wishes=wishes,
                help_wanted=help_wanted,
                participant_agreed_on=participant_agreed_on,
            ),
            by=by,
        )
        if who.has(Role.COUNSELLOR):
            record(Assignment(case=case, happened_on=when, role=Assignment.Role.COUNSELLOR, user=by), by=by)
    if known_id and person.get("protection"):
        Participant.objects.filter(pk=known_id, protection="").update(
            protection=person["protection"], version=F("version") + 1
        )
    case.refresh_from_db()
    return case


def known(number: identity.IdentityNumber) -> int | None:
    """The participant who has this number, whoever follows them: their database number, or None."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cases_known_participant(%s)", [identity.find_by(number)])
        found: int | None = cursor.fetchone()[0]
    return found


def _before_referral(number: identity.IdentityNumber, team: Team) -> tuple[bool, int | None, bool]:
    """Whether the acting user must keep away from somebody, their number where known, and whether they are followed here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_keeps_away(%(hash)s), known, known IS NOT NULL AND cases_has_open_case(known, %(office)s) "
            "FROM cases_known_participant(%(hash)s) AS known",
            {"hash": identity.find_by(number), "office": team.office_id},
        )
        keeps_away, known_id, has_open_case = cursor.fetchone()
    return keeps_away, known_id, has_open_case


def _register(number: identity.IdentityNumber, person: dict[str, Any], by: User) -> int:
    participant = Participant(
        **person,
        identity_number=identity.encrypt(number),
        identity_hash=identity.find_by(number),
        born_on=number.born_on,
        registered_by=by,
    )
    # Who registers is there.
    participant.full_clean(exclude={"registered_by"}, validate_unique=False, validate_constraints=False)
    participant.save(force_insert=True)
    return participant.pk


@transaction.atomic
def take(case: Case, *, by: User, happened_on: date | None = None) -> Assignment:
    """The specialist takes a referred case. Raises ValidationError where somebody else took it first."""
    who = standing(by)
    if who is None or not who.has(Role.SPECIALIST):
        raise NotAllowed(f"user {by.pk} takes no cases")
    current = _alone_with(case, by)
    if current.specialist_id == by.pk:
        raise ValidationError(_("You follow this participant already."))
    if current.specialist_id is not None:
        raise ValidationError(
            _("%(name)s has already taken this case.") % {"name": User.objects.get(pk=current.specialist_id).name}
        )
    return _assign(case, Assignment.Role.SPECIALIST, by, case.team, "", happened_on, by)


@transaction.atomic
def hand_over(
    case: Case,
    *,
    by: User,
    to: User | None,
    team: Team | None = None,
    role: str = Assignment.Role.SPECIALIST,
    reason: str = "",
    happened_on: date | None = None,
    instead_of: int | EllipsisType | None = ...,
) -> Assignment:
    """Let somebody else follow the case from a date (``to`` None: nobody for now, the team finds one).

    ``instead_of`` is the number of the user who followed it when the form was shown (None: nobody).
    Raises NotAllowed, and ValidationError where somebody else has got it since, or where ``to`` does not do that work
    at the case's office.
    """
    current = _alone_with(case, by)
    now = current.counsellor_id if role == Assignment.Role.COUNSELLOR else current.specialist_id
    if instead_of is not ... and now != instead_of:
        who = User.objects.get(pk=now) if now else None
        raise ValidationError(
            _("Meanwhile %(name)s has got this participant. Look once more, and send again if it is still right.")
            % {"name": who.name if who else _("nobody")},
            code="stale",
        )
    team = team or case.team
    if team is not None and team.office_id != case.office_id:
        raise ValidationError(_("The team belongs to another office."))
    if to is not None and not _does_that_work(to, role, case, team, happened_on or timezone.localdate()):
        raise ValidationError({"to": _("%(name)s does not do that work at this office.") % {"name": to.name}})
    if to is not None and not _may_follow(to, case):
        raise ValidationError(
            {"to": _("%(name)s cannot follow this participant. Choose somebody else.") % {"name": to.name}}
        )
    return _assign(case, role, to, team, reason, happened_on, by)


def _does_that_work(user: User, role: str, case: Case, team: Team | None, day: date) -> bool:
    """Whether ``user`` has the role for it today, or had it on ``day`` (older cases are recorded afterwards)."""
    today = timezone.localdate()
    roles = [Role.COUNSELLOR] if role == Assignment.Role.COUNSELLOR else [Role.SPECIALIST, Role.SUPERVISOR]
    valid = Q(started_on__lte=day) & (Q(ended_on=None) | Q(ended_on__gte=day))
    valid |= Q(started_on__lte=today) & (Q(ended_on=None) | Q(ended_on__gte=today))
    place = Q(office_id=case.office_id) if role == Assignment.Role.COUNSELLOR or team is None else Q(team=team)
    return Membership.objects.filter(valid & place, user=user, role__in=roles).exists()


def _may_follow(user: User, case: Case) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_may_follow(%s, %s)", [user.pk, case.pk])
        return bool(cursor.fetchone()[0])


def _alone_with(case: Case, by: User) -> Case:
    """Wait until nobody else acts on the case as a whole, check that ``by`` may, and return it as it is now."""
    lock_case(case.pk)
    now = Case.objects.filter(pk=case.pk).first()
    if now is None:
        raise NotAllowed(f"user {by.pk} has no part in case {case.pk}")
    check(now, by)
    return now


def _assign(
    case: Case, role: str, user: User | None, team: Team | None, reason: str, happened_on: date | None, by: User
) -> Assignment:
    return record(
        Assignment(
            case=case, happened_on=happened_on or timezone.localdate(), role=role, user=user, team=team, reason=reason
        ),
        by=by,
    )


@transaction.atomic
def pause(case: Case, *, by: User, happened_on: date, reason: str, follow_up_on: date, note: str = "") -> PauseStarted:
    """Let the follow-up rest until somebody looks again. Raises ValidationError where it rests or has ended already."""
    _alone_with(case, by)
    now = queries.course(case)
    if now.ended_on:
        raise ValidationError(_("The follow-up has ended. Open it again first."))
    if now.paused_on:
        raise ValidationError(_("The follow-up is paused already. Go on with it first, or correct that pause."))
    return record(
        PauseStarted(case=case, happened_on=happened_on, reason=reason, follow_up_on=follow_up_on, note=note), by=by
    )


@transaction.atomic
def resume(case: Case, *, by: User, happened_on: date, note: str = "") -> PauseEnded:
    """Go on after a pause. Raises ValidationError where there is none, or where it began later."""
    _alone_with(case, by)
    now = queries.course(case)
    if not now.paused_on:
        raise ValidationError(_("The follow-up is not paused."))
    if happened_on < now.paused_on:
        raise ValidationError({"happened_on": _("The pause began later than this.")})
    return record(PauseEnded(case=case, happened_on=happened_on, note=note), by=by)


@transaction.atomic
def end(case: Case, *, by: User, happened_on: date, cause: str, note: str = "") -> CaseEnded:
    """End the follow-up, with its cause. Raises ValidationError where it has ended already or began later."""
    _alone_with(case, by)
    now = queries.course(case)
    if now.ended_on:
        raise ValidationError(_("The follow-up has ended already."))
    if now.referred_on and happened_on < now.referred_on:
        raise ValidationError({"happened_on": _("The participant was referred later than this.")})
    return record(CaseEnded(case=case, happened_on=happened_on, cause=cause, note=note), by=by)


@transaction.atomic
def reopen(case: Case, *, by: User, happened_on: date, reason: str, note: str = "") -> CaseReopened:
    """Go on with a case that had ended, most often after a lost job. Raises ValidationError where it has not ended."""
    _alone_with(case, by)
    now = queries.course(case)
    if not now.ended_on:
        raise ValidationError(_("The follow-up has not ended."))
    if happened_on < now.ended_on:
        raise ValidationError({"happened_on": _("The follow-up ended later than this.")})
    return record(CaseReopened(case=case, happened_on=happened_on, reason=reason, note=note), by=by)


def add_collaborator(case: Case, *, by: User, happened_on: date, role: str, name: str, **more: str) -> Collaborator:
    """Somebody outside helps at the same time, with the participant's agreement from ``happened_on``."""
    return record(Collaborator(case=case, happened_on=happened_on, role=role, name=name, **more), by=by)


@transaction.atomic
def change_participant(participant: Participant, *, by: User, based_on: int, **changes: Any) -> Participant:
    """Change name, address and the like. ``based_on`` is the version the form showed.

    Raises StaleParticipant where somebody else changed it in the meantime, NotAllowed, and ValidationError.
    """
    who = standing(by)
    if who is None or not who.actor.works_with_people:
        raise NotAllowed(f"user {by.pk} changes no participants")
    now = Participant.objects.select_for_update(of=("self",)).filter(pk=participant.pk).first()
    if now is None:
        raise NotAllowed(f"user {by.pk} has no part in participant {participant.pk}")
    if now.version != based_on:
        raise StaleParticipant(now)
    for name, value in changes.items():
        setattr(now, name, value)
    now.version += 1
    # What is not changed is not checked: the participant's own account, for one, is out of sight for those who work here.
    untouched = {field.name for field in now._meta.fields} - {*changes}
    now.full_clean(exclude=untouched, validate_unique=False, validate_constraints=False)
    now.save(update_fields=[*changes, "version"])
    return now


class StaleParticipant(Exception):
    """Somebody else changed the participant in the meantime. ``now`` is the row as it is."""

    def __init__(self, now: Participant) -> None:
        super().__init__(f"participant {now.pk} is at version {now.version}")
        self.now = now
