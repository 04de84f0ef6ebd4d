"""What tests start from: an organisation with people in it, and cases made through the same actions as real use."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from plass.access.current_user import set_current_user
from plass.cases import actions, identity
from plass.cases.models import Case
from plass.organisation.models import County, Membership, Office, Role, Team, User

from .conftest import as_owner

_numbers = count(1)


def identity_number(born_on: date | None = None, nth: int | None = None) -> str:
    """A national identity number from the range set aside for tests (80 added to the month), new at each call.

    Whoever names a day of birth gets that day, however many numbers the tests before have used; the others are born on
    17 May 1990 or, where that day has no number left, on one after it.
    """
    while True:
        n = next(_numbers) if nth is None else nth
        day = born_on or date(1990, 5, 17) + timedelta(days=n // 500)
        individual = n % 500 if day.year < 2000 else 500 + n % 500
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
    other_counsellor: User
    other_specialist: User
    leader: User
    administrator: User
    extra: dict[str, Any] = field(default_factory=dict)

    def act_as(self, user: User) -> User:
        """From here on in this test ``user`` acts; returns a fresh copy of them."""
        set_current_user(user.pk)
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
        place = team or self.team
        by = self.act_as(self.counsellor if place.office_id == self.office.pk else self.other_counsellor)
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


def stored(row: Model, column: str) -> bytes:
    """What stands in a hidden column of ``row`` (``db.hidden``), which Django does not read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        role = cursor.fetchone()[0]
        cursor.execute("SET ROLE plass_owner")
        cursor.execute(f"SELECT {column} FROM {row._meta.db_table} WHERE {row._meta.pk.column} = %s", [row.pk])
        value = bytes(cursor.fetchone()[0])
        cursor.execute(f"SET ROLE {role}")
    return value


def shielded_cases() -> dict[int, bool]:
    """Every case and whether the database keeps it as shielded, which nobody else reads. Needs ``as_owner``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, shielded FROM cases_case")
        return dict(cursor.fetchall())


def approved_link(world: World, account: User, *, by: User | None = None) -> str:
    """A password link for ``account`` that the administrator asked for and a second person approved: its secret."""
    from plass.accounts import approvals
    from plass.administration import actions as administration

    asked = administration.password_link(account, by=world.act_as(world.administrator), reason="Har glemt passordet")
    approvals.answer(asked, by=world.act_as(by or world.leader), yes=True)
    return approvals.token_of(asked)


def user(username: str, given_name: str, family_name: str, kind: str = User.Kind.STAFF) -> User:
    """An account with the password "prøv-passord-123". Needs ``as_owner``."""
    account = User(
        username=username, given_name=given_name, family_name=family_name, kind=kind, started_on=date(2015, 1, 1)
    )
    account.set_password(PASSWORD)
    account.save()
    return account


def member(
    account: User, role: Role, office: Office | None = None, team: Team | None = None, **more: Any
) -> Membership:
    """A role from 2015 on. Needs ``as_owner``."""
    return Membership.objects.create(
        user=account, role=role, office=office, team=team, started_on=date(2015, 1, 1), **more
    )


#: Hashing it for each account of each test would cost more than the rest of them.
PASSWORD = "prøv-passord-123"
_hashed: list[str] = []


def make_world() -> World:
    """Lay out the organisation, in as few statements as it can be: most tests begin with it."""
    if not _hashed:
        _hashed.append(make_password(PASSWORD))
    since = date(2015, 1, 1)
    with as_owner():
        county = County.objects.create(name="Prøvefylket")
        office, other_office = Office.objects.bulk_create(
            [
                Office(county=county, number="9901", name="Plass Nord"),
                Office(county=county, number="9902", name="Plass Sør"),
            ]
        )
        team, second_team, other_team = Team.objects.bulk_create(
            [
                Team(office=office, name="Jobbteam 1"),
                Team(office=office, name="Jobbteam 2"),
                Team(office=other_office, name="Jobbteam 1"),
            ]
        )
        staff = (
            ("specialist", "jobb1", "Siri", "Spesialist", Role.SPECIALIST, office, team),
            ("colleague", "jobb2", "Kåre", "Kollega", Role.SPECIALIST, office, team),
            ("supervisor", "leder1", "Mette", "Metodeveileder", Role.SUPERVISOR, office, team),
            ("counsellor", "veileder1", "Vidar", "Veileder", Role.COUNSELLOR, office, None),
            ("other_counsellor", "veileder2", "Vera", "Veileder", Role.COUNSELLOR, other_office, None),
            ("other_specialist", "jobb3", "Synne", "Sørkontor", Role.SPECIALIST, other_office, other_team),
            ("leader", "kontor1", "Lise", "Leder", Role.LEADER, office, None),
            ("administrator", "admin1", "Atle", "Administrator", Role.ADMINISTRATOR, office, None),
        )
        people = User.objects.bulk_create(
            User(
                username=username,
                given_name=given_name,
                family_name=family_name,
                kind=User.Kind.STAFF,
                started_on=since,
                password=_hashed[0],
            )
            for _who, username, given_name, family_name, *_place in staff
        )
        Membership.objects.bulk_create(
            Membership(user=account, role=role, office=where, team=within, started_on=since)
            for account, (_who, _username, _given, _family, role, where, within) in zip(people, staff, strict=True)
        )
    named = {person[0]: account for person, account in zip(staff, people, strict=True)}
    return World(county, office, other_office, team, second_team, other_team, **named)
