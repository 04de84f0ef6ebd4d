"""Addresses of pages by name, made from a pattern that is worked out once: a page of lists has a hundred of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from . import in_place

#: Numbers that stand in for the real ones while the pattern is worked out; no address has them by itself.
_MARKS = (910_000_000_000_001, 920_000_000_000_002, 930_000_000_000_003)


def address(name: str, *arguments: Any) -> str:
    """What ``reverse(name, args=arguments)`` says. Raises NoReverseMatch like it."""
    numbers = tuple([argument for argument in arguments if type(argument) is int and argument >= 0])
    words = tuple([None if type(argument) is int else argument for argument in arguments])
    can_be_cached = all(word is None or (type(word) is str and word.isidentifier()) for word in words)
    if can_be_cached and len(numbers) == words.count(None) <= len(_MARKS):
        return _pattern(name, words, get_script_prefix()) % numbers
    return reverse(name, args=arguments)


@lru_cache(maxsize=1000)
def _pattern(name: str, words: tuple[str | None, ...], prefix: str) -> str:
    """The address with ``%d`` for each number; the words in it (a kind of fact) are few, and stand as they are."""
    marks = iter(_MARKS)
    pattern = reverse(name, args=[next(marks) if word is None else word for word in words]).replace("%", "%%")
    for mark in _MARKS[: words.count(None)]:
        pattern = pattern.replace(str(mark), "%d")
    return pattern


def where_they_were(request: HttpRequest) -> str:
    """The address to come back to after logging in: the page that was asked for, or that a form was sent from.

    Where a form is sent to may be an address that shows nothing, and a part of a page (htmx) belongs to the page around it:
    our scripts say which page that is.
    """
    around = request.headers.get("HX-Current-URL", "") or request.headers.get(in_place.ASKED, "")
    if around and url_has_allowed_host_and_scheme(around, allowed_hosts={request.get_host()}):
        parts = urlsplit(around)
        return f"{parts.path}?{parts.query}" if parts.query else parts.path
    return request.get_full_path()
