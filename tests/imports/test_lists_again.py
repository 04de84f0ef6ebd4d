"""The next list of an office: who was imported before and is not seen any more, and what was answered before."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from plass.cases.models import Case, CaseEnded, Participant
from plass.imports import state
from plass.imports.models import ImportedPerson, KeptAnswer, Upload
from plass.organisation.models import User

from ..conftest import as_owner
from .lists import ago, csv, person, written
from .test_pages import by as by
from .test_pages import check, press, soup, upload
from .test_questions import ENDED, answer


def select_named(page, text):
    """The select of the question that shows this."""
    return next(row.select_one("select") for row in page.select("#questions tbody tr") if text in row.get_text(" "))


def everything():
    """How many participants, cases and doubles there are, whoever sees them."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM cases_participant), (SELECT count(*) FROM cases_case), "
            "(SELECT count(*) FROM cases_possibleduplicate)"
        )
        return cursor.fetchone()


def protected(world, **more):
    """A row of somebody whose address may be protected, followed by a specialist."""
    return person("Kari", "Skjult", Jobbspesialist=world.specialist.name, Merknad="Sperret adr.", **more)


def write_protected(client, world, row):
    address, page = check(client, csv([row]))
    answer(client, address, page, {page.select_one("#questions select")["name"]: "confidential"})
    page = soup(client.get(address))
    press(client, page, "Skriv inn")
    text = soup(client.get(address)).get_text(" ")
    with as_owner(), connection.cursor() as cursor:
        # In the act that ends it the part of who referred still holds, and a test is one transaction.
        cursor.execute("UPDATE cases_case SET referrer_ended_at = referrer_ended_at - interval '1 minute'")
    world.act_as(User.objects.get(pk=client.session["_auth_user_id"]))
    return text


def test_whoever_imported_somebody_shielded_does_not_write_them_twice(by, client, world):
    row = protected(world)
    text = write_protected(client, world, row)
    assert everything() == (1, 1, 0)
    assert f"bare {world.specialist.name} vil se saken" in text
    assert "Du vil ikke se den" in text
    assert not Case.objects.exists()

    _address, page = check(client, csv([row]), name="igjen.csv")
    text = page.get_text(" ")
    assert "Du har importert denne personen før, og andre følger saken nå" in text
    assert page.find("button", string=lambda words: words and "Skriv inn" in words) is None
    assert everything() == (1, 1, 0)
    # Another telephone number, another day: it is the same person.
    _address, page = check(
        client, csv([{**row, "Telefon": "90000001", "Henvist dato": written(ago(30))}]), name="ny.csv"
    )
    assert "Du har importert denne personen før" in page.get_text(" ")
    assert everything() == (1, 1, 0)


def test_what_one_has_imported_is_known_to_nobody_else(by, client, world):
    row = protected(world)
    write_protected(client, world, row)
    world.act_as(world.colleague)
    client.force_login(world.colleague)
    assert not ImportedPerson.objects.exists()
    _address, page = check(client, csv([row]), name="kollegaens.csv")
    text = page.get_text(" ")
    # As for a number that nobody has: the words are asked about, and nothing is said of an earlier import.
    assert "1 spørsmål må besvares" in text
    assert "importert denne personen" not in text


def test_nobody_says_that_another_imported_somebody(by, client, world):
    write_protected(client, world, protected(world))
    mine = ImportedPerson.objects.filter(is_answer=False).get()
    world.act_as(world.colleague)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        ImportedPerson.objects.create(user=world.colleague, case_id=mine.case_id, fingerprint=b"x" * 32)
    world.act_as(world.specialist)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        ImportedPerson.objects.create(user=by, case_id=mine.case_id, fingerprint=b"x" * 32)


def test_somebody_shielded_whom_nobody_follows_is_seen_by_who_imported_them(by, client, world):
    text = write_protected(client, world, person("Kari", "Skjult", Merknad="Sperret adr."))
    assert "bare du ser saken, til noen følger den" in text
    assert Case.objects.count() == 1


def test_the_one_who_is_asked_about_again_is_answered_as_before(by, client, world):
    row = person("Kari", "Skjult", Merknad="Sperret adr.")
    write_protected(client, world, row)
    _address, page = check(client, csv([row, person("Ola", "Ny", Merknad="Sperret adr.")]), name="igjen.csv")
    assert "1 spørsmål må besvares" in page.get_text(" ")
    before = page.select_one("#questions details")
    assert "Skjult" in before.get_text(" ")
    assert f"Slik {by.name} svarte" in before.get_text(" ")
    # What is said of another row is another question, also of the same person.
    _address, page = check(client, csv([{**row, "Merknad": "Fortrolig adresse"}]), name="nytt.csv")
    assert "1 spørsmål må besvares" in page.get_text(" ")


def test_what_words_mean_is_asked_once_for_the_office(by, client, world):
    first = person(**ENDED, Sluttårsak="Flyttet til Spania")
    address, page = check(client, csv([first]))
    answer(client, address, page, {select_named(page, "Spania")["name"]: "own_wish"})
    assert KeptAnswer.objects.count() == 1

    # A colleague's list, with the same words.
    world.act_as(world.colleague)
    client.force_login(world.colleague)
    row = person("Ola", "Annen", **ENDED, Sluttårsak="flyttet til Spania.")
    address, page = check(client, csv([row]), name="annen.csv")
    assert "må besvares" not in page.get_text(" ")
    before = page.select_one("#questions details")
    assert f"Slik {by.name} svarte" in before.get_text(" ")
    press(client, page, "Skriv inn")
    assert CaseEnded.objects.get().cause == "own_wish"

    # It can be answered otherwise, which holds from then on.
    address, page = check(
        client, csv([person("Eva", "Tredje", **ENDED, Sluttårsak="Flyttet til Spania")]), name="3.csv"
    )
    answer(client, address, page, {select_named(page, "Spania")["name"]: "other"})
    assert "svarte" not in soup(client.get(address)).select_one("#questions details").get_text(" ")
    world.act_as(by)
    client.force_login(by)
    _address, page = check(
        client, csv([person("Ada", "Fjerde", **ENDED, Sluttårsak="Flyttet til Spania")]), name="4.csv"
    )
    assert f"Slik {world.colleague.name} svarte" in page.get_text(" ")
    upload = Upload.objects.get(name="4.csv")
    assert list(state.load(upload).answers.values()) == ["other"]


def test_what_a_remark_means_is_asked_once_where_its_words_are_the_same(by, client, world):
    rows = [person("Kari", "Nes", Merknad="Ferdig i jobb"), person("Ola", "Dahl", Merknad="skal slettes")]
    address, page = check(client, csv(rows))
    answer(
        client,
        address,
        page,
        {select_named(page, "Ferdig")["name"]: "active", select_named(page, "slettes")["name"]: "left_out"},
    )
    press(client, soup(client.get(address)), "Skriv inn")
    assert [one.family_name for one in Participant.objects.all()] == ["Nes"]

    # That somebody is left out is said of them alone, and asked again.
    _address, page = check(client, csv(rows), name="neste.csv")
    assert "1 spørsmål må besvares" in page.get_text(" ") and select_named(page, "slettes")
    before = page.select_one("#questions details").get_text(" ")
    assert before.count(f"Slik {by.name} svarte") == 1 and "Merknad: Ferdig i jobb" in before
    # Other words, and the same words in another column, are another question.
    other = [{**rows[0], "Merknad": "Ferdig 1.10"}, {**rows[1], "Merknad": "", "Kommentar": "skal slettes"}]
    _address, page = check(client, csv(other), name="ny.csv")
    assert "2 spørsmål må besvares" in page.get_text(" ")


def test_another_office_is_asked_for_itself(by, client, world):
    address, page = check(client, csv([person(**ENDED, Sluttårsak="Flyttet til Spania")]))
    answer(client, address, page, {select_named(page, "Spania")["name"]: "own_wish"})
    world.act_as(world.other_specialist)
    client.force_login(world.other_specialist)
    assert not KeptAnswer.objects.exists()
    _address, page = check(client, csv([person(**ENDED, Sluttårsak="Flyttet til Spania")]), name="annen.csv")
    assert "1 spørsmål må besvares" in page.get_text(" ")


def test_what_is_kept_holds_neither_words_nor_numbers(by, client, world):
    row = protected(world, **ENDED, Sluttårsak="Flyttet til Spania")
    address, page = check(client, csv([row]))
    answer(
        client,
        address,
        page,
        {
            select_named(page, "Spania")["name"]: "own_wish",
            select_named(page, "Sperret")["name"]: "confidential",
        },
    )
    press(client, soup(client.get(address)), "Skriv inn")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(k::text, ' ') || (SELECT string_agg(p::text, ' ') FROM imports_importedperson p) "
            "FROM imports_keptanswer k"
        )
        (text,) = cursor.fetchone()
    assert "Spania" not in text
    assert row["Fødselsnummer"] not in text
    assert "confidential" not in text
    assert Participant.objects.count() + everything()[0] > 0


def test_of_a_colleague_s_person_it_is_said_whom_to_ask(by, client, world):
    row = person("Kari", "Kollegas", Jobbspesialist=world.specialist.name)
    _address, page = check(client, csv([row]))
    press(client, page, "Skriv inn")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_case SET referrer_ended_at = referrer_ended_at - interval '1 minute'")
    world.act_as(world.colleague)
    client.force_login(world.colleague)
    _address, page = check(
        client, csv([{**row, "Avsluttet": written(ago(3)), "Sluttårsak": "Fikk jobb"}]), name="2.csv"
    )
    text = page.get_text(" ")
    assert f"{world.specialist.name} følger denne deltakeren" in text
    assert f"Spør {world.specialist.name} eller metodeveilederen" in text


def test_each_row_that_is_written_leads_to_the_person_and_the_start_says_what_is(by, client, world):
    address, page = check(client, csv([person("Kari", "Åpen"), protected(world)]), name="første.csv")
    assert not page.select("#rader tbody a")
    assert "Ingenting er skrevet inn fra den" in soup(client.get("/importer/")).get_text(" ")
    press(client, page, "Skriv inn")
    page = soup(client.get(address))
    (link,) = page.select("#rader tbody a")
    case = Case.objects.get(participant__family_name="Åpen")
    assert link["href"] == f"/sak/{case.pk}/" and "Kari Åpen" in link.get_text()
    assert client.get(link["href"]).status_code == 200
    assert "1 deltaker er skrevet inn fra den" in soup(client.get("/importer/")).get_text(" ")


def test_whom_one_does_not_see_any_more_is_not_linked_to(by, client, world):
    row = protected(world)
    write_protected(client, world, row)
    page = soup(client.get(f"/importer/{Upload.objects.get().pk}/"))
    assert "Kari Skjult" in page.get_text(" ")
    assert not page.select("#rader tbody a")


def test_who_is_in_plass_and_not_in_the_next_list_is_told_and_left_alone(by, client, world):
    rows = [person(f"Kari {name}", "Åsen") for name in ("Aa", "Bb", "Cc", "Dd")]
    _address, page = check(client, csv(rows))
    press(client, page, "Skriv inn")
    # Who waits to be mended or answered stands in the list all the same.
    again = [rows[0], {**rows[1], "Henvist dato": "i fjor"}, {**rows[2], "Merknad": "kode 6?"}]
    address, page = check(client, csv(again), name="neste.csv")
    told = page.select_one("#mangler")
    assert [one.get_text() for one in told.select("a")] == ["Kari Dd Åsen"]
    assert "1 deltaker i" in told.get_text(" ")
    assert Case.objects.filter(milestones__ended_on=None).count() == 4
    # Another list, that has few of them, says nothing.
    _address, page = check(client, csv([rows[0], person("Ola", "Ny")]), name="annen.csv")
    assert page.select_one("#mangler") is None
    # Nor of whom the reader does not see any more.
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE cases_participant SET protection = 'confidential' WHERE given_name = 'Kari Dd'")
        cursor.execute(
            "UPDATE cases_case SET shielded = true, referrer_ended_at = now() - interval '1 day', specialist_id = %s "
            "WHERE participant_id = (SELECT id FROM cases_participant WHERE given_name = 'Kari Dd')",
            [world.colleague.pk],
        )
    world.act_as(by)
    assert soup(client.get(address)).select_one("#mangler") is None


def test_the_last_five_digits_stand_on_no_page_beside_the_birth_date(by, client, world):
    row = person()
    number = row.pop("Fødselsnummer")
    row = {"Fødselsdato": f"{number[:2]}.{number[2:4]}.{number[4:6]}", "Personnummer": number[6:], **row}
    address = upload(client, csv([row])).headers["Location"]
    assert number[6:] not in client.get(address).content.decode()
    _address, page = check(client, csv([row]), name="2.csv")
    assert number[6:] not in str(page)
