"""Lists as they are laid out: sections, statuses, planned ends, numbers and names in several columns, two jobs in a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from openpyxl.styles import PatternFill

from plass.cases.models import Case
from plass.imports import actions, columns, error_workbook, mapping, plan, sections, sheet
from plass.imports.fields import SECOND_JOB, Field
from plass.imports.headings import HEADINGS
from plass.imports.import_request import ImportRequest
from plass.imports.plan_types import Plan, RowReport
from plass.imports.queries import who_follows_in
from plass.imports.sections import Status
from plass.organisation.models import User
from tests.world import identity_number

from .lists import xlsx

DATA = Path(__file__).parent / "lists_data"
TODAY = date(2026, 11, 1)


def read_list(content: bytes, following: Sequence[User] = ()) -> tuple[sheet.Sheet, Plan]:
    read = sheet.read(content, "list")
    return read, plan.make(read, mapping.by_headings(read), today=TODAY, following=following)


def kept(name: str) -> Plan:
    return read_list((DATA / name).read_bytes())[1]


def text(*lines: str) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def one(**cells: str) -> tuple[Plan, RowReport]:
    """The plan of a list with one row, and the row's report."""
    cells = {"Fnr": identity_number(), "Navn": "Kari Åsen", "Henvist": "3.4.2025", **cells}
    made = read_list(text(";".join(cells), ";".join(cells.values())))[1]
    return made, made.reports[2]


# Sections


def test_rows_under_a_title_of_the_ended_are_asked_for_the_date():
    made = kept("x36_same_job_ended_section.xlsx")
    assert [person.family_name for person in made.people] == ["Åpen"]
    assert made.reports[4].problems == [
        "Raden står under «AVSLUTTET 2024» (rad 3), men har ingen sluttdato. "
        "Skriv datoen, eller flytt raden hvis oppfølgingen går videre."
    ]


def section_list(*titles: str) -> tuple[sheet.Sheet, Plan]:
    """A list with a person below each of some titles."""
    lines = ["Fnr;Navn;Henvist;Sluttdato"]
    for title in titles:
        lines += [f"{title};;;", f"{identity_number()};Kari Åsen;3.4.2025;"]
    return read_list(text(*lines))


def test_a_section_of_the_ended_goes_on_until_another_begins():
    read, made = section_list("AVSLUTTET", "Notat: ring Kari", "Team Nord", "Aktive", "Team Sør")
    assert [number for number, report in made.reports.items() if report.problems] == [3, 5, 7]
    assert [number for number, _why in read.left_out] == [2, 4, 6, 8, 10]


def test_the_file_with_the_rest_keeps_the_titles():
    read, made = section_list("AVSLUTTET", "Aktive", "Avsluttede saker")
    wrong = [report for report in made.reports.values() if report.problems]
    assert [report.number for report in wrong] == [3, 7]
    _read, again = read_list(error_workbook.workbook(read, wrong, mapping.by_headings(read)))
    assert [bool(report.problems) for report in again.reports.values()] == [True, True]
    assert "Avsluttede saker" in list(again.reports.values())[1].problems[0]


def test_an_active_title_with_an_end_date_below_it_is_told():
    lines = ("Fnr;Navn;Henvist;Sluttdato", "Aktive;;;", f"{identity_number()};Kari Åsen;3.4.2025;1.9.2025")
    report = read_list(text(*lines))[1].reports[3]
    assert report.problems == []
    assert any("Raden står under «Aktive» (rad 2), men lista har en sluttdato" in remark for remark in report.doubts)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("AVSLUTTET 2024", Status.ENDED),
        ("Avsluttede saker", Status.ENDED),
        ("Tidligere deltakere", Status.ENDED),
        ("Avsluttet i 2023", Status.ENDED),
        ("har sluttet", Status.ENDED),
        ("Venteliste", Status.WAITING),
        ("Venter på oppstart", Status.WAITING),
        ("Aktive deltakere", Status.ACTIVE),
        ("Ikke aktive", Status.ENDED),
        ("I jobb", Status.IN_JOB),
        ("på pause", Status.PAUSED),
        ("Avsluttet jobb", None),
        ("Avsluttes snart", None),
        ("Avsluttet av Kari", None),
        ("2024", None),
        ("", None),
        ("Deltakere 2024", None),
    ],
)
def test_statuses_are_known_by_whole_phrases(words, status):
    assert sections.status_of(words) is status


def test_no_phrase_means_two_statuses():
    folded = [columns.folded(phrase) for phrases in sections.PHRASES.values() for phrase in phrases]
    assert len(folded) == len(set(folded))


@pytest.mark.parametrize(
    ("coloured", "told"),
    [([], ""), ([3], "rad 3."), ([2, 3, 5, 9], "rad 2–3, 5, 9."), (range(2, 12, 2), ""), (range(2, 12), "")],
)
@pytest.mark.parametrize("colour", ["FFFF00", "BFBFBF", "FFFFFF"])
def test_rows_that_a_colour_marks_are_told_once(coloured, told, colour):
    def fill(page, book):
        page.title = "Liste"
        page.append(["Fnr", "Navn", "Henvist"])
        page["A1"].fill = PatternFill("solid", fgColor="FF0000")
        for number in range(2, 12):
            page.append([identity_number(), "Kari Åsen", "3.4.2025"])
            page[f"B{number}"].fill = PatternFill("solid", fgColor="00FF00")
            for cell in page[number] if number in coloured else ():
                cell.fill = PatternFill("solid", fgColor=colour)

    read = sheet.read(xlsx(fill), "list")
    said = mapping.about_the_file(read.remarks, read.sheets)
    assert len(said) == bool(told and colour != "FFFFFF")
    assert all(f"I arket «Liste» er noen rader merket med farge, og fargen leses ikke: {told}" in one for one in said)


# Whose rows they are


def write(world, content: bytes):
    by = world.act_as(world.supervisor)
    specialists = who_follows_in(world.team)
    _read, made = read_list(content, specialists)
    return actions.write(
        made, ImportRequest(by=by, team=world.team, specialists=specialists, unnamed=by, dry_run=False)
    )


def test_a_title_or_a_sheet_with_a_specialist_s_name_names_the_specialist_and_says_so(world):
    name = world.specialist.name
    first = name.split()[0]

    def fill(page, book):
        page.title = name
        page.append(["Fnr", "Navn", "Henvist"])
        page.append([identity_number(), "Kari Åsen", "3.4.2025"])
        page.append([world.colleague.name])
        page.append([identity_number(), "Per Berg", "3.4.2025"])

    outcome = write(
        world, text("Fnr;Navn;Henvist", f"Jobbspesialist: {first};;", f"{identity_number()};Eli Dahl;3.4.2025")
    )
    assert outcome.wrong == []
    assert any(f"står under «Jobbspesialist: {first}»: {name} settes" in said for said in outcome.reports[3].remarks)
    assert Case.objects.get(participant__family_name="Dahl").specialist == world.specialist
    outcome = write(world, xlsx(fill))
    assert Case.objects.get(participant__family_name="Åsen").specialist == world.specialist
    assert any(f"står under «{name}»" in said for said in outcome.reports[2].remarks)
    # Under both a sheet's and a title's name: nobody can say which.
    assert Case.objects.get(participant__family_name="Berg").specialist is None


@pytest.mark.parametrize("title", ["Mai", "Januar", "2024", "Team Nord"])
def test_a_title_that_is_nobody_s_name_names_nobody(world, title):
    outcome = write(world, text("Fnr;Navn;Henvist", f"{title};;", f"{identity_number()};Eli Dahl;3.4.2025"))
    assert outcome.wrong == []
    assert Case.objects.get(participant__family_name="Dahl").specialist is None


# Statuses and planned ends


def test_a_status_that_says_ended_without_a_date_is_asked_about():
    for status in ("avsluttet", "Har sluttet", "Ferdig"):
        made, report = one(Status=status, Sluttdato="")
        assert made.people == ()
        assert report.problems == [
            f"«Status» er «{status}», men det står ingen sluttdato. Skriv datoen, eller rett statusen."
        ]
        made, report = one(Status=status, Sluttdato="1.9.2025")
        assert made.people[0].ended_on == date(2025, 9, 1)
        assert report.problems == []


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (
            {"Status": "aktiv", "Sluttdato": "1.9.2025"},
            "«Status» er «aktiv», men lista har en sluttdato, 1. september 2025",
        ),
        ({"Status": "venter", "Oppstart": "5.5.2025"}, "«Status» er «venter», og det passer ikke"),
        ({"Status": "i jobb"}, "«Status» er «i jobb», og det passer ikke"),
        ({"Status": "aktiv"}, ""),
        ({"Status": "i jobb", "Sluttdato": "1.9.2025"}, ""),
        ({"Status": "venter"}, ""),
        ({"Status": "permisjon"}, "«Status» er «permisjon». Lista sier ikke fra når"),
    ],
)
def test_a_status_that_contradicts_the_rest_is_told_and_never_written(cells, told):
    made, report = one(**cells)
    assert report.problems == []
    said = [doubt for doubt in report.doubts if "Status" in doubt]
    assert len(said) == bool(told)
    assert told in "".join(said)
    assert made.people[0].ended_on == (date(2025, 9, 1) if "Sluttdato" in cells else None)


def test_an_end_that_lies_ahead_is_planned_and_not_written():
    (person,) = kept("d07_nav_ascii.csv").people
    assert (person.given_name, person.family_name) == ("Kari Mellom", "Arrangør")
    assert (person.started_on, person.ended_on) == (date(2025, 2, 1), None)
    made, report = one(Sluttdato="31.12.2027")
    assert made.people[0].ended_on is None
    assert report.remarks == [
        "«Sluttdato» er 31. desember 2027, som er fram i tid. Det regnes som planlagt slutt og skrives ikke inn."
    ]
    # An end ahead is none for who is said to have ended.
    assert "ingen sluttdato" in one(Sluttdato="31.12.2027", Status="avsluttet")[1].problems[0]


@pytest.mark.parametrize("heading", ["Planlagt slutt", "Antatt sluttdato", "Tiltak slutt", "Forventet avslutning"])
def test_a_planned_end_is_no_end(heading):
    for cell, remarks in (("31.12.2027", 0), ("uke 12", 0), ("", 0), ("1.3.2026", 1)):
        made, report = one(**{heading: cell})
        assert (made.people[0].ended_on, report.problems) == (None, [])
        assert len(report.remarks) == remarks
    made, report = one(**{heading: "1.3.2026", "Avsluttet": "1.4.2026"})
    assert (made.people[0].ended_on, report.remarks[1:]) == (date(2026, 4, 1), [])


# Names and numbers in several columns


def test_a_number_in_two_columns_is_put_together():
    # Nobody has the two numbers of this list; that is told of the whole numbers, not that columns are missing.
    made = kept("c23_fnr_split.csv")
    assert [report.problems for report in made.reports.values()] == [
        ["Kontrollsifrene stemmer ikke. Se etter to sifre som har byttet plass."]
    ] * 2
    _read, with_zeros = read_list(
        text("Født;Personnr;Navn;Henvist", *(f"{day};10005;Kari Åsen;3.4.2025" for day in BORN))
    )
    assert [(person.number.digits, len(person.rows)) for person in with_zeros.people] == [("02817110005", len(BORN))]
    # The last five may have lost a zero too.
    number = next(digits for digits in (identity_number() for _ in range(500)) if digits[6] == "0")
    lost = text("Født;Personnr;Navn;Henvist", f"{number[:6]};{number[6:].lstrip('0')};Kari Åsen;3.4.2025")
    assert [person.number.digits for person in read_list(lost)[1].people] == [number]


BORN = ("02.01.1971", "2.1.71", "1971-01-02", "020171", "20171", "2. januar 1971", "02011971", "19710102")


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ("02.01.1971;10006", "Kontrollsifrene stemmer ikke"),
        (";10005", "Fødselsdatoen mangler"),
        ("snart;10005", "«snart» er ikke en dato"),
        ("02.01.1971;", "Fødselsnummeret mangler"),
        ("03.01.1971;02817110005", "Det er en annen dag enn i fødselsnummeret"),
    ],
)
def test_a_number_in_two_columns_that_cannot_be_right_is_told(cells, says):
    made = read_list(text("Fødselsdato;Personnummer;Navn;Henvist", f"{cells};Kari Åsen;3.4.2025"))[1]
    assert made.people == ()
    assert says in " ".join(made.reports[2].problems)


def test_a_whole_number_under_the_heading_of_the_last_five_digits_is_read():
    made = read_list(text("Fødselsdato;Personnummer;Navn;Henvist", "02.01.1971;02817110005;Kari Åsen;3.4.2025"))[1]
    assert [person.number.digits for person in made.people] == ["02817110005"]


def test_a_middle_name_belongs_to_the_given_name():
    made, _report = one(Navn="", Fornavn="KARI", Mellomnavn="LIE", Etternavn="ÅSEN")
    assert (made.people[0].given_name, made.people[0].family_name) == ("Kari Lie", "Åsen")


@pytest.mark.parametrize(
    ("written", "names"), [("Åsen Kari", ("Kari", "Åsen")), ("Åsen, Kari Lie", ("Kari Lie", "Åsen"))]
)
def test_a_heading_that_says_the_family_name_comes_first_is_believed(written, names):
    made = read_list(text('Fnr;"Etternavn, Fornavn";Henvist', f'{identity_number()};"{written}";3.4.2025'))[1]
    assert (made.people[0].given_name, made.people[0].family_name) == names
    made = read_list(text('Fnr;"Etternavn, Fornavn";Henvist', f"{identity_number()};Lie Åsen Kari;3.4.2025"))[1]
    assert "komma" in made.reports[2].problems[0]


# Headings


def without_letters(words: str, letters: dict[str, str]) -> str:
    return "".join(letters.get(letter, letter) for letter in words)


@pytest.mark.parametrize(
    "letters", [{"æ": "ae", "ø": "oe", "å": "aa"}, {"æ": "a", "ø": "o", "å": "a"}, {"ø": "ö", "æ": "ä"}]
)
def test_headings_are_known_without_norwegian_letters(letters):
    for field, headings in HEADINGS.items():
        for heading in headings:
            assert columns.field_of(without_letters(heading, letters)) is field, heading


def test_no_two_fields_share_a_heading_however_it_is_written():
    fields: dict[str, Field] = {}
    for field, headings in HEADINGS.items():
        for heading in headings:
            assert fields.setdefault(columns.folded(heading), field) is field, heading


@pytest.mark.parametrize("heading", ["Fødsels-\nnummer", "Fødselsnr.\n(11 siffer)", "Fødsels nummer", "FØDSELSNUMMER:"])
def test_headings_of_several_lines_are_known(heading):
    def fill(page, book):
        page.append([heading, "For-\nnavn", "Etter-\nnavn", "Henvist\ndato"])
        page.append([identity_number(), "Kari", "Åsen", "3.4.2025"])

    (person,) = read_list(xlsx(fill))[1].people
    assert (person.given_name, person.referred_on) == ("Kari", date(2025, 4, 3))


def test_headings_of_ips_grow():
    (person,) = kept("d06_ips_grow_no.csv").people
    assert (person.given_name, person.referred_on, person.ended_on) == ("Kari", date(2025, 4, 3), None)
    assert person.started_on is None
    (job,) = person.jobs
    assert (job.employer, job.title, job.hours) == ("Tesco", "Shop assistant", 16)
    assert (job.started_on, job.ended_on) == (date(2025, 6, 1), date(2025, 9, 1))


def test_headings_of_nav_s_list_of_participants():
    made = read_list(
        text(
            "Etternavn, Fornavn;Fødselsnr.;Status;Oppstart;Slutt;Søkt inn;Nav-enhet;Veileder",
            f"Åsen, Kari;{identity_number()};Deltar;05.05.2025;31.12.2027;03.04.2025;Nav Moss;Vera Veileder",
        )
    )[1]
    (person,) = made.people
    assert (person.family_name, person.referred_on, person.started_on, person.ended_on) == (
        "Åsen",
        date(2025, 4, 3),
        date(2025, 5, 5),
        None,
    )


# Two jobs in one row

WHO = "Fnr;Navn;Henvist;"


@pytest.mark.parametrize(
    "headings",
    [
        "Arbeidsgiver;Start;Timer;Arbeidsgiver;Start;Timer",
        "Arbeidsgiver;Start;Timer;Arbeidsgiver 2;Start 2;Timer 2",
        "Arbeidsgiver 1;Start 1;Timer 1;Arbeidsgiver 2;Start 2;Timer 2",
        "Arbeidsgiver1;Startdato1;Timer1;Arbeidsgiver2;Startdato2;Timer2",
        "Jobb 1 arbeidsgiver;Jobb 1 start;Jobb 1 timer;Jobb 2 arbeidsgiver;Jobb 2 start;Jobb 2 timer",
        "Arbeidsgiver jobb 1;Startdato jobb 1;Timer jobb 1;Arbeidsgiver jobb 2;Startdato jobb 2;Timer jobb 2",
        "Arbeidsgiver;Jobbstart;Timer i uka;Arbeidsgiver;Jobbstart;Timer i uka",
    ],
)
def test_two_jobs_side_by_side_are_two_jobs(headings):
    made = read_list(text(WHO + headings, f"{identity_number()};Kari Åsen;3.4.2025;Rema;1.6.2025;20;Kiwi;1.9.2025;15"))[
        1
    ]
    (person,) = made.people
    assert [(job.employer, job.started_on, job.hours) for job in person.jobs] == [
        ("Rema", date(2025, 6, 1), 20),
        ("Kiwi", date(2025, 9, 1), 15),
    ]


def test_two_jobs_under_merged_headings():
    def fill(page, book):
        page.append(["Deltaker", None, None, "Jobb 1", None, None, "Jobb 2", None, None])
        for cells in ("A1:C1", "D1:F1", "G1:I1"):
            page.merge_cells(cells)
        page.append(["Fnr", "Navn", "Henvist", *(["Arbeidsgiver", "Start", "Timer"] * 2)])
        page.append([identity_number(), "Kari Åsen", "3.4.2025", "Rema", "1.6.2025", 20, "Kiwi", "1.9.2025", 15])

    (person,) = read_list(xlsx(fill))[1].people
    assert [(job.employer, job.started_on) for job in person.jobs] == [
        ("Rema", date(2025, 6, 1)),
        ("Kiwi", date(2025, 9, 1)),
    ]


def test_the_kept_list_with_two_jobs():
    (person,) = kept("c47_duplicate_headings.csv").people
    assert [(job.employer, job.hours) for job in person.jobs] == [("Rema Eventyr", 20), ("Kiwi Drøm", 15)]


def test_what_could_be_of_either_job_is_not_read():
    headings = columns.recognise(
        list(enumerate((WHO + "Arbeidsgiver;Start;Arbeidsgiver;Start;Timer;Sluttdato;Avsluttet").split(";")))
    )
    assert [column.field.value for column in headings.values()][3:] == [
        "employer",
        "job_started_on",
        "employer_2",
        "job_started_on_2",
        "",
        "",
        "ended_on",
    ]


def test_an_end_of_each_of_two_jobs_is_no_end_of_the_follow_up():
    made = read_list(
        text(
            WHO + "Arbeidsgiver;Start;Avsluttet;Arbeidsgiver;Start;Avsluttet",
            f"{identity_number()};Kari Åsen;3.4.2025;Rema;1.6.2025;1.8.2025;Kiwi;1.9.2025;1.10.2025",
        )
    )[1]
    assert made.people == ()  # The hours are missing, in both.
    assert len(made.reports[2].problems) == 2


def test_a_third_job_and_a_second_phone_are_not_read():
    headings = (WHO + "Telefon;Telefon;" + ";".join(["Arbeidsgiver;Start"] * 3)).split(";")
    recognised = columns.recognise(list(enumerate(headings)))
    assert [at for at, column in recognised.items() if not column.field] == [4, 9, 10]


def test_the_fields_of_a_second_job_are_those_of_the_first():
    first = {field.value for field in SECOND_JOB}
    assert first == {field.value.removesuffix("_2") for field in SECOND_JOB.values()}
    assert len(first) == 10


def test_what_is_wrong_with_the_second_job_is_told_with_its_own_column():
    made = read_list(
        text(
            WHO + "Arbeidsgiver;Start;Timer;Arbeidsgiver 2;Start 2;Timer 2",
            f"{identity_number()};Kari Åsen;3.4.2025;Rema;1.6.2025;20;Kiwi;32.9.2025;15",
        )
    )[1]
    assert [problem.partition(":")[0] for problem in made.reports[2].problems] == ["Kolonnen «Start 2»"]


def test_a_row_with_a_specialist_s_name_alone_is_a_title_and_is_told(world):
    name = world.specialist.name
    outcome = write(
        world,
        text(
            "Fnr;Navn;Henvist",
            f"{identity_number()};Kari Åsen;3.4.2025",
            f";{name};",
            f"{identity_number()};Per Berg;3.4.2025",
            ";Ukjent Menneske;",
        ),
    )
    assert Case.objects.get(participant__family_name="Berg").specialist == world.specialist
    assert Case.objects.get(participant__family_name="Åsen").specialist is None
    assert outcome.reports[3].doubts == [
        f"Raden har bare navnet til {name}, som er jobbspesialist her. "
        "Den leses som en overskrift for radene under, ikke som en deltaker."
    ]
    # Anybody else's is a person whose number is missing.
    assert outcome.wrong == [5]
