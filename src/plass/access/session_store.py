"""Sessions in the database as Django keeps them (``SESSION_ENGINE``), read by a question that is planned once."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.utils import timezone

from plass.config.asking import ask


class SessionStore(DatabaseSessions):
    """Every page reads its session first, so this is asked more often than anything else."""

    def load(self) -> dict[str, Any]:
        """What the session holds; nothing, and no key, where it is unknown or over."""
        rows = ask(
            "SELECT session_data FROM django_session WHERE session_key = %(key)s AND expire_date > %(now)s",
            {"key": self.session_key, "now": timezone.now()},
        )
        if not rows:
            self._session_key = None
            return {}
        return self.decode(rows[0][0])
