"""The tests' database: an embedded server of their own, a template with the tables, a copy for each worker.

Tests run as the web role, so row-level security holds in every one of them. The connection logs in as ``plass_test``,
which may become the owner for a moment to lay out what a test starts from (``as_owner``), and else is ``plass_web``.
"""

from __future__ import annotations

import atexit
import base64
import fcntl
import gc
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

# The evaluation's matrices are small: threads for them only wait for each other, at several times the cost.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "plass.config.settings")
os.environ["PLASS_SECRET_KEY"] = "for tests only, and long enough to be a key: 0123456789"
os.environ["PLASS_IDENTITY_KEYS"] = base64.urlsafe_b64encode(hashlib.sha256(b"tests").digest()).decode()
os.environ["PLASS_HASH_KEY"] = "for tests only"
os.environ["PLASS_DEMO"] = "1"
os.environ.pop("DATABASE_URL", None)
# Each of the suite's many processes would compile everything anew where the machine forbids to keep what was compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Playwright's own loop makes Django think that it is called from async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

from hypothesis import HealthCheck
from hypothesis import settings as examples

from plass.db import database, embedded
from plass.db.child_processes import ending_with_this
from tests import clock, folders

clock.start()

# The same examples each time, and none is too slow on a machine that others use too: a suite that is red by chance says
# nothing of the change it was run for. Others are looked for with `--hypothesis-profile=searching`.
examples.register_profile("searching", deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.register_profile("steady", examples.get_profile("searching"), derandomize=True, database=None)
examples.load_profile("steady")

pytest_plugins = ["tests.promises", "tests.order"]
TEMPLATE = "plass_template"
TEST_ROLE = "plass_test"
#: In the environment: the socket of a server with the template that outlasts a run (``mutants.server``).
KEPT_SERVER = "PLASS_TESTS_SERVER"
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}


def pytest_configure(config: pytest.Config) -> None:
    """Start the server in the first process; workers only connect to it."""
    folders.choose_reachable_temporary_folder()
    if hasattr(config, "workerinput"):
        os.environ[database.DSN_VARIABLE] = config.workerinput["plass_socket"]
    else:
        if KEPT_SERVER in os.environ:
            os.environ[database.DSN_VARIABLE] = os.environ[KEPT_SERVER]
        else:
            server, making = start_server()

            def leave() -> None:
                making.wait()
                stop_server(server)

            atexit.register(leave)
    if hasattr(config, "workerinput") or not _hands_out(config):
        gc.disable()
    from django.conf import settings

    settings.DATABASES["default"].update(
        NAME=_own_database(), USER=TEST_ROLE, CONN_MAX_AGE=0, OPTIONS={"options": "-c role=plass_web"}
    )
    settings.MESSAGE_STORAGE = "tests.read_messages.ReadMessages"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def start_server() -> tuple[embedded.Server, subprocess.Popen[bytes]]:
    """The suite's server in a new folder, and the program that makes the template in it."""
    server = embedded.start(folders.folder_of_this_run(), settings=FAST)
    os.environ[database.DSN_VARIABLE] = str(server.socket)
    return server, _begin_template(server)


def stop_server(server: embedded.Server) -> None:
    """Stop it, and clear its folder away."""
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


def _hands_out(config: pytest.Config) -> bool:
    """Whether this process runs no test itself, but has workers for it."""
    return bool(getattr(config.option, "dist", "no") != "no")


def pytest_configure_node(node: Any) -> None:
    """Tell each worker where the server is."""
    node.workerinput["plass_socket"] = os.environ[database.DSN_VARIABLE]


def _own_database() -> str:
    return f"plass_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Whoever runs tests copies the template, which was made while they looked for their tests.

    What they imported stays until the end: the collector need not look through it again and again.
    """
    gc.freeze()
    gc.enable()
    with place("making").open() as made:
        fcntl.flock(made, fcntl.LOCK_SH)
    if not place("made").exists():
        raise pytest.UsageError("The tests' tables could not be made; why is said above.")
    copy_database(TEMPLATE, _own_database())


@contextmanager
def superuser(name: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
    """A connection past every rule: to make databases, and to look from outside."""
    with psycopg.connect(
        host=os.environ[database.DSN_VARIABLE], user="postgres", dbname=name, autocommit=True
    ) as connection:
        yield connection


def copy_database(template: str, name: str) -> None:
    """Make the database ``name`` anew, as a copy of ``template``, to which nobody may be connected."""
    with superuser() as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER plass_owner").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        # A copy has not the privileges on the database itself (config.database.prepare_embedded).
        connection.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))


def place(name: str) -> Path:
    """A file that all processes of the suite know, beside the server's socket."""
    return Path(os.environ[database.DSN_VARIABLE]) / name


def _begin_template(server: embedded.Server) -> subprocess.Popen[bytes]:
    """Begin to make the template. Its program holds the lock of the file "making" until it has ended."""
    database.prepare_embedded(server, TEMPLATE)
    with superuser() as connection:
        connection.execute("CREATE ROLE plass_test LOGIN")
        connection.execute("GRANT plass_owner, plass_web, plass_read, plass_queue TO plass_test WITH INHERIT FALSE")
        # To lay out rows of every table without what else they need (tests/access/organisations.py).
        connection.execute("GRANT SET ON PARAMETER session_replication_role TO plass_owner")
        connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(TEMPLATE)))
    with superuser(TEMPLATE) as connection:
        clock.move_the_databases(connection)
    make = "import sys, pathlib; from plass.db.migrations import migrate; migrate(verbosity=0)"
    with place("making").open("w") as making:
        fcntl.flock(making, fcntl.LOCK_EX)
        return subprocess.Popen(
            [sys.executable, "-c", f"{make}; pathlib.Path(sys.argv[1]).touch()", str(place("made"))],
            env={**clock.environment(), database.ROLE_VARIABLE: database.OWNER, "PLASS_DATABASE_NAME": TEMPLATE},
            pass_fds=[making.fileno()],
            preexec_fn=ending_with_this(),
        )


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """The databases are made above; pytest-django makes none."""


@pytest.fixture(autouse=True)
def _in_the_usual_language() -> Iterator[None]:
    """A page asked for in English must not leave the next test in English."""
    from django.utils import translation

    yield
    translation.deactivate()


@contextmanager
def as_owner() -> Iterator[None]:
    """Within, the connection is the owner's: to lay out what a test starts from, never to look at what it did."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET ROLE plass_owner")
        try:
            yield
        finally:
            if not connection.needs_rollback:
                cursor.execute("SET ROLE plass_web")


@pytest.fixture(scope="module")
def committed(django_db_blocker: Any) -> Iterator[Any]:
    """The world of ``tests.world`` in a database of its own where everything stays: for acts at the same moment.

    Threads of such a test have connections of their own to it, as the web role like any other.
    """
    from django.db import connections, transaction

    from .world import make_world

    usual = connections.settings["default"]["NAME"]
    name = f"{usual}_committed"
    copy_database(TEMPLATE, name)
    main = connections["default"]
    main.close()
    connections.settings["default"]["NAME"] = main.settings_dict["NAME"] = name
    with django_db_blocker.unblock():
        with transaction.atomic():
            made = make_world()
        yield made
        main.close()
    connections.settings["default"]["NAME"] = main.settings_dict["NAME"] = usual
    with superuser() as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def world(db: None) -> Any:
    """The organisation of ``tests.world``, laid out anew for each test."""
    from .world import make_world

    return make_world()


@pytest.fixture
def everybody(db: None) -> Any:
    """Somebody in every role and every relation to a case (``tests.house.everybody``)."""
    from .house.everybody import lay_out

    return lay_out()
