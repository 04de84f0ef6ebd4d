"""What the participant does on their own pages and takes back, what is refused, and what a contact person reads."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone, translation

from plass.cases import actions as cases
from plass.cases.facts import withdraw
from plass.portal import document
from plass.rights.models import (
    Comment,
    ContactAccount,
    CorrectionRequest,
    Disclosure,
    EmployerAccess,
    Objection,
    Release,
)

from ..conftest import as_owner
from ..rights.made import contact, let_in, make_people, tell

TODAY = timezone.localdate()


def has_chosen_a_password(account) -> None:
    with as_owner():
        ContactAccount.objects.filter(user=account).update(chosen_at=timezone.now())


@pytest.fixture
def people(world):
    return make_people(world)


@pytest.fixture
def me(world, people, client):
    """The participant, logged in."""
    client.force_login(world.act_as(people.me))
    return people.me


def sent(**values):
    return {"submission": str(uuid.uuid4()), **values}


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def text(response):
    return soup(response).main.get_text(" ", strip=True)


def test_a_comment_is_taken_back_by_whoever_wrote_it_alone(client, world, people, me):
    fact = contact(people.case, world.act_as(world.specialist), note="Vi snakket om jobb")
    assert client.post(f"/min-side/registrert/contact/{fact.pk}/kommentar/", sent(text="Feil dag")).status_code == 303
    world.act_as(people.me)
    comment = Comment.objects.get()
    back = reverse("portal:take_back", args=[comment.pk])
    assert client.get(back).status_code == 405, "an address in a mail takes nothing back"
    for somebody in (people.other, world.specialist, let_in(world, people)):
        client.force_login(world.act_as(somebody))
        assert client.post(back).status_code == 404
    world.act_as(people.me)
    comment.refresh_from_db()
    assert comment.withdrawn_at is None
    client.force_login(people.me)
    answer = client.post(back)
    assert answer.status_code == 303
    assert "Feil dag" not in text(client.get(answer["Location"]))
    client.force_login(world.act_as(world.specialist))
    assert "Feil dag" not in text(client.get(f"/sak/{people.case.pk}/"))


def test_what_is_missing_is_asked_for_without_a_fact_and_an_empty_request_is_none(client, world, people, me):
    empty = client.post("/min-side/registrert/mangler/", sent(wanted="  "))
    assert empty.status_code == 422
    world.act_as(people.me)
    assert not CorrectionRequest.objects.exists()
    answer = client.post("/min-side/registrert/mangler/", sent(wanted="Jeg har tatt truckførerbevis"))
    assert (answer.status_code, answer["Location"]) == (303, reverse("portal:requests"))
    world.act_as(people.me)
    request = CorrectionRequest.objects.get()
    assert (request.case, request.kind, request.fact_id) == (people.case, "", None)
    assert "truckførerbevis" in text(client.get(answer["Location"]))


def test_a_no_to_an_employer_withdraws_what_is_shared_and_is_taken_back(client, world, people, me):
    tell(world, people, "name", "Per")
    elsewhere = tell(world, people, "name", "Per", employer=people.second_employer)
    assert (
        client.post(f"/min-side/arbeidsgivere/{people.employer.pk}/nei/", sent(reason="Kjenner dem")).status_code == 303
    )
    world.act_as(people.me)
    assert list(Release.objects.filter(withdrawn_at=None)) == [elsewhere]
    objection = Objection.objects.get()
    back = reverse("portal:share_take_back", args=[objection.pk])
    client.force_login(world.act_as(people.other))
    assert client.post(back).status_code == 404
    client.force_login(world.act_as(people.me))
    assert client.post(back).status_code == 303
    assert "Du har sagt nei" not in text(client.get("/min-side/arbeidsgivere/"))
    world.act_as(people.me)
    assert list(Release.objects.filter(withdrawn_at=None)) == [elsewhere], "what was withdrawn stays withdrawn"


def test_a_no_to_telling_one_thing_withdraws_it_everywhere_and_leaves_the_rest(client, world, people, me):
    tell(world, people, "gaps", "Var syk")
    tell(world, people, "gaps", "Var syk", employer=people.second_employer)
    name = tell(world, people, "name", "Per")
    decide = reverse("portal:sharing_decide", args=["gaps"])
    assert client.post(decide, sent(stance="no", good="", bad="")).status_code == 303
    world.act_as(people.me)
    assert Disclosure.objects.get().stance == "no"
    assert list(Release.objects.filter(withdrawn_at=None)) == [name]
    assert client.get(reverse("portal:sharing_decide", args=["ukjent"])).status_code == 404


def test_an_employer_to_say_no_to_is_found_by_some_letters(client, people, me):
    address = reverse("portal:find_employer")
    page = text(client.get(f"{address}?q=fjell"))
    assert "Fjell Sport" in page and "Hav Kafé" not in page
    assert "Fjell Sport" not in text(client.get(f"{address}?q=f")), "one letter would list everybody"


def test_one_shares_only_with_an_employer_who_was_contacted_for_oneself(client, world, people, me):
    from plass.employers import actions as employers

    stranger = employers.add_employer(by=world.act_as(world.specialist), name="Ukjent AS")
    way = reverse("portal:share", args=[stranger.pk])
    assert client.get(way).status_code == 404
    assert client.post(f"{way}?hva=name", sent(text="Per", until="")).status_code == 404
    world.act_as(people.me)
    assert not Release.objects.exists()


def test_the_files_are_attachments_that_no_cache_keeps_and_nobody_else_gets(client, world, people, me):
    for name, begins in (("download_pdf", b"%PDF"), ("download_archive", b"PK")):
        answer = client.get(reverse(f"portal:{name}"))
        assert answer.status_code == 200 and answer.content.startswith(begins)
        assert answer["Cache-Control"] == "no-store"
        assert answer["Content-Disposition"].startswith("attachment;")
    for somebody in (world.specialist, let_in(world, people)):
        client.force_login(world.act_as(somebody))
        for name in ("download", "download_pdf", "download_archive"):
            assert client.get(reverse(f"portal:{name}")).status_code == 404


def test_what_the_law_withholds_is_told_with_its_reason_and_without_its_contents(client, world, people, me):
    by = world.act_as(world.specialist)
    reason = "Opplysninger om en annen person"
    fact = contact(people.case, by, note="Samboeren fortalte", withheld_because=reason)
    for where in ("/min-side/registrert/", f"/min-side/registrert/contact/{fact.pk}/"):
        page = text(client.get(where))
        assert reason in page and "Samboeren fortalte" not in page
    assert "Samboeren" in text(_as(client, world, world.specialist).get(f"/sak/{people.case.pk}/"))


def _as(client, world, somebody):
    client.force_login(world.act_as(somebody))
    return client


def test_what_was_withdrawn_stays_in_the_record_as_what_no_longer_holds(client, world, people, me):
    fact = contact(people.case, world.act_as(world.specialist), note="Feil person i samtalen")
    assert not soup(client.get("/min-side/registrert/")).select("[data-stands=no]")
    world.act_as(world.specialist)
    withdraw(fact, by=world.specialist, reason="Gjaldt en annen")
    page = client.get("/min-side/registrert/")
    assert "Gjaldt en annen" in text(page)
    (crossed_out,) = soup(page).select("[data-stands=no]")
    assert "Feil person i samtalen" in crossed_out.get_text(), "what stood there is not erased"
    assert "Trukket tilbake" in crossed_out.get_text() and "fordi: Gjaldt en annen" in crossed_out.get_text()
    assert "Noe ble trukket tilbake" in text(page) and "Rettet" not in crossed_out.get_text()
    assert [(entry["pairs"][-1][1], entry["struck"]) for entry in in_the_pdf(people) if entry["struck"]] == [
        ("Feil person i samtalen", True)
    ]
    assert document.pdf(people.case.participant, people.me).startswith(b"%PDF")


def test_what_was_withdrawn_is_named_also_where_it_stands_on_another_page(client, world, people, me):
    by = world.act_as(world.specialist)
    fact = contact(people.case, by, note="Feil person i samtalen", happened_on=TODAY - timedelta(3))
    for number in range(30):
        contact(people.case, by, note=f"Samtale nr. {number}.", happened_on=TODAY - timedelta(2))
    withdraw(fact, by=by, reason="Gjaldt en annen")
    first = text(client.get("/min-side/registrert/"))
    assert "Feil person i samtalen" not in first
    assert re.search(r"(?s)Noe ble trukket tilbake .*Hva .*møttes Hvorfor Gjaldt en annen", first)


@pytest.mark.parametrize("letter", ["😀", "ไ", "字", "\uf0b7", "\u0001", "\ufffe", "\u2028"])
def test_no_letter_takes_the_document_away(client, world, people, me, letter):
    contact(people.case, world.act_as(world.specialist), note=f"Kom {letter} i dag")
    world.act_as(people.me)
    assert document.pdf(people.case.participant, people.me).startswith(b"%PDF")


def in_the_pdf(people) -> list[dict]:
    """What the document says of every fact."""
    with translation.override("nb"):
        sections = document.content(people.case.participant, people.me)["sections"]
        return [entry for section in sections for entry in section["entries"] if "struck" in entry]


def test_a_long_record_is_turned_page_by_page_and_nothing_is_left_out(client, world, people, me):
    by = world.act_as(world.specialist)
    for number in range(35):
        contact(people.case, by, note=f"Samtale nr. {number}.")
    first, second = (text(client.get(f"/min-side/registrert/?side={page}")) for page in (1, 2))
    for number in range(35):
        assert (f"Samtale nr. {number}." in first) != (f"Samtale nr. {number}." in second), number
    assert "Samtale nr. 34." in first


def test_a_follow_up_that_has_ended_is_still_read(client, world, people, me):
    earlier = people.case
    by = world.act_as(world.specialist)
    contact(earlier, by, note="Fra forrige gang")
    cases.end(earlier, by=by, happened_on=TODAY, cause="own_wish")
    page = client.get("/min-side/")
    assert page.status_code == 200 and "avsluttet" in text(page)
    assert "Fra forrige gang" in text(client.get(f"/min-side/registrert/?lop={earlier.pk}"))
    assert client.get("/min-side/registrert/?lop=x").status_code == 404


def test_a_contact_person_reads_only_whom_they_have_access_to_and_the_participant_sees_it(client, world, people):
    account = let_in(world, people)
    tell(world, people, "name", "Per")
    let_in(world, people, case=people.other_case, person=people.second_person)
    has_chosen_a_password(account)
    world.act_as(people.me)
    own_access = EmployerAccess.objects.get()
    world.act_as(people.other)
    foreign_access = EmployerAccess.objects.get()
    client.force_login(world.act_as(account))
    assert "Per" in text(client.get(reverse("portal:employer")))
    assert client.get(reverse("portal:employer_person", args=[own_access.pk])).status_code == 200
    assert client.get(reverse("portal:employer_person", args=[foreign_access.pk])).status_code == 404
    looked = text(_as(client, world, people.me).get("/min-side/hvem-har-sett/"))
    assert "Kari Kafésjef" in looked and "Frode Fjellvant" not in looked


def test_the_code_for_whoever_calls_needs_the_one_who_calls(client, world, people):
    account = let_in(world, people)
    client.force_login(world.act_as(account))
    address = reverse("portal:employer_code")
    assert client.get(address)["Location"] == reverse("accounts:password"), "staff have read that password"
    has_chosen_a_password(account)
    assert not soup(client.get(address)).main.find("strong")
    wrong = client.get(f"{address}?caller=")
    assert wrong.status_code == 422
    shown = client.get(f"{address}?caller={world.specialist.pk}")
    assert "no-store" in shown["Cache-Control"]
    code = soup(shown).main.find("strong").get_text()
    assert re.fullmatch(r"\d{3} \d{3}", code)
    assert code != soup(client.get(f"{address}?caller={world.colleague.pk}")).main.find("strong").get_text()
    client.force_login(world.act_as(world.specialist))
    assert client.get(address).status_code == 404
