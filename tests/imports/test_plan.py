"""Several rows of one person: what holds of each, and what is said of it. Nothing is written."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from plass.imports import mapping, plan, sheet
from plass.imports.plan_types import PlannedPerson
from plass.imports.questions import LATEST, NO_ANSWERS, TOGETHER, WAIT, Answers, Kind

from .lists import ago, csv, person, written, xlsx

JOB = {"Arbeidsgiver": "Kafé Fjord AS", "Stilling": "Servitør", "Ansettelsesform": "fast", "Prosent": "50"}


def joined(*changes, **first):
    """The one person of a row and of the same row with each of the changes, and what is remarked on the last."""
    row = person(**{"Kode 6/7": "", "Veileder": "", "Jobbslutt": "", "Ønsker": "", **first})
    read = sheet.read(csv([row, *({**row, **change} for change in changes)]), "liste")
    made = plan.make(read, mapping.by_headings(read), today=timezone.localdate())
    (only,) = made.people
    assert isinstance(only, PlannedPerson)
    report = made.reports[len(changes) + 2]
    assert report.problems == []
    return only, [str(remark) for remark in (*report.remarks, *report.doubts)]


@pytest.mark.parametrize(
    ("one", "other", "holds"),
    [
        ("kode 6", "", "strictly_confidential"),
        ("kode 6", "kode 7", "strictly_confidential"),
        ("kode 7", "egen ansatt", "confidential"),
        ("egen ansatt", "", "own_employee"),
    ],
)
def test_the_strictest_protection_holds_in_either_order(one, other, holds):
    for first, again in ((one, other), (other, one)):
        only, _said = joined({"Kode 6/7": again}, **{"Kode 6/7": first})
        assert only.person["protection"] == holds


def test_what_the_first_row_says_holds_and_another_date_is_told_once():
    only, said = joined({"Henvist dato": written(ago(90)), "Oppstart": written(ago(80))}, Oppstart=written(ago(170)))
    assert (only.referred_on, only.started_on) == (ago(180), ago(170))
    assert said == ["Samme person som i rad 2.", "En annen dato enn i rad 2. Den i rad 2 brukes."]


def test_another_specialist_and_counsellor_are_told_in_their_own_words():
    only, said = joined({"Jobbspesialist": "Kåre", "Veileder": "Vera"}, Jobbspesialist="Siri", Veileder="Vidar")
    assert (only.specialist, only.counsellor) == ("Siri", "Vidar")
    assert len(said) == 3 and "jobbspesialist" in said[1] and "veileder" in said[2]


def test_a_later_row_fills_what_is_empty_without_a_remark():
    only, said = joined({"Veileder": "Vera", "Telefon": "90000001"}, Telefon="")
    assert only.counsellor == "Vera"
    assert only.person["phone"] == "90000001"
    assert said == ["Samme person som i rad 2."]


@pytest.mark.parametrize("again", [False, True])
def test_the_end_of_the_follow_up_comes_with_its_cause_from_the_row_that_tells_it(again):
    end = {"Avsluttet": written(ago(10)), "Sluttårsak": "Kom i jobb"}
    begun = {"Oppstart": written(ago(170)), "Avsluttet": "", "Sluttårsak": ""}
    only, _said = joined(end, **begun) if again else joined(begun, **{**end, "Oppstart": ""})
    assert (only.started_on, only.ended_on, only.end_cause, only.end_note) == (ago(170), ago(10), "work", "Kom i jobb")


def test_wishes_are_put_together_and_none_stands_twice():
    only, _said = joined({"Ønsker": "Bake brød"}, {"Ønsker": "Kjøre bil"}, {"Ønsker": ""}, Ønsker="Kjøre bil")
    assert only.wishes == "Kjøre bil\nBake brød"


def test_the_end_that_one_row_tells_of_a_job_holds_in_either_order():
    began = {**JOB, "Jobbstart": written(ago(60))}
    for first, again in (("", written(ago(5))), (written(ago(5)), "")):
        only, said = joined({"Jobbslutt": again}, **began, Jobbslutt=first)
        assert [job.ended_on for job in only.jobs] == [ago(5)]
        assert said == ["Samme person som i rad 2."]


@pytest.mark.parametrize("change", [{"Jobbslutt": written(ago(9))}, {"Prosent": "80"}])
def test_the_same_job_with_another_end_or_other_hours_is_told_and_the_first_holds(change):
    only, said = joined(change, **JOB, Jobbstart=written(ago(60)), Jobbslutt=written(ago(5)))
    assert [(job.ended_on, str(job.hours)) for job in only.jobs] == [(ago(5), "18.75")]
    assert len(said) == 2 and "Samme jobb står i rad 2" in said[1]


# Several periods of one person.

OVER = {"Henvist dato": "1.2.2023", "Avsluttet": "1.9.2023", "Sluttårsak": "jobb"}
OPEN = {"Henvist dato": "1.3.2026", "Avsluttet": "", "Sluttårsak": ""}
OVER_TOO = {"Henvist dato": "1.2.2024", "Avsluttet": "1.9.2024", "Sluttårsak": "skole"}


def planned(rows, answer=None):
    """What rows of one person become, with the answer to the question of their periods."""
    number = person()["Fødselsnummer"]
    read = sheet.read(csv([{**person(Telefon=""), **row, "Fødselsnummer": number} for row in rows]), "liste")

    def make(answers):
        return plan.make(read, mapping.by_headings(read), today=date(2026, 11, 30), answers=answers)

    made = make(NO_ANSWERS)
    return made if answer is None else make(Answers({one.key: answer for one in made.questions}))


@pytest.mark.parametrize(
    ("rows", "begins", "ends"),
    [
        ([OVER, OPEN], "2026-03-01", None),
        ([OPEN, OVER], "2026-03-01", None),
        ([OVER, OVER_TOO], "2024-02-01", "2024-09-01"),
        ([OVER_TOO, OVER, OPEN], "2026-03-01", None),
        ([OVER, {**OPEN, "Henvist dato": "1.9.2023"}], "2023-09-01", None),
        ([OVER, {**OPEN, "Henvist dato": "", "Oppstart": "1.3.2026"}], None, None),
        ([{**OVER, "Henvist dato": "", "Oppstart": "1.3.2023"}, OPEN], "2026-03-01", None),
    ],
)
def test_several_periods_are_asked_about_and_the_last_one_is_written(rows, begins, ends):
    asked = planned(rows)
    assert asked.people == ()
    (question,) = asked.open_questions
    assert (question.kind, question.rows) == (Kind.PERIODS, tuple(range(2, len(rows) + 2)))
    assert len(question.shown) == len(rows) + 1 and "1.9.2023" in "".join(question.shown)
    assert all("flere oppfølgingsløp" in asked.reports[row].questions[0] for row in question.rows)
    made = planned(rows, LATEST)
    (only,) = made.people
    assert (str(only.referred_on), str(only.ended_on)) == (str(begins), str(ends))
    assert only.started_on is None or str(only.started_on) == "2026-03-01"
    left = [row for row in question.rows if any("tidligere oppfølgingsløp" in one for one in made.reports[row].doubts)]
    assert len(left) == len(rows) - 1 and only.rows[0] not in left
    # All of them are of this person, so that the sums add up.
    assert {made.reports[row].person for row in question.rows} == {only.rows[0]}


WITHIN = {"Henvist dato": "1.5.2023", "Avsluttet": "1.6.2023", "Sluttårsak": "skole"}
WENT_ON = {**OPEN, "Henvist dato": "1.5.2023"}


@pytest.mark.parametrize(
    ("rows", "latest", "together"),
    [
        ([OVER, WENT_ON], "1.5.2023–", "1.2.2023–"),
        ([WENT_ON, OVER], "1.5.2023–", "1.2.2023–"),
        ([OVER, WITHIN], "1.5.2023–1.6.2023", "1.2.2023–1.9.2023"),
        (
            [{**OVER, "Henvist dato": "1.5.2023"}, {**WITHIN, "Henvist dato": "1.4.2023"}],
            "1.5.2023–1.9.2023",
            "1.4.2023–1.9.2023",
        ),
        # The earlier one has no end.
        ([{**OPEN, "Henvist dato": "1.2.2023"}, WITHIN], "1.5.2023–1.6.2023", "1.2.2023–"),
        ([OVER, WITHIN, OPEN], "1.3.2026–", "1.2.2023–"),
    ],
)
def test_periods_that_overlap_are_asked_about_as_that(rows, latest, together):
    job = {**JOB, "Jobbslutt": ""}
    rows = [
        {**row, **job, "Arbeidsgiver": employer, "Jobbstart": "1.5.2023"}
        for row, employer in zip(rows, ("Kafé", "Lager", "Butikk"), strict=False)
    ]
    (question,) = planned(rows).open_questions
    assert question.kind is Kind.OVERLAP and len(question.shown) == len(rows) + 1
    assert "overlapper" in planned(rows).reports[2].questions[0]

    def written_as(answer):
        (only,) = planned(rows, answer).people
        end = f"{only.ended_on.day}.{only.ended_on.month}.{only.ended_on.year}" if only.ended_on else ""
        begin = only.referred_on
        return f"{begin.day}.{begin.month}.{begin.year}–{end}", only, planned(rows, answer).reports

    said, only, _reports = written_as(LATEST)
    assert (said, len(only.jobs)) == (latest, 1)
    said, only, reports = written_as(TOGETHER)
    assert (said, len(only.jobs)) == (together, len(rows))
    assert bool(only.ended_on) == bool(only.end_cause)
    assert not any("annen dato" in one for report in reports.values() for one in report.doubts)
    told = [one for report in reports.values() for one in report.remarks if together in one]
    assert len(told) == len(rows)


@pytest.mark.parametrize("rows", [[OVER, OPEN], [OVER, WENT_ON]])
def test_who_has_several_periods_may_wait_until_the_list_is_mended(rows):
    made = planned(rows, WAIT)
    assert made.people == () and not made.open_questions
    assert all("etter svaret ditt" in report.problems[0] for report in made.reports.values())


@pytest.mark.parametrize(
    "rows",
    [
        [OVER, OVER],
        [OVER, {**OVER, "Henvist dato": ""}],
        [OVER, {"Henvist dato": "1.2.2023", "Avsluttet": ""}],
        [{"Henvist dato": "1.2.2023", "Avsluttet": ""}, {"Henvist dato": "1.3.2023", "Avsluttet": ""}],
        [OVER, {**OVER, "Henvist dato": "3.2.2023"}],
    ],
)
def test_one_period_is_not_asked_about(rows):
    made = planned(rows)
    assert (len(made.people), made.questions) == (1, ())


def test_a_row_without_a_date_is_of_the_period_above_it():
    job = {**JOB, "Henvist dato": "", "Jobbslutt": "", "Avsluttet": ""}
    rows = [OVER, {**job, "Jobbstart": "1.4.2023"}, OPEN, {**job, "Arbeidsgiver": "Lager", "Jobbstart": "1.5.2026"}]
    (only,) = planned(rows, LATEST).people
    assert [one.employer for one in only.jobs] == ["Lager"]
    assert only.rows == [4, 5, 2, 3]


def test_several_sheets_with_a_period_each_are_asked_about():
    def fill(first, book):
        second = book.create_sheet("Aktive")
        first.title = "Avsluttet 2023"
        for one, row in ((first, OVER), (second, {"Henvist dato": "1.3.2026"})):
            whole = {**person(), **row, "Fødselsnummer": "17859000185"}
            one.append(list(whole))
            one.append(list(whole.values()))

    read = sheet.read(xlsx(fill), "liste")
    made = plan.make(read, mapping.by_headings(read), today=date(2026, 11, 30))
    assert made.people == ()
    assert [one.kind for one in made.open_questions] == [Kind.PERIODS]


# What only one of two rows can be right about.


@pytest.mark.parametrize(
    ("column", "name", "one", "other"),
    [
        ("Telefon", "phone", "11111111", "99887766"),
        ("E-post", "email", "a@example.no", "b@example.no"),
        ("Adresse", "address", "Storgata 1", "Lillegata 2"),
    ],
)
def test_other_particulars_further_down_are_told_and_hold(column, name, one, other):
    only, said = joined({column: other}, **{column: one})
    assert only.person[name] == other
    assert said[1:] == [f"«{column}» er «{one}» i en rad over. Det denne raden sier, brukes."]


def test_a_new_street_does_not_get_the_old_postal_code():
    old = {"Adresse": "Storgata 1", "Postnummer": "0150", "Poststed": "Oslo"}
    only, _said = joined({"Adresse": "Lillegata 2", "Postnummer": "", "Poststed": ""}, **old)
    assert [only.person[name] for name in ("address", "postal_code", "place")] == ["Lillegata 2", "", ""]
    only, said = joined({"Adresse": "", "Postnummer": "", "Poststed": ""}, **old)
    assert [only.person[name] for name in ("address", "postal_code", "place")] == ["Storgata 1", "0150", "Oslo"]
    assert said == ["Samme person som i rad 2."]


@pytest.mark.parametrize("again", ["11 11 11 11", "+47 11111111", ""])
def test_the_same_phone_written_otherwise_is_not_told(again):
    only, said = joined({"Telefon": again}, Telefon="11111111")
    assert only.person["phone"] == "11111111"
    assert said == ["Samme person som i rad 2."]


def test_another_cause_of_one_end_is_told_and_one_that_only_a_later_row_has_is_taken():
    end = {"Avsluttet": written(ago(10)), "Sluttårsak": "Kom i jobb"}
    only, said = joined({"Sluttårsak": "sykdom"}, **end)
    assert only.end_cause == "work"
    assert said[-1] == "En annen sluttårsak enn i rad 2. Den i rad 2 brukes."
    only, said = joined({"Sluttårsak": "sykdom"}, **{**end, "Sluttårsak": ""})
    assert only.end_cause == "illness"


def test_other_words_of_one_job_are_told_and_those_that_only_a_later_row_has_are_taken():
    job = {**JOB, "Jobbstart": written(ago(60)), "Lønnstilskudd": "", "Ansettelsesform": ""}
    only, said = joined({"Stilling": "Kokk", "Ansettelsesform": "fast"}, **job)
    assert [(one.title, one.form) for one in only.jobs] == [("Servitør", "permanent")]
    assert any("Samme jobb står i rad 2" in one for one in said)
