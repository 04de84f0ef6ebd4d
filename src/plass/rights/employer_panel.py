"""What this room shows on an employer's page: a link to who there may read about whom."""

from __future__ import annotations

from typing import Any

from plass.access.user_roles import UserRoles
from plass.employers.employer_panels import Panel
from plass.employers.models import Employer


def _link(employer: Employer, who: UserRoles) -> dict[str, Any]:
    # A page of its own, so that the employer's page asks the database nothing more.
    return {"employer": employer}


PANELS = (Panel("rights/_at_employer.html", _link, aside=True),)
