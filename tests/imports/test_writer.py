"""What comes of a list: who is written, what is wrong, and that nothing is added twice."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from plass.cases import actions as cases
from plass.cases import facts, identity
from plass.cases.gate import NotAllowed
from plass.cases.models import Assignment, Case, CaseEnded, Participant, Referral
from plass.employers import actions as employers
from plass.employers.models import Employer
from plass.employers.queries import names as employer_names
from plass.followup.models import Contact
from plass.imports import actions, mapping, plan, sheet
from plass.imports.import_request import ImportRequest
from plass.imports.models import Imported
from plass.imports.queries import who_follows_in
from plass.jobs.models import JobEnded, JobStarted

from ..conftest import as_owner
from ..world import identity_number, stored
from .lists import ago, csv, numbered, person, written, xlsx


@pytest.fixture
def by(world):
    """The supervisor, who acts."""
    return world.act_as(world.supervisor)


def load(world, by, content, *, dry_run=False, all_or_nothing=False, team=None, unnamed=None):
    """Import a file as the command and the page do; the outcome."""
    made = read_as(world, content, team)
    return write(world, by, made, dry_run=dry_run, all_or_nothing=all_or_nothing, team=team, unnamed=unnamed)


def read_as(world, content, team=None):
    """What the team reads a file as."""
    read = sheet.read(content, "liste")
    holds = mapping.recognise(read, team or world.team)
    return plan.make(read, holds, today=timezone.localdate(), employers=employer_names())


def write(world, by, made, *, dry_run=False, all_or_nothing=False, team=None, unnamed=None):
    """Write what a file was read as; the outcome."""
    return actions.write(
        made,
        ImportRequest(
            by=by,
            team=team or world.team,
            specialists=who_follows_in(team or world.team),
            unnamed=unnamed or by,
            dry_run=dry_run,
            all_or_nothing=all_or_nothing,
        ),
    )


def said(outcome, row=2):
    report = outcome.reports[row]
    return " ".join(report.problems + report.doubts + report.writes + report.remarks)


JOB = {"Arbeidsgiver": "Kafé Fjord AS", "Stilling": "Servitør", "Ansettelsesform": "fast", "Prosent": "50"}


def working(days=60, **more):
    """A person with a job that began so many days ago."""
    return person(**{**JOB, "Jobbstart": written(ago(days)), **more})


def test_a_row_becomes_a_person_with_everything_it_says(world, by):
    row = working(
        given_name="ÅSE",
        Telefon="900 00 001",
        Oppstart=written(ago(170)),
        Jobbspesialist="Spesialist, Siri",
        Veileder="Vidar",
        Ønsker="Kjøre bil",
        **{"Sist møtt": written(ago(20))},
    )
    outcome = load(world, by, csv([row]))
    assert outcome.wrong == []
    case = Case.objects.select_related("participant", "milestones").get()
    assert case.participant.given_name == "Åse"
    assert identity.decrypt(stored(case.participant, "identity_number")) == row["Fødselsnummer"]
    assert case.participant.phone == "900 00 001"
    assert (case.specialist_id, case.counsellor_id) == (world.specialist.pk, world.counsellor.pk)
    assert Referral.objects.get().wishes == "Kjøre bil"
    assert case.milestones.referred_on == ago(180)
    assert case.milestones.started_on == ago(170)
    assert case.milestones.last_met_on == ago(20)
    job = JobStarted.objects.get()
    assert (job.form, job.hours_per_week, job.happened_on) == ("permanent", Decimal("18.75"), ago(60))


def test_a_dry_run_says_what_writing_then_does_and_leaves_nothing(world, by):
    content = csv([working(), person("Ola", "Prøvesen")])
    tried = load(world, by, content, dry_run=True)
    assert not Participant.objects.exists()
    assert not Employer.objects.exists()
    assert not tried.written
    done = load(world, by, content)
    assert done.written
    assert [tried.reports[n].writes for n in (2, 3)] == [done.reports[n].writes for n in (2, 3)]
    assert Participant.objects.count() == 2


def test_one_wrong_row_undoes_all_or_leaves_the_good_ones(world, by):
    content = csv([person(), person(Fødselsnummer="17859012345"), person("Ola", "Prøvesen")])
    outcome = load(world, by, content, all_or_nothing=True)
    assert outcome.wrong == [3]
    assert not outcome.written
    assert not Participant.objects.exists()
    outcome = load(world, by, content)
    assert outcome.written
    assert outcome.people == 2
    assert sorted(Participant.objects.values_list("family_name", flat=True)) == ["Prøvesen", "Testesen"]


def test_what_goes_wrong_while_writing_undoes_that_person_whole(world, by):
    content = csv([person(Jobbspesialist="Ingen Slik"), person("Ola", "Prøvesen")])
    outcome = load(world, by, content)
    assert "«Ingen Slik» er ikke jobbspesialist i dette teamet" in said(outcome)
    assert "Siri Spesialist" in said(outcome)
    assert outcome.people == 1
    assert Participant.objects.get().family_name == "Prøvesen"


def test_the_same_list_again_adds_nothing(world, by):
    row = working(
        Oppstart=written(ago(170)), Jobbspesialist="jobb1", Jobbslutt=written(ago(5)), Avsluttet=written(ago(2))
    )
    load(world, by, csv([row]))
    before = [model.objects.count() for model in (Case, Contact, Assignment, JobStarted, JobEnded, CaseEnded, Imported)]
    again = load(world, by, csv([row]))
    assert (again.people, again.written, again.wrong) == (0, False, [])
    assert before == [
        model.objects.count() for model in (Case, Contact, Assignment, JobStarted, JobEnded, CaseEnded, Imported)
    ]


def test_a_later_list_adds_only_what_is_new(world, by):
    row = working(Jobbspesialist="jobb1")
    load(world, by, csv([row]))
    later = load(world, by, csv([row | {"Jobbslutt": written(ago(3)), "Sist møtt": written(ago(1))}]))
    assert later.people == 1
    assert JobStarted.objects.count() == 1
    assert JobEnded.objects.get().happened_on == ago(3)
    assert Contact.objects.get().happened_on == ago(1)
    assert "Har oppfølging her fra før" in said(later)


def test_what_was_withdrawn_on_the_pages_does_not_come_back(world, by):
    row = working(Oppstart=written(ago(170)))
    load(world, by, csv([row]))
    facts.withdraw(Contact.objects.get(), by=by, reason="Det var en annen")
    facts.withdraw(JobStarted.objects.get(), by=by, reason="Ble ikke noe av")
    again = load(world, by, csv([row]))
    assert again.people == 0
    assert Contact.objects.filter(superseded_at=None).count() == 0
    assert JobStarted.objects.filter(superseded_at=None).count() == 0


def test_two_rows_of_one_person_are_one_case_with_two_jobs(world, by):
    first = working(100)
    second = first | {"Arbeidsgiver": "Butikken", "Prosent": "20", "Jobbstart": written(ago(30)), "Henvist dato": ""}
    outcome = load(world, by, csv([first, second]))
    assert outcome.wrong == []
    assert Case.objects.count() == 1
    assert JobStarted.objects.count() == 2
    assert "Samme person som i rad 2, med en annen jobb" in said(outcome, 3)


def test_one_wrong_row_of_a_person_holds_back_the_other(world, by):
    first = working(100)
    outcome = load(world, by, csv([first, first | {"Arbeidsgiver": "Butikken", "Jobbstart": "i vår"}]))
    assert outcome.wrong == [2, 3]
    assert "Rad 3 gjelder samme person og må rettes først" in said(outcome)
    assert not Participant.objects.exists()


def test_the_same_number_with_another_name_is_a_mistake(world, by):
    row = person()
    outcome = load(world, by, csv([row, person("Ola", "Annen", Fødselsnummer=row["Fødselsnummer"])]))
    # Each says what is wrong with it; neither sends the reader to the other and back.
    assert "står i rad 2 i lista med et annet navn: Kari Testesen" in said(outcome, 3)
    assert "står i rad 3 i lista med et annet navn: Ola Annen" in said(outcome, 2)
    assert "må rettes først" not in said(outcome, 2) + said(outcome, 3)
    assert not Participant.objects.exists()


def test_an_ended_follow_up_is_ended_with_its_cause(world, by):
    row = person(Oppstart=written(ago(170)), Avsluttet=written(ago(10)), Sluttårsak="Kom i jobb")
    outcome = load(world, by, csv([row]))
    ended = CaseEnded.objects.get()
    assert (ended.cause, ended.note, ended.happened_on) == ("work", "Kom i jobb", ago(10))
    assert "forstås som" in said(outcome)


def test_nobody_is_handed_over_by_a_list(world, by):
    number = identity_number()
    world.refer("Kari", "Testesen", number=number, on=ago(180))
    by = world.act_as(world.supervisor)
    outcome = load(world, by, csv([person(Fødselsnummer=number, Jobbspesialist="Kåre Kollega")]))
    assert [(one.recorded, one.listed) for one in outcome.reports[2].differences] == [
        ("Siri Spesialist", "Kåre Kollega")
    ]
    assert Case.objects.get().specialist_id == world.specialist.pk


def test_address_protection_shields_the_case(world, by):
    load(world, by, csv([person(Jobbspesialist="jobb1", **{"Kode 6/7": "kode 6"}), person("Ola", "Åpen")]))
    assert Case.objects.get(participant__family_name="Testesen").shielded
    world.act_as(world.colleague)
    assert [case.participant.family_name for case in Case.objects.all()] == ["Åpen"]
    world.act_as(world.specialist)
    assert Case.objects.count() == 2


def test_an_employer_is_found_by_number_and_by_name_and_added_once(world, by):
    known = employers.add_employer(by=by, name="Kafé Fjord AS")
    rows = [working(), working(family_name="To", Arbeidsgiver="KAFE FJORD"), working(Arbeidsgiver="Nytt Sted")]
    rows += [working(Arbeidsgiver="Nytt Sted", family_name="Fire")]
    outcome = load(world, by, csv([*rows, working(Arbeidsgiver="kafé fjord, a/s", family_name="Fem")]))
    assert outcome.wrong == []
    assert Employer.objects.filter(name="Nytt Sted").count() == 1
    assert JobStarted.objects.filter(employer=known).count() == 3
    assert "Ny arbeidsgiver: Nytt Sted" in said(outcome, 4)
    assert "Ny arbeidsgiver" not in said(outcome, 5)


def test_a_dry_run_in_several_pieces_tells_of_a_new_employer_once(world, by, monkeypatch):
    monkeypatch.setattr(actions, "PIECE", 2)
    outcome = load(world, by, csv([working(family_name=numbered("Nr", n)) for n in range(5)]), dry_run=True)
    told = [n for n, report in outcome.reports.items() if any("Ny arbeidsgiver" in one for one in report.writes)]
    assert told == [2]
    assert not Employer.objects.exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"Fødselsnummer": ""}, "Fødselsnummeret mangler"),
        ({"Fødselsnummer": "17859012345"}, "Kontrollsifrene stemmer ikke"),
        ({"Etternavn": ""}, "Både fornavn og etternavn må med"),
        ({"Henvist dato": "31.2.2026"}, "er ikke en dag i kalenderen"),
        ({"Henvist dato": ""}, "Ingen dato sier når oppfølgingen begynte"),
        ({"Henvist dato": written(ago(-30))}, "er fram i tid"),
        ({"Henvist dato": "i vår"}, "Kolonnen «Henvist dato»: «i vår» er ikke en dato"),
        ({"Fornavn": "Ukjent"}, "«Ukjent» er ikke et navn"),
        ({"Fødselsnummer": "12345678901"}, "De seks første sifrene er ikke en dato"),
        ({"Oppstart": written(ago(300))}, "«Oppstart» ("),
        ({"Arbeidsgiver": "Kafé", "Jobbstart": written(ago(9))}, "timer i uken mangler"),
        ({"Jobbstart": written(ago(9))}, "ingen arbeidsgiver"),
        ({**JOB, "Jobbstart": written(ago(9)), "Jobbslutt": written(ago(19))}, "«Jobbslutt» ("),
        ({"Fødselsnummer": "1234567890"}, "bare 10 sifre, og med null foran"),
        ({"Etternavn": "Langt" * 30}, "Kolonnen «Etternavn»: Dette er for langt: 150 tegn. Det er plass til 100."),
        ({**JOB, "Jobbstart": written(ago(9)), "Ansettelsesform": "arbeidstrening", "Lønnstilskudd": "ja"}, "ulønnet"),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(world, by, changes, says):
    outcome = load(world, by, csv([person(**changes)]))
    assert outcome.wrong == [2]
    assert says in said(outcome)
    assert not Participant.objects.exists()


@pytest.mark.parametrize("who", ["colleague", "supervisor"])
def test_those_of_the_team_may_import_to_it(world, who):
    by = world.act_as(getattr(world, who))
    assert load(world, by, csv([person()])).written


@pytest.mark.parametrize("who", ["other_specialist", "counsellor", "leader", "administrator"])
def test_somebody_else_s_team_is_refused(world, who):
    by = world.act_as(getattr(world, who))
    content = csv([person()])
    for dry_run in (True, False):
        with pytest.raises(NotAllowed):
            load(world, by, content, dry_run=dry_run)


def test_somebody_followed_where_one_does_not_see_is_written_as_somebody_unknown(world, by):
    # Decision 0159: until then the row said that the person has follow-up here.
    number = identity_number()
    world.refer("Skjult", "Skjermesen", number=number, protection="strictly_confidential")
    by = world.act_as(world.supervisor)
    outcome = load(world, by, csv([person("Skjult", "Skjermesen", Fødselsnummer=number)]))
    assert outcome.people == 1
    assert "har allerede oppfølging" not in said(outcome)
    assert Participant.objects.get().cases.get().referred_by == by


def test_a_person_with_follow_up_elsewhere_gets_a_case_here(world, by):
    number = identity_number()
    world.refer("Kari", "Testesen", number=number, team=world.other_team)
    by = world.act_as(world.supervisor)
    assert load(world, by, csv([person(Fødselsnummer=number)])).people == 1
    assert Case.objects.filter(office=world.office).count() == 1
    # Of whom they see no more than they wrote; somebody who sees both joins the two.
    assert Participant.objects.count() == 1
    with as_owner():
        assert Participant.objects.count() == 2


def test_a_workbook_as_it_really_looks(world, by):
    """Titles, merged headings, a name beside two jobs, sections, a hidden row, numbers without their zeros, a total."""
    number = identity_number(ago(0).replace(year=1990, month=5, day=1))

    def fill(page, book):
        page.append(["Deltakere Jobbteam 1, oppdatert 1.11."])
        page.append([])
        page.append(["Deltaker", None, "Oppfølging", None, "Jobb", None, None])
        page.merge_cells("A3:B3")
        page.merge_cells("C3:D3")
        page.merge_cells("E3:G3")
        page.append(["Fnr.", "Navn", "Søkt inn", "Jobbspes.", "Arbeidsgiver", "Prosent", "Startdato"])
        page.append(["AKTIVE"])
        page.append([int(number), "Ødegård, Åse", ago(200), "SS", "Kafé Fjord", 0.5, ago(90)])
        page.append([None, None, None, None, "Butikken", 1, ago(30)])
        page.merge_cells("A6:A7")
        page.merge_cells("B6:B7")
        page.append([None, None])
        page.append([identity_number(), "OLA PRØVESEN", (ago(20) - ago(20).replace(1899, 12, 30)).days])
        page.row_dimensions[9].hidden = True
        page.append(["Sum", 3])

    outcome = load(world, by, xlsx(fill))
    assert outcome.wrong == []
    assert sorted(outcome.reports) == [6, 7, 9]
    assert identity.decrypt(stored(Participant.objects.get(family_name="Ødegård"), "identity_number")) == number
    assert sorted(JobStarted.objects.values_list("hours_per_week", flat=True)) == [Decimal("18.75"), Decimal("37.5")]
    assert "satt tilbake" in said(outcome, 6)
    assert "skjult i filen" in said(outcome, 9)
    assert Case.objects.get(participant__family_name="Prøvesen").milestones.referred_on == ago(20)


def test_the_import_s_own_meetings_count_like_any_other(world, by):
    load(world, by, csv([person(Oppstart=written(ago(100)))]))
    case = Case.objects.select_related("milestones").get()
    assert case.milestones.first_meeting_on == ago(100)
    ended = cases.end(case, by=by, happened_on=timezone.localdate() - timedelta(days=1), cause="work")
    assert ended.pk


def test_a_wrong_per_cent_is_not_missing_hours_too(world, by):
    outcome = load(world, by, csv([working(Prosent="150")]))
    assert "«150» kan ikke stemme" in said(outcome)
    assert "timer i uken mangler" not in said(outcome)


def test_a_dry_run_shows_everything_that_would_be_written(world, by):
    row = working(
        Telefon="900 00 001",
        Adresse="Storgata 1",
        Postnr="155",
        Poststed="Oslo",
        Ønsker="Kjøre bil",
        Prosent="0,5",
        Orgnr="923 609 016",
        Lønnstilskudd="ja",
        Jobbslutt=written(ago(5)),
        Sluttårsak="Kom i jobb",
        Avsluttet=written(ago(2)),
        **{"E-post": "kari@example.org", "Kode 6/7": "kode 7"},
    )
    outcome = load(world, by, csv([row]), dry_run=True)
    assert outcome.wrong == []
    writes = " ".join(outcome.reports[2].writes)
    for told in (
        "Telefon: 900 00 001",
        "E-post: kari@example.org",
        "Adresse: Storgata 1, 0155 Oslo",
        "Skjerming: ",
        "Kjøre bil",
        "Servitør, fast, 18,75 timer i uken (50 % av 37,5 timer), med lønnstilskudd, organisasjonsnummer 923609016",
        "sluttet",
        "Avsluttet",
        "arbeid uten tilskudd",
    ):
        assert told in writes, told
    assert "«0,5» er lest som 50 % stilling" in said(outcome)


def test_of_whom_has_ended_nothing_is_said_as_if_it_went_on(world, by):
    ended = {"Avsluttet": written(ago(10)), "Sluttårsak": "Fikk jobb"}
    outcome = load(world, by, csv([working(**ended), person(**ended)]), dry_run=True)
    first, second = said(outcome), said(outcome, 3)
    assert f"{by.name} settes som den som fulgte deltakeren" in first
    assert "Jobben hos Kafé Fjord AS står åpen selv om oppfølgingen er avsluttet" in first
    assert "i gang" not in first + second and "venter i teamet" not in second
    assert not any(report.given_to for report in outcome.reports.values())


def test_who_is_known_keeps_what_is_registered_and_the_row_does_not_promise_more(world, by):
    number = identity_number()
    ended = world.refer("Kari", "Testesen", number=number, on=ago(300))
    cases.end(ended, by=world.specialist, happened_on=ago(200), cause="work")
    by = world.act_as(world.supervisor)
    outcome = load(world, by, csv([person(Fødselsnummer=number, Telefon="900 00 001")]))
    assert outcome.people == 1
    assert "900 00 001" not in said(outcome)


BEGUN = [{"Oppstart": written(ago(170))}, {"Sist møtt": written(ago(20))}, {**JOB, "Jobbstart": written(ago(60))}]


@pytest.mark.parametrize("more", BEGUN)
def test_who_is_met_or_works_does_not_wait_in_the_team_for_somebody_to_take_them(world, by, more):
    outcome = load(world, by, csv([person(**more), person("Ola", "Venter")]), unnamed=world.colleague)
    case = Case.objects.select_related("milestones").get(participant__family_name="Testesen")
    assert case.specialist_id == world.colleague.pk
    assert f"Følges av {world.colleague.name} fra" in said(outcome)
    assert outcome.reports[2].given_to == world.colleague.name
    if "Oppstart" in more:
        assert (case.milestones.started_on, case.milestones.waited_days) == (ago(170), 10)
    elif "Sist møtt" in more:
        assert case.milestones.started_on == ago(20)
    else:
        assert "Lista har ingen første samtale" in said(outcome)
    assert Case.objects.get(participant__family_name="Venter").specialist_id is None
    assert outcome.reports[3].given_to == ""


def test_a_case_that_was_given_back_to_the_team_stays_there_when_the_list_comes_again(world, by):
    row = person(Oppstart=written(ago(170)))
    load(world, by, csv([row]))
    cases.hand_over(Case.objects.get(), by=by, to=None)
    before = Assignment.objects.count()
    again = load(world, by, csv([row]), unnamed=world.colleague)
    assert (again.people, again.wrong, Assignment.objects.count()) == (0, [], before)
    assert Case.objects.get().specialist_id is None


def test_a_case_that_was_given_back_before_any_list_came_stays_in_the_team(world, by):
    number = identity_number()
    case = world.refer("Kari", "Testesen", number=number)
    by = world.act_as(world.supervisor)
    cases.hand_over(case, by=by, to=None)
    before = Assignment.objects.count()
    outcome = load(world, by, csv([person(Fødselsnummer=number, **{"Sist møtt": written(ago(0))})]))
    assert (outcome.wrong, Assignment.objects.count()) == ([], before)
    assert Case.objects.get().specialist_id is None


def test_without_anybody_to_follow_them_such_a_row_must_be_mended(world, by):
    read = sheet.read(csv([person(Oppstart=written(ago(170)))]), "liste")
    made = plan.make(read, mapping.recognise(read, world.team), today=timezone.localdate())
    outcome = actions.write(made, ImportRequest(by=by, team=world.team, specialists=[], dry_run=True))
    assert "ingen jobbspesialist er nevnt" in said(outcome)


def test_a_formula_without_a_result_is_told_once_with_its_column(world, by):
    row = working(Fornavn="=A1&B1", Arbeidsgiver="=HYPERLINK(1)")
    problems = load(world, by, csv([row])).reports[2].problems
    assert [one.partition(":")[0] for one in problems] == ["Kolonnen «Fornavn»", "Kolonnen «Arbeidsgiver»"]


def test_what_is_taken_for_granted_or_left_out_is_said(world, by):
    rows = [
        person(
            "Uten", "Årsak", Avsluttet=written(ago(9)), **{"Henvist dato": "??", "Første samtale": written(ago(99))}
        ),
        person("Bare", "Stilling", Stilling="Kokk"),
    ]
    outcome = load(world, by, csv(rows))
    assert outcome.wrong == []
    assert "Sluttårsaken mangler og settes til «annet" in said(outcome, 2)
    assert "Henvist dato mangler" in said(outcome, 2)
    assert "ikke hvor eller fra når" in said(outcome, 3)
