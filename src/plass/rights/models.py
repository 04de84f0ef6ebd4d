"""What the participant says about the record, and what they let employers know.

A comment or a request stands beside a fact and never changes it. A release is one thing that one employer may read, in
exactly these words, until it is withdrawn. Nothing here is overwritten: a withdrawal is a date.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from plass.access.rules import Level
from plass.cases.models import LONGEST_KIND, Case
from plass.db.row_policies import OF_A_CASE, WORKS_WITH_PEOPLE, RowPolicy, level_allows
from plass.employers.models import ContactPerson, Employer
from plass.organisation.models import User
from plass.plan.models import PlanStep

#: The participant's own cases, and nobody else's.
OWN = "case_id = ANY ((SELECT rights_own_cases())::bigint[])"
ME = "(SELECT access_user())"


class Comment(models.Model):
    """The participant's own words beside a fact. They may take them back; that they were there stays."""

    rows = RowPolicy(
        holds="person data",
        select=OF_A_CASE.select,
        insert=f"{OWN} AND written_by_id = {ME}",
        update=f"{OWN} AND written_by_id = {ME}",
        update_columns=("withdrawn_at",),
        one_way=("withdrawn_at",),
    )
    #: As of :class:`plass.cases.models.Correction`.
    fact_numbers: ClassVar = ("fact_id",)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+", verbose_name=_("case"), db_index=False)
    kind = models.CharField(_("beside what kind of fact"), max_length=LONGEST_KIND)
    fact_id = models.BigIntegerField(_("number of the fact"))
    text = models.TextField(_("your comment"), max_length=4000)
    written_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    withdrawn_at = models.DateTimeField(_("taken back"), null=True, editable=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case", "written_at"], name="rights_comment_case")]


class CorrectionRequest(models.Model):
    """The participant says that a fact is wrong, or that something is missing (no fact), and what should stand there."""

    rows = RowPolicy(holds="person data", select=OF_A_CASE.select, insert=f"{OWN} AND asked_by_id = {ME}")
    #: As of :class:`plass.cases.models.Correction`.
    fact_numbers: ClassVar = ("fact_id",)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+", verbose_name=_("case"), db_index=False)
    kind = models.CharField(_("about what kind of fact"), max_length=LONGEST_KIND, blank=True)
    fact_id = models.BigIntegerField(_("number of the fact"), null=True, blank=True)
    wanted = models.TextField(_("what is wrong, and what should it say?"), max_length=4000)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now, editable=False)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case", "asked_at"], name="rights_request_case")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="", fact_id__isnull=True) | (~Q(kind="") & Q(fact_id__isnull=False)),
                name="rights_request_about_a_fact_or_none",
                violation_error_message=_("Say which entry it is about."),
            )
        ]

    @property
    def reply(self) -> CorrectionAnswer | None:
        """The answer; None while it waits for one."""
        return getattr(self, "answer", None)


class CorrectionAnswer(models.Model):
    """What became of a request for correction, and why. Given once, by somebody who works with the case."""

    class Outcome(models.TextChoices):
        CORRECTED = "corrected", _("corrected as you asked")
        PARTLY = "partly", _("corrected in part")
        DECLINED = "declined", _("not corrected")

    rows = RowPolicy(
        holds="person data",
        select=OF_A_CASE.select,
        insert=f"{level_allows(Level.RECORD)} AND answered_by_id = {ME}",
    )
    case = models.ForeignKey(Case, models.PROTECT, related_name="+", verbose_name=_("case"), db_index=False)
    request = models.OneToOneField(CorrectionRequest, models.PROTECT, related_name="answer", verbose_name=_("request"))
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome.choices)
    reason = models.TextField(_("why"), max_length=4000)
    answered_at = models.DateTimeField(_("answered"), default=timezone.now, editable=False)
    answered_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case"], name="rights_answer_case")]


class Item(models.TextChoices):
    """What there is to be open about. Health stands here as what is needed at work, never as a diagnosis."""

    NAME = "name", _("name")
    CONTACT = "contact", _("phone number and e-mail address")
    WISHES = "wishes", _("wished work")
    STRENGTHS = "strengths", _("skills and experience")
    HOURS = "hours", _("wished hours")
    SUPPORT = "support", _("what is needed at work")
    MASTERY = "mastery", _("what helps when it gets hard")
    GAPS = "gaps", _("time away from work")
    NAV = "nav", _("help from Nav")
    STEP = "step", _("a step of the plan")
    OTHER = "other", _("something else")


#: The items one decides about once for all employers; a step of the plan is released by itself.
TO_DECIDE = tuple(item for item in Item if item not in {Item.STEP, Item.OTHER})


class AgreedHow(models.TextChoices):
    """How the participant said yes to what somebody of the staff writes for them."""

    TALK = "talk", _("in a talk, face to face")
    PHONE = "phone", _("on the phone or by video")
    WRITING = "writing", _("in writing")


class Disclosure(models.Model):
    """What the participant has decided about one item: whether employers may know. The newest decision holds."""

    class Stance(models.TextChoices):
        YES = "yes", _("employers may know")
        ASK = "ask", _("ask me first each time")
        NO = "no", _("nobody tells this to an employer")

    rows = RowPolicy(
        holds="person data",
        select=OF_A_CASE.select,
        # A no closes what is open: whoever steps in may write it down.
        insert=f"({OWN} OR (({level_allows(Level.DECIDE)} OR (stance = 'no' AND {level_allows(Level.RECORD)})) "
        "AND agreed_how <> '')) "
        f"AND decided_by_id = {ME}",
    )
    case = models.ForeignKey(Case, models.PROTECT, related_name="+", verbose_name=_("case"), db_index=False)
    item = models.CharField(_("what"), max_length=20, choices=Item.choices)
    stance = models.CharField(_("may employers know?"), max_length=10, choices=Stance.choices)
    good = models.CharField(_("what can be good about telling"), max_length=500, blank=True)
    bad = models.CharField(_("what can be bad about telling"), max_length=500, blank=True)
    decided_at = models.DateTimeField(_("decided"), default=timezone.now, editable=False)
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    agreed_how = models.CharField(
        _("how the participant said so"), max_length=10, choices=AgreedHow.choices, blank=True
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case", "item", "decided_at"], name="rights_disclosure_case")]


class Release(models.Model):
    """One thing that one employer may read about one participant, in exactly these words, until it is withdrawn.

    An employer's contact person reads it only while they have access to the case (:class:`EmployerAccess`).
    """

    rows = RowPolicy(
        holds="person data",
        select=f"{OF_A_CASE.select} OR (withdrawn_at IS NULL AND (until IS NULL OR until >= access_today()) "
        "AND employer_id = (SELECT rights_employer()) "
        "AND case_id = ANY ((SELECT rights_employer_cases())::bigint[]))",
        insert=f"({OWN} OR ({level_allows(Level.DECIDE)} AND agreed_how <> '')) AND released_by_id = {ME}",
        update=f"{OWN} OR ({level_allows(Level.RECORD)})",
        update_columns=("withdrawn_at", "withdrawn_by_id"),
        one_way=("withdrawn_at", "withdrawn_by_id"),
    )
    case = models.ForeignKey(Case, models.PROTECT, related_name="+", verbose_name=_("case"), db_index=False)
    employer = models.ForeignKey(Employer, models.PROTECT, related_name="+", verbose_name=_("employer"))
    item = models.CharField(_("what"), max_length=20, choices=Item.choices)
    text = models.TextField(_("what the employer reads"), max_length=2000)
    step = models.ForeignKey(
        PlanStep, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("step of the plan")
    )
    until = models.DateField(_("through"), null=True, blank=True)
    released_at = models.DateTimeField(_("released"), default=timezone.now, editable=False)
    released_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    agreed_how = models.CharField(
        _("how the participant said yes"), max_length=10, choices=AgreedHow.choices, blank=True
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, editable=False)
    withdrawn_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case", "released_at"], name="rights_release_case")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "employer", "item"],
                condition=Q(withdrawn_at__isnull=True) & ~Q(item__in=["step", "other"]),
                name="rights_release_one_of_each",
                violation_error_message=_("This is shared with the employer already. Withdraw that first."),
            ),
            models.CheckConstraint(
                condition=Q(item="step", step__isnull=False) | (~Q(item="step") & Q(step__isnull=True)),
                name="rights_release_step_is_named",
                violation_error_message=_("Say which step of the plan."),
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="rights_release_withdrawn_by_somebody",
            ),
        ]

    @property
    def is_over(self) -> bool:
        """Whether the employer no longer reads it."""
        return self.withdrawn_at is not None or (self.until is not None and self.until < timezone.localdate())


class ContactAccount(models.Model):
    """The account with which a contact person logs in. Made by the database's own function, for staff.

    Until ``chosen_at`` somebody of the staff has read the password too, and the account opens nothing but the page where
    another is chosen. The database notes it when the account changes its own password.
    """

    rows = RowPolicy(holds="person data", select=f"{WORKS_WITH_PEOPLE} OR user_id = {ME}")
    user = models.OneToOneField(User, models.PROTECT, related_name="+")
    contact_person = models.OneToOneField(
        ContactPerson, models.PROTECT, related_name="account", verbose_name=_("contact person")
    )
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    chosen_at = models.DateTimeField(null=True, editable=False)


class EmployerAccess(models.Model):
    """One contact person may read what the participant released for their employer. Given with the participant's yes.

    It ends for good, also when somebody writes that the contact person has left (the database's trigger).
    """

    rows = RowPolicy(
        holds="person data",
        select=f"{OF_A_CASE.select} OR (ended_at IS NULL AND contact_person_id = (SELECT rights_contact_person()) "
        "AND case_id = ANY ((SELECT rights_employer_cases())::bigint[]))",
        # Added by the database's own function alone (rights_give_access), which asks for a code where one is needed.
        update=f"{OWN} OR ({level_allows(Level.RECORD)})",
        update_columns=("ended_at", "ended_by_id"),
        one_way=("ended_at", "ended_by_id"),
    )
    case = models.ForeignKey(Case, models.PROTECT, related_name="+", verbose_name=_("case"), db_index=False)
    contact_person = models.ForeignKey(
        ContactPerson, models.PROTECT, related_name="+", verbose_name=_("contact person")
    )
    agreed_on = models.DateField(_("the participant said yes on"))
    agreed_how = models.CharField(_("how the participant said yes"), max_length=10, choices=AgreedHow.choices)
    given_at = models.DateTimeField(default=timezone.now, editable=False)
    given_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case", "given_at"], name="rights_access_case")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "contact_person"],
                condition=Q(ended_at__isnull=True),
                name="rights_access_once",
                violation_error_message=_("This contact person has access already."),
            )
        ]


class Proof(models.TextChoices):
    """How a contact person who lost the phone showed who they are."""

    MET = "met", _("I met them in person")
    CALLED = "called", _("I called them back on a number we had before")


class FactorReset(models.Model):
    """A contact person lost the phone, and somebody let them set up another: told at every case they read about.

    One row for each case, so that each one's specialist sees that it was done, by whom and how the person showed who they
    are, and nothing of the other cases. Written by the database's own function alone.
    """

    rows = RowPolicy(holds="person data", select=OF_A_CASE.select)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+", verbose_name=_("case"), db_index=False)
    contact_person = models.ForeignKey(
        ContactPerson, models.PROTECT, related_name="+", verbose_name=_("contact person")
    )
    proof = models.CharField(_("how they showed who they are"), max_length=10, choices=Proof.choices)
    reset_at = models.DateTimeField(default=timezone.now, editable=False)
    reset_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case", "reset_at"], name="rights_factorreset_case")]


class Objection(models.Model):
    """The participant does not want a certain employer to be asked about them, whatever the program or we suggest."""

    rows = RowPolicy(
        holds="person data",
        select=OF_A_CASE.select,
        insert=f"{OWN} AND made_by_id = {ME}",
        update=f"{OWN} AND made_by_id = {ME}",
        update_columns=("withdrawn_at",),
        one_way=("withdrawn_at",),
    )
    case = models.ForeignKey(Case, models.PROTECT, related_name="+", verbose_name=_("case"), db_index=False)
    employer = models.ForeignKey(Employer, models.PROTECT, related_name="+", verbose_name=_("employer"))
    reason = models.TextField(_("why not"), max_length=2000, blank=True)
    made_at = models.DateTimeField(_("said"), default=timezone.now, editable=False)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", editable=False)
    withdrawn_at = models.DateTimeField(_("taken back"), null=True, editable=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["case", "made_at"], name="rights_objection_case")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["case", "employer"],
                condition=Q(withdrawn_at__isnull=True),
                name="rights_objection_once",
                violation_error_message=_("You have said no to this employer already."),
            )
        ]
