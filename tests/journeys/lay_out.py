"""Lays out what the journeys start from, in a database of their own, and commits it. The fixture runs it."""

from __future__ import annotations

from datetime import timedelta


def lay_out() -> None:
    """The test world, somebody to be in each role, and a handful of people at different points of the way."""
    from django.db import connection, transaction
    from django.utils import timezone

    from plass.access.models import Persona
    from plass.cases.models import Participant
    from plass.organisation.models import User
    from tests.conftest import as_owner
    from tests.world import make_world, user

    with connection.cursor() as cursor:
        cursor.execute("SET ROLE plass_web")
    today = timezone.localdate()
    with transaction.atomic():
        world = make_world()
        world.refer("Ingrid", "Prøvesen", on=today - timedelta(days=40), phone="900 00 001")
        waiting = world.refer("Olav", "Ventesen", on=today - timedelta(days=12), taken=False)
        shielded = world.refer(
            "Skjult", "Skjermesen", on=today - timedelta(days=20), protection="strictly_confidential"
        )
        own = world.refer("Nora", "Selvesen", on=today - timedelta(days=400))
        assert waiting.pk
        assert shielded.pk
        with as_owner():
            account = user("deltaker1", "", "", kind=User.Kind.PARTICIPANT)
            Participant.objects.filter(pk=own.participant_id).update(user=account)
            people = [
                (
                    world.specialist,
                    "Siri Spesialist",
                    "specialist",
                    "Følger deltakere fra første samtale til varig jobb.",
                ),
                (world.counsellor, "Vidar Veileder", "counsellor", "Søker inn deltakere og holder seg orientert."),
                (world.supervisor, "Mette Metodeveileder", "supervisor", "Leder jobbteamet."),
                (account, "Nora Selvesen", "participant", "Ser alt som er skrevet om henne."),
                (world.leader, "Lise Leder", "leader", "Ser tallene for kontoret, uten navn."),
            ]
            for order, (who, name, role, about) in enumerate(people):
                Persona.objects.create(user=who, order=order, name=name, role=role, about=about)


if __name__ == "__main__":
    import django

    from tests import conftest  # noqa: F401  (sets the environment that the settings read)

    django.setup()
    lay_out()
