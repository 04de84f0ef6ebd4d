"""Bringing the database up to the program: the tables first, then everything derived from the code."""

from __future__ import annotations

import hashlib
from importlib import resources

from . import signed
from .database import OWNER, DatabaseError, acting_as_owner


def migrate(*, verbosity: int = 1) -> None:
    """Run all migrations as the owner (this process must have been started as such; see ``database``)."""
    import django

    django.setup()
    _migrate(verbosity)


def _migrate(verbosity: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", interactive=False, verbosity=verbosity, skip_checks=True)
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON SCHEMA public IS '{fingerprint()}'")


def mark() -> str | None:
    """The :func:`fingerprint` of the program that made the database's tables; None where none did."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('public'::regnamespace)")
        comment: str | None = cursor.fetchone()[0]
        return comment


def bring_up_to_date(*, beside: bool = False) -> bool:
    """Migrate as owner where the database was made by another version of the program. Returns whether it did.

    The version is a fingerprint of migrations, SQL files and declarations, kept as the comment of the schema, so that
    an ordinary start asks two questions and goes on. Where the key that the process signs with is a new one
    (``signed``), the owner writes it down; not ``beside`` a running Plass, which could let nobody in then.
    """
    from django.db import connection

    before, now = mark(), fingerprint()
    if before == now and signed.key_fits():
        connection.close()
        return False
    connection.close()
    if before == now:
        if beside:
            raise DatabaseError(
                "The Plass that runs here signs with another key. Give this one the same PLASS_SECRET_KEY "
                f"(and {signed.KEY_VARIABLE}), or stop that one first."
            )
        with acting_as_owner():
            _refuse_another_owner()
            signed.give_key_to_database()
        return True
    with acting_as_owner():
        _refuse_another_owner()
        _migrate(verbosity=0)
    return True


def _refuse_another_owner() -> None:
    """Raise DatabaseError where the owner's login has another name: what the database is made from names the role."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        user = cursor.fetchone()[0]
    if user != OWNER:
        raise DatabaseError(
            f"DATABASE_OWNER_URL logs in as {user}. The owner of the tables must be the role {OWNER}, also on a server of "
            "your own: `plass migrate --print-roles` prints the SQL that makes the roles and the database."
        )


def fingerprint() -> str:
    """What the database is made from, in 16 hexadecimal digits."""
    from django.apps import apps

    from . import row_policies

    digest = hashlib.sha256()
    for app in apps.get_app_configs():
        # Those of packages too: another version of one may bring more.
        folder = resources.files(app.name) / "migrations"
        if folder.is_dir():
            for file in sorted(folder.iterdir(), key=lambda file: file.name):
                if file.name.endswith(".py"):
                    digest.update(file.read_bytes())
    for name, text in row_policies.sql_files():
        digest.update(f"{name}\0{text}\0".encode())
    for table, declaration in sorted(row_policies.declared().items()):
        digest.update(f"{table}\0{declaration}\0".encode())
    digest.update((resources.files("plass.db") / "row_policies.py").read_bytes())
    return f"plass {digest.hexdigest()[:16]}"
