"""One case from day to day: fills its course with what people did, said and wrote down.

Everything up to the day before ``today`` has happened; what lies ahead is agreed meetings, dates to be in touch again
and jobs about to start. Pure: the same random numbers give the same life.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, Protocol

from plass.cases.models import Assignment, CaseEnded, CaseReopened, PauseEnded, PauseStarted, Referral
from plass.followup.models import Contact

from . import acts, dealings, notes, spells, talks
from .calendar import after, working_day
from .course import Course
from .occupations import Occupation
from .people import Wants

LEAVES = "Slutter i stillingen"
PAUSE_REASONS = (("illness", "treatment", "care", "parental", "moving", "wish"), (34, 24, 10, 10, 6, 16))


class Place(Protocol):
    """What a life needs to know about where it is lived."""

    @property
    def office(self) -> int: ...

    @property
    def team(self) -> int: ...

    @property
    def counsellor(self) -> int: ...

    @property
    def supervisor(self) -> int: ...

    def specialist(self, day: date) -> int:
        """Who follows the case on ``day``."""
        ...

    def colleague(self, rng: Random, day: date) -> int:
        """Somebody else of the team, or the specialist where there is nobody."""
        ...

    def handed_over(self) -> list[tuple[date, int, int]]:
        """When, from whom and to whom the specialist's cases were handed over."""
        ...

    def workplace(self, rng: Random, occupation: Occupation) -> int:
        """An employer that has such an occupation."""
        ...

    def boss(self, employer: int) -> acts.ContactPerson:
        """Whom to talk to there."""
        ...

    def name(self, employer: int) -> str:
        """What the employer is called."""
        ...


@dataclass
class Life:
    """A life in the making. ``acts`` grows and is put in order at the end."""

    rng: Random
    today: date
    place: Place
    person: acts.Person
    course: Course
    wants: Wants
    pace: float = 1.0
    acts: list[acts.Act] = field(default_factory=list)
    #: The workplace that each spell is lived at, and the one talked with at the moment.
    workplaces: dict[int, int] = field(default_factory=dict)
    current: int = 0

    @property
    def yesterday(self) -> date:
        """The last day on which anything has happened."""
        return self.today - timedelta(days=1)

    def words(self, employer: int) -> dict[str, str]:
        """What notes fill in."""
        occupation = self.wants.occupations[0]
        return {
            "job": occupation.title,
            "task": occupation.tasks[int(self.rng.random() * len(occupation.tasks))],
            "place": self.place.name(employer),
            "boss": self.place.boss(employer).name.split()[0],
        }

    def who(self, day: date) -> int:
        """Who does the day's work: the specialist, at times a colleague."""
        if not self.person.protection and self.rng.random() < 0.03:
            return self.place.colleague(self.rng, day)
        return self.place.specialist(day)

    def written(self, day: date) -> date | None:
        """The day something of ``day`` was written down, where that was later."""
        turn = self.rng.random()
        if turn < 0.85 or day >= self.yesterday:
            return None
        later = working_day(day + timedelta(days=1 if turn < 0.97 else 4), self.today)
        if not self.open_on(later) or self.place.specialist(later) != self.place.specialist(day):
            return None
        return later

    def open_on(self, day: date) -> bool:
        """Whether anything of ``day`` belongs to this case: taken, not ended, and over."""
        ended = self.course.ended
        return day <= self.yesterday and (ended is None or day <= ended) and self.course.closed_on(day) is None


def live(rng: Random, today: date, place: Place, person: acts.Person, course: Course, wants: Wants) -> list[acts.Act]:
    """Everything recorded about one case, in the order it was recorded."""
    life = Life(rng, today, place, person, course, wants, pace=rng.uniform(0.75, 1.5))
    life.current = place.workplace(rng, wants.occupations[0])
    _refer(life)
    if course.taken is not None:
        _take(life)
        _pauses_and_ends(life)
        spells.work_and_study(life)
        if course.talk is not None and course.talk <= life.yesterday:
            _profiles(life)
            talks.talks(life)
            dealings.employers(life)
            dealings.counsellor_and_collaborators(life)
            _steps(life)
        elif course.talk is not None and rng.random() < 0.85:
            talks.agree(life, life.today if course.talk < today else course.talk, "first_talk", agreed=course.taken)
    life.acts.sort(key=lambda act: act.day)
    _corrections(life)
    # Who leaves hands over when the last day's work is done.
    life.acts.sort(key=lambda act: (act.day, acts.records(act, Assignment) and act.values["reason"] == LEAVES))
    return life.acts


def _refer(life: Life) -> None:
    rng, course = life.rng, life.course
    words = life.words(life.current)
    life.acts.append(
        acts.Referred(
            happened_on=course.referred,
            by=life.place.counsellor,
            person=life.person,
            team=life.place.team,
            office=life.place.office,
            model=Referral,
            values={
                "wishes": rng.choice(notes.WISHES).format_map(words),
                "help_wanted": rng.choice(notes.HELP_WANTED),
                "participant_agreed_on": course.referred - timedelta(days=rng.randint(0, 12)),
            },
        )
    )


def _take(life: Life) -> None:
    taken_on = life.course.taken
    assert taken_on is not None
    specialist = life.place.specialist(taken_on)
    assigned_by_team = life.rng.random() < 0.6
    by, reason = specialist, ""
    if life.person.protection:
        # The team does not see somebody who is shielded, so the counsellor says who follows them.
        by, reason = life.place.counsellor, "Avtalt med teamet uten navn"
    elif assigned_by_team:
        by, reason = life.place.supervisor, "Fordelt på teammøtet"
    life.acts.append(_assigned(life, taken_on, by, specialist, reason))
    for day, by, new in life.place.handed_over():
        reason, again = LEAVES, life.course.closed_on(day)
        if again is not None:
            # Whoever had the case left while it was closed; the one who came after gets it when it opens.
            day, reason = again, "Ny jobbspesialist"
            by = life.place.counsellor if life.person.protection else life.place.supervisor
        if taken_on < day and life.open_on(day):
            life.acts.append(_assigned(life, day, by, new, reason))


def _assigned(life: Life, day: date, by: int, user: int, reason: str) -> acts.FactRecorded:
    return acts.fact(Assignment, day, by, role="specialist", user=user, team=life.place.team, reason=reason)


def _pauses_and_ends(life: Life) -> None:
    rng = life.rng
    for start, end in life.course.pauses:
        by = life.place.specialist(start)
        look_again = (end or working_day(after(rng, max(start, life.today), -6, 40), life.today)) + timedelta(days=0)
        life.acts.append(
            acts.fact(
                PauseStarted,
                start,
                by,
                reason=rng.choices(*PAUSE_REASONS)[0],
                follow_up_on=max(look_again, start),
                note=rng.choice(notes.PAUSED),
            )
        )
        if end is not None:
            life.acts.append(acts.fact(PauseEnded, end, life.place.specialist(end), note=rng.choice(notes.RESUMED)))
    for ended, cause, again in life.course.closed:
        by = life.place.specialist(ended)
        life.acts.append(acts.fact(CaseEnded, ended, by, cause=cause, note=notes.note(rng, "closing", {}, "in_person")))
        if again is not None:
            life.acts.append(
                acts.fact(
                    CaseReopened,
                    again,
                    life.place.specialist(again),
                    reason="job_lost",
                    note="Ringte selv da jobben tok slutt. Fortsetter der vi slapp.",
                )
            )


def _profiles(life: Life) -> None:
    rng, talk = life.rng, life.course.talk
    assert talk is not None
    day = working_day(after(rng, talk, 10, 45), life.today)
    days = [day]
    for spell in life.course.spells:
        if rng.random() < 0.3:
            days.append(working_day(after(rng, spell.start, 6, 25), life.today))
        if spell.end and rng.random() < 0.6:
            days.append(working_day(after(rng, spell.end, 2, 15), life.today))
    while rng.random() < 0.3:
        day = working_day(after(rng, day, 130, 220), life.today)
        days.append(day)
    for day in sorted({day for day in days if life.open_on(day) and not life.course.paused_on(day)}):
        life.acts.append(life.wants.profile(rng, day, life.place.specialist(day)))
        life.wants.learn(rng)


def _steps(life: Life) -> None:
    rng, course = life.rng, life.course
    assert course.talk is not None
    day = working_day(after(rng, course.talk, 8, 40), life.today)
    while life.open_on(day):
        if not course.paused_on(day):
            spells.step(life, day)
        day = working_day(after(rng, day, 80, 220), life.today)


def _corrections(life: Life) -> None:
    """Now and then something was written wrongly, and is put right."""
    rng = life.rng
    contacts = [act for act in life.acts if acts.records(act, Contact) and not act.values.get("meeting")]
    for contact in contacts:
        turn = rng.random()
        if turn > 0.012:
            continue
        day = working_day(after(rng, contact.day, 1, 9), life.today)
        if not life.open_on(day):
            continue
        by = life.place.specialist(day)
        if turn < 0.002:
            correction = acts.Corrected(happened_on=day, by=by, fact=contact, reason=rng.choice(notes.WITHDRAWN))
        else:
            changes: dict[str, Any] = {"minutes": contact.values["minutes"] + rng.choice((15, 30))}
            reason = "Skrev feil antall minutter."
            if turn < 0.006 and contact.happened_on > (life.course.talk or contact.happened_on):
                changes, reason = {"happened_on": contact.happened_on - timedelta(days=1)}, "Feil dato."
            correction = acts.Corrected(happened_on=day, by=by, fact=contact, reason=reason, changes=changes)
        life.acts.append(correction)
