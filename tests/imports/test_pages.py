"""The import on the pages: file, columns, row by row, write, the rest as a file."""

from __future__ import annotations

import io
import uuid
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import unquote

import openpyxl
import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone

from plass.access.actions import declare
from plass.cases import identity
from plass.cases.models import Case, Participant
from plass.imports import actions, state, tasks
from plass.imports.files import reading
from plass.imports.models import ColumnChoice, Upload
from plass.organisation.models import Membership, Role
from plass.queue import worker

from .. import queued
from ..conftest import as_owner
from ..world import identity_number, member
from .lists import csv, numbered, person, table, xlsx


@pytest.fixture
def by(world, client):
    """The supervisor, who acts and is logged in."""
    client.force_login(world.act_as(world.supervisor))
    return world.supervisor


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def upload(client, content, name="liste.csv", submission=None):
    form = {"submission": submission or str(uuid.uuid4()), "file": SimpleUploadedFile(name, content)}
    return client.post("/importer/", form)


def chosen(client, address, **changes):
    """What the page of columns would send as it stands, with changes."""
    page = soup(client.get(address))
    values = {one["name"]: one.get("value", "") for one in page.select("main input[name]:not([type=checkbox])")}
    for box in page.select("main input[type=checkbox][checked]"):
        values.setdefault(box["name"], []).append(box["value"])
    for select in page.select("main select"):
        option = select.find("option", selected=True) or select.find("option")
        values[select["name"]] = option["value"]
    # A supervisor must choose; these tests choose themselves.
    values["follower"] = values["follower"] or client.session["_auth_user_id"]
    return values | changes


def check(client, content, name="liste.csv", **changes):
    """Upload a file and check it; the address of the result, and the page."""
    address = upload(client, content, name).headers["Location"]
    sent = client.post(address, chosen(client, address, **changes))
    assert sent.status_code == 303, soup(sent).get_text(" ", strip=True)
    return sent.headers["Location"], soup(client.get(sent.headers["Location"]))


def press(client, page, label):
    """Send the form with the button that says ``label``."""
    button = next(one for one in page.select("main form button") if label in one.get_text())
    form = button.find_parent("form")
    values = {one["name"]: one.get("value", "") for one in form.select("input[name]")}
    return client.post(form["action"], values)


def rows(page):
    return [" ".join(row.get_text(" ", strip=True).split()) for row in page.select("#rader tbody tr")]


def test_a_list_goes_from_file_to_people(by, client):
    content = csv([person("Åse", "Ødegård", Jobbspesialist="Siri S."), person("Ola", "Prøvesen")])
    address, page = check(client, content)
    assert Case.objects.count() == 0
    assert len(rows(page)) == 2
    assert "Åse Ødegård" in rows(page)[0]
    assert "Følges av Siri Spesialist" in rows(page)[0]
    written = press(client, page, "Skriv inn 2 personer")
    assert written.headers["Location"] == address
    assert sorted(Participant.objects.values_list("family_name", flat=True)) == ["Prøvesen", "Ødegård"]
    assert Case.objects.get(participant__family_name="Ødegård").specialist_id is not None
    assert "2 deltakere er skrevet" in soup(client.get(address)).get_text(" ")


BAD = "17859012345"


def test_the_good_rows_are_written_and_the_rest_comes_back_as_a_file_to_mend(by, client):
    content = csv([person("Åse", "Ødegård"), person("Ola", "Feilsen", Fødselsnummer=BAD, Telefon="=1+1")])
    address, page = check(client, content)
    assert "1 rad må rettes" in page.get_text(" ")
    page = soup(press(client, page, "Skriv inn 1 person") and client.get(address))
    assert Participant.objects.get().family_name == "Ødegård"
    answer = client.get(f"{address}resten/")
    assert "liste - å rette.xlsx" in unquote(answer.headers["Content-Disposition"])
    headings, row, *more = table(answer.content)
    assert more == []
    assert headings[-2:] == ["Rad i lista", "Hva er galt"]
    assert row[-2] == 3
    assert "Kontrollsifrene stemmer ikke" in row[-1]
    assert row[headings.index("Telefon")] == "'=1+1"  # not a formula

    # The file is mended where it is, and imported as it is.
    mended = openpyxl.load_workbook(io.BytesIO(answer.content))
    mended.worksheets[0].cell(2, headings.index("Fødselsnummer") + 1).value = identity_number()
    mended.worksheets[0].cell(2, headings.index("Telefon") + 1).value = "900 00 001"
    out = io.BytesIO()
    mended.save(out)
    _address, page = check(client, out.getvalue(), "rettet.xlsx")
    press(client, page, "Skriv inn")
    assert Participant.objects.count() == 2


def test_all_or_nothing_is_undone_by_what_went_wrong_since_the_check(by, client, world):
    row = person("Åse", "Ødegård")
    address, page = check(client, csv([person("Ola", "Prøvesen"), row]))
    # That somebody follows her where the supervisor does not see it is told to nobody (decision 0159); a tie is.
    declare(
        identity.find_by(identity.parse(row["Fødselsnummer"])),
        by=world.act_as(world.supervisor),
        user=world.supervisor,
        kind="family",
    )
    press(client, page, "Skriv inn")
    assert "Ingenting ble skrevet inn" in soup(client.get(address)).get_text(" ")
    assert not Participant.objects.filter(family_name="Prøvesen").exists()


def test_a_long_list_is_written_piece_by_piece_and_never_all_or_nothing(by, client, world, monkeypatch):
    """Others would wait for all of it: for the people, for new employers, and for their own lists to the office."""
    row = person("Åse", "Ødegård")
    address, before = check(client, csv([person("Ola", "Prøvesen"), row]))
    assert "Alt skrives inn, eller ingenting hvis noe har kommet i veien" in before.get_text(" ")
    monkeypatch.setattr(actions, "MOST_TOGETHER", 1)
    # A page that was shown before, and an import that another version of the program had begun.
    press(client, before, "Skriv inn")
    Upload.objects.update(doing=tasks.WRITE_ALL)
    client.post(f"{address}fortsett/")
    assert not Participant.objects.exists()
    page = soup(client.get(address))
    text = page.get_text(" ")
    assert "En så lang liste skrives inn del for del." in text and "eller ingenting" not in text
    # As above: something comes in the way meanwhile.
    declare(
        identity.find_by(identity.parse(row["Fødselsnummer"])),
        by=world.act_as(world.supervisor),
        user=world.supervisor,
        kind="family",
    )
    press(client, page, "Skriv inn")
    assert Participant.objects.get().family_name == "Prøvesen"
    assert table(client.get(f"{address}resten/").content)[1][-2] == 3


def test_columns_are_mapped_by_hand_and_the_choice_is_kept_for_the_office(by, client, world):
    rows_ = [{"Hvem": "Ødegård, Åse", "Ident": identity_number(), "Kom inn": "1.9.2026", "Fornavn": "feil"}]
    address = upload(client, csv(rows_)).headers["Location"]
    refused = client.post(address, chosen(client, address))
    assert refused.status_code == 422
    said = soup(refused).select_one("[data-error-summary]").get_text(" ")
    assert "Si hvilken kolonne som har fødselsnummeret" in said
    mapped = {"column_0": "name", "column_1": "identity_number", "column_2": "referred_on", "column_3": ""}
    twice = client.post(address, chosen(client, address, **mapped | {"column_3": "name"}))
    assert "To kolonner er satt til «Hele navnet»" in soup(twice).get_text(" ")
    # What was chosen still stands.
    assert soup(twice).select_one("#id_column_1 option[selected]")["value"] == "identity_number"
    sent = client.post(address, chosen(client, address, **mapped))
    page = soup(client.get(sent.headers["Location"]))
    assert "Åse Ødegård" in rows(page)[0]
    press(client, page, "Skriv inn")

    # The next one with the same headings, also a colleague's.
    client.force_login(world.act_as(world.colleague))
    again = upload(client, csv(rows_)).headers["Location"]
    offered = chosen(client, again)
    assert {key: offered[key] for key in mapped} == mapped
    # Not that of another office.
    client.force_login(world.act_as(world.other_specialist))
    other = upload(client, csv(rows_)).headers["Location"]
    assert chosen(client, other)["column_1"] == ""


def test_headings_that_were_recognised_are_not_kept_as_a_choice(by, client):
    check(client, csv([person()]))
    assert not ColumnChoice.objects.exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "Filen er tom"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "kan ikke åpnes"),
        (b"PK\x03\x04 broken", "kan ikke åpnes"),
        (b"bare tekst\n", "rad med overskrifter"),
        (b"x" * (reading.LARGEST_FILE + 1), "større enn 10 MB"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_beside_the_field(by, client, content, says):
    answer = upload(client, content)
    assert answer.status_code == 422
    assert says in soup(answer).select_one("[data-error-summary]").get_text(" ")
    assert not Upload.objects.exists()


def test_no_file_at_all_is_asked_for(by, client):
    answer = client.post("/importer/", {"submission": str(uuid.uuid4())})
    assert answer.status_code == 422
    assert "Velg filen først" in soup(answer).get_text(" ")


def test_a_form_sent_twice_is_one_file_and_one_import(by, client):
    number = str(uuid.uuid4())
    content = csv([person()])
    first, second = upload(client, content, submission=number), upload(client, content, submission=number)
    assert first.headers["Location"] == second.headers["Location"]
    assert Upload.objects.count() == 1
    address, page = check(client, content)
    for _turn in range(2):
        assert press(client, page, "Skriv inn").headers["Location"] == address
    assert Case.objects.count() == 1


def test_a_list_that_was_imported_before_says_so_and_writes_nothing(by, client):
    content = csv([person()])
    _address, page = check(client, content)
    press(client, page, "Skriv inn")
    _address, page = check(client, content)
    assert "Alt lista sier, er registrert fra før" in page.get_text(" ")
    assert not page.select("form[action$='skriv/']")


def test_rows_are_filtered_and_paged(by, client, monkeypatch):
    content = csv(
        [*(person(family_name=numbered("Nummer", n)) for n in range(60)), person(Fødselsnummer=BAD), {"Fornavn": "Sum"}]
    )
    read = upload(client, content).headers["Location"]
    # So many are checked beside the page; here at once (tests/imports/test_races.py has the other way).
    monkeypatch.setattr(tasks, "AT_ONCE", 100)
    address = client.post(read, chosen(client, read)).headers["Location"]
    first = soup(client.get(address))
    assert len(rows(first)) == 50
    assert [tab.get_text(" ", strip=True) for tab in first.select("nav.p-tabs a")] == [
        "Alle rader 61",
        "Feil 1",
        "Blir skrevet 60",
        "Ikke personer 1",
    ]
    assert "Kontrollsifrene" in rows(soup(client.get(f"{address}?vis=feil")))[0]
    assert len(rows(soup(client.get(f"{address}?vis=alle")))) == 50
    assert len(rows(soup(client.get(f"{address}?vis=alle&page=2")))) == 11
    assert "en sumrad" in rows(soup(client.get(f"{address}?vis=utelatt")))[0]
    assert client.get(f"{address}?vis=tull&page=999").status_code == 200


@pytest.mark.parametrize("who", ["counsellor", "leader", "administrator"])
def test_those_without_a_team_have_no_such_page(world, client, who):
    client.force_login(world.act_as(getattr(world, who)))
    assert client.get("/importer/").status_code == 404
    assert upload(client, csv([person()])).status_code == 404


def test_a_file_is_its_owner_s_alone(by, client, world):
    address, page = check(client, csv([person(), person(Fødselsnummer=BAD)]))
    form = page.select_one("form[action$='skriv/']")
    values = {one["name"]: one.get("value", "") for one in form.select("input[name]")}
    for who in (world.colleague, world.other_specialist):
        client.force_login(world.act_as(who))
        assert not Upload.objects.exists()  # nor does the database show it
        for path in ("", "kolonner/", "framdrift/", "resten/"):
            assert client.get(address + path).status_code == 404
        assert client.post(address + "skriv/", values).status_code == 404
        assert client.post(address + "slett/").status_code == 404
    world.act_as(world.supervisor)
    assert Upload.objects.count() == 1
    assert not Case.objects.exists()


def test_somebody_else_s_team_cannot_be_chosen(by, client, world):
    address = upload(client, csv([person()])).headers["Location"]
    sent = client.post(address, chosen(client, address, team=world.other_team.pk))
    assert sent.status_code == 422
    assert not Case.objects.exists()


def test_a_file_for_a_team_one_has_left_is_kept_and_can_be_given_to_another(by, client, world):
    address, page = check(client, csv([person()]))
    with as_owner():
        Membership.objects.filter(user=world.supervisor).update(ended_on=date(2020, 1, 1))
        member(world.supervisor, Role.SUPERVISOR, world.other_office, world.other_team)
    assert press(client, page, "Skriv inn").status_code == 404
    assert not Case.objects.exists()
    page = soup(client.get(address))
    assert "Du er ikke lenger i dette teamet" in page.get_text(" ")
    sent = client.post(f"{address}kolonner/", chosen(client, f"{address}kolonner/", team=world.other_team.pk))
    press(client, soup(client.get(sent.headers["Location"])), "Skriv inn")
    assert Case.objects.get().team_id == world.other_team.pk


def test_after_the_login_has_run_out_the_file_is_still_there(by, client, world):
    address, _page = check(client, csv([person()]))
    client.logout()
    assert client.get(address).headers["Location"].startswith("/logg-inn/")
    client.force_login(world.act_as(world.supervisor))
    assert "liste.csv" in soup(client.get("/importer/")).get_text(" ")
    assert len(rows(soup(client.get(address)))) == 1


def test_what_is_kept_is_sealed_and_says_nothing_to_who_reads_the_database(by, client):
    row = person("Åse", "Ødegård")
    address, page = check(client, csv([row]))
    press(client, page, "Skriv inn")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT content, state, mapping::text FROM imports_upload")
        kept = b"".join(bytes(one) if not isinstance(one, str) else one.encode() for one in cursor.fetchone())
        cursor.execute("SELECT imports_imported::text FROM imports_imported")
        fingerprints = str(cursor.fetchall())
    assert "x" in fingerprints
    for told in (row["Fødselsnummer"], "Ødegård", "Henvist"):
        assert told.encode() not in kept
        assert told not in fingerprints
    assert row["Fødselsnummer"] not in address


def test_no_page_shows_a_whole_identity_number(by, client):
    row = person()
    address, page = check(client, csv([row, person(Fødselsnummer=BAD)]))
    for shown in (page, soup(client.get(f"{address}kolonner/"))):
        assert row["Fødselsnummer"] not in str(shown)
        assert BAD not in str(shown)


def test_a_file_is_forgotten_when_its_owner_says_so_and_after_a_week(by, client, world):
    address, _page = check(client, csv([person()]))
    client.post(f"{address}slett/")
    assert not Upload.objects.exists()
    check(client, csv([person()]))
    check(client, csv([person()]), "ny.csv")
    old = Upload.objects.get(name="liste.csv").pk
    with as_owner():
        Upload.objects.filter(pk=old).update(at=timezone.now() - timedelta(days=7, minutes=1))
    # The worker asks every hour: it must not wait for its owner.
    assert "imports_forget_old" in worker.app().tasks
    with queued.as_queue():
        assert queued.ask("SELECT imports_forget_old()") == [(1,)]
    assert [one.name for one in Upload.objects.all()] == ["ny.csv"]


def test_the_menu_leads_there_for_those_who_may(world, client):
    for who, there in ((world.specialist, True), (world.supervisor, True), (world.counsellor, False)):
        client.force_login(world.act_as(who))
        menu = soup(client.get("/", follow=True)).select("a[href='/importer/']")
        assert bool(menu) is there, who


def test_a_list_whose_headings_are_all_unknown_is_mapped_by_hand(by, client):
    rows_ = [{"Kodenr": identity_number(), "Klienten": "Ødegård, Åse", "Når": "1.9.2026", "x": "rød", "y": ""}]
    address = upload(client, csv(rows_)).headers["Location"]
    page = soup(client.get(address))
    assert "Ingen av overskriftene er kjent" in page.get_text(" ")
    mapped = {"column_0": "identity_number", "column_1": "name", "column_2": "referred_on"}
    sent = client.post(address, chosen(client, address, **mapped))
    page = soup(client.get(sent.headers["Location"]))
    assert "Åse Ødegård" in rows(page)[0]
    # What nobody reads is said, and what is empty is not.
    assert "Disse kolonnene leses ikke: x." in page.get_text(" ")


def test_those_without_a_named_specialist_go_to_whom_was_chosen_and_the_page_says_so(by, client, world):
    content = csv([person("Åse", "Ødegård", **{"Første møte": "1.9.2026", "Henvist dato": "1.8.2026"})])
    _address, page = check(client, content, follower=str(world.colleague.pk))
    assert "1 rad nevner ingen jobbspesialist, enda oppfølgingen er i gang" in page.get_text(" ")
    assert f"{world.colleague.name} blir satt som den som følger dem" in page.get_text(" ")
    press(client, page, "Skriv inn")
    assert Case.objects.get().specialist_id == world.colleague.pk


@pytest.mark.parametrize(("who", "chosen_already"), [("supervisor", False), ("specialist", True)])
def test_a_supervisor_chooses_who_follows_and_a_specialist_need_not(client, world, who, chosen_already):
    acting = world.act_as(getattr(world, who))
    client.force_login(acting)
    address = upload(client, csv([person()])).headers["Location"]
    option = soup(client.get(address)).select_one("select[name=follower] option[selected]")
    assert option["value"] == (str(acting.pk) if chosen_already else "")
    sent = client.post(address, chosen(client, address, follower=""))
    assert sent.status_code == 422
    assert "Velg hvem som følger dem" in soup(sent).get_text(" ")
    nameless = {"follower": "", "column_1": ""}
    text = soup(client.post(address, chosen(client, address, **nameless))).get_text(" ")
    assert "Velg hvem som følger dem" in text and "hvilken kolonne som har navnet" in text


def test_nobody_of_another_team_can_be_chosen_to_follow_them(by, client, world):
    address = upload(client, csv([person()])).headers["Location"]
    sent = client.post(address, chosen(client, address, follower=str(world.other_specialist.pk)))
    assert sent.status_code == 422


def test_a_list_without_rows_says_that_it_has_none(by, client):
    answer = upload(client, "Fødselsnummer;Navn;Henvist\n".encode())
    assert answer.status_code == 422
    assert "ingen rader med personer" in soup(answer).select_one("[data-error-summary]").get_text(" ")


def test_a_list_checked_in_one_language_is_read_in_another(by, client, world):
    """Every kind of sentence: the room's own, labels, dates, numbers, and what other rooms have said."""
    job = {"Arbeidsgiver": "Kafé Fjord", "Jobbstart": "1.10.2026", "Prosent": "50", "Ansettelsesform": "fast"}
    content = csv(
        [
            person("Åse", "Ødegård", **job, **{"Første møte": "2.9.2026", "Henvist dato": "1.8.2026", "Orgnr": "1"}),
            person("Ola", "Feilsen", Fødselsnummer=BAD),
            person("Kari", "Sensen", **{"Henvist dato": "3.9.2026", "Første møte": "2.8.2026"}),
            {"Fornavn": "Sum"},
        ]
    )
    address, _page = check(client, content)
    in_norwegian = " ".join(rows(soup(client.get(f"{address}?vis=alle"))))
    assert "Kafé Fjord" in in_norwegian
    client.cookies["plass_language"] = "en"
    in_english = " ".join(rows(soup(client.get(f"{address}?vis=alle"))))
    for norwegian, english in (
        ("Henvist 1. august 2026", "Referred 1 August 2026"),
        ("Jobb hos Kafé Fjord", "Job at Kafé Fjord"),
        ("fast, 18,75 timer i uken (50 % av 37,5 timer)", "permanent, 18.75 hours a week (50 per cent of 37.5 hours)"),
        ("Følges av", "Followed by"),
        ("Kontrollsifrene stemmer ikke", "The check digits do not fit"),
        ("ni sifre", "nine digits"),
        ("er før", "is before"),
    ):
        assert norwegian in in_norwegian
        assert english not in in_norwegian
        assert english in in_english
        assert norwegian not in in_english
    assert "a row of totals" in rows(soup(client.get(f"{address}?vis=utelatt")))[0]
    wrong = table(client.get(f"{address}resten/").content)[1][-1]
    assert wrong == "The check digits do not fit. Look for two digits that changed places."


def several_lists(sheet, book):
    sheet.title = "Les meg"
    for line in ("Slik bruker du lista", "1. Fyll inn", "2. Lagre"):
        sheet.append([line])
    for year, name in ((2026, "Ny"), (2025, "Gammel")):
        one = person(family_name=name)
        there = book.create_sheet(f"Liste {year}")
        there.append(list(one))
        there.append(list(one.values()))


def test_the_sheets_that_look_like_lists_are_ticked_and_read_together(by, client):
    read = upload(client, xlsx(several_lists), "liste.xlsx").headers["Location"]
    boxes = soup(client.get(read)).select("input[name=sheets]")
    assert [(box["value"], box.has_attr("checked")) for box in boxes] == [
        ("Les meg", False),
        ("Liste 2026", True),
        ("Liste 2025", True),
    ]
    headings = [one.get_text(" ", strip=True) for one in soup(client.get(read)).select("table th[scope=row]")]
    assert headings[0] == "Fødselsnummer alle arkene"
    page = soup(client.get(client.post(read, chosen(client, read)).headers["Location"]))
    assert "Fødselsnummer alle arkene" in page.select_one("#kolonner tbody").get_text(" ", strip=True)
    first, second = rows(page)
    assert "Ark Liste 2026, rad 2" in first and "Kari Ny" in first
    assert "Ark Liste 2025, rad 2" in second and "Kari Gammel" in second


def test_other_sheets_are_read_before_the_list_is_checked(by, client):
    read = upload(client, xlsx(several_lists), "liste.xlsx").headers["Location"]
    columns = {"column_4": "place"} if "column_4" in chosen(client, read) else {"column_3": "started_on"}
    answer = client.post(read, chosen(client, read, sheets=["Liste 2025"], **columns))
    # Nothing is checked: the columns of what is read now are shown first, with what was said by hand of them.
    assert answer.headers["Location"] == read
    assert state.load(Upload.objects.get()).checked is None
    page = soup(client.get(read))
    assert "Disse arkene ser også ut som lister, og leses ikke: Liste 2026." in page.get_text(" ", strip=True)
    ((name, said),) = columns.items()
    assert chosen(client, read)[name] == said
    page = soup(client.get(client.post(read, chosen(client, read)).headers["Location"]))
    (only,) = rows(page)
    assert "Kari Gammel" in only
    rest = client.get(f"/importer/{Upload.objects.get().pk}/resten/")
    assert rest.status_code == 404


@pytest.mark.parametrize(
    ("sheets", "says"), [([], "Velg minst ett ark."), (["Les meg"], "Fant ingen rad med overskrifter")]
)
def test_sheets_that_hold_no_list_are_refused_on_the_page(by, client, sheets, says):
    read = upload(client, xlsx(several_lists), "liste.xlsx").headers["Location"]
    answer = client.post(read, chosen(client, read, sheets=sheets))
    assert answer.status_code == 422
    assert says in soup(answer).get_text(" ", strip=True)
    assert state.load(Upload.objects.get()).sheets_read == ["Liste 2026", "Liste 2025"]


def test_an_old_workbook_says_what_is_not_seen_in_it_and_a_struck_row_says_so(by, client):
    reference = Path(__file__).parent / "reference"
    says = "ser ikke Plass hva som er strøket over"
    read = upload(client, (reference / "list.xls").read_bytes(), "liste.xls").headers["Location"]
    assert says in soup(client.get(read)).get_text(" ", strip=True)
    page = soup(client.get(client.post(read, chosen(client, read)).headers["Location"]))
    assert says in page.get_text(" ", strip=True)
    _address, page = check(client, (reference / "x01_strike_comment.xlsx").read_bytes(), "liste.xlsx")
    assert says not in page.get_text(" ", strip=True)
    first, second = rows(page)
    assert "Strøket over i filen, men lest som resten: Navn." in first
    assert "«Navn» har en merknad i filen, som ikke leses: «Sluttet 1.9, i jobb hos Rema»." in second


def test_of_many_wrong_rows_it_is_said_what_is_wrong_most_often(by, client):
    days = [person(**{"Henvist dato": f"{30 + n % 2}.2.2026"}) for n in range(8)]
    _address, page = check(client, csv([*days, person(Fødselsnummer=BAD), person(Fødselsnummer=BAD)]))
    said = [one.get_text(" ", strip=True) for one in page.select("main ul li")]
    assert "8 rader: Kolonnen «Henvist dato»: «…» er ikke en dag i kalenderen." in said
    assert "2 rader: Kontrollsifrene stemmer ikke. Se etter to sifre som har byttet plass." in said
    _address, page = check(client, csv(days))
    assert "Det som går igjen" not in page.get_text()
