"""The report as one page that needs nothing beside it: no script, no outside resource, a table beside every picture."""

from __future__ import annotations

from html import escape
from importlib.resources import files

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

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def as_html(document: Document) -> str:
    """The whole page."""
    style = (files("plass.evaluation") / "report" / "page.css").read_text(encoding="utf-8")
    words = document.words
    contents = "".join(
        f'<li><a href="#{heading.anchor}">{escape(heading.text)}</a></li>' for heading in document.contents
    )
    body = "\n".join(_block(block, words) for block in document.blocks)
    question = f'<p class="question">{escape(document.subtitle)}</p>' if document.subtitle else ""
    return (
        f'<!doctype html>\n<html lang="{document.language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{escape(document.title)} – {escape(words['report'])}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<a class="skip" href="#report">{escape(words["skip"])}</a>\n'
        f'<header class="top" id="top"><div><p class="kind">{escape(words["report"])} · Plass</p>'
        f"<h1>{escape(document.title)}</h1>{question}</div></header>\n"
        f'<main id="report">\n<nav class="contents" aria-label="{escape(words["contents"])}"><ul>{contents}</ul></nav>\n'
        f'{body}\n</main>\n<footer><a href="#top">{escape(words["to_top"])}</a></footer>\n</body>\n</html>\n'
    )


def _block(block: Block, words: dict[str, str]) -> str:
    if isinstance(block, Heading):
        status = f' <span class="status {block.status}">{escape(block.status_text)}</span>' if block.status else ""
        return f'<h{block.level} id="{block.anchor}">{escape(block.text)}{status}</h{block.level}>'
    if isinstance(block, Paragraph):
        name = "" if block.tone == "plain" else f' class="{block.tone}"'
        return f"<p{name}>{escape(block.text)}</p>"
    if isinstance(block, Listing):
        return f'<ul class="said">{_items(block.items)}</ul>' if block.items else ""
    if isinstance(block, Terms):
        return f"<dl>{_pairs(block.pairs)}</dl>" if block.pairs else ""
    if isinstance(block, Grid):
        return _section(block, words)
    if isinstance(block, Picture):
        return (
            f"<figure><figcaption><strong>{escape(block.title)}</strong><span>{escape(block.description)}</span>"
            f'</figcaption><div class="scroll" tabindex="0" role="group" aria-label="{escape(block.title)}">{block.svg}'
            f"</div>{_folded(block.grid, words)}</figure>"
        )
    if isinstance(block, Strip):
        lines = "".join(
            f'<li><a href="#{line.anchor}">{line.number}. {escape(line.text)}</a>'
            f'<span class="status {line.status}">{escape(line.status_text)}</span></li>'
            for line in block.lines
        )
        return f'<div class="strip"><h3>{escape(block.title)}</h3><ol>{lines}</ol></div>'
    if isinstance(block, Verdicts):
        return _verdict(block, words)
    return _rules(block)


def _verdict(block: Verdicts, words: dict[str, str]) -> str:
    cautions = (
        f'<div class="cautions"><p>{escape(words["also"])}</p><ul>{_items(block.cautions)}</ul></div>'
        if block.cautions
        else ""
    )
    return (
        f'<div class="verdict" data-verdict="{block.key}"><h3>{escape(block.title)}</h3>'
        f'<p class="sentence">{escape(block.sentence)}</p><p class="because">{escape(block.because)}</p>{cautions}</div>'
    )


def _rules(block: RuleList) -> str:
    lines = []
    for line in block.lines:
        mark = f" <em>{escape(block.decisive_text)}</em>" if line.decisive else ""
        place = f'<dt><a href="#{line.anchor}">{escape(line.check)}</a></dt><dd></dd>'
        lines.append(
            f'<details class="rule{" decisive" if line.decisive else ""}"><summary>'
            f'<span class="asks">{escape(line.asks)}{mark}</span><span class="answer">{escape(line.answer)}</span></summary>'
            f"<dl>{_pairs(line.figures)}{place}</dl></details>"
        )
    return "".join(lines)


def _section(block: Grid, words: dict[str, str]) -> str:
    if block.folded:
        return f'<section class="grid">{_folded(block, words, block.title)}</section>'
    return f'<section class="grid"><h4>{escape(block.title)}</h4>{_table(block)}</section>'


def _folded(block: Grid, words: dict[str, str], summary: str = "") -> str:
    return f"<details><summary>{escape(summary or words['open_table'])}</summary>{_table(block)}</details>"


def _table(block: Grid) -> str:
    def classed(place: int) -> str:
        return ' class="n"' if block.numeric[place] else ""

    heads = "".join(f'<th scope="col"{classed(i)}>{escape(head)}</th>' for i, head in enumerate(block.heads))
    rows = []
    for row in block.rows:
        first = f'<th scope="row"{classed(0)}>{escape(row[0])}</th>'
        cells = "".join(f"<td{classed(i)}>{escape(cell)}</td>" for i, cell in enumerate(row) if i)
        rows.append(f"<tr>{first}{cells}</tr>")
    note = f'<p class="note">{escape(block.note)}</p>' if block.note else ""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(block.title)}"><table><thead><tr>{heads}</tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table></div>{note}"
    )


def _items(items: tuple[str, ...]) -> str:
    return "".join(f"<li>{escape(item)}</li>" for item in items)


def _pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    return "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
