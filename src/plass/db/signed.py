"""What the web process signs, so that the database can tell its word from that of a statement smuggled into a question.

Who acts, and every question that is asked before anybody acts (a password's hash, an account by identity number), is
signed with a key that the web role cannot read: the process has it in its memory, the database in a table of the
owner's. A signature holds for one transaction on one connection and for these very words: the database names the
transaction first (``access_transaction()``). See ``docs/decisions/0156-the-web-process-signs-who-acts.md``.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Any

from django.db import ProgrammingError, transaction
from django.db import connection as default_connection
from django.db.backends.postgresql import base

KEY_VARIABLE = "PLASS_ACTING_KEY"
_BLOCK = 64


class _Unplanned(base.ServerBindingCursor):
    """Parameters go beside the text, so that no list of what runs shows them; and nothing is planned ahead.

    A statement planned ahead has a name on its connection, and what was smuggled into an earlier page could have put
    another statement under that name.
    """

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> Any:
        return super().execute(query, params, prepare=False)  # type: ignore[misc]  # the stubs lack it


def key() -> bytes:
    """The key: made from PLASS_SECRET_KEY (HKDF, RFC 5869), or from PLASS_ACTING_KEY where that is set."""
    material = os.environ.get(KEY_VARIABLE) or os.environ.get("PLASS_SECRET_KEY", "")
    extracted = hmac.digest(b"plass", material.encode(), "sha256")
    return hmac.digest(extracted, b"who acts\x01", "sha256")


def give_key_to_database() -> None:
    """Write the key where the database's own functions read it, in place of an older one. Needs the owner."""
    padded = key().ljust(_BLOCK, b"\0")
    pads = [bytes(byte ^ 0x36 for byte in padded), bytes(byte ^ 0x5C for byte in padded)]
    with transaction.atomic(), default_connection.cursor() as cursor:
        cursor.execute("DELETE FROM access_actingkey")
        cursor.execute(
            "INSERT INTO access_actingkey (id, inner_pad, outer_pad, set_at) VALUES (1, %s, %s, now())", pads
        )


def key_fits() -> bool:
    """Whether the database has the key of this process."""
    with transaction.atomic():
        permit = _sign(default_connection, "fits", "")
        return bool(run(default_connection, "SELECT public.access_key_fits(%s)", [permit])[0][0])


def call(function: str, *arguments: Any, columns: str = "*") -> list[tuple[Any, ...]]:
    """The rows of one of the database's functions that demand a signature, which is its last parameter."""
    words = ",".join(hashlib.sha256(_text(argument)).hexdigest() for argument in arguments)
    places = ", ".join(["%s"] * (len(arguments) + 1))
    with transaction.atomic(savepoint=False):
        permit = _sign(default_connection, function, words)
        return run(default_connection, f"SELECT {columns} FROM public.{function}({places})", [*arguments, permit])


def stamp(user_id: int, connection: Any = default_connection) -> str:
    """The signed word for the setting ``plass.user``, in the transaction that is open on ``connection``."""
    return f"{user_id}|{_sign(connection, 'user', str(user_id))}"


def run(connection: Any, question: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    """The rows of a question that is neither planned ahead nor shown with its parameters. Counted like any other."""
    connection.ensure_connection()
    with connection.wrap_database_errors:
        bare = _Unplanned(connection.connection)  # type: ignore[call-arg]  # the stubs lack it
        make = connection.make_debug_cursor if connection.queries_logged else connection.make_cursor
        with make(bare) as cursor:
            cursor.execute(question, parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows


def _sign(connection: Any, name: str, words: str) -> str:
    try:
        where = run(connection, "SELECT public.access_transaction()", [])[0][0]
    except ProgrammingError:
        # Something was left on the connection by a statement smuggled into an earlier page: it goes, and the page with it.
        connection.close()
        raise
    return hmac.digest(key(), f"{name}|{words}|{where}".encode(), "sha256").hex()


def _text(argument: Any) -> bytes:
    """An argument as the database's function says it (``::text``; bytes in hexadecimal, a list a line each)."""
    if isinstance(argument, bytes):
        return argument.hex().encode()
    if isinstance(argument, bool):
        return b"true" if argument else b"false"
    if isinstance(argument, list):
        return "\n".join(argument).encode()
    return ("" if argument is None else str(argument)).encode()
