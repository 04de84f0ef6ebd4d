"""What an administrator does: the organisation, accounts, roles from and until a date, leaving, and help with logging in.

Nothing here touches a case: the room lies below them, and the database shows an administrator none.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plass.access.user_roles import user_roles
from plass.accounts import active_sessions, approvals, first_login
from plass.accounts.approvals import Kind
from plass.accounts.models import ApprovalRequest, FirstLogin, Subject, WaysIn
from plass.db import locks, signed
from plass.organisation.models import County, GroupRole, Membership, Office, Role, Team, User

#: Roles that belong to a team, and roles that may be of a whole county.
IN_A_TEAM = frozenset({Role.SPECIALIST.value, Role.SUPERVISOR.value})
AT_AN_OFFICE = frozenset({Role.COUNSELLOR.value})

Place = County | Office | Team
Made = TypeVar("Made", County, Office, Team)


class NotAdministrator(Http404):
    """Somebody acted who is no administrator today. A page answers it as what does not exist."""


def check(by: User) -> None:
    """Raise :class:`NotAdministrator` unless ``by`` is an administrator today."""
    who = user_roles(by)
    if who is None or not who.has(Role.ADMINISTRATOR):
        raise NotAdministrator(f"user {by.pk} is no administrator")


# --- The organisation -----------------------------------------------------------------------------------------------


@transaction.atomic
def add_county(*, by: User, name: str) -> County:
    """A new county. Raises ValidationError where there is one of that name."""
    check(by)
    return _saved(County(name=name.strip()))


@transaction.atomic
def add_office(*, by: User, county: County, number: str, name: str) -> Office:
    """A new office in ``county``. Raises ValidationError where the number is taken or has not four digits."""
    check(by)
    return _saved(Office(county=county, number=_office_number(number), name=name.strip()))


@transaction.atomic
def add_team(*, by: User, office: Office, name: str) -> Team:
    """A new team at ``office``. Raises ValidationError where the office has one of that name."""
    check(by)
    return _saved(Team(office=office, name=name.strip()))


@transaction.atomic
def rename(place: Place, *, by: User, name: str, number: str | None = None) -> Place:
    """Another name for a county, office or team (and another number for an office). Raises ValidationError."""
    check(by)
    place.name = name.strip()
    fields = ["name"]
    if isinstance(place, Office) and number is not None:
        place.number = _office_number(number)
        fields.append("number")
    place.full_clean()
    place.save(update_fields=fields)
    return place


def _office_number(number: str) -> str:
    number = number.strip()
    if len(number) != 4 or not number.isascii() or not number.isdigit():
        raise ValidationError({"number": _("An office number has four digits.")})
    return number


# --- Accounts -------------------------------------------------------------------------------------------------------


@transaction.atomic
def make_account(*, by: User, username: str, started_on: date, **about: Any) -> User:
    """An account for somebody who works here, without a password: they choose it by a link, or log in elsewhere.

    ``about``: given_name, family_name, phone, email. Raises ValidationError where the user name is another account's.
    """
    check(by)
    account = User(username=_username(username), kind=User.Kind.STAFF, started_on=started_on, **about)
    account.set_unusable_password()
    account.full_clean()
    account.save(force_insert=True)
    return account


@transaction.atomic
def change_account(account: User, *, by: User, **about: Any) -> User:
    """Another name, phone or e-mail address. Raises ValidationError."""
    check(by)
    for name, value in about.items():
        setattr(account, name, value)
    account.full_clean()
    account.save(update_fields=list(about))
    return account


@transaction.atomic
def leave(account: User, *, by: User, last_day: date) -> User:
    """Somebody leaves: their account and every role end with ``last_day``.

    Where that day is past, every login of theirs ends at once. Raises ValidationError where the day is before they
    began by more than a day, where they are the last administrator, where it is the administrator's own account, and where
    it has ended: it is opened by :func:`come_back` alone, which leaves no role of before.
    """
    check(by)
    if account.pk == by.pk:
        raise ValidationError(_("Another administrator must end your account."))
    today = timezone.localdate()
    if account.ended_on is not None and account.ended_on < today <= last_day:
        raise ValidationError({"last_day": _("The account has ended. Open it again first.")})
    _someone_is_left(account, last_day)
    account.ended_on = last_day
    account.full_clean()
    signed.call("organisation_end_account", account.pk, last_day)
    _end_roles(account, last_day)
    if last_day < timezone.localdate():
        active_sessions.end_all(account)
    return account


@transaction.atomic
def come_back(account: User, *, by: User) -> User:
    """An account that was ended opens again, with nothing that it opened with before: a new link is asked for.

    Its roles do not come back by themselves.
    """
    check(by)
    _end_roles(account, timezone.localdate() - timedelta(days=1))
    account.ended_on = None
    signed.call("organisation_end_account", account.pk, None)
    return account


def _end_roles(account: User, last_day: date) -> None:
    for role in _lasting(account, last_day):
        signed.call("organisation_end_role", role.pk, max(last_day, role.started_on - timedelta(days=1)))


# --- Roles ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def give_role(
    *,
    by: User,
    account: User,
    role: str,
    place: Place,
    started_on: date,
    reason: str,
    ended_on: date | None = None,
    with_link: bool = False,
) -> ApprovalRequest:
    """Ask that ``account`` has ``role`` at ``place`` from a date, perhaps until one. Whoever leads the place answers.

    ``with_link``: together with a link by which somebody who has no role yet chooses a password. Raises ValidationError
    without a reason, where the place does not fit the role, where they have it there in those days already, where nobody
    may answer, and where it is the administrator's own account: nobody gives themselves a way into cases.
    """
    check(by)
    if account.pk == by.pk:
        raise ValidationError(_("Another administrator must give you a role."))
    membership = Membership(user=account, role=role, started_on=started_on, ended_on=ended_on, **fitting(role, place))
    membership.full_clean()
    same = Membership.objects.filter(
        user=account, role=role, county=membership.county, office=membership.office, team=membership.team
    ).filter(Q(ended_on=None) | Q(ended_on__gte=started_on))
    if ended_on is not None:
        same = same.filter(started_on__lte=ended_on)
    if same.exists():
        raise ValidationError(_("They have this role here in these days already."))
    return approvals.ask(
        by=by,
        kind=Kind.ROLE,
        user=account,
        role=role,
        reason=reason,
        started_on=started_on,
        ended_on=ended_on,
        with_link=with_link,
        **fitting(role, place),
    )


@transaction.atomic
def end_role(membership: Membership, *, by: User, last_day: date) -> Membership:
    """The role ends with ``last_day``; where that is past, every login of theirs ends at once.

    Raises ValidationError where the day is before the role began by more than a day, or after a last day it has
    already, and where nobody would be administrator any more.
    """
    check(by)
    if membership.ended_on is not None and last_day > membership.ended_on:
        text = _("The role ends on %(day)s. To let it last longer, ask for a new role.")
        raise ValidationError({"last_day": text % {"day": date_format(membership.ended_on, "j. F Y")}})
    if membership.role == Role.ADMINISTRATOR:
        _someone_is_left(membership.user, last_day)
    membership.ended_on = last_day
    membership.full_clean()
    signed.call("organisation_end_role", membership.pk, last_day)
    if last_day < timezone.localdate():
        active_sessions.end_all(membership.user)
    return membership


@transaction.atomic
def add_group(*, by: User, group: str, role: str, place: Place) -> ApprovalRequest:
    """Ask that members of ``group`` at the organisation's login service have ``role`` at ``place``.

    Whoever leads the place answers; from the yes on they have it at their next login. Raises ValidationError where the
    group gives that already, and where nobody may answer.
    """
    check(by)
    about = {"group": group.strip(), "role": role, **fitting(role, place)}
    GroupRole(**about).full_clean()
    return approvals.ask(by=by, kind=Kind.GROUP, **about)


@transaction.atomic
def remove_group(mapping: GroupRole, *, by: User) -> None:
    """The group gives that role no longer: at the next login of each. Roles it gave end then."""
    check(by)
    mapping.delete()


def fitting(role: str, place: Place) -> dict[str, Any]:
    """County, office and team of a role at ``place``. Raises ValidationError where the place does not fit the role."""
    if role in IN_A_TEAM and not isinstance(place, Team):
        raise ValidationError({"place": _("A job specialist or method supervisor belongs to a team.")})
    if role in AT_AN_OFFICE and isinstance(place, County):
        raise ValidationError({"place": _("A counsellor belongs to an office.")})
    if role not in IN_A_TEAM and isinstance(place, Team):
        place = place.office
    if isinstance(place, Team):
        return {"team": place, "office": place.office, "county": None}
    if isinstance(place, Office):
        return {"team": None, "office": place, "county": None}
    return {"team": None, "office": None, "county": place}


# --- Help with logging in -------------------------------------------------------------------------------------------


@transaction.atomic
def password_link(account: User, *, by: User, reason: str = "") -> ApprovalRequest:
    """Ask for a link by which they choose a password. Whoever says yes hands it over. The old password holds until then.

    Raises ValidationError where nobody may say yes.
    """
    check(by)
    return approvals.ask(by=by, kind=Kind.PASSWORD, user=account, reason=reason)


@transaction.atomic
def forget_phone(account: User, *, by: User, reason: str = "") -> ApprovalRequest:
    """They lost the phone: ask that the second factor, its recovery codes and the passkeys are taken away.

    That ends every login. At the next one they set up another. Raises ValidationError where nobody may say yes.
    """
    check(by)
    return approvals.ask(by=by, kind=Kind.FACTOR, user=account, reason=reason)


@transaction.atomic
def end_logins(account: User, *, by: User) -> int:
    """Log them out everywhere, at once. Returns how many logins ended."""
    check(by)
    return active_sessions.end_all(account)


@transaction.atomic
def unbind(account: User, *, by: User) -> None:
    """Forget who they are at the login service; their next login there waits to be confirmed, as the first one did."""
    check(by)
    Subject.objects.filter(user=account).delete()
    active_sessions.end_all(account)


@transaction.atomic
def confirm_first_login(login: FirstLogin, *, by: User, reason: str = "") -> ApprovalRequest:
    """``by`` says that it was the owner of the account who logged in, and a second person is asked for their yes.

    Raises ValidationError (``first_login.confirm``).
    """
    check(by)
    return first_login.confirm(login, by=by, reason=reason)


@transaction.atomic
def refuse_first_login(login: FirstLogin, *, by: User) -> None:
    """``by`` says that it was not the owner of the account. Raises ValidationError (``first_login.refuse``)."""
    check(by)
    first_login.refuse(login, by=by)


def make_first_administrator(
    *, username: str, name: str, password: str, county: str, issuer: str = "", subject: str = ""
) -> User:
    """The account that everything begins with, by whoever runs the installation (as owner). Raises ValidationError.

    ``subject``: their lasting identifier at the login service ``issuer``, so that they can log in there at once.
    """
    from django.contrib.auth.password_validation import validate_password

    with transaction.atomic():
        given_names, _space, family = name.strip().rpartition(" ")
        account = User(
            username=_username(username),
            kind=User.Kind.STAFF,
            given_name=given_names,
            family_name=family,
            started_on=timezone.localdate(),
        )
        validate_password(password, account)
        account.set_password(password)
        account.full_clean()
        account.save(force_insert=True)
        if issuer and subject.strip():
            Subject.objects.create(issuer=issuer, subject=subject.strip(), user=account)
        place, _made = County.objects.get_or_create(name=county.strip())
        Membership.objects.create(user=account, role=Role.ADMINISTRATOR, county=place, started_on=timezone.localdate())
    return account


def reset_account(*, username: str, password: str) -> User:
    """Another password for somebody who works here, no codes on a phone and no passkeys.

    By whoever runs the installation (as owner), for the emergency: an only administrator who lost the phone. Raises
    ValidationError where nobody has that name.
    """
    from django.contrib.auth.password_validation import validate_password

    with transaction.atomic():
        account = User.objects.filter(username=_username(username), kind=User.Kind.STAFF).first()
        if account is None:
            raise ValidationError(_("Nobody who works here has this user name."))
        validate_password(password, account)
        account.set_password(password)
        account.save(update_fields=["password"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT accounts_end_every_way_in(%s, %s)", [account.pk, WaysIn.Because.MACHINE])
    return account


def _username(text: str) -> str:
    username = text.strip().lower()
    if not username or any(character.isspace() for character in username):
        raise ValidationError({"username": _("A user name has no spaces.")})
    return username


def _someone_is_left(account: User, last_day: date) -> None:
    """Raise ValidationError where ``account`` is the only administrator from the day after ``last_day`` on."""
    after = last_day + timedelta(days=1)
    if not Membership.objects.filter(user=account, role=Role.ADMINISTRATOR).filter(_lasts_after(last_day)).exists():
        return
    # Two who end each other at the same moment come one after the other, and the second finds nobody else.
    locks.lock("administrators")
    other_administrators = (
        Membership.objects.filter(_lasts_after(last_day), role=Role.ADMINISTRATOR, started_on__lte=after)
        .filter(Q(user__ended_on=None) | Q(user__ended_on__gt=last_day))
        .exclude(user=account)
    )
    if not other_administrators.exists():
        raise ValidationError(_("Nobody would be administrator any more. Give somebody else the role first."))


def _lasts_after(day: date) -> Q:
    return Q(ended_on=None) | Q(ended_on__gt=day)


def _lasting(account: User, last_day: date) -> list[Membership]:
    return list(Membership.objects.filter(_lasts_after(last_day), user=account))


def _saved(row: Made) -> Made:
    row.full_clean()
    row.save(force_insert=True)
    return row
