"""Logins that last: noted when they begin, listed for the one they belong to, ended one by one or all at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import login, user_logged_in, user_logged_out
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plass.db import signed
from plass.organisation.models import User

from . import bindings, passkeys, ways_in
from .models import ApprovalRequest, Login
from .oidc import Refused
from .session_store import name_of

BACKEND = "plass.accounts.auth_backend.LocalAccounts"
#: What a browser calls itself -> what people call it. The first that fits counts.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class LoginMethod:
    """How somebody logged in: ``way`` is "password", "passkey" (``key`` says which), "persona" or a provider's key.

    The rest is the provider's; ``authenticated``: when the person last showed it who they are, in seconds since 1970.
    """

    way: str = "password"
    issuer: str = ""
    subject: str = ""
    sid: str = ""
    key: int = 0
    authenticated: int | None = None


#: In the session: whose password was right and who is to show a code; the secret of a phone that is being set up; and until
#: when the code or password given under My account is enough to add or end a way in. Each says its generation (``ways_in``).
PENDING, SECRET, AGREED = "pending", "new_factor", "agreed"
#: And the logins that were begun at a provider, by their state: other windows may finish theirs, but bind no account.
WAITING = "oidc"


def log_in(request: HttpRequest, user: User, method: LoginMethod) -> None:
    """Begin the login of ``user`` in a new session; ``method`` is noted with it.

    What others began on this browser and did not finish is forgotten, whatever it was: the session of nobody goes on as
    theirs. Whoever ends the logins of ``user`` at the same moment waits, and ends this one too; so does a login service that
    says that they logged out there. Raises Refused where it has said so already.
    """
    ways_in.held_generation()
    if method.issuer and _logged_out_there(method):
        raise Refused("logged out there meanwhile")
    waiting = request.session.get(WAITING)
    request.session.clear()
    if waiting:
        request.session[WAITING] = {state: stored for state, stored in waiting.items() if not stored.get("bind")}
    request._plass_login_method = method  # type: ignore[attr-defined]  # read by _began, which Django calls
    login(request, user, backend=BACKEND)
    told = ways_in.told(user)
    if user.is_staff_member:
        _tell(request, user)
        told += passkeys.changes(user, but_for=method.key)
    if user.kind == User.Kind.EMPLOYER:
        told += bindings.told_at_login(user)
    for text in told:
        messages.warning(request, text)


def _logged_out_there(method: LoginMethod) -> bool:
    answer = signed.call("accounts_logged_out_there", method.issuer, method.sid, method.subject, method.authenticated)
    return bool(answer[0][0])


def _tell(request: HttpRequest, user: User) -> None:
    """Say on the next page what was asked for about ``user``'s way to log in, while it waits and a fortnight after a yes."""
    since = timezone.now() - timedelta(days=14)
    for approval_request in ApprovalRequest.objects.filter(
        Q(outcome="", asked_at__gt=since) | Q(outcome="approved", answered_at__gt=since),
        user=user,
        kind__in=[ApprovalRequest.Kind.PASSWORD, ApprovalRequest.Kind.FACTOR, ApprovalRequest.Kind.LOGIN],
    ).select_related("asked_by", "answered_by"):
        names = {
            "admin": approval_request.asked_by.name,
            "what": approval_request.get_kind_display(),
            "when": date_format(timezone.localtime(approval_request.asked_at), "j. F"),
            "leader": approval_request.answered_by.name if approval_request.answered_by else "",
        }
        text = (
            _(
                "%(admin)s asked on %(when)s for %(what)s for you, and %(leader)s said yes. Was it not you who needed it: "
                "tell %(leader)s at once, and look at My account."
            )
            if approval_request.outcome
            else _("%(admin)s asked on %(when)s for %(what)s for you. You can stop it under My account.")
        )
        messages.warning(request, text % names)


def logged_in_by_password(request: HttpRequest) -> bool:
    """Whether this login began with a password, not at a login service or on the demo's page. One query."""
    return Login.objects.filter(session_key=name_of(request.session.session_key), way="password").exists()


def _began(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    method: LoginMethod = getattr(request, "_plass_login_method", LoginMethod())
    if request.session.session_key is None:
        request.session.save()
    signed.call(
        "accounts_login_began",
        request.session.session_key,
        user.pk,
        method.way,
        device(request),
        method.issuer,
        method.subject,
        method.sid,
        method.authenticated,
    )


def _ended(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    if request.session.session_key:
        signed.call("accounts_login_ended", request.session.session_key)


user_logged_in.connect(_began, dispatch_uid="plass.accounts.active_sessions.began")
user_logged_out.connect(_ended, dispatch_uid="plass.accounts.active_sessions.ended")


@dataclass(frozen=True)
class OwnLogin:
    """A login as its owner sees it."""

    device: str
    way: str
    began_at: datetime
    this_one: bool


def of(user: User, session_key: str | None) -> list[OwnLogin]:
    """The logins of ``user`` (who must be acting) that last, this one first, then the newest."""
    ways = {
        "password": _("user name and password"),
        "passkey": _("passkey"),
        "persona": _("the demo's page"),
        "person": "ID-porten",
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT device, way, began_at, this_one FROM accounts_logins(%s)", [session_key or ""])
        return [
            OwnLogin(device, ways.get(way, _("the organisation's login")), began_at, this_one)
            for device, way, began_at, this_one in cursor.fetchall()
        ]


def end_all(user: User, *, but_for: str | None = None) -> int:
    """End every login of ``user`` at once (but the session ``but_for``): asked by themselves or by an administrator.

    Returns how many ended.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_end_logins(%s, %s)", [user.pk, but_for or ""])
        return int(cursor.fetchone()[0])


def renew(request: HttpRequest) -> None:
    """Another key for this session, as somebody may have copied the cookie: the login goes on in it, and can be ended."""
    before = request.session.session_key or ""
    request.session.cycle_key()
    signed.call("accounts_login_moved", before, request.session.session_key)


def logged_in_by(request: HttpRequest) -> Login | None:
    """The note about this request's own login."""
    return Login.objects.filter(pk=name_of(request.session.session_key)).first()


def device(request: HttpRequest) -> str:
    agent = request.META.get("HTTP_USER_AGENT", "")
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return ", ".join(part for part in (browser, system) if part)
