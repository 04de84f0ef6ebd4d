"""``plass import``, as the guide writes it: every command of the guide is run here."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from csv import reader as csv_lines
from csv import writer as csv_writer
from pathlib import Path

import pytest
import typer
from django.db import connections

from plass.access.current_user import acting_as
from plass.cases.models import Participant
from plass.db import database
from plass.imports import actions, import_command, mapping, sheet
from plass.imports.fields import Field
from plass.imports.models import KeptAnswer
from plass.imports.queries import who_follows_in
from tests import clock

from .lists import ago, csv, numbered, person, table, written, xlsx

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "import.md"
COMMANDS = re.findall(r"^    uv run (plass import .*)$", GUIDE.read_text(encoding="utf-8"), re.M)
BAD = "17859012345"


@pytest.fixture
def plass(committed, tmp_path):
    """Runs a command in a folder of its own, against the tests' database as an installation would use it."""
    name = connections["default"].settings_dict["NAME"]
    socket = os.environ[database.DSN_VARIABLE]
    environment = {key: value for key, value in clock.environment().items() if key != database.DSN_VARIABLE} | {
        "DATABASE_URL": f"postgresql://plass_web@localhost/{name}?host={socket}",
        "DATABASE_OWNER_URL": f"postgresql://plass_owner@localhost/{name}?host={socket}",
        "PLASS_DATA": str(tmp_path / "data"),
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }

    def run(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "plass.config.cli", *shlex.split(command)[1:]],
            capture_output=True,
            text=True,
            timeout=600,
            env=environment,
            cwd=tmp_path,
            check=False,
        )

    return run


def two_sheets(page, book):
    """A workbook with a list for each of two years."""
    for there, year in ((page, "2026"), (book.create_sheet(), "2025")):
        row = person(family_name="Året" if year == "2026" else "Fjoråret")
        there.title = year
        there.append(list(row))
        there.append(list(row.values()))


def families(committed):
    with acting_as(committed.supervisor):
        return sorted(Participant.objects.values_list("family_name", flat=True))


def test_the_guide_s_commands_do_what_it_says(committed, plass, tmp_path):
    good, wrong = person(family_name="Riktig", Jobbspesialist="Siri S."), person(family_name="Galt", Fødselsnummer=BAD)

    def fill(page, book):
        page.append(list(good))
        for row in (good, wrong):
            page.append([row.get(key) for key in good])

    (tmp_path / "liste.xlsx").write_bytes(xlsx(fill))
    (tmp_path / "liste.csv").write_bytes(
        csv([{"Hvem": "Berg, Ola", "Fnr": person()["Fødselsnummer"], "Henvist": "1.9.2026"}], encoding="cp1252")
    )
    (tmp_path / "ark.xlsx").write_bytes(xlsx(two_sheets))
    assert len(COMMANDS) == 11
    # Those with answers have a test of their own.
    without_answers = [command for command in COMMANDS if "--answers" not in command]
    tried, shown, all_or_nothing, good_rows, mapped, accepted, sheets, template, helped = map(plass, without_answers)

    assert tried.returncode == 1, tried.stderr
    assert "Rad 2  Kari Riktig" in tried.stdout
    assert "+ Følges av Siri Spesialist." in tried.stdout
    assert "! Kontrollsifrene stemmer ikke" in tried.stdout
    assert shown.returncode == 1
    assert "Rad 2" not in shown.stdout
    assert table((tmp_path / "rettes.xlsx").read_bytes())[1][2] == "Galt"
    assert all_or_nothing.returncode == 1
    assert "Ingenting ble skrevet inn" in all_or_nothing.stdout
    assert good_rows.returncode == 1
    assert "1 deltaker er skrevet inn" in good_rows.stdout
    assert (tmp_path / "resten.xlsx").exists()
    assert mapped.returncode == 0, mapped.stderr
    assert "Hvem: Hele navnet" in mapped.stdout
    assert families(committed) == ["Riktig", "Året"]
    assert sheets.returncode == 0, sheets.stderr
    assert "Arkene som leses: 2026." in sheets.stdout
    assert "Disse arkene ser også ut som lister, og leses ikke: 2025." in sheets.stdout
    assert template.returncode == 0, template.stderr
    assert "Fødselsnummer" in table((tmp_path / "mal.xlsx").read_bytes())[0]
    assert helped.returncode == 0
    assert "--fields" in helped.stdout
    listed = plass("plass import --fields").stdout
    assert [line.split()[0] for line in listed.splitlines()] == [field.value for field in Field if field]
    for done in (tried, shown, all_or_nothing, good_rows, mapped, accepted, sheets, template):
        assert "Traceback" not in done.stderr
        for row in (good, wrong):
            assert row["Fødselsnummer"] not in done.stdout + done.stderr


def test_a_long_list_is_written_with_good_rows_alone(committed, plass, tmp_path):
    def listed():
        return [name for name in families(committed) if name.startswith("Langliste")]

    rows = [person(family_name=numbered("Langliste", n)) for n in range(actions.MOST_TOGETHER + 1)]
    (tmp_path / "lang.csv").write_bytes(csv(rows))
    tried = plass("plass import lang.csv --by leder1 --only-wrong")
    assert "501 deltakere blir skrevet inn. Med --write --good-rows gjøres det." in tried.stdout, tried.stderr
    refused = plass("plass import lang.csv --by leder1 --write --only-wrong")
    assert refused.returncode == 1
    assert "En liste på mer enn 500 rader skrives ikke alt eller ingenting" in refused.stderr
    assert not listed()
    written_now = plass("plass import lang.csv --by leder1 --write --good-rows --only-wrong")
    assert written_now.returncode == 0, written_now.stderr
    assert len(listed()) == 501


@pytest.mark.parametrize(
    ("command", "code", "says"),
    [("liste.csv --by ingen", 2, "Nobody has the user name"), ("tom.csv --by leder1", 1, "Filen er tom")],
)
def test_a_mistake_is_one_message_and_an_exit_code(committed, plass, tmp_path, command, code, says):
    (tmp_path / "liste.csv").write_bytes(csv([person()]))
    (tmp_path / "tom.csv").write_bytes(b"")
    done = plass(f"plass import {command}")
    assert done.returncode == code, done.stderr
    assert says in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def answered(path, answers):
    """The questions of the file by their kinds, which it is filled in with."""
    lines = list(csv_lines(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), delimiter=";"))
    questions = {line[-1].rsplit("-", 1)[0]: line for line in lines[1:]}
    for kind, line in questions.items():
        line[0] = answers.get(kind, line[0])
    out = io.StringIO()
    csv_writer(out, delimiter=";").writerows(lines)
    # As a spreadsheet saves it.
    path.write_bytes(out.getvalue().encode("cp1252"))
    return questions


def test_each_question_can_be_answered_in_a_file_as_the_guide_says(committed, plass, tmp_path):
    known = person(family_name="Kjent")
    (tmp_path / "kjent.csv").write_bytes(csv([known]))
    assert plass("plass import kjent.csv --by leder1 --write").returncode == 0
    before = families(committed)
    twice = person(family_name="Dobbel")
    spans = [
        twice | {"Henvist dato": written(ago(days)), "Avsluttet": written(ago(end)) if end else ""}
        for days, end in ((90, 30), (60, 0))
    ]
    rows = [
        *({"Status": "", "Merknad": "", "Prosent": "", "Arbeidsgiver": "", "Jobbstart": ""} | span for span in spans),
        person(family_name="Statusen", Status="FULLF"),
        person(family_name="Vernet", Merknad="bor på krisesenter"),
        person(family_name="Merket", Merknad="AVSLUTTET"),
        known | {"Etternavn": "Nyttnavn", "Fornavn": "Anna"},
        person(
            family_name="Jobber",
            Arbeidsgiver="Kafé",
            Jobbstart=written(ago(50)),
            Prosent="37,5",
            Ansettelsesform="fast",
        ),
    ]
    content = csv(rows).decode().splitlines()
    content.insert(7, "Takket nei" + ";" * content[0].count(";"))
    (tmp_path / "ny.csv").write_text("\n".join(content), encoding="utf-8")
    first, second = (command for command in COMMANDS if "--answers" in command)

    done = plass(first)
    assert done.returncode == 1, done.stderr
    file = tmp_path / "svar.csv"
    questions = answered(file, {"status": "active", "protection": "confidential"})
    assert set(questions) == {"overlap", "status", "protection", "remark", "name", "hours", "title"}
    for kind, line in questions.items():
        # On the screen too, with what it may be answered with.
        assert line[1] in done.stdout and line[4].split(":")[0] in done.stdout, kind
        assert kind in ("protection", "remark") or line[2]
    told = file.read_bytes().decode("cp1252")
    assert "krisesenter" not in told and "AVSLUTTET" not in told
    assert not any(row["Fødselsnummer"] in told for row in rows)

    # What is answered is kept, and the rest asked for once more; nothing is written.
    done = plass(second)
    assert done.returncode == 1 and families(committed) == before
    more = {"overlap": "together", "remark": "active", "name": "same", "hours": "timer i uken", "title": "title"}
    assert {kind: line[0] for kind, line in answered(file, more).items()}["status"] == "active"
    wrong = file.read_bytes()
    file.write_bytes(wrong.replace(b"together", b"begge"))
    done = plass(second)
    assert done.returncode == 2 and "together" in done.stderr and families(committed) == before

    file.write_bytes(wrong)
    done = plass(second)
    assert done.returncode == 0, done.stdout + done.stderr
    assert families(committed) == sorted([*before, "Dobbel", "Jobber", "Merket", "Statusen", "Vernet"])
    with acting_as(committed.supervisor):
        assert Participant.objects.get(family_name="Vernet").protection == "confidential"
        assert KeptAnswer.objects.filter(answer="active").exists()


def test_several_sheets_are_tried_together_and_written_only_by_name(committed, plass, tmp_path):
    (tmp_path / "ark.xlsx").write_bytes(xlsx(two_sheets))
    before = families(committed)
    tried = plass("plass import ark.xlsx --by leder1")
    assert tried.returncode == 0, tried.stderr
    assert "2 deltakere blir skrevet inn. Med --write --sheet=2026 --sheet=2025 gjøres det." in tried.stdout
    assert "Fødselsnummer (alle arkene): Fødselsnummer" in tried.stdout
    assert "Rad 2 i arket «2026»  Kari Året" in tried.stdout
    assert "Rad 2 i arket «2025»  Kari Fjoråret" in tried.stdout
    refused = plass("plass import ark.xlsx --by leder1 --write")
    assert refused.returncode == 2
    said = " ".join(refused.stderr.replace("│", " ").split())
    assert "Flere ark ser ut som lister, og det må sies hvilke som skrives inn." in said
    assert "For alle sammen: --write --sheet=2026 --sheet=2025." in said
    unknown = plass("plass import ark.xlsx --by leder1 --write --sheet 2024")
    assert unknown.returncode == 1
    assert "ikke noe synlig ark «2024»" in unknown.stderr
    assert families(committed) == before
    both = plass("plass import ark.xlsx --by leder1 --write --sheet 2026 --sheet 2025")
    assert both.returncode == 0, both.stderr
    assert families(committed) == sorted([*before, "Fjoråret", "Året"])
    there = plass("plass import --template ark.xlsx")
    assert there.returncode == 2
    assert "does not exist yet" in " ".join(there.stderr.replace("│", " ").split())


@pytest.mark.parametrize("wanted", ["", "Jobbteam 1", "1"])
def test_the_team_need_not_be_said_by_who_has_one(world, wanted):
    by = world.act_as(world.supervisor)
    assert (
        import_command.find_team(by, wanted.replace("1", str(world.team.pk)) if wanted == "1" else wanted) == world.team
    )


@pytest.mark.parametrize(("who", "wanted"), [("counsellor", ""), ("supervisor", "Jobbteam 2"), ("supervisor", "99")])
def test_a_team_that_is_not_theirs_is_a_usage_error(world, who, wanted):
    by = world.act_as(getattr(world, who))
    with pytest.raises(typer.BadParameter, match=r"Si hvilket team|verken arbeider i et team"):
        import_command.find_team(by, wanted)


@pytest.mark.parametrize(
    ("change", "says"),
    [("Feil=name", "nevner ingen kolonne"), ("Navn", "nevner ingen kolonne"), ("Fnr=farge", "er ikke et felt")],
)
def test_a_mapping_that_cannot_be_is_a_usage_error(change, says):
    read = sheet.read(b"Fnr;Navn\n1;Kari\n", "x.csv")
    with pytest.raises(typer.BadParameter, match=says):
        import_command.columns_said(read, {0: Field.IDENTITY_NUMBER, 1: Field.NAME}, [change])


def test_a_field_said_by_hand_leaves_the_column_that_had_it():
    read = sheet.read(b"Fnr;Navn;Klient\n1;Kari;Ola\n", "x.csv")
    chosen = import_command.columns_said(
        read, {0: Field.IDENTITY_NUMBER, 1: Field.NAME, 2: Field.IGNORED}, ["klient=navn"]
    )
    assert chosen == {0: Field.IDENTITY_NUMBER, 1: Field.IGNORED, 2: Field.NAME}


def test_a_list_whose_headings_are_all_unknown_is_mapped_with_the_command():
    read = sheet.read("Kodenr;Klienten;Når;x\n1;Kari Hansen;1.9.2026;rød\n".encode(), "odd.csv")
    nothing = dict.fromkeys(range(4), Field.IGNORED)
    chosen = import_command.columns_said(read, nothing, ["Kodenr=identity_number", "Klienten=name", "Når=referred_on"])
    assert chosen == {0: Field.IDENTITY_NUMBER, 1: Field.NAME, 2: Field.REFERRED_ON, 3: Field.IGNORED}
    assert mapping.not_read(read, chosen) == ["x"]


def test_who_follows_those_whom_the_list_names_nobody_for(world):
    by = world.act_as(world.supervisor)
    following = who_follows_in(world.team)
    assert import_command.find_follower("", following, by) == by
    assert import_command.find_follower(world.colleague.username, following, by) == world.colleague
    with pytest.raises(typer.BadParameter, match="følger ingen i teamet"):
        import_command.find_follower(world.other_specialist.username, following, by)
    assert import_command.find_follower("", [], by) is None


def test_what_a_list_says_otherwise_is_told_without_the_values_and_taken_when_asked(committed, plass, tmp_path):
    row = person(family_name="Annerledes", Telefon="40000001", Jobbspesialist="Siri S.")
    (tmp_path / "liste.csv").write_bytes(csv([row]))
    (tmp_path / "ny.csv").write_bytes(csv([row | {"Telefon": "40000002", "Henvist dato": "1.2.2026"}]))
    assert plass("plass import liste.csv --by leder1 --write").returncode == 0

    for left in ("plass import ny.csv --by leder1 --differences=correct", "plass import ny.csv --by leder1 --write"):
        told = plass(left)
        assert told.returncode == 0, told.stderr
        assert "2 forskjeller fra det som er ført:" in told.stdout
        assert "Rad 2: Telefon, Henvist dato" in told.stdout
        assert "De blir stående som de er ført" in told.stdout
        assert "40000001" not in told.stdout

    # A day of referral cannot change from a day on.
    changed = plass("plass import ny.csv --by leder1 --write --differences=change")
    assert "Skrevet inn: 1. Står som før: 1." in changed.stdout
    taken = plass("plass import ny.csv --by leder1 --write --differences=correct")
    assert "Rad 2: Henvist dato" in taken.stdout
    assert "Skrevet inn: 1. Står som før: 0." in taken.stdout
    assert "forskjell" not in plass("plass import ny.csv --by leder1 --write").stdout
    with acting_as(committed.supervisor):
        assert Participant.objects.get(family_name="Annerledes").phone == "40000002"
