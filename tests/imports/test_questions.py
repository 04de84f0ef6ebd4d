"""What must be answered before a list is written: guessed columns, words, protection, damaged letters."""

from __future__ import annotations

import io
import uuid
from datetime import date

import openpyxl
import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from plass.access.current_user import acting_as
from plass.cases.models import CaseEnded, Participant
from plass.imports import actions, columns, mapping, plan, protection_signs, sheet, state, tasks
from plass.imports.columns import known, plain, recognise, recognise_one
from plass.imports.fields import OF_A_JOB, SECOND_JOB, Field
from plass.imports.headings import HEADINGS
from plass.imports.import_request import ImportRequest
from plass.imports.models import ColumnChoice, Upload
from plass.imports.plan_types import Plan
from plass.imports.queries import who_follows_in
from plass.imports.questions import NO_ANSWERS, Answers, Kind, accepting_guesses

from ..world import identity_number
from .lists import ago, csv, numbered, person, written, xlsx
from .test_command import plass as plass
from .test_pages import by as by
from .test_pages import check, chosen, press, soup, upload

TODAY = date(2026, 11, 30)
ENDED = {"Avsluttet": written(ago(10))}
JOB = {"Arbeidsgiver": "Kafé", "Jobbstart": written(ago(60)), "Timer": "20", "Ansettelsesform": "fast"}


def read(content: bytes, answers: Answers = NO_ANSWERS, *, name: str = "list") -> Plan:
    found = sheet.read(content, name)
    return plan.make(found, mapping.by_headings(found), today=timezone.localdate(), answers=answers)


# Headings.


def test_every_heading_in_the_table_is_known_as_a_whole() -> None:
    for field, headings in HEADINGS.items():
        for heading in headings:
            assert recognise_one(heading) == columns.Recognised(field)


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Avsluttet jobb", Field.JOB_ENDED_ON),
        ("Oppstart jobb", Field.JOB_STARTED_ON),
        ("Oppstart i jobb", Field.JOB_STARTED_ON),
        ("Job start date", Field.JOB_STARTED_ON),
        ("Job end date", Field.JOB_ENDED_ON),
        ("Discharge date", Field.ENDED_ON),
        ("Client name", Field.NAME),
        ("Deltakers telefon", Field.PHONE),
        ("Telefon (deltaker)", Field.PHONE),
        ("Lønnstilskudd (ja/nei)", Field.SUBSIDISED),
        ("Første møte (dato)", Field.STARTED_ON),
        ("Navn veileder", Field.COUNSELLOR),
    ],
)
def test_a_heading_that_says_whose_it_is_is_known(heading: str, field: Field) -> None:
    assert known(plain(heading)) is field


@pytest.mark.parametrize(
    "heading",
    [
        "Timer pr måned",
        "Timer pr mnd",
        "Timer (dag)",
        "Ønsket stillingsprosent",
        "Tidligere arbeidsgiver",
        "Forrige stilling",
        "Mulig arbeidsgiver",
        "Startdato praksis",
        "Praksis arbeidsgiver",
        "Sluttdato vedtak",
        "Planlagt oppstart",
        "Første møte med arbeidsgiver",
        "Siste samtale telefon",
        "Pårørende telefon",
        "Paarorende telefon",
        "Foreldres telefon",
        "Telefon verge",
        "Tolk navn",
        "Fastlege navn",
        "Adresse arbeidsgiver",
        "Telefon arbeidsgiver",
        "E-post veileder",
        "Henvist av",
        "Navn henviser",
        "Mors navn",
        "Barn fødselsnummer",
        "Kontaktperson arbeidsgiver",
        "Previous employer",
        "Next of kin phone",
        "Planned start date",
        "Emergency contact phone",
        "Hours per month",
        "Utbetalt tilskudd årsak",
    ],
)
def test_a_heading_about_something_else_is_not_even_guessed(heading: str) -> None:
    one = recognise_one(heading)
    assert one.field is Field.IGNORED
    assert one.guarded_by


#: Words, and the fields that may have them in a guessed heading.
ELSE = {
    **dict.fromkeys(("praksis", "vedtak", "tiltak", "tidligere", "forrige", "neste", "mulig"), ()),
    **dict.fromkeys(("planlagt", "antatt", "planned"), (Field.PLANNED_END_ON,)),
    **dict.fromkeys(("måned", "mnd", "dag", "pårørende", "foreldres", "verge", "tolk", "lege", "barn", "mors"), ()),
    **dict.fromkeys(("previous", "month", "doctor", "guardian", "interpreter"), ()),
    "jobb": (*OF_A_JOB, Field.WISHES),
    "arbeidsgiver": (*OF_A_JOB, Field.WISHES),
    "jobbstartdato": (*OF_A_JOB, Field.WISHES),
    "veileder": (Field.COUNSELLOR,),
    "ønsket": (Field.WISHES,),
    "employer": (*OF_A_JOB, Field.WISHES),
}
ALL_HEADINGS = sorted(words for headings in HEADINGS.values() for words in headings)


@given(st.sampled_from(ALL_HEADINGS), st.sampled_from(sorted(ELSE)), st.booleans(), st.sampled_from(["", "x", "info"]))
@settings(max_examples=600)
def test_a_word_of_something_else_never_gives_a_column_to_another(
    usual: str, word: str, first: bool, more: str
) -> None:
    heading = f"{word} {more} {usual}" if first else f"{usual} {more} {word}"
    one = recognise_one(heading)
    if one.field and one.is_guess:
        assert one.field in ELSE[word], heading
    elif one.field:
        # Known as a whole: then the whole says it, and not a part of it.
        assert one.field is (known(plain(heading)) or Field.IGNORED)
        assert one.field in (*ELSE[word], *OF_A_JOB, *SECOND_JOB.values()), heading


def test_a_part_of_a_heading_is_a_guess_and_the_whole_is_none() -> None:
    found = recognise([(0, "Fnr"), (1, "Navn"), (2, "Mobil (privat)"), (3, "Stillingsprosent ca")])
    assert [(one.field, one.is_guess) for one in found.values()] == [
        (Field.IDENTITY_NUMBER, False),
        (Field.NAME, False),
        (Field.PHONE, True),
        (Field.JOB_PERCENT, True),
    ]


def test_a_known_heading_comes_before_a_guessed_one() -> None:
    found = recognise([(0, "Mobil (privat)"), (1, "Telefon")])
    assert [(one.field, one.is_guess) for one in found.values()] == [(Field.IGNORED, False), (Field.PHONE, False)]


def test_a_start_that_stands_after_a_job_s_columns_is_a_guess() -> None:
    found = recognise([(0, "Henvist"), (1, "Arbeidsgiver"), (2, "Startdato"), (3, "Sluttdato")])
    assert [(one.field, one.is_guess) for one in found.values()][2:] == [
        (Field.JOB_STARTED_ON, True),
        (Field.JOB_ENDED_ON, True),
    ]


def test_a_known_heading_of_a_job_comes_before_what_its_place_says() -> None:
    found = recognise([(0, "Henvist"), (1, "Arbeidsgiver"), (2, "Startdato"), (3, "Jobbstart")])
    assert [(one.field, one.is_guess) for one in found.values()][2:] == [
        (Field.IGNORED, False),
        (Field.JOB_STARTED_ON, False),
    ]


@pytest.mark.parametrize(
    ("headings", "fields"),
    [
        # What says what it is the first day of comes before what may be of anything.
        ("Henvist;Startdato;1. samtale", "referred_on - started_on"),
        ("Henvist;1. samtale;Oppstart", "referred_on started_on -"),
        ("Inntaksdato;Navn", "referred_on? name"),
        ("Henvist;Inntaksdato;Navn", "referred_on started_on? name"),
        ("Inntaksdato;1. samtale;Arb.giver;Oppstart jobb", "referred_on? started_on employer job_started_on"),
        ("Henvist;Inntaksdato;1. samtale", "referred_on - started_on"),
        ("Navn;Start;Sluttdato;Sluttårsak", "name started_on ended_on end_cause"),
        # In a list with a job's columns the same words may be the job's.
        ("Navn;Oppstart;Arbeidsgiver;Timer", "name started_on? employer job_hours"),
        ("Navn;Startdato;Sluttdato;Arbeidsgiver", "name started_on? ended_on? employer"),
        ("Henvist;Første samtale;Oppstart;Arbeidsgiver", "referred_on started_on job_started_on? employer"),
        (
            "Navn;Oppstart;Avsluttet;Arbeidsgiver;Jobbstart;Jobbslutt",
            "name started_on ended_on employer job_started_on job_ended_on",
        ),
        # A list of jobs.
        (
            "Navn;Arbeidsgiver;Yrke;Timer/uke;Startdato;Sluttdato;Sluttårsak",
            "name employer job_title job_hours job_started_on? job_ended_on? job_end_reason?",
        ),
        (
            "Navn;Avsluttet;Arbeidsgiver;Start;Slutt;Årsak",
            "name ended_on employer job_started_on? job_ended_on? job_end_reason?",
        ),
    ],
)
def test_a_heading_that_often_means_something_else_is_a_guess_and_gives_way(headings: str, fields: str) -> None:
    found = recognise(list(enumerate(headings.split(";"))))
    assert [f"{one.field or '-'}{'?' * one.is_guess}" for one in found.values()] == fields.split()


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Mob.", Field.PHONE),
        ("Mobilnr", Field.PHONE),
        ("Tel.", Field.PHONE),
        ("Arb.giver", Field.EMPLOYER),
        ("Ansatt hos", Field.EMPLOYER),
        ("Avsl.dato", Field.ENDED_ON),
        ("Sluttet", Field.ENDED_ON),
        ("Jobbkonsulent", Field.SPECIALIST),
        ("Ansettelsestype", Field.JOB_FORM),
        ("D-nr", Field.IDENTITY_NUMBER),
    ],
)
def test_short_headings_are_known(heading: str, field: Field) -> None:
    assert recognise_one(heading) == columns.Recognised(field)


@pytest.mark.parametrize(
    ("cells", "is_read"),
    [(("Kokk", "Renholder"), True), (("Kokk", "søker"), False), (("nei", "ja"), False), (("Nei.", ""), True)],
)
def test_what_stands_below_a_heading_of_a_job_says_whether_it_is_a_title(cells: tuple[str, ...], is_read: bool) -> None:
    found = sheet.read(csv([person(Jobb=cell) for cell in cells]), "list")
    recognised = list(mapping.recognised(found).values())[-1]
    assert (recognised.field is Field.JOB_TITLE) is is_read
    assert bool(recognised.guarded_by) is not is_read


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        (
            {"Arb.giv.": "Kafé", "Jobbstart": written(ago(60)), "Timer": "20"},
            "«Arb.giv.» leses ikke: Er det «Arbeidsgiver»?",
        ),
        (
            {"Arbeidsgiver": "Kafé", "Jobbstart": written(ago(60)), "Tim.": "20"},
            "«Tim.» leses ikke: Er det «Timer i uken»?",
        ),
        (
            {"Avslutt.": written(ago(9)), "Status": "avsluttet"},
            "«Avslutt.» leses ikke: Er det «Oppfølgingen avsluttet»?",
        ),
        ({"Tidl. arbeidsgiver": "Kafé", "Jobbstart": written(ago(60)), "Timer": "20"}, ""),
        ({"Arb.giv.": "", "Jobbstart": written(ago(60)), "Timer": "20"}, ""),
    ],
)
def test_a_row_that_lacks_what_stands_in_a_column_that_is_not_read_says_so(cells: dict[str, str], says: str) -> None:
    (problem,) = read(csv([person(**cells)])).reports[2].problems
    assert says in problem
    assert bool(says) is ("leses ikke" in problem)


# Guesses on the page.


def test_a_guess_is_told_and_confirmed_by_a_tick_before_the_list_is_checked(by, client, world):
    content = csv([person(**{"Mobil (privat)": "900 00 001"})])
    address = upload(client, content).headers["Location"]
    page = soup(client.get(address))
    first = page.select("main table tbody tr")[0].get_text(" ", strip=True)
    assert "Mobil (privat)" in first and "Gjettet: Telefon" in first and "Stemmer" in first
    values = chosen(client, address)
    refused = client.post(address, values)
    assert refused.status_code == 422
    assert "«Mobil (privat)» er bare gjettet" in soup(refused).select_one("[data-error-summary]").get_text(" ")
    assert state.load(Upload.objects.get()).checked is None
    sent = client.post(address, chosen(client, address, right_4="on"))
    page = soup(client.get(sent.headers["Location"]))
    press(client, page, "Skriv inn")
    assert Participant.objects.get().phone == "900 00 001"

    # What was confirmed holds for the office's next list like it.
    client.force_login(world.act_as(world.colleague))
    again = upload(client, csv([person("Ola", **{"Mobil (privat)": "900 00 002"})])).headers["Location"]
    assert soup(client.get(again)).select_one("#id_right_4").has_attr("checked")


def test_the_page_says_after_what_a_guessed_column_stands(by, client):
    row = {**person(), "Pårørende": "Mor", "Telefon": "99887766"}
    address = upload(client, csv([row])).headers["Location"]
    text = soup(client.get(address)).select_one("main").get_text(" ", strip=True)
    assert "Gjettet: Telefon. Står etter «Pårørende», så den kan gjelde noe annet." in " ".join(text.split())
    refused = client.post(address, chosen(client, address))
    assert refused.status_code == 422


@pytest.mark.parametrize("field", ["", "wishes"])
def test_another_field_or_none_answers_a_guess_too(by, client, field):
    address = upload(client, csv([person(**{"Mobil (privat)": "900 00 001"})])).headers["Location"]
    values = chosen(client, address, column_4=field)
    sent = client.post(address, values)
    assert sent.status_code == 303
    press(client, soup(client.get(sent.headers["Location"])), "Skriv inn")
    (choice,) = ColumnChoice.objects.all()
    assert (choice.column, choice.holds) == (4, field)


def test_no_action_writes_by_a_guess(by, world):
    found = sheet.read(csv([person(**{"Mobil (privat)": "900 00 001"})]), "list")
    asked = plan.make(found, mapping.by_headings(found), today=timezone.localdate())
    (question,) = asked.guessed_columns
    assert question.shown == ("Mobil (privat)", "phone")
    to_write = {"by": by, "team": world.team, "specialists": who_follows_in(world.team), "dry_run": False}
    with pytest.raises(actions.ColumnsNotConfirmed, match="Mobil"):
        actions.write(asked, ImportRequest(**to_write))
    assert not Participant.objects.exists()
    accepted = accepting_guesses(asked.questions, asked.answers)
    confirmed = plan.make(found, mapping.by_headings(found), today=timezone.localdate(), answers=accepted)
    assert actions.write(confirmed, ImportRequest(**to_write)).people == 1


def test_an_upload_with_a_guess_is_not_written_whoever_asks(by, client, world):
    content = csv([person(**{"Mobil (privat)": "900 00 001"})])
    check(client, content, right_4="on")
    file = Upload.objects.get()
    unanswered = state.load(file)
    file.state = actions.identity.seal(state.replace(unanswered, answers={}).dump())
    file.save(update_fields=["state"])
    with pytest.raises(actions.ColumnsNotConfirmed):
        tasks.start(file, by=by, doing=tasks.WRITE_ALL)
    assert not Upload.objects.get().doing


# Words.


def test_words_are_asked_about_once_and_the_answer_holds(by, client):
    people = [
        person("Ola", numbered("Nr", n), **ENDED, Sluttårsak=words)
        for n, words in enumerate(("Søker jobb selv", "søker  jobb selv.", "Fikk jobb"))
    ]
    address, page = check(client, csv(people))
    assert "1 spørsmål må besvares" in page.get_text(" ")
    (question,) = page.select("#questions tbody tr")
    assert "Søker jobb selv" in question.get_text() and "2, 3" in question.get_text()
    select = question.select_one("select")
    assert select.select_one("option[selected]")["value"] == ""
    assert "annet, med teksten som merknad" in select.get_text()

    # Not whole, but what waits for nothing.
    button = next(button for button in page.select("main form button") if "Skriv inn 1 person" in button.get_text())
    assert button.find_parent("form").select_one("[name=how]")["value"] == tasks.WRITE_GOOD
    forged = client.post(f"{address}skriv/", {"submission": _new(), "how": tasks.WRITE_ALL})
    assert forged.status_code == 303
    assert not Participant.objects.exists()
    page = soup(client.get(address))
    assert "Ingenting ble skrevet inn" in page.get_text(" ")

    answer(client, address, page, {select["name"]: "own_wish"})
    page = soup(client.get(address))
    assert "må besvares" not in page.get_text(" ")
    press(client, page, "Skriv inn")
    causes = {end.case.participant.family_name: (end.cause, end.note) for end in CaseEnded.objects.all()}
    assert causes == {
        numbered("Nr", 0): ("own_wish", "Søker jobb selv"),
        numbered("Nr", 1): ("own_wish", "søker jobb selv."),
        numbered("Nr", 2): ("work", "Fikk jobb"),
    }


def test_an_answer_can_be_changed_and_must_be_one_of_the_choices(by, client):
    address, page = check(client, csv([person(**ENDED, Sluttårsak="Flyttet til Spania")]))
    name = page.select_one("#questions select")["name"]
    answer(client, address, page, {name: ""})
    assert "Velg et svar først" in soup(client.get(address)).get_text(" ")
    answer(client, address, page, {name: "farge"})
    assert state.load(Upload.objects.get()).answers == {}
    with pytest.raises(actions.ValidationError):
        actions.answer(Upload.objects.get(), by=by, answers={name.removeprefix("answer_"): "farge"})
    with pytest.raises(actions.ValidationError):
        actions.answer(Upload.objects.get(), by=by, answers={"end_cause-0": "other"})
    answer(client, address, page, {name: "other"})
    page = soup(client.get(address))
    (before,) = page.select("#questions details select option[selected]")
    assert before["value"] == "other"
    answer(client, address, page, {name: "own_wish"})
    assert state.load(Upload.objects.get()).answers == {name.removeprefix("answer_"): "own_wish"}


def test_nobody_answers_for_another(by, client, world):
    check(client, csv([person(**ENDED, Sluttårsak="Flyttet til Spania")]))
    file = Upload.objects.get()
    with pytest.raises(actions.NotAllowed):
        actions.answer(file, by=world.colleague, answers={})


@pytest.mark.parametrize(
    ("more", "kind", "shown"),
    [
        (
            {**JOB, "Jobbslutt": written(ago(5)), "Sluttårsak jobb": "Ville noe annet"},
            Kind.JOB_END_REASON,
            "Ville noe annet",
        ),
        ({**JOB, "Ansettelsesform": "Deltid 40"}, Kind.JOB_FORM, "Deltid 40"),
        ({**ENDED, "Sluttårsak": "Søker jobb"}, Kind.END_CAUSE, "Søker jobb"),
    ],
)
def test_each_kind_of_words_is_asked_about(more, kind, shown) -> None:
    made = read(csv([person(**more)]))
    assert made.people == ()
    (question,) = made.open_questions
    assert (question.kind, question.shown, question.rows) == (kind, (shown,), (2,))


def test_words_that_decide_nothing_are_not_asked_about() -> None:
    made = read(csv([person(Avsluttet="", Sluttårsak="Søker jobb selv")]))
    assert made.questions == () and len(made.people) == 1


def test_a_row_waits_for_another_row_of_the_same_person() -> None:
    row = person(**ENDED, Sluttårsak="Søker jobb selv")
    made = read(csv([{**row, "Avsluttet": "", "Sluttårsak": ""}, row, person("Ola")]))
    assert [one.given_name for one in made.people] == ["Ola"]
    assert made.reports[2].questions == ["Rad 3 gjelder samme person og venter på svar."]


# Protection.


@pytest.mark.parametrize(
    "words",
    [
        "kode 6",
        "KODE 7",
        "Kode 6/7",
        "kode6",
        "kode-7",
        "K6",
        "fortrolig adresse",
        "Strengt fortrolig",
        "strengt fortruleg",
        "hemmelig adresse",
        "adressen er hemmelig",
        "Sperret adresse",
        "sperra adr.",
        "adressesperre",
        "adr.sperre",
        "skjult adresse",
        "skjermet",
        "Skal skjermes",
        "SPSF",
        "spfo",
        "bor på krisesenter",
        "ikke kode 6",
        "Adresse skal ikke oppgis",
        "må ikke gi ut adressen",
        "fiktiv adresse",
        "voldsalarm",
        "lever i skjul",
        "protected address",
        "strictly confidential",
        "diskresjonskode 6",
        "disk.kode 7",
        "adressekode 6",
        "beskyttelseskode 7",
        "kd 6",
        "kode 6-er",
        "har kode seks",
        "strengt fort.",
        "STRENGT_FORTROLIG_UTLAND",
        "fort. adr",
        "fortolig",
        "ikkje oppgi adressa",
        "ikke si til mann hvor hun bor",
        "ingen må få vite hvor han bor",
        "ikkje sei kvar ho bur",
        "sikret bolig",
        "skjermet bolig",
        "bor på senter pga vold",
        "bor på senter (vold)",
        "utsatt for vold",
        "vold i nære relasjoner",
        "voldelig eks",
        "trusler fra eks",
        "på flukt fra eks",
        "har gått i dekning",
        "nødadresse",
        "klientadresse, KLIE",
        "begrenset innsyn",
        "kode 6 på døra",
    ],
)
def test_signs_of_protection_are_known_however_they_are_written(words: str) -> None:
    assert protection_signs.level_of(words)
    assert protection_signs.level_of(f"OBS! {words.upper()} - ring først")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "Skjermet virksomhet",
        "Postkode 0655",
        "Kari Hemmelig",
        "uke 6",
        "kode 68",
        "Gradert uføretrygd",
        "Adresse: Storgata 6",
        "Vil jobbe med skjerm",
        "vernepleier",
        "6",
        "Postkode 6",
        "Bransjekode 6",
        "Næringskode 7",
        "Tiltakskode 7",
        "Dørkode 6",
        "Kari Vold",
        "Voldgata 6",
        "voldsom pågang",
        "går fort fram",
        "fortrinnsrett",
        "vet ikke hvor hun vil jobbe",
        "ikke si ja til alt",
        "ikke send brev",
        "vil ikke gi opp",
        "sikker på seg selv",
        "ikke sikker",
        "ønsker trygg bolig",
        "beskyttet arbeid",
        "skjult handikap",
        "diskresjon er viktig for ham",
        "mobil dekning",
        "fiktiv CV",
    ],
)
def test_what_is_no_sign_of_protection_is_not_asked_about(words: str) -> None:
    assert not protection_signs.level_of(words)


@pytest.mark.parametrize(
    ("heading", "cell", "asked"),
    [
        ("Merknad", "OBS kode 6", True),
        ("Ønsker", "Bor på krisesenter, vil jobbe i butikk", True),
        ("Poststed", "SPERRET ADRESSE", True),
        ("Kode", "6", True),
        ("Sist vurdert kode 6", "x", True),
        ("Merknad", "ikke kode 6", True),
        ("Merknad", "liker kode", False),
        ("Kode 6/7", "nei", False),
        ("Kode 6/7", "kode 6", False),
        ("Diskresjonskode", "6", True),
        ("Diskresjonskode", "7", True),
        ("Diskresjonskode", "0", False),
        ("Diskresjon", "ja", True),
        ("Diskresjon", "nei", False),
        ("Spesreg", "SPSF", True),
        ("Spesreg", "SPFO", True),
        ("Spesregtype", "6", True),
        ("Kode for beskyttelse", "STRENGT_FORTROLIG", True),
        ("Adresse", "Sperret", True),
        ("Postkode", "6", False),
        ("Bransjekode", "7", False),
        ("Enhetskode", "6", False),
        ("Merknad", "fort", True),
        ("Etternavn", "Vold", False),
        # Columns that are not read.
        *((heading, "x", True) for heading in ("Sperr", "Skjult", "Spes.reg", "Sensitiv", "Egen ansatt")),
        *((heading, "ja", True) for heading in ("Trussel", "Spes. reg.", "Sensitiv")),
        ("Sikkerhetsnivå", "Høy", True),
        ("Sikkerhetsnivå", "Normal", False),
        *((heading, "nei", False) for heading in ("Sperr", "Skjult", "Spes.reg", "Sensitiv", "Trussel")),
        ("Nav-ansatt", "Per Linjal", False),
        ("Sperrefrist", "1.10.2026", False),
        # What says that it is not known, also in the column that is read.
        *(
            (heading, cell, True)
            for heading in ("Skjermet", "Diskresjonskode")
            for cell in ("?", "??", "ukjent", "Ukjent", "-?")
        ),
        *(
            ("Skjermet", cell, True)
            for cell in (
                *(
                    "vet ikke",
                    "Vet ikkje",
                    "usikker",
                    "usikkert",
                    "kanskje",
                    "må sjekkes",
                    "må avklares",
                    "se perm",
                    "?ja",
                ),
                *("ikke kode 6", "kode 8", "litt", "under vurdering", "spør veileder", "2", "12.3.2025"),
            )
        ),
        *(
            (heading, cell, False)
            for heading in ("Skjermet", "Diskresjonskode")
            for cell in ("", "-", "--", "ingen", "nei", "Nei", "UGRADERT", "Ugradert", "USANN", "usant", "0", "n/a")
        ),
        *((heading, cell, False) for heading in ("Merknad", "Adresse", "Postkode") for cell in ("?", "ukjent")),
    ],
)
def test_protection_is_asked_about_wherever_it_stands(heading: str, cell: str, asked: bool) -> None:
    made = read(csv([person(**{heading: cell}), person("Ola")]))
    assert [question.kind for question in made.open_questions if question.rows] == [Kind.PROTECTION] * asked
    assert len(made.people) == (1 if asked else 2)


def test_what_a_column_of_protection_does_not_know_is_protected_by_the_answer_alone() -> None:
    for cell in ("?", "Vet ikke"):
        content = csv([person(Skjermet=cell), person("Ola", Skjermet="UGRADERT")])
        (question,) = read(content).open_questions
        assert question.shown[1:] == (f"Skjermet: {cell}",)
        for said, protection in (("strictly_confidential", "strictly_confidential"), ("none", "")):
            made = read(content, Answers({question.key: said}))
            assert [one.person["protection"] for one in made.people] == [protection, ""]
            assert made.reports[2].problems == []


def test_a_column_of_protection_that_is_not_read_asks_only_about_those_who_have_it() -> None:
    found = sheet.read(csv([person(**{"Kode 6/7": cell}) for cell in ("nei", "", "ja", "-")]), "list")
    chosen_fields = {**mapping.by_headings(found), 4: Field.IGNORED}
    made = plan.make(found, chosen_fields, today=TODAY)
    assert [question.rows for question in made.open_questions] == [(4,)]


def test_a_stricter_sign_than_the_column_says_is_asked_about() -> None:
    said = {"Kode 6/7": "kode 7"}
    assert read(csv([person(**said, Merknad="kode 7")])).open_questions == []
    (question,) = read(csv([person(**said, Merknad="kode 6")])).open_questions
    answered = read(csv([{**person(), **said, "Merknad": "kode 6"}]))
    assert answered.people == ()
    assert question.kind is Kind.PROTECTION


def test_a_comment_and_a_cell_beside_the_list_are_looked_at() -> None:
    def fill(page, book):
        row = person()
        page.append([*row, None])
        page.append([*row.values()])
        page.append([*person("Ola").values(), None, None, "kode 7"])
        page["B2"].comment = openpyxl.comments.Comment("Hemmelig adresse", "x")

    made = read(xlsx(fill))
    assert made.people == ()
    assert [(question.rows, question.shown) for question in made.open_questions] == [
        ((2,), ("Kari Testesen", "Fornavn: Hemmelig adresse")),
        ((3,), ("Ola Testesen", "G: kode 7")),
    ]


def test_whoever_may_be_protected_is_held_back_until_it_is_answered(by, client):
    content = csv([person("Kari", "Skjult", Adresse="Veien 1", Merknad="OBS kode 6"), person("Ola", "Åpen")])
    address, page = check(client, content)
    (question,) = page.select("#questions tbody tr")
    assert "Merknad: OBS kode 6" in question.get_text(" ")
    press(client, page, "Skriv inn 1 person")
    assert [one.family_name for one in Participant.objects.all()] == ["Åpen"]
    page = soup(client.get(address))
    answer(client, address, page, {question.select_one("select")["name"]: "strictly_confidential"})
    press(client, soup(client.get(address)), "Skriv inn")
    assert Participant.objects.get(family_name="Skjult").protection == "strictly_confidential"


# Letters.


def test_damaged_letters_wait_for_an_answer_only_where_they_are_read() -> None:
    assert read(csv([person(Merknad="BlÃ¥")])).open_questions == []
    made = read(csv([person("BjÃ¸rn"), person("BjÃ¸rn", "Annen")]))
    (question,) = made.open_questions
    assert (question.kind, question.rows) == (Kind.LETTERS, (2, 3))
    # Nobody's guess is accepted for what a name is.
    assert accepting_guesses(made.questions, made.answers).by_key == {}


def test_a_lost_letter_is_wrong_and_no_question() -> None:
    def fill(page, book):
        row = person("Bj\ufffdrn")
        page.append([*row])
        page.append([*row.values()])

    made = read(xlsx(fill))
    assert made.people == () and made.questions == ()
    assert "mistet bokstaver" in made.reports[2].problems[0]


# From the command line.


def test_the_command_lists_what_is_asked_and_takes_guesses_only_when_told(committed, plass, tmp_path):
    rows_ = [
        person("Kari", "Gjettet", **{"Mobil (privat)": "900 00 001"}),
        person("Ola", "Ordet", **ENDED, Sluttårsak="Søker jobb selv"),
    ]
    (tmp_path / "liste.csv").write_bytes(csv(rows_))
    tried = plass("plass import liste.csv --by leder1")
    assert tried.returncode == 1, tried.stderr
    assert "Mobil (privat): Gjettet: Telefon" in tried.stdout
    assert "? Søker jobb selv (rad 3)" in tried.stdout
    assert "--accept-guesses" in tried.stdout
    refused = plass("plass import liste.csv --by leder1 --write --good-rows")
    assert refused.returncode == 1
    assert "bare gjettet" in refused.stderr
    with acting_as(committed.supervisor):
        assert not Participant.objects.exists()
    said = plass("plass import liste.csv --by leder1 --map 'Mobil (privat)=phone' --write --good-rows")
    assert said.returncode == 1 and "1 rad venter på svar" in said.stdout
    accepted = plass("plass import liste.csv --by leder1 --accept-guesses --write")
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    with acting_as(committed.supervisor):
        assert Participant.objects.get(family_name="Gjettet").phone == "900 00 001"
        ended = CaseEnded.objects.get()
        assert (ended.cause, ended.note) == ("other", "Søker jobb selv")


def test_the_command_holds_back_the_protected_and_the_damaged_and_shows_nothing_of_the_first(
    committed, plass, tmp_path
):
    rows_ = [person("Kari", "Skjult", Merknad="OBS kode 6"), person("BjÃ¸rn", "Feil"), person("Ola", "Åpen")]
    (tmp_path / "liste.csv").write_bytes(csv(rows_))
    done = plass("plass import liste.csv --by leder1 --accept-guesses --write --good-rows --rest resten.xlsx")
    assert done.returncode == 1
    assert "Rad 2  holdes tilbake" in done.stdout
    assert "Skjult" not in done.stdout + done.stderr and "OBS" not in done.stdout + done.stderr
    assert "BjÃ¸rn (rad 3)" in done.stdout
    with acting_as(committed.supervisor):
        names = set(Participant.objects.values_list("family_name", flat=True))
    assert "Åpen" in names and not names & {"Skjult", "Feil"}
    assert (tmp_path / "resten.xlsx").exists()


def _new() -> str:
    return str(uuid.uuid4())


def answer(client, address, page, answers):
    """Send the questions' form with these answers."""
    form = page.select_one("#questions form")
    values = {one["name"]: one.get("value", "") for one in form.select("input[name]")}
    values |= {
        one["name"]: (one.select_one("option[selected]") or {}).get("value", "") for one in form.select("select")
    }
    values["submission"] = _new()
    sent = client.post(form["action"], values | answers)
    assert (sent.status_code, sent.headers["Location"]) == (303, address)


@pytest.mark.parametrize("words", ["KODE 6", "Sperret adresse", "Skjermede deltakere"])
@pytest.mark.parametrize("place", ["title", "sheet"])
def test_a_title_or_a_sheet_that_speaks_of_protection_holds_back_whoever_stands_under_it(
    words: str, place: str
) -> None:
    rows = [["Fnr", "Navn", "Henvist", "Adresse"], *([[words]] if place == "title" else [])]
    rows.append([identity_number(), "Kari Hansen", written(ago(100)), "Storgata 1"])
    book = openpyxl.Workbook()
    book.active.title = words if place == "sheet" else "Aktive"
    other = book.create_sheet("Andre")
    for row in rows:
        book.active.append(row)
    for row in (rows[0], [identity_number(), "Ola Berg", written(ago(100)), "Storgata 2"]):
        other.append(row)
    out = io.BytesIO()
    book.save(out)
    made = read(out.getvalue())
    assert "Kari" not in {person.given_name for person in made.people}
    where = "Tittel" if place == "title" else "Ark"
    asked = [question.shown for question in made.questions if question.kind is Kind.PROTECTION]
    assert asked == [(f"{where}: {words}",)]


@pytest.mark.parametrize("words", ["Skjult", "Hemmelig", "Sperret"])
def test_a_word_instead_of_an_address_holds_the_person_back(words: str) -> None:
    made = read(csv([person(Adresse=words)]))
    assert made.people == ()
    assert [question.kind for question in made.questions] == [Kind.PROTECTION]
