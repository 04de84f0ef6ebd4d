"""Reading, checking and writing a file: at once where it is short, else as a background job, and the page shows how far.

The job acts as the one who started it, piece by piece, so row-level security holds in it as on any page. Its progress goes
through a second connection, because nobody else sees what a transaction has not finished. Begun anew it adds nothing twice:
what a piece has written is known by its fingerprints. Each piece counts its people in the file's row, and is undone where
the file names another job or none: its owner has cancelled it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.utils import timezone, translation

from plass.access.current_user import set_current_user
from plass.cases import identity
from plass.employers import queries as employers
from plass.organisation.models import User
from plass.queue import jobs

from . import actions, column_choices, column_readings, error_workbook, mapping, overview, plan, queries, sheet, state
from .actions import Cancelled, Outcome, Progress, Within, Written
from .column_readings import ColumnReading
from .fields import Field
from .files import reading
from .files.reading import UnreadableFile
from .import_request import ImportRequest
from .kept_answers import KeptAnswers, kept_answers, used
from .models import REST, Upload
from .plan_types import Plan, PlannedPerson
from .sheet import Sheet
from .state import State
from .sums import Lines
from .taking import Choice, Taken, people_with

#: A list of so many people takes a second or two, and is done while the page waits.
AT_ONCE = 40
#: A list of so many rows is read in a moment too, for what is to be done with a few of its people.
READ_IN_A_MOMENT = 200
#: What may be done with a file.
READ, CHECK, WRITE_ALL, WRITE_GOOD, TAKE = "read", "check", "all", "good", "take"
#: Those that write, and that can go on where they were cancelled or interrupted.
WRITES = {WRITE_ALL, WRITE_GOOD}

jobs.every_hour("imports_forget_old")


def start(upload: Upload, *, by: User, doing: str) -> bool:
    """Read a file, check it, write it all or nothing, or write what is right in it. False where that goes on already.

    Raises NotAllowed where the file is not theirs or its team is not, ColumnsNotConfirmed and TooLongTogether.
    """
    file_state = state.load(upload)
    if doing == WRITE_ALL:
        actions.refuse_long_together(file_state.rows)
    if doing in WRITES:
        actions.refuse_guessed_columns(file_state.guessed_columns)
    if not actions.claim(upload, by=by, doing=doing, total=file_state.rows, goes_on=doing in WRITES):
        return False
    if file_state.is_read_at_once and file_state.rows <= AT_ONCE:
        began = time.monotonic()
        read, import_plan = read_list(upload, queries.who_follows_in(upload.team), kept_answers(by, upload.team))
        outcome = _do(
            upload,
            import_plan,
            by=by,
            doing=doing,
            written=lambda people: actions.count_written(upload, by=by, people=people, job=None),
        )
        columns = read_columns(upload, read, import_plan)
        _keep_outcome(upload, _after(outcome, import_plan, columns, upload, doing, began), by=by, doing=doing)
    else:
        actions.keep_job(upload, by=by, job=JOBS[doing].defer(by=by, upload=upload.pk))
    return True


def read_anew(upload: Upload, *, by: User) -> bool:
    """Read a file in the background that another version of the program read (:func:`state.is_outdated`).

    False where something goes on with it, or where reading it was cancelled or failed: then its owner says when it goes on.
    Raises NotAllowed.
    """
    return not (upload.is_worked_on or upload.doing == READ) and start(upload, by=by, doing=READ)


def read_list(upload: Upload, following: Sequence[User], kept: KeptAnswers) -> tuple[Sheet, Plan]:
    """A file, read anew, and its people by the columns that were chosen. ``following`` are those whom it may name, and
    ``kept`` what was answered about earlier lists.
    """
    file_state = state.load(upload)
    read = sheet.read(identity.unseal(upload.content), upload.name, file_state.sheets_read)
    holds = queries.mapping_of(upload.mapping)
    answers = replace(file_state.answered, kept=kept)
    return read, plan.make(
        read, holds, today=timezone.localdate(), answers=answers, following=following, employers=employers.names()
    )


def read_columns(upload: Upload, read: Sheet, import_plan: Plan) -> tuple[Lines, list[ColumnReading]]:
    """The lines of a file, and how its columns are understood."""
    file_state = state.load(upload)
    choices = queries.column_choices(upload.team, file_state.headings)
    columns = column_readings.of_sheet(
        read,
        queries.mapping_of(upload.mapping),
        import_plan,
        today=timezone.localdate(),
        people={
            Field.SPECIALIST: queries.who_follows_in(upload.team),
            Field.COUNSELLOR: queries.counsellors_of(upload.team),
        },
        who_chose=column_choices.who_chose(file_state.columns, choices),
        by=upload.user_id,
    )
    return overview.lines_of(read), columns


def _do(
    upload: Upload,
    import_plan: Plan,
    *,
    by: User,
    doing: str,
    written: Written,
    progress: Progress | None = None,
    within: Within = transaction.atomic,
) -> Outcome:
    request = _request(upload, by=by, doing=doing, within=within)
    return actions.write(import_plan, request, progress=progress, written=written, within=within)


def _request(upload: Upload, *, by: User, doing: str, within: Within) -> ImportRequest:
    """What the file's owner has asked for."""
    with within():
        specialists = queries.who_follows_in(upload.team)
        follower = state.load(upload).follower
    return ImportRequest(
        by=by,
        team=upload.team,
        specialists=specialists,
        unnamed=queries.follows_unnamed(specialists, by, follower),
        name=upload.name,
        dry_run=doing == CHECK,
        all_or_nothing=doing == WRITE_ALL,
    )


def _after(
    outcome: Outcome,
    import_plan: Plan,
    read: tuple[Lines, list[ColumnReading]],
    upload: Upload,
    doing: str,
    began: float,
) -> bytes:
    """The state to keep after a check or an import.

    A writing that was cancelled and gone on with has written people before: they are counted and told with the others.
    """
    file_state = state.load(upload)
    written = Upload.objects.values_list("written", flat=True).get(pk=upload.pk)
    outcome = file_state.with_earlier_part(outcome, written - (outcome.people if outcome.written else 0))
    about = overview.make(*read, import_plan, outcome)
    file_state = file_state.with_answers_before(used(import_plan.answers, import_plan.questions))
    missing = _not_listed(outcome, import_plan, upload) if doing == CHECK else []
    return file_state.after(outcome, doing, time.monotonic() - began, about, missing).dump()


def _keep_outcome(upload: Upload, state_after: bytes, *, by: User, doing: str, job: int | None = None) -> None:
    """Keep what came of a check or an import; and of a list that was written, what its columns were said to hold."""
    if doing != CHECK and Upload.objects.filter(pk=upload.pk, written__gt=0).exists():
        _keep_columns(upload, by=by)
    actions.keep_state(upload, by=by, job=job, state=state_after)


def _keep_columns(upload: Upload, *, by: User) -> None:
    """Keep what was said of the columns, for the office's next list like this."""
    file_state = state.load(upload)
    choices = queries.column_choices(upload.team, file_state.headings)
    holds = queries.mapping_of(upload.mapping)
    said = column_choices.by_hand(file_state.columns, choices, holds, file_state.answers)
    actions.keep_choices_of_columns(by=by, team=upload.team, headings=file_state.headings, said=said)


def _not_listed(outcome: Outcome, import_plan: Plan, upload: Upload) -> list[int]:
    """The open cases of whom the list does not name. Numbers are looked up where the case is not known yet."""
    case_ids = {row: outcome.reports[row].written_to for row in import_plan.numbers}
    numbers = [number for row, number in import_plan.numbers.items() if not case_ids[row]]
    return queries.open_but_not_listed(upload.team, numbers, set(case_ids.values()))


def _job(doing: str) -> jobs.Job:
    @jobs.job(f"imports.{doing}")
    def work(run: jobs.Run, *, upload: int) -> None:
        try:
            finish = _read(run, upload) if doing == READ else _check_or_write(run, upload, doing)
        except Cancelled:
            run.finish(lambda: None)
        else:
            run.finish(finish)

    return work


#: A kind of job for each: what is done says the job, which is signed, and not the file's row, which its owner may change.
JOBS = {doing: _job(doing) for doing in (READ, CHECK, WRITE_ALL, WRITE_GOOD)}


def _taken(run: jobs.Run, upload: int) -> tuple[Upload, User]:
    """The file that the job is about, and who acts. Raises Cancelled where it is not this job's any more, or deleted."""
    file = Upload.objects.select_related("team__office").filter(pk=upload, job=run.number).first()
    if file is None:
        raise Cancelled
    return file, User.objects.get(pk=run.user_id)


def _read(run: jobs.Run, upload: int) -> Callable[[], None]:
    """Read a file, outside any transaction. Returns a function that keeps what was read.

    Answers and the chosen follower and sheets stay as they were.
    """
    with run.acting():
        file, by = _taken(run, upload)
    unread = state.load(file)
    try:
        content = identity.unseal(file.content)
        read = sheet.read(content, file.name, unread.sheets_read)
    except UnreadableFile as error:
        refused = unread.refused(error.args[0])
        return lambda: actions.keep_state(file, by=by, job=run.number, state=refused.dump())

    def keep() -> None:
        at_once = reading.is_read_at_once(content)
        known = state.of_sheet(read, mapping.by_headings(read), is_read_at_once=at_once).with_what_was_said(unread)
        actions.keep_state(file, by=by, job=run.number, state=known.dump(), mapping=mapping.recognise(read, file.team))

    return keep


def _check_or_write(run: jobs.Run, upload: int, doing: str) -> Callable[[], None]:
    """Check or write a list, piece by piece, and read its file outside any transaction.

    Returns a function that keeps the result.
    Where another version of the program had begun it, the file is read anew instead, for its owner to look at again.
    """
    began = time.monotonic()
    with run.acting():
        file, by = _taken(run, upload)
        following, kept = queries.who_follows_in(file.team), kept_answers(by, file.team)
    if state.is_outdated(file):
        return _read(run, upload)
    read, import_plan = read_list(file, following, kept)
    with run.acting():
        columns = read_columns(file, read, import_plan)
    del read
    with _progress_recorder(run, upload) as progress:
        outcome = _do(
            file,
            import_plan,
            by=by,
            doing=doing,
            written=lambda people: actions.count_written(file, by=by, people=people, job=run.number),
            progress=progress,
            within=run.acting,
        )

    def keep() -> None:
        kept = _after(outcome, import_plan, columns, file, doing, began)
        _keep_outcome(file, kept, by=by, doing=doing, job=run.number)

    return keep


def go_on(upload: Upload, *, by: User) -> bool:
    """Do on what was cancelled or interrupted. Nothing is written twice. As :func:`start`.

    What may not be written all or nothing any more is checked, for its owner to say how it is written.
    """
    if upload.doing == TAKE:
        return take(upload, state.load(upload).choices, by=by)
    is_too_long = upload.doing == WRITE_ALL and not actions.goes_together(state.load(upload).rows)
    return start(upload, by=by, doing=CHECK if is_too_long else upload.doing)


def take(upload: Upload, choices: dict[str, Choice], *, by: User) -> bool:
    """Take differences of a checked file as was chosen by their keys. False where something goes on with it already.

    Raises NotAllowed where the file is not theirs or its team is not.
    """
    chosen = state.load(upload).cases_of(choices)
    if not actions.claim(upload, by=by, doing=TAKE, total=len(chosen), goes_on=False):
        return False
    # Whoever pressed at the same moment, in another window, has changed it while this one waited.
    upload.refresh_from_db(fields=["state"])
    file_state = state.load(upload)
    if len(chosen) <= AT_ONCE and file_state.is_read_at_once and file_state.rows <= READ_IN_A_MOMENT:
        following, kept = queries.who_follows_in(upload.team), kept_answers(by, upload.team)
        people = _people_with(upload, file_state, choices, following, kept)
        taken = _take(upload, people, choices, by=by)
        if taken.written:
            _keep_columns(upload, by=by)
        actions.keep_state(upload, by=by, state=file_state.after_taking(taken).dump())
    else:
        actions.keep_choices(upload, by=by, state=file_state.chosen(choices).dump())
        actions.keep_job(upload, by=by, job=take_in_the_background.defer(by=by, upload=upload.pk))
    return True


def _people_with(
    upload: Upload, file_state: State, choices: dict[str, Choice], following: Sequence[User], kept: KeptAnswers
) -> list[PlannedPerson]:
    rows = file_state.checked.differing if file_state.checked else []
    chosen = {row.number for row in rows if any(difference.key in choices for difference in row.differences)}
    return people_with(read_list(upload, following, kept)[1].people, chosen)


def _take(
    upload: Upload,
    people: list[PlannedPerson],
    choices: dict[str, Choice],
    *,
    by: User,
    progress: Progress | None = None,
    within: Within = transaction.atomic,
) -> Taken:
    request = _request(upload, by=by, doing=TAKE, within=within)
    return actions.take_differences(people, choices, request, progress=progress, within=within)


@jobs.job("imports.take")
def take_in_the_background(run: jobs.Run, *, upload: int) -> None:
    """Take the differences that were chosen. Begun anew, it finds those of before gone, and takes the rest."""
    try:
        finish = _take_all(run, upload)
    except Cancelled:
        run.finish(lambda: None)
    else:
        run.finish(finish)


def _take_all(run: jobs.Run, upload: int) -> Callable[[], None]:
    with run.acting():
        file, by = _taken(run, upload)
        following, kept = queries.who_follows_in(file.team), kept_answers(by, file.team)
    if state.is_outdated(file):
        return _read(run, upload)
    file_state = state.load(file)
    people = _people_with(file, file_state, file_state.choices, following, kept)
    with _progress_recorder(run, upload) as progress:
        taken = _take(file, people, file_state.choices, by=by, progress=progress, within=run.acting)
    after = file_state.after_taking(taken)

    def keep() -> None:
        if taken.written:
            _keep_columns(file, by=by)
        actions.keep_state(file, by=by, job=run.number, state=after.dump())

    return keep


def as_seen(upload: Upload) -> tuple[State, set[int]]:
    """What is known of a file without what the check found on cases that the reader sees no more, and which these are."""
    file_state = state.load(upload)
    unseen = queries.unseen_among(file_state.checked.case_ids if file_state.checked else ())
    return file_state.without(unseen), unseen


def makes_rest_at_once(file_state: State) -> bool:
    """Whether the file with the rest is made while the page waits."""
    return file_state.is_read_at_once and file_state.rows <= READ_IN_A_MOMENT


def rest_of(upload: Upload, file_state: State) -> bytes:
    """The rows that are not written as a file to mend, with what is wrong or asked in the last column."""
    read = sheet.read(identity.unseal(upload.content), upload.name, file_state.sheets_read)
    not_written = file_state.checked.not_written if file_state.checked else ()
    return error_workbook.workbook(read, not_written, queries.mapping_of(upload.mapping))


def kept_rest(upload: Upload, unseen: Collection[int]) -> bytes | None:
    """The file with the rest, where it was made for somebody who saw the same cases; else it is to be made anew."""
    if upload.rest is None:
        return None
    left_out, _line, content = identity.unseal(upload.rest).partition(b"\n")
    return content if left_out == _in_a_line(unseen) else None


def _in_a_line(cases: Collection[int]) -> bytes:
    return " ".join(map(str, sorted(cases))).encode()


def make_rest(upload: Upload, *, by: User) -> bool:
    """Make the file with the rest in the background. False where something goes on with the list. Raises NotAllowed."""
    if not actions.claim(upload, by=by, doing=REST, total=0, goes_on=True):
        return False
    actions.keep_job(upload, by=by, job=make_rest_in_the_background.defer(by=by, upload=upload.pk))
    return True


@jobs.job("imports.rest")
def make_rest_in_the_background(run: jobs.Run, *, upload: int) -> None:
    """Make the file with the rest, in the language of whoever asked for it."""
    try:
        with run.acting():
            file, by = _taken(run, upload)
            with translation.override(by.language):
                file_state, unseen = as_seen(file)
    except Cancelled:
        run.finish(lambda: None)
        return
    if state.is_outdated(file):
        run.finish(_read(run, upload))
        return
    with translation.override(by.language):
        rest = _in_a_line(unseen) + b"\n" + rest_of(file, file_state)
    run.finish(lambda: actions.keep_rest(file, by=by, rest=rest, job=run.number))


@contextmanager
def _progress_recorder(run: jobs.Run, upload_id: int) -> Iterator[Progress]:
    """Yields a function that records how far the work has come, at most twice a second, and stops it where it must.

    That raises Cancelled where the file is not the job's any more.
    """
    beside = connections.create_connection(DEFAULT_DB_ALIAS)
    last = 0.0

    def tell(done: int, total: int) -> None:
        nonlocal last
        run.go_on()
        if done < total and time.monotonic() - last < 0.5:
            return
        last = time.monotonic()
        with beside.cursor() as cursor:
            # Not atomic(), which knows the connections of the settings alone.
            cursor.execute("BEGIN")
            set_current_user(run.user_id, on=beside)
            cursor.execute(
                "UPDATE imports_upload SET done = %s, total = %s WHERE id = %s AND job = %s",
                [done, total, upload_id, run.number],
            )
            is_ours = cursor.rowcount == 1
            cursor.execute("COMMIT")
        if not is_ours:
            raise Cancelled

    try:
        yield tell
    finally:
        beside.close()
