"""What would let an administrator in as somebody else: asked for by them, answered by a second person, or proven.

A new password link, a phone's codes taken away, a role, a role that a group gives, a first login through the login
service. The database decides who may answer and does what follows (``sql/40_approvals.sql``); the secret of a link is known
to whoever says yes, never to the administrator.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plass.access.user_roles import UserRoles
from plass.db import signed
from plass.db.prepared import PreparedQuery
from plass.organisation.models import Membership, User
from plass.organisation.sorting import by_name

from . import links
from .models import ApprovalRequest, Login

Kind = ApprovalRequest.Kind
#: So long after somebody showed a login service who they are, it is proof here (also in ``accounts_prove_request()``; a test
#: holds the two together).
PROOF_LASTS = timedelta(minutes=10)
#: How long a request waits (also in ``accounts_waits()``; a test holds the two together).
WAITS = timedelta(days=14)


@transaction.atomic
def ask(
    *, by: User, kind: ApprovalRequest.Kind, user: User | None = None, reason: str = "", **about: Any
) -> ApprovalRequest:
    """``by``, an administrator, asks for something about ``user``. What waits already is returned as it is.

    ``about``: role, county, office, team, started_on, ended_on, group, with_link, first_login. Raises ValidationError
    where nobody may answer it, and for a role without a reason.
    """
    if kind == Kind.ROLE and not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    same = {name: about.get(name) for name in ("county", "office", "team")} if kind in {Kind.ROLE, Kind.GROUP} else {}
    if same:
        same |= {name: about.get(name, "") for name in ("role", "group")}
    if kind == Kind.LOGIN:
        same = {"first_login": about["first_login"]}
    for earlier in ApprovalRequest.objects.filter(kind=kind, user=user, outcome="", **same):
        if timezone.now() - earlier.asked_at < WAITS:
            return earlier
        stop(earlier)
    approval_request = ApprovalRequest(
        kind=kind, user=user, reason=reason.strip(), asked_by=by, nonce=secrets.token_hex(16), **about
    )
    approval_request.full_clean(exclude=["asked_at"], validate_constraints=False)
    try:
        with transaction.atomic():
            approval_request.save(force_insert=True)
    except IntegrityError:
        # Asked at the same moment in another window.
        return ApprovalRequest.objects.get(kind=kind, user=user, outcome="", **same)
    if not approvers(approval_request):
        raise ValidationError(
            _(
                "Nobody here may say yes to this when it is you who asks: there is no leader of the place, no data "
                "protection officer and no other administrator who may. Whoever got their role or a new link because you "
                "asked in the last 30 days does not answer you: let another administrator ask. Whoever runs the machine can "
                "make a second administrator with the command “plass account”."
            )
        )
    return approval_request


@transaction.atomic
def answer(approval_request: ApprovalRequest, *, by: User, yes: bool, comment: str = "") -> None:
    """``by`` says yes, and it takes effect; or no, and why.

    Raises ValidationError where a no has no reason, and where it is not (or no longer) for ``by`` to answer.
    """
    if not yes and not comment.strip():
        raise ValidationError({"answer": _("Say why not.")})
    token = links.hash_of(token_of(approval_request))
    if not signed.call("accounts_answer_request", approval_request.pk, yes, comment, token)[0][0]:
        raise ValidationError(_("This has been answered or stopped meanwhile, or is not yours to answer."))


@transaction.atomic
def prove(approval_request: ApprovalRequest, *, session_key: str) -> None:
    """The person it is about, logged in at a login service, says that it is them. Raises ValidationError otherwise."""
    token = links.hash_of(token_of(approval_request))
    if not signed.call("accounts_prove_request", approval_request.pk, session_key, token)[0][0]:
        raise ValidationError(_("This has been answered or stopped meanwhile, or you must log in anew first."))


@transaction.atomic
def stop(approval_request: ApprovalRequest) -> bool:
    """Stop it before it takes effect: by an administrator, the person, or whoever said yes. Whether there was time."""
    return _done("SELECT accounts_stop_request(%s)", [approval_request.pk])


def token_of(approval_request: ApprovalRequest) -> str:
    """The secret of the link that a yes makes: the same however often it is shown, and only with the program's key."""
    digest = salted_hmac(
        "plass.accounts.approvals", f"{approval_request.pk} {approval_request.nonce}", algorithm="sha256"
    ).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def approvers(approval_request: ApprovalRequest) -> list[User]:
    """Who may answer, by name. Two queries."""
    return approvers_of([approval_request])[approval_request.pk]


def approvers_of(requests: Iterable[ApprovalRequest]) -> dict[int, list[User]]:
    """Who may answer each of these, by name, by the request's number. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, accounts_approvers(id) FROM unnest(%s::bigint[]) AS asked(id)",
            [[approval_request.pk for approval_request in requests]],
        )
        numbers: dict[int, list[int]] = {pk: user_ids or [] for pk, user_ids in cursor.fetchall()}
    people = User.objects.filter(pk__in={pk for user_ids in numbers.values() for pk in user_ids})
    in_order = list(people.order_by(by_name(), "pk"))
    return {pk: [user for user in in_order if user.pk in user_ids] for pk, user_ids in numbers.items()}


def _requests() -> QuerySet[ApprovalRequest]:
    return ApprovalRequest.objects.select_related(
        "user", "asked_by", "answered_by", "county", "office", "team__office", "link", "first_login"
    )


def waiting() -> Q:
    """Requests that nobody has answered yet and that have not lapsed."""
    return Q(outcome="", asked_at__gt=timezone.now() - WAITS)


def to_answer() -> list[ApprovalRequest]:
    """Requests that the acting user may answer, the oldest first. One query."""
    answerable = RawSQL("SELECT unnest(accounts_requests_to_answer())", [])
    return list(_requests().filter(waiting(), pk__in=answerable).order_by("asked_at", "pk"))


def answered(by: User) -> list[ApprovalRequest]:
    """What ``by`` answered, newest first; no more than the latest fifty. One query."""
    return list(_requests().filter(answered_by=by).exclude(outcome="stopped").order_by("-answered_at", "-pk")[:50])


def of(user: User) -> list[ApprovalRequest]:
    """What was asked for about ``user``, newest first; no more than the latest twenty. One query."""
    return list(_requests().filter(user=user).order_by("-asked_at", "-pk")[:20])


@dataclass(frozen=True)
class Today:
    """What the person whom a request is about has today, for whoever answers: roles with their places, and in numbers."""

    roles: list[tuple[str, str]]
    cases: int
    earlier: list[ApprovalRequest]


def today_of(approval_request: ApprovalRequest) -> Today | None:
    """What the person has and what was asked for about them before; None where it is about nobody. Three queries."""
    if approval_request.user is None:
        return None
    day = timezone.localdate()
    held = (
        Membership.objects.filter(user=approval_request.user, started_on__lte=day)
        .filter(Q(ended_on=None) | Q(ended_on__gte=day))
        .select_related("county", "office", "team__office")
        .order_by("started_on", "pk")
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_cases_of_asked(%s)", [approval_request.pk])
        cases = cursor.fetchone()[0]
    return Today(
        roles=[
            (membership.get_role_display(), str(membership.team or membership.office or membership.county or ""))
            for membership in held
        ],
        cases=cases or 0,
        earlier=[earlier for earlier in of(approval_request.user) if earlier.pk != approval_request.pk],
    )


def asked_by(by: User) -> QuerySet[ApprovalRequest]:
    """What ``by`` asked for, newest first."""
    return _requests().filter(asked_by=by).order_by("-asked_at", "-pk")


def asked_groups() -> list[ApprovalRequest]:
    """Roles by group that wait for an answer, for the administrators' page. One query."""
    return list(_requests().filter(waiting(), kind=Kind.GROUP).order_by("asked_at", "pk"))


def find(pk: int) -> ApprovalRequest | None:
    """One of those that the acting user sees. One query."""
    return _requests().filter(pk=pk).first()


def by_number(numbers: Iterable[int]) -> dict[int, ApprovalRequest]:
    """Those of these that the acting user sees. One query."""
    return {approval_request.pk: approval_request for approval_request in _requests().filter(pk__in=list(numbers))}


def state(approval_request: ApprovalRequest) -> str:
    """Where it stands: waits, lapsed, open (a link that can be used), used, gone (a link that was not), or the outcome."""
    now = timezone.now()
    if not approval_request.outcome:
        return "waits" if now - approval_request.asked_at < WAITS else "lapsed"
    if approval_request.link is None:
        return approval_request.outcome
    if approval_request.link.used_at is not None:
        return "used"
    return "open" if approval_request.link.expires_at > now else "gone"


def is_proof(login: Login | None) -> bool:
    """Whether a login shows who somebody is: they showed it to a login service just now."""
    return (
        login is not None
        and bool(login.issuer)
        and login.authenticated_at is not None
        and timezone.now() - login.authenticated_at < PROOF_LASTS
    )


@dataclass(frozen=True)
class RequestNotice:
    """A request as a notice on somebody's first page says it."""

    request_id: int
    kind: str
    concerns: str
    name: str
    asked_by: str
    answered_by: str
    asked_at: datetime

    @property
    def text(self) -> str:
        """What has happened, and whom it concerns."""
        names = {
            "admin": self.asked_by,
            "what": Kind(self.kind).label,
            "when": date_format(timezone.localtime(self.asked_at), "j. F"),
            "leader": self.answered_by,
            "name": self.name,
        }
        if self.concerns == "answer":
            who = f" ({self.name})" if self.name else ""
            return _("%(admin)s asked on %(when)s for %(what)s") % names + f"{who}."
        return {
            "asked": _("%(admin)s asked on %(when)s for %(what)s for you. It waits for an answer."),
            "done": _(
                "%(admin)s asked on %(when)s for %(what)s for you, and %(leader)s said yes. Was it not you who needed it: "
                "tell %(leader)s at once."
            ),
            "led": _("%(name)s: %(admin)s asked on %(when)s for %(what)s, and %(leader)s said yes."),
        }[self.concerns] % names

    @property
    def act(self) -> str:
        """What the reader may do about it."""
        if self.concerns == "answer":
            return _("Answer")
        return _("Look, or stop it") if self.concerns == "asked" else _("Look at it")


def notices(who: UserRoles, today: date) -> PreparedQuery[RequestNotice] | None:
    """What waits for ``who``'s answer, what is about themselves, and what is about those they lead; ten at most."""
    if not who.roles:
        return None
    return PreparedQuery(
        RequestNotice,
        """
        SELECT r.id, r.kind,
               CASE WHEN r.user_id = %(reader)s THEN CASE WHEN r.outcome = '' THEN 'asked' ELSE 'done' END
                    WHEN r.outcome = '' THEN 'answer' ELSE 'led' END,
               btrim(coalesce(u.given_name || ' ' || u.family_name, '')),
               btrim(a.given_name || ' ' || a.family_name), btrim(coalesce(b.given_name || ' ' || b.family_name, '')),
               r.asked_at
        FROM accounts_approvalrequest r
        LEFT JOIN organisation_user u ON u.id = r.user_id
        JOIN organisation_user a ON a.id = r.asked_by_id
        LEFT JOIN organisation_user b ON b.id = r.answered_by_id
        WHERE r.asked_at > now() - interval '28 days' AND (
            (r.outcome = '' AND r.asked_at > now() - %(waits)s AND (
                r.id = ANY ((SELECT accounts_requests_to_answer())::bigint[])
                OR (r.user_id = %(reader)s AND r.kind IN ('password', 'factor'))))
            OR (r.outcome = 'approved' AND r.kind IN ('password', 'factor', 'login')
                AND r.answered_at > now() - interval '14 days' AND (r.user_id = %(reader)s
                     OR (r.answered_by_id <> %(reader)s AND r.user_id = ANY ((SELECT access_led_people())::bigint[])))))
        ORDER BY r.outcome <> '', r.asked_at DESC, r.id LIMIT 10
        """,
        {"reader": who.user.pk, "waits": WAITS},
    )


def _done(question: str, values: Sequence[Any]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return bool(cursor.fetchone()[0])
