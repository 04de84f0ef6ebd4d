"""What an office keeps of the columns of its lists: whose choice it is, and what it never decides by itself."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from plass.cases.models import Participant
from plass.imports import (
    actions,
    column_choices,
    command_output,
    mapping,
    plan,
    protection_signs,
    queries,
    sheet,
    state,
)
from plass.imports.fields import Field
from plass.imports.headings import HEADINGS
from plass.imports.labels import LABELS
from plass.imports.models import ColumnChoice, Upload
from plass.imports.questions import NO_ANSWERS, Kind
from plass.organisation.models import Role

from ..conftest import as_owner
from ..world import member
from .lists import ago, csv, person, written, xlsx
from .test_differences_page import form_of, sent
from .test_pages import by as by
from .test_pages import check, chosen, press, soup, upload

SHUT = {"Adressesperre": "6"}
#: The column of a list that ``person(**one_more)`` makes.
LAST = 4


def made_of(content: bytes, holds: Field) -> plan.Plan:
    found = sheet.read(content, "list.xlsx" if content.startswith(b"PK") else "list.csv")
    return plan.make(found, {**mapping.by_headings(found), LAST: holds}, today=timezone.localdate())


def a_row(cell: object, heading: str) -> bytes:
    row = person(**{heading: cell})

    def fill(page, _book):
        page.append(list(row))
        page.append(list(row.values()))

    return xlsx(fill)


def check_and_write(client, content: bytes, **columns: str) -> None:
    """What columns hold is kept when the list is written."""
    _address, page = check(client, content, **columns)
    press(client, page, "Skriv inn")


# What a heading says of protection holds whatever the column is taken as.


@pytest.mark.parametrize("holds", [Field.WISHES, Field.PHONE, Field.PLACE, Field.COUNSELLOR, Field.IGNORED])
@pytest.mark.parametrize("heading", ["Adressesperre", "Kode 6/7", "Gradering", "Skjermes"])
def test_a_column_that_speaks_of_protection_is_asked_about_whatever_it_is_taken_as(heading, holds) -> None:
    for cell in ("6", "x", "ja", 6, 6.0):
        made = made_of(a_row(cell, heading), holds)
        assert made.people == (), cell
        assert [question.kind for question in made.open_questions if question.rows] == [Kind.PROTECTION], cell


@pytest.mark.parametrize("cell", ["", "nei", "-", 0, None])
def test_a_column_that_speaks_of_protection_asks_of_nobody_who_has_none(cell) -> None:
    made = made_of(a_row(cell, "Adressesperre"), Field.WISHES)
    assert [question for question in made.open_questions if question.rows] == []
    assert len(made.people) == 1


@pytest.mark.parametrize("heading", HEADINGS[Field.PROTECTION])
def test_every_heading_that_is_read_as_protection_speaks_of_it(heading) -> None:
    column = protection_signs.of_column(heading)
    assert column is not None and column.level_of("x")


def test_no_other_known_heading_asks_about_what_usually_stands_below_it() -> None:
    usual = ("0150", "90000001", "Kari", "3.4.2025", "ja", "100", "x")
    for field, headings in HEADINGS.items():
        for heading in headings if field is not Field.PROTECTION else ():
            column = protection_signs.of_column(heading)
            assert column is None or not any(map(column.level_of, usual)), heading


def test_who_works_at_nav_can_be_answered(by, client) -> None:
    _address, page = check(client, csv([person(Merknad="skjermet")]))
    answers = page.select_one("select[name^=answer_]")
    assert "own_employee" in [option["value"] for option in answers.select("option")]


# A choice that is kept says whose it is, and never turns protection into something else.


def test_a_kept_choice_does_not_open_whom_the_heading_protects(by, client, world):
    """A colleague takes the column as wishes, once; nobody else's list is read so."""
    client.force_login(world.act_as(world.colleague))
    check_and_write(client, csv([person(Adressesperre="nei")]), column_4="wishes")
    client.force_login(world.act_as(by))
    address = upload(client, csv([person("Kari", "Skjermet", **SHUT)])).headers["Location"]
    assert chosen(client, address)["column_4"] == "protection"
    note = soup(client.get(address)).select_one("[name=column_4]").find_parent("tr").get_text(" ", strip=True)
    assert f"{world.colleague.name} valgte «Hva personen ønsker»" in " ".join(note.split())
    assert "velges på nytt" in note
    sent = client.post(address, chosen(client, address))
    press(client, soup(client.get(sent.headers["Location"])), "Skriv inn")
    assert Participant.objects.get(family_name="Skjermet").protection == "strictly_confidential"


def test_whoever_chooses_it_once_more_is_asked_about_each_person(by, client):
    for _time in range(2):
        _address, page = check(client, csv([person("Kari", "Skjermet", **SHUT)]), column_4="wishes")
        assert page.select_one("select[name^=answer_]")
        assert not any("Skriv inn" in button.get_text() for button in page.select("main form button"))


def test_the_command_reads_by_the_heading_too_and_says_who_chose(world, capsys):
    content = csv([person(Adressesperre="nei")])
    found = sheet.read(content, "liste.csv")
    colleague = world.act_as(world.colleague)
    headings = mapping.fingerprint(found)
    actions.keep_choices_of_columns(by=colleague, team=world.team, headings=headings, said={LAST: Field.WISHES})
    world.act_as(world.supervisor)
    columns = state.of_sheet(found, mapping.by_headings(found)).columns
    choices = queries.column_choices(world.team, headings)
    chosen_now = mapping.recognise(found, world.team)
    command_output.show_columns(found, chosen_now, NO_ANSWERS, column_choices.who_chose(columns, choices))
    said = capsys.readouterr().out
    assert f"Adressesperre: {LABELS[Field.PROTECTION]}" in said
    assert f"{colleague.name} valgte" in said


@pytest.mark.parametrize(("field", "says"), [("", "Leses ikke"), ("planned_end_on", "Planlagt")])
def test_what_somebody_chose_of_a_decisive_column_is_shown_as_theirs(by, client, world, field, says):
    mine, theirs = (csv([person(Avsluttet=written(ago(9)))]) for _time in range(2))
    client.force_login(world.act_as(world.colleague))
    check_and_write(client, theirs, column_4=field)
    client.force_login(world.act_as(by))
    address = upload(client, mine).headers["Location"]
    day = timezone.localdate()
    line = soup(client.get(address)).select_one("[name=column_4]").find_parent("tr").get_text(" ", strip=True)
    assert f"Valgt av {world.colleague.name} {day.day}." in " ".join(line.split())
    sent = client.post(address, chosen(client, address))
    page = soup(client.get(sent.headers["Location"]))
    assert f"Valgt av {world.colleague.name}" in page.select_one("#kolonner").get_text(" ")
    assert "«Avsluttet»" in page.select_one("main").get_text(" ").split("Stemmer dette")[0]


def test_a_check_that_changes_nothing_leaves_whose_choice_it_is(by, client, world):
    lists = [csv([person(Notat="Kari", Hva="x")]) for _time in range(3)]
    client.force_login(world.act_as(world.colleague))
    check_and_write(client, lists[0], column_4="wishes")
    client.force_login(world.act_as(by))
    check_and_write(client, lists[1])
    assert [(one.column, one.holds, one.recorded_by_id) for one in ColumnChoice.objects.order_by("pk")] == [
        (LAST, "wishes", world.colleague.pk)
    ]
    check_and_write(client, lists[2], column_4="")
    # The earlier choice stays: the rows are their own history.
    assert [(one.holds, one.recorded_by_id) for one in ColumnChoice.objects.order_by("pk")] == [
        ("wishes", world.colleague.pk),
        ("", by.pk),
    ]


def test_a_value_that_means_nothing_is_ignored(by, client, world):
    rows_ = csv([person(Notat="Kari")])
    address = upload(client, rows_).headers["Location"]
    headings = mapping.fingerprint(sheet.read(rows_, "liste.csv"))
    for column, holds in ((0, "tull"), (LAST, "; DROP"), (9999, "phone")):
        ColumnChoice.objects.create(
            office=world.office, headings=headings, column=column, holds=holds, recorded_by=world.supervisor
        )
    offered = chosen(client, upload(client, rows_).headers["Location"])
    assert (offered["column_0"], offered["column_4"]) == ("identity_number", "")
    # Nor does what stands in one's own file.
    for stored in ({"x": ""}, {"0": "tull", "": "phone", "-1": "name"}, {"2": None}, ["phone"], "phone", None, 3):
        Upload.objects.update(mapping=stored if stored is not None else "null")
        assert client.get(address).status_code == 200


def test_only_whoever_works_with_people_at_the_office_reads_and_writes_its_choices(world):
    def keep(user, office, recorded_by=None):
        who = world.act_as(user)
        with transaction.atomic():
            return ColumnChoice.objects.create(
                office=office, headings="h", column=0, holds="phone", recorded_by=recorded_by or who
            )

    kept = keep(world.supervisor, world.office)
    for user, office in (
        (world.other_specialist, world.office),
        (world.supervisor, world.other_office),
        (world.administrator, world.office),
        (world.leader, world.office),
    ):
        with pytest.raises(DatabaseError):
            keep(user, office)
    with pytest.raises(DatabaseError):
        keep(world.supervisor, world.office, recorded_by=world.colleague)
    for user, sees in ((world.colleague, True), (world.other_specialist, False), (world.administrator, False)):
        world.act_as(user)
        assert ColumnChoice.objects.filter(pk=kept.pk).exists() is sees
    # Nobody changes or removes what somebody chose.
    world.act_as(world.supervisor)
    for statement in ("UPDATE imports_columnchoice SET holds = ''", "DELETE FROM imports_columnchoice"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_what_is_known_of_an_office_one_has_left_is_no_longer_there(world):
    by = world.act_as(world.supervisor)
    ColumnChoice.objects.create(office=world.office, headings="h", column=0, holds="phone", recorded_by=by)
    with as_owner():
        by.memberships.update(ended_on=ago(1))
        member(by, Role.SPECIALIST, world.other_office, world.other_team)
    world.act_as(by)
    assert not ColumnChoice.objects.exists()


def test_what_was_chosen_is_kept_when_the_list_is_written_and_not_before(by, client, world):
    """Also what was confirmed. Of an import that is thrown away nothing is kept."""
    content = csv([person(Inntaksdato=written(ago(170)), Annet="kafé")])
    address = upload(client, content).headers["Location"]
    page = soup(client.get(address))
    (box,) = page.select("input[name^=right_]")
    other = next(one for one in page.select("select[name^=column_]") if "Annet" in one.find_parent("tr").get_text())
    values = chosen(client, address) | {box["name"]: "on", other["name"]: "wishes"}
    page = soup(client.get(client.post(address, values).headers["Location"]))
    assert not ColumnChoice.objects.exists()
    press(client, page, "Skriv inn")
    assert sorted(ColumnChoice.objects.values_list("holds", flat=True)) == ["started_on", "wishes"]
    again = soup(client.get(upload(client, content).headers["Location"]))
    assert again.select_one(f"[name={other['name']}] option[selected]")["value"] == "wishes"
    assert again.select_one(f"[name={box['name']}][checked]")


def test_what_was_chosen_of_a_list_with_nothing_new_is_kept_when_what_differs_is_taken(by, client, world):
    row = person(Telefon="40000001", Annet="kafé")
    check_and_write(client, csv([row]))
    address, _page = check(client, csv([row | {"Telefon": "40000002"}]), column_5="wishes")
    assert not ColumnChoice.objects.exists()
    page = soup(client.get(f"{address}forskjeller/"))
    client.post(f"{address}forskjeller/", sent(page, form_of(page), Telefon="change"))
    assert Participant.objects.get().phone == "40000002"
    assert [one.holds for one in ColumnChoice.objects.all()] == ["wishes"]
