"""Sentences that remember what they say, so that they can be said once more in the reader's language.

A list may be checked in one language and read in another. :func:`gettext` and :func:`ngettext` here stand in for
Django's: what they return is a text in the language of the moment, and ``sentence % values`` keeps the values. Dates,
decimal numbers and labels go in as what they are, and are written as each language writes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise

#: A sentence as it is kept: plain where every language says the same, else by language.
Kept = str | dict[str, str]


class TranslatableText(str):
    """A text that knows how it came about."""

    __slots__ = ("_make", "_source", "_values")
    _make: Callable[[], str]
    _source: str
    _values: Mapping[str, Any] | None

    def __new__(
        cls,
        make: Callable[[], str],
        values: Mapping[str, Any] | None = None,
        source: str = "",
        *,
        now: str | None = None,
    ) -> TranslatableText:
        """``now`` is what ``make`` says in the language of now, where that is known already."""
        # What stands in it was made in the same language, just before.
        return cls._said(_filled(make() if now is None else now, values, _as_it_is), make, values, source)

    @classmethod
    def _said(
        cls, said: str, make: Callable[[], str], values: Mapping[str, Any] | None = None, source: str = ""
    ) -> TranslatableText:
        text = super().__new__(cls, said)
        text._make, text._values, text._source = make, values, source
        return text

    @classmethod
    def of_kept(cls, stored: dict[str, str], language: str) -> TranslatableText:
        """A sentence that was kept in several languages, in one of them."""
        return cls._said(_in_language(stored, language), lambda: _in_language(stored, language_of_now()))

    def __mod__(self, values: Any) -> TranslatableText:
        # Made just before, in the same language.
        now = str.__str__(self) if self._values is None else None
        return TranslatableText(self._make, values, self._source, now=now)

    def __deepcopy__(self, memo: object) -> TranslatableText:
        return self

    def again(self) -> str:
        """The same in the language of now."""
        return _filled(self._make(), self._values, _again)

    def in_common(self, other: TranslatableText) -> TranslatableText:
        """See :func:`in_common`."""
        here, there = self._values or {}, other._values or {}
        values = {
            name: value if value == there.get(name) else _value_in_common(value, there.get(name))
            for name, value in here.items()
        }
        # A list says thousands of the same kind: what stands for some of them already is not wrapped once more.
        make = self._make if isinstance(self._make, _WithoutNumbers) else _WithoutNumbers(self._make)
        return TranslatableText(make, values, self._source)

    def kind(self) -> tuple[str, ...]:
        """See :func:`kind_of`."""
        values = self._values or {}
        nested = [value.kind() for value in values.values() if isinstance(value, TranslatableText)]
        return (self._source, str(values.get("column", "")), *(part for kind in nested for part in kind))


@dataclass(frozen=True, slots=True)
class _WithoutNumbers:
    """Makes what ``make`` does with room for any value where a number stands: "…" is none."""

    make: Callable[[], str]

    def __call__(self) -> str:
        return re.sub(r"%\((\w+)\)d", r"%(\1)s", self.make())


def gettext(text: str) -> TranslatableText:
    """The translation of ``text``, that can be said again in another language."""
    now = _translated(text, translation.get_language())
    return TranslatableText(lambda: translation.gettext(text), source=text, now=now)


def ngettext(singular: str, plural: str, number: int) -> TranslatableText:
    """The translation for so many, that can be said again in another language."""
    return TranslatableText(lambda: translation.ngettext(singular, plural, number), source=singular)


def as_written(text: str | Promise) -> TranslatableText:
    """A text that another room has said: again in another language where it is lazy, else as it was said."""
    if isinstance(text, TranslatableText):
        return text
    return TranslatableText(lambda: str(text), source=str(text))


def in_words(value: date | Decimal) -> TranslatableText:
    """A day or a number, as each language writes it."""
    return TranslatableText(lambda: str(_in_words(value)))


def kind_of(sentence: str) -> tuple[str, ...]:
    """The same for all sentences that say the same of the same column, whatever cell they quote."""
    return sentence.kind() if isinstance(sentence, TranslatableText) else (str(sentence),)


def in_common(one: str, other: str) -> str:
    """What two sentences of the same kind say both: "…" stands for each value that differs."""
    if one == other or not isinstance(one, TranslatableText) or not isinstance(other, TranslatableText):
        return one
    return one.in_common(other)


def joined(parts: list[str]) -> TranslatableText:
    """Parts with commas between."""
    return TranslatableText(
        lambda: ", ".join(str(_in_words(part)) for part in parts),
        now=", ".join(str(_in_words(part, _as_it_is)) for part in parts),
    )


def keep(sentence: str) -> Kept:
    """A sentence for every language there is, to be kept."""
    if not isinstance(sentence, TranslatableText):
        return sentence
    by_language = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            by_language[language] = sentence.again()
    return by_language if len(set(by_language.values())) > 1 else str(sentence)


def kept(stored: Kept, language: str = "") -> str:
    """A kept sentence; it can be kept once more without losing the other languages.

    ``language`` is that of now, for whoever takes out so many that looking it up for each would take long.
    """
    return stored if isinstance(stored, str) else TranslatableText.of_kept(stored, language or language_of_now())


def language_of_now() -> str:
    """The language of whoever reads."""
    return translation.get_language() or settings.LANGUAGE_CODE


def _value_in_common(one: Any, other: Any) -> Any:
    if isinstance(one, TranslatableText) and isinstance(other, TranslatableText) and one.kind() == other.kind():
        return one.in_common(other)
    return "…"


def _in_language(stored: dict[str, str], language: str) -> str:
    return stored.get(language) or next(iter(stored.values()))


def _filled(text: str, values: Mapping[str, Any] | None, sentence: Callable[[TranslatableText], str]) -> str:
    """``sentence`` says how a sentence that stands in this one is written."""
    return text if values is None else text % {name: _in_words(value, sentence) for name, value in values.items()}


def _again(text: TranslatableText) -> str:
    return text.again()


def _as_it_is(text: TranslatableText) -> str:
    return text


def _in_words(value: Any, sentence: Callable[[TranslatableText], str] = _again) -> Any:
    if isinstance(value, TranslatableText):
        return sentence(value)
    return _in_figures(value, translation.get_language()) if isinstance(value, date | Decimal) else value


# A list says the same sentences, days and numbers again and again. Each is kept by the language in use, which is only a part
# of the key: Django's functions know it themselves.
@lru_cache(maxsize=1_000)
def _translated(text: str, _language_of_now: str | None) -> str:
    return translation.gettext(text)


@lru_cache(maxsize=2_000)
def _in_figures(value: date | Decimal, _language_of_now: str | None) -> str:
    if isinstance(value, date):
        return date_format(value)
    return number_format(int(value) if value == int(value) else value.normalize())
