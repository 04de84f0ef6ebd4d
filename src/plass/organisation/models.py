"""Counties, offices, teams, and the people who work there: accounts, roles over time, and who covers for whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import connection, models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plass.db.hidden import HiddenChar
from plass.db.row_policies import ADMINISTRATOR, INSIDE, ORGANISATION, STAFF, History, RowPolicy


class County(models.Model):
    """The level above the offices."""

    rows = replace(ORGANISATION, update_columns=("name",))
    name = models.CharField(_("name"), max_length=100, unique=True)

    def __str__(self) -> str:
        return self.name


class Office(models.Model):
    """A labour and welfare office."""

    rows = replace(ORGANISATION, update_columns=("number", "name"))
    county = models.ForeignKey(County, models.PROTECT, related_name="offices", verbose_name=_("county"))
    number = models.CharField(_("office number"), max_length=4, unique=True)
    name = models.CharField(_("name"), max_length=100)

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """Specialists who work together under one supervisor at an office."""

    rows = replace(ORGANISATION, update_columns=("name",))
    office = models.ForeignKey(Office, models.PROTECT, related_name="teams", verbose_name=_("office"))
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["office", "name"],
                name="organisation_team_name_once",
                violation_error_message=_("This office already has a team of that name."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.office.name}"


#: The earliest end of what began: the day before. It says that something never came to hold (a role given by mistake), or
#: that it was ended on its first day, at once; what ends on a day holds through that day.
BEFORE_IT_BEGAN = F("started_on") - timedelta(days=1)


class UserManager(BaseUserManager["User"]):
    """Accounts are made by the actions of this room; logging in goes through ``plass.accounts.auth_backend``."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """An account: of somebody who works here, of a participant, or of an employer's contact person.

    The name stands here for staff only; a participant's name stands with the participant.
    """

    class Kind(models.TextChoices):
        STAFF = "staff", _("staff")
        PARTICIPANT = "participant", _("participant")
        EMPLOYER = "employer", _("employer contact")

    rows = RowPolicy(
        holds="staff",
        # Accounts of participants and contact persons: for those who see a case they stand in.
        select=f"id = (SELECT access_user()) OR (kind = 'staff' AND {INSIDE}) "
        f"OR (kind <> 'staff' AND {INSIDE} AND id = ANY ((SELECT rights_accounts())::bigint[]))",
        insert=f"kind = 'staff' AND {ADMINISTRATOR}",
        # What an administrator cannot see they cannot overwrite either: an UPDATE without WHERE asks nothing else.
        update=f"id = (SELECT access_user()) OR (kind = 'staff' AND {ADMINISTRATOR})",
        # Not `kind` and not `username`: nobody turns their own account into another.
        # A password is set by a function of its own, and so is the account's end.
        update_columns=(
            "last_login",
            "given_name",
            "family_name",
            "phone",
            "email",
            "language",
        ),
        history=History("organisation", user="id", ignored=("last_login",), added=True),
    )

    password = HiddenChar(_("password"), max_length=128)
    username = models.CharField(_("user name"), max_length=150, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    given_name = models.CharField(_("given name"), max_length=100, blank=True)
    family_name = models.CharField(_("family name"), max_length=100, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=5, default="nb")
    started_on = models.DateField(_("started"))
    ended_on = models.DateField(_("ended"), null=True, blank=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar = []
    objects = UserManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=BEFORE_IT_BEGAN),
                name="organisation_user_ends_after_start",
                violation_error_message=_("The end cannot be before the start."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name as people say it. A participant's stands with the participant: here they are "the participant"."""
        name = f"{self.given_name} {self.family_name}".strip()
        if not name and self.kind == self.Kind.PARTICIPANT:
            return gettext("The participant")
        return name or self.username

    def has_usable_password(self) -> bool:
        """Whether they have one; for themselves and administrators to ask."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT accounts_has_password(%s)", [self.pk])
            return bool(cursor.fetchone()[0])

    def get_session_auth_hash(self) -> str:
        """What Django compares at each page. Not the password, which no page reads: whoever changes it ends the logins."""
        return salted_hmac("plass.organisation.User", str(self.pk), algorithm="sha256").hexdigest()

    @property
    def initials(self) -> str:
        """Two letters for a small badge."""
        return (self.given_name[:1] + self.family_name[:1]).upper() or self.username[:2].upper()

    @property
    def is_staff_member(self) -> bool:
        """Whether this is somebody who works at an office."""
        return self.kind == self.Kind.STAFF


class Role(models.TextChoices):
    """What somebody does here. The order is that of the pages."""

    SPECIALIST = "specialist", _("job specialist")
    SUPERVISOR = "supervisor", _("method supervisor")
    COUNSELLOR = "counsellor", _("counsellor")
    LEADER = "leader", _("leader")
    ADMINISTRATOR = "administrator", _("administrator")
    EVALUATOR = "evaluator", _("evaluator")
    DATA_PROTECTION = "data_protection", _("data protection officer")


class GroupRole(models.Model):
    """What a group at the organisation's own login service (Entra ID) gives here: its members have this role."""

    rows = RowPolicy(
        holds="nothing personal",
        select=INSIDE,
        # Added by the database's own function alone, when a second person says yes (accounts/sql/40_approvals.sql).
        delete=ADMINISTRATOR,
        may_be_empty=("office.county",),
        history=History("organisation", added=True),
    )
    group = models.CharField(_("group"), max_length=200)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    county = models.ForeignKey(
        County, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("county")
    )
    office = models.ForeignKey(
        Office, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("office")
    )
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team"))

    class Meta:
        ordering: ClassVar = ["group", "role", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["group", "role", "county", "office", "team"],
                nulls_distinct=False,
                name="organisation_group_role_once",
                violation_error_message=_("This group gives that already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group}: {self.get_role_display()}"


class Membership(models.Model):
    """Somebody has a role at an office, usually in a team, from a date and until a date.

    Leaders of a county have the county and no office. Nobody gives a role alone: an administrator asks for
    it, and whoever leads the place answers.
    ``given_by_group`` is the group whose members have it, where logging in gave it (``accounts/sql/15_groups.sql``).
    """

    rows = RowPolicy(
        holds="staff",
        select=INSIDE,
        # Added as GroupRole is; ended by a function, and never lengthened (administration/sql/10_ends.sql).
        history=History("organisation", user="user_id", added=True),
        may_be_empty=("office.county",),
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("who"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices)
    county = models.ForeignKey(
        County, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("county")
    )
    office = models.ForeignKey(
        Office, models.PROTECT, null=True, blank=True, related_name="memberships", verbose_name=_("office")
    )
    team = models.ForeignKey(
        Team, models.PROTECT, null=True, blank=True, related_name="memberships", verbose_name=_("team")
    )
    started_on = models.DateField(_("from"))
    ended_on = models.DateField(_("until"), null=True, blank=True)
    given_by_group = models.CharField(
        _("given by the group"), max_length=200, blank=True, default="", db_default="", editable=False
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=BEFORE_IT_BEGAN),
                name="organisation_membership_ends_after_start",
                violation_error_message=_("The end cannot be before the start."),
            ),
            models.CheckConstraint(
                condition=Q(office__isnull=False) | Q(county__isnull=False),
                name="organisation_membership_has_a_place",
                violation_error_message=_("Say which office or county."),
            ),
            models.CheckConstraint(
                condition=~Q(role__in=["specialist", "supervisor"]) | Q(team__isnull=False),
                name="organisation_membership_team_for_specialists",
                violation_error_message=_("A job specialist or method supervisor belongs to a team."),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["user"], name="organisation_member_user")]


#: SQL: the row is about the one who acts, or about somebody whom they lead today.
ONES_OWN_OR_LED = "user_id = (SELECT access_user()) OR user_id = ANY ((SELECT access_led_people())::bigint[])"


class Absence(models.Model):
    """Somebody is away, and who covers for them meanwhile. The cover sees the days' work on their own Min dag."""

    rows = RowPolicy(
        holds="staff",
        select=STAFF,
        insert=f"recorded_by_id = (SELECT access_user()) AND ({ONES_OWN_OR_LED})",
        update=ONES_OWN_OR_LED,
        update_columns=("ends_on", "covered_by_id"),
        history=History("organisation", user="user_id"),
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="absences", verbose_name=_("who is away"))
    covered_by = models.ForeignKey(User, models.PROTECT, related_name="covers", verbose_name=_("who covers"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("through"))
    recorded_at = models.DateTimeField(auto_now_add=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="organisation_absence_ends_after_start",
                violation_error_message=_("The last day away cannot be before the first."),
            ),
            models.CheckConstraint(
                condition=~Q(user=F("covered_by")),
                name="organisation_absence_covered_by_another",
                violation_error_message=_("Somebody else must cover."),
            ),
        ]
