"""To check a list is to look at whoever is recorded already: that is logged, and told to those who still see them."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plass.access.current_user import acting_as
from plass.access.models import AccessLogEntry
from plass.cases import actions as cases
from plass.imports import actions, mapping, plan, sheet, tasks
from plass.imports.import_request import ImportRequest
from plass.imports.queries import who_follows_in

from ..conftest import as_owner
from ..world import identity_number
from .lists import ago, csv, numbered, person
from .test_pages import by as by
from .test_pages import check, rows, soup
from .test_races import begin, keep
from .test_races import in_the_queue as in_the_queue


def lines(user, purpose="list check"):
    """Whom ``user`` looked at for this, by which rule; each line once."""
    with as_owner():
        entries = AccessLogEntry.objects.filter(user=user, purpose=purpose).order_by("pk")
        return list(entries.values_list("case_id", "participant_id", "rule", "allowed"))


def recorded(world, count, **more):
    """So many who are followed up, and a list that says another phone of each."""
    numbers = [identity_number() for _n in range(count)]
    there = [
        world.refer("Kari", numbered("Nummer", n), number=number, on=ago(180), **{"phone": "40000001", **more})
        for n, number in enumerate(numbers)
    ]
    return there, [
        person("Kari", numbered("Nummer", n), Fødselsnummer=number, Telefon="90000008")
        for n, number in enumerate(numbers)
    ]


def shield(world, case):
    by = world.act_as(world.specialist)
    case.participant.refresh_from_db()
    cases.change_protection(
        case.participant, by=by, based_on=case.participant.version, protection="strictly_confidential", reason="Ny"
    )
    world.act_as(world.supervisor)


# Who looked.


def test_a_check_stands_in_the_log_of_each_who_was_compared_and_of_nobody_else(by, client, world):
    there, list_of = recorded(world, 3)
    world.act_as(by)
    _address, page = check(client, csv([*list_of, person("Ny", "Ukjent")]))
    expected = [(case.pk, case.participant_id, "leads", True) for case in there]
    assert sorted(lines(by)) == sorted(expected)
    assert "sammenlignet med det som er ført om 3 deltakere" in page.get_text(" ", strip=True)
    # It was undone, but for that.
    assert "Nummer" not in "".join(str(row) for row in lines(by, "refer"))


def test_a_list_that_says_the_same_is_a_look_too(by, client, world):
    """By trying one phone after the other somebody would learn the right one from "nothing new"."""
    (case,), list_of = recorded(world, 1, phone="90000008")
    world.act_as(by)
    for _time in range(2):
        check(client, csv(list_of))
    assert lines(by) == [(case.pk, case.participant_id, "leads", True)] * 2


def test_a_list_of_unknown_people_writes_no_line_and_says_nothing_of_it(by, client):
    _address, page = check(client, csv([person()]))
    assert lines(by) == []
    assert "sammenlignet" not in page.get_text()


def test_whom_one_does_not_see_is_not_compared_and_gets_no_line(by, client, world):
    number = identity_number()
    world.refer("Skjult", "Skjermesen", number=number, protection="strictly_confidential", phone="40000001")
    world.act_as(by)
    check(client, csv([person("Skjult", "Skjermesen", Fødselsnummer=number, Telefon="90000008")]))
    assert lines(by) == []


def test_who_is_known_by_another_case_gets_a_line_in_that(world):
    case = world.refer("Kari", "Testesen", number=(number := identity_number()), on=ago(300), phone="40000001")
    mine = world.act_as(world.specialist)
    cases.end(case, by=mine, happened_on=ago(200), cause="work")
    load(world, mine, csv([person(Fødselsnummer=number, Telefon="40000002")]), dry_run=True)
    assert lines(mine) == [(case.pk, case.participant_id, "specialist", True)]


@pytest.mark.parametrize("how", [{"dry_run": False}, {"dry_run": False, "all_or_nothing": True}, {"dry_run": True}])
def test_writing_is_a_look_too_also_where_it_is_undone(world, by, how):
    there, list_of = recorded(world, 2)
    mine = world.act_as(by)
    outcome = load(world, mine, csv([*list_of, person("Uten", "Dato", **{"Henvist dato": ""})]), **how)
    assert outcome.wrong == [4]
    assert sorted(line[0] for line in lines(by)) == sorted(case.pk for case in there)


def test_whoever_is_refused_was_compared_too(world, by):
    (case,), list_of = recorded(world, 1)
    mine = world.act_as(by)
    outcome = load(world, mine, csv([list_of[0] | {"Avsluttet": "3.4.1999", "Sluttårsak": "fikk jobb"}]), dry_run=True)
    assert outcome.wrong == [2]
    assert outcome.reports[2].case_id in (0, case.pk)
    outcome = load(world, mine, csv([list_of[0] | {"Jobbspesialist": "Ingen Slik"}]), dry_run=True)
    assert outcome.wrong == [2] and outcome.reports[2].case_id == case.pk
    assert lines(by)[-1][0] == case.pk


def test_the_lines_of_a_job_stay_though_its_trial_is_undone(committed, in_the_queue):
    with acting_as(committed.supervisor):
        number = identity_number()
        file = keep(committed, csv([person("Kari", "Jobbsak", Fødselsnummer=number)]))
    assert begin(committed, file, tasks.WRITE_ALL)
    before = len(lines(committed.supervisor))
    file = keep(committed, csv([person("Kari", "Jobbsak", Fødselsnummer=number, Telefon="90000008")]))
    assert begin(committed, file, tasks.CHECK)
    assert len(lines(committed.supervisor)) == before + 1


def test_the_lines_of_fifty_are_one_statement(world, by, monkeypatch):
    monkeypatch.setattr(actions, "PIECE", 4)
    _there, list_of = recorded(world, 8)
    mine = world.act_as(by)
    with CaptureQueriesContext(connection) as asked:
        load(world, mine, csv(list_of), dry_run=True)
    assert sum("INSERT INTO access_accesslogentry" in one["sql"] for one in asked.captured_queries) == 2
    assert len(lines(by)) == 8


def load(world, by, content, **how):
    read = sheet.read(content, "liste.csv")
    made = plan.make(read, mapping.recognise(read, world.team), today=timezone.localdate())
    return actions.write(
        made, ImportRequest(by=by, team=world.team, specialists=who_follows_in(world.team), unnamed=by, **how)
    )


# What was found, read later.

TOLD = ("Sier noe annet enn det som er ført", "Har oppfølging her fra før", "Telefon")


@pytest.fixture
def shielded_later(by, client, world):
    """A checked list of four, of whom one is shielded afterwards; its address."""
    there, list_of = recorded(world, 4)
    world.act_as(by)
    address, page = check(client, csv(list_of))
    assert "Sier noe annet enn det som er ført" in rows(page)[1]
    shield(world, there[1])
    return address, there


def test_the_kept_result_says_nothing_of_whoever_is_shielded_since(shielded_later, client):
    address, _there = shielded_later
    page = soup(client.get(address))
    lines_ = rows(page)
    assert len(lines_) == 4
    assert "Du ser ikke denne deltakeren lenger" in lines_[1]
    assert not any(told in lines_[1] for told in (*TOLD, "Ikke noe nytt"))
    assert "Sier noe annet enn det som er ført" in lines_[0]
    text = page.select_one("main").get_text(" ", strip=True)
    assert "1 deltaker er utelatt" in text
    assert "3 forskjeller fra det som er ført" in text


@pytest.mark.parametrize("part", ["ulik", "her", "merknad", "kjent", "skrives", "nytt", "se", "personer"])
def test_no_part_of_the_rows_tells_of_them_either(shielded_later, client, part):
    address, _there = shielded_later
    page = soup(client.get(f"{address}?vis={part}"))
    assert all("Nummerb" not in row for row in rows(page))
    for tab in page.select("#rader nav a, #rader [aria-current]"):
        if "Alle rader" not in tab.get_text():
            assert tab.select_one(".p-count") is None or int(tab.select_one(".p-count").get_text()) < 4


def test_the_differences_and_the_sums_are_without_them(shielded_later, client):
    address, _there = shielded_later
    sums = soup(client.get(address)).select_one("main").get_text(" ", strip=True)
    assert "3 her fra før" in sums
    page = soup(client.get(f"{address}forskjeller/"))
    assert "1 deltaker er utelatt" in page.get_text(" ", strip=True)
    assert "Telefon (3)" in page.get_text(" ", strip=True)


def test_each_who_is_shown_reads_who_read_the_kept_result(shielded_later, client, by):
    address, there = shielded_later
    before = len(lines(by, "differences"))
    client.get(address)
    new = lines(by, "differences")[before:]
    assert sorted(line[0] for line in new) == sorted(case.pk for n, case in enumerate(there) if n != 1)
    assert {line[2:] for line in new} == {("leads", True)}


def test_a_list_of_one_says_neither_that_they_are_here_nor_that_nothing_is_new(by, client, world):
    (case,), list_of = recorded(world, 1, phone="90000008")
    world.act_as(by)
    address, page = check(client, csv(list_of))
    assert "Ikke noe nytt" in page.get_text()
    shield(world, case)
    text = soup(client.get(address)).select_one("main").get_text(" ", strip=True)
    assert "1 deltaker er utelatt" in text
    assert not any(told in text for told in ("Ikke noe nytt", "ført fra før", "her fra før", "står i loggen"))


def test_the_rows_to_mend_keep_those_whom_one_does_not_see_any_more_without_the_reason(by, client, world):
    there, list_of = recorded(world, 1)
    world.act_as(by)
    address, page = check(client, csv([list_of[0] | {"Jobbspesialist": "Ingen Slik"}]))
    assert "Ingen Slik" in rows(page)[0]
    shield(world, there[0])
    file = client.get(f"{address}resten/")
    cells = [str(cell) for row in openpyxl.load_workbook(io.BytesIO(file.content)).active.values for cell in row]
    assert any("Du ser ikke denne deltakeren lenger" in cell for cell in cells)
    assert any("Nummera" in cell for cell in cells)


def test_an_address_that_is_protected_by_now_is_not_told_to_differ(by, client, world):
    number = identity_number()
    case = world.refer("Kari", "Testesen", number=number, on=ago(180), address="Storgata 1", phone="40000001")
    with as_owner():
        case.referred_by = world.supervisor
        case.save(update_fields=["referred_by"])
    world.act_as(by)
    address, page = check(client, csv([person(Fødselsnummer=number, Adresse="Lillegata 2", Telefon="90000008")]))
    assert "Adresse" in rows(page)[0]
    shield(world, case)
    page = soup(client.get(address))
    assert "Telefon" in rows(page)[0] and "Adresse" not in rows(page)[0]


def test_the_page_of_the_result_asks_as_much_however_many_are_recorded(by, client, world, monkeypatch):
    monkeypatch.setattr(tasks, "AT_ONCE", 100)
    asked = {}
    list_of = []
    for count in (10, 30):
        # All of them, so that nobody is missing in the list.
        list_of += recorded(world, count)[1]
        client.force_login(world.act_as(by))
        address, _page = check(client, csv(list_of))
        with CaptureQueriesContext(connection) as questions:
            client.get(address)
        asked[count] = len(questions)
    assert asked[10] == asked[30] <= 12
