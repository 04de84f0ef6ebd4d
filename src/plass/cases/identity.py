"""National identity numbers: whether one can be right, and how it is kept.

A number has eleven digits: day, month, year (two digits each), an individual number of three and two check digits.
D-numbers have 4 added to the first digit. Numbers set aside for tests have 40 (Nav, Skatteetaten's older series) or 80
(Skatteetaten's Tenor) added to the month. From 2032 numbers whose first check digit no longer follows the old rule are
issued; until then both check digits are tested.
Source: Skatteetaten, "Fødselsnummer" and "Nytt fødselsnummer fra 2032"; century by individual number as there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from plass.db import encryption

FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2)
SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


@dataclass(frozen=True)
class IdentityNumber:
    """A national identity number that can be right. ``digits`` are the eleven digits."""

    digits: str
    born_on: date
    is_test: bool
    is_d_number: bool

    def __str__(self) -> str:
        # Never the whole number by accident: not in a log, an error or a page that did not ask for it.
        return f"{self.digits[:6]} *****"

    __repr__ = __str__


def check_digits(nine: str) -> tuple[int, int] | None:
    """The two check digits of the first nine digits, or None where no number begins with them."""
    first = -sum(weight * int(digit) for weight, digit in zip(FIRST, nine, strict=True)) % 11
    if first == 10:
        return None
    second = -sum(weight * int(digit) for weight, digit in zip(SECOND, f"{nine}{first}", strict=True)) % 11
    return None if second == 10 else (first, second)


def parse(text: str) -> IdentityNumber:
    """The number that ``text`` says, spaces and points allowed.

    Raises ValidationError, with what is wrong in the reader's language; the number itself is not repeated there.
    """
    digits = "".join(character for character in text if character not in " .-\u00a0\u202f")
    if not digits.isascii() or not digits.isdigit() or len(digits) != 11:
        raise ValidationError(_("A national identity number has eleven digits."), code="form")
    born_on, is_test, is_d_number = _born(digits)
    expected = check_digits(digits[:9])
    if expected is None or digits[9:] != f"{expected[0]}{expected[1]}":
        raise ValidationError(
            _("The check digits do not fit. Look for two digits that changed places."), code="check_digits"
        )
    if is_test and not settings.PLASS_DEMO:
        raise ValidationError(_("This number is set aside for tests and belongs to nobody."), code="test")
    if not is_test and settings.PLASS_DEMO:
        raise ValidationError(
            _("This is a demo: use only numbers set aside for tests (80 added to the month)."), code="real"
        )
    return IdentityNumber(digits, born_on, is_test, is_d_number)


def _born(digits: str) -> tuple[date, bool, bool]:
    day, month, year, individual = int(digits[:2]), int(digits[2:4]), int(digits[4:6]), int(digits[6:9])
    is_d_number = day > 40
    if is_d_number:
        day -= 40
    is_test = month > 40
    month -= 80 if month > 80 else 40 if month > 40 else 0
    if individual <= 499:
        century = 1900
    elif individual <= 749 and year >= 54:
        century = 1800
    elif year <= 39:
        century = 2000
    elif individual >= 900:
        century = 1900
    elif not 1 <= month <= 12 or not 1 <= day <= 31:
        # What does not fit the year is not what is wrong where there is no such day in any year.
        raise ValidationError(_("The first six digits are not a date."), code="date")
    else:
        raise ValidationError(_("The digits after the date do not fit that year."), code="individual")
    try:
        return date(century + year, month, day), is_test, is_d_number
    except ValueError:
        raise ValidationError(_("The first six digits are not a date."), code="date") from None


def encrypt(number: IdentityNumber) -> bytes:
    """The number as it is kept, under the newest key."""
    return encryption.encrypt(number.digits.encode())


def decrypt(sealed: bytes | memoryview) -> str:
    """The eleven digits. Raises ImproperlyConfigured where none of the keys fits."""
    return encryption.decrypt(sealed).decode()


#: Other content that names people, as it is kept for a while.
seal, unseal = encryption.encrypt, encryption.decrypt


def find_by(number: IdentityNumber) -> bytes:
    """The keyed hash (HMAC-SHA-256, 32 bytes) that finds a number without decrypting any."""
    return encryption.keyed_hash(number.digits.encode())


def shown(digits: str) -> str:
    """The number as people write it: six digits, a space, five digits."""
    return f"{digits[:6]} {digits[6:]}"
