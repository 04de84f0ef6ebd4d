"""What the evaluation says when it cannot go on: which column, which rows, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the input.

    column: the column (or the study file's key) it is about; reason: what is wrong, in a sentence;
    mend: what to do about it; rows: how many rows are touched (None where rows are not the point);
    examples: the first few places, as "file row 12: value".
    """

    column: str
    reason: str
    mend: str
    rows: int | None = None
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"{self.column}: {self.reason}"
        if self.rows is not None:
            text += f" ({self.rows:,} row{'' if self.rows == 1 else 's'})"
        if self.examples:
            text += "; first: " + ", ".join(self.examples)
        return f"{text}. {self.mend}"


class EvaluationError(ValueError):
    """Base of the errors this library raises on purpose; the message is written for a person."""


class StudyError(EvaluationError):
    """The study file says something that cannot be done."""


class DataError(EvaluationError):
    """The data cannot be used as they are. `problems` holds every problem found, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = "The data cannot be used as they are:" if count == 1 else f"The data have {count} problems:"
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in self.problems)]))


class NotIdentified(EvaluationError):
    """The design does not say what the coefficient is (no variation left once offices and periods are taken out)."""
