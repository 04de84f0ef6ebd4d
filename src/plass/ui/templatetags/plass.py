"""Template tags and filters of the house; builtins, so no page needs to load them."""

from __future__ import annotations

import datetime
import decimal
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField, Form
from django.http import QueryDict
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from plass.ui import forms as ui_forms
from plass.ui import icons

register = template.Library()


@register.simple_tag
def icon(name: str, title: str = "") -> SafeString:
    """``{% icon "Calendar" %}``: an icon as large as the text. With ``title`` it speaks, without it is decoration."""
    return icons.icon(str(name), str(title))


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
