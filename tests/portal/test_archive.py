"""Download everything about me: complete by the database's own catalogue, and what the law withholds withheld."""

from __future__ import annotations

import csv
import io
import json
import zipfile

import pytest
from django.db import connection
from django.utils import timezone

from plass.db.row_policies import declared
from plass.portal import data_export, document
from plass.rights import actions

from ..conftest import as_owner
from ..pdf.hard_text import REPLACED, WRITTEN, mixed, samples
from ..rights.made import contact, let_in, make_people, tell

SECRET = "Naboen ringte og sa noe om Per"


@pytest.fixture
def people(world):
    """Something in every part of the record that this room and its neighbours write."""
    from plass.cases.facts import correct
    from plass.jobs import actions as jobs
    from plass.plan import actions as plan
    from plass.profiles import actions as profiles

    people = make_people(world)
    by = world.act_as(world.specialist)
    withheld = contact(people.case, by, note=SECRET, withheld_because="Gjelder en annen person")
    correct(withheld, by=by, reason=SECRET, minutes=45)
    today = timezone.localdate()
    profiles.agree(people.case, by=by, happened_on=today, interests="=SUM(A1)")
    jobs.start_job(
        people.case, by=by, employer=people.employer, happened_on=today, title="Kokk", form="permanent",
        hours_per_week=20,
    )  # fmt: skip
    step = plan.add_step(people.case, by=by, what="Skrive søknad", who="participant")
    let_in(world, people)
    tell(world, people)
    me = world.act_as(people.me)
    actions.comment(people.case, by=me, kind="step", fact_id=step.pk, text="Det vil jeg")
    asked = actions.ask_for_correction(people.case, by=me, wanted="Telefonen er feil")
    actions.decide(people.case, by=me, item="gaps", stance="no")
    actions.object_to(people.case, by=me, employer=people.second_employer)
    actions.answer_request(asked, by=world.act_as(world.specialist), outcome="partly", reason="Nesten")
    return people


def unpacked(packed: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(packed))


def holding_rows(case_id: int, participant_id: int) -> dict[str, int]:
    """By the catalogue: every table with a column for the case or the participant, and how many rows are theirs."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns c "
            "JOIN information_schema.tables t USING (table_schema, table_name) "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE' "
            "AND column_name IN ('case_id', 'participant_id') GROUP BY table_name"
        )
        columns = dict(cursor.fetchall()) | {"cases_participant": ["id"]}
        # What is empty between transactions: which milestones are to be made anew before this one ends.
        columns.pop("milestone_refresh_queue")
        # Read by functions alone; what the participant is to know of it stands on their page of who has looked.
        columns.pop("cases_possibleduplicate")
        counts = {}
        for table, named in columns.items():
            values = {"case_id": case_id, "participant_id": participant_id, "id": participant_id}
            condition = " OR ".join(f"{column} = {values[column]}" for column in named)
            cursor.execute(f"SELECT count(*) FROM {table} WHERE {condition}")
            counts[table] = cursor.fetchone()[0]
    return counts


def test_the_archive_holds_every_row_about_me_in_every_table_of_the_catalogue(world, people):
    in_the_database = holding_rows(people.case.pk, people.case.participant_id)
    me = world.act_as(people.me)
    packed = unpacked(data_export.zipped(type(people.case.participant).objects.get(user=me)))
    schema = json.loads(packed.read("schema.json"))
    for table, count in in_the_database.items():
        rows = json.loads(packed.read(f"json/{table}.json"))
        assert len(rows) == count, table
        assert len(
            list(csv.reader(io.StringIO(packed.read(f"csv/{table}.csv").decode("utf-8-sig")), delimiter=";"))
        ) == (count + 1)
        assert schema["tables"][table]["rows"] == count
    for table in ("rights_comment", "rights_release", "jobs_jobstarted", "followup_contact", "milestone_cache"):
        assert in_the_database[table], "the case has something of each, or nothing is compared"


def test_every_table_of_person_data_is_in_the_archive_or_left_out_for_a_reason():
    holding = {table for table, rows in declared().items() if rows.holds == "person data"}
    accounted_for = (
        {table.name for table in data_export.tables()} | data_export.LEFT_OUT.keys() | set(data_export.COMPUTED)
    )
    assert holding == accounted_for & holding, (
        f"say in LEFT_OUT why these are not in the archive: {holding - accounted_for}"
    )
    assert all(data_export.LEFT_OUT.values())


def test_nothing_of_another_participant_is_in_it(world, people):
    world.act_as(people.me)
    packed = data_export.zipped(people.case.participant)
    content = "".join(unpacked(packed).read(name).decode() for name in unpacked(packed).namelist())
    assert "Annen" not in content
    rows = json.loads(unpacked(packed).read("json/cases_case.json"))
    assert [row["id"] for row in rows] == [people.case.pk]


def test_what_the_law_withholds_is_there_without_its_contents_and_with_the_reason(world, people):
    me = world.act_as(people.me)
    participant = type(people.case.participant).objects.get(user=me)
    packed = unpacked(data_export.zipped(participant))
    content = "".join(packed.read(name).decode() for name in packed.namelist())
    assert SECRET not in content and "naboen" not in content.lower()
    withheld = json.loads(packed.read("withheld.json"))
    assert {entry["table"] for entry in withheld} == {"followup_contact", "cases_correction"}
    assert {entry["reason"] for entry in withheld} == {"Gjelder en annen person"}
    text = json.dumps(document.content(participant, me), ensure_ascii=False)
    assert SECRET not in text and "Gjelder en annen person" in text


def test_a_cell_is_no_formula_and_the_number_is_readable(world, people):
    world.act_as(people.me)
    packed = unpacked(data_export.zipped(people.case.participant))
    assert "'=SUM(A1)" in packed.read("csv/profiles_profile.csv").decode()
    assert json.loads(packed.read("json/profiles_profile.json"))[0]["interests"] == "=SUM(A1)"
    (person,) = json.loads(packed.read("json/cases_participant.json"))
    assert len(person["identity_number"]) == 11 and "identity_hash" not in person


def test_the_pdf_is_tagged_names_its_language_and_tells_everything(client, world, people):
    me = world.act_as(people.me)
    participant = type(people.case.participant).objects.get(user=me)
    text = json.dumps(document.content(participant, me), ensure_ascii=False)
    for words in ("Kokk", "Skrive søknad", "Det vil jeg", "Telefonen er feil", "Nesten", "Hav Kafé", "Siri Spesialist"):
        assert words in text, words
    client.force_login(me)
    answer = client.get("/min-side/last-ned/alt-om-meg.pdf")
    assert answer["Content-Type"] == "application/pdf" and answer["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"%PDF-")
    # PDF/UA-1 says so in its metadata, and has a tree of tags and a language.
    assert b"pdfuaid" in answer.content and b"/StructTreeRoot" in answer.content and b"/Lang" in answer.content
    assert client.get("/min-side/last-ned/alt-om-meg.zip")["Content-Type"] == "application/zip"
    client.force_login(world.act_as(world.specialist))
    assert client.get("/min-side/last-ned/alt-om-meg.zip").status_code == 404


def test_the_pdf_is_made_and_accessible_whatever_the_participant_wrote(client, world, people):
    me = world.act_as(people.me)
    step = plan_step(people)
    # The database holds neither; a form refuses them.
    words = [word for word in (*WRITTEN.values(), *REPLACED.values(), *samples(), *mixed(300)) if is_held(word)]
    for first in range(0, len(words), 300):
        actions.comment(people.case, by=me, kind="step", fact_id=step, text=" ".join(words[first : first + 300]))
    client.force_login(me)
    answer = client.get("/min-side/last-ned/alt-om-meg.pdf")
    assert answer.status_code == 200 and b"pdfuaid" in answer.content


def test_the_pdf_says_that_it_lacks_a_sign_where_it_does(world, people):
    me = world.act_as(people.me)
    participant = type(people.case.participant).objects.get(user=me)
    step = plan_step(people)
    assert document.note_of_signs(document.content(participant, me)) == ""
    actions.comment(people.case, by=me, kind="step", fact_id=step, text="Takk 😀 ขอบคุณ")
    assert document.note_of_signs(document.content(participant, me)) == ""
    actions.comment(people.case, by=me, kind="step", fact_id=step, text="Takk \U00013000")
    assert "\ufffd" in document.note_of_signs(document.content(participant, me))


def plan_step(people) -> int:
    from plass.plan.models import PlanStep

    return PlanStep.objects.filter(case=people.case).values_list("pk", flat=True)[0]


def is_held(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
