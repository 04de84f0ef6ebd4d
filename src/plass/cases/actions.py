"""What can be done to a case as a whole: refer, take, hand over, pause, end, reopen; and who else helps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from types import EllipsisType
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.access import actions as access
from plass.access.rules import Level
from plass.access.user_roles import user_roles
from plass.db import signed
from plass.db.insert import insert_all
from plass.organisation.models import Membership, Role, Team, User

from . import identity, queries
from .facts import apply_all, created_in_this_transaction, lock_all, lock_case_ids, record, record_all, unwrap_single
from .gate import NotAllowed, check, covers, level, restrict_to_cases
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


@dataclass(frozen=True)
class ToRefer:
    """Somebody to refer: ``person`` are the fields of :class:`Participant` that people type (names, phone, ...)."""

    number: identity.IdentityNumber
    person: dict[str, Any]
    wishes: str
    participant_agreed_on: date
    help_wanted: str = ""
    happened_on: date | None = None


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

    ``person`` are the fields of :class:`Participant` that people type (names, phone, protection, ...). Somebody about whom
    ``by`` decides already, or for whom they cover in that team, keeps their row as it is. Everybody else gets a new one,
    also where the number is known, or seen for a time: the answer is the same, and somebody who may joins the two
    (``joining.py``). Raises NotAllowed for others than counsellors, specialists and supervisors, ValidationError where
    ``by`` has a part in the person that lasts, and they have an open case at that office.
    """
    to_refer = ToRefer(number, person, wishes, participant_agreed_on, help_wanted, happened_on)
    return unwrap_single(lambda: refer_all([to_refer], by=by, team=team))


@transaction.atomic
def refer_all(people: Sequence[ToRefer], *, by: User, team: Team) -> list[Case]:
    """The same for several people, each of them another. Raises NotAllowed, and Refused."""
    who = user_roles(by)
    if who is None or team.office_id not in who.follows_at | who.counsels_at:
        raise NotAllowed(f"user {by.pk} refers nobody to team {team.pk}")
    hashes = [identity.find_by(to_refer.number) for to_refer in people]
    lock_people(hashes)
    before = _before_referrals(hashes, team)
    registered = apply_all(lambda arguments: _registered(*arguments, by), zip(people, hashes, before, strict=True))
    insert_all([participant for participant in registered if participant.pk is None])
    cases = insert_all(
        [
            Case(participant_id=participant.pk, office=team.office, team=team, referred_by=by)
            for participant in registered
        ]
    )
    numbers = [case.pk for case in cases]
    created_in_this_transaction(numbers)
    with restrict_to_cases(*numbers):
        today = timezone.localdate()
        days = [to_refer.happened_on or today for to_refer in people]
        record_all(
            [
                Referral(
                    case=case,
                    happened_on=when,
                    wishes=to_refer.wishes,
                    help_wanted=to_refer.help_wanted,
                    participant_agreed_on=to_refer.participant_agreed_on,
                )
                for to_refer, case, when in zip(people, cases, days, strict=True)
            ],
            by=by,
        )
        if team.office_id in who.counsels_at:
            role = Assignment.Role.COUNSELLOR
            record_all(
                [
                    Assignment(case=case, happened_on=when, role=role, user=by)
                    for case, when in zip(cases, days, strict=True)
                ],
                by=by,
            )
    # As the triggers left them.
    now = Case.objects.in_bulk(numbers)
    return [now[number] for number in numbers]


def lock_people(hashes: Iterable[bytes]) -> None:
    """Until the transaction ends, others who refer these people (``identity.find_by``) wait, and then see what was done.

    Who refers people in several steps locks all of them before the first: two who do that would else wait for each other.
    The database keeps some thousands of locks for everybody, so nobody refers thousands in one transaction.
    """
    lock_all([f"person {identity_hash.hex()}" for identity_hash in hashes])


def known(number: identity.IdentityNumber, team: Team) -> int | None:
    """The participant to whom a referral by the acting user to ``team`` attaches: their database number, or None."""
    return all_known([number], team)[0]


def all_known(numbers: Sequence[identity.IdentityNumber], team: Team) -> list[int | None]:
    """The same for several numbers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM cases_known_participants(%s::bytea[], %s, %s)",
            [[identity.find_by(number) for number in numbers], team.office_id, team.pk],
        )
        return [participant_id for (participant_id,) in cursor.fetchall()]


def _before_referrals(hashes: list[bytes], team: Team) -> list[tuple[bool, int | None, bool]]:
    """Whether the acting user must keep away from somebody, their number where known, and whether they are followed here,
    as far as the acting user has a part in them that lasts."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access_keeps_away(hash), known, seen IS NOT NULL AND cases_has_open_case(seen, %(office)s) "
            "FROM ROWS FROM (unnest(%(hashes)s::bytea[]), "
            "cases_known_participants(%(hashes)s::bytea[], %(office)s, %(team)s), "
            "cases_known_participants(%(hashes)s::bytea[])) WITH ORDINALITY AS wanted (hash, known, seen, place) "
            "ORDER BY place",
            {"office": team.office_id, "team": team.pk, "hashes": hashes},
        )
        rows: list[tuple[bool, int | None, bool]] = cursor.fetchall()
    return rows


def _registered(
    to_refer: ToRefer, identity_hash: bytes, before: tuple[bool, int | None, bool], by: User
) -> Participant:
    """The participant as they are to be registered, or are. Raises ValidationError where they cannot be referred."""
    keeps_away, known_id, has_open_case = before
    if keeps_away:
        raise ValidationError(_("This is you, or somebody close to you: let somebody else at the office refer them."))
    if known_id is not None:
        participant = Participant(pk=known_id)
    else:
        participant = Participant(
            **to_refer.person,
            identity_number=identity.encrypt(to_refer.number),
            identity_hash=identity_hash,
            born_on=to_refer.number.born_on,
            registered_by=by,
        )
        # Who registers is there.
        participant.full_clean(exclude={"registered_by"}, validate_unique=False, validate_constraints=False)
    if has_open_case:
        raise ValidationError(_("This person already has follow-up at this office. Ask the supervisor of the team."))
    return participant


@transaction.atomic
def take(case: Case, *, by: User, happened_on: date | None = None) -> Assignment:
    """The specialist takes a referred case. Raises ValidationError where somebody else took it first."""
    current = _alone_with(case, by, Level.RECORD)
    if not may_take(current, by):
        raise NotAllowed(f"user {by.pk} takes no cases of team {current.team_id}")
    if current.specialist_id == by.pk:
        raise ValidationError(_("You follow this participant already."))
    if current.specialist_id is not None:
        raise ValidationError(
            _("%(name)s has already taken this case.") % {"name": User.objects.get(pk=current.specialist_id).name}
        )
    # The database lets a specialist of the team do this without being able to give the case to anybody else.
    assignment = _assignment(case, Assignment.Role.SPECIALIST, by, case.team, "", happened_on)
    _pass_on([Passed(current, None, by)], by)
    signed.call("cases_take", case.pk)
    return record(assignment, by=by, needs=Level.RECORD)


def may_take(case: Case, by: User) -> bool:
    """Whether ``by`` may become the job specialist of a case that waits: as a specialist of its team.

    A way in for a time is no ground to take anything: where the participant is protected nobody covers for the team.
    """
    who = user_roles(by)
    if who is None or case.team_id not in who.covered_teams:
        return False
    needed = Level.DECIDE if case.participant.is_protected or not covers(who.actor, case) else Level.RECORD
    return level(case, by) >= needed


@dataclass(frozen=True)
class Passed:
    """A case goes over: ``former`` (None: nobody for now) followed it or was its counsellor, and ``to`` is from now on."""

    case: Case
    former: int | None
    to: User


#: What goes with a case to whoever gets it, from the rooms that know of it: called before the hand-over is recorded.
PassesOn = Callable[[Sequence[Passed], User], None]
_passes_on: list[PassesOn] = []


def goes_along(act: PassesOn) -> None:
    """Let ``act(passed, by)`` pass on what goes with a case that is handed over. Registered when a room is loaded."""
    _passes_on.append(act)


def _pass_on(passed: Sequence[Passed], by: User) -> None:
    for act in _passes_on if passed else ():
        act(passed, by)


@dataclass(frozen=True)
class HandOver:
    """Who is to follow a case, as :func:`hand_over` takes it. ``with_meetings``: they take over what is agreed too."""

    case: Case
    to: User | None
    team: Team | None = None
    role: str = Assignment.Role.SPECIALIST
    reason: str = ""
    happened_on: date | None = None
    instead_of: int | EllipsisType | None = ...
    with_meetings: bool = True


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
    with_meetings: bool = True,
) -> Assignment:
    """Let somebody else follow the case from a date (``to`` None: nobody for now, the team finds one).

    Agreed meetings of the one who followed it go along, unless ``with_meetings`` is False or nobody gets the case.
    ``instead_of`` is the number of the user who followed it when the form was shown (None: nobody).
    Raises NotAllowed, and ValidationError where somebody else has got it since, or where ``to`` does not do that work
    at the case's office.
    """
    change = HandOver(case, to, team, role, reason, happened_on, instead_of, with_meetings)
    return unwrap_single(lambda: hand_over_all([change], by=by))


@transaction.atomic
def hand_over_all(changes: Sequence[HandOver], *, by: User) -> list[Assignment]:
    """The same for several cases. Raises Refused."""
    current = _alone_with_all([change.case for change in changes], by)
    places = [change.team or change.case.team for change in changes]
    roles = list(Membership.objects.filter(user__in={change.to.pk for change in changes if change.to}))
    may_follow = access.may_follow((change.to.pk, change.case.pk) for change in changes if change.to)

    def assignment(planned: tuple[HandOver, Case, Team | None]) -> Assignment:
        change, case, team = planned
        _nobody_meanwhile(change, case)
        if team is not None and team.office_id != case.office_id:
            raise ValidationError(_("The team belongs to another office."))
        if change.to is not None and not _does_that_work(roles, change, team):
            raise ValidationError(
                {"to": _("%(name)s does not do that work at this office.") % {"name": change.to.name}}
            )
        if change.to is not None and (change.to.pk, case.pk) not in may_follow:
            raise access.keeps_away(change.to, by)
        return _assignment(change.case, change.role, change.to, team, change.reason, change.happened_on)

    assignments = apply_all(assignment, zip(changes, current, places, strict=True))
    with_former = [(change, case, _who_has(change, case)) for change, case in zip(changes, current, strict=True)]
    _pass_on(
        [
            Passed(case, former, change.to)
            for change, case, former in with_former
            if change.with_meetings and change.to and change.to.pk != former
        ],
        by,
    )
    return record_all(assignments, by=by)


def _who_has(change: HandOver, current: Case) -> int | None:
    return current.counsellor_id if change.role == Assignment.Role.COUNSELLOR else current.specialist_id


def _nobody_meanwhile(change: HandOver, current: Case) -> None:
    now = _who_has(change, current)
    if change.instead_of is not ... and now != change.instead_of:
        who = User.objects.get(pk=now) if now else None
        raise ValidationError(
            _("Meanwhile %(name)s has got this participant. Look once more, and send again if it is still right.")
            % {"name": who.name if who else _("nobody")},
            code="stale",
        )


def _does_that_work(memberships: Iterable[Membership], change: HandOver, team: Team | None) -> bool:
    """Whether the one who is to follow has the role for it today, or had it then (older cases are recorded afterwards)."""
    as_counsellor = change.role == Assignment.Role.COUNSELLOR
    roles = {Role.COUNSELLOR} if as_counsellor else {Role.SPECIALIST, Role.SUPERVISOR}
    today = timezone.localdate()
    days = (change.happened_on or today, today)
    return any(
        membership.user_id == (change.to and change.to.pk)
        and membership.role in roles
        and (
            membership.office_id == change.case.office_id
            if as_counsellor or team is None
            else membership.team_id == team.pk
        )
        and any(
            membership.started_on <= day and (membership.ended_on is None or membership.ended_on >= day) for day in days
        )
        for membership in memberships
    )


def _alone_with(case: Case, by: User, needs: Level = Level.DECIDE) -> Case:
    """Wait until nobody else acts on the case as a whole, check that ``by`` may, and return it as it is now."""
    return unwrap_single(lambda: _alone_with_all([case], by, needs))


def _alone_with_all(cases: Sequence[Case], by: User, needs: Level = Level.DECIDE) -> list[Case]:
    """The same for several cases. Raises Refused."""
    lock_case_ids(case.pk for case in cases)
    current = {case.pk: case for case in Case.objects.filter(pk__in={case.pk for case in cases})}

    def now(case: Case) -> Case:
        if case.pk not in current:
            raise NotAllowed(f"user {by.pk} has no part in case {case.pk}")
        check(current[case.pk], by, needs)
        return current[case.pk]

    return apply_all(now, cases)


def _assignment(
    case: Case, role: str, user: User | None, team: Team | None, reason: str, happened_on: date | None
) -> Assignment:
    return Assignment(
        case=case, happened_on=happened_on or timezone.localdate(), role=role, user=user, team=team, reason=reason
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


def end(case: Case, *, by: User, happened_on: date, cause: str, note: str = "") -> CaseEnded:
    """End the follow-up, with its cause. Raises ValidationError where it has ended already or began later."""
    ended = CaseEnded(case=case, happened_on=happened_on, cause=cause, note=note)
    return unwrap_single(lambda: end_all([ended], by=by))


@transaction.atomic
def end_all(ends: Sequence[CaseEnded], *, by: User) -> list[CaseEnded]:
    """The same for several cases, each with the fact that is to be recorded. Raises Refused."""
    cases = [ended.case for ended in ends]
    _alone_with_all(cases, by)
    courses = queries.courses(cases)

    def check_order(ended: CaseEnded) -> None:
        now = courses[ended.case_id]
        if now.ended_on:
            raise ValidationError(_("The follow-up has ended already."))
        if now.referred_on and ended.happened_on < now.referred_on:
            raise ValidationError({"happened_on": _("The participant was referred later than this.")})

    apply_all(check_order, ends)
    return record_all(ends, by=by)


@transaction.atomic
def reopen(case: Case, *, by: User, happened_on: date, reason: str, note: str = "") -> CaseReopened:
    """Go on with a case that had ended, most often after a lost job. Raises ValidationError where it has not ended."""
    _alone_with(case, by)
    now = queries.course(case)
    if not now.ended_on:
        raise ValidationError(_("The follow-up has not ended."))
    if happened_on < now.ended_on:
        raise ValidationError({"happened_on": _("The follow-up ended later than this.")})
    if queries.was_answered(case):
        raise ValidationError(_("This referral was answered, and the answer stands. Refer anew if something is new."))
    return record(CaseReopened(case=case, happened_on=happened_on, reason=reason, note=note), by=by)


def add_collaborator(case: Case, *, by: User, happened_on: date, role: str, name: str, **more: str) -> Collaborator:
    """Somebody outside helps at the same time, with the participant's agreement from ``happened_on``."""
    return record(Collaborator(case=case, happened_on=happened_on, role=role, name=name, **more), by=by)


@transaction.atomic
def change_participant(participant: Participant, *, by: User, based_on: int, **changes: Any) -> Participant:
    """Change name, address and the like, but not the protection. ``based_on`` is the version the form showed.

    Raises StaleParticipant where somebody else changed it in the meantime, NotAllowed, and ValidationError.
    """
    who = user_roles(by)
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


@transaction.atomic
def change_protection(
    participant: Participant, *, by: User, based_on: int, protection: str, reason: str
) -> Participant:
    """Say that a participant is protected, or otherwise than before, or no more, and why: for those who decide about them.

    The participant and those who see them read the reason. Raises NotAllowed, StaleParticipant where somebody else changed
    the participant in the meantime, and ValidationError: without a reason, and where nobody would see them any more.
    """
    # Whoever hands a case of theirs on at this moment comes before or after.
    lock_case_ids(Case.objects.filter(participant=participant.pk).values_list("pk", flat=True))
    now = Participant.objects.filter(pk=participant.pk).first()
    if now is None or queries.level_at(now) < Level.DECIDE:
        raise NotAllowed(f"user {by.pk} does not decide about participant {participant.pk}")
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    # Whoever is asked whether somebody is an own employee also answers by leaving it as it is.
    if protection == now.protection and not queries.asked_about_own_employee(now):
        raise ValidationError({"protection": _("This is what stands there already.")})
    if protection and not queries.named_when_protected(now):
        raise ValidationError(
            {"protection": _("Nobody would see the participant any more. Choose first who is to follow them.")}
        )
    if not signed.call("cases_change_protection", now.pk, protection, reason, based_on)[0][0]:
        raise StaleParticipant(now)
    # As it was changed to: whoever led the team alone does not see it any more.
    now.protection, now.protection_reason, now.version = protection, reason.strip(), based_on + 1
    return now


class StaleParticipant(Exception):
    """Somebody else changed the participant in the meantime. ``now`` is the row as it is."""

    def __init__(self, now: Participant) -> None:
        super().__init__(f"participant {now.pk} is at version {now.version}")
        self.now = now
