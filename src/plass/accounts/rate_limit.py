"""How often somebody may guess: a password or a code of one account, a key, and whatever it is from one address."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

from plass.db import signed

#: So many wrong guesses at one thing, each within the period after the one before, and it is closed for the period.
#: Guessing then takes 480 a day at most; the owner of the account waits a quarter of an hour at most.
MOST_FAILURES = 5
PERIOD = timedelta(minutes=15)
#: So many wrong passwords and codes from one address fill its measure, which empties evenly in a quarter of an hour. Our own
#: choice: an office behind one address makes fewer mistakes; somebody who tries one password on every account is stopped.
MOST_FROM_ONE = 100
EMPTIES_IN = 15 * 60


class Guessed(StrEnum):
    """What is guessed at. Each is counted apart: what one is called never counts for another."""

    PASSWORD = "password"  # of which user name
    SECOND_FACTOR = "second factor"
    PASSKEY = "passkey"
    CONTACT_PERSON = "contact person"
    ANYTHING = "anything"
    LOGOUT_FRAME = "logout frame"


class TooManyAttempts(Exception):
    """What is guessed at is closed for a while. ``seconds`` are left."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"closed for {seconds} seconds")
        self.seconds = seconds


class TooManyFromOneAddress(TooManyAttempts):
    """So much was guessed from one address that it is closed for a while, whatever is guessed at."""


def take_attempt(what: Guessed, name: str, most: int = MOST_FAILURES) -> None:
    """Count a guess at ``name`` before it is looked at. Raises TooManyAttempts where ``most`` were wrong."""
    period = int(PERIOD.total_seconds())
    ((seconds,),) = signed.call("accounts_attempt", _counted_as(what, name), most, period)
    if seconds:
        raise TooManyAttempts(seconds)


def attempt_succeeded(what: Guessed, name: str) -> None:
    """The guess was right: what was wrong before counts no more."""
    signed.call("accounts_attempt_succeeded", _counted_as(what, name))


def _counted_as(what: Guessed, name: str) -> str:
    # No kind is the beginning of another.
    return f"{what}: {name}"


#: So many bits of an IPv6 address are a site's: a household or an office is commonly given 256 networks (RFC 6177).
SITE = 56


def address_of(request: HttpRequest) -> str:
    """The address the request came from: as our own outermost proxy saw it, or who connected where there is none.

    Of IPv6 the site's network (:data:`SITE`): whoever has one address there has them all.
    """
    connected = str(request.META.get("REMOTE_ADDR", ""))
    proxies = settings.PLASS_PROXIES
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    text = forwarded[-proxies] if 0 < proxies <= len(forwarded) else connected
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return connected
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((address, SITE), strict=False))
    return str(address)


def seconds_to_wait(address: str, what: Guessed = Guessed.ANYTHING) -> int:
    """0 while guesses from ``address`` are left; else the seconds until there is one."""
    return _call("accounts_address_waits", address, what)


def count_failure(address: str, what: Guessed = Guessed.ANYTHING) -> None:
    """A password, user name or code from ``address`` was wrong. A right one changes nothing: it buys no more."""
    _call("accounts_address_failed", address, what)


def _call(question: str, address: str, what: Guessed) -> int:
    return int(signed.call(question, _counted_as(what, address), MOST_FROM_ONE, EMPTIES_IN)[0][0])
