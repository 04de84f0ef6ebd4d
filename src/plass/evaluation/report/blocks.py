"""What a report is made of, before it is a page or a PDF: headings, sentences, tables, pictures, all in one language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from plass.evaluation.tables import Status
from plass.evaluation.text import Language

Tone = Literal["plain", "lead", "quiet", "caution"]


@dataclass(frozen=True)
class Heading:
    """A heading. level: 2 or 3 (1 is the title); anchor: where links go; status: of a check, shown beside it."""

    level: int
    text: str
    anchor: str
    status: Status | None = None
    status_text: str = ""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, or a caution that stands out."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Listing:
    """A list of sentences."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Terms:
    """Terms with what belongs to them (what the report says of itself)."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Grid:
    """A table as it is shown: headings, rows of texts, which columns hold numbers, a note; `name` is its file's name.

    folded: to be opened by whoever wants it (on the page; a PDF shows it).
    """

    name: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    note: str = ""
    folded: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture with what it shows in words, and the table of its numbers. svg stands by itself."""

    key: str
    title: str
    description: str
    svg: str
    grid: Grid


@dataclass(frozen=True)
class CheckLine:
    """One line of the strip of checks: number, name, how it came out, and where it stands."""

    number: int
    text: str
    status: Status
    status_text: str
    anchor: str


@dataclass(frozen=True)
class Strip:
    """The twelve checks at a glance."""

    title: str
    lines: tuple[CheckLine, ...]


@dataclass(frozen=True)
class Verdicts:
    """The verdict: its sentence, why, and what must also be known."""

    title: str
    sentence: str
    because: str
    cautions: tuple[str, ...]
    key: str


@dataclass(frozen=True)
class RuleLine:
    """One question of the rules with its answer and the figures it was read from."""

    asks: str
    answer: str
    decisive: bool
    figures: tuple[tuple[str, str], ...]
    check: str
    anchor: str


@dataclass(frozen=True)
class RuleList:
    """The questions of the rules, each opening to its figures."""

    lines: tuple[RuleLine, ...]
    decisive_text: str


Block = Heading | Paragraph | Listing | Terms | Grid | Picture | Strip | Verdicts | RuleList


@dataclass(frozen=True)
class Document:
    """A whole report in one language."""

    language: Language
    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    words: dict[str, str] = field(default_factory=dict)

    @property
    def contents(self) -> Iterator[Heading]:
        """The headings that a table of contents lists."""
        return (block for block in self.blocks if isinstance(block, Heading) and block.level == 2)
