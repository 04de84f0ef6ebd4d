"""One person is bound to the accounts of two employers: a login would open the one or the other, and whoever ended the
binding that they see would still be let in by the other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.db import transaction
from django.utils import timezone

from plass.accounts import oidc_accounts
from plass.accounts.models import Subject
from plass.accounts.oidc import Refused
from plass.organisation.models import User
from tests.conftest import as_owner
from tests.world import identity_number, user

from .test_act_at_the_same_moment import Act, one_in_the_others_transaction


def bind(number: str) -> Act:
    return lambda by: oidc_accounts.bind(configured.PLASS_PROVIDERS["person"], {"pid": number}, by)


def two_accounts() -> list[User]:
    with as_owner():
        names = [identity_number() for _each in range(2)]
        return [user(f"ag-{name}", "", "", kind=User.Kind.EMPLOYER) for name in names]


def bound(accounts: list[User]) -> list[int]:
    with as_owner():
        return list(Subject.objects.filter(user__in=accounts).values_list("user_id", flat=True))


def test_the_second_is_refused_also_at_the_same_moment(committed, provider):
    with transaction.atomic():
        accounts = two_accounts()
    act = bind(identity_number())
    first, second = one_in_the_others_transaction(*((account, act) for account in accounts))
    assert first is None and isinstance(second, Refused) and second.reason == "bound to another account"
    with transaction.atomic():
        assert bound(accounts) == [accounts[0].pk]


def test_one_after_the_other_neither_and_the_same_twice_is_once(world, provider):
    accounts, act = two_accounts(), bind(identity_number())
    for _each in range(2):
        act(world.act_as(accounts[0]))
    with pytest.raises(Refused):
        act(world.act_as(accounts[1]))
    assert bound(accounts) == [accounts[0].pk]


def test_an_account_that_has_ended_keeps_nobody_from_binding_the_one_they_have(world, provider):
    accounts, number = two_accounts(), identity_number()
    bind(number)(world.act_as(accounts[0]))
    with as_owner():
        User.objects.filter(pk=accounts[0].pk).update(ended_on=timezone.localdate() - timedelta(days=1))
    bind(number)(world.act_as(accounts[1]))
    came = oidc_accounts.employer_account(configured.PLASS_PROVIDERS["person"], {"pid": number})
    assert came == accounts[1]
