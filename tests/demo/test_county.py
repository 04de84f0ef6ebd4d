"""The made-up county: the same each time, nobody real, and a day's work that looks like a day's work."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from plass.accounts.views.login import DOES
from plass.cases import identity
from plass.cases.fact_register import fact_kinds
from plass.cases.models import Assignment, CaseEnded, CaseReopened
from plass.demo import acts, names
from plass.demo.county import County, Size
from plass.followup.models import Contact, Meeting, MeetingCancelled
from plass.jobs.models import JobEnded, JobStarted

TODAY = date(2026, 6, 17)
SIZE = Size(offices=3, specialists=9, participants=420, caseload=20, employers=90)


@pytest.fixture(scope="module")
def county() -> County:
    return County(1, 0, TODAY, SIZE)


@pytest.fixture(scope="module")
def lives(county: County) -> list[acts.CaseLife]:
    return list(county.lives())


def test_the_same_seed_gives_the_same_lives(lives):
    again = County(1, 0, TODAY, SIZE)
    # The numbers of rows are given when they are written, not here.
    assert list(again.lives()) == lives
    assert next(County(2, 0, TODAY, SIZE).lives()).person != lives[0].person


def test_the_number_of_cases_is_as_asked(lives):
    assert len(lives) == SIZE.participants


def test_nobody_can_be_mistaken_for_real(county, lives):
    for life in lives:
        number = identity.parse(life.person.identity_number)
        assert number.is_test
        assert number.born_on == life.person.born_on
        assert life.person.given_name in names.PARTICIPANT_GIVEN
        assert life.person.phone.startswith("00 ")
        assert not life.person.email or life.person.email.endswith(".example")
    assert all(employer.organisation_number.startswith("31") for employer in county.employers)
    assert all(any(tale in employer.name for tale in names.TALES) for employer in county.employers)


def test_identity_numbers_are_given_once_also_between_counties(lives):
    numbers = {life.person.identity_number for life in lives}
    people = {life.person.number for life in lives}
    assert len(numbers) == len(people)
    elsewhere = {life.person.identity_number for life in County(1, 1, TODAY, SIZE).lives()}
    assert not numbers & elsewhere


def test_everything_recorded_has_happened(lives):
    for life in lives:
        begun = life.acts[0].happened_on
        for act in life.acts:
            assert begun <= act.day < TODAY, act
            if not acts.records(act, JobStarted):
                assert act.happened_on < TODAY, act


def test_nothing_is_recorded_while_a_case_is_closed(lives):
    for life in lives:
        closed = None
        for act in life.acts:
            if acts.records(act, CaseReopened):
                closed = None
            # Whoever follows from now on gets the case in the moment before it opens.
            late = isinstance(act, acts.Corrected) or acts.records(act, JobEnded, Assignment)
            assert closed is None or late or act.day <= closed, (life.number, act)
            if acts.records(act, CaseEnded):
                closed = act.happened_on


def test_only_those_who_work_there_record(county, lives):
    for life in lives:
        for act in life.acts:
            employee = county.staff[act.by - 1]
            assert employee.started_on <= act.day, (act, employee)
            assert employee.ended_on is None or act.day <= employee.ended_on, (act, employee)
            assert employee.office == life.office


def test_a_specialist_follows_about_twenty(county, lives):
    going = Counter(life.specialist for life in lives if not any(acts.records(act, CaseEnded) for act in life.acts))
    holders = [chair.holder(TODAY) for chair in county.chairs]
    assert all(10 <= going[user] <= 26 for user in holders)
    assert going[None] >= 3, "somebody waits"


def test_there_is_something_to_do_today_and_in_the_days_to_come(county, lives):
    ahead: dict[int, list[date]] = defaultdict(list)
    for life in lives:
        cancelled = {id(act.values["meeting"]) for act in life.acts if acts.records(act, MeetingCancelled)}
        for act in life.acts:
            if acts.records(act, Meeting) and id(act) not in cancelled:
                day = act.values["starts_at"].date()
                if day >= TODAY:
                    ahead[act.values["staff"]].append(day)
    holders = {chair.holder(TODAY) for chair in county.chairs}
    assert set(ahead) == holders
    today = sum(day == TODAY for days in ahead.values() for day in days)
    assert len(holders) * 0.5 <= today <= len(holders) * 4
    starts = [act for life in lives for act in life.acts if acts.records(act, JobStarted)]
    assert any(TODAY <= start.happened_on <= TODAY + timedelta(days=30) for start in starts)
    last_days = [start.values["planned_end_on"] for start in starts]
    assert any(day and day > TODAY for day in last_days)


def test_overdue_is_the_exception(county, lives):
    """A Min dag with a hundred red lines would teach nobody anything."""
    overdue = Counter()
    for life in lives:
        contacts = [act.values for act in life.acts if acts.records(act, Contact)]
        planned = [values["next_contact_on"] for values in contacts if "participant" in values["parties"]]
        ended = any(acts.records(act, CaseEnded) for act in life.acts[-3:])
        if planned and not ended and planned[-1] and planned[-1] < TODAY:
            overdue[life.specialist] += 1
    assert 0 < sum(overdue.values()) <= 4 * len(county.chairs)


def test_lives_differ(lives):
    models = {act.model for life in lives for act in life.acts if isinstance(act, acts.FactRecorded)}
    assert models == {kind.model for kind in fact_kinds().values()}
    assert any(isinstance(act, acts.Corrected) for life in lives for act in life.acts)
    facts = sorted(len(life.acts) for life in lives)
    assert facts[0] <= 3
    assert 30 <= sum(facts) / len(facts) <= 50
    jobs = Counter(sum(acts.records(act, JobStarted) for act in life.acts) for life in lives)
    assert jobs[0] > 20
    assert sum(count for number, count in jobs.items() if number >= 2) > 50


def test_an_act_with_a_column_that_its_kind_lacks_is_refused():
    with pytest.raises(TypeError, match=r"JobStarted has no column hours$"):
        acts.fact(JobStarted, TODAY, 1, title="Kokk", hours=20)


def test_notes_are_in_words_and_varied(lives):
    notes = [act.values["note"] for life in lives for act in life.acts if acts.records(act, Contact)]
    texts = [note for note in notes if note]
    assert not [text for text in texts if "{" in text or "  " in text]
    assert len(set(texts)) > len(texts) / 3


def test_personas_work_with_each_other(county, lives):
    personas = {persona.role: persona for persona in county.personas()}
    staff = {"specialist", "counsellor", "supervisor", "leader", "data_protection", "administrator"}
    assert set(personas) == {*staff, "participant"}
    own = next(life for life in lives if life.person.number == personas["participant"].person)
    assert own.specialist == personas["specialist"].user
    assert own.counsellor == personas["counsellor"].user
    assert personas["specialist"].about == personas["counsellor"].about
    assert {*personas, "employer"} == set(DOES), "the page says what each of them does"


def test_today_counts_as_a_working_day_also_on_a_sunday():
    sunday = County(1, 0, date(2026, 6, 14), SIZE)
    meetings = [
        act
        for life in sunday.lives()
        for act in life.acts
        if acts.records(act, Meeting) and act.values["starts_at"].date() == date(2026, 6, 14)
    ]
    assert meetings


def test_a_note_fits_the_way_it_happened(lives):
    contacts = [act.values for life in lives for act in life.acts if acts.records(act, Contact)]
    noted = [(values["channel"], values["note"]) for values in contacts if values["note"]]
    in_person = ("Møttes", "Besøk", "Gikk innom", "Var innom", "kaffe", "Trekantsamtale")
    wrong = [
        (channel, note)
        for channel, note in noted
        if (channel != "in_person" and note.startswith(in_person))
        or (channel != "phone" and note.startswith(("Telefon", "Ringte")))
        or (channel in ("message", "email") and "Snakket om" in note)
    ]
    assert not wrong
    assert {channel for channel, _note in noted} == {"in_person", "phone", "message", "video", "email"}
