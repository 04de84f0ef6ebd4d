"""An attack that was tried: a user name like what somebody's codes are counted as, until the owner is shut out."""

from __future__ import annotations

import pytest
from django.test import Client

from plass.accounts import rate_limit
from plass.accounts.rate_limit import Guessed


def names_like(what: Guessed, name: str) -> list[str]:
    """User names that might be counted as guesses at ``name``."""
    return [name, f"{what}: {name}", f"{what} {name}", f"{what} of {name}", f" {what}: {name}"]


@pytest.mark.parametrize("what", [each for each in Guessed if each is not Guessed.PASSWORD])
def test_a_user_name_never_counts_for_anything_else(world, what) -> None:
    victim = str(world.specialist.pk)
    for username in names_like(what, victim):
        stranger = Client(REMOTE_ADDR="192.0.2.7")
        for _guess in range(rate_limit.MOST_FAILURES + 1):
            answer = stranger.post("/logg-inn/", {"username": username, "password": "gjettet"})
        assert answer.status_code == 429, "the name itself is closed"
    # As many guesses are left as if nobody had guessed.
    for _guess in range(rate_limit.MOST_FAILURES):
        rate_limit.take_attempt(what, victim)


def test_no_kind_begins_like_another() -> None:
    kinds = [f"{each}: " for each in Guessed]
    assert not [(one, other) for one in kinds for other in kinds if one != other and other.startswith(one)]
