"""The installation's keys: made once, kept beside the data in a file that only its owner may read.

On a server of one's own they come from the environment instead, and nothing is written.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

FILE = "keys.env"
#: Older identity keys that nothing in the database needs any more, but backups from their time do.
RETIRED = "keys-retired.env"
NAMES = ("PLASS_SECRET_KEY", "PLASS_IDENTITY_KEYS", "PLASS_HASH_KEY")


def load(folder: Path) -> None:
    """Put the keys kept in ``folder`` into the environment; make them where there are none. The environment wins."""
    file = folder / FILE
    stored = _read(file)
    missing = [name for name in NAMES if name not in os.environ and name not in stored]
    if missing:
        stored |= {name: _new(name) for name in missing}
        _write(file, stored)
    for name, value in stored.items():
        os.environ.setdefault(name, value)


def load_from(folder: Path) -> dict[str, str]:
    """The keys kept in ``folder`` (none where there is no file), with those of the environment in front."""
    return _read(folder / FILE) | {name: os.environ[name] for name in NAMES if name in os.environ}


def in_file(folder: Path) -> bool:
    """Whether the identity keys this process uses are those of the file in ``folder``, not of the environment."""
    return _read(folder / FILE).get("PLASS_IDENTITY_KEYS") == os.environ.get("PLASS_IDENTITY_KEYS")


def new_key() -> str:
    """A new key to encrypt with: 32 bytes, URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def add(folder: Path) -> str:
    """Put a new identity key before the others in ``folder``'s file. Returns them all, with commas between."""
    stored = _read(folder / FILE)
    stored["PLASS_IDENTITY_KEYS"] = ",".join([new_key(), stored["PLASS_IDENTITY_KEYS"]])
    _write(folder / FILE, stored)
    return stored["PLASS_IDENTITY_KEYS"]


def add_hash(folder: Path, key: str) -> None:
    """Put a new hash key before the others in ``folder``'s file. None is ever removed: each goes around the next."""
    stored = _read(folder / FILE)
    stored["PLASS_HASH_KEY"] = ",".join([key, stored["PLASS_HASH_KEY"]])
    _write(folder / FILE, stored)


def new_hash_key() -> str:
    """A new key for the keyed hashes."""
    return _new("PLASS_HASH_KEY")


def retire(folder: Path) -> Path | None:
    """Move all identity keys but the newest to a file of their own. Returns that file; None where there is one key."""
    stored = _read(folder / FILE)
    newest, *older = stored["PLASS_IDENTITY_KEYS"].split(",")
    if not older:
        return None
    retired = folder / RETIRED
    before = _read(retired).get("PLASS_IDENTITY_KEYS", "")
    _write(retired, {"PLASS_IDENTITY_KEYS": ",".join([*older, *filter(None, before.split(","))])})
    _write(folder / FILE, stored | {"PLASS_IDENTITY_KEYS": newest})
    return retired


def _new(name: str) -> str:
    if name == "PLASS_IDENTITY_KEYS":
        return new_key()
    return secrets.token_urlsafe(48)


def _read(file: Path) -> dict[str, str]:
    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def _write(file: Path, values: dict[str, str]) -> None:
    part = file.with_suffix(".part")
    text = "# The keys of this installation of Plass. Whoever has them can read identity numbers; back them up apart.\n"
    text += "".join(f"{name}={value}\n" for name, value in values.items())
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(text)
        # On the disk before anything is sealed with it: a key lost to a power cut takes with it what it sealed.
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
