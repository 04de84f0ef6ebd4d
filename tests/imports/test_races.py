"""Long lists in the background, and two who import at the same moment: on real connections."""

from __future__ import annotations

from itertools import count

import pytest
from django.db import OperationalError
from django.utils import timezone

from plass.access.current_user import acting_as
from plass.cases import actions as cases
from plass.cases import identity
from plass.cases.models import Case, Participant
from plass.db.locks import wait_at_most
from plass.imports import actions, mapping, plan, sheet, state, tasks
from plass.imports.import_request import ImportRequest
from plass.imports.models import Upload
from plass.imports.queries import who_follows_in
from plass.organisation.models import User
from plass.queue import jobs

from .. import queued
from ..attacks.test_act_at_the_same_moment import meanwhile
from ..cases.test_races import at_once, failed, succeeded
from ..conftest import as_owner
from ..world import identity_number
from .lists import csv, numbered, person


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
    """Start as a page does, and do what waits in the queue; whether it was started."""
    with acting_as(committed.supervisor):
        mine = Upload.objects.select_related("team__office").get(pk=upload.pk)
        started = tasks.start(mine, by=fresh(committed.supervisor), doing=doing)
    queued.do_waiting()
    return started


def seen(committed, upload, state_too=True):
    with acting_as(committed.supervisor):
        now = Upload.objects.get(pk=upload.pk)
        # Asked now, while they act.
        assert now.job_state in (None, "waits", "goes on", "failed")
        return now, state.load(now) if state_too else None


@pytest.fixture
def in_the_queue(monkeypatch):
    """Also a short list is done beside the page."""
    monkeypatch.setattr(tasks, "AT_ONCE", 0)


@pytest.mark.parametrize("all_or_nothing", [True, False])
def test_two_who_import_the_same_list_at_once_write_it_once(committed, all_or_nothing):
    rows = [person(family_name=numbered("Tosammen", n)) for n in range(4)]
    people = [committed.supervisor, committed.colleague]

    def load(n, barrier):
        with acting_as(people[n]):
            by, specialists = fresh(people[n]), who_follows_in(committed.team)
        # The second has them in another order.
        made = made_of(csv(rows if n == 0 else rows[::-1]), committed.team)
        barrier.wait()
        return actions.write(
            made,
            ImportRequest(
                by=by, team=committed.team, specialists=specialists, dry_run=False, all_or_nothing=all_or_nothing
            ),
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


def test_two_who_import_the_same_people_to_two_offices_do_not_end_in_a_deadlock(committed, monkeypatch):
    monkeypatch.setattr(actions, "PIECE", 1)
    places = [(committed.supervisor, committed.team), (committed.other_specialist, committed.other_team)]
    rows = [person(family_name=numbered("Toetater", n)) for n in range(16)]

    def load(n, barrier):
        user, team = places[n]
        with acting_as(user):
            by, specialists = fresh(user), who_follows_in(team)
        # The second begins with those with whom the first ends.
        made = made_of(csv(rows if n == 0 else rows[::-1]), team)
        barrier.wait()
        return actions.write(
            made,
            ImportRequest(by=by, team=team, specialists=specialists, dry_run=False, all_or_nothing=True),
            within=lambda: acting_as(by),
        )

    found = at_once(load, 2)
    assert failed(found) == set()
    assert [outcome.people for outcome in found] == [16, 16]


def test_whoever_is_not_on_the_list_is_referred_while_it_is_written(committed):
    """Also where the end of the number's hash is alike: people shared 4,096 locks, and a list of thousands held most."""
    rows = [person(family_name=numbered("Opptatt", n)) for n in range(20)]

    def alike(number):
        return int.from_bytes(identity.find_by(number)[:4]) % 4096

    listed = [identity.parse(row["Fødselsnummer"]) for row in rows]
    taken = set(map(alike, listed))
    stranger = next(number for number in map(identity.parse, iter(identity_number, "")) if alike(number) in taken)

    def write(by):
        specialists, made = who_follows_in(committed.team), made_of(csv(rows), committed.team)
        return actions.write(
            made, ImportRequest(by=by, team=committed.team, specialists=specialists, dry_run=False, all_or_nothing=True)
        )

    def refer(number):
        with acting_as(committed.other_specialist):
            wait_at_most(0.3)
            return cases.refer(
                by=fresh(committed.other_specialist),
                number=number,
                person={"given_name": "Ola", "family_name": "Ventesen"},
                team=committed.other_team,
                wishes="Lager",
                participant_agreed_on=timezone.localdate(),
            )

    with meanwhile(committed.supervisor, write) as writing:
        assert refer(stranger).pk
        # Whoever is on it waits.
        with pytest.raises(OperationalError, match="lock timeout"):
            refer(listed[-1])
    assert writing.result().people == 20
    assert refer(listed[-1]).pk


@pytest.mark.parametrize("doing", [tasks.WRITE_GOOD, tasks.WRITE_ALL])
def test_a_long_list_is_checked_and_written_beside_the_page(committed, in_the_queue, doing):
    rows = [person(family_name=numbered(f"Lang{doing}", n), Jobbspesialist="Siri S.") for n in range(5)]
    upload = keep(committed, csv(rows))
    assert begin(committed, upload, tasks.CHECK)
    now, known = seen(committed, upload)
    assert (now.doing, now.done, now.total) == ("", 5, 5)
    assert known.checked.doing == tasks.CHECK
    assert known.checked.people == 5
    with acting_as(committed.supervisor):
        assert not Participant.objects.filter(family_name__startswith=f"Lang{doing}").exists()
    assert begin(committed, upload, doing)
    _now, known = seen(committed, upload)
    assert known.checked.written
    assert "Følges av Siri Spesialist." in known.checked.rows[0].writes
    with acting_as(committed.supervisor):
        assert Participant.objects.filter(family_name__startswith=f"Lang{doing}").count() == 5


def test_ten_presses_at_once_start_it_once(committed, in_the_queue):
    upload = keep(committed, csv([person(family_name="Trykk")]))

    def press(n, barrier):
        with acting_as(committed.supervisor):
            by, mine = fresh(committed.supervisor), Upload.objects.select_related("team").get(pk=upload.pk)
            barrier.wait()
            return tasks.start(mine, by=by, doing=tasks.CHECK)

    found = at_once(press)
    assert succeeded(found).count(True) == 1
    assert found.count(False) == 9
    assert queued.do_waiting() == 1


def test_work_whose_worker_was_killed_is_taken_up_again_and_writes_nothing_twice(committed, in_the_queue):
    upload = keep(committed, csv([person(family_name=numbered("Avbrutt", n)) for n in range(3)]))

    def take(doing):
        with acting_as(committed.supervisor):
            mine = Upload.objects.select_related("team__office").get(pk=upload.pk)
            assert tasks.start(mine, by=fresh(committed.supervisor), doing=doing)
        return queued.take()

    checking, steps = take(tasks.CHECK), count()
    queued.do(checking, must_stop=lambda: next(steps) < 0)
    queued.note(checking)
    last, step = next(steps) - 1, count()
    writing = take(tasks.WRITE_GOOD)
    # Its worker ends after the last piece was written, before the file knows of it.
    with pytest.raises(jobs.Stopped):
        queued.do(writing, must_stop=lambda: next(step) == last)
    now, known = seen(committed, upload)
    assert now.is_worked_on
    assert not known.checked.written
    queued.do(writing)
    now, known = seen(committed, upload)
    assert not now.doing
    assert [row.problems for row in known.checked.rows] == [[]] * 3
    # What was written before its end is told as written.
    assert (known.checked.people, all(row.writes for row in known.checked.rows)) == (3, True)
    # And once more after it was done: its worker ended before the queue knew of it.
    queued.do(writing)
    queued.note(writing)
    assert seen(committed, upload)[1] == known
    with acting_as(committed.supervisor):
        assert Case.objects.filter(participant__family_name__startswith="Avbrutt").count() == 3


def test_an_error_of_the_program_ends_in_an_interrupted_file_and_a_log_without_names(committed, in_the_queue, caplog):
    upload = keep(committed, csv([person(family_name="Navnesen")]))
    with acting_as(committed.supervisor):
        mine = Upload.objects.select_related("team__office").get(pk=upload.pk)
        tasks.start(mine, by=fresh(committed.supervisor), doing=tasks.CHECK)
        mine.state = identity.seal(b'{"version": "%s"}' % state.VERSION.encode())
        mine.save(update_fields=["state"])
    queued.do_waiting()
    assert seen(committed, upload, state_too=False)[0].was_interrupted
    assert "(imports.check) stopped: KeyError at" in caplog.text
    assert "Navnesen" not in caplog.text


def test_the_page_shows_how_far_it_is_and_then_the_result(committed, in_the_queue, client):
    upload = keep(committed, csv([person(family_name="Framdrift")]))
    with acting_as(committed.supervisor):
        client.force_login(fresh(committed.supervisor))
        mine = Upload.objects.select_related("team__office").get(pk=upload.pk)
        tasks.start(mine, by=fresh(committed.supervisor), doing=tasks.CHECK)
    assert "Venter på tur" in client.get(f"/importer/{upload.pk}/").content.decode()
    taken = queued.take()
    with acting_as(committed.supervisor):
        Upload.objects.filter(pk=upload.pk).update(done=12, total=40)
    assert "12 av 40" in client.get(f"/importer/{upload.pk}/").content.decode()
    assert "12 av 40" in client.get(f"/importer/{upload.pk}/framdrift/").content.decode()
    queued.do(taken)
    queued.note(taken)
    answer = client.get(f"/importer/{upload.pk}/framdrift/")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, f"/importer/{upload.pk}/")
    assert "Framdrift" in client.get(f"/importer/{upload.pk}/").content.decode()
