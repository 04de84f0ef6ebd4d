"""Which row of a file something is about: its number there and, where several sheets are read, the sheet."""

from __future__ import annotations

from collections.abc import Sequence

from .translatable import TranslatableText, gettext


class RowNumber(int):
    """The number of a row as people see it (from 1).

    ``sheet`` names its sheet where rows of several are read together: then rows of two sheets with the same number are
    two rows. Where one sheet is read it is empty, and the row is the number and nothing else.
    """

    sheet: str

    def __new__(cls, number: int, sheet: str = "") -> RowNumber:
        row = super().__new__(cls, number)
        row.sheet = sheet
        return row

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, int):
            return NotImplemented
        return int(self) == int(other) and self.sheet == getattr(other, "sheet", "")

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((int(self), self.sheet)) if self.sheet else hash(int(self))

    def __deepcopy__(self, memo: object) -> RowNumber:
        return self

    def __str__(self) -> str:
        """As it stands in a sentence after the word "row"."""
        return str(self.in_words()) if self.sheet else int.__repr__(self)

    def in_words(self) -> TranslatableText:
        """The number and the sheet, in the language of the moment."""
        return gettext("%(number)s in the sheet “%(sheet)s”") % {"number": int(self), "sheet": self.sheet}

    @staticmethod
    def several(rows: Sequence[RowNumber]) -> str:
        """The numbers of rows of one sheet, as they stand after the word "rows"."""
        numbers = ", ".join(map(int.__repr__, rows))
        if not rows[0].sheet:
            return numbers
        return str(gettext("%(number)s in the sheet “%(sheet)s”") % {"number": numbers, "sheet": rows[0].sheet})

    @property
    def label(self) -> str:
        """As it stands alone: "7", or "Sheet 2024, row 7"."""
        if not self.sheet:
            return str(self)
        return gettext("Sheet %(sheet)s, row %(number)s") % {"sheet": self.sheet, "number": int(self)}


#: What stands for a row where there is none.
NO_ROW = RowNumber(0)
