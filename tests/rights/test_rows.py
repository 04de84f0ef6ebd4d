"""Who reads and writes what of the participant's words and releases, held by the database: queries without a filter."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.utils import timezone

from plass.cases.gate import NotAllowed
from plass.cases.models import Referral
from plass.db import signed
from plass.db.row_policies import declared
from plass.followup import actions as followup
from plass.followup.models import Contact
from plass.plan import actions as plan
from plass.profiles import actions as profiles
from plass.profiles.models import Profile
from plass.rights import actions, queries
from plass.rights.models import (
    Comment,
    CorrectionAnswer,
    CorrectionRequest,
    Disclosure,
    EmployerAccess,
    Objection,
    Release,
)

from ..conftest import as_owner
from .made import code_if_needed, let_in, make_people, tell


@pytest.fixture
def people(world):
    return make_people(world)


def everything_seen() -> dict[str, int]:
    """How many rows of each table the acting user reads without any filter."""
    counts = {}
    with connection.cursor() as cursor:
        for table, rows in declared().items():
            if rows.select is not None:
                cursor.execute(f"SELECT count(*) FROM {table}")
                counts[table] = cursor.fetchone()[0]
        for view in ("timeline", "milestones", "jobs_periods", "jobs_education_periods"):
            cursor.execute(f"SELECT count(*) FROM {view}")
            counts[view] = cursor.fetchone()[0]
    return {table: count for table, count in counts.items() if count}


#: What anybody who is logged in reads: the offices' names, the program's own.
OPEN = {
    "organisation_county",
    "organisation_office",
    "organisation_team",
    "django_session",
    "django_content_type",
    "django_migrations",
    "accounts_persona",
    "access_submission",
}


def test_an_employer_s_contact_reads_only_what_was_released_for_that_employer(world, people):
    contact = let_in(world, people)
    let_in(world, people, person=people.second_person)
    tell(world, people, "name", "Per")
    tell(world, people, "strengths", "Rask på kassa")
    tell(world, people, "support", "HEMMELIG for de andre", employer=people.second_employer)
    world.act_as(contact)
    seen = everything_seen()
    assert {table: seen[table] for table in seen.keys() - OPEN} == {
        "rights_release": 2,
        "rights_employeraccess": 1,
        "rights_contactaccount": 1,
        "employers_contactperson": 1,
        "employers_employer": 1,
        "organisation_user": 1,
        # That their own account was made.
        "access_change": 1,
    }
    assert {release.text for release in Release.objects.all()} == {"Per", "Rask på kassa"}
    # What is not read is there to be read: this test could fail.
    world.act_as(world.specialist)
    assert Release.objects.count() == 3
    assert Contact.objects.filter(note__contains="sykdom").exists()


def test_nothing_is_read_before_access_is_given_and_after_it_ends(world, people):
    contact = let_in(world, people)
    tell(world, people, "name", "Per")
    access = EmployerAccess.objects.get()
    world.act_as(contact)
    assert Release.objects.count() == 1
    actions.end_access(access, by=world.act_as(people.me))
    world.act_as(contact)
    assert not Release.objects.exists() and not EmployerAccess.objects.exists()


def test_a_withdrawn_release_is_gone_at_once(world, people):
    contact = let_in(world, people)
    made = tell(world, people, "name", "Per")
    world.act_as(contact)
    assert Release.objects.exists()
    actions.withdraw_release(made, by=world.act_as(people.me))
    world.act_as(contact)
    assert not Release.objects.exists()
    # The participant still reads that it was shared, and until when.
    world.act_as(people.me)
    assert Release.objects.get().withdrawn_by == people.me


def test_a_release_ends_with_its_day_and_with_the_follow_up(world, people):
    from plass.cases.actions import end

    contact = let_in(world, people)
    actions.release(
        people.case, by=world.act_as(people.me), employer=people.employer, item="name", text="Per",
        until=timezone.localdate(),
    )  # fmt: skip
    world.act_as(contact)
    assert Release.objects.exists()
    with as_owner():
        Release.objects.update(until=timezone.localdate() - timedelta(days=1))
    assert not Release.objects.exists()
    with as_owner():
        Release.objects.update(until=None)
    assert Release.objects.exists()
    end(people.case, by=world.act_as(world.specialist), happened_on=timezone.localdate(), cause="own_wish")
    world.act_as(contact)
    assert not Release.objects.exists()


def test_who_left_the_employer_reads_nothing(world, people):
    contact = let_in(world, people)
    tell(world, people, "name", "Per")
    world.act_as(world.specialist)
    type(people.person).objects.filter(pk=people.person.pk).update(left_on=timezone.localdate())
    world.act_as(contact)
    assert not Release.objects.exists()


def test_another_participant_s_words_and_releases_are_never_seen(world, people):
    fact = Contact.objects.filter(case=people.case).first()
    me = world.act_as(people.me)
    actions.comment(people.case, by=me, kind="contact", fact_id=fact.pk, text="Slik var det ikke")
    actions.ask_for_correction(people.case, by=me, kind="contact", fact_id=fact.pk, wanted="Rett dette")
    actions.decide(people.case, by=me, item="gaps", stance="no")
    actions.object_to(people.case, by=me, employer=people.second_employer)
    tell(world, people, "name", "Per")
    kinds = (Comment, CorrectionRequest, Disclosure, Objection, Release)
    for who, sees in ((people.other, 0), (world.other_specialist, 0), (world.leader, 0), (world.specialist, 1)):
        world.act_as(who)
        assert [kind.objects.count() for kind in kinds] == [sees] * len(kinds), who


@pytest.mark.parametrize("who", ["other", "other_specialist", "specialist"])
def test_nobody_else_writes_as_the_participant(world, people, who):
    fact = Contact.objects.filter(case=people.case).first()
    by = world.act_as(getattr(people, who, None) or getattr(world, who))
    values = {"case_id": people.case.pk, "kind": "contact", "fact_id": fact.pk, "text": "x", "written_by": by}
    with pytest.raises(ProgrammingError, match=r"row-level security|contradicts another"), transaction.atomic():
        Comment.objects.create(**values)
    with pytest.raises(NotAllowed):
        actions.comment(people.case, by=by, kind="contact", fact_id=fact.pk, text="x")
    # Nor under the participant's name.
    with pytest.raises(ProgrammingError, match=r"row-level security|contradicts another"), transaction.atomic():
        Comment.objects.create(**{**values, "written_by": people.me})


def test_a_participant_writes_a_profile_but_no_other_fact_of_their_case(world, people):
    me = world.act_as(people.me)
    profiles.agree(people.case, by=me, happened_on=timezone.localdate(), own=True, interests="Sang")
    assert Profile.objects.get().recorded_by == me
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Referral.objects.create(
            case=people.case, happened_on=timezone.localdate(), recorded_by=me, wishes="x",
            participant_agreed_on=timezone.localdate(),
        )  # fmt: skip
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Profile.objects.create(case=people.other_case, happened_on=timezone.localdate(), recorded_by=me, interests="x")
    with transaction.atomic():
        assert Profile.objects.update(superseded_at=timezone.now()) == 0
    with pytest.raises(NotAllowed):
        profiles.agree(people.other_case, by=me, happened_on=timezone.localdate(), own=True, interests="Sang")
    # The specialist reads it, with who wrote it.
    world.act_as(world.specialist)
    assert queries_newest(people).recorded_by == me


def queries_newest(people):
    from plass.profiles.queries import newest

    return newest(people.case)


def test_a_participant_cannot_answer_themselves(world, people):
    me = world.act_as(people.me)
    asked = actions.ask_for_correction(people.case, by=me, wanted="Telefonnummeret mitt er feil")
    with pytest.raises(NotAllowed):
        actions.answer_request(asked, by=me, outcome="declined", reason="x")
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        CorrectionAnswer.objects.create(case=people.case, request=asked, outcome="declined", reason="x", answered_by=me)


def test_an_employer_s_contact_writes_nothing(world, people):
    contact = let_in(world, people)
    made = tell(world, people, "name", "Per")
    by = world.act_as(contact)
    with transaction.atomic():
        assert Release.objects.update(withdrawn_at=timezone.now(), withdrawn_by=by) == 0
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Release.objects.create(
            case_id=made.case_id, employer=people.employer, item="other", text="x", released_by=by, agreed_how="talk"
        )
    with pytest.raises(ProgrammingError), transaction.atomic():
        EmployerAccess.objects.create(
            case_id=people.other_case.pk, contact_person=people.person, agreed_on=timezone.localdate(),
            agreed_how="talk", given_by=by,
        )  # fmt: skip
    with pytest.raises(DatabaseError, match="those who work with people"), transaction.atomic():
        signed.call("rights_open_account", people.second_person.pk, "x", "x", "x", "x")


def test_staff_share_only_with_the_participant_s_word(world, people):
    by = world.act_as(world.specialist)
    with pytest.raises(ValidationError, match="sa ja"):
        actions.release(people.case, by=by, employer=people.employer, item="name", text="Per")
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Release.objects.create(case=people.case, employer=people.employer, item="name", text="Per", released_by=by)
    made = actions.release(people.case, by=by, employer=people.employer, item="name", text="Per", agreed_how="phone")
    world.act_as(people.me)
    assert Release.objects.get(pk=made.pk).agreed_how == "phone"


def test_what_was_withdrawn_stays_withdrawn(world, people):
    made = tell(world, people, "name", "Per")
    me = world.act_as(people.me)
    actions.withdraw_release(made, by=me)
    first = Release.objects.get(pk=made.pk).withdrawn_at
    actions.withdraw_release(made, by=me)
    assert Release.objects.get(pk=made.pk).withdrawn_at == first
    for change in ({"withdrawn_at": None, "withdrawn_by": None}, {"withdrawn_by": world.specialist}):
        with pytest.raises(DatabaseError, match="stays as it is"), transaction.atomic():
            Release.objects.filter(pk=made.pk).update(**change)


# --- What the acts do beside writing a row ------------------------------------------------------------------------


def test_a_no_to_an_item_withdraws_it_everywhere_and_closes_it(world, people):
    contact = let_in(world, people)
    tell(world, people, "gaps", "Jeg var syk")
    tell(world, people, "gaps", "Jeg var syk", employer=people.second_employer)
    actions.decide(people.case, by=world.act_as(people.me), item="gaps", stance="no", bad="De kan tro jeg blir syk")
    with pytest.raises(ValidationError):
        tell(world, people, "gaps", "Jeg var syk")
    world.act_as(contact)
    assert not Release.objects.exists()


def test_a_no_to_an_employer_withdraws_all_and_closes_the_way_for_staff(world, people):
    contact = let_in(world, people)
    tell(world, people, "name", "Per")
    tell(world, people, "name", "Per", employer=people.second_employer)
    actions.object_to(people.case, by=world.act_as(people.me), employer=people.employer, reason="Sjefen er naboen min")
    by = world.act_as(world.specialist)
    assert [release.employer for release in Release.objects.filter(withdrawn_at=None)] == [people.second_employer]
    with pytest.raises(ValidationError):
        actions.release(people.case, by=by, employer=people.employer, item="name", text="Per", agreed_how="talk")
    with pytest.raises(ValidationError):
        actions.give_access(
            people.case, by=by, contact_person=people.person, agreed_on=timezone.localdate(), agreed_how="talk"
        )
    world.act_as(contact)
    assert not EmployerAccess.objects.exists()


def test_an_answer_that_says_corrected_needs_the_correction(world, people):
    from plass.cases.facts import correct

    fact = Contact.objects.filter(case=people.case).first()
    asked = actions.ask_for_correction(
        people.case, by=world.act_as(people.me), kind="contact", fact_id=fact.pk, wanted="Det var en time"
    )
    with pytest.raises(ValidationError):
        actions.ask_for_correction(
            people.case, by=people.me, kind="contact", fact_id=fact.pk, wanted="Det var en time, sa jeg"
        )
    by = world.act_as(world.specialist)
    with pytest.raises(ValidationError) as refused:
        actions.answer_request(asked, by=by, outcome="corrected", reason="Rettet")
    assert "outcome" in refused.value.message_dict
    correct(fact, by=by, reason="Deltakeren sa fra", minutes=60)
    actions.answer_request(asked, by=by, outcome="corrected", reason="Du hadde rett")
    with pytest.raises(ValidationError):
        actions.answer_request(asked, by=by, outcome="declined", reason="Nei")
    # The fact stays traceable.
    assert Contact.objects.get(pk=fact.pk).superseded_at is not None


def test_an_account_is_made_once_and_a_new_password_only_by_those_it_is_all_about(world, people):
    by = world.act_as(world.specialist)
    values = {"contact_person": people.person, "agreed_on": timezone.localdate(), "agreed_how": "talk"}
    access, way_in = actions.give_access(people.case, by=by, **values)
    assert way_in is not None and len(way_in.password) > 20
    _second, none = actions.give_access(people.other_case, by=by, **values)
    assert none is None
    assert actions.new_password(access, by=by).username == way_in.username
    south = world.refer("Sør", "Person", team=world.other_team)
    world.act_as(world.other_specialist)
    code = code_if_needed(people.person, world.other_specialist)
    actions.give_access(south, by=world.other_specialist, code=code, **values)
    by = world.act_as(world.specialist)
    with pytest.raises(ValidationError):
        actions.new_password(access, by=by)


def test_the_visit_the_agreement_and_whom_to_call_come_without_notes(world, people):
    contact = let_in(world, people)
    by = world.act_as(world.specialist)
    soon = timezone.now() + timedelta(days=2)
    more = {"purpose": "job_support", "address": "Kaia 1", "note": "Hemmelig: sykdom"}
    followup.book_meeting(
        people.case, by=by, starts_at=soon, parties=["participant", "employer"], employer=people.employer, **more
    )
    followup.book_meeting(people.case, by=by, starts_at=soon, parties=["participant"], **more)
    followup.book_meeting(
        people.case, by=by, starts_at=soon, parties=["employer"], employer=people.second_employer, **more
    )
    step = plan.add_step(people.case, by=by, what="Lære kassa", who="employer", goal="Hemmelig mål")
    plan.add_step(people.case, by=by, what="Hemmelig steg", who="employer")
    actions.release(
        people.case, by=world.act_as(people.me), employer=people.employer, item="step", step=step, text=step.what
    )
    world.act_as(contact)
    (page,) = queries.for_employer()
    assert [visit.address for visit in page.visits] == ["Kaia 1"]
    assert [agreement.what for agreement in page.agreements] == ["Lære kassa"]
    assert page.call is not None and page.call.name == "Siri Spesialist"
    assert "emmelig" not in repr(page)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM rights_whom_to_call(%s)", [people.other_case.pk])
        assert cursor.fetchall() == []
    plan.end_step(step, by=world.act_as(world.specialist), outcome="done")
    world.act_as(contact)
    assert queries.for_employer()[0].agreements[0].outcome == "done"


def test_news_ends_when_the_specialist_has_opened_the_case(world, people, client):
    me = world.act_as(people.me)
    fact = Contact.objects.filter(case=people.case).first()
    actions.comment(people.case, by=me, kind="contact", fact_id=fact.pk, text="Slik var det ikke")
    asked = actions.ask_for_correction(people.case, by=me, wanted="Navnet er feil")
    client.force_login(world.act_as(world.specialist))
    page = client.get("/min-dag/").content.decode()
    assert f"/sak/{people.case.pk}/deltakerens-ord/{asked.pk}/svar/" in page
    world.act_as(world.specialist)
    cases = [people.case.pk]
    assert {item.what for item in queries.news(cases, [world.specialist.pk], []).rows()} == {"request", "comment"}
    client.get(f"/sak/{people.case.pk}/")
    world.act_as(world.specialist)
    with as_owner(), connection.cursor() as cursor:
        # In a test everything happens at the moment the transaction began.
        cursor.execute("UPDATE access_accesslogentry SET at = clock_timestamp() + interval '1 second'")
    assert {item.what for item in queries.news(cases, [world.specialist.pk], []).rows()} == {"request"}
    actions.answer_request(asked, by=world.act_as(world.specialist), outcome="declined", reason="Navnet stemmer")
    assert queries.news(cases, [world.specialist.pk], []).rows() == []
