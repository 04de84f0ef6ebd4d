"""What tests of this room start from: two participants with accounts, an employer with a contact person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone

from plass.cases.models import Case
from plass.employers import actions as employers
from plass.employers.models import ContactPerson, Employer
from plass.followup import actions as followup
from plass.organisation.models import User
from plass.rights import actions

from ..conftest import as_owner
from ..world import World, user


@dataclass
class People:
    """A case with an account, somebody else's case with an account, and an employer who was contacted for both."""

    case: Case
    me: User
    other_case: Case
    other: User
    employer: Employer
    person: ContactPerson
    second_employer: Employer
    second_person: ContactPerson


def account(case: Case, username: str) -> User:
    """An account for the participant of a case."""
    with as_owner():
        made = user(username, "", "", User.Kind.PARTICIPANT)
        type(case.participant).objects.filter(pk=case.participant_id).update(user=made)
    return made


def make_people(world: World) -> People:
    case, other_case = world.refer("Per", "Prøve"), world.refer("Else", "Annen")
    by = world.act_as(world.specialist)
    shops = [employers.add_employer(by=by, name=name) for name in ("Hav Kafé", "Fjell Sport")]
    persons = [
        employers.add_person(shop, by=by, name=name)
        for shop, name in zip(shops, ("Kari Kafésjef", "Frode Fjellvant"), strict=True)
    ]
    for about in (case, other_case):
        for shop in shops:
            contact(about, by, shop, note="Hemmelig notat om sykdom")
    return People(
        case,
        account(case, "deltaker1"),
        other_case,
        account(other_case, "deltaker2"),
        shops[0],
        persons[0],
        shops[1],
        persons[1],
    )


def contact(case: Case, by: User, employer: Employer | None = None, **more: Any) -> Any:
    """A contact today, with the employer or (without) the participant."""
    values = {
        "happened_on": timezone.localdate(),
        "parties": ["employer" if employer else "participant"],
        "channel": "in_person",
        "place": "workplace",
        "minutes": 30,
        "purpose": "job_development",
        "employer": employer,
    }
    return followup.record_contact(case, by=by, **{**values, **more})


def let_in(world: World, people: People, case: Case | None = None, person: ContactPerson | None = None) -> User:
    """The contact person gets access; returns their account."""
    by = world.act_as(world.specialist)
    person = person or people.person
    actions.give_access(
        case or people.case, by=by, contact_person=person, agreed_on=timezone.localdate(), agreed_how="talk"
    )
    with as_owner():
        return User.objects.get(pk=person.account.user_id)


def code_if_needed(person: ContactPerson, by: User) -> str:
    """What the contact person reads on the phone to ``by`` (who acts), where it must be asked for."""
    if not actions.needs_code(person):
        return ""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT rights_code(user_id, %s) FROM rights_contactaccount WHERE contact_person_id = %s",
            [by.pk, person.pk],
        )
        return str(cursor.fetchone()[0])


def tell(world: World, people: People, item: str = "name", text: str = "Per", employer: Employer | None = None) -> Any:
    """The participant releases something."""
    me = world.act_as(people.me)
    return actions.release(people.case, by=me, employer=employer or people.employer, item=item, text=text)
