"""Another key: everything is sealed anew under it, in pieces, and a stop in the middle costs nothing."""

from __future__ import annotations

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from plass.accounts import totp
from plass.accounts.models import SecondFactor
from plass.cases import identity, rotation
from plass.cases.models import Participant
from plass.db import encryption, keys
from tests.conftest import as_owner
from tests.world import identity_number, stored

OLD = base64.urlsafe_b64encode(b"o" * 32).decode()
NEW = base64.urlsafe_b64encode(b"n" * 32).decode()


@pytest.fixture
def numbers(world, settings) -> list[str]:
    """Three participants and a second factor under the old key; the newest key is another from here on."""
    settings.PLASS_IDENTITY_KEYS = [OLD]
    numbers = [identity_number() for _ in range(3)]
    for number in numbers:
        world.refer(number=number)
    secret = totp.new_secret()
    import time

    import pyotp

    totp.confirm(by=world.act_as(world.colleague), secret=secret, code=pyotp.TOTP(secret).at(int(time.time())))
    settings.PLASS_IDENTITY_KEYS = [NEW, OLD]
    return numbers


def encrypted_numbers() -> list[bytes]:
    return [stored(participant, "identity_number") for participant in Participant.objects.order_by("pk")]


def quiet(what: str, done: int, total: int) -> None: ...


def test_everything_sealed_is_under_the_new_key_alone_afterwards(world, numbers, settings):
    with as_owner():
        assert rotation.waiting()["cases_participant.identity_number"] == 3
        assert rotation.reseal(quiet) == 4
        assert set(rotation.waiting().values()) == {0}
        settings.PLASS_IDENTITY_KEYS = [NEW]
        assert sorted(identity.decrypt(number) for number in encrypted_numbers()) == sorted(numbers)
        assert encryption.decrypt(stored(SecondFactor.objects.get(), "secret"))
        assert rotation.reseal(quiet) == 0


def test_it_goes_on_where_it_was_stopped(world, numbers, monkeypatch):
    monkeypatch.setattr(rotation, "AT_ONCE", 1)

    class Stop(Exception): ...

    def stop_after_two(what: str, done: int, total: int) -> None:
        if what == "cases_participant.identity_number" and done == 2:
            raise Stop

    with as_owner():
        with pytest.raises(Stop):
            rotation.reseal(stop_after_two)
        assert [encryption.is_under_newest(number) for number in encrypted_numbers()] == [True, True, False]
        rotation.reseal(quiet)
        assert all(encryption.is_under_newest(number) for number in encrypted_numbers())


def test_a_row_that_no_key_opens_stops_it_with_a_message(world, numbers, settings):
    settings.PLASS_IDENTITY_KEYS = [NEW]
    with as_owner(), pytest.raises(ImproperlyConfigured, match="No key"):
        rotation.reseal(quiet)


def test_the_history_does_not_say_that_a_number_was_changed(world, numbers):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM access_change")
        before = cursor.fetchone()[0]
        rotation.reseal(quiet)
        cursor.execute("SELECT count(*) FROM access_change")
        assert cursor.fetchone()[0] == before
        cursor.execute("SELECT tgenabled FROM pg_trigger WHERE tgname = 'plass_history'")
        assert {row[0] for row in cursor.fetchall()} == {"O"}


def test_a_new_key_stands_first_in_the_file_and_the_old_ones_are_put_away_not_thrown(tmp_path, monkeypatch):
    for name in keys.NAMES:
        monkeypatch.delenv(name, raising=False)
    keys.load(tmp_path)
    first = keys.load_from(tmp_path)["PLASS_IDENTITY_KEYS"]
    monkeypatch.setenv("PLASS_IDENTITY_KEYS", keys.add(tmp_path))
    assert keys.in_file(tmp_path)
    newest, older = keys.load_from(tmp_path)["PLASS_IDENTITY_KEYS"].split(",")
    assert older == first and newest != first
    retired = keys.retire(tmp_path)
    assert retired is not None and first in retired.read_text()
    assert f"PLASS_IDENTITY_KEYS={newest}\n" in (tmp_path / keys.FILE).read_text()
    assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}
    assert keys.retire(tmp_path) is None
