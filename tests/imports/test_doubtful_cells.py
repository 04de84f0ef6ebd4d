"""Cells that could be read wrongly without anybody noticing: each is read right, told in a remark, or asked about."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from plass.cases.models import Participant
from plass.imports import date_values, error_workbook, mapping, plan, sheet, values
from plass.imports.fields import Field
from plass.imports.lengths import LONGEST, LONGEST_NAME
from plass.imports.plan_types import Plan, RowReport
from plass.imports.questions import NO_ANSWERS, Answers, accepting_guesses

from ..world import identity_number
from .lists import ago, csv, person, written

_REFERENCE = Path(__file__).parent / "reference"
TODAY = date(2026, 11, 30)


def read(content: bytes, answers: Answers = NO_ANSWERS) -> Plan:
    """What the list in a file would become."""
    found = sheet.read(content, "list")
    return plan.make(found, mapping.by_headings(found), today=TODAY, answers=answers)


def read_accepting(content: bytes) -> Plan:
    """What the list would become where every guess is accepted."""
    asked = read(content)
    assert asked.open_questions
    return read(content, accepting_guesses(asked.questions, asked.answers))


def read_reference(name: str) -> Plan:
    return read((_REFERENCE / name).read_bytes())


def read_row(*, accepting: bool = False, **more: str) -> tuple[Plan, RowReport]:
    """What one row would become, and its report."""
    content = csv([person(**{"Henvist dato": "3.4.2024", **more})])
    made = read_accepting(content) if accepting else read(content)
    return made, made.reports[2]


def test_only_a_whole_known_phrase_is_an_outcome() -> None:
    # The names in the file are numbered, which no name is.
    content = re.sub(rb"Nr\d", b"Nr", (_REFERENCE / "d03_end_causes.csv").read_bytes())
    assert {person.end_note: person.end_cause for person in read(content).people} == {
        "søknad om uføre til behandling": "disability_applied"
    }
    made = read_accepting(content)
    assert {person.end_note: person.end_cause for person in made.people} == {
        "Fikk avslag på uføretrygd": "other",
        "Søker jobb selv": "other",
        "Mangler jobb": "other",
        "Fant aldri jobb": "other",
        "Sluttet i jobb": "other",
        "Ville ha jobb, men ble syk": "other",
        "søknad om uføre til behandling": "disability_applied",
        "Jobbsøker videre": "other",
        "ikke møtt": "other",
        "Venter på skole": "other",
    }
    assert all("Sluttårsaken «" in report.remarks[0] for report in made.reports.values())


@pytest.mark.parametrize(
    ("words", "cause"),
    [("Kom i jobb.", "work"), ("I  arbeid", "work"), ("Jobb?", "other"), ("Fikk uføretrygd", "disability_granted")],
)
def test_a_known_phrase_is_known_however_it_is_typed_and_not_with_a_doubt(words: str, cause: str) -> None:
    made, report = read_row(accepting=cause == "other", Avsluttet="1.6.2025", Sluttårsak=words)
    assert made.people[0].end_cause == cause
    assert len(report.remarks) == 1


JOB = {"Arbeidsgiver": "Kafé", "Jobbstart": "1.6.2025", "Timer": "20", "Ansettelsesform": "fast"}


@pytest.mark.parametrize(
    ("words", "reason"),
    [("Ville ikke si opp, ble sagt opp", "other"), ("Søker ny jobb", "other"), ("Fikk ny jobb", "new_job")],
)
def test_why_a_job_ended_is_a_whole_phrase_too(words: str, reason: str) -> None:
    job = {**JOB, "Jobbslutt": "1.9.2025", "Sluttårsak jobb": words}
    made, _report = read_row(accepting=reason == "other", **job)
    assert made.people[0].jobs[0].end_reason == reason


@pytest.mark.parametrize(
    ("words", "form"), [("Fast stilling", "permanent"), ("Ikke fast", "temporary"), ("Kanskje fast", "temporary")]
)
def test_a_form_of_employment_is_a_whole_phrase_too(words: str, form: str) -> None:
    made, report = read_row(accepting=form == "temporary", **{**JOB, "Ansettelsesform": words})
    assert made.people[0].jobs[0].form == form
    assert len(report.remarks) == (words != "Fast stilling")


def test_words_about_a_work_trial_are_never_guessed_to_be_a_job_with_a_wage() -> None:
    made, report = read_row(accepting=True, **{**JOB, "Ansettelsesform": "Fast etter praksis"})
    assert made.people == ()
    assert report.questions == ["Kolonnen «Ansettelsesform»: Hva betyr «Fast etter praksis»?"]


def test_five_digits_are_a_date_without_its_zero_where_the_column_shows_it() -> None:
    made = read_reference("c17_ddmmyy_lost_zero.csv")
    assert [person.referred_on for person in made.people] == [
        date(2024, 4, 4),
        date(2025, 4, 5),
        date(2024, 4, 12),
        date(2024, 4, 4),
    ]
    assert made.reports[2].remarks == [
        "«40424» er lest som 4. april 2024, slik de andre datoene i kolonnen er skrevet."
    ]
    assert made.reports[4].remarks == made.reports[5].remarks == []


def column_of_dates(*cells: str) -> tuple[list[date | None], Plan]:
    made = read(csv([person("Nr", "Nummer", **{"Henvist dato": cell}) for cell in cells]))
    days = {planned.rows[0]: planned.referred_on for planned in made.people}
    return [days.get(row) for row in range(2, len(cells) + 2)], made


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        # A day count beside it, and the same number as day, month and year.
        (("40424", "45385"), (date(2010, 9, 3), date(2024, 4, 3))),
        (("40424", "120424"), (date(2024, 4, 4), date(2024, 4, 12))),
        # Nothing decides, or both kinds occur.
        (("40424", "3.4.2024"), (None, date(2024, 4, 3))),
        (("40424", "45385", "120424"), (None, date(2024, 4, 3), date(2024, 4, 12))),
    ],
)
def test_five_digits_are_what_the_column_shows_or_asked_about(
    cells: tuple[str, ...], days: tuple[date | None, ...]
) -> None:
    found, made = column_of_dates(*cells)
    assert found == list(days)
    report = made.reports[2]
    assert len(report.remarks) == (days[0] is not None)
    asked = [
        "Kolonnen «Henvist dato»: «40424» kan være både 4. april 2024 og 3. september 2010. "
        "Skriv dag, måned og år med tall: DD.MM.ÅÅÅÅ."
    ]
    assert report.problems == ([] if days[0] else asked)


def test_one_day_after_the_twelfth_makes_a_column_month_first_and_says_so() -> None:
    made = read_reference("c18_us_dates.csv")
    assert [(person.referred_on, person.started_on) for person in made.people] == [
        (date(2025, 3, 4), date(2025, 3, 14)),
        (date(2025, 4, 5), date(2025, 4, 9)),
        (date(2024, 12, 31), date(2025, 1, 15)),
    ]
    assert [len(report.remarks) for report in made.reports.values()] == [2, 2, 2]
    assert made.reports[3].remarks[0].startswith("«04/05/2025» er lest som 5. april 2025")


@pytest.mark.parametrize(
    ("cells", "days"),
    [
        (("04/05/2025", "31/12/2024"), (date(2025, 5, 4), date(2024, 12, 31))),
        (("04/05/2025", "31/12/2024", "12/31/2024"), (None, date(2024, 12, 31), date(2024, 12, 31))),
        (("05/05/2025", "31/12/2024", "12/31/2024"), (date(2025, 5, 5), date(2024, 12, 31), date(2024, 12, 31))),
    ],
)
def test_where_both_orders_occur_what_could_be_two_days_is_asked_about(
    cells: tuple[str, ...], days: tuple[date | None, ...]
) -> None:
    found, made = column_of_dates(*cells)
    assert found == list(days)
    assert made.reports[2].remarks == []
    assert ["kan være to datoer" in problem for problem in made.reports[2].problems] == [True] * (days[0] is None)


def test_a_column_that_shows_no_order_is_asked_about_beside_one_with_the_month_first() -> None:
    made = read(
        csv(
            [
                person(**{"Henvist dato": "12/31/2024", "Første samtale": "02/03/2025"}),
                person(**{"Henvist dato": "12/30/2024", "Første samtale": "02/02/2025"}),
            ]
        )
    )
    assert [person.started_on for person in made.people] == [date(2025, 2, 2)]
    assert "«02/03/2025» kan være to datoer" in made.reports[2].questions[0]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("04/05/2025", "12/31/2024"), date(2025, 4, 5)),
        (("40424", "120424"), date(2024, 4, 4)),
        (("04/05/2025", "31/12/2024", "12/31/2024"), None),
    ],
)
def test_a_row_to_mend_stands_alone_with_the_date_that_its_column_told(
    cells: tuple[str, ...], expected: date | None
) -> None:
    content = csv([person("Nr", "", **{"Henvist dato": cell}) for cell in cells])
    found = sheet.read(content, "list")
    chosen = mapping.by_headings(found)
    made = plan.make(found, chosen, today=TODAY)
    rest = sheet.read(error_workbook.workbook(found, [made.reports[2]], chosen), "rest")
    cell = rest.rows[0].cells[3]
    if expected:
        assert cell == expected
    else:
        with pytest.raises(ValueError, match="er ikke en dato"):
            date_values.day(cell)


@pytest.mark.parametrize(
    ("heading", "cell", "hours"),
    [
        ("Timer", "50 %", "18.75"),
        ("Timer", "50 prosent", "18.75"),
        ("Timer", "0,5 t", "0.5"),
        ("Timer", "0", "0"),
        ("Timer (%)", "0,5", "18.75"),
        ("Timer", "0,5", None),
        ("Timer", "1", None),
    ],
)
def test_a_part_of_one_in_a_column_of_hours_is_asked_about(heading: str, cell: str, hours: str | None) -> None:
    job = {key: value for key, value in JOB.items() if key != "Timer"}
    made, report = read_row(**job, **{heading: cell})
    assert [planned.jobs[0].hours for planned in made.people] == ([] if hours is None else [Decimal(hours)])
    if hours is None:
        (problem,) = report.problems
        assert (
            "kan være timer eller en del av en stilling. Skriv timer som «20 t», eller stillingsprosent som «50 %»"
            in problem
        )


def test_many_hours_are_remarked_on() -> None:
    for hours, doubts in (
        ("40", []),
        ("50", ["50 timer i uken er mer enn full stilling. Er det timer i måneden, eller prosent?"]),
    ):
        made, report = read_row(**{**JOB, "Timer": hours})
        assert made.people[0].jobs[0].hours == Decimal(hours)
        assert report.doubts == doubts


@pytest.mark.parametrize(
    "number", [10**400, -(10**400), 1e308, float("inf"), float("nan"), Decimal("1e9999"), "9" * 5_000]
)
def test_no_figure_breaks_the_reading(number: sheet.Cell) -> None:
    rows = (sheet.Row(2, (number,) * len(Field)),)
    columns = tuple(sheet.Column(at, field.value) for at, field in enumerate(Field))
    made = plan.make(sheet.Sheet(columns, rows, ()), dict(enumerate(Field)), today=TODAY)
    assert made.people == ()
    assert len(made.reports[2].problems) > 5


def test_a_huge_number_in_a_workbook_is_refused_with_a_sentence() -> None:
    made = read_reference("x22_huge_number.xlsx")
    assert made.people == ()
    assert any("Kolonnen «" in problem or "nummer" in problem for problem in made.reports[2].problems)


def test_a_mark_for_the_row_above_is_told_and_is_no_employer() -> None:
    made = read_reference("c20_ditto.csv")
    assert [person.jobs[0].employer for person in made.people] == ["Rema Eventyr"]
    for row, marks in ((3, ['"'] * 4), (4, ["do.", "do."]), (5, ['–"–', "samme"])):
        problems = made.reports[row].problems
        assert [problem.partition("«")[2].partition(": «")[2].partition("»")[0] for problem in problems] == marks
        assert all("står for det som er i raden over" in problem for problem in problems)


@pytest.mark.parametrize("mark", ['"', "”", "''", '-"-', "–”–", "do.", "Samme", "ditto", "samme som over", "´´"])
def test_marks_for_the_row_above_are_known_as_people_write_them(mark: str) -> None:
    with pytest.raises(ValueError, match="raden over"):
        values.refuse_ditto(mark)


@pytest.mark.parametrize("words", ["Do", "Samme Kafé", "O'Brien", "-", "", None, 4])
def test_what_only_looks_like_a_mark_is_left_alone(words: sheet.Cell) -> None:
    values.refuse_ditto(words)


def test_what_is_more_than_a_name_is_told() -> None:
    made = read_reference("c22_names.csv")
    assert [f"{person.given_name} {person.family_name}" for person in made.people] == [
        "Kari Hansen",
        "Hansen Kari",
        "K H",
        "Jan van der Berg",
        "Jan van der Berg",
        "Kari H.",
        "Kari Hansen",
        "kari hansen",
        "Kari Mc-Hansen",
        "Na Li",
        "Li Na",
    ]
    more_than_a_name = [
        row for row, report in made.reports.items() if any("mer enn et navn" in said for said in report.problems)
    ]
    assert more_than_a_name == [3, 8, 9, 10, 14, 16, 19, 20, 21]


@pytest.mark.parametrize("name", ["Åse-Mari", "D'Angelo", "José", "Nguyễn", "Jose\u0301", "Kari A."])
def test_letters_of_every_language_are_names(name: str) -> None:
    assert values.names(None, name, "Li") == (name, "Li")


def test_another_given_name_under_the_same_number_is_told_in_both_rows() -> None:
    made = read_reference("c24_siblings_same_fnr.csv")
    assert made.people == ()
    assert "rad 3 i lista med et annet navn: Per Hansen" in made.reports[2].problems[0]
    assert "rad 2 i lista med et annet navn: Kari Hansen" in made.reports[3].problems[0]


@pytest.mark.parametrize(("again", "doubts"), [("Kari Anne", 1), ("kari", 0), ("KARI", 0)])
def test_a_name_that_is_written_shorter_or_longer_is_the_same_person(again: str, doubts: int) -> None:
    row = person("Kari", "Hansen")
    made = read(csv([row, {**row, "Fornavn": again}]))
    assert [person.given_name for person in made.people] == ["Kari"]
    assert len([said for said in made.reports[3].doubts if "rad 2" in said]) == doubts


def test_what_goes_on_has_no_end_and_an_end_needs_its_day() -> None:
    made = read_reference("c42_ended_words.csv")
    assert [(person.family_name, person.ended_on) for person in made.people] == [("Aktiv", None), ("Pågår", None)]
    assert made.reports[2].problems == made.reports[3].problems == []
    assert made.reports[4].problems == ["Kolonnen «Avsluttet»: «ja» sier at det er slutt, men ikke når. Skriv datoen."]


def test_null_is_a_family_name_and_what_programs_write_is_none() -> None:
    assert [person.family_name for person in read_reference("e03_null_surname.csv").people] == ["Null"]
    assert values.names(None, "Nils", "Null") == ("Nils", "Null")
    for name, family in (("Nils NULL", None), ("Nils null", None), (None, "null"), (None, "NULL")):
        with pytest.raises(ValueError, match="er ikke et navn"):
            values.names(name, "Nils" if family else None, family)


def test_a_row_with_only_a_name_is_a_row_to_mend() -> None:
    made = read_reference("d05_name_only_row.csv")
    assert [person.given_name for person in made.people] == ["Kari"]
    assert made.reports[3].who == "Per Halv"
    assert "Fødselsnummeret mangler" in made.reports[3].problems[0]


def test_hours_as_a_time_are_told_as_they_are_written() -> None:
    made = read_reference("x37_job_hours_range.xlsx")
    assert any("«37:30» er ikke et tall" in problem for problem in made.reports[3].problems)


@pytest.mark.parametrize(
    ("cell", "written", "says"),
    [
        ("kommer snart", "", "«kommer snart» er ikke et telefonnummer og tas ikke med"),
        ("kari@epost.no", "", "«kari@epost.no» er ikke et telefonnummer"),
        ("912 34 567 / 413 22 111", "912 34 567", "Flere telefonnumre: 912 34 567 tas med, og 413 22 111 utelates"),
        ("912 34 567 mor", "", "«912 34 567 mor» nevner noen andre"),
        ("912 34 567 kveld", "912 34 567", "«kveld» står ved siden av telefonnummeret"),
        ("912 34 56", "912 34 56", "færre enn åtte sifre"),
        ("01.02.2025", "", "«01.02.2025» er ikke et telefonnummer"),
        ("2025-02-01", "", "«2025-02-01» er ikke et telefonnummer"),
    ],
)
def test_what_is_no_phone_number_is_told_and_not_written(cell: str, written: str, says: str) -> None:
    made, report = read_row(Telefon=cell)
    assert made.people[0].person["phone"] == written
    assert says in " ".join(report.doubts)


@pytest.mark.parametrize("cell", ["høsten 2025", "uke 40", "mars 26", "ikke møtt", "12/13/2025 og 3/4"])
def test_no_sentence_about_a_date_holds_a_date_that_could_be_taken_for_the_answer(cell: str) -> None:
    _made, report = read_row(**{"Henvist dato": cell})
    (said,) = report.problems
    assert "er ikke en dato" in said
    assert not re.search(r"\d\d?\.\d\d?\.\d{4}", said)
    assert "dag, måned og år" in said


@pytest.mark.parametrize(
    ("heading", "cell", "more"),
    [
        ("Sist møtt", "uke 40", {}),
        ("Første samtale", "ikke møtt", {}),
        ("Lønnstilskudd", "ja, midlertidig", {"Arbeidsgiver": "Rema", "Jobbstart": "1.6.2024", "Timer": "20"}),
    ],
)
def test_a_cell_that_a_person_can_be_written_without_is_asked_about(
    heading: str, cell: str, more: dict[str, str]
) -> None:
    content = csv([person(**{"Henvist dato": "3.4.2024", heading: cell, **more})])
    asked = read(content)
    (question,) = asked.open_questions
    assert question.shown == (heading, cell)
    assert asked.people == () and not asked.reports[2].problems
    without = read(content, Answers({question.key: "without"}))
    assert len(without.people) == 1
    assert f"«{cell}» kan ikke leses" in " ".join(without.reports[2].remarks)
    waits = read(content, Answers({question.key: "wait"}))
    assert waits.people == () and waits.reports[2].problems


def test_the_cells_of_a_column_are_one_question() -> None:
    rows = [person(**{"Henvist dato": "3.4.2024", "Sist møtt": f"uke {n}"}) for n in (40, 41, 40)]
    (question,) = read(csv(rows)).open_questions
    assert question.shown == ("Sist møtt", "uke 40", "uke 41")
    assert question.rows == (2, 3, 4)


def test_hours_of_no_job_stop_nobody() -> None:
    made, report = read_row(Timer="15-20")
    assert len(made.people) == 1 and "sier noe om en jobb" in " ".join(report.doubts)


@pytest.mark.parametrize(
    ("cell", "hours"),
    [("37,5", {"hours": "37.5", "per_cent": "14.06"}), ("18,75", {"hours": "18.75", "per_cent": "7.03"})],
)
def test_hours_in_a_column_of_per_cent_are_asked_about(cell: str, hours: dict[str, str]) -> None:
    job = {"Arbeidsgiver": "Rema", "Jobbstart": "1.6.2024", "Stillingsprosent": cell, "Henvist dato": "3.4.2024"}
    content = csv([person(**job), person(**{**job, "Stillingsprosent": "50"})])
    asked = read(content)
    (question,) = asked.open_questions
    assert [one.jobs[0].hours for one in asked.people] == [Decimal("18.75")]
    for answer, expected in hours.items():
        assert read(content, Answers({question.key: answer})).people[0].jobs[0].hours == Decimal(expected)
    assert read(csv([person(**{**job, "Stillingsprosent": f"{cell} %"})])).open_questions == []


@pytest.mark.parametrize(
    ("name", "read_as", "told"),
    [
        ("DAHL RANDI", "Dahl Randi", True),
        ("DAHL, RANDI", "Randi Dahl", False),
        ("Randi Dahl", "Randi Dahl", False),
        ("RANDI ÅS", "Randi Ås", True),
        ("J Hansen", "J Hansen", False),
    ],
)
def test_the_order_of_a_name_in_capitals_is_told(name: str, read_as: str, told: bool) -> None:
    row = {"Fødselsnummer": identity_number(), "Navn": name, "Henvist dato": "3.4.2024"}
    made = read(csv([row]))
    assert f"{made.people[0].given_name} {made.people[0].family_name}" == read_as
    assert any("setter du komma" in doubt for doubt in made.reports[2].doubts) is told


@pytest.mark.parametrize("name", ["Kari, ny Hansen", "Kari Hansen venter", "Kari og Per Hansen", "ny Kari Hansen"])
def test_a_small_word_that_is_no_part_of_a_name_is_told(name: str) -> None:
    with pytest.raises(ValueError, match="mer enn et navn"):
        values.names(name, None, None)


@pytest.mark.parametrize("name", ["Ny Nguyen", "kari ny hansen", "Ole von der Lippe", "Ny Eller"])
def test_the_same_word_as_a_name_is_one(name: str) -> None:
    assert " ".join(values.names(name, None, None)) == name


@pytest.mark.parametrize(("hours", "told"), [("18,754", True), ("18,75", False), ("20", False), ("50 %", False)])
def test_hours_that_are_rounded_are_told(hours: str, told: bool) -> None:
    job = {"Arbeidsgiver": "Kafé", "Ansettelsesform": "fast", "Jobbstart": written(ago(60)), "Timer": hours}
    found = sheet.read(csv([person(**job)]), "liste.csv")
    made = plan.make(found, mapping.by_headings(found), today=timezone.localdate())
    says = "«18,754» timer skrives inn som 18,75. Timer har to desimaler."
    assert (says in made.reports[2].doubts) is told


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Adresse", Field.ADDRESS),
        ("Sted", Field.PLACE),
        ("Stilling", Field.JOB_TITLE),
        ("Arbeidsgiver", Field.EMPLOYER),
    ],
)
def test_a_text_is_cut_at_what_its_model_holds_and_that_is_told(heading, field) -> None:
    job = {
        "Arbeidsgiver": "Kafé",
        "Jobbstart": "1.3.2025",
        "Timer": "20",
        "Ansettelsesform": "fast",
        "Stilling": "kokk",
    }
    fits, too_long = "Åse" * 100, "Åse" * 200
    for cell, is_told in ((fits[: LONGEST[field]], False), (too_long, True)):
        made = read(csv([person(**{**job, heading: cell})]))
        (one,) = made.people
        read_as = {**one.person, "job_title": one.jobs[0].title, "employer": one.jobs[0].employer}[field.value]
        assert read_as == cell[: LONGEST[field]]
        assert any("for langt" in doubt for doubt in made.reports[2].doubts) is is_told


def test_no_name_is_longer_than_both_names_may_be() -> None:
    longest = [Participant._meta.get_field(name).max_length for name in ("given_name", "family_name")]
    assert sum(longest) + 1 == LONGEST_NAME
