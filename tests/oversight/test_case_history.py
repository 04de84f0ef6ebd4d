"""The whole history of a case: everything that was written, by whom and when, paged, with the same few questions."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from django.db import connection

from plass.access.current_user import set_current_user
from plass.cases import actions
from plass.cases.facts import correct, withdraw
from plass.cases.models import Participant
from plass.oversight.case_history import PER_PAGE, rows
from plass.timeline.queries import page as timeline
from tests.caseload.test_case_page import queries_of, rich_case
from tests.conftest import as_owner
from tests.followup.made import contact, employer


def soup(client, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).content, "html.parser")


def lines(client, address: str) -> list[list[str]]:
    """The cells of each line of a page, as text."""
    return cells(soup(client, address))


def cells(page: BeautifulSoup) -> list[list[str]]:
    return [
        [re.sub(r"\s+", " ", cell.get_text(" ")).strip() for cell in row.find_all(["th", "td"])]
        for row in page.select("#changes tbody tr")
    ]


@pytest.fixture
def corrected(world, client):
    """A talk whose length was wrong (mended by a colleague), one with nobody, and a new address."""
    case = world.refer()
    by = world.act_as(world.specialist)
    talk = contact(case, by, minutes=30, note="Snakket om baking")
    never = contact(case, by, parties=["employer"], employer=employer(by), channel="phone", note="Feil sak")
    colleague = world.act_as(world.colleague)
    correct(talk, by=colleague, reason="Det varte lenger", changes={"minutes": 45})
    withdraw(never, by=colleague, reason="Gjaldt en annen")
    person = Participant.objects.get(pk=case.participant_id)
    actions.change_participant(person, by=colleague, based_on=person.version, phone="90000000")
    client.force_login(world.act_as(world.supervisor))
    return case


def test_it_says_who_changed_what_and_when(world, client, corrected):
    rows_shown = lines(client, f"/sak/{corrected.pk}/endringer/?vis=endret")
    changed, withdrawn, mended = [line[1:] for line in rows_shown]
    assert changed == ["Endret: Om deltakeren", "Telefon: –", "Telefon: 90000000", "Kåre Kollega"]
    assert withdrawn[0].startswith("Trukket tilbake:") and "fordi: Gjaldt en annen" in withdrawn[0]
    assert "Feil sak" in withdrawn[1] and withdrawn[2:] == ["", "Kåre Kollega"]
    assert mended[0].startswith("Rettet:") and "fordi: Det varte lenger" in mended[0]
    # Only what differs, so that it is seen at a glance.
    assert mended[1:] == ["30 min", "45 min", "Kåre Kollega"]


def test_what_was_recorded_stands_there_too_by_whom_and_once(world, client, corrected):
    rows_shown = lines(client, f"/sak/{corrected.pk}/endringer/")
    recorded = [line for line in rows_shown if line[1].startswith("Registrert:")]
    assert [line[4] for line in recorded] == ["Siri Spesialist"] * 2 + ["Vidar Veileder"] * (len(recorded) - 2)
    assert len(recorded) >= 4 and len(rows_shown) == len(recorded) + 3


@pytest.mark.parametrize("times", [1, 3])
def test_all_of_it_is_reached_page_by_page_with_few_questions(world, client, times):
    case = rich_case(world, times)
    with as_owner():
        for number in range(30 * times):
            Participant.objects.filter(pk=case.participant_id).update(phone=f"4{number:07}")
    set_current_user(world.specialist.pk)
    written = rows(case, kinds=None, before=None, most=10_000)
    facts = timeline(case, size=10_000).entries
    replacing = sum(entry.corrects is not None for entry in facts)
    corrections = sum(entry.correction is not None for entry in facts)
    assert len(written) == len(facts) - replacing + corrections + 30 * times
    client.force_login(world.specialist)
    address, seen, pages = f"/sak/{case.pk}/endringer/", 0, 0
    while address:
        shown = soup(client, address)
        rows_shown = cells(shown)
        assert 0 < len(rows_shown) <= PER_PAGE
        seen, pages = seen + len(rows_shown), pages + 1
        link = shown.select_one("a[rel=next]")
        address = f"/sak/{case.pk}/endringer/{link['href']}" if link else ""
    assert seen == len(written) and pages == -(-seen // PER_PAGE)
    assert queries_of(client, f"/sak/{case.pk}/endringer/") <= 8


def test_who_was_not_acting_is_not_taken_for_the_participant(world, client, corrected):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_participant SET phone = '1' WHERE id = %s", [corrected.participant_id])
        cursor.execute("UPDATE access_change SET who = NULL WHERE new ->> 'phone' = '1'")
    assert lines(client, f"/sak/{corrected.pk}/endringer/")[0][4] == "den som drifter databasen"


@pytest.mark.parametrize(
    "asked", ["?eldre=x", "?eldre=2026-01-01~a~1", "?vis=hva", "?eldre=2026-01-01T00:00:00%2B00:00~a~0"]
)
def test_an_address_that_says_nothing_shows_the_newest(client, corrected, asked):
    assert lines(client, f"/sak/{corrected.pk}/endringer/?{asked}") == lines(client, f"/sak/{corrected.pk}/endringer/")
