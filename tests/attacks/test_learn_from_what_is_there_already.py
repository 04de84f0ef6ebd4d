"""Somebody writes what may be there already, to learn from the refusal that it is: who said "this is me", whether a
request is answered, whether a fact was corrected, whether an account is a participant's.
"""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from plass.access import actions as access
from plass.access.models import ConflictOfInterest
from plass.cases import facts, identity
from plass.cases.models import Participant
from plass.followup.models import Contact
from plass.rights.models import CorrectionAnswer, CorrectionRequest
from tests.conftest import as_owner
from tests.world import World, identity_number

from .test_refer_a_shielded_person import met


def hash_of(number: str) -> bytes:
    return identity.find_by(identity.parse(number))


def says(world: World, client, who, number: str, kind: str, of=None):
    """The answer of the page, without what differs from one form to the next."""
    client.force_login(world.act_as(who))
    sent = {"submission": str(uuid.uuid4()), "number": number, "kind": kind, **({"user": str(of.pk)} if of else {})}
    answer = client.post("/meg/narstaende/", sent)
    return answer.status_code, answer.headers.get("Location"), client.get("/meg/narstaende/").content.count(b"<li>")


def stands(number: str) -> list[tuple[int, int, str]]:
    with as_owner():
        ties = ConflictOfInterest.objects.filter(identity_hash=hash_of(number), ended_at=None)
        return sorted(ties.values_list("user_id", "declared_by_id", "kind"))


@pytest.mark.parametrize("kind", ["self", "family"])
@pytest.mark.parametrize("declared", ["self", "family"])
def test_a_supervisor_who_says_it_for_somebody_does_not_learn_that_they_have_said_it(world, client, kind, declared):
    number, nobodys = identity_number(), identity_number()
    world.refer(number=number)
    by = world.act_as(world.colleague)
    access.declare(hash_of(number), by=by, user=by, kind=declared)
    known = says(world, client, world.supervisor, number, kind, of=world.colleague)
    unknown = says(world, client, world.supervisor, nobodys, kind, of=world.colleague)
    assert known[:2] == unknown[:2] == (303, "/meg/narstaende/")
    assert known[2] + 1 == unknown[2]
    assert stands(number) == sorted([(by.pk, by.pk, declared), (by.pk, world.supervisor.pk, kind)])


def test_the_end_of_what_the_supervisor_said_leaves_what_they_said_themselves(world):
    number = identity_number()
    case = world.refer(number=number)
    by = world.act_as(world.colleague)
    access.declare(hash_of(number), by=by, user=by, kind="self")
    tie = access.declare(hash_of(number), by=world.act_as(world.supervisor), user=world.colleague, kind="self")
    access.ask_tie_end(tie, by=world.act_as(world.colleague), reason="Feil nummer")
    access.answer_tie_end(tie.pk, by=world.act_as(world.supervisor), ends=True)
    assert stands(number) == [(by.pk, by.pk, "self")]
    world.act_as(world.colleague)
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_level(%s)", [case.pk])
        assert cursor.fetchone() == (0,)


def test_this_is_me_after_close_family_is_asked_about(world, client):
    number = identity_number()
    world.refer(number=number)
    says(world, client, world.colleague, number, "family")
    says(world, client, world.colleague, number, "self")
    says(world, client, world.colleague, number, "self")
    me = world.colleague.pk
    assert stands(number) == [(me, me, "family"), (me, me, "self")]
    world.act_as(world.specialist)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM cases_asked_about_own_employees()")
        assert cursor.fetchone() == (1,)


def refused(sql: str, *values) -> type[Exception] | None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, values)
    except (ProgrammingError, IntegrityError) as error:
        return type(error)
    return None


def test_whether_an_account_is_a_participants_is_told_to_nobody(world):
    case = world.refer()
    with as_owner():
        Participant.objects.filter(pk=case.participant_id).update(user=world.colleague)
    world.act_as(world.other_specialist)
    number = identity_number()
    for account in (world.colleague, world.supervisor):
        assert (
            refused(
                "INSERT INTO cases_participant (given_name, family_name, identity_number, identity_hash, born_on, phone, "
                "email, address, postal_code, place, language, protection, version, registered_by_id, user_id) "
                "VALUES ('a', 'b', '\\x00', %s, '1990-01-01', '', '', '', '', '', '', '', 1, %s, %s)",
                hash_of(number),
                world.other_specialist.pk,
                account.pk,
            )
            is ProgrammingError
        )


def test_whether_a_fact_of_another_case_was_corrected_is_told_to_nobody(world):
    other_case, own = world.refer(), world.refer(team=world.other_team)
    for _each in range(2):
        met(other_case, world.specialist)
    world.act_as(world.specialist)
    corrected, stands = Contact.objects.order_by("pk")
    facts.withdraw(corrected, by=world.act_as(world.specialist), reason="Feil")
    world.act_as(world.other_specialist)
    answers = set()
    for number in (corrected.pk, stands.pk, 999_999_999):
        with pytest.raises(ProgrammingError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO cases_correction (case_id, kind, fact_id, reason, recorded_by_id) "
                "VALUES (%s, %s, %s, 'x', %s)",
                [own.pk, Contact.kind, number, world.other_specialist.pk],
            )
        answers.add(str(refused.value))
    assert len(answers) == 1


def test_a_request_of_another_case_is_neither_answered_nor_told_of(world):
    other_case, own = world.refer(), world.refer(team=world.other_team)
    with as_owner():
        answered, waits = [
            CorrectionRequest.objects.create(case=other_case, wanted="Noe", asked_by=world.specialist)
            for _each in range(2)
        ]
        CorrectionAnswer.objects.create(
            case=other_case, request=answered, outcome="declined", reason="Nei", answered_by=world.specialist
        )
    world.act_as(world.other_specialist)
    for request in (answered, waits):
        assert (
            refused(
                "INSERT INTO rights_correctionanswer (case_id, request_id, outcome, reason, answered_by_id) "
                "VALUES (%s, %s, 'declined', 'x', %s)",
                own.pk,
                request.pk,
                world.other_specialist.pk,
            )
            is ProgrammingError
        )
