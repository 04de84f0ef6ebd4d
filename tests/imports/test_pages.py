"""The import on the pages: file, columns, row by row, write, the rest as a file."""

from __future__ import annotations

import uuid

import pytest
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile

from plass.cases.models import Case, Participant

from .lists import csv, person


@pytest.fixture
def by(world, client):
    """The supervisor, who acts and is logged in."""
    client.force_login(world.act_as(world.supervisor))
    return world.supervisor


def soup(response):
    return BeautifulSoup(response.content, "html.parser")


def upload(client, content, name="liste.csv", submission=None):
    form = {"submission": submission or str(uuid.uuid4()), "file": SimpleUploadedFile(name, content)}
    return client.post("/importer/", form)


def chosen(client, address, **changes):
    """What the page of columns would send as it stands, with changes."""
    page = soup(client.get(address))
    values = {one["name"]: one.get("value", "") for one in page.select("main input[name]")}
    for select in page.select("main select"):
        option = select.find("option", selected=True) or select.find("option")
        values[select["name"]] = option["value"]
    return values | changes


def check(client, content, name="liste.csv", **changes):
    """Upload a file and check it; the address of the result, and the page."""
    address = upload(client, content, name).headers["Location"]
    sent = client.post(address, chosen(client, address, **changes))
    assert sent.status_code == 303, soup(sent).get_text(" ", strip=True)
    return sent.headers["Location"], soup(client.get(sent.headers["Location"]))


def press(client, page, label):
    """Send the form with the button that says ``label``."""
    button = next(one for one in page.select("main form button") if label in one.get_text())
    form = button.find_parent("form")
    values = {one["name"]: one.get("value", "") for one in form.select("input[name]")}
    return client.post(form["action"], values)


def rows(page):
    return [" ".join(row.get_text(" ", strip=True).split()) for row in page.select("main table tbody tr")]


def test_a_list_goes_from_file_to_people(by, client):
    content = csv([person("Åse", "Ødegård", Jobbspesialist="Siri S."), person("Ola", "Prøvesen")])
    address, page = check(client, content)
    assert Case.objects.count() == 0
    assert len(rows(page)) == 2
    assert "Åse Ødegård" in rows(page)[0]
    assert "Følges av Siri Spesialist" in rows(page)[0]
    written = press(client, page, "Skriv inn alt, eller ingenting")
    assert written.headers["Location"] == address
    assert sorted(Participant.objects.values_list("family_name", flat=True)) == ["Prøvesen", "Ødegård"]
    assert Case.objects.get(participant__family_name="Ødegård").specialist_id is not None
    assert "2 deltakere er skrevet" in soup(client.get(address)).get_text(" ")
