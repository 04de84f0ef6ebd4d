"""Lists as offices have them, each with what a careful caseworker would read from it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from plass.imports import mapping, plan, sheet
from plass.imports.fields import Field
from plass.imports.files.reading import UnreadableFile
from plass.imports.plan_types import Plan
from plass.imports.questions import Answers, Kind

_HERE = Path(__file__).parent
TODAY = date(2026, 11, 30)


def content_of(name: str) -> bytes:
    """A list's bytes. The names in some are numbered, which no name is."""
    folder = _HERE / "lists_data"
    path = folder / name if (folder / name).exists() else _HERE / "reference" / name
    return re.sub(rb"Nr\d", b"Nr", path.read_bytes())


def read(name: str, **answers: str) -> Plan:
    """What a list would become, with the answers to its questions by what they show first."""
    found = sheet.read(content_of(name), name)
    chosen = mapping.by_headings(found)
    asked = plan.make(found, chosen, today=TODAY)
    by_key = {
        question.key: answers[shown] for question in asked.questions for shown in answers if shown in question.shown
    }
    return plan.make(found, chosen, today=TODAY, answers=Answers(by_key))


def fields(name: str) -> dict[str, Field]:
    """What the headings of a list are taken as, and none of them as a guess."""
    found = sheet.read(content_of(name), name)
    by_index = mapping.recognised(found)
    assert not any(one.is_guess for one in by_index.values())
    return {column.heading: by_index[column.index].field for column in found.columns}


def test_c26_the_end_of_a_job_is_no_end_of_the_follow_up() -> None:
    assert fields("c26_end_of_other_things.csv")["Avsluttet jobb"] is Field.JOB_ENDED_ON
    (person,) = read("c26_end_of_other_things.csv").people
    assert person.ended_on is None


def test_d06_a_list_of_ips_grow() -> None:
    assert fields("d06_ips_grow_no.csv") == {
        "Identity number": Field.IDENTITY_NUMBER,
        "Client name": Field.NAME,
        "Referral date": Field.REFERRED_ON,
        "Date Vocational Profile Started": Field.IGNORED,
        "Job start date": Field.JOB_STARTED_ON,
        "Employer": Field.EMPLOYER,
        "Job title": Field.JOB_TITLE,
        "Hours per week": Field.JOB_HOURS,
        "Job end date": Field.JOB_ENDED_ON,
        "Discharge date": Field.ENDED_ON,
    }
    (person,) = read("d06_ips_grow_no.csv").people
    assert (person.referred_on, person.ended_on) == (date(2025, 4, 3), None)
    (job,) = person.jobs
    assert (job.started_on, job.ended_on, job.hours) == (date(2025, 6, 1), date(2025, 9, 1), Decimal(16))


def test_c28_the_start_of_a_job_is_no_first_talk() -> None:
    (person,) = read("c28_oppstart_jobb.csv").people
    assert person.started_on is None
    assert [(job.employer, job.started_on) for job in person.jobs] == [("Rema Eventyr", date(2025, 6, 1))]


@pytest.mark.parametrize(
    ("name", "heading"),
    [("c29_timer_per_maned.csv", "Timer pr måned"), ("c31_onsket_prosent.csv", "Ønsket stillingsprosent")],
)
def test_c29_c31_hours_of_something_else_are_no_hours_a_week(name: str, heading: str) -> None:
    assert fields(name)[heading] is Field.IGNORED
    made = read(name)
    assert made.people == ()
    assert "timer i uken mangler" in " ".join(made.reports[2].problems)


def test_c25_what_is_other_people_s_is_not_the_participant_s() -> None:
    by_heading = fields("c25_pii_other_people_cols.csv")
    assert {by_heading[heading] for heading in ("Pårørende telefon", "E-post veileder", "Adresse arbeidsgiver")} == {
        Field.IGNORED
    }
    person = read("c25_pii_other_people_cols.csv").people[0]
    assert [person.person[name] for name in ("phone", "email", "address")] == ["", "", ""]
    assert person.counsellor == "Vera Veileder"


CAUSES = {
    "Fikk avslag på uføretrygd": "other",
    "Søker jobb selv": "other",
    "Mangler jobb": "other",
    "Fant aldri jobb": "other",
    "Sluttet i jobb": "other",
    "Ville ha jobb, men ble syk": "illness",
    "Jobbsøker videre": "own_wish",
    "ikke møtt": "other",
    "Venter på skole": "other",
}


def test_d03_words_that_are_no_known_cause_are_asked_about_once_each() -> None:
    made = read("d03_end_causes.csv")
    assert [person.end_cause for person in made.people] == ["disability_applied"]
    assert {question.kind for question in made.open_questions} == {Kind.END_CAUSE}
    assert [question.shown for question in made.open_questions] == [(words,) for words in CAUSES]
    answered = read("d03_end_causes.csv", **CAUSES)
    assert {person.end_note: person.end_cause for person in answered.people} == {
        **CAUSES,
        "søknad om uføre til behandling": "disability_applied",
    }


def test_d01_kode_6_in_a_column_that_is_not_read_holds_the_person_back() -> None:
    made = read("d01_kode6_in_note.csv")
    assert made.people == ()
    (question,) = made.open_questions
    assert (question.kind, question.rows) == (Kind.PROTECTION, (2,))
    assert question.shown == (
        *("Kari Hemmelig", "Merknad: OBS! KODE 6 - strengt fortrolig adresse"),
        "Fil: d01_kode6_in_note.csv",
    )
    assert made.reports[2].questions == ["Noe i raden kan bety at adressen er sperret. Er den det?"]
    for answer in ("strictly_confidential", "confidential", "none"):
        (person,) = read("d01_kode6_in_note.csv", **{question.shown[0]: answer}).people
        assert person.person["protection"] == answer.replace("none", "")


def test_c06_damaged_letters_are_asked_about_and_written_as_they_stand_only_when_answered() -> None:
    made = read("c06_mojibake_in_source.csv")
    assert made.people == ()
    (question,) = made.open_questions
    assert (question.kind, question.shown) == (Kind.LETTERS, ("BjÃ¸rn Ã…s",))
    (person,) = read("c06_mojibake_in_source.csv", **{"BjÃ¸rn Ã…s": "as_it_stands"}).people
    assert person.given_name == "BjÃ¸rn"


def test_c41_a_sheet_of_16000_columns_is_refused_at_once() -> None:
    with pytest.raises(UnreadableFile, match="500"):
        sheet.read(content_of("c41_wide_16k.csv"), "c41_wide_16k.csv")


def test_d04_a_list_and_its_next_edition() -> None:
    first, second = read("d04_update_1.csv").people[0], read("d04_update_2.csv").people[0]
    assert (first.person["phone"], second.person["phone"]) == ("40000001", "40000002")
    assert (first.referred_on, second.referred_on) == (date(2025, 4, 3), date(2025, 4, 10))
    assert (first.jobs[0].hours, second.jobs[0].hours) == (20, 30)
    assert first.jobs[0].key == second.jobs[0].key
