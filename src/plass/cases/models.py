"""Participants, their cases, and what every fact about a case has in common.

A fact is something that happened on a date and that somebody recorded. Rows of facts are never changed: the database
lets the web role touch one column only, ``superseded_at``, which says that a dated correction replaced or withdrew it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import TransactionNow
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plass.access.rules import Level
from plass.db.hidden import Hidden, HiddenBinary
from plass.db.row_policies import (
    IN_A_WHOLE_TEAM,
    OF_A_CASE,
    STAFF,
    History,
    RowPolicy,
    level_allows,
    of_a_case,
    visible,
)
from plass.organisation.models import Office, Team, User
from plass.organisation.sorting import search_column, sort_column

OWN_REFERRAL = (
    "(referred_by_id = (SELECT access_user()) AND (referrer_ended_at IS NULL OR referrer_ended_at >= now()) "
    "AND office_id = ANY ((SELECT access_offices('{specialist,supervisor,counsellor}'))::bigint[]) "
    "AND participant_id <> ALL ((SELECT access_tied())::bigint[]))"
)


#: Whom a referral may be about: somebody the one who refers has just registered, or has a part in that lasts.
REFERS_WHOM_THEY_KNOW = (
    "(cases_just_registered(participant_id) "
    "OR (team_id IS NOT NULL AND access_may_refer(participant_id, office_id, team_id)))"
)


class Participant(models.Model):
    """The person who gets help to get and keep a job.

    The national identity number stands encrypted, and is found through a keyed hash (``plass.cases.identity``).
    A number may have several rows: whoever refers somebody they do not see, or see only for a time, gets a row of their
    own, as for somebody unknown, until somebody who may joins the two (:class:`PossibleDuplicate`). One row is the main one.
    ``protection`` is changed through ``cases_change_protection()`` alone, with a reason.
    """

    class Protection(models.TextChoices):
        NONE = "", _("not protected")
        CONFIDENTIAL = "confidential", _("confidential address")
        STRICTLY_CONFIDENTIAL = "strictly_confidential", _("strictly confidential address")
        OWN_EMPLOYEE = "own_employee", _("own employee")

    rows = RowPolicy(
        holds="person data",
        # The first half lets the act that registers somebody read its own row back, before there is a case.
        select=f"(registered_by_id = (SELECT access_user()) AND registered_at = now() AND {STAFF}) "
        f"OR {visible('id', 'access_participants', 'participant_id')}",
        # Without an account: whoever named one would be told whether it is a participant's.
        insert=f"registered_by_id = (SELECT access_user()) AND user_id IS NULL AND {STAFF}",
        update=f"access_participant_level(id) >= {int(Level.RECORD)} AND {STAFF}",
        update_columns=(
            "given_name",
            "family_name",
            "phone",
            "email",
            "address",
            "postal_code",
            "place",
            "language",
            "version",
        ),
        history=History("participant", participant="id", hidden=("identity_number", "identity_hash")),
        began="registered_at",
    )

    sealed = ("identity_number",)
    hashed: ClassVar = {"identity_hash": "true"}
    given_name = models.CharField(_("given name"), max_length=100)
    family_name = models.CharField(_("family name"), max_length=100)
    sort_name = sort_column("family_name", "given_name")
    search_name = search_column("family_name", "given_name")
    identity_number = HiddenBinary(_("national identity number"))
    identity_hash = HiddenBinary(max_length=32)
    born_on = models.DateField(_("born"))
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    address = models.CharField(_("address"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=4, blank=True)
    place = models.CharField(_("place"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=40, blank=True)
    protection = models.CharField(
        _("protected"), max_length=30, choices=Protection.choices, default=Protection.NONE, blank=True
    )
    #: Why the protection was last changed; the history has the earlier ones.
    protection_reason = models.CharField(
        _("why the protection was changed"), max_length=300, blank=True, db_default="", editable=False
    )
    #: Until when those who decide have answered whoever works here and says "this is me" (``sql/50_own_employees.sql``).
    own_employee_answered_at = models.DateTimeField(_("own employee: answered"), null=True, editable=False)
    user = models.OneToOneField(User, models.PROTECT, null=True, blank=True, related_name="participant")
    registered_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    registered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    #: Set where nothing is left that says who this was (plass.retention).
    made_nameless_on = models.DateField(null=True, blank=True, editable=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["sort_name"], name="cases_participant_sort_name"),
            models.Index(fields=["identity_hash"], name="cases_participant_identity"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def hides_address(self) -> bool:
        """Whether the address must not stand on a page at all."""
        return self.protection in {self.Protection.CONFIDENTIAL, self.Protection.STRICTLY_CONFIDENTIAL}

    @property
    def name(self) -> str:
        """The name as people say it."""
        return f"{self.given_name} {self.family_name}"

    @property
    def is_protected(self) -> bool:
        """Whether the address must not be known, or the person works here."""
        return self.protection != self.Protection.NONE


class PossibleDuplicate(models.Model):
    """Somebody was referred by a number that is known, by somebody with no lasting part in the person with that number.

    ``participant`` is the row with what was typed, ``existing`` the main row. Nobody reads the table: the triggers and
    functions of ``cases/sql/40_duplicates.sql`` write it and answer those who may see both, who join the two (then
    ``participant`` is gone and ``typed`` holds what it said) or answer the referral otherwise. An ``answer`` without an
    ``outcome`` is what they said who do not join it, and may not end another office's case: the officer asks somebody there.
    """

    class Outcome(models.TextChoices):
        JOINED = "joined", _("joined")
        ANSWERED = "answered", _("answered")

    rows = RowPolicy(
        holds="person data",
        select=None,
        # Read by those who decide about the participant, through cases_answered_before() alone.
        history=History("nobody", participant="existing_id", ignored=("joined_cases", "protection_then"), added=True),
    )
    participant = models.OneToOneField(Participant, models.PROTECT, null=True, related_name="+")
    existing = models.ForeignKey(Participant, models.PROTECT, related_name="+")
    referred_at = models.DateTimeField(db_default=TransactionNow(), editable=False)
    referred_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    #: How the existing participant was protected when the referral came: a raise afterwards opens nothing.
    protection_then = models.CharField(max_length=30, blank=True, db_default="", editable=False)
    #: Who was asked by the data protection officer to answer it, where nobody else can.
    appointed = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    appointed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True, editable=False)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, db_default="")
    answer = models.CharField(max_length=500, blank=True, db_default="")
    typed = models.JSONField(null=True)
    #: The cases that became the existing participant's by the join.
    joined_cases = ArrayField(models.BigIntegerField(), null=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome="", answered_at=None) | (~Q(outcome="") & Q(answered_at__isnull=False)),
                name="cases_duplicate_outcome_with_its_time",
            ),
        ]


class ShieldedByOwnRow(Hidden, models.BooleanField):  # type: ignore[type-arg]
    """Whether a case is shielded, as far as whoever reads it may know: by the participant's own row."""

    in_place = "EXISTS (SELECT FROM cases_participant own WHERE own.id = {of}.participant_id AND own.protection <> '')"


class Case(models.Model):
    """One period of follow-up of one participant, from referral to end, at one office.

    ``team``, ``specialist``, ``counsellor``, ``referrer_ended_at`` and ``shielded`` say how things stand now. They are
    derived: a trigger keeps them from the facts (:class:`Assignment`) and from the participant; the web role cannot
    change them. The column ``shielded`` is also true where the participant's row is a possible duplicate of somebody
    protected: the database alone reads it, and what the program reads is whether the participant's own row is protected.
    """

    rows = RowPolicy(
        holds="person data",
        # The first half lets the act that refers somebody read its own row back.
        select=f"{OWN_REFERRAL} OR id = ANY ((SELECT access_cases())::bigint[]) OR ({IN_A_WHOLE_TEAM})",
        insert=f"{OWN_REFERRAL} AND {REFERS_WHOM_THEY_KNOW}",
    )

    participant = models.ForeignKey(Participant, models.PROTECT, related_name="cases", verbose_name=_("participant"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("office"))
    referred_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("referred by"))
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="cases", verbose_name=_("team"))
    specialist = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("job specialist"), editable=False
    )
    counsellor = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("counsellor"), editable=False
    )
    shielded = ShieldedByOwnRow(_("shielded"), default=False, editable=False)
    #: Whether who stands there does not do that work at the office any more. As the gate found it; unknown is False.
    specialist_left = counsellor_left = False
    #: Since when somebody else follows the participant or is their counsellor, so that who referred has no part any more.
    referrer_ended_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"#{self.pk}"


#: No kind of fact is called by a longer word: it stands in corrections, and in what participants say of a fact.
LONGEST_KIND = 20
#: A fact older than this is a slip of the pen.
OLDEST = date(1990, 1, 1)


class Fact(models.Model):
    """What every fact about a case has: when it happened, who recorded it and when, and whether it still stands."""

    #: The word for this kind of fact in addresses, in the timeline and in corrections.
    kind: ClassVar[str]
    #: What one must be allowed to do with a case to record it there. The policies of its rows and its pages follow from it.
    needs: ClassVar[Level] = Level.RECORD
    #: The column of what begins with the fact (a job), which so is new each time.
    begins: ClassVar[str] = ""

    # Each table's own index begins with the case, so the column needs none by itself.
    case = models.ForeignKey(Case, models.PROTECT, related_name="+", verbose_name=_("case"), db_index=False)
    happened_on = models.DateField(_("date"))
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("recorded by"), editable=False, db_index=False
    )
    superseded_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def rows(cls) -> RowPolicy:
        """Who sees, records and corrects facts of this kind. A kind that others may record too adds them to ``insert``."""
        return replace(of_a_case(cls.needs), update=level_allows(cls.needs_to_correct()))

    @classmethod
    def needs_to_correct(cls) -> Level:
        """What one must be allowed to correct it. What was recorded in an emergency is for those who follow the case."""
        return max(cls.needs, Level.RECORD)

    def clean(self) -> None:
        """Raise ValidationError, by field, where what is written contradicts itself. Recording and correcting ask it."""
        if self.happened_on and self.happened_on < OLDEST:
            raise ValidationError({"happened_on": gettext("Check the year.")})

    def missing(self) -> dict[str, str]:
        """What whoever records it must say too, by field. A list that is imported may lack it."""
        return {}

    @property
    def stands(self) -> bool:
        """Whether no correction has replaced or withdrawn this fact."""
        return self.superseded_at is None


def case_and_date(name: str) -> list[models.Index]:
    """The index every table of facts has: a case's facts by date."""
    return [models.Index(fields=["case", "happened_on"], name=f"{name}_case_date")]


class Referral(Fact):
    """The counsellor asks for follow-up for a participant. Wanting to work is the only criterion."""

    kind = "referral"
    wishes = models.TextField(_("what the person says they want"))
    help_wanted = models.TextField(_("what the person wants help with"), blank=True)
    participant_agreed_on = models.DateField(_("the participant said yes on"))

    class Meta:
        indexes: ClassVar = case_and_date("cases_referral")

    def clean(self) -> None:
        """The participant has said yes already, and not a lifetime ago."""
        super().clean()
        if self.participant_agreed_on and self.participant_agreed_on > timezone.localdate():
            message = gettext("This date lies ahead. Write the day it happened.")
            raise ValidationError({"participant_agreed_on": message})
        if self.participant_agreed_on and self.participant_agreed_on < OLDEST:
            raise ValidationError({"participant_agreed_on": gettext("Check the year.")})


class Assignment(Fact):
    """Who follows the case from a date: the specialist, the counsellor or the team. Nobody (None) is a fact too."""

    class Role(models.TextChoices):
        SPECIALIST = "specialist", _("job specialist")
        COUNSELLOR = "counsellor", _("counsellor")

    kind = "assignment"
    needs = Level.DECIDE
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who"))
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team"))
    reason = models.CharField(_("why"), max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = case_and_date("cases_assignment")

    @classmethod
    def rows(cls) -> RowPolicy:
        """A specialist of the team takes a case that nobody follows (cases_take). Else those give it whose it is."""
        rows = super().rows()
        return replace(
            rows,
            insert=f"happened_on <= access_today() AND (({rows.insert}) "
            "OR (role = 'specialist' AND user_id = (SELECT access_user()) "
            "AND recorded_by_id = (SELECT access_user()) AND cases_takes(case_id)))",
            # It says which team the case has from then on: one of the case's office, as the case's own row must say.
            may_differ=("case.team",),
        )


class PauseStarted(Fact):
    """The follow-up rests, for a reason and until somebody is to look again."""

    class Reason(models.TextChoices):
        ILLNESS = "illness", _("illness")
        TREATMENT = "treatment", _("treatment or admission")
        CARE = "care", _("caring for somebody")
        PARENTAL = "parental", _("parental leave")
        MOVING = "moving", _("moving")
        WISH = "wish", _("the participant's wish")
        OTHER = "other", _("other")

    kind = "pause"
    needs = Level.DECIDE
    reason = models.CharField(_("why"), max_length=20, choices=Reason.choices)
    follow_up_on = models.DateField(_("look again on"))
    note = models.TextField(_("note"), blank=True)

    class Meta:
        indexes: ClassVar = case_and_date("cases_pausestarted")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(follow_up_on__gte=F("happened_on")),
                name="cases_pause_followed_up_after_start",
                violation_error_message=_("Look again on a day after the pause begins."),
            )
        ]

    def clean(self) -> None:
        """Not for more than three years: who is put away by a slip of the finger is looked at by nobody."""
        super().clean()
        if self.happened_on and self.follow_up_on and self.follow_up_on > self.happened_on + timedelta(days=3 * 366):
            raise ValidationError({"follow_up_on": gettext("Check the year.")})


class PauseEnded(Fact):
    """The follow-up goes on after a pause."""

    kind = "resumption"
    needs = Level.DECIDE
    note = models.TextField(_("note"), blank=True)

    class Meta:
        indexes: ClassVar = case_and_date("cases_pauseended")


class CaseEnded(Fact):
    """The follow-up ends, for a cause. A lost job opens it again."""

    class Cause(models.TextChoices):
        WORK = "work", _("work without subsidy")
        WORK_SUBSIDISED = "work_subsidised", _("work with wage subsidy")
        WORK_AND_BENEFIT = "work_and_benefit", _("work combined with other benefits")
        WORK_GRADED = "work_graded", _("work with graded disability pension")
        EDUCATION_NAV = "education_nav", _("education paid by Nav")
        EDUCATION_OWN = "education_own", _("education on their own")
        OTHER_MEASURE = "other_measure", _("moved to another measure")
        OTHER_ACTIVE = "other_active", _("other active help (treatment, municipality)")
        DISABILITY_APPLIED = "disability_applied", _("disability pension applied for")
        DISABILITY_GRANTED = "disability_granted", _("disability pension granted")
        OLD_AGE = "old_age", _("old-age pension")
        ILLNESS = "illness", _("illness")
        OWN_WISH = "own_wish", _("the participant's own wish")
        OTHER = "other", _("other (moving, military service, leave)")

    kind = "end"
    needs = Level.DECIDE
    cause = models.CharField(_("cause"), max_length=30, choices=Cause.choices)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        indexes: ClassVar = case_and_date("cases_caseended")


class CaseReopened(Fact):
    """The follow-up goes on again, most often after a lost job."""

    class Reason(models.TextChoices):
        JOB_LOST = "job_lost", _("the job was lost")
        JOB_AT_RISK = "job_at_risk", _("the job is at risk")
        JOB_CHANGE = "job_change", _("wants another job")
        WISH = "wish", _("wants to work again")
        OTHER = "other", _("other")

    kind = "reopening"
    needs = Level.DECIDE
    reason = models.CharField(_("why"), max_length=20, choices=Reason.choices)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        indexes: ClassVar = case_and_date("cases_casereopened")


class Collaborator(Fact):
    """Somebody outside who helps at the same time, with the participant's agreement on that date."""

    class Role(models.TextChoices):
        GP = "gp", _("general practitioner")
        MENTAL_HEALTH = "mental_health", _("mental health care")
        SUBSTANCE = "substance", _("substance use treatment")
        MUNICIPALITY = "municipality", _("municipality")
        SCHOOL = "school", _("school")
        FAMILY = "family", _("family")
        FRIEND = "friend", _("friend or other network")
        OTHER = "other", _("other")

    kind = "collaborator"
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    name = models.CharField(_("name"), max_length=200)
    organisation = models.CharField(_("workplace"), max_length=200, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    agreement = models.CharField(_("what the participant agreed to"), max_length=300)

    class Meta:
        indexes: ClassVar = case_and_date("cases_collaborator")


def fact_models() -> list[type[Fact]]:
    """Every model that is a kind of fact, of the rooms that are loaded."""
    fact_classes, waiting = [], list(Fact.__subclasses__())
    while waiting:
        model = waiting.pop(0)
        waiting += model.__subclasses__()
        if not model._meta.abstract:
            fact_classes.append(model)
    return fact_classes


class Correction(models.Model):
    """A recorded fact was wrong: it is replaced by another row of the same kind, or withdrawn (no replacement)."""

    #: Numbers of facts of the row's kind in its case: the database looks (``timeline.derived_sql``).
    fact_numbers: ClassVar = ("fact_id", "replacement_id")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=LONGEST_KIND)
    fact_id = models.BigIntegerField()
    replacement_id = models.BigIntegerField(null=True)
    reason = models.CharField(_("why"), max_length=300)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                # In its case: whoever names the number of another's fact is not told whether that was corrected.
                fields=["kind", "fact_id", "case"],
                name="cases_correction_once",
                violation_error_message=_("This has already been corrected."),
            ),
            # One fact replaces one other: no two facts become versions of the same.
            models.UniqueConstraint(
                fields=["kind", "replacement_id", "case"],
                name="cases_correction_replaces_one",
                violation_error_message=_("This has already been corrected."),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["case"], name="cases_correction_case")]

    @classmethod
    def rows(cls) -> RowPolicy:
        """As the facts: one is corrected once, and whoever may not write it must not stand in the way of those who may.

        Asked when all rooms are loaded, so that it names the kinds of all of them.
        """
        decided = sorted(model.kind for model in fact_models() if model.needs_to_correct() >= Level.DECIDE)
        return RowPolicy(
            holds="person data",
            select=OF_A_CASE.select,
            insert=f"({level_allows(Level.DECIDE)}) "
            f"OR ({level_allows(Level.RECORD)} AND kind NOT IN ({', '.join(map(repr, decided))}))",
        )
