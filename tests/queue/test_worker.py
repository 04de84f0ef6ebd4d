"""The worker itself, on real connections: as the queue's role, several of them, killed in the middle, stopped."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from plass.access.current_user import acting_as
from plass.cases.models import Participant
from plass.config import doctor
from plass.db.child_processes import ending_with_this
from plass.imports import state, tasks
from plass.imports.models import Upload
from plass.organisation.models import User
from plass.queue import worker

from .. import clock
from ..conftest import superuser
from ..imports.lists import csv, numbered, person
from ..imports.test_races import keep

PATIENCE = 60.0
#: A worker in a process of its own: prints a line for each second that it lives.
WORK = """
import functools
from plass.db import bootstrap
bootstrap.set_up_django()
from plass.queue import worker
worker.work(functools.partial(print, "lives", flush=True))
print("ended in order")
"""


def login() -> dict[str, Any]:
    """How the worker logs in to the tests' database, in which the queue's role has no login of its own."""
    return {"host": connection.settings_dict["HOST"], "dbname": connection.settings_dict["NAME"], "user": "plass_queue"}


def until(happens: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def outside(question: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """What a superuser sees of the tests' database."""
    with psycopg.connect(**{**login(), "user": "postgres"}, autocommit=True) as looking:
        cursor = looking.execute(question, parameters)
        return cursor.fetchall() if cursor.description else []


def take_all() -> None:
    """Do what waits, as a worker: in a thread, for the browser's journeys leave a loop of their own running in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, worker.take_jobs(login(), wait=False)).result()


def states() -> list[str]:
    return [row[0] for row in outside("SELECT status::text FROM procrastinate_jobs ORDER BY id")]


@contextmanager
def worker_process() -> Iterator[subprocess.Popen[str]]:
    environment = {**clock.environment(), "PLASS_DATABASE_NAME": login()["dbname"], "PLASS_DATABASE_ROLE": "plass_web"}
    program = subprocess.Popen(
        [sys.executable, "-c", WORK],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=ending_with_this(),
    )
    try:
        yield program
    finally:
        program.kill()
        program.communicate()


@pytest.fixture
def started(committed, monkeypatch) -> Upload:
    """A list of four people that is to be written in the background."""
    monkeypatch.setattr(tasks, "AT_ONCE", 0)
    outside("DELETE FROM procrastinate_jobs")
    upload = keep(committed, csv([person(family_name=numbered("Arbeid", n)) for n in range(4)]))
    with acting_as(committed.supervisor):
        own_upload = Upload.objects.select_related("team__office").get(pk=upload.pk)
        assert tasks.start(own_upload, by=User.objects.get(pk=committed.supervisor.pk), doing=tasks.WRITE_GOOD)
    return upload


def written(committed, upload) -> tuple[int, bool]:
    """How many of its people are there, and whether the file knows that it was written."""
    with acting_as(committed.supervisor):
        now = state.load(Upload.objects.get(pk=upload.pk)).checked
        people = Participant.objects.filter(family_name__startswith="Arbeid").count()
        return people, now is not None and now.written


@contextmanager
def held_up(committed) -> Iterator[None]:
    """Within, no import to the office comes further than its first piece: somebody else imports."""
    with psycopg.connect(**{**login(), "user": "postgres"}) as second_connection:
        second_connection.execute(f"SELECT pg_advisory_xact_lock(hashtextextended('import {committed.office.pk}', 0))")
        yield
        second_connection.rollback()


def test_it_does_what_waits_as_the_roles_that_it_has(committed, started):
    take_all()
    assert states() == []
    assert written(committed, started)[1]


def test_what_a_killed_worker_left_is_done_by_the_next_one_once(committed, started, caplog):
    before = written(committed, started)[0]
    with worker_process() as first:
        with held_up(committed):
            until(lambda: states() == ["doing"])
            first.send_signal(signal.SIGKILL)
            first.wait(PATIENCE)
        assert (states(), written(committed, started)) == (["doing"], (before, False))
    # It lives, as far as anybody knows: nobody takes its job yet.
    take_all()
    assert states() == ["doing"]
    outside("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '21 seconds'")
    take_all()
    assert (states(), written(committed, started)) == ([], (before + 4, True))
    assert "was left by its worker" in caplog.text


def test_what_ended_its_worker_each_time_is_given_up(committed, started):
    outside("UPDATE procrastinate_jobs SET status = 'doing', attempts = %s", worker.MOST_STALLED)
    take_all()
    assert states() == ["failed"]
    with acting_as(committed.supervisor):
        assert Upload.objects.get(pk=started.pk).was_interrupted


def test_asked_to_stop_it_puts_back_what_it_has_not_finished(committed, started):
    before = written(committed, started)[0]
    with worker_process() as first:
        with held_up(committed):
            until(lambda: states() == ["doing"])
            first.send_signal(signal.SIGTERM)
            # It has stopped listening, and asked the job to stop.
            until(
                lambda: (
                    not outside(
                        "SELECT FROM pg_stat_activity WHERE starts_with(query, 'LISTEN') AND usename = 'plass_queue'"
                    )
                )
            )
        output, complaints = first.communicate(timeout=PATIENCE)
    assert "ended in order" in output, complaints
    assert (first.returncode, states(), written(committed, started)) == (0, ["todo"], (before, False))
    take_all()
    assert written(committed, started) == (before + 4, True)


def test_two_workers_do_a_job_once(committed, started):
    before = written(committed, started)[0]
    with worker_process() as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        take_all()
        until(lambda: not states())
    assert written(committed, started) == (before + 4, True)


def test_whoever_watches_is_told_whether_anybody_works(committed):
    client = Client()
    outside("DELETE FROM procrastinate_workers")
    answer = client.get("/helse/arbeider/")
    assert (answer.status_code, answer.content) == (503, b"nobody works\n")
    with worker_process() as worker:
        assert worker.stdout is not None
        worker.stdout.readline()
        until(lambda: client.get("/helse/arbeider/").status_code == 200)
    outside("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 seconds'")
    assert client.get("/helse/arbeider/").status_code == 503


def test_it_waits_for_a_database_that_is_away_and_says_so_once(committed, started):
    name = login()["dbname"]
    connection.close()
    with superuser() as looking:
        looking.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        looking.execute("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            with worker_process() as worker:
                assert worker.stdout is not None
                for _second in range(3):
                    assert worker.stdout.readline() == "lives\n"
                looking.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
                until(lambda: not states())
                worker.send_signal(signal.SIGTERM)
                _output, complaints = worker.communicate(timeout=PATIENCE)
        finally:
            looking.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    lines = [line.partition(" plass.queue.worker: ")[2] for line in complaints.splitlines() if " plass." in line]
    assert [line.partition(":")[0] for line in lines] == [
        "The queue's database is away",
        "The queue's database is back.",
    ]


def test_every_hour_it_forgets_what_is_old(committed, started):
    outside("UPDATE imports_upload SET at = now() - interval '8 days' WHERE id = %s", started.pk)
    queue = worker.app()
    assert {"queue_forget_old", "imports_forget_old"} <= {name for name, _ in queue.periodic_registry.periodic_tasks}
    outside(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
        "VALUES ('default', 'imports_forget_old', '{\"timestamp\": 1}')"
    )
    take_all()
    assert outside("SELECT FROM imports_upload WHERE id = %s", started.pk) == []


def test_the_doctor_misses_a_worker_where_pages_are_served(committed, started, monkeypatch):
    connection.close()
    # As the roles log in themselves, and not by the tests' own login.
    monkeypatch.setitem(connection.settings_dict, "USER", "plass_web")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})

    def findings(*, is_served: bool) -> list[tuple[str, str]]:
        connection.close()
        return [(finding.level, finding.says) for finding in doctor._background_jobs(is_served=is_served)]

    outside("DELETE FROM procrastinate_workers")
    assert findings(is_served=True) == [("wrong", "no worker was heard of; 1 wait or go on")]
    assert findings(is_served=False) == [("fine", "done while Plass serves; 1 wait or go on")]
    outside("UPDATE procrastinate_jobs SET status = 'failed'")
    outside("INSERT INTO procrastinate_workers DEFAULT VALUES")
    assert findings(is_served=True) == [("fine", "a worker does them; 0 wait or go on"), ("note", "1 failed")]


def test_the_command_works_on_a_server_of_one_s_own(committed, started, tmp_path):
    place = f"@localhost/{login()['dbname']}?host={login()['host']}"
    environment = {
        **clock.environment(),
        "DATABASE_URL": f"postgresql://plass_web{place}",
        "PLASS_DATA": str(tmp_path / "data"),
    }
    environment.pop("PLASS_DSN")
    command = [sys.executable, "-m", "plass.config.cli", "work"]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert process.returncode == 1
    assert "Let DATABASE_QUEUE_URL name its login" in process.stderr
    assert states() == ["todo"]
    environment["DATABASE_QUEUE_URL"] = f"postgresql://plass_queue{place}"
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as program:
        try:
            until(lambda: not states())
            program.send_signal(signal.SIGTERM)
            assert program.stdout is not None
            assert program.stdout.read().splitlines()[-1] == "Stopped."
        finally:
            program.kill()
    assert program.returncode == 0
    assert written(committed, started)[1]
