"""The questions of a list as a text file with a column to fill in, for whoever imports from the command line.

Of what may say where a protected person is, the file has the rows alone: whoever answers has the list.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Set

from django.utils.translation import gettext as _

from plass.ui.spreadsheet import safe

from .fields import Field
from .files import text
from .files.limits import Refused
from .labels import LABELS
from .questions import CHOICES, FOLLOWED_BY, OF_A_PERSON, WITHOUT_WORDS, Answers, Kind, Question, maybe_protected
from .row_numbers import RowNumber

#: What a question is known by; its kind stands before the digest.
_KEY = re.compile(r"(?P<kind>[a-z_]+)-[0-9a-f]{20}")


class WrongAnswer(Exception):
    """The file cannot be read, or an answer in it is none; the message says which and what it may be."""


def write(questions: Iterable[Question], answers: Answers) -> bytes:
    """A line for each question, with its answer where there is one."""
    out = io.StringIO()
    table = csv.writer(out, delimiter=";", lineterminator="\r\n")
    table.writerow(
        [
            _("Answer"),
            _("Question"),
            _("In the list"),
            _("Rows"),
            _("What may be answered"),
            _("Known by (leave as it is)"),
        ]
    )
    questions = list(questions)
    silent = maybe_protected(questions)
    for question in questions:
        row = [
            answers.to(question) or "",
            str(question.kind.asks),
            words_of(question, silent),
            question.rows_in_words,
            " | ".join(f"{value}: {label}" for value, label in question.choices),
            question.key,
        ]
        table.writerow([safe(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def words_of(question: Question, silent: Set[RowNumber]) -> str:
    """What stands in the list; nothing where it is of somebody in a ``silent`` row, or may say where anybody is."""
    if question.kind in WITHOUT_WORDS or (question.kind in OF_A_PERSON and not silent.isdisjoint(question.rows)):
        return ""
    if question.kind is Kind.COLUMN:
        heading, field = question.shown
        return f"{heading}: {LABELS[Field(field)]}"
    return " · ".join(question.shown)


def read(content: bytes) -> dict[str, str]:
    """The answers that were filled in, by the keys of their questions. Raises WrongAnswer."""
    try:
        words, _encoding = text.decode(content)
    except Refused as error:
        raise WrongAnswer(_("The file with the answers cannot be read. Save it as text with semicolons.")) from error
    heading = words.split("\n", 1)[0]
    delimiter = max((";", "\t", ","), key=heading.count)
    found: dict[str, str] = {}
    for number, line in enumerate(csv.reader(io.StringIO(words, newline=""), delimiter=delimiter), start=1):
        cells = [cell.strip() for cell in line]
        key = next((match for cell in reversed(cells) if (match := _KEY.fullmatch(cell))), None)
        if key is None or not cells[0]:
            continue
        found[key[0]] = _meant(key["kind"], cells[0], number)
    return found


def _meant(kind: str, answer: str, line: int) -> str:
    """The value of an answer, which may be written in its words too. Raises WrongAnswer."""
    choices = CHOICES[Kind(kind)] if kind in set(Kind) else ()
    meant = {str(label).casefold(): value for value, label in choices} | {
        value.casefold(): value for value, _label in choices
    }
    if value := meant.get(answer.casefold()):
        return value
    if kind == Kind.TITLE and re.fullmatch(rf"{FOLLOWED_BY} \d+", answer):
        return answer
    raise WrongAnswer(
        _("Line %(line)d: “%(answer)s” is none of the answers. They are: %(choices)s.")
        % {"line": line, "answer": answer, "choices": ", ".join(value for value, _label in choices)}
    )
