"""The second factor of a local account: a code from a phone (TOTP, RFC 6238), or a recovery code where the phone is gone."""

from __future__ import annotations

import hashlib
import secrets
import time

import pyotp
import segno
from django.db import transaction

from plass.db import encryption, signed
from plass.organisation.models import User

from . import rate_limit
from .models import RecoveryCode, SecondFactor
from .rate_limit import Guessed, TooManyFromOneAddress

STEP = 30
#: A phone's clock may be one step off in either direction.
DRIFT = (0, -1, 1)
RECOVERY_CODES = 10
#: Without letters and digits that are mistaken for each other; sixteen of them are 79 bits.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def of(user: User) -> SecondFactor | None:
    """The second factor of ``user`` (who must be acting)."""
    return SecondFactor.objects.filter(user=user).first()


def new_secret() -> str:
    """A new secret (base32), to be shown as a picture and in letters until :func:`confirm` writes it."""
    return pyotp.random_base32()


@transaction.atomic
def confirm(*, by: User, secret: str, code: str) -> list[str] | None:
    """Let ``secret`` be the second factor of ``by``, once their phone has made the right code of it.

    It replaces the one they had. Returns the recovery codes, to be shown once; None where the code is wrong.
    """
    step = _step(secret, code)
    if step is None:
        return None
    signed.call("accounts_set_factor", by.pk, encryption.encrypt(secret.encode()), step)
    return renew_recovery_codes(by=by)


def check(user: User, code: str, *, where: str) -> bool:
    """Whether ``code`` is right for ``user`` (who must be acting): a new one from the phone, or an unused recovery code.

    Either is used up by it. A wrong one counts for the address ``where`` it came from in the same measure as wrong
    passwords, and six digits for the account too. Raises TooManyAttempts where too many were wrong lately. A recovery code
    is too long to be guessed: by one the owner comes in also where somebody who knows the password sends wrong digits.
    """
    if of(user) is None:
        return False
    if seconds := rate_limit.seconds_to_wait(where):
        raise TooManyFromOneAddress(seconds)
    digits = "".join(code.split())
    if digits.isascii() and digits.isdigit():
        _take_attempt(user)
        right = _is_new(user, digits)
    else:
        right = bool(signed.call("accounts_use_recovery_code", user.pk, _hash(code))[0][0])
    if right:
        _give_back(user)
    else:
        rate_limit.count_failure(where)
    return right


@transaction.atomic
def renew_recovery_codes(*, by: User) -> list[str]:
    """Ten new recovery codes for ``by``; the old ones hold no longer. They are returned once and kept as hashes."""
    codes = ["-".join(_letters(4) for _ in range(4)) for _ in range(RECOVERY_CODES)]
    signed.call("accounts_set_recovery_codes", by.pk, [_hash(code).hex() for code in codes])
    return codes


def codes_left(user: User) -> int:
    """How many recovery codes ``user`` (who must be acting) has not used."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def picture(user: User, secret: str) -> str:
    """The secret as a QR code in SVG, without style of its own (the content-security policy forbids it)."""
    link = pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=user.username, issuer_name="Plass")
    return segno.make(link, error="m").svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="p-qr", lineclass=None
    )


def in_groups(secret: str) -> str:
    """The secret as it is typed: four letters at a time."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _is_new(user: User, code: str) -> bool:
    sealed = signed.call("accounts_factor_secret", user.pk)[0][0]
    step = _step(encryption.decrypt(bytes(sealed)).decode(), code)
    return step is not None and bool(signed.call("accounts_use_factor", user.pk, step)[0][0])


def _step(secret: str, code: str) -> int | None:
    """The half minute that ``code`` belongs to; None where it is of none near now."""
    generator = pyotp.TOTP(secret, interval=STEP)
    digits = "".join(code.split())
    now = int(time.time()) // STEP
    return next(
        (
            now + off
            for off in DRIFT
            if secrets.compare_digest(generator.generate_otp(now + off).encode(), digits.encode())
        ),
        None,
    )


def _take_attempt(user: User) -> None:
    rate_limit.take_attempt(Guessed.SECOND_FACTOR, str(user.pk))


def _give_back(user: User) -> None:
    rate_limit.attempt_succeeded(Guessed.SECOND_FACTOR, str(user.pk))


def _letters(count: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(count))


def _hash(code: str) -> bytes:
    plain = "".join(letter for letter in code.lower() if letter in ALPHABET)
    # Hashed before it is keyed: so the ones there were before there was a key here could be put under it.
    return encryption.keyed_hash(hashlib.sha256(f"recovery code {plain}".encode()).digest())
