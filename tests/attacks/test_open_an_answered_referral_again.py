"""A referral that was answered is not opened again, nor offered to be."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from plass.cases import actions, joining
from plass.cases.facts import correct, withdraw
from plass.cases.models import CaseEnded

from .test_ask_whether_somebody_is_known import handed_on_and_asked, known_as
from .test_take_a_referral_that_waits_to_be_joined import refer


def test_the_page_of_an_answered_referral_does_not_offer_it(world, client):
    number = known_as(world, "elsewhere")
    case = refer(world, number, world.counsellor)
    [waiting] = _waiting(world)
    joining.answer(waiting.number, by=world.act_as(world.other_specialist), text="Følges opp i sør")
    client.force_login(world.act_as(world.counsellor))
    assert f"/sak/{case.pk}/gjenapne/" not in client.get(f"/sak/{case.pk}/").content.decode()


def test_of_another_that_ended_it_does(world, client):
    case = world.refer()
    today = timezone.localdate()
    actions.end(case, by=world.act_as(world.specialist), happened_on=today, cause="work")
    client.force_login(world.act_as(world.specialist))
    assert f"/sak/{case.pk}/gjenapne/" in client.get(f"/sak/{case.pk}/").content.decode()


@pytest.mark.parametrize("kind", ["elsewhere", "unknown"])
def test_nor_by_withdrawing_or_correcting_the_answer(world, client, kind):
    case = refer(world, known_as(world, kind), world.counsellor)
    if kind == "unknown":
        by = world.act_as(world.supervisor)
        actions.end(case, by=by, happened_on=timezone.localdate(), cause="other", note="Følges opp i sør")
    else:
        joining.answer(handed_on_and_asked(world), by=world.act_as(world.supervisor), text="Følges opp i sør")
    by = world.act_as(world.counsellor)
    client.force_login(by)
    end = CaseEnded.objects.get(case=case)
    assert f"/sak/{case.pk}/rett/end/" not in client.get(f"/sak/{case.pk}/tidslinje/").content.decode()
    world.act_as(world.counsellor)
    with pytest.raises(ValidationError, match="svaret står"):
        withdraw(end, by=by, reason="Feil")
    with pytest.raises(ValidationError, match="svaret står"):
        correct(end, by=by, reason="Feil", note="")


def test_whoever_ended_a_referral_of_somebody_unknown_corrects_it(world):
    case = refer(world, known_as(world, "unknown"), world.counsellor)
    by = world.act_as(world.supervisor)
    actions.end(case, by=by, happened_on=timezone.localdate(), cause="other", note="Feil sak")
    withdraw(CaseEnded.objects.get(case=case), by=by, reason="Feil")


@pytest.mark.parametrize(("cause", "named"), [("other", False), ("own_wish", True)])
def test_who_ended_it_for_a_cause_is_named(world, client, cause, named):
    case = refer(world, known_as(world, "unknown"), world.counsellor)
    by = world.act_as(world.supervisor)
    actions.end(case, by=by, happened_on=timezone.localdate(), cause=cause, note="Nei")
    client.force_login(world.act_as(world.counsellor))
    for page in ("", "tidslinje/", "endringer/"):
        world.act_as(world.counsellor)
        assert (by.name in client.get(f"/sak/{case.pk}/{page}").content.decode()) is named
    world.act_as(world.counsellor)
    assert (f"/sak/{case.pk}/gjenapne/" in client.get(f"/sak/{case.pk}/").content.decode()) is named


def _waiting(world):
    world.act_as(world.other_specialist)
    return joining.waiting()


def test_an_end_whose_spelling_another_corrects_is_no_answer(world):
    case = world.refer()
    today = timezone.localdate()
    actions.end(case, by=world.act_as(world.specialist), happened_on=today, cause="other", note="Ønsket ikke mer")
    correct(CaseEnded.objects.get(), by=world.act_as(world.supervisor), reason="Skrivefeil", note="Ønsket ikke mer.")
    actions.reopen(case, by=world.act_as(world.counsellor), happened_on=today, reason="wish")
