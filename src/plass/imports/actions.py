"""What an import does: keep the file, remember the columns, write the people, forget the file.

The dry run is the same work, undone at the end: what it shows is what would be written, not a guess at it. People are
written some at a time, each piece a transaction of its own, so that nobody else waits for the whole list; all or
nothing is one transaction, for lists that are not long. Imports to one office come one after the other, and the second
sees what the first wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from plass.access import log
from plass.access.user_roles import UserRoles, user_roles
from plass.cases import actions as cases
from plass.cases import identity
from plass.cases.facts import lock
from plass.cases.gate import NotAllowed
from plass.milestones import refresh as milestone_refresh
from plass.organisation.models import Team, User

from . import kept_answers, queries
from . import state as upload_states
from .batches import Batches
from .fields import Field
from .garbage_collection import without_full_collections
from .import_request import ImportRequest
from .models import ColumnChoice, Upload
from .plan_types import Plan, PlannedPerson, RowReport
from .questions import Asking, Question
from .row_numbers import RowNumber
from .staff_matching import find_specialist, said_of_a_title
from .taking import Choice, Taken, Taker
from .translatable import as_written

#: Called after each piece with how many people are done, and of how many.
Progress = Callable[[int, int], None]
#: Called with how many people were written, at the end of each transaction that stays. What it raises undoes that.
Written = Callable[[int], None]
#: Opens the transaction that a piece is written in.
Within = Callable[[], AbstractContextManager[None]]
#: So many people are written together. More would keep others waiting for longer, and fewer cost more each.
PIECE = 200
#: So many rows may be written all or nothing. What they need others wait for until all is written, a page for five seconds.
MOST_TOGETHER = 500


@dataclass(frozen=True)
class Outcome:
    """What came of writing a plan: a report for every row, whether they were written, and how many people were written."""

    reports: dict[RowNumber, RowReport]
    written: bool
    people: int
    #: All that the list asks, answered or not.
    questions: tuple[Question, ...] = ()

    @property
    def waiting(self) -> list[RowNumber]:
        """The numbers of the rows that wait for an answer, and that nothing is wrong with."""
        return [number for number, report in self.reports.items() if report.questions and not report.problems]

    @property
    def wrong(self) -> list[RowNumber]:
        """The numbers of the rows that something is wrong with."""
        return [number for number, report in self.reports.items() if report.problems]


class ColumnsNotConfirmed(Exception):
    """What a column holds is only guessed: nothing is written before somebody has said that it is right."""


class TooLongTogether(Exception):
    """The list is too long to be written all or nothing: others would wait for too long."""


class StillWorkedOn(Exception):
    """The file is being checked or written just now."""


class Cancelled(Exception):
    """The file's owner has ended the work with it."""


class _Undone(Exception):
    """Ends a dry run."""


@without_full_collections()
def write(
    plan: Plan,
    request: ImportRequest,
    *,
    progress: Progress | None = None,
    written: Written | None = None,
    within: Within = transaction.atomic,
) -> Outcome:
    """Write the plan's people as it is asked for, each whole or not at all.

    That the list was compared with a case stands in the log of who looked at it, also where all is undone. ``within``
    opens a transaction in which the one who imports acts (a page is in one already). Raises NotAllowed unless they work in
    the team or lead it, ColumnsNotConfirmed and TooLongTogether.
    """
    if request.is_together:
        refuse_long_together(len(plan.reports))
    if not request.dry_run:
        refuse_guessed_columns(plan.guessed_columns)
    with within():
        who = _belongs(request.by, request.team)
    reports = deepcopy(plan.reports)
    _look_for_specialists(plan.held_back, request.specialists, reports)
    _take_names_as_titles(request.specialists, reports)
    asking = Asking(plan.answers)
    pieces = Batches(request, reports=reports, asking=asking)
    people = done = 0
    step = len(plan.people) if request.is_together else PIECE
    undone = request.dry_run
    if progress:
        progress(0, len(plan.people))
    for first in range(0, len(plan.people), step or 1):
        before = people
        try:
            with within():
                # Other imports to the same office wait until the transaction ends.
                lock(f"import {request.team.office_id}")
                if step > PIECE:
                    cases.lock_people(identity.find_by(person.number) for person in plan.people)
                with milestone_refresh.later():
                    for start in range(first, min(first + step, len(plan.people)), PIECE):
                        piece = plan.people[start : min(start + PIECE, first + step)]
                        people += pieces.write(piece)
                        done += len(piece)
                        if progress:
                            progress(done, len(plan.people))
                if request.dry_run or (
                    request.all_or_nothing and any(report.problems or report.questions for report in reports.values())
                ):
                    raise _Undone
                if written:
                    written(people - before)
        except _Undone:
            undone = True
            pieces.workplaces.forget_all()
        if compared := pieces.compared():
            # In a transaction of its own: whoever tries a list learns what is recorded, although the trial is undone.
            with within():
                log.log_export(who, "list check", queries.log_lines(who, compared))
    questions = (*plan.questions, *asking.questions)
    return Outcome(reports, not undone and people > 0, people, questions)


def goes_together(rows: int) -> bool:
    """Whether a list of so many rows may be written all or nothing."""
    return rows <= MOST_TOGETHER


def refuse_long_together(rows: int) -> None:
    """Raise TooLongTogether where it may not."""
    if not goes_together(rows):
        raise TooLongTogether(f"{rows} rows are more than {MOST_TOGETHER}")


def refuse_guessed_columns(questions: Sequence[Question]) -> None:
    """Raise ColumnsNotConfirmed where there are open questions about what columns hold."""
    if questions:
        raise ColumnsNotConfirmed(", ".join(question.shown[0] for question in questions))


def take_differences(
    people: Sequence[PlannedPerson],
    choices: Mapping[str, Choice],
    request: ImportRequest,
    *,
    progress: Progress | None = None,
    within: Within = transaction.atomic,
) -> Taken:
    """Take what a list says otherwise of ``people``, as was chosen by the keys of the differences.

    A person's are taken together or not at all. What is no longer as it was shown is not taken. Raises NotAllowed unless
    the one who imports works in the team or leads it.
    """
    with within():
        _belongs(request.by, request.team)
    taker = Taker(choices, request)
    taken = Taken()
    for first in range(0, len(people), PIECE):
        piece = people[first : first + PIECE]
        with within():
            # Who imports, or takes differences, at the same moment waits, and then sees what was done.
            lock(f"import {request.team.office_id}")
            taken.add(taker.take(piece))
        if progress:
            progress(first + len(piece), len(people))
    taken.gone = len(choices) - taken.found
    return taken


def _look_for_specialists(
    held_back: Sequence[PlannedPerson], specialists: Sequence[User], reports: dict[RowNumber, RowReport]
) -> None:
    """Say of those who are not tried, because something is wrong with a row, if their job specialist is not found either."""
    for person in held_back:
        try:
            if person.specialist:
                find_specialist(person.specialist, specialists)
        except ValidationError as error:
            reports[person.rows[0]].problems.append(as_written(error.message))


def _take_names_as_titles(specialists: Sequence[User], reports: dict[RowNumber, RowReport]) -> None:
    """A row with the name of a job specialist and nothing else stands above those whom they follow, and is no person."""
    for report in reports.values():
        if report.is_only_a_name and (sentence := said_of_a_title(report.who, specialists)):
            report.problems.clear()
            report.doubts.append(sentence)


def _belongs(by: User, team: Team) -> UserRoles:
    who = user_roles(by)
    if who is None or team.pk not in who.teams:
        raise NotAllowed(f"user {by.pk} imports nothing to team {team.pk}")
    return who


@transaction.atomic
def keep_upload(
    *, by: User, team: Team, name: str, content: bytes, mapping: Mapping[int, Field], state: bytes
) -> Upload:
    """Keep a file, sealed, until its owner is done with it. Raises NotAllowed for a team that is not theirs."""
    _belongs(by, team)
    return Upload.objects.create(
        user=by,
        team=team,
        name=name[-200:],
        content=identity.seal(content),
        mapping=_to_store(mapping),
        state=identity.seal(state),
    )


def choose(upload: Upload, *, by: User, team: Team, mapping: Mapping[int, Field], state: bytes) -> None:
    """Say which team a file is for and what its columns hold. Raises NotAllowed for a team that is not theirs."""
    _own(upload, by)
    _belongs(by, team)
    upload.team, upload.state = team, identity.seal(state)
    upload.mapping = _to_store(mapping)
    upload.save(update_fields=["team", "state", "mapping"])


@transaction.atomic
def answer(upload: Upload, *, by: User, answers: Mapping[str, str]) -> None:
    """Keep answers, by the keys of the questions that the last check asked; they hold from the next check on. What words
    mean holds for the office's next lists too.

    Raises NotAllowed for somebody else's file, StillWorkedOn, and ValidationError for what answers none of the questions.
    """
    _own(upload, by)
    # Whoever checks or writes the file keeps what came of it at the end: an answer meanwhile would be lost.
    now = Upload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if now.is_worked_on:
        raise StillWorkedOn
    state_now = upload_states.load(now)
    asked = {question.key: question for question in (state_now.checked.questions if state_now.checked else ())}
    if any(key not in asked or value not in dict(asked[key].choices) for key, value in answers.items()):
        raise ValidationError(_("That is none of the answers. Choose one of those in the list."))
    upload.state = identity.seal(state_now.with_answers(answers).dump())
    upload.save(update_fields=["state"])
    new = {key: value for key, value in answers.items() if state_now.answers.get(key) != value}
    kept_answers.keep(new, [asked[key] for key in new], by=by, team=now.team)


def keep_state(
    upload: Upload, *, by: User, state: bytes, job: int | None = None, mapping: Mapping[int, Field] | None = None
) -> None:
    """Remember what reading (``mapping``: the columns as recognised), a check or an import came to: nothing is being done
    with the file any more, and a file with the rest of before holds no more. Nothing where another than ``job`` works on
    it now. Raises NotAllowed.
    """
    _own(upload, by)
    recognised = {} if mapping is None else {"mapping": _to_store(mapping)}
    Upload.objects.filter(pk=upload.pk, job=job).update(
        state=identity.seal(state), doing="", job=None, rest=None, **recognised
    )


def keep_rest(upload: Upload, *, by: User, rest: bytes, job: int) -> None:
    """Keep a file with the rest, sealed. Nothing where another than ``job`` works with the list now. Raises NotAllowed."""
    _own(upload, by)
    Upload.objects.filter(pk=upload.pk, job=job).update(rest=identity.seal(rest), doing="", job=None)


def keep_choices(upload: Upload, *, by: User, state: bytes) -> None:
    """Remember which differences are to be taken, before a background job takes them. Raises NotAllowed."""
    _own(upload, by)
    upload.state = identity.seal(state)
    upload.save(update_fields=["state"])


@transaction.atomic
def claim(upload: Upload, *, by: User, doing: str, total: int, goes_on: bool) -> bool:
    """Say that reading, a check or an import of the file begins. False where one goes on already. Raises NotAllowed.

    ``goes_on``: what was written before counts as a part of it.
    """
    _own(upload, by)
    _belongs(by, upload.team)
    # Whoever presses at the same moment waits here until the first one's job is in the queue.
    now = Upload.objects.select_for_update(of=("self",)).only("doing", "job", "written").get(pk=upload.pk)
    if now.is_worked_on:
        return False
    Upload.objects.filter(pk=upload.pk).update(
        doing=doing, done=0, total=total, job=None, written=now.written if goes_on else 0
    )
    return True


def cancel(upload: Upload, *, by: User) -> None:
    """End what goes on with the file: what was written stays, and nothing more is. Raises NotAllowed."""
    _own(upload, by)
    if upload.is_worked_on:
        # A piece that is being written ends first.
        Upload.objects.filter(pk=upload.pk, job=upload.job).update(job=None)


def count_written(upload: Upload, *, by: User, people: int, job: int | None) -> None:
    """Count people who were written, in the transaction that writes them.

    Raises Cancelled where ``job`` is not the one that works on the file any more, and NotAllowed.
    """
    _own(upload, by)
    if not Upload.objects.filter(pk=upload.pk, job=job).update(written=F("written") + people):
        raise Cancelled


def keep_job(upload: Upload, *, by: User, job: int) -> None:
    """Say which background job does what begins with the file. Raises NotAllowed."""
    _own(upload, by)
    Upload.objects.filter(pk=upload.pk).update(job=job)


def keep_choices_of_columns(*, by: User, team: Team, headings: str, said: Mapping[int, Field]) -> None:
    """Remember for the team's office what was said of columns of lists with these headings (their fingerprint)."""
    _belongs(by, team)
    ColumnChoice.objects.bulk_create(
        ColumnChoice(office_id=team.office_id, headings=headings, column=index, holds=field.value, recorded_by=by)
        for index, field in said.items()
    )


def forget(upload: Upload, *, by: User) -> None:
    """Delete a file: its owner is done with it. Raises NotAllowed for anybody else."""
    _own(upload, by)
    upload.delete()


def _own(upload: Upload, by: User) -> None:
    if upload.user_id != by.pk:
        raise NotAllowed(f"upload {upload.pk} is not user {by.pk}'s")


def _to_store(mapping: Mapping[int, Field]) -> dict[str, str]:
    return {str(index): field.value for index, field in mapping.items()}
