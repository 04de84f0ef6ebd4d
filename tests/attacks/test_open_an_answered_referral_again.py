"""A referral that was answered is not opened again, nor offered to be."""

from __future__ import annotations

from django.utils import timezone

from plass.cases import actions, joining

from .test_ask_whether_somebody_is_known import known_as
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


def _waiting(world):
    world.act_as(world.other_specialist)
    return joining.waiting()
