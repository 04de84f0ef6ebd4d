"""A statement smuggled into a page, or whoever has the worker's login, lets the worker act as somebody else."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from plass.access.current_user import acting_as, set_current_user
from plass.cases.models import Case
from plass.db import signed
from plass.imports import state, tasks
from plass.imports.models import Upload
from plass.queue import jobs, worker
from plass.queue.models import QueuedJob
from tests import queued
from tests.conftest import as_owner
from tests.imports.lists import csv, person
from tests.imports.test_races import fresh, keep
from tests.queued import ask

#: Who acted in the jobs of these tests.
acted: list[int] = []


@jobs.job("tests.act")
def act(run: jobs.Run, *, row: int) -> None:
    run.finish(lambda: acted.append(ask("SELECT access_user()")[0][0]))


@pytest.fixture(autouse=True)
def _nobody_acted():
    acted.clear()


def refused(question: str, *parameters: Any) -> str:
    with pytest.raises(DatabaseError) as error, transaction.atomic():
        ask(question, *parameters)
    return str(error.value)


def test_it_puts_in_no_job_for_another_nor_for_the_one_who_acts(world):
    victim, me = world.supervisor.pk, world.act_as(world.specialist).pk
    for of in (victim, me):
        numbers = json.dumps({"row": 1})
        for permit in (None, "", "0" * 64, signed._sign(connection, "queue_finish", "")):
            assert "not asked by the web process" in refused(
                "SELECT queue_defer('tests.act', %s, %s, %s)", numbers, of, permit
            )
        for statement in (
            f"INSERT INTO queue_queuedjob (user_id, kind, numbers, at) VALUES ({of}, 'tests.act', '{{}}', now())",
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('default', 'tests.act', '{\"job\": 1}')",
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'tests.act', 0, NULL, NULL, '{\"job\": 1}', NULL)"
            "::procrastinate_job_to_defer_v1])",
        ):
            assert "permission denied" in refused(statement)
    assert queued.do_waiting() == 0


def test_nor_does_the_page_s_own_code_for_another_or_while_nobody_acts(world):
    victim = world.act_as(world.supervisor)
    world.act_as(world.specialist)
    with pytest.raises(DatabaseError, match="by the one whom it is for"), transaction.atomic():
        act.defer(by=victim, row=1)
    set_current_user(None)
    with pytest.raises(DatabaseError, match="by the one whom it is for"), transaction.atomic():
        act.defer(by=victim, row=1)


def test_a_signature_of_the_page_puts_in_the_same_job_and_no_other(world):
    me = world.act_as(world.specialist).pk
    words = ("tests.act", '{"row": 1}', me)
    permit = signed._sign(connection, "queue_defer", ",".join(_hash(word) for word in words))
    ask("SELECT queue_defer(%s, %s, %s, %s)", *words, permit)
    for changed in (("tests.other", words[1], me), (words[0], '{"row": 2}', me), (*words[:2], world.supervisor.pk)):
        assert "not asked by the web process" in refused("SELECT queue_defer(%s, %s, %s, %s)", *changed, permit)


def _hash(word: Any) -> str:
    return hashlib.sha256(str(word).encode()).hexdigest()


def test_it_changes_nothing_of_a_job_that_was_put_in(world):
    me = world.act_as(world.specialist)
    job = act.defer(by=me, row=1)
    for statement in (
        f"UPDATE queue_queuedjob SET user_id = {world.supervisor.pk}",
        "UPDATE queue_queuedjob SET numbers = '{\"row\": 2}'",
        "UPDATE queue_queuedjob SET done_at = NULL",
        "UPDATE queue_queuedjob SET queue_number = 1",
        "DELETE FROM queue_queuedjob",
        "UPDATE procrastinate_jobs SET args = '{\"job\": 1}'",
        "UPDATE procrastinate_jobs SET status = 'todo'",
        "DELETE FROM procrastinate_jobs",
        "SELECT procrastinate_fetch_job_v2(NULL, NULL)",
        "SELECT procrastinate_cancel_job_v1(1, true, true)",
        "SELECT procrastinate_retry_job_v2(1, now(), 0, 'default', NULL)",
        f"SELECT * FROM queue_taken({job}, 1)",
        "SELECT queue_forget_old()",
        "SELECT imports_forget_old()",
    ):
        assert "permission denied" in refused(statement), statement
    assert "not asked by the web process" in refused("SELECT queue_finish(%s, NULL)", job)
    assert queued.do_waiting() == 1
    assert acted == [me.pk]


def test_nobody_says_of_another_s_job_that_it_is_done(world):
    """The page's own code, were it led to another's job."""
    job = act.defer(by=world.act_as(world.specialist), row=1)
    world.act_as(world.colleague)
    assert signed.call("queue_finish", job) == [(False,)]
    queued.do_waiting()
    assert acted == [world.specialist.pk]


def test_the_worker_s_login_makes_nobody_act_who_did_not_ask_for_it(world):
    """Whoever has it can write what they like into the queue's own tables."""
    me = world.act_as(world.specialist)
    job = act.defer(by=me, row=1)
    with queued.as_queue():
        for statement in (
            f"INSERT INTO queue_queuedjob (user_id, kind, numbers, at) VALUES ({me.pk}, 'tests.act', '{{}}', now())",
            "SELECT * FROM queue_queuedjob",
            f"UPDATE queue_queuedjob SET user_id = {world.supervisor.pk}",
            "SELECT id FROM organisation_user",
            "SELECT id FROM cases_case",
            "SELECT access_user()",
            "SELECT queue_defer('tests.act', '{}', 1, '')",
        ):
            assert "permission denied" in refused(statement), statement
        # A job of theirs that names this one's number, one that nobody put in, and this one as another kind.
        made = (
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('default', %s, %s, 'doing') "
            "RETURNING id"
        )
        ((copied,),) = ask(made, "tests.act", json.dumps({"job": job}))
        ((invented,),) = ask(made, "tests.act", json.dumps({"job": job + 100}))
        assert ask("SELECT * FROM queue_taken(%s, %s)", job, copied) == []
        assert ask("SELECT * FROM queue_taken(%s, %s)", job + 100, invented) == []
        ask("DELETE FROM procrastinate_jobs WHERE id = ANY (%s)", [copied, invented])
    # And of this one it is told whose it is only while it is being done.
    number = _number(job)
    with queued.as_queue():
        assert ask("SELECT * FROM queue_taken(%s, %s)", job, number) == []
    assert queued.do_waiting() == 1
    assert acted == [me.pk]
    # Done, it is done: put back into the queue it does nothing.
    with queued.as_queue():
        ask(
            "INSERT INTO procrastinate_jobs (id, queue_name, task_name, args) VALUES (%s, 'default', 'tests.act', %s)",
            number,
            json.dumps({"job": job}),
        )
    assert queued.do_waiting() == 1
    assert acted == [me.pk]


def _number(job: int) -> int:
    return int(QueuedJob.objects.values_list("queue_number", flat=True).get(pk=job) or 0)


def test_a_job_of_a_kind_that_it_was_not_put_in_as_is_not_done(world):
    job = act.defer(by=world.act_as(world.specialist), row=1)
    with as_owner():
        QueuedJob.objects.filter(pk=job).update(kind="tests.other")
    taken = queued.take()
    with pytest.raises(worker.JobFailed, match=r"was not put in the queue as tests\.act"):
        queued.do(taken)
    assert acted == []


def test_what_is_done_with_a_file_is_what_was_pressed(committed, monkeypatch):
    """A statement says of its user's own file, which waits to be checked, that it is to be written."""
    monkeypatch.setattr(tasks, "AT_ONCE", 0)
    upload = keep(committed, csv([person()]))
    with acting_as(committed.supervisor):
        mine = Upload.objects.select_related("team__office").get(pk=upload.pk)
        tasks.start(mine, by=fresh(committed.supervisor), doing=tasks.CHECK)
        ask("UPDATE imports_upload SET doing = %s", tasks.WRITE_ALL)
    assert queued.do_waiting() == 1
    with acting_as(committed.supervisor):
        assert not Case.objects.exists()
        checked = state.load(Upload.objects.get(pk=upload.pk)).checked
    assert (checked.doing, checked.people, checked.written) == (tasks.CHECK, 1, False)
