"""Which meetings are open, whom one promised to call, and which employers were contacted."""

from __future__ import annotations

from plass.cases.facts import correct, withdraw
from plass.followup import queries

from .made import at, cancelled, contact, day, employer, meeting


def open_between(user, first=-30, last=30):
    return numbers(queries.meetings_between([user.pk], day(first), day(last)).rows())


def numbers(agreed):
    return [meeting.meeting_id for meeting in agreed]


def pks(*facts):
    return [fact.pk for fact in facts]


def test_a_meeting_is_open_until_it_is_held_or_called_off(world):
    case = world.refer()
    by = world.specialist
    first, second, third = (meeting(case, by, at(n)) for n in (1, 2, 3))
    assert open_between(by) == pks(first, second, third)
    held = contact(case, by, 0, meeting=first)
    cancelled(second, by)
    assert open_between(by) == pks(third)
    withdraw(held, by=by, reason="Feil person")
    assert open_between(by) == pks(first, third)


def test_a_corrected_meeting_stays_as_held_or_called_off_as_it_was(world):
    case = world.refer()
    by = world.specialist
    held, off, still_open = (meeting(case, by, at(n)) for n in (-1, 1, 2))
    contact(case, by, 0, meeting=held)
    cancelled(off, by)
    for settled in (held, off):
        once = correct(settled, by=by, reason="Feil rom", address="Rom 2")
        correct(once, by=by, reason="Feil igjen", address="Rom 3")
    moved = correct(still_open, by=by, reason="Feil tid", starts_at=at(3))
    assert open_between(by) == pks(moved)


def test_meetings_between_takes_whole_days_and_the_named_people_only(world):
    case = world.refer()
    by, colleague = world.specialist, world.colleague
    early = meeting(case, by, at(0, 0, 0))
    late = meeting(case, by, at(1, 23, 59))
    meeting(case, by, at(2, 0, 0))
    colleagues_meeting = meeting(case, by, at(0, 12), staff=colleague)
    assert open_between(by, 0, 1) == pks(early, late)
    assert numbers(queries.meetings_between([by.pk, colleague.pk], day(0), day(1)).rows()) == pks(
        early, colleagues_meeting, late
    )
    assert queries.meetings_between([], day(0), day(1)).rows() == []


def test_meetings_of_a_case_one_does_not_see_stay_hidden(world):
    case = world.refer()
    meeting(case, world.specialist, at(1))
    world.act_as(world.other_specialist)
    assert open_between(world.specialist) == []


def test_meetings_at_the_same_time_overlap_for_the_same_person(world):
    case = world.refer()
    by = world.specialist
    ten = meeting(case, by, at(1, 10), minutes=60)
    meeting(case, by, at(1, 11), minutes=30)  # begins when the first ends
    meeting(case, by, at(1, 9), minutes=60)  # ends when the first begins
    meeting(case, by, at(1, 10), minutes=60, staff=world.colleague)
    assert list(queries.meetings_at_the_same_time(ten)) == []
    inside = meeting(case, by, at(1, 10, 15), minutes=15)
    assert list(queries.meetings_at_the_same_time(ten)) == [inside]
    assert list(queries.meetings_at_the_same_time(inside)) == [ten]


def test_employers_contacted_counts_what_reached_somebody(world):
    case = world.refer()
    by = world.specialist
    bakery, shop = employer(by, "Bakeriet"), employer(by, "Butikken", place="Oslo")
    parties = ["employer"]
    contact(case, by, -10, parties=parties, employer=bakery)
    contact(case, by, -5, parties=parties, employer=bakery, channel="phone", next_contact_on=day(-2))
    contact(case, by, -3, parties=parties, employer=bakery, channel="phone", no_show=True, next_contact_on=day(4))
    contact(case, by, -4, parties=["employer", "participant"], employer=shop)
    withdraw(contact(case, by, -1, parties=parties, employer=shop), by=by, reason="Feil")
    contact(case, by, 0, employer=shop)  # a talk with the participant about the shop
    first, second = queries.employers_contacted(case).rows()
    assert (first.name, first.contacts, first.in_person, first.first_on, first.last_on) == (
        "Bakeriet",
        2,
        1,
        day(-10),
        day(-3),
    )
    assert (first.channel, first.reached, first.next_contact_on) == ("phone", False, day(4))
    assert (second.name, second.place, second.contacts, second.last_on) == ("Butikken", "Oslo", 1, day(-4))


def due(*users):
    return [promise.contact_id for promise in queries.promises_due([user.pk for user in users], day(0)).rows()]


def test_a_promise_to_call_back_is_due_until_a_later_contact_settles_it(world):
    case = world.refer()
    by = world.specialist
    shop = employer(by)
    promised = contact(case, by, -5, parties=["employer"], employer=shop, next_contact_on=day(0))
    assert due(by) == pks(promised)
    contact(case, by, -1, parties=["employer"], employer=shop, channel="phone", no_show=True)
    assert due(by) == pks(promised), "a call nobody answered settles nothing"
    contact(case, by, 0, parties=["employer"], employer=employer(by, "En annen"))
    assert due(by) == pks(promised)
    contact(case, by, 0, parties=["employer"], employer=shop)
    assert due(by) == []


def test_promises_ahead_very_old_withdrawn_or_of_others_are_not_due(world):
    case = world.refer()
    by = world.specialist
    parties = ["employer"]
    contact(case, by, -1, parties=parties, employer=employer(by, "Senere"), next_contact_on=day(1))
    contact(case, by, -800, parties=parties, employer=employer(by, "Gammel"), next_contact_on=day(-790))
    wrong = contact(case, by, -1, parties=parties, employer=employer(by, "Feil"), next_contact_on=day(0))
    withdraw(wrong, by=by, reason="Feil")
    assert due(by) == []


def test_a_colleague_settles_a_promise_about_the_same_case_but_not_about_nobody(world):
    case = world.refer()
    by = world.specialist
    shop, mill = employer(by, "Butikken"), employer(by, "Mølla")
    contact(case, by, -5, parties=["employer"], employer=shop, next_contact_on=day(-1))
    about_nobody = contact(None, by, -5, parties=["employer"], employer=mill, next_contact_on=day(-1))
    colleague = world.act_as(world.colleague)
    contact(case, colleague, 0, parties=["employer"], employer=shop)
    contact(None, colleague, 0, parties=["employer"], employer=mill)
    world.act_as(by)
    assert due(by) == pks(about_nobody)


def test_each_question_is_one_query_whatever_the_number_of_rows(world, django_assert_num_queries):
    case = world.refer()
    by = world.specialist
    for n in range(12):
        shop = employer(by, f"Butikk {n}")
        meeting(case, by, at(1, 8 + n % 8), employer=shop)
        contact(case, by, -2, parties=["employer", "participant"], employer=shop, next_contact_on=day(0))
    with django_assert_num_queries(1):
        meetings = queries.meetings_between([by.pk], day(-30), day(30)).rows()
    assert len([(row.participant, row.employer) for row in meetings]) == 12
    with django_assert_num_queries(1):
        assert len(queries.employers_contacted(case).rows()) == 12
    with django_assert_num_queries(1):
        assert len(due(by)) == 12
