"""The first login of staff through the login service: asked for, and confirmed by an administrator who is somebody else."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.config import signed
from plass.organisation.models import User

from .tables import FirstLogin


def ask(*, login_name: str, issuer: str, subject: str, claim: str, full_name: str = "") -> str | None:
    """Note a first login that fits an account by its user name alone. Nobody is let in by it.

    Returns the outcome so far: empty while it waits, or ``refused``; None where no account takes it.
    """
    outcome: str | None = signed.call("access_ask_first_login", login_name, issuer, subject, claim, full_name[:200])[0][
        0
    ]
    return outcome


@transaction.atomic
def answer(asked: FirstLogin, *, by: User, confirmed: bool) -> None:
    """An administrator says whether ``asked`` is the owner of the account, whose next login then opens it.

    Raises ValidationError for one's own account, and where it was answered or the account was bound meanwhile.
    """
    if asked.user_id == by.pk:
        raise ValidationError(_("Another administrator must confirm your first login."))
    if not signed.call("access_answer_first_login", asked.pk, confirmed)[0][0]:
        raise ValidationError(_("Somebody has answered this already, or the account belongs to another login."))


@transaction.atomic
def enter_subject(account: User, *, issuer: str, subject: str) -> None:
    """Bind a new account, which has no role yet, to the lasting identifier an administrator (who acts) knows of.

    Raises ValidationError where the identifier is another account's.
    """
    if not signed.call("access_enter_subject", account.pk, issuer, subject)[0][0]:
        raise ValidationError({"subject": _("Another account belongs to this identifier already.")})


def waiting() -> QuerySet[FirstLogin]:
    """First logins that wait for an answer, the one that waited longest first. For administrators."""
    in_use = Q(user__ended_on=None) | Q(user__ended_on__gte=timezone.localdate())
    return FirstLogin.objects.filter(in_use, outcome="").select_related("user").order_by("asked_at", "pk")


def of(account: User) -> QuerySet[FirstLogin]:
    """First logins to ``account`` that wait or were refused, newest first. For administrators and the owner."""
    return FirstLogin.objects.filter(user=account).exclude(outcome="confirmed").order_by("-asked_at", "-pk")
