"""The list of accounts of those who work here, as an administrator sees it."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from plass.organisation.models import Membership, Office, Role, User
from plass.organisation.sorting import alphabetically, containing
from plass.ui.listing import Asked, Column, Filter, Listing, Offered

from . import queries
from .forms import roles

STATES = {"": _("in use"), "ended": _("ended"), "all": _("all")}


def _called(users: QuerySet[User], text: str, _asked: Asked) -> QuerySet[User]:
    return containing(users, text, "given_name", "family_name", "username", "email")


def _with_a_role(users: QuerySet[User], _value: Any, asked: Asked) -> QuerySet[User]:
    """Those who have the role today at the office, where both are asked for: one role of theirs is both."""
    about = {key: asked[key] for key in ("office", "role") if asked[key]}
    return users.filter(Exists(Membership.objects.filter(queries.today(), user=OuterRef("pk"), **about)))


def _office(text: str, _asked: Asked) -> int | str:
    is_number = text.isascii() and text.isdigit() and len(text) < 16
    return int(text) if is_number and Office.objects.filter(pk=int(text)).exists() else ""


def _in_use(users: QuerySet[User], state: str, asked: Asked) -> QuerySet[User]:
    if state == "all":
        return users
    ended = Q(ended_on__lt=asked.today)
    return users.filter(ended) if state == "ended" else users.filter(Q(ended_on=None) | Q(ended_on__gte=asked.today))


ACCOUNTS = Listing(
    name="accounts",
    title=_("Accounts"),
    own_filters=(
        Filter(key="q", label=_("Name, user name or e-mail"), narrow=_called),
        Filter(
            key="office",
            label=_("Office"),
            offers=lambda asked: [
                Offered(office.pk, str(office)) for office in Office.objects.order_by(alphabetically())
            ],
            read=_office,
            narrow=_with_a_role,
        ),
        Filter(
            key="role",
            label=_("Role"),
            offers=lambda asked: [Offered(value, label) for value, label in roles()],
            read=lambda text, asked: text if text in Role.values else "",
            narrow=_with_a_role,
        ),
        Filter(
            key="state",
            label=_("Accounts"),
            offers=lambda asked: [Offered(value, label) for value, label in STATES.items() if value],
            unset=STATES[""],
            read=lambda text, asked: text if text in STATES else "",
            narrow=_in_use,
            narrows_always=True,
        ),
    ),
    columns=(
        Column(key="name", label=_("Name"), names_the_row=True),
        Column(key="username", label=_("User name"), labelled=False),
        Column(
            key="roles",
            label=_("Roles today"),
            value=lambda account: [
                (held.get_role_display(), queries.where(held)) for held in queries.held_now(account)
            ],
            labelled=False,
        ),
        Column(key="ended_on", label=_("Account"), labelled=False),
    ),
)
