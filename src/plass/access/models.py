"""The log of who looked, the history of who changed, ways into a case, who must keep away, sent forms, the signing key."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from plass.db.hidden import HiddenBinary
from plass.db.row_policies import (
    INSIDE,
    SEES_CASE,
    SEES_PARTICIPANT,
    WORKS_WITH_PEOPLE,
    History,
    RowPolicy,
    level_allows,
)
from plass.organisation.models import User

from .rules import Level

#: What an opening is called that was not of one case: a list, a search, a search by number that found nobody.
OF_NO_CASE = ("list", "search", "number")


class AccessLogEntry(models.Model):
    """One human opening of a case: who, in what role, about whom, when, why, whether allowed and by which rule.

    Only ever added to. A page that lists people by name is one line too, without a case and with the number of people
    it showed (``shown``); a file that holds them is a line for each.
    """

    rows = RowPolicy(
        holds="person data",
        # A data protection officer reads it of their places: of the cases there, and of whoever worked there that day.
        # Whoever sees a case does not by that read who looked at the referral to join it with somebody registered,
        # nor who was kept away from their own data or somebody close; the participant does. Nor does an officer of those
        # whom they lead, or of a case that they decide about; and nothing of themselves or somebody close.
        select="((purpose <> 'join' AND rule NOT IN ('own data', 'close family') "
        f"OR participant_id = (SELECT access_participant())) AND {SEES_CASE}) "
        "OR ((SELECT access_has_role('data_protection')) "
        "AND (case_id IN (SELECT oversight_cases()) OR user_id = ANY ((SELECT oversight_always_covers())::bigint[]) "
        "OR oversight_covers(user_id, at)) "
        "AND (participant_id IS NULL OR participant_id <> ALL ((SELECT oversight_ties())::bigint[])) "
        "AND CASE WHEN rule IN ('own data', 'close family') "
        "THEN NOT oversight_am_near(id) ELSE true END)",
        insert="user_id = (SELECT access_user())",
    )
    at = models.DateTimeField(_("when"), auto_now_add=True)
    # Found by who and when (below); an index of who alone would be written for nothing with every line.
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who"), db_index=False)
    role = models.CharField(_("role"), max_length=20, blank=True, db_default="")
    case_id = models.BigIntegerField(_("case"), null=True)
    participant_id = models.BigIntegerField(_("participant"), null=True)
    purpose = models.CharField(_("purpose"), max_length=40)
    rule = models.CharField(_("rule"), max_length=60)
    allowed = models.BooleanField(_("allowed"))
    shown = models.IntegerField(_("people shown"), null=True)
    #: Set by the database: the approved request (``accounts.models.ApprovalRequest``) that they are logged in by.
    approval_id = models.BigIntegerField(null=True, editable=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["case_id", "-at"], name="access_opening_case"),
            models.Index(fields=["user", "-at"], name="access_opening_user"),
            # Few lines among many: what the data protection officer looks at.
            models.Index(fields=["-at"], condition=Q(rule="shielded", allowed=False), name="access_opening_shielded"),
            models.Index(fields=["user", "-at"], condition=Q(allowed=False), name="access_opening_refused"),
            models.Index(fields=["case_id"], condition=Q(allowed=False), name="access_opening_refused_case"),
            models.Index(fields=["-at"], condition=Q(purpose__in=["protect", "raise"]), name="access_opening_protect"),
            models.Index(fields=["user", "-at"], condition=Q(purpose="slowed"), name="access_opening_slowed"),
        ]


class ConflictOfInterest(models.Model):
    """Somebody who works here says: this person is me, or is close to me. From then on they never open that case.

    The person is named by the keyed hash of the identity number, so that it holds also for somebody who is not known
    here, or not yet; and the answer is the same whether they are. A supervisor may say it for those they lead. It ends
    by two people: the one it is about asks, and somebody else answers (``cases/views/conflicts.py``).
    """

    class Kind(models.TextChoices):
        SELF = "self", _("myself")
        FAMILY = "family", _("close family, or somebody I live with")

    rows = RowPolicy(
        holds="person data",
        # Whoever answers whether it ends reads neither its kind nor since when: what they read a function says
        # (access_ends_of_ties).
        select="user_id = (SELECT access_user()) OR declared_by_id = (SELECT access_user())",
        insert="declared_by_id = (SELECT access_user()) AND (SELECT access_is_staff()) AND "
        "(user_id = (SELECT access_user()) OR user_id = ANY ((SELECT access_led_people())::bigint[]))",
        history=History("tie", user="user_id"),
    )
    hashed: ClassVar = {"identity_hash": "true"}
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who works here"))
    identity_hash = HiddenBinary(max_length=32)
    kind = models.CharField(_("how close"), max_length=10, choices=Kind.choices)
    declared_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who says so"))
    declared_at = models.DateTimeField(db_default=Now(), editable=False)
    end_asked_at = models.DateTimeField(_("end asked for"), null=True, editable=False)
    end_reason = models.CharField(_("why it should end"), max_length=500, blank=True, db_default="")
    answered_at = models.DateTimeField(_("answered"), null=True, editable=False)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("answered by"))
    answer = models.CharField(_("answer"), max_length=500, blank=True, db_default="")
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                # Of what one said oneself: whether another has said it too is not told by a refusal.
                fields=["declared_by", "user", "identity_hash", "kind"],
                condition=Q(ended_at=None),
                name="access_tie_once_at_a_time",
                violation_error_message=_("You have said this already."),
            ),
            models.CheckConstraint(
                condition=(Q(end_asked_at=None) | ~Q(end_reason=""))
                & (Q(answered_at=None, answered_by=None) | Q(answered_at__isnull=False, answered_by__isnull=False))
                & (Q(answered_at=None) | Q(end_asked_at__isnull=False))
                & (Q(ended_at=None) | Q(ended_at=F("answered_at"))),
                name="access_tie_ends_by_two",
                violation_error_message=_("One person asks for the end, with a reason, and another answers."),
            ),
            models.CheckConstraint(
                condition=Q(answered_by=None) | ~Q(answered_by=F("user")),
                name="access_tie_not_answered_by_oneself",
                violation_error_message=_("Nobody answers what they asked for themselves."),
            ),
            # What Django reads in place of a hash (config.hidden) is none.
            models.CheckConstraint(condition=Exact(Length("identity_hash"), 32), name="access_tie_of_a_number"),
        ]
        indexes: ClassVar = [models.Index(fields=["identity_hash"], name="access_tie_identity")]


class Grant(models.Model):
    """A way into one case for one person until a time: taken in an emergency, or given by somebody who has the case.

    It ends by itself, and before its time where the participant becomes protected or the case is joined with another
    (``cases/sql/40_duplicates.sql``), or somebody ends it (``access_end_grant()``). An emergency is taken through
    ``access_break_glass()`` alone, which looks at what the one who asks cannot see.
    """

    class Kind(models.TextChoices):
        EMERGENCY = "emergency", _("taken in an emergency")
        GIVEN = "given", _("given")

    class Allows(models.IntegerChoices):
        """What it lets somebody do: some of the levels of ``plass.access.rules``."""

        READ = Level.READ, _("see")
        CONTACT = Level.CONTACT, _("see, and record a contact")
        RECORD = Level.RECORD, _("see and record")

    rows = RowPolicy(
        holds="person data",
        # Emergencies taken by those they lead come to them as findings (oversight_emergencies).
        select=f"user_id = (SELECT access_user()) OR {SEES_CASE}",
        insert="kind = 'given' AND granted_by_id = (SELECT access_user()) AND user_id <> granted_by_id "
        "AND ended_by_id IS NULL "
        # Nobody gives more than they have, and what ends by itself decides nothing.
        f"AND level IN ({int(Level.READ)}, {int(Level.RECORD)}) AND {level_allows(Level.DECIDE)} "
        # Whoever has no role with cases sees none by it.
        "AND EXISTS (SELECT FROM organisation_membership m JOIN organisation_user u ON u.id = m.user_id "
        "WHERE m.user_id = access_grant.user_id AND m.role IN ('specialist', 'supervisor', 'counsellor') "
        "AND m.started_on <= access_today() AND (m.ended_on IS NULL OR m.ended_on >= access_today()) "
        "AND u.kind = 'staff' AND (u.ended_on IS NULL OR u.ended_on >= access_today())) "
        # A week by the program's clock, which may be some minutes before the database's.
        "AND expires_at <= now() + interval '168 hours 10 minutes'",
        chosen_times=("expires_at",),
        began="granted_at",
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    level = models.PositiveSmallIntegerField(_("may"), choices=Allows.choices, default=Allows.READ)
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("who"))
    case_id = models.BigIntegerField(_("case"))
    reason = models.CharField(_("why"), max_length=500)
    granted_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("by"))
    granted_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("until"))
    #: Who ended it before its time; the time is ``expires_at`` then.
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("granted_at")),
                name="access_grant_ends_after_start",
                violation_error_message=_("The time must lie ahead."),
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="access_grant_has_a_reason",
                violation_error_message=_("Say why."),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user", "expires_at"], name="access_grant_user"),
            models.Index(fields=["case_id"], name="access_grant_case"),
        ]


class Change(models.Model):
    """A row that is changed in place was changed: who, when, and the columns that changed, before and after.

    Written by a trigger (``access/sql/30_history.sql``) on every table whose ``Rows`` says ``history``, so it catches
    every writer, raw SQL included. ``who`` is empty where nobody was acting; ``db_role`` then says who wrote.
    """

    rows = RowPolicy(
        holds="person data",
        select=f"CASE audience WHEN 'participant' THEN {SEES_PARTICIPANT} "
        f"WHEN 'staff' THEN {WORKS_WITH_PEOPLE} "
        "WHEN 'organisation' THEN (SELECT access_has_role('administrator')) OR about_user = (SELECT access_user()) "
        "OR about_user = ANY ((SELECT access_led_people())::bigint[]) "
        # Accounts of participants and contact persons: as the account itself (organisation.models.User).
        "WHEN 'account' THEN about_user = (SELECT access_user()) "
        f"OR ({INSIDE} AND about_user = ANY ((SELECT rights_accounts())::bigint[])) "
        "WHEN 'tie' THEN \"row\" IN (SELECT id FROM access_conflictofinterest "
        # What was asked and answered; what was said is changed by nothing, and so is not in it.
        "UNION ALL SELECT id FROM access_ends_of_ties()) "
        "ELSE false END",
    )
    at = models.DateTimeField(_("when"))
    who = models.BigIntegerField(_("who"), null=True)
    db_role = models.CharField(max_length=63)
    table = models.CharField(max_length=63)
    row = models.BigIntegerField()
    audience = models.CharField(max_length=20)
    participant_id = models.BigIntegerField(null=True)
    about_user = models.BigIntegerField(null=True)
    operation = models.CharField(max_length=6)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["table", "row", "-at"], name="access_change_row"),
            models.Index(fields=["audience", "-at"], name="access_change_newest"),
            # What findings about protection are made of, however old.
            models.Index(
                fields=["-at"],
                condition=Q(table="cases_participant", operation="update", new__has_key="protection")
                | Q(table="cases_participant", operation="update", new__has_key="own_employee_answered_at"),
                name="access_change_protection",
            ),
            models.Index(
                fields=["participant_id", "-at"],
                condition=Q(participant_id__isnull=False),
                name="access_change_participant",
            ),
            models.Index(fields=["about_user"], condition=Q(audience="account"), name="access_change_account"),
        ]


class Submission(models.Model):
    """A form that was sent: its number is taken once, so that sending it twice does the act once."""

    rows = RowPolicy(
        holds="technical",
        select="user_id = (SELECT access_user())",
        insert="user_id = (SELECT access_user())",
        update="user_id = (SELECT access_user())",
        update_columns=("leads_to",),
    )
    id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    leads_to = models.CharField(max_length=500, blank=True)


class ActingKey(models.Model):
    """The key that the web process signs with who acts (``db.signed``), as HMAC needs it. One row, the owner's alone."""

    rows = RowPolicy(holds="technical", select=None)
    id = models.SmallIntegerField(primary_key=True)
    inner_pad = models.BinaryField()
    outer_pad = models.BinaryField()
    set_at = models.DateTimeField()
