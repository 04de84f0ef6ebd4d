"""Norwegian organisation numbers: nine digits, the last one a check digit modulus 11."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)


def check_digit(eight: str) -> int | None:
    """The ninth digit that belongs to the first eight; None where no number may begin like that."""
    remainder = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, eight, strict=True)) % 11
    digit = (11 - remainder) % 11
    return None if digit == 10 else digit


def parse(text: str) -> str | None:
    """The nine digits of what somebody typed (spaces, points and "NO ... MVA" are fine); None for nothing at all.

    Raises ValidationError, in words for the one who typed, where it is no organisation number.
    """
    digits = re.sub(r"(?i)^\s*no(?=\s*\d)|mva\s*$|[\s.\xa0-]", "", text)
    if not digits:
        return None
    if not re.fullmatch(r"[0-9]{9}", digits):
        raise ValidationError(_("An organisation number has nine digits."))
    if check_digit(digits[:8]) != int(digits[8]):
        raise ValidationError(_("This is not an organisation number: one of the digits is wrong."))
    return digits


def parse_for(field: str, text: str) -> str | None:
    """As :func:`parse`, with the error said about ``field``."""
    try:
        return parse(text)
    except ValidationError as error:
        raise ValidationError({field: error.messages}) from error


def shown(number: str | None) -> str:
    """The number as people read it: 974 760 673."""
    return " ".join((number[:3], number[3:6], number[6:])) if number else ""
