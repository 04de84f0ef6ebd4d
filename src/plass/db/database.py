"""Which database, and as whom: the four roles, the addresses, and the first act on an empty server.

``plass_owner`` owns the tables and runs migrations; ``plass_web`` runs the program and sees what row-level security
lets it see; ``plass_read`` makes extracts; ``plass_queue`` takes background jobs from their queue, and sees nothing
else. The web process refuses to run as anything stronger than ``plass_web``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from .embedded import Server

OWNER, WEB, READ, QUEUE = "plass_owner", "plass_web", "plass_read", "plass_queue"
ROLES = (OWNER, WEB, READ, QUEUE)
DATABASE = "plass"

#: Says how to reach the database to the settings, which are read after the command line has decided.
DSN_VARIABLE = "PLASS_DSN"
ROLE_VARIABLE = "PLASS_DATABASE_ROLE"


class DatabaseError(Exception):
    """The database cannot be used as it is; the message says why and what to do."""


#: Where the people are; the settings say the same to Django.
TIME_ZONE = "Europe/Oslo"


def django_settings() -> dict[str, Any]:
    """The ``DATABASES["default"]`` of this process, from the environment.

    ``PLASS_DSN`` (set by the command line for the embedded server) or ``DATABASE_URL`` (the web role's address on a
    server of one's own); ``DATABASE_OWNER_URL`` instead where the process acts as owner.
    """
    role = os.environ.get(ROLE_VARIABLE, WEB)
    address = os.environ.get(DSN_VARIABLE)
    if address is None:
        address = os.environ.get("DATABASE_OWNER_URL" if role == OWNER else "DATABASE_URL")
        return parse_url(address) if address else _engine({"NAME": DATABASE, "USER": role})
    return _engine({"NAME": os.environ.get("PLASS_DATABASE_NAME", DATABASE), "USER": role, "HOST": address})


def _engine(values: dict[str, Any]) -> dict[str, Any]:
    return {
        "ENGINE": "plass.db.backend",
        "CONN_MAX_AGE": 600,
        # A connection that died since the last page is replaced; asking costs 22 microseconds a page.
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": False,
        # The database's `current_date` is the day where people are, not in Greenwich: between midnight and two they differ.
        "TIME_ZONE": TIME_ZONE,
        **values,
        "OPTIONS": {
            # Questions asked through ``asking`` are planned once a connection; others are not touched by it.
            "prepare_threshold": 1,
            # A database that does not answer is away: seconds to connect, milliseconds for what was sent to arrive.
            "connect_timeout": 5,
            "tcp_user_timeout": 10_000,
            **values.get("OPTIONS", {}),
        },
    }


def parse_url(address: str) -> dict[str, Any]:
    """Django's settings for ``postgresql://user:password@host:port/name?option=value``.

    Raises :class:`DatabaseError` for an address that is not of that form.
    """
    parts = urlsplit(address)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise DatabaseError(
            "DATABASE_URL is not an address of a PostgreSQL database. It looks like "
            "postgresql://plass_web:password@host:5432/plass"
        )
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    if "prepare_threshold" in options:
        # After how many times a question is prepared; "none" for a pooler that knows nothing of it.
        times = options["prepare_threshold"]
        options["prepare_threshold"] = int(times) if times.isdigit() else None
    return _engine(
        {
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "OPTIONS": options,
        }
    )


def prepare_embedded(server: Server, name: str = DATABASE) -> None:
    """Make the roles and the database on an embedded server where they are missing. Safe to repeat."""
    with psycopg.connect(host=str(server.socket), user="postgres", dbname="postgres", autocommit=True) as connection:
        create_roles(connection)
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if not exists:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(OWNER))
            )
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
        # Also for one that was made by a version with fewer roles.
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}, {}").format(
                *(sql.Identifier(each) for each in (name, WEB, READ, QUEUE))
            )
        )
    with psycopg.connect(host=str(server.socket), user="postgres", dbname=name, autocommit=True) as connection:
        connection.execute(_CLOSE)


#: What every server lets everybody do, and a statement smuggled into a page could do harm with: files inside the database
#: that no policy covers, ending other people's connections, and locks that stay on one's own.
CLOSED_FUNCTIONS = (
    "lo_open",
    "lo_creat",
    "lo_create",
    "lo_unlink",
    "lo_put",
    "lo_get",
    "lo_from_bytea",
    "lo_import",
    "lo_export",
    "loread",
    "lowrite",
    "lo_lseek",
    "lo_lseek64",
    "lo_tell",
    "lo_tell64",
    "lo_truncate",
    "lo_truncate64",
    "lo_close",
    "pg_terminate_backend",
    "pg_cancel_backend",
    # Locks that outlive the page; the program takes those that end with the transaction (pg_advisory_xact_lock).
    "pg_advisory_lock",
    "pg_advisory_lock_shared",
    "pg_try_advisory_lock",
    "pg_try_advisory_lock_shared",
    "pg_advisory_unlock",
    "pg_advisory_unlock_shared",
    "pg_advisory_unlock_all",
)
#: And figures of tables that it does not see (how many rows were added, how large they are, what is locked), which tell that
#: something hidden was written. The owner may ask. Beside them all of the counters, pg_stat_get_*.
CLOSED_FIGURES = (
    "pg_lock_status",
    "pg_blocking_pids",
    "pg_isolation_test_session_is_blocked",
    "pg_sequence_last_value",
    "pg_get_sequence_data",
    "pg_relation_size",
    "pg_table_size",
    "pg_indexes_size",
    "pg_total_relation_size",
    "pg_database_size",
    "pg_current_wal_lsn",
    "pg_current_wal_insert_lsn",
    "pg_current_wal_flush_lsn",
    "pg_control_checkpoint",
    "pg_last_committed_xact",
    "pg_xact_commit_timestamp",
)
#: Whether pieces of the log were archived, which `plass deploy` asks.
OPEN_FIGURE = "pg_stat_get_archiver"
#: Columns of the catalogue with such figures.
CLOSED_COLUMNS = ("reltuples", "relpages", "relallvisible", "relallfrozen")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


_CLOSE = f"""
DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
             AND proname IN ({_listed(CLOSED_FUNCTIONS)}) LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
    FOR f IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
             AND (proname IN ({_listed(CLOSED_FIGURES)}) OR starts_with(proname, 'pg_stat_get_'))
             AND proname <> '{OPEN_FIGURE}' LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {OWNER}', f);
    END LOOP;
    REVOKE SELECT ON pg_catalog.pg_class FROM PUBLIC;
    EXECUTE (SELECT format('GRANT SELECT (%s) ON pg_catalog.pg_class TO PUBLIC', string_agg(quote_ident(attname), ', '))
             FROM pg_attribute WHERE attrelid = 'pg_catalog.pg_class'::regclass AND attnum > 0
             AND attname NOT IN ({_listed(CLOSED_COLUMNS)}));
    GRANT SELECT ON pg_catalog.pg_class TO {OWNER};
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
END $$;
-- What a page asks is nobody else's to read: Django writes values into the text of its questions.
ALTER ROLE {WEB} SET track_activities = off;"""


def create_roles(connection: psycopg.Connection[Any]) -> None:
    """Make the roles: able to log in, and nothing more. Needs a superuser's connection. Safe to repeat."""
    for role in ROLES:
        exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        if not exists:
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS").format(
                    sql.Identifier(role)
                )
            )


def roles_script() -> str:
    """SQL that a database administrator runs once on a server of one's own, as superuser."""
    lines = [
        f"CREATE ROLE {role} LOGIN PASSWORD '...' NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;" for role in ROLES
    ]
    lines += [
        f"CREATE DATABASE {DATABASE} OWNER {OWNER};",
        f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC;",
        f"GRANT CONNECT ON DATABASE {DATABASE} TO {WEB}, {READ}, {QUEUE};",
        f"\\connect {DATABASE}",
        _CLOSE.strip(),
    ]
    return "\n".join(lines)


def refuse_strong_role() -> None:
    """Raise :class:`DatabaseError` where this process could see more than row-level security lets it see.

    That is: as a superuser, as the owner of the tables (or a member of the owner), or with BYPASSRLS.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT current_user, rolsuper, rolbypassrls,
                   EXISTS (SELECT FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
                           WHERE nspname = 'public' AND relkind IN ('r', 'p', 'v')
                             AND pg_has_role(current_user, relowner, 'MEMBER'))
            FROM pg_roles WHERE rolname = current_user
            """
        )
        user, superuser, bypasses, owns = cursor.fetchone()
    reasons = [
        reason
        for reason, applies in [
            ("is a superuser", superuser),
            ("has BYPASSRLS", bypasses),
            ("owns the tables", owns),
        ]
        if applies
    ]
    if reasons:
        raise DatabaseError(
            f"Plass does not serve pages as the database role {user}: it {' and '.join(reasons)}, "
            f"so that no rule in the database would hold. Let DATABASE_URL name the role {WEB}."
        )


@contextmanager
def acting_as_owner() -> Iterator[None]:
    """Within, Django's connection is the owner's: for migrations and for bulk loading, never for a page."""
    with _acting(OWNER, "DATABASE_OWNER_URL"):
        yield


@contextmanager
def acting_as_reader() -> Iterator[None]:
    """Within, Django's connection is the read role's: for extracts. With a server of one's own, DATABASE_READ_URL."""
    if os.environ.get("DATABASE_URL") and not os.environ.get("DATABASE_READ_URL"):
        raise DatabaseError(
            f"Extracts are made as the database role {READ}. Let DATABASE_READ_URL name its login at your server."
        )
    with _acting(READ, "DATABASE_READ_URL"):
        yield


#: The address of the queue role's login, where the database is on a server of one's own: the worker's alone.
QUEUE_VARIABLE = "DATABASE_QUEUE_URL"


def queue_settings() -> dict[str, Any] | None:
    """Django's settings for a connection of the queue role; None where nothing says how to log in as it."""
    from django.db import connection

    if not os.environ.get("DATABASE_URL"):
        return {**connection.settings_dict, "USER": QUEUE}
    address = os.environ.get(QUEUE_VARIABLE)
    return {**connection.settings_dict, **parse_url(address)} if address else None


@contextmanager
def acting_as_queue() -> Iterator[None]:
    """Within, Django's connection is the queue role's: to look at the queue, never for a page."""
    with _acting(QUEUE, QUEUE_VARIABLE):
        yield


@contextmanager
def _acting(role: str, variable: str) -> Iterator[None]:
    from django.db import connection

    before = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")}
    connection.close()
    if address := os.environ.get(variable):
        connection_settings = parse_url(address)
        connection.settings_dict.update({key: connection_settings.get(key, "") for key in before})
    else:
        connection.settings_dict["USER"] = role
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)
