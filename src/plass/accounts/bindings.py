"""Logins at a login service that open an account beside its password (``Subject``): listed, told and ended by its owner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plass.access.models import Change
from plass.db import signed
from plass.organisation.models import User

from .models import Subject
from .providers import PERSON, Provider

#: So long the owner is told at each login that one was added.
TOLD = timedelta(days=14)


def _nobody_has(user: User) -> bool:
    return False


#: Whether somebody else has read the password of an account. The room that hands out passwords says so (``rights.apps``).
_handed_out: Callable[[User], bool] = _nobody_has


def register(handed_out: Callable[[User], bool]) -> None:
    """Let ``handed_out`` say whose password somebody else has read."""
    global _handed_out
    _handed_out = handed_out


def has_password_of_others(user: User) -> bool:
    """Whether somebody else has read the password of ``user`` (who must be acting): then the account is not theirs yet."""
    return _handed_out(user)


def are_for(user: User, provider: Provider | None) -> bool:
    """Whether ``user`` may bind and unbind their account themselves: contact persons, who have a password of our own."""
    return (
        provider is not None
        and provider.key == PERSON
        and user.kind == User.Kind.EMPLOYER
        and settings.PLASS_LOCAL_ACCOUNTS
        and user.has_usable_password()
    )


@dataclass(frozen=True)
class Binding:
    """A login at a login service that opens the account."""

    pk: int
    service: str
    since: datetime
    #: Of a contact person, who ends it themselves. Of staff an administrator does.
    is_own: bool


def of(user: User) -> list[Binding]:
    """The bindings of ``user`` (who must be acting), the oldest first. One query."""
    names = {provider.issuer: provider.title for provider in settings.PLASS_PROVIDERS.values()}
    return [
        Binding(row.pk, names.get(row.issuer, row.issuer), row.bound_at, user.kind == User.Kind.EMPLOYER)
        for row in Subject.objects.filter(user=user).order_by("bound_at", "pk")
    ]


@transaction.atomic
def end(binding: Binding) -> bool:
    """The account of the acting contact person opens by that login no more. Whether there was such a binding."""
    return bool(signed.call("accounts_unbind", binding.pk)[0][0])


@dataclass(frozen=True)
class Event:
    """A binding that was added or ended: when, and whether the owner did it."""

    at: datetime
    operation: str
    by_owner: bool

    @property
    def text(self) -> str:
        """What was done, and by whom."""
        if self.operation == "insert":
            return _("A login at a login service was added.")
        if self.by_owner:
            return _("A login at a login service was removed.")
        return _("A login at a login service was removed by somebody else.")


def history(user: User) -> list[Event]:
    """What was done with the bindings of ``user`` (who must be acting), newest first; ten at most. One query."""
    lines = Change.objects.filter(table=Subject._meta.db_table, about_user=user.pk, operation__in=["insert", "delete"])
    return [Event(line.at, line.operation, line.who == user.pk) for line in lines.order_by("-at", "-pk")[:10]]


def told_at_login(user: User) -> list[str]:
    """What is said at each login of ``user`` (who must be acting): each binding of lately that stands. One query.

    Not by the history: one that was added and removed again would hide another that still opens the account.
    """
    lately = Subject.objects.filter(user=user, bound_at__gt=timezone.now() - TOLD).order_by("-bound_at", "-pk")
    says = _(
        "On %(when)s a login at a login service was added to your account. Was it not you: remove it under My account, and "
        "change your password."
    )
    return [says % {"when": date_format(timezone.localtime(binding.bound_at), "j. F, H:i")} for binding in lately]
