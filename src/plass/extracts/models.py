"""The log of extracts, and the key of each study. Written by the functions in ``sql`` alone, never by a page."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from plass.db.row_policies import ADMINISTRATOR, RowPolicy
from plass.organisation.models import User

#: Who made the extract sees its line, and so do those who watch over the data, and leaders, of the offices it is about.
MINE = (
    f"user_id = (SELECT access_user()) OR {ADMINISTRATOR} OR offices && (SELECT oversight_offices()) "
    "OR offices && (SELECT extracts_led_offices())"
)


class Extract(models.Model):
    """One extract: who made it, when, for which study and why. Only ever added to."""

    class Through(models.TextChoices):
        """How it was asked for. Nobody proves who they are on the command line."""

        COMMAND_LINE = "command_line", _("the command line")

    rows = RowPolicy(holds="staff", select=MINE)
    at = models.DateTimeField(_("when"))
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who"))
    through = models.CharField(_("how"), max_length=20, choices=Through, default=Through.COMMAND_LINE)
    run_by = models.CharField(_("account on the machine"), max_length=100)
    study = models.CharField(_("study"), max_length=60)
    purpose = models.CharField(_("purpose"), max_length=500)
    first_month = models.DateField(_("first month"))
    last_month = models.DateField(_("last month"))
    #: Numbers of the offices whose people are in it; not keys, so that a line outlives an office.
    offices = ArrayField(models.BigIntegerField(), verbose_name=_("offices"), default=list)

    class Meta:
        ordering: ClassVar = ["-at"]
        indexes: ClassVar = [models.Index(fields=["study", "-at"], name="extracts_extract_study")]

    def __str__(self) -> str:
        return f"{self.study}, {self.at:%Y-%m-%d}"


class ExtractFile(models.Model):
    """One file of an extract: its name, how many rows it holds, and its fingerprint, by which it can be known again."""

    rows = RowPolicy(holds="staff", select="(SELECT access_user()) IS NOT NULL AND EXISTS (SELECT FROM extracts_extract e "
                "WHERE e.id = extract_id)")  # fmt: skip
    extract = models.ForeignKey(Extract, models.PROTECT, related_name="files", verbose_name=_("extract"))
    name = models.CharField(_("file"), max_length=60)
    rows_written = models.BigIntegerField(_("rows"))
    people = models.IntegerField(_("people"))
    sha256 = models.CharField(_("fingerprint"), max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["extract", "name"], name="extracts_file_once"),
        ]

    def __str__(self) -> str:
        return self.name


class StudyKey(models.Model):
    """The key that a study's pseudonyms are made with. It never leaves the database: no role may read it.

    Another study has another key, so that two extracts cannot be laid together. Without the row the pseudonyms can
    never be made again, which is how a study is made anonymous when it is over.
    """

    rows = RowPolicy(holds="technical", select=None)
    study = models.CharField(_("study"), max_length=60, unique=True)
    key = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.study
