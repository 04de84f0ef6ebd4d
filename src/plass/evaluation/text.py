"""What the report says, kept apart from the language it is said in.

A finding is a `Text`: a key into the catalogue and the numbers that belong in the sentence. The catalogue
(`texts/*.toml`) has every key in every language, which a test demands, so that a study is computed once and told in any of
them. Numbers are written the way the language writes them; an `Amount` brings its unit along.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, Union

from plass.evaluation.errors import EvaluationError

Language = Literal["nb", "en"]
LANGUAGES: tuple[Language, ...] = ("nb", "en")
#: points: a share shown times 100, as percentage points (fine: with two decimals); share: as per cent; p: a p-value;
#: number: as it is; count: whole; money: whole, with the currency beside it; ratio: two decimals; days: one decimal;
#: level: the mean of a yes-or-no outcome, as per cent; chosen: a share that somebody chose, with no more decimals than
#: it has.
Unit = Literal[
    "points", "fine", "share", "level", "chosen", "p", "number", "count", "money", "ratio", "days", "text", "sign"
]

_MINUS, _GAP = "\u2212", "\u00a0"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Amount:
    """A number with its unit; low and high make it a range ("from ... to ...")."""

    value: float
    unit: Unit
    high: float | None = None


Value = Union["Text", Amount, str, int, float, tuple["Text", ...]]


@dataclass(frozen=True)
class Text:
    """A sentence, or part of one, in no language yet."""

    key: str
    values: tuple[tuple[str, Value], ...] = ()

    def said(self, language: Language) -> str:
        """The sentence in a language."""
        template = catalogue(language).get(self.key)
        if template is None:
            raise EvaluationError(f"The catalogue has no text {self.key!r} in {language}.")
        return template.format(**{name: _written(value, language) for name, value in self.values})


def text(key: str, /, **values: Value) -> Text:
    """A Text by its key, with what its sentence needs."""
    return Text(key, tuple(values.items()))


def counted(key: str, count: int, /, **values: Value) -> Text:
    """A Text about so many things: ``<key>_none`` and ``<key>_one`` where the catalogue has a sentence for none and one."""
    special = {0: f"{key}_none", 1: f"{key}_one"}.get(count, key)
    return text(special if special in _all_texts() else key, **values)


@lru_cache(maxsize=4)
def catalogue(language: Language) -> Mapping[str, str]:
    """Every text of a language by its key."""
    texts: dict[str, str] = {}
    for key, by_language in _all_texts().items():
        if language in by_language:
            texts[key] = by_language[language]
    return texts


@lru_cache(maxsize=1)
def _all_texts() -> dict[str, dict[str, str]]:
    all_texts: dict[str, dict[str, str]] = {}
    folder = files("plass.evaluation") / "texts"
    for file in sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name
    ):
        for group, texts in tomllib.loads(file.read_text(encoding="utf-8")).items():
            for name, by_language in texts.items():
                all_texts[f"{group}.{name}"] = {
                    language: " ".join(line.split()) for language, line in by_language.items()
                }
    return all_texts


def because(reason: str, group: str = "why") -> Text:
    """A reason that an estimator gave in English, as a Text: matched with the catalogue's sentences of the group (`why`;
    `noted` for what the reading of the data says).

    The sentence's numbers are found again by the places they have in the English text. One that the catalogue does not
    know is handed on as it is.
    """
    plain = reason.strip().rstrip(".")
    for key, pattern, names in _reasons(group):
        match = pattern.fullmatch(plain)
        if match:
            return Text(key, tuple((name, match.group(name)) for name in names))
    return text(f"{group}.other", reason=plain)


@lru_cache(maxsize=4)
def _reasons(group: str) -> tuple[tuple[str, re.Pattern[str], tuple[str, ...]], ...]:
    patterns = []
    for key, template in catalogue("en").items():
        if not key.startswith(f"{group}.") or key == f"{group}.other":
            continue
        parts = re.split(r"\{(\w+)\}", template.rstrip("."))
        pattern = "".join(f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
        patterns.append((key, re.compile(pattern, re.IGNORECASE), tuple(parts[1::2])))
    return tuple(patterns)


def _written(value: Value, language: Language) -> str:
    if isinstance(value, Text):
        return value.said(language)
    if isinstance(value, tuple):
        return listed([part.said(language) for part in value], language)
    if isinstance(value, Amount):
        if value.high is not None:
            return _range(value, language)
        return with_unit(value.value, value.unit, language)
    if isinstance(value, bool):
        return catalogue(language)["word.yes" if value else "word.no"]
    if isinstance(value, int):
        return number(value, "count", language)
    if isinstance(value, float):
        return number(value, "number", language)
    return str(value)


def number(value: float, unit: Unit, language: Language) -> str:
    """A number as the language writes it, without the unit's name. Missing is a dash, infinite the sign for it."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else f"{_MINUS}∞"
    if unit in ("points", "share", "level"):
        shown = f"{100 * value:.1f}"
    elif unit == "chosen":
        shown = f"{100 * value:.3f}".rstrip("0").rstrip(".")
    elif unit == "fine":
        shown = f"{100 * value:.2f}"
    elif unit == "p":
        shown = f"{value:.3f}" if value >= 0.001 else f"{value:.1g}" if value >= 1e-4 else f"{value:.0e}"
    elif unit in ("count", "money"):
        shown = f"{value:,.0f}".replace(",", _GAP)
    elif unit == "days":
        shown = f"{value:.1f}"
    elif unit == "ratio":
        shown = f"{value:.2f}"
    else:
        shown = _significant(value)
    if set(shown) <= set("-0."):
        shown = shown.lstrip("-")
    shown = shown.replace("-", _MINUS)
    if "e" in shown:
        mantissa, _, power = shown.partition("e")
        shown = f"{mantissa}·10{str(int(power.replace(_MINUS, '-'))).translate(_RAISED)}"
    return shown.replace(".", ",") if language == "nb" else shown


def with_unit(value: float, unit: Unit, language: Language) -> str:
    """A number with the name of its unit where it has one."""
    shown = number(value, unit, language)
    name = catalogue(language).get(f"unit.{unit}", "")
    return f"{shown}{_GAP}{name}" if name and math.isfinite(value) else shown


def _range(value: Amount, language: Language) -> str:
    assert value.high is not None
    words = catalogue(language)
    low, high = value.value, value.high
    if math.isnan(low) or math.isnan(high):
        return words["word.no_interval"]
    if math.isinf(low) and math.isinf(high):
        return words["word.whole_line"]
    if math.isinf(low):
        return words["word.at_most"].format(high=with_unit(high, value.unit, language))
    if math.isinf(high):
        return words["word.at_least"].format(low=with_unit(low, value.unit, language))
    return words["word.from_to"].format(
        low=number(low, value.unit, language), high=with_unit(high, value.unit, language)
    )


def _significant(value: float) -> str:
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", _GAP)
    places = max(0, min(6, 2 - math.floor(math.log10(abs(value)))))
    return f"{value:.{places}f}"


def listed(parts: Iterable[str], language: Language) -> str:
    """Words as a list: a, b and c."""
    every = list(parts)
    if len(every) < 2:
        return "".join(every)
    return f"{', '.join(every[:-1])} {catalogue(language)['word.and']} {every[-1]}"


def as_json(value: Any) -> Any:
    """A Text with its key, its values and every language, for results.json."""
    if isinstance(value, Text):
        by_language = {language: value.said(language) for language in LANGUAGES}
        return {"key": value.key, "values": {name: as_json(item) for name, item in value.values}, **by_language}
    if isinstance(value, Amount):
        fields = {"value": as_json(value.value), "unit": value.unit}
        return fields if value.high is None else {**fields, "high": as_json(value.high)}
    if isinstance(value, tuple | list):
        return [as_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): as_json(item) for name, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value
