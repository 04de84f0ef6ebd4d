"""What is known of a file, kept with it: whole again when it is loaded, and read anew after the program was changed."""

from __future__ import annotations

import json
from dataclasses import fields, make_dataclass
from datetime import date
from enum import StrEnum
from typing import get_type_hints

import pytest

from plass.cases import identity
from plass.cases.models import CaseEnded, Participant
from plass.imports import kept_rows, state, tasks
from plass.imports.fields import Field
from plass.imports.models import Upload
from plass.imports.plan_types import Difference, RowReport, Sentence
from plass.imports.row_numbers import RowNumber
from plass.imports.translatable import as_written
from plass.imports.ways import Way

from .. import queued
from .lists import ago, csv, person, written
from .test_pages import by, check, chosen, press, soup, upload
from .test_several_sheets import people, workbook

__all__ = ["by"]

#: A value of each type that a part of a row's report may have.
VALUES = {str: "x", int: 3, bool: True, RowNumber: RowNumber(7, "2024"), Field: Field.PHONE}
VALUES |= {
    Sentence: as_written(CaseEnded.Cause.WORK.label),
    tuple[Way, ...]: (Way.CHANGE,),
    date | None: date(2026, 3, 4),
}


def full(kind: type, **values: object) -> object:
    """One with something in every part."""
    hints = get_type_hints(kind, include_extras=True)
    return kind(
        **values,
        **{
            name: [VALUES[Sentence]] if hint == list[Sentence] else VALUES[hint]
            for name, hint in hints.items()
            if name not in values
        },
    )


def test_every_part_of_a_row_s_report_is_kept():
    report = full(RowReport, differences=[full(Difference)])
    stored = json.loads(json.dumps(kept_rows.row_to_store(report)))
    assert set(stored) == {field.name for field in fields(RowReport)}
    loaded = kept_rows.row_from_store(stored, "nb")
    assert loaded == report
    sentences = [getattr(loaded, name)[0] for name in kept_rows.SENTENCES]
    sentences += [getattr(loaded.differences[0], name) for name in kept_rows.WORDS]
    assert len(sentences) >= 10
    with state.translatable.translation.override("en"):
        assert {one.again() for one in sentences} == {str(CaseEnded.Cause.WORK.label)}
        assert {one.again() for one in sentences} != {str(sentences[0])}


class Colour(StrEnum):
    RED = "red"


class MoreColours(StrEnum):
    RED = "red"
    BLUE = "blue"


def test_any_change_of_what_is_kept_makes_another_version():
    def made_of(**parts):
        part = make_dataclass("Part", parts.items())
        return list(state.made_of(make_dataclass("Whole", [("parts", list[part]), ("rows", int)])))

    as_it_is = made_of(name=str, colour=Colour)
    assert as_it_is == made_of(name=str, colour=Colour)
    for other in ({"name": int}, {"other_name": str}, {"name": str, "more": str}, {}):
        assert made_of(**other, colour=Colour) != as_it_is
    assert "blue" in made_of(name=str, colour=MoreColours)
    kept = " ".join(state.made_of(state.State))
    for part in ("guarded_by", "known_jobs", "is_left", "accepted", "marked_rows", "often_wrong", "from_day", "filled"):
        assert f"{part}: " in kept


def by_another_version(kept: bytes) -> bytes:
    """The same as a version before this one would have kept it: a part less here, one more there."""
    first, _line, rows = kept.partition(b"\n")
    data = json.loads(first)
    data["version"] = "another"
    for column in data["columns"]:
        del column["guarded_by"]
        column["colour"] = "red"
    return json.dumps(data).encode() + b"\n" + rows[:-1]


def outdate(change=by_another_version) -> None:
    file = Upload.objects.get()
    Upload.objects.update(state=identity.seal(change(identity.unseal(file.state))))


ENDED = {"Oppstart": written(ago(170)), "Avsluttet": written(ago(10)), "Sluttårsak": "Flyttet til Spania"}


@pytest.mark.parametrize("page", ["", "kolonner/", "forskjeller/", "resten/", "framdrift/"])
def test_a_file_of_another_version_is_read_anew_and_its_owner_told(by, client, page):
    address, found = check(client, csv([person(**ENDED)]))
    name = found.select_one("#questions select")["name"]
    outdate()
    assert client.get(f"{address}{page}").status_code in (200, 303, 404)
    assert Upload.objects.get().doing == tasks.READ
    assert "Filen leses" in soup(client.get(address)).get_text(" ")
    # However often one looks.
    assert queued.do_waiting() == 1

    found = soup(client.get(address, follow=True))
    assert "Filen er lest på nytt" in found.select_one("main").get_text(" ")
    assert state.load(Upload.objects.get()).is_read_at_once
    found = soup(client.post(f"{address}kolonner/", chosen(client, f"{address}kolonner/"), follow=True))
    assert "1 spørsmål må besvares" in found.get_text(" ")
    assert not state.load(Upload.objects.get()).is_read_anew
    assert found.select_one("#questions select")["name"] == name


def test_what_was_answered_and_chosen_holds_when_a_file_is_read_anew(by, client):
    content = workbook(("2025", people("Kari Åsen")), ("2024", people("Per Berg")))
    columns = upload(client, content, "liste.xlsx").headers["Location"]
    client.post(columns, chosen(client, columns, sheets=["2024"]))
    Upload.objects.update(state=identity.seal(state.load(Upload.objects.get()).with_answers({"a": "b"}).dump()))
    outdate()
    client.get(columns)
    queued.do_waiting()
    after = state.load(Upload.objects.get())
    assert (after.sheets_read, after.answers, after.follower, after.rows) == (["2024"], {"a": "b"}, by.pk, 1)


@pytest.mark.parametrize("kept", [b"", b"x", b"[]", b'"x"', b'{"sheets": 3}', b'{"sheets": [{}], "follower": null}'])
def test_what_cannot_be_made_out_is_read_anew_too(by, client, kept):
    address, _found = check(client, csv([person()]))
    outdate(lambda _kept: kept)
    client.get(address)
    assert queued.do_waiting() == 1
    assert "Filen er lest på nytt" in soup(client.get(address, follow=True)).select_one("main").get_text(" ")


@pytest.mark.parametrize("doing", [tasks.WRITE_ALL, tasks.CHECK, tasks.TAKE])
def test_work_that_another_version_began_is_given_back_to_its_owner(by, client, doing):
    address, _found = check(client, csv([person()]))
    job = tasks.take_in_the_background if doing == tasks.TAKE else tasks.JOBS[doing]
    number = job.defer(by=by, upload=Upload.objects.get().pk)
    Upload.objects.update(doing=doing, job=number)
    outdate()
    assert queued.do_waiting() == 1
    assert not Participant.objects.exists()
    assert "Filen er lest på nytt" in soup(client.get(address, follow=True)).select_one("main").get_text(" ")


def test_reading_anew_can_be_cancelled_and_the_file_deleted(by, client):
    address, _found = check(client, csv([person()]))
    outdate()
    press(client, soup(client.get(address)), "Avbryt")
    queued.do_waiting()
    found = soup(client.get(address))
    assert "Lesingen er avbrutt" in found.get_text(" ")
    press(client, found, "Fortsett")
    queued.do_waiting()
    assert "Hva kolonnene inneholder" in soup(client.get(address, follow=True)).get_text(" ")
    outdate()
    client.post(f"{address}slett/")
    assert not Upload.objects.exists()
