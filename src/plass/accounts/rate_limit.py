"""Where a request comes from, and how often somebody there may guess."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

from plass.db import signed

#: So many wrong passwords and codes from one address fill its measure, which empties evenly in a quarter of an hour. Our own
#: choice: an office behind one address makes fewer mistakes; somebody who tries one password on every account is stopped.
MOST_FROM_ONE = 100
EMPTIES_IN = 15 * 60


def address_of(request: HttpRequest) -> str:
    """The address the request came from: as our own outermost proxy saw it, or who connected where there is none.

    Of IPv6 the network (/64): whoever has one address there has them all.
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
        return str(ip_network((address, 64), strict=False))
    return str(address)


def seconds_to_wait(address: str) -> int:
    """0 while guesses from ``address`` are left; else the seconds until there is one."""
    return _call("accounts_address_waits", address)


def count_failure(address: str) -> None:
    """A password, user name or code from ``address`` was wrong. A right one changes nothing: it buys no more."""
    _call("accounts_address_failed", address)


def _call(question: str, address: str) -> int:
    # Not a user name anybody can have: those hold no space.
    return int(signed.call(question, f"from {address}", MOST_FROM_ONE, EMPTIES_IN)[0][0])
