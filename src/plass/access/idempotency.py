"""A form that is sent twice is acted on once.

Each form carries a number of its own (``submission``). The first time it arrives the act is done and the page it leads
to is kept beside the number; any later arrival, also one at the same moment, is sent to that same page.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.db import connection, transaction

from plass.organisation.models import User

from .models import Submission


def new() -> uuid.UUID:
    """A number for a form about to be shown."""
    return uuid.uuid4()


def earlier_result(number: str | None, *, by: User) -> str | None:
    """Where a form with this number led ``by`` when it was sent before; None where it was not.

    Asked before a form is checked: what it did may have made it invalid (the case it gave away is not theirs to give).
    """
    try:
        submission_id = uuid.UUID(number or "")
    except ValueError:
        return None
    earlier = Submission.objects.filter(pk=submission_id, user=by).first()
    return earlier.leads_to or "/" if earlier else None


def run_once(number: uuid.UUID, *, by: User, act: Callable[[], str]) -> str:
    """Do ``act`` unless the form ``number`` was acted on before; the address to go to, in either case.

    ``act`` does the writing and returns the address of the page that shows what was written. If it raises, the number
    is free again and the form can be sent anew.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Waits for a sender of the same number that is not finished yet.
            cursor.execute(
                "INSERT INTO access_submission (id, user_id, at, leads_to) VALUES (%s, %s, now(), '') "
                "ON CONFLICT (id) DO NOTHING",
                [number, by.pk],
            )
            first = cursor.rowcount == 1
        if not first:
            return earlier_result(str(number), by=by) or "/"
        leads_to = act()
        Submission.objects.filter(pk=number).update(leads_to=leads_to)
        return leads_to
