"""Reading, checking and writing a list from the command line: what was said there, and what is done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import typer
from django.utils import timezone
from django.utils.translation import gettext as _

from plass.access.current_user import acting_as
from plass.access.user_roles import user_roles
from plass.employers import queries as employers
from plass.organisation.models import Team, User

from . import actions, answers_file, column_choices, kept_answers, mapping, plan, queries, sheet, state
from .actions import Outcome
from .columns import field_of, plain
from .command_output import (
    options_that_write,
    progress_bar,
    show_columns,
    show_differences,
    show_questions,
    show_rows,
    sum_up,
)
from .error_workbook import workbook
from .fields import Field
from .files.reading import UnreadableFile
from .import_request import ImportRequest
from .models import ColumnChoice
from .plan_types import Difference, Plan
from .questions import YES, Answers, Question, accepting_guesses, maybe_protected, open_among
from .sheet import Sheet
from .taking import Taken, choices_for, people_with, sure_of_whom
from .ways import Way


@dataclass(frozen=True, kw_only=True)
class CommandLine:
    """What was said on the command line (``commands.py`` explains each option)."""

    file: Path
    team: str = ""
    columns: Sequence[str] = ()
    sheets: Sequence[str] = ()
    write: bool = False
    good_rows: bool = False
    accept_guesses: bool = False
    answers: Path | None = None
    follower: str = ""
    rest: Path | None = None
    only_wrong: bool = False
    differences: Way = Way.LEAVE


def run(said: CommandLine, *, by: User) -> bool:
    """Check or write the list, and print what came of it. Returns whether every row is right."""
    filled_in = _filled_in(said.answers)
    try:
        read = sheet.read(said.file.read_bytes(), said.file.name, list(said.sheets) or None)
    except UnreadableFile as error:
        typer.echo(f"{said.file.name}: {error}", err=True)
        return False
    if said.write and not said.sheets and len(read.parts) > 1:
        # Which of them are the list is nothing to guess: one may be last year's, or a copy.
        raise typer.BadParameter(
            _("Several sheets look like lists, and it must be said which are written. For all of them: %(options)s.")
            % {"options": options_that_write(read)},
            param_hint="--sheet",
        )
    with acting_as(by):
        request = _request(said, by)
        columns = _columns(said, read, request.team)
        answers = Answers(mapping.confirmed_before(read, request.team), kept_answers.kept_answers(by, request.team))
    answers = answers.with_more(_confirmed_by(read, columns.holds, said.columns)).with_more(filled_in)
    show_columns(read, columns.holds, answers, column_choices.who_chose(columns.read, columns.earlier))
    if missing := mapping.missing(columns.holds, read.parts):
        for sentence in missing:
            typer.echo(sentence, err=True)
        typer.echo(_("Say it with --map 'Heading=field'; `plass import --fields` lists the fields."), err=True)
        return False
    import_plan = _plan(said, read, columns.holds, answers, request)
    ask = partial(_ask, answers=import_plan.answers, file=said.answers, filled_in=filled_in)
    if refusal := _why_nothing_is_written(said, import_plan):
        if import_plan.guessed_columns:
            ask(import_plan.questions)
        typer.echo(refusal, err=True)
        return False
    with progress_bar(_("Writing") if said.write else _("Trying each row")) as progress:
        outcome = actions.write(import_plan, request, progress=progress, within=lambda: acting_as(by))
    if outcome.written and (said.columns or filled_in):
        with acting_as(by):
            columns.keep(answers, request)
            _keep_answers(filled_in, answers, outcome, request)
    ask(outcome.questions)
    show_rows(outcome, read, only_wrong=said.only_wrong, silent=maybe_protected(import_plan.open_questions))
    for sentence in import_plan.doubts:
        typer.secho(f"? {sentence}", fg=typer.colors.YELLOW)
    sum_up(outcome, write=said.write, options="--write" if said.sheets else options_that_write(read))
    there = [difference for report in outcome.reports.values() for difference in report.open_differences]
    not_written = sorted([*outcome.wrong, *outcome.waiting])
    may_be_taken = there and said.write and said.differences is not Way.LEAVE and (said.good_rows or not not_written)
    show_differences(there, _take(there, import_plan, said.differences, request) if may_be_taken else None)
    if said.rest is not None and not_written:
        said.rest.write_bytes(workbook(read, [outcome.reports[number] for number in not_written], columns.holds))
        typer.echo(_("The rows to mend are in %(file)s.") % {"file": said.rest})
    return not not_written and not import_plan.guessed_columns


def _request(said: CommandLine, by: User) -> ImportRequest:
    """What is asked for. Raises BadParameter where a team or a user is not there."""
    team = find_team(by, said.team)
    specialists = queries.who_follows_in(team)
    return ImportRequest(
        by=by,
        team=team,
        specialists=specialists,
        unnamed=find_follower(said.follower, specialists, by),
        name=said.file.name,
        dry_run=not said.write,
        all_or_nothing=not said.good_rows,
    )


@dataclass(frozen=True)
class _Columns:
    """The columns of a list: as they were read, what they hold now, and what the office chose before."""

    headings: str
    read: Sequence[state.ReadColumn]
    holds: dict[int, Field]
    earlier: Mapping[int, ColumnChoice]

    def keep(self, answers: Answers, request: ImportRequest) -> None:
        """Keep what was said of them, for the office's next list like this."""
        said = column_choices.by_hand(self.read, self.earlier, self.holds, answers.by_key)
        actions.keep_choices_of_columns(by=request.by, team=request.team, headings=self.headings, said=said)


def _columns(said: CommandLine, read: Sheet, team: Team) -> _Columns:
    headings = mapping.fingerprint(read)
    return _Columns(
        headings,
        state.of_sheet(read, mapping.by_headings(read)).columns,
        columns_said(read, mapping.recognise(read, team), said.columns),
        queries.column_choices(team, headings),
    )


def _plan(said: CommandLine, read: Sheet, holds: Mapping[int, Field], answers: Answers, request: ImportRequest) -> Plan:
    """What would be written; with --accept-guesses, by the guesses too."""
    with acting_as(request.by):
        recorded = employers.names()
    make = partial(
        plan.make, read, holds, today=timezone.localdate(), following=request.specialists, employers=recorded
    )
    made = make(answers=answers)
    return make(answers=accepting_guesses(made.questions, answers)) if said.accept_guesses else made


def _why_nothing_is_written(said: CommandLine, import_plan: Plan) -> str:
    """Why a list cannot be written as it was asked for; empty where it can be tried."""
    if said.write and import_plan.guessed_columns:
        return _("Nothing was written: what the columns hold is only guessed.")
    if said.write and not said.good_rows and not actions.goes_together(len(import_plan.reports)):
        return _(
            "Nothing was written: a list of more than %(rows)d rows is not written all or nothing, because others would "
            "wait for it. With --good-rows it is written piece by piece."
        ) % {"rows": actions.MOST_TOGETHER}
    return ""


def _keep_answers(filled_in: Mapping[str, str], answers: Answers, outcome: Outcome, request: ImportRequest) -> None:
    """Keep for the office what was answered now, and not for an earlier list."""
    kept = kept_answers.used(Answers(kept=answers.kept), outcome.questions)
    new = {key: answer for key, answer in filled_in.items() if key not in kept or kept[key].answer != answer}
    kept_answers.keep(new, outcome.questions, by=request.by, team=request.team)


def _take(there: Sequence[Difference], import_plan: Plan, way: Way, request: ImportRequest) -> Taken:
    """Take what the list says otherwise, of whom it calls by their own name."""
    return actions.take_differences(
        people_with(import_plan.people, {difference.row for difference in there}),
        choices_for(sure_of_whom(there), way),
        request,
        within=lambda: acting_as(request.by),
    )


def _ask(questions: Sequence[Question], *, answers: Answers, file: Path | None, filled_in: Mapping[str, str]) -> None:
    """List what must be answered, with what it may be answered with, and put it in the file, above what is filled in."""

    still_open = open_among(questions, answers)
    show_questions(still_open)
    if not still_open:
        return
    if file is None:
        typer.echo(_("Answer with --answers svar.csv: the questions are put in that file, with a column to fill in."))
    else:
        answered = [question for question in questions if question.key in filled_in and question not in still_open]
        file.write_bytes(answers_file.write([*still_open, *answered], answers))
        typer.echo(
            _("The questions are in %(file)s. Fill in the first column, and run the command again.") % {"file": file}
        )
    if any(question.accepted for question in still_open):
        typer.echo(
            _(
                "Say it with --map 'Heading=field', mend the list, answer on the page, or take it so with --accept-guesses."
            )
        )


def find_team(by: User, wanted: str) -> Team:
    """The team that is meant. Raises BadParameter, with the teams there are, where that is not clear."""

    who = user_roles(by)
    teams = list(queries.teams_to_import_to(who)) if who else []
    if not teams:
        raise typer.BadParameter(
            _("%(username)s neither works in a team today nor leads one.") % {"username": by.username},
            param_hint="--by",
        )
    alike = [team for team in teams if wanted in (str(team.pk), team.name, str(team))] if wanted else teams
    if len(alike) != 1:
        choices = "; ".join(f"{team.pk} ({team})" for team in teams)
        raise typer.BadParameter(
            _("Say which team, by name or number: %(choices)s.") % {"choices": choices}, param_hint="--team"
        )
    return alike[0]


def find_follower(username: str, specialists: Sequence[User], by: User) -> User | None:
    """Who follows those whom the list names nobody for. Raises BadParameter, with those there are, for anybody else."""
    if not username:
        return queries.follows_unnamed(specialists, by)
    follower = next((user for user in specialists if user.username == username), None)
    if follower is None:
        usernames = ", ".join(user.username for user in specialists)
        raise typer.BadParameter(
            _("%(username)s follows nobody in the team. It has: %(usernames)s.")
            % {"username": username, "usernames": usernames},
            param_hint="--follower",
        )
    return follower


def columns_said(read: Sheet, chosen: dict[int, Field], changes: Sequence[str]) -> dict[int, Field]:
    """The mapping with what was said by hand. Raises BadParameter for a heading or field that is not there."""

    fields_by_column = dict(chosen)
    named = [column for column in read.columns if column.has_heading]
    for change in changes:
        heading, separator, field_name = change.rpartition("=")
        columns = {column.index for column in named if plain(column.heading) == plain(heading)}
        wanted = Field(field_name) if field_name in set(Field) else field_of(field_name)
        if not separator or not columns:
            choices = ", ".join(column.heading for column in named)
            raise typer.BadParameter(
                _("“%(change)s” names no column. The file has: %(choices)s.") % {"change": change, "choices": choices},
                param_hint="--map",
            )
        if field_name and not wanted:
            choices = ", ".join(field.value for field in Field if field)
            raise typer.BadParameter(
                _("“%(field)s” is no field. The fields are: %(choices)s.") % {"field": field_name, "choices": choices},
                param_hint="--map",
            )
        for part in read.parts:
            column = next((index for index in part.columns if index in columns), None)
            if column is None:
                continue
            for index in part.columns:
                if wanted and fields_by_column[index] == wanted:
                    fields_by_column[index] = Field.IGNORED
            fields_by_column[column] = wanted
    return fields_by_column


def _confirmed_by(read: Sheet, chosen: dict[int, Field], changes: Sequence[str]) -> dict[str, str]:
    """Answers to the guesses about columns that --map speaks of: what was said by hand is no guess."""
    said = {plain(change.rpartition("=")[0]) for change in changes}
    return {question.key: YES for question in mapping.guesses(read, chosen) if plain(question.shown[0]) in said}


def _filled_in(file: Path | None) -> dict[str, str]:
    """The answers in the file, where there is one already. Raises BadParameter where it cannot be read."""
    if file is None or not file.exists():
        return {}
    try:
        return answers_file.read(file.read_bytes())
    except answers_file.WrongAnswer as error:
        raise typer.BadParameter(str(error), param_hint="--answers") from error
