"""The history of who changed the organisation: accounts, roles, places, links, cover, employers.

For those who answer for it. Row-level security says which lines: an administrator's are those of organisation and accounts,
a supervisor's those about the people they lead, and of the employers, which all who work here share. What was changed about
a participant stands at the case (``case_history``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Field, ForeignKey, Model
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plass.access.models import Change
from plass.db import database
from plass.organisation.models import User
from plass.ui.listing import Column, Listing

PER_PAGE = 50
#: A page so far back that nobody leafs to it.
LAST_PAGE = 2000

#: What a line is about, by table. What has no word here is not shown.
ABOUT: dict[str, str | Promise] = {
    "organisation_county": gettext_lazy("County"),
    "organisation_office": gettext_lazy("Office"),
    "organisation_team": gettext_lazy("Team"),
    "organisation_user": gettext_lazy("Account"),
    "organisation_membership": gettext_lazy("Role"),
    "organisation_grouprole": gettext_lazy("Role that follows a group"),
    "organisation_absence": gettext_lazy("Absence"),
    "accounts_link": gettext_lazy("Link to log in"),
    "accounts_approvalrequest": gettext_lazy("Asked for and answered"),
    "accounts_subject": gettext_lazy("Login service"),
    "accounts_passkey": gettext_lazy("Passkey"),
    "accounts_firstlogin": gettext_lazy("First login through the login service"),
    "access_conflictofinterest": gettext_lazy("Close to somebody"),
    "employers_employer": gettext_lazy("Employer"),
    "employers_contactperson": gettext_lazy("Contact person"),
}
DONE: dict[str, str | Promise] = {
    "insert": gettext_lazy("added"),
    "update": gettext_lazy("changed"),
    "delete": gettext_lazy("removed"),
}
#: Columns that have no name in words of their own.
CALLED: dict[str, str | Promise] = {
    "answered_at": gettext_lazy("answered"),
    "answered_by_id": gettext_lazy("answered by"),
    "asked_at": gettext_lazy("asked"),
    "bound_at": gettext_lazy("bound"),
    "claim": gettext_lazy("kind of identifier"),
    "declared_at": gettext_lazy("said"),
    "expires_at": gettext_lazy("lasts until"),
    "full_name": gettext_lazy("name there"),
    "issuer": gettext_lazy("login service"),
    "login_name": gettext_lazy("user name there"),
    "made_at": gettext_lazy("made"),
    "outcome": gettext_lazy("answer"),
    "purpose": gettext_lazy("what for"),
    "recorded_at": gettext_lazy("recorded"),
    "recorded_by_id": gettext_lazy("recorded by"),
    "subject": gettext_lazy("who there"),
    "used_at": gettext_lazy("used"),
}
#: Nothing a person reads: keys, and what only the program uses.
UNSAID = frozenset(
    {
        *("id", "user_id", "version", "password", "token_hash", "identity_hash", "made_by_id"),
        *("sort_name", "search_name"),
        *("last_asked_at", "link_id", "first_login_id", "nonce"),
        *("credential_id", "public_key", "sign_count", "last_asked", "last_used_at"),
    }
)

HISTORY = Listing(
    name="history",
    title=gettext_lazy("What was changed here"),
    columns=(
        Column(key="at", label=gettext_lazy("When"), names_the_row=True),
        Column(key="what", label=gettext_lazy("What")),
        Column(key="columns", label=gettext_lazy("Before and after")),
        Column(key="who", label=gettext_lazy("Who")),
    ),
)


@dataclass(frozen=True)
class ChangeText:
    """A line of the history in words; ``columns`` are (name, old value, new value)."""

    at: Any
    who: str
    about: str | Promise
    name: str
    done: str | Promise
    columns: list[tuple[str, str, str]]


def lines(start: int, most: int, *, with_employers: bool) -> list[Change]:
    """The lines the acting user may read about places and staff; participants and employers have accounts too, not here."""
    audiences = ["organisation", "tie", *(["staff"] if with_employers else [])]
    changes = Change.objects.filter(audience__in=audiences, table__in=ABOUT)
    return list(changes.order_by("-at", "-pk")[start : start + most])


def texts(changes: list[Change]) -> list[ChangeText]:
    """Lines in words; the names of people and places are read once for all of them."""
    models = {model._meta.db_table: model for model in apps.get_models()}
    names = _names(changes, models)
    result = []
    for change in changes:
        fields = {str(field.column): field for field in models[change.table]._meta.concrete_fields}
        columns = [
            (
                capfirst(str(CALLED.get(column) or (fields[column].verbose_name if column in fields else column))),
                _value_text((change.old or {}).get(column), fields.get(column), names),
                _value_text((change.new or {}).get(column), fields.get(column), names),
            )
            for column in sorted({*(change.old or {}), *(change.new or {})} - UNSAID)
            if (change.old or {}).get(column) or (change.new or {}).get(column)
        ]
        if not columns and "password" in {*(change.old or {}), *(change.new or {})}:
            columns = [(_("Password"), "***", "***")]
        about = names.get((User, change.about_user or 0), "")
        own = (change.new or {}).get("name") or names.get((models[change.table], change.row), "")
        result.append(
            ChangeText(
                at=change.at,
                # A stopped passkey, or a first login: nobody acts, and it was no hand on the database either.
                who=names.get((User, change.who or 0), "")
                or (_("the program") if change.db_role == database.WEB else ""),
                about=ABOUT[change.table],
                name=about or str(own or change.row),
                done=DONE.get(change.operation, change.operation),
                columns=columns,
            )
        )
    return result


def _names(changes: list[Change], models: dict[str, type[Model]]) -> dict[tuple[type[Model], int], str]:
    keys_by_model: dict[type[Model], set[int]] = {User: set()}
    for change in changes:
        keys_by_model[User] |= {number for number in (change.who, change.about_user) if number}
        model = models[change.table]
        keys_by_model.setdefault(model, set())
        if change.about_user is None:
            keys_by_model[model].add(change.row)
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey):
                to: Any = field.related_model
                values = {(side or {}).get(field.column) for side in (change.old, change.new)}
                keys_by_model.setdefault(to, set()).update(int(value) for value in values if value)
    return {
        (model, thing.pk): thing.name
        for model, keys in keys_by_model.items()
        if keys and (model is User or hasattr(model, "name"))
        for thing in model._default_manager.filter(pk__in=keys)
        if hasattr(thing, "name")
    }


def _value_text(value: Any, field: Field[Any, Any] | None, names: dict[tuple[type[Model], int], str]) -> str:
    if value in (None, ""):
        return "–"
    if isinstance(field, ForeignKey):
        to: Any = field.related_model
        return names.get((to, int(value)), str(value))
    kind = field.get_internal_type() if field is not None else ""
    if kind == "DateField" and (on := parse_date(str(value))):
        return date_format(on, "DATE_FORMAT")
    if kind == "DateTimeField" and (at := parse_datetime(str(value))):
        return timezone.localtime(at).strftime("%d.%m.%Y %H:%M")
    return str(dict(field.flatchoices).get(value, value)) if field is not None else str(value)
