"""Whoever protects a participant is told which contact persons of employers read about them, and where to end it."""

from __future__ import annotations

import uuid

from plass.rights.models import EmployerAccess

from .made import let_in, make_people


def test_contact_persons_stand_on_the_page_until_their_access_ends(world, client):
    people = make_people(world)
    address = f"/sak/{people.case.pk}/skjerming/"
    client.force_login(world.act_as(world.specialist))
    assert "Kari Kafésjef" not in client.get(address).content.decode()
    let_in(world, people)
    client.force_login(world.act_as(world.specialist))
    page = client.get(address).content.decode()
    access = EmployerAccess.objects.get()
    where = f"/sak/{people.case.pk}/apenhet/"
    assert "Kari Kafésjef, kontaktperson hos Hav Kafé" in page and f'href="{where}"' in page
    end = f"{where}tilgang/{access.pk}/avslutt/"
    world.act_as(world.specialist)
    assert end in client.get(where).content.decode()
    client.post(end, {"submission": str(uuid.uuid4())})
    world.act_as(world.specialist)
    assert "Kari Kafésjef" not in client.get(address).content.decode()
