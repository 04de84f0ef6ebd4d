"""Somebody gives a case to each colleague in turn, to find out who said that the participant is them or close to them."""

from __future__ import annotations

import uuid

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from plass.access import actions as access
from plass.access.models import AccessLogEntry
from plass.cases.models import Case, Participant, PossibleDuplicate
from plass.organisation.models import Role
from plass.oversight import queries as oversight
from tests.conftest import as_owner
from tests.house.test_functions import functions
from tests.world import identity_number, member, user

from .test_refer_a_shielded_person import filled_in

CANNOT = "kan ikke følge denne deltakeren"


@pytest.fixture
def referred(world, client) -> Case:
    """The specialist referred a colleague, who says so of the number."""
    number = identity_number()
    client.force_login(world.act_as(world.specialist))
    client.post("/henvis/", filled_in(world, number))
    with as_owner():
        case = Case.objects.get()
    client.force_login(world.act_as(world.colleague))
    client.post("/meg/narstaende/", {"submission": str(uuid.uuid4()), "number": number, "kind": "self"})
    client.force_login(world.act_as(world.specialist))
    return case


def give(client, world, case: Case, page: str, to) -> str:
    world.act_as(world.specialist)
    sent = {
        "submission": str(uuid.uuid4()),
        "to": f"{to.pk}-{world.team.pk}" if page == "overfor" else str(to.pk),
        "reason": "Ferie",
        "hours": "8",
        "level": "1",
        "instead_of": "",
    }
    return client.post(f"/sak/{case.pk}/{page}/", sent).content.decode()


@pytest.mark.parametrize("page", ["overfor", "slipp-inn"])
def test_each_that_is_refused_is_a_finding_that_names_neither(world, client, referred, page):
    with as_owner():
        officer = user("personvern3", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)
        before = AccessLogEntry.objects.filter(purpose="give").count()
    for _each in range(2):
        assert CANNOT in give(client, world, referred, page, world.colleague)
    with as_owner():
        lines = AccessLogEntry.objects.filter(purpose="give")
        assert lines.count() == before + 2
        assert {(line.user_id, line.case_id, line.participant_id) for line in lines} == {
            (world.specialist.pk, None, None)
        }
    world.act_as(officer)
    findings = [finding for finding in oversight.findings(timezone.localdate()) if finding.kind == "keeps away"]
    assert [(finding.user_id, finding.times) for finding in findings] == [(world.specialist.pk, 2)]


def test_a_statement_does_not_ask_it(world, referred):
    by = world.act_as(world.specialist)
    pairs = [[str(world.colleague.pk)], [str(referred.pk)]]
    question = "SELECT * FROM access_may_follow(%s, %s, 'x')"
    refused = pytest.raises(ProgrammingError, match="not asked by the web process")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(question, pairs)
    world.act_as(by)
    assert access.may_follow([(world.colleague.pk, referred.pk), (world.supervisor.pk, referred.pk)]) == {
        (world.supervisor.pk, referred.pk)
    }


def test_whoever_is_the_participant_by_another_row_of_the_number_is_not_given_it_either(world, client):
    number = identity_number()
    registered = world.refer(number=number, team=world.other_team)
    client.force_login(world.act_as(world.specialist))
    client.post("/henvis/", filled_in(world, number))
    with as_owner():
        typed = Case.objects.get(referred_by=world.specialist)
        Participant.objects.filter(pk=registered.participant_id).update(user=world.colleague)
    assert typed.participant_id != registered.participant_id
    world.act_as(world.specialist)
    assert access.may_follow([(world.colleague.pk, typed.pk)]) == set()


def answers_with(case: Case, by, colleague) -> dict[str, str]:
    """How much each unsigned question about the participant, the case or nothing answers with ``colleague`` named in it."""
    answers = {}
    for role in ("specialist", "counsellor"):
        for function in functions():
            if [name for name, _type in function.parameters] not in ([], ["wanted"]):
                continue
            for word in (case.participant_id, case.pk) if function.parameters else [None]:
                place = "" if word is None else "%s"
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(
                        "INSERT INTO cases_assignment (case_id, happened_on, recorded_by_id, role, user_id, team_id, reason)"
                        " VALUES (%s, access_today(), %s, %s, %s, %s, 'x')",
                        [case.pk, by.pk, role, colleague.pk, case.team_id if role == "specialist" else None],
                    )
                    try:
                        with transaction.atomic():
                            cursor.execute(
                                "SELECT count(*), count(*) FILTER (WHERE f::text IN ('t', 'true')) "
                                f"FROM {function.name}({place}) f",
                                [] if word is None else [word],
                            )
                            answers[f"{role} {function.name}({word})"] = str(cursor.fetchall())
                    except DatabaseError as refused:
                        answers[f"{role} {function.name}({word})"] = str(refused)
                    transaction.set_rollback(True)
    return answers


@pytest.mark.parametrize("who", ["specialist", "counsellor"])
@pytest.mark.parametrize("kind", ["self", "family"])
def test_no_statement_names_a_colleague_in_the_case_asks_and_takes_it_back(world, client, who, kind):
    number = identity_number()
    case = world.refer(number=number)
    with as_owner():
        tied, untied = user("en1", "En", "Kollega"), user("to1", "To", "Kollega")
        for colleague in (tied, untied):
            member(colleague, Role.SPECIALIST, world.office, world.team)
            member(colleague, Role.COUNSELLOR, world.office)
    client.force_login(world.act_as(tied))
    client.post("/meg/narstaende/", {"submission": str(uuid.uuid4()), "number": number, "kind": kind})
    by = world.act_as(getattr(world, who))
    assert answers_with(case, by, tied) == answers_with(case, by, untied)


@pytest.mark.parametrize("function", ["cases_nobody_asked", "cases_joins_nobody", "cases_without_anybody"])
def test_a_statement_of_the_officer_asks_no_more_than_their_page(world, function):
    with as_owner():
        officer = user("personvern3", "Pia", "Personvern")
        member(officer, Role.DATA_PROTECTION, world.office)
    world.act_as(officer)
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {function}()")


def test_the_officer_who_asks_another_instead_of_somebody_who_keeps_away_by_now_is_found(world, client):
    number = identity_number()
    world.refer(number=number, team=world.other_team)
    with as_owner():
        officer, first, second = (user(f"p{n}", name, "Prøve") for n, name in enumerate(("Pia", "Vigdis", "Vanja")))
        member(officer, Role.DATA_PROTECTION, world.office)
        for account in (first, second):
            member(account, Role.COUNSELLOR, world.office)
    client.force_login(world.act_as(world.counsellor))
    client.post("/henvis/", filled_in(world, number, protection="strictly_confidential"))
    with as_owner():
        link = PossibleDuplicate.objects.get().pk

    def asks(who) -> int:
        client.force_login(world.act_as(officer))
        sent = {"submission": str(uuid.uuid4()), "to": str(who.pk)}
        return client.post(f"/personvern/henvisning/{link}/", sent).status_code

    def lines() -> int:
        with as_owner():
            return AccessLogEntry.objects.filter(user=officer, purpose="give", allowed=False).count()

    assert (asks(first), asks(second), lines()) == (303, 422, 0)
    client.force_login(world.act_as(first))
    client.post("/meg/narstaende/", {"submission": str(uuid.uuid4()), "number": number, "kind": "family"})
    assert (asks(second), lines()) == (303, 1)
