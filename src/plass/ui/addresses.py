"""Addresses of pages by name, made from a pattern that is worked out once: a page of lists has a hundred of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.urls import get_script_prefix, reverse

#: Numbers that stand in for the real ones while the pattern is worked out; no address has them by itself.
_MARKS = (910_000_000_000_001, 920_000_000_000_002, 930_000_000_000_003)


def address(name: str, *arguments: Any) -> str:
    """What ``reverse(name, args=arguments)`` says. Raises NoReverseMatch like it."""
    if len(arguments) <= len(_MARKS) and all(type(one) is int and one >= 0 for one in arguments):
        return _pattern(name, len(arguments), get_script_prefix()) % arguments
    return reverse(name, args=arguments)


@lru_cache(maxsize=1000)
def _pattern(name: str, count: int, prefix: str) -> str:
    made = reverse(name, args=_MARKS[:count]).replace("%", "%%")
    for mark in _MARKS[:count]:
        made = made.replace(str(mark), "%d")
    return made
