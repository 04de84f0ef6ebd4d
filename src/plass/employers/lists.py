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
    """The filter by what employers are recorded with in a column; what an address says is offered too."""

    def offers(asked: Asked) -> list[Offered]:
        known, chosen = values(), asked[key]
        return [Offered(value, value) for value in (known if chosen in ("", *known) else [*known, chosen])]

    return Filter(
        key=key,
        label=label,
        offers=offers,
        narrow=lambda found, value, asked: found.filter(**{key: value}),
    )


def _called(found: QuerySet[Employer], text: str, _asked: Asked) -> Any:
    condition = queries.found_by(text)
    return found.none() if condition is None else found.filter(condition)


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
    found: QuerySet[Employer] = EMPLOYERS.ordered(EMPLOYERS.narrowed(Employer.objects.all(), asked), asked)
    return found
