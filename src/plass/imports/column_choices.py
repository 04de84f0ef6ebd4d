"""What somebody at the office said that a column holds, for the next list like it: what it decides, and whose choice it is.

A choice decides what the column holds, but for one: where the heading speaks of protection, that somebody once took the
column as something else decides nothing. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from . import protection_signs
from .fields import Field
from .labels import LABELS
from .models import ColumnChoice
from .translatable import TranslatableText, as_written, in_words
from .translatable import gettext as _

if TYPE_CHECKING:
    from .state import ReadColumn

#: What decides who somebody is, and whether and why they are followed up no more.
DECISIVE = {
    Field.IDENTITY_NUMBER,
    Field.BIRTH_DATE,
    Field.PERSONAL_NUMBER,
    Field.PROTECTION,
    Field.ENDED_ON,
    Field.END_CAUSE,
}


@dataclass(frozen=True)
class WhoChose:
    """Whose earlier choice it is that a column holds something. Where it ``is_chosen_anew`` it decides nothing.

    ``is_decisive``: the column is one of those that decide most, by its heading or by the choice.
    """

    choice: ColumnChoice
    holds: Field
    is_chosen_anew: bool
    is_decisive: bool

    @property
    def sentence(self) -> TranslatableText:
        """Who chose it, and when, where it holds."""
        who = self.choice.recorded_by
        if who is not None:
            return _("Chosen by %(name)s on %(day)s.") % {"name": who.name, "day": self._day}
        return _("Chosen on %(day)s.") % {"day": self._day}

    @property
    def of_before(self) -> TranslatableText:
        """Who chose it, and when, and why it does not hold by that."""
        field, who = as_written(LABELS[self.holds]), self.choice.recorded_by
        if who is not None:
            return _(
                "%(name)s chose “%(field)s” on %(day)s. "
                "The heading speaks of protection, so it is chosen anew for each list."
            ) % {"name": who.name, "field": field, "day": self._day}
        return _(
            "“%(field)s” was chosen on %(day)s. The heading speaks of protection, so it is chosen anew for each list."
        ) % {"field": field, "day": self._day}

    @property
    def _day(self) -> TranslatableText:
        return in_words(timezone.localdate(self.choice.at))


def is_chosen_anew(heading: str, holds: Field) -> bool:
    """Whether it must be said for each list that a column holds this: its heading speaks of protection, and this is none."""
    return holds is not Field.PROTECTION and protection_signs.of_column(heading) is not None


def decided(choices: Mapping[int, ColumnChoice], headings: Mapping[int, str]) -> dict[int, Field]:
    """What earlier choices decide of columns with these headings."""
    return {
        index: choice.field
        for index, choice in choices.items()
        if choice.field is not None and not is_chosen_anew(headings.get(index, ""), choice.field)
    }


def by_hand(
    columns: Sequence[ReadColumn],
    choices: Mapping[int, ColumnChoice],
    chosen: Mapping[int, Field],
    confirmed: Collection[str],
) -> dict[int, Field]:
    """What was said of columns otherwise than headings and earlier choices say, and the guesses that were ``confirmed``."""
    kept = decided(choices, {column.index: column.heading for column in columns})
    said = {}
    for column in columns:
        holds = chosen.get(column.index, Field.IGNORED)
        if column.index in kept:
            is_said = kept[column.index] is not holds
        elif column.guess is not None and holds.value == column.field:
            is_said = column.guess.key in confirmed
        else:
            is_said = holds.value != column.field
        if is_said:
            said[column.index] = holds
    return said


def who_chose(columns: Sequence[ReadColumn], choices: Mapping[int, ColumnChoice]) -> dict[int, WhoChose]:
    """Whose earlier choice it is that columns hold something else than their headings say, or that a guess is right."""
    return {
        column.index: WhoChose(
            choice,
            choice.field,
            is_chosen_anew(column.heading, choice.field),
            not DECISIVE.isdisjoint({Field(column.field), choice.field}),
        )
        for column in columns
        if (choice := choices.get(column.index)) is not None
        and choice.field is not None
        and (choice.field.value != column.field or column.is_guess)
    }
