"""Lay out what a drill acts on: tables, a small organisation, one case. Run by ``drills.place`` as owner."""

from __future__ import annotations

from datetime import date

#: Of those who work here.
PASSWORD = "øvelse-og-ikke-alvor-2026"


def main() -> None:
    """One office with one team, a specialist and a counsellor, and one case."""
    from plass.db.migrations import migrate

    migrate(verbosity=0)
    from django.contrib.auth.hashers import make_password
    from django.db import transaction

    from plass.access.current_user import set_current_user
    from plass.cases import actions, identity
    from plass.organisation.models import County, Membership, Office, Role, Team, User

    with transaction.atomic():
        office = Office.objects.create(county=County.objects.create(name="Øvelsesfylket"), number="9900", name="Øvelse")
        team = Team.objects.create(office=office, name="Jobbteam")
        for username, role in (("jobb", Role.SPECIALIST), ("veileder", Role.COUNSELLOR)):
            user = User.objects.create(
                username=username, kind="staff", password=make_password(PASSWORD), started_on=date(2015, 1, 1)
            )
            Membership.objects.create(
                user=user,
                role=role,
                office=office,
                team=team if role == Role.SPECIALIST else None,
                started_on=date(2015, 1, 1),
            )
        by = User.objects.get(username="veileder")
        set_current_user(by.pk)
        case = actions.refer(
            by=by,
            number=identity.parse(numbers(0)),
            person={"given_name": "Øvelse", "family_name": "Deltaker"},
            team=team,
            wishes="Jobb",
            participant_agreed_on=date(2026, 1, 1),
            happened_on=date(2026, 1, 1),
        )
        actions.hand_over(case, by=by, to=User.objects.get(username="jobb"), team=team, happened_on=date(2026, 1, 1))


def numbers(nth: int) -> str:
    """The nth identity number in the range set aside for tests (80 added to the month)."""
    from plass.cases import identity

    found = -1
    for individual in range(1_000_000):
        nine = f"{individual // 500 % 28 + 1:02}81{individual // 14_000 % 100:02}{individual % 500:03}"
        digits = identity.check_digits(nine)
        if digits:
            found += 1
            if found == nth:
                return f"{nine}{digits[0]}{digits[1]}"
    raise LookupError(nth)


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "plass.config.settings")
    import django

    django.setup()
    main()
