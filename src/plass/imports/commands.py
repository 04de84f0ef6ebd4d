"""``plass import``: an office's list from a spreadsheet, from the command line."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .ways import Way

if TYPE_CHECKING:
    from plass.organisation.models import Team, User

    from .actions import Outcome, Progress
    from .column_choices import WhoChose
    from .fields import Field
    from .plan_types import Difference
    from .questions import Answers, Question
    from .row_numbers import RowNumber
    from .sheet import Sheet
    from .taking import Taken


def _write_template(file: Path | None) -> None:
    """Write an empty list to fill in, and do nothing else."""
    if file is None:
        return
    from plass.db import bootstrap

    if file.exists() or file.suffix.lower() != ".xlsx":
        raise typer.BadParameter("Give the name of an .xlsx file that does not exist yet.", param_hint="--template")
    bootstrap.set_up_django()
    from django.conf import settings
    from django.utils import translation

    from .template_workbook import workbook

    with translation.override(settings.LANGUAGE_CODE):
        file.write_bytes(workbook())
    raise typer.Exit


def import_caseload(
    file: Annotated[
        Path,
        typer.Argument(
            help="The list: .xlsx, .xls, .xlsb, .ods, or .csv with semicolons or tabs.", exists=True, dir_okay=False
        ),
    ],
    by: Annotated[str, typer.Option("--by", help="User name of the one who imports: works in the team, or leads it.")],
    team: Annotated[
        str, typer.Option("--team", help="The team's name or number. Not needed for somebody who has one team.")
    ] = "",
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="What a column holds, as 'Heading=field', for example 'Klient=name'; an empty field is not read. "
            "May be given several times. Kept for the office's next list with these headings once it is written.",
        ),
    ] = None,
    sheets: Annotated[
        list[str] | None,
        typer.Option(
            "--sheet",
            help="The name of a sheet to read. May be given several times: their rows become one list. Default: all visible "
            "sheets that look like lists; where there are several, --write asks for their names.",
        ),
    ] = None,
    write: Annotated[
        bool, typer.Option("--write/--dry-run", help="Write, or only show what would be written (the default).")
    ] = False,
    good_rows: Annotated[
        bool,
        typer.Option(
            "--good-rows/--all-or-nothing",
            help="With --write: write the rows that are right, or nothing where a row is wrong (the default).",
        ),
    ] = False,
    accept_guesses: Annotated[
        bool,
        typer.Option(
            "--accept-guesses",
            help="Take the columns and titles as they are guessed, and words that are not known as “other”, or as temporary "
            "where they are a form of employment. Look at them first, without it. What may be an end or a refusal is never "
            "taken so.",
        ),
    ] = False,
    answers_file: Annotated[
        Path | None,
        typer.Option(
            "--answers",
            help="A .csv file with the questions that the list gives rise to. Where it does not exist, or some are not "
            "answered yet, they are put there; fill in the first column, and run the command again.",
        ),
    ] = None,
    follower: Annotated[
        str,
        typer.Option(
            "--follower",
            help="User name of the one who follows those whose follow-up has begun and for whom the list names no job "
            "specialist. Default: the one who imports.",
        ),
    ] = "",
    wrong_rows_file: Annotated[
        Path | None,
        typer.Option("--rest", help="Put the rows that are wrong in this .xlsx file, to mend and import again."),
    ] = None,
    only_wrong: Annotated[bool, typer.Option("--only-wrong", help="Show only the rows that are wrong.")] = False,
    _template: Annotated[
        Path | None,
        typer.Option(
            "--template",
            help="Put an empty list to fill in, with notes and choices, in this .xlsx file, and do nothing else.",
            is_eager=True,
            callback=_write_template,
            expose_value=False,
        ),
    ] = None,
    differences: Annotated[
        Way,
        typer.Option(
            "--differences",
            help="What is done where the list says otherwise than what is recorded, with --write. leave: nothing, they are "
            "only told. change: it is so from today. correct: what was recorded was wrong, and the list is the source. "
            "Phone, e-mail and address are set by either; what cannot be taken so is left, and all that is said of "
            "somebody whom the list calls by another name.",
        ),
    ] = Way.LEAVE,
    demo: Annotated[
        bool, typer.Option("--demo", help="Import to the folder of `plass demo`: made-up identity numbers only.")
    ] = False,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            envvar="PLASS_DATA",
            help="Folder for the database and the keys. Default: the platform's own place for data.",
        ),
    ] = None,
) -> None:
    """Bring an office's list of participants in from a spreadsheet.

    Without --write nothing is written: every row is tried, and shown with what would be written and what is wrong.
    Running it again adds nothing twice. Columns are recognised by their headings, in Norwegian and English.

    The fields: identity_number (or birth_date and personal_number), name (or given_name, middle_name and family_name),
    phone, email, address, postal_code, place, protection, referred_on, started_on, last_met_on, specialist, counsellor,
    wishes, status, planned_end_on, ended_on, end_cause, employer, employer_number, job_title, job_form, job_hours,
    job_percent, job_started_on, job_ended_on, job_end_reason, subsidised. A second job in the same row has the fields of
    a job with _2 behind: employer_2, job_started_on_2 ...

    What a column holds may be guessed from a part of its heading, and words may not be known; an address may be protected,
    two periods of one person may overlap ... All that is asked is listed with what may be answered, and whoever it is about
    is not written before that. Answer in a file (--answers), with --map or --accept-guesses where they suffice, or on the
    page.

    Exit code 0: every row is right. 1: a row is wrong or waits for an answer, or the file cannot be read. 2: the command is
    not right.
    """
    from plass.db import bootstrap, embedded

    if wrong_rows_file is not None and (wrong_rows_file.exists() or wrong_rows_file.suffix.lower() != ".xlsx"):
        raise typer.BadParameter("Give the name of an .xlsx file that does not exist yet.", param_hint="--rest")
    where = data
    if demo and data is None:
        where = embedded.demo_folder()
    with bootstrap.prepare(where, demo=demo or None), _as(by) as user:
        all_right = _import(
            file.read_bytes(),
            file.name,
            by=user,
            team_name=team,
            changes=columns or [],
            sheets=sheets or None,
            write=write,
            good_rows=good_rows,
            accept_guesses=accept_guesses,
            answers_file=answers_file,
            follower=follower,
            wrong_rows_file=wrong_rows_file,
            only_wrong=only_wrong,
            differences=differences,
        )
    raise typer.Exit(0 if all_right else 1)


@contextmanager
def _as(username: str) -> Iterator[User]:
    """The one who imports, and their language."""
    from django.utils import translation

    from plass.db import database
    from plass.organisation.models import User

    # Nobody acts yet, so only the owner can find them.
    with database.acting_as_owner():
        user = User.objects.filter(username=username).first()
    if user is None:
        raise typer.BadParameter(f"Nobody has the user name {username}.", param_hint="--by")
    with translation.override(user.language):
        yield user


def _import(
    content: bytes,
    name: str,
    *,
    by: User,
    team_name: str,
    changes: list[str],
    sheets: list[str] | None,
    write: bool,
    good_rows: bool,
    accept_guesses: bool,
    answers_file: Path | None,
    follower: str,
    wrong_rows_file: Path | None,
    only_wrong: bool,
    differences: Way,
) -> bool:
    """Check or write the list, and print what came of it. Returns whether every row is right."""
    from django.utils import timezone
    from django.utils.translation import gettext as _

    from plass.access.current_user import acting_as
    from plass.employers import queries as employers

    from . import actions, column_choices, kept_answers, mapping, plan, queries, sheet, state
    from .error_workbook import workbook
    from .files.reading import UnreadableFile
    from .questions import Answers, accepting_guesses, maybe_protected
    from .taking import choices_for, people_with, sure_of_whom

    filled_in = _filled_in(answers_file)
    try:
        read = sheet.read(content, name, sheets)
    except UnreadableFile as error:
        typer.echo(f"{name}: {error}", err=True)
        return False
    if write and sheets is None and len(read.parts) > 1:
        # Which of them are the list is nothing to guess: one may be last year's, or a copy.
        raise typer.BadParameter(
            _("Several sheets look like lists, and it must be said which are written. For all of them: %(options)s.")
            % {"options": _to_write(read)},
            param_hint="--sheet",
        )
    with acting_as(by):
        team = _team(by, team_name)
        headings = mapping.fingerprint(read)
        choices = queries.column_choices(team, headings)
        answers = Answers(mapping.confirmed_before(read, team), kept_answers.kept_answers(by, team))
        chosen = _changed(read, mapping.recognise(read, team), changes)
        answers = answers.with_more(_confirmed_by(read, chosen, changes)).with_more(filled_in)
        specialists = queries.who_follows_in(team)
        recorded = employers.names()
        unnamed = _follower(follower, specialists, by)
    columns_read = state.of_sheet(read, mapping.by_headings(read)).columns
    _show_columns(read, chosen, answers, column_choices.who_chose(columns_read, choices))
    if missing := mapping.missing(chosen, read.parts):
        for sentence in missing:
            typer.echo(sentence, err=True)
        typer.echo(_("Say it with --map 'Heading=field'; `plass import --help` lists the fields."), err=True)
        return False
    import_plan = plan.make(
        read, chosen, today=timezone.localdate(), answers=answers, following=specialists, employers=recorded
    )
    if accept_guesses:
        accepted = accepting_guesses(import_plan.questions, answers)
        import_plan = plan.make(
            read, chosen, today=timezone.localdate(), answers=accepted, following=specialists, employers=recorded
        )
    if write and import_plan.guessed_columns:
        _ask(import_plan.questions, import_plan.answers, answers_file, filled_in)
        typer.echo(_("Nothing was written: what the columns hold is only guessed."), err=True)
        return False
    if write and not good_rows and not actions.goes_together(len(import_plan.reports)):
        sentence = _(
            "Nothing was written: a list of more than %(rows)d rows is not written all or nothing, because others would "
            "wait for it. With --good-rows it is written piece by piece."
        )
        typer.echo(sentence % {"rows": actions.MOST_TOGETHER}, err=True)
        return False
    with _progress_bar(_("Writing") if write else _("Trying each row")) as progress:
        outcome = actions.write(
            import_plan,
            by=by,
            team=team,
            specialists=specialists,
            unnamed=unnamed,
            dry_run=not write,
            all_or_nothing=not good_rows,
            progress=progress,
            within=lambda: acting_as(by),
        )
    if outcome.written and (changes or filled_in):
        with acting_as(by):
            said_of_columns = column_choices.by_hand(columns_read, choices, chosen, answers.by_key)
            actions.keep_choices_of_columns(by=by, team=team, headings=headings, said=said_of_columns)
            kept = kept_answers.used(Answers(kept=answers.kept), outcome.questions)
            new = {key: answer for key, answer in filled_in.items() if key not in kept or kept[key].answer != answer}
            kept_answers.keep(new, outcome.questions, by=by, team=team)
    _ask(outcome.questions, import_plan.answers, answers_file, filled_in)
    _show_rows(outcome, read, only_wrong=only_wrong, silent=maybe_protected(import_plan.open_questions))
    for sentence in import_plan.doubts:
        typer.secho(f"? {sentence}", fg=typer.colors.YELLOW)
    _sum_up(outcome, write=write, options="--write" if sheets else _to_write(read))
    not_written = sorted([*outcome.wrong, *outcome.waiting])
    taken = None
    there = [difference for report in outcome.reports.values() for difference in report.open_differences]
    if there and write and differences is not Way.LEAVE and (good_rows or not not_written):
        taken = actions.take_differences(
            people_with(import_plan.people, {difference.row for difference in there}),
            choices_for(sure_of_whom(there), differences),
            by=by,
            team=team,
            specialists=specialists,
            name=name,
            within=lambda: acting_as(by),
        )
    _show_differences(there, taken)
    if wrong_rows_file is not None and not_written:
        wrong_rows_file.write_bytes(workbook(read, [outcome.reports[number] for number in not_written], chosen))
        typer.echo(_("The rows to mend are in %(file)s.") % {"file": wrong_rows_file})
    return not not_written and not import_plan.guessed_columns


def _team(by: User, wanted: str) -> Team:
    """The team that is meant. Raises BadParameter, with the teams there are, where that is not clear."""
    from django.utils.translation import gettext as _

    from plass.access.user_roles import user_roles

    from . import queries

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


def _follower(username: str, specialists: list[User], by: User) -> User | None:
    from django.utils.translation import gettext as _

    from . import queries

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


def _changed(read: Sheet, chosen: dict[int, Field], changes: list[str]) -> dict[int, Field]:
    """The mapping with what was said by hand. Raises BadParameter for a heading or field that is not there."""
    from django.utils.translation import gettext as _

    from .columns import field_of, plain
    from .fields import Field

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


def _confirmed_by(read: Sheet, chosen: dict[int, Field], changes: list[str]) -> dict[str, str]:
    """Answers to the guesses about columns that --map speaks of: what was said by hand is no guess."""
    from . import mapping
    from .columns import plain
    from .questions import YES

    said = {plain(change.rpartition("=")[0]) for change in changes}
    return {question.key: YES for question in mapping.guesses(read, chosen) if plain(question.shown[0]) in said}


def _show_columns(read: Sheet, chosen: dict[int, Field], answers: Answers, who_chose: Mapping[int, WhoChose]) -> None:
    from django.utils.translation import gettext as _

    from . import mapping
    from .column_readings import where_from
    from .labels import LABELS

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


def _filled_in(answers_file: Path | None) -> dict[str, str]:
    """The answers in the file, where there is one already. Raises BadParameter where it cannot be read."""
    from .answers_file import WrongAnswer, read

    if answers_file is None or not answers_file.exists():
        return {}
    try:
        return read(answers_file.read_bytes())
    except WrongAnswer as error:
        raise typer.BadParameter(str(error), param_hint="--answers") from error


def _ask(
    questions: Sequence[Question], answers: Answers, answers_file: Path | None, filled_in: Mapping[str, str]
) -> None:
    """List what must be answered, with what it may be answered with, and put it in the file, above what is filled in."""
    from django.utils.translation import gettext as _

    from .answers_file import write
    from .questions import open_among

    still_open = open_among(questions, answers)
    _show_questions(still_open)
    if not still_open:
        return
    if answers_file is None:
        typer.echo(_("Answer with --answers svar.csv: the questions are put in that file, with a column to fill in."))
    else:
        answered = [question for question in questions if question.key in filled_in and question not in still_open]
        answers_file.write_bytes(write([*still_open, *answered], answers))
        typer.echo(
            _("The questions are in %(file)s. Fill in the first column, and run the command again.")
            % {"file": answers_file}
        )
    if any(question.accepted for question in still_open):
        typer.echo(
            _(
                "Say it with --map 'Heading=field', mend the list, answer on the page, or take it so with --accept-guesses."
            )
        )


def _show_questions(still_open: Sequence[Question]) -> None:
    """Kind by kind, with the answers that there are. What a row says of a protected person is not shown."""
    from itertools import groupby

    from django.utils.translation import gettext as _

    from .answers_file import words_of
    from .questions import Kind, maybe_protected

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


def _show_rows(outcome: Outcome, read: Sheet, *, only_wrong: bool, silent: Set[RowNumber]) -> None:
    """What comes of each row; of the ``silent`` ones only that they are held back."""
    from django.utils.translation import gettext as _

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


def _to_write(read: Sheet) -> str:
    """The options that write what was read: --write, and where there are several sheets, the name of each."""
    several = [f"--sheet={part.title}" for part in read.parts if len(read.parts) > 1]
    return shlex.join(["--write", *several])


def _sum_up(outcome: Outcome, *, write: bool, options: str) -> None:
    from django.utils.translation import gettext as _
    from django.utils.translation import ngettext

    from . import actions

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


def _show_differences(there: list[Difference], taken: Taken | None) -> None:
    """Row by row what the list says otherwise, by the column alone, and what came of it."""
    from django.utils.translation import gettext as _
    from django.utils.translation import ngettext

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
def _progress_bar(label: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(label, total=None)

        def tell(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield tell
