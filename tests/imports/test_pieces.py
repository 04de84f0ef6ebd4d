"""People of a list are written together, and what stands afterwards is what writing them one by one leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from plass.access.models import Change, ConflictOfInterest
from plass.cases import actions as cases
from plass.cases import identity
from plass.cases.fact_register import fact_kinds
from plass.cases.models import Case, CaseEnded, Participant
from plass.employers.models import Employer
from plass.imports import actions
from plass.imports.models import Imported
from plass.jobs.models import JobStarted
from plass.milestones.models import Milestones
from tests.conftest import as_owner

from ..world import identity_number, stored
from .lists import ago, csv, numbered, person, written
from .test_writer import load, said, working


@pytest.fixture
def by(world):
    """The supervisor, who acts."""
    return world.act_as(world.supervisor)


def a_list_of_every_kind(world):
    """Rows of all that a list may bring, right and wrong."""
    known, moved, ended = identity_number(), identity_number(), identity_number()
    world.refer("Kjent", "Kjentsen", number=known, on=ago(300))
    world.refer("Skjult", "Skjermesen", number=moved, protection="strictly_confidential", taken=False)
    cases.end(
        world.refer("Ende", "Slutt", number=ended, on=ago(400)), by=world.specialist, happened_on=ago(350), cause="work"
    )
    close = identity_number()
    with as_owner():
        for user in (world.specialist, world.supervisor):
            ConflictOfInterest.objects.create(
                user=user,
                identity_hash=identity.find_by(
                    identity.parse(close if user == world.specialist else identity_number())
                ),
                kind="family",
                declared_by=user,
            )
    two_jobs = identity_number()
    return [
        working(Jobbspesialist="jobb1", Oppstart=written(ago(170)), Veileder="Vidar"),
        working(Fødselsnummer=two_jobs, family_name="To", Arbeidsgiver="Kiosk Fjord", Jobbslutt=written(ago(5))),
        working(40, Fødselsnummer=two_jobs, family_name="To", Arbeidsgiver="Lager Sør AS"),
        working(Fødselsnummer=known, family_name="Kjentsen", **{"Sist møtt": written(ago(3))}),
        working(Fødselsnummer=known, family_name="Annet"),
        person("Skjult", "Skjermesen", Fødselsnummer=moved),
        person("Ende", "Slutt", Fødselsnummer=ended),
        person("Ende", "Igjen", Avsluttet=written(ago(2)), Sluttårsak="fikk jobb"),
        person("Nær", "Slektning", Fødselsnummer=close, Jobbspesialist="jobb1"),
        person("Hemmelig", "Adresse", Adressesperre="6", Jobbspesialist="jobb1"),
        person("Uten", "Navn", Jobbspesialist="Ingen Slik"),
        person("Uten", "Dato", **{"Henvist dato": ""}),
        working(Arbeidsgiver="LAGER SØR", family_name="Tre", Organisasjonsnummer="123456789"),
        working(Arbeidsgiver="LAGER SØR", family_name="Fire", Organisasjonsnummer="974760673"),
        working(Arbeidsgiver="Lager Sør A/S", family_name="Fem"),
    ]


def recorded():
    """All that stands, in words that do not depend on the order of writing."""
    with as_owner():
        who = {one.pk: identity.decrypt(stored(one, "identity_number")) for one in Participant.objects.all()}
        of_case = {case.pk: (who[case.participant_id], case.office_id) for case in Case.objects.all()}
        jobs = {one.job_id: (of_case[one.case_id], one.happened_on, one.title) for one in JobStarted.objects.all()}
        names = {one.pk: (one.name, one.organisation_number) for one in Employer.objects.all()}

        def said_by(row, *left_out):
            found = {}
            for field in row._meta.concrete_fields:
                value = getattr(row, field.attname)
                if field.name in ("id", "recorded_at", "registered_at", "at", "identity_number", *left_out):
                    continue
                meant = {"case": of_case, "job": jobs, "employer": names, "participant": who}.get(field.name)
                found[field.name] = meant.get(value) if meant else value
            return repr(sorted(found.items()))

        rows = [said_by(row) for kind in fact_kinds().values() for row in kind.model.objects.all()]
        rows += [said_by(row) for model in (Participant, Case, Milestones, Imported) for row in model.objects.all()]
        rows += [repr(names[one.pk]) for one in Employer.objects.all()]
        rows += [
            repr((one.who, one.table, who.get(one.participant_id), one.operation, one.old, one.new))
            for one in Change.objects.exclude(table="cases_possibleduplicate")
        ]
    return sorted(rows)


def test_together_is_the_same_as_one_by_one(world, monkeypatch):
    content = csv(a_list_of_every_kind(world))
    found = {}
    for people in (1, 50):
        monkeypatch.setattr(actions, "PIECE", people)
        with transaction.atomic():
            by = world.act_as(world.supervisor)
            reports = load(world, by, content).reports
            first = recorded()
            # The same list once more adds nothing, whichever way it came the first time.
            assert load(world, by, content).people == 0
            assert recorded() == first
            # The numbers of the cases are others each time.
            found[people] = first, {number: replace(report, written_to=0) for number, report in reports.items()}
            transaction.set_rollback(True)
    one_by_one, together = found[1], found[50]
    assert [str(one) for one in together[0]] == [str(one) for one in one_by_one[0]]
    assert together[1] == one_by_one[1]
    assert sum(bool(report.problems) for report in together[1].values()) == 5


def test_whom_the_database_refuses_holds_back_nobody_else(world, by):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE cases_caseended ADD CONSTRAINT no_such_note CHECK (note !~ 'syk')")
    rows = [person("Nr", numbered("Nummer", n), Avsluttet=written(ago(9)), Sluttårsak="fikk jobb") for n in range(12)]
    rows[7]["Sluttårsak"] = "ble syk"
    outcome = load(world, by, csv(rows))
    assert outcome.wrong == [9]
    assert "noen registrerte det samme" in said(outcome, 9).lower()
    assert outcome.reports[9].writes == []
    assert outcome.people == CaseEnded.objects.count() == 11
    assert sum(bool(report.writes) for report in outcome.reports.values()) == 11


def test_how_many_are_written_together_does_not_change_the_number_of_questions(world, by):
    def asked(number):
        rows = [
            working(
                family_name=numbered("Nr", n),
                Jobbspesialist="jobb1",
                Arbeidsgiver=f"Sted{number}x{n}",
                Oppstart=written(ago(99)),
            )
            for n in range(number)
        ]
        with CaptureQueriesContext(connection) as questions:
            assert load(world, by, csv(rows)).people == number
        with CaptureQueriesContext(connection) as again:
            assert load(world, by, csv(rows)).people == 0
        return len(questions), len(again)

    asked(1)  # asks once who they are
    assert asked(5) == asked(40)


def test_a_list_in_one_transaction_takes_a_lock_for_each_person_and_a_long_one_is_refused(world, by, monkeypatch):
    """The database keeps some thousands of them for everybody, and whoever needs one of them waits until all is written."""
    monkeypatch.setattr(actions, "MOST_TOGETHER", 30)
    people = [working(family_name=numbered("Nr", n)) for n in range(31)]
    with pytest.raises(actions.TooLongTogether):
        load(world, by, csv(people), all_or_nothing=True)
    assert not Participant.objects.filter(family_name__startswith="Nr").exists()
    assert load(world, by, csv(people[:30]), all_or_nothing=True).people == 30
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        # Those of the people, and the one of the import.
        assert cursor.fetchone()[0] == 30 + 1
