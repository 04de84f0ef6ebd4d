"""The files open as what was recorded, run nothing, are logged case by case and leave the shielded out."""

from __future__ import annotations

import csv
import io
from datetime import date

import openpyxl
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from plass.access.models import AccessLogEntry
from plass.cases import actions
from plass.ui.spreadsheet import DANGEROUS, safe

EVIL = '=HYPERLINK("http://x.test";"klikk")'


def paused(world, case) -> None:
    today = timezone.localdate()
    actions.pause(case, by=world.act_as(world.specialist), happened_on=today, reason="illness", follow_up_on=today)


def rows_of(response, kind: str) -> list[list]:
    data = b"".join(response.streaming_content)
    assert int(response["Content-Length"]) == len(data)
    if kind == "csv":
        assert data.startswith(b"\xef\xbb\xbf")
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_file_holds_what_the_list_shows(world, client, kind):
    paused(world, world.refer("Åse", 'Ørn; "den" eldste', on=date(2026, 3, 2)))
    world.refer("Kari", "Nordmann", on=timezone.localdate())
    client.force_login(world.act_as(world.specialist))
    response = client.get(f"/deltakere/eksport.{kind}?status=pause")
    head, *rows = rows_of(response, kind)
    assert "attachment" in response["Content-Disposition"]
    assert len(head) == len(rows[0]) == 16
    assert len(rows) == 1
    assert rows[0][1:3] == ['Ørn; "den" eldste', "Åse"]
    assert str(rows[0][5]).startswith("2026-03-02")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_names_are_never_run(world, client, kind):
    for name in (EVIL, "+47", "-1", "@SUM(A1)", "＝1+1"):
        world.refer(name, "Prøve")
    client.force_login(world.act_as(world.specialist))
    response = client.get(f"/deltakere/eksport.{kind}")
    _head, *rows = rows_of(response, kind)
    assert {row[2] for row in rows} == {f"'{name}" for name in (EVIL, "+47", "-1", "@SUM(A1)", "＝1+1")}


@given(st.text())
def test_no_text_begins_a_formula(text):
    cell = safe(text)
    assert cell[:1] not in DANGEROUS
    assert "\0" not in cell
    assert cell.removeprefix("'") == text.replace("\0", "").removeprefix("'") or cell == text


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "\0="])
def test_what_is_dangerous_is_quoted(begins):
    assert safe(f"{begins}1") == f"'{begins}1".replace("\0", "")
    assert safe("1+1") == "1+1"


def test_each_exported_case_is_logged_and_the_rest_are_not(world, client):
    first, second = world.refer("A", "Første"), world.refer("B", "Andre")
    paused(world, first)
    client.force_login(world.act_as(world.colleague))
    rows_of(client.get("/deltakere/eksport.csv?vis=team&status=pause"), "csv")
    world.act_as(world.colleague)
    lines = AccessLogEntry.objects.filter(purpose="export")
    assert [(line.case_id, line.user_id, line.rule, line.allowed) for line in lines] == [
        (first.pk, world.colleague.pk, "team", True)
    ]
    assert second.pk


def test_the_shielded_are_left_out_unless_they_are_ones_own(world, client):
    world.refer("Skjermet", "Person", protection="strictly_confidential")
    world.refer("Åpen", "Person")
    own = {"specialist": {"Skjermet", "Åpen"}, "colleague": {"Åpen"}, "supervisor": {"Åpen"}}
    for who, expected in own.items():
        client.force_login(world.act_as(getattr(world, who)))
        _head, *rows = rows_of(client.get("/deltakere/eksport.csv?vis=team"), "csv")
        assert {row[2] for row in rows} == expected, who


def test_the_counsellor_of_a_shielded_participant_may_export_them(world, client):
    case = world.refer("Skjermet", "Person", protection="confidential")
    assert case.counsellor_id == world.counsellor.pk
    client.force_login(world.act_as(world.counsellor))
    _head, *rows = rows_of(client.get("/deltakere/eksport.csv"), "csv")
    assert len(rows) == 1


@pytest.mark.parametrize("many", [1, 40])
def test_the_number_of_questions_does_not_grow(world, client, django_assert_max_num_queries, many):
    for _number in range(many):
        world.refer()
    client.force_login(world.act_as(world.specialist))
    with django_assert_max_num_queries(10):
        response = client.get("/deltakere/eksport.xlsx")
    assert len(rows_of(response, "xlsx")) == many + 1


def test_an_empty_list_is_a_file_with_headings(world, client):
    client.force_login(world.act_as(world.specialist))
    for kind in ("csv", "xlsx"):
        assert len(rows_of(client.get(f"/deltakere/eksport.{kind}"), kind)) == 1


def test_only_the_two_formats(world, client):
    client.force_login(world.act_as(world.specialist))
    assert client.get("/deltakere/eksport.pdf").status_code == 404
