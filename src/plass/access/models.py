"""The log of who looked, forms that were already sent, failed logins, and the people of the demo."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plass.config.rows import Rows
from plass.organisation.models import User

from .tables import Link, Login, RecoveryCode, SecondFactor, Subject

__all__ = [
    "Link",
    "Login",
    "LoginAttempts",
    "Opening",
    "Persona",
    "RecoveryCode",
    "SecondFactor",
    "Subject",
    "Submission",
]


class Opening(models.Model):
    """One human opening of a case: who looked, in what role, why, and whether it was allowed. Only ever added to."""

    rows = Rows(
        holds="person data",
        see="case_id = ANY ((SELECT access_cases())::bigint[])",
        add="user_id = (SELECT access_user())",
    )
    at = models.DateTimeField(_("when"), auto_now_add=True)
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who"))
    case_id = models.BigIntegerField(_("case"), null=True)
    purpose = models.CharField(_("purpose"), max_length=40)
    rule = models.CharField(_("rule"), max_length=60)
    allowed = models.BooleanField(_("allowed"))

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["case_id", "-at"], name="access_opening_case"),
            models.Index(fields=["user", "-at"], name="access_opening_user"),
        ]


class Submission(models.Model):
    """A form that was sent: its number is taken once, so that sending it twice does the act once."""

    rows = Rows(
        holds="technical",
        see="user_id = (SELECT access_user())",
        add="user_id = (SELECT access_user())",
        change="user_id = (SELECT access_user())",
        change_columns=("leads_to",),
    )
    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    leads_to = models.CharField(max_length=500, blank=True)


class LoginAttempts(models.Model):
    """How often logging in to one user name has failed, lately. Nobody reads it: ``access_attempt()`` counts.

    Also user names that nobody has are counted, so that the answer does not tell which ones exist.
    """

    rows = Rows(holds="technical", see=None)
    name_hash = models.BinaryField(primary_key=True, max_length=32)
    failures = models.PositiveSmallIntegerField()
    last_at = models.DateTimeField()


class Persona(models.Model):
    """Somebody to be in the demo. The table is empty in every real installation."""

    rows = Rows(holds="nothing personal", see="true")
    user = models.OneToOneField(User, models.CASCADE, related_name="+")
    order = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=40)
    about = models.CharField(max_length=300)
    #: The role in the reader's language; the page that shows the people fills it in.
    role_name: str | Promise = ""

    class Meta:
        ordering: ClassVar = ["order"]
