"""What a column may hold, in words, and in the groups that the page shows."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .fields import Field, Group

LABELS: dict[Field, Promise] = {field: field.about.label for field in Field}

_NAMES: dict[Group, Promise] = {
    Group.PARTICIPANT: _("The participant"),
    Group.FOLLOW_UP: _("The follow-up"),
    Group.JOB: _("A job"),
    Group.SECOND_JOB: _("A second job in the same row"),
}
GROUPS: tuple[tuple[Promise, tuple[Field, ...]], ...] = tuple(
    (name, tuple(field for field in Field if field.about.group is group)) for group, name in _NAMES.items()
)


def choices() -> list[tuple[str, str] | tuple[str, list[tuple[str, str]]]]:
    """The fields as the choices of a select, in groups, "is not read" first."""
    return [
        ("", str(LABELS[Field.IGNORED])),
        *((str(group), [(field.value, str(LABELS[field])) for field in fields]) for group, fields in GROUPS),
    ]
