"""What logging in keeps: second factors, passkeys, who is who at a login service, logins, links, requests to approve, and
failed attempts; and the people of the demo."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from plass.db.hidden import HiddenBinary
from plass.db.row_policies import ADMINISTRATOR, ADMINISTRATOR_OF_STAFF, History, RowPolicy
from plass.organisation.models import County, Office, Role, Team, User

OWN = "user_id = (SELECT access_user())"


class SecondFactor(models.Model):
    """The secret that an account shares with an app on a phone, which makes a code of it every half minute.

    ``confirmed_at``: when their phone made the first right code. ``last_step``: the half minute of the last code that was
    used, so that none is used twice.
    """

    # Written by the database's own functions alone, which the web process signs (sql/20_login.sql).
    rows = RowPolicy(holds="staff", select=OWN)
    sealed = ("secret",)
    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    secret = HiddenBinary()
    confirmed_at = models.DateTimeField()
    last_step = models.BigIntegerField()


class RecoveryCode(models.Model):
    """A code that replaces the phone once. Only its hash is kept, made with a key that the database does not have."""

    # Written by the database's own functions alone, which the web process signs (sql/20_login.sql).
    rows = RowPolicy(holds="staff", select=OWN)
    hashed: ClassVar = {"code_hash": "true"}
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    code_hash = HiddenBinary(max_length=32)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "code_hash"], name="accounts_recoverycode_once")
        ]


class Passkey(models.Model):
    """A passkey of somebody who works here: the public half of a key that a device of theirs keeps (``passkeys``).

    Written by the database's own functions alone (``sql/36_passkeys.sql``): a statement smuggled into a page must not
    become a lasting way in. ``last_asked`` is when the question was made that it answered last (microseconds since 1970), so
    that no answer opens twice; ``copied_at`` when it counted back, as a copy does, and from when on it opens nothing.
    """

    rows = RowPolicy(
        holds="staff",
        select=OWN,
        delete=OWN,
        history=History(
            "organisation", user="user_id", ignored=("sign_count", "last_asked", "last_used_at"), added=True
        ),
    )
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    credential_id = models.BinaryField(max_length=1023, unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField()
    last_asked = models.BigIntegerField(db_default=0)
    name = models.CharField(_("name"), max_length=60)
    made_at = models.DateTimeField(_("made"))
    last_used_at = models.DateTimeField(_("last used"), null=True)
    copied_at = models.DateTimeField(_("stopped as copied"), null=True)

    class Meta:
        ordering: ClassVar = ["made_at", "pk"]


class Subject(models.Model):
    """Who somebody is at a login service, by its lasting identifier for them: what every later login is found by.

    For staff it comes of a first login that an administrator confirms and a second person approves (:class:`FirstLogin`).

    A contact person binds their own account, once its password is theirs, and ends that (:mod:`bindings`).

    A person's identity number stands here as its keyed hash only (hexadecimal).
    """

    rows = RowPolicy(
        holds="person data",
        select=f"{OWN} OR {ADMINISTRATOR_OF_STAFF}",
        # Bound by the database's functions alone (accounts_bind(), and sql/35_first_login.sql for staff): what acts for
        # somebody during a page must not become a lasting way in, and nobody binds their own account by being logged in.
        delete=ADMINISTRATOR_OF_STAFF,
        history=History("organisation", user="user_id", hidden=("subject",), added=True),
    )
    #: A contact person's login is found by the keyed hash of their identity number.
    hashed: ClassVar = {"subject": "user_id IN (SELECT id FROM organisation_user WHERE kind = 'employer')"}
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    bound_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["issuer", "subject", "user"], name="accounts_subject_once"),
        ]


class FirstLogin(models.Model):
    """A first login through the login service by somebody whose user name fits an account: nobody is let in by it.

    It waits until an administrator has said that it is the right person and a second one has approved that
    (:class:`ApprovalRequest`): then the account is bound to the login service's lasting identifier (:class:`Subject`). A
    refusal stays until it is approved after all. Written by the database's own functions
    (``sql/35_first_login.sql``, ``sql/40_approvals.sql``) alone.
    """

    class Outcome(models.TextChoices):
        CONFIRMED = "confirmed", _("let in")
        REFUSED = "refused", _("refused")

    rows = RowPolicy(
        holds="staff",
        select=f"{OWN} OR {ADMINISTRATOR_OF_STAFF} "
        "OR id IN (SELECT first_login_id FROM accounts_approvalrequest WHERE first_login_id IS NOT NULL)",
        history=History("organisation", user="user_id", hidden=("subject",), ignored=("last_asked_at",), added=True),
    )
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    issuer = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    claim = models.CharField(max_length=100)
    #: The user name and the name that the login service wrote in its token, as whoever confirms reads them.
    login_name = models.CharField(max_length=200)
    full_name = models.CharField(max_length=200, blank=True)
    asked_at = models.DateTimeField(auto_now_add=True)
    last_asked_at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "issuer", "subject"], name="accounts_firstlogin_once"),
            models.CheckConstraint(
                condition=models.Q(answered_by=None) | ~models.Q(answered_by=models.F("user")),
                name="accounts_firstlogin_by_another",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], condition=models.Q(outcome=""), name="accounts_firstlogin_waits")
        ]


class Login(models.Model):
    """A login that lasts: the session on the server that belongs to it, when it began, how and where.

    ``session_key`` is what the session is called in the database: a hash of the key in the browser's cookie. A session
    without this row is nobody's (``middleware``): nothing would end it.
    """

    # Written by the database's own functions alone, which the web process signs (sql/30_logins.sql).
    rows = RowPolicy(holds="person data", select=OWN)
    session_key = models.CharField(max_length=40, primary_key=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    began_at = models.DateTimeField(_("began"))
    way = models.CharField(_("how"), max_length=20)
    device = models.CharField(_("where"), max_length=100)
    issuer = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    sid = models.CharField(max_length=200, blank=True)
    #: When the person themselves last showed the login service who they are.
    authenticated_at = models.DateTimeField(null=True)
    #: The new link or reset phone it began with, for thirty days after somebody said yes to that.
    approval = models.ForeignKey(
        "ApprovalRequest", models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )

    class Meta:
        indexes: ClassVar = [models.Index(fields=["sid"], name="accounts_login_sid")]


class WaysIn(models.Model):
    """What was ended of the ways into an account. Written by the database's own functions alone (``sql/28_ways_in.sql``).

    ``generation`` grows with every new password, link, reset and end of logins: what was begun and not finished in an
    earlier one counts no more. ``ended_at``: when somebody else last helped the owner in, and everything but the password
    ended.
    """

    class Because(models.TextChoices):
        """Who helped, and how."""

        NEW_PASSWORD = "new_password"
        LOST_PHONE = "lost_phone"
        OPENED_AGAIN = "opened_again"
        MACHINE = "machine"

    rows = RowPolicy(holds="person data", select=OWN)
    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="+")
    generation = models.PositiveIntegerField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    because = models.CharField(max_length=20, blank=True)


class Link(models.Model):
    """A link that works once and for a while, to choose a password.

    Only the hash of the secret in it is kept. Making a new one for the same account and purpose ends the older ones.
    """

    class Purpose(models.TextChoices):
        PASSWORD = "password", _("choose a password")

    # Made by the database's own functions alone, when a second person says yes (sql/40_approvals.sql): whoever makes a link
    # could use it, and be somebody else. Used by one that the web process signs (sql/20_login.sql), so that it opens once.
    rows = RowPolicy(
        holds="staff",
        select=f"{OWN} OR made_by_id = (SELECT access_user())",
        history=History("organisation", user="user_id", added=True),
    )
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    token_hash = HiddenBinary(max_length=32, unique=True)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class ApprovalRequest(models.Model):
    """What an administrator asks for and somebody else answers, because it would be a way to come in as another.

    A new link to choose a password, a phone's codes and the passkeys taken away, a role, a role that a group gives, and a
    first login through the login service. It takes effect only by ``accounts_answer_request()``, for whoever leads the
    person or the place, or by ``accounts_prove_request()``, for the person who is logged in at a login service.
    """

    class Kind(models.TextChoices):
        PASSWORD = "password", _("a new link to choose a password")
        FACTOR = "factor", _("the codes on the phone and the passkeys taken away")
        ROLE = "role", _("a new role")
        GROUP = "group", _("a role that a group gives")
        LOGIN = "login", _("a first login through the login service")

    class Outcome(models.TextChoices):
        APPROVED = "approved", _("approved")
        PROVEN = "proven", _("shown by the person themselves")
        REFUSED = "refused", _("refused")
        STOPPED = "stopped", _("stopped")

    rows = RowPolicy(
        holds="staff",
        select=f"{OWN} OR {ADMINISTRATOR} OR answered_by_id = (SELECT access_user()) "
        "OR user_id = ANY ((SELECT access_led_people())::bigint[]) "
        "OR ((SELECT access_has_role('data_protection')) AND oversight_covers(user_id, coalesce(answered_at, asked_at))) "
        "OR id = ANY ((SELECT accounts_requests_to_answer())::bigint[]) "
        "OR user_id = ANY ((SELECT accounts_asked_about())::bigint[])",
        # Nobody asks for a role of their own.
        insert=f"{ADMINISTRATOR} AND asked_by_id = (SELECT access_user()) "
        "AND outcome = '' AND answered_by_id IS NULL AND link_id IS NULL "
        "AND (kind <> 'role' OR (user_id <> asked_by_id AND reason <> '')) "
        "AND (user_id IS NULL OR user_id IN (SELECT id FROM organisation_user WHERE kind = 'staff'))",
        history=History("organisation", user="user_id", ignored=("nonce",), added=True),
        may_be_empty=("office.county",),
    )
    kind = models.CharField(_("what"), max_length=10, choices=Kind.choices)
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who"))
    reason = models.CharField(_("why"), max_length=300, blank=True, db_default="")
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, blank=True, db_default="")
    county = models.ForeignKey(
        County, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("county")
    )
    office = models.ForeignKey(
        Office, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("office")
    )
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("team"))
    started_on = models.DateField(_("from"), null=True, blank=True)
    ended_on = models.DateField(_("until"), null=True, blank=True)
    group = models.CharField(_("group"), max_length=200, blank=True, db_default="")
    #: With the first role of a new account: the link by which its password is chosen.
    with_link = models.BooleanField(_("with a link to choose a password"), db_default=False)
    #: What the link's secret is made from, together with the program's own key (``approvals.token_of``).
    nonce = models.CharField(max_length=32, editable=False)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("asked for by"))
    asked_at = models.DateTimeField(_("asked"), db_default=Now(), editable=False)
    outcome = models.CharField(_("answer"), max_length=10, choices=Outcome.choices, blank=True, db_default="")
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True, editable=False)
    answer = models.CharField(_("to the one who asked"), max_length=500, blank=True, db_default="")
    link = models.ForeignKey(Link, models.PROTECT, null=True, blank=True, related_name="+", editable=False)
    first_login = models.ForeignKey(FirstLogin, models.PROTECT, null=True, blank=True, related_name="+", editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=Q(outcome="", kind__in=["password", "factor"]),
                name="accounts_approval_waits_once",
            ),
            models.UniqueConstraint(
                fields=["kind", "user", "group", "role", "county", "office", "team"],
                condition=Q(outcome="", kind__in=["role", "group"]),
                nulls_distinct=False,
                name="accounts_approval_role_waits_once",
            ),
            models.UniqueConstraint(
                fields=["first_login"], condition=Q(outcome=""), name="accounts_approval_login_waits_once"
            ),
            models.CheckConstraint(
                # Which office a team is of, the database looks up (plass.db.row_policies.agreements).
                condition=Q(team=None) | Q(office__isnull=False),
                name="accounts_approval_team_of_an_office",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="approved")
                | (~Q(answered_by=F("asked_by")) & (Q(user=None) | ~Q(answered_by=F("user")))),
                name="accounts_approval_by_another",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["password", "factor"], user__isnull=False)
                | Q(kind="role", user__isnull=False, started_on__isnull=False) & ~Q(role="")
                | Q(kind="group", user=None) & ~Q(role="") & ~Q(group="")
                | Q(kind="login", user__isnull=False, first_login__isnull=False),
                name="accounts_approval_says_what",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["asked_at"], condition=Q(outcome=""), name="accounts_approval_waiting")
        ]

    @property
    def what(self) -> str:
        """What was asked for, in a line."""
        names = {
            "name": self.user.name if self.user else "",
            "role": self.get_role_display(),
            "group": self.group,
        }
        return {
            "password": gettext("New password link for %(name)s"),
            "factor": gettext("Take away the phone codes and passkeys of %(name)s"),
            "role": gettext("New role for %(name)s: %(role)s"),
            "group": gettext("The group %(group)s gives the role of %(role)s"),
            "login": gettext("First login of %(name)s through the login service"),
        }[self.kind] % names


class LoginAttempts(models.Model):
    """How often logging in to one user name has failed, lately. Nobody reads it: ``accounts_attempt()`` counts.

    Also user names that nobody has are counted, so that the answer does not tell which ones exist.
    """

    rows = RowPolicy(holds="technical", select=None)
    name_hash = models.BinaryField(primary_key=True, max_length=32)
    failures = models.PositiveSmallIntegerField()
    last_at = models.DateTimeField()


class LogoutNotice(models.Model):
    """A login service said lately that somebody logged out there; kept for a login that is on its way meanwhile.

    Written by ``accounts_end_logins_from()`` alone. ``name_hash`` is of a session at the service, which is over, or of a
    person there, whose every login is over for which they showed who they are ``before`` then. It is empty where nobody
    signed it: of those the oldest make room.
    """

    rows = RowPolicy(holds="technical", select=None)
    name_hash = models.BinaryField(primary_key=True, max_length=32)
    before = models.DateTimeField(null=True)
    received_at = models.DateTimeField(db_index=True)


class Persona(models.Model):
    """Somebody to be in the demo. The table is empty in every real installation."""

    rows = RowPolicy(holds="nothing personal", select="true")
    user = models.OneToOneField(User, models.CASCADE, related_name="+")
    order = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=40)
    #: Where they work.
    about = models.CharField(max_length=300)
    #: The role, and what it does, in the reader's language; the page that shows the people fills them in.
    role_name: str | Promise = ""
    does: str | Promise = ""

    class Meta:
        ordering: ClassVar = ["order"]
