"""A leader, an evaluator, an administrator or an outsider reads what staff wrote about employers.

They are set as the acting user and ask without a filter: for talks with an employer about nobody yet, for the people to
talk to there, and for the history of both. These are for staff whose role has cases. Tried: 1,834 such talks were read.
"""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from plass.employers import actions as employers
from plass.followup import actions as followup
from plass.organisation.models import Role, User
from tests.conftest import as_owner
from tests.world import member, user

NOTE = "Sjefen sa at han helst ikke vil ha noen med kanarifugl"
ASKED = {
    "talks": "SELECT count(*) FROM followup_contact",
    "people there": "SELECT count(*) FROM employers_contactperson",
    "their accounts": "SELECT count(*) FROM rights_contactaccount",
    "history": "SELECT count(*) FROM access_change WHERE audience = 'staff'",
}


@pytest.fixture
def noted(world):
    """A talk with an employer about nobody yet, with a note; and the one to talk to there, whose phone has changed."""
    by = world.act_as(world.specialist)
    employer = employers.add_employer(by=by, name="Kafé Kanari", is_another=True)
    person = employers.add_person(employer, by=by, name="Bjarne Baker", phone="90000000")
    employers.change_person(person, by=by, based_on=person.version, phone="90000001")
    followup.record_contact(
        None,
        by=by,
        employer=employer,
        contact_person=person,
        parties=["employer"],
        channel="phone",
        minutes=10,
        purpose="job_development",
        note=NOTE,
        happened_on=timezone.localdate(),
    )
    return employer


@pytest.fixture
def others(world):
    """Everybody whose role has no cases."""
    with as_owner():
        evaluator, protection, left = (user(name, name, "Utenfor") for name in ("evaluator", "vern", "sluttet"))
        member(evaluator, Role.EVALUATOR, world.office)
        member(protection, Role.DATA_PROTECTION, world.office)
        member(left, Role.SPECIALIST, world.office, world.team, ended_on=timezone.localdate().replace(year=2020))
        participant = user("deltaker", "", "", kind=User.Kind.PARTICIPANT)
        contact = user("kontakt", "", "", kind=User.Kind.EMPLOYER)
    return {
        "leader": world.leader,
        "administrator": world.administrator,
        "evaluator": evaluator,
        "data protection officer": protection,
        "specialist who left": left,
        "participant": participant,
        "contact person": contact,
    }


def test_nobody_without_cases_reads_notes_about_employers(world, noted, others):
    def read() -> dict[str, int]:
        counts = {}
        with connection.cursor() as cursor:
            for what, question in ASKED.items():
                cursor.execute(question)
                counts[what] = cursor.fetchone()[0]
        return counts

    for name, who in others.items():
        world.act_as(who)
        assert read() == dict.fromkeys(ASKED, 0), name
    for name in ("specialist", "supervisor", "counsellor", "other_specialist"):
        world.act_as(getattr(world, name))
        assert {what for what, count in read().items() if count} == {"talks", "people there", "history"}, name


def test_their_own_pages_open_and_show_nothing_of_it(world, noted, others):
    pages = {
        "leader": ["/tall/"],
        "administrator": ["/kontoer/", "/organisasjon/", "/endringer/"],
        "data protection officer": ["/personvern/innsyn/"],
    }
    for name, who in others.items():
        client = Client()
        client.force_login(world.act_as(who))
        for page in pages.get(name, []):
            assert client.get(page).status_code == 200, (name, page)
        for page in [*pages.get(name, []), "/", f"/arbeidsgivere/{noted.pk}/"]:
            shown = client.get(page, follow=True).content.decode()
            assert NOTE not in shown and "Bjarne" not in shown, (name, page)


def test_nobody_without_cases_writes_them_either(world, noted, others):
    from django.db import DatabaseError, transaction

    for who in (others["leader"], others["administrator"]):
        world.act_as(who)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE employers_employer SET name = 'x'")
            assert cursor.rowcount == 0
            cursor.execute("UPDATE employers_contactperson SET name = 'x'")
            assert cursor.rowcount == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            employers.add_employer(by=who, name="Ny", is_another=True)
