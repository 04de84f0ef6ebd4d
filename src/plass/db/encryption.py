"""Content that only this installation can read: sealed under the newest of its keys, opened with any of them.

A model says in ``sealed`` which of its columns hold such content, so that `plass keys` can seal them anew when a key is
added (``plass.cases.rotation``).
"""

from __future__ import annotations

import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def _fernet() -> MultiFernet:
    if not settings.PLASS_IDENTITY_KEYS:
        raise ImproperlyConfigured("PLASS_IDENTITY_KEYS is empty. `plass doctor` tells how to make one.")
    return MultiFernet([Fernet(key) for key in settings.PLASS_IDENTITY_KEYS])


def encrypt(content: bytes) -> bytes:
    """The content as it is kept, under the newest key."""
    return _fernet().encrypt(content)


def decrypt(encrypted: bytes | memoryview) -> bytes:
    """What was sealed. Raises ImproperlyConfigured where none of the keys fits."""
    try:
        return _fernet().decrypt(bytes(encrypted))
    except InvalidToken as error:
        raise ImproperlyConfigured("No key in PLASS_IDENTITY_KEYS fits what is kept.") from error


def is_under_newest(encrypted: bytes | memoryview) -> bool:
    """Whether the newest key alone opens it."""
    try:
        Fernet(settings.PLASS_IDENTITY_KEYS[0]).decrypt(bytes(encrypted))
    except InvalidToken:
        return False
    return True


def keyed_hash(content: bytes) -> bytes:
    """32 bytes that say the same to whoever has the keys, and nothing to others (HMAC-SHA-256).

    ``PLASS_HASH_KEY`` holds one key or several with commas between, the newest first: each newer one goes around the hash
    under the older ones (``plass.cases.rehash``).
    """
    keys = settings.PLASS_HASH_KEY
    if not keys:
        raise ImproperlyConfigured("PLASS_HASH_KEY is empty. `plass doctor` tells how to make one.")
    for key in reversed(keys.split(",")):
        content = hmac.digest(key.encode(), content, "sha256")
    return content


def columns() -> list[tuple[str, str, str]]:
    """(table, primary key, column) of everything that is sealed."""
    return [
        (model._meta.db_table, str(model._meta.pk.column), column)
        for model in apps.get_models()
        for column in getattr(model, "sealed", ())
    ]
