"""Sessions in the database (``SESSION_ENGINE``): each is read and written by its key alone, of which a hash is kept."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError, SessionBase, UpdateError
from django.db import connection

from plass.db import signed

#: What ``_get_new_session_key`` of Django's makes.
KEY = re.compile(rf"[{VALID_KEY_CHARS}]{{32}}")


class SessionStore(SessionBase):
    """Django's sessions, by functions that want the key of one: nobody can list them (accounts/sql/25_sessions.sql).

    ``account``: whose login it is, as it was noted when it was read; None where no login is noted.
    """

    account: int | None = None

    def _validate_session_key(self, key: str | None) -> bool:
        """Whether ``key`` looks like one that Django made: of another, whatever a cookie holds, nothing is asked."""
        return key is not None and KEY.fullmatch(key) is not None

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and no key, where it is unknown or over."""
        # Not planned ahead: nothing that an earlier page left on the connection may see the key (config.signed).
        rows = signed.run(connection, "SELECT contents, account FROM public.accounts_session(%s)", [self.session_key])
        if not rows:
            self._session_key = None
            return {}
        contents, self.account = rows[0]
        return self.decode(contents)

    def exists(self, session_key: str) -> bool:
        """Whether there is a session of that key."""
        return bool(_answer("SELECT accounts_session_exists(%s)", [session_key]))

    def create(self) -> None:
        """Begin a session under a key that no other has."""
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]  # the stubs lack it
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Write it down. Raises CreateError where another has the key, and UpdateError where it has ended meanwhile."""
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]  # the stubs lack it
        values = [self.session_key, self.encode(data), self.get_expiry_date(), must_create]
        if not _answer("SELECT accounts_session_write(%s, %s, %s, %s)", values):
            raise CreateError if must_create else UpdateError

    def delete(self, session_key: str | None = None) -> None:
        """End the session of that key, or this one."""
        key = session_key or self.session_key
        if key is not None:
            _answer("SELECT accounts_session_end(%s)", [key])

    @classmethod
    def clear_expired(cls) -> None:
        """Delete the sessions that are over (``manage.py clearsessions``)."""
        _answer("SELECT accounts_sessions_forget_old()", [])


def account_of(session: SessionBase) -> int | None:
    """Whose login ``session`` is, by the note of it (``Login``); None where no login is noted."""
    session.get(SESSION_KEY)
    return session.account if isinstance(session, SessionStore) else None


def name_of(session_key: str | None) -> str:
    """What the session of that key is called in the database; empty for none."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:40] if session_key else ""


def _answer(question: str, values: list[Any]) -> Any:
    return signed.run(connection, question, values)[0][0]
