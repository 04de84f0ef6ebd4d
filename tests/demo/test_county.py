"""The made-up county: the same each time, nobody real, and a day's work that looks like a day's work."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta

import pytest

from plass.accounts.views.login import DOES
from plass.cases import identity
from plass.demo import acts, names
from plass.demo.county import County, Size

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
            if not isinstance(act, acts.JobStarted):
                assert act.happened_on < TODAY, act


def test_nothing_is_recorded_while_a_case_is_closed(lives):
    for life in lives:
        closed = None
        for act in life.acts:
            if isinstance(act, acts.Reopened):
                closed = None
            # Whoever follows from now on gets the case in the moment before it opens.
            late = isinstance(act, acts.Corrected | acts.JobEnded | acts.Assigned)
            assert closed is None or late or act.day <= closed, (life.number, act)
            if isinstance(act, acts.Ended):
                closed = act.happened_on


def test_only_those_who_work_there_record(county, lives):
    for life in lives:
        for act in life.acts:
            one = county.staff[act.by - 1]
            assert one.started_on <= act.day, (act, one)
            assert one.ended_on is None or act.day <= one.ended_on, (act, one)
            assert one.office == life.office


def test_a_specialist_follows_about_twenty(county, lives):
    going = Counter(life.specialist for life in lives if not any(isinstance(act, acts.Ended) for act in life.acts))
    here = [chair.holder(TODAY) for chair in county.chairs]
    assert all(10 <= going[user] <= 26 for user in here)
    assert going[None] >= 3, "somebody waits"


def test_there_is_something_to_do_today_and_in_the_days_to_come(county, lives):
    ahead: dict[int, list[date]] = defaultdict(list)
    for life in lives:
        cancelled = {id(act.meeting) for act in life.acts if isinstance(act, acts.Cancelled)}
        for act in life.acts:
            if isinstance(act, acts.MeetingAgreed) and id(act) not in cancelled and act.starts_at.date() >= TODAY:
                ahead[act.staff].append(act.starts_at.date())
    here = {chair.holder(TODAY) for chair in county.chairs}
    assert set(ahead) == here
    today = sum(day == TODAY for days in ahead.values() for day in days)
    assert len(here) * 0.5 <= today <= len(here) * 4
    starts = [act for life in lives for act in life.acts if isinstance(act, acts.JobStarted)]
    assert any(TODAY <= start.happened_on <= TODAY + timedelta(days=30) for start in starts)
    assert any(start.planned_end_on and start.planned_end_on > TODAY for start in starts)


def test_overdue_is_the_exception(county, lives):
    """A Min dag with a hundred red lines would teach nobody anything."""
    overdue = Counter()
    for life in lives:
        talks = [act for act in life.acts if isinstance(act, acts.Contacted) and "participant" in act.parties]
        ended = any(isinstance(act, acts.Ended) for act in life.acts[-3:])
        if talks and not ended and talks[-1].next_contact_on and talks[-1].next_contact_on < TODAY:
            overdue[life.specialist] += 1
    assert 0 < sum(overdue.values()) <= 4 * len(county.chairs)


def test_lives_differ(lives):
    kinds = Counter(type(act).__name__ for life in lives for act in life.acts)
    every = {kind.__name__ for kind in acts.Act.__subclasses__()}
    assert set(kinds) == every
    facts = sorted(len(life.acts) for life in lives)
    assert facts[0] <= 3
    assert 30 <= sum(facts) / len(facts) <= 50
    jobs = Counter(sum(isinstance(act, acts.JobStarted) for act in life.acts) for life in lives)
    assert jobs[0] > 20
    assert sum(count for number, count in jobs.items() if number >= 2) > 50


def test_notes_are_in_words_and_varied(lives):
    texts = [act.note for life in lives for act in life.acts if isinstance(act, acts.Contacted) and act.note]
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
        if isinstance(act, acts.MeetingAgreed) and act.starts_at.date() == date(2026, 6, 14)
    ]
    assert meetings


def test_a_note_fits_the_way_it_happened(lives):
    told = [act for life in lives for act in life.acts if isinstance(act, acts.Contacted) and act.note]
    in_person = ("Møttes", "Besøk", "Gikk innom", "Var innom", "kaffe", "Trekantsamtale")
    wrong = [
        (act.channel, act.note)
        for act in told
        if (act.channel != "in_person" and act.note.startswith(in_person))
        or (act.channel != "phone" and act.note.startswith(("Telefon", "Ringte")))
        or (act.channel in ("message", "email") and "Snakket om" in act.note)
    ]
    assert not wrong
    assert {act.channel for act in told} == {"in_person", "phone", "message", "video", "email"}
