"""Work on a file beside the page: a large file is read there, and whoever started it may cancel it and go on later."""

from __future__ import annotations

import io
from itertools import count

import pytest
import xlsxwriter
from bs4 import BeautifulSoup

from plass.access.current_user import acting_as
from plass.cases import identity
from plass.cases.models import Case
from plass.imports import actions, state, tasks
from plass.imports.files import reading
from plass.imports.models import Upload
from plass.queue import jobs, worker

from .. import queued
from ..cases.test_races import at_once, failed
from .lists import csv, numbered, person, table
from .test_pages import chosen, press, upload
from .test_races import fresh, in_the_queue, keep, seen

__all__ = ["in_the_queue"]


@pytest.fixture
def page(committed, client):
    """Gets a page as the supervisor, and gives its text and what stands in it."""
    with acting_as(committed.supervisor):
        client.force_login(fresh(committed.supervisor))

    def get(address):
        answer = client.get(address, follow=True)
        found = BeautifulSoup(answer.content, "html.parser")
        return " ".join(found.select_one("main").get_text(" ").split()), found

    return get


def people_named(name, how_many):
    return [person(family_name=numbered(name, n)) for n in range(how_many)]


def take(committed, file, doing):
    """Start it as a page does, and take its job as the worker does."""
    with acting_as(committed.supervisor):
        mine = Upload.objects.select_related("team__office").get(pk=file.pk)
        assert tasks.start(mine, by=fresh(committed.supervisor), doing=doing)
    return queued.take()


def cancel(committed, file):
    with acting_as(committed.supervisor):
        actions.cancel(Upload.objects.get(pk=file.pk), by=fresh(committed.supervisor))


def checked(committed, file):
    taken = take(committed, file, tasks.CHECK)
    queued.do(taken)
    queued.note(taken)


def cases_of(committed, name):
    with acting_as(committed.supervisor):
        return Case.objects.filter(participant__family_name__startswith=name).count()


def at_piece(number, act):
    """What a job asks before each piece whether it must stop: does ``act`` once, before the piece of this number."""
    steps = count()

    def must_stop():
        if next(steps) == number:
            act()
        return False

    return must_stop


@pytest.fixture
def one_by_one(monkeypatch):
    """Each person is a piece."""
    monkeypatch.setattr(actions, "PIECE", 1)


def test_writing_that_is_cancelled_keeps_what_was_written_says_how_many_and_goes_on(
    committed, in_the_queue, one_by_one, client, page
):
    file = keep(committed, csv(people_named("Avbrytes", 6)))
    checked(committed, file)
    taken = take(committed, file, tasks.WRITE_GOOD)
    queued.do(taken, must_stop=at_piece(10, lambda: cancel(committed, file)))
    queued.note(taken)
    written = cases_of(committed, "Avbrytes")
    assert 0 < written < 6
    now, known = seen(committed, file)
    assert (now.was_cancelled, now.is_worked_on, now.written) == (True, False, written)
    assert not known.checked.written
    text, found = page(f"/importer/{file.pk}/")
    assert "Du avbrøt arbeidet" in text
    assert f"{written} deltakere er skrevet inn og blir stående. Resten av lista er ikke skrevet inn." in text
    with acting_as(committed.supervisor):
        press(client, found, "Fortsett")
    assert queued.do_waiting() == 1
    now, known = seen(committed, file)
    assert cases_of(committed, "Avbrytes") == 6
    assert (now.doing, known.checked.people, known.checked.written) == ("", 6, True)
    # Those of the first part are told as written too.
    assert all(row.writes for row in known.checked.rows)
    assert "6 deltakere er skrevet inn" in page(f"/importer/{file.pk}/")[0]


def test_all_or_nothing_that_is_cancelled_writes_nothing(committed, in_the_queue, one_by_one, page):
    file = keep(committed, csv(people_named("Alleingen", 4)))
    checked(committed, file)
    taken = take(committed, file, tasks.WRITE_ALL)
    queued.do(taken, must_stop=at_piece(5, lambda: cancel(committed, file)))
    queued.note(taken)
    assert cases_of(committed, "Alleingen") == 0
    assert seen(committed, file)[0].written == 0
    assert "Du avbrøt arbeidet Ingenting er skrevet inn." in page(f"/importer/{file.pk}/")[0]


def test_a_check_is_cancelled_and_done_anew(committed, in_the_queue, client, page):
    file = keep(committed, csv(people_named("Kontroll", 3)))
    taken = take(committed, file, tasks.CHECK)
    text, found = page(f"/importer/{file.pk}/")
    assert "Lista kontrolleres" in text
    with acting_as(committed.supervisor):
        press(client, found, "Avbryt")
    queued.do(taken)
    queued.note(taken)
    now, known = seen(committed, file)
    assert (now.was_cancelled, known.checked) == (True, None)
    text, found = page(f"/importer/{file.pk}/")
    assert "Kontrollen er avbrutt" in text and "Ingenting er skrevet inn." in text
    with acting_as(committed.supervisor):
        press(client, found, "Fortsett")
    queued.do_waiting()
    assert seen(committed, file)[1].checked.people == 3


def test_what_is_cancelled_in_one_browser_and_gone_on_with_in_another_is_done_once(committed, in_the_queue, one_by_one):
    """The first job is still at work when the second begins."""
    file = keep(committed, csv(people_named("Tobrowsere", 4)))
    checked(committed, file)
    first = take(committed, file, tasks.WRITE_GOOD)

    def cancel_and_go_on():
        cancel(committed, file)
        second = take(committed, file, tasks.WRITE_GOOD)
        queued.do(second)
        queued.note(second)

    # Between two of its transactions; in one of them the second would wait for it.
    queued.do(first, must_stop=at_piece(2, cancel_and_go_on))
    queued.note(first)
    now, known = seen(committed, file)
    assert cases_of(committed, "Tobrowsere") == 4
    assert (now.doing, now.written, known.checked.people) == ("", 4, 4)


def test_a_file_that_is_deleted_after_it_was_cancelled_stops_its_job(committed, in_the_queue):
    file = keep(committed, csv(people_named("Slettes", 2)))
    taken = take(committed, file, tasks.CHECK)
    cancel(committed, file)
    with acting_as(committed.supervisor):
        actions.forget(Upload.objects.get(pk=file.pk), by=fresh(committed.supervisor))
    queued.do(taken)
    queued.note(taken)


def test_how_many_were_written_is_told_also_where_the_worker_was_killed(committed, in_the_queue, one_by_one):
    file = keep(committed, csv(people_named("Drept", 3)))
    checked(committed, file)
    writing = take(committed, file, tasks.WRITE_GOOD)
    steps = count()
    with pytest.raises(jobs.Stopped):
        queued.do(writing, must_stop=lambda: next(steps) >= 8)
    some = cases_of(committed, "Drept")
    assert 0 < some < 3
    # The next worker takes it up.
    queued.do(writing)
    queued.note(writing)
    known = seen(committed, file)[1]
    assert (cases_of(committed, "Drept"), known.checked.people) == (3, 3)
    assert all(row.writes for row in known.checked.rows)


def test_ten_who_go_on_at_once_begin_it_once(committed, in_the_queue):
    file = keep(committed, csv(people_named("Ti", 2)))
    checked(committed, file)
    taken = take(committed, file, tasks.WRITE_GOOD)
    cancel(committed, file)
    queued.do(taken)
    queued.note(taken)

    def go_on(n, barrier):
        with acting_as(committed.supervisor):
            mine, by = Upload.objects.select_related("team").get(pk=file.pk), fresh(committed.supervisor)
            barrier.wait()
            return tasks.start(mine, by=by, doing=mine.doing)

    found = at_once(go_on)
    assert failed(found) == set()
    assert found.count(True) == 1
    assert queued.do_waiting() == 1
    assert cases_of(committed, "Ti") == 2


# Reading.


@pytest.fixture
def all_files_are_large(monkeypatch):
    """Also a small file is read beside the page."""
    monkeypatch.setattr(reading, "_SMALL", 10)


def test_the_rest_of_a_long_list_is_made_beside_the_page(committed, client, page, all_files_are_large):
    with acting_as(committed.supervisor):
        client.force_login(fresh(committed.supervisor))
        rows = [person("Bra"), person("Gal", **{"Henvist dato": "30.2.2026"})]
        address = upload(client, csv(rows)).headers["Location"]
        assert queued.do_waiting() == 1
        client.post(f"{address}kolonner/", chosen(client, f"{address}kolonner/"))
    assert queued.do_waiting() == 1
    rest = f"{address}resten/"
    with acting_as(committed.supervisor):
        assert client.get(rest).headers["Location"] == address
        press(client, page(address)[1], "Lag en fil med resten (1 rad)")
    assert "Filen med resten lages" in page(address)[0]
    with acting_as(committed.supervisor):
        assert client.get(rest).headers["Location"] == address
        press(client, page(address)[1], "Avbryt")
    # Nothing was begun that must be gone on with.
    assert "Hent resten" not in page(address)[0] and "Fortsett" not in page(address)[0]
    assert queued.do_waiting() == 1
    with acting_as(committed.supervisor):
        press(client, page(address)[1], "Lag en fil med resten (1 rad)")
    assert queued.do_waiting() == 1
    assert "Hent resten (1 rad)" in page(address)[0]
    with acting_as(committed.supervisor):
        assert [line[1] for line in table(client.get(rest).content)[1:]] == ["Gal"]
        # What was checked since is another rest.
        client.post(f"{address}kolonner/", chosen(client, f"{address}kolonner/"))
    assert queued.do_waiting() == 1
    assert "Hent resten" not in page(address)[0]


def test_a_rest_that_was_made_before_somebody_was_out_of_sight_is_made_anew(committed):
    file = Upload(rest=identity.seal(b"3 7\nfile"))
    assert tasks.kept_rest(file, {7, 3}) == b"file"
    assert tasks.kept_rest(file, {3, 7, 8}) is None
    assert tasks.kept_rest(file, ()) is None


def test_a_large_file_is_read_beside_the_page(committed, client, page, all_files_are_large):
    with acting_as(committed.supervisor):
        client.force_login(fresh(committed.supervisor))
        answer = upload(client, csv(people_named("Stor", 3)))
    address = answer.headers["Location"]
    text, _found = page(address)
    assert "Filen leses" in text and "Venter på tur" in text
    assert "Filen leses" in page(f"{address}kolonner/")[0]
    assert queued.do_waiting() == 1
    assert "Hva kolonnene inneholder" in page(address)[0]
    with acting_as(committed.supervisor):
        client.post(f"{address}kolonner/", chosen(client, f"{address}kolonner/"))
    # The page does not read it again.
    assert "Lista kontrolleres" in page(address)[0]
    assert queued.do_waiting() == 1
    assert state.load(seen(committed, Upload(pk=int(address.split("/")[2])))[0]).checked.people == 3


def test_a_large_file_that_cannot_be_read_says_why(committed, client, page, all_files_are_large):
    with acting_as(committed.supervisor):
        client.force_login(fresh(committed.supervisor))
        address = upload(client, b'Fnr;Navn;Henvist\n1;"Kari;1.2.2026\n').headers["Location"]
    queued.do_waiting()
    text, _found = page(address)
    assert "Filen kan ikke leses" in text and "I rad 2 er et anførselstegn" in text
    assert "Filen kan ikke leses" in page(f"{address}kolonner/")[0]


def test_reading_is_cancelled_and_gone_on_with(committed, client, page, all_files_are_large):
    with acting_as(committed.supervisor):
        client.force_login(fresh(committed.supervisor))
        address = upload(client, csv(people_named("Les", 1))).headers["Location"]
    _text, found = page(address)
    with acting_as(committed.supervisor):
        press(client, found, "Avbryt")
    assert queued.do_waiting() == 1
    text, found = page(address)
    assert "Lesingen er avbrutt" in text
    with acting_as(committed.supervisor):
        press(client, found, "Fortsett")
    queued.do_waiting()
    assert "Hva kolonnene inneholder" in page(address)[0]


@pytest.mark.parametrize(
    ("content", "at_once_"),
    [(b"a;b\n", True), (b"x" * (300 * 1024), False), (reading.ZIP + b"broken", True)],
)
def test_what_a_page_waits_for_is_small(content, at_once_):
    assert reading.is_read_at_once(content) is at_once_


def test_a_small_file_with_one_long_text_in_many_cells_is_read_beside_the_page(committed, client, page):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    rows = people_named("Les", 2)
    for number, row in enumerate([list(rows[0]), *(list(row.values()) for row in rows)]):
        # A workbook keeps the text once.
        sheet.write_row(number, 0, [*row, *["ord " * 5_000 if number else "Annet"] * 30])
    book.close()
    content = out.getvalue()
    assert reading.is_read_at_once(content)
    with acting_as(committed.supervisor):
        client.force_login(fresh(committed.supervisor))
        address = upload(client, content, "liste.xlsx").headers["Location"]
    assert "Filen leses" in page(address)[0]
    queued.do_waiting()
    assert "Hva kolonnene inneholder" in page(address)[0]


def test_an_error_of_the_program_after_some_were_written_says_how_many_and_is_gone_on_with(
    committed, in_the_queue, one_by_one, page, client
):
    file = keep(committed, csv(people_named("Feil", 4)))
    checked(committed, file)
    taken = take(committed, file, tasks.WRITE_GOOD)

    def fails():
        raise ZeroDivisionError

    with pytest.raises(worker.JobFailed):
        queued.do(taken, must_stop=at_piece(8, fails))
    queued.note(taken, "failed")
    written = cases_of(committed, "Feil")
    assert 0 < written < 4
    text, found = page(f"/importer/{file.pk}/")
    assert "Arbeidet ble avbrutt" in text
    assert f"{written} deltaker" in text
    with acting_as(committed.supervisor):
        press(client, found, "Fortsett")
    queued.do_waiting()
    assert (cases_of(committed, "Feil"), seen(committed, file)[1].checked.people) == (4, 4)
