"""A list that comes again: what it says otherwise is shown, and taken as a change, as a correction, or left."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plass.access import actions as access
from plass.access.current_user import acting_as
from plass.cases import actions as cases
from plass.cases import facts, identity
from plass.cases.gate import NotAllowed
from plass.cases.models import Assignment, Case, CaseEnded, Correction, Participant, Referral
from plass.employers.models import Employer
from plass.followup.models import Contact
from plass.imports import actions, mapping, plan, sheet
from plass.imports.fields import Field
from plass.imports.import_request import ImportRequest
from plass.imports.queries import who_follows_in
from plass.imports.questions import NOT_PROTECTED, SAME_PERSON, Answers, Kind, accepting_guesses
from plass.imports.taking import Choice, choices_for, people_with
from plass.imports.ways import Way
from plass.jobs import actions as jobs
from plass.jobs.models import JobChanged, JobEnded, JobStarted
from plass.jobs.queries import jobs_of
from plass.organisation.models import Role, Team, User

from ..cases.test_races import at_once, failed
from ..conftest import as_owner
from ..world import identity_number, member, user
from .lists import ago, csv, person, written

DATA = Path(__file__).parent / "lists_data"
FIRST, SECOND = ((DATA / f"d04_update_{n}.csv").read_bytes() for n in (1, 2))
DIFFERING = (Field.PHONE, Field.EMAIL, Field.REFERRED_ON, Field.JOB_HOURS)


@pytest.fixture
def by(world):
    """The supervisor, who acts."""
    return world.act_as(world.supervisor)


def read(content, team):
    made = sheet.read(content, "liste.csv")
    return plan.make(made, mapping.recognise(made, team), today=timezone.localdate())


def load(world, by, content, *, dry_run=False):
    """Write a list, whose people are those with the same number even where they are called something else."""
    made, specialists = read(content, world.team), who_follows_in(world.team)

    def write():
        return actions.write(
            made, ImportRequest(by=by, team=world.team, specialists=specialists, unnamed=by, dry_run=dry_run)
        )

    outcome = write()
    if asked := [question.key for question in outcome.questions if question.kind is Kind.NAME]:
        made = replace(made, answers=Answers(dict.fromkeys(asked, SAME_PERSON)))
        outcome = write()
    return outcome


def differences(world, by, content):
    """What a check of the list tells, by column."""
    outcome = load(world, by, content, dry_run=True)
    assert outcome.wrong == []
    return {one.field: one for report in outcome.reports.values() for one in report.differences}


def take(world, by, content, chosen):
    """Take differences of a list: column -> how, or how and from when."""
    there = differences(world, by, content)
    choices = {there[field].key: Choice(*(how if isinstance(how, tuple) else (how,))) for field, how in chosen.items()}
    return take_keys(world, by, content, choices)


def take_keys(world, by, content, choices):
    people = read(content, world.team).people
    return actions.take_differences(
        people,
        choices,
        ImportRequest(by=by, team=world.team, specialists=who_follows_in(world.team), name="liste.csv", dry_run=False),
    )


def the_job():
    return jobs_of(Case.objects.get()).rows()[0]


def person_with_case(world, **more):
    """A row of somebody who has a case here that the specialist follows, and the case."""
    number = identity_number()
    case = world.refer("Kari", "Testesen", number=number, on=ago(180), **more)
    world.act_as(world.supervisor)
    return person(Fødselsnummer=number), case


JOB = {"Arbeidsgiver": "Kafé Fjord AS", "Stilling": "Servitør", "Ansettelsesform": "fast", "Timer": "20"}


def working(days=60, **more):
    return person(**{**JOB, "Jobbstart": written(ago(days)), **more})


def test_an_updated_list_shows_what_differs_and_writes_none_of_it(world, by):
    load(world, by, FIRST)
    outcome = load(world, by, SECOND)
    assert (outcome.people, outcome.wrong) == (0, [])
    told = {one.field: (one.recorded, one.listed, one.ways) for one in outcome.reports[2].differences}
    assert told == {
        Field.PHONE: ("40000001", "40000002", (Way.CHANGE,)),
        Field.EMAIL: ("–", "kari@example.no", (Way.CHANGE,)),
        Field.REFERRED_ON: ("3. april 2025", "10. april 2025", (Way.CORRECTION,)),
        Field.JOB_HOURS: ("20", "30", (Way.CHANGE, Way.CORRECTION)),
    }
    registered = Participant.objects.get()
    assert (registered.phone, registered.email) == ("40000001", "")
    assert the_job().hours_per_week == 20


def test_the_same_list_again_differs_in_nothing(world, by):
    load(world, by, FIRST)
    assert differences(world, by, FIRST) == {}


@pytest.mark.parametrize("field", [Field.PHONE, Field.EMAIL])
def test_particulars_are_changed(world, by, field):
    load(world, by, FIRST)
    taken = take(world, by, SECOND, {field: Way.CHANGE})
    assert (taken.written, taken.refused, taken.gone) == (1, 0, 0)
    assert getattr(Participant.objects.get(), field.value) == {"phone": "40000002", "email": "kari@example.no"}[field]
    assert set(differences(world, by, SECOND)) == {*DIFFERING} - {field}


def test_the_day_of_the_referral_is_corrected_with_the_list_as_its_source(world, by):
    load(world, by, FIRST)
    take(world, by, SECOND, {Field.REFERRED_ON: Way.CORRECTION})
    assert Referral.objects.get(superseded_at=None).happened_on == date(2025, 4, 10)
    assert Correction.objects.get().reason == "Fra lista «liste.csv», rad 2"
    assert Correction.objects.get().recorded_by == by
    assert set(differences(world, by, SECOND)) == {*DIFFERING} - {Field.REFERRED_ON}


def test_hours_are_changed_from_a_day(world, by):
    load(world, by, FIRST)
    take(world, by, SECOND, {Field.JOB_HOURS: (Way.CHANGE, ago(7))})
    changed = JobChanged.objects.get()
    assert (changed.happened_on, changed.hours_per_week) == (ago(7), 30)
    assert changed.note == "Fra lista «liste.csv», rad 2"
    assert JobStarted.objects.get(superseded_at=None).hours_per_week == 20
    assert Field.JOB_HOURS not in differences(world, by, SECOND)


def test_hours_are_corrected_from_the_start(world, by):
    load(world, by, FIRST)
    take(world, by, SECOND, {Field.JOB_HOURS: Way.CORRECTION})
    assert JobStarted.objects.get(superseded_at=None).hours_per_week == 30
    assert not JobChanged.objects.exists()
    assert "rad 2" in Correction.objects.get().reason
    assert Field.JOB_HOURS not in differences(world, by, SECOND)


def test_hours_that_were_changed_are_corrected_where_they_were(world, by):
    load(world, by, FIRST)
    job = the_job()
    jobs.change_job(Case.objects.get(), by=by, job_id=job.job_id, happened_on=ago(50), hours_per_week=Decimal(25))
    take(world, by, SECOND, {Field.JOB_HOURS: Way.CORRECTION})
    assert JobStarted.objects.get(superseded_at=None).hours_per_week == 20
    now = JobChanged.objects.get(superseded_at=None)
    assert (now.happened_on, now.hours_per_week) == (ago(50), 30)


def test_a_change_before_the_job_began_is_refused_and_says_why(world, by):
    load(world, by, FIRST)
    taken = take(world, by, SECOND, {Field.JOB_HOURS: (Way.CHANGE, date(2025, 5, 1)), Field.PHONE: Way.CHANGE})
    # The others are taken all the same.
    assert (taken.written, taken.refused) == (1, 1)
    refused = {one.field: one.refused for one in taken.differences[2] if one.refused}
    assert set(refused) == {Field.JOB_HOURS}
    assert "Jobben begynner" in refused[Field.JOB_HOURS]
    assert Participant.objects.get().phone == "40000002"


def test_hours_that_changed_in_a_job_that_has_ended_take_nothing_else_down_with_them(world, by):
    """The list has the end of the job too, and was written before."""
    row = working(Telefon="40000001")
    load(world, by, csv([row]))
    content = csv([row | {"Telefon": "40000002", "Timer": "30", "Jobbslutt": written(ago(5)), "E-post": "a@b.no"}])
    load(world, by, content)
    assert the_job().ended_on == ago(5)
    chosen = {Field.JOB_HOURS: Way.CHANGE, Field.PHONE: Way.CHANGE, Field.EMAIL: Way.LEAVE}
    assert differences(world, by, content)[Field.JOB_HOURS].latest_day == ago(5)
    taken = take(world, by, content, chosen)
    assert (taken.written, taken.left, taken.refused) == (1, 1, 1)
    told = {one.field: one for one in taken.differences[2]}
    assert set(told) == {Field.JOB_HOURS, Field.EMAIL}
    assert told[Field.JOB_HOURS].refused and told[Field.EMAIL].is_left
    assert Participant.objects.get().phone == "40000002"
    # With a day before the end it is taken.
    assert take(world, by, content, {Field.JOB_HOURS: (Way.CHANGE, ago(20))}).written == 1


def test_of_a_job_s_end_and_hours_in_one_go_that_which_holds_is_taken(world, by):
    row = working(90, Jobbslutt=written(ago(10)), Telefon="40000001")
    load(world, by, csv([row]))
    content = csv([row | {"Telefon": "40000002", "Timer": "30", "Jobbslutt": written(ago(30))}])
    chosen = {Field.JOB_HOURS: (Way.CHANGE, ago(20)), Field.JOB_ENDED_ON: Way.CORRECTION, Field.PHONE: Way.CHANGE}
    taken = take(world, by, content, chosen)
    assert (taken.written, taken.refused) == (2, 1)
    assert (the_job().ended_on, the_job().hours_per_week) == (ago(30), 20)
    assert Participant.objects.get().phone == "40000002"


def test_what_is_let_stay_is_remembered_and_asked_about_again_when_the_list_says_another_thing(world, by):
    load(world, by, FIRST)
    taken = take(world, by, SECOND, dict.fromkeys(DIFFERING, Way.LEAVE))
    assert (taken.written, taken.left) == (0, 4)
    there = differences(world, by, SECOND)
    assert {field for field, one in there.items() if one.is_left} == {*DIFFERING}
    third = SECOND.replace(b"40000002", b"40000003")
    assert [field for field, one in differences(world, by, third).items() if not one.is_left] == [Field.PHONE]
    # It may be taken after all.
    assert take(world, by, SECOND, {Field.PHONE: Way.CHANGE}).written == 1
    # And left twice it is remembered once.
    assert take(world, by, SECOND, {Field.EMAIL: Way.LEAVE}).left == 1


def test_what_was_corrected_does_not_come_back_by_an_older_list(world, by):
    load(world, by, FIRST)
    take(world, by, SECOND, {Field.JOB_HOURS: Way.CORRECTION, Field.REFERRED_ON: Way.CORRECTION})
    outcome = load(world, by, FIRST)
    assert outcome.people == 0
    assert the_job().hours_per_week == 30
    assert Referral.objects.get(superseded_at=None).happened_on == date(2025, 4, 10)
    assert {one.field for one in outcome.reports[2].open_differences} == {Field.REFERRED_ON, Field.JOB_HOURS}


def test_what_is_not_as_it_was_shown_is_not_taken(world, by):
    load(world, by, FIRST)
    there = differences(world, by, SECOND)
    registered = Participant.objects.get()
    cases.change_participant(registered, by=by, based_on=registered.version, phone="90000009")
    taken = take_keys(world, by, SECOND, {there[Field.PHONE].key: Choice(Way.CHANGE)})
    assert (taken.written, taken.gone) == (0, 1)
    assert Participant.objects.get().phone == "90000009"


def test_a_way_that_was_not_offered_is_refused(world, by):
    load(world, by, FIRST)
    taken = take(world, by, SECOND, {Field.REFERRED_ON: (Way.CHANGE, ago(1))})
    assert (taken.written, taken.refused) == (0, 1)
    assert Referral.objects.get().happened_on == date(2025, 4, 3)


def test_somebody_else_s_team_is_refused(world, by):
    load(world, by, FIRST)
    there = differences(world, by, SECOND)
    other = world.act_as(world.other_specialist)
    with pytest.raises(NotAllowed):
        take_keys(world, other, SECOND, {there[Field.PHONE].key: Choice(Way.CHANGE)})


def test_somebody_else_follows_by_the_list_and_gets_the_case_from_a_day(world, by):
    row, case = person_with_case(world)
    content = csv([row | {"Jobbspesialist": "Kåre Kollega"}])
    told = differences(world, by, content)[Field.SPECIALIST]
    assert (told.recorded, told.listed, told.ways) == ("Siri Spesialist", "Kåre Kollega", (Way.CHANGE,))
    take(world, by, content, {Field.SPECIALIST: (Way.CHANGE, ago(3))})
    case.refresh_from_db()
    assert case.specialist_id == world.colleague.pk
    last = Assignment.objects.order_by("-pk").first()
    assert (last.happened_on, last.reason) == (ago(3), "Fra lista «liste.csv», rad 2")
    assert differences(world, by, content) == {}


def test_another_counsellor_is_told_and_whoever_it_is_already_is_not(world, by):
    row, case = person_with_case(world)
    assert case.counsellor_id == world.counsellor.pk
    with as_owner():
        new = user("veileder9", "Nina", "Nyveileder")
        member(new, "counsellor", office=world.office)
    world.act_as(world.supervisor)
    assert differences(world, by, csv([row | {"Veileder": "Vidar"}])) == {}
    content = csv([row | {"Veileder": "Nina Nyveileder"}])
    take(world, by, content, {Field.COUNSELLOR: Way.CHANGE})
    case.refresh_from_db()
    assert case.counsellor_id == new.pk


def test_whoever_hands_the_case_to_somebody_takes_the_rest_first(world, by):
    row, _case = person_with_case(world)
    mine = world.act_as(world.specialist)
    content = csv([row | {"Jobbspesialist": "Kåre Kollega", "Telefon": "40000002"}])
    taken = take(world, mine, content, {Field.SPECIALIST: Way.CHANGE, Field.PHONE: Way.CHANGE})
    assert (taken.written, taken.refused) == (2, 0)
    assert Participant.objects.get().phone == "40000002"


def test_names_by_their_parts_and_never_by_capitals_or_by_how_they_are_divided(world, by):
    row, _case = person_with_case(world)
    same = {"Fornavn": "KARI", "Etternavn": "testesen"}
    assert differences(world, by, csv([row | same])) == {}
    told = differences(world, by, csv([row | {"Etternavn": "Giftesen"}]))
    assert set(told) == {Field.FAMILY_NAME}
    take(world, by, csv([row | {"Etternavn": "Giftesen"}]), {Field.FAMILY_NAME: Way.CHANGE})
    assert Participant.objects.get().name == "Kari Giftesen"


@pytest.mark.parametrize("phone", ["+47 400 00 001", "0047 40000001", "400-00-001"])
def test_a_phone_number_written_in_another_way_is_the_same(world, by, phone):
    row, _case = person_with_case(world, phone="40000001")
    assert differences(world, by, csv([row | {"Telefon": phone}])) == {}


def test_what_the_list_does_not_say_is_no_difference(world, by):
    load(
        world, by, csv([working(Telefon="40000001", Lønnstilskudd="ja") | {"Fødselsnummer": (n := identity_number())}])
    )
    row = {"Fødselsnummer": n, "Fornavn": "Kari", "Etternavn": "Testesen", "Arbeidsgiver": "Kafé Fjord AS"}
    row |= {"Jobbstart": written(ago(60)), "Timer": "20", "Telefon": "", "Lønnstilskudd": "", "Stilling": ""}
    assert differences(world, by, csv([row])) == {}


def test_an_ended_follow_up_is_corrected_in_day_and_cause(world, by):
    row = person(Oppstart=written(ago(170)), Avsluttet=written(ago(10)), Sluttårsak="Kom i jobb")
    load(world, by, csv([row]))
    content = csv([row | {"Avsluttet": written(ago(12)), "Sluttårsak": "Utdanning i egen regi"}])
    told = differences(world, by, content)
    assert set(told) == {Field.ENDED_ON, Field.END_CAUSE}
    take(world, by, content, dict.fromkeys(told, Way.CORRECTION))
    ended = CaseEnded.objects.get(superseded_at=None)
    assert (ended.happened_on, ended.cause) == (ago(12), "education_own")
    # One correction for both.
    assert Correction.objects.count() == 1
    assert differences(world, by, content) == {}


def test_an_end_without_a_cause_says_nothing_of_the_recorded_cause(world, by):
    row = person(Oppstart=written(ago(170)), Avsluttet=written(ago(10)), Sluttårsak="Kom i jobb")
    load(world, by, csv([row]))
    without_a_cause = csv([row | {"Sluttårsak": ""}])
    assert read(without_a_cause, world.team).people[0].end_cause == CaseEnded.Cause.OTHER
    assert differences(world, by, without_a_cause) == {}


def test_an_end_that_is_new_is_written_and_no_difference(world, by):
    row = person(Oppstart=written(ago(170)))
    load(world, by, csv([row]))
    outcome = load(world, by, csv([row | {"Avsluttet": written(ago(10))}]))
    assert outcome.people == 1
    assert outcome.reports[2].differences == []


def test_a_follow_up_that_goes_on_again_is_told_where_the_list_says_it_ended(world, by):
    row = person(Oppstart=written(ago(170)), Avsluttet=written(ago(10)), Sluttårsak="Kom i jobb")
    load(world, by, csv([row]))
    cases.reopen(Case.objects.get(), by=by, happened_on=ago(2), reason="job_lost")
    told = differences(world, by, csv([row]))
    assert set(told) == {Field.ENDED_ON}
    assert told[Field.ENDED_ON].ways == ()


def test_the_first_talk_is_corrected_and_no_second_one_is_written(world, by):
    row = person(Oppstart=written(ago(170)))
    load(world, by, csv([row]))
    content = csv([row | {"Oppstart": written(ago(165))}])
    outcome = load(world, by, content)
    assert (outcome.people, Contact.objects.count()) == (0, 1)
    take(world, by, content, {Field.STARTED_ON: Way.CORRECTION})
    assert Contact.objects.get(superseded_at=None).happened_on == ago(165)
    assert differences(world, by, content) == {}


def test_a_first_talk_on_a_day_when_they_were_met_anyway_is_told_and_not_taken(world, by):
    row = person(Oppstart=written(ago(170)))
    load(world, by, csv([row | {"Sist møtt": written(ago(100))}]))
    told = differences(world, by, csv([row | {"Oppstart": written(ago(100))}]))
    assert {field: one.ways for field, one in told.items()} == {Field.STARTED_ON: ()}


def test_every_column_of_a_job_is_corrected_at_once(world, by):
    row = working(Jobbslutt=written(ago(20)), **{"Årsak til at jobben sluttet": "ny jobb"})
    load(world, by, csv([row]))
    changed = row | {
        "Stilling": "servitør",
        "Ansettelsesform": "midlertidig",
        "Timer": "22,5",
        "Lønnstilskudd": "ja",
        "Jobbstart": written(ago(55)),
        "Jobbslutt": written(ago(15)),
        "Årsak til at jobben sluttet": "helse",
    }
    content = csv([changed])
    told = differences(world, by, content)
    assert set(told) == {
        *(Field.JOB_FORM, Field.JOB_HOURS, Field.SUBSIDISED),
        *(Field.JOB_STARTED_ON, Field.JOB_ENDED_ON, Field.JOB_END_REASON),
    }
    taken = take(world, by, content, dict.fromkeys(told, Way.CORRECTION))
    assert taken.refused == 0
    job = the_job()
    assert (job.form, job.hours_per_week, job.subsidised) == ("temporary", Decimal("22.5"), True)
    assert (job.started_on, job.ended_on, job.end_reason) == (ago(55), ago(15), "health")
    # One correction of the start, and one of the end.
    assert Correction.objects.count() == 2
    assert load(world, by, content).people == 0
    assert JobEnded.objects.filter(superseded_at=None).count() == 1
    assert len(jobs_of(Case.objects.get()).rows()) == 1


def test_a_job_that_moves_to_other_months_is_corrected_in_an_order_that_holds(world, by):
    row = working(90, Jobbslutt=written(ago(60)))
    load(world, by, csv([row]))
    moved = csv([row | {"Jobbstart": written(ago(60)), "Jobbslutt": written(ago(30))}])
    told = differences(world, by, moved)
    assert take(world, by, moved, dict.fromkeys(told, Way.CORRECTION)).refused == 0
    back = csv([row | {"Jobbstart": written(ago(90)), "Jobbslutt": written(ago(60))}])
    told = differences(world, by, back)
    assert take(world, by, back, dict.fromkeys(told, Way.CORRECTION)).refused == 0
    assert (the_job().started_on, the_job().ended_on) == (ago(90), ago(60))


def test_a_job_after_another_at_the_same_place_is_a_new_one(world, by):
    row = working(90, Jobbslutt=written(ago(60)))
    load(world, by, csv([row]))
    later = csv([row | {"Jobbstart": written(ago(30)), "Jobbslutt": ""}])
    outcome = load(world, by, later)
    assert (outcome.people, outcome.reports[2].differences) == (1, [])
    assert len(jobs_of(Case.objects.get()).rows()) == 2


def test_a_job_that_was_withdrawn_does_not_come_back_after_its_start_was_corrected(world, by):
    row = working()
    load(world, by, csv([row]))
    moved = csv([row | {"Jobbstart": written(ago(55))}])
    take(world, by, moved, {Field.JOB_STARTED_ON: Way.CORRECTION})
    facts.withdraw(JobStarted.objects.get(superseded_at=None), by=by, reason="Feil person")
    outcome = load(world, by, moved)
    assert outcome.people == 0
    assert "endret eller trukket tilbake" in " ".join(outcome.reports[2].remarks)


def test_an_agreed_last_day_is_changed(world, by):
    row = working(Jobbslutt=written(ago(-30)))
    load(world, by, csv([row]))
    content = csv([row | {"Jobbslutt": written(ago(-60))}])
    assert set(differences(world, by, content)) == {Field.JOB_ENDED_ON}
    take(world, by, content, {Field.JOB_ENDED_ON: Way.CHANGE})
    assert the_job().planned_end_on == ago(-60)
    assert the_job().hours_per_week == 20
    assert differences(world, by, content) == {}


def test_protection_is_told_and_never_changed_by_a_list(world, by):
    row, case = person_with_case(world)
    told = differences(world, by, csv([row | {"Adressesperre": "kode 7"}]))
    assert set(told) == {Field.PROTECTION}
    assert told[Field.PROTECTION].ways == ()
    cases.change_protection(case.participant, by=by, based_on=1, protection="confidential", reason="Har bedt om det")
    mine = world.act_as(world.specialist)
    told = differences(world, mine, csv([row | {"Adressesperre": "nei", "Adresse": "Storgata 1"}]))
    # The address of somebody protected is neither shown nor taken.
    assert set(told) == {Field.PROTECTION}
    taken = take(world, mine, csv([row | {"Adressesperre": "nei"}]), {Field.PROTECTION: Way.CORRECTION})
    assert (taken.written, taken.refused) == (0, 1)
    assert Participant.objects.get().protection == "confidential"


@pytest.mark.parametrize(
    ("registered", "said", "answer", "told", "is_address_kept"),
    [
        # By a column.
        ("", {"Adressesperre": "kode 6"}, None, "strengt fortrolig adresse", True),
        ("", {"Adressesperre": "kode 7"}, None, "fortrolig adresse", True),
        ("", {"Adressesperre": "egen ansatt"}, None, "arbeider i Nav", True),
        ("own_employee", {"Adressesperre": "kode 7"}, None, "fortrolig adresse", True),
        ("own_employee", {"Adressesperre": "egen ansatt"}, None, None, False),
        ("own_employee", {"Adressesperre": "nei"}, None, "ikke skjermet", False),
        ("", {"Adressesperre": "nei"}, None, None, False),
        # By an answer about a sign of it.
        ("", {"Merknad": "fikk kode 7 i oktober"}, "strictly_confidential", "strengt fortrolig adresse", True),
        ("", {"Merknad": "fikk kode 7 i oktober"}, "confidential", "fortrolig adresse", True),
        ("", {"Merknad": "fikk kode 7 i oktober"}, NOT_PROTECTED, None, False),
        ("confidential", {"Merknad": "fikk kode 7 i oktober"}, "confidential", None, True),
        ("confidential", {"Merknad": "kode 6"}, "strictly_confidential", "strengt fortrolig adresse", True),
        ("confidential", {"Merknad": "kode 6"}, NOT_PROTECTED, None, True),
        ("", {"Adressesperre": "nei", "Merknad": "kode 6"}, "confidential", "fortrolig adresse", True),
    ],
)
def test_the_address_of_who_is_protected_by_the_list_or_an_answer_is_neither_told_nor_taken(
    world, registered, said, answer, told, is_address_kept
):
    row, _case = person_with_case(world, address="Storgata 1", protection=registered)
    by = world.act_as(world.specialist)
    content = csv([row | {"Adresse": "Nyveien 2", "Sted": "Bergen"} | said])
    made = read(content, world.team)
    asked = [question.key for question in made.open_questions if question.kind is Kind.PROTECTION]
    assert len(asked) == (answer is not None)
    found_list, following = sheet.read(content, "liste.csv"), who_follows_in(world.team)
    answered = plan.make(
        found_list,
        mapping.recognise(found_list, world.team),
        today=timezone.localdate(),
        answers=Answers(dict.fromkeys(asked, answer)),
    )
    outcome = actions.write(
        answered, ImportRequest(by=by, team=world.team, specialists=following, unnamed=by, dry_run=True)
    )
    report = outcome.reports[2]
    found = {one.field: one for one in report.differences}
    assert str(found[Field.PROTECTION].listed if told else "") == (told or "")
    assert (Field.PROTECTION in found) is (told is not None)
    assert ({Field.ADDRESS, Field.PLACE} & set(found) == set()) is is_address_kept
    assert ("Nyveien" in str(report.differences)) is not is_address_kept
    said = " ".join(map(str, report.remarks))
    assert ("det lista sier om den, tas ikke inn" in said.lower()) is (is_address_kept and registered == "confidential")
    assert ("Skjermingen er strengere i lista" in said) is (is_address_kept and registered != "confidential")
    choices = choices_for(found.values(), Way.CORRECTION)
    actions.take_differences(
        answered.people,
        choices,
        ImportRequest(by=by, team=world.team, specialists=following, name="liste.csv", dry_run=False),
    )
    assert Participant.objects.get().address == ("Storgata 1" if is_address_kept else "Nyveien 2")


def test_nothing_is_told_of_somebody_one_does_not_see(world, by):
    number = identity_number()
    world.refer("Skjult", "Skjermesen", number=number, protection="strictly_confidential", phone="40000001")
    by = world.act_as(world.supervisor)
    content = csv([person("Åpen", "Annen", Fødselsnummer=number, Telefon="90000009")])
    outcome = load(world, by, content, dry_run=True)
    assert outcome.reports[2].differences == []
    assert "40000001" not in str(outcome.reports)


def test_somebody_who_is_shielded_after_the_check_is_not_touched(world, by):
    row, case = person_with_case(world, phone="40000001")
    content = csv([row | {"Telefon": "40000002"}])
    there = differences(world, by, content)
    chosen = {there[Field.PHONE].key: Choice(Way.CHANGE)}
    mine = world.act_as(world.specialist)
    cases.change_protection(case.participant, by=mine, based_on=1, protection="strictly_confidential", reason="Ny")
    by = world.act_as(world.supervisor)
    taken = take_keys(world, by, content, chosen)
    assert (taken.written, taken.gone, taken.differences) == (0, 1, {2: []})
    world.act_as(world.specialist)
    assert Participant.objects.get().phone == "40000001"


def test_somebody_known_without_a_case_here_keeps_their_particulars_and_the_row_says_so(world, by):
    number = identity_number()
    case = world.refer("Kari", "Testesen", number=number, on=ago(300), phone="40000001")
    mine = world.act_as(world.specialist)
    cases.end(case, by=mine, happened_on=ago(200), cause="work")
    content = csv([person(Fødselsnummer=number, Telefon="40000002")])
    outcome = load(world, mine, content)
    assert outcome.people == 1
    assert "andre personopplysninger" in " ".join(outcome.reports[2].remarks)
    assert set(differences(world, mine, content)) == {Field.PHONE}


def test_what_is_refused_says_why_and_the_others_of_the_person_are_taken(world, by):
    row = working(Oppstart=written(ago(150)))
    load(world, by, csv([row]))
    # A referral is corrected, and is no change.
    content = csv([row | {"Telefon": "40000009", "Timer": "30", "Henvist dato": written(ago(170)), "E-post": "a@b.no"}])
    there = differences(world, by, content)
    assert {Field.PHONE, Field.JOB_HOURS, Field.REFERRED_ON} <= set(there)
    choices = {
        there[Field.PHONE].key: Choice(Way.CHANGE),
        there[Field.JOB_HOURS].key: Choice(Way.CORRECTION),
        there[Field.REFERRED_ON].key: Choice(Way.CHANGE),
        there[Field.EMAIL].key: Choice(Way.LEAVE),
    }
    taken = take_keys(world, by, content, choices)
    assert (taken.written, taken.left, taken.refused, taken.gone) == (2, 1, 1, 0)
    why = {one.field: one.refused for one in taken.differences[2]}
    assert set(why) == {Field.REFERRED_ON, Field.EMAIL} and why[Field.EMAIL] == ""
    assert "bare endres på sidene til deltakeren" in why[Field.REFERRED_ON]
    assert Participant.objects.get().phone == "40000009"


@pytest.mark.parametrize("wrong", [Field.JOB_STARTED_ON, Field.JOB_ENDED_ON, Field.PHONE, Field.JOB_HOURS])
def test_whichever_is_refused_the_others_are_taken(world, by, wrong):
    """Also those that are corrected in the same fact."""
    row = working(90, Jobbslutt=written(ago(10)), Telefon="40000001", Timer="20")
    load(world, by, csv([row]))
    better = {"Telefon": "40000002", "Timer": "22,5", "Jobbstart": written(ago(80)), "Jobbslutt": written(ago(12))}
    content = csv([row | better])
    there = differences(world, by, content)
    fields = (Field.PHONE, Field.JOB_HOURS, Field.JOB_STARTED_ON, Field.JOB_ENDED_ON)
    choices = {there[field].key: Choice(Way.CHANGE if field is Field.PHONE else Way.CORRECTION) for field in fields}
    table, column, value = {
        Field.JOB_STARTED_ON: ("jobs_jobstarted", "happened_on", ago(80)),
        Field.JOB_ENDED_ON: ("jobs_jobended", "happened_on", ago(12)),
        Field.JOB_HOURS: ("jobs_jobstarted", "hours_per_week", Decimal("22.5")),
        Field.PHONE: ("cases_participant", "phone", "40000002"),
    }[wrong]
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT not_this CHECK ({column} <> '{value}')")
    taken = take_keys(world, by, content, choices)
    assert (taken.written, taken.refused, taken.gone) == (3, 1, 0)
    assert {one.field for one in taken.differences[2] if one.refused} == {wrong}
    assert set(differences(world, by, content)) == {wrong}


def test_whoever_hands_the_case_to_somebody_takes_the_rest_first_also_where_something_is_refused(world, by):
    row, case = person_with_case(world, phone="40000001")
    mine = world.act_as(world.specialist)
    content = csv([row | {"Jobbspesialist": "Kåre Kollega", "Telefon": "40000002", "Henvist dato": written(ago(170))}])
    # A referral is corrected, and is no change.
    ways = {Field.SPECIALIST: Way.CHANGE, Field.PHONE: Way.CHANGE, Field.REFERRED_ON: (Way.CHANGE, ago(1))}
    taken = take(world, mine, content, ways)
    assert (taken.written, taken.refused) == (2, 1)
    with as_owner():
        case.refresh_from_db()
        assert (case.specialist, case.participant.phone) == (world.colleague, "40000002")


def test_two_who_take_the_same_correction_at_once_make_one(committed):
    row = working()
    second = csv([row | {"Timer": "30"}])
    with acting_as(committed.supervisor):
        by = User.objects.get(pk=committed.supervisor.pk)
        load(committed, by, csv([row]))
        choices = choices_for(differences(committed, by, second).values(), Way.CORRECTION)
    assert len(choices) == 1
    people = [committed.supervisor, committed.colleague]

    def go(n, barrier):
        with acting_as(people[n]):
            by, specialists = User.objects.get(pk=people[n].pk), who_follows_in(committed.team)
            made = read(second, committed.team).people
        barrier.wait()
        return actions.take_differences(
            made,
            choices,
            ImportRequest(by=by, team=committed.team, specialists=specialists, name="liste.csv", dry_run=False),
            within=lambda: acting_as(by),
        )

    found = at_once(go, 2)
    assert failed(found) == set()
    assert sorted((taken.written, taken.gone) for taken in found) == [(0, 1), (1, 0)]
    with acting_as(committed.supervisor):
        case = Case.objects.get(participant__family_name="Testesen", participant__given_name="Kari")
        assert Correction.objects.filter(case=case).count() == 1


days = st.integers(61, 170)
rows = st.fixed_dictionaries(
    {
        "Fornavn": st.sampled_from(["Kari", "Kari Anne", "Åse"]),
        "Etternavn": st.sampled_from(["Testesen", "Berg Hansen", "Ødegård"]),
        "Telefon": st.sampled_from(["40000001", "40000002", "+46 70 123"]),
        "E-post": st.sampled_from(["a@example.no", "b@example.no"]),
        "Adresse": st.sampled_from(["Storgata 1", "Lillegata 2 B"]),
        "Postnummer": st.sampled_from(["0150", "8006"]),
        "Poststed": st.sampled_from(["Oslo", "Bodø"]),
        "Henvist dato": st.integers(171, 200).map(lambda n: written(ago(n))),
        "Oppstart": days.map(lambda n: written(ago(n))),
        "Ønsker": st.sampled_from(["Butikk", "Butikk eller lager", "Noe ute"]),
        "Avsluttet": st.integers(1, 9).map(lambda n: written(ago(n))),
        "Sluttårsak": st.sampled_from(["Kom i jobb", "Utdanning i egen regi", "sykdom"]),
        "Arbeidsgiver": st.just("Kafé Fjord AS"),
        "Stilling": st.just("Servitør"),
        "Ansettelsesform": st.sampled_from(["fast", "midlertidig"]),
        "Timer": st.integers(2, 40).map(str),
        "Lønnstilskudd": st.sampled_from(["ja", "nei"]),
        "Jobbstart": st.integers(40, 60).map(lambda n: written(ago(n))),
        "Jobbslutt": st.integers(10, 39).map(lambda n: written(ago(n))),
        "Årsak til at jobben sluttet": st.sampled_from(["ny jobb", "helse"]),
    }
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(first=rows, second=rows)
def test_a_list_that_is_taken_whole_differs_in_nothing_afterwards(world, by, first, second):
    number = {"Fødselsnummer": identity_number()}
    assert load(world, by, csv([first | number])).people == 1
    content = csv([second | number])
    before = load(world, by, content).reports[2].differences
    changed = {key for key in first if first[key].casefold() != second[key].casefold()}
    assert len(before) == len(changed)
    taken = take_keys(world, by, content, choices_for(before, Way.CORRECTION))
    assert (taken.refused, taken.gone, taken.written) == (0, 0, len(before))
    again = load(world, by, content)
    assert (again.people, again.reports[2].differences) == (0, [])


def test_people_are_found_by_any_of_their_rows(world, by):
    number = identity_number()
    other_job = {"Arbeidsgiver": "Lager Sør AS", "Jobbstart": written(ago(40))}
    people = read(csv([working(Fødselsnummer=number), working(Fødselsnummer=number, **other_job)]), world.team).people
    assert [one.rows for one in people_with(people, {3})] == [[2, 3]]
    assert people_with(people, {4}) == []


def test_a_list_stands_for_today_where_no_day_is_said(world, by):
    load(world, by, FIRST)
    take(world, by, SECOND, {Field.JOB_HOURS: Way.CHANGE})
    assert JobChanged.objects.get().happened_on == timezone.localdate()


def test_who_may_only_read_a_case_is_told_that_nothing_is_kept_with_it_and_the_others_are_done(world):
    with as_owner():
        elsewhere = Team.objects.create(office=world.office, name="Nord")
        member(world.specialist, Role.SPECIALIST, world.office, elsewhere)
    numbers = [identity_number(), identity_number()]
    _own, earlier = (
        world.refer(number=number, phone="40000001", on=ago(days))
        for number, days in zip(numbers, (180, 400), strict=True)
    )
    # Known from what the team followed; what goes on is another team's, and lent for a time.
    specialist = world.act_as(world.specialist)
    cases.end(earlier, by=specialist, happened_on=ago(200), cause=CaseEnded.Cause.WORK)
    lent = cases.refer(
        by=specialist,
        number=identity.parse(numbers[1]),
        person={"given_name": "Prøve", "family_name": "Deltaker"},
        team=elsewhere,
        wishes="Jobbe",
        participant_agreed_on=ago(180),
        happened_on=ago(180),
    )
    cases.hand_over(lent, by=specialist, to=specialist, team=elsewhere, happened_on=ago(180))
    access.give(lent.pk, by=specialist, to=world.supervisor, reason="Et råd", hours=8)
    by = world.act_as(world.supervisor)
    content = csv([person("Prøve", "Deltaker", Fødselsnummer=number, Telefon="90000008") for number in numbers])
    checked = load(world, by, content, dry_run=True)
    assert checked.wrong == []
    there = [one for row in checked.reports.values() for one in row.differences]
    phones = [one for one in there if one.field is Field.PHONE]
    assert len(phones) == 2
    taken = take_keys(world, by, content, {one.key: Choice(Way.LEAVE) for one in phones})
    assert (taken.written, taken.left, taken.refused) == (0, 1, 1)
    told = [one for row in taken.differences.values() for one in row if one.refused]
    assert [(one.case_id, one.field, one.is_left) for one in told] == [(lent.pk, Field.PHONE, False)]
    assert "ikke endre denne saken" in told[0].refused


def test_two_causes_that_are_both_other_differ_by_their_words(world, by):
    row = person(Oppstart=written(ago(170)), Avsluttet=written(ago(10)))

    def planned(words):
        made = sheet.read(csv([row | {"Sluttårsak": words}]), "liste.csv")
        columns, today = mapping.by_headings(made), timezone.localdate()
        asked = plan.make(made, columns, today=today)
        answers = accepting_guesses(asked.questions, asked.answers)
        return plan.make(made, columns, today=today, answers=answers)

    def told(words):
        specialists = who_follows_in(world.team)
        outcome = actions.write(
            planned(words), ImportRequest(by=by, team=world.team, specialists=specialists, unnamed=by, dry_run=False)
        )
        return outcome.reports[2].differences

    assert told("flytta til Bergen") == []
    # What stands there already, or more than that, is none.
    assert told("Flytta  til bergen") == []
    (one,) = told("fikk en annen plass")
    assert one.field is Field.END_CAUSE
    assert (one.recorded.endswith(": flytta til Bergen"), one.listed.endswith(": fikk en annen plass")) == (True, True)
    taken = actions.take_differences(
        planned("fikk en annen plass").people,
        {one.key: Choice(Way.CORRECTION)},
        ImportRequest(by=by, team=world.team, specialists=who_follows_in(world.team), name="liste.csv", dry_run=False),
    )
    assert (taken.written, taken.refused) == (1, 0)
    end = CaseEnded.objects.get(superseded_at=None)
    assert (end.cause, end.note) == (CaseEnded.Cause.OTHER, "fikk en annen plass")
    assert told("fikk en annen plass") == []


@pytest.mark.parametrize(
    ("listed", "jobs_there"),
    [
        ({"Arbeidsgiver": "Kafé Fjord Grorud AS"}, 1),
        ({"Arbeidsgiver": "Kafé"}, 1),
        ({"Arbeidsgiver": "Kafé Fjord Grorud AS", "Timer": "10"}, 2),
        ({"Arbeidsgiver": "Kiosken AS"}, 2),
    ],
)
def test_the_same_job_at_an_employer_spelt_anew_is_told_and_not_written_again(world, by, listed, jobs_there):
    row = working()
    load(world, by, csv([row]))
    outcome = load(world, by, csv([{**row, **listed}]))
    assert outcome.wrong == []
    assert len(jobs_of(Case.objects.get()).rows()) == jobs_there
    told = any("skrives ikke inn en gang til" in doubt for doubt in outcome.reports[2].doubts)
    assert told == (jobs_there == 1)
    assert Employer.objects.filter(name=listed["Arbeidsgiver"]).exists() == (jobs_there == 2)


@pytest.mark.parametrize(
    "listed",
    [
        ({"Arbeidsgiver": "Kafé Fjord Nord"}, {"Arbeidsgiver": "Kafé Fjord Sør"}),
        ({"Arbeidsgiver": "Kafé Fjord Nord"}, {"Arbeidsgiver": "Kafé Fjord Nord avd 2"}),
        ({"Jobbstart": written(ago(20))}, {"Arbeidsgiver": "Kafé Fjord Nord"}),
    ],
)
def test_two_jobs_that_are_like_one_recorded_stop_nobody(world, by, listed):
    row = working()
    load(world, by, csv([row]))
    outcome = load(world, by, csv([{**row, **changes} for changes in listed] + [person("Ola", "Dahl")]))
    assert outcome.wrong == []
    assert Case.objects.count() == 2
