"""What no browser sends stands in a cookie, a header, an address, a form, a file's name or JSON: a NUL character, half a
character, bytes of no text, a hundred kilobytes. Every page answers, logged in or not; none fails.

Tried first: ``Cookie: plass_session="\\000aaaa"``, which the session was looked up by before any page had begun.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from django.apps import apps
from django.conf import settings as configured
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.db import DataError, transaction
from django.test import Client, RequestFactory

from plass.access.current_user import set_current_user
from plass.accounts.session_store import SessionStore
from plass.ui.views import server_error
from tests.house.everybody import RELATIONS, ROLES, Everybody
from tests.house.test_urls import STRANGER, Of, addresses, classified

from .test_send_a_nul_character import names

LONG = b"x" * 100_000
#: As bytes of an address or a form: NUL, half a pair, half a character, what is no UTF-8, and much.
WRONG = (b"\0", b"a\0b", b"\xed\xa0\x80", b"\xc3", b"\xff\xfe", LONG)
#: As the server hands on a header: each byte is a character.
HEADERS = (*(wrong.decode("latin-1") for wrong in WRONG), "http://[", "æøå", ",,;=", '"\\000aaaa"')
NAMED = (
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "Accept-Language",
    "Accept-Encoding",
    "Host",
    "Referer",
    "Origin",
    "User-Agent",
    "HX-Request",
    "HX-Current-URL",
    "HX-Target",
    "X-CSRFToken",
    "If-None-Match",
    "If-Modified-Since",
    "Range",
    "Cookie",
)
#: Every cookie that settings name, and Django's own for messages.
COOKIES = {str(getattr(configured, name)) for name in dir(configured) if name.endswith("_COOKIE_NAME")} | {"messages"}
COOKIE_VALUES = (
    *HEADERS,
    '"\\000\\000\\000\\000\\000\\000\\000\\000\\000"',
    '"\\377\\376aaaaaaa"',
    "a" * 32,
    "A" * 32,
    "æ" * 32,
)
JSON = (
    r'"\u0000"',
    r'"\ud800"',
    r'{"rawId": "\ud800", "id": "\u0000"}',
    r'{"rawId": "AAAA", "response": {"userHandle": "\udfff"}}',
    "[" * 100_000,
    "NaN",
    "1e999",
)
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=xx"
TYPES = (
    "multipart/form-data",
    "multipart/form-data; boundary=\0",
    "application/x-www-form-urlencoded; charset=hex",
    "text/html; charset=hex",
    "text/html; charset=utf-16",
    # Of a control character in it the web server makes no request (gunicorn and waitress refuse it).
    "text/html; charset=\xff",
)

#: All rooms: what their pages read.
ROOMS = tuple(sorted(config.label for config in apps.get_app_configs() if config.name.startswith("plass.")))

Sent = dict[str, Any]


def headers() -> Iterator[Sent]:
    for name, value in itertools.product(NAMED, HEADERS):
        yield {"headers": {name: value}}
    for name, value in itertools.product(sorted(COOKIES), COOKIE_VALUES):
        yield {"headers": {"Cookie": f"{name}={value}"}}
    for name in TYPES:
        yield {"content_type": name, "data": b"a=b"}


def forms(fields: list[str], *, briefly: bool) -> Iterator[Sent]:
    """Of an address and of a form: what is wrong in all fields at once, in their names, and in those of files.

    ``briefly``: each field has one thing that is wrong, and the next time another.
    """
    times = 2 if briefly else len(WRONG)
    for turn in range(times):
        wrong = [WRONG[:-1][(turn + nth if briefly else turn) % len(WRONG[:-1])] for nth in range(len(fields))]
        pairs = [f"{name}={quote_from_bytes(each)}" for name, each in zip(fields, wrong, strict=True)]
        yield {"query": "&".join(pairs)}
        yield {"data": "&".join(pairs).encode(), "content_type": FORM}
        part = b"--xx\r\nContent-Disposition: form-data; " + b"%b\r\n\r\na\0b\r\n--xx--\r\n"
        for disposition in (b'name="file"; filename="%b"', b'name="%b"', b"name=\"file\"; filename*=utf-8''%%00%%ed%b"):
            yield {"data": part % (disposition % WRONG[turn]), "content_type": MULTIPART}
    text = "&".join(quote_from_bytes(each) + "=1" for each in WRONG)
    yield {"query": text}
    yield {"data": text.encode(), "content_type": FORM}
    for value in JSON[:2] if briefly else JSON:
        yield {"data": value.encode(), "content_type": "application/json"}
        some = fields[:8] if len(value) > 1000 else fields
        pairs = [f"{name}={quote_from_bytes(value.encode())}" for name in some]
        yield {"data": "&".join(pairs).encode(), "content_type": FORM}


def status(client: Client, method: str, address: str, sent: Sent) -> int:
    """What is answered; what was done is undone."""
    set_current_user(None)
    more = {"QUERY_STRING": sent["query"]} if "query" in sent else {}
    about = {"content_type": sent.get("content_type", "application/octet-stream"), "headers": sent.get("headers")}
    if "Cookie" in (about["headers"] or {}):
        more["HTTP_COOKIE"] = about["headers"]["Cookie"]
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    with transaction.atomic():
        answer = client.generic(method, address, sent.get("data", b""), **about, **more)
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    client.cookies.clear()
    client.cookies.load(cookies)
    return answer.status_code


def failing(client: Client, address: str, requests: Iterator[Sent]) -> list[Any]:
    return [
        (method, address, str(sent)[:120])
        for sent in requests
        for method in (["POST"] if "data" in sent else ["GET"] if "query" in sent else ["GET", "POST"])
        if status(client, method, address, sent) >= 500
    ]


def at(everybody: Everybody) -> dict[str, list[str]]:
    """The addresses by who is let in: a stranger, or the first of the roles."""
    found: dict[str, list[str]] = {}
    for address in addresses():
        who = classified(address.name) or Of()
        role = STRANGER if who.open else next((role for role in ROLES if who.lets_in(role, RELATIONS[0])), ROLES[0])
        found.setdefault(role, []).append(address.at(everybody, RELATIONS[0]))
    return found


def test_headers_and_cookies(everybody, provider, settings):
    settings.PLASS_GALLERY = settings.PLASS_DEMO = True
    settings.PLASS_PROXIES = 1
    # All that reads them does so before a page is looked up, or on the first page.
    for checks in (False, True):
        client = Client(raise_request_exception=False, enforce_csrf_checks=checks)
        for address in ("/", "/logg-inn/", "/logg-inn/ansatt/", "/min-dag/", "/ukjent/", "/sprak/"):
            assert failing(client, address, headers()) == []


@pytest.mark.parametrize("role", [STRANGER, *ROLES])
def test_forms_and_addresses(everybody, provider, settings, role):
    settings.PLASS_GALLERY = settings.PLASS_DEMO = True
    client, failed, briefly = Client(raise_request_exception=False), [], role != STRANGER
    if role != STRANGER:
        set_current_user(everybody.people[role].pk)
        client.force_login(everybody.people[role])
    for address in at(everybody).get(role, []):
        failed += failing(client, address, forms(sorted(names(*ROOMS) if briefly else names()), briefly=briefly))
    assert failed == []


def test_a_key_of_another_form_is_no_session(world):
    known = SessionStore()
    known.create()
    assert SessionStore(known.session_key).session_key == known.session_key
    for key in ("\0" * 32, "", None, "a" * 31, "a" * 33, "A" * 32, "a" * 31 + "\n", "æ" * 32, LONG.decode()):
        assert SessionStore(key).session_key is None, key
    assert len(known.session_key) == 32 and set(known.session_key) <= set(VALID_KEY_CHARS)


def test_where_no_page_has_begun_it_is_said_too(db):
    """Whatever else may come to ask the database before a view does."""
    try:
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    except DataError:
        assert server_error(RequestFactory().get("/")).status_code == 400
    try:
        raise DataError("value out of range")
    except DataError:
        assert server_error(RequestFactory().get("/")).status_code == 500
