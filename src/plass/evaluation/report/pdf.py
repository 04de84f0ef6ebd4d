"""The report as an accessible PDF (PDF/UA-1: tagged, with titles, language and alternative texts), set by Typst."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

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
    import typst

    with tempfile.TemporaryDirectory(prefix="plass-report-") as work:
        compiler = typst.Compiler(str(lay_out(document, Path(work))), root=work)
        pdf = compiler.compile(format="pdf", pdf_standards=["ua-1"])
        assert isinstance(pdf, bytes)
        return pdf


def as_images(document: Document, ppi: float = 70.0) -> list[bytes]:
    """The PDF's pages as PNG, to look at."""
    import typst

    with tempfile.TemporaryDirectory(prefix="plass-report-") as work:
        compiler = typst.Compiler(str(lay_out(document, Path(work))), root=work)
        images = compiler.compile(format="png", ppi=ppi)
        return [images] if isinstance(images, bytes) else list(images or [])


def lay_out(document: Document, folder: Path) -> Path:
    """Write what Typst reads into a folder: the template, the report's content, the pictures. The template's path."""
    blocks = [_plain(block, folder, document.words) for block in document.blocks]
    content = {
        "language": document.language,
        "title": document.title,
        "subtitle": document.subtitle,
        "words": document.words,
        "blocks": blocks,
    }
    (folder / "report.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    template = folder / "report.typ"
    template.write_bytes((files("plass.evaluation") / "report" / "report.typ").read_bytes())
    return template


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
        file = folder / f"{block.key}.svg"
        # Typst has one font of its own; the page's are not there.
        svg = re.sub(r'font-family="[^"]*"', 'font-family="Libertinus Serif"', block.svg)
        file.write_text(svg, encoding="utf-8")
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
