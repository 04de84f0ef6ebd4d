"""Every address of the URL resolver, by GET and POST, by ten roles and strangers, at participants in five relations.

Each address is classified below: who gets in. An address that is not fails. Whoever may not gets what does not exist
(404), and nothing they are shown names somebody they may not know of; nobody but those it was given to ever sees a trace
of the shielded participant, in no page, list, search, count, file, error or log.
"""

from __future__ import annotations

import copy
import inspect
import itertools
import logging
import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from plass.access import idempotency
from plass.access.current_user import set_current_user
from plass.access.rules import Level
from tests.house.everybody import CANARY, NAMES, RELATIONS, ROLES, Everybody

STRANGER = "stranger"
WORK_WITH_PEOPLE = {"specialist", "supervisor", "counsellor"}

#: Who opens a case in which relation, on the pages of those who work here (reference: access and trust).
MAY = {
    "specialist": {"own", "team"},
    "supervisor": {"own", "team"},
    "counsellor": {"own"},
    "participant": {"own"},
}
#: What they may do there.
LEVELS = {
    ("specialist", "own"): Level.DECIDE,
    ("specialist", "team"): Level.RECORD,
    ("supervisor", "own"): Level.DECIDE,
    ("supervisor", "team"): Level.DECIDE,
    ("counsellor", "own"): Level.DECIDE,
}


@dataclass(frozen=True)
class Of:
    """Who gets in: roles, and for a case the relations in which they do. ``open``: everybody, also strangers.

    ``needs`` is what one must be allowed to do at the case to be shown the page, or to act there.
    """

    roles: frozenset[str] = frozenset()
    at_a_case: bool = False
    open: bool = False
    needs: Level = Level.READ

    def lets_in(self, role: str, relation: str) -> bool:
        """Whether somebody in ``role`` gets in at a participant in ``relation``."""
        if self.open:
            return True
        return (
            role in self.roles and (not self.at_a_case or self.sees(role, relation)) and not self.lacks(role, relation)
        )

    def sees(self, role: str, relation: str) -> bool:
        """Whether somebody in ``role`` sees the case of a participant in ``relation``."""
        return relation in MAY.get(role, set())

    def lacks(self, role: str, relation: str) -> bool:
        """Whether they see the case, and may not do there what the page is for."""
        level = LEVELS.get((role, relation))
        return self.at_a_case and level is not None and level < self.needs


def roles(*names: str) -> Of:
    return Of(frozenset(names))


def case(needs: Level, *roles: str) -> Of:
    return Of(frozenset(roles or WORK_WITH_PEOPLE), at_a_case=True, needs=needs)


CASE = case(Level.READ)
OPEN = Of(open=True)
LOGGED_IN = roles(*ROLES)
ADMINISTRATOR = roles("administrator")
STAFF = roles(*(role for role in ROLES if role not in {"participant", "employer"}))
IN_A_TEAM = roles("specialist", "supervisor")
#: Numbers that belong to one of those who ask are given to nobody here; the rooms' own tests open them for their owner.
NOBODY = roles()

#: A participant's own page about one fact of their case.
OWN_FACT = Of(frozenset({"participant"}), at_a_case=True)

WHO: dict[str, Of] = {
    # Say yes or no to whatever watches the program (tests/config/test_health.py).
    "live": OPEN,
    "ready": OPEN,
    "working": OPEN,
    "accounts:home": OPEN,
    "accounts:login": OPEN,
    "accounts:code": OPEN,
    "accounts:first_code": OPEN,
    "accounts:oidc": OPEN,
    "accounts:oidc_back": OPEN,
    "accounts:oidc_logged_out": OPEN,
    "accounts:logout": OPEN,
    "accounts:farewell": OPEN,
    "accounts:link": OPEN,
    "accounts:personas": OPEN,
    "accounts:account": LOGGED_IN,
    "accounts:approvals": STAFF,
    # Whoever may answer, or is concerned: tests/attacks opens them for each.
    "accounts:approval": NOBODY,
    "accounts:prove_request": NOBODY,
    "accounts:stop_request": NOBODY,
    "accounts:password": LOGGED_IN,
    "accounts:factor": LOGGED_IN,
    # Only for those who have a second factor; tests/accounts knows them.
    "accounts:new_codes": NOBODY,
    "accounts:end_others": LOGGED_IN,
    # Only under the name that keys are bound to, and of one's own; tests/accounts/test_passkeys.py asks for it there.
    "accounts:passkey": OPEN,
    "accounts:passkey_question": OPEN,
    "accounts:new_passkey": NOBODY,
    "accounts:remove_passkey": NOBODY,
    # A contact person's own; tests/attacks/test_keep_a_login_service_bound_to_an_account.py.
    "accounts:new_binding": NOBODY,
    "accounts:remove_binding": NOBODY,
    # A first login that waits is somebody's; tests/accounts/test_first_login.py knows one.
    "administration:answer_first_login": NOBODY,
    "administration:": ADMINISTRATOR,
    "caseload:today": IN_A_TEAM,
    "caseload:list": roles(*WORK_WITH_PEOPLE),
    "caseload:suggestions": roles(*WORK_WITH_PEOPLE),
    "caseload:export": roles(*WORK_WITH_PEOPLE),
    "caseload:search": roles(*WORK_WITH_PEOPLE),
    "caseload:case": CASE,
    "caseload:identity_number": CASE,
    "timeline:timeline": CASE,
    "milestones:milestone": CASE,
    "timeline:correct": case(Level.RECORD),
    "caseload:team": IN_A_TEAM,
    "caseload:absence": IN_A_TEAM,
    "caseload:change_absence": IN_A_TEAM,
    "caseload:reassign": roles("supervisor"),
    "caseload:end": case(Level.DECIDE),
    "quality:figures": roles("leader", "county_leader"),
    "cases:refer": roles(*WORK_WITH_PEOPLE),
    "cases:joins": roles(*WORK_WITH_PEOPLE),
    # Of those who decide about the person, or were appointed; tests/attacks opens them for both.
    "cases:join": NOBODY,
    "oversight:appoint": NOBODY,
    # Where nobody sees a case any more; tests/attacks makes one.
    "oversight:give_to": NOBODY,
    "cases:referrals": roles(*WORK_WITH_PEOPLE),
    "cases:take": case(Level.RECORD, "specialist"),
    "cases:hand_over": case(Level.DECIDE, "specialist", "supervisor"),
    "cases:give": case(Level.DECIDE),
    "cases:participant": case(Level.RECORD),
    "cases:collaborator": case(Level.RECORD),
    "cases:emergency": roles(*WORK_WITH_PEOPLE),
    "cases:ties": roles(*WORK_WITH_PEOPLE, "administrator"),
    # Somebody's own, or asked of whoever leads them; tests/cases opens it for both.
    "cases:tie": NOBODY,
    "cases:": case(Level.DECIDE),
    "profiles:profile": case(Level.RECORD),
    "profiles:": CASE,
    "jobs:": case(Level.RECORD),
    "followup:employer_contact": roles(*WORK_WITH_PEOPLE),
    "followup:contact": case(Level.CONTACT),
    "followup:": case(Level.RECORD),
    "plan:": case(Level.RECORD),
    "employers:": roles(*WORK_WITH_PEOPLE),
    "extracts:overview": roles("evaluator", "leader", "county_leader", "administrator", "data_protection"),
    "imports:start": IN_A_TEAM,
    "imports:template": IN_A_TEAM,
    "imports:": NOBODY,
    "oversight:review": roles("supervisor", "data_protection"),
    "oversight:history": roles("administrator", "supervisor"),
    "oversight:log": roles("data_protection"),
    "oversight:log_file": roles("data_protection"),
    "oversight:changes": CASE,
    "portal:employer": roles("employer"),
    "portal:employer_code": roles("employer"),
    "portal:fact": OWN_FACT,
    "portal:fact_ask": OWN_FACT,
    "portal:fact_comment": OWN_FACT,
    # Numbers of one participant's or contact person's own; tests/portal opens them for their owner.
    "portal:employer_person": NOBODY,
    "portal:meeting_file": NOBODY,
    "portal:share": NOBODY,
    "portal:share_end_access": NOBODY,
    "portal:share_take_back": NOBODY,
    "portal:share_withdraw": NOBODY,
    "portal:sharing_decide": NOBODY,
    "portal:take_back": NOBODY,
    "portal:": roles("participant"),
    "rights:answer": NOBODY,
    "rights:end_access": NOBODY,
    "rights:lost_phone": NOBODY,
    "rights:new_password": NOBODY,
    "rights:way_in": NOBODY,
    "rights:withdraw": NOBODY,
    "rights:at_employer": roles(*WORK_WITH_PEOPLE),
    "rights:share": case(Level.DECIDE),
    "rights:give_access": case(Level.DECIDE),
    "rights:decide": case(Level.RECORD),
    "rights:": CASE,
    "retention:holds": case(Level.DECIDE),
    # A hold is somebody's at one case; tests/retention knows one.
    "retention:lift": NOBODY,
    "ui:language": OPEN,
    "ui:gallery": OPEN,
}
#: Parts of addresses that are not numbers of anything a case has.
PARTS = {
    "file_format": "csv",
    "filter_key": "jobbspesialist",
    "key": "ukjent",
    "token": "ukjent",
    "role": 1,
    "what": "logg-ut",
    "hold_id": 1,
    "request_id": 1,
    "access_id": 1,
    "release_id": 1,
    "link_id": 1,
    "objection_id": 1,
    "comment_id": 1,
    "number": 0,
    "item": "ukjent",
    "upload_id": 1,
    "tie_id": 1,
    "way_id": 1,
    "asked": 1,
}


def classified(name: str) -> Of | None:
    """The line of the table for an address: its own, or its room's."""
    return WHO.get(name) or WHO.get(name.split(":")[0] + ":")


@dataclass(frozen=True)
class Address:
    """A named address and the parts it has."""

    name: str
    parts: frozenset[str]

    def at(self, everybody: Everybody, relation: str) -> str:
        """The address for the participant in ``relation``."""
        known = {**PARTS, **everybody.others, **everybody.numbers[relation]}
        if "pk" in self.parts:
            known["pk"] = everybody.of_the_organisation.get(self.name.split(":")[1], everybody.world.colleague.pk)
        return reverse(self.name, kwargs={part: known[part] for part in self.parts})


def addresses() -> list[Address]:
    """All of them, from the resolver."""

    def walk(patterns: list[Any], spaces: tuple[str, ...], parts: frozenset[str]) -> Iterator[Address]:
        for pattern in patterns:
            all_parts = parts | set(pattern.pattern.regex.groupindex)
            if isinstance(pattern, URLResolver):
                inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
                yield from walk(pattern.url_patterns, inner, all_parts)
            elif isinstance(pattern, URLPattern):
                yield Address(":".join((*spaces, pattern.name or "?")), all_parts)

    return list(walk(get_resolver().url_patterns, (), frozenset()))


@pytest.fixture
def clients(everybody: Everybody) -> dict[str, Client]:
    """Somebody logged in for each role, and a stranger."""
    logged_in = {STRANGER: Client(raise_request_exception=False)}
    for role in ROLES:
        set_current_user(everybody.people[role].pk)
        logged_in[role] = Client(raise_request_exception=False)
        logged_in[role].force_login(everybody.people[role])
    return logged_in


def ask(client: Client, method: str, address: str, data: dict[str, str] | None = None) -> tuple[int, str, str]:
    """Status, where it leads, and what it says. What was done is undone."""
    set_current_user(None)
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        answer = getattr(client, method.lower())(address, data or {})
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer.status_code, answer.headers.get("Location", ""), content.decode("utf-8", "replace")


def got_in(status: int, location: str) -> bool | None:
    """Whether an answer let somebody in; None where the method does not tell."""
    if status == 405:
        return None
    return status in {200, 204, 302, 303, 400, 422, 429} and not location.startswith("/logg-inn/")


def test_every_address_is_classified_and_nothing_else_is() -> None:
    names = {address.name for address in addresses()}
    assert {name for name in names if classified(name) is None} == set(), "say in WHO who gets in"
    assert {line for line in WHO if not any(name == line or name.startswith(line) for name in names)} == set()


def test_every_page_stands_among_the_views_of_its_room() -> None:
    def views(patterns: list[Any]) -> Iterator[str]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from views(pattern.url_patterns)
            else:
                yield inspect.unwrap(pattern.callback).__module__

    modules = {module for module in views(get_resolver().url_patterns) if module.startswith("plass.")}
    # What watches the program asks the settings' own room, beside the middleware that answers it.
    elsewhere = {module for module in modules if "views" not in module.split(".")} - {"plass.config.health"}
    assert not elsewhere, "views stand in views.py or in a views package"


@pytest.mark.parametrize("quarter", range(4))
def test_nobody_gets_in_where_they_may_not(everybody, clients, promise, caplog, quarter) -> None:
    """In four parts, so that they can run beside each other."""
    caplog.set_level(logging.INFO)
    wrong, asked = [], 0
    for address in addresses()[quarter::4]:
        of = classified(address.name)
        assert of is not None
        relations = RELATIONS if address.parts & set(everybody.numbers["own"]) else RELATIONS[:1]
        # Strangers are sent to the login page whatever they ask for; once is enough.
        people = [(relations[0], STRANGER), *itertools.product(relations, ROLES)]
        for relation, role in people:
            expected = of.lets_in(role, relation)
            answers = []
            for method in ("GET", "POST"):
                status, location, content = ask(clients[role], method, address.at(everybody, relation))
                asked += 1
                inside = got_in(status, location)
                answers.append(inside)
                where = f"{role} {method} {address.name} at {relation}: {status} {location}"
                if status >= 500:
                    wrong.append(f"{where} is an error of ours")
                elif not of.open and inside and not expected:
                    wrong.append(f"{where}, and may not")
                elif status == 403 and method == "POST" and of.lacks(role, relation):
                    continue
                elif not of.open and role != STRANGER and inside is False and status != 404:
                    wrong.append(f"{where}, and should look as if it were not there")
                for whose, name in NAMES.items():
                    if name in content and whose not in may_know(role):
                        wrong.append(f"{where} names {name}")
                if any(trace in content + location for trace in CANARY):
                    wrong.append(f"{where} leaves a trace of the shielded participant")
            if expected and not of.open and not any(answers):
                wrong.append(f"{role} is not let in to {address.name} at {relation}: {answers}")
    assert not wrong, "\n".join(wrong)
    assert not any(trace in caplog.text for trace in CANARY)
    promise("nobody sees what they may not", **{f"requests_{quarter + 1}": asked})
    promise("shielded persons do not leak", **{f"requests_{quarter + 1}": asked, "traces": 0})


def test_a_page_answers_alike_where_only_its_head_is_asked_for(everybody, clients) -> None:
    """A mail scanner looks at a link so; an answer of 405 is a warning in the log, with the link in it."""
    differ = []
    for address, role in itertools.product(addresses(), (STRANGER, "specialist", "supervisor")):
        where = address.at(everybody, RELATIONS[0])
        page = ask(clients[role], "GET", where)
        if page[0] == 405:
            continue
        head = ask(clients[role], "HEAD", where)
        if head[0] != page[0]:
            differ.append(f"{role} {address.name}: GET {page[0]}, HEAD {head[0]}")
    assert not differ, "\n".join(differ)


def may_know(role: str) -> set[str]:
    """Whose names somebody may be shown at all."""
    return MAY.get(role, set())


#: Addresses that look for people: a name, a part of it, filters, numbers, files.
SEARCHES = (
    "/deltakere/?vis=team&status=alle&sort=-navn",
    "/deltakere/?vis=henvist",
    "/deltakere/eksport.csv?vis=team&status=alle",
    "/deltakere/eksport.xlsx?vis=team&status=alle",
    "/henvisninger/",
    "/min-dag/",
    "/team/",
    "/team/overfor/?fra={colleague}",
    "/team/overfor/",
    "/tall/",
    "/innsyn/",
    "/arbeidsgivere/?q=Kanari",
    "/arbeidsgivere/personer/?q=Kanari",
)


def test_searching_for_the_shielded_finds_nothing(everybody, clients, promise, caplog) -> None:
    caplog.set_level(logging.INFO)
    traces, asked = [], 0
    case = everybody.cases["shielded"]
    number = _number_of(case)
    for role in (STRANGER, *ROLES):
        pages = [("GET", address.format(colleague=everybody.world.colleague.pk), None) for address in SEARCHES]
        pages += [("POST", "/sok/", {"q": text}) for text in ("Kanarifugl", "kanarifugll", number)]
        pages += [("GET", "/sok/", None)]
        pages += [("POST", f"/sak/{case.pk}/nodtilgang/", _emergency())]
        for method, address, data in pages:
            status, location, content = ask(clients[role], method, address, data)
            asked += 1
            # A search gives back what was typed; that is no trace.
            shown = re.sub(r'value="[^"]*"|navn=[^"&]*|“[^”]*”|«[^»]*»', "", content)
            leads = f"/sak/{case.pk}/" in location.replace("nodtilgang/", "") + shown and "nodtilgang" not in address
            if leads or any(trace in shown for trace in CANARY):
                traces.append(f"{role} {method} {address}: {status} {location}")
            if status >= 500:
                traces.append(f"{role} {method} {address}: {status}")
    assert not traces, "\n".join(traces)
    assert not any(trace in caplog.text for trace in CANARY)
    # Searching works: those who follow the participant find them.
    set_current_user(everybody.world.colleague.pk)
    clients["specialist"].force_login(everybody.world.colleague)
    found = clients["specialist"].post("/sok/", {"q": "Kanari"}, follow=True)
    assert "Kanarifugl" in found.content.decode()
    promise("shielded persons do not leak", searches=asked, traces=len(traces))


def _number_of(case: Any) -> str:
    from plass.cases import identity
    from tests.conftest import as_owner
    from tests.world import stored

    with as_owner():
        case.participant.refresh_from_db()
    return str(identity.decrypt(stored(case.participant, "identity_number")))


def _emergency() -> dict[str, str]:
    return {"submission": str(idempotency.new()), "reason": "x", "hours": "8"}


# --- Bad input ----------------------------------------------------------------------------------------------------------

NIGHTLY = bool(os.environ.get("PLASS_NIGHTLY"))
REQUESTS = 20_000 if NIGHTLY else 2_000
NASTY = (
    "", " ", "0", "-1", "1e9", "9" * 30, "NaN", "ja", "true", "null", "None", "\0", "a\0b", "'", '"', "' OR 1=1 --", "%",
    "%s", "%(x)s", "{{ 7*7 }}", "<script>alert(1)</script>", "../../etc/passwd", "æøå ÆØÅ", "\ud7ff", "🙂" * 50, "x" * 5000,
    "2026-02-30", "31.12.9999", "0000-00-00", "9999-12-31", "24:00", "37,5", "1,5,5", "2026-11-24", "participant",
    "employer", "in_person", "work", "first_talk", "=1+1", "\r\nSet-Cookie: x=1", "[]", "a" * 300, "17059012345",
)  # fmt: skip
#: Names that fields have: taken from the forms themselves while walking, and these of addresses.
QUERY = ("page", "sort", "vis", "status", "fase", "jobbspesialist", "ikke_mott", "med", "formal", "slag", "side",
         "ar", "team", "fra", "til", "rolle", "hvem", "next", "q", "del", "deltaker", "arbeidsgiver", "dag")  # fmt: skip
FIELD = re.compile(r'name="([a-zA-Z_0-9-]+)"')


@pytest.mark.parametrize("part", range(2))
def test_bad_input_is_never_an_error_of_ours(everybody, clients, promise, part) -> None:
    """Requests with nonsense in every place: addresses, queries, forms whose fields are the page's own, a wrong method."""
    chance = random.Random(20261124 + part)
    places = addresses()[part::2]
    fields: dict[str, list[str]] = {}
    errors: list[str] = []
    count = REQUESTS // 2
    for _turn in range(count):
        address = chance.choice(places)
        relation = chance.choice(("own", "team", "shielded"))
        role = chance.choice(
            ("specialist", "supervisor", "counsellor", "administrator", "participant", "leader", "data_protection")
        )
        path = address.at(everybody, relation)
        if chance.random() < 0.1:
            path = re.sub(r"\d+", lambda _m: chance.choice(("0", "999999999", "9223372036854775807", "9" * 25)), path)
        query = {chance.choice(QUERY): chance.choice(NASTY) for _each in range(chance.randrange(4))}
        if chance.random() < 0.45:
            status, _location, content = ask(clients[role], "GET", path, query)
            fields.setdefault(address.name, []).extend(FIELD.findall(content)[:60])
            asked: Any = query
        else:
            names = fields.get(address.name) or list(QUERY)
            asked = {chance.choice(names): chance.choice(NASTY) for _each in range(chance.randrange(1, 9))}
            if chance.random() < 0.8:
                asked["submission"] = str(idempotency.new())
            status, _location, _content = ask(clients[role], "POST", path, asked)
        if status >= 500:
            errors.append(f"{role} {path} {asked!r}: {status}")
    assert not errors, "\n".join(errors[:20])
    promise("bad input", **{f"requests_{part + 1}": count, "server_errors": len(errors)})


# --- The walk sees what it should ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("hole", ["a rule that is gone", "an address nobody classified"])
def test_a_hole_is_found(everybody, clients, monkeypatch, hole) -> None:
    """The walk above would fail: without the rule about shielding the team's page of the shielded participant opens."""
    from plass.access import rules
    from tests.conftest import as_owner

    if hole == "an address nobody classified":
        monkeypatch.delitem(WHO, "quality:figures")
        assert classified("quality:figures") is None
        return
    monkeypatch.setattr(rules, "RULES", tuple(rule for rule in rules.RULES if rule.name != "shielded"))
    case = everybody.cases["shielded"]
    address = reverse("followup:contact", args=[case.pk])
    assert ask(clients["specialist"], "GET", address)[0] == 404  # the database still holds
    with as_owner():
        type(case).objects.filter(pk=case.pk).update(shielded=False)
    assert ask(clients["specialist"], "GET", address)[0] == 200
