"""The page of what a list says otherwise: looked at, chosen one by one and all of a kind, by hand and by the command."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plass.access.current_user import acting_as
from plass.access.models import AccessLogEntry
from plass.cases import actions as cases
from plass.cases.models import Correction, Participant
from plass.imports import tasks
from plass.imports.models import Upload
from plass.imports.questions import SAME_PERSON
from plass.imports.taking import choices_for
from plass.imports.ways import Way
from plass.jobs.models import JobChanged, JobStarted

from .. import queued
from ..conftest import as_owner
from .lists import ago, csv, numbered, person, written
from .test_differences import FIRST, SECOND, working
from .test_pages import check, press, soup, upload
from .test_races import begin, fresh, in_the_queue, keep, seen

__all__ = ["in_the_queue"]


@pytest.fixture
def by(world, client):
    """The supervisor, who acts and is logged in."""
    client.force_login(world.act_as(world.supervisor))
    return world.supervisor


def rows(page):
    return [" ".join(row.get_text(" ", strip=True).split()) for row in page.select("main table tbody tr")]


def checked_again(client, first, second):
    """Write a list and check another; the address of the differences, and the page of the check."""
    _address, page = check(client, first)
    press(client, page, "Skriv inn")
    address, page = check(client, second)
    return f"{address}forskjeller/", page


def answer_all(client, page, answer):
    """Answer every question of a check alike."""
    form = page.select_one("#questions form")
    values = {one["name"]: one.get("value", "") for one in form.select("input[name]")}
    client.post(form["action"], values | {one["name"]: answer for one in form.select("select")})


def form_of(page):
    return next(form for form in page.select("main form") if "Lagre valgene" in form.get_text())


def sent(page, form, **ways):
    """What a form would send: as it stands, but for how some are to be taken, by the label of the row."""
    values = {one["name"]: one.get("value", "") for one in form.select("input[name]") if one["type"] != "radio"}
    values["shown"] = [one["value"] for one in form.select("input[name=shown]")]
    values |= {one["name"]: one["value"] for one in form.select("input[type=radio][checked]")}
    for row in form.select("tbody tr"):
        radio = row.select_one("input[type=radio]")
        label = row.th.get_text(" ", strip=True)
        for name, way in ways.items():
            if label.startswith(name.replace("_", " ")):
                values[radio["name"]] = way
    return values


def test_the_check_says_how_many_differences_there_are_and_leads_to_them(by, client):
    address, page = checked_again(client, FIRST, SECOND)
    text = page.get_text(" ", strip=True)
    assert "4 forskjeller fra det som er ført" in text
    assert "Ikke noe nytt" not in text
    assert "Sier noe annet enn det som er ført" in page.select_one("#rader").get_text(" ")
    assert page.select_one(f"a[href='{address}']")
    shown = soup(client.get(address))
    assert "Det lista sier annerledes" in shown.h1.get_text()
    assert [row.split(" La stå")[0] for row in rows(shown)] == [
        "Telefon 40000001 40000002 Kari Oppdatert: Telefon",
        "E-post – kari@example.no Kari Oppdatert: E-post",
        "Henvist dato 3. april 2025 10. april 2025 Kari Oppdatert: Henvist dato",
        "Timer i uken Rema Eventyr, fra 1. juni 2025 20 30 Kari Oppdatert: Timer i uken",
    ]


def test_each_is_taken_as_it_was_chosen_and_the_rest_is_folded(by, client):
    address, _page = checked_again(client, FIRST, SECOND)
    page = soup(client.get(address))
    # Nothing is chosen for anybody.
    assert not page.select("input[type=radio][checked]")
    values = sent(page, form_of(page), Telefon="change", Henvist_dato="correct", Timer="change", **{"E-post": "leave"})
    answer = client.post(address, values)
    assert (answer.status_code, answer.headers["Location"]) == (303, address)
    assert Participant.objects.get().phone == "40000002"
    assert Participant.objects.get().email == ""
    assert JobChanged.objects.get().happened_on == timezone.localdate()
    assert Correction.objects.get().reason == "Fra lista «liste.csv», rad 2"
    after = soup(client.get(address)).get_text(" ", strip=True)
    assert "3 forskjeller er skrevet inn" in after
    assert "1 lar du stå" in after
    assert "Ingen forskjeller igjen å velge" in after
    assert len(rows(soup(client.get(f"{address}?vis=staar")))) == 1
    # Sent twice it is done once.
    assert client.post(address, values).headers["Location"] == address
    assert JobChanged.objects.count() == 1
    # And the list once more asks about nothing.
    again, page = check(client, SECOND)
    assert "1 forskjell lar du stå" in page.get_text(" ", strip=True)
    assert page.select_one(f"a[href='{again}forskjeller/?vis=staar']")
    # What was left can be taken after all.
    left = f"{again}forskjeller/?vis=staar"
    page = soup(client.get(left))
    client.post(left, sent(page, form_of(page), **{"E-post": "change"}))
    assert Participant.objects.get().email == "kari@example.no"


def test_what_nothing_is_chosen_for_stays_to_be_answered(by, client):
    address, _page = checked_again(client, FIRST, SECOND)
    page = soup(client.get(address))
    answer = client.post(address, sent(page, form_of(page)))
    assert answer.status_code == 422 and "Velg for minst én av dem" in soup(answer).get_text()
    assert len(rows(soup(answer))) == 4
    assert client.post(address, sent(page, form_of(page), Telefon="change")).status_code == 303
    page = soup(client.get(address))
    assert len(rows(page)) == 3 and "1 forskjell er skrevet inn" in page.get_text(" ", strip=True)
    # Nor is it remembered as left: the list once more tells the same.
    _again, page = check(client, SECOND)
    assert "3 forskjeller fra det som er ført" in page.get_text(" ", strip=True)


def test_one_button_lets_all_stay_on_all_pages(by, client):
    rows_ = list_of(23, "4000")
    again = [row | {"Telefon": f"9000{n:04}"} for n, row in enumerate(rows_)]
    again[0]["Etternavn"] = "Noenannen"
    address, page = checked_again(client, csv(rows_), csv(again))
    answer_all(client, page, SAME_PERSON)
    page = soup(client.get(address))
    form = next(form for form in page.select("main form") if "La alle 24 stå" in form.get_text(" ", strip=True))
    values = {one["name"]: one.get("value", "") for one in form.select("input[name]")}
    assert client.post(address, values).status_code == 303
    after = soup(client.get(address)).get_text(" ", strip=True)
    assert "24 lar du stå" in after and "Ingen forskjeller igjen å velge" in after
    assert "La alle" not in after
    assert Participant.objects.filter(phone__startswith="4").count() == 23


def test_in_a_job_that_has_ended_a_change_has_its_day_before_the_end(by, client):
    first = working(Telefon="40000001", Timer="20")
    both = first | {"Telefon": "40000002", "Timer": "30", "Jobbslutt": written(ago(5))}
    address, page = checked_again(client, csv([first]), csv([both]))
    press(client, page, "Skriv inn")
    page = soup(client.get(address))
    values = sent(page, form_of(page), Telefon="change", Timer="change")
    name = next(name for name in values if name.startswith("day_"))
    assert values[name] == ""
    answer = client.post(address, values | {name: str(ago(2))})
    assert answer.status_code == 422 and "Skriv en dag før" in soup(answer).get_text()
    assert client.post(address, values | {name: str(ago(20))}).status_code == 303
    assert JobChanged.objects.get().happened_on == ago(20)
    assert Participant.objects.get().phone == "40000002"


@pytest.mark.parametrize("day", ["", "tull", "2099-01-01"])
def test_a_change_without_a_day_that_has_been_is_asked_for_again(by, client, day):
    address, _page = checked_again(client, FIRST, SECOND)
    page = soup(client.get(address))
    values = sent(page, form_of(page), Timer="change", Telefon="change")
    name = next(name for name in values if name.startswith("day_"))
    answer = client.post(address, values | {name: day})
    assert answer.status_code == 422
    assert soup(answer).select_one("[data-error-summary]")
    assert not JobChanged.objects.exists()
    assert Participant.objects.get().phone == "40000001"
    # What was chosen still stands.
    assert soup(answer).select_one("input[value=change][checked]")
    # A day that is wrong does not matter to a correction.
    values = sent(page, form_of(page), Timer="correct")
    assert client.post(address, values | {name: day}).status_code == 303
    assert JobStarted.objects.get(superseded_at=None).hours_per_week == 30


def list_of(count, phone):
    return [
        person(family_name=numbered("Nummer", n), Telefon=f"{phone}{n:04}", Fødselsnummer=number)
        for n, number in enumerate(list_of.numbers[:count])
    ]


list_of.numbers = [person()["Fødselsnummer"] for _n in range(60)]


def bulk(page, field, way, **more):
    form = next(form for form in page.select("main form") if "Gjør det for alle" in form.get_text())
    values = {one["name"]: one.get("value", "") for one in form.select("input[name]") if one["type"] != "radio"}
    return values | {"field": field, "way": way, **more}


def test_all_of_one_kind_are_taken_at_once(by, client):
    rows_ = list_of(3, "4000")
    again = [row | {"Telefon": f"9000{n:04}", "Henvist dato": "1.2.2026"} for n, row in enumerate(rows_)]
    address, _page = checked_again(client, csv(rows_), csv(again))
    page = soup(client.get(address))
    assert client.post(address, bulk(page, "phone", "correct")).status_code == 422
    assert client.post(address, bulk(page, "phone", "change")).status_code == 303
    assert sorted(Participant.objects.values_list("phone", flat=True)) == ["90000000", "90000001", "90000002"]
    assert not Correction.objects.exists()
    assert len(rows(soup(client.get(address)))) == 3
    page = soup(client.get(address))
    client.post(address, bulk(page, "referred_on", "correct"))
    assert Correction.objects.count() == 3


def test_whom_the_list_calls_by_another_name_is_not_taken_with_all_the_others(by, client):
    rows_ = list_of(3, "4000")
    again = [row | {"Telefon": f"9000{n:04}"} for n, row in enumerate(rows_)]
    again[0]["Etternavn"] = "Noenannen"
    address, page = checked_again(client, csv(rows_), csv(again))
    answer_all(client, page, SAME_PERSON)
    page = soup(client.get(address))
    assert page.get_text().count("Se etter om fødselsnummeret i lista er riktig") == 1
    client.post(address, bulk(page, "phone", "change"))
    assert sorted(Participant.objects.values_list("phone", flat=True)) == ["40000000", "90000001", "90000002"]
    # One by one it is.
    page = soup(client.get(address))
    client.post(address, sent(page, form_of(page), Telefon="change", Etternavn="change"))
    assert Participant.objects.get(family_name="Noenannen").phone == "90000000"


def test_many_are_taken_beside_the_page(by, client, monkeypatch):
    rows_ = list_of(3, "4000")
    again = [row | {"Telefon": f"9000{n:04}"} for n, row in enumerate(rows_)]
    address, _page = checked_again(client, csv(rows_), csv(again))
    monkeypatch.setattr(tasks, "AT_ONCE", 0)
    page = soup(client.get(address))
    answer = client.post(address, bulk(page, "phone", "change"))
    assert answer.headers["Location"] == address.removesuffix("forskjeller/")
    assert Participant.objects.filter(phone__startswith="4").count() == 3
    # Until it is done there is nothing to choose.
    assert client.get(address).headers["Location"] == answer.headers["Location"]


def test_one_of_a_long_list_is_taken_beside_the_page_which_does_not_read_the_list(by, client, monkeypatch):
    rows_ = list_of(3, "4000")
    again = [row | {"Telefon": f"9000{n:04}"} for n, row in enumerate(rows_)]
    address, _page = checked_again(client, csv(rows_), csv(again))
    monkeypatch.setattr(tasks, "READ_IN_A_MOMENT", 2)
    page = soup(client.get(address))
    answer = client.post(address, sent(page, form_of(page), Telefon="change"))
    assert answer.headers["Location"] == address.removesuffix("forskjeller/")
    file = Upload.objects.latest("pk")
    assert (file.doing, file.total) == (tasks.TAKE, 3)
    assert Participant.objects.filter(phone__startswith="4").count() == 3


def test_the_page_asks_as_much_of_the_database_however_many_people_there_are(by, client, monkeypatch):
    monkeypatch.setattr(tasks, "AT_ONCE", 100)
    asked = {}
    for count in (2, 60):
        rows_ = list_of(count, "4000")
        again = [row | {"Telefon": f"9000{n:04}"} for n, row in enumerate(rows_)]
        address, _page = checked_again(client, csv(rows_), csv(again))
        client.get(address)
        with CaptureQueriesContext(connection) as questions:
            page = soup(client.get(address))
        asked[count] = len(questions)
        assert len(rows(page)) == min(count, 20)
    assert asked[2] == asked[60] <= 12


def test_whoever_is_shielded_since_the_check_is_not_shown(by, client, world):
    again = [person("Kari", "Lukkes", Telefon="90000008"), person("Ola", "Åpen", Telefon="90000009")]
    shielded, _seen = (
        world.refer(row["Fornavn"], row["Etternavn"], number=row["Fødselsnummer"], phone="40000001", on=ago(180))
        for row in again
    )
    world.act_as(world.supervisor)
    address = f"{check(client, csv(again))[0]}forskjeller/"
    assert "Kari Lukkes" in soup(client.get(address)).get_text()
    by = world.act_as(world.specialist)
    cases.change_protection(shielded.participant, by=by, based_on=1, protection="strictly_confidential", reason="Ny")
    world.act_as(world.supervisor)
    text = soup(client.get(address)).get_text(" ", strip=True)
    assert "Ola Åpen" in text
    assert "Kari Lukkes" not in text
    assert text.count("40000001") == 1
    assert "1 deltaker er utelatt" in text


def test_each_who_is_shown_reads_who_looked_and_those_on_another_page_do_not(by, client, world):
    seen = [world.refer("Kari", "Testesen", number=number, phone="40000001") for number in list_of.numbers[:22]]
    client.force_login(world.act_as(by))
    again = [person(Fødselsnummer=number, Telefon="90000008") for number in list_of.numbers[:22]]
    address = f"{check(client, csv(again))[0]}forskjeller/"

    def lines():
        with as_owner():
            entries = AccessLogEntry.objects.filter(user=by, purpose="differences")
            found = set(entries.values_list("case_id", "participant_id", "rule", "allowed"))
            assert entries.count() == len(found)
        world.act_as(by)
        return found

    expected = [(case.pk, case.participant_id, "leads", True) for case in seen]
    # The page of the check says of each that the phone is another.
    assert lines() == set(expected)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM access_accesslogentry")
    world.act_as(by)
    client.get(address)
    assert lines() == set(expected[:20])
    client.get(f"{address}?page=2")
    assert lines() == set(expected)


def test_nobody_else_reads_the_page(by, client, world):
    address, _page = checked_again(client, FIRST, SECOND)
    client.force_login(world.act_as(world.colleague))
    assert client.get(address).status_code == 404


def test_a_list_that_is_not_checked_leads_back_and_one_that_is_new_differs_in_nothing(by, client):
    address = upload(client, FIRST).headers["Location"].removesuffix("kolonner/")
    assert client.get(f"{address}forskjeller/").headers["Location"] == address
    address, page = check(client, FIRST)
    assert "forskjell" not in page.get_text()
    assert "Ingen forskjeller igjen å velge" in soup(client.get(f"{address}forskjeller/")).get_text()


def test_the_differences_of_a_long_list_are_taken_by_a_job(committed, in_the_queue):
    rows_ = [{"Telefon": f"4000000{n}", **working(family_name=numbered("Forskjell", n))} for n in range(4)]
    for content in (csv(rows_), csv([row | {"Telefon": f"9000000{n}"} for n, row in enumerate(rows_)])):
        file = keep(committed, content)
        assert begin(committed, file, tasks.CHECK)
        if content == csv(rows_):
            assert begin(committed, file, tasks.WRITE_ALL)
    _now, checked = seen(committed, file)
    there = [one for row in checked.checked.rows for one in row.open_differences]
    assert len(there) == 4
    choices = choices_for(there[:3], Way.CHANGE) | choices_for(there[3:], Way.LEAVE)
    with acting_as(committed.supervisor):
        mine, by = Upload.objects.select_related("team__office").get(pk=file.pk), fresh(committed.supervisor)
        assert tasks.take(mine, choices, by=by)
        # It is in the queue: nothing else begins with it.
        assert not tasks.take(Upload.objects.select_related("team__office").get(pk=file.pk), choices, by=by)
    queued.do_waiting()
    now, after = seen(committed, file)
    assert (now.doing, after.choices) == ("", {})
    assert after.taken == {"written": 3, "left": 1, "refused": 0, "gone": 0}
    assert [one.is_left for row in after.checked.rows for one in row.differences] == [True]
    with acting_as(committed.supervisor):
        assert Participant.objects.filter(phone__startswith="9000000", family_name__startswith="Forskjell").count() == 3
