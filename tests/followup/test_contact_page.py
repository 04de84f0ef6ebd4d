"""Recording a contact: what is filled in, every kind of mistake, and that nothing typed is lost."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from plass.cases import facts
from plass.employers.models import ContactPerson, Employer
from plass.followup import queries
from plass.followup.models import Contact

from .made import at, cancelled, contact, day, employer, meeting


@pytest.fixture
def case(world, client):
    """A case of the specialist, who is logged in."""
    case = world.refer()
    client.force_login(world.specialist)
    return case


def url(case):
    return f"/sak/{case.pk}/kontakt/"


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def checked(response, name):
    return [box["value"] for box in soup(response).find_all("input", {"name": name, "checked": True})]


def field(response, name):
    control = soup(response).find(attrs={"name": name})
    return control.get("value", "") if control.name == "input" else control.text.strip()


def sent(**values):
    """A form as a browser sends it: a talk with the participant at the office, unless said otherwise."""
    form = {
        "submission": str(uuid.uuid4()),
        "parties": ["participant"],
        "channel": "in_person",
        "place": "office",
        "minutes": "30",
        "purpose": "follow_up",
        "happened_on": timezone.localdate().isoformat(),
    }
    return {name: value for name, value in (form | values).items() if value is not None}


def the_contact():
    return Contact.objects.get()


def errors(response):
    summary = soup(response).find(attrs={"data-error-summary": True})
    return [item.get_text(" ", strip=True) for item in summary.find_all("li")] if summary else []


def test_a_talk_is_recorded_with_what_was_tapped(client, case):
    response = client.post(url(case), sent(note="Ser fram til å begynne", again="7", started_at="08:30"))
    assert response.status_code == 303
    assert response["Location"] == f"/sak/{case.pk}/"
    made = the_contact()
    assert (made.case, made.parties, made.channel, made.place) == (case, ["participant"], "in_person", "office")
    assert (made.minutes, made.travel_minutes, made.no_show) == (30, 0, False)
    assert made.note == "Ser fram til å begynne"
    assert made.next_contact_on == day(7)
    assert f"{made.started_at:%H:%M}" == "08:30"


@pytest.mark.parametrize(("days_ago", "noted"), [(366, True), (0, False)])
def test_a_day_before_the_referral_is_recorded_and_pointed_at(client, case, days_ago, noted):
    """A slip of the year, or a talk that was had before: either may be, and the first makes somebody seem never met."""
    when = timezone.localdate() - timedelta(days_ago)
    page = client.post(url(case), sent(happened_on=when.isoformat()), follow=True)
    assert the_contact().happened_on == when
    assert ("er før henvisningen" in soup(page).find(id="messages").text) is noted


def test_a_talk_with_several_is_one_contact(client, case):
    client.post(url(case), sent(parties=["participant", "counsellor", "collaborator"]))
    assert the_contact().parties == ["participant", "counsellor", "collaborator"]


def test_sending_twice_records_once(client, case):
    form = sent()
    first, second = client.post(url(case), form), client.post(url(case), form)
    assert first["Location"] == second["Location"]
    assert Contact.objects.count() == 1


def test_the_same_recorded_anew_is_asked_about_and_saved_when_it_is_one_more(client, case):
    said = {"note": "Snakket om praksis"}
    assert client.post(url(case), sent(**said)).status_code == 303
    asked = client.post(url(case), sent(**said))
    assert asked.status_code == 422 and "Du registrerte akkurat dette klokka" in errors(asked)[0]
    assert Contact.objects.count() == 1
    beside = soup(asked).find("input", {"name": "beside_fact"})["value"]
    assert beside == str(the_contact().pk)
    assert client.post(url(case), sent(**said, beside_fact=beside)).status_code == 303
    assert Contact.objects.count() == 2
    # What stands beside the first is no answer for a third.
    assert client.post(url(case), sent(**said, beside_fact=beside)).status_code == 422


def test_another_note_another_colleague_or_a_later_time_is_no_question(client, case, world):
    assert client.post(url(case), sent(note="Snakket om praksis")).status_code == 303
    assert client.post(url(case), sent(note="Ringte igjen")).status_code == 303
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        assert client.post(url(case), sent(note="Snakket om praksis")).status_code == 303
    client.force_login(world.act_as(world.supervisor))
    assert client.post(url(case), sent(note="Snakket om praksis")).status_code == 303
    assert Contact.objects.count() == 4


def test_a_talk_with_an_employer_about_nobody_is_asked_about_too(client, case, world):
    shop = employer(world.specialist)
    address = f"/arbeidsgivere/{shop.pk}/kontakt/"
    answers = [
        client.post(address, sent(parties=None, place="workplace", employer=str(shop.pk))).status_code for _ in "12"
    ]
    assert answers == [303, 422]


def test_sending_twice_from_a_meeting_records_once_and_leads_to_the_same_page(client, case, world):
    form = sent(meeting=str(meeting(case, world.specialist, at(0, 0, 30)).pk))
    first, second = client.post(url(case), form), client.post(url(case), form)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first["Location"] == second["Location"]
    assert Contact.objects.count() == 1


def test_from_an_agreed_meeting_everything_is_filled_in(client, case, world):
    shop = employer(world.specialist)
    agreed = meeting(
        case,
        world.specialist,
        at(0, 0, 30),
        parties=["participant", "employer"],
        employer=shop,
        minutes=45,
        place="workplace",
        purpose="job_support",
    )
    response = client.get(url(case), {"mote": agreed.pk})
    assert checked(response, "meeting") == [str(agreed.pk)]
    assert checked(response, "parties") == ["participant", "employer"]
    assert checked(response, "channel") == ["in_person"]
    assert checked(response, "place") == ["workplace"]
    assert checked(response, "purpose") == ["job_support"]
    assert checked(response, "employer") == [str(shop.pk)]
    assert field(response, "minutes") == "45"
    assert field(response, "happened_on") == timezone.localdate().isoformat()
    # Two taps: open it, and record. What the page holds is what is sent.
    page = soup(response).select_one("form[data-draft]")
    form = {"submission": page.find(attrs={"name": "submission"})["value"]}
    for box in page.find_all("input"):
        if box.get("type") not in {"radio", "checkbox"} or box.has_attr("checked"):
            form.setdefault(box["name"], []).append(box.get("value", "")) if box["name"] != "submission" else None
    assert client.post(url(case), form).status_code == 303
    made = the_contact()
    assert (made.meeting, made.employer, made.minutes) == (agreed, shop, 45)
    assert not queries.meetings_of(case).exists()


def test_a_meeting_yesterday_is_recorded_on_its_own_day(client, case, world):
    agreed = meeting(case, world.specialist, at(-1, 9))
    assert field(client.get(url(case), {"mote": agreed.pk}), "happened_on") == day(-1).isoformat()


def test_a_meeting_recorded_by_somebody_else_meanwhile_is_told_and_kept(client, case, world):
    agreed = meeting(case, world.specialist, at(0, 9))
    contact(case, world.specialist, meeting=agreed)
    assert "allerede registrert eller avlyst" in client.get(url(case), {"mote": agreed.pk}).content.decode()
    response = client.post(url(case), sent(meeting=str(agreed.pk), note="Mitt notat"))
    assert response.status_code == 422
    assert any("allerede registrert eller avlyst" in error for error in errors(response))
    assert field(response, "note") == "Mitt notat"
    assert Contact.objects.count() == 1


def test_a_meeting_to_come_is_neither_offered_nor_recorded_as_held(client, case, world):
    today, tomorrow = (meeting(case, world.specialist, at(days, 9)) for days in (0, 1))
    assert [box["value"] for box in soup(client.get(url(case))).select("input[name=meeting]")] == [str(today.pk), ""]
    assert f"?mote={tomorrow.pk}" not in client.get(f"/sak/{case.pk}/").content.decode()
    response = client.post(f"{url(case)}?mote={tomorrow.pk}", sent(meeting=str(tomorrow.pk)))
    assert response.status_code == 422
    (error,) = errors(response)
    assert error.endswith("Dette møtet er på en senere dag. Avlys det, eller avtal en ny tid.")
    assert not Contact.objects.exists()


def test_a_meeting_later_today_that_was_held_early_has_no_time_filled_in(client, case, world):
    early = meeting(case, world.specialist, at(0, 23, 30))
    page = client.get(f"{url(case)}?mote={early.pk}")
    assert (field(page, "started_at"), field(page, "happened_on")) == ("", timezone.localdate().isoformat())
    assert client.post(url(case), sent(meeting=str(early.pk))).status_code == 303


def test_a_correction_refuses_the_year_that_recording_refuses(world):
    case = world.refer()
    by = world.act_as(world.specialist)
    made = contact(case, by)
    with pytest.raises(ValidationError, match="mer enn et år før henvisningen"), transaction.atomic():
        facts.correct(made, by=by, reason="Feil dag", happened_on=day(-3000))
    facts.withdraw(made, by=by, reason="Feil person")


def test_a_meeting_of_another_case_is_not_taken(client, case, world):
    foreign_meeting = meeting(world.refer("Annen"), world.specialist, at(0, 9))
    assert client.post(url(case), sent(meeting=str(foreign_meeting.pk))).status_code == 422
    assert not Contact.objects.exists()


def test_a_no_show_needs_nothing_else(client, case):
    response = client.post(url(case), sent(no_show="on", channel=None, place=None, minutes=None))
    assert response.status_code == 303
    made = the_contact()
    assert (made.no_show, made.minutes, made.place, made.channel) == (True, 0, "", "in_person")


def test_a_message_needs_no_minutes_and_no_place(client, case):
    assert client.post(url(case), sent(channel="message", minutes="", place="office")).status_code == 303
    assert (the_contact().minutes, the_contact().place) == (0, "")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"parties": None}, "hvem du hadde kontakt med"),
        ({"channel": None}, "hvordan dere hadde kontakt"),
        ({"place": None}, "hvor det var"),
        ({"minutes": ""}, "hvor mange minutter"),
        ({"minutes": "en time"}, "minuttene som et tall"),
        ({"minutes": "-5"}, "kan ikke være færre enn null"),
        ({"minutes": "6000"}, "Mer enn ti timer"),
        ({"travel_minutes": "langt"}, "minuttene som et tall"),
        ({"purpose": None}, "hva det gjaldt"),
        ({"happened_on": ""}, "Skriv datoen"),
        ({"happened_on": "i går"}, "dag.måned.år"),
        ({"happened_on": day(1).isoformat()}, "fram i tid"),
        ({"happened_on": "0202-03-04"}, "Sjekk årstallet"),
        ({"happened_on": day(-367).isoformat()}, "mer enn et år før henvisningen"),
        ({"started_at": "23:59"}, "Så sent er det ikke ennå"),
        ({"started_at": "halv to"}, "14:30"),
        ({"again": "date"}, "hvilken dato"),
        ({"again": "date", "next_contact_on": "snart"}, "dag.måned.år"),
        ({"again": "date", "next_contact_on": day(-3).isoformat()}, "kan ikke være før denne"),
        ({"again": "date", "next_contact_on": "2202-01-01"}, "Sjekk årstallet"),
        ({"withheld_because": "nei"}, "hvilken grunn i loven"),
        ({"parties": ["employer"]}, "hvilken arbeidsgiver"),
        ({"parties": ["employer"], "employer": "999999999"}, "Velg en arbeidsgiver"),
        ({"parties": ["employer"], "employer": "9" * 40}, "20"),
        ({"parties": ["employer"], "employer_text": "Finnes ikke"}, "Ingen arbeidsgiver heter"),
        ({"parties": ["employer"], "employer": "new", "employer_text": ""}, "navnet på den nye"),
        (
            {"parties": ["employer"], "employer": "new", "employer_text": "Ny AS", "employer_number": "974760674"},
            "ett av sifrene er feil",
        ),
        ({"parties": ["romvesen"]}, "Velg blant"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_typed_is_lost(client, case, wrong, message):
    response = client.post(url(case), sent(note="Et langt notat\nmed to linjer", **wrong))
    assert response.status_code == 422
    assert any(message in error for error in errors(response)), errors(response)
    assert not Contact.objects.exists()
    assert not Employer.objects.exists()
    assert field(response, "note") == "Et langt notat\nmed to linjer"
    for name in ("minutes", "travel_minutes", "happened_on", "started_at", "next_contact_on", "employer_text"):
        if name in wrong:
            assert field(response, name) == wrong[name]


def test_what_is_folded_away_stands_open_when_something_is_wrong_in_it(client, case):
    folds = soup(client.get(url(case))).select("details.p-more")
    assert not [fold for fold in folds if fold.has_attr("open")]
    folds = soup(client.post(url(case), sent(started_at="halv to"))).select("details.p-more[open]")
    assert folds
    assert folds[0].find(attrs={"name": "started_at"})


def test_a_reason_in_law_is_kept(client, case):
    client.post(url(case), sent(withheld_because="Opplysninger om søsteren"))
    assert the_contact().withheld_because == "Opplysninger om søsteren"


# --- Employers -------------------------------------------------------------------------------------------------------


def test_an_employer_and_a_person_there_are_chosen(client, case, world):
    shop = employer(world.specialist)
    boss = ContactPerson.objects.create(employer=shop, name="Bo Sjef", recorded_by=world.specialist)
    form = sent(
        parties=["employer"], employer=str(shop.pk), contact_person=str(boss.pk), place="workplace", decision_maker="on"
    )
    assert client.post(url(case), form).status_code == 303
    made = the_contact()
    assert (made.employer, made.contact_person, made.decision_maker) == (shop, boss, True)


def test_a_person_at_another_employer_is_not_taken(client, case, world):
    shop, mill = employer(world.specialist, "Butikken"), employer(world.specialist, "Mølla")
    miller = ContactPerson.objects.create(employer=mill, name="Mia Møller", recorded_by=world.specialist)
    client.post(url(case), sent(parties=["employer"], employer=str(shop.pk), contact_person=str(miller.pk)))
    assert (the_contact().employer, the_contact().contact_person) == (shop, None)


def test_a_new_employer_and_person_come_along_with_the_contact(client, case):
    form = sent(
        parties=["employer"],
        employer="new",
        employer_text="Nytt Bakeri AS",
        employer_number="974 760 673",
        employer_place="Bø",
        person_name="Bo Baker",
        person_phone="400 00 000",
    )
    assert client.post(url(case), form).status_code == 303
    made = the_contact()
    assert (made.employer.name, made.employer.organisation_number, made.employer.place) == (
        "Nytt Bakeri AS",
        "974760673",
        "Bø",
    )
    assert (made.contact_person.name, made.contact_person.phone) == ("Bo Baker", "400 00 000")


def test_without_script_a_name_that_is_one_employer_s_is_enough(client, case, world):
    shop = employer(world.specialist, "Bø Bakeri AS")
    employer(world.specialist, "Bø Bakeri Avdeling Seljord")
    assert client.post(url(case), sent(parties=["employer"], employer_text="bø bakeri")).status_code == 303
    assert the_contact().employer == shop


def test_without_script_several_are_offered_to_choose_from(client, case, world):
    shops = [employer(world.specialist, f"Butikken i {place}") for place in ("Bø", "Moss")]
    response = client.post(url(case), sent(parties=["employer"], employer_text="butikken"))
    assert response.status_code == 422
    offered = [box["value"] for box in soup(response).find_all("input", {"name": "employer"})]
    assert {str(shop.pk) for shop in shops} | {"another"} == set(offered)
    assert client.post(url(case), sent(parties=["employer"], employer=offered[0])).status_code == 303


def test_a_new_employer_much_like_a_known_one_is_asked_about_first(client, case, world):
    known = employer(world.specialist, "Bø Bakeri")
    form = sent(parties=["employer"], employer="new", employer_text="Bø Bakeri AS", note="Notat")
    response = client.post(url(case), form)
    assert response.status_code == 422
    assert "lignende navn" in " ".join(errors(response))
    assert field(response, "note") == "Notat"
    offered = [box["value"] for box in soup(response).find_all("input", {"name": "employer"})]
    assert str(known.pk) in offered
    assert not Contact.objects.exists()
    assert client.post(url(case), form | {"employer": "another"}).status_code == 303
    assert Employer.objects.count() == 2


def test_a_new_employer_with_a_known_number_is_refused_and_the_known_one_offered(client, case, world):
    known = employer(world.specialist, "Helt annet navn", organisation_number="974760673")
    response = client.post(
        url(case), sent(parties=["employer"], employer="another", employer_text="Ny", employer_number="974760673")
    )
    assert response.status_code == 422
    assert "Helt annet navn" in " ".join(errors(response))
    assert str(known.pk) in [box["value"] for box in soup(response).find_all("input", {"name": "employer"})]
    assert Employer.objects.count() == 1


def test_what_was_chosen_about_an_employer_counts_only_with_an_employer(client, case, world):
    shop = employer(world.specialist)
    client.post(url(case), sent(employer=str(shop.pk), decision_maker="on"))
    assert (the_contact().employer, the_contact().decision_maker) == (None, False)


def test_the_employers_contacted_for_this_person_are_offered_at_once(client, case, world):
    shop = employer(world.specialist)
    contact(case, world.specialist, -3, parties=["employer"], employer=shop)
    response = client.get(url(case), {"med": "employer"})
    assert checked(response, "parties") == ["employer"]
    assert str(shop.pk) in [box["value"] for box in soup(response).find_all("input", {"name": "employer"})]


# --- About nobody yet ------------------------------------------------------------------------------------------------


def test_a_contact_about_nobody_yet(client, case, world):
    shop = employer(world.specialist)
    address = f"/arbeidsgivere/{shop.pk}/kontakt/"
    page = client.get(address)
    assert page.status_code == 200
    assert checked(page, "employer") == [str(shop.pk)]
    form = sent(parties=None, employer=str(shop.pk), place="workplace", purpose="relation", again="14")
    response = client.post(address, form)
    assert response.status_code == 303
    assert response["Location"] == f"/arbeidsgivere/{shop.pk}/"
    made = the_contact()
    assert (made.case, made.parties, made.employer, made.next_contact_on) == (None, ["employer"], shop, day(14))
    wrong = client.post(address, form | {"submission": str(uuid.uuid4()), "minutes": "x", "note": "Notat"})
    assert wrong.status_code == 422
    assert field(wrong, "note") == "Notat"


# --- Who may, and how much it costs ----------------------------------------------------------------------------------


def test_others_get_what_does_not_exist(client, case, world):
    client.force_login(world.act_as(world.other_specialist))
    assert client.get(url(case)).status_code == 404
    assert client.post(url(case), sent()).status_code == 404
    world.act_as(world.specialist)
    assert not Contact.objects.exists()


def test_the_form_asks_the_database_a_bounded_number_of_questions(client, case, world, django_assert_max_num_queries):
    for rows in (1, 15):
        for n in range(rows):
            shop = employer(world.specialist, f"Butikk {rows} {n}")
            ContactPerson.objects.create(employer=shop, name=f"Person {n}", recorded_by=world.specialist)
            contact(case, world.specialist, -3, parties=["employer"], employer=shop)
            agreed = meeting(case, world.specialist, at(0, 9), employer=shop, parties=["employer"])
        with django_assert_max_num_queries(12):
            assert client.get(url(case), {"mote": agreed.pk}).status_code == 200


def test_the_fragment_for_the_case_page_is_the_form_alone(client, case):
    response = client.get(url(case), headers={"HX-Request": "true"})
    assert b"<html" not in response.content
    assert soup(response).form["action"] == url(case)


def test_old_promises_stay_bounded(client, case, world):
    """Many open meetings from long ago do not fill the form."""
    for n in range(8):
        meeting(case, world.specialist, at(-n, 9))
    old = meeting(case, world.specialist, timezone.now() - timedelta(days=200))
    offered = [box["value"] for box in soup(client.get(url(case))).find_all("input", {"name": "meeting"})]
    assert len(offered) == 5
    assert str(old.pk) not in offered
    cancelled(old, world.specialist)
