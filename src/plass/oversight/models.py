"""Reviews of what was found in the log of who looked: a supervisor has looked at a finding, and signed it off."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from plass.db.row_policies import RowPolicy
from plass.organisation.models import User


class Review(models.Model):
    """One finding (``oversight_findings``, named by ``finding``) was looked at: by whom, when, and what came of it.

    ``lines`` are what was shown and is signed by it, and nothing else: what comes later, or what another is shown of the
    same person and day, waits. ``part`` is how it came up for them (``oversight_finders``); empty in what was signed before
    that was kept. ``alone`` says that it is a data protection officer's alone, and stays so.
    """

    class Verdict(models.TextChoices):
        FINE = "fine", _("in order")
        FURTHER = "further", _("to be looked into")

    rows = RowPolicy(
        holds="staff",
        select="reviewed_by_id = (SELECT access_user()) OR oversight_reads(id) "
        "OR (finding LIKE '%further:%' AND oversight_answers_me(finding))",
        # Added by the database's own function alone (oversight_sign): what comes up for whoever signs, and nothing else.
    )
    finding = models.CharField(max_length=100)
    about = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who looked"))
    lines = ArrayField(models.TextField(), default=list, db_default=[], editable=False)
    part = models.CharField(max_length=30, blank=True, default="", db_default="", editable=False)
    alone = models.BooleanField(default=False, db_default=False, editable=False)
    verdict = models.CharField(_("what came of it"), max_length=10, choices=Verdict.choices)
    comment = models.CharField(_("comment"), max_length=500, blank=True)
    reviewed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    reviewed_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(verdict="fine") | ~Q(comment=""),
                name="oversight_review_says_why",
                violation_error_message=_("Write what is to be looked into."),
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["finding"], name="oversight_review_finding"),
            GinIndex(fields=["lines"], name="oversight_review_lines"),
        ]
