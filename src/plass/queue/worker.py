"""The worker: takes jobs from the queue as the role ``plass_queue``, and does each as the web role for whoever put it in.

procrastinate does the taking, the notes and the retries; this declares our jobs to it, says as whom one is done, takes up
again what a killed worker left, and goes on when the database was away.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import psycopg
from django.db import InterfaceError, OperationalError, connections
from django.db.backends.postgresql import base
from django.utils import translation
from django.utils.module_loading import autodiscover_modules
from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision, jobs
from procrastinate.contrib.django import app as declared_app
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector

from plass.db import database
from plass.organisation.models import User

from .jobs import EVERY_HOUR, KINDS, Run, Stopped

log = logging.getLogger(__name__)

#: Jobs that one worker does at the same time.
AT_ONCE = 2
#: How often a worker says that it lives, and after how long a silence its jobs are taken up by another, in seconds.
HEARTBEAT, SILENT = 5.0, 20.0
#: How often it is looked for such jobs, for new ones, and how long is waited where the database is away, in seconds.
LOOK, LOOK_FOR_NEW, AWAY = 10.0, 1.0, 1.0
#: So often a job is begun that the database refused for a moment (a deadlock), and so often one whose worker ended in it.
TRIES, MOST_STALLED = 3, 10


class JobFailed(Exception):
    """A job ended in an error. Says which and where, and nothing of what it was about: that may name people."""


class TryAgain(JobFailed):
    """The same where the database refused for a moment."""


class Retry(BaseRetryStrategy):
    """A job that was stopped is begun again by the next worker; one that the database refused, a few times."""

    def get_retry_decision(self, *, exception: BaseException, job: jobs.Job) -> RetryDecision | None:
        """When to try ``job`` again after ``exception``; None: never."""
        if isinstance(exception, Stopped):
            return RetryDecision(retry_in={"seconds": 0})
        if isinstance(exception, TryAgain) and job.attempts + 1 < TRIES:
            return RetryDecision(retry_in={"seconds": 2})
        return None


def app() -> App:
    """procrastinate's app, with every job that a room declares in its ``tasks.py``."""
    autodiscover_modules("tasks")
    for kind in KINDS:
        if kind not in declared_app.tasks:
            declared_app.task(name=kind, pass_context=True, retry=Retry())(_task)
    for minute, function in enumerate(sorted(EVERY_HOUR)):
        if function not in declared_app.tasks:
            task = declared_app.task(name=function, pass_context=True)(_call)
            declared_app.periodic(cron=f"{minute} * * * *")(cast(Any, task))
    return declared_app


def _task(context: JobContext, *, job: int) -> None:
    taken = _ask(
        context,
        "SELECT user_id, kind, numbers, is_done FROM queue_taken(%(job)s, %(number)s)",
        number=context.job.id,
        job=job,
    )
    try:
        perform(context.job.task_name, job, taken[0] if taken else None, must_stop=context.should_abort)
    finally:
        # The thread may not be used again for long.
        connections.close_all()


def _call(context: JobContext, *, timestamp: int) -> None:
    _ask(context, f"SELECT {context.job.task_name}()")


def _ask(context: JobContext, question: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a question that the queue's role asks: its connections are the event loop's, and a job has a thread."""
    asked = context.app.connector.execute_query_all_async(cast(Any, question), **parameters)
    return asyncio.run_coroutine_threadsafe(asked, context.additional_context["loop"]).result()


def perform(kind: str, job: int, taken: dict[str, Any] | None, must_stop: Callable[[], bool] = lambda: False) -> None:
    """Do a job that was taken from the queue as ``kind``, in the language of whoever put it in. ``taken`` is what the
    database says of it (``queue_taken``). Raises JobFailed, TryAgain, Stopped.
    """
    if taken is None or taken["kind"] != kind:
        raise JobFailed(f"job {job} was not put in the queue as {kind}")
    if taken["is_done"]:
        return
    run = Run(job, taken["user_id"], must_stop)
    try:
        with run.acting():
            language = User.objects.values_list("language", flat=True).get(pk=run.user_id)
        with translation.override(language):
            KINDS[kind].work(run, **taken["numbers"])
    except Stopped:
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        text = f"job {job} ({kind}) stopped: {type(error).__name__} at {place.filename}:{place.lineno}"
        log.error(text)
        raise (TryAgain if isinstance(error, (OperationalError, InterfaceError)) else JobFailed)(text) from None


def can_log_in() -> bool:
    """Whether this process may take jobs: with a database of one's own, whether it was told how to log in."""
    return database.queue_settings() is not None


def work(notify: Callable[[], None] = lambda: None, *, at_once: int = AT_ONCE) -> None:
    """Take and do jobs until SIGTERM or SIGINT. ``notify`` is called each second as a sign of life.

    Where the database goes away, or is not there yet, it waits for it. Raises DatabaseError where nothing says how to log in
    as the queue's role.
    """
    asyncio.run(_work(_login(), notify, at_once))


def _login() -> dict[str, Any]:
    settings = database.queue_settings()
    if settings is None:
        raise database.DatabaseError(
            f"The worker takes jobs as the database role {database.QUEUE}. Let {database.QUEUE_VARIABLE} name its login."
        )
    parameters = base.DatabaseWrapper(settings).get_connection_params()
    return {name: value for name, value in parameters.items() if name not in {"cursor_factory", "context"}}


async def _work(login: dict[str, Any], notify: Callable[[], None], at_once: int) -> None:
    # Of a database that went away the library says a traceback for each of its tasks.
    for name in ("procrastinate.worker", "procrastinate.worker.worker"):
        logging.getLogger(name).addFilter(_without_traceback)
    must_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, must_stop.set)
    signs = asyncio.create_task(_give_signs(notify))
    away = False
    while not must_stop.is_set():
        try:
            # The pool would go on trying, and say so each time.
            await (await psycopg.AsyncConnection.connect(**login)).close()
        except psycopg.OperationalError as error:
            if not away:
                log.error("The queue's database is away: %s", str(error).strip())
            away = True
        else:
            if away:
                log.warning("The queue's database is back.")
            away = False
            await take_jobs(login, must_stop=must_stop, at_once=at_once)
        with suppress(TimeoutError):
            await asyncio.wait_for(must_stop.wait(), AWAY)
    signs.cancel()


async def _give_signs(notify: Callable[[], None]) -> None:
    while True:
        notify()
        await asyncio.sleep(1)


async def take_jobs(
    login: dict[str, Any], *, must_stop: asyncio.Event | None = None, at_once: int = AT_ONCE, wait: bool = True
) -> None:
    """Take and do jobs until asked to stop or the database goes away; without ``wait`` until none waits any more."""
    queue = app()
    connector = PsycopgConnector(kwargs=login, min_size=1, max_size=4)
    with queue.replace_connector(connector):
        async with queue.open_async():
            await take_up_stalled(queue)
            work = queue.run_worker_async(
                wait=wait,
                concurrency=at_once,
                # Not told by the database: NOTIFY needs no privilege, and with it a statement would stop another's job.
                listen_notify=False,
                fetch_job_polling_interval=LOOK_FOR_NEW,
                delete_jobs="successful",
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=SILENT,
                # What is under way is asked to stop at once, and stops between two pieces of its work.
                shutdown_graceful_timeout=cast(float, 0.0 if wait else None),
                additional_context={"loop": asyncio.get_running_loop()},
            )
            working, stalled = asyncio.create_task(work), asyncio.create_task(_look_for_stalled(queue))
            stopping = asyncio.create_task((must_stop or asyncio.Event()).wait())
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in (stopping, stalled, working):
                task.cancel()
            # What ended it was said in the log.
            with suppress(asyncio.CancelledError, ConnectorException, psycopg.Error):
                await working


async def _look_for_stalled(queue: App) -> None:
    while True:
        await asyncio.sleep(LOOK)
        with suppress(ConnectorException):
            await take_up_stalled(queue)


async def take_up_stalled(queue: App) -> None:
    """Put back into the queue what a worker left that is not heard of any more."""
    manager = queue.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT):
        log.warning("%s %s was left by its worker, which ended.", job.task_name, job.task_kwargs.get("job", ""))
        if job.attempts < MOST_STALLED:
            await manager.retry_job(job)
        else:
            await manager.finish_job(job, status=jobs.Status.FAILED, delete_job=False)


def _without_traceback(record: logging.LogRecord) -> bool:
    record.exc_info = None
    return True
