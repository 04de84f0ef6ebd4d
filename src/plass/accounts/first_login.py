"""The first login of staff through the login service: it waits for an administrator and for a second person's yes.

The second person answers it as any request of an administrator's (``approvals``).
"""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.db import signed
from plass.organisation.models import User

from . import approvals
from .models import ApprovalRequest, FirstLogin, Subject


def ask(*, login_name: str, issuer: str, subject: str, claim: str, full_name: str = "") -> str | None:
    """Note a first login that fits an account by its user name alone. Nobody is let in by it.

    Returns the outcome so far: empty while it waits, or ``refused``; None where no account takes it.
    """
    outcome: str | None = signed.call("accounts_ask_first_login", login_name, issuer, subject, claim, full_name[:200])[
        0
    ][0]
    return outcome


@transaction.atomic
def confirm(login: FirstLogin, *, by: User, reason: str = "") -> ApprovalRequest:
    """``by``, an administrator, says that ``login`` is the account owner's, and asks a second person for their yes.

    With the yes the owner's next login opens the account. Raises ValidationError for one's own account, where the
    account was bound meanwhile, and where nobody may answer.
    """
    _not_ones_own(login, by)
    if login.outcome == FirstLogin.Outcome.CONFIRMED or Subject.objects.filter(_same_login(login)).exists():
        raise ValidationError(_already())
    kind = ApprovalRequest.Kind.LOGIN
    return approvals.ask(by=by, kind=kind, user=login.user, reason=reason, first_login=login)


@transaction.atomic
def refuse(login: FirstLogin, *, by: User) -> None:
    """``by``, an administrator, says that it is not the owner of the account. It stops a request for the contrary.

    Raises ValidationError for one's own account, and where it was answered meanwhile.
    """
    _not_ones_own(login, by)
    if not signed.call("accounts_refuse_first_login", login.pk)[0][0]:
        raise ValidationError(_already())


def _not_ones_own(login: FirstLogin, by: User) -> None:
    if login.user_id == by.pk:
        raise ValidationError(_("Another administrator must confirm your first login."))


def _already() -> str:
    return _("Somebody has answered this already, or the account belongs to another login.")


def _same_login(login: FirstLogin) -> Q:
    of_staff = Q(subject=login.subject, user__kind=User.Kind.STAFF)
    return Q(issuer=login.issuer) & (Q(user=login.user_id) | of_staff)


def waiting() -> QuerySet[FirstLogin]:
    """First logins that wait for an answer, the one that waited longest first. For administrators."""
    in_use = Q(user__ended_on=None) | Q(user__ended_on__gte=timezone.localdate())
    return FirstLogin.objects.filter(in_use, outcome="").select_related("user").order_by("asked_at", "pk")


def is_asked_for(login: FirstLogin, requests: Iterable[ApprovalRequest]) -> bool:
    """Whether one of ``requests`` asks for a yes to ``login`` and still waits for it."""
    return any(
        approval_request.first_login_id == login.pk and approvals.state(approval_request) == "waits"
        for approval_request in requests
    )


def of(account: User) -> QuerySet[FirstLogin]:
    """First logins to ``account`` that wait or were refused, newest first. For administrators and the owner."""
    return FirstLogin.objects.filter(user=account).exclude(outcome="confirmed").order_by("-asked_at", "-pk")
