"""Cases that nobody sees any more, because those who did have left: for the data protection officer, who gives them away.

The functions of ``cases/sql/50_seen_by_nobody.sql`` say which, and do it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from plass.access import actions as access
from plass.db import signed
from plass.organisation.models import User


@dataclass(frozen=True)
class SeenByNobody:
    """A case that nobody sees, as the data protection officer reads it: no participant's name."""

    number: int
    office_id: int
    office: str
    team: str | None
    referred_on: date


def seen_by_nobody() -> list[SeenByNobody]:
    """The open cases that nobody sees, of the acting data protection officer's offices, the oldest first. One query."""
    return [SeenByNobody(*row) for row in signed.call("cases_without_anybody_to_give")]


@transaction.atomic
def give_to(number: int, *, by: User, to: User) -> None:
    """The data protection officer gives a case that nobody sees to somebody at its office: they are its counsellor, or
    follow it, from today.

    Raises ValidationError where ``to`` may not (that they must keep away is noted), or where somebody has got it meanwhile.
    """
    reason = _("Nobody who had a part in the case works here any more.")
    became = signed.call("cases_give_to_somebody", number, to.pk, reason)[0][0]
    if became == "keeps away":
        access.note_kept_away(by)
    if became != "given":
        raise ValidationError({"to": _("%(name)s cannot do this. Choose somebody else.") % {"name": to.name}})
