"""Agreeing on meetings, and calling them off."""

from __future__ import annotations

import uuid

import pytest
from bs4 import BeautifulSoup
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.utils import timezone

from plass.cases.gate import NotAllowed
from plass.followup import actions, queries
from plass.followup.models import Meeting, MeetingCancelled

from .made import at, contact, day, employer, meeting


@pytest.fixture
def case(world, client):
    """A case of the specialist, who is logged in."""
    case = world.refer()
    client.force_login(world.specialist)
    return case


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def errors(response):
    return " ".join(item.get_text(" ", strip=True) for item in soup(response).select("[data-error-summary] li"))


def sent(**values):
    form = {
        "submission": str(uuid.uuid4()),
        "parties": ["participant", "counsellor"],
        "channel": "in_person",
        "place": "office",
        "minutes": "60",
        "purpose": "follow_up",
        "day": day(3).isoformat(),
        "time": "13:00",
    }
    return {name: value for name, value in (form | values).items() if value is not None}


def warnings(response):
    return [str(message) for message in get_messages(response.wsgi_request) if message.level_tag == "warning"]


def test_a_three_party_meeting_is_agreed(client, case, world):
    response = client.post(f"/sak/{case.pk}/mote/", sent(address="Rom 2"))
    assert response.status_code == 303
    made = Meeting.objects.get()
    assert (made.parties, made.staff, made.address) == (["participant", "counsellor"], world.specialist, "Rom 2")
    assert made.starts_at == at(3, 13)
    assert made.happened_on == timezone.localdate()
    assert warnings(response) == []


def test_two_meetings_at_once_are_told_of_and_allowed(client, case, world):
    other_case = world.refer("Annen")
    meeting(other_case, world.specialist, at(3, 12, 30))
    response = client.post(f"/sak/{case.pk}/mote/", sent())
    assert response.status_code == 303
    (warning,) = warnings(response)
    assert "12:30" in warning
    assert "13:30" in warning
    assert "Annen" not in warning
    assert Meeting.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"parties": None}, "hvem møtet er med"),
        ({"day": ""}, "Skriv datoen"),
        ({"day": "neste uke"}, "dag.måned.år"),
        ({"day": day(-1).isoformat()}, "Registrer det som skjedde"),
        ({"day": day(0).isoformat(), "time": "08:00"}, "Dette tidspunktet er passert"),
        ({"day": "2202-01-01"}, "Sjekk årstallet"),
        ({"time": ""}, "Skriv klokkeslettet"),
        ({"time": "ett"}, "14:30"),
        ({"minutes": ""}, "hvor mange minutter"),
        ({"minutes": "900"}, "Mer enn ti timer"),
        ({"channel": None}, "hvordan dere skal møtes"),
        ({"purpose": None}, "hva det gjelder"),
        ({"parties": ["employer"]}, "hvilken arbeidsgiver"),
        ({"staff": "999999"}, ""),
    ],
)
def test_what_is_wrong_with_a_meeting_is_told_and_nothing_is_lost(client, case, world, wrong, message):
    response = client.post(f"/sak/{case.pk}/mote/", sent(note="Ta med CV", **wrong))
    assert response.status_code == 422
    assert errors(response)
    assert message in errors(response)
    assert soup(response).find("textarea", {"name": "note"}).text.strip() == "Ta med CV"
    assert not Meeting.objects.exists()


def test_somebody_of_the_team_may_go_there(client, case, world):
    page = soup(client.get(f"/sak/{case.pk}/mote/"))
    offered = [option["value"] for option in page.select("select[name=staff] option")]
    assert offered[0] == str(world.specialist.pk)
    assert set(offered) == {
        str(user.pk) for user in (world.specialist, world.colleague, world.supervisor, world.counsellor)
    }
    client.post(f"/sak/{case.pk}/mote/", sent(staff=str(world.colleague.pk)))
    assert Meeting.objects.get().staff == world.colleague


def test_a_first_talk_is_filled_in_from_the_address(client, case):
    page = soup(client.get(f"/sak/{case.pk}/mote/?med=participant&formal=first_talk"))
    assert page.find("input", {"name": "purpose", "checked": True})["value"] == "first_talk"


def test_a_meeting_is_called_off_and_a_new_time_suggested(client, case, world):
    agreed = meeting(case, world.specialist, at(2, 9, 30), minutes=45, address="Rom 4")
    address = f"/sak/{case.pk}/mote/{agreed.pk}/avlys/"
    nobody = client.post(address, {"submission": str(uuid.uuid4()), "reason": "Syk"})
    assert nobody.status_code == 422
    assert "hvem som avlyste" in errors(nobody)
    assert soup(nobody).find("input", {"name": "reason"})["value"] == "Syk"
    form = {"submission": str(uuid.uuid4()), "by": "participant", "reason": "Syk", "new_time": "1"}
    response = client.post(address, form)
    assert response.status_code == 303
    made = MeetingCancelled.objects.get()
    assert (made.meeting, made.by, made.reason) == (agreed, "participant", "Syk")
    page = soup(client.get(response["Location"]))
    assert page.find("input", {"name": "day"})["value"] == day(9).isoformat()
    assert page.find("input", {"name": "time"})["value"] == "09:30"
    assert page.find("input", {"name": "minutes"})["value"] == "45"
    assert page.find("input", {"name": "address"})["value"] == "Rom 4"


def test_a_meeting_is_called_off_without_a_new_time(client, case, world):
    agreed = meeting(case, world.specialist, at(2))
    form = {"submission": str(uuid.uuid4()), "by": "staff"}
    response = client.post(f"/sak/{case.pk}/mote/{agreed.pk}/avlys/", form)
    assert response["Location"] == f"/sak/{case.pk}/"
    assert queries.agreed_in(case).rows() == []


def test_a_meeting_held_meanwhile_cannot_be_called_off(client, case, world):
    agreed = meeting(case, world.specialist, at(0))
    contact(case, world.specialist, meeting=agreed)
    form = {"submission": str(uuid.uuid4()), "by": "staff", "reason": "Syk"}
    response = client.post(f"/sak/{case.pk}/mote/{agreed.pk}/avlys/", form)
    assert response.status_code == 422
    assert "allerede registrert eller avlyst" in errors(response)
    assert not MeetingCancelled.objects.exists()


def test_a_meeting_of_another_case_is_not_found(client, case, world):
    foreign_meeting = meeting(world.refer("Annen"), world.specialist, at(1))
    assert client.get(f"/sak/{case.pk}/mote/{foreign_meeting.pk}/avlys/").status_code == 404


def test_actions_refuse_what_the_pages_do_not_offer(world):
    case, other_case = world.refer(), world.refer("Annen")
    by = world.specialist
    shop = employer(by)
    held = meeting(case, by, at(0))
    contact(case, by, meeting=held)
    typed = {"happened_on": day(0), "parties": ["participant"], "channel": "phone", "purpose": "follow_up"}
    with pytest.raises(ValidationError, match="allerede registrert"):
        actions.record_contact(case, by=by, meeting=held, **typed)
    with pytest.raises(ValidationError, match="gjelder ikke denne deltakeren"):
        actions.record_contact(other_case, by=by, meeting=meeting(case, by, at(1)), **typed)
    with pytest.raises(ValidationError, match="med en arbeidsgiver alene"):
        actions.record_contact(None, by=by, employer=shop, **typed)
    with pytest.raises(ValidationError, match="er over"):
        actions.book_meeting(case, by=by, starts_at=at(-1), parties=["participant"], purpose="follow_up")
    stranger = world.act_as(world.other_specialist)
    with pytest.raises(NotAllowed):
        actions.record_contact(case, by=stranger, **typed)
    with pytest.raises(NotAllowed):
        actions.cancel_meeting(held, by=stranger, called_off_by="staff")


def test_pages_ask_a_bounded_number_of_questions(client, case, world, django_assert_max_num_queries):
    for rows in (1, 12):
        for n in range(rows):
            contact(case, world.specialist, parties=["employer"], employer=employer(world.specialist, f"B {rows} {n}"))
            agreed = meeting(case, world.specialist, at(1))
        for path in ("mote/", f"mote/{agreed.pk}/avlys/"):
            with django_assert_max_num_queries(12):
                assert client.get(f"/sak/{case.pk}/{path}").status_code == 200
