"""What a report tells: the study, its twelve checks, the verdict, and where everything came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from plass.evaluation.data.cells import Account, Cells
from plass.evaluation.errors import EvaluationError
from plass.evaluation.estimators.effects import Effect
from plass.evaluation.study import Study
from plass.evaluation.tables import Check, Table
from plass.evaluation.text import Unit
from plass.evaluation.verdict import Verdict


@dataclass(frozen=True)
class ReportContent:
    """Everything an evaluation found.

    checks: the twelve, in order; verdict: the sentence and the rules behind it; effect: the headline estimate, with its
    whole fit; trends: offices' means by period and side, for the picture of the trends; unit: how effects on the
    headline outcome are written; made_up: whether the report says that the data are made up.
    """

    study: Study
    cells: Cells
    checks: tuple[Check, ...]
    verdict: Verdict
    effect: Effect
    unit: Unit
    trends: Table
    account: Account
    quick: bool = False
    made_up: bool = False
    versions: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, key: int | str) -> Check:
        """A check by its number or its key."""
        for check in self.checks:
            if key in (check.number, check.key):
                return check
        raise EvaluationError(f"There is no check {key!r} ({', '.join(check.key for check in self.checks)}).")

    @property
    def tables(self) -> Iterator[Table]:
        """Every table that has rows, in order."""
        yield self.trends
        for check in self.checks:
            yield from (table for table in check.tables if table.reason is None)
