"""How long a login lasts: so long after the last page, and so long after logging in, whichever comes first.

Both times stand in the session on the server; the browser's cookie only names the session, so nothing needs to be sent
anew while somebody works.
"""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.contrib.auth import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

BEGAN, USED = "began", "used"
#: The time of the last page is written at most so often (seconds), so that most pages write nothing.
PRECISION = 5 * 60


def begin(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    """Note that a login begins now. Receives Django's ``user_logged_in``."""
    request.session[BEGAN] = request.session[USED] = int(time.time())


user_logged_in.connect(begin, dispatch_uid="plass.accounts.sessions")


def still_lasts(session: SessionBase) -> bool:
    """Whether the login behind ``session`` still lasts; if so, notes that it was used."""
    now = int(time.time())
    if now - session.get(BEGAN, 0) > settings.SESSION_COOKIE_AGE:
        return False
    if now - session.get(USED, 0) > settings.PLASS_IDLE_SECONDS:
        return False
    if now - session[USED] > PRECISION:
        session[USED] = now
    return True
