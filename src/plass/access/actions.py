"""Ways into a case for a time, and saying that somebody is close to oneself. An end is added, nothing is taken away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import ProgrammingError, connection, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.db import signed
from plass.organisation.models import User

from . import log
from .models import ConflictOfInterest, Grant
from .rules import NO_RELATION
from .user_roles import WITH_CASES, user_roles

#: For how long somebody may let themselves or another in, in hours. Our own choice: a shift, a day, a weekend, a week.
HOURS = (8, 24, 72, 168)
#: How many emergencies somebody may have in 24 hours. Our own choice, against harvesting (OWASP ASVS 5.0, 2.4.1).
MOST_EMERGENCIES = 5


@transaction.atomic
def break_glass(case_id: int, *, by: User, reason: str, hours: int) -> bool:
    """Open a case of another team or office for ``by`` for some hours. Returns whether it was opened.

    Not opened, and all alike: a number that no case has, a shielded participant, oneself, somebody close, too many in
    one day, or a role without cases. Either way it is logged. Raises ValidationError without a reason.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    who = user_roles(by)
    opened = bool(signed.call("access_break_glass", case_id, reason, hours, MOST_EMERGENCIES)[0][0])
    if who is not None and not opened:
        log.log_opened_case(who, case_id, None, "emergency", None)
    _forget_standing(by)
    return opened


@transaction.atomic
def give(
    case_id: int, *, by: User, to: User, reason: str, hours: int, level: Grant.Allows = Grant.Allows.READ
) -> Grant:
    """Let ``to`` see a case for some hours, or record there too: for those who decide about it, also where the
    participant is shielded.

    Raises ValidationError where ``to`` must not see it (it is about them, or somebody close to them), or has no role today
    that has cases: they would see nothing, and the participant would read that they may.
    """
    if not _works_with_people(to):
        raise ValidationError(
            {"to": _("%(name)s has no role with participants today. Choose somebody else.") % {"name": to.name}}
        )
    if not may_follow([(to.pk, case_id)]):
        raise keeps_away(to, by)
    grant = Grant(
        kind=Grant.Kind.GIVEN,
        level=level,
        user=to,
        case_id=case_id,
        reason=reason.strip(),
        granted_by=by,
        granted_at=timezone.now(),
        expires_at=timezone.now() + timedelta(hours=hours),
    )
    grant.full_clean()
    try:
        with transaction.atomic():
            grant.save(force_insert=True)
    except ProgrammingError as error:
        # So the database says that they may not. What else goes wrong, as having waited in vain, is something else.
        raise ValidationError(str(NO_RELATION.reason)) from error
    return grant


def _works_with_people(user: User) -> bool:
    today = timezone.localdate()
    return (
        user.kind == User.Kind.STAFF
        and (user.ended_on is None or user.ended_on >= today)
        and user.memberships.filter(
            Q(ended_on=None) | Q(ended_on__gte=today), role__in=WITH_CASES, started_on__lte=today
        ).exists()
    )


def may_follow(wanted: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Which of these people (user, case) may be given which case: not those who are the participant, or close to them."""
    pairs = list(wanted)
    if not pairs:
        return set()
    users, cases = ([str(number) for number in column] for column in zip(*pairs, strict=True))
    return set(signed.call("access_may_follow", users, cases))


def keeps_away(to: User, by: User) -> ValidationError:
    """The error for ``by``, who wants to give a case to somebody who must keep away from it; the log notes who was told."""
    note_kept_away(by)
    return ValidationError(
        {"to": _("%(name)s cannot follow this participant. Choose somebody else.") % {"name": to.name}}
    )


def note_kept_away(by: User) -> None:
    """``by`` was refused because somebody must keep away, and knows it by that: said by every act that refuses so."""
    if who := user_roles(by):
        log.kept_away(who)


@transaction.atomic
def end_way(grant: Grant, *, by: User) -> bool:
    """End a way into a case before its time: for those who decide about the case, and for whoever has it.

    Returns whether it was ended: not where it has ended already, or is not ``by``'s to end.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_end_grant(%s)", [grant.pk])
        ended: bool = cursor.fetchone()[0]
    _forget_standing(by)
    return ended


@transaction.atomic
def declare(identity_hash: bytes, *, by: User, user: User, kind: str) -> ConflictOfInterest:
    """``user`` (oneself, or somebody one leads) is the person with this identity number, or close to them.

    Declared twice it is one tie; declared again after its end it is a new one. "This is me" after "close to me" stands
    beside it, and so does what somebody else says. Nothing tells whether the person is known here, nor what others said.
    """
    declared = RawSQL("access_tie_said(%s, %s, %s)", [user.pk, identity_hash, kind])
    existing = ConflictOfInterest.objects.filter(pk=declared).first()
    if existing is not None:
        return existing
    tie = ConflictOfInterest.objects.create(user=user, identity_hash=identity_hash, kind=kind, declared_by=by)
    _forget_standing(by)
    return tie


@transaction.atomic
def ask_tie_end(tie: ConflictOfInterest, *, by: User, reason: str) -> None:
    """``by`` asks that what they said about somebody close ends. It holds until somebody else has answered.

    Raises ValidationError without a reason, and where it has ended or waits for an answer already.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_ask_tie_end(%s, %s)", [tie.pk, reason])
        if not cursor.fetchone()[0]:
            raise ValidationError(_("This has ended, or waits for an answer already."))


@transaction.atomic
def answer_tie_end(tie_id: int, *, by: User, ends: bool, answer: str = "") -> None:
    """Whoever leads the one who asked lets the tie end, or keeps it and says why.

    The case opens to them again at their next request, if anything else lets them in. Raises ValidationError where it
    is kept without a reason, and where somebody has answered, or it is not for ``by`` to answer.
    """
    if not ends and not answer.strip():
        raise ValidationError({"answer": _("Say why it stands.")})
    if not signed.call("access_answer_tie_end", tie_id, ends, answer)[0][0]:
        raise ValidationError(_("Somebody has answered this already."))


def _forget_standing(user: User) -> None:
    """What somebody may has just changed: the next question reads it anew."""
    user.__dict__.pop("_standing", None)
