"""Ways into a case beside the usual ones, and the people one is kept away from whatever happens."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plass.access import actions as access
from plass.access import idempotency
from plass.access.models import AccessLogEntry, Change, ConflictOfInterest, Grant
from plass.access.queries import emergencies_to_tell
from plass.cases import actions, gate, identity
from plass.cases.models import Case, Participant
from tests.conftest import as_owner
from tests.world import identity_number, stored, user

ANNA = "Det brenner"


def hash_of(case: Case) -> bytes:
    return stored(case.participant, "identity_hash")


def sees(world, someone, case: Case) -> bool:
    world.act_as(someone)
    return Case.objects.filter(pk=case.pk).exists()


def ask(client, case_id: int, **more):
    return client.post(
        f"/sak/{case_id}/nodtilgang/", {"submission": str(idempotency.new()), "reason": ANNA, "hours": "8", **more}
    )


# --- Emergency --------------------------------------------------------------------------------------------------------


def test_from_not_found_to_the_case_with_a_reason_and_back_when_the_time_is_over(world, client):
    case = world.refer("Nora", "Nabo")
    client.force_login(world.act_as(world.other_specialist))
    refused = client.get(f"/sak/{case.pk}/")
    assert refused.status_code == 404
    assert f"/sak/{case.pk}/nodtilgang/" in refused.content.decode()
    answer = ask(client, case.pk)
    assert (answer.status_code, answer.url) == (303, f"/sak/{case.pk}/")
    assert "Nora Nabo" in client.get(f"/sak/{case.pk}/").content.decode()
    with as_owner():
        Grant.objects.update(expires_at=timezone.now() - timedelta(hours=1), granted_at=timezone.now() - timedelta(1))
    assert client.get(f"/sak/{case.pk}/").status_code == 404


def test_the_supervisors_are_told_and_the_participant_sees_it(world):
    case = world.refer()
    with as_owner():
        account = user("deltaker1", "", "", kind="participant")
        Participant.objects.filter(pk=case.participant_id).update(user=account)
    assert access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason=ANNA, hours=8)
    for someone in (world.supervisor, account):
        world.act_as(someone)
        assert [grant.reason for grant in emergencies_to_tell([case.pk])] == [ANNA]
    world.act_as(world.leader)
    assert emergencies_to_tell([case.pk]) == []


@pytest.mark.parametrize("protection", ["confidential", "strictly_confidential", "own_employee"])
def test_nobody_breaks_the_glass_before_a_shielded_participant_and_it_looks_like_an_unknown_number(
    world, client, protection
):
    case = world.refer("Kanari", "Fugl", protection=protection)
    client.force_login(world.act_as(world.colleague))
    answers = [ask(client, number) for number in (case.pk, 987_654)]
    assert [(answer.status_code, answer.url) for answer in answers] == [
        (303, f"/sak/{number}/nodtilgang/") for number in (case.pk, 987_654)
    ]
    pages = [
        client.get(f"/sak/{number}/nodtilgang/").content.decode().replace(str(number), "")
        for number in (case.pk, 987_654)
    ]
    assert "Kanari" not in pages[0] + pages[1]
    assert not sees(world, world.colleague, case)
    with as_owner():
        assert not Grant.objects.exists()
        assert AccessLogEntry.objects.filter(purpose="emergency", allowed=False).count() == 2


def test_a_participant_who_becomes_shielded_is_closed_again(world):
    case = world.refer()
    access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason=ANNA, hours=8)
    assert sees(world, world.other_specialist, case)
    with as_owner():
        Participant.objects.filter(pk=case.participant_id).update(protection="confidential")
    assert not sees(world, world.other_specialist, case)


@pytest.mark.parametrize("name", ["leader", "administrator"])
def test_who_has_no_cases_has_no_emergencies(world, client, name):
    case = world.refer()
    someone = world.act_as(getattr(world, name))
    client.force_login(someone)
    assert ask(client, case.pk).status_code == 404
    assert not access.break_glass(case.pk, by=someone, reason=ANNA, hours=8)


def test_so_many_a_day_and_no_more(world):
    cases = [world.refer() for _each in range(access.MOST_EMERGENCIES + 1)]
    by = world.act_as(world.other_specialist)
    opened = [access.break_glass(case.pk, by=by, reason=ANNA, hours=8) for case in cases]
    assert opened == [True] * access.MOST_EMERGENCIES + [False]


def test_without_a_reason_nothing_is_opened(world, client):
    case = world.refer()
    client.force_login(world.act_as(world.other_specialist))
    assert ask(client, case.pk, reason="  ").status_code == 422
    assert not sees(world, world.other_specialist, case)


@pytest.mark.parametrize(
    "statement", ["UPDATE access_grant SET expires_at = now()", "DELETE FROM access_grant", "TRUNCATE access_grant"]
)
def test_what_was_taken_stays_written(world, statement):
    case = world.refer()
    access.break_glass(case.pk, by=world.act_as(world.other_specialist), reason=ANNA, hours=8)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement)


def test_nobody_writes_an_emergency_past_the_function(world):
    case = world.refer()
    me = world.act_as(world.other_specialist)
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        Grant.objects.create(
            kind="emergency",
            user=me,
            granted_by=me,
            case_id=case.pk,
            reason="x",
            expires_at=timezone.now() + timedelta(1),
        )


# --- Given ------------------------------------------------------------------------------------------------------------


def test_who_follows_a_shielded_participant_lets_a_colleague_in_for_a_time(world, client):
    case = world.refer("Kanari", "Fugl", protection="confidential")
    assert not sees(world, world.colleague, case)
    client.force_login(world.act_as(world.specialist))
    answer = client.post(
        f"/sak/{case.pk}/slipp-inn/",
        {
            "submission": str(idempotency.new()),
            "to": world.colleague.pk,
            "level": "1",
            "reason": "Ferie",
            "hours": "72",
        },
    )
    assert answer.status_code == 303
    assert sees(world, world.colleague, case)
    client.force_login(world.act_as(world.colleague))
    assert "Kanari" in client.get(f"/sak/{case.pk}/").content.decode()
    # Whoever was let in lets nobody else in.
    assert client.get(f"/sak/{case.pk}/slipp-inn/").status_code == 404


def test_nobody_gives_what_they_do_not_follow(world):
    case = world.refer()
    by = world.act_as(world.colleague)
    with pytest.raises(ValidationError):
        access.give(case.pk, by=by, to=world.counsellor, reason="x", hours=8)


# --- Own data and close family ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["self", "family"])
def test_a_tie_closes_the_case_to_the_one_who_follows_it(world, client, kind):
    case = world.refer("Nære", "Slektning")
    client.force_login(world.act_as(world.specialist))
    assert client.get(f"/sak/{case.pk}/pause/").status_code == 200
    number = identity.decrypt(stored(case.participant, "identity_number"))
    answer = client.post(
        "/meg/narstaende/", {"submission": str(idempotency.new()), "number": str(number), "kind": kind}
    )
    assert (answer.status_code, answer.url) == (303, "/meg/narstaende/")
    assert client.get(f"/sak/{case.pk}/pause/").status_code == 404
    assert not sees(world, world.specialist, case)
    assert not access.break_glass(case.pk, by=world.act_as(world.specialist), reason=ANNA, hours=8)
    with as_owner():
        last = AccessLogEntry.objects.latest("pk")
    assert (last.rule, last.participant_id) == ("own data" if kind == "self" else "close family", case.participant_id)


def test_the_answer_is_the_same_for_somebody_nobody_knows(world, client):
    client.force_login(world.act_as(world.specialist))
    answer = client.post(
        "/meg/narstaende/", {"submission": str(idempotency.new()), "number": identity_number(), "kind": "family"}
    )
    assert (answer.status_code, answer.url) == (303, "/meg/narstaende/")


def test_somebody_who_works_here_is_shielded_as_a_participant_whichever_was_known_first(world):
    case = world.refer()
    access.declare(hash_of(case), by=world.act_as(world.other_specialist), user=world.other_specialist, kind="self")
    assert not sees(world, world.colleague, case)
    number = identity_number()
    me = world.act_as(world.other_specialist)
    access.declare(identity.find_by(identity.parse(number)), by=me, user=me, kind="self")
    later = world.refer(number=number)
    assert not sees(world, world.colleague, later)
    # Those who decide are asked (tests/attacks/test_say_this_is_me_of_somebody_else.py).
    assert sees(world, world.specialist, later) and sees(world, world.supervisor, later)


def test_nobody_refers_themselves_or_somebody_close(world):
    number = identity_number()
    by = world.act_as(world.counsellor)
    access.declare(identity.find_by(identity.parse(number)), by=by, user=by, kind="family")
    with pytest.raises(ValidationError, match="nær"):
        world.refer(number=number)


def test_nobody_is_given_the_case_of_somebody_close(world):
    case = world.refer()
    me = world.act_as(world.colleague)
    access.declare(hash_of(case), by=me, user=me, kind="family")
    with pytest.raises(ValidationError, match="kan ikke følge"):
        actions.hand_over(case, by=world.act_as(world.specialist), to=world.colleague, instead_of=world.specialist.pk)


def test_a_supervisor_says_it_for_those_they_lead_and_for_nobody_else(world):
    case = world.refer()
    by = world.act_as(world.supervisor)
    access.declare(hash_of(case), by=by, user=world.colleague, kind="family")
    assert not sees(world, world.colleague, case)
    by = world.act_as(world.supervisor)
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        access.declare(hash_of(case), by=by, user=world.other_specialist, kind="family")


def test_nobody_else_reads_who_is_close_to_whom(world):
    case = world.refer()
    me = world.act_as(world.colleague)
    access.declare(hash_of(case), by=me, user=me, kind="family")
    for someone in (world.specialist, world.supervisor, world.administrator, world.leader):
        world.act_as(someone)
        assert not ConflictOfInterest.objects.exists()


def ended_after_asking(world, case, *, by, ends=True, answer=""):
    """A tie of the colleague's to the participant of ``case``; asked to end, and answered."""
    me = world.act_as(world.colleague)
    tie = access.declare(hash_of(case), by=me, user=me, kind="family")
    access.ask_tie_end(tie, by=me, reason="Feil nummer")
    assert not sees(world, world.colleague, case)
    access.answer_tie_end(tie.pk, by=world.act_as(by), ends=ends, answer=answer)
    return tie


def test_a_tie_that_has_ended_closes_nothing_and_stays(world):
    case = world.refer()
    tie = ended_after_asking(world, case, by=world.supervisor)
    assert sees(world, world.colleague, case)
    world.act_as(world.colleague)
    ended_tie = ConflictOfInterest.objects.get(pk=tie.pk)
    assert ended_tie.ended_at is not None and ended_tie.answered_by == world.supervisor
    changes = list(
        Change.objects.filter(table="access_conflictofinterest", row=tie.pk).order_by("pk").values_list("who", "new")
    )
    assert [who for who, _new in changes] == [world.colleague.pk, world.supervisor.pk]
    assert changes[0][1]["end_reason"] == "Feil nummer" and changes[1][1]["ended_at"]


def test_who_is_to_answer_sees_it_where_they_begin_the_day_without_one_more_question(world, client):
    """The supervisor on Min dag; for a counsellor, whom nobody leads, the administrator on the page of accounts."""
    case = world.refer()
    starts = {"supervisor": "/min-dag/", "specialist": "/min-dag/", "administrator": "/kontoer/"}

    def begins(name: str) -> tuple[bool, int, list[str]]:
        client.force_login(world.act_as(getattr(world, name)))
        with CaptureQueriesContext(connection) as asked:
            page = BeautifulSoup(client.get(starts[name]).content, "html.parser")
        links = [str(link["href"]) for link in page.select("#tie-ends a")]
        return page.select_one("h1") is not None, len(asked), links

    begins("supervisor")
    before = {name: begins(name) for name in starts}
    assert all(opened and not links for opened, _asked, links in before.values())
    asked_for = {}
    for whose in ("colleague", "counsellor"):
        me = world.act_as(getattr(world, whose))
        tie = access.declare(hash_of(case), by=me, user=me, kind="family")
        access.ask_tie_end(tie, by=me, reason="Feil nummer")
        asked_for[whose] = tie
    after = {name: begins(name) for name in starts}
    line = {whose: f"/meg/narstaende/{tie.pk}/" for whose, tie in asked_for.items()}
    assert {name: links for name, (_opened, _asked, links) in after.items()} == {
        "supervisor": [line["colleague"]],
        "specialist": [],
        "administrator": [line["counsellor"]],
    }
    assert {name: seen[1] for name, seen in after.items()} == {name: seen[1] for name, seen in before.items()}
    assert client.get(line["counsellor"]).status_code == 200
    access.answer_tie_end(asked_for["colleague"].pk, by=world.act_as(world.supervisor), ends=False, answer="Nei")
    assert begins("supervisor")[2] == []


def test_the_same_tie_may_be_said_again_after_its_end(world):
    case = world.refer()
    first = ended_after_asking(world, case, by=world.supervisor)
    me = world.act_as(world.colleague)
    again = access.declare(hash_of(case), by=me, user=me, kind="family")
    assert again.pk != first.pk
    assert not sees(world, world.colleague, case)


def test_a_tie_that_stands_says_why_and_may_be_asked_about_again(world):
    case = world.refer()
    with pytest.raises(ValidationError):
        ended_after_asking(world, case, by=world.supervisor, ends=False)
    world.act_as(world.colleague)
    tie = ConflictOfInterest.objects.get()
    access.answer_tie_end(tie.pk, by=world.act_as(world.supervisor), ends=False, answer="Det er samme person")
    assert not sees(world, world.colleague, case)
    access.ask_tie_end(tie, by=world.act_as(world.colleague), reason="Likevel")
    assert ConflictOfInterest.objects.get(pk=tie.pk).answered_at is None


@pytest.mark.parametrize("who", ["colleague", "specialist", "other_specialist", "administrator", "leader"])
def test_nobody_but_whoever_leads_them_ends_a_tie(world, who):
    case = world.refer()
    with pytest.raises(ValidationError):
        ended_after_asking(world, case, by=getattr(world, who))
    assert not sees(world, world.colleague, case)


def test_the_administrator_answers_where_nobody_leads(world):
    case = world.refer()
    me = world.act_as(world.counsellor)
    tie = access.declare(hash_of(case), by=me, user=me, kind="family")
    access.ask_tie_end(tie, by=me, reason="Feil nummer")
    access.answer_tie_end(tie.pk, by=world.act_as(world.administrator), ends=True)
    assert sees(world, world.counsellor, case)


def test_nobody_ends_a_tie_by_hand(world):
    case = world.refer()
    me = world.act_as(world.colleague)
    access.declare(hash_of(case), by=me, user=me, kind="family")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        ConflictOfInterest.objects.update(ended_at=timezone.now())


def test_the_end_is_asked_for_and_answered_on_the_pages(world, client):
    case = world.refer()
    me = world.act_as(world.colleague)
    tie = access.declare(hash_of(case), by=me, user=me, kind="family")
    page = f"/meg/narstaende/{tie.pk}/"
    client.force_login(me)
    assert client.post(page, {"submission": uuid4(), "reason": ""}).status_code == 422
    assert client.post(page, {"submission": uuid4(), "reason": "Feil nummer"}).status_code == 303
    assert "Venter på svar" in client.get(page).content.decode()
    client.force_login(world.act_as(world.other_specialist))
    assert client.get(page).status_code == 404
    client.force_login(world.act_as(world.supervisor))
    assert "Feil nummer" in client.get("/meg/narstaende/").content.decode()
    refused = client.post(page, {"submission": uuid4(), "outcome": "stands", "answer": ""})
    assert refused.status_code == 422
    assert "(må fylles ut hvis det blir stående)" in refused.content.decode()
    assert "(valgfritt)" not in refused.content.decode()
    assert client.post(page, {"submission": uuid4(), "outcome": "ends", "answer": ""}).status_code == 303
    client.force_login(world.act_as(world.colleague))
    assert client.get(f"/sak/{case.pk}/").status_code == 200
    assert "Avsluttet" in client.get("/meg/narstaende/").content.decode()


def test_cover_is_marked_on_the_case_page(world, client):
    case = world.refer()
    client.force_login(world.act_as(world.colleague))
    page = client.get(f"/sak/{case.pk}/").content.decode()
    assert "data-cover" in page
    client.force_login(world.act_as(world.specialist))
    assert "data-cover" not in client.get(f"/sak/{case.pk}/").content.decode()
    assert gate.COVER == "team"
