"""Participants at the door: the account of the person with an identity number, for logins through ID-porten.

Called by ``plass.accounts.oidc_accounts`` (settings.PLASS_PERSONS), which knows nothing of participants.
"""

from __future__ import annotations

from plass.db import signed

from . import identity


def keyed_hash(number: str) -> bytes:
    """What finds the number. Raises ValidationError where it is none."""
    return identity.find_by(identity.parse(number))


def identity_number_of(participant_id: int) -> str:
    """The eleven digits of a participant whom the one who acts sees. Raises LookupError where they do not."""
    sealed = signed.call("cases_identity_number", participant_id)[0][0]
    if sealed is None:
        raise LookupError(f"participant {participant_id} is not seen")
    return identity.decrypt(sealed)


def account_of(number: str) -> int | None:
    """The account of the participant with this number; it is made where they have none. None: no participant.

    Raises ValidationError where it is no number.
    """
    account: int | None = signed.call("cases_account_of", keyed_hash(number))[0][0]
    return account
