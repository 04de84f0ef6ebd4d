"""What tests start from: an organisation with people in it, and cases made through the same actions as real use."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from plass.access.acting import announce
from plass.cases import actions, identity
from plass.cases.models import Case
from plass.organisation.models import County, Membership, Office, Role, Team, User

from .conftest import as_owner

_numbers = count(1)


def identity_number(born_on: date = date(1990, 5, 17), nth: int | None = None) -> str:
    """A national identity number from the range set aside for tests (80 added to the month), new at each call."""
    while True:
        n = next(_numbers) if nth is None else nth
        individual = n % 500 if born_on.year < 2000 else 500 + n % 500
        day = born_on + timedelta(days=n // 500)
        nine = f"{day.day:02}{day.month + 80:02}{day.year % 100:02}{individual:03}"
        digits = identity.check_digits(nine)
        if digits:
            return f"{nine}{digits[0]}{digits[1]}"
        nth = None if nth is None else nth + 1


@dataclass
class World:
    """One county with two offices; the first has two teams. Everybody has worked here since 2015."""

    county: County
    office: Office
    other_office: Office
    team: Team
    second_team: Team
    other_team: Team
    specialist: User
    colleague: User
    supervisor: User
    counsellor: User
    other_specialist: User
    leader: User
    administrator: User
    extra: dict[str, Any] = field(default_factory=dict)

    def act_as(self, user: User) -> User:
        """From here on in this test ``user`` acts; returns a fresh copy of them."""
        announce(user.pk)
        return User.objects.get(pk=user.pk)

    def refer(
        self,
        given_name: str = "Prøve",
        family_name: str = "Deltaker",
        *,
        on: date | None = None,
        team: Team | None = None,
        protection: str = "",
        taken: bool = True,
        number: str | None = None,
        **person: Any,
    ) -> Case:
        """A case referred by the counsellor and (if ``taken``) taken by the specialist on the same day."""
        by = self.act_as(self.counsellor)
        when = on or timezone.localdate()
        case = actions.refer(
            by=by,
            number=identity.parse(number or identity_number()),
            person={"given_name": given_name, "family_name": family_name, "protection": protection, **person},
            team=team or self.team,
            wishes="Jobbe med mennesker",
            participant_agreed_on=when,
            happened_on=when,
        )
        if taken:
            to = self.specialist if (team or self.team) == self.team else self.other_specialist
            actions.hand_over(case, by=by, to=to, team=team or self.team, happened_on=when)
            case.refresh_from_db()
        self.act_as(self.specialist)
        return case


def user(username: str, given_name: str, family_name: str, kind: str = User.Kind.STAFF) -> User:
    """An account with the password "prøv-passord-123". Needs ``as_owner``."""
    account = User(
        username=username, given_name=given_name, family_name=family_name, kind=kind, started_on=date(2015, 1, 1)
    )
    account.set_password("prøv-passord-123")
    account.save()
    return account


def member(
    account: User, role: Role, office: Office | None = None, team: Team | None = None, **more: Any
) -> Membership:
    """A role from 2015 on. Needs ``as_owner``."""
    return Membership.objects.create(
        user=account, role=role, office=office, team=team, started_on=date(2015, 1, 1), **more
    )


def make_world() -> World:
    """Lay out the organisation."""
    with as_owner():
        county = County.objects.create(name="Prøvefylket")
        office = Office.objects.create(county=county, number="9901", name="Plass Nord")
        other_office = Office.objects.create(county=county, number="9902", name="Plass Sør")
        team = Team.objects.create(office=office, name="Jobbteam 1")
        second_team = Team.objects.create(office=office, name="Jobbteam 2")
        other_team = Team.objects.create(office=other_office, name="Jobbteam 1")
        people = {
            "specialist": user("jobb1", "Siri", "Spesialist"),
            "colleague": user("jobb2", "Kåre", "Kollega"),
            "supervisor": user("leder1", "Mette", "Metodeveileder"),
            "counsellor": user("veileder1", "Vidar", "Veileder"),
            "other_specialist": user("jobb3", "Synne", "Sørkontor"),
            "leader": user("kontor1", "Lise", "Leder"),
            "administrator": user("admin1", "Atle", "Administrator"),
        }
        member(people["specialist"], Role.SPECIALIST, office, team)
        member(people["colleague"], Role.SPECIALIST, office, team)
        member(people["supervisor"], Role.SUPERVISOR, office, team)
        member(people["counsellor"], Role.COUNSELLOR, office)
        member(people["other_specialist"], Role.SPECIALIST, other_office, other_team)
        member(people["leader"], Role.LEADER, office)
        member(people["administrator"], Role.ADMINISTRATOR, office)
    return World(county, office, other_office, team, second_team, other_team, **people)
