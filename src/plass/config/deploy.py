"""What an installation with real people in it needs, beyond starting: `plass doctor --deploy`. Looks only."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from plass.db import backup, keys
from plass.server import worker_account

from .doctor_report import Finding

#: A backup older than this is no backup of today's work.
FRESH_BACKUP = timedelta(days=2)
BACKUPS_VARIABLE = "PLASS_BACKUPS"
LONGEST_IDLE_MINUTES = 60
LEAST_SECRET = 50
LEAST_HASH_KEY = 32
#: Addresses that are nobody's outside this machine.
LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
SAFE_TLS = frozenset({"verify-full", "verify-ca"})


def _keys(where: Path) -> Iterator[Finding]:
    stored_keys = keys.load_from(where)
    if len(stored_keys.get("PLASS_SECRET_KEY", "")) < LEAST_SECRET:
        yield Finding(
            "wrong",
            "Secret key",
            "missing or short",
            'Set PLASS_SECRET_KEY: python3 -c "import secrets; print(secrets.token_urlsafe(48))"',
        )
    else:
        yield Finding("fine", "Secret key", "long enough")
    if len(stored_keys.get("PLASS_HASH_KEY", "")) < LEAST_HASH_KEY:
        yield Finding("wrong", "Hash key", "missing or short", "Set PLASS_HASH_KEY to at least 32 random signs.")
    else:
        yield Finding("fine", "Hash key", "long enough")
    every = [key for key in stored_keys.get("PLASS_IDENTITY_KEYS", "").split(",") if key]
    if not every or not all(_is_key(key) for key in every):
        yield Finding(
            "wrong",
            "Identity keys",
            "missing, or not 32 bytes in URL-safe base64",
            "Set PLASS_IDENTITY_KEYS: python3 -c "
            '"import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())"',
        )
    else:
        yield Finding("fine", "Identity keys", f"{len(every)}, the newest encrypts")


def _is_key(text: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(text)) == 32
    except (binascii.Error, ValueError):
        return False


def _web(where: Path) -> Iterator[Finding]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "plass.config.settings")
    from django.conf import settings

    if settings.PLASS_DEMO:
        yield Finding(
            "wrong", "Demo", "on: anybody may choose who to be", "Unset PLASS_DEMO, and use `plass serve`, not `demo`."
        )
    else:
        yield Finding("fine", "Demo", "off")
    if settings.DEBUG:
        yield Finding("wrong", "Debug", "on: an error shows the program's inside", "Leave DEBUG off.")
    else:
        yield Finding("fine", "Debug", "off")
    if settings.SESSION_COOKIE_SECURE and settings.SECURE_HSTS_SECONDS:
        yield Finding("fine", "TLS", "cookies go over TLS only, and browsers are told so")
    else:
        yield Finding(
            "wrong", "TLS", "off: a cookie could be read on the way", "Put TLS in front of Plass and set PLASS_TLS=1."
        )
    if settings.SESSION_COOKIE_SECURE and settings.PLASS_PROXIES < 1:
        yield Finding(
            "wrong",
            "Addresses",
            "every login seems to come from the proxy: a few wrong passwords would close the door for all",
            "Set PLASS_PROXIES to the number of your own proxies in front (1), each of which adds to X-Forwarded-For.",
        )
    else:
        yield Finding("fine", "Addresses", f"as {settings.PLASS_PROXIES} of your own proxies say (PLASS_PROXIES)")
    hosts = [host for host in settings.ALLOWED_HOSTS if host not in LOCAL]
    if "*" in hosts:
        yield Finding(
            "wrong", "Hosts", "any name is answered to", "Set PLASS_HOSTS to your own name, such as plass.no."
        )
    elif not hosts:
        yield Finding("wrong", "Hosts", "only this machine itself", "Set PLASS_HOSTS to the name people will use.")
    else:
        yield Finding("fine", "Hosts", ", ".join(hosts))
    if settings.PLASS_LOCAL_ACCOUNTS and settings.PLASS_RP_ID in {"", *LOCAL}:
        yield Finding(
            "wrong",
            "Passkeys",
            "bound to no name that lasts",
            "Put the name people will use first in PLASS_HOSTS before anybody adds a passkey.",
        )
    elif settings.PLASS_LOCAL_ACCOUNTS:
        yield Finding(
            "fine", "Passkeys", f"bound to {settings.PLASS_RP_ID}; under another name everybody adds theirs anew"
        )
    bare = [origin for origin in settings.CSRF_TRUSTED_ORIGINS if not origin.startswith("https://")]
    if bare or (hosts and not settings.CSRF_TRUSTED_ORIGINS):
        yield Finding(
            "wrong",
            "Origins",
            ", ".join(bare) or "none named",
            f"Set PLASS_ORIGINS to https://{(hosts or ['your.name'])[0].lstrip('.')}",
        )
    elif settings.CSRF_TRUSTED_ORIGINS:
        yield Finding("fine", "Origins", ", ".join(settings.CSRF_TRUSTED_ORIGINS))
    minutes = settings.PLASS_IDLE_SECONDS / 60
    if minutes > LONGEST_IDLE_MINUTES:
        yield Finding(
            "wrong", "Idle time", f"{minutes:.0f} minutes", f"Set PLASS_IDLE_MINUTES to {LONGEST_IDLE_MINUTES} or less."
        )
    else:
        yield Finding("fine", "Idle time", f"a login ends after {minutes:.0f} minutes without a click")


def _connection(where: Path) -> Iterator[Finding]:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        address = os.environ.get(name)
        if not address:
            continue
        parts = urlsplit(address)
        over_network = bool(parts.hostname) and parts.hostname not in {"localhost", "127.0.0.1", "::1"}
        mode = dict(parse_qsl(parts.query)).get("sslmode", "prefer")
        if over_network and mode not in SAFE_TLS:
            yield Finding(
                "wrong", name, f"sslmode={mode} does not know whom it talks to", "Add ?sslmode=verify-full to it."
            )
        else:
            yield Finding("fine", name, "local" if not over_network else f"sslmode={mode}")
    if os.environ.get("DATABASE_OWNER_URL") and os.environ.get("DATABASE_URL"):
        yield Finding(
            "note",
            "Owner's login",
            "is in this environment",
            "Leave DATABASE_OWNER_URL out of the environment of `plass serve`; give it to `plass migrate` alone.",
        )


def _account(where: Path) -> Iterator[Finding]:
    reason = worker_account.problem()
    if reason:
        yield Finding(
            "wrong",
            "Account",
            f"the web workers would run as root: {reason}",
            "Install Plass where every account can read it (such as /opt/plass), or run it as an account of its own.",
        )
    else:
        yield Finding("fine", "Account", "the web workers are not root")


def _who_connects(where: Path) -> Iterator[Finding]:
    """Of the embedded server: that it lets in by the account of the machine alone, as it was written at its start."""
    file = where / "postgres" / "pg_hba.conf"
    if os.environ.get("DATABASE_URL") or not file.exists():
        return
    lines = [line.split("#")[0].split() for line in file.read_text(encoding="utf-8").splitlines()]
    # A line is: local, database, role, method, options. Another begins with another word, and lets in over the network.
    others = [" ".join(line) for line in lines if line and (line[0] != "local" or line[3:4] != ["peer"])]
    if others:
        yield Finding(
            "wrong",
            "Who connects",
            f"the database lets in by more than the account of the machine: {others[0]}",
            "Restart Plass, which writes this file anew, and find out who changed it.",
        )
    else:
        yield Finding(
            "fine", "Who connects", "to the database: accounts of this machine that Plass names, and no other"
        )


def _boundary(where: Path) -> Iterator[Finding]:
    from django.db import ProgrammingError, connection

    from plass.db import bootstrap, signed

    if not os.environ.get("DATABASE_URL") and not (where / "postgres" / "PG_VERSION").exists():
        return
    # A connection to the server of an earlier check ended with it.
    connection.close()
    with bootstrap.prepare(where, migrate=False, beside=True):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT has_database_privilege(current_database(), 'TEMP'), "
                "has_function_privilege('pg_catalog.lo_creat(integer)', 'EXECUTE'), "
                "has_function_privilege('pg_catalog.pg_terminate_backend(integer, bigint)', 'EXECUTE'), "
                "has_function_privilege('pg_catalog.pg_stat_get_tuples_inserted(oid)', 'EXECUTE'), "
                "current_setting('track_activities')::boolean"
            )
            names = (
                "temporary tables",
                "large objects",
                "ending connections",
                "figures of tables that it does not see",
                "what other connections ask",
            )
            open_to_all = [name for name, is_open in zip(names, cursor.fetchone(), strict=True) if is_open]
        try:
            fits = signed.key_fits()
        except ProgrammingError:
            fits = False
        connection.close()
    if open_to_all:
        yield Finding(
            "wrong",
            "What everybody may do",
            f"open to the web role: {', '.join(open_to_all)}",
            "Run the end of `plass migrate --print-roles` as superuser; it can be run again.",
        )
    else:
        yield Finding("fine", "What everybody may do", "closed to the web role")
    if fits:
        yield Finding("fine", "Signing key", "the same here and in the database")
    else:
        yield Finding(
            "wrong",
            "Signing key",
            "the database has another one, so nobody would be logged in",
            "Run `plass migrate` with the PLASS_SECRET_KEY (and PLASS_ACTING_KEY) of `plass serve`.",
        )


def _archive(where: Path) -> Iterator[Finding]:
    from django.db import connection

    from plass.db import bootstrap

    if not os.environ.get("DATABASE_URL") and not (where / "postgres" / "PG_VERSION").exists():
        yield Finding("note", "Archive of the log", "no database yet", "Start Plass once, and look again.")
        return
    with bootstrap.prepare(where, migrate=False, beside=True), connection.cursor() as cursor:
        cursor.execute("SHOW archive_mode")
        on = cursor.fetchone()[0] != "off"
        cursor.execute("SELECT last_archived_time, last_failed_time, last_failed_wal FROM pg_stat_archiver")
        last_archived, failed, piece = cursor.fetchone()
    if not on:
        yield Finding(
            "wrong",
            "Archive of the log",
            "off: whatever came after the last backup would be lost with the disk",
            "Set PLASS_ARCHIVE to a folder on another disk (with DATABASE_URL: archive_mode on your server).",
        )
    elif failed and (last_archived is None or failed > last_archived):
        yield Finding(
            "wrong", "Archive of the log", f"{piece} could not be archived", "Look in postgres.log; make room there."
        )
    else:
        yield Finding(
            "fine", "Archive of the log", f"last piece {last_archived:%Y-%m-%d %H:%M}" if last_archived else "on"
        )


def _backups(where: Path) -> Iterator[Finding]:
    if os.environ.get("DATABASE_URL"):
        yield Finding("note", "Backups", "made by your own server", "See that a restore has been tried this year.")
        return
    named = os.environ.get(BACKUPS_VARIABLE)
    if not named:
        yield Finding(
            "wrong",
            "Backups",
            "no folder named",
            f"Set {BACKUPS_VARIABLE} to the folder, and run `plass backup --to` it every night.",
        )
        return
    folder = Path(named).expanduser().resolve()
    taken_at = sorted(
        datetime.fromisoformat(backup.describe(entry).taken_at)
        for entry in folder.glob("base-*")
        if (entry / backup.DESCRIPTION).exists()
    )
    if not taken_at or datetime.now(UTC) - taken_at[-1] > FRESH_BACKUP:
        says = f"the newest is of {taken_at[-1]:%Y-%m-%d %H:%M}" if taken_at else "none yet"
        yield Finding("wrong", "Backups", says, f"Run `plass backup --to {folder}` now, and every night.")
    else:
        yield Finding("fine", "Backups", f"{len(taken_at)}, the newest of {taken_at[-1]:%Y-%m-%d %H:%M}")
    if (folder / keys.FILE).exists() or any(folder.glob(f"*/{keys.FILE}")):
        yield Finding(
            "wrong", "Keys and backups", f"{keys.FILE} lies among the backups", "Keep the keys apart from the backups."
        )
    if where == folder or where in folder.parents:
        yield Finding(
            "wrong", "Backups", "stand in the data folder itself", "Put them on another disk, or another machine."
        )


#: In the order of the table.
CHECKS: list[Callable[[Path], Iterator[Finding]]] = [
    _keys,
    _account,
    _web,
    _connection,
    _who_connects,
    _boundary,
    _archive,
    _backups,
]
