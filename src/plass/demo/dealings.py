"""What is done for somebody with others: employers, the counsellor, and those who help at the same time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from plass.followup.models import Contact

from . import acts, notes, spells
from .calendar import after, hour, working_day, working_day_before
from .talks import agree

if TYPE_CHECKING:
    from .life import Life


def employers(life: Life) -> None:
    """Contacts with employers about this person while a job is looked for, and the ones that led to each job."""
    rng, course = life.rng, life.course
    assert course.talk is not None
    slow = rng.random() < 0.2
    day = working_day(after(rng, course.talk, 45, 140) if slow else after(rng, course.talk, 6, 50), life.today)
    contact_counts: dict[int, int] = {}
    spells = [spell for spell in course.spells if spell.kind in ("job", "trial")]
    for spell in spells:
        before = working_day_before(spell.start - timedelta(days=rng.randint(2, 14)))
        if before > course.talk and life.open_on(before):
            employer = life.workplaces[id(spell)]
            contact_counts[employer] = 1
            _employer_contact(life, before, employer, again=True, planned=None)
    if life.wants.employer_contact == "no":
        return
    promised: int | None = None
    while True:
        day = course.closed_on(day) or day
        if not life.open_on(day):
            return
        planned = working_day(after(rng, day, 16, 44), life.today)
        at_work = course.spell_on(day)
        if not course.paused_on(day) and (at_work is None or at_work.kind == "trial"):
            returning = [employer for employer in contact_counts if rng.random() < 0.4]
            employer = returning[-1] if returning else life.place.workplace(rng, rng.choice(life.wants.occupations))
            # Whoever was promised a call gets it; nearly always.
            if promised is not None and rng.random() < 0.93:
                employer = promised
            life.current = employer
            # With a job found, a pause or an end before that day nobody is waiting for a call any longer.
            then = course.spell_on(planned)
            still = life.open_on(planned) and not course.paused_on(planned) and (then is None or then.kind == "trial")
            promised = employer if still and not course.closed_on(planned) and rng.random() < 0.5 else None
            call = planned if promised is not None else None
            _employer_contact(life, day, employer, again=employer in contact_counts, planned=call)
            contact_counts[employer] = contact_counts.get(employer, 0) + 1
            if planned >= life.today and course.ended is None and rng.random() < 0.5:
                agree(life, planned, "search", agreed=day, employer=employer)
        day = planned


def _employer_contact(life: Life, day: date, employer: int, *, again: bool, planned: date | None) -> None:
    rng, boss = life.rng, life.place.boss(employer)
    in_person = rng.random() < (0.6 if again else 0.75)
    channel = "in_person" if in_person else rng.choice(("phone", "phone", "email"))
    together = in_person and again and rng.random() < 0.4
    life.acts.append(
        acts.fact(
            Contact,
            day,
            life.who(day),
            recorded_on=life.written(day),
            started_at=hour(rng) if rng.random() < 0.5 else None,
            parties=["participant", "employer"] if together else ["employer"],
            channel=channel,
            place="workplace" if in_person else "",
            minutes=rng.choice((20, 30, 45, 60)) if in_person else rng.choice((5, 10, 15)),
            travel_minutes=rng.choice((10, 20, 30, 45)) if in_person else 0,
            purpose="job_development",
            employer=employer,
            contact_person=boss.number if rng.random() < 0.85 else None,
            decision_maker=boss.decides,
            next_contact_on=planned,
            note=notes.note(rng, "employer_again" if again else "employer_new", life.words(employer), channel),
        )
    )


def counsellor_and_collaborators(life: Life) -> None:
    """Counsellor and collaborators."""
    rng, course = life.rng, life.course
    assert course.talk is not None
    day = working_day(after(rng, course.talk, 20, 120), life.today)
    while life.open_on(day):
        if not course.closed_on(day):
            _aside(life, day, "counsellor")
        day = working_day(after(rng, day, 110, 240), life.today)
    if rng.random() < 0.38:
        day = working_day(after(rng, course.talk, 5, 60), life.today)
        if life.open_on(day):
            spells.collaborator(life, day)
            day = working_day(after(rng, day, 30, 150), life.today)
            while life.open_on(day):
                _aside(life, day, "collaborator")
                day = working_day(after(rng, day, 110, 260), life.today)


def _aside(life: Life, day: date, party: str) -> None:
    rng = life.rng
    together = rng.random() < 0.3
    channel = "in_person" if together else rng.choice(("phone", "phone", "email", "video"))
    life.acts.append(
        acts.fact(
            Contact,
            day,
            life.place.specialist(day),
            parties=["participant", party] if together else [party],
            channel=channel,
            place="office" if together else "",
            minutes=45 if together else rng.choice((10, 15, 20)),
            travel_minutes=0,
            purpose="follow_up",
            # A talk with others in between does not change when the two meet next.
            next_contact_on=None if not together else working_day(after(rng, day, 10, 25), life.today),
            note=notes.note(rng, party, {}, channel),
        )
    )
