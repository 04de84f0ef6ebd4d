"""The participant's own pages, and those of an employer's contact person, as they are used."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import formats, timezone

from plass.access import actions as access
from plass.cases import actions as cases
from plass.cases.facts import correct
from plass.cases.models import Assignment, Participant
from plass.followup import actions as followup
from plass.followup.models import Contact
from plass.organisation.models import Absence
from plass.portal import queries
from plass.profiles.models import Profile
from plass.retention import actions as retention
from plass.retention.models import Notice
from plass.rights import actions
from plass.rights.models import Comment, CorrectionRequest, EmployerAccess, Release

from ..conftest import as_owner
from ..rights.made import contact, let_in, make_people, tell
from ..world import stored

PAGES = (
    "/min-side/",
    "/min-side/registrert/",
    "/min-side/registrert/mangler/",
    "/min-side/registrert/onsker-rettet/",
    "/min-side/profil/",
    "/min-side/profil/skriv/",
    "/min-side/moter/",
    "/min-side/jobb/",
    "/min-side/veien/",
    "/min-side/veien/phase/",
    "/min-side/veien/waiting/",
    "/min-side/arbeidsgivere/",
    "/min-side/arbeidsgivere/finn/?q=Hav",
    "/min-side/arbeidsgivere/apenhet/gaps/",
    "/min-side/hvem-har-sett/",
    "/min-side/last-ned/",
)


@pytest.fixture
def people(world):
    return make_people(world)


@pytest.fixture
def me(world, people, client):
    """The participant, logged in."""
    client.force_login(world.act_as(people.me))
    return people.me


def text(response):
    return BeautifulSoup(response.content, "html.parser").main.get_text(" ", strip=True)


def sent(**values):
    return {"submission": str(uuid.uuid4()), **values}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_there_for_the_participant_with_few_questions_and_for_nobody_else(
    client, world, people, me, page, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20):
        answer = client.get(page)
    assert answer.status_code == 200
    assert people.other_case.participant.given_name not in text(answer)
    for who in (world.specialist, let_in(world, people)):
        client.force_login(world.act_as(who))
        assert client.get(page).status_code == 404


def test_another_s_case_is_not_opened_by_its_number(client, people, me):
    assert client.get(f"/min-side/registrert/?lop={people.case.pk}").status_code == 200
    assert client.get(f"/min-side/registrert/?lop={people.other_case.pk}").status_code == 404
    contact_id = Contact.objects.filter(case=people.other_case).values_list("pk", flat=True).first()
    assert contact_id is None
    assert client.get(f"/min-side/registrert/contact/{people.case.pk + 10_000}/").status_code == 404


def test_a_comment_and_a_request_are_written_once_and_shown_to_both(client, world, people, me):
    fact = contact(people.case, world.act_as(world.specialist), note="Vi snakket om jobb")
    address = f"/min-side/registrert/contact/{fact.pk}/"
    form = sent(text="Slik var det ikke")
    for _time in range(2):
        answer = client.post(address + "kommentar/", form)
        assert answer.status_code == 303
    assert client.post(address + "rett/", sent(wanted="Vi snakket om skole")).status_code == 303
    world.act_as(people.me)
    assert Comment.objects.count() == CorrectionRequest.objects.count() == 1
    assert "Slik var det ikke" in text(client.get(answer["Location"]))
    record = text(client.get("/min-side/registrert/"))
    assert "Slik var det ikke" in record and "Venter på svar" in record
    client.force_login(world.act_as(world.specialist))
    staff = text(client.get(f"/sak/{people.case.pk}/"))
    assert "Slik var det ikke" in staff and "Vi snakket om skole" in staff
    request = CorrectionRequest.objects.get()
    answer = client.post(
        f"/sak/{people.case.pk}/deltakerens-ord/{request.pk}/svar/",
        sent(outcome="declined", reason="Referatet er lest av begge"),
    )
    assert answer.status_code == 303
    client.force_login(world.act_as(people.me))
    assert "Referatet er lest av begge" in text(client.get("/min-side/registrert/onsker-rettet/"))
    assert "Du har fått svar" in text(client.get("/min-side/"))


def test_an_empty_comment_is_asked_for_again(client, people, me):
    fact = Contact.objects.filter(case=people.case).first()
    answer = client.post(f"/min-side/registrert/contact/{fact.pk}/kommentar/", sent(text="   "))
    assert answer.status_code == 422
    assert not Comment.objects.exists()


def test_the_participant_writes_in_the_profile_and_both_see_who(client, world, people, me):
    answer = client.post(
        "/min-side/profil/skriv/", sent(occupations="Kokk\nBaker", employer_contact="ask_first", based_on="")
    )
    assert answer.status_code == 303
    world.act_as(people.me)
    first = Profile.objects.get()
    assert (first.recorded_by, first.occupations) == (people.me, ["Kokk", "Baker"])
    assert "Skrevet av deg" in text(client.get("/min-side/profil/"))
    client.force_login(world.act_as(world.specialist))
    assert "Skrev i profilen" in text(client.get("/min-dag/"))
    case = text(client.get(f"/sak/{people.case.pk}/"))
    assert "Skrevet av deltakeren" in case and "Kokk" in case
    assert "deltaker1" not in case, "an account's user name is not a name"
    # The participant wrote on an older version: both are shown, and nothing typed is lost.
    client.force_login(world.act_as(people.me))
    late = client.post("/min-side/profil/skriv/", sent(interests="Sang", employer_contact="no", based_on=""))
    assert late.status_code == 422 and "Sang" in late.content.decode()
    world.act_as(people.me)
    assert Profile.objects.count() == 1


def test_a_meeting_goes_into_a_calendar_without_sensitive_words(client, world, people, me):
    from icalendar import Calendar

    by = world.act_as(world.specialist)
    meeting = followup.book_meeting(
        people.case,
        by=by,
        starts_at=timezone.now() + timedelta(days=2),
        parties=["participant", "employer"],
        employer=people.employer,
        purpose="job_support",
        place="office",
        address="Nav Plass Nord, rom 2",
        note="Snakke om sykdom; sliten",
    )
    answer = client.get(f"/min-side/moter/{meeting.pk}.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert str(event["SUMMARY"]) == "Avtale med Siri"
    assert event.decoded("DTSTART") == meeting.starts_at.replace(microsecond=0)
    assert not re.search(r"nav|plass|jobb|sykdom|sliten|hav|spesialist", answer.content.decode(), re.I)
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 0)
    assert client.get("/min-side/moter/kalender.ics").status_code == 200
    client.force_login(world.act_as(people.other))
    assert client.get(f"/min-side/moter/{meeting.pk}.ics").status_code == 404


def test_a_meeting_that_is_moved_or_called_off_is_told_and_followed_by_the_calendar(client, world, people, me):
    from icalendar import Calendar

    def event(address):
        (entry,) = Calendar.from_ical(client.get(address).content).walk("VEVENT")
        return str(entry["UID"]), entry["SEQUENCE"], str(entry["STATUS"]), entry.decoded("DTSTART")

    first, second = (timezone.now().replace(microsecond=0) + timedelta(days=days) for days in (2, 3))
    by = world.act_as(world.specialist)
    meeting = followup.book_meeting(people.case, by=by, starts_at=first, parties=["participant"], purpose="follow_up")
    address = f"/min-side/moter/{meeting.pk}.ics"
    world.act_as(people.me)
    uid, *agreed = event(address)
    assert agreed == [0, "CONFIRMED", first]
    assert "ny tid" not in text(client.get("/min-side/"))

    moved = correct(meeting, by=world.act_as(world.specialist), reason="Bytter dag", starts_at=second)
    world.act_as(people.me)
    page = text(client.get("/min-side/"))
    assert "Et møte har fått ny tid" in page and "Det skulle ha vært" in page
    # The entry that was put into a calendar before says the new time, and so does the new address.
    assert event(address) == event(f"/min-side/moter/{moved.pk}.ics") == (uid, 1, "CONFIRMED", second)

    followup.cancel_meeting(moved, by=world.act_as(world.specialist), called_off_by="staff", reason="Syk")
    world.act_as(people.me)
    page = text(client.get("/min-side/"))
    assert "Et møte er avlyst" in page and "Et møte har fått ny tid" not in page
    assert event(address) == event("/min-side/moter/kalender.ics") == (uid, 2, "CANCELLED", second)
    day = formats.date_format(timezone.localtime(second), "DATETIME_FORMAT")
    assert f"Møtet {day} ble avlyst" in text(client.get("/min-side/registrert/"))


def test_what_is_computed_opens_to_its_facts(client, world, people, me):
    world.act_as(world.specialist)
    page = text(client.get("/min-side/veien/phase/"))
    assert "Siri Spesialist besøkte Hav Kafé" in page, "job development comes from the first employer met"
    way = client.get("/min-side/veien/")
    links = [a["href"] for a in BeautifulSoup(way.content, "html.parser").main.select("nav.mine-go a")]
    assert len(links) > 3
    for link in links:
        shown = client.get(link)
        assert shown.status_code == 200
        assert "Skrevet av" in text(shown), link


def test_sharing_withdrawing_and_saying_no(client, world, people, me):
    employer = people.employer
    way = f"/min-side/arbeidsgivere/{employer.pk}/del/"
    assert client.get(way).status_code == 200
    assert "Per Prøve" in client.get(f"{way}?hva=name").content.decode()
    assert client.post(f"{way}?hva=name", sent(text="Per", until="")).status_code == 303
    world.act_as(people.me)
    made = Release.objects.get()
    assert (made.text, made.item, made.agreed_how) == ("Per", "name", "")
    twice = client.post(f"{way}?hva=name", sent(text="Per igjen", until=""))
    assert twice.status_code == 422 and "Per igjen" in twice.content.decode()
    assert client.post(f"/min-side/arbeidsgivere/delt/{made.pk}/trekk/").status_code == 303
    world.act_as(people.me)
    made.refresh_from_db()
    assert made.withdrawn_by == people.me
    assert client.post(f"/min-side/arbeidsgivere/{employer.pk}/nei/", sent(reason="")).status_code == 303
    assert "Du har sagt nei" in text(client.get("/min-side/arbeidsgivere/"))
    client.force_login(world.act_as(world.specialist))
    assert "vil ikke at denne arbeidsgiveren blir spurt" in text(client.get(f"/sak/{people.case.pk}/apenhet/"))
    assert "Per Prøve" in text(client.get(f"/arbeidsgivere/{employer.pk}/delt/"))


def test_the_specialist_gives_access_and_the_employer_reads_until_it_is_withdrawn(client, world, people):
    client.force_login(world.act_as(world.specialist))
    answer = client.post(
        f"/sak/{people.case.pk}/apenhet/tilgang/",
        sent(contact_person=str(people.person.pk), agreed_on=timezone.localdate().isoformat(), agreed_how="talk"),
    )
    assert answer.status_code == 303
    shown = client.get(answer["Location"])
    username, password = (code.get_text() for code in BeautifulSoup(shown.content, "html.parser").select("dd code"))
    assert password not in client.get(answer["Location"]).content.decode(), "shown once"
    tell(world, people, "name", "Per")
    hours = tell(world, people, "hours", "15 timer i uka")
    tell(world, people, "support", "Fjellets hemmelighet", employer=people.second_employer)
    client.post("/logg-ut/")
    assert client.post("/logg-inn/", {"username": username, "password": password}).status_code == 303
    # Somebody of the staff has read that password: nothing opens before another one is chosen.
    first = client.get("/", follow=True)
    assert first.redirect_chain[-1][0] == reverse("accounts:password") and "Per" not in text(first)
    own = {"old": password, "new": "bakeriet åpner klokka sju", "again": "bakeriet åpner klokka sju"}
    assert client.post(reverse("accounts:password"), own).status_code == 303
    password = own["new"]
    home = client.get("/", follow=True)
    assert home.redirect_chain[-1][0] == "/arbeidsgiver/" and "Per" in text(home)
    world.act_as(people.me)
    access = EmployerAccess.objects.get()
    page = client.get(f"/arbeidsgiver/{access.pk}/")
    assert "15 timer i uka" in text(page) and "Siri Spesialist" in text(page)
    assert "hemmelig" not in page.content.decode().lower()
    for elsewhere in ("/min-dag/", "/arbeidsgivere/", f"/sak/{people.case.pk}/", "/min-side/", "/deltakere/"):
        assert client.get(elsewhere).status_code == 404, elsewhere
    world.act_as(people.me)
    actions.withdraw_release(hours, by=people.me)
    assert "15 timer" not in text(client.get(f"/arbeidsgiver/{access.pk}/"))
    client.force_login(world.act_as(people.me))
    assert "Kari Kafésjef" in text(client.get("/min-side/hvem-har-sett/"))
    assert client.post(f"/min-side/arbeidsgivere/tilgang/{access.pk}/trekk/").status_code == 303
    client.post("/logg-ut/")
    client.post("/logg-inn/", {"username": username, "password": password})
    assert client.get(f"/arbeidsgiver/{access.pk}/").status_code == 404
    assert "Ingenting er delt" in text(client.get("/arbeidsgiver/"))


def test_forms_of_staff_keep_what_was_typed_and_say_what_is_missing(client, world, people):
    client.force_login(world.act_as(world.specialist))
    base = f"/sak/{people.case.pk}/apenhet/"
    for page in ("", "avgjor/", "del/", "tilgang/"):
        assert client.get(base + page).status_code == 200
    answer = client.post(base + "del/", sent(employer=str(people.employer.pk), item="name", text="Per", until=""))
    assert answer.status_code == 422 and "Per" in answer.content.decode()
    assert client.post(base + "avgjor/", sent(item="gaps", stance="no", agreed_how="talk")).status_code == 303
    assert "Ingen forteller dette" in text(client.get(base))
    client.force_login(world.act_as(world.other_specialist))
    for page in ("", "avgjor/", "del/", "tilgang/"):
        assert client.get(base + page).status_code == 404


def test_the_participant_is_told_before_anything_is_deleted_and_why_nothing_is(client, world, people, me):
    case = people.case
    with as_owner():
        Notice.objects.create(
            participant_id=case.participant_id,
            kind="follow-up",
            noticed_on=timezone.localdate(),
            due_on=timezone.localdate() + timedelta(days=60),
        )
    assert "blir slettet" in client.get("/min-side/").content.decode()
    retention.hold(case, by=world.act_as(world.specialist), reason="Klage på vedtak om tiltak")
    world.act_as(people.me)
    assert "Klage på vedtak om tiltak" in client.get("/min-side/").content.decode()


def test_an_emergency_is_told_with_the_reason_that_was_given(world, people, client):
    assert access.break_glass(
        people.case.pk, by=world.act_as(world.other_specialist), reason="Vikar på legevakta", hours=8
    )
    client.force_login(world.act_as(people.me))
    assert world.other_specialist.name in text(client.get("/min-side/"))
    assert "Vikar på legevakta" in text(client.get("/min-side/hvem-har-sett/"))


def test_the_participant_is_told_who_follows_them_now_and_who_did_is_not_named_as_new(world, client):
    people = make_people(world)
    case, today = people.case, timezone.localdate()
    everything = Assignment.objects.filter(case=case)
    with as_owner():
        everything.update(happened_on=today - timedelta(90), recorded_at=timezone.now() - timedelta(90))
    assert "Du har fått" not in mine(client, world, people.me)
    cases.hand_over(case, by=world.act_as(world.supervisor), to=world.colleague, reason="Siri er syk")
    page = mine(client, world, people.me)
    assert "Du har fått jobbspesialist" in page and f"{world.colleague.name} følger deg opp fra" in page
    assert "Siri er syk" not in page and "Du har fått veileder" not in page
    with as_owner():
        everything.filter(user=world.colleague).update(happened_on=today - timedelta(15))
    assert "Du har fått" not in mine(client, world, people.me)


@pytest.mark.parametrize(
    ("first", "last", "protection", "told"),
    [(0, 3, "", True), (1, 3, "", False), (-3, -1, "", False), (0, 3, "x", False)],
)
def test_the_participant_is_told_who_covers_while_their_specialist_is_away(
    world, client, first, last, protection, told
):
    people, today = make_people(world), timezone.localdate()
    with as_owner():
        if protection:
            Participant.objects.filter(pk=people.case.participant_id).update(protection="confidential")
        Absence.objects.create(
            user=world.specialist,
            covered_by=world.colleague,
            starts_on=today + timedelta(first),
            ends_on=today + timedelta(last),
            recorded_by=world.supervisor,
        )
    page = mine(client, world, people.me)
    assert (
        f"{world.specialist.name} er borte fra jobben {world.colleague.name} følger deg opp til og med" in page
    ) is told


def test_who_covers_is_told_to_the_participant_alone(world):
    people, today = make_people(world), timezone.localdate()
    with as_owner():
        Absence.objects.create(
            user=world.specialist,
            covered_by=world.colleague,
            starts_on=today,
            ends_on=today,
            recorded_by=world.supervisor,
        )
    for who, number in ((people.me, 1), (people.other, 0), (world.supervisor, 0), (world.leader, 0)):
        world.act_as(who)
        covers = [one for one in queries.new_followers(people.case, today) if one.away]
        assert len(covers) == number, who
    # Whoever covers and must keep away from the participant does not see to them.
    close = world.act_as(world.colleague)
    access.declare(stored(people.case.participant, "identity_hash"), by=close, user=close, kind="family")
    world.act_as(people.me)
    assert not [one for one in queries.new_followers(people.case, today) if one.away]


def mine(client, world, who) -> str:
    client.force_login(world.act_as(who))
    return text(client.get("/min-side/"))


def test_a_step_whose_day_has_passed_says_so_and_another_year_is_named():
    today = timezone.localdate()

    def due_text(days: int) -> str:
        return " ".join(render_to_string("portal/_due.html", {"due_on": today + timedelta(days)}).split())

    long_ago = today - timedelta(600)
    assert due_text(-600) == f"Fristen var {long_ago:%d.%m.%Y}."
    assert due_text(0).startswith(f"Innen {today.day}. ")
    assert str(today.year) not in due_text(0)
    assert due_text(400).endswith(str((today + timedelta(400)).year))
