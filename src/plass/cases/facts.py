"""How facts are written and corrected, the same for every kind."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.access import actions as access
from plass.access.rules import Level
from plass.db import locks
from plass.db.insert import insert_all
from plass.organisation.models import User

from .fact_register import fact_kind
from .gate import NotAllowed, check, restrict_until_done
from .models import Assignment, Case, CaseEnded, Correction, Fact
from .queries import was_answered

F = TypeVar("F", bound=Fact)
T = TypeVar("T")
R = TypeVar("R")
#: Within ``many``: what was locked there.
_many: ContextVar[set[str] | None] = ContextVar("many", default=None)


#: So soon after, the same fact by the same person is most often the one before, sent again from an earlier page.
JUST_NOW = timedelta(minutes=10)


class StaleFact(Exception):
    """Somebody else corrected the fact in the meantime. ``fact`` is the old row, ``correction`` what happened."""

    def __init__(self, fact: Fact, correction: Correction) -> None:
        super().__init__(f"{fact.kind} {fact.pk} was corrected by correction {correction.pk}")
        self.fact = fact
        self.correction = correction


class Refused(Exception):
    """Of several acts that were to be done together some cannot be, so none is. ``errors`` says why, by their place."""

    def __init__(self, errors: Mapping[int, Exception]) -> None:
        super().__init__("; ".join(f"{place}: {error}" for place, error in errors.items()))
        self.errors = errors


def apply_all(act: Callable[[T], R], things: Iterable[T]) -> list[R]:
    """What ``act`` gives for each. Raises Refused, with all that it raised, where it refuses any."""
    results, errors = [], {}
    for place, thing in enumerate(things):
        try:
            results.append(act(thing))
        except (ValidationError, NotAllowed) as error:
            errors[place] = error
    if errors:
        raise Refused(errors)
    return results


def unwrap_single(act: Callable[[], list[R]]) -> R:
    """For an act on its own that is done like several: its result, or what is wrong with it."""
    try:
        return act()[0]
    except Refused as refused:
        raise refused.errors[0] from None


def lock(name: str) -> None:
    """Until the transaction ends, others who lock the same wait. (The web role may not lock rows it cannot change.)"""
    lock_all([name])


def lock_all(names: Collection[str]) -> None:
    """The same for several. Within ``bulk_recording`` what is locked already is not asked for again."""
    locked = _many.get()
    if locked is not None:
        names = set(names) - locked
        locked |= names
    locks.lock(*names)


def lock_case(case: Case, by: User, *, own: bool = False) -> None:
    """For acts that first look at the case and then write: two at once come one after the other.

    Raises NotAllowed unless ``by`` may record in the case (``own``: as the participant it is about).
    """
    check(case, by, own=own)
    lock_case_ids([case.pk])


def lock_cases(cases: Sequence[Case], by: User) -> None:
    """The same for acts on several cases. Raises Refused."""
    apply_all(lambda case: check(case, by), cases)
    lock_case_ids(case.pk for case in cases)


def lock_case_ids(case_ids: Iterable[int]) -> None:
    """Until the transaction ends, others who act on one of the cases as a whole wait."""
    lock_all([_name(case_id) for case_id in case_ids])


def created_in_this_transaction(case_ids: Iterable[int]) -> None:
    """Cases that this transaction made: until it ends nobody else can know them, and many facts of them need no lock."""
    locked = _many.get()
    if locked is not None:
        locked.update(_name(case_id) for case_id in case_ids)


def _name(case_id: int) -> str:
    return f"case {case_id}"


@transaction.atomic
def record(fact: F, *, by: User, own: bool = False, needs: Level | None = None) -> F:
    """Write a fact that is not saved yet, and return it.

    Checks that ``by`` may act on the case, that the fields are valid, and that the date is not in the future unless
    that kind of fact may lie ahead (a job may start next month; a talk cannot have happened tomorrow). ``own``: the
    participant writes about themselves, which the database allows for few kinds of fact. ``needs``: what ``by`` must be
    allowed to do, where it is not what that kind of fact usually needs.
    Raises NotAllowed and ValidationError (by field).
    """
    _prepare(fact, by, own, needs)
    _say_what_is_missing(fact)
    return _write(fact)


def _say_what_is_missing(fact: Fact, known: Collection[str] = ()) -> None:
    """Raise ValidationError where something must be said that is not; ``known`` fields were empty before."""
    if missing := {name: message for name, message in fact.missing().items() if name not in known}:
        raise ValidationError(missing)


def _write(fact: F) -> F:
    if _many.get() is not None:
        return unwrap_single(lambda: _leave_to_the_database([fact]))
    fact.full_clean(validate_unique=False)
    fact.save(force_insert=True)
    return fact


def recorded_just_now(fact: F) -> F | None:
    """The newest fact like this one that the same person recorded within :data:`JUST_NOW`, and that stands. One query."""
    own = {"recorded_at", "superseded_at", fact.begins}
    same = {
        column.attname: getattr(fact, column.attname)
        for column in fact._meta.concrete_fields
        if not column.primary_key and column.name not in own
    }
    return (
        type(fact)
        ._default_manager.filter(**same, superseded_at=None, recorded_at__gt=fact.recorded_at - JUST_NOW)
        .exclude(pk=fact.pk)
        .order_by("-pk")
        .first()
    )


@transaction.atomic
def record_all(facts: Sequence[F], *, by: User) -> list[F]:
    """The same for several facts of one kind, also of several cases: in one statement where they are among ``many``.

    Raises Refused; and ValidationError where the database refuses one of them, and does not say which.
    """
    today = timezone.localdate()
    apply_all(lambda fact: _prepare(fact, by, own=False, today=today), facts)
    if _many.get() is None:
        return apply_all(_write, facts)
    if facts:
        _leave_to_the_database(facts)
    return list(facts)


def _prepare(fact: Fact, by: User, own: bool, needs: Level | None = None, today: date | None = None) -> None:
    if fact.case_id is not None:
        check(fact.case, by, fact.needs if needs is None else needs, own=own)
    fact.recorded_by = by
    if fact.happened_on and fact.happened_on > (today or timezone.localdate()) and not fact_kind(fact).may_lie_ahead:
        raise ValidationError({"happened_on": _("This date lies ahead. Write the day it happened.")})


@contextmanager
def bulk_recording() -> Iterator[None]:
    """Record many facts (an import): what is undone is undone as a whole, and the database checks what it can.

    Within, acts have no savepoints of their own, so the first error undoes everything: let it out, through an ``atomic``
    around this. References and constraints are not asked for beforehand, one query each; the database refuses them in
    the same words. That is a third of the queries.
    """
    before = connection.features.uses_savepoints
    token = _many.set(set())
    connection.features.uses_savepoints = False
    try:
        with restrict_until_done():
            yield
    finally:
        connection.features.uses_savepoints = before
        _many.reset(token)


def _leave_to_the_database(facts: Sequence[F]) -> list[F]:
    apply_all(_clean, facts)
    kind = type(facts[0])
    try:
        return insert_all(facts)
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        broken = next((constraint for constraint in kind._meta.constraints if constraint.name == name), None)
        if broken is None:
            raise
        raise ValidationError(broken.get_violation_error_message()) from error


def _clean(fact: Fact) -> None:
    # An object that was given is there; asking for it again costs a query for each reference.
    fact.clean_fields(exclude=set(fact._state.fields_cache))
    fact.clean()


@transaction.atomic
def correct(
    fact: F,
    *,
    by: User,
    reason: str,
    changes: Mapping[str, Any] | None = None,
    **named: Any,
) -> F:
    """Replace a recorded fact by one with other values in its fields; both stay, and the reason too. Returns the new.

    The same must hold as when it is recorded, and the kind's own ``check`` afterwards.

    The new values are ``named``, or stand in ``changes`` where a field is called like an argument (``by``, ``reason``).

    Raises StaleFact where somebody else corrected it first, NotAllowed, and ValidationError.
    """
    _still_stands(fact, by, reason)
    new = type(fact)(
        **{field.attname: getattr(fact, field.attname) for field in fact._meta.concrete_fields if not field.primary_key}
    )
    for name, value in {**(changes or {}), **named}.items():
        setattr(new, name, value)
    new.recorded_at = timezone.now()
    new.superseded_at = None
    # The old row goes last: whoever sees the case through it (an assignment) still sees it while the rest is written.
    _prepare(new, by, own=False)
    _say_what_is_missing(new, known=fact.missing())
    _nobody_who_keeps_away(fact, new, by)
    _write(new)
    _write_correction(fact, new.pk, reason, by)
    _supersede(fact)
    fact_kind(new).check(new)
    return new


@transaction.atomic
def withdraw(fact: Fact, *, by: User, reason: str) -> None:
    """Say that a fact was recorded by mistake. It stays in the timeline, crossed out, and counts nowhere.

    Raises StaleFact where somebody else corrected it first, NotAllowed, and ValidationError.
    """
    _still_stands(fact, by, reason)
    _nobody_who_keeps_away(fact, None, by)
    _write_correction(fact, None, reason, by)
    _supersede(fact)
    fact_kind(fact).check(fact)


def _nobody_who_keeps_away(fact: Fact, new: Fact | None, by: User) -> None:
    """A correction gives the case to nobody who must keep away, as handing over does not: that is a finding too."""
    if not isinstance(fact, Assignment):
        return
    others = Assignment.objects.filter(case=fact.case, role=fact.role, superseded_at=None).exclude(pk=fact.pk)
    standing = sorted(others.select_related("user"), key=lambda assignment: (assignment.happened_on, assignment.pk))
    now = max([*standing, fact], key=lambda assignment: (assignment.happened_on, assignment.pk)).user_id
    # The new row gets the highest number.
    last = standing[-1] if standing else None
    if isinstance(new, Assignment) and (last is None or new.happened_on >= last.happened_on):
        last = new
    gets_it = last.user if last is not None else None
    if gets_it is not None and gets_it.pk != now and not access.may_follow([(gets_it.pk, fact.case_id)]):
        raise ValidationError(access.keeps_away(gets_it, by).messages)


def _still_stands(fact: Fact, by: User, reason: str) -> None:
    if isinstance(fact, Assignment):
        # Who has the case changes by it: who hands it over at this moment, or protects the person, comes before or after.
        lock_case_ids([fact.case_id])
        now_there = Case.objects.filter(pk=fact.case_id).first()
        if now_there is None:
            raise NotAllowed(f"user {by.pk} has no part in case {fact.case_id}")
        fact.case = now_there
    if fact.case_id is not None:
        check(fact.case, by, fact.needs_to_correct())
    if not reason.strip():
        raise ValidationError({"reason": _("Say why it is corrected.")})
    if fact.kind == CaseEnded.kind and was_answered(fact.case):
        raise ValidationError(_("This referral was answered, and the answer stands. Refer anew if something is new."))
    # The lock makes two who correct the same fact at once come one after the other.
    now = type(fact)._default_manager.select_for_update(of=("self",)).get(pk=fact.pk)
    if now.superseded_at is not None:
        raise StaleFact(now, Correction.objects.get(kind=fact.kind, fact_id=fact.pk, case=fact.case_id))


def _supersede(fact: Fact) -> None:
    fact.superseded_at = timezone.now()
    type(fact)._default_manager.filter(pk=fact.pk).update(superseded_at=fact.superseded_at)


def _write_correction(fact: Fact, replacement: int | None, reason: str, by: User) -> None:
    Correction.objects.create(
        case_id=fact.case_id,
        kind=fact.kind,
        fact_id=fact.pk,
        replacement_id=replacement,
        reason=reason.strip(),
        recorded_by=by,
    )
