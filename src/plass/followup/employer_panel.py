"""What this room shows on an employer's page: contacts, who talks to whom, and promises to call back."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from plass.access.user_roles import UserRoles
from plass.employers.employer_panels import Panel
from plass.employers.models import Employer

from . import queries


def _contacts(employer: Employer, who: UserRoles) -> dict[str, Any]:
    due = queries.promises_due([who.user.pk], timezone.localdate(), employer).rows()
    return {"contacts": list(queries.contacts_with(employer)), "due": due[:5], "employer": employer}


def _talks(employer: Employer, who: UserRoles) -> dict[str, Any]:
    return {"talks": queries.talks(employer, timezone.localdate())}


PANELS = (
    Panel("followup/_at_employer.html", _contacts),
    Panel("followup/_talks.html", _talks, aside=True),
)
