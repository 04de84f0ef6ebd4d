"""What has been ended of the ways into an account: what was begun before counts no more, and its owner is told."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from plass.organisation.models import User

from .models import WaysIn

#: So long the owner is told, at each login and under My account, that somebody else ended what their account opened with.
TOLD = timedelta(days=14)


def held_generation() -> int:
    """What a step of a login or of a way in of whoever acts belongs to, held until the transaction ends. One query.

    It is one more after each new password, link or reset, and each time logins are ended: what was begun before does not
    go on. Whoever does one of these at the same moment waits for this transaction, and then ends what it let in or added.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT accounts_held_generation()")
        return int(cursor.fetchone()[0])


def told(user: User) -> list[str]:
    """What somebody else ended lately of what the account of ``user`` (who must be acting) opened with. One query."""
    ended = WaysIn.objects.filter(user=user, ended_at__gt=timezone.now() - TOLD).exclude(ended_by=user).first()
    # Staff are told of a lost phone by the request that was approved.
    if ended is None or (user.is_staff_member and ended.because == WaysIn.Because.LOST_PHONE):
        return []
    texts = {
        WaysIn.Because.NEW_PASSWORD: _(
            "On %(when)s you got a new password from somebody who works here. Everything else that opened your account was "
            "taken away: codes on a phone, logins at a login service, and all logins."
        ),
        WaysIn.Because.LOST_PHONE: _(
            "On %(when)s somebody who works here took away what opened your account beside the password, because the phone "
            "was said to be lost. Was it not you who asked: tell them at once, and change your password."
        ),
        WaysIn.Because.OPENED_AGAIN: _(
            "On %(when)s your account was opened again. What it opened with before opens it no more."
        ),
        WaysIn.Because.MACHINE: _(
            "On %(when)s whoever runs the installation gave you a new password, and took away what else opened your account."
        ),
    }
    text = texts.get(WaysIn.Because(ended.because)) if ended.because else None
    return [text % {"when": date_format(timezone.localtime(ended.ended_at), "j. F")}] if text else []
