"""The database is away: pages say so and nothing is lost, readiness tells it, and connections that died are replaced."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.conftest import superuser

PAGE = "/logg-inn/"
#: An OperationalError too, as a lost connection is, but one that the server has a word for.
CANCELLED = "DO $$ BEGIN RAISE EXCEPTION 'cancelled' USING ERRCODE = 'query_canceled'; END $$"
WORDS = "Plass har ikke kontakt med databasen"


@pytest.fixture
def client(committed: Any) -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def away(committed: Any) -> Iterator[None]:
    """Nobody listens where the database was."""
    usual = connection.settings_dict["HOST"]
    connection.close()
    connection.settings_dict["HOST"] = "/nowhere"
    yield
    connection.close()
    connection.settings_dict["HOST"] = usual


def end_connection() -> None:
    """The database ends this process's connection, as when it is restarted."""
    connection.ensure_connection()
    with superuser() as looking:
        number = connection.connection.info.backend_pid
        looking.execute("SELECT pg_terminate_backend(%s, 60000)", [number])


def test_a_page_says_so_and_when_to_ask_again(away: None, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        answer = client.get(f"{PAGE}?next=/min-dag/")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    page = answer.content.decode()
    assert WORDS in page
    assert f'href="{PAGE}?next=/min-dag/"' in page
    assert "skrev" not in page, "nothing was typed"
    assert "Plass has no contact" in client.get(PAGE, headers={"accept-language": "en"}).content.decode()
    assert not [record for record in caplog.records if record.exc_info], "that is no error of the program"


@pytest.mark.parametrize("header", ["HX-Request", "X-Plass-In-Place", ""])
def test_what_was_typed_is_not_lost(away: None, client: Client, header: str) -> None:
    answer = client.post(PAGE, {"username": "jobb1", "password": "x"}, headers={header: "true"} if header else {})
    assert answer.status_code == 503
    page = answer.content.decode()
    assert ("Det du har skrevet, står her fortsatt" if header else "er tatt vare på i dette vinduet") in page
    assert "Ingenting blir registrert to ganger" in page


def test_a_part_of_a_page_leads_to_no_part_as_if_it_were_a_page(away: None, client: Client) -> None:
    assert f'href="{PAGE}"' not in client.get(PAGE, headers={"HX-Request": "true"}).content.decode()


def test_it_is_said_in_the_log_without_a_line_for_each_page(
    away: None, client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plass.db.outage._last_logged", float("-inf"))
    with caplog.at_level(logging.WARNING):
        for _page in range(3):
            client.get(PAGE)
            client.get("/helse/klar/")
    assert [record.name for record in caplog.records] == ["plass.db.outage"]


def test_a_connection_that_was_ended_between_two_pages_is_replaced(client: Client) -> None:
    for address in (PAGE, "/helse/klar/"):
        assert client.get(address).status_code == 200
        end_connection()
        # A page begins; Django's client for tests leaves this out.
        connection.health_check_done = False
        assert client.get(address).status_code == 200


def test_a_connection_that_ends_within_a_page_is_no_error_of_the_program_and_the_next_page_comes(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    def end(execute: Any, *arguments: Any) -> Any:
        end_connection()
        return execute(*arguments)

    with caplog.at_level(logging.WARNING), connection.execute_wrapper(end):
        answer = client.post(PAGE, {"username": "jobb1", "password": "x"})
    assert answer.status_code == 503
    assert WORDS in answer.content.decode()
    assert not [record for record in caplog.records if record.exc_info]
    assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize("question", ["SELECT 1 / 0", CANCELLED])
def test_another_error_of_the_database_stays_an_error_of_the_program(client: Client, question: str) -> None:
    def fail(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        return execute(question, None, many, context)

    with connection.execute_wrapper(fail):
        assert client.post(PAGE, {"username": "jobb1", "password": "x"}).status_code == 500


@pytest.mark.parametrize("name", ["testserver", "10.0.0.1:8000"])
def test_health_is_told_to_anybody_and_nothing_else_with_it(client: Client, settings: Any, name: str) -> None:
    settings.SECURE_SSL_REDIRECT = True
    for address, says in (("/helse/lever/", b"live\n"), ("/helse/klar/", b"ready\n")):
        answer = client.get(address, headers={"host": name})
        assert (answer.status_code, answer.content) == (200, says)
        assert not answer.cookies
        assert answer.headers["Cache-Control"] == "no-store"
        assert client.post(address).status_code == 405
    assert client.get("/helse/annet/").status_code == 301, "the rest of the house has its own rules"


def test_without_its_database_the_program_lives_and_is_not_ready(away: None, client: Client) -> None:
    assert client.get("/helse/lever/").status_code == 200
    answer = client.get("/helse/klar/")
    assert (answer.status_code, answer.content, answer.headers["Retry-After"]) == (503, b"not ready\n", "5")
    assert client.get("/helse/arbeider/").status_code == 503


def test_with_tables_of_another_program_it_is_not_ready(client: Client) -> None:
    from plass.db import migrations

    with connection.cursor() as cursor:
        cursor.execute("SET ROLE plass_owner")
        cursor.execute("COMMENT ON SCHEMA public IS 'plass of another version'")
    assert client.get("/helse/klar/").status_code == 503
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON SCHEMA public IS '{migrations.fingerprint()}'")
        cursor.execute("SET ROLE plass_web")
    assert client.get("/helse/klar/").status_code == 200
