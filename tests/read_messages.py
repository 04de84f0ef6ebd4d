"""Messages as the program stores them, each read on the way: text that a page would show as raw markup is refused.

What a template filter makes (a date in a ``<time>`` element) loses its mark as markup when it is put into a sentence, and
then stands on the page as it is written.
"""

from __future__ import annotations

import re
from typing import Any

from django.contrib.messages.storage.cookie import CookieStorage
from django.utils.safestring import SafeData

MARKUP = re.compile(r"</?[a-z][^>]*>|&\w+;")


class ReadMessages(CookieStorage):
    """The program's own storage, for tests."""

    def add(self, level: int, message: Any, extra_tags: str = "") -> None:
        """Keep a message for the next page."""
        text = str(message)
        assert isinstance(message, SafeData) or not MARKUP.search(text), f"a message would show its markup: {text}"
        super().add(level, message, extra_tags)
