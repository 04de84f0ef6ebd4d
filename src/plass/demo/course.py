"""The course of one case in broad strokes: when it was taken, the spells of work, trial and study, pauses, and its end.

Lengths are plausible, not estimated: nobody should read a finding out of the demo. ``life`` fills the course with what
people did from day to day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from .calendar import after, working_day

SEARCH_DAYS = math.log(150)
#: How many days before its first day a job may be known.
KNOWN_AHEAD = 25


@dataclass(slots=True)
class Spell:
    """A time in a job, a work trial or an education. ``end`` None: goes on."""

    kind: str
    start: date
    end: date | None
    form: str = ""
    hours: float = 0.0
    subsidised: bool = False
    planned_end: date | None = None
    end_reason: str = ""
    #: From these days: hours a week and the agreed last day.
    changes: list[tuple[date, float, date | None]] = field(default_factory=list)

    def covers(self, day: date) -> bool:
        """Whether the spell lasts on ``day``."""
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass(slots=True)
class Course:
    """See the module. ``closed`` are (ended on, cause, reopened on or None); ``talk`` the first talk."""

    referred: date
    taken: date | None
    talk: date | None = None
    spells: list[Spell] = field(default_factory=list)
    pauses: list[tuple[date, date | None]] = field(default_factory=list)
    closed: list[tuple[date, str, date | None]] = field(default_factory=list)

    @property
    def ended(self) -> date | None:
        """The day the follow-up ended for good, or None."""
        return self.closed[-1][0] if self.closed and self.closed[-1][2] is None else None

    def spell_on(self, day: date) -> Spell | None:
        """What fills ``day``: a job before a trial before an education."""
        spells = [spell for spell in self.spells if spell.covers(day)]
        return min(spells, key=lambda spell: ("job", "trial", "study").index(spell.kind)) if spells else None

    def paused_on(self, day: date) -> bool:
        """Whether the follow-up rests on ``day``."""
        return any(start <= day and (end is None or day < end) for start, end in self.pauses)

    def closed_on(self, day: date) -> date | None:
        """Where the follow-up was ended before ``day`` and opened again after: the day it opened."""
        for end, _cause, again in self.closed:
            if end < day and again is not None and day < again:
                return again
        return None


def waiting(rng: Random, today: date) -> Course:
    """Somebody who has been referred and whom nobody has taken yet."""
    return Course(referred=working_day(today - timedelta(days=1 + int(rng.expovariate(1 / 12))), today), taken=None)


def course(rng: Random, taken_on: date, today: date) -> Course:
    """The course of a case that a specialist takes on ``taken_on``."""
    case_course = Course(
        referred=working_day(taken_on - timedelta(days=3 + int(rng.expovariate(1 / 16))), taken_on), taken=taken_on
    )
    case_course.talk = working_day(after(rng, taken_on, 2, 16), today)
    if case_course.talk >= today:
        return case_course
    # For a good third it does not lead to a job this time; the others stay for long.
    given_up = case_course.talk + timedelta(days=45 + int(rng.expovariate(1 / (260 if rng.random() < 0.38 else 1500))))
    settled = _search_and_work(rng, case_course, case_course.talk, today, given_up)
    if settled is not None and settled < today:
        case_course.closed.append((settled, _cause(rng, case_course, settled), None))
        _perhaps_lost_later(rng, case_course, settled, today)
    _pause(rng, case_course, today)
    return case_course


def _search_and_work(rng: Random, case_course: Course, begin: date, today: date, given_up: date) -> date | None:
    """Add spells from ``begin`` on; the day the follow-up ends, or None while it goes on."""
    day = begin
    for _turn in range(6):
        search = int(min(max(rng.lognormvariate(SEARCH_DAYS, 0.85), 18), 900))
        start = working_day(day + timedelta(days=search), today)
        if given_up < start:
            return working_day(given_up, today)
        if rng.random() < 0.09:
            study = _study(rng, start, today)
            if study.start >= today:
                return None
            case_course.spells.append(study)
            if study.end is None:
                return None
            if rng.random() < 0.35:
                return working_day(study.end + timedelta(days=10), today)
            day = study.end
            continue
        if rng.random() < 0.33:
            trial_start = working_day(start - timedelta(days=rng.randint(25, 80)), today)
            if day + timedelta(days=10) < trial_start < today:
                case_course.spells.append(_trial(rng, trial_start, start - timedelta(days=1), today))
        if start > today + timedelta(days=KNOWN_AHEAD):
            return None
        job, lasting = _job(rng, start, today)
        case_course.spells.append(job)
        if lasting:
            _perhaps_second_job(rng, case_course, job, today)
            return working_day(start + timedelta(days=rng.randint(190, 430)), today)
        if job.end is None:
            return None
        day = job.end
    return working_day(day + timedelta(days=60), today)


def _job(rng: Random, start: date, today: date) -> tuple[Spell, bool]:
    """A job from ``start``, and whether it lasts past the follow-up."""
    form = rng.choices(("permanent", "temporary", "on_call", "apprentice", "freelance"), (46, 32, 14, 6, 2))[0]
    hours = rng.choice((7.5, 10.0, 12.0, 15.0, 15.0, 18.75, 18.75, 20.0, 22.5, 25.0, 30.0, 37.5, 37.5, 37.5))
    if rng.random() < 0.02:
        hours = 3.0
    job = Spell("job", start, None, form, hours, subsidised=rng.random() < 0.3)
    days, reason = _how_long(rng, job)
    if days is not None:
        end = start + timedelta(days=days)
        if end < today:
            job.end, job.end_reason = end, reason
    _change_hours(rng, job, today)
    return job, days is None


def _how_long(rng: Random, job: Spell) -> tuple[int | None, str]:
    """How many days the job lasts (None: longer than the follow-up) and why it ends."""
    reasons = ("new_job", "resigned", "dismissed", "economy", "health", "education", "other")
    lost = (12, 16, 20, 20, 24, 4, 4)
    if job.form == "temporary":
        planned = rng.choice((60, 91, 120, 182, 182, 273, 364))
        job.planned_end = job.start + timedelta(days=planned)
        turn = rng.random()
        if turn < 0.35:
            return planned, "agreed_end"
        if turn < 0.55:
            return int(planned * rng.uniform(0.1, 0.9)) + 3, rng.choices(reasons, lost)[0]
        # Prolonged or made permanent before it would have ended; see _change_hours.
        return None, ""
    if rng.random() < (0.36 if job.form == "permanent" else 0.5):
        return 4 + int(rng.expovariate(1 / 170)), rng.choices(reasons, lost)[0]
    return None, ""


def _change_hours(rng: Random, job: Spell, today: date) -> None:
    last = job.end or today
    if job.planned_end and job.end is None:
        decided = working_day(job.planned_end - timedelta(days=rng.randint(5, 20)), today)
        if decided < today:
            again = job.planned_end + timedelta(days=182) if rng.random() < 0.4 else None
            if again and again <= today + timedelta(days=5):
                again = None
            job.changes.append((decided, job.hours, again))
    day, hours = job.start, job.hours
    for _turn in range(3):
        day = working_day(day + timedelta(days=rng.randint(40, 240)), today)
        if day >= last or rng.random() < 0.45:
            break
        hours = min(max(hours + rng.choice((-7.5, 3.75, 3.75, 7.5, 7.5, 11.2)), 4.0), 37.5)
        hours = round(hours, 1)
        agreed = [change[2] for change in job.changes if change[0] <= day]
        job.changes.append((day, hours, agreed[-1] if agreed else job.planned_end))
        job.changes.sort(key=lambda change: change[0])
    # Each change says the hours of its day; those of an agreement about the end are those of the change before.
    now = job.hours
    for place, (day, hours, planned_end) in enumerate(job.changes):
        if hours == job.hours:
            job.changes[place] = (day, now, planned_end)
        now = job.changes[place][1]


def _trial(rng: Random, start: date, end: date, today: date) -> Spell:
    form = "job_taster" if (end - start).days < 30 and rng.random() < 0.5 else "work_trial"
    over = end < today
    return Spell(
        "trial", start, end if over else None, form, rng.choice((10.0, 15.0, 20.0, 25.0)),
        planned_end=end, end_reason="agreed_end" if over else "",
    )  # fmt: skip


def _study(rng: Random, start: date, today: date) -> Spell:
    planned = start + timedelta(days=rng.choice((60, 120, 300, 650)))
    leaves = start + timedelta(days=rng.randint(30, 200)) if rng.random() < 0.25 else planned
    end = min(leaves, planned)
    study = Spell("study", start, end if end < today else None, planned_end=planned)
    study.end_reason = "completed" if end == planned else "interrupted"
    return study


def _perhaps_second_job(rng: Random, case_course: Course, job: Spell, today: date) -> None:
    if rng.random() < 0.06:
        start = working_day(job.start + timedelta(days=rng.randint(30, 160)), today)
        if start < today:
            end = start + timedelta(days=rng.randint(50, 200))
            over = end < today
            case_course.spells.append(
                Spell("job", start, end if over else None, "on_call", 6.0, end_reason="resigned" if over else "")
            )


def _cause(rng: Random, case_course: Course, day: date) -> str:
    spell = case_course.spell_on(day)
    if spell and spell.kind == "job":
        if spell.subsidised:
            return "work_subsidised"
        return "work" if spell.hours > 30 else rng.choice(("work", "work_and_benefit", "work_graded"))
    if (
        case_course.spells
        and case_course.spells[-1].kind == "study"
        and case_course.spells[-1].end_reason == "completed"
    ):
        return rng.choice(("education_own", "education_nav"))
    causes = ("other_measure", "other_active", "disability_applied", "disability_granted", "illness", "own_wish")
    return rng.choices((*causes, "old_age", "other"), (18, 16, 14, 6, 18, 18, 2, 8))[0]


def _perhaps_lost_later(rng: Random, case_course: Course, ended: date, today: date) -> None:
    """A job that was thought to last is lost, and the follow-up goes on."""
    job = case_course.spell_on(ended)
    if job is None or job.kind != "job" or rng.random() > 0.2:
        return
    lost = working_day(ended + timedelta(days=rng.randint(20, 420)), today)
    again = working_day(lost + timedelta(days=rng.randint(1, 6)), today)
    if again >= today - timedelta(days=1):
        return
    job.end, job.end_reason = lost, rng.choice(("economy", "dismissed", "health", "agreed_end"))
    job.changes = [change for change in job.changes if change[0] < lost]
    case_course.closed[-1] = (ended, case_course.closed[-1][1], again)
    given_up = again + timedelta(days=60 + int(rng.expovariate(1 / 700)))
    settled = _search_and_work(rng, case_course, again, today, given_up)
    if settled is not None and settled < today:
        case_course.closed.append((settled, _cause(rng, case_course, settled), None))


def _pause(rng: Random, case_course: Course, today: date) -> None:
    assert case_course.talk is not None
    last = case_course.ended or today
    days = (last - case_course.talk).days
    if days < 90 or rng.random() > 0.2:
        return
    start = working_day(case_course.talk + timedelta(days=rng.randint(40, days - 10)), today)
    end: date | None = working_day(start + timedelta(days=rng.randint(30, 150)), today)
    if case_course.spell_on(start) or case_course.closed_on(start) or start >= last:
        return
    if end is not None and end >= last:
        if case_course.ended:
            return
        end = None
    if any(spell.start < (end or today) and spell.start >= start for spell in case_course.spells):
        return
    if any(start <= again and (end or today) >= ended for ended, _cause, again in case_course.closed if again):
        return
    case_course.pauses.append((start, end))
