"""``{% list_table %}``: a list as a table, as its declaration says (``plass.ui.listing``); on a phone each row is a card."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import template
from django.core.exceptions import ImproperlyConfigured
from django.utils.html import conditional_escape, escape, format_html

from plass.ui.listing import Asked, Column, Shown

from .plass import day

register = template.Library()


class CellNode(template.Node):
    """The inside of a column's cells, rendered anew for each ``row``."""

    def __init__(self, key: str, contents: template.NodeList) -> None:
        self.key = key
        self.contents = contents

    def render(self, _context: template.Context) -> str:
        return ""


class TableNode(template.Node):
    """The table of a list: headings, and the rows of the page."""

    HEAD = "ui/list_head.html"

    def __init__(self, shown: template.base.FilterExpression, cells: dict[str, CellNode]) -> None:
        self.shown = shown
        self.cells = cells

    def render(self, context: template.Context) -> str:
        shown: Shown = self.shown.resolve(context)
        known = {column.key for column in shown.asked.listing.columns}
        if unknown := sorted(self.cells.keys() - known):
            raise ImproperlyConfigured(
                f"The list “{shown.asked.listing.name}” has no column “{unknown[0]}”, and its template has a cell for it."
            )
        head = context.template.engine.get_template(self.HEAD).render(context.new({"list": shown}))  # type: ignore[union-attr]
        columns = [(column, self.cells.get(column.key), *_tags(column, shown.asked)) for column in shown.columns]
        html = [f'<table class="p-table" data-stack>{head}<tbody>']
        for row in shown.rows:
            with context.push(row=row):
                html.append("<tr>")
                for column, cell, start, end in columns:
                    inside = cell.contents.render(context) if cell else self._inside(column, row, shown.asked)
                    html += (start, inside, end)
                html.append("</tr>")
        html.append("</tbody></table>")
        return "".join(html)

    @staticmethod
    def _inside(column: Column, row: Any, asked: Asked) -> str:
        value = column.cell(row, asked) if column.cell else column.worth(row)
        if value is None or value == "":
            return format_html('<span class="p-muted">{}</span>', column.nothing) if column.nothing else ""
        return conditional_escape(day(value) if isinstance(value, date) else value)


def _tags(column: Column, asked: Asked) -> tuple[str, str]:
    """What stands before and after a cell of the column."""
    name, attributes = ("th", ' scope="row"') if column.names_the_row else ("td", "")
    if column.says_its_heading:
        attributes += f' data-label="{escape(column.heading(asked))}"'
    attributes += f' class="{column.css}"' if column.css else ""
    attributes += " data-number" if column.is_number else ""
    return f"<{name}{attributes}>", f"</{name}>"


@register.tag
def list_table(parser: template.base.Parser, token: template.base.Token) -> TableNode:
    """``{% list_table people %}…{% endlist_table %}``: the table of a ``Shown``.

    Inside stand the cells that are more than their column's value: ``{% cell place %}<b>{{ row.place }}</b>{% endcell %}``,
    where the page's own variables are there too.
    """
    _tag, shown = token.split_contents()
    contents = parser.parse(("endlist_table",))
    parser.delete_first_token()
    cells = [node for node in contents if isinstance(node, CellNode)]
    return TableNode(parser.compile_filter(shown), {cell.key: cell for cell in cells})


@register.tag
def cell(parser: template.base.Parser, token: template.base.Token) -> CellNode:
    """The inside of a column's cell, in ``{% list_table %}``."""
    _tag, key = token.split_contents()
    contents = parser.parse(("endcell",))
    parser.delete_first_token()
    return CellNode(key, contents)
