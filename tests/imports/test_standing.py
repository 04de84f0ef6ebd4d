"""What a list says of people beside their dates: unknown statuses, titles, sheets and remarks are asked about, and never
make somebody active who has ended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from django.utils import timezone
from openpyxl.comments import Comment

from plass.cases.models import Case, CaseEnded, Participant
from plass.imports import (
    actions,
    column_readings,
    ending_signs,
    error_workbook,
    mapping,
    plan,
    sections,
    sheet,
    state,
    sums,
)
from plass.imports.column_readings import Change
from plass.imports.fields import Field
from plass.imports.import_request import ImportRequest
from plass.imports.models import Upload
from plass.imports.plan_types import Plan
from plass.imports.queries import who_follows_in
from plass.imports.questions import GOES_ON, HAS_ENDED, LEFT_OUT, ONLY_A_TITLE, WAITS, Answers, Kind, accepting_guesses
from plass.imports.result_page import equations
from plass.imports.staff_matching import find_by_title, likely_by_title
from plass.organisation.models import User

from .lists import ago, csv, numbered, person, written, xlsx
from .test_command import plass as plass
from .test_pages import by as by
from .test_pages import check, press, soup
from .test_questions import answer

ENDED = {"Avsluttet": written(ago(10))}


def read(content: bytes, answers: Mapping[str, str] | None = None, following: Sequence[User] = ()) -> Plan:
    found = sheet.read(content, "list")
    return plan.make(
        found,
        mapping.by_headings(found),
        today=timezone.localdate(),
        answers=Answers(answers or {}),
        following=following,
    )


def answered(content: bytes, *answers: str, following: Sequence[User] = ()) -> Plan:
    """The plan with an answer to each question of the list, in their order; the last one answers all that are left."""
    asked = read(content, following=following).questions
    by_key = {question.key: answers[min(at, len(answers) - 1)] for at, question in enumerate(asked)}
    return read(content, by_key, following)


def titled(*titles: str, **more: str) -> bytes:
    """A list with a person below each of some titles."""
    rows = [person("Kari", numbered("Nr", number), **more) for number, _title in enumerate(titles)]
    lines = csv(rows).decode().splitlines()
    return "\n".join([lines[0], *(line for pair in zip(titles, lines[1:], strict=True) for line in pair)]).encode()


def workbook(*titles: str) -> bytes:
    def fill(page, book):
        for number, title in enumerate(titles):
            there = page if number == 0 else book.create_sheet()
            there.title = title
            row = person("Kari", numbered("Nr", number))
            there.append([*row])
            there.append([*row.values()])

    return xlsx(fill)


# Statuses.


def test_each_status_that_is_not_known_is_asked_about_once_with_a_guess() -> None:
    statuses = (
        "Avslag",
        "takket nei",
        "Takket nei.",
        "Død",
        "Overført",
        "FULLF",
        "DELAVB",
        "rød",
        "aktiv",
        "GJENN",
        "",
    )
    made = read(csv([person("Kari", numbered("Nr", n), Status=status) for n, status in enumerate(statuses)]))
    assert [(one.kind, one.shown, one.rows, one.guess) for one in made.open_questions] == [
        (Kind.STATUS, ("Avslag",), (2,), LEFT_OUT),
        (Kind.STATUS, ("takket nei",), (3, 4), LEFT_OUT),
        (Kind.STATUS, ("Død",), (5,), HAS_ENDED),
        (Kind.STATUS, ("Overført",), (6,), HAS_ENDED),
        (Kind.STATUS, ("FULLF",), (7,), HAS_ENDED),
        (Kind.STATUS, ("DELAVB",), (8,), HAS_ENDED),
        (Kind.STATUS, ("rød",), (9,), ""),
    ]
    assert [one.family_name for one in made.people] == [numbered("Nr", n) for n in (8, 9, 10)]
    # Nobody's guess makes people active.
    assert accepting_guesses(made.questions, made.answers).by_key == {}


@pytest.mark.parametrize(
    ("said", "cells", "people", "problem"),
    [
        (GOES_ON, {}, 1, ""),
        (WAITS, {}, 1, ""),
        (HAS_ENDED, {}, 0, "«Status» er «Stanset», men det står ingen sluttdato."),
        (f"{HAS_ENDED} own_wish", {}, 0, "«Status» er «Stanset», men det står ingen sluttdato."),
        (HAS_ENDED, ENDED, 1, ""),
        (LEFT_OUT, {}, 0, ""),
        (LEFT_OUT, {"Henvist dato": "snart"}, 0, ""),
    ],
)
def test_what_a_status_means_is_as_it_was_answered(said, cells, people, problem) -> None:
    made = answered(csv([person(Status="Stanset", **cells)]), said)
    report = made.reports[2]
    assert (len(made.people), report.questions) == (people, [])
    assert "".join(report.problems).startswith(problem) and bool(report.problems) is bool(problem)
    assert report.is_left_out is (said == LEFT_OUT)


def test_a_status_gives_the_cause_of_an_end_where_the_list_gives_none() -> None:
    made = answered(csv([person(Status="FÅTTARB", **ENDED)]), f"{HAS_ENDED} work")
    (one,) = made.people
    assert (one.end_cause, one.end_note) == (CaseEnded.Cause.WORK, "FÅTTARB")
    assert not any("mangler" in remark for remark in made.reports[2].remarks)
    made = answered(csv([person(Status="FÅTTARB", Sluttårsak="sykdom", **ENDED)]), f"{HAS_ENDED} work")
    assert made.people[0].end_cause == CaseEnded.Cause.ILLNESS


def test_statuses_that_are_free_text_are_asked_about_together_but_for_those_that_may_be_ends() -> None:
    texts = [f"ringte {numbered('Kari', n)}" for n in range(20)]
    made = read(csv([person("Kari", numbered("Nr", n), Status=text) for n, text in enumerate([*texts, "Avslag"])]))
    together, refused = made.open_questions
    assert (together.shown[0], len(together.shown), len(together.rows)) == (texts[0], 9, 20)
    assert refused.shown == ("Avslag",)
    assert (
        len(
            answered(
                csv([person("Kari", numbered("Nr", n), Status=text) for n, text in enumerate(texts)]), GOES_ON
            ).people
        )
        == 20
    )


def test_a_cause_without_an_end_is_told_and_not_promised_as_a_question() -> None:
    content = csv([person(Sluttårsak="FÅTTARB", Avsluttet=""), person("Ola", Sluttårsak="nei", Avsluttet="")])
    made = read(content)
    assert (made.questions, len(made.people)) == ((), 2)
    assert made.reports[2].doubts[0].startswith("«Sluttårsak» er «FÅTTARB», men det er ikke lest noen sluttdato")
    assert made.reports[3].doubts == []
    assert end_cause_examples(content) == {Change.LEFT_OUT}
    assert end_cause_examples(csv([person(Sluttårsak="FÅTTARB", **ENDED)])) == {Change.WRONG}


def end_cause_examples(content: bytes) -> set[Change]:
    found = sheet.read(content, "list")
    readings = column_readings.of_sheet(
        found, mapping.by_headings(found), read(content), today=timezone.localdate(), people={}
    )
    (column,) = [one for one in readings if one.holds is Field.END_CAUSE]
    return {example.change for example in column.examples}


# Titles and sheets.


def test_each_title_that_is_not_known_is_asked_about(world) -> None:
    world.act_as(world.supervisor)
    following = who_follows_in(world.team)
    first = world.specialist.name.split()[0]
    made = read(
        titled("Kari Nes", f"{first}, nye", "Takket nei", "Ferdig i jobb", "Aktive", "Team Nord", "Deltakere 2024"),
        following=following,
    )
    numbers = {user.pk: user.name for user in following}
    assert [(one.kind, one.shown, one.rows, one.guess) for one in made.open_questions] == [
        (Kind.TITLE, ("Kari Nes",), (3,), ""),
        (Kind.TITLE, (f"{first}, nye",), (5,), f"user {world.specialist.pk}"),
        (Kind.TITLE, ("Takket nei",), (7,), LEFT_OUT),
        (Kind.TITLE, ("Ferdig i jobb",), (9,), HAS_ENDED),
    ]
    assert dict(made.open_questions[0].people) == numbers
    guessed = [str(label) for _value, label in made.open_questions[1].choices]
    assert guessed[0] == f"følges av {world.specialist.name} (gjettet)"
    assert len(guessed) == len(numbers) + 5
    # By the command only what makes nobody active who may have ended.
    accepted = accepting_guesses(made.questions, made.answers).by_key
    assert [accepted.get(one.key) for one in made.open_questions] == [
        ONLY_A_TITLE,
        f"user {world.specialist.pk}",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("said", "people", "problems"),
    [(GOES_ON, 1, 0), (WAITS, 1, 0), (ONLY_A_TITLE, 1, 0), (LEFT_OUT, 0, 0), (HAS_ENDED, 0, 1)],
)
@pytest.mark.parametrize("content", [titled("Uavklart"), workbook("2025", "Uavklart")])
def test_what_a_title_or_a_sheet_means_is_as_it_was_answered(content, said, people, problems) -> None:
    made = answered(content, said)
    report = list(made.reports.values())[-1]
    assert len(made.people) == people + (len(made.reports) - 1)
    assert (len(report.problems), report.questions, report.is_left_out) == (problems, [], said == LEFT_OUT)


def test_a_known_title_ends_a_status_that_is_asked_about() -> None:
    made = read(titled("Avslag", "Aktive", "Kari Nes", "På pause"))
    assert [(one.shown, one.rows) for one in made.questions] == [(("Avslag",), (3,)), (("Kari Nes",), (7, 9))]


def test_who_follows_those_under_a_title_may_be_answered(world) -> None:
    by = world.act_as(world.supervisor)
    following = who_follows_in(world.team)
    content = titled("Kari Nes")
    made = answered(content, f"user {world.colleague.pk}", following=following)
    actions.write(made, ImportRequest(by=by, team=world.team, specialists=following, unnamed=by, dry_run=False))
    assert Case.objects.get().specialist == world.colleague


def test_whom_the_team_does_not_have_is_no_answer(world) -> None:
    world.act_as(world.supervisor)
    following = who_follows_in(world.team)
    assert answered(titled("Kari Nes"), f"user {world.other_specialist.pk}", following=following).people == ()


def test_an_unknown_title_ends_what_stood_above_it_but_not_an_end() -> None:
    made = answered(titled("I jobb", "Kurs høst", "AVSLUTTET", "Kurs høst", "På pause"), ONLY_A_TITLE)
    doubts = {int(number): report.doubts for number, report in made.reports.items() if report.doubts}
    assert list(doubts) == [3, 11]
    assert "«I jobb»" in doubts[3][0]
    assert doubts[11] == [
        "Raden står under «På pause» (rad 10). Lista sier ikke fra når, så oppfølgingen skrives inn som i gang. "
        "Registrer pausen etterpå."
    ]
    assert [int(number) for number, report in made.reports.items() if report.problems] == [7, 9]


@pytest.mark.parametrize(
    "title", ["Ark1", "Deltakere", "Liste 2026", "Mai", "IPS", "Team Sør", "Nav Testby", "Q3 2025", "A"]
)
def test_sheets_whose_names_say_nothing_are_not_asked_about(title: str) -> None:
    assert sections.says_nothing(title)
    assert read(workbook(title, "2024")).questions == ()


def test_one_sheet_alone_is_asked_about_where_its_name_may_be_an_end() -> None:
    assert read(workbook("Asker")).questions == ()
    assert [one.shown for one in read(workbook("Takket nei")).questions] == [("Takket nei",)]
    assert [one.shown for one in read(workbook("Asker", "Bærum")).questions] == [("Asker",), ("Bærum",)]


def test_a_name_alone_in_the_column_of_names_is_a_row_to_mend_and_asks_nothing_of_the_others() -> None:
    number = person()["Fødselsnummer"]
    made = read(f"Navn;Fnr;Henvist\nOla Dahl;;\nKari Berg;{number};3.4.2025\n".encode())
    assert made.questions == ()
    assert made.reports[2].problems


@pytest.mark.parametrize(
    ("title", "known"),
    [
        ("{first}", True),
        ("{first} sine", True),
        ("{first} sine deltakere", True),
        ("Deltakere {first}", True),
        ("{first}s deltakere", True),
        ("{first} sin", True),
        ("{FIRST}", True),
        ("{first} Ukjent", False),
        ("Nye hos {first}", False),
    ],
)
def test_a_given_name_finds_a_specialist_where_one_alone_has_it(world, title: str, known: bool) -> None:
    world.act_as(world.supervisor)
    following = who_follows_in(world.team)
    first = world.specialist.name.split()[0]
    title = title.format(first=first, FIRST=first.upper())
    assert find_by_title(title, following) == (world.specialist if known else None)
    assert likely_by_title(title, following) == world.specialist
    namesake = User(given_name=first, family_name="Annen")
    assert find_by_title(title, [*following, namesake]) is None
    assert likely_by_title(title, [*following, namesake]) is None


# Remarks.


@pytest.mark.parametrize(
    "words",
    [
        *("fikk jobb, ferdig", "Slutter 1.9.2025", "Overført til AFT", "Saken er lukket", "sluttet"),
        *("flyttet til Bergen", "avsluttes", "ute av tiltaket", "ikke lenger aktuell"),
        *("AVSLUTTET 1.10, flyttet", "sluttet i juni", "ferdig", "død 3.4.2026", "er død", "avslått"),
        *("trukket", "Trukket seg", "Trakk seg", "takket nei til oppfølging", "Saken er avsluttet"),
        *("oppfølgingen ble avsluttet i mai", "ønsker ikke oppfølging", "skal avsluttes", "sluttet pga sykdom"),
        *("flyttet til Asker", "flytta til Trondheim", "Har flyttet til Oslo kommune"),
        *("flyttet ut av kommunen", "flytter til Bodø i mai", "overføres til VTA", "Overflyttet til Nav Asker"),
        *("overført til ny jobbspesialist", "fått fast jobb - avsluttes", "Fikk jobb. Avsluttes 1.10"),
        *("i jobb, avsluttet", "saka er lukka", "saka er avslutta", "slutta 1.9", "har slutta i tiltaket"),
        *("gått ut av tiltaket", "gikk ut 1.6", "ut av IPS", "skrevet ut", "utskrives 1.10"),
        *("meldt ut av tiltaket", "meldes ut", "skal meldes ut", "ikkje lenger aktuell"),
        *("ikke aktuell for IPS", "uaktuell", "droppet ut", "Drop-out", "hoppet av", "falt fra", "frafall"),
        *("ga seg", "brøt av", "vil ikke mer", "ønsker ikke mer", "ønsker ikke å fortsette", "orker ikke mer"),
        *("vil avslutte", "ønsker å avslutte oppfølgingen", "ferdig i IPS", "ferdig oppfulgt"),
        *("oppfølging ferdig", "Fått uføretrygd", "innvilget ufør", "Innvilget uføretrygd fra 1.5"),
        *("alderspensjonist", "gått av med pensjon", "gikk bort i mai", "tilbake til veileder"),
        *("tilbakeført til Nav", "returnert til veileder", "arkivert", "Saken henlagt", "avslutning 1.10"),
        *("avslutningssamtale holdt", "oppfølging stoppet", "stanset 1.5", "siste dag i tiltaket 30.6"),
        *("avsluttet etter avtale", "avsluttes pga jobb", "Avsluttet. Fikk jobb på Kiwi", "avsluttet i jobb"),
        *("sluttet selv", "ferdig - jobb", "Gått på kurs. Avsluttet 1.10", "sluttar 1.12.2026"),
        *("vert avslutta", "er ferdig i tiltaket", "utmeldt", "fullført", "brukar døydde i vår"),
        *("ikke møtt, avsluttet", "flyttet", "ute", "dødd", "sak avsl. 1.10", "avsl. 1.10.2026", "Avsl 3/4"),
        *("Sluttet i IPS 3/4-26", "Har avsluttet", "Bruker ønsker å slutte"),
        *("Skal avsluttes når jobb er på plass", "Avslutta då ho fekk jobb", "Avslutt!"),
        *("Meldt ut pga flytting", "Utskrevet 12.05", "Oppfølginga er slutt", "ble stanset i mai"),
        *("Flyttet. Sak overført Nav Bærum", "Flyttet ut av fylket", "Har flyttet", "flyttet til Spania"),
        *("fullført 1.5.26", "gikk over til AFT", "over på AFT", "Over i VTA fra 1.8"),
        *("gått over til uføretrygd", "overført AFT", "sendt tilbake Nav", "lukkes 1.10", "saken lukkes"),
        *("Sak lukket 1/9", "avbrøt", "avbrøt oppfølgingen", "avbryter", "slutt", "SLUTT!", "Ferdig!!"),
        *("(avsluttet)", "*sluttet*", "Deltaker døde 1.2", "Han døde i sommer", "ikke i tiltaket lenger"),
        *("ikke med lenger", "ikke lenger i IPS", "ikke deltaker lenger", "ønsker ikke lenger oppfølging"),
        *("Takket ja til jobb, avsluttes", "Trekker seg", "ville ikke fortsette", "vil ikkje halde fram"),
        *("vil ikke ha oppfølging", "møter ikke, avsluttet", "avsluttet - ikke møtt", "avsl. pga flytting"),
        *(
            "Meldt seg ut",
            "Har meldt seg av",
            "meldte seg ut 1.10",
            "Begynt i AFT",
            "Går nå i VTA",
            "startet i AFT 1.8",
        ),
        *("uføretrygdet", "Uføretrygdet fra 1.5", "ble ufør", "Følges ikke opp lenger", "ikke fulgt opp lenger"),
        *(
            "følges ikke lenger opp",
            "følges ikke opp av oss",
            "Får ikke lenger oppfølging",
            "ikke behov for oppfølging",
        ),
        *("Ikke i oppfølging", "Tatt ut av tiltaket", "tatt av lista", "strøket", "kastet ut av tiltaket", "fratrådt"),
        *("gitt opp", "Har gitt seg", "ga opp tiltaket", "forlot programmet", "kuttet ut oppfølgingen", "sa nei takk"),
        *("sagt nei til videre oppfølging", "mistet kontakten", "mistet kontakt med bruker", "meldt tilbake til Nav"),
        *(
            "skrev seg ut",
            "deltar ikke",
            "ikke aktiv",
            "ikke lenger deltaker",
            "Pensjonert",
            "flyttet til annen kommune",
        ),
        *(
            "flytter til en annen bydel",
            "byttet Nav-kontor",
            "ekskludert",
            "Fått plass i VTA",
            "begynner i annet tiltak",
        ),
        *("Trekker samtykket", "fulgt opp, ikke lenger i tiltaket", "Trakk seg ut, vil ikke mer"),
    ],
)
def test_a_remark_that_may_say_that_somebody_has_ended_is_asked_about(words: str) -> None:
    made = read(csv([person(Kommentar=words), person("Ola")]))
    (question,) = made.open_questions
    assert (question.kind, question.shown, question.rows) == (Kind.REMARK, (f"Kommentar: {words}",), (2,))
    assert [one.given_name for one in made.people] == ["Ola"]
    # An end in the list answers for it.
    assert read(csv([person(Kommentar=words, **ENDED)])).questions == ()


@pytest.mark.parametrize(
    "words", ["skal slettes", "feil person", "dublett", "står to ganger", "ikke ta med", "feilregistrert"]
)
def test_a_remark_that_a_person_is_not_to_be_here_is_asked_about_also_with_an_end(words: str) -> None:
    assert [one.kind for one in read(csv([person(Kommentar=words, **ENDED)])).open_questions] == [Kind.REMARK]


@pytest.mark.parametrize(
    "words",
    [
        *("Søker jobb selv", "skal slutte å røyke", "ferdig med kurs", "flyttet møtet", "Fått avslag på AAP"),
        *("Ferdig utdannet kokk", "sluttet på skolen", "avbrutt utdanning", "takket nei til jobb hos Kiwi"),
        *("trakk seg fra intervju", "mor døde i fjor", "ikke aktuelt med nattarbeid", "ferdighetskurs"),
        *("fullført vgs", "har slettet CV", "sluttet i forrige jobb", "sluttet hos Kiwi i 2019"),
        *("sluttet å drikke", "Ferdig med medisiner", "AAP avsluttes 1.10", "AAP stanset"),
        *("sykepenger opphører 1.9", "kontrakt går ut 1.6", "arbeidsavtale avsluttes i juni"),
        *("Fikk jobb, trives", "fått jobb som renholder", "overført fra Nav Asker", "overført penger"),
        *("ute på praksis", "ute i praksis", "ute av jobb siden 2020", "ute av arbeidslivet siden 2015"),
        *("flyttet til egen leilighet", "flyttet møtet til tirsdag", "flyttet til ny bolig"),
        *("flyttet til tirsdag", "flyttet hjemmefra", "lukket avdeling", "lukket gruppe"),
        *("ikke lenger sykmeldt", "ikke lenger aktuell arbeidsgiver", "avslutter kurs i mai", "avsluttet kurs"),
        *("avsluttet behandling DPS", "behandling avsluttet", "stoppet med medisiner", "ferdig kl 15"),
        *("jobber til 15, ferdig kl 15", "CV ferdig", "ferdig CV", "Kartlegging: ferdig", "CV, ferdig"),
        *("slutter kl 15", "ønsker å slutte i jobben", "ikke ferdig", "ikke avsluttet"),
        *("saken er ikke avsluttet", "saken er ikke lukket", "sist møtt 1.9", "far er død"),
        *("mannen døde i fjor", "skrevet ut fra DPS", "utskrevet fra sykehus 1.4", "ønsker ikke nattarbeid"),
        *("vil ikke jobbe helg", "ønsker ikke mer nattarbeid", "flyttet hit fra Bergen"),
        *("avsluttet arbeidsforhold i 2022", "fullførte kurs i mai", "ferdig med utdanning 2019"),
        *("døde planter", "ferdigattest", "trukket tann", "søknad trukket", "sak sendt"),
        *("saken er til behandling", "sluttrapport fra DPS", "tidligere kokk", "tilbake i jobb"),
        *("tilbake fra permisjon", "stopper opp når hun er sliten", "ut på tur", "siste dag på kurs 1.6"),
        *("gikk ut av møtet", "søkt uføretrygd", "avslag på uføretrygd", "venter på svar om uføretrygd"),
        *("vurderer uføretrygd", "flyttet samtalen til 3.4", "ikke møtt 1.9", "orker ikke mer enn 4 timer"),
        *("flink til å avslutte ting", "Avsluttet lærlingtid", "slutter på skolen i juni", "lukka kontor"),
        *("jobber ute", "vil ut i jobb", "ute hele dagen", "ikke fått svar, ringer", "Har sluttet i jobben"),
        *("sluttet i jobb på Kiwi", "sluttet som kokk", "slutta på vgs", "ferdig med AFT", "kommer fra AFT"),
        *("Ferdig på kurs 1.6", "ferdig behandlet hos DPS", "stoppet i trafikken", "møte avlyst"),
        *("avlyst møte", "Møtet ble avlyst", "time avlyst 3.4", "intervju avlyst", "fikk avslag på jobb"),
        *("fikk avslag", "avslag på søknad hos Rema", "avslag fra Kiwi", "takket nei til stilling"),
        *("takket nei til intervju", "flyttet fra Oslo", "flyttet inn hos mor", "flytter til ny leilighet"),
        *("overført til ny konto", "lukket dør", "ute med hunden", "utenlands", "utdannet kokk", "utadvendt"),
        *("ferdigheter: data", "førerkort inndratt", "død hund", "broren døde", "livet gikk ut på"),
        *("skal avslutte behandling", "avslutter medisinering", "har avsluttet russamtaler"),
        *("avslutningssamtale DPS", "avslutning av kurs 1.6", "arkivert epikrise", "stanset AAP"),
        *("AAP stanses 1.10", "Stans i ytelse", "stans av AAP", "vedtak avsluttes 1.12"),
        *("tiltakspenger avsluttes", "ikke lenger med i korps", "vil slutte på AAP", "vil slutte på kiwi"),
        *("drømmer om å slutte på Nav", "Ønsker ny jobb", "er ute og reiser", "Ute av bransjen i 5 år"),
        *("siste år på vgs", "gikk på smell", "gått på kurs", "går ut av huset hver dag"),
        *("pensjonistforeningen", "mor er pensjonist", "tilbake på jobb", "ikke aktuelt"),
        *("ikke aktuelt med kveldsjobb", "ikke aktuelt å pendle", "ikke aktuell for truck", "meldt på kurs"),
        *("skriver søknader", "skrevet CV", "retur av skjema", "seg selv", "permisjon fra skole"),
        *("permisjon fra jobb hos Kiwi", "trenger pauser", "pause kl 12", "hadde permisjon i 2020"),
        *("på venteliste for behandling", "trenger pause hver time", "ikke på pause"),
        *("meldt seg av kurset", "meldt seg ut av fagforeningen", "meldte seg ut av skolen", "meldt seg på kurs"),
        *(
            "går på kurs",
            "begynt i jobb",
            "begynt på skole",
            "har gitt beskjed",
            "ga opp å røyke",
            "sa nei til jobb på Kiwi",
        ),
        *(
            "følges opp ukentlig",
            "følges opp av DPS",
            "ikke fulgt opp av lege",
            "ikke oppfølging fra DPS",
            "får oppfølging",
        ),
        *(
            "tatt blodprøve",
            "strøket til eksamen",
            "tatt av bilskilt",
            "mistet førerkort",
            "mistet kontakten med familien",
        ),
        *("gradert ufør", "50 % ufør", "mor er uføretrygdet", "vil bli ufør", "kontaktet AFT", "vurderer AFT"),
        *(
            "deltar ikke på kurs",
            "ikke aktiv på CV",
            "ikke deltaker på kurset",
            "flyttet til nytt hus",
            "byttet fastlege",
        ),
        *("kastet ut av leiligheten", "sagt fra om sykdom", "skrev seg opp på kurs", "starter i jobb 1.5"),
    ],
)
def test_a_remark_on_something_else_is_not_asked_about(words: str) -> None:
    assert not ending_signs.says_ended(words) and not ending_signs.says_not_to_be_here(words)
    assert not ending_signs.says_paused(words)
    assert read(csv([person(Kommentar=words)])).questions == ()


@pytest.mark.parametrize(
    "words",
    [
        *("gravid, permisjon", "På pause", "i permisjon fra 1.5", "satt på vent", "oppfølging på pause"),
        *("foreldrepermisjon", "Mammaperm til mai", "tar pause", "pause til august", "i fødselspermisjon"),
        *("satt på pause pga sykdom",),
    ],
)
def test_a_pause_in_a_remark_is_told_and_not_asked_about(words: str) -> None:
    made = read(csv([person(Kommentar=words)]))
    (doubt,) = made.reports[2].doubts
    assert made.questions == () and len(made.people) == 1
    assert doubt.startswith(f"«Kommentar» er «{words}». Lista sier ikke fra når")
    # An end in the list, and a status that says the same, say it already.
    assert read(csv([person(Kommentar=words, **ENDED)])).reports[2].doubts == []
    assert len(read(csv([person(Kommentar=words, Status="På pause")])).reports[2].doubts) == 1


def test_the_same_remark_is_asked_about_once_and_not_in_columns_of_other_things() -> None:
    rows = [
        person("Kari", numbered("Nr", n), Kommentar="Avsluttet", Kartlegging="ferdig", Ønsker="butikk")
        for n in range(3)
    ]
    (question,) = read(csv(rows)).open_questions
    assert question.rows == (2, 3, 4)
    assert read(csv([person(Ønsker="AVSLUTTET 1.10")])).open_questions[0].shown == ("Ønsker: AVSLUTTET 1.10",)


def test_a_comment_is_a_remark_too() -> None:
    def fill(page, book):
        row = person()
        page.append([*row])
        page.append([*row.values()])
        page["B2"].comment = Comment("død 3.4.2026", "x")

    assert [one.shown for one in read(xlsx(fill)).open_questions] == [("Fornavn: død 3.4.2026",)]


@pytest.mark.parametrize(
    ("said", "people", "problem"),
    [
        (GOES_ON, 1, ""),
        (LEFT_OUT, 0, ""),
        (HAS_ENDED, 0, "«Kommentar» er «AVSLUTTET 1.10», men det står ingen sluttdato."),
    ],
)
def test_what_a_remark_means_is_as_it_was_answered(said, people, problem) -> None:
    made = answered(csv([person(Kommentar="AVSLUTTET 1.10")]), said)
    assert (len(made.people), made.reports[2].questions) == (people, [])
    assert "".join(made.reports[2].problems).startswith(problem) and bool(made.reports[2].problems) is bool(problem)
    assert made.reports[2].is_left_out is (said == LEFT_OUT)


# Who is not to be written, in sums and on the page.


def test_a_person_in_one_row_to_write_and_one_to_leave_out_is_written_from_the_first() -> None:
    row = person(Status="aktiv")
    made = answered(csv([row, {**row, "Status": "Avslag"}]), LEFT_OUT)
    (one,) = made.people
    assert one.rows == [2]
    assert [report.person for report in made.reports.values()] == [2, 2]
    found = sums.of_reports(made.reports.values())
    assert (found.people, found.new, found.left_out, found.rows_without_number) == (1, 1, 0, 0)


def test_the_page_asks_writes_the_others_and_counts_who_is_left_out(by, client, world):
    rows = [person("Kari", "Gjeldende", Status="aktiv"), person("Ola", "Avslått", Status="Avslag")]
    address, page = check(client, csv(rows))
    (question,) = page.select("#questions tbody tr")
    select = question.select_one("select")
    assert "Avslag" in question.get_text(" ")
    assert select.select("option")[1].get_text(strip=True) == "skal ikke skrives inn (gjettet)"
    assert select.select_one("option[selected]")["value"] == ""
    answer(client, address, page, {select["name"]: LEFT_OUT})
    page = soup(client.get(address))
    checked = state.load(Upload.objects.get()).checked
    assert all(equation.adds_up for equation in equations(checked.overview))
    assert "1 skal ikke skrives inn, etter svaret ditt" in " ".join(page.select_one("#summer").get_text(" ").split())
    left = soup(client.get(f"{address}?vis=utelates")).get_text(" ")
    assert "Skrives ikke inn, etter svaret ditt om «Avslag»." in left
    press(client, page, "Skriv inn")
    assert [one.family_name for one in Participant.objects.all()] == ["Gjeldende"]


def test_the_page_offers_the_team_s_specialists_for_a_title(by, client, world):
    address, page = check(client, titled("Kari Nes"))
    select = page.select_one("#questions select")
    assert f"følges av {world.specialist.name}" in select.get_text(" ")
    answer(client, address, page, {select["name"]: f"user {world.specialist.pk}"})
    press(client, soup(client.get(address)), "Skriv inn")
    assert Case.objects.get().specialist == world.specialist


def test_the_rest_keeps_the_name_of_a_sheet_that_is_asked_about() -> None:
    content = workbook("Takket nei")
    found, made = sheet.read(content, "list"), read(content)
    rest = error_workbook.workbook(found, made.reports.values(), mapping.by_headings(found))
    assert [one.shown for one in read(rest).questions] == [("Takket nei",)]


def test_the_command_shows_no_words_of_a_remark(committed, plass, tmp_path):
    rows = [person("Kari", "Skjult", Kommentar="AVSLUTTET, bor i skjul"), person("Ola", "Avslått", Status="Avslag")]
    (tmp_path / "liste.csv").write_bytes(csv(rows))
    tried = plass("plass import liste.csv --by leder1 --accept-guesses")
    assert tried.returncode == 1, tried.stderr
    assert "skjul" not in tried.stdout.lower().replace("skjult", "")
    assert "? Avslag (rad 3)" in tried.stdout


@pytest.mark.parametrize(
    "words",
    [
        "Fortsetter ikke",
        "Oppfølging opphørt",
        "opphør 1.9.26",
        "Deltar ikke lenger",
        "Trukket samtykket",
        "trakk tilbake sitt samtykke",
        "omkom i ulykke",
        "Ufør fra 1.6.2026",
        "Begynt på skole heltid, ute av ordningen",
        "Exit 1.5",
        "Søkt over til Bergen IPS",
    ],
)
def test_an_end_said_at_length_is_seen(words) -> None:
    assert ending_signs.says_ended(words)


@pytest.mark.parametrize(
    "words", ["Er ikke vår deltaker", "Skal ikke være med her", "Ikke IPS-kandidat", "skal ikke stå i lista"]
)
def test_who_is_not_to_be_in_the_list_is_seen(words) -> None:
    assert ending_signs.says_not_to_be_here(words)


@pytest.mark.parametrize(
    "words",
    [
        "Fortsetter ikke på kurset",
        "Fortsetter i IPS",
        "AAP opphørte 1.9.26",
        "Deltar ikke lenger på norskkurs",
        "Har gitt samtykke til IPS",
        "Mor omkom i ulykke",
        "Ufør 50 %",
        "Gradert ufør fra 1.6.2026",
        "Søkt over 50 stillinger",
        "Skal ikke være med på møtet",
        "Exit-samtale med arbeidsgiver",
    ],
)
def test_what_only_sounds_like_an_end_is_not_asked_about(words) -> None:
    assert not ending_signs.says_ended(words) and not ending_signs.says_not_to_be_here(words)


def test_a_column_that_says_whether_somebody_ended_gives_way_to_the_day_also_after_a_job_s_columns() -> None:
    job = {
        "Arbeidsgiver": "Kafé",
        "Stilling": "Kokk",
        "Timer": "20",
        "Jobbstart": written(ago(60)),
        "Ansettelsesform": "fast",
    }
    row = person(**job, **{"Avsluttet": "Nei", "Dato avsluttet": written(ago(10))})
    lines = [";".join(row), ";".join(row.values())]
    found = sheet.read("\n".join(lines).encode(), "list")
    holds = mapping.by_headings(found)
    headings = {column.heading: holds[column.index] for column in found.columns}
    assert (headings["Avsluttet"], headings["Dato avsluttet"]) == (Field.IGNORED, Field.ENDED_ON)
    asked = read("\n".join(lines).encode()).open_questions
    assert Kind.REMARK in [question.kind for question in asked]


@pytest.mark.parametrize("words", ["Nei", "nei", "N", "Pågår", "Aktiv", "Ikke avsluttet", "løpende"])
@pytest.mark.parametrize(
    ("said", "people", "ended"), [(None, 0, None), (GOES_ON, 1, False), (HAS_ENDED, 1, True), (LEFT_OUT, 0, None)]
)
def test_that_nobody_has_ended_beside_an_end_date_is_asked_about(words, said, people, ended) -> None:
    row = person(Avsluttet=words, **{"Dato avsluttet": written(ago(10)), "Årsak til avslutning": "i jobb"})
    made = read(csv([row, person("Ola", Avsluttet="Ja", **{"Dato avsluttet": written(ago(9))})]))
    (question,) = made.open_questions
    assert (question.kind, question.rows) == (Kind.REMARK, (2,))
    assert question.shown[0].startswith(f"Avsluttet: {words}; ")
    if said is not None:
        made = answered(csv([row]), said)
        assert [(one.ended_on is not None, bool(one.end_cause)) for one in made.people] == [(ended, ended)] * people
        assert made.reports[2].is_left_out is (said == LEFT_OUT)


@pytest.mark.parametrize(
    "cells", [{"Avsluttet": "Nei", "Dato avsluttet": ""}, {"Avsluttet": "Ja", "Dato avsluttet": written(ago(10))}]
)
def test_where_both_columns_say_the_same_nothing_is_asked(cells) -> None:
    assert read(csv([person(**cells)])).questions == ()


@pytest.mark.parametrize(
    "words",
    ["Meldt seg ut", "Følges ikke opp lenger", "Utmeldt", "Opphørt", "Ute av tiltaket", "Oppfølgingen er avsluttet"],
)
def test_usual_statuses_of_an_end_are_known_and_need_a_date(words) -> None:
    made = read(csv([person(Status=words)]))
    assert made.questions == () and made.people == () and "sluttdato" in made.reports[2].problems[0]


@pytest.mark.parametrize(
    "words",
    [
        *(
            "Begynt i AFT",
            "Uføretrygdet",
            "Flyttet",
            "Får ikke lenger oppfølging",
            "Oppfølging opphørt",
            "Mistet kontakten",
        ),
        *("Gått over i VTA", "Pensjonert", "Startet i arbeidsforberedende trening", "Ble ufør", "Tatt ut av tiltaket"),
    ],
)
@pytest.mark.parametrize("column", ["Status", "title"])
def test_words_of_an_end_are_guessed_to_be_one_and_never_taken_as_going_on(words, column) -> None:
    made = read(titled(words) if column == "title" else csv([person(Status=words)]))
    (question,) = made.open_questions
    assert question.guess == HAS_ENDED and made.people == ()
    assert accepting_guesses(made.questions, made.answers).by_key == {}


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        *(
            (words, "own_wish")
            for words in ("Meldt seg ut", "Trukket seg", "Takket nei", "Ville ikke fortsette", "Hoppet av")
        ),
        *(
            (words, "other_measure")
            for words in ("Begynt i AFT", "Over til VTA", "Overført til annet tiltak", "Går på AFT")
        ),
        *((words, "disability_granted") for words in ("Uføretrygdet", "Er ufør", "Over til uføretrygd", "100 % ufør")),
        *((words, "old_age") for words in ("Pensjonert", "Gått av med pensjon", "Pensjonist")),
        *((words, "other") for words in ("Flyttet", "Flyttet til annen kommune", "Død", "Militæret")),
        ("Startet på utdanning", "education_own"),
    ],
)
def test_whole_phrases_of_a_cause_are_mapped_and_others_asked_about_once(words, cause) -> None:
    made = read(csv([person(Sluttårsak=words, **ENDED)]))
    assert made.questions == () and [one.end_cause for one in made.people] == [cause]
    more = [person("Kari", numbered("Nr", n), Sluttårsak=f"{words} i fjor høst", **ENDED) for n in range(3)]
    (question,) = read(csv(more)).questions
    assert (question.kind, question.rows) == (Kind.END_CAUSE, (2, 3, 4))
