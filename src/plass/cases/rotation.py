"""Sealing anew what an older key sealed: identity numbers, second factors, files being imported. Can be stopped and gone on.

Each thousand rows are one transaction, and a row that the newest key opens is left alone: so it does not matter how often
it is begun, or where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection, transaction

from plass.db import encryption

AT_ONCE = 1000
Progress = Callable[[str, int, int], None]


def waiting() -> dict[str, int]:
    """How many rows are still under an older key, by table and column. Reads every row."""
    older_by_column: dict[str, int] = {}
    for table, key, column in encryption.columns():
        last, older = -1, 0
        while batch := _batch(table, key, column, last, lock=False):
            last = batch[-1][0]
            older += sum(not encryption.is_under_newest(sealed) for _number, sealed in batch)
        older_by_column[f"{table}.{column}"] = older
    return older_by_column


def reseal(progress: Progress) -> int:
    """Seal everything that an older key sealed under the newest one. Returns how many rows. As owner.

    ``progress(what, done, all)`` is told after each batch. The history of who changed gets no line: nothing that anybody
    wrote is another. Raises ImproperlyConfigured where a row opens with none of the keys.
    """
    anew = 0
    for table, key, column in encryption.columns():
        quoted, name = connection.ops.quote_name(table), connection.ops.quote_name(column)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {quoted}")
            total = cursor.fetchone()[0]
        last, done = -1, 0
        progress(f"{table}.{column}", 0, total)
        while True:
            with transaction.atomic(), connection.cursor() as cursor:
                batch = _batch(table, key, column, last, lock=True)
                if not batch:
                    break
                last = batch[-1][0]
                older = [(number, sealed) for number, sealed in batch if not encryption.is_under_newest(sealed)]
                if older:
                    quiet = _has_history(table)
                    if quiet:
                        # PostgreSQL changes no table with checks outstanding.
                        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                        cursor.execute(f"ALTER TABLE {quoted} DISABLE TRIGGER plass_history")
                    cursor.executemany(
                        f"UPDATE {quoted} SET {name} = %s WHERE {connection.ops.quote_name(key)} = %s",
                        [(encryption.encrypt(encryption.decrypt(sealed)), number) for number, sealed in older],
                    )
                    if quiet:
                        cursor.execute(f"ALTER TABLE {quoted} ENABLE TRIGGER plass_history")
            anew += len(older)
            done += len(batch)
            progress(f"{table}.{column}", done, total)
    return anew


def _batch(table: str, key: str, column: str, last: int, *, lock: bool) -> list[tuple[int, bytes]]:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {quote(key)}, {quote(column)} FROM {quote(table)} WHERE {quote(key)} > %s "
            f"ORDER BY {quote(key)} LIMIT {AT_ONCE} {'FOR UPDATE' if lock else ''}",
            [last],
        )
        return [(number, bytes(sealed)) for number, sealed in cursor.fetchall()]


def _has_history(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = 'plass_history')", [table]
        )
        return bool(cursor.fetchone()[0])
