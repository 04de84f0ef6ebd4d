"""``{% list_table %}``: a list as a table, as its declaration says (``plass.ui.listing``); on a phone each row is a card."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django import template
from django.core.exceptions import ImproperlyConfigured
from django.utils.html import escape
from django.utils.translation import get_language

from plass.ui.listing import Asked, Column, Shown

from .plass import Stencil, cut, day, escaped

register = template.Library()
#: Adds what stands in a cell of a row to what is said already.
Writer = Callable[[Any, list[str]], None]


class Parts(dict[str, Callable[[Any, Asked], Any]]):
    """The parts of a column, as its cell asks for them."""

    def __init__(self, column: Column, asked: Asked) -> None:
        super().__init__(column.parts)
        self.of = f"The list “{asked.listing.name}”: the cell of “{column.key}”"

    def __missing__(self, name: str) -> Any:
        raise ImproperlyConfigured(f"{self.of} asks for “{name}”, which is not among the column's parts.")


class CellNode(template.Node):
    """The inside of a column's cells: a stencil, or rendered anew for each ``row``."""

    def __init__(self, key: str, inside: Stencil | template.NodeList) -> None:
        self.key = key
        self.inside = inside

    def render(self, _context: template.Context) -> str:
        return ""

    def writer(self, column: Column, asked: Asked, context: template.Context) -> Writer:
        """What adds the inside of a row's cell."""
        inside, parts = self.inside, Parts(column, asked)
        if isinstance(inside, Stencil):
            language, cache = get_language(), inside.kept
            readers = [(parts[name], yes_or_no) for name, yes_or_no in inside.deciding]

            def filled(row: Any, output: list[str]) -> None:
                key = (
                    language,
                    *[bool(read(row, asked)) if yes_or_no else read(row, asked) for read, yes_or_no in readers],
                )
                first, pieces = cache.get(key) or inside.pieces(key, context)
                output.append(first)
                for name, after in pieces:
                    output += (escaped(parts[name](row, asked)), after)

            return filled

        def anew(row: Any, output: list[str]) -> None:
            with context.push(row=row, value=column.value and column.value(row)):
                output.append(inside.render(context))

        return anew


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
        cells = list(self._cells(shown, context))
        output = [f'<table class="p-table" data-stack>{head}<tbody>']
        for row in shown.rows:
            output.append("<tr>")
            for before, write, after in cells:
                output.append(before)
                write(row, output)
                output.append(after)
            output.append("</tr>")
        output.append("</tbody></table>")
        return "".join(output)

    def _cells(self, shown: Shown, context: template.Context) -> Iterator[tuple[str, Writer, str]]:
        """For each column: the HTML before its cells, what writes their inside, and the HTML after."""
        for column in shown.columns:
            name, attributes = ("th", ' scope="row"') if column.names_the_row else ("td", "")
            if column.says_its_heading:
                attributes += f' data-label="{escape(column.heading(shown.asked))}"'
            attributes += f' class="{column.css}"' if column.css else ""
            attributes += " data-number" if column.is_number else ""
            cell = self.cells.get(column.key)
            write = cell.writer(column, shown.asked, context) if cell else _plain(column)
            yield f"<{name}{attributes}>", write, f"</{name}>"


def _plain(column: Column) -> Writer:
    def write(row: Any, output: list[str]) -> None:
        value = column.worth(row)
        if value is None or value == "":
            output.append(column.nothing)
        else:
            output.append(escaped(day(value) if isinstance(value, date) else value))

    return write


@register.tag
def list_table(parser: template.base.Parser, token: template.base.Token) -> TableNode:
    """``{% list_table people %}…{% endlist_table %}``: the table of a ``Shown``.

    Inside stand the cells that are more than their column's value: ``{% cell place %}<b>{{ row.place }}</b>{% endcell %}``,
    where ``value`` is what the column makes of the row and the page's own variables are there too; or for long lists
    ``{% stencil_cell phase tone %}…{{ hole.phase }}…{% endstencil_cell %}``, which is cut once for each of its looks
    (see ``{% stencil %}``) and filled from the column's ``parts``.
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


@register.tag
def stencil_cell(parser: template.base.Parser, token: template.base.Token) -> CellNode:
    """The same, cut once for each of its looks."""
    _tag, key, *attributes = token.split_contents()
    return CellNode(key, cut(parser, "stencil_cell", attributes))
