"""A NUL character, which PostgreSQL keeps in no text, is sent to the pages that everybody may open: they answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.test import Client
from django.urls import URLResolver, get_resolver

import plass

#: What views read themselves of an address or a form, and the fields of forms.
NAMES = re.compile(r"""\b(?:GET|POST)(?:\.get(?:list)?\(|\[)"([^"]+)"|^    (\w+) = forms\.""", re.MULTILINE)
#: Parts of addresses that lead somewhere.
PARTS = {"key": "ansatt", "token": "a%00b"}


def names(*rooms: str) -> set[str]:
    """Of ``rooms``, or of those whose pages everybody may open."""
    files = [
        file for room in rooms or ("accounts", "ui") for file in (Path(plass.__file__).parent / room).rglob("*.py")
    ]
    texts = [file.read_text(encoding="utf-8") for file in files]
    return {name for text in texts for pair in NAMES.findall(text) for name in pair if name} | {REDIRECT_FIELD_NAME}


def open_addresses(inside: URLResolver, before: str = "/") -> Iterator[str]:
    for pattern in inside.url_patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from open_addresses(pattern, address)
        elif not getattr(pattern.callback, "login_required", True):
            yield re.sub(r"<\w+:(\w+)>", lambda part: PARTS[part[1]], address)


def test_it_is_no_failure_of_ours(world: Any, provider: Any, settings: Any) -> None:
    settings.PLASS_GALLERY = settings.PLASS_DEMO = True
    client = Client(raise_request_exception=False)
    fields, addresses = names(), list(open_addresses(get_resolver()))
    assert {"sid", "iss", "code", "username"} <= fields
    assert "/logg-inn/ansatt/logget-ut/" in addresses
    right, failed = {"iss": provider.issuer}, []
    for address in addresses:
        # All at once, and each among what is right: one that is refused does not hide another.
        for wrong in [fields, *({name} for name in sorted(fields))]:
            sent = right | dict.fromkeys(wrong, "a\0b")
            for ask in (client.get, client.post):
                if ask(address, sent).status_code == 500:
                    failed.append((ask.__name__, address, sorted(wrong)))
    assert failed == []


@pytest.mark.parametrize("sid", ["\0", "a\0b"])
def test_the_name_of_a_session_with_one_is_refused(world: Any, provider: Any, sid: str) -> None:
    answer = Client(raise_request_exception=False).get(
        "/logg-inn/ansatt/logget-ut/", {"iss": provider.issuer, "sid": sid}
    )
    assert answer.status_code == 400
    assert provider.issuer not in answer.content.decode()


def test_nor_is_it_in_the_address(world: Any) -> None:
    for address in ("/%00", "/logg-inn/%00/", "/logg-inn/%00/logget-ut/", "/static/%00", "/sak/%00/"):
        assert Client(raise_request_exception=False).get(address).status_code in {302, 400, 404}, address
