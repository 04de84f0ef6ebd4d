"""A request that is wrong in itself: one line of the log, and a page that says so in the sender's language."""

from __future__ import annotations

import copy
import io
import logging
import logging.config
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import FakePayload


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the program writes to its log by its own settings."""
    out = io.StringIO()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    settings = copy.deepcopy(django_settings.LOGGING)
    settings["handlers"]["stderr"]["stream"] = out
    logging.config.dictConfig(settings)
    yield out
    root.handlers[:] = before
    root.setLevel(level)


class GoneAway(FakePayload):
    """A body whose sender goes away before its end."""

    def read(self, *args, **kwargs):
        raise OSError("connection reset")


def too_large(client):
    return client.post("/logg-inn/", {"username": "x" * 6_000_000})


def too_many_fields(client):
    return client.post("/logg-inn/", {f"field{number}": "x" for number in range(1_100)})


def too_many_files(client):
    return client.post("/logg-inn/", {f"f{number}": SimpleUploadedFile("a", b"a") for number in range(150)})


def broken_multipart(client):
    return client.generic("POST", "/logg-inn/", b"--x\r\nnothing", content_type="multipart/form-data; boundary=")


def another_host(client):
    return client.get("/logg-inn/", HTTP_HOST="evil.example")


@pytest.mark.parametrize("strict", [False, True], ids=["read by the page", "read by the token check"])
@pytest.mark.parametrize(
    ("send", "status", "says"),
    [
        (too_large, 413, "Det ble for mye på én gang"),
        (too_many_fields, 413, "Det ble for mye på én gang"),
        (too_many_files, 413, "Det ble for mye på én gang"),
        (broken_multipart, 400, "Forespørselen kunne ikke forstås"),
        (another_host, 400, "Forespørselen kunne ikke forstås"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_wrong_request_is_one_line_and_a_page(db, written, send, status, says, strict) -> None:
    client = Client(raise_request_exception=False, enforce_csrf_checks=strict)
    client.get("/logg-inn/")
    answer = send(client)
    assert (answer.status_code, says in answer.content.decode()) == (status, True)
    lines = written.getvalue().splitlines()
    assert len(lines) == 1, lines
    assert " WARNING " in lines[0] and "/logg-inn/" in lines[0]
    assert "xxx" not in lines[0] and len(lines[0]) < 300


def test_the_page_is_in_the_language_of_the_one_who_sent(db, written) -> None:
    client = Client(raise_request_exception=False)
    client.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "That was too much at once" in too_large(client).content.decode()


@pytest.mark.parametrize("address", ["/logg-inn/", "/logg-inn/ansatt/logget-ut/"])
def test_a_sender_who_goes_away_is_one_line(db, written, address, settings) -> None:
    from plass.accounts import providers

    settings.PLASS_PROVIDERS = providers.from_environment({"PLASS_STAFF_OIDC_ISSUER": "https://login.example"})
    client = Client(raise_request_exception=False)
    answer = client.post(
        address,
        content_type="application/x-www-form-urlencoded",
        data="logout_token=x",
        **{"wsgi.input": GoneAway(b"")},
    )
    assert answer.status_code == 400
    lines = written.getvalue().splitlines()
    assert len(lines) == 1 and lines[0].endswith(f"WARNING django.request: Bad Request: {address}"), lines


def test_a_fault_of_our_own_keeps_its_traceback(written) -> None:
    try:
        raise RuntimeError("ours")
    except RuntimeError:
        logging.getLogger("plass").exception("something")
    assert "Traceback" in written.getvalue() and "RuntimeError: ours" in written.getvalue()
