"""Somebody registers a number with an invented name, to read what another office writes of whoever has it, and to end it."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import Grant
from plass.cases import actions, joining
from plass.cases.facts import correct
from plass.cases.gate import NotAllowed
from plass.cases.models import Case, Participant, PossibleDuplicate
from plass.db import signed
from plass.followup.models import Contact
from plass.organisation.models import Role, User
from tests.conftest import as_owner
from tests.world import identity_number, member, user

from .test_refer_a_shielded_person import filled_in, met

TODAY = timezone.localdate()
#: What the other office wrote, beside the name.
WRITTEN = ("99112233", "Kanarigate", "HEMMELIG")


def ask(question: str, *values):
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]


def refer_for_real(world, client, number: str) -> tuple[Case, int]:
    """The counsellor of the first office refers whoever has the number. The case, and the number of the referral."""
    client.force_login(world.act_as(world.counsellor))
    more = {"family_name": "Kanarifugl", "phone": "99112233", "address": "Kanarigate 1", "wishes": "HEMMELIG"}
    client.post("/henvis/", filled_in(world, number, **more))
    with as_owner():
        return Case.objects.latest("pk"), PossibleDuplicate.objects.get().pk


def has_officer(world) -> User:
    with as_owner():
        officer = user("personvern1", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)
    return officer


def sent(**changes) -> dict[str, str]:
    return {"submission": str(uuid.uuid4()), "outcome": "join", "answer": ""} | changes


#: Nobody else decides about the row.
ALONE = [
    "counsellor",
    "counsellor with a contact",
    "specialist",
    "specialist who took it",
    "specialist who took it with a contact",
    "specialist who took it and whose contact a colleague corrected",
    "specialist who took it, and somebody came in an emergency",
    "specialist who took it, and somebody was let in",
    "specialist who took it, and somebody came in an emergency and went at once",
    "specialist who took it, and somebody was let in and went at once",
    "specialist who took it, and made a colleague's talk with the counsellor a meeting",
    "supervisor",
]


@pytest.fixture(params=[*ALONE, "counsellor who chose somebody"])
def squat(request, world, client) -> tuple[User, Case, int]:
    """Who registered the number first, the real case, and the number of its referral."""
    number = identity_number()
    who = world.other_counsellor if request.param.startswith("counsellor") else world.other_specialist
    if request.param == "supervisor":
        with as_owner():
            member(who, Role.SUPERVISOR, world.other_office, world.other_team)
    client.force_login(world.act_as(who))
    form = filled_in(world, number, team=str(world.other_team.pk), given_name="Opp", family_name="Diktet")
    client.post("/henvis/", form)
    with as_owner():
        own_case = Case.objects.get()
    if "took it" in request.param:
        actions.take(own_case, by=world.act_as(who))
    if "chose" in request.param:
        person = Participant.objects.get(pk=world.act_as(who) and own_case.participant_id)
        actions.change_protection(person, by=who, based_on=person.version, protection="own_employee", reason="x")
        actions.hand_over(own_case, by=world.act_as(who), to=world.other_specialist)
    if "contact" in request.param:
        met(own_case, who)
    if "corrected" in request.param:
        with as_owner():
            colleague = user("sor9", "Sara", "Sørkollega")
            member(colleague, Role.SPECIALIST, world.other_office, world.other_team)
        correct(Contact.objects.get(), by=world.act_as(colleague), reason="Skrivefeil", note="Rettet")
    if "emergency" in request.param:
        assert access.break_glass(own_case.pk, by=world.act_as(world.specialist), reason="Krise", hours=24)
    if "let in" in request.param:
        by = world.act_as(who)
        access.give(own_case.pk, by=by, to=world.specialist, reason="x", hours=24, level=Grant.Allows.RECORD)
    if "emergency" in request.param or "let in" in request.param:
        met(own_case, world.specialist)
    if "at once" in request.param:
        # In the same transaction, as one statement after another could: the end is then before what was written.
        by = world.act_as(world.specialist)
        assert access.end_way(Grant.objects.get(case_id=own_case.pk), by=by)
    if "talk with" in request.param:
        with as_owner():
            colleague = user("sor9", "Sara", "Sørkollega")
            member(colleague, Role.SPECIALIST, world.other_office, world.other_team)
        talk = met(own_case, colleague, parties=["counsellor"])
        correct(talk, by=world.act_as(who), reason="x", parties=["participant"])
    real, link = refer_for_real(world, client, number)
    return who, real, link


def test_who_did_reads_nothing_joins_nothing_and_ends_nothing(world, client, squat):
    who, real, link = squat
    client.force_login(world.act_as(who))
    assert joining.waiting() == []
    assert ask("SELECT cases_joins_count()") == 0
    with as_owner():
        existing = PossibleDuplicate.objects.get().existing_id
    world.act_as(who)
    assert ask("SELECT cases_joins_of(%s)", existing) == []
    assert client.get(f"/henvisninger/a-koble/{link}/").status_code == 404
    for address in ("/min-dag/", "/henvisninger/", "/henvisninger/a-koble/"):
        page = client.get(address, follow=True).content.decode()
        assert not [word for word in (*WRITTEN, "Kanarifugl") if word in page], address
    world.act_as(who)
    assert signed.call("cases_join", link, "", False, "x")[0][0] == "gone"
    assert signed.call("cases_answer_referral", link, "Nei")[0][0] == "gone"
    with as_owner():
        assert ask("SELECT ended_on FROM milestone_cache WHERE case_id = %s", real.pk) is None


def test_who_was_chosen_to_follow_reads_two_names_and_answers(world, client):
    """Whoever registered the number chose somebody else, who decides about the case too and knows nothing of it."""
    number, who = settled(world, "chosen by the one who referred")
    real, link = refer_for_real(world, client, number)
    client.force_login(world.act_as(who))
    page = client.get(f"/henvisninger/a-koble/{link}/").content.decode()
    assert "Kjent" in page and "Kanarifugl" in page
    client.post(f"/henvisninger/a-koble/{link}/", sent(outcome="answer", answer="Ikke den samme."))
    world.act_as(world.other_counsellor)
    for address in (f"/sak/{real.pk}/", f"/henvisninger/a-koble/{link}/"):
        client.force_login(world.act_as(world.other_counsellor))
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("squat", ALONE, indirect=True)
def test_it_is_for_the_data_protection_officer_to_ask_somebody(world, client, squat):
    _who, real, link = squat
    officer = has_officer(world)
    client.force_login(world.act_as(officer))
    assert [referral.number for referral in joining.nobody_may()] == [link]
    page = client.get("/innsyn/").content.decode()
    assert f"/personvern/henvisning/{link}/" in page
    world.act_as(officer)
    joining.appoint(link, by=officer, to=world.supervisor)
    client.force_login(world.act_as(world.supervisor))
    page = client.get(f"/henvisninger/a-koble/{link}/").content.decode()
    assert "Diktet" in page and "Kanarifugl" in page
    client.post(f"/henvisninger/a-koble/{link}/", sent(outcome="answer", answer="Ring meg."))
    with as_owner():
        assert ask("SELECT ended_on FROM milestone_cache WHERE case_id = %s", real.pk) == TODAY


def settled(world, how: str) -> tuple[str, User]:
    """A number that is followed at the other office, and somebody who decides about the person."""
    number = identity_number()
    if how == "chosen by the one who referred":
        world.refer("Kari", "Kjent", number=number, team=world.other_team)
        return number, world.other_specialist
    case = world.refer("Kari", "Kjent", number=number, team=world.other_team, taken=False)
    if how.startswith("met by another"):
        meeting = met(case, world.other_specialist)
        if "oneself corrects" in how:
            correct(meeting, by=world.act_as(world.other_counsellor), reason="Skrivefeil", note="Rettet")
        if "let in corrects" in how:
            by = world.act_as(world.other_counsellor)
            access.give(case.pk, by=by, to=world.specialist, reason="x", hours=24, level=Grant.Allows.RECORD)
            correct(meeting, by=world.act_as(world.specialist), reason="Skrivefeil", note="Rettet")
        return number, world.other_counsellor
    with as_owner():
        member(world.other_specialist, Role.SUPERVISOR, world.other_office, world.other_team)
    return number, world.other_specialist


@pytest.mark.parametrize(
    "how",
    [
        "chosen by the one who referred",
        "met by another",
        "met by another, and oneself corrects a slip",
        "met by another, and somebody let in corrects a slip",
        "referred by another",
    ],
)
def test_who_has_more_than_their_own_referral_joins(world, client, how):
    # The control.
    number, who = settled(world, how)
    _real, link = refer_for_real(world, client, number)
    world.act_as(who)
    assert [referral.number for referral in joining.waiting()] == [link]
    officer = has_officer(world)
    world.act_as(officer)
    assert joining.nobody_may() == []
    joining.join(link, by=world.act_as(who))


@pytest.mark.parametrize("contact", [{"no_show": True}, {"parties": ["counsellor"]}, {"superseded_at": timezone.now()}])
def test_what_was_no_meeting_with_the_person_does_not_count(world, client, contact):
    number, who = settled(world, "met by another")
    with as_owner():
        Contact.objects.update(**contact)
    refer_for_real(world, client, number)
    world.act_as(who)
    assert joining.waiting() == []


def test_before_the_join_one_reads_the_name_the_office_and_the_day_and_no_more(world, client):
    number, who = settled(world, "chosen by the one who referred")
    _real, link = refer_for_real(world, client, number)
    client.force_login(world.act_as(who))
    page = client.get(f"/henvisninger/a-koble/{link}/").content.decode()
    assert "Kanarifugl" in page and str(world.office) in page
    assert not [word for word in WRITTEN if word in page]
    world.act_as(who)
    with connection.cursor() as cursor:
        cursor.execute("SELECT w::text FROM cases_joins_waiting() w")
        (row,) = cursor.fetchone()
    assert not [word for word in WRITTEN if word in row]


def test_who_was_asked_reads_no_more_of_the_registered_person_than_the_name(world, client):
    number = identity_number()
    world.refer("Kari", "Kjent", number=number, team=world.other_team, phone="99887766", address="Kjentgate 2")
    _real, link = refer_for_real(world, client, number)
    officer = has_officer(world)
    with as_owner():
        User.objects.filter(pk__in=[world.other_specialist.pk, world.other_counsellor.pk]).update(
            ended_on=TODAY - timedelta(days=1)
        )
    world.act_as(officer)
    joining.appoint(link, by=officer, to=world.supervisor)
    client.force_login(world.act_as(world.supervisor))
    page = client.get(f"/henvisninger/a-koble/{link}/").content.decode()
    assert "Kjent" in page
    assert "99887766" not in page and "Kjentgate" not in page


def test_the_second_choice_does_not_end_a_case_of_another_office(world, client):
    number, who = settled(world, "chosen by the one who referred")
    real, link = refer_for_real(world, client, number)
    officer = has_officer(world)
    client.force_login(world.act_as(who))
    address = f"/henvisninger/a-koble/{link}/"
    assert "La personvernombudet ta det videre" in client.get(address).content.decode()
    answer = client.post(address, sent(outcome="answer", answer="Det er en annen person."), follow=True)
    assert "Personvernombudet ber noen ved kontoret svare" in answer.content.decode()
    with as_owner():
        assert ask("SELECT ended_on FROM milestone_cache WHERE case_id = %s", real.pk) is None
    # It is out of their hands, and the one who referred is told nothing.
    assert client.get(address).status_code == 404
    world.act_as(who)
    with pytest.raises(NotAllowed):
        joining.join(link, by=who)
    world.act_as(who)
    assert ask("SELECT cases_joins_of(%s)", Participant.objects.get().pk) == []
    client.force_login(world.act_as(world.counsellor))
    for address in ("/henvisninger/", f"/sak/{real.pk}/", f"/sak/{real.pk}/endringer/"):
        assert "en annen person" not in client.get(address).content.decode()
    # The officer asks somebody at the office, who reads what was said, and answers.
    client.force_login(world.act_as(officer))
    assert f"/personvern/henvisning/{link}/" in client.get("/innsyn/").content.decode()
    form = {"submission": str(uuid.uuid4()), "to": str(world.supervisor.pk)}
    assert client.post(f"/personvern/henvisning/{link}/", form).status_code == 303
    client.force_login(world.act_as(world.supervisor))
    address = f"/henvisninger/a-koble/{link}/"
    assert "Det er en annen person." in client.get(address).content.decode()
    client.post(address, sent(outcome="answer", answer="Ring meg."))
    with as_owner():
        assert ask("SELECT ended_on FROM milestone_cache WHERE case_id = %s", real.pk) == TODAY


def test_what_was_handed_on_is_not_told_to_the_participant_as_answered(world, client):
    number, who = settled(world, "chosen by the one who referred")
    _real, link = refer_for_real(world, client, number)
    with as_owner():
        account = user("kari1", "", "", kind="participant")
        Participant.objects.filter(family_name="Kjent").update(user=account)
    joining.answer(link, by=world.act_as(who), text="Det er en annen person.")
    world.act_as(account)
    assert joining.own() == []


def test_who_leads_or_follows_at_that_office_answers_it_themselves(world, client):
    number, who = settled(world, "chosen by the one who referred")
    real, link = refer_for_real(world, client, number)
    with as_owner():
        member(who, Role.SUPERVISOR, world.office, world.second_team)
    joining.answer(link, by=world.act_as(who), text="Ring meg.")
    with as_owner():
        assert ask("SELECT ended_on FROM milestone_cache WHERE case_id = %s", real.pk) == TODAY
