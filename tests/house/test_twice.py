"""Every form that any page shows, sent twice in a row and ten times at once: what it does is done once.

The pages come from the URL resolver, and are asked for as those on the demo's page; each kind of form (where it goes and
what it asks) is filled in from its own fields and sent. For the ten at once there is a copy of the laid-out database for
each form, so that no form meets what another did. Of those that do nothing to count (``NO_FACT``) it is shown that
they do not. The page from which a kind of fact is said to be recorded (cases/fact_register.py) records one. The code of a
login under way, which nobody sees who is logged in, is sent by itself. The ways out to a login service are links, no
forms (tests/accounts/test_oidc.py), and its answer is taken once (test_oidc_refused.py).
"""

from __future__ import annotations

import os
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone
from psycopg import sql

from plass.access.current_user import set_current_user
from plass.accounts.views.totp import PENDING
from plass.cases.fact_register import fact_kinds
from plass.organisation.models import User
from tests.conftest import as_owner, superuser
from tests.journeys.test_every_page import ADDRESSES, FURTHER, LEFT_OUT, LIST
from tests.laid_out import copy, laid_out
from tests.world import identity_number

AT_ONCE = 10
PARTS = 2
#: A day on which nobody is away yet, and that is no slip of the year.
FAR = str(timezone.localdate() + timedelta(days=900))
#: How many of those to whom a page opens have their forms read: a page may show one role what it does not show another.
MOST_WHO_LOOK = 3
#: What a page leaves behind whoever asks for it: who looked, logins and their codes.
NOT_FACTS = {"access_accesslogentry", "access_state", "django_session", "access_submission"}
#: Forms that write nothing anybody could count, and why; sent twice, too, to show it.
NO_FACT = {
    "accounts:login": "logging in",
    "accounts:code": "logging in",
    "accounts:logout": "logging out",
    "accounts:personas": "logging in",
    "accounts:oidc": "logging in",
    "accounts:password": "asks for the password one has",
    "accounts:factor": "asks for a code from the telephone",
    "accounts:new_codes": "asks for a code from the telephone",
    "accounts:new_binding": "asks for a code from the telephone",
    "accounts:remove_binding": "asks for a code from the telephone",
    "accounts:remove_passkey": "asks for a code from the telephone",
    "accounts:end_others": "ends the other logins",
    "ui:language": "a cookie",
    "ui:gallery": "shows how forms look",
    "caseload:search": "leads to a list",
    "caseload:identity_number": "shows a number",
}
#: What these may leave behind none the less: a login, a wrong guess.
LEAVES = {
    "accounts:login": {"accounts_login", "accounts_loginattempts", "accounts_waysin"},
    "accounts:password": {"accounts_loginattempts", "accounts_waysin"},
    "accounts:factor": {"accounts_loginattempts", "accounts_waysin"},
    "accounts:new_codes": {"accounts_loginattempts", "accounts_waysin"},
    # That logins were ended is counted, so that none that was begun before goes on; and that count is held by what begins.
    "accounts:end_others": {"accounts_waysin"},
    "accounts:new_binding": {"accounts_loginattempts", "accounts_waysin"},
    "accounts:remove_binding": {"accounts_loginattempts", "accounts_waysin"},
    "accounts:remove_passkey": {"accounts_loginattempts", "accounts_waysin"},
    "accounts:personas": {"accounts_login", "accounts_waysin"},
}
#: How an address begins that somebody who is not logged in is sent to: nothing was acted on.
ASKS_TO_LOG_IN = f"{reverse('accounts:login')}?"
#: Nobody: who is not logged in sees the login page.
STRANGER = 0
#: What to write where the kind of field does not tell.
WRITE: dict[str, dict[str, str]] = {
    "accounts:link": dict.fromkeys(("new", "again"), "et langt passord å prøve med"),
    "administration:add_account": {"role": "leader", "ended_on": ""},
    "administration:add_office": {"number": "0999"},
    "administration:give_role": {"role": "leader", "ended_on": ""},
    "administration:groups": {"role": "leader"},
    "caseload:end": {"cause": "own_wish", "cause_stands": "on"},
    "caseload:absence": {"user": "{siri}", "covered_by": "{kåre}", "starts_on": FAR, "ends_on": FAR},
    "cases:ties": {"number": identity_number(nth=909)},
    "cases:protection": {"protection": "confidential", "reason": "Vedtak"},
    "cases:join": {"outcome": "join", "answer": ""},
    "oversight:appoint": {"to": "{mette}"},
    "oversight:give_to": {"to": "{mette}"},
    "employers:add": {"name": "Noe helt annet AS"},
    "jobs:start": {"beside": "on"},
    "rights:answer": {"outcome": "declined"},
    "rights:give_access": {"contact_person": "{second_person_id}"},
    "rights:share": {"employer": "{employer_id}"},
    "cases:refer": {"number": identity_number(nth=909), "protection": ""},
}
BY_KIND = {"email": "prove@example.no", "tel": "900 00 000", "time": "10:00", "number": "20"}
BY_NAME = {
    "email": "prove@example.no",
    "phone": "900 00 000",
    "postal_code": "0150",
    "organisation_number": "",
    "website": "",
    "left_on": "",
    "withheld_because": "",
    "occupation": "5223",
    "hours_wanted": "20",
    "hours_per_week": "20",
    "hourly_pay": "210",
    "paid_hours_in_all": "20",
}


@dataclass
class Form:
    """One form of a page: where it goes and what stands in it."""

    action: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    posts: bool = False

    def values(self) -> dict[str, Any]:
        """What is sent: each sending has a file of its own to read."""
        files = {name: SimpleUploadedFile("liste.csv", LIST.encode(), "text/csv") for name in self.files}
        return {**self.fields, **files}

    @property
    def key(self) -> tuple[str, frozenset[str]]:
        """Two forms are of one kind that go to the same kind of address and ask the same."""
        return resolve(self.action.partition("?")[0]).view_name, frozenset(self.fields)


class Forms(HTMLParser):
    """The forms of a page, filled in: what stands there is kept, the first choice is taken, the rest is written."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.address, self.form = address, None
        self.select, self.area = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = Form((has.get("action") or self.address).split("#")[0], posts=has.get("method") == "post")
            self.found.append(self.form)
        name = has.get("name", "")
        if self.form is None or (not name and tag != "option"):
            return
        fields = self.form.fields
        if tag == "select":
            self.select = name
            fields.setdefault(name, [])
        elif tag == "textarea":
            self.area = name
            fields[name] = [""]
        elif tag == "option" and self.select and has.get("value"):
            if "selected" in has or not fields[self.select]:
                fields[self.select] = [has["value"]]
        elif tag == "button" and has.get("value"):
            fields.setdefault(name, [has["value"]])
        elif tag == "input":
            self._input(name, has, fields)

    def _input(self, name: str, has: dict[str, str], fields: dict[str, list[str]]) -> None:
        kind = has.get("type", "text")
        if kind in {"radio", "checkbox"}:
            first = name not in fields or not any(fields[name])
            if "checked" in has or (first and has.get("value")):
                fields[name] = [has.get("value", "on")]
            else:
                fields.setdefault(name, [])
        elif kind == "date":
            fields[name] = [
                has.get("value") or BY_NAME.get(name, (timezone.localdate() + timedelta(days=1)).isoformat())
            ]
        elif kind == "file" and self.form is not None:
            self.form.files.add(name)
        else:
            fields[name] = [has.get("value") or BY_NAME.get(name, BY_KIND.get(kind, "Prøve"))]

    def handle_data(self, data: str) -> None:
        if self.area and self.form is not None and data.strip():
            self.form.fields[self.area] = [data.strip()]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        if tag == "select":
            self.select = ""
        if tag == "textarea" and self.form is not None:
            self.form.fields[self.area] = self.form.fields[self.area] if any(self.form.fields[self.area]) else ["Prøve"]
            self.area = ""


def _use(name: str) -> str:
    """Let this process's connection be to the database ``name``; the one it was to."""
    main = connections["default"]
    before = str(main.settings_dict["NAME"])
    main.close()
    connections.settings["default"]["NAME"] = main.settings_dict["NAME"] = name
    return before


@pytest.fixture(scope="module", name="laid_out")
def _laid_out(django_db_blocker: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The database that every page has something to show in (tests/journeys/lay_out.py), and the numbers in it."""
    name = f"plass_twice_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    numbers = laid_out(name)
    usual = _use(name)
    with django_db_blocker.unblock():
        yield name, numbers
        _use(usual)
    with superuser() as connection:
        for database_name in (name, f"{name}_copy"):
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database_name)))


def _counted() -> Counter[str]:
    """How many rows each table has, whoever may see them, but for what every page leaves behind."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = sorted({name for (name,) in cursor.fetchall()} - NOT_FACTS)
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', count(*) FROM public.{name}" for name in tables))
        return Counter(dict(cursor.fetchall()))


def _client(user_id: int) -> Client:
    made = Client(raise_request_exception=False)
    with transaction.atomic():
        set_current_user(user_id)
        made.force_login(User.objects.get(pk=user_id))
    return made


def _another(client: Client) -> Client:
    """Another browser with the same login. What a form does to a login (ends it, begins one) is lost with the browser."""
    made = Client(raise_request_exception=False)
    for name, morsel in client.cookies.items():
        made.cookies[name] = morsel.value
    return made


def _forms(laid_out: dict[str, Any], people: dict[int, Client], part: int) -> dict[Any, list[tuple[int, Form]]]:
    """Every kind of form on this part of the pages, and each time it is shown to somebody."""
    forms_by_kind: dict[Any, list[tuple[int, Form]]] = {}
    for page, _pattern, asks_for in ADDRESSES[part::PARTS]:
        if page in LEFT_OUT:
            continue
        values = {name: laid_out.get(f"{page}.{name}", laid_out.get(name)) for name in asks_for}
        for address in [
            reverse(page, kwargs=values),
            *(pattern.format(**laid_out) for pattern in FURTHER.get(page, ())),
        ]:
            open_to = 0
            for who, client in people.items():
                forms = _on(client, address)
                open_to += forms is not None
                if open_to > MOST_WHO_LOOK:
                    break
                for form in forms or []:
                    if form.key[0] not in NO_FACT or form.key not in forms_by_kind:
                        forms_by_kind.setdefault(form.key, []).append((who, form))
    return forms_by_kind


def _upload(client: Client) -> int:
    """A list that was read and whose columns were named; the number it got."""
    form = next(form for form in _on(client, reverse("imports:start")) or [] if "submission" in form.fields)
    _status, leads_to = _send(client, form)
    for form in _on(client, leads_to) or []:
        if form.action == leads_to:
            assert _send(client, form)[0] == 303
    return int(resolve(leads_to).kwargs["upload_id"])


def _on(client: Client, address: str) -> list[Form] | None:
    """The forms of a page that are sent, filled in; None where it does not open."""
    with transaction.atomic():
        answer = client.get(address)
    if answer.streaming:
        answer.close()
        return None
    if answer.status_code != 200 or "html" not in answer.headers.get("Content-Type", ""):
        return None
    forms = Forms(address)
    forms.feed(answer.content.decode())
    return [form for form in forms.found if form.posts]


def _send(client: Client, form: Form) -> tuple[int, str]:
    """Send it; what was answered, where that is no page to go on to."""
    with transaction.atomic():
        answer = client.post(form.action, form.values())
    complaints = re.findall(
        r"aksel-error-(?:message|summary_)[^>]*>(.*?)</(?:p|ul)>", answer.content.decode("utf-8", "replace"), re.S
    )
    return answer.status_code, answer.headers.get("Location", "") or re.sub(r"<[^>]*>", "", " / ".join(complaints))


def _twice_in_a_row(client: Client, form: Form) -> tuple[Counter[str], Counter[str], tuple[int, str]]:
    """What the first sending added, what the second did, and the answer to the first. Undone.

    What the same added from a page that was opened anew ("Back", and filled in again) is in the second, where it is facts.
    """
    with transaction.atomic():
        before = _counted()
        answered = _send(client, form)
        once = _counted()
        _send(client, form)
        twice = _counted()
        if "submission" in form.fields:
            _send(client, replace(form, fields={**form.fields, "submission": [str(uuid.uuid4())]}))
        anew = _counted() - twice
        transaction.set_rollback(True)
    tables = {kind.table for kind in fact_kinds().values()}
    facts = Counter({table: rows for table, rows in anew.items() if table in tables})
    return once - before, (twice - once) + facts, answered


def _at_once(sender: Client, form: Form) -> Counter[str]:
    """What ten sendings at the same moment added to the copy, each on a connection of its own."""
    cookie = sender.cookies[settings.SESSION_COOKIE_NAME].value
    usual = connections["default"].settings_dict["NAME"]
    if not str(usual).endswith("_copy"):
        _use(f"{usual}_copy")
    before = _counted()
    gate = threading.Barrier(AT_ONCE)

    def send() -> None:
        client = Client(raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie
        gate.wait()
        try:
            client.post(form.action, form.values())
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _each in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _counted() - before


def _code_of_a_login(template: str, numbers: dict[str, Any]) -> list[str]:
    """A recovery code, sent ten times at once by somebody whose password was right, is one login: what is wrong with that.

    The first of them uses it up; the others are wrong guesses, which count as such.
    """
    _use(template)
    copy(template, f"{template}_copy")
    _use(f"{template}_copy")
    client = Client(raise_request_exception=False)
    session = client.session
    with as_owner():
        careful = User.objects.get(username="tosteg1")
    session[PENDING] = {"user": careful.pk, "generation": 0, "at": int(time.time()), "next": "/"}
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    (form,) = [form for form in _on(client, reverse("accounts:code")) or [] if "code" in form.fields]
    form.fields["code"] = [numbers["recovery_code"]]
    added = _at_once(client, form)
    _use(template)
    right = added["accounts_login"] == 1 and set(added) <= {"accounts_login", "accounts_loginattempts"}
    return [] if right else [f"accounts:code ten at once: {dict(added)}"]


@pytest.mark.parametrize("part", range(PARTS))
def test_every_form_sent_twice_or_ten_times_at_once_is_one_act(laid_out, part, promise) -> None:
    template, numbers = laid_out
    with as_owner(), connection.cursor() as cursor:
        cursor.execute('SELECT user_id FROM accounts_persona ORDER BY "order"')
        people = {who: _client(who) for (who,) in cursor.fetchall()}
    numbers["upload_id"] = _upload(next(iter(people.values())))
    people[STRANGER] = Client(raise_request_exception=False)
    wrong, extra, acts = [], 0, 0
    written: dict[str, set[str]] = {}
    copied = False
    forms = _forms(numbers, people, part)
    for kind, shown in sorted(forms.items(), key=lambda item: str(item[0][0])):
        if kind[0] in NO_FACT:
            ((who, form),) = shown
            once, again, _answered = _twice_in_a_row(_another(people[who]), form)
            if more := (set(once) | set(again)) - LEAVES.get(kind[0], set()):
                wrong.append(f"{kind[0]} writes to {sorted(more)} although {NO_FACT[kind[0]]!r}")
            continue
        refused = []
        for who, form in shown:
            client = _another(people[who])
            form.fields.update({name: [value.format(**numbers)] for name, value in WRITE.get(kind[0], {}).items()})
            once, again, answered = _twice_in_a_row(client, form)
            if answered[0] in {302, 303} and not answered[1].startswith(ASKS_TO_LOG_IN):
                break
            refused.append(f"{answered} {form.fields}")
        else:
            wrong.append(f"{kind[0]} was acted on nowhere: {refused}")
            continue
        written.setdefault(kind[0], set()).update(once)
        # The copy is used on until a form finds it changed by those before; then it gets a fresh one.
        at_once = _at_once(client, form) if copied else Counter[str]()
        if at_once != once:
            _use(template)
            copy(template, f"{template}_copy")
            copied = bool(_use(f"{template}_copy"))
            at_once = _at_once(client, form)
        _use(template)
        acts += 1
        extra += sum(again.values()) + sum((at_once - once).values())
        if again or at_once != once:
            wrong.append(f"{kind[0]}: once {dict(once)}, again {dict(again)}, ten at once {dict(at_once)}")
    pages = {page for page, _pattern, _asks_for in ADDRESSES[part::PARTS]}
    for fact_kind in fact_kinds().values():
        way = fact_kind.recorded_from
        if way and way.url_name in pages and fact_kind.table not in written.get(way.url_name, ()):
            wrong.append(f"{way.url_name} is said to record {fact_kind.kind}, and no form of it does")
    if part == 0:
        wrong += _code_of_a_login(template, numbers)
    assert not wrong, "\n".join(wrong)
    promise(
        "a double click is one fact", **{f"kinds_of_form_{part + 1}": acts, "at_once": AT_ONCE, "extra_rows": extra}
    )
