"""What attacks at the door start from: the login service of the tests of accounts."""

from tests.accounts.conftest import provider, served  # noqa: F401
