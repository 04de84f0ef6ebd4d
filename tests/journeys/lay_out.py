"""Lays out what the journeys start from, in a database of their own, and commits it. The fixture runs it.

Prints what a page's address may ask for (``case_id``, ``meeting_id``, ...) as JSON: the walk over every page opens them.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import Any

from . import lay_out_staff as staff


def lay_out() -> dict[str, Any]:
    """The test world, somebody to be in each role, and people at different points of the way."""
    from django.apps import apps
    from django.db import connection, transaction
    from django.utils import timezone

    from plass.accounts.models import Persona
    from plass.cases import actions as cases
    from plass.cases.models import Participant
    from plass.organisation.models import Role, User
    from plass.quality.commands import release
    from tests.conftest import as_owner
    from tests.world import identity_number, make_world, member, user

    with connection.cursor() as cursor:
        cursor.execute("SET ROLE plass_web")
    today = timezone.localdate()
    with transaction.atomic():
        world = make_world()
        world.refer("Ingrid", "Prøvesen", on=today - timedelta(days=40), phone="900 00 001")
        waiting = world.refer("Olav", "Ventesen", on=today - timedelta(days=12), taken=False)
        shielded = world.refer(
            "Skjult", "Skjermesen", on=today - timedelta(days=20), protection="strictly_confidential"
        )
        number, linns_number = identity_number(nth=301), identity_number(nth=302)
        own = world.refer("Nora", "Selvesen", on=today - timedelta(days=400), phone="900 00 002", number=number)
        before = world.refer("Linn", "Langveisen", on=today - timedelta(days=900), number=linns_number)
        cases.end(before, by=world.specialist, happened_on=today - timedelta(days=600), cause="education_own")
        numbers = _full(world, own, today)
        numbers |= _paused_and_ended(world, today)
        numbers |= {"noras_number": number, "linns_number": linns_number, "new_number": identity_number(nth=303)}
        numbers |= {"waiting_case": waiting.pk, "shielded_case": shielded.pk}
        numbers |= staff.to_join(world)
        numbers["absence_id"] = staff.absence(world, today)
        numbers |= staff.ways_in(world)
        numbers |= staff.administered(world)
        with as_owner():
            account = user("deltaker1", "Nora", "Selvesen", kind=User.Kind.PARTICIPANT)
            Participant.objects.filter(pk=own.participant_id).update(user=account)
            away = user("deltaker2", "Linn", "Langveisen", kind=User.Kind.PARTICIPANT)
            Participant.objects.filter(pk=before.participant_id).update(user=away)
            officer = user("personvern1", "Pia", "Personvern")
            member(officer, Role.DATA_PROTECTION, world.office)
            scholar = user("forsker1", "Frode", "Forsker")
            member(scholar, Role.EVALUATOR, county=world.county)
            _extracted(world, scholar)
        if apps.is_installed("plass.rights"):
            numbers |= _voice(world, own, account, numbers)
        with as_owner():
            people = [
                (
                    world.specialist,
                    "Siri Spesialist",
                    "specialist",
                    "Følger deltakere fra første samtale til varig jobb.",
                ),
                (world.counsellor, "Vidar Veileder", "counsellor", "Søker inn deltakere og holder seg orientert."),
                (world.supervisor, "Mette Metodeveileder", "supervisor", "Leder jobbteamet."),
                (account, "Nora Selvesen", "participant", "Ser alt som er skrevet om henne."),
                (away, "Linn Langveisen", "participant", "Har vært her før, og blir henvist på nytt."),
                (world.leader, "Lise Leder", "leader", "Ser tallene for kontoret, uten navn."),
                (world.administrator, "Atle Administrator", "administrator", "Kontorer, team og ansatte."),
                (officer, "Pia Personvern", "data_protection", "Ser hvem som har sett."),
                (scholar, "Frode Forsker", "evaluator", "Får uttrekk til en studie."),
            ]
            if "employers_account" in numbers:
                ida = User.objects.get(pk=numbers["employers_account"])
                people.append((ida, "Ida Innkjøper", "employer", "Ser det deltakeren vil at hun skal vite."))
            for order, (who, name, role, about) in enumerate(people):
                Persona.objects.create(user=who, order=order, name=name, role=role, about=about)
            release()
        numbers |= staff.ties(world)
    return numbers | {"siri": world.specialist.pk, "mette": world.supervisor.pk, "kåre": world.colleague.pk}


def _at(day: date, hour: int) -> datetime:
    from django.utils import timezone

    return timezone.make_aware(datetime.combine(day, time(hour)))


def _extracted(world: Any, evaluator: Any) -> None:
    """A line in the log of extracts, as the command writes it. As the owner."""
    from django.utils import timezone

    from plass.extracts.models import Extract, ExtractFile

    made = Extract.objects.create(
        at=timezone.now(),
        user=evaluator,
        run_by="drift",
        study="kjerneoppgaver-2027",
        purpose="Kommer flere i arbeid når kontoret selv følger opp?",
        first_month=date(2024, 1, 1),
        last_month=date(2025, 12, 1),
        offices=[world.office.pk],
    )
    ExtractFile.objects.create(extract=made, name="people.parquet", rows_written=9_876, people=412, sha256="0" * 64)


def _full(world: Any, case: Any, today: date) -> dict[str, Any]:
    """Something of everything about one participant, so that no page about them is empty."""
    from plass.cases import actions as cases
    from plass.cases import facts
    from plass.employers import actions as employers
    from plass.followup import actions as followup
    from plass.jobs import actions as jobs
    from plass.plan import actions as plan
    from plass.profiles import actions as profiles
    from plass.retention import actions as retention

    by = world.specialist

    def ago(days: int) -> date:
        return today - timedelta(days=days)

    shop = employers.add_employer(
        by=by, name="Prøvebutikken AS", place="Nordbyen", phone="900 00 100", industry="retail"
    )
    ida = employers.add_person(shop, by=by, name="Ida Innkjøper", title="Butikksjef", phone="900 00 101", email="")
    oda = employers.add_person(shop, by=by, name="Oda Overtaker", title="Nestleder", phone="900 00 103", email="")
    first = followup.record_contact(
        case,
        by=by,
        happened_on=ago(385),
        parties=["participant"],
        channel="in_person",
        place="office",
        minutes=60,
        purpose="first_talk",
        note="Liker dyr, vil ut blant folk.",
    )
    corrected = facts.correct(first, by=by, reason="Det var 45 minutter.", minutes=45)
    visit = followup.record_contact(
        case,
        by=by,
        happened_on=ago(20),
        parties=["participant", "employer"],
        channel="in_person",
        place="workplace",
        minutes=45,
        travel_minutes=30,
        purpose="job_development",
        employer=shop,
        contact_person=ida,
        decision_maker=True,
        next_contact_on=ago(1),
        note="Vil prøve på lageret.",
    )
    followup.record_contact(
        None,
        by=by,
        happened_on=ago(15),
        parties=["employer"],
        channel="phone",
        minutes=10,
        purpose="job_development",
        employer=shop,
        contact_person=ida,
        next_contact_on=today,
    )
    followup.record_contact(
        case,
        by=by,
        happened_on=ago(3),
        parties=["participant"],
        channel="phone",
        no_show=True,
        purpose="follow_up",
    )
    profile = profiles.agree(
        case, by=by, happened_on=ago(370), occupations=["Butikkmedarbeider"], interests="Dyr", employer_contact="yes"
    )
    profiles.agree(
        case,
        by=by,
        happened_on=ago(30),
        based_on=profile.pk,
        occupations=["Butikkmedarbeider", "Dyrepleier"],
        interests="Dyr",
        strengths="Tålmodig",
        employer_contact="yes",
        may_share="At jeg trenger korte dager i starten.",
        must_not_share="Hvorfor jeg har vært borte fra jobb.",
    )
    lost = jobs.start_job(
        case, by=by, happened_on=ago(300), employer=shop, title="Vaskehjelp", form="temporary", hours_per_week=15
    )
    jobs.end_job(
        case,
        by=by,
        job_id=lost.job_id,
        happened_on=ago(200),
        reason="economy",
        worked_well="Kollegene",
        lessons="Mer tid",
    )
    job = jobs.start_job(
        case,
        by=by,
        happened_on=ago(100),
        employer=shop,
        title="Butikkmedarbeider",
        form="permanent",
        hours_per_week=20,
        contact_person=ida,
        subsidised=True,
        hourly_pay=210,
        support_plan="Innom hver uke.",
    )
    jobs.change_job(case, by=by, job_id=job.job_id, happened_on=ago(40), hours_per_week=25, note="Vil jobbe mer")
    study = jobs.start_education(
        case,
        by=by,
        happened_on=ago(50),
        subject="Truckkurs",
        institution="Prøveskolen",
        level="course",
        form="part_time",
        planned_end_on=today + timedelta(days=60),
    )
    step = plan.add_step(case, by=by, what="Ringe lederen", who="specialist", due_on=today, goal="Flere timer")
    done = plan.add_step(case, by=by, what="Skrive CV", who="participant")
    plan.end_step(done, by=by, outcome="done", note="Ferdig og sendt")
    meeting = followup.book_meeting(
        case,
        by=by,
        starts_at=_at(today + timedelta(days=3), 10),
        parties=["participant", "counsellor"],
        purpose="follow_up",
        channel="in_person",
        place="office",
        minutes=45,
    )
    off = followup.book_meeting(
        case,
        by=by,
        starts_at=_at(today + timedelta(days=4), 12),
        parties=["participant", "employer"],
        purpose="job_support",
        channel="in_person",
        place="workplace",
        minutes=30,
        employer=shop,
    )
    followup.cancel_meeting(off, by=by, called_off_by="employer", reason="Syk")
    followup.book_meeting(
        case,
        by=by,
        starts_at=_at(today, 14),
        parties=["participant"],
        purpose="follow_up",
        channel="video",
        minutes=30,
    )
    cases.add_collaborator(
        case, by=by, happened_on=ago(90), role="gp", name="Lege Legesen", agreement="Kan ringe om arbeidstid"
    )
    hold = retention.hold(case, by=by, reason="Klage til behandling.")
    return {
        "case_id": case.pk,
        "hold_id": hold.pk,
        "employer_id": shop.pk,
        "person_id": ida.pk,
        "second_person_id": oda.pk,
        "portal:fact_ask.fact_id": corrected.pk,
        "meeting_id": meeting.pk,
        "step_id": step.pk,
        "job_id": job.job_id,
        "education_id": study.education_id,
        "kind": visit.kind,
        "fact_id": visit.pk,
        "milestones:milestone.name": "started_on",
        "file_format": "csv",
        "corrected_kind": first.kind,
        "corrected_id": first.pk,
        "corrected_now": corrected.pk,
    }


def _paused_and_ended(world: Any, today: date) -> dict[str, int]:
    """Somebody whose follow-up rests, and somebody whose follow-up ended in a job that was then lost."""
    from plass.cases import actions as cases
    from plass.employers import actions as employers
    from plass.followup import actions as followup
    from plass.jobs import actions as jobs

    by = world.specialist
    cases_by_name = {}
    for name in ("Pausesen", "Sluttesen"):
        case = world.refer("Pia" if name == "Pausesen" else "Stian", name, on=today - timedelta(days=200))
        followup.record_contact(
            case,
            by=by,
            happened_on=today - timedelta(days=190),
            parties=["participant"],
            channel="in_person",
            place="office",
            minutes=60,
            purpose="first_talk",
        )
        cases_by_name[name] = case
    cases.pause(
        cases_by_name["Pausesen"],
        by=by,
        happened_on=today - timedelta(days=10),
        reason="illness",
        follow_up_on=today + timedelta(days=20),
    )
    ended = cases_by_name["Sluttesen"]
    bakery = employers.add_employer(by=by, name="Prøvebakeriet AS", place="Nordbyen")
    job = jobs.start_job(
        ended,
        by=by,
        happened_on=today - timedelta(days=150),
        employer=bakery,
        title="Baker",
        form="permanent",
        hours_per_week=30,
    )
    cases.end(ended, by=by, happened_on=today - timedelta(days=30), cause="work")
    jobs.end_job(ended, by=by, job_id=job.job_id, happened_on=today - timedelta(days=5), reason="economy")
    return {"paused_case": cases_by_name["Pausesen"].pk, "ended_case": ended.pk}


def _voice(world: Any, case: Any, account: Any, numbers: dict[str, Any]) -> dict[str, Any]:
    """What the participant says themselves, and what an employer may know."""
    import pyotp
    from django.utils import timezone

    from plass.access import actions as ways
    from plass.accounts import totp
    from plass.accounts.models import Subject
    from plass.employers.models import ContactPerson, Employer
    from plass.organisation.models import Role, User
    from plass.rights import actions
    from plass.rights.models import ContactAccount
    from tests.conftest import as_owner
    from tests.world import member, user

    by = world.act_as(account)
    about = {"kind": numbers["kind"], "fact_id": numbers["fact_id"]}
    comment = actions.comment(case, by=by, text="Det var hyggelig der.", **about)
    asked = actions.ask_for_correction(case, by=by, wanted="Det var på en tirsdag.", **about)
    actions.decide(case, by=by, item="support", stance="yes", good="De vet hva jeg trenger.")
    shop = Employer.objects.get(pk=numbers["employer_id"])
    release = actions.release(case, by=by, employer=shop, item="support", text="Trenger korte dager i starten.")
    objection = actions.object_to(case, by=by, employer=Employer.objects.get(name="Prøvebakeriet AS"))
    access, way_in = actions.give_access(
        case,
        by=world.act_as(world.specialist),
        contact_person=ContactPerson.objects.get(pk=numbers["person_id"]),
        agreed_on=timezone.localdate(),
        agreed_how="talk",
    )
    assert way_in is not None
    with as_owner():
        contact = User.objects.get(username=way_in.username)
        # A password of their own, and a login service that opens the account too.
        ContactAccount.objects.filter(user=contact).update(chosen_at=timezone.now())
        binding = Subject.objects.create(issuer="http://127.0.0.1:9/", subject="0" * 64, user=contact)
        let_in = user("innom1", "Inga", "Innom")
        member(let_in, Role.COUNSELLOR, world.other_office)
    way = ways.give(case.pk, by=world.act_as(world.specialist), to=let_in, reason="Ferie", hours=72)
    # Codes on a phone, so that it can be lost.
    secret = totp.new_secret()
    assert totp.confirm(by=world.act_as(contact), secret=secret, code=pyotp.TOTP(secret).now())
    world.act_as(world.specialist)
    return {
        "comment_id": comment.pk,
        "request_id": asked.pk,
        "release_id": release.pk,
        "objection_id": objection.pk,
        "access_id": access.pk,
        "way_id": way.pk,
        "employers_account": contact.pk,
        "accounts:remove_binding.pk": binding.pk,
        "portal:why.name": "phase",
        "portal:sharing_decide.item": "support",
        "portal:meeting_file.number": numbers["meeting_id"],
    }


if __name__ == "__main__":
    import django

    from tests import conftest  # noqa: F401  (sets the environment that the settings read)

    django.setup()
    print(json.dumps(lay_out()))  # noqa: T201  (what the fixture reads)
