"""What an evaluation hands back: the twelve checks, the verdict, and where everything came from."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from plass.evaluation.cells import Account, Cells
from plass.evaluation.effects import Effect
from plass.evaluation.errors import EvaluationError
from plass.evaluation.study import Study
from plass.evaluation.tables import Check, Table
from plass.evaluation.text import Language, Unit, _significant, catalogue, number
from plass.evaluation.verdict import Verdict

if TYPE_CHECKING:
    from pathlib import Path

#: The packages that decide the numbers: a reader needs their versions to reproduce them.
PACKAGES = ("plass", "numpy", "scipy", "duckdb", "pyarrow")


@dataclass(frozen=True)
class Results:
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

    def summary(self, language: Language = "en") -> str:
        """The verdict and what each check says, as plain text."""
        lines = [self.verdict.sentence.said(language), self.verdict.because.said(language)]
        lines += [caution.said(language) for caution in self.verdict.cautions]
        for check in self.checks:
            lines.append("")
            lines.append(f"{check.number}. {check.title.said(language)}")
            lines += [f"   {sentence.said(language)}" for sentence in check.finding]
        return "\n".join(lines)

    def __repr__(self) -> str:
        shown = number(self.effect.value, self.unit, "en") if self.unit == "points" else _significant(self.effect.value)
        return f"Results({self.study.name!r}, {self.verdict.key}, effect {shown} on {self.effect.outcome!r})"

    def _repr_html_(self) -> str:
        """In a notebook: the conclusion, why, and how each check came out."""
        from html import escape

        words = catalogue("en")
        lines = "".join(
            f"<tr><td>{check.number}</td><td style='text-align:left'>{escape(check.title.said('en'))}</td>"
            f"<td style='text-align:left'>{words[f'status.{check.status}']}</td></tr>"
            for check in self.checks
        )
        cautions = "".join(f"<li>{escape(caution.said('en'))}</li>" for caution in self.verdict.cautions)
        return (
            f"<p><strong>{escape(self.verdict.sentence.said('en'))}</strong><br>"
            f"{escape(self.verdict.because.said('en'))}</p><ul>{cautions}</ul><table>{lines}</table>"
        )

    def to_dict(self) -> dict[str, Any]:
        """The content of results.json."""
        from plass.evaluation.report.as_json import results_as_json

        return results_as_json(self)

    def write(self, folder: str | Path, *, language: Language = "nb") -> tuple[Path, ...]:
        """Write the report (HTML and PDF), results.json and the tables into a folder; the paths written."""
        from plass.evaluation.report.folder import write_report

        return write_report(self, folder, language=language)


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """The versions behind the numbers."""
    packages = {name: metadata.version(name) for name in PACKAGES}
    return {"python": ".".join(map(str, sys.version_info[:3])), **packages}
