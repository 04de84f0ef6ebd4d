"""Template tags and filters of the house; builtins, so no page needs to load them."""

from __future__ import annotations

import datetime
import decimal
import html
import re
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, Form
from django.http import QueryDict
from django.template.base import token_kwargs
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.templatetags.static import static as static_url
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from plass.ui import forms as ui_forms
from plass.ui import icons
from plass.ui.addresses import address

register = template.Library()
register.simple_tag(static_url, name="asset")


@register.simple_tag
def icon(name: str, title: str = "") -> SafeString:
    """``{% icon "Calendar" %}``: an icon as large as the text. With ``title`` it speaks, without it is decoration."""
    return icons.icon(str(name), str(title))


class AddressNode(URLNode):
    """``{% url name number … %}`` by ``plass.ui.addresses``; Django's own where there are names or ``as`` in it."""

    def render(self, context: template.Context) -> str:
        if self.kwargs or self.asvar:
            return super().render(context)
        return address(self.view_name.resolve(context), *(argument.resolve(context) for argument in self.args))


@register.tag
def url(parser: template.base.Parser, token: template.base.Token) -> AddressNode:
    """Django's ``{% url %}``, quicker."""
    node = django_url(parser, token)
    return AddressNode(node.view_name, node.args, node.kwargs, node.asvar)


class RememberNode(template.Node):
    """A part of a page that is the same every time for the same language and keys: rendered once, then kept."""

    LIMIT = 500

    def __init__(self, keys: list[template.base.FilterExpression], contents: template.NodeList) -> None:
        self.keys = keys
        self.contents = contents
        self.kept: dict[tuple[Any, ...], str] = {}

    def render(self, context: template.Context) -> str:
        return self.of(tuple(expression.resolve(context) for expression in self.keys), context)

    def of(self, keys: tuple[Any, ...], context: template.Context) -> str:
        """What is kept for these keys; rendered in ``context`` where nothing is."""
        key = (get_language(), *keys)
        rendered = self.kept.get(key)
        if rendered is None:
            if len(self.kept) >= self.LIMIT:
                self.kept.clear()
            rendered = self.kept[key] = self.contents.render(context)
        return rendered


@register.tag
def remember(parser: template.base.Parser, token: template.base.Token) -> RememberNode:
    """``{% remember key … %}…{% endremember %}`` keeps what is inside for each language and each value of the keys.

    For the frame of the pages, where the same words would be looked up thousands of times an hour. Never for anything
    about a person: it stays in the memory of the program.
    """
    keys = [parser.compile_filter(bit) for bit in token.split_contents()[1:]]
    contents = parser.parse(("endremember",))
    parser.delete_first_token()
    return RememberNode(keys, contents)


class NumberedNode(RememberNode):
    """The same for a part that differs by one number beside its keys; inside, nothing else of the page can be said."""

    #: Stands in for the number while the part is rendered; no page has it by itself.
    MARK = 940_000_000_000_004

    def __init__(
        self,
        number: template.base.FilterExpression,
        keys: dict[str, template.base.FilterExpression],
        contents: template.NodeList,
    ) -> None:
        super().__init__(list(keys.values()), contents)
        self.number = number
        self.names = tuple(keys)

    def render(self, context: template.Context) -> str:
        keys = tuple(expression.resolve(context) for expression in self.keys)
        inside = context.new({**dict(zip(self.names, keys, strict=True)), "number": self.MARK})
        return self.of(keys, inside).replace(str(self.MARK), str(int(self.number.resolve(context))))


@register.tag
def numbered(parser: template.base.Parser, token: template.base.Token) -> NumberedNode:
    """``{% numbered case.pk ended=page.has_ended … %}…{% endnumbered %}``: ``remember`` for what also says one number.

    For the links and headings of a case's pages, which are alike but for the case's number. Inside stand ``number`` and
    the keys by their names, and nothing else, so that nothing about a person can be kept by mistake.
    """
    bits = token.split_contents()[1:]
    number, named = parser.compile_filter(bits[0]), bits[1:]
    keys = token_kwargs(named, parser)
    if named:
        raise template.TemplateSyntaxError(f"numbered: {named[0]} has no name; write name={named[0]}")
    contents = parser.parse(("endnumbered",))
    parser.delete_first_token()
    return NumberedNode(number, keys, contents)


class Holes:
    """What a stencil's inside sees as ``hole``: of each name a mark, where the row's value will stand."""

    def __getitem__(self, name: str) -> SafeString:
        return SafeString(f"{Stencil.EDGE}{name}{Stencil.EDGE}")


class Stencil:
    """What is rendered once for each of its looks, with holes that each row's own values go into."""

    LIMIT = RememberNode.LIMIT
    #: Stands around a hole's name while the stencil is rendered. No text of a page has it: the database takes none.
    EDGE = "\0"
    WORD = re.compile(r"[\w-]*", re.ASCII)
    YES_OR_NO = ("is_", "has_")

    def __init__(self, attributes: list[str], contents: template.NodeList) -> None:
        self.deciding = [(name, name.startswith(self.YES_OR_NO)) for name in attributes]
        self.contents = contents
        self.kept: dict[tuple[Any, ...], tuple[str, list[tuple[str, str]]]] = {}

    def pieces(self, key: tuple[Any, ...], context: template.Context) -> tuple[str, list[tuple[str, str]]]:
        """What stands before the first hole; then the name of each hole and what stands after it.

        ``key`` is the language and the looks.
        """
        pieces = self.kept.get(key)
        if pieces is None:
            if len(self.kept) >= self.LIMIT:
                self.kept.clear()
            pieces = self.kept[key] = self._cut(key[1:], context)
        return pieces

    def _cut(self, values: tuple[Any, ...], context: template.Context) -> tuple[str, list[tuple[str, str]]]:
        inside = {name: value for (name, _yes_or_no), value in zip(self.deciding, values, strict=True)}
        for name, value in inside.items():
            if isinstance(value, str) and not self.WORD.fullmatch(value):
                raise ValueError(f"stencil: {name}={value!r} is kept in memory, so it must be a word; make it a hole.")
        first, *parts = self.contents.render(context.new({**inside, "hole": Holes()})).split(self.EDGE)
        return first, list(zip(parts[::2], parts[1::2], strict=True))


def escaped(value: Any) -> str:
    """A value as a page shows it."""
    return str(value.__html__()) if hasattr(value, "__html__") else html.escape(str(value))


class StencilNode(template.Node):
    """A row of a list, filled in from its attributes."""

    def __init__(self, row: template.base.FilterExpression, stencil: Stencil) -> None:
        self.row = row
        self.stencil = stencil

    def render(self, context: template.Context) -> str:
        row = self.row.resolve(context)
        key = (
            get_language(),
            *[
                bool(getattr(row, name)) if yes_or_no else getattr(row, name)
                for name, yes_or_no in self.stencil.deciding
            ],
        )
        first, pieces = self.stencil.pieces(key, context)
        parts = [first]
        for name, after in pieces:
            parts += (escaped(getattr(row, name)), after)
        return "".join(parts)


#: What cannot be asked of a hole, for it is the same in every row while the stencil is made: a filter's answer, a condition.
_ASKED_OF_A_HOLE = re.compile(r"\bhole\.\w+\s*\||^(?:if|elif|for|url|with)\b.*\bhole\.")


@register.tag
def stencil(parser: template.base.Parser, token: template.base.Token) -> StencilNode:
    """``{% stencil line icon is_late … %}…{{ hole.name }}…{% endstencil %}``: a row of a long list.

    Inside stand those attributes of ``line`` that decide its looks (``icon``, ``is_late``), and ``hole.x`` wherever
    ``line.x`` is to be put in, escaped like any value; nothing else of the page. The inside is rendered once for each
    language and each look, so a list of fifty rows costs little more than its words. Looks called ``is_…`` and ``has_…``
    are yes or no, and one that is text must be a word, so that nothing about a person is kept by mistake.
    """
    _tag, row, *attributes = token.split_contents()
    return StencilNode(parser.compile_filter(row), cut(parser, "stencil", attributes))


def cut(parser: template.base.Parser, tag: str, attributes: list[str]) -> Stencil:
    """The stencil that stands between ``tag`` and its end."""
    if wrong := [name for name in attributes if not name.isidentifier()]:
        raise template.TemplateSyntaxError(f"{tag}: {wrong[0]} is not the name of an attribute.")
    ahead: template.base.Token
    for ahead in reversed(parser.tokens):  # type: ignore[assignment]  # the stubs do not know that they are tokens
        if ahead.contents == f"end{tag}":
            break
        if ahead.token_type != template.base.TokenType.TEXT and _ASKED_OF_A_HOLE.search(ahead.contents):
            raise template.TemplateSyntaxError(f"{tag}: a hole has no value yet in “{ahead.contents}”; ask a look.")
    contents = parser.parse((f"end{tag}",))
    parser.delete_first_token()
    return Stencil(attributes, contents)


@register.simple_tag
def control(field: BoundField, size: str = "small") -> SafeString:
    """The field's input as Aksel draws it (without its label): see ``plass.ui.forms.control``."""
    return ui_forms.control(field, size)


@register.filter
def kind(field: BoundField) -> str:
    """How a field is drawn: "text", "select", "textarea", "checkbox", "group" or "file"."""
    return ui_forms.kind(field)


@register.filter
def error_links(form: Form) -> list[tuple[str, str]]:
    """For the error summary: (id of the field or "", message) for every error of the form, in the fields' order."""
    return ui_forms.error_links(form)


@register.filter
def nearby(value: datetime.date | None, today: datetime.date | None = None) -> str:
    """A date in relation to today: "today", "tomorrow", "3 days ago", "in 5 days"; further off the date itself."""
    if not value:
        return ""
    day = timezone.localtime(value).date() if isinstance(value, datetime.datetime) else value
    days = (day - (today or timezone.localdate())).days
    return _within_two_weeks(days, get_language()) if -14 <= days <= 14 else written(day, "SHORT_DATE_FORMAT")


@lru_cache(maxsize=100)
def _within_two_weeks(days: int, language: str | None) -> str:
    if days == 0:
        return _("today")
    if abs(days) == 1:
        return _("tomorrow") if days > 0 else _("yesterday")
    if days > 0:
        return ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}
    return ngettext("%(days)d day ago", "%(days)d days ago", -days) % {"days": -days}


def written(day: datetime.date, form: str) -> str:
    """A day by one of Django's named forms ("DATE_FORMAT") in the reader's language; the same days stand on every page."""
    return _written(day, form, get_language())


@lru_cache(maxsize=20_000)
def _written(day: datetime.date, form: str, language: str | None) -> str:
    return formats.date_format(day, form)


@register.filter
def month_day(value: datetime.date) -> str:
    """A date without its year, where the year is said above it."""
    return written(value, "MONTH_DAY_FORMAT")


@register.filter
def month(value: datetime.date) -> str:
    """The month of a date, as a heading above what lies in it: November 2026."""
    return capfirst(written(value, "YEAR_MONTH_FORMAT"))


@register.filter
def day(value: datetime.date | None) -> SafeString | str:
    """A date as 23.11.2026 in a <time> element that machines can read too."""
    if not value:
        return ""
    local = timezone.localtime(value).date() if isinstance(value, datetime.datetime) else value
    return _dated(local, get_language())


@lru_cache(maxsize=20_000)
def _dated(day: datetime.date, language: str | None) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', day.isoformat(), written(day, "SHORT_DATE_FORMAT"))


@register.filter
def minutes(value: int | None) -> str:
    """A duration in minutes as people say it: 45 min, 1 h 30 min."""
    return "" if value is None else _minutes(int(value), get_language())


@lru_cache(maxsize=1000)
def _minutes(value: int, language: str | None) -> str:
    hours, rest_minutes = divmod(value, 60)
    parts = [_("%(hours)d h") % {"hours": hours}] if hours else []
    if rest_minutes or not hours:
        parts.append(_("%(minutes)d min") % {"minutes": rest_minutes})
    return " ".join(parts)


@register.filter
def localize_number(value: Any) -> Any:
    """A number as the language writes it (1 234,5); anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float | decimal.Decimal):
        return value
    return formats.number_format(value, use_l10n=True, force_grouping=True)


@register.filter
def page_numbers(page: Any) -> list[Any]:
    """Numbers to show in the pager: first, last, those around the current one, and an ellipsis between."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@register.simple_tag(takes_context=True)
def page_link(context: template.Context, parameter: str, value: Any) -> str:
    """This page's address with ``parameter`` set to ``value`` and the filters kept; a new order starts at page one."""
    request = context.get("request")
    query = request.GET.copy() if request else QueryDict(mutable=True)
    query[parameter] = str(value)
    if parameter != "page":
        query.pop("page", None)
    return "?" + query.urlencode()
