"""The page after a check: its sums add up, columns are shown as they were read, the rows that matter come first."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from datetime import date
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from plass.cases import actions as cases
from plass.cases import facts
from plass.cases.models import Assignment, Case, CaseEnded
from plass.imports import actions, column_readings, mapping, overview, plan, result_page, sheet, state, sums, tasks
from plass.imports.fields import Field
from plass.imports.import_request import ImportRequest
from plass.imports.models import Upload
from plass.imports.plan_types import RowReport
from plass.imports.queries import who_follows_in
from plass.imports.row_numbers import RowNumber
from plass.jobs.models import JobStarted

from ..world import identity_number
from .lists import ago, csv, numbered, person, table, written, xlsx
from .test_pages import BAD, by, check, chosen, press, rows, soup, upload

__all__ = ["by"]

TODAY = date(2026, 11, 30)
JOB = {"Arbeidsgiver": "Kafé Fjord", "Stilling": "Servitør", "Ansettelsesform": "fast", "Timer": "20"}


def check_list(world, content, *, dry_run=True):
    """What a check of a list comes to: its overview, the reports and the outcome."""
    read = sheet.read(content, "liste")
    fields = mapping.by_headings(read)
    today = timezone.localdate()
    made = plan.make(read, fields, today=today)
    specialists = who_follows_in(world.team)
    outcome = actions.write(
        made,
        ImportRequest(
            by=world.supervisor, team=world.team, specialists=specialists, unnamed=world.supervisor, dry_run=dry_run
        ),
    )
    columns = column_readings.of_sheet(read, fields, made, today=today, people={Field.SPECIALIST: specialists})
    return overview.make(overview.lines_of(read), columns, made, outcome), outcome


def rich_list(seed: int) -> tuple[bytes, dict[str, int]]:
    """A list of every kind of row in some order, and how many there are of what."""
    chance = Random(seed)
    job = {**JOB, "Jobbstart": written(ago(60))}
    count = {
        name: chance.randint(0, 4)
        for name in ("plain", "working", "twice", "wrong", "nameless", "sums", "ended", "waits")
    }
    blocks = [[person(family_name=numbered("Nr", n))] for n in range(count["plain"] + 1)]
    blocks += [[person(family_name=numbered("Jo", n), **job)] for n in range(count["working"])]
    for n in range(count["twice"]):
        one = person(family_name=numbered("To", n), **job)
        blocks += [[one, {**one, "Arbeidsgiver": "Et annet sted"}]]
    # Somebody with a row that must be mended is not written in half.
    for n in range(count["wrong"]):
        one = person(family_name=numbered("Gal", n), **job, Avsluttet=written(ago(5)))
        elsewhere = {"Arbeidsgiver": "Et annet sted", "Timer": "mange"}
        blocks += [[one, {**one, "Henvist dato": "30.2.2026"}, {**one, **elsewhere}]]
    blocks += [[person(family_name=numbered("Ingen", n), Fødselsnummer=BAD, **job)] for n in range(count["nameless"])]
    blocks += [[person(family_name=numbered("Slutt", n), Avsluttet=written(ago(5)))] for n in range(count["ended"])]
    ending = {"Avsluttet": written(ago(5)), "Sluttårsak": "blåbær"}
    blocks += [[person(family_name=numbered("Vent", n), **job, **ending)] for n in range(count["waits"])]
    blocks += [[{"Fornavn": "Sum", "Timer": ""}] for _n in range(count["sums"])]
    chance.shuffle(blocks)
    titles = chance.randint(0, 2)
    content = "".join(f"Liste nr. {n}\r\n" for n in range(titles)).encode() + csv(
        [row for block in blocks for row in block]
    ).replace(b"\r\n", b"\r\n\r\n", 1)
    return content, count | {"titles": titles}


@pytest.mark.parametrize("seed", range(6))
def test_the_sums_add_up_and_are_those_of_the_list(world, by, seed):
    content, count = rich_list(seed)
    check_list(world, csv([person(family_name="Forut"), person(family_name="Forut")]), dry_run=False)
    for turn in range(2):
        about, outcome = check_list(world, content, dry_run=turn == 1)
        lines = [line for line in content.decode().split("\r\n") if line]
        assert about.lines.all == len(lines)
        assert about.lines.headings == count["titles"] + 1
        assert about.lines.left_out == count["sums"]
        assert about.sums.rows_without_number == count["nameless"]
        good = count["plain"] + 1 + count["working"] + count["twice"] + count["ended"]
        assert (about.sums.new, about.sums.here) == ((good, 0) if turn == 0 else (0, good))
        assert (about.sums.to_mend, about.sums.waiting) == (count["wrong"], count["waits"])
        assert about.sums.rows_wrong == len(outcome.wrong) == 3 * count["wrong"] + count["nameless"]
        assert about.sums.rows_waiting == len(outcome.waiting) == count["waits"]
        jobs = count["working"] + 2 * count["twice"]
        assert (about.sums.new_jobs, about.sums.known_jobs) == ((jobs, 0) if turn == 0 else (0, jobs))
        assert about.sums.jobs_to_mend == 2 * count["wrong"] + count["nameless"]
        assert about.sums.jobs_waiting == count["waits"]
        # Held against the list, where a job is a row with an employer that no row above has for the same person.
        assert about.sums.jobs == jobs + 2 * count["wrong"] + count["nameless"] + count["waits"]
        assert (about.sums.ended, about.sums.all_ended) == (
            count["ended"],
            count["ended"] + count["wrong"] + count["waits"],
        )
        assert about.sums.to_write == outcome.people == (good if turn == 0 else 0)
        assert all(equation.adds_up for equation in result_page.equations(about))


@pytest.mark.parametrize("more", [{}, {"problems": ["x"]}, {"questions": ["x"]}])
def test_somebody_with_two_rows_has_ended_where_one_of_them_says_so(more):
    first = RowReport(RowNumber(2), person=RowNumber(2), has_ended=True, **more)
    counted = sums.of_reports([first, RowReport(RowNumber(3), person=RowNumber(2))])
    assert (counted.people, counted.all_ended) == (1, 1)


def test_a_sum_that_does_not_add_up_is_told_by_its_test():
    one = result_page.Term(1, "")
    assert not result_page.Equation("", result_page.Term(3, ""), [one, one]).adds_up
    assert result_page.Equation("", result_page.Term(3, ""), [one, one, one]).adds_up


def number(words: str) -> int:
    return int(re.match(r"[\d\u00a0 ]+", words)[0].replace("\u00a0", "").replace(" ", ""))


@pytest.mark.parametrize("seed", [1, 3])
def test_each_sum_on_the_page_leads_to_the_rows_it_counts(by, client, seed, monkeypatch):
    monkeypatch.setattr(tasks, "AT_ONCE", 100)
    address, page = check(client, rich_list(seed)[0])
    links = page.select("#summer a")
    assert len(links) > 4
    for link in links:
        counted = number(link.get_text(" ", strip=True))
        there = soup(client.get(f"{address}{link['href'].removeprefix(address)}"))
        shown = rows(there)
        told = there.find(string=re.compile(r"person(er)? i \d+ rader"))
        # People may stand in several rows; then it says how many they are.
        assert counted in {len(shown), number(told.strip()) if told else len(shown)}, link
        # Jobs and people are counted by what they are, and every row of a sum has one.
        assert shown


def test_jobs_lead_to_rows_with_as_many_jobs(by, client):
    one = person(**JOB, Jobbstart=written(ago(60)))
    address, page = check(client, csv([one, {**one, "Arbeidsgiver": "Et annet sted"}, person()]))
    said = " ".join(page.select_one("#summer").get_text(" ", strip=True).split())
    assert "2 jobber = 2 nye" in said
    assert "2 personer = 2 nye" in said
    assert "4 linjer med noe i = 1 linje med overskrifter + 3 rader med personer" in said
    assert len(rows(soup(client.get(f"{address}?vis=nye-jobber")))) == 2
    assert len(rows(soup(client.get(f"{address}?vis=nye")))) == 3
    press(client, page, "Skriv inn 2 personer og 2 jobber")
    _address, page = check(client, csv([one, {**one, "Arbeidsgiver": "Et annet sted"}, person()]))
    said = " ".join(page.select_one("#summer").get_text(" ", strip=True).split())
    assert "2 jobber = 2 registrert fra før" in said
    assert "2 personer = 1 ny + 1 her fra før" in said


def columns_of(*rows_, people=None, **changes):
    """How the columns of a list are understood, by heading."""
    read = sheet.read(csv(rows_), "liste")
    fields = mapping.by_headings(read) | changes.pop("fields", {})
    made = plan.make(read, fields, today=TODAY)
    found = column_readings.of_sheet(read, fields, made, today=TODAY, people=people or {})
    return {column.heading: column for column in found}


def said(column) -> list[str]:
    return [f"{example.before} -> {example.after}" for example in column.examples]


@pytest.mark.parametrize(
    ("heading", "cells", "shown"),
    [
        ("Henvist dato", ["3.4.25"], ["3.4.25 -> 3. april 2025"]),
        ("Prosent", ["50 %"], ["50 % -> 18,75 timer i uken"]),
        ("Navn", ["Kari Nordmann"], ["Kari Nordmann -> fornavn Kari, etternavn Nordmann"]),
        ("Ansettelsesform", ["fast"], ["fast -> fast"]),
        ("Telefon", ["900 00 001"], ["900 00 001 -> 900 00 001"]),
        ("Avsluttet", ["pågår"], ["pågår -> pågår"]),
        ("Postnummer", ["150", "oslo", "0151", "0152"], ["oslo -> tas ikke med", "0151 -> 0151", "150 -> 0150"]),
        ("E-post", ["ikke"], ["ikke -> tas ikke med"]),
        ("Kode 6/7", ["ja"], ["ja -> strengt fortrolig adresse"]),
        ("Kode 6/7", ["vet ikke"], ["vet ikke -> spørres det om"]),
        ("Lønnstilskudd", ["x"], ["x -> ja"]),
        ("Sluttårsak", ["Kom i jobb"], None),
        ("Noe annet", ["rødt", "blått"], ["blått -> ", "rødt -> "]),
    ],
)
def test_a_cell_is_shown_before_and_after(heading, cells, shown):
    rows_ = [person(**{heading: cell}) for cell in cells]
    if heading == "Navn":
        rows_ = [{**row, "Fornavn": "", "Etternavn": ""} for row in rows_]
    column = columns_of(*rows_)[heading]
    if shown is None:
        shown = ["Kom i jobb -> " + str(column.examples[0].after)]
        assert "arbeid" in shown[0]
    assert [one.lower() for one in said(column)] == [one.lower() for one in shown]


def test_the_odd_cells_come_first_and_a_usual_one_last():
    days = ["3.4.2025"] * 20 + ["2025-04-03", "30.2.2025", "apr. 2025"]
    column = columns_of(*(person(**{"Henvist dato": day}) for day in days))["Henvist dato"]
    assert said(column) == ["30.2.2025 -> må rettes", "apr. 2025 -> må rettes", "3.4.2025 -> 3. april 2025"]
    # Also a cell that is written as all others are.
    hours = ["20", "21", "22", "60"]
    job = {**JOB, "Jobbstart": "1.6.2026"}
    column = columns_of(*(person("Kari", numbered("Nr", int(one)), **job | {"Timer": one}) for one in hours))["Timer"]
    assert said(column)[0] == "60 -> 60 timer i uken"
    assert column.filled == 4
    forms = ["fast"] * 9 + ["vikariat", "Fast"]
    column = columns_of(*(person(**{**JOB, "Ansettelsesform": form}) for form in forms))["Ansettelsesform"]
    assert len(said(column)) == len({example.before.lower() for example in column.examples}) == 2


def test_three_different_cells_are_shown_where_all_are_written_alike():
    column = columns_of(*(person(**{"Henvist dato": f"{n % 9 + 1}.4.2025"}) for n in range(30)))["Henvist dato"]
    assert len(set(said(column))) == column_readings.EXAMPLES


def test_guesses_come_first_then_what_is_read_then_what_is_not():
    read = sheet.read(
        csv([{"Farge": "rød", "Tom": "", "Vår telefon": "900 00 001", **person(Ønsker="Mat"), "Hvem": "Siri"}]), "x"
    )
    recognised = mapping.by_headings(read)
    hvem = next(column.index for column in read.columns if column.heading == "Hvem")
    fields = recognised | {hvem: Field.COUNSELLOR}
    found = column_readings.of_sheet(read, fields, plan.make(read, fields, today=TODAY), today=TODAY, people={})
    assert [(column.heading, column.basis) for column in found] == [
        ("Vår telefon", "guess"),
        ("Hvem", "chosen"),
        *((heading, "known") for heading in ("Fødselsnummer", "Fornavn", "Etternavn", "Henvist dato", "Ønsker")),
        ("Farge", "unread"),
        ("Tom", "unread"),
    ]


def test_no_example_shows_a_whole_identity_number():
    row = person()
    digits = row["Fødselsnummer"]
    found = columns_of({**row, "Merknad": f"mor {digits[:6]} {digits[6:]}", "Telefon": digits, "Ønsker": digits})
    for column in found.values():
        for example in column.examples:
            assert digits[6:] not in example.before + example.after
    assert said(columns_of(row)["Fødselsnummer"])[0].endswith("-> født 17. mai 1990") or "født" in str(
        columns_of(row)["Fødselsnummer"].examples[0].after
    )


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (["3.4.2025"], "dagen først, så måneden"),
        (["04/05/2025", "12/31/2024"], "måneden først, så dagen"),
        (["31.12.2024", "12/31/2024"], "dagen først i noen, måneden først i andre"),
        (["2025-04-03"], ""),
        (["40424", "150524"], "fem sifre er dag, måned og år"),
    ],
)
def test_it_is_said_how_the_dates_of_a_column_are_read(days, says):
    assert columns_of(*(person(**{"Henvist dato": day}) for day in days))["Henvist dato"].dates == says


def test_names_of_those_who_work_here_are_shown_as_who_they_are(world, by):
    rows_ = [person(Jobbspesialist=name) for name in ("Siri S.", "Siri S.", "Ukjent Person")]
    column = columns_of(*rows_, people={Field.SPECIALIST: who_follows_in(world.team)})["Jobbspesialist"]
    assert said(column) == ["Ukjent Person -> må rettes", "Siri S. -> Siri Spesialist"]


def test_a_real_date_cell_and_a_number_are_shown_as_people_write_them():
    def fill(page, _book):
        page.append(["Fødselsnummer", "Navn", "Henvist dato", "Timer"])
        page.append([identity_number(), "Kari Prøve", date(2025, 4, 3), 37.5])

    read = sheet.read(xlsx(fill), "liste.xlsx")
    fields = mapping.by_headings(read)
    found = column_readings.of_sheet(read, fields, plan.make(read, fields, today=TODAY), today=TODAY, people={})
    assert [said(column)[0] for column in found[2:]] == ["3.4.2025 -> 3. april 2025", "37,5 -> 37,5 timer i uken"]


def test_the_page_shows_each_column_with_its_examples(by, client):
    _address, page = check(client, csv([person(Ønsker="Mat", Farge="rød", **JOB, Jobbstart=written(ago(60)))]))
    shown = [" ".join(row.get_text(" ", strip=True).split()) for row in page.select("#kolonner tbody tr")]
    assert len(shown) == 11
    assert any(row.startswith("Timer Timer i uken 20 → leses som 20 timer i uken") for row in shown)
    assert shown[-1] == "Farge Leses ikke rød 1"
    # Folded where there is little room, one click away.
    assert page.select_one("#kolonner details:not([open]) table")


ODD = {**JOB, "Timer": "60", "Jobbstart": written(ago(60))}


def test_what_is_odd_is_looked_at_before_one_writes(by, client):
    content = csv([person("Åse", "Ødegård"), person("Ola", "Prøvesen", **ODD)])
    address, page = check(client, content)
    text = page.get_text(" ")
    assert "Se på dette før du skriver inn lista" in text
    assert "1 rad har noe uvanlig" in text
    (first,) = page.select("#forst li")
    assert "Rad 3" in first.get_text(" ")
    assert "60 timer i uken er mer enn full stilling" in first.get_text(" ")
    assert len(rows(soup(client.get(f"{address}?vis=se")))) == 1
    button = next(one for one in page.select("form button") if "Skriv inn" in one.get_text())
    assert button["data-variant"] == "secondary"
    # It is no problem: it is written where nobody objects.
    press(client, page, "Skriv inn 2 personer og 1 jobb")
    assert "2 deltakere er skrevet inn" in soup(client.get(address)).get_text(" ")


def test_a_list_without_anything_odd_says_so(by, client):
    _address, page = check(client, csv([person(Jobbspesialist="Siri S.")]))
    assert "Alle radene kan skrives inn" in page.get_text(" ")
    assert "Hold summene opp mot lista" in page.get_text(" ")
    assert not page.select("#forst")
    button = next(one for one in page.select("form button") if "Skriv inn 1 person" in one.get_text())
    assert button["data-variant"] == "primary"


def test_rows_to_mend_come_before_odd_ones_and_only_the_first_stand_in_full(by, client, monkeypatch):
    monkeypatch.setattr(tasks, "AT_ONCE", 100)
    odd = [person(family_name=numbered("Odd", n), **ODD) for n in range(9)]
    good = [person(family_name=numbered("Bra", n)) for n in range(20)]
    content = csv([*odd, *good, *(person(Fødselsnummer=BAD) for _n in range(4))])
    address, page = check(client, content)
    first = [one.get_text(" ", strip=True) for one in page.select("#forst li")]
    assert len(first) == result_page.FIRST_ROWS
    assert ["Kontrollsifrene" in one for one in first] == [True] * 4 + [False] * 6
    links = {link["href"]: link.get_text(" ", strip=True) for link in page.select("#forst .p-list__none a")}
    assert links == {
        f"{address}?vis=feil": "Alle 4 radene som må rettes",
        f"{address}?vis=se": "Alle 9 radene med noe uvanlig",
    }


def test_what_most_rows_say_is_said_once(by, client):
    content = csv([person(family_name=numbered("Nr", n)) for n in range(6)])
    _address, page = check(client, content)
    says = "Ingen jobbspesialist er nevnt"
    assert page.get_text(" ").count(says) == 1
    assert f"6 rader: {says}" in page.select_one("#summer").get_text(" ")
    tabs = [one.get_text(" ", strip=True) for one in page.select("nav.p-tabs a")]
    assert not any("merknad" in tab for tab in tabs)
    # In a short list, and where it is said of a few, it stands beside the row.
    assert soup(client.get(check(client, csv([person()]))[0])).get_text(" ").count(says) == 1
    several = [*(person(Jobbspesialist="Siri S.") for _n in range(6)), person()]
    _address, page = check(client, csv(several))
    assert "merknad 1" in " ".join(one.get_text(" ", strip=True) for one in page.select("nav.p-tabs a"))


def test_a_doubt_that_most_rows_share_is_one_about_the_list(world, by):
    rows_ = [person(family_name=numbered("Nr", n), **{"E-post": f"feil{n}"}) for n in range(6)]
    about, outcome = check_list(world, csv([*rows_, person(Postnummer="oslo")]))
    assert [(common.rows, common.is_doubt) for common in about.common] == [(6, True), (7, False)] or [
        (common.rows, common.is_doubt) for common in about.common
    ] == [(7, False), (6, True)]
    assert [number for number, report in outcome.reports.items() if report.doubts] == [8]


def test_what_is_said_of_many_rows_holds_no_value_of_one_of_them(world, by):
    named = [person(f"Kari{n}", numbered("Nr", n)) for n in range(10)]
    late = [
        person("Ola", numbered("Nr", 10 + n), **{"Oppstart": f"{n + 1}.3.2026", "Henvist dato": "1.6.2026"})
        for n in range(3)
    ]
    about, _outcome = check_list(world, csv([*named, *late]))
    said = {common.rows: str(common.sentence) for common in about.often_wrong}
    assert "«…»" in said[10] and "Kari" not in said[10]
    # What is the same in all of them stays.
    assert "«Oppstart» (…) er før «Henvist dato» (1. juni 2026)" in said[3]


def test_a_counsellor_whom_nobody_knows_is_told_once_and_drowns_nothing(world, by):
    rows_ = [person(family_name=numbered("Nr", n), Veileder="B. Aune" if n < 4 else "N. Ukjentsen") for n in range(5)]
    about, outcome = check_list(world, csv([*rows_, person(Telefon="kommer snart", Veileder="B. Aune")]))
    shared = {str(common.sentence): common.rows for common in about.common if common.is_doubt}
    assert list(shared.values()) == [5]
    assert "B. Aune" in next(iter(shared))
    odd = {number: report.doubts for number, report in outcome.reports.items() if report.doubts}
    assert list(odd) == [6, 7]
    assert "N. Ukjentsen" in odd[6][0] and "kommer snart" in odd[7][0]


def test_several_faults_of_a_row_are_told_together(world, by):
    row = person(
        "Per2",
        Fødselsnummer=BAD,
        Jobbspesialist="Ingen Her",
        **{"Henvist dato": "1.9.2026", "Oppstart": "1.8.2026"},
        **{**JOB, "Ansettelsesform": "praksis?", "Timer": "", "Jobbstart": "1.6.2026", "Jobbslutt": "1.5.2026"},
    )
    _about, outcome = check_list(world, csv([row, {**row, "Fødselsnummer": identity_number()}]))
    told = [" ".join(outcome.reports[number].problems) for number in (2, 3)]
    for says in (
        "Per2",
        "«Oppstart» (1. august 2026) er før",
        "«Jobbslutt» (1. mai 2026) er før",
        "timer i uken mangler",
    ):
        assert says in told[0]
        assert says in told[1]
    # What the form of employment means is asked at once, and not after the rest is mended.
    assert all(outcome.reports[number].questions for number in (2, 3))
    assert "Kontrollsifrene stemmer ikke" in told[0]
    assert "er ikke jobbspesialist i dette teamet" in told[1]
    # What the writing would refuse, too: nobody to follow the person, and no date.
    _about, outcome = check_list(world, csv([person(Jobbspesialist="Ingen Her", **{"Henvist dato": ""})]))
    assert len(outcome.reports[2].problems) == 2


@pytest.mark.parametrize(
    ("counted", "says"),
    [
        ({"new": 205, "new_jobs": 80}, "205 personer og 80 jobber"),
        ({"new": 1}, "1 person"),
        ({"here": 3, "with_news": 1, "new_jobs": 1}, "1 jobb og det nye om 1 som er her fra før"),
        ({"new": 2, "here": 3, "with_news": 3, "new_jobs": 1}, "2 personer, 1 jobb og det nye om 3 som er her fra før"),
    ],
)
def test_the_button_says_what_it_writes(counted, says):
    nothing = dict.fromkeys(sums.Sums.__dataclass_fields__, 0)
    assert result_page.what_is_written(sums.Sums(**nothing | counted)) == says


def questions(client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)


def test_at_most_twelve_questions_whatever_the_size(by, client, monkeypatch):
    monkeypatch.setattr(tasks, "AT_ONCE", 100)
    few, _page = check(client, csv([person(**ODD)]))
    many, _page = check(client, csv([person(family_name=numbered("Nr", n), **ODD) for n in range(70)]))
    for part in ("", "?vis=se", "?vis=alle&page=2", "?vis=utelatt"):
        assert questions(client, few + part) == questions(client, many + part) <= 12


def test_a_list_of_ten_thousand_rows_is_a_bounded_page(by, client):
    """What is shown is bounded, and what is kept grows with what there is to say of the rows and no more."""
    address = upload(client, csv([person(family_name="Lang" + "e" * 150)])).headers["Location"]
    client.post(address, chosen(client, address))
    kept = Upload.objects.get()
    file_state = state.load(kept)
    (row,) = file_state.checked.rows
    one = len(file_state.dump())
    file_state = replace(file_state, checked=replace(file_state.checked, rows=[row] * 10_000))
    assert len(file_state.dump()) - one < 9_999 * 1_500
    actions.keep_state(kept, by=by, state=file_state.dump())
    page = client.get(f"{address.removesuffix('kolonner/')}")
    assert len(soup(page).select("#rader tbody tr")) == 50
    assert len(page.content) < 150_000
    # The rows that are not shown are not read, so it does not matter what stands in them.
    first, _line, packed = file_state.dump().partition(b"\n")
    lines = zlib.decompress(packed).split(b"\n")
    unreadable = zlib.compress(b"\n".join([*lines[:50], *(b"?" for _line in lines[50:])]))
    actions.keep_state(kept, by=by, state=first + b"\n" + unreadable)
    assert client.get(f"{address.removesuffix('kolonner/')}").content.count(b"<tr") == page.content.count(b"<tr")


def test_the_rest_is_what_is_not_written_to_mend_or_to_answer(by, client):
    ending = {"Avsluttet": written(ago(5)), "Sluttårsak": "blåbær"}
    content = csv([person("Bra"), person("Vent", **ending), person("Gal", **{"Henvist dato": "30.2.2026"})])
    address, page = check(client, content)
    said = " ".join(page.select_one("#summer").get_text(" ", strip=True).split())
    assert "Skrives ikke inn 2 rader = 1 å rette + 1 venter på svar" in said
    shown = rows(soup(client.get(f"{address}?vis=resten")))
    (link,) = [one for one in page.select("a") if "Hent resten (2 rader)" in one.get_text(" ")]
    lines = table(client.get(link["href"]).content)
    assert [line[1] for line in lines[1:]] == ["Vent", "Gal"]
    assert len(shown) == 2
    assert "blåbær" in lines[1][-1]
    assert "30.2.2026" in lines[2][-1]
    press(client, page, "Skriv inn 1 person")
    page = soup(client.get(address))
    assert "2 rader ble ikke skrevet inn" in page.get_text(" ")
    assert len(table(client.get(link["href"]).content)) == 3


def test_only_rows_that_wait_can_be_got_as_a_file_too(by, client):
    ending = {"Avsluttet": written(ago(5)), "Sluttårsak": "blåbær"}
    _address, page = check(client, csv([person("Vent", **ending)]))
    assert any("Hent resten (1 rad)" in one.get_text(" ") for one in page.select("a"))


def test_the_page_says_what_to_do_with_the_wrong_list(by, client):
    content = csv([person("Feil", "Liste", **JOB, Jobbstart=written(ago(60)))])
    address, page = check(client, content)
    assert "Var det feil liste?" not in page.get_text(" ")
    press(client, page, "Skriv inn 1 person og 1 jobb")
    assert "En hel liste kan ikke angres på en gang" in soup(client.get(address)).get_text(" ")
    # It is true: each line can be withdrawn, the follow-up ended, and the same list brings nothing back.
    case = Case.objects.get()
    for kind in (JobStarted, Assignment):
        for fact in kind.objects.filter(case=case, superseded_at=None):
            facts.withdraw(fact, by=by, reason="feil liste")
    cases.end(case, by=by, happened_on=ago(0), cause=CaseEnded.Cause.OTHER)
    _address, page = check(client, content)
    assert "Ikke noe nytt" in page.get_text(" ")
    assert not JobStarted.objects.filter(superseded_at=None)
