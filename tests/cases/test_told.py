"""What people read where they begin the day about cases they have a part in: an emergency, a case handed over to them, what
is open to them for a time, and the answers to their referrals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import AccessLogEntry, Grant
from plass.cases import actions
from plass.cases.models import Assignment, Case, CaseEnded, Participant
from plass.organisation.models import Absence, Role
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
    for notice in ("opened-in-emergency", "new-with-you", "ways-in"):
        assert notice_of(world, client, world.specialist, notice) == ""
        assert notice_of(world, client, world.other_specialist, notice) == ""
    assert "Nora Nabo" in notice_of(world, client, world.colleague, "opened-in-emergency")
    me = world.act_as(world.colleague)
    access.declare(stored(case.participant, "identity_hash"), by=me, user=me, kind="family")
    for notice in ("opened-in-emergency", "new-with-you"):
        assert notice_of(world, client, world.colleague, notice) == ""


def test_a_supervisor_who_follows_the_participant_is_told_once(world, client):
    case = world.refer("Nora", "Nabo")
    actions.hand_over(case, by=world.act_as(world.specialist), to=world.supervisor, team=world.team)
    in_an_emergency(world, case)
    assert WHY in notice_of(world, client, world.supervisor, "emergencies")
    assert notice_of(world, client, world.supervisor, "opened-in-emergency") == ""


# --- New with somebody, until they open it ----------------------------------------------------------------------------


def opens(world, client, someone, case: Case) -> None:
    client.force_login(world.act_as(someone))
    assert client.get(f"/sak/{case.pk}/").status_code == 200


def away(world, someone, covers, first: int, last: int) -> Absence:
    """``someone`` is away between these days from today, and ``covers`` sees to their participants."""
    with as_owner():
        return Absence.objects.create(
            user=someone,
            covered_by=covers,
            starts_on=TODAY + timedelta(first),
            ends_on=TODAY + timedelta(last),
            recorded_by=world.supervisor,
        )


def given(world) -> tuple[Case, Any, tuple[str, ...]]:
    case = world.refer("Kari", "Ny")
    actions.hand_over(case, by=world.act_as(world.supervisor), to=world.colleague, reason="Siri har for mange")
    return case, world.colleague, (world.supervisor.name, "Siri har for mange")


def assigned_by_the_supervisor(world) -> tuple[Case, Any, tuple[str, ...]]:
    case = world.refer("Kari", "Ny", taken=False)
    actions.hand_over(case, by=world.act_as(world.supervisor), to=world.colleague, reason="Du har plass")
    return case, world.colleague, (world.supervisor.name, "Du har plass")


def given_back(world) -> tuple[Case, Any, tuple[str, ...]]:
    case = world.refer("Kari", "Ny")
    actions.hand_over(case, by=world.act_as(world.specialist), to=world.colleague, reason="Permisjon")
    actions.hand_over(case, by=world.act_as(world.supervisor), to=world.specialist, reason="Siri er tilbake")
    return case, world.specialist, (world.supervisor.name, "Siri er tilbake")


def given_as_counsellor(world) -> tuple[Case, Any, tuple[str, ...]]:
    case = world.refer("Kari", "Ny")
    with as_owner():
        second = user("vera", "Vera", "Veileder")
        member(second, Role.COUNSELLOR, office=world.office)
    by = world.act_as(world.counsellor)
    actions.hand_over(case, by=by, to=second, role=Assignment.Role.COUNSELLOR, reason="Vera kjenner henne")
    return case, second, (world.counsellor.name, "Vera kjenner henne")


def opened_again(world) -> tuple[Case, Any, tuple[str, ...]]:
    case = world.refer("Kari", "Ny", on=TODAY - timedelta(90))
    days_ago(Assignment, 90, "recorded_at")
    actions.end(case, by=world.act_as(world.specialist), happened_on=TODAY - timedelta(2), cause="own_wish")
    actions.reopen(case, by=world.act_as(world.supervisor), happened_on=TODAY, reason="job_lost", note="")
    return case, world.specialist, (world.supervisor.name, "jobben gikk tapt")


def covered_for(world) -> tuple[Case, Any, tuple[str, ...]]:
    case = world.refer("Kari", "Ny")
    away(world, world.specialist, world.colleague, 0, 3)
    return case, world.colleague, (world.specialist.name, f"{TODAY + timedelta(3):%d.%m.%Y}")


def back_after_cover(world, client) -> tuple[Case, Any, tuple[str, ...]]:
    case = world.refer("Kari", "Ny", on=TODAY - timedelta(90))
    days_ago(Assignment, 90, "recorded_at")
    away(world, world.specialist, world.colleague, -4, -1)
    opens(world, client, world.colleague, case)
    days_ago(AccessLogEntry, 2, "at")
    return case, world.specialist, (world.colleague.name, f"{TODAY - timedelta(1):%d.%m.%Y}")


WAYS = (given, assigned_by_the_supervisor, given_back, given_as_counsellor, opened_again, covered_for, back_after_cover)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_whoever_a_participant_comes_to_reads_it_until_they_open_the_case(world, client, way):
    case, someone, words = way(world, client) if way is back_after_cover else way(world)
    text = notice_of(world, client, someone, "new-with-you")
    assert text.count("Kari Ny") == 1
    for word in words:
        assert word in text, text
    # It is theirs alone to open: somebody else's look leaves it, their own list too.
    opens(world, client, world.supervisor, case)
    client.force_login(world.act_as(someone))
    client.get("/deltakere/")
    assert "Kari Ny" in notice_of(world, client, someone, "new-with-you")
    opens(world, client, someone, case)
    assert notice_of(world, client, someone, "new-with-you") == ""


def test_who_did_it_themselves_or_has_no_part_in_it_reads_nothing(world, client):
    case = world.refer("Kari", "Ny", taken=False)
    actions.take(case, by=world.act_as(world.specialist))
    other = world.refer("Kari", "Gitt")
    actions.hand_over(other, by=world.act_as(world.specialist), to=world.colleague, reason="For mange")
    for someone in (world.specialist, world.counsellor, world.supervisor, world.other_specialist):
        assert notice_of(world, client, someone, "new-with-you") == ""


def test_a_cover_that_has_not_begun_or_is_over_and_in_which_nothing_was_opened_is_no_news(world, client):
    world.refer("Kari", "Ny", on=TODAY - timedelta(90))
    days_ago(Assignment, 90, "recorded_at")
    away(world, world.specialist, world.colleague, 1, 4)
    away(world, world.specialist, world.colleague, -9, -5)
    for someone in (world.specialist, world.colleague):
        assert notice_of(world, client, someone, "new-with-you") == ""


def test_whom_the_cover_does_not_see_they_are_not_told_of(world, client):
    world.refer("Skjermet", "Person", protection="confidential")
    world.refer("Kari", "Ny")
    away(world, world.specialist, world.colleague, 0, 3)
    text = notice_of(world, client, world.colleague, "new-with-you")
    assert "Kari Ny" in text and "Skjermet" not in text and "1 til" not in text


def test_those_one_covers_for_are_one_sentence(world, client):
    for number in range(12):
        world.refer(f"Nr{number}", "Dekket")
    away(world, world.specialist, world.colleague, 0, 3)
    text = notice_of(world, client, world.colleague, "new-with-you")
    assert text.count("Du dekker for") == 1 and text.count("Dekket") == 10 and "2 til" in text


def test_what_nobody_opened_goes_away_in_the_end(world, client):
    _case, someone, _words = given(world)
    days_ago(Assignment, 59, "recorded_at", "happened_on")
    assert "Kari Ny" in notice_of(world, client, someone, "new-with-you")
    days_ago(Assignment, 2, "recorded_at", "happened_on")
    assert notice_of(world, client, someone, "new-with-you") == ""


def test_many_at_once_are_ten_lines_and_how_many_more(world, client):
    for number in range(12):
        world.refer(f"Nr{number}", "Flyttet")
    actions_by = world.act_as(world.supervisor)
    for case in Case.objects.all():
        actions.hand_over(case, by=actions_by, to=world.colleague, reason="Flytter")
    text = notice_of(world, client, world.colleague, "new-with-you")
    assert text.count("Flyttet") == 10
    assert "2 til" in text


def test_a_referral_that_nobody_has_taken_is_new_to_each_until_they_open_it(world, client):
    case = world.refer("Vera", "Venter", taken=False)
    for someone in (world.specialist, world.supervisor):
        assert "Ny" in notice_of(world, client, someone, "waiting").split()
    opens(world, client, world.specialist, case)
    assert "Ny" not in notice_of(world, client, world.specialist, "waiting").split()
    assert "Ny" in notice_of(world, client, world.supervisor, "waiting").split()


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
