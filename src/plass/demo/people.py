"""The made-up participants, and what each of them wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from plass.cases.identity import check_digits
from plass.profiles.models import Profile

from . import names
from .acts import FactRecorded, Person, fact
from .occupations import AVOID, INTERESTS, MASTERY, NETWORK, OCCUPATIONS, STRENGTHS, SUPPORT, TRAVEL, Occupation

#: Individual numbers that each county may give out for one day of birth, so that no two counties give the same one.
INDIVIDUAL_NUMBERS = 3
#: More counties than this would run out of individual numbers.
MOST_COUNTIES = 500 // INDIVIDUAL_NUMBERS

EMPLOYER_CONTACT = (("yes", "without_name", "ask_first", "no", "not_discussed"), (52, 16, 20, 3, 9))
MUST_NOT_SHARE = ("Diagnose.", "Diagnose og familieforhold.", "Hva som skjedde i forrige jobb.", "")


@dataclass(slots=True)
class People:
    """Makes the participants of one county, each with an identity number of their own."""

    county: int
    given: set[tuple[date, int]] = field(default_factory=set)
    made: int = 0

    def person(self, rng: Random, referred: date, place: str) -> Person:
        """A new participant, 18 to 62 years old when referred."""
        born = referred - timedelta(days=int(18.2 * 365.25 + 44 * 365.25 * rng.random() ** 1.3))
        digits, born = self._identity_number(born)
        self.made += 1
        given_name = names.PARTICIPANT_GIVEN[int(rng.random() * len(names.PARTICIPANT_GIVEN))]
        family_name = names.PARTICIPANT_FAMILY[int(rng.random() * len(names.PARTICIPANT_FAMILY))]
        turn = rng.random()
        protection = "" if turn < 0.985 else "confidential" if turn < 0.993 else "own_employee"
        hidden = protection == "confidential"
        return Person(
            number=self.made,
            identity_number=digits,
            born_on=born,
            given_name=given_name,
            family_name=family_name,
            phone=names.phone(int(rng.random() * 10_000)),
            email=names.email(f"{given_name} {family_name}") if rng.random() < 0.7 else "",
            address="" if hidden else f"{rng.choice(names.STREETS)} {1 + int(rng.random() * 90)}",
            postal_code="" if hidden else f"{9992 + int(rng.random() * 8)}",
            place="" if hidden else place,
            language="" if rng.random() < 0.82 else rng.choice(names.LANGUAGES),
            protection=protection,
        )

    def _identity_number(self, born: date) -> tuple[str, date]:
        """A number with 80 added to the month, and the day of birth it says: ``born`` or soon after."""
        for _days in range(400):
            first = (500 if born.year >= 2000 else 0) + self.county * INDIVIDUAL_NUMBERS
            for individual in range(first, first + INDIVIDUAL_NUMBERS):
                nine = f"{born.day:02}{born.month + 80:02}{born.year % 100:02}{individual:03}"
                digits = check_digits(nine)
                if digits and (born, individual) not in self.given:
                    self.given.add((born, individual))
                    return f"{nine}{digits[0]}{digits[1]}", born
            born += timedelta(days=1)
        raise RuntimeError("no identity number left")


@dataclass(slots=True)
class Wants:
    """What somebody wants and needs, from which the versions of their profile are written."""

    occupations: list[Occupation]
    interests: list[str]
    strengths: list[str]
    avoid: list[str]
    support: list[str]
    hours: float
    employer_contact: str

    @classmethod
    def of(cls, rng: Random) -> Wants:
        """Somebody's wishes."""
        return cls(
            occupations=rng.sample(OCCUPATIONS, rng.choice((1, 2, 2, 3))),
            interests=rng.sample(INTERESTS, 3),
            strengths=rng.sample(STRENGTHS, 3),
            avoid=rng.sample(AVOID, rng.choice((1, 2))),
            support=rng.sample(SUPPORT, rng.choice((1, 2, 2, 3))),
            hours=rng.choice((10.0, 15.0, 18.5, 20.0, 25.0, 30.0, 37.5)),
            employer_contact=rng.choices(*EMPLOYER_CONTACT)[0],
        )

    def learn(self, rng: Random) -> None:
        """Time has passed: more is known than last time."""
        if len(self.support) < 4:
            self.support.append(rng.choice([need for need in SUPPORT if need not in self.support]))
        if len(self.strengths) < 5:
            self.strengths.append(rng.choice([strength for strength in STRENGTHS if strength not in self.strengths]))
        self.hours = min(self.hours + rng.choice((-2.5, 0.0, 2.5, 5.0)), 37.5)
        if self.employer_contact == "not_discussed":
            self.employer_contact = rng.choice(("yes", "ask_first"))
        if rng.random() < 0.25:
            new = rng.choice(OCCUPATIONS)
            if new not in self.occupations:
                self.occupations = [new, *self.occupations][:4]

    def profile(self, rng: Random, day: date, by: int) -> FactRecorded:
        """One version of the profile."""
        tasks = [rng.choice(occupation.tasks) for occupation in self.occupations]
        open_ = self.employer_contact in ("yes", "ask_first")
        return fact(
            Profile,
            day,
            by,
            occupations=[occupation.title for occupation in self.occupations],
            interests=_listed(self.interests),
            strengths=_listed(self.strengths),
            tasks=f"Liker å {' og '.join(dict.fromkeys(tasks))}.",
            avoid=_listed(self.avoid),
            hours_wanted=self.hours,
            places=rng.choice(TRAVEL),
            network=rng.choice(NETWORK),
            support_needs=" ".join(self.support),
            mastery=rng.choice(MASTERY),
            employer_contact=self.employer_contact,
            may_share="Hva slags tilrettelegging som trengs, og hvorfor jobben frister." if open_ else "",
            must_not_share=rng.choice(MUST_NOT_SHARE),
        )


def _listed(words: list[str]) -> str:
    text = ", ".join(words)
    return text[:1].upper() + text[1:] + "."
