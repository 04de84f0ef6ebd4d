"""The talks with the participant, one after the other, and the meetings agreed for them."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from plass.followup.models import Contact, Meeting, MeetingCancelled

from . import acts, notes
from .calendar import after, at, hour, working_day, working_day_before

if TYPE_CHECKING:
    from .course import Spell
    from .life import Life

#: Days between two talks with the participant in each stage (least, most), before the case's own pace.
GAPS = {
    "first_talk": (7, 14),
    "profiling": (8, 16),
    "search": (20, 40),
    "trial": (10, 20),
    "job_start": (6, 11),
    "job": (30, 52),
    "job_late": (44, 75),
    # The last months are written down more densely than the years behind: what Min dag looks at.
    "recent": (6, 11),
    "recent_job": (16, 26),
    "studies": (35, 60),
    "paused": (45, 70),
}
PURPOSES = {
    "first_talk": "first_talk",
    "profiling": "profiling",
    "search": "job_development",
    "trial": "job_support",
    "job_start": "job_support",
    "job": "job_support",
    "job_late": "follow_up",
    "studies": "follow_up",
    "paused": "relation",
    "lost": "job_support",
    "short": "relation",
    "closing": "follow_up",
}


def stage(life: Life, day: date) -> tuple[str, Spell | None]:
    """Where the person is on ``day``: a key of ``GAPS``, and the spell."""
    course = life.course
    assert course.talk is not None
    if course.paused_on(day):
        return "paused", None
    spell = course.spell_on(day)
    if spell is None:
        since = (day - course.talk).days
        return ("profiling" if since < 50 and not course.spells[:1] else "search"), None
    if spell.kind == "trial":
        return "trial", spell
    if spell.kind == "study":
        return "studies", spell
    weeks = (day - spell.start).days / 7
    return ("job_start" if weeks < 4 else "job" if weeks < 26 else "job_late"), spell


def talks(life: Life) -> None:
    """The talks with the participant, from the first to the next one that is agreed."""
    rng, course = life.rng, life.course
    day = course.talk
    assert day is not None
    lost = sorted(
        spell.end for spell in course.spells if spell.kind == "job" and spell.end and spell.end_reason != "new_job"
    )
    first, in_person_next, meeting = True, True, None
    while True:
        again = course.closed_on(day)
        if again is not None:
            day = again
        if not life.open_on(day):
            return
        where, spell = stage(life, day)
        if first:
            where = "first_talk"
        least, most = GAPS[_density(life, where, day)]
        planned = working_day(day + timedelta(days=int(rng.uniform(least, most) * life.pace)), life.today)
        ending = next((end for end in lost if day < end < planned), None)
        if ending is not None:
            planned = working_day(after(rng, ending, 1, 3), life.today)
        if 1 <= (planned - life.today).days <= 2 and rng.random() < 0.4:
            planned = life.today
        slip = working_day(after(rng, planned, 2, 9), life.today) if rng.random() < 0.13 else planned
        next_in_person = rng.random() < 0.62
        after_loss = any(0 < (day - end).days <= 4 for end in lost)
        _talk(life, day, "lost" if after_loss else where, spell, in_person_next, meeting, planned)
        meeting = None
        if slip > life.yesterday and life.course.ended is None:
            if planned >= life.today and (next_in_person or planned == life.today):
                ahead = (planned - life.today).days
                if rng.random() < (0.95 if ahead < 3 else 0.7 if ahead < 10 else 0.35):
                    agree(life, planned, where, agreed=day, spell=spell)
            return
        if next_in_person and rng.random() < (0.4 if (life.today - slip).days < 200 else 0.1) and life.open_on(slip):
            meeting = agree(life, slip, where, agreed=day, spell=spell)
            if rng.random() < 0.1:
                _cancel(life, meeting, slip)
                meeting = None
            elif (life.today - slip).days < 4 and rng.random() < 0.5:
                # Held, but nobody has written about it yet.
                return
        day, first, in_person_next = slip, False, next_in_person


def _density(life: Life, where: str, day: date) -> str:
    if (life.today - day).days > 75 or where in ("first_talk", "job_start", "paused"):
        return where
    return "recent_job" if where in ("job", "job_late", "studies") else "recent"


def _talk(
    life: Life,
    day: date,
    where: str,
    spell: Spell | None,
    in_person: bool,
    meeting: acts.FactRecorded | None,
    planned: date,
) -> None:
    rng = life.rng
    employer = life.workplaces.get(id(spell), life.current) if spell else life.current
    absent = where != "first_talk" and rng.random() < 0.055
    at_work = spell is not None and spell.kind in ("trial", "job") and in_person and rng.random() < 0.65
    joint = at_work and not absent and rng.random() < 0.55
    short = not in_person and not absent and where not in ("lost", "first_talk") and rng.random() < 0.35
    if meeting is not None:
        in_person, short = True, False
    channel = "in_person" if in_person else rng.choices(("phone", "message", "video", "email"), (60, 25, 9, 6))[0]
    place = ""
    if in_person:
        place = "workplace" if at_work else rng.choices(("office", "out", "home"), (48, 46, 6))[0]
    boss = life.place.boss(employer)
    by = meeting.values["staff"] if meeting else life.who(day)
    situation = "no_show" if absent else "short" if short else "employer_job" if joint else where
    text = notes.note(rng, {"job_late": "job"}.get(situation, situation), life.words(employer), channel)
    life.acts.append(
        acts.fact(
            Contact,
            day,
            by,
            recorded_on=life.written(day),
            started_at=hour(rng) if rng.random() < 0.6 else None,
            parties=["participant", "employer"] if joint else ["participant"],
            channel=channel,
            place=place,
            minutes=_minutes(rng, channel, absent),
            travel_minutes=rng.choice((0, 15, 20, 30, 40, 60)) if place not in ("", "office") else 0,
            no_show=absent,
            purpose="relation" if short else PURPOSES[where],
            employer=employer if joint else None,
            contact_person=boss.number if joint else None,
            decision_maker=joint and boss.decides,
            meeting=meeting,
            next_contact_on=planned if rng.random() < 0.82 else None,
            note=text,
        )
    )


def _minutes(rng: Random, channel: str, absent: bool) -> int:
    if absent:
        return rng.choice((0, 5, 15))
    if channel in ("in_person", "video"):
        return rng.choice((30, 45, 45, 60, 60, 60, 75, 90))
    return rng.choice((5, 10, 10, 15, 20, 30)) if channel == "phone" else 5


def agree(
    life: Life, day: date, where: str, *, agreed: date, spell: Spell | None = None, employer: int | None = None
) -> acts.FactRecorded:
    """A meeting on ``day``; with ``employer`` a visit there."""
    rng = life.rng
    at_work = spell is not None and spell.kind in ("trial", "job") and rng.random() < 0.6
    workplace = life.workplaces.get(id(spell), life.current) if at_work else employer
    parties = ["participant"] if employer is None else ["employer"]
    if at_work and rng.random() < 0.5:
        parties = ["participant", "employer"]
    met_at = "workplace" if workplace else rng.choice(("office", "office", "out"))
    outside = rng.choice(("Biblioteket", "Kafeen på torget", "Ved inngangen"))
    room = {"office": f"Rom {rng.randint(1, 9)}", "out": outside}
    meeting = acts.fact(
        Meeting,
        min(agreed, life.yesterday),
        life.place.specialist(min(agreed, life.yesterday)),
        starts_at=at(day, hour(rng)),
        minutes=rng.choice((30, 45, 60, 60, 90)),
        parties=parties,
        staff=life.place.specialist(day),
        channel="in_person",
        place=met_at,
        address=life.place.name(workplace) if workplace else room[met_at],
        employer=workplace,
        purpose=PURPOSES[where],
        note="",
    )
    life.acts.append(meeting)
    return meeting


def _cancel(life: Life, meeting: acts.FactRecorded, day: date) -> None:
    rng = life.rng
    called = max(working_day_before(day), meeting.happened_on)
    life.acts.append(
        acts.fact(
            MeetingCancelled,
            called,
            life.place.specialist(called),
            meeting=meeting,
            by=rng.choice(("participant", "participant", "staff")),
            reason=rng.choice(notes.CANCELLED),
        )
    )
