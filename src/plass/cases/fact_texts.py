"""What facts are put into words with: the words themselves stand with each kind of fact (``fact_kinds.py`` of its room).

A fact comes as the timeline view gives it (its fields as JSON); what its fields point to (employers, people, meetings,
jobs) comes as :class:`Names`, read for a whole page at once. Nothing here asks the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import TextChoices
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from plass.ui.templatetags.plass import written as format_day

Fields = dict[str, Any]


@dataclass
class Names:
    """What facts point to, by kind ("employer", "user", "meeting", ...) and number.

    ``participant`` is their given name. ``reader`` is the account of the participant who reads; None for staff.
    """

    participant: str = ""
    labels: dict[tuple[str, int], str] = field(default_factory=dict)
    reader: int | None = None

    def of(self, kind: str, number: int | None) -> str:
        """What ``number`` is called; empty where it is nobody or out of sight."""
        return self.labels.get((kind, number), "") if number is not None else ""


@dataclass(frozen=True)
class FactText:
    """A fact in words: a title, a line of short details, and what was written, each under its label ("": none)."""

    title: str
    icon: str
    tone: str = "neutral"
    details: tuple[str, ...] = ()
    written: tuple[tuple[str, str], ...] = ()
    tag: str = ""


def format_date(value: str | date | None) -> str:
    """A date as it is read: 3. mars 2026. ISO text is accepted; empty for none."""
    if not value:
        return ""
    return format_day(date.fromisoformat(value) if isinstance(value, str) else value, "DATE_FORMAT")


def format_moment(value: str) -> str:
    """A moment (ISO text) as it is read, in local time."""
    return formats.date_format(timezone.localtime(datetime.fromisoformat(value)), "DATETIME_FORMAT")


def format_number(value: Any) -> str:
    """37 and 7,5: without decimals that say nothing."""
    exact = Decimal(str(value))
    whole = exact == exact.to_integral_value()
    return str(formats.localize(int(exact) if whole else exact.normalize(), use_l10n=True))


def format_hours(value: Any) -> str:
    """Hours a week."""
    return _("%(hours)s hours a week") % {"hours": format_number(value)}


def choice_label(choices: type[TextChoices], value: str) -> str:
    """The label of a choice; the value itself where the program no longer knows it."""
    try:
        return str(choices(value).label)
    except ValueError:
        return value


def texts(*pairs: tuple[str, Any]) -> tuple[tuple[str, str], ...]:
    """What was written, each (label, text); empty texts are left out."""
    return tuple((label, str(text)) for label, text in pairs if text)


def details(*parts: str) -> tuple[str, ...]:
    """The short details that say something."""
    return tuple(part for part in parts if part)
