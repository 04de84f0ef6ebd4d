"""Retention: what is kept how long, notice before, holds, and that the figures stay when the names go."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from plass.access.models import AccessLogEntry, Change
from plass.cases import actions as cases
from plass.cases.gate import NotAllowed
from plass.cases.models import Participant
from plass.db.row_policies import declared
from plass.employers.models import ContactPerson, Employer
from plass.followup import actions as followup
from plass.jobs import actions as jobs
from plass.milestones.models import Milestones
from plass.organisation.models import User
from plass.plan import actions as plan
from plass.profiles import actions as profiles
from plass.retention import actions, queries
from plass.retention.columns import DELETED, OTHERS, kept_columns, of_a_case
from plass.retention.models import Hold, Notice
from plass.retention.schedule import SCHEDULE, rule, years_before

from ..conftest import as_owner

TODAY = timezone.localdate()
CANARY = "Kanarifugl"


def ago(years: float) -> date:
    return TODAY - timedelta(days=round(365.25 * years))


def live(world, name: str, ended: float | None, *, started: float = 9.5, works: bool = True):
    """A case with a text of everything in it, ended so many years ago (None: goes on). Every text holds the canary."""
    case = world.refer(
        CANARY,
        name,
        on=ago(started),
        phone="40000000",
        email="kanari@example.no",
        address=f"{CANARY}gata 1",
        place="By",
    )
    by = world.specialist
    if not works:
        cases.end(case, by=by, happened_on=ago(ended), cause="other", note=CANARY)
        return case
    shop = Employer.objects.create(name="Prøvebutikken", recorded_by=by)
    boss = ContactPerson.objects.create(employer=shop, name="Butikksjefen", recorded_by=by)
    begun = ago(started - 0.2)
    followup.record_contact(
        case,
        by=by,
        happened_on=begun,
        parties=["participant"],
        channel="in_person",
        purpose="follow_up",
        minutes=45,
        place="office",
        note=CANARY,
    )
    followup.record_contact(
        case,
        by=by,
        happened_on=begun,
        parties=["employer"],
        channel="in_person",
        purpose="job_development",
        minutes=30,
        place="workplace",
        note=CANARY,
        employer=shop,
        contact_person=boss,
    )
    profiles.agree(case, by=by, happened_on=begun, occupations=[CANARY], strengths=CANARY, support_needs=CANARY)
    plan.add_step(case, by=by, what=CANARY, who="specialist")
    cases.add_collaborator(case, by=by, happened_on=begun, role="gp", name=CANARY, agreement=CANARY)
    job = jobs.start_job(
        case,
        by=by,
        happened_on=ago(started - 0.5),
        employer=shop,
        title=CANARY,
        form="permanent",
        hours_per_week=Decimal(20),
        contact_person=boss,
        support_plan=CANARY,
    )
    if ended is not None:
        jobs.end_job(case, by=by, job_id=job.job_id, happened_on=ago(ended + 0.1), reason="health", lessons=CANARY)
        cases.end(case, by=by, happened_on=ago(ended), cause="work", note=CANARY)
    person = Participant.objects.get(pk=case.participant_id)
    cases.change_participant(person, by=by, based_on=person.version, place=f"{CANARY}byen")
    return case


@pytest.fixture
def county(world):
    """Ten years: ended long ago, ended lately, going on, never begun."""
    return {
        "old": live(world, "Gammel", 6),
        "recent": live(world, "Nylig", 2),
        "open": live(world, "Åpen", None),
        "never": live(world, "Aldri", 1.5, started=2, works=False),
    }


def run(today: date = TODAY) -> queries.Plan:
    with as_owner():
        plan = queries.plan(today)
        actions.carry_out(plan)
    return plan


def counted() -> list[tuple]:
    """What the figures are counted from: every milestone of every case."""
    with as_owner():
        return list(
            Milestones.objects.order_by("case_id").values_list(
                *[field.attname for field in Milestones._meta.concrete_fields if field.name != "participant"]
            )
        )


def everything() -> dict[str, str]:
    """The text of every row of every table, by table."""
    texts = {}
    with as_owner(), connection.cursor() as cursor:
        for table in declared():
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ' '), '') FROM {table} t")
            texts[table] = cursor.fetchone()[0]
    return texts


def test_those_whose_time_is_over_are_told_and_the_others_are_not(world, county):
    run()
    with as_owner():
        notices = {notice.participant_id: notice for notice in Notice.objects.all()}
    assert set(notices) == {county["old"].participant_id, county["never"].participant_id}
    assert {notice.due_on for notice in notices.values()} == {TODAY + timedelta(days=60)}


def test_nothing_happens_before_the_notice_has_run_out(world, county):
    run()
    run(TODAY + timedelta(days=59))
    with as_owner():
        assert not Participant.objects.exclude(made_nameless_on=None).exists()
    run(TODAY + timedelta(days=60))
    with as_owner():
        nameless = set(Participant.objects.exclude(made_nameless_on=None).values_list("pk", flat=True))
    assert nameless == {county["old"].participant_id, county["never"].participant_id}


def test_the_figures_stay_when_the_names_go(world, county):
    before = counted()
    run()
    run(TODAY + timedelta(days=60))
    assert counted() == before
    assert any(row for row in before), "there is something to count"


def test_nothing_that_says_who_it_was_is_left_anywhere(world, county):
    others = [county[name] for name in ("recent", "open")]
    with as_owner():
        account = User.objects.create(username=CANARY, kind="participant", started_on=TODAY, password="!")
        User.objects.filter(pk=account.pk).update(phone="40000000")
        Participant.objects.filter(pk=county["old"].participant_id).update(user=account)
    with as_owner():  # so that what is found at the end can only be of those made nameless
        for case in others:
            actions.anonymise(Participant.objects.get(pk=case.participant_id), on=TODAY)
    assert any(CANARY in text for text in everything().values()), "there is something that could be left"
    run()
    run(TODAY + timedelta(days=60))
    left = {table for table, text in everything().items() if CANARY in text or "40000000" in text}
    assert left == set()


def test_others_keep_what_they_had(world, county):
    run()
    run(TODAY + timedelta(days=60))
    world.act_as(world.specialist)
    assert Participant.objects.get(pk=county["open"].participant_id).given_name == CANARY
    with as_owner():
        assert Change.objects.filter(participant_id=county["open"].participant_id).exists()
        assert not Change.objects.filter(participant_id=county["old"].participant_id).exists()


def test_a_case_in_dispute_is_kept_until_the_hold_is_lifted(world, county):
    case = county["old"]
    run()
    by = world.act_as(world.specialist)
    held = actions.hold(case, by=by, reason="Klage på vedtak")
    run(TODAY + timedelta(days=60))
    with as_owner():
        assert Participant.objects.get(pk=case.participant_id).made_nameless_on is None
        assert not Notice.objects.filter(participant_id=case.participant_id).exists()
    with pytest.raises(NotAllowed):
        actions.lift(case, held, by=by)
    actions.lift(case, held, by=world.act_as(world.supervisor))
    run(TODAY + timedelta(days=61))
    with as_owner():
        assert Notice.objects.get(participant_id=case.participant_id).due_on == TODAY + timedelta(days=121)


def test_a_hold_says_why(world, county):
    with pytest.raises(ValidationError):
        actions.hold(county["old"], by=world.act_as(world.specialist), reason="  ")
    with pytest.raises(NotAllowed):
        actions.hold(county["old"], by=world.act_as(world.other_specialist), reason="Klage")


def test_somebody_who_comes_back_after_the_notice_stays(world, county):
    case = county["old"]
    run()
    cases.reopen(case, by=world.act_as(world.specialist), happened_on=TODAY, reason="wish")
    run(TODAY + timedelta(days=60))
    with as_owner():
        assert Participant.objects.get(pk=case.participant_id).made_nameless_on is None
        assert not Notice.objects.filter(participant_id=case.participant_id).exists()


def test_the_log_of_who_looked_goes_after_ten_years_and_not_before(world, county):
    with as_owner(), connection.cursor() as cursor:
        for years in (9.9, 10.1):
            cursor.execute(
                "INSERT INTO access_accesslogentry (at, user_id, purpose, rule, allowed) VALUES (%s, %s, 'x', 'x', true)",
                [ago(years), world.specialist.pk],
            )
        before = AccessLogEntry.objects.filter(purpose="x").count()
    plan = run()
    assert (before, plan.delete["who looked"]) == (2, 1)
    with as_owner():
        assert AccessLogEntry.objects.filter(purpose="x").count() == 1


def test_the_dry_run_changes_nothing(world, county):
    before = everything()
    with as_owner():
        plan = queries.plan(TODAY)
    assert len(plan.notify) == 2
    assert everything() == before


def test_the_web_role_makes_nobody_nameless_and_deletes_nothing(world, county):
    from django.db import ProgrammingError

    world.act_as(world.supervisor)
    for statement in (
        "DELETE FROM cases_referral",
        "UPDATE cases_participant SET made_nameless_on = access_today()",
        "INSERT INTO retention_notice (participant_id, kind, noticed_on, due_on) SELECT id, 'x', now(), now() "
        "FROM cases_participant",
    ):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_every_text_about_people_is_blanked_deleted_or_kept_for_a_reason(db):
    classified = declared()
    forgotten = []
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        rows = classified.get(table)
        if rows is None or not model._meta.managed or rows.holds not in {"person data", "staff"}:
            continue
        if table in OTHERS or table in DELETED or table == "milestone_cache":
            continue
        known = set(of_a_case().get(table, {})) | set(kept_columns().get(table, {}))
        texts = {
            field.column
            for field in model._meta.concrete_fields
            if (
                isinstance(field, models.CharField | models.TextField | models.BinaryField | models.JSONField)
                or field.get_internal_type() == "ArrayField"
            )
            and not field.choices
        }
        forgotten += [f"{table}.{column}" for column in sorted(texts - known)]
    assert forgotten == []


def test_every_rule_has_a_source_and_exactly_one_holds():
    for line in SCHEDULE:
        assert line.source and (line.years or line.days)
        assert rule(line.kind, TODAY) == line
    with pytest.raises(LookupError):
        rule("follow-up", date(2020, 1, 1))


def test_leap_days_have_a_day_in_every_year():
    assert years_before(date(2028, 2, 29), 5) == date(2023, 2, 28)
    assert years_before(date(2026, 11, 25), 5) == date(2021, 11, 25)


def test_the_page_tells_holds_back_and_lets_the_supervisor_lift(world, county, client):
    import uuid

    case = county["old"]
    run()
    client.force_login(world.specialist)
    address = f"/sak/{case.pk}/oppbevaring/"
    assert "Oppbevaringstiden er ute" in client.get(address).content.decode()
    answer = client.post(address, {"submission": str(uuid.uuid4()), "reason": ""})
    assert answer.status_code == 422 and "Si hvorfor det må bevares" in answer.content.decode()
    form = {"submission": str(uuid.uuid4()), "reason": "Klage på vedtak"}
    assert [client.post(address, form).status_code for _ in range(2)] == [303, 303]
    world.act_as(world.specialist)
    (held,) = queries.holds_of(case.participant)
    assert client.get(f"{address}{held.pk}/opphev/").status_code == 404
    client.force_login(world.act_as(world.supervisor))
    assert client.get(f"{address}{held.pk}/opphev/").status_code == 200
    assert client.post(f"{address}{held.pk}/opphev/", {"submission": str(uuid.uuid4())}).status_code == 303
    client.force_login(world.act_as(world.other_specialist))
    assert client.get(address).status_code == 404


def test_a_lifted_hold_stays_lifted(world, county):
    case = county["old"]
    held = actions.hold(case, by=world.act_as(world.specialist), reason="Klage")
    actions.lift(case, held, by=world.act_as(world.supervisor))
    for change in ({"ended_on": None}, {"ended_by": world.specialist}):
        with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
            Hold.objects.filter(pk=held.pk).update(**change)
