"""What the measurements of the pages stand on still holds: their logins open the pages that they ask for."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from benchmarks.installation import log_in
from benchmarks.pages import PAGES, Page, Person


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_login_of_the_measurement_opens_the_page(world, page: Page) -> None:
    case = world.refer(family_name="Måling")
    person = Person(world.specialist.pk, world.team.pk, case.pk, "Måling", world.supervisor.pk)
    client = Client()
    asks = page.asks(person)
    client.cookies[settings.SESSION_COOKIE_NAME] = log_in([asks])[asks]
    path = page.path(person)
    answer = client.post(path, page.form(person), headers={"HX-Request": "true"}) if page.form else client.get(path)
    assert answer.status_code == 200, path
