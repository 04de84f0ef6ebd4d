"""A room's SQL names only what lower rooms make, as its imports do: in ``sql/``, ``derived_sql()`` and its policies."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from django.apps import apps

from plass.db import row_policies

ROOT = Path(__file__).parents[2]
OPEN = "whether a case is open, and since when, is kept there alone"
#: What SQL names of a room that it may not import, and why it does. The place is a file, or the policies of a table.
EXCEPTIONS: Mapping[str, tuple[set[str], str]] = {
    "accounts/40_approvals.sql": (
        {"cases_case", "cases_participant"},
        "whoever answers a request is told how many open cases the person has: one number, asked here alone",
    ),
    "cases/20_access.sql": ({"milestone_cache"}, OPEN),
    "cases/50_seen_by_nobody.sql": ({"milestone_cache"}, OPEN),
    "rights/10_rights.sql": ({"milestone_cache"}, OPEN),
    "cases/40_duplicates.sql": (
        {"followup_contact", "milestone_cache", "retention_hold", "retention_notice"},
        "a join is one function that locks and moves all of a participant; and who has met the participant is more than a "
        "referral",
    ),
    "policies of access_accesslogentry": (
        {
            "access_participant",
            "oversight_always_covers",
            "oversight_am_near",
            "oversight_cases",
            "oversight_covers",
            "oversight_ties",
        },
        "the participant reads who looked, and those who look into a finding read its lines: higher rooms say what one is",
    ),
    "policies of access_change": (
        {"rights_accounts"},
        "the history of an account is read by those who see the account",
    ),
    "policies of accounts_approvalrequest": (
        {"oversight_covers"},
        "those who look into a finding read the request that it is about",
    ),
    "policies of employers_contactperson": (
        {"rights_contact_persons"},
        "a contact person with an account sees themselves",
    ),
    "policies of employers_employer": ({"rights_employer"}, "a contact person with an account sees their employer"),
    "policies of organisation_absence": ({"access_led_people"}, "whoever leads somebody says when they are away"),
    "policies of organisation_user": (
        {"rights_accounts"},
        "an account of a participant or contact person is seen by those who see the person",
    ),
    "policies of profiles_profile": ({"rights_own_cases"}, "the participant writes a version too"),
}
#: Tables that no model declares, and whose they are; all others of ``row_policies.OTHERS`` are another package's.
OTHERS = {"milestone_cache": "milestones", "milestone_refresh_queue": "milestones", "access_state": "access"}
MADE = re.compile(r"CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE|VIEW) (\w+)")


def room_layers() -> dict[str, int]:
    """How high each room stands, by the contract that its imports keep; those beside each other may not name each other."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    return {
        room.strip().removeprefix("plass."): -depth for depth, layer in enumerate(layers) for room in layer.split("|")
    }


def words_of_every_policy() -> set[str]:
    """The functions by which ``row_policies`` lets every room ask who acts and what they see; access and cases make them."""
    source = Path(row_policies.__file__).read_text(encoding="utf-8")
    return set(re.findall(r"\b(access_\w+)\(", source)) | {"access_cases", "access_participants"}


def sql_files() -> dict[str, tuple[str, str]]:
    """(the room, its SQL) by the name of the file."""
    return {name: (name.partition("/")[0], text) for name, text in row_policies.sql_files()}


def policies() -> dict[str, tuple[str, str]]:
    """(the room, the conditions of its table's policies) by a name for the place."""
    declared = row_policies.declared()
    texts = {}
    for model in apps.get_models(include_auto_created=True):
        rows = declared.get(model._meta.db_table)
        if rows is not None and model._meta.app_label in room_layers():
            conditions = " ".join(str(condition) for condition in (rows.select, rows.insert, rows.update, rows.delete))
            for seen in (row_policies.SEES_CASE, row_policies.SEES_PARTICIPANT):
                conditions = conditions.replace(seen, "")
            texts[f"policies of {model._meta.db_table}"] = (model._meta.app_label, conditions)
    return texts


def made_by() -> dict[str, str]:
    """Every table, view and function, and the room that makes it."""
    owners = dict(OTHERS)
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in room_layers():
            owners[model._meta.db_table] = model._meta.app_label
    return owners | {name: room for room, text in sql_files().values() for name in MADE.findall(text)}


def named_above(places: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """(place, what it names, whose that is) wherever that room may not be imported there."""
    height, owners, words = room_layers(), made_by(), words_of_every_policy()
    for place, (room, text) in places.items():
        for name in sorted(set(re.findall(r"\w+", re.sub(r"--[^\n]*", "", text))) & owners.keys()):
            if owners[name] != room and height[owners[name]] >= height[room] and name not in words:
                yield place, name, owners[name]


def test_sql_names_only_what_lower_rooms_make() -> None:
    names_above = list(named_above(sql_files() | policies()))
    new = [
        f"{place} names {name}, which {room} makes, and may not know of it: let {room} do it, or say in EXCEPTIONS why not"
        for place, name, room in names_above
        if name not in EXCEPTIONS.get(place, (set(), ""))[0]
    ]
    assert not new, "\n".join(new)


def test_every_exception_is_needed() -> None:
    names_above = {(place, name) for place, name, _room in named_above(sql_files() | policies())}
    listed = {(place, name) for place, (names, _reason) in EXCEPTIONS.items() for name in names}
    assert listed - names_above == set(), "not needed any more: take it out of EXCEPTIONS"


@pytest.mark.parametrize(
    ("room", "text", "named"),
    [
        ("plan", "SELECT FROM followup_meeting", "followup_meeting"),
        ("cases", "SELECT rights_own_cases()", "rights_own_cases"),
        ("access", "SELECT FROM milestone_cache", "milestone_cache"),
        ("followup", "SELECT FROM cases_case -- and not rights_comment", None),
        ("organisation", "SELECT access_user()", None),
    ],
)
def test_what_stands_above_or_beside_is_found(room, text, named) -> None:
    assert [name for _place, name, _room in named_above({"x": (room, text)})] == ([named] if named else [])
