"""A job is put in the queue within the page's transaction by the one whom it is for, and what it does is done once."""

from __future__ import annotations

import inspect
import json

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction

from plass.access.current_user import set_current_user
from plass.db import row_policies
from plass.organisation.models import User
from plass.queue import jobs, worker
from plass.queue.models import QueuedJob

from .. import queued
from ..conftest import as_owner
from ..queued import ask

#: What the jobs of these tests did: who acted, with which row.
done: list[tuple[int, int]] = []


@jobs.job("tests.note")
def note_it(run: jobs.Run, *, row: int) -> None:
    run.finish(lambda: done.append((ask("SELECT access_user()")[0][0], row)))


@jobs.job("tests.fail")
def fail(run: jobs.Run, *, row: int) -> None:
    run.finish(lambda: ask("SELECT 1 / 0"))


@pytest.fixture(autouse=True)
def _nothing_done():
    done.clear()


def test_it_is_done_as_the_one_who_put_it_in(world):
    by = world.act_as(world.specialist)
    job = note_it.defer(by=by, row=7)
    assert (jobs.state(job), done) == ("waits", [])
    assert queued.do_waiting() == 1
    assert done == [(by.pk, 7)]
    assert jobs.state(job) == "done"
    assert queued.do_waiting() == 0


def test_it_is_in_the_queue_when_the_page_ends_and_not_where_it_is_undone(world):
    by = world.act_as(world.specialist)
    with transaction.atomic():
        note_it.defer(by=by, row=7)
        transaction.set_rollback(True)
    assert not QueuedJob.objects.exists()
    assert queued.do_waiting() == 0


def test_done_again_it_does_nothing(world):
    by = world.act_as(world.specialist)
    note_it.defer(by=by, row=7)
    taken = queued.take()
    queued.do(taken)
    # The worker was killed before the queue knew of it.
    queued.do(taken)
    assert done == [(by.pk, 7)]
    # Another run that had begun before the first ended comes to the end too.
    begun = {"user_id": by.pk, "kind": "tests.note", "numbers": {"row": 7}, "is_done": False}
    worker.perform("tests.note", taken[2], begun)
    assert done == [(by.pk, 7)]


def test_what_it_did_is_undone_with_the_note_where_it_fails(world, caplog):
    by = world.act_as(world.specialist)
    job = fail.defer(by=by, row=7)
    assert queued.do_waiting() == 1
    assert jobs.state(job) == "failed"
    assert QueuedJob.objects.get(pk=job).done_at is None
    # What it was about stands in no log, nor what the database said.
    assert "(tests.fail) stopped: DataError at" in caplog.text
    assert "zero" not in caplog.text


def test_whoever_left_meanwhile_does_nothing_any_more(world):
    by = world.act_as(world.specialist)
    world.refer()
    seen = "SELECT count(*) FROM cases_case"
    assert ask(seen) == [(1,)]
    note_it.defer(by=world.act_as(by), row=7)
    with as_owner():
        User.objects.filter(pk=by.pk).update(ended_on="2020-01-01")
    taken = queued.take()
    with jobs.Run(taken[2], by.pk).acting():
        assert ask(seen) == [(0,)]


def test_a_colleague_sees_none_of_it(world):
    job = note_it.defer(by=world.act_as(world.specialist), row=7)
    for reader in (world.colleague, world.supervisor, world.administrator):
        world.act_as(reader)
        assert jobs.state(job) is None
        assert not QueuedJob.objects.exists()
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            ask("SELECT id FROM procrastinate_jobs")
    set_current_user(None)
    assert jobs.state(job) is None


@pytest.mark.parametrize("value", ["Kari Nordmann", True, None, [1], {"a": 1}])
def test_it_is_given_numbers_of_rows_alone(world, value):
    by = world.act_as(world.specialist)
    with pytest.raises(DatabaseError, match="numbers of rows alone"), transaction.atomic():
        note_it.defer(by=by, row=value)


def test_what_every_job_is_given_is_a_number():
    worker.app()
    given = {
        (kind, name): parameter.annotation
        for kind, job in jobs.KINDS.items()
        for name, parameter in list(inspect.signature(job.work).parameters.items())[1:]
    }
    assert ("imports.check", "upload") in given
    assert set(given.values()) == {"int"}


def test_in_the_queue_itself_stands_the_number_of_the_job_alone(world):
    job = note_it.defer(by=world.act_as(world.specialist), row=7)
    with as_owner():
        ((arguments, lock),) = ask("SELECT args::text, lock FROM procrastinate_jobs")
    assert (json.loads(arguments), lock) == ({"job": job}, f"job {job}")


def test_what_was_asked_for_a_month_ago_is_forgotten(world):
    by = world.act_as(world.specialist)
    old, new = note_it.defer(by=by, row=1), note_it.defer(by=by, row=2)
    with as_owner():
        QueuedJob.objects.filter(pk=old).update(at="2020-01-01T00:00Z")
    with queued.as_queue():
        assert ask("SELECT queue_forget_old()") == [(1,)]
    assert list(QueuedJob.objects.values_list("pk", flat=True)) == [new]
    assert queued.do_waiting() == 1


def counted() -> dict[str, int]:
    """What the queue's tables have that is the package's own, and what is ours on them."""
    ((triggers, functions, policies),) = ask(
        "SELECT (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = 'procrastinate_jobs'::regclass), "
        "(SELECT count(*) FROM pg_proc WHERE starts_with(proname, 'procrastinate_')), "
        "(SELECT count(*) FROM pg_policies WHERE starts_with(tablename, 'procrastinate_'))"
    )
    return {"triggers": triggers, "functions": functions, "policies": policies}


def test_migrating_again_leaves_what_another_package_owns(db):
    before = counted()
    assert before["triggers"] >= 7
    assert before["policies"] == 8
    with as_owner():
        call_command("migrate", verbosity=0, interactive=False)
        between = counted()
        row_policies.clear()
        assert counted() == {**before, "policies": 4}
        row_policies.apply()
    assert between == counted() == before


def test_the_worker_s_role_has_rights_on_the_queue_s_tables_alone(db):
    ours = "relnamespace = 'public'::regnamespace"
    may = {
        name
        for (name,) in ask(
            f"SELECT relname FROM pg_class WHERE {ours} AND relkind IN ('r', 'p', 'v', 'm') AND ("
            "has_any_column_privilege('plass_queue', oid, 'SELECT, INSERT, UPDATE, REFERENCES') "
            "OR has_table_privilege('plass_queue', oid, 'DELETE, TRUNCATE, TRIGGER'))"
        )
    }
    assert may == {table for table, rows in row_policies.declared().items() if rows.queue}
    assert len(may) == 4
    called = ask(
        "SELECT proname, has_function_privilege('plass_web', oid, 'EXECUTE') FROM pg_proc "
        "WHERE pronamespace = 'public'::regnamespace AND has_function_privilege('plass_queue', oid, 'EXECUTE')"
    )
    ours_of_it = {name for name, _web in called if not name.startswith("procrastinate_")}
    assert ours_of_it == {"queue_taken", "queue_forget_old", "imports_forget_old"}
    # And the web role calls none of them.
    assert not any(web for _name, web in called)
    assert (
        ask(
            f"SELECT relname FROM pg_class WHERE {ours} AND relname LIKE 'procrastinate\\_%%' AND relkind = 'r' "
            "AND NOT (relrowsecurity AND relforcerowsecurity)"
        )
        == []
    )
    assert ask("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = 'plass_queue'") == [
        (False, False, False)
    ]
