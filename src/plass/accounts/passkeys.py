"""Passkeys of those who work here (WebAuthn): a key that a device keeps and uses after a finger, a face or a PIN.

The device has checked who holds it, so a passkey is both factors in one step. It is bound to the installation's name
(``PLASS_RP_ID``). ``docs/decisions/0140-login-library.md`` says why it is built like this.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import webauthn
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from plass.access.models import Change
from plass.db import signed
from plass.organisation.models import User

from . import rate_limit
from .auth_backend import become
from .models import Passkey
from .rate_limit import Guessed, TooManyFromOneAddress

log = logging.getLogger(__name__)
#: So long somebody has to unlock their device, in seconds.
LASTS = 5 * 60
#: What stands in the session on the server: the question that the next answer must be to.
LOGIN, NEW = "passkey_login", "passkey_new"
#: So many wrong answers in a quarter of an hour close a key from every address; from one, as many as anything else.
MOST_OF_A_KEY = 100
#: So long the owner is told at each login that a key was added, removed or stopped.
TOLD = timedelta(days=14)
ALGORITHMS = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]


class Copied(Exception):
    """The key's counter went back: there are two of it. It opens nothing any more."""


@dataclass(frozen=True)
class Opened:
    """Who came in, and by which of their keys."""

    user: User
    key: int


@dataclass(frozen=True)
class Question:
    """A question that a device was asked: the random bytes it must sign, and when, in microseconds since 1970."""

    challenge: bytes
    at: int


def are_for(user: User) -> bool:
    """Whether ``user`` may have passkeys: they work here, and have a password of our own."""
    return settings.PLASS_LOCAL_ACCOUNTS and user.is_staff_member and user.has_usable_password()


def work_at(request: HttpRequest) -> bool:
    """Whether a browser would use the installation's keys at the address it asked for."""
    name = request.get_host().rpartition(":")[0] if ":" in request.get_host() else request.get_host()
    rp_id = settings.PLASS_RP_ID
    return settings.PLASS_LOCAL_ACCOUNTS and bool(rp_id) and (name == rp_id or name.endswith(f".{rp_id}"))


def of(user: User) -> list[Passkey]:
    """The keys of ``user`` (who must be acting), the oldest first."""
    return list(Passkey.objects.filter(user=user))


def question_to_log_in(session: SessionBase) -> str:
    """What the browser asks a device for a login, as JSON. It names no key: the device knows which it has for us."""
    options = webauthn.generate_authentication_options(
        rp_id=settings.PLASS_RP_ID,
        challenge=_ask(session, LOGIN),
        timeout=LASTS * 1000,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(options)


def question_to_add(session: SessionBase, user: User) -> str:
    """What the browser asks a device for a new key of ``user`` (who must be acting), as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=settings.PLASS_RP_ID,
        rp_name="Plass",
        user_id=_handle(user.pk),
        user_name=user.username,
        user_display_name=user.name,
        challenge=_ask(session, NEW),
        timeout=LASTS * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=bytes(passkey.credential_id)) for passkey in of(user)],
        supported_pub_key_algs=ALGORITHMS,
    )
    return webauthn.options_to_json(options)


def take_question(session: SessionBase, purpose: str) -> Question | None:
    """The question that waits for an answer in ``session``, which takes one; None where there is none, or it is too old."""
    stored = session.pop(purpose, None)
    if stored is None or time.time() - stored["at"] / 1e6 > LASTS:
        return None
    return Question(base64url_to_bytes(stored["challenge"]), stored["at"])


@transaction.atomic
def add(answer: str, *, by: User, to: Question, origin: str, name: str) -> int:
    """Keep the key that ``by``'s device made in answer ``to`` a question; its number.

    Raises ValidationError where the answer is not right, or the key is here already.
    """
    try:
        registration = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=to.challenge,
            expected_rp_id=settings.PLASS_RP_ID,
            expected_origin=origin,
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
    except Exception as wrong:
        # Whatever it stumbles over in what a browser sent: that is no right answer.
        log.warning("a new passkey of user %s refused: %s", by.pk, wrong)
        raise ValidationError(_("Your device's answer was not right. Try once more.")) from wrong
    number: int | None = signed.call(
        "accounts_add_passkey",
        by.pk,
        registration.credential_id,
        registration.credential_public_key,
        registration.sign_count,
        name,
    )[0][0]
    if number is None:
        raise ValidationError(_("This passkey is here already."))
    return number


def log_in(answer: str, *, to: Question, origin: str, where: str) -> Opened | None:
    """The user whose key made ``answer`` to a question, who acts from now on. None where it is not right.

    A wrong one counts for the key it names, and for the address ``where`` it came from in the same measure as wrong
    passwords. Raises TooManyAttempts where too many were wrong lately, and Copied.
    """
    if seconds := rate_limit.seconds_to_wait(where):
        raise TooManyFromOneAddress(seconds)
    credential = _named(answer)
    # Counted whether there is such a key or not, and for where it came from: whoever knows what a key is called closes it
    # for themselves. From all addresses together more may be wrong, for a signature is not guessed.
    named = credential.hex()
    rate_limit.take_attempt(Guessed.PASSKEY, f"{named} from {where}")
    rate_limit.take_attempt(Guessed.PASSKEY, named, most=MOST_OF_A_KEY)
    columns = "id, user_id, public_key, generation"
    for key, owner, public_key, generation in signed.call("accounts_passkey_called", credential, columns=columns):
        count = _count(answer, to, origin, owner, bytes(public_key))
        outcome = "wrong" if count is None else signed.call("accounts_use_passkey", key, to.at, count, generation)[0][0]
        if outcome == "in" and (user := become(owner)) is not None:
            for counted in (f"{named} from {where}", named):
                rate_limit.attempt_succeeded(Guessed.PASSKEY, counted)
            return Opened(user, key)
        log.warning("login of user %s by passkey %s refused: %s", owner, key, outcome)
        if outcome == "copied":
            raise Copied
    rate_limit.count_failure(where)
    return None


@transaction.atomic
def remove(key: Passkey, *, by: User) -> None:
    """``by`` has no use for the key any more: it opens nothing from now on."""
    Passkey.objects.filter(pk=key.pk, user=by).delete()


def changes(user: User, *, but_for: int = 0) -> list[str]:
    """What was last done with each key of ``user`` (who must be acting) lately, the newest first, in words; at most three.

    Not what was done with the key ``but_for``, which they just came in by. One query, and one more where there is any.
    """
    since = timezone.now() - TOLD
    recent = Change.objects.filter(
        table=Passkey._meta.db_table, about_user=user.pk, audience="organisation", at__gt=since
    ).exclude(row=but_for)
    newest: dict[int, Change] = {}
    for line in recent.order_by("-at", "-pk")[:20]:
        newest.setdefault(line.row, line)
    lines = list(newest.values())[:3]
    names = {key.pk: key.name for key in of(user)} if lines else {}
    return [
        _WORDS[line.operation]()
        % {
            "name": (line.new or {}).get("name") or (line.old or {}).get("name") or names.get(line.row, ""),
            "when": date_format(timezone.localtime(line.at), "j. F"),
        }
        for line in lines
    ]


_WORDS = {
    "insert": lambda: _(
        "The passkey “%(name)s” was added to your account on %(when)s. Was it not you: remove it under My account, and "
        "change your password."
    ),
    "delete": lambda: _(
        "The passkey “%(name)s” was removed from your account on %(when)s. Was it neither you nor somebody you asked: "
        "tell an administrator."
    ),
    "update": lambda: _(
        "The passkey “%(name)s” was stopped on %(when)s: it seems to have been copied. Remove it under My account, change "
        "your password, and tell whoever runs Plass."
    ),
}


def _ask(session: SessionBase, purpose: str) -> bytes:
    challenge = secrets.token_bytes(32)
    session[purpose] = {"challenge": bytes_to_base64url(challenge), "at": time.time_ns() // 1000}
    return challenge


def _handle(user_id: int) -> bytes:
    """What a device calls the account: no name, and the same for each of its keys, so that a new one replaces the old."""
    return hashlib.sha256(f"plass account {user_id}".encode()).digest()


def _named(answer: str) -> bytes:
    """The credential id that an answer names; empty where it names none."""
    try:
        return base64url_to_bytes(json.loads(answer)["rawId"])
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return b""


def _count(answer: str, to: Question, origin: str, owner: int, public_key: bytes) -> int | None:
    """What the key has counted, where the answer is the owner's, to this question, here, and signed; else None."""
    try:
        right = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=to.challenge,
            expected_rp_id=settings.PLASS_RP_ID,
            expected_origin=origin,
            credential_public_key=public_key,
            # The database compares the counter, in the statement that keeps it.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
        user_handle: Any = json.loads(answer)["response"].get("userHandle")
        handle = base64url_to_bytes(user_handle)
    except Exception as wrong:
        # Whatever it stumbles over in what a browser sent: that is no right answer.
        log.warning("a passkey's answer refused: %s", wrong)
        return None
    return right.new_sign_count if secrets.compare_digest(handle, _handle(owner)) else None
