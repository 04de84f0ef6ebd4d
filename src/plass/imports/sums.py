"""What a list adds up to, so that it can be held against the file: lines, rows, people, jobs. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from .plan_types import RowReport
from .row_numbers import RowNumber
from .translatable import kind_of

#: In so many rows, and more than half of all, the same remark is one about the list.
MANY_ROWS = 5
#: So many rows are wrong before it is said what is wrong most often, and so many kinds are told at most.
MANY_WRONG, MOST_KINDS = 10, 5


@dataclass(frozen=True)
class Lines:
    """The lines of a sheet with something in them: down to the headings, with people, and those that are nobody's."""

    headings: int
    rows: int
    left_out: int

    @property
    def all(self) -> int:
        """All of them."""
        return self.headings + self.rows + self.left_out


@dataclass(frozen=True)
class Sums:
    """How many of what there are.

    ``rows_without_number`` name nobody who can be told apart, so they are no people. People are new, or here already, or to
    mend, or ``waiting`` for an answer; ``with_news`` are those who are here already and get something more, ``ended`` those
    of the new and the ones here whose follow-up has ended by the list. Jobs are new or known for the new and the ones here;
    those of rows to mend and of rows that wait are counted as that. ``left_out`` are not to be written, by an answer.
    """

    rows_without_number: int
    rows_wrong: int
    new: int
    here: int
    to_mend: int
    waiting: int
    with_news: int
    ended: int
    new_jobs: int
    known_jobs: int
    rows_waiting: int = 0
    jobs_to_mend: int = 0
    jobs_waiting: int = 0
    ended_to_mend: int = 0
    ended_waiting: int = 0
    left_out: int = 0
    rows_left_out: int = 0

    @property
    def people(self) -> int:
        """All people that the list names."""
        return self.new + self.here + self.to_mend + self.waiting + self.left_out

    @property
    def jobs(self) -> int:
        """All jobs in the list."""
        return self.new_jobs + self.known_jobs + self.jobs_to_mend + self.jobs_waiting

    @property
    def all_ended(self) -> int:
        """All people whose follow-up has ended by the list."""
        return self.ended + self.ended_to_mend + self.ended_waiting

    @property
    def rows_not_written(self) -> int:
        """The rows to mend, those that wait, and those that are not to be written."""
        return self.rows_wrong + self.rows_waiting + self.rows_left_out

    @property
    def to_write(self) -> int:
        """How many people something is to be written of."""
        return self.new + self.with_news


@dataclass(frozen=True)
class Common:
    """What is said of so many rows, in the words of the first of them."""

    rows: int
    sentence: str
    is_doubt: bool = False


def of_reports(reports: Iterable[RowReport]) -> Sums:
    """The sums of what came of a list's rows."""
    reports = list(reports)
    by_person: dict[RowNumber, list[RowReport]] = {}
    for report in reports:
        if report.person:
            by_person.setdefault(report.person, []).append(report)
    sums: Counter[str] = Counter()
    for rows in by_person.values():
        why = "to_mend" if any(row.problems for row in rows) else "waiting"
        if any(row.problems or row.questions for row in rows):
            sums[why] += 1
            sums[f"ended_{why}"] += any(row.has_ended for row in rows)
            sums[f"jobs_{why}"] += sum(row.jobs for row in rows)
            continue
        if all(row.is_left_out for row in rows):
            sums["left_out"] += 1
            continue
        is_here = any(row.is_here for row in rows)
        sums["here" if is_here else "new"] += 1
        sums["with_news"] += is_here and any(row.writes for row in rows)
        sums["ended"] += any(row.has_ended for row in rows)
        sums["new_jobs"] += sum(row.new_jobs for row in rows)
        sums["known_jobs"] += sum(row.known_jobs for row in rows)
    for report in reports:
        sums["rows_without_number"] += not report.person
        sums["rows_wrong"] += bool(report.problems)
        sums["rows_left_out"] += report.is_left_out
        sums["rows_waiting"] += bool(report.questions and not report.problems)
        # Whose they are cannot be told before the number is mended.
        sums["jobs_to_mend"] += 0 if report.person else report.jobs
    return Sums(**{each.name: sums[each.name] for each in fields(Sums)})


def say_once(reports: Sequence[RowReport]) -> list[Common]:
    """Take out of the rows what most of them say, and return it, to be said once of the list; doubts first.

    What only differs in the cell that it quotes stays with its row, among what is ``common``.
    """
    found = []
    for name in ("doubts", "remarks"):
        rows_by_kind: Counter[tuple[str, ...]] = Counter()
        first_said: dict[tuple[str, ...], str] = {}
        for report in reports:
            for kind, sentence in {kind_of(sentence): sentence for sentence in getattr(report, name)}.items():
                rows_by_kind[kind] += 1
                first_said.setdefault(kind, sentence)
        often = {
            kind: sentence
            for kind, sentence in first_said.items()
            if rows_by_kind[kind] >= MANY_ROWS and 2 * rows_by_kind[kind] > len(reports)
        }
        found += [Common(rows_by_kind[kind], sentence, name == "doubts") for kind, sentence in often.items()]
        for report in reports if often else ():
            own: dict[bool, list[str]] = {True: [], False: []}
            for sentence in getattr(report, name):
                own[kind_of(sentence) in often].append(sentence)
            setattr(report, name, own[False])
            report.common += [sentence for sentence in own[True] if sentence not in often.values()]
    return found


def most_often_wrong(reports: Iterable[RowReport]) -> list[Common]:
    """What is wrong most often, where many rows are wrong: in how many, and what it says in the first of them."""
    wrong = [report for report in reports if report.problems]
    first_said: dict[tuple[str, ...], str] = {}
    kinds: Counter[tuple[str, ...]] = Counter()
    for report in wrong if len(wrong) >= MANY_WRONG else ():
        for sentence in report.problems:
            kinds[kind_of(sentence)] += 1
            first_said.setdefault(kind_of(sentence), sentence)
    return [Common(rows, first_said[kind]) for kind, rows in kinds.most_common(MOST_KINDS) if rows > 1]
