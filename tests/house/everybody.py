"""Everybody who may come to Plass, and a participant in each relation to them: what the walks over all pages start from.

Ten roles and five relations (reference: access and trust). The relations are seen from the specialist, the supervisor and
the counsellor of the first team: their own, the team's, another team's at the office, another office's, and a shielded
participant of the team. Each participant has a name of their own that stands nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from plass.cases import actions, identity
from plass.cases.models import Case, Participant
from plass.employers.models import ContactPerson, Employer
from plass.followup.models import Contact, Meeting
from plass.jobs import actions as jobs
from plass.organisation.actions import record_absence
from plass.organisation.models import Membership, Role, Team, User
from plass.plan.models import PlanStep
from tests.conftest import as_owner
from tests.world import World, identity_number, make_world, member, user

ROLES = (
    "specialist",
    "supervisor",
    "counsellor",
    "leader",
    "county_leader",
    "evaluator",
    "administrator",
    "data_protection",
    "participant",
    "employer",
)
RELATIONS = ("own", "team", "other team", "other office", "shielded")
NAMES = {
    "own": "Egenberg",
    "team": "Teamdal",
    "other team": "Naboteamvik",
    "other office": "Nabokontornes",
    "shielded": "Kanarifugl",
}
#: What stands in the shielded participant's record and must never be seen by those who may not.
CANARY = ("Kanarifugl", "Kanarigate", "99112233")


@dataclass
class Everybody:
    """The people by role, the cases by relation, and the numbers that addresses need, by relation."""

    world: World
    people: dict[str, User]
    cases: dict[str, Case]
    numbers: dict[str, dict[str, Any]]
    #: numbers that do not belong to a case
    others: dict[str, Any] = field(default_factory=dict)

    @property
    def of_the_organisation(self) -> dict[str, int]:
        """The number that an administrator's page is about, by the page's name; all others are about an account."""
        return {
            "county": self.world.county.pk,
            "add_office": self.world.county.pk,
            "office": self.world.office.pk,
            "add_team": self.world.office.pk,
            "team": self.world.team.pk,
            "remove_group": 1,
        }


def lay_out() -> Everybody:
    """Make it. Within a transaction."""
    world = make_world()
    with as_owner():
        with connection.cursor() as cursor:
            # Somebody does the background jobs, and is heard of as long as the tests take.
            cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 day')")
        people = {
            "specialist": world.specialist,
            "supervisor": world.supervisor,
            "counsellor": world.counsellor,
            "leader": world.leader,
            "administrator": world.administrator,
            "county_leader": user("fylke1", "Fride", "Fylkesleder"),
            "evaluator": user("evaluator1", "Eva", "Evaluator"),
            "data_protection": user("personvern1", "Pia", "Personvern"),
            "participant": user("deltaker1", "", "", kind=User.Kind.PARTICIPANT),
            "employer": user("arbeidsgiver1", "", "", kind=User.Kind.EMPLOYER),
        }
        member(people["county_leader"], Role.LEADER, county=world.county)
        member(people["evaluator"], Role.EVALUATOR, county=world.county)
        member(people["data_protection"], Role.DATA_PROTECTION, world.office)
        second_specialist = user("jobb9", "Nils", "Naboteam")
        member(second_specialist, Role.SPECIALIST, world.office, world.second_team)
        counsellors = {}
        for number, office in enumerate((world.office, world.other_office)):
            counsellors[office.pk] = user(f"veileder{number + 7}", "Vera", f"Veileder {number}")
            member(counsellors[office.pk], Role.COUNSELLOR, office)
    local_counsellor, far_counsellor = counsellors[world.office.pk], counsellors[world.other_office.pk]
    who: dict[str, tuple[User, User, Team]] = {
        "own": (world.specialist, world.counsellor, world.team),
        "team": (world.colleague, local_counsellor, world.team),
        "other team": (second_specialist, local_counsellor, world.second_team),
        "other office": (world.other_specialist, far_counsellor, world.other_team),
        "shielded": (world.colleague, local_counsellor, world.team),
    }
    cases, numbers = {}, {}
    for relation, (specialist, counsellor, team) in who.items():
        cases[relation], numbers[relation] = _case(world, relation, specialist, counsellor, team)
    with as_owner():
        Participant.objects.filter(pk=cases["own"].participant_id).update(user=people["participant"])
    everybody = Everybody(world, people, cases, numbers)
    me = world.act_as(world.specialist)
    today = timezone.localdate()
    absence = record_absence(
        by=me, user=me, covered_by=world.colleague, starts_on=today, ends_on=today + timedelta(days=3)
    )
    employer = Employer.objects.create(name="Prøvebakeriet AS", recorded_by=me)
    person = ContactPerson.objects.create(employer=employer, name="Berit Baker", recorded_by=me)
    role = Membership.objects.get(user=world.colleague).pk
    everybody.others = {"role": role, "absence_id": absence.pk, "employer_id": employer.pk, "person_id": person.pk}
    return everybody


def _case(world: World, relation: str, specialist: User, counsellor: User, team: Team) -> tuple[Case, dict[str, Any]]:
    today = timezone.localdate()
    by = world.act_as(counsellor)
    shielded = relation == "shielded"
    case = actions.refer(
        by=by,
        number=identity.parse(identity_number()),
        person={
            "given_name": "Prøve",
            "family_name": NAMES[relation],
            "protection": "strictly_confidential" if shielded else "",
            "address": "Kanarigate 1" if shielded else "Prøvegata 1",
            "phone": "99112233" if shielded else "",
        },
        team=team,
        wishes=f"{NAMES[relation]} vil jobbe",
        participant_agreed_on=today,
    )
    actions.hand_over(case, by=by, to=specialist, team=team)
    by = world.act_as(specialist)
    case.refresh_from_db()
    meeting = Meeting.objects.create(
        case=case,
        happened_on=today,
        recorded_by=by,
        starts_at=timezone.now() + timedelta(days=2),
        staff=by,
        parties=["participant"],
        purpose="follow_up",
    )
    contact = Contact.objects.create(
        case=case,
        happened_on=today,
        recorded_by=by,
        parties=["participant"],
        channel="in_person",
        purpose="follow_up",
        note=f"Samtale med {NAMES[relation]}",
    )
    step = PlanStep.objects.create(case=case, happened_on=today, recorded_by=by, what="Ringe", who="specialist")
    workplace = Employer.objects.create(name="Prøvelageret AS", recorded_by=by)
    job = jobs.start_job(
        case,
        by=by,
        happened_on=today - timedelta(days=1),
        employer=workplace,
        title="Lagermedarbeider",
        form="temporary",
        hours_per_week=Decimal(20),
    )
    education = jobs.start_education(
        case, by=by, happened_on=today - timedelta(days=1), subject="Truckførerkurs", level="course", form="part_time"
    )
    return case, {
        "case_id": case.pk,
        "meeting_id": meeting.pk,
        "step_id": step.pk,
        "job_id": job.job_id,
        "education_id": education.education_id,
        "kind": "contact",
        "fact_id": contact.pk,
        "name": "referred_on",
    }
