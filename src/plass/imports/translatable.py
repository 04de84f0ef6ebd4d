"""Sentences that remember what they say, so that they can be said once more in the reader's language.

A list may be checked in one language and read in another. :func:`gettext` and :func:`ngettext` here stand in for
Django's: what they return is a text in the language of the moment, and ``sentence % values`` keeps the values. Dates,
decimal numbers and labels go in as what they are, and are written as each language writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise

#: A sentence as it is kept: plain where every language says the same, else by language.
Kept = str | dict[str, str]


class TranslatableText(str):
    """A text that knows how it came about."""

    __slots__ = ("_make", "_values")
    _make: Callable[[], str]
    _values: Mapping[str, Any] | None

    def __new__(
        cls, make: Callable[[], str], values: Mapping[str, Any] | None = None, *, now: str | None = None
    ) -> TranslatableText:
        """``now`` is what ``make`` says in the language of now, where that is known already."""
        text = super().__new__(cls, _filled(make() if now is None else now, values))
        text._make, text._values = make, values
        return text

    def __mod__(self, values: Any) -> TranslatableText:
        # Made just before, in the same language.
        return TranslatableText(self._make, values, now=str.__str__(self) if self._values is None else None)

    def __deepcopy__(self, memo: object) -> TranslatableText:
        return self

    def again(self) -> str:
        """The same in the language of now."""
        return _filled(self._make(), self._values)


def gettext(text: str) -> TranslatableText:
    """The translation of ``text``, that can be said again in another language."""
    return TranslatableText(lambda: translation.gettext(text))


def ngettext(singular: str, plural: str, number: int) -> TranslatableText:
    """The translation for so many, that can be said again in another language."""
    return TranslatableText(lambda: translation.ngettext(singular, plural, number))


def as_written(text: str | Promise) -> TranslatableText:
    """A text that another room has said: again in another language where it is lazy, else as it was said."""
    return TranslatableText(lambda: str(text))


def joined(parts: list[str]) -> TranslatableText:
    """Parts with commas between."""
    return TranslatableText(lambda: ", ".join(str(_in_words(part)) for part in parts))


def keep(sentence: str) -> Kept:
    """A sentence for every language there is, to be kept."""
    if not isinstance(sentence, TranslatableText):
        return sentence
    by_language = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            by_language[language] = sentence.again()
    return by_language if len(set(by_language.values())) > 1 else str(sentence)


def kept(stored: Kept) -> str:
    """A kept sentence in the language of now; it can be kept once more without losing the others."""
    return stored if isinstance(stored, str) else TranslatableText(lambda: _in_language_of_now(stored))


def _in_language_of_now(stored: dict[str, str]) -> str:
    language = translation.get_language() or settings.LANGUAGE_CODE
    return stored.get(language) or next(iter(stored.values()))


def _filled(text: str, values: Mapping[str, Any] | None) -> str:
    return text if values is None else text % {name: _in_words(value) for name, value in values.items()}


def _in_words(value: Any) -> Any:
    if isinstance(value, TranslatableText):
        return value.again()
    if isinstance(value, date):
        return date_format(value)
    if isinstance(value, Decimal):
        return number_format(int(value) if value == int(value) else value.normalize())
    return value
