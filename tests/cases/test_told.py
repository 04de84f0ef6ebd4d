"""What people read where they begin the day about cases they have a part in: an emergency, a case handed over to them, what
is open to them for a time, and the answers to their referrals."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import Grant
from plass.cases import actions
from plass.cases.models import Assignment, Case, CaseEnded, Participant
from plass.organisation.models import Role
from tests.conftest import as_owner
from tests.world import member, stored, user

TODAY = timezone.localdate()
WHY = "Det brenner"


def notice_of(world, client, someone, which: str) -> str:
    """The text of the notice ``which`` on the first page of ``someone``; empty where there is none."""
    user = world.act_as(someone)
    client.force_login(user)
    address = client.get("/")["Location"]
    assert address in {"/min-dag/", "/henvisninger/"}
    world.act_as(someone)
    element = BeautifulSoup(client.get(address).content, "html.parser").select_one(f"#{which}")
    return " ".join(element.get_text(" ").split()) if element else ""


def days_ago(model, days: int, *columns: str) -> None:
    """Let every row of ``model`` be older, in these columns."""
    with as_owner():
        for row in model.objects.all():
            model.objects.filter(pk=row.pk).update(
                **{column: getattr(row, column) - timedelta(days) for column in columns}
            )


# --- Emergencies ------------------------------------------------------------------------------------------------------


def in_an_emergency(world, case: Case) -> None:
    assert access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason=WHY, hours=8)


def test_whoever_follows_a_participant_is_told_of_an_emergency_for_two_weeks(world, client):
    case = world.refer("Nora", "Nabo")
    assert notice_of(world, client, world.specialist, "opened-in-emergency") == ""
    in_an_emergency(world, case)
    text = notice_of(world, client, world.specialist, "opened-in-emergency")
    assert world.other_specialist.name in text and "Nora Nabo" in text and WHY in text
    assert f"{timezone.localtime():%d.%m.%Y}" in text
    for someone in (world.colleague, world.counsellor, world.other_specialist):
        assert notice_of(world, client, someone, "opened-in-emergency") == ""
    days_ago(Grant, 15, "granted_at", "expires_at")
    assert notice_of(world, client, world.specialist, "opened-in-emergency") == ""


def test_an_emergency_tells_nobody_who_may_not_know_about_the_participant(world, client):
    case = world.refer("Nora", "Nabo")
    in_an_emergency(world, case)
    with as_owner():
        Participant.objects.filter(pk=case.participant_id).update(protection="confidential")
    # Whoever follows a shielded participant knows them; a colleague who did, and whoever is close to them, does not.
    assert WHY in notice_of(world, client, world.specialist, "opened-in-emergency")
    case.refresh_from_db()
    actions.hand_over(case, by=world.act_as(world.specialist), to=world.colleague, reason="bytte")
    for notice in ("opened-in-emergency", "handed-over", "ways-in"):
        assert notice_of(world, client, world.specialist, notice) == ""
        assert notice_of(world, client, world.other_specialist, notice) == ""
    assert "Nora Nabo" in notice_of(world, client, world.colleague, "opened-in-emergency")
    me = world.act_as(world.colleague)
    access.declare(stored(case.participant, "identity_hash"), by=me, user=me, kind="family")
    for notice in ("opened-in-emergency", "handed-over"):
        assert notice_of(world, client, world.colleague, notice) == ""


def test_a_supervisor_who_follows_the_participant_is_told_once(world, client):
    case = world.refer("Nora", "Nabo")
    actions.hand_over(case, by=world.act_as(world.specialist), to=world.supervisor, team=world.team)
    in_an_emergency(world, case)
    assert WHY in notice_of(world, client, world.supervisor, "emergencies")
    assert notice_of(world, client, world.supervisor, "opened-in-emergency") == ""


# --- Handed over ------------------------------------------------------------------------------------------------------


def test_whoever_gets_a_case_is_told_by_whom_and_why_for_a_week(world, client):
    case = world.refer("Kari", "Ny", taken=False)
    actions.take(case, by=world.act_as(world.specialist))
    assert notice_of(world, client, world.specialist, "handed-over") == ""
    actions.hand_over(case, by=world.act_as(world.supervisor), to=world.colleague, reason="Siri har for mange")
    text = notice_of(world, client, world.colleague, "handed-over")
    assert "Kari Ny" in text and world.supervisor.name in text and "Siri har for mange" in text
    assert notice_of(world, client, world.specialist, "handed-over") == ""
    days_ago(Assignment, 8, "recorded_at")
    assert notice_of(world, client, world.colleague, "handed-over") == ""


def test_many_at_once_are_ten_lines_and_how_many_more(world, client):
    for number in range(12):
        world.refer(f"Nr{number}", "Flyttet")
    text = notice_of(world, client, world.specialist, "handed-over")
    assert text.count("Flyttet") == 10
    assert "2 til" in text


# --- Given to somebody else -------------------------------------------------------------------------------------------


def test_whoever_had_a_case_and_the_counsellor_are_told_who_has_it_now_and_why_for_a_week(world, client):
    case = world.refer("Kari", "Gitt")
    for someone in (world.specialist, world.counsellor, world.colleague):
        assert notice_of(world, client, someone, "given-on") == ""
    actions.hand_over(case, by=world.act_as(world.supervisor), to=world.colleague, reason="Siri har for mange")
    for someone in (world.specialist, world.counsellor):
        text = notice_of(world, client, someone, "given-on")
        assert "Kari Gitt" in text and "Siri har for mange" in text and f"{TODAY:%d.%m.%Y}" in text
        assert world.supervisor.name in text and world.colleague.name in text
        assert ("i stedet for deg" in text) == (someone == world.specialist)
    for someone in (world.colleague, world.supervisor, world.other_specialist):
        assert notice_of(world, client, someone, "given-on") == ""
    days_ago(Assignment, 8, "recorded_at")
    assert notice_of(world, client, world.specialist, "given-on") == ""


def test_whoever_gives_a_case_away_themselves_is_not_told_but_the_counsellor_is(world, client):
    case = world.refer("Kari", "Gitt")
    actions.hand_over(case, by=world.act_as(world.specialist), to=world.colleague)
    assert notice_of(world, client, world.specialist, "given-on") == ""
    assert "Kari Gitt" in notice_of(world, client, world.counsellor, "given-on")


def test_a_counsellor_who_is_replaced_is_told_and_somebody_who_gets_the_case_back_is_not(world, client):
    case = world.refer("Kari", "Gitt")
    with as_owner():
        member(world.colleague, Role.COUNSELLOR, world.office)
    as_counsellor = {"role": Assignment.Role.COUNSELLOR, "reason": "Ferie"}
    actions.hand_over(case, by=world.act_as(world.specialist), to=world.colleague, **as_counsellor)
    with as_owner():
        # As it is when the act is over: whoever referred has no part any more.
        Case.objects.filter(pk=case.pk).update(referrer_ended_at=timezone.now() - timedelta(hours=1))
    text = notice_of(world, client, world.counsellor, "given-on")
    assert "Kari Gitt" in text and f"satt inn {world.colleague.name} som veileder i stedet for deg" in text
    assert f"/sak/{case.pk}/" not in client.get("/henvisninger/").content.decode()
    actions.hand_over(case, by=world.act_as(world.specialist), to=world.counsellor, **as_counsellor)
    assert notice_of(world, client, world.counsellor, "given-on") == ""


def test_of_a_case_that_is_shielded_by_now_whoever_had_it_reads_no_name_and_no_reason(world, client):
    case = world.refer("Kanari", "Fugl")
    actions.hand_over(case, by=world.act_as(world.supervisor), to=world.colleague, reason="Truslene")
    with as_owner():
        Participant.objects.filter(pk=case.participant_id).update(protection="confidential")
    text = notice_of(world, client, world.specialist, "given-on")
    assert f"ikke din lenger fra {TODAY:%d.%m.%Y}" in text
    for hidden in ("Kanari", "Fugl", "Truslene", world.colleague.name, world.supervisor.name):
        assert hidden not in text
    assert "Kanari Fugl" in notice_of(world, client, world.counsellor, "given-on")


def test_of_a_case_that_went_to_another_team_whoever_had_it_reads_the_same_without_a_link(world, client):
    case = world.refer("Kari", "Gitt")
    number = stored(case.participant, "identity_hash")
    with as_owner():
        specialist = user("jobb9", "Tone", "Tolag")
        member(specialist, Role.SPECIALIST, world.office, world.second_team)
    actions.hand_over(
        case, by=world.act_as(world.supervisor), to=specialist, team=world.second_team, reason="Nærmere jobb"
    )
    text = notice_of(world, client, world.specialist, "given-on")
    assert "Kari Gitt" in text and specialist.name in text and "Nærmere jobb" in text
    assert f"/sak/{case.pk}/" not in client.get("/min-dag/").content.decode()
    me = world.act_as(world.specialist)
    access.declare(number, by=me, user=me, kind="family")
    text = notice_of(world, client, world.specialist, "given-on")
    assert "ikke din lenger" in text and "Kari" not in text


# --- Protected by now -------------------------------------------------------------------------------------------------


def protect(world, case: Case, someone, protection: str = "confidential", reason: str = "Truet av tidligere ektefelle"):
    by = world.act_as(someone)
    person = Case.objects.select_related("participant").get(pk=case.pk).participant
    actions.change_protection(person, by=by, based_on=person.version, protection=protection, reason=reason)


def test_those_who_still_see_a_participant_are_told_that_they_are_protected_by_whom_and_why(world, client):
    case = world.refer("Kanari", "Fugl")
    protect(world, case, world.supervisor)
    for someone in (world.specialist, world.counsellor):
        text = notice_of(world, client, someone, "protection-changed")
        assert "Kanari Fugl" in text and world.supervisor.name in text and "Truet av" in text
        assert f"endret skjermingen {TODAY:%d.%m.%Y} fra ikke skjermet til fortrolig adresse" in text
        assert "Nå ser bare de som står i saken med navn" in text
    # Whoever led the team alone, or covers for it, does not see the participant any more, and is told nothing.
    for someone in (world.supervisor, world.colleague, world.other_specialist):
        assert notice_of(world, client, someone, "protection-changed") == ""
    protect(world, case, world.specialist, "strictly_confidential", "Nye trusler")
    assert notice_of(world, client, world.specialist, "protection-changed") == ""
    assert "Nye trusler" in notice_of(world, client, world.counsellor, "protection-changed")


def test_a_lowered_or_lifted_protection_is_told_as_what_it_was_and_became(world, client):
    case = world.refer("Kanari", "Fugl", protection="strictly_confidential")
    protect(world, case, world.specialist, "own_employee", "Flyttet")
    text = notice_of(world, client, world.counsellor, "protection-changed")
    assert "fra strengt fortrolig adresse til arbeider i Nav" in text and "Flyttet" in text
    assert "teamet" not in text and "med navn" not in text
    protect(world, case, world.specialist, "", "Sluttet i Nav")
    text = notice_of(world, client, world.counsellor, "protection-changed")
    assert "fra arbeider i Nav til ikke skjermet" in text and "Sluttet i Nav" in text
    assert "Hele teamet ser saken" in text
    # Whoever only sees it as one of the team has no part in it.
    assert notice_of(world, client, world.colleague, "protection-changed") == ""


# --- Open for a time --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["colleague", "counsellor"])
def test_what_is_open_to_somebody_for_a_time_stands_where_they_begin_the_day(world, client, who):
    someone = getattr(world, who)
    case = world.refer("Kanari", "Fugl", protection="confidential", team=world.team)
    with as_owner():
        Case.objects.filter(pk=case.pk).update(counsellor=None, referred_by=world.specialist)
    assert notice_of(world, client, someone, "ways-in") == ""
    by = world.act_as(world.specialist)
    access.give(case.pk, by=by, to=someone, reason="Ferie", hours=8)
    grant = access.give(case.pk, by=by, to=someone, reason="Ferie", hours=72, level=Grant.Allows.RECORD)
    text = notice_of(world, client, someone, "ways-in")
    assert text.count("Kanari Fugl") == 1 and "Ferie" in text and by.name in text
    assert f"{timezone.localtime(grant.expires_at):%H.%M}" in text
    assert notice_of(world, client, world.other_specialist, "ways-in") == ""
    days_ago(Grant, 4, "granted_at", "expires_at")
    assert notice_of(world, client, someone, "ways-in") == ""


def test_a_case_opened_in_an_emergency_is_found_again_until_it_closes(world, client):
    case = world.refer("Nora", "Nabo")
    in_an_emergency(world, case)
    assert "Nora Nabo" in notice_of(world, client, world.other_specialist, "ways-in")
    with as_owner():
        Participant.objects.filter(pk=case.participant_id).update(protection="confidential")
    assert notice_of(world, client, world.other_specialist, "ways-in") == ""


# --- Answers to referrals ---------------------------------------------------------------------------------------------


def test_the_one_who_referred_reads_that_somebody_took_it(world, client):
    case = world.refer("Kari", "Venter", taken=False)
    assert notice_of(world, client, world.counsellor, "answers") == ""
    actions.take(case, by=world.act_as(world.specialist))
    text = notice_of(world, client, world.counsellor, "answers")
    assert "Kari Venter" in text and world.specialist.name in text
    for someone in (world.specialist, world.other_counsellor):
        assert notice_of(world, client, someone, "answers") == ""
    # That another follows later is no answer to the referral.
    actions.hand_over(case, by=world.act_as(world.supervisor), to=world.colleague)
    assert world.colleague.name not in notice_of(world, client, world.counsellor, "answers")
    days_ago(Assignment, 15, "recorded_at")
    assert notice_of(world, client, world.counsellor, "answers") == ""


def test_the_one_who_referred_reads_why_nobody_took_it(world, client):
    case = world.refer("Kari", "Venter", taken=False)
    actions.end(
        case, by=world.act_as(world.supervisor), happened_on=TODAY, cause="own_wish", note="Hun vil vente til høsten."
    )
    text = notice_of(world, client, world.counsellor, "answers")
    assert "Kari Venter" in text and "Hun vil vente til høsten." in text
    days_ago(CaseEnded, 15, "recorded_at")
    assert notice_of(world, client, world.counsellor, "answers") == ""


def test_without_a_comment_the_cause_is_the_answer(world, client):
    case = world.refer("Kari", "Venter", taken=False)
    actions.end(case, by=world.act_as(world.supervisor), happened_on=TODAY, cause="own_wish")
    assert "Deltakerens eget ønske" in notice_of(world, client, world.counsellor, "answers")


def test_an_end_after_it_was_taken_is_no_answer_nor_what_one_did_oneself(world, client):
    taken = world.refer("Ende", "Slutt", on=TODAY - timedelta(days=200))
    own = world.refer("Selv", "Ført", taken=False)
    assert notice_of(world, client, world.counsellor, "answers") == ""
    with as_owner():
        Assignment.objects.update(recorded_at=timezone.now() - timedelta(days=200))
    actions.end(taken, by=world.act_as(world.specialist), happened_on=TODAY, cause="own_wish")
    actions.end(own, by=world.act_as(world.counsellor), happened_on=TODAY, cause="own_wish")
    assert notice_of(world, client, world.counsellor, "answers") == ""


def test_a_referral_that_one_has_no_part_in_any_more_is_not_told_of(world, client):
    case = world.refer("Kari", "Venter", taken=False)
    actions.take(case, by=world.act_as(world.specialist))
    assert "Kari Venter" in notice_of(world, client, world.counsellor, "answers")
    with as_owner():
        # Another is the counsellor since yesterday.
        Case.objects.filter(pk=case.pk).update(
            counsellor=world.colleague, referrer_ended_at=timezone.now() - timedelta(days=1)
        )
    assert notice_of(world, client, world.counsellor, "answers") == ""


@pytest.mark.parametrize("who", ["specialist", "supervisor", "counsellor"])
def test_all_of_it_is_asked_for_without_one_more_question(world, client, who):
    someone = getattr(world, who)

    def asked() -> int:
        client.force_login(world.act_as(someone))
        address = client.get("/")["Location"]
        client.get(address)
        with CaptureQueriesContext(connection) as questions:
            client.get(address)
        return len(questions)

    world.refer("Per", "Før", on=TODAY - timedelta(days=100))
    before = asked()
    in_an_emergency(world, world.refer("Nora", "Nabo"))
    actions.take(world.refer("Kari", "Venter", taken=False), by=world.act_as(world.specialist))
    assert asked() == before <= 12
