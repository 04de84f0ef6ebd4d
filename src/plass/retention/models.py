"""What holds deletion back, and the notice before it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from plass.access.rules import Level
from plass.cases.models import Participant
from plass.db.row_policies import SEES_PARTICIPANT, STAFF, RowPolicy
from plass.organisation.models import User

DECIDES = f"access_participant_level(participant_id) >= {int(Level.DECIDE)} AND {STAFF}"
SEEN = SEES_PARTICIPANT


class Hold(models.Model):
    """Nothing about the participant is deleted from a day on: there is a complaint, a dispute, a request for access."""

    rows = RowPolicy(
        holds="person data",
        select=SEEN,
        insert=f"{DECIDES} AND recorded_by_id = (SELECT access_user())",
        update=DECIDES,
        update_columns=("ended_on", "ended_by_id"),
        one_way=("ended_on", "ended_by_id"),
    )
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="+", verbose_name=_("participant"))
    reason = models.CharField(_("why it must be kept"), max_length=300)
    started_on = models.DateField(_("from"))
    ended_on = models.DateField(_("until"), null=True, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")),
                name="retention_hold_ends_after_start",
                violation_error_message=_("The end cannot be before the start."),
            )
        ]


class Notice(models.Model):
    """The participant is told that what is about them will be made nameless on ``due_on``; and when it was."""

    rows = RowPolicy(holds="person data", select=SEEN)
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="+", verbose_name=_("participant"))
    kind = models.CharField(max_length=30)
    noticed_on = models.DateField()
    due_on = models.DateField()
    carried_out_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["participant"],
                condition=Q(carried_out_on=None),
                name="retention_notice_one_at_a_time",
            )
        ]
