"""Another key for the keyed hashes that find a person: of participants, of ties, of logins, of what imports wrote.

Some of them are kept alone, without the number they came from. So a new key does not replace the older ones but goes around
them: the hash under the new key is made from the hash there was. All of it is one transaction; afterwards nobody finds a
person with the older keys alone.
"""

from __future__ import annotations

import hashlib
import hmac

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from plass.db import encryption

from . import identity
from .models import Participant
from .rotation import _has_history


class WrongKeys(Exception):
    """The hashes in the database were made with other keys than those that are set."""


def columns() -> list[tuple[str, str, str, str]]:
    """(table, primary key, column, condition) of every column that holds keyed hashes."""
    return [
        (model._meta.db_table, str(model._meta.pk.column), column, condition)
        for model in apps.get_models()
        for column, condition in getattr(model, "hashed", {}).items()
    ]


def keys_in_use() -> int | None:
    """How many of the set keys, counted from the oldest, the participants' hashes were made with; None: no participant."""
    someone = Participant.objects.filter(made_nameless_on=None).order_by("pk").first()
    if someone is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity_number, identity_hash FROM cases_participant WHERE id = %s", [someone.pk])
        sealed, stored_hash = cursor.fetchone()
        digits = identity.decrypt(sealed).encode()
    set_now = settings.PLASS_HASH_KEY
    try:
        names = set_now.split(",")
        for fewer in range(len(names)):
            settings.PLASS_HASH_KEY = ",".join(names[fewer:])
            if encryption.keyed_hash(digits) == bytes(stored_hash):
                return len(names) - fewer
    finally:
        settings.PLASS_HASH_KEY = set_now
    raise WrongKeys("PLASS_HASH_KEY does not fit the people in the database. Are these the keys of this installation?")


def around(key: str) -> int:
    """Put ``key`` around every hash, in one transaction. Returns how many rows. As owner, while nothing is served."""
    anew = 0
    quote = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        for table, pk, column, condition in columns():
            cursor.execute(f"LOCK TABLE {quote(table)} IN EXCLUSIVE MODE")
            cursor.execute(f"SELECT {quote(pk)}, {quote(column)} FROM {quote(table)} WHERE {condition}")
            rows = [(_under(key, stored_hash), number) for number, stored_hash in cursor.fetchall()]
            quiet = _has_history(table)
            if quiet:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f"ALTER TABLE {quote(table)} DISABLE TRIGGER plass_history")
            cursor.executemany(f"UPDATE {quote(table)} SET {quote(column)} = %s WHERE {quote(pk)} = %s", rows)
            if quiet:
                cursor.execute(f"ALTER TABLE {quote(table)} ENABLE TRIGGER plass_history")
            anew += len(rows)
    return anew


def _under(key: str, stored_hash: bytes | memoryview | str) -> bytes | str:
    if isinstance(stored_hash, str):
        return hmac.new(key.encode(), bytes.fromhex(stored_hash), hashlib.sha256).hexdigest()
    return hmac.new(key.encode(), bytes(stored_hash), hashlib.sha256).digest()
