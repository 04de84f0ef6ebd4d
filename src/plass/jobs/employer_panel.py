"""What this room shows on an employer's page: the jobs there of the participants one may see."""

from __future__ import annotations

from typing import Any

from plass.access.user_roles import UserRoles
from plass.employers.employer_panels import Panel
from plass.employers.models import Employer

from .queries import jobs_at


def _jobs(employer: Employer, who: UserRoles) -> dict[str, Any]:
    return {"jobs": jobs_at(employer)}


PANELS = (Panel("jobs/_at_employer.html", _jobs),)
