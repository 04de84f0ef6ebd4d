"""Take, hand over, pause, go on, end, open again, collaborators, and the particulars: the acts and their pages."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.utils import timezone

from plass.cases import actions
from plass.cases.gate import NotAllowed
from plass.cases.models import Assignment, Collaborator, Fact, Participant
from plass.milestones.models import Milestones
from tests.conftest import as_owner
from tests.world import member, stored, user

TODAY = timezone.localdate()


def ago(days: int):
    return TODAY - timedelta(days=days)


@pytest.fixture
def case(world, client):
    """A case of the specialist, referred thirty days ago; the specialist is logged in."""
    made = world.refer("Prøve", "Løpsen", on=ago(30), phone="900 00 000")
    client.force_login(world.act_as(world.specialist))
    return made


def sent(**values) -> dict[str, str]:
    return {"submission": str(uuid.uuid4()), **{name: str(value) for name, value in values.items()}}


def errors(answer) -> str:
    return BeautifulSoup(answer.content, "html.parser").select_one("[data-error-summary]").get_text(" ")


def milestones(case) -> Milestones:
    return Milestones.objects.get(pk=case.pk)


def test_a_pause_of_a_hundred_years_is_a_slip_of_the_finger(client, case):
    late = TODAY.replace(year=TODAY.year + 100)
    answer = client.post(f"/sak/{case.pk}/pause/", sent(reason="illness", happened_on=TODAY, follow_up_on=late))
    assert answer.status_code == 422
    assert "Sjekk årstallet." in errors(answer)


# --- The pages that write one fact ----------------------------------------------------------------------------------

PAUSE = {"reason": "illness", "happened_on": TODAY, "follow_up_on": TODAY + timedelta(days=20), "note": "Operasjon"}
#: (address, what is done before, what is sent, what is so afterwards)
ACTS = [
    ("pause", [], PAUSE, lambda m: m.pause_follow_up_on == PAUSE["follow_up_on"]),
    ("fortsett", ["pause"], {"happened_on": TODAY}, lambda m: m.paused_on is None),
    (
        "avslutt",
        [],
        {"cause": "old_age", "happened_on": TODAY},
        lambda m: (m.phase, m.end_cause) == ("ended", "old_age"),
    ),
    ("gjenapne", ["avslutt"], {"reason": "job_lost", "happened_on": TODAY}, lambda m: m.reopened == 1),
    (
        "samarbeidspart",
        [],
        {"name": "Lege", "role": "gp", "agreement": "Helse", "happened_on": TODAY},
        lambda m: Collaborator.objects.get(case=m.case_id).name == "Lege",
    ),
]


def before(case, world, acts) -> None:
    if "pause" in acts:
        actions.pause(case, by=world.specialist, happened_on=ago(5), reason="illness", follow_up_on=TODAY)
    if "avslutt" in acts:
        actions.end(case, by=world.specialist, happened_on=ago(5), cause="work")


def facts_in_all() -> int:
    return sum(kind.objects.count() for kind in Fact.__subclasses__())


@pytest.mark.parametrize(("page", "earlier", "values", "holds"), ACTS, ids=[act[0] for act in ACTS])
def test_the_form_is_shown_filled_in_once_and_acted_on_once(world, client, case, page, earlier, values, holds):
    before(case, world, earlier)
    address = f"/sak/{case.pk}/{page}/"
    shown = client.get(address)
    assert shown.status_code == 200
    assert f'value="{TODAY.isoformat()}"' in shown.content.decode()
    count = facts_in_all()
    form = sent(**values)
    answers = [client.post(address, form) for _ in range(2)]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(303, f"/sak/{case.pk}/")}
    assert facts_in_all() == count + 1
    assert holds(milestones(case))


@pytest.mark.parametrize(("page", "earlier", "values", "holds"), ACTS, ids=[act[0] for act in ACTS])
def test_a_day_to_come_is_refused_and_what_was_typed_is_kept(world, client, case, page, earlier, values, holds):
    before(case, world, earlier)
    tomorrow = (TODAY + timedelta(days=1)).isoformat()
    answer = client.post(f"/sak/{case.pk}/{page}/", sent(**values | {"happened_on": tomorrow}))
    assert answer.status_code == 422
    assert "fram i tid" in errors(answer)
    assert f'value="{tomorrow}"' in answer.content.decode()


@pytest.mark.parametrize(("page", "earlier", "values", "holds"), ACTS, ids=[act[0] for act in ACTS])
def test_an_empty_form_says_what_is_missing(world, client, case, page, earlier, values, holds):
    answer = client.post(f"/sak/{case.pk}/{page}/", sent())
    assert answer.status_code == 422
    assert errors(answer)


@pytest.mark.parametrize(
    ("page", "earlier", "values", "says"),
    [
        ("pause", ["pause"], PAUSE, "allerede satt på pause"),
        ("pause", ["avslutt"], PAUSE, "Gjenåpne den først"),
        ("pause", [], PAUSE | {"follow_up_on": ago(1)}, "etter at pausen begynner"),
        ("fortsett", [], {"happened_on": TODAY}, "ikke satt på pause"),
        ("fortsett", ["pause"], {"happened_on": ago(6)}, "Pausen begynte senere"),
        ("avslutt", ["avslutt"], {"cause": "old_age", "happened_on": TODAY}, "allerede avsluttet"),
        ("avslutt", [], {"cause": "old_age", "happened_on": ago(31)}, "henvist senere"),
        ("gjenapne", [], {"reason": "wish", "happened_on": TODAY}, "ikke avsluttet"),
        ("gjenapne", ["avslutt"], {"reason": "wish", "happened_on": ago(6)}, "avsluttet senere"),
    ],
)
def test_what_does_not_fit_the_course_is_refused_in_plain_words(world, client, case, page, earlier, values, says):
    before(case, world, earlier)
    count = facts_in_all()
    answer = client.post(f"/sak/{case.pk}/{page}/", sent(**values))
    assert answer.status_code == 422
    assert says in errors(answer)
    assert facts_in_all() == count


# --- Take -----------------------------------------------------------------------------------------------------------


def test_taking_a_case_leads_to_the_first_talk(world, client):
    case = world.refer("Kari", "Venter", taken=False)
    client.force_login(world.act_as(world.colleague))
    assert "Jobbe med mennesker" in client.get(f"/sak/{case.pk}/ta/").content.decode()
    answer = client.post(f"/sak/{case.pk}/ta/", sent())
    assert answer["Location"].startswith(f"/sak/{case.pk}/mote/")
    case.refresh_from_db()
    assert case.specialist == world.colleague
    assert milestones(case).taken_on == TODAY
    assert client.get(answer["Location"]).status_code == 200


def test_a_case_somebody_else_took_first_is_not_taken_over(world, client):
    case = world.refer()
    client.force_login(world.act_as(world.colleague))
    answer = client.post(f"/sak/{case.pk}/ta/", sent())
    assert answer.status_code == 422
    assert "Siri Spesialist har allerede tatt" in errors(answer)


@pytest.mark.parametrize("name", ["counsellor", "supervisor"])
def test_only_specialists_take_cases(world, client, name):
    case = world.refer(taken=False)
    client.force_login(world.act_as(getattr(world, name)))
    assert client.get(f"/sak/{case.pk}/ta/").status_code == 404
    assert client.post(f"/sak/{case.pk}/ta/", sent()).status_code == 404


# --- Hand over ------------------------------------------------------------------------------------------------------


def to(someone, team) -> str:
    return f"{someone.pk}-{team.pk}"


def test_a_case_is_handed_to_a_colleague_and_the_reason_is_kept(world, client, case):
    form = sent(to=to(world.colleague, world.team), reason="Bytter oppgaver", instead_of=world.specialist.pk)
    answers = [client.post(f"/sak/{case.pk}/overfor/", form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    case.refresh_from_db()
    assert case.specialist == world.colleague
    assert Assignment.objects.filter(case=case, reason="Bytter oppgaver").count() == 1


def test_nobody_for_now_leaves_the_case_waiting_in_the_team(world, client, case):
    client.post(f"/sak/{case.pk}/overfor/", sent(to="nobody", instead_of=world.specialist.pk))
    case.refresh_from_db()
    assert (case.specialist, case.team) == (None, world.team)


def test_whoever_hands_over_what_somebody_else_got_meanwhile_is_told(world, client, case):
    client.force_login(world.act_as(world.supervisor))
    form = sent(to=to(world.colleague, world.team), instead_of=world.specialist.pk)
    actions.hand_over(case, by=world.act_as(world.supervisor), to=world.supervisor)
    answer = client.post(f"/sak/{case.pk}/overfor/", form)
    assert answer.status_code == 422
    assert "Mette Metodeveileder fått" in errors(answer)
    case.refresh_from_db()
    assert case.specialist == world.supervisor


def test_whoever_had_the_case_when_the_form_was_shown_and_has_it_no_more_is_told(world, client, case):
    form = sent(to=to(world.colleague, world.team), instead_of=world.specialist.pk)
    actions.hand_over(case, by=world.act_as(world.supervisor), to=world.supervisor)
    world.act_as(world.specialist)
    answer = client.post(f"/sak/{case.pk}/overfor/", form)
    assert answer.status_code == 403
    assert "noen andre har overtatt" in errors(answer)
    case.refresh_from_db()
    assert case.specialist == world.supervisor


def test_the_choice_is_those_who_do_the_work_at_the_office_today(world, client, case):
    with as_owner():
        left = user("sluttet", "Sluttet", "Sen")
        member(left, "specialist", world.office, world.team, ended_on=ago(1))
    page = BeautifulSoup(client.get(f"/sak/{case.pk}/overfor/").content, "html.parser")
    assert {field["value"] for field in page.select("[name=to]")} == {
        to(world.colleague, world.team),
        to(world.supervisor, world.team),
        "nobody",
    }
    assert client.post(f"/sak/{case.pk}/overfor/", sent(to=to(left, world.team))).status_code == 422


@pytest.mark.parametrize("who", ["other_specialist", "counsellor", "administrator"])
def test_the_act_refuses_somebody_who_does_not_do_that_work_here(world, case, who):
    with pytest.raises(ValidationError) as caught:
        actions.hand_over(case, by=world.specialist, to=getattr(world, who))
    assert "to" in caught.value.error_dict


def test_the_act_refuses_a_team_of_another_office(world, case):
    with pytest.raises(ValidationError):
        actions.hand_over(case, by=world.specialist, to=world.other_specialist, team=world.other_team)


def test_handing_over_to_another_team_moves_the_case_and_leads_to_the_front_door(world, client, case):
    with as_owner():
        specialist = user("jobb9", "Ny", "Kollega")
        member(specialist, "specialist", world.office, world.second_team)
    answer = client.post(
        f"/sak/{case.pk}/overfor/", sent(to=to(specialist, world.second_team), instead_of=world.specialist.pk)
    )
    assert answer["Location"] == "/"
    assert client.get(f"/sak/{case.pk}/pause/").status_code == 404
    world.act_as(specialist)
    case.refresh_from_db()
    assert (case.specialist, case.team) == (specialist, world.second_team)


def test_a_counsellor_hands_a_participant_to_another_counsellor_but_chooses_no_specialist(world, client, case):
    with as_owner():
        counsellor = user("veileder9", "Vigdis", "Veileder")
        member(counsellor, "counsellor", world.office)
    client.force_login(world.act_as(world.counsellor))
    assert client.get(f"/sak/{case.pk}/overfor/").status_code == 404
    client.post(
        f"/sak/{case.pk}/overfor/?rolle=veileder", sent(to=f"{counsellor.pk}-0", instead_of=world.counsellor.pk)
    )
    case.refresh_from_db()
    assert (case.counsellor, case.specialist) == (counsellor, world.specialist)


# --- Particulars ----------------------------------------------------------------------------------------------------


def particulars(**changes) -> dict[str, str]:
    return sent(**{"given_name": "Prøve", "family_name": "Løpsen", "phone": "900 00 000", "version": 1} | changes)


def test_particulars_are_changed_and_the_number_is_shown_but_not_changed(world, client, case):
    address = f"/sak/{case.pk}/deltaker/"
    stored_number = stored(Participant.objects.get(pk=case.participant_id), "identity_number")
    assert 'name="number"' not in client.get(address).content.decode()
    form = particulars(place="Ås", number="17859000347", version=1)
    answers = [client.post(address, form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    person = Participant.objects.get(pk=case.participant_id)
    assert (person.place, person.version, stored(person, "identity_number")) == ("Ås", 2, stored_number)


def test_a_stale_form_shows_both_versions_and_loses_nothing(world, client, case):
    address = f"/sak/{case.pk}/deltaker/"
    person = case.participant
    actions.change_participant(person, by=world.specialist, based_on=1, phone="911 11 111", place="Ås")
    answer = client.post(address, particulars(phone="922 22 222", place="Moss", version=1))
    assert answer.status_code == 422
    page = BeautifulSoup(answer.content, "html.parser")
    compared = page.select_one("#differences").get_text(" ")
    for value in ("911 11 111", "922 22 222", "Ås", "Moss"):
        assert value in compared
    assert page.select_one("[name=phone]")["value"] == "922 22 222"
    assert Participant.objects.get(pk=person.pk).phone == "911 11 111"
    # Sent once more, with both in view, it is a choice.
    again = {field["name"]: field.get("value", "") for field in page.select("main input[name]:not([type=radio])")}
    assert client.post(address, again).status_code == 303
    assert Participant.objects.get(pk=person.pk).phone == "922 22 222"


def test_whoever_protects_somebody_they_see_through_the_team_does_not_see_them_after(world, client, case):
    # Decision 0159: a colleague who steps in does not change it any more; whoever leads the team does.
    client.force_login(world.act_as(world.supervisor))
    answer = client.post(
        f"/sak/{case.pk}/skjerming/", sent(protection="confidential", reason="Vedtak", version=case.participant.version)
    )
    assert (answer.status_code, answer["Location"]) == (303, "/")
    assert client.get(f"/sak/{case.pk}/deltaker/").status_code == 404


def test_the_act_refuses_somebody_without_a_part(world, case):
    participant = case.participant
    stranger = world.act_as(world.other_specialist)
    with pytest.raises(NotAllowed):
        actions.change_participant(participant, by=stranger, based_on=1, place="Ås")


# --- Figures of the pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["pause", "fortsett", "avslutt", "gjenapne", "samarbeidspart", "deltaker", "overfor"])
def test_each_page_asks_few_questions(client, case, page, django_assert_max_num_queries):
    with django_assert_max_num_queries(12 + 2):
        assert client.get(f"/sak/{case.pk}/{page}/").status_code == 200


def test_particulars_of_somebody_with_an_account_of_their_own_are_changed(world, client, case):
    """The account is out of sight for those who work here, and is none of their business."""
    with as_owner():
        account = user("deltaker9", "", "", kind="participant")
        Participant.objects.filter(pk=case.participant_id).update(user=account)
    world.act_as(world.specialist)
    participant = Participant.objects.get(pk=case.participant_id)
    actions.change_participant(participant, by=world.specialist, based_on=participant.version, phone="900 00 123")
    participant.refresh_from_db()
    assert (participant.phone, participant.user_id) == ("900 00 123", account.pk)
