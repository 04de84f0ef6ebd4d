"""The report as an accessible PDF (PDF/UA-1: tagged, with titles, language and alternative texts), set by Typst."""

from __future__ import annotations

import re
import tempfile
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from plass import pdf
from plass.evaluation.report.blocks import (
    Block,
    Document,
    Grid,
    Heading,
    Listing,
    Paragraph,
    Picture,
    RuleList,
    Strip,
    Terms,
    Verdicts,
)

#: Widths of pictures are given in per cent of the line for a picture this wide.
FULL_WIDTH = 720


def as_pdf(document: Document) -> bytes:
    """The report as PDF/UA-1."""
    with tempfile.TemporaryDirectory(prefix="plass-report-") as work:
        return pdf.compiled(*lay_out(document, Path(work)), root=Path(work))


def as_images(document: Document, ppi: float = 70.0) -> list[bytes]:
    """The PDF's pages as PNG, to look at."""
    with tempfile.TemporaryDirectory(prefix="plass-report-") as work:
        return pdf.pages(*lay_out(document, Path(work)), root=Path(work), ppi=ppi)


def lay_out(document: Document, folder: Path) -> tuple[Path, dict[str, Any]]:
    """Write what Typst reads into a folder: the template and the pictures. The template's path, and what it says."""
    blocks = [_plain(block, folder, document.words) for block in document.blocks]
    template = folder / "report.typ"
    template.write_bytes((files("plass.evaluation") / "report" / "report.typ").read_bytes())
    return template, {
        "language": document.language,
        "title": document.title,
        "subtitle": document.subtitle,
        "words": document.words,
        "blocks": blocks,
    }


def _plain(block: Block, folder: Path, words: dict[str, str]) -> dict[str, Any]:
    kinds = {
        Heading: "heading",
        Paragraph: "paragraph",
        Listing: "listing",
        Terms: "terms",
        Grid: "grid",
        Picture: "picture",
        Strip: "strip",
        Verdicts: "verdict",
        RuleList: "rules",
    }
    fields: dict[str, Any] = {"kind": kinds[type(block)], **asdict(block)}
    if isinstance(block, Picture):
        ending, content = pdf.picture(block.svg)
        file = folder / f"{block.key}.{ending}"
        file.write_bytes(content)
        width = re.search(r'width="([\d.]+)"', block.svg)
        share = 100 * float(width.group(1)) / FULL_WIDTH if width else 100
        fields |= {"file": file.name, "width": min(100, round(share)), "svg": ""}
    if isinstance(block, Strip):
        fields["heads"] = [words["number"], words["check"], words["outcome"]]
    if isinstance(block, RuleList):
        fields["heads"] = [words["question"], words["answer"], words["figures"]]
        for line in fields["lines"]:
            line["figures"] = "; ".join(f"{name}: {value}" for name, value in line["figures"])
    return fields
