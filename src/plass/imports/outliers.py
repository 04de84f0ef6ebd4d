"""What is seldom right in a list though every cell of it can be read: one table of rules. Pure.

An outlier is no problem: the row is written if nobody objects. It is shown before the other rows, because nobody finds
it among two hundred. A rule goes through the people of the list and yields a row for everything it finds, with the
values of its sentence; the row is None where it is about the list as a whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from .fields import Field
from .labels import LABELS
from .plan_types import PlannedJob, PlannedPerson
from .row_numbers import RowNumber
from .translatable import TranslatableText
from .translatable import gettext as _

#: More hours a week than most people work.
MANY_HOURS = 40
#: Participants are of working age when the follow-up begins.
YOUNGEST, OLDEST = 16, 70
#: So long nothing happens after a referral, if its year is right.
LONG_AFTER_REFERRAL = timedelta(days=2 * 365)
#: A job that began so long before the referral is an earlier one, or its year is wrong.
LONG_BEFORE_REFERRAL = timedelta(days=365)
#: The dates of fewer rows do not tell what is usual.
ENOUGH_DATES = 8
#: A date is far away where it is at least so far from the middle half of the column, and three times its width.
FAR, TIMES_THE_MIDDLE = timedelta(days=2 * 365), 3
#: One of several job specialists with so large a share of so many people.
NEARLY_ALL, ENOUGH_PEOPLE = 0.9, 20
#: So many digits make a phone number.
SHORTEST_PHONE = 8
#: So many other rows are named.
MOST_ROWS_NAMED = 3


@dataclass(frozen=True)
class PeopleOfAList:
    """What the rules look at: the people that can be read whole, and the headings of the columns they are from."""

    people: Sequence[PlannedPerson]
    headings: Mapping[Field, str]
    today: date

    def jobs(self) -> Iterator[tuple[PlannedPerson, PlannedJob]]:
        """Every job, with whose it is."""
        for person in self.people:
            for job in person.jobs:
                yield person, job


#: The row that is odd (None: the list is), and the values of the rule's sentence.
Odd = tuple[RowNumber | None, dict[str, Any]]


@dataclass(frozen=True)
class Rule:
    """``find`` yields what is odd, and ``sentence`` says it."""

    name: str
    find: Callable[[PeopleOfAList], Iterable[Odd]]
    sentence: Callable[[], TranslatableText]


def many_hours(listed: PeopleOfAList) -> Iterator[Odd]:
    """60 hours a week can be 60 hours a month, or 60 per cent."""
    for _person, job in listed.jobs():
        if job.hours > MANY_HOURS:
            yield job.row, {"hours": job.hours}


def strange_age(listed: PeopleOfAList) -> Iterator[Odd]:
    """A child or an old person: another's number, or a number that happens to be valid."""
    for person in listed.people:
        day, born = person.begins_on or listed.today, person.number.born_on
        years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        if not YOUNGEST <= years <= OLDEST:
            yield person.rows[0], {"years": years, "born": born}


def referred_long_before(listed: PeopleOfAList) -> Iterator[Odd]:
    """The referral lies years before everything else in the row."""
    for person in listed.people:
        others = [person.started_on, person.last_met_on, person.ended_on, *(job.started_on for job in person.jobs)]
        first = min((day for day in others if day), default=None)
        if person.referred_on and first and first - person.referred_on > LONG_AFTER_REFERRAL:
            yield person.rows[0], {"day": person.referred_on, "next": first}


def job_long_before_referral(listed: PeopleOfAList) -> Iterator[Odd]:
    """A job that began years before anybody was to help with finding one."""
    for person, job in listed.jobs():
        if person.referred_on and person.referred_on - job.started_on > LONG_BEFORE_REFERRAL:
            yield job.row, {"employer": job.employer, "day": job.started_on, "referred": person.referred_on}


def job_after_the_end(listed: PeopleOfAList) -> Iterator[Odd]:
    """A job that began after the follow-up had ended."""
    for person, job in listed.jobs():
        if person.ended_on and job.started_on > person.ended_on:
            yield job.row, {"employer": job.employer, "day": job.started_on, "ended": person.ended_on}


def met_after_the_end(listed: PeopleOfAList) -> Iterator[Odd]:
    """A talk after the follow-up had ended."""
    for person in listed.people:
        met = [day for day in (person.started_on, person.last_met_on) if day]
        if person.ended_on and met and max(met) > person.ended_on:
            yield person.rows[0], {"day": max(met), "ended": person.ended_on}


def far_date(listed: PeopleOfAList) -> Iterator[Odd]:
    """A date years away from those of the other rows in its column: 2015 for 2025."""
    columns: dict[Field, list[tuple[date, RowNumber]]] = defaultdict(list)
    for person in listed.people:
        for column, day in (
            (Field.REFERRED_ON, person.referred_on),
            (Field.STARTED_ON, person.started_on),
            (Field.LAST_MET_ON, person.last_met_on),
            (Field.ENDED_ON, person.ended_on),
        ):
            if day:
                columns[column].append((day, person.rows[0]))
    for _person, job in listed.jobs():
        columns[Field.JOB_STARTED_ON].append((job.started_on, job.row))
    for column, days in columns.items():
        if len(days) < ENOUGH_DATES:
            continue
        days.sort()
        low, high = days[len(days) // 4][0], days[3 * len(days) // 4][0]
        margin = max(FAR, TIMES_THE_MIDDLE * (high - low))
        heading = listed.headings.get(column, LABELS[column])
        for day, row in days:
            if low - day > margin or day - high > margin:
                yield row, {"column": heading, "day": day}


def same_phone(listed: PeopleOfAList) -> Iterator[Odd]:
    """One phone number on several people."""

    def digits(person: PlannedPerson) -> str:
        found = "".join(filter(str.isdigit, person.person["phone"]))[-SHORTEST_PHONE:]
        return found if len(found) == SHORTEST_PHONE else ""

    return _shared(listed.people, digits)


def same_email(listed: PeopleOfAList) -> Iterator[Odd]:
    """One e-mail address on several people."""
    return _shared(listed.people, lambda person: person.person["email"].lower())


def same_person_twice(listed: PeopleOfAList) -> Iterator[Odd]:
    """The same name and day of birth under two numbers: a D-number and the number that came after it."""
    return _shared(
        listed.people,
        lambda person: (person.given_name.lower(), person.family_name.lower(), person.number.born_on),
    )


def _shared(people: Sequence[PlannedPerson], key: Callable[[PlannedPerson], Hashable]) -> Iterator[Odd]:
    """Each of several people with the same key (an empty one is none), and in which rows the others are."""
    alike: dict[Hashable, list[PlannedPerson]] = defaultdict(list)
    for person in people:
        if found := key(person):
            alike[found].append(person)
    for several in alike.values():
        if len(several) == 1:
            continue
        rows = [person.rows[0] for person in several[: MOST_ROWS_NAMED + 1]]
        for person in several:
            others = [row for row in rows if row != person.rows[0]][:MOST_ROWS_NAMED]
            yield person.rows[0], {"rows": ", ".join(map(str, others))}


def nearly_all_with_one(listed: PeopleOfAList) -> Iterator[Odd]:
    """One of several job specialists who has nearly everybody: filled down over the others' names by a slip."""
    names = Counter(person.specialist for person in listed.people if person.specialist)
    if len(names) > 1 and names.total() >= ENOUGH_PEOPLE:
        ((name, people),) = names.most_common(1)
        if people >= NEARLY_ALL * names.total():
            yield None, {"name": name, "people": people, "all": names.total()}


RULES = (
    Rule(
        "strange age",
        strange_age,
        lambda: _(
            "By the identity number (born %(born)s) the person was %(years)d years old when the follow-up began. "
            "Is it the right number?"
        ),
    ),
    Rule(
        "same person twice",
        same_person_twice,
        lambda: _("The same name and day of birth stand in row %(rows)s under another identity number."),
    ),
    Rule(
        "far date",
        far_date,
        lambda: _("“%(column)s”: %(day)s is years away from the dates of the other rows. Is the year right?"),
    ),
    Rule(
        "referred long before",
        referred_long_before,
        lambda: _("Referred %(day)s, but nothing else before %(next)s. Is the year right?"),
    ),
    Rule(
        "job long before referral",
        job_long_before_referral,
        lambda: _(
            "The job at %(employer)s began %(day)s, more than a year before the referral (%(referred)s). "
            "Is the year right, or is it an earlier job?"
        ),
    ),
    Rule(
        "job after the end",
        job_after_the_end,
        lambda: _("The job at %(employer)s began %(day)s, after the follow-up had ended (%(ended)s)."),
    ),
    Rule(
        "met after the end",
        met_after_the_end,
        lambda: _("The participant was met %(day)s, after the follow-up had ended (%(ended)s)."),
    ),
    Rule(
        "many hours",
        many_hours,
        lambda: _("%(hours)s hours a week are more than a whole position. Are they hours a month, or per cent?"),
    ),
    Rule("same phone", same_phone, lambda: _("The same phone number stands in row %(rows)s, on somebody else.")),
    Rule("same e-mail", same_email, lambda: _("The same e-mail address stands in row %(rows)s, on somebody else.")),
    Rule(
        "nearly all with one",
        nearly_all_with_one,
        lambda: _("%(name)s is the job specialist of %(people)d of %(all)d people in the list. Is that right?"),
    ),
)


@dataclass
class Found:
    """What the rules found: sentences by row, and on the list as a whole."""

    of_rows: dict[RowNumber, list[str]] = field(default_factory=lambda: defaultdict(list))
    of_the_list: list[str] = field(default_factory=list)


def find(listed: PeopleOfAList, rules: Sequence[Rule] = RULES) -> Found:
    """What is odd in a list, in the order of the rules."""
    found = Found()
    for rule in rules:
        for row, values in rule.find(listed):
            sentence = rule.sentence() % values
            (found.of_the_list if row is None else found.of_rows[row]).append(sentence)
    return found
