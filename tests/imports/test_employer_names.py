"""One employer that a list writes in two ways is one, or asked about; two in one cell are asked about."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from django.utils import timezone

from plass.employers import actions as employers
from plass.employers.models import Employer
from plass.imports import mapping, plan, sheet
from plass.imports.employer_names import EmployerNames, may_be_a_slip, same_key
from plass.imports.plan_types import Plan
from plass.imports.questions import NO_ANSWERS, Answers, Kind, accepting_guesses
from plass.jobs.models import JobStarted

from .lists import ago, csv, person, written
from .test_writer import by as by
from .test_writer import load

JOB = {"Stilling": "Butikk", "Timer": "20", "Jobbstart": written(ago(60)), "Ansettelsesform": "Fast"}


def read(*rows: dict[str, str], answers: Answers = NO_ANSWERS, recorded: tuple[str, ...] = ()) -> Plan:
    found = sheet.read(csv(list(rows)), "list")
    return plan.make(found, mapping.by_headings(found), today=timezone.localdate(), answers=answers, employers=recorded)


def at(*names: str) -> list[dict[str, str]]:
    """Rows of people who have a job at each of these."""
    return [
        person("Kari", f"Nes{letter}", Arbeidsgiver=name, **JOB)
        for letter, name in zip("abcdefghij", names, strict=False)
    ]


def workplaces(made: Plan) -> list[str]:
    return [job.employer for one in made.people for job in one.jobs]


NAMES = (
    "Rema 1000",
    "Kiwi Grorud",
    "Grand Hotell",
    "Brødrene Berg & Sønn",
    "Coop Obs Lade",
    "Nordlys Omsorg",
    "Cafe Opera",
)


def ways_to_write(name: str) -> set[str]:
    """A name with other spaces, capitals, signs and forms of company."""
    ways = {
        name.upper(),
        name.lower(),
        name.replace(" ", ""),
        name.replace(" ", "-"),
        f"{name}.",
        f" {name} ".replace(" ", "  "),
    }
    return (
        ways
        | {f"{name} {form}" for form in ("AS", "A/S", "as", "ASA", "SA")}
        | {name.replace("e", "é").replace("&", "")}
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("recorded", [False, True])
def test_spaces_capitals_signs_and_forms_of_company_make_no_other_employer(name, recorded) -> None:
    for way in ways_to_write(name):
        made = read(*at(name, way), recorded=(name,) if recorded else ())
        assert made.questions == () and workplaces(made) == [name, name], way
        if recorded:
            assert workplaces(read(*at(way), recorded=(name,))) == [name], way


@pytest.mark.parametrize("way", ["Rema1000", "REMA 1000 AS", "rema 1000"])
def test_one_job_that_two_rows_write_otherwise_is_one_job(way) -> None:
    row = person(Arbeidsgiver="Rema 1000", **JOB)
    made = read(row, {**row, "Arbeidsgiver": way})
    assert workplaces(made) == ["Rema 1000"]


def slips(name: str, some: Random) -> set[str]:
    """A name with a letter more, less, another, or two changed in place, in its longest word."""
    word = max((one for one in name.split() if one.isalpha()), key=len)
    at = some.randrange(1, len(word) - 1)
    letter = some.choice([one for one in "aeiorstn" if one != word[at]])
    wrong = {
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1 :],
        word[:at] + letter + word[at + 1 :],
        word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] if at > 1 else word,
        word[:at] + letter + word[at:],
    }
    return {name.replace(word, one) for one in wrong - {word}}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("recorded", [False, True])
def test_a_slip_of_a_letter_is_asked_about_once(name, recorded) -> None:
    some = Random(name)
    for wrong in itertools.chain.from_iterable(slips(name, some) for _time in range(5)):
        rows = at(wrong, wrong) if recorded else at(name, wrong, wrong.upper(), name)
        made = read(*rows, recorded=(name, "Helt Annet") if recorded else ())
        (question,) = made.open_questions
        assert (question.kind, question.shown, question.guess) == (Kind.EMPLOYER, (wrong, name), "same"), wrong
        assert wrong not in workplaces(made) and len(question.rows) == 2
        assert accepting_guesses(made.questions, NO_ANSWERS).by_key == {}
        known = (name,) if recorded else ()
        same = read(*rows, answers=Answers({question.key: "same"}), recorded=known)
        assert set(workplaces(same)) == {name} and len(workplaces(same)) == len(rows)
        another = read(*rows, answers=Answers({question.key: "another"}), recorded=known)
        assert set(workplaces(another)) == ({wrong} if recorded else {name, wrong})


@pytest.mark.parametrize(
    ("name", "other"),
    [
        *(
            ("Kiwi 512", "Kiwi 513"),
            ("Rema 1000", "Rema 2000"),
            ("Kiwi Moss", "Kiwi Voss"),
            ("Barnehage A", "Barnehage B"),
        ),
        *(
            ("Kiwi Ås", "Kiwi Os"),
            ("Spar Lier", "Spar Lierbyen"),
            ("Kiwi", "Kiwi Grorud"),
            ("Coop", "Co"),
            ("NRK", "NAV"),
        ),
        *(
            ("Hus 1", "Hus 2"),
            ("Kiwi", "Kiwi A"),
            ("Kiwi BA", "Kiwi A"),
            ("Nord Bygg", "Sør Bygg"),
            ("Oslo Taxi", "Asker Taxi"),
            ("Meny Ski", "Meny Sku"),
        ),
    ],
)
def test_other_employers_are_not_asked_about(name, other) -> None:
    assert not may_be_a_slip(name, other)
    made = read(*at(name, other))
    assert made.questions == () and workplaces(made) == [name, other]


def test_what_is_recorded_as_it_stands_is_not_asked_about() -> None:
    made = read(*at("Kiwi Grorud", "Kiwi Grorrud"), recorded=("Kiwi Grorrud", "Kiwi Grorud"))
    assert made.questions == () and workplaces(made) == ["Kiwi Grorud", "Kiwi Grorrud"]


def test_an_organisation_number_tells_which_employer_it_is() -> None:
    rows = at("Kiwi Grorud", "Kiwi Grorrud")
    for row, number in zip(rows, ("974760673", "923609016"), strict=True):
        row["Organisasjonsnummer"] = number
    assert read(*rows).questions == ()


def test_an_employer_written_otherwise_becomes_no_second_one_when_it_is_written(world, by) -> None:
    employers.add_employers([Employer(name="Rema 1000 Torshov")], by=by)
    rows = at("Rema1000 Torshov", "REMA 1000 Torshov AS", "Nordlys Omsorg", "Nord Lys Omsorg AS")
    found = sheet.read(csv(rows), "list")
    before = Employer.objects.count()
    assert load(world, by, csv(rows)).people == 4
    assert Employer.objects.count() == before + 1
    assert {one.employer.name for one in JobStarted.objects.all()} == {"Rema 1000 Torshov", "Nordlys Omsorg"}
    assert found.rows


def test_two_names_with_one_number_are_one_employer(world, by) -> None:
    rows = at("Kafe Fjord", "Fjord Drift")
    for row in rows:
        row["Organisasjonsnummer"] = "974760673"
    assert load(world, by, csv(rows)).people == 2
    assert Employer.objects.filter(organisation_number="974760673").count() == 1


# Several in one cell.


@pytest.mark.parametrize("between", [" / ", "/", " + ", "; ", " eller "])
@pytest.mark.parametrize(
    "names", [("Kiwi", "Coop"), ("Rema 1000 Torshov", "Grand Hotell AS"), ("Kiwi Grorud", "Stovner Bakeri")]
)
def test_it_is_asked_whether_two_names_in_a_cell_are_one_employer(between, names) -> None:
    cell = between.join(names).replace("; ", " ; ")
    rows = at(f'"{cell}"' if ";" in cell else cell, "Rema")
    made = read(*rows)
    (question,) = made.open_questions
    assert (question.kind, question.shown, question.guess) == (Kind.EMPLOYERS, (cell,), "")
    assert workplaces(made) == ["Rema"]
    assert workplaces(read(*rows, answers=Answers({question.key: "one"}))) == [cell, "Rema"]
    assert workplaces(read(*rows, answers=Answers({question.key: "first"}))) == [names[0], "Rema"]
    waits = read(*rows, answers=Answers({question.key: "wait"}))
    assert workplaces(waits) == ["Rema"] and waits.reports[2].problems


@pytest.mark.parametrize("cell", ["Kiwi og Coop", "Kiwi & Coop", "Kiwi, Coop"])
def test_and_is_only_asked_about_where_both_are_known_by_themselves(cell) -> None:
    assert read(*at(cell)).questions == ()
    assert [one.kind for one in read(*at(cell, "Kiwi", "Coop")).questions] == [Kind.EMPLOYERS]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Bakeri/konditori Hansen",
            "Hansen og Sønn",
            "H&M",
            "Bakst & Kaffe",
            "Kafé v/ Hansen",
            "Eiendom A/S",
            "24/7 Fitness",
        ),
        *(
            "Blå Kors Oslo/Viken",
            "Butikk/lager",
            "Bygg/anlegg",
            "c/o Hansen",
            "Elektro + Rør",
            "S/L Norge",
            "Nille 3/4",
        ),
    ],
)
def test_one_name_with_such_a_mark_in_it_is_not_asked_about(name) -> None:
    made = read(*at(name))
    assert made.questions == () and workplaces(made) == [name]


def test_thousands_of_names_are_compared_in_little_time() -> None:
    some = Random(1)
    recorded = ["".join(some.choices("abdeiklmnorstuv", k=9)).capitalize() + " Bygg" for _number in range(20_000)]
    names = EmployerNames([f"{name[:4]}x{name[4:]}" for name in recorded[:500]], recorded)
    assert names.likely(f"{recorded[0][:4]}x{recorded[0][4:]}") == recorded[0]
    assert same_key("Rema1000") == same_key("REMA 1000 AS")
