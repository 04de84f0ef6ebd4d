"""Recording employers and the people to talk to there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.cases.facts import apply_all, unwrap_single
from plass.cases.gate import NotAllowed
from plass.db.insert import insert_all
from plass.organisation.models import User

from . import organisation_number, queries
from .models import ContactPerson, Employer

Row = TypeVar("Row", Employer, ContactPerson)


class Stale(Exception):
    """Somebody else changed the employer or person in the meantime. ``now`` is the row as it is."""

    def __init__(self, now: Employer | ContactPerson) -> None:
        super().__init__(f"{now._meta.label} {now.pk} is at version {now.version}")
        self.now = now


class SameNumber(ValidationError):
    """The organisation number belongs to an employer who is recorded already (``existing``)."""

    def __init__(self, existing: Employer) -> None:
        text = _("%(name)s is already recorded with this organisation number.") % {"name": existing.name}
        super().__init__({"organisation_number": text})
        self.existing = existing


class SimilarName(ValidationError):
    """Employers of much the same name are recorded already (``existing``); to be asked about, not refused."""

    def __init__(self, existing: list[Employer]) -> None:
        super().__init__({"name": _("There is already an employer with a similar name. Is it the same?")})
        self.existing = existing


def _staff_only(by: User) -> None:
    if not by.is_staff_member:
        raise NotAllowed(f"user {by.pk} does not work here")


def _check_number(employer: Employer) -> None:
    _read_number(employer)
    if existing := _of_numbers([employer]).get(employer.organisation_number):
        raise SameNumber(existing)


def _read_number(employer: Employer) -> None:
    employer.organisation_number = organisation_number.parse_for(
        "organisation_number", employer.organisation_number or ""
    )


def _of_numbers(employers: Sequence[Employer]) -> dict[str | None, Employer]:
    """Others that are recorded with the organisation numbers of these, by their numbers."""
    numbers = {employer.organisation_number for employer in employers if employer.organisation_number}
    if not numbers:
        return {}
    others = Employer.objects.filter(organisation_number__in=numbers).exclude(
        pk__in=[employer.pk for employer in employers if employer.pk]
    )
    return {other.organisation_number: other for other in others}


def add_employer(*, by: User, name: str, is_another: bool = False, **more: Any) -> Employer:
    """Record an employer. ``more`` are fields of :class:`Employer`; an organisation number is checked.

    Raises SameNumber, SimilarName (unless ``is_another`` says that it is another one), ValidationError by field, and
    NotAllowed for others than staff.
    """
    return unwrap_single(lambda: add_employers([Employer(name=name, **more)], by=by, are_others=is_another))


@transaction.atomic
def add_employers(new: Sequence[Employer], *, by: User, are_others: bool = False) -> list[Employer]:
    """The same for several employers, each of them another. Raises NotAllowed, and Refused."""
    _staff_only(by)
    apply_all(_read_number, new)
    with_number = _of_numbers(new)

    def check(employer: Employer) -> None:
        employer.name, employer.recorded_by = employer.name.strip(), by
        if same := with_number.get(employer.organisation_number):
            raise SameNumber(same)
        if not are_others:
            existing = queries.similar(employer.name)
            if existing:
                raise SimilarName(existing)
        # Who records is there.
        employer.full_clean(exclude={"recorded_by"}, validate_unique=False)

    apply_all(check, new)
    return insert_all(new)


@transaction.atomic
def change_employer(employer: Employer, *, by: User, based_on: int, **changes: Any) -> Employer:
    """Change what is known of an employer. ``based_on`` is the version the form showed.

    Raises Stale where somebody else changed it in the meantime, SameNumber, ValidationError, and NotAllowed.
    """
    _staff_only(by)
    now = _unchanged_since(employer, based_on)
    for name, value in changes.items():
        setattr(now, name, value)
    _check_number(now)
    return _save_next_version(now, changes)


@transaction.atomic
def add_person(employer: Employer, *, by: User, name: str, **more: Any) -> ContactPerson:
    """Record somebody to talk to at an employer; somebody of that name who still works there is taken instead.

    ``more`` are fields of :class:`ContactPerson`. Raises ValidationError by field, and NotAllowed.
    """
    _staff_only(by)
    name = " ".join(name.split())
    existing = employer.people.filter(name__iexact=name, left_on=None).order_by("pk").first()
    if existing is not None:
        return existing
    person = ContactPerson(employer=employer, name=name, recorded_by=by, **more)
    person.full_clean(validate_unique=False)
    person.save(force_insert=True)
    return person


@transaction.atomic
def change_person(person: ContactPerson, *, by: User, based_on: int, **changes: Any) -> ContactPerson:
    """Change what is known of a contact person, also that they left (``left_on``, not a day ahead) or are back.

    Who has left reads nothing more about anybody, for good: the database ends every access and login. So of somebody who
    reads about participants only those say it who may end some of it.

    Raises Stale where somebody else changed it in the meantime, ValidationError by field, and NotAllowed.
    """
    _staff_only(by)
    now = _unchanged_since(person, based_on)
    if "left_on" in changes and changes["left_on"] != now.left_on and (ask := queries.who_says_left(now)):
        raise ValidationError(
            {
                "left_on": _(
                    "They read about participants whom you do not work with, and saying this ends it. Ask %(name)s, who "
                    "let them in, to say it."
                )
                % {"name": ask}
            }
        )
    for name, value in changes.items():
        setattr(now, name, value)
    if now.left_on is not None and now.left_on > timezone.localdate():
        raise ValidationError({"left_on": _("This date lies ahead. Write it when the person has left.")})
    return _save_next_version(now, changes)


def _unchanged_since(row: Row, based_on: int) -> Row:
    # The lock makes two who save at once come one after the other.
    now = type(row)._default_manager.select_for_update(of=("self",)).get(pk=row.pk)
    if now.version != based_on:
        raise Stale(now)
    return now


def _save_next_version(row: Row, changes: dict[str, Any]) -> Row:
    row.version += 1
    row.full_clean(validate_unique=False)
    row.save(update_fields=[*changes, "version"])
    return row
