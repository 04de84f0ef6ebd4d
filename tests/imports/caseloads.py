"""Made-up caseloads for the tests of formats: what is true of each person, and the table that an office would keep of it.

A :class:`Person` is what must come back. :func:`table` lays people out as rows of cells below headings, in one of the ways
that offices do it, and :mod:`.formats` writes such a table as a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plass.imports.plan_types import Plan

TODAY = date(2026, 11, 30)
#: A cell of a table before it is written to a file.
Cell = str | int | float | date | None

HEADINGS = {
    "number": "Fødselsnummer",
    "name": "Deltakers navn",
    "given_name": "Deltaker fornavn",
    "family_name": "Deltaker etternavn",
    "phone": "Deltakers telefon",
    "referred_on": "Henvist dato",
    "started_on": "Første samtale",
    "last_met_on": "Sist møtt",
    "specialist": "Jobbspesialist",
    "wishes": "Jobbønske",
    "ended_on": "Oppfølging avsluttet",
    "end_cause": "Årsak til avslutning",
    "employer": "Arbeidsgiver",
    "title": "Stilling",
    "form": "Ansettelsesform",
    "hours": "Timer",
    "job_started_on": "Jobbstart",
    "job_ended_on": "Jobbslutt",
}


@dataclass(frozen=True)
class Job:
    """A job of a person."""

    employer: str
    title: str
    hours: Decimal
    started_on: date
    ended_on: date | None = None


@dataclass(frozen=True)
class Person:
    """What an office knows of one person."""

    number: str
    given_name: str
    family_name: str
    phone: str = ""
    referred_on: date | None = None
    started_on: date | None = None
    last_met_on: date | None = None
    specialist: str = ""
    wishes: str = ""
    ended_on: date | None = None
    end_cause: str = ""
    jobs: tuple[Job, ...] = ()


@dataclass(frozen=True)
class Layout:
    """How an office lays its list out, and writes what is no text."""

    seed: int = 0
    is_name_in_one_column: bool = False
    has_family_name_first: bool = True
    has_title: bool = False
    has_gaps: bool = False
    #: "iso", "long", "short", "words", or "cells" for real days, which a text file does not have.
    dates: str = "long"
    has_decimal_comma: bool = True
    #: The identity number as "digits", "space" (in two parts) or "number" (its leading zeros are lost).
    numbers: str = "digits"


def table(people: Sequence[Person], layout: Layout) -> list[list[Cell]]:
    """The list: titles, headings, and a row for each person, or for each job of theirs."""
    names = ("name",) if layout.is_name_in_one_column else ("given_name", "family_name")
    keys = [key for key in HEADINGS if key not in ("name", "given_name", "family_name")] + list(names)
    chance = Random(layout.seed)
    chance.shuffle(keys)
    rows: list[list[Cell]] = [[HEADINGS[key] for key in keys]]
    if layout.has_title:
        rows = [["Deltakere i jobbteamet, oppdatert i november"], [], *rows]
    for person in people:
        for job in person.jobs or (None,):
            cells = _cells(person, job, layout)
            rows.append([cells[key] for key in keys])
        if layout.has_gaps and chance.random() < 0.3:
            rows.append([])
    return rows


def facts(people: Sequence[Person]) -> dict[str, Person]:
    """What must come back: texts with one space between words, as the import keeps them."""
    return {
        person.number: Person(
            **{
                **vars(person),
                "wishes": " ".join(person.wishes.split()),
                "jobs": tuple(sorted(person.jobs, key=_job_key)),
            }
        )
        for person in people
    }


def facts_of(plan: Plan) -> dict[str, Person]:
    """What a plan would write, in the same form."""
    return {
        person.number.digits: Person(
            number=person.number.digits,
            given_name=person.given_name,
            family_name=person.family_name,
            phone=person.person["phone"],
            referred_on=person.referred_on,
            started_on=person.started_on,
            last_met_on=person.last_met_on,
            specialist=person.specialist,
            wishes=person.wishes,
            ended_on=person.ended_on,
            end_cause=person.end_cause,
            jobs=tuple(
                sorted(
                    (
                        Job(job.employer, job.title, job.hours, job.started_on, job.ended_on or job.planned_end_on)
                        for job in person.jobs
                    ),
                    key=_job_key,
                )
            ),
        )
        for person in plan.people
    }


def _job_key(job: Job) -> tuple[str, date]:
    return job.employer, job.started_on


def _cells(person: Person, job: Job | None, layout: Layout) -> dict[str, Cell]:
    from plass.cases.models import CaseEnded

    name = (
        f"{person.family_name}, {person.given_name}"
        if layout.has_family_name_first
        else f"{person.given_name} {person.family_name}"
    )
    cause = str(CaseEnded.Cause(person.end_cause).label) if person.end_cause else ""
    cells: dict[str, Cell] = {
        "number": _number(person.number, layout),
        "name": name,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "phone": person.phone,
        "referred_on": _day(person.referred_on, layout),
        "started_on": _day(person.started_on, layout),
        "last_met_on": _day(person.last_met_on, layout),
        "specialist": person.specialist,
        "wishes": person.wishes,
        "ended_on": _day(person.ended_on, layout),
        "end_cause": cause,
    }
    of_job: dict[str, Cell] = dict.fromkeys(("employer", "title", "form", "hours", "job_started_on", "job_ended_on"))
    if job:
        of_job = {
            "employer": job.employer,
            "title": job.title,
            "form": "fast",
            "hours": str(job.hours).replace(".", "," if layout.has_decimal_comma else "."),
            "job_started_on": _day(job.started_on, layout),
            "job_ended_on": _day(job.ended_on, layout),
        }
        if layout.dates == "cells":
            of_job["hours"] = float(job.hours)
    return cells | of_job


def _number(digits: str, layout: Layout) -> Cell:
    if layout.numbers == "number":
        return int(digits)
    return f"{digits[:6]} {digits[6:]}" if layout.numbers == "space" else digits


_MONTHS = [
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
]


def _day(day: date | None, layout: Layout) -> Cell:
    if day is None or layout.dates == "cells":
        return day
    return {
        "iso": day.isoformat(),
        "long": f"{day:%d.%m.%Y}",
        "short": f"{day.day}.{day.month}.{day:%y}",
        "words": f"{day.day}. {_MONTHS[day.month - 1]} {day.year}",
    }[layout.dates]


def as_text(cell: Any) -> str:
    """A cell as a text file has it."""
    return "" if cell is None else str(cell)
