"""A process that acts as the web role until it is killed, and says on standard output what was acknowledged.

Two kinds of act take turns: a contact (one row) and a job (two rows that must come together). Where the database is away
it waits for it, as a web process does.
"""

from __future__ import annotations

import itertools
import sys
import time
from decimal import Decimal


def main(number: int) -> None:
    """Act until killed."""
    import django

    django.setup()
    from django.db import InterfaceError, OperationalError, connection, transaction
    from django.utils import timezone

    from plass.access.current_user import set_current_user
    from plass.cases.models import Case
    from plass.db import signed
    from plass.employers.models import Employer
    from plass.followup import actions as followup
    from plass.jobs import actions as jobs
    from plass.organisation.models import User

    today = timezone.localdate()
    user_id = signed.call("accounts_credentials", "jobb", columns="id")[0][0]
    for turn in itertools.count():
        mark = f"{number}-{turn}"
        kind = "contact" if turn % 2 else "job"
        try:
            with transaction.atomic():
                set_current_user(user_id)
                by = User.objects.get(pk=user_id)
                case = Case.objects.get()
                if kind == "contact":
                    followup.record_contact(
                        case,
                        by=by,
                        happened_on=today,
                        parties=["participant"],
                        channel="phone",
                        purpose="follow_up",
                        minutes=5,
                        note=mark,
                    )
                else:
                    shop = Employer.objects.first() or Employer.objects.create(name="Øvelsesbutikken", recorded_by=by)
                    jobs.start_job(
                        case,
                        by=by,
                        happened_on=today,
                        employer=shop,
                        title=mark,
                        form="temporary",
                        hours_per_week=Decimal(5),
                        beside=True,
                    )
            print(kind, mark, flush=True)
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(0.02)


if __name__ == "__main__":
    main(int(sys.argv[1]))
