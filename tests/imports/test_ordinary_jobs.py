"""What stands in a list as a job and may be none, or a work trial or a measure, is asked about once for each text."""

from __future__ import annotations

import pytest
from django.utils import timezone

from plass.imports import job_signs, mapping, plan, sheet
from plass.imports.plan_types import Plan
from plass.imports.questions import NO_ANSWERS, Answers, Kind, accepting_guesses
from plass.jobs.models import JobStarted

from ..world import identity_number
from .lists import ago, csv, person, written

JOB = {"Arbeidsgiver": "Kiwi", "Stilling": "Butikk", "Timer": "20", "Jobbstart": written(ago(60))}


def read(*rows: dict[str, str], answers: Answers = NO_ANSWERS) -> Plan:
    found = sheet.read(csv(list(rows)), "list")
    return plan.make(found, mapping.by_headings(found), today=timezone.localdate(), answers=answers)


def asked(made: Plan) -> list[tuple[Kind, tuple[str, ...], str]]:
    return [(question.kind, question.shown, question.guess) for question in made.open_questions]


@pytest.mark.parametrize(
    ("column", "words", "guess"),
    [
        ("Stilling", "Praksis", "work_trial"),
        ("Stilling", "Arbeidstrening butikk", "work_trial"),
        ("Stilling", "Praksisplass", "work_trial"),
        ("Stilling", "Språkpraksis", "work_trial"),
        ("Stilling", "Hospitering", "job_taster"),
        ("Stilling", "Utprøving", "work_trial"),
        ("Stilling", "VTA-plass", "work_trial"),
        ("Stilling", "frivillig", "work_trial"),
        ("Stilling", "Butikk (lønnstilskudd)", "subsidised"),
        ("Stilling", "Butikk m/ lønnstilskot", "subsidised"),
        ("Arbeidsgiver", "Kiwi (praksis)", "work_trial"),
        ("Arbeidsgiver", "Praksis Kiwi", "work_trial"),
        ("Arbeidsgiver", "AFT Fretex", "work_trial"),
        ("Arbeidsgiver", "NAV tiltak", "work_trial"),
        ("Arbeidsgiver", "Kurs", "work_trial"),
        ("Arbeidsgiver", "Truckkurs via NAV", "work_trial"),
        ("Arbeidsgiver", "Kiwi (sluttet)", "no_job"),
        ("Arbeidsgiver", "Kiwi - fikk ikke", "no_job"),
        ("Arbeidsgiver", "Kiwi (intervju)", "no_job"),
        ("Arbeidsgiver", "tilbud Kiwi", "no_job"),
        ("Arbeidsgiver", "tidl. Kiwi", "no_job"),
        ("Kommentar", "Praksis", "work_trial"),
        ("Kommentar", "Lønnstilskudd", "subsidised"),
        ("Kommentar", "Jobben ble aldri noe av", "no_job"),
        ("Kommentar", "Takket nei til jobben", "no_job"),
        ("Kommentar", "Sluttet i jobben 1.9.", "no_job"),
        ("Kommentar", "Permittert", "no_job"),
        ("Kommentar", "sa opp", "no_job"),
        ("Kommentar", "gikk konkurs", "no_job"),
    ],
)
def test_words_of_no_ordinary_job_are_asked_about_once_for_each_text(column, words, guess) -> None:
    row = {**JOB, column: words}
    made = read(person(**row), person("Ola", **row))
    assert made.people == ()
    assert asked(made) == [(Kind.JOB, (words.rstrip("."),), guess)]
    assert made.open_questions[0].rows == (2, 3)
    # Nothing is taken for granted.
    assert accepting_guesses(made.open_questions, NO_ANSWERS).by_key == {}


def test_of_a_comment_only_what_it_says_of_the_job_is_shown() -> None:
    (question,) = read(person(**JOB, Kommentar="Bor hos mor. Sluttet i jobben, er syk")).open_questions
    assert question.shown == ("Sluttet i jobben",)


def two_jobs(headings: str, cells: str) -> bytes:
    number, start, again = identity_number(), written(ago(90)), written(ago(60))
    cells = cells.replace("REMA", f"Rema;Butikk;20;{start}").replace("KIWI", f"Kiwi;Lager;15;{again}")
    jobs = headings.replace("JOBB", "Arbeidsgiver;Stilling;Timer;Jobbstart")
    return f"Fnr;Fornavn;Etternavn;Henvist;{jobs}\n{number};Kari;Berg;{written(ago(180))};{cells}\n".encode()


def read_file(content: bytes, answers: Answers = NO_ANSWERS) -> Plan:
    found = sheet.read(content, "list")
    return plan.make(found, mapping.by_headings(found), today=timezone.localdate(), answers=answers)


REMA, KIWI = (f"Arbeidsgiver: {name}, {written(ago(days))}" for name, days in (("Rema", 90), ("Kiwi", 60)))


@pytest.mark.parametrize("words", ["Sluttet i jobben", "Praksis", "Lønnstilskudd"])
@pytest.mark.parametrize(
    ("headings", "cells", "jobs"),
    [
        # Beside one of the jobs.
        ("JOBB;Kommentar;JOBB", "REMA;WORDS;KIWI", [REMA]),
        ("JOBB;Kommentar;JOBB;Kommentar", "REMA;;KIWI;WORDS", [KIWI]),
        ("JOBB;Kommentar jobb 1;JOBB;Kommentar jobb 2", "REMA;;KIWI;WORDS", [KIWI]),
        ("JOBB;Kommentar;JOBB;Kommentar", "REMA;WORDS;KIWI;WORDS", [REMA, KIWI]),
        # Of either.
        ("JOBB;JOBB;Kommentar", "REMA;KIWI;WORDS", [REMA, KIWI]),
        ("Kommentar;JOBB;JOBB", "WORDS;REMA;KIWI", [REMA, KIWI]),
    ],
)
def test_words_beside_two_jobs_are_asked_about_and_answered_for_each(headings, cells, jobs, words) -> None:
    content = two_jobs(headings, cells.replace("WORDS", words))
    made = read_file(content)
    assert [question.shown for question in made.open_questions] == [(words, job) for job in jobs]
    named = [sentence for sentence in made.reports[2].questions if "Rema" in sentence or "Kiwi" in sentence]
    assert len(named) == len(jobs)
    for question in made.questions:
        others = {one.key: "ordinary" for one in made.questions}
        (person,) = read_file(content, Answers({**others, question.key: "no_job"})).people
        assert [job.employer for job in person.jobs] == [
            name for name in ("Rema", "Kiwi") if name not in question.shown[1]
        ]
        (person,) = read_file(content, Answers({**others, question.key: "subsidised"})).people
        assert [job.employer for job in person.jobs if job.subsidised] == [question.shown[1].split()[1].strip(",")]


def test_words_in_a_row_with_one_job_are_about_that_wherever_they_stand() -> None:
    made = read_file(two_jobs("JOBB;Kommentar;JOBB", ";;;;Sluttet i jobben;KIWI"))
    assert [question.shown for question in made.open_questions] == [("Sluttet i jobben",)]


@pytest.mark.parametrize(
    "more",
    [
        {"Arbeidsgiver": "Mulighetenes Hus"},
        {"Arbeidsgiver": "Frivilligsentralen"},
        {"Arbeidsgiver": "Oslo Kurs og Konferanse AS"},
        {"Arbeidsgiver": "Danfoss ApS"},
        {"Stilling": "Tiltaksleder"},
        {"Stilling": "Kursholder"},
        {"Stilling": "Praksisveileder"},
        {"Stilling": "Søknadsbehandler"},
        {"Stilling": "Sluttkontrollør"},
        {"Kommentar": "Har hatt praksis på sykehjem i 2020, trives i jobben"},
        {"Stilling": "Praksis", "Ansettelsesform": "Arbeidstrening"},
        {"Stilling": "Butikk (lønnstilskudd)", "Lønnstilskudd": "ja"},
        {"Arbeidsgiver": "Kiwi (sluttet)", "Jobbslutt": written(ago(5))},
        {"Kommentar": "Sluttet i jobben 1.9.", "Jobbslutt": written(ago(5))},
    ],
)
def test_ordinary_words_and_what_a_column_says_already_are_not_asked_about(more) -> None:
    made = read(person(**{**JOB, **more}))
    assert asked(made) == []
    assert len(made.people[0].jobs) == 1


@pytest.mark.parametrize(
    ("answer", "form", "subsidised"),
    [
        ("work_trial", JobStarted.Form.WORK_TRIAL, False),
        ("job_taster", JobStarted.Form.JOB_TASTER, False),
        ("subsidised", JobStarted.Form.PERMANENT, True),
        ("ordinary", JobStarted.Form.PERMANENT, False),
    ],
)
def test_the_job_is_what_was_answered(answer, form, subsidised) -> None:
    row = person(**{**JOB, "Stilling": "Praksis", "Ansettelsesform": "Fast"})
    (question,) = read(row).open_questions
    made = read(row, answers=Answers({question.key: answer}))
    (job,) = made.people[0].jobs
    assert (job.form, job.subsidised) == (form, subsidised)
    assert any("etter svaret ditt" in remark for remark in made.reports[2].remarks)


def test_a_job_that_is_not_to_be_written_is_not_and_its_person_is() -> None:
    row = person(**{**JOB, "Arbeidsgiver": "Kiwi - fikk ikke"})
    (question,) = read(row).open_questions
    (one,) = read(row, answers=Answers({question.key: "no_job"})).people
    assert one.jobs == []


@pytest.mark.parametrize("heading", ["Type stilling", "Stillingstype", "Jobbtype", "Tidsbegrenset/fast"])
def test_the_form_of_employment_is_read_whatever_the_column_is_called(heading) -> None:
    (one,) = read(person(**JOB, **{heading: "Fast"})).people
    assert one.jobs[0].form == JobStarted.Form.PERMANENT


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "Resultat",
            "Utfall",
            "Resultat ved slutt",
            "Sluttstatus",
            "Sluttresultat",
            "Status ved avslutning",
            "Utfall ved slutt",
        ),
        *(
            "Resultat etter tiltaket",
            "Endelig resultat",
            "Avslutningsstatus",
            "Gikk til",
            "Outcome at exit",
            "Status ved utskriving",
        ),
    ],
)
def test_what_became_of_somebody_is_asked_to_be_the_cause_beside_the_day_of_the_end(heading) -> None:
    row = person(**{heading: "Uføretrygd", "Avsluttet": written(ago(10))})
    made = read(row)
    (question,) = made.open_questions
    assert (question.kind, question.shown) == (Kind.COLUMN, (heading, "end_cause"))
    assert made.people[0].end_cause == "disability_granted"
    # Without that day it may say so of the follow-up that somebody has ended.
    alone = read({name: cell for name, cell in row.items() if name != "Avsluttet"}).open_questions
    assert {one.shown for one in alone if one.kind is Kind.COLUMN} == (
        {(heading, "status")} if "status" in heading.lower() else set()
    )


@pytest.mark.parametrize(
    ("words", "cause"),
    [("Annet", "other"), ("Flyttet", "other"), ("Ønsker ikke mer oppfølging", "own_wish")],
)
def test_usual_words_of_an_end_are_understood(words, cause) -> None:
    made = read(person(Avsluttet=written(ago(10)), Sluttårsak=words))
    assert asked(made) == []
    assert (made.people[0].end_cause, made.people[0].end_note) == (cause, words)


def test_a_job_for_a_limited_time_is_temporary() -> None:
    assert asked(read(person(**JOB, Ansettelsesform="Tidsbegrenset"))) == []


@pytest.mark.parametrize("words", ["Tiltak", "Frivillig", "VTA"])
def test_a_form_that_may_be_no_employment_is_never_taken_for_granted(words) -> None:
    made = read(person(**JOB, Ansettelsesform=words))
    assert [question.kind for question in made.open_questions] == [Kind.JOB_FORM]
    assert accepting_guesses(made.open_questions, NO_ANSWERS).by_key == {}


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("Jobbsøk", {}),
        ("Kartlegging", {}),
        ("Oppfølging i jobb", JOB),
        ("AVSL.", {"Avsluttet": written(ago(10)), "Sluttårsak": "jobb"}),
    ],
)
def test_usual_statuses_are_understood(words, more) -> None:
    made = read(person(Status=words, **more))
    assert asked(made) == [] and len(made.people) == 1


# The grammar of an employer's cell.

EMPLOYERS = ("Kiwi", "Rema 1000", "Grand Hotell AS", "Brødrene Berg & Sønn")
WAYS_TO_WRITE = ("{name} ({sign})", "{name} - {sign}", "{name}, {sign}", "{name} – {sign}", "{name} [{sign}]", "{sign}")
FROM_AN_EMPLOYER = ("{sign} på {name}", "{sign} hos {name}")


def every_sign():
    """Each example of each sign, in each of the ways in which people write it beside an employer or instead of one."""
    for sign in job_signs.SIGNS:
        for example in sign.examples:
            for name in EMPLOYERS:
                for way in WAYS_TO_WRITE:
                    for said in {example, example.upper(), example.capitalize()}:
                        yield way.format(name=name, sign=said), name if "{name}" in way else "", sign
                if sign.where is not job_signs.Where.ALONE and example != "APS":
                    yield f"{name} {example}", None, sign


def test_whatever_is_written_beside_an_employer_or_instead_of_one_is_asked_about_and_leaves_the_name() -> None:
    otherwise = []
    for cell, name, sign in every_sign():
        if job_signs.answer_of(cell, is_over=False) != sign.answer:
            otherwise.append((cell, sign.answer, job_signs.answer_of(cell, is_over=False)))
        if name and job_signs.employer_in(cell) != name:
            otherwise.append((cell, name, job_signs.employer_in(cell)))
        if sign.ends and job_signs.answer_of(cell, is_over=True):
            otherwise.append((cell, "nothing of a job that is over", job_signs.answer_of(cell, is_over=True)))
    assert otherwise == []


@pytest.mark.parametrize(
    "words", ["Praksis", "AFT", "tidligere", "Sagt opp", "Konkurs", "Arbeidstrening", "AMO-kurs", "Kurs"]
)
@pytest.mark.parametrize("way", FROM_AN_EMPLOYER)
def test_words_before_an_employer_are_no_part_of_its_name(words, way) -> None:
    cell = way.format(name="Kiwi Grorud", sign=words)
    assert job_signs.answer_of(cell, is_over=False) and job_signs.employer_in(cell) == "Kiwi Grorud"


@pytest.mark.parametrize(
    "words",
    [
        "Kiwi (sa opp)",
        "Kiwi (mistet)",
        "Kiwi (konkurs)",
        "AMO kurs",
        "Oppsagt",
        "Permittert",
        "Kiwi - vikariat avsluttet",
    ],
)
def test_such_a_cell_makes_nobody_s_running_job(words) -> None:
    made = read(person(**{**JOB, "Arbeidsgiver": words}))
    assert made.people == () and [kind for kind, _shown, _guess in asked(made)] == [Kind.JOB]


SIGNS_OF_FIRMS = ("AFT", "VTA", "Praksis", "Tiltak", "Kurs", "Avklaring", "Mulig", "Frivillig", "Tilbud")
TRADES = (
    "Eiendom",
    "Regnskap",
    "Transport",
    "Bygg",
    "Invest",
    "Renhold",
    "og Konferanse",
    "& Salg",
    "Nord Helse",
    "Oslo Service",
)


@pytest.mark.parametrize("form", ["AS", "as", "A/S", "ASA", "SA", "IKS"])
def test_a_firm_that_is_called_so_is_an_employer(form) -> None:
    names = [f"{sign} {trade} {form}" for sign in SIGNS_OF_FIRMS for trade in TRADES]
    names += [f"Praksis {part} {who}" for part in ("Nord", "Vest", "Oslo") for who in ("legesenter", "tannlegesenter")]
    assert [name for name in names if job_signs.answer_of(name, is_over=False)] == []
    # A remark beside it counts, and so does a measure at a firm.
    assert job_signs.answer_of(f"AFT Eiendom {form} (praksis)", is_over=False) == "work_trial"
    assert job_signs.employer_in(f"AFT Eiendom {form} (praksis)") == f"AFT Eiendom {form}"
    assert job_signs.answer_of("Praksis barnehage", is_over=False) == "work_trial"
    assert job_signs.answer_of(f"Praksis på Bygg {form}", is_over=False) == "work_trial"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Konkursrådet",
            "Ferdigbygg Øst",
            "Frogner skole",
            "Bjørnholt vgs",
            "Grorud dagsenter",
            "Starter Motor",
            "Over Broen",
        ),
        *(
            "Sunnaas Rehabilitering",
            "Studio Oslo",
            "Kontaktpunktet",
            "Amoi",
            "Tilbudshjørnet",
            "Cato Senteret",
            "Sluttsport",
        ),
        *(
            "Kiwi Grorud",
            "7-Eleven",
            "H&M",
            "Securitas",
            "Norsk Gjenvinning",
            "Taxi 1",
            "NRK",
            "Coop Obs",
            "Hotell Bristol",
        ),
    ],
)
def test_names_that_only_look_like_it_are_not_asked_about(name) -> None:
    assert job_signs.answer_of(name, is_over=False) == ""


@pytest.mark.parametrize(
    ("cell", "more", "answer"),
    [
        ("Kiwi (praksis)", {}, "work_trial"),
        ("Praksis på Kiwi", {}, "work_trial"),
        ("Kiwi - lønnstilskudd", {}, "subsidised"),
        ("Kiwi (konkurs)", {"Jobbslutt": written(ago(5))}, ""),
        ("Kiwi - sa opp", {"Jobbslutt": written(ago(5))}, ""),
    ],
)
def test_the_remark_does_not_become_a_part_of_the_employer_s_name(cell, more, answer) -> None:
    row = person(**{**JOB, "Arbeidsgiver": cell, **more})
    made = read(row)
    made = read(row, answers=Answers({question.key: answer for question in made.open_questions}))
    assert [job.employer for job in made.people[0].jobs] == ["Kiwi"]
    assert f"«{cell}»: Arbeidsgiveren er lest som «Kiwi»." in made.reports[2].remarks


def test_a_job_that_nobody_got_is_asked_about_though_it_has_an_end() -> None:
    made = read(person(**{**JOB, "Arbeidsgiver": "Kiwi (fikk ikke)", "Jobbslutt": written(ago(5))}))
    assert [guess for _kind, _shown, guess in asked(made)] == ["no_job"]


@pytest.mark.parametrize("column", ["Arbeidsgiver", "Kommentar", "Boligtype", "Ønsker"])
@pytest.mark.parametrize("words", ["Vernet bolig", "vernede boliger", "Bor i vernet bolig", "Vernet Bolig AS"])
def test_a_home_with_staff_is_no_protected_address(column, words) -> None:
    assert asked(read(person(**{**JOB, column: words}))) == []


# Columns that ask whether it is an ordinary job.

ASKING_HEADINGS = (
    *(
        "Ordinær jobb",
        "Ordinær jobb?",
        "Ordinært arbeid",
        "Ordinær stilling (ja/nei)",
        "Ordinært",
        "Lønnet arbeid",
        "Lønnet",
        "Betalt",
    ),
    *("Er jobben ordinær?", "Ordinaer jobb", "Competitive job", "Paid work", "Vanlig jobb", "I ordinært arbeid"),
)


@pytest.mark.parametrize("heading", ASKING_HEADINGS)
def test_a_no_below_such_a_heading_is_asked_about_once_and_makes_no_ordinary_job(heading) -> None:
    rows = [person(**{**JOB, heading: cell}) for cell in ("Nei", "Nei", "Ja", "", "Nei, praksis", "VTA")]
    made = read(*rows)
    assert asked(made) == [
        (Kind.JOB, (f"{heading}: Nei",), "work_trial"),
        (Kind.JOB, (f"{heading}: Nei, praksis",), "work_trial"),
        (Kind.JOB, (f"{heading}: VTA",), "work_trial"),
    ]
    assert [question.rows for question in made.open_questions] == [(2, 3), (6,), (7,)]
    assert accepting_guesses(made.questions, NO_ANSWERS).by_key == {}
    made = read(*rows, answers=Answers({question.key: "job_taster" for question in made.open_questions}))
    assert [one.jobs[0].form == JobStarted.Form.JOB_TASTER for one in made.people] == [
        True,
        True,
        False,
        False,
        True,
        True,
    ]


def test_such_a_column_is_not_told_to_be_unread() -> None:
    found = sheet.read(csv([person(**JOB, **{"Ordinær jobb": "Nei", "Kommentar": "ringer"})]), "list")
    assert mapping.not_read(found, mapping.by_headings(found)) == ["Kommentar"]


def test_such_a_column_is_not_asked_about_where_the_form_says_it_already() -> None:
    row = person(**{**JOB, "Ansettelsesform": "Arbeidstrening", "Ordinær jobb": "Nei"})
    assert asked(read(row)) == [] and read(row).people[0].jobs[0].form == JobStarted.Form.WORK_TRIAL


def test_each_of_two_jobs_has_its_own_such_column() -> None:
    second = {
        f"{name} 2": cell
        for name, cell in {**JOB, "Arbeidsgiver": "Coop", "Ansettelsesform": "Fast", "Ordinær jobb": "Nei"}.items()
    }
    row = person(
        **{f"{name} 1": cell for name, cell in {**JOB, "Ansettelsesform": "Fast", "Ordinær jobb": "Ja"}.items()},
        **second,
    )
    said = ("Ordinær jobb 2: Nei", f"Arbeidsgiver 2: Coop, {written(ago(60))}")
    assert asked(read(row)) == [(Kind.JOB, said, "work_trial")]
    made = read(row, answers=Answers({read(row).questions[0].key: "work_trial"}))
    assert [(job.employer, job.form) for job in made.people[0].jobs] == [
        ("Kiwi", JobStarted.Form.PERMANENT),
        ("Coop", JobStarted.Form.WORK_TRIAL),
    ]
