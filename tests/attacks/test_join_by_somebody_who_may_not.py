"""Joining a referral with somebody who is registered: by those who decide about that person, once, and by nobody else."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from plass.access.current_user import set_current_user
from plass.access.models import AccessLogEntry, Grant
from plass.cases import actions, identity, joining
from plass.cases.gate import NotAllowed
from plass.cases.models import Case, CaseEnded, Participant, PossibleDuplicate
from plass.db import signed
from plass.organisation.models import Membership, Role
from tests.conftest import as_owner
from tests.world import identity_number, member, shielded_cases, user

from .test_refer_a_shielded_person import SECRETS, filled_in, shielded

TODAY = timezone.localdate()


@pytest.fixture
def referred(world, client) -> tuple[Case, Case, int]:
    """The registered person's case, the case that waits, and the number of the referral."""
    existing, number = shielded(world)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number))
    case = Case.objects.get()
    with as_owner():
        link = PossibleDuplicate.objects.get()
    return existing, case, link.pk


def sent(**changes) -> dict[str, str]:
    return {"submission": str(uuid.uuid4()), "outcome": "join", "answer": ""} | changes


def ask(question: str, *values):
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    "who",
    ["counsellor", "specialist", "colleague", "supervisor", "leader", "administrator"],
)
def test_others_neither_see_nor_join_nor_answer_it(world, client, referred, who):
    existing, case, link = referred
    by = world.act_as(getattr(world, who))
    assert joining.waiting() == []
    assert signed.call("cases_join", link, "", False, "")[0][0] == "gone"
    assert signed.call("cases_answer_referral", link, "nei")[0][0] == "gone"
    assert signed.call("cases_appoint_joiner", link, by.pk)[0][0] == "no"
    with pytest.raises(NotAllowed):
        joining.join(link, by=by)
    client.force_login(by)
    for post in (None, sent()):
        address = f"/henvisninger/a-koble/{link}/"
        answer = client.get(address) if post is None else client.post(address, post)
        assert answer.status_code == 404
    with as_owner():
        assert Case.objects.get(pk=case.pk).participant_id != existing.participant_id


def test_emergency_access_to_the_registered_person_is_not_enough(world, referred):
    existing, _case, link = referred
    with as_owner():
        Grant.objects.create(
            kind="given",
            level=3,
            user=world.specialist,
            case_id=existing.pk,
            reason="vikar",
            granted_by=world.other_specialist,
            expires_at=timezone.now() + timedelta(hours=8),
        )
    world.act_as(world.specialist)
    assert Case.objects.filter(pk=existing.pk).exists()
    assert joining.waiting() == []
    assert signed.call("cases_join", link, "", False, "")[0][0] == "gone"


def test_nobody_reads_or_writes_the_table(world, referred):
    for statement in (
        "SELECT count(*) FROM cases_possibleduplicate",
        "UPDATE cases_possibleduplicate SET outcome = 'joined'",
        "DELETE FROM cases_possibleduplicate",
        "INSERT INTO cases_possibleduplicate (existing_id) VALUES (1)",
    ):
        with pytest.raises(Exception, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_page_says_before_the_click_what_joining_gives(world, client, referred):
    _existing, _case, link = referred
    client.force_login(world.act_as(world.other_specialist))
    page = client.get(f"/henvisninger/a-koble/{link}/").content.decode()
    for text in ("Kanarifugl", "Skrevet", "Vidar Veileder", "strengt fortrolig adresse"):
        assert text in page
    # What is asked is whether it is the same person: not where they live, nor what they want.
    for text in ("Jobbe ute", "40000000", "Kanarigate"):
        assert text not in page
    assert "Vidar Veileder ser da personen slik den er registrert" in page
    assert "blir veilederen i saken og bestemmer i den" in page


def test_joined_it_is_one_person_and_what_was_typed_stays_in_the_history(world, client, referred):
    existing, case, link = referred
    typed = case.participant_id
    client.force_login(world.act_as(world.other_specialist))
    form = sent()
    for _ in range(2):
        assert client.post(f"/henvisninger/a-koble/{link}/", form)["Location"] == "/henvisninger/a-koble/"
    assert f'<a href="/sak/{existing.pk}/">Åpne saken</a>' in client.get("/henvisninger/a-koble/").content.decode()
    with as_owner():
        joined = Case.objects.get(pk=case.pk)
        assert (joined.participant_id, shielded_cases()[case.pk]) == (existing.participant_id, True)
        assert not Participant.objects.filter(pk=typed).exists()
        registered = Participant.objects.get()
        assert (registered.family_name, registered.phone, registered.protection) == (
            "Kanarifugl",
            "99112233",
            "strictly_confidential",
        )
        lines = AccessLogEntry.objects.filter(purpose="join", allowed=True, user=world.other_specialist)
        assert {line.participant_id for line in lines} == {existing.participant_id}
    history = client.get(f"/sak/{existing.pk}/endringer/").content.decode()
    assert "Skrevet" in history
    assert "Koblet" in history
    # The one who referred has the part that the page spoke of, and the milestones follow.
    client.force_login(world.act_as(world.counsellor))
    assert "Kari Kanarifugl" in client.get(f"/sak/{case.pk}/").content.decode()
    assert "Kari Kanarifugl" in client.get("/henvisninger/").content.decode()


def test_the_participant_reads_it_on_their_page(world, client, referred):
    existing, _case, link = referred
    with as_owner():
        account = user("kari1", "", "", kind="participant")
        Participant.objects.filter(pk=existing.participant_id).update(user=account)
    client.force_login(world.act_as(account))
    assert "Henvisninger med fødselsnummeret ditt" not in client.get("/min-side/hvem-har-sett/").content.decode()
    # Whoever only opens the page has answered nothing.
    client.force_login(world.act_as(world.other_specialist))
    client.get(f"/henvisninger/a-koble/{link}/")
    client.force_login(world.act_as(account))
    page = client.get("/min-side/hvem-har-sett/").content.decode()
    assert "Så på en henvisning med fødselsnummeret ditt" in page
    assert "Svarte på en henvisning" not in page
    joining.join(link, by=world.act_as(world.other_specialist))
    client.force_login(world.act_as(account))
    joined = Case.objects.get(pk=_case.pk)
    page = client.get(f"/min-side/hvem-har-sett/?lop={joined.pk}").content.decode()
    assert "Svarte på en henvisning av deg" in page
    assert "Henvisninger med fødselsnummeret ditt" in page
    assert world.other_specialist.name in page


def test_answered_it_ends_with_the_sentence_and_shows_nothing_of_the_person(world, client, referred):
    existing, case, link = referred
    with as_owner():
        # They follow at that office too: else the answer is handed on (test_register_a_number_first.py).
        member(world.other_specialist, Role.SPECIALIST, world.office, world.second_team)
    client.force_login(world.act_as(world.other_specialist))
    address = f"/henvisninger/a-koble/{link}/"
    refused = client.post(address, sent(outcome="answer"))
    assert refused.status_code == 422
    assert "(må fylles ut hvis du ikke kobler)" in refused.content.decode()
    assert "(valgfritt)" not in refused.content.decode()
    client.post(address, sent(outcome="answer", answer="Vi har snakket med personen. Ring meg."))
    assert client.get(address).status_code == 404
    client.force_login(world.act_as(world.counsellor))
    page = client.get(f"/sak/{case.pk}/").content.decode()
    assert "Ring meg." in page
    assert not [word for word in SECRETS if word in page]
    with as_owner():
        assert Case.objects.get(pk=case.pk).participant_id != existing.participant_id
        assert CaseEnded.objects.get().recorded_by == world.other_specialist


def test_who_has_follow_up_at_that_office_already_is_not_joined(world, client):
    existing, number = shielded(world)
    with as_owner():
        member(world.colleague, Role.COUNSELLOR, world.other_office)
    client.force_login(world.act_as(world.colleague))
    client.post("/henvis/", filled_in(world, number, team=str(world.other_team.pk)))
    with as_owner():
        link = PossibleDuplicate.objects.get()
    client.force_login(world.act_as(world.other_specialist))
    answer = client.post(f"/henvisninger/a-koble/{link.pk}/", sent())
    assert answer.status_code == 422
    assert "har allerede oppfølging ved dette kontoret" in answer.content.decode()
    with as_owner():
        assert Case.objects.filter(participant=existing.participant_id).count() == 1


def test_two_who_answer_at_once_do_it_once(committed):
    world = committed
    with transaction.atomic():
        existing, number = shielded(world)
        actions.refer(
            by=world.act_as(world.counsellor),
            number=identity.parse(number),
            person={"given_name": "Kari", "family_name": "Skrevet"},
            team=world.team,
            wishes="Jobb",
            participant_agreed_on=TODAY,
        )
        with as_owner():
            link = PossibleDuplicate.objects.get().pk

    def act(by, question) -> str:
        try:
            with transaction.atomic():
                set_current_user(by.pk)
                return signed.call(question[0], link, *question[1:])[0][0]
        finally:
            connections.close_all()

    questions = [("cases_join", "", False, ""), ("cases_answer_referral", "nei")] * 3
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(act, [world.other_specialist, world.other_counsellor] * 3, questions))
    assert sorted(outcomes)[:-1].count("gone") + (sorted(outcomes)[-1] == "gone") == 5
    assert {"joined", "handed on"} & set(outcomes)
    assert existing.pk


# --- Where nobody decides about the person ----------------------------------------------------------------------------


@pytest.fixture
def officer(world, referred):
    """The data protection officer of the office that referred; everybody who followed the person has left."""
    with as_owner():
        someone = user("personvern1", "Pia", "Personvern")
        member(someone, Role.DATA_PROTECTION, world.office)
        Membership.objects.filter(user__in=[world.other_specialist, world.other_counsellor]).update(
            ended_on=TODAY - timedelta(days=1)
        )
    return someone


def test_the_officer_is_told_without_a_name_and_asks_somebody_who_then_joins(world, client, referred, officer):
    existing, case, link = referred
    client.force_login(world.act_as(officer))
    page = client.get("/innsyn/").content.decode()
    assert f"/personvern/henvisning/{link}/" in page
    assert not [word for word in (*SECRETS, "Skrevet") if word in page]
    assert joining.waiting() == []
    address = f"/personvern/henvisning/{link}/"
    assert client.get(address).status_code == 200
    # Not the one who referred.
    form = {"submission": str(uuid.uuid4()), "to": str(world.counsellor.pk)}
    assert client.post(address, form).status_code == 422
    form = {"submission": str(uuid.uuid4()), "to": str(world.supervisor.pk)}
    assert client.post(address, form).status_code == 303
    client.force_login(world.act_as(world.supervisor))
    assert "Kanarifugl" in client.get(f"/henvisninger/a-koble/{link}/").content.decode()
    # That is all it opens.
    assert not Case.objects.filter(pk=existing.pk).exists()
    joining.join(link, by=world.supervisor)
    world.act_as(world.counsellor)
    assert Case.objects.get(pk=case.pk).participant_id == existing.participant_id
    world.act_as(world.supervisor)
    assert not Case.objects.exists()


def test_an_officer_of_another_place_does_not_appoint(world, client, referred, officer):
    _existing, _case, link = referred
    with as_owner():
        elsewhere = user("personvern2", "Per", "Personvern")
        member(elsewhere, Role.DATA_PROTECTION, world.other_office)
    client.force_login(world.act_as(elsewhere))
    assert client.get(f"/personvern/henvisning/{link}/").status_code == 404
    assert signed.call("cases_appoint_joiner", link, world.supervisor.pk)[0][0] == "no"


def test_where_somebody_decides_the_officer_appoints_nobody(world, client, referred):
    _existing, _case, link = referred
    with as_owner():
        someone = user("personvern1", "Pia", "Personvern")
        member(someone, Role.DATA_PROTECTION, world.office)
    world.act_as(someone)
    assert joining.nobody_may() == []
    assert signed.call("cases_appoint_joiner", link, world.supervisor.pk)[0][0] == "no"


# --- Whoever registered somebody first, to read what others write of them later ------------------------------------------


def test_who_registered_a_number_first_learns_nothing_of_whoever_has_it(world, client):
    number = identity_number()
    registered = world.refer("Oppdiktet", "Person", number=number, taken=False)
    by = world.act_as(world.other_counsellor)
    typed = {"given_name": "Kari", "family_name": "Kanarifugl", "phone": "99112233", "address": "Kanarigate 1"}
    case = actions.refer(
        by=by,
        number=identity.parse(number),
        person={**typed, "protection": "confidential"},
        team=world.other_team,
        wishes="Jobb",
        participant_agreed_on=TODAY,
    )
    with as_owner():
        number_of_referral = PossibleDuplicate.objects.get().pk
    client.force_login(world.act_as(world.counsellor))
    # Whoever was referred as protected is no matter of those who decide about a row that is not: somebody is appointed.
    assert joining.waiting() == []
    assert client.get(f"/henvisninger/a-koble/{number_of_referral}/").status_code == 404
    assert signed.call("cases_join", number_of_referral, "x", False, "") == [("gone",)]
    assert ask("SELECT cases_joins_of(%s)", registered.participant_id) == []
    with as_owner():
        officer = user("personvern8", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.other_office)
    world.act_as(officer)
    assert [referral.number for referral in joining.nobody_may()] == [number_of_referral]
    with as_owner():
        assert shielded_cases()[case.pk]
