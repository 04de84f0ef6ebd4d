"""What ``plass import`` prints: the columns, what is asked, the rows, the sum, what differs, and how far it is."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from itertools import groupby

import typer
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from . import actions, mapping
from .actions import Outcome, Progress
from .answers_file import words_of
from .column_choices import WhoChose
from .column_readings import where_from
from .fields import Field
from .labels import LABELS
from .plan_types import Difference
from .questions import Answers, Kind, Question, maybe_protected
from .row_numbers import RowNumber
from .sheet import Sheet
from .taking import Taken


def show_columns(read: Sheet, chosen: dict[int, Field], answers: Answers, who_chose: Mapping[int, WhoChose]) -> None:
    """The sheets and columns as they are understood, and whose choice that is."""
    if len(read.sheets) > 1:
        names = ", ".join(part.title for part in read.parts)
        typer.echo(_("The sheets that are read: %(sheets)s.") % {"sheets": names})
    about_sheets = mapping.about_sheets(read.sheets, read.hidden_sheets)
    about_the_referral = mapping.about_the_referral(
        [(column.index, column.heading, mapping.first_cells(read, column)) for column in read.columns], chosen
    )
    for sentence in (*about_sheets, *mapping.about_the_file(read.remarks, read.sheets), *about_the_referral):
        typer.echo(sentence)
    typer.echo(_("The columns:"))
    recognised = mapping.recognised(read)
    guessed = {question.key for question in mapping.guesses(read, chosen) if answers.to(question) is None}
    for column in read.columns:
        hidden, one = _("hidden in the file"), recognised[column.index]
        says = str(LABELS[chosen[column.index]])
        if mapping.guess(column.index, column.heading, one.field).key in guessed:
            says = _("Guessed: %(field)s") % {"field": says}
        elif one.guarded_by and not chosen[column.index]:
            says = _("Is about something else (“%(word)s”), and is not read.") % {"word": one.guarded_by}
        about = ", ".join(filter(None, [where_from(read.parts, column.index), hidden if column.hidden else ""]))
        typer.echo(f"  {column.heading}{f' ({about})' if about else ''}: {says}")
        who = who_chose.get(column.index)
        if who and (who.is_chosen_anew or who.holds is chosen[column.index]):
            typer.echo(f"    {who.of_before if who.is_chosen_anew else who.sentence}")
    if unread := mapping.not_read(read, chosen):
        typer.echo(
            _("These columns have something in them and are not read: %(columns)s.") % {"columns": ", ".join(unread)}
        )


def show_questions(still_open: Sequence[Question]) -> None:
    """Kind by kind, with the answers that there are. What a row says of a protected person is not shown."""

    silent = maybe_protected(still_open)
    for kind in Kind:
        questions = [question for question in still_open if question.kind is kind]
        if questions:
            typer.secho(str(kind.asks), bold=True)
            typer.echo(str(kind.explanation))
        for choices, alike in groupby(questions, key=lambda question: question.choices):
            for question in alike:
                where = _("row %(rows)s") % {"rows": question.rows_in_words} if question.rows else ""
                words = words_of(question, silent)
                typer.echo(f"  ? {words} ({where})" if words and where else f"  ? {words or where}")
            typer.echo(
                _("  Answers: %(choices)s") % {"choices": " | ".join(f"{value}: {label}" for value, label in choices)}
            )


def show_rows(outcome: Outcome, read: Sheet, *, only_wrong: bool, silent: Set[RowNumber]) -> None:
    """What comes of each row; of the ``silent`` ones only that they are held back."""
    for report in outcome.reports.values():
        if only_wrong and not report.problems and not report.questions:
            continue
        if report.number in silent:
            typer.echo(_("Row %(number)s  is held back: the address may be protected") % {"number": report.number})
            continue
        typer.echo(_("Row %(number)s  %(who)s") % {"number": report.number, "who": report.who})
        for sentence in report.problems:
            typer.secho(f"  ! {sentence}", fg=typer.colors.RED)
        for sentence in (*report.questions, *report.doubts, *report.shared):
            typer.secho(f"  ? {sentence}", fg=typer.colors.YELLOW)
        for sentence in report.writes:
            typer.echo(f"  + {sentence}")
        for sentence in report.remarks:
            typer.echo(f"    {sentence}")
    for number, reason in () if only_wrong else read.left_out:
        typer.echo(_("Row %(number)s  is not read: %(why)s") % {"number": number, "why": reason})


def options_that_write(read: Sheet) -> str:
    """The options that write what was read: --write, and where there are several sheets, the name of each."""
    several = [f"--sheet={part.title}" for part in read.parts if len(read.parts) > 1]
    return shlex.join(["--write", *several])


def sum_up(outcome: Outcome, *, write: bool, options: str) -> None:
    """How many rows are wrong or wait, how many people were or would be written, and what to do next."""
    wrong, waiting, people = len(outcome.wrong), len(outcome.waiting), outcome.people
    if wrong:
        typer.echo(
            ngettext("%(count)d row must be mended.", "%(count)d rows must be mended.", wrong) % {"count": wrong}
        )
    if waiting:
        typer.echo(
            ngettext("%(count)d row waits for an answer.", "%(count)d rows wait for an answer.", waiting)
            % {"count": waiting}
        )
    if outcome.written:
        summary = ngettext("%(count)d participant is written.", "%(count)d participants are written.", people)
    elif write and (wrong or waiting):
        summary = _("Nothing was written: all or nothing. With --good-rows what is right is written.")
    elif people and (wrong or waiting):
        summary = ngettext(
            "%(count)d participant would be written. Mend the rest first, or write what is right with %(options)s "
            "--good-rows.",
            "%(count)d participants would be written. Mend the rest first, or write what is right with %(options)s "
            "--good-rows.",
            people,
        )
    elif people:
        if not actions.goes_together(len(outcome.reports)):
            options += " --good-rows"
        summary = ngettext(
            "%(count)d participant would be written. With %(options)s it is done.",
            "%(count)d participants would be written. With %(options)s it is done.",
            people,
        )
    else:
        summary = _("Nothing new to write.")
    typer.echo(summary % {"count": people, "options": options} if "%(count)" in summary else summary)


def show_differences(there: list[Difference], taken: Taken | None) -> None:
    """Row by row what the list says otherwise, by the column alone, and what came of it."""
    if not there:
        return
    count = len(there)
    typer.echo(
        ngettext("%(count)d difference from what is recorded:", "%(count)d differences from what is recorded:", count)
        % {"count": count}
    )
    by_row: dict[int, list[Difference]] = {}
    for difference in there:
        by_row.setdefault(difference.row, []).append(difference)
    for row, some in by_row.items():
        fields = ", ".join(difference.label for difference in some)
        typer.echo(_("Row %(row)s: %(fields)s") % {"row": row, "fields": fields})
    if taken is None:
        typer.echo(
            _("They are left as they are recorded. With --write --differences=correct or =change they are taken.")
        )
        return
    counts = {"written": taken.written, "left": count - taken.written}
    typer.echo(_("Written: %(written)d. Left as recorded: %(left)d.") % counts)
    for row, some in taken.differences.items():
        for difference in some:
            if difference.refused:
                typer.echo(
                    _("Row %(row)s: %(fields)s: %(why)s")
                    % {"row": row, "fields": difference.label, "why": difference.refused},
                    err=True,
                )


@contextmanager
def progress_bar(label: str) -> Iterator[Progress]:
    """Yields a function that shows how many people are done, and of how many."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(label, total=None)

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield tell
