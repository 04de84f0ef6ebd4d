"""A statement writes, in a case of one's own, a correction whose numbers are those of facts in a case that one does not
see, and reads from what the pages then say whether those facts are there, and whose they are."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from plass.cases import actions
from plass.cases.fact_register import fact_kinds
from plass.cases.facts import correct
from plass.cases.models import Case, CaseEnded, Correction, Referral
from tests.conftest import as_owner
from tests.house.test_fact_kinds import example
from tests.rights.made import account
from tests.world import World

from .test_contradict_what_a_row_names import NOBODYS, SAYS, insert
from .test_injected_statement import ask, refused

TODAY = timezone.localdate()


def correction(case: Case, kind: str, fact: int, replacement: int | None = None) -> tuple[str, list[Any]]:
    who = {"recorded_at": timezone.now(), "recorded_by_id": ask("SELECT access_user()")[0][0]}
    numbers = {"fact_id": fact, "replacement_id": replacement}
    return insert("cases_correction", case_id=case.pk, kind=kind, **numbers, reason="x", **who)


def recorded(world: World, kind: str, case: Case) -> int:
    """The number of a fact of that kind, as the specialist records it."""
    world.act_as(world.specialist)
    fact = example(fact_kinds()[kind], case, world)
    fact.recorded_by = world.specialist
    with as_owner():
        fact.save()
    return fact.pk


def ended(world: World, case: Case, by: Any) -> CaseEnded:
    actions.end(case, by=world.act_as(by), happened_on=TODAY, cause="other", note="")
    return CaseEnded.objects.get(case=case, superseded_at=None)


@pytest.mark.parametrize("kind", sorted(fact_kinds()))
def test_no_correction_names_it(world, kind):
    foreign, mine = world.refer(), world.refer()
    theirs, own, later = (recorded(world, kind, case) for case in (foreign, mine, mine))
    with as_owner():
        place = {"office": world.other_office, "team": world.other_team, "specialist": world.other_specialist}
        people = {"counsellor": world.other_counsellor, "referred_by": world.other_counsellor}
        Case.objects.filter(pk=foreign.pk).update(**place, **people)
    world.act_as(world.specialist)
    assert not Case.objects.filter(pk=foreign.pk).exists()
    wrong = [(theirs, None), (NOBODYS, None), (own, theirs), (own, NOBODYS), (theirs, later), (later, own), (own, own)]
    # What is not seen, what is not there, and what would come back to itself: in the same words.
    assert {SAYS in refused(*correction(mine, kind, *numbers)) for numbers in wrong} == {True}
    other = next(name for name in fact_kinds() if name != kind)
    assert SAYS in refused(*correction(mine, "correction", own))
    if not fact_kinds()[other].model.objects.filter(pk=own, case=mine).exists():
        assert SAYS in refused(*correction(mine, other, own))
    with transaction.atomic():
        assert ask(*correction(mine, kind, own, later))


@pytest.mark.parametrize("kind", ["contact", "end", "job_start"])
def test_a_correction_does_not_take_a_colleague_s_fact_or_one_that_replaces_another_already(world, kind):
    mine = world.refer()
    first, second, later, colleague_s = (recorded(world, kind, mine) for _ in range(4))
    with as_owner():
        fact_kinds()[kind].model.objects.filter(pk=colleague_s).update(recorded_by=world.colleague)
    world.act_as(world.specialist)
    assert SAYS in refused(*correction(mine, kind, first, colleague_s))
    assert ask(*correction(mine, kind, first, later))
    assert "cases_correction_replaces_one" in refused(*correction(mine, kind, second, later))


def test_nor_a_comment_or_a_request_of_a_participant(world):
    foreign, mine = world.refer(team=world.other_team), world.refer()
    with as_owner():
        theirs, own = (Referral.objects.get(case=case).pk for case in (foreign, mine))
    person = account(mine, "per")
    world.act_as(person)
    for table, words in (
        ("rights_comment", {"text": "x", "written_at": TODAY, "written_by_id": person.pk}),
        ("rights_correctionrequest", {"wanted": "x", "asked_at": TODAY, "asked_by_id": person.pk}),
    ):
        about = {"case_id": mine.pk, "kind": "referral"}
        answers = {SAYS in refused(*insert(table, **about, fact_id=number, **words)) for number in (theirs, NOBODYS)}
        assert answers == {True}
        assert ask(*insert(table, **about, fact_id=own, **words))


def smuggled_before(case: Case, kind: str, fact: int, replacement: int) -> None:
    """A correction as a database may have one from before numbers were looked at."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE cases_correction DISABLE TRIGGER plass_names_facts_insert")
        cursor.execute(*correction_of_owner(case, kind, fact, replacement))
        cursor.execute("ALTER TABLE cases_correction ENABLE TRIGGER plass_names_facts_insert")


def correction_of_owner(case: Case, kind: str, fact: int, replacement: int) -> tuple[str, list[Any]]:
    numbers = {"fact_id": fact, "replacement_id": replacement}
    who = {"recorded_at": timezone.now(), "recorded_by_id": case.referred_by_id}
    return insert("cases_correction", case_id=case.pk, kind=kind, **numbers, reason="x", **who)


def test_one_of_before_says_nothing_of_who_ended_another_case(world):
    foreign, mine = world.refer(team=world.other_team), world.refer()
    theirs = ended(world, foreign, world.other_specialist)
    own = ended(world, mine, world.supervisor)
    world.act_as(world.specialist)
    before = ask("SELECT cases_is_an_answer(%s)", [own.pk])
    assert before == [(True,)]
    with as_owner():
        # The other end was recorded by somebody with a part in this case.
        ask(
            "UPDATE cases_caseended SET recorded_by_id = %s WHERE id = %s RETURNING id", [mine.specialist_id, theirs.pk]
        )
    smuggled_before(mine, "end", theirs.pk, own.pk)
    world.act_as(world.specialist)
    assert ask("SELECT cases_is_an_answer(%s)", [own.pk]) == before


def test_a_fact_is_still_corrected_and_corrected_again(world):
    mine = world.refer()
    end = ended(world, mine, world.specialist)
    again = correct(end, by=world.specialist, reason="Feil", note="Ny jobb")
    correct(again, by=world.specialist, reason="Feil igjen", note="Nytt arbeid")
    assert Correction.objects.filter(case=mine).count() == 2
