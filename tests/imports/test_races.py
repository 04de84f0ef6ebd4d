"""Long lists in a thread of their own, and two who import at the same moment: on real connections."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from plass.access.current_user import acting_as
from plass.cases import actions as cases
from plass.cases import identity
from plass.cases.models import Case, Participant
from plass.imports import actions, background, mapping, plan, sheet, state
from plass.imports.models import Upload
from plass.imports.queries import who_follows_in
from plass.organisation.models import User

from ..cases.test_races import at_once, failed, succeeded
from ..conftest import as_owner
from .lists import csv, person


def fresh(user):
    return User.objects.get(pk=user.pk)


def made_of(content, team):
    read = sheet.read(content, "liste.csv")
    return plan.make(read, mapping.by_headings(read), today=timezone.localdate())


def keep(committed, content):
    """A file of the supervisor's whose columns are chosen."""
    with acting_as(committed.supervisor):
        by, read = fresh(committed.supervisor), sheet.read(content, "liste.csv")
        return actions.keep_upload(
            by=by,
            team=committed.team,
            name="liste.csv",
            content=content,
            mapping=mapping.by_headings(read),
            state=state.of_sheet(read, mapping.by_headings(read)).dump(),
        )


def begin(committed, upload, doing):
    """Start as a page does, and wait until the thread has ended; whether it was started."""
    with acting_as(committed.supervisor):
        mine = Upload.objects.select_related("team__office").get(pk=upload.pk)
        started = background.start(mine, by=fresh(committed.supervisor), doing=doing)
    for thread in threading.enumerate():
        if thread.name == f"import {upload.pk}":
            thread.join(240)
            assert not thread.is_alive()
    return started


def seen(committed, upload):
    with acting_as(committed.supervisor):
        now = Upload.objects.get(pk=upload.pk)
        return now, state.load(now)


@pytest.fixture
def in_a_thread(monkeypatch):
    """Also a short list is done beside the page."""
    monkeypatch.setattr(background, "AT_ONCE", 0)


@pytest.mark.parametrize("all_or_nothing", [True, False])
def test_two_who_import_the_same_list_at_once_write_it_once(committed, all_or_nothing):
    rows = [person(family_name=f"Tosammen{n}") for n in range(4)]
    people = [committed.supervisor, committed.colleague]

    def load(n, barrier):
        with acting_as(people[n]):
            by, specialists = fresh(people[n]), who_follows_in(committed.team)
        # The second has them in another order.
        made = made_of(csv(rows if n == 0 else rows[::-1]), committed.team)
        barrier.wait()
        return actions.write(
            made,
            by=by,
            team=committed.team,
            specialists=specialists,
            dry_run=False,
            all_or_nothing=all_or_nothing,
            within=lambda: acting_as(by),
        )

    found = at_once(load, 2)
    assert failed(found) == set()
    assert sorted(outcome.people for outcome in found) == [0, 4]
    assert [outcome.wrong for outcome in found] == [[], []]
    numbers = [identity.find_by(identity.parse(row["Fødselsnummer"])) for row in rows]
    with acting_as(committed.supervisor), as_owner():
        assert Participant.objects.filter(identity_hash__in=numbers).count() == 4
        assert Case.objects.filter(participant__identity_hash__in=numbers).count() == 4


def test_two_who_import_to_two_offices_do_not_wait_for_each_other(committed, monkeypatch):
    """People share locks, so two long lists have some of them in common, whoever is on them."""
    monkeypatch.setattr(actions, "PIECE", 1)
    monkeypatch.setattr(cases, "LOCKS", 2)
    places = [(committed.supervisor, committed.team), (committed.other_specialist, committed.other_team)]
    by_lock = {0: [], 1: []}
    while any(len(some) < 16 for some in by_lock.values()):
        row = person(family_name="Toetater")
        found = identity.find_by(identity.parse(row["Fødselsnummer"]))
        by_lock[int.from_bytes(found[:4]) % 2].append(row)
    # One begins with the people of one lock, the other with those of the other.
    lists = [by_lock[0][:8] + by_lock[1][:8], by_lock[1][8:16] + by_lock[0][8:16]]

    def load(n, barrier):
        user, team = places[n]
        with acting_as(user):
            by, specialists = fresh(user), who_follows_in(team)
        made = made_of(csv(lists[n]), team)
        barrier.wait()
        return actions.write(
            made,
            by=by,
            team=team,
            specialists=specialists,
            dry_run=False,
            all_or_nothing=True,
            within=lambda: acting_as(by),
        )

    found = at_once(load, 2)
    assert failed(found) == set()
    assert [outcome.people for outcome in found] == [16, 16]


@pytest.mark.parametrize("doing", [background.WRITE_GOOD, background.WRITE_ALL])
def test_a_long_list_is_checked_and_written_beside_the_page(committed, in_a_thread, doing):
    rows = [person(family_name=f"Lang{doing}{n}", Jobbspesialist="Siri S.") for n in range(5)]
    upload = keep(committed, csv(rows))
    assert begin(committed, upload, background.CHECK)
    now, known = seen(committed, upload)
    assert (now.doing, now.done, now.total) == ("", 5, 5)
    assert known.checked.doing == background.CHECK
    assert known.checked.people == 5
    with acting_as(committed.supervisor):
        assert not Participant.objects.filter(family_name__startswith=f"Lang{doing}").exists()
    assert begin(committed, upload, doing)
    _now, known = seen(committed, upload)
    assert known.checked.written
    assert "Følges av Siri Spesialist." in known.checked.rows[0].writes
    with acting_as(committed.supervisor):
        assert Participant.objects.filter(family_name__startswith=f"Lang{doing}").count() == 5


def test_ten_presses_at_once_start_it_once(committed):
    upload = keep(committed, csv([person(family_name="Trykk")]))

    def press(n, barrier):
        with acting_as(committed.supervisor):
            by, mine = fresh(committed.supervisor), Upload.objects.select_related("team").get(pk=upload.pk)
            barrier.wait()
            return actions.claim(mine, by=by, doing=background.CHECK, total=1)

    found = at_once(press)
    assert succeeded(found).count(True) == 1
    assert found.count(False) == 9


def test_work_that_was_interrupted_says_so_and_can_be_started_again(committed, in_a_thread):
    upload = keep(committed, csv([person(family_name="Avbrutt")]))
    with acting_as(committed.supervisor):
        mine = Upload.objects.select_related("team").get(pk=upload.pk)
        assert actions.claim(mine, by=fresh(committed.supervisor), doing=background.CHECK, total=1)
    # The process that did it was killed, and nothing was heard of it since.
    with transaction.atomic(), as_owner():
        Upload.objects.filter(pk=upload.pk).update(beat_at=timezone.now() - Upload.SILENT - timedelta(seconds=1))
    now, _known = seen(committed, upload)
    assert now.was_interrupted
    assert begin(committed, upload, background.WRITE_ALL)
    now, known = seen(committed, upload)
    assert not now.was_interrupted
    assert known.checked.people == 1


def test_an_error_of_the_program_ends_in_an_interrupted_file_and_a_log_without_names(
    committed, in_a_thread, monkeypatch, caplog
):
    upload = keep(committed, csv([person(family_name="Navnesen")]))
    with acting_as(committed.supervisor):
        mine = Upload.objects.get(pk=upload.pk)
        mine.state = identity.seal(b"{}")
        mine.save(update_fields=["state"])
    begin(committed, upload, background.CHECK)
    with acting_as(committed.supervisor):
        assert Upload.objects.get(pk=upload.pk).was_interrupted
    assert f"import of upload {upload.pk} stopped" in caplog.text
    assert "Navnesen" not in caplog.text


def test_the_page_shows_how_far_it_is_and_then_the_result(committed, in_a_thread, client):
    upload = keep(committed, csv([person(family_name="Framdrift")]))
    with acting_as(committed.supervisor):
        client.force_login(fresh(committed.supervisor))
        mine = Upload.objects.select_related("team").get(pk=upload.pk)
        actions.claim(mine, by=fresh(committed.supervisor), doing=background.CHECK, total=40)
        Upload.objects.filter(pk=upload.pk).update(done=12)
    assert "12 av 40" in client.get(f"/importer/{upload.pk}/").content.decode()
    assert "12 av 40" in client.get(f"/importer/{upload.pk}/framdrift/").content.decode()
    with acting_as(committed.supervisor), transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(beat_at=None)
    begin(committed, upload, background.CHECK)
    answer = client.get(f"/importer/{upload.pk}/framdrift/")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"/importer/{upload.pk}/")
    assert "Framdrift" in client.get(f"/importer/{upload.pk}/").content.decode()
