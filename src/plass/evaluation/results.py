"""What an evaluation hands back: what its report tells, and the ways to show it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

from plass.evaluation.report.as_json import results_as_json
from plass.evaluation.report.content import ReportContent
from plass.evaluation.text import Language, _significant, catalogue, number

if TYPE_CHECKING:
    from pathlib import Path

#: The packages that decide the numbers: a reader needs their versions to reproduce them.
PACKAGES = ("plass", "numpy", "scipy", "duckdb", "pyarrow")


@dataclass(frozen=True, repr=False)
class Results(ReportContent):
    """What a report tells, with the ways to show it: as text, in a notebook, as JSON, and as files."""

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
