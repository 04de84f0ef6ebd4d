"""What was asked to be done in the background: by whom, which kind of job, and with which rows."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from plass.db.row_policies import RowPolicy
from plass.organisation.models import User


class QueuedJob(models.Model):
    """A job that somebody put in the queue. The database writes it (``sql/10_queue.sql``), and nobody changes what it says.

    The queue's own row (``procrastinate_jobs``, whose number is ``queue_number``) holds the number of this one and nothing
    else: as whom the worker acts, and with which rows, stands here, where the worker's role cannot write.
    """

    rows = RowPolicy(holds="staff", select="user_id = (SELECT access_user())")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=100)
    #: Numbers of rows, by the names that the job gives them: never text about anybody.
    numbers = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)
    queue_number = models.BigIntegerField(null=True)
    #: When it was done to its end. Done again, it does nothing.
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["user"], name="queue_queuedjob_user"),
            models.Index(fields=["at"], name="queue_queuedjob_at"),
        ]
