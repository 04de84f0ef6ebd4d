"""Nothing that looks like a national identity number leaves the program by way of its log.

The mask is put on the finished line, so that it also covers what an exception says and the values in its message.
"""

from __future__ import annotations

import logging
import re

#: Eleven digits that stand alone, also as people write them (six, five), and as addresses write a space.
NUMBER = re.compile(r"(?<!\d)\d{6}(?:[ .\-\u00a0\u202f+]|%20|%C2%A0)?\d{5}(?!\d)", re.I)
MASK = "****** *****"


def masked(text: str) -> str:
    """The text with every possible identity number replaced."""
    return NUMBER.sub(MASK, text)


class Formatter(logging.Formatter):
    """A line of the log without identity numbers, whatever was put into it."""

    def format(self, record: logging.LogRecord) -> str:
        """The finished line, traceback and all, masked."""
        return masked(super().format(record))
