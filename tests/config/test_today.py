"""The program and its database agree on which day it is."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.db import connection


@pytest.mark.django_db
def test_the_databases_today_is_the_programs() -> None:
    # The pages' own questions may ask for current_date; in UTC that is yesterday in the first hours of a Norwegian day, and
    # whoever was referred then would have waited minus one day.
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('TimeZone'), current_date = (now() AT TIME ZONE 'Europe/Oslo')::date")
        assert cursor.fetchone() == (settings.TIME_ZONE, True)
