"""Somebody asks for too much that is not theirs: they are told to wait."""

from __future__ import annotations

from django.http import Http404


class TooMany(Http404):
    """What was asked for is not shown, and for ``seconds`` neither is whether it is there: a page of status 429."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds
