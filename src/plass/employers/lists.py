"""The list of employers, as everybody who works here sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from plass.ui.listing import Asked, Column, Filter, Listing, Offered, Words

from . import queries
from .models import Employer


def _recorded(key: str, label: Words, values: Callable[[], list[str]]) -> Filter:
    """A filter on the values recorded in a column; the value in the address is offered too."""

    def offers(asked: Asked) -> list[Offered]:
        values_in_use, chosen = values(), asked[key]
        return [
            Offered(value, value)
            for value in (values_in_use if chosen in ("", *values_in_use) else [*values_in_use, chosen])
        ]

    return Filter(
        key=key,
        label=label,
        offers=offers,
        narrow=lambda rows, value, asked: rows.filter(**{key: value}),
    )


def _called(rows: QuerySet[Employer], text: str, _asked: Asked) -> Any:
    condition = queries.found_by(text)
    return rows.none() if condition is None else rows.filter(condition)


EMPLOYERS = Listing(
    name="employers",
    title=_("Employers"),
    sort="name",
    own_filters=(
        Filter(key="q", label=_("Name or organisation number"), narrow=_called),
        _recorded("industry", _("Industry"), queries.industries),
        _recorded("place", _("Place"), queries.places),
    ),
    columns=(
        Column(key="name", label=_("Name"), sort="name", order=("sort_name",), names_the_row=True),
        Column(
            key="place",
            label=_("Place"),
            sort="place",
            order=("place", "sort_name"),
            labelled=False,
        ),
        Column(
            key="industry",
            label=_("Industry"),
            sort="industry",
            order=("industry", "sort_name"),
            labelled=False,
        ),
        Column(key="phone", label=_("Phone"), labelled=False),
        Column(key="number_shown", label=_("Organisation number"), labelled=False, css="p-number p-nowrap"),
    ),
)


def employers(asked: Asked) -> QuerySet[Employer]:
    """The employers that are asked for, in their order."""
    rows: QuerySet[Employer] = EMPLOYERS.ordered(EMPLOYERS.narrowed(Employer.objects.all(), asked), asked)
    return rows
