"""Whose fact a column holds, by the columns before it: those that may hold something else than their headings say.

"Telefon" after "Pårørende" is hardly the participant's, and "Avsluttet" after "Arbeidsgiver" may be the job's end. What
such a column holds is a guess, whatever its heading means by itself. Where the cells tell (``whose.py``), it is none: one
phone for all of a counsellor's participants is the counsellor's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import guards, whose
from .fields import CONTACT, OF_A_JOB, SECOND_JOB, Field

NAMES = (Field.NAME, Field.GIVEN_NAME, Field.MIDDLE_NAME, Field.FAMILY_NAME)
_NUMBERS = (Field.IDENTITY_NUMBER, Field.PERSONAL_NUMBER, Field.BIRTH_DATE)
_STAFF = (Field.SPECIALIST, Field.COUNSELLOR)
_EMPLOYERS = (Field.EMPLOYER, Field.EMPLOYER_NUMBER, Field.EMPLOYER_2, Field.EMPLOYER_NUMBER_2)
_JOBS = {*OF_A_JOB, *SECOND_JOB.values()}
#: What is the participant's or the follow-up's, also after columns of somebody else.
OF_THE_PARTICIPANT = set(Field) - {*CONTACT, *NAMES, *_STAFF, *_JOBS, Field.IGNORED}


@dataclass(frozen=True)
class Heading:
    """A plain heading and what it says by itself.

    ``of_a_job`` is what it says of a job, where it is a day or a cause that does not say of what: "Avsluttet".
    ``mostly_of_a_job``: it is the job's wherever it stands after one, and not only among its columns.
    """

    index: int
    words: str
    field: Field
    of_a_job: Field = Field.IGNORED
    mostly_of_a_job: bool = False
    #: It is not known, and no word in it says what it is about.
    is_unknown: bool = False


#: The texts of a column, row by row; nothing where only the headings are known.
Cells = Callable[[int], Sequence[str]]


def no_cells(_index: int) -> Sequence[str]:
    """Of a list of which only the headings are known."""
    return ()


@dataclass(frozen=True)
class Doubt:
    """What a column is guessed to hold, if anything, and the column before it for whose sake that is a guess.

    With no field it is not read: it is of what stands before it.
    """

    field: Field
    after: int


def doubtful(headings: Sequence[Heading], cells: Cells = no_cells) -> dict[int, Doubt]:
    """The columns that may hold something else than their headings say, and their cells do not tell."""
    in_order = sorted(headings, key=lambda heading: heading.index)
    return (
        _names_and_contact_of_others(in_order, cells)
        | _days_of_other_things(in_order)
        | _days_and_causes_of_jobs(in_order)
    )


def _names_and_contact_of_others(headings: Sequence[Heading], cells: Cells) -> dict[int, Doubt]:
    """The names and columns of contact after another person's or an employer's, up to what is the participant's again.

    Staff have their names in their own columns, so a name after theirs is no more of theirs. A name after somebody else is
    not read where the participant's stands before it. What stands after a word that nobody knows may be of whoever that is,
    unless something of contact was the participant's before.
    """
    found: dict[int, Doubt] = {}
    somebody: int | None = None
    staff: int | None = None
    unknown: int | None = None
    has_contact = False
    decided: dict[int, whose.Whose] = {}
    names: set[Field] = set()
    for heading in headings:
        field = heading.field
        if guards.names_the_participant(heading.words) or field in _NUMBERS:
            somebody = staff = unknown = None
            names |= {field} & set(NAMES)
        elif field in CONTACT:
            after = next((one for one in (somebody, staff) if one is not None), None if has_contact else unknown)
            if after is None:
                has_contact = True
                continue
            if field in (Field.PHONE, Field.EMAIL, Field.ADDRESS):
                decided[after] = _told(cells(after), cells(heading.index), decided.get(after))
            told = decided.get(after)
            # Relatives and employers have a number for each row, too.
            if told is whose.Whose.PARTICIPANT and somebody is None and not whose.are_relatives(cells(after)):
                has_contact = True
            else:
                found[heading.index] = Doubt(Field.IGNORED if told is whose.Whose.SOMEBODY else field, after)
        elif field in NAMES and somebody is not None:
            is_there = field in names or Field.NAME in names or {Field.GIVEN_NAME, Field.FAMILY_NAME} <= names
            found[heading.index] = Doubt(Field.IGNORED if is_there else field, somebody)
        elif field in NAMES:
            names.add(field)
            staff = unknown = None
        elif field in _STAFF and somebody is not None and guards.names_a_contact(heading.words):
            # "Kontaktperson" after an employer is the employer's, unless one name stands beside several of them.
            is_staff = whose.stand_beside_several(cells(heading.index), cells(somebody))
            found[heading.index] = Doubt(field if is_staff else Field.IGNORED, somebody)
        elif field in _STAFF:
            # A column with nobody in it has nobody's phone.
            staff = staff if whose.is_empty(cells(heading.index)) else heading.index
            unknown = None
        elif field in _EMPLOYERS or (not field and guards.names_someone_else(heading.words)):
            # "Tolk: ja" names nobody.
            somebody = somebody if whose.says_whether(cells(heading.index)) else heading.index
        elif field in OF_THE_PARTICIPANT:
            somebody = staff = unknown = None
        elif heading.is_unknown and whose.may_be_somebody(cells(heading.index)):
            unknown = heading.index
    return found


def _told(names: Sequence[str], contacts: Sequence[str], before: whose.Whose | None) -> whose.Whose:
    """Whose a column of contact is, by its cells. ``before`` is what another column after the same names told.

    Where that was the participant's and this is somebody's (a phone for each row, one address for all), it is not told.
    """
    told = whose.told_by(names, contacts)
    is_contrary = told is whose.Whose.SOMEBODY and before is whose.Whose.PARTICIPANT
    return whose.Whose.NOT_TOLD if is_contrary else told


def _days_of_other_things(headings: Sequence[Heading]) -> dict[int, Doubt]:
    """The days and causes right after a column of a course, a benefit or the like that is not read: they may be of that."""
    found: dict[int, Doubt] = {}
    thing: int | None = None
    for heading in headings:
        if not heading.field:
            thing = heading.index if guards.is_about_something_else(heading.words) else None
        elif not heading.of_a_job:
            thing = None
        elif thing is not None:
            found[heading.index] = Doubt(heading.field, thing)
    return found


def _days_and_causes_of_jobs(headings: Sequence[Heading]) -> dict[int, Doubt]:
    """The days and causes after a job's columns that do not say whose they are.

    Where the job has such a column of its own, which says so, they are the follow-up's.
    """
    found: dict[int, Doubt] = {}
    said = {heading.field for heading in headings if not heading.of_a_job}
    has_a_job_before = is_among_job_columns = False
    last_job_column, before = 0, Field.IGNORED
    for heading in headings:
        holds = heading.field
        if holds and heading.of_a_job and has_a_job_before and heading.mostly_of_a_job:
            holds = heading.of_a_job
            found[heading.index] = Doubt(holds, last_job_column)
        elif holds and heading.of_a_job and is_among_job_columns and heading.of_a_job not in said:
            holds = _meant_among_job_columns(heading, said, before)
            found[heading.index] = Doubt(holds, last_job_column)
        elif holds in _JOBS:
            has_a_job_before = has_a_job_before or holds in (Field.EMPLOYER, Field.JOB_TITLE)
            is_among_job_columns, last_job_column = True, heading.index
        elif holds:
            is_among_job_columns = False
        before = holds or before
    return found


def _meant_among_job_columns(heading: Heading, said: set[Field], before: Field) -> Field:
    """What a day or a cause among a job's columns is guessed to be: the job's where the column before it tells, or the
    follow-up's is told elsewhere.
    """
    beside = {
        Field.JOB_STARTED_ON: Field.REFERRED_ON in said,
        Field.JOB_ENDED_ON: before is Field.JOB_STARTED_ON,
        Field.JOB_END_REASON: before is Field.JOB_ENDED_ON,
    }
    return heading.of_a_job if beside[heading.of_a_job] or heading.field in said else heading.field
