"""The history of the organisation, as those read it who answer for it."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plass.db import signed
from plass.organisation.models import Membership, User
from plass.oversight import history
from tests.conftest import as_owner

PAGE = "/endringer/"


def page_of(world, client, someone: User, address: str = PAGE):
    client.force_login(world.act_as(someone))
    return client.get(address)


def test_the_administrator_reads_who_changed_what_in_words(world, client):
    world.act_as(world.administrator)
    role = Membership.objects.get(user=world.colleague)
    signed.call("organisation_end_role", role.pk, "2026-01-31")
    text = page_of(world, client, world.administrator).content.decode()
    line = next(
        row for row in text.split("<tr>") if "31. januar 2026" in row or "31.01.2026" in row or "31. jan. 2026" in row
    )
    assert "Rolle endret" in line and world.colleague.name in line and world.administrator.name in line


def test_a_supervisor_reads_about_those_they_lead_alone(world, client):
    with as_owner():
        User.objects.filter(pk=world.colleague.pk).update(phone="90111222")
        User.objects.filter(pk=world.other_specialist.pk).update(phone="90333444")
    text = page_of(world, client, world.supervisor).content.decode()
    assert "90111222" in text and "90333444" not in text
    text = page_of(world, client, world.administrator).content.decode()
    assert "90111222" in text and "90333444" in text


def test_nothing_about_participants_stands_there(world, client):
    case = world.refer("Kanari", "Fuglesen")
    with as_owner():
        account = User.objects.create(username="deltaker-9", kind="participant", started_on="2026-01-01", password="!")
        User.objects.filter(pk=account.pk).update(phone="90555666")
        type(case.participant).objects.filter(pk=case.participant_id).update(phone="90777888")
    text = page_of(world, client, world.administrator).content.decode()
    assert [word for word in ("Fuglesen", "deltaker-9", "90555666", "90777888") if word in text] == []


@pytest.mark.parametrize("who", ["specialist", "counsellor", "leader"])
def test_nobody_else_gets_in(world, client, who):
    assert page_of(world, client, getattr(world, who)).status_code == 404


def test_it_is_paged_with_the_same_few_questions(world, client):
    with as_owner():
        for number in range(120):
            User.objects.filter(pk=world.colleague.pk).update(phone=f"4{number:07}")
    client.force_login(world.act_as(world.administrator))
    with CaptureQueriesContext(connection) as asked:
        first = client.get(PAGE).content.decode()
    assert len(asked) <= 12
    assert "40000119" in first and "40000060" not in first
    assert "40000060" in client.get(f"{PAGE}?page=2").content.decode()
    assert client.get(f"{PAGE}?page=x").status_code == 200


def test_every_column_that_is_told_has_a_name_in_words():
    models = {model._meta.db_table: model for model in apps.get_models()}
    unnamed = [
        f"{table}.{field.column}"
        for table in history.ABOUT
        for field in models[table]._meta.concrete_fields
        if isinstance(field.verbose_name, str) and field.column not in history.UNSAID | history.CALLED.keys()
    ]
    assert unnamed == []
