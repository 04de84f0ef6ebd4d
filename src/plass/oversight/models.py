"""Reviews of what was found in the log of who looked: a supervisor has looked at a finding, and signed it off."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from plass.db.row_policies import RowPolicy
from plass.organisation.models import User


class Review(models.Model):
    """One finding (``oversight_findings``, named by ``finding``) was looked at: by whom, when, and what came of it.

    ``finding`` ends with when the last of what was looked at happened: what comes later waits anew.
    """

    class Verdict(models.TextChoices):
        FINE = "fine", _("in order")
        FURTHER = "further", _("to be looked into")

    rows = RowPolicy(
        holds="staff",
        select="reviewed_by_id = (SELECT access_user()) OR about_id = ANY ((SELECT access_led_people())::bigint[]) "
        "OR ((SELECT access_has_role('data_protection')) AND oversight_covers(about_id, reviewed_at)) "
        "OR (finding LIKE '%further:%' AND oversight_answers_me(finding))",
        # Added by the database's own function alone (oversight_sign): what comes up for whoever signs, and nothing else.
    )
    finding = models.CharField(max_length=100)
    about = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who looked"))
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
        indexes: ClassVar = [models.Index(fields=["finding"], name="oversight_review_finding")]
