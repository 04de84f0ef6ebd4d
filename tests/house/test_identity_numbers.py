"""A national identity number never stands in an address, a log, an error page or the database in clear."""

from __future__ import annotations

import io
import logging
import logging.config
import uuid
from collections.abc import Iterator
from urllib.parse import unquote

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client

from plass.cases import identity
from plass.config import log_masking
from tests.conftest import as_owner
from tests.world import identity_number


@pytest.fixture
def number() -> str:
    # Always the same: its digits stand in no other part of a page by chance.
    return identity_number(nth=4711)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the program's own log handler writes, by the program's own settings, down to the least important line."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    line = dict(django_settings.LOGGING["formatters"]["line"])
    kind = line.pop("class")
    assert kind == "plass.config.log_masking.Formatter"
    handler.setFormatter(log_masking.Formatter(line["format"], style=line["style"]))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield out
    root.removeHandler(handler)
    root.setLevel(before)


def forms_of(number: str) -> list[str]:
    return [number, identity.shown(number), f"{number[:6]}-{number[6:]}", f"{number[:6]}.{number[6:]}"]


@pytest.mark.parametrize("write", ["{}", "nummer: {}.", "pid={}&x", "/sok/?q={}", "({})", "\n{}\n"])
def test_every_way_to_write_a_number_is_masked(number, write):
    for form in forms_of(number):
        masked = log_masking.masked(write.format(form))
        assert form not in masked
        assert number[6:] not in masked


def test_what_is_no_number_is_left_alone():
    for text in ("2026-11-25 00:12:34,123", "990000123456789", "12345678", "974760673", "900 00 001", "0" * 12):
        assert log_masking.masked(text) == text


def test_a_message_its_arguments_and_its_traceback_are_masked(number, written):
    log = logging.getLogger("plass.somewhere")
    log.warning("about %s", number)
    log.warning("about %(who)s", {"who": identity.shown(number)})
    log.info({"pid": number})
    try:
        raise ValueError(f"not a number: {number}")
    except ValueError:
        log.exception("it failed for %s", number)
    assert "about ****** *****" in written.getvalue() and "ValueError" in written.getvalue()
    assert number not in written.getvalue()
    assert number[6:] not in written.getvalue()


def test_a_number_sent_every_way_reaches_no_log_no_address_and_no_error_page(world, number, written):
    case = world.refer(number=number)
    client = Client(raise_request_exception=False)
    client.force_login(world.act_as(world.specialist))
    written.truncate(0)
    for form in forms_of(number):
        sent = [
            client.get("/deltakere/", {"q": form}),
            client.get(f"/{form}/"),
            client.get("/finnes-ikke/", {"pid": form}),
            client.get(f"/sak/{case.pk}/", headers={"Referer": f"http://testserver/?q={form}"}),
            client.post("/sok/", {"q": form}),
            client.post("/sok/", {"q": f"Prøve {form}"}),
            client.post("/henvis/", {"number": form, "submission": str(uuid.uuid4())}),
            client.post("/logg-inn/", {"username": form, "password": form}),
            client.post("/logg-inn/person/logget-ut/", {"logout_token": form}),
        ]
        for answer in sent:
            address = unquote(answer.get("Location", ""))
            assert form not in address, answer.request["PATH_INFO"]
            if answer.status_code in {400, 403, 404, 500}:
                assert form not in answer.content.decode(), answer.request["PATH_INFO"]
    assert number not in written.getvalue()
    assert number[6:] not in written.getvalue()


def test_a_page_that_breaks_writes_no_number(world, number, written, monkeypatch):
    from plass.caseload.views import search

    def broken(text: str) -> int:
        raise RuntimeError(f"cannot look up {text}")

    monkeypatch.setattr(search, "by_number", broken)
    client = Client(raise_request_exception=False)
    client.force_login(world.act_as(world.specialist))
    answer = client.post("/sok/", {"q": number})
    assert answer.status_code == 500
    assert "cannot look up ****** *****" in written.getvalue()
    assert number[6:] not in written.getvalue() + answer.content.decode()


def test_no_table_holds_a_number_in_clear(world, number):
    world.refer(number=number)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [row[0] for row in cursor.fetchall()]
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{number}%"])
            assert cursor.fetchone()[0] == 0, table
            encoded = number.encode().hex()
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{encoded}%"])
            assert cursor.fetchone()[0] == 0, table
    assert len(tables) > 20
