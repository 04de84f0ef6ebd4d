"""Somebody who is to be logged out keeps a session that no list of logins has, and that nothing ends.

They send a statement in a page of their own (or have somebody's cookie): the note about the login goes, or the session is
copied under another key.
"""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from plass.accounts.models import Login
from tests.conftest import as_owner
from tests.world import PASSWORD

from .test_injected_statement import ask

OTHER_KEY = "k" * 32


@pytest.fixture
def inside(world) -> Client:
    client = Client()
    client.force_login(world.act_as(world.specialist))
    assert client.get("/min-dag/").status_code == 200
    return client


def with_key(key: str) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


def is_in(client: Client) -> bool:
    return client.get("/min-dag/").status_code == 200


def test_a_copy_of_the_session_under_another_key_is_nobodys(world, inside):
    world.act_as(world.specialist)
    key = inside.session.session_key
    with connection.cursor() as cursor:
        # What the statement reads and writes: it has the key of both.
        cursor.execute("SELECT * FROM accounts_session(%s)", [key])
        contents = cursor.fetchone()[0]
        cursor.execute("SELECT accounts_session_write(%s, %s, now() + interval '1 year', true)", [OTHER_KEY, contents])
        assert cursor.fetchone() == (True,)
    assert not is_in(with_key(OTHER_KEY))
    assert is_in(inside)


def test_a_session_whose_login_is_gone_is_nobodys(world, inside):
    with as_owner():
        Login.objects.all().delete()
    assert not is_in(inside)


def test_a_session_is_not_that_of_somebody_elses_login(world, inside):
    with as_owner():
        Login.objects.update(user=world.colleague)
    assert not is_in(inside)


def test_whoever_knows_the_key_does_not_end_the_note_alone(world, inside):
    world.act_as(world.specialist)
    key = inside.session.session_key
    assert ask("SELECT count(*) FROM pg_proc WHERE proname = 'accounts_login_ended' AND pronargs = 1") == [(0,)]
    with as_owner():
        assert Login.objects.count() == 1
    # By the button the login ends, with its note.
    inside.post("/logg-ut/")
    assert not is_in(with_key(key))
    with as_owner():
        assert not Login.objects.exists()


def test_a_new_password_leaves_the_one_that_changed_it_in(world, inside):
    """The session goes on under another key, and its note with it."""
    form = {"old": PASSWORD, "new": "en setning om vinteren", "again": "en setning om vinteren"}
    assert inside.post("/konto/passord/", form).status_code == 303
    assert is_in(inside)
