"""``{% stencil %}``: a row of a long list, rendered once for each of its variants and then filled in.

The one tag that is there for speed: rendering fifty rows of a list node by node is most of what its page takes (see
docs/decisions/0173-beyond-ordinary-django.md for what it buys).
"""

from __future__ import annotations

import html
import re
from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

#: Stands around the name of a hole while the stencil is rendered. No text of a page has it: the database takes none.
EDGE = "\0"
#: What cannot be asked of a hole, which has no value while the stencil is rendered: a filter, a condition.
ASKED_OF_A_HOLE = re.compile(r"\bhole\.\w+\s*\||^(?:if|elif|for|url|with)\b.*\bhole\.")


class Holes:
    """What ``hole`` is inside: of each name a mark, where the row's value will stand."""

    def __getitem__(self, name: str) -> SafeString:
        return SafeString(f"{EDGE}{name}{EDGE}")


class StencilNode(template.Node):
    """A row of a list, filled in from its attributes."""

    #: Variants kept in memory; there are a handful of each stencil.
    LIMIT = 500
    WORD = re.compile(r"[\w-]*", re.ASCII)
    YES_OR_NO = ("is_", "has_", "may_")

    def __init__(self, row: template.base.FilterExpression, variant: list[str], contents: template.NodeList) -> None:
        self.row = row
        self.variant = [(name, name.startswith(self.YES_OR_NO)) for name in variant]
        self.contents = contents
        self.rendered: dict[tuple[Any, ...], tuple[str, list[tuple[str, str]]]] = {}

    def render(self, context: template.Context) -> str:
        row = self.row.resolve(context)
        values = [bool(getattr(row, name)) if yes_or_no else getattr(row, name) for name, yes_or_no in self.variant]
        key = (get_language(), *values)
        start, holes = self.rendered.get(key) or self._render_variant(key, context)
        parts = [start]
        for name, text in holes:
            parts += (escaped(getattr(row, name)), text)
        return "".join(parts)

    def _render_variant(self, key: tuple[Any, ...], context: template.Context) -> tuple[str, list[tuple[str, str]]]:
        """What stands before the first hole; then the name of each hole and what stands after it."""
        inside = {name: value for (name, _yes_or_no), value in zip(self.variant, key[1:], strict=True)}
        for name, value in inside.items():
            if isinstance(value, str) and not self.WORD.fullmatch(value):
                raise ValueError(f"stencil: {name}={value!r} is kept in memory, so it must be a word; make it a hole.")
        text = self.contents.render(context.new({**inside, "hole": Holes()}))
        start, *rest = text.split(EDGE)
        if len(self.rendered) >= self.LIMIT:
            self.rendered.clear()
        self.rendered[key] = start, list(zip(rest[::2], rest[1::2], strict=True))
        return self.rendered[key]


def escaped(value: Any) -> str:
    """A value as a page shows it."""
    return str(value.__html__()) if hasattr(value, "__html__") else html.escape(str(value))


@register.tag
def stencil(parser: template.base.Parser, token: template.base.Token) -> StencilNode:
    """``{% stencil row icon is_late … %}…{{ hole.name }}…{% endstencil %}``: a row of a long list.

    The attributes named in the tag decide the variant: inside they stand by their names (``{% if is_late %}``). Any other
    attribute stands as ``hole.name`` where its value is to be put in, escaped like any value. Nothing else of the page is
    seen inside. Each variant is rendered once for each language. Attributes ``is_…``, ``has_…`` and ``may_…`` are yes or no,
    and one that is text must be a word, so that nothing about a person is kept in memory by mistake.
    """
    _tag, row, *variant = token.split_contents()
    if wrong := [name for name in variant if not name.isidentifier()]:
        raise template.TemplateSyntaxError(f"stencil: {wrong[0]} is not the name of an attribute.")
    ahead: template.base.Token
    for ahead in reversed(parser.tokens):  # type: ignore[assignment]  # the stubs do not know that they are tokens
        if ahead.contents == "endstencil":
            break
        if ahead.token_type != template.base.TokenType.TEXT and ASKED_OF_A_HOLE.search(ahead.contents):
            raise template.TemplateSyntaxError(
                f"stencil: a hole has no value yet in “{ahead.contents}”; name it in the tag."
            )
    contents = parser.parse(("endstencil",))
    parser.delete_first_token()
    return StencilNode(parser.compile_filter(row), variant, contents)
