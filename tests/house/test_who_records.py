"""What one must be allowed to do to record a kind of fact is said once, on its model, and holds everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from plass.access.current_user import set_current_user
from plass.access.models import Grant
from plass.access.rules import Level
from plass.cases.fact_register import fact_kinds
from plass.cases.form_views import FactForm
from plass.db.row_policies import declared, level_allows
from plass.organisation.models import User
from plass.plan.models import PlanStep
from tests.conftest import as_owner
from tests.house.everybody import Everybody
from tests.house.test_urls import Address, addresses, classified

#: Pages whose form is no ``FactForm``, and the kind of fact that they record.
RECORDS = {"cases:hand_over": "assignment"}
#: Pages that record a kind of fact, and may ask for something else than it needs.
OTHERWISE = {
    "timeline:correct": "corrects any kind, which facts.correct asks for when it is written",
    "portal:profile": "the participant's own",
}
#: Kinds that no page at a case records.
NO_PAGE = {"referral": "the case begins with it"}
ASKED_FOR = re.compile(r"access_level\(case_id\) >= (\d)")


def by_policy(table: str) -> Level:
    """What the database asks of whoever adds a row, where it asks for a level at all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT with_check FROM pg_policies WHERE tablename = %s AND policyname = 'plass_insert'", [table]
        )
        (written,) = cursor.fetchone()
    return Level(min(int(level) for level in ASKED_FOR.findall(written)))


def records(client: Client, address: Address, everybody: Everybody) -> str | None:
    """The kind of fact that the page records; None where it records none."""
    with transaction.atomic():
        context: Any = client.get(address.at(everybody, "own")).context
        transaction.set_rollback(True)
    form = context.get("form") if context else None
    return form.fact_kind().kind if isinstance(form, FactForm) else RECORDS.get(address.name)


def pages(everybody: Everybody) -> Iterator[tuple[str, Address]]:
    """Every page at a case that records a kind of fact, and the kind."""
    client = logged_in(everybody.world.specialist)
    for address in addresses():
        at_a_case = "case_id" in address.parts and address.name not in OTHERWISE
        if at_a_case and (kind := records(client, address, everybody)):
            yield kind, address


def logged_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    set_current_user(user.pk)
    client.force_login(user)
    return client


def let_in(everybody: Everybody, level: Level) -> None:
    """Let the specialist of another office into the case, to do so much there and no more."""
    user = everybody.world.other_specialist
    with as_owner():
        Grant.objects.filter(user=user).delete()
        Grant.objects.create(
            kind="given",
            level=level,
            user=user,
            granted_by=everybody.world.specialist,
            case_id=everybody.cases["own"].pk,
            reason="Prøve",
            granted_at=timezone.now() - timedelta(hours=1),
            expires_at=timezone.now() + timedelta(hours=1),
        )


def by_page(everybody: Everybody, recording_pages: list[tuple[str, Address]]) -> dict[str, Level]:
    """The lowest level that opens each page; those who follow the case have the highest, to decide."""
    asked = {address.name: Level.DECIDE for _kind, address in recording_pages}
    for level in (Level.RECORD, Level.CONTACT, Level.READ):
        let_in(everybody, level)
        client = logged_in(everybody.world.other_specialist)
        for _kind, address in recording_pages:
            if client.get(address.at(everybody, "own")).status_code == 200:
                asked[address.name] = level
    return asked


def test_the_policy_the_page_and_the_table_of_addresses_ask_for_what_the_kind_needs(everybody) -> None:
    wrong = []
    for kind in fact_kinds().values():
        if (asked := by_policy(kind.table)) != kind.model.needs:
            wrong.append(f"{kind.kind}: its model needs {kind.model.needs.name}, its policy asks for {asked.name}")
    recording_pages = list(pages(everybody))
    for name, asked in by_page(everybody, recording_pages).items():
        kind_name = next(kind for kind, address in recording_pages if address.name == name)
        needs, of = fact_kinds()[kind_name].model.needs, classified(name)
        if asked != needs:
            wrong.append(
                f"{name} records “{kind_name}”, whose model needs {needs.name}, and opens for {asked.name}: "
                "open the case with open_to_record, which asks the form"
            )
        if of is None or of.needs != needs:
            wrong.append(
                f"{name} records “{kind_name}”, whose model needs {needs.name}, and WHO in tests/house/test_urls.py says "
                f"{of and of.needs.name}"
            )
    assert not wrong, "\n".join(wrong)


def test_every_kind_has_a_page_at_its_case(everybody) -> None:
    assert {kind for kind, _address in pages(everybody)} == set(fact_kinds()) - set(NO_PAGE), (
        "a kind that no page records: say in RECORDS which one does, or in NO_PAGE why none does"
    )


def test_a_kind_of_a_higher_room_is_recorded_and_corrected_by_those_who_decide_where_its_model_says_so(monkeypatch):
    before = str(declared()["cases_correction"].insert)
    monkeypatch.setattr(PlanStep, "needs", Level.DECIDE)
    policies = declared()
    assert policies["plan_planstep"].insert == policies["plan_planstep"].update == level_allows(Level.DECIDE)
    assert "'step'" not in before and "'step'" in str(policies["cases_correction"].insert)


def test_whoever_records_corrects_no_kind_that_those_who_decide_record(db) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT with_check FROM pg_policies WHERE tablename = 'cases_correction' AND cmd = 'INSERT'")
        ((written,),) = cursor.fetchall()
    named = {name for name in fact_kinds() if f"'{name}'" in written}
    assert named == {name for name, kind in fact_kinds().items() if kind.model.needs >= Level.DECIDE}
