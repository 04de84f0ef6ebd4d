"""Rows that are written as one parameter: what stands then is what Django would have written."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from plass.cases.facts import bulk_recording, record_all
from plass.cases.gate import restrict_to_cases
from plass.cases.models import Participant
from plass.db.insert import insert_all
from plass.employers.models import Employer
from plass.followup.models import Contact, Meeting
from plass.jobs.models import Job, JobStarted

from ..world import stored

#: What is written wrong where somebody forgets that it goes through JSON, an array or a text.
WORDS = "Åse \"Ø'\\ {bø},\t\n😀 \\x41 NULL null %s %(x)s ü"


@pytest.fixture
def case(world):
    case = world.refer()
    world.act_as(world.specialist)
    return case


def columns(row):
    """All that the database has of a row, but for its own number and what it says itself of when it was written."""
    now = type(row)._default_manager.get(pk=row.pk)
    left_out = ("id", "recorded_at", "referred_at", "registered_at")
    return {
        field.attname: getattr(now, field.attname) for field in now._meta.concrete_fields if field.name not in left_out
    }


def alike(make):
    """Assert that an object is written alike in both ways; what was written."""
    by_django, at_once = make(), make()
    by_django.save(force_insert=True)
    assert insert_all([at_once]) == [at_once]
    assert columns(at_once) == columns(by_django)
    assert not at_once._state.adding
    assert at_once.pk > by_django.pk
    return at_once


def contact(case, by, **more):
    values = {"channel": "in_person", "purpose": "follow_up", "place": "office", "minutes": 30}
    return Contact(case=case, happened_on=date(2024, 2, 29), recorded_by=by, **(values | more))


def test_each_kind_of_column_is_written_as_django_writes_it(world, case):
    by = world.specialist
    alike(lambda: contact(case, by, parties=["participant", "counsellor"], note=WORDS))
    alike(lambda: contact(case, by, parties=["participant"], started_at=time(9, 30), next_contact_on=date(2024, 3, 1)))
    moment = datetime(2024, 3, 31, 0, 30, 15, 123456, tzinfo=timezone.get_current_timezone())
    alike(
        lambda: Meeting(
            case=case,
            happened_on=date(2024, 3, 1),
            recorded_by=by,
            starts_at=moment,
            parties=["participant"],
            staff=by,
            purpose="follow_up",
        )
    )
    employer = alike(lambda: Employer(name=WORDS, recorded_by=by, industry="bygg"))
    job = Job.objects.create(case=case)
    for hours, subsidised in ((Decimal("18.75"), True), (Decimal(0), False)):
        alike(
            lambda hours=hours, subsidised=subsidised: JobStarted(
                case=case,
                job=job,
                happened_on=date(2024, 1, 1),
                employer=employer,
                title="Å",
                form="permanent",
                hours_per_week=hours,
                subsidised=subsidised,
                recorded_by=by,
            )
        )


def test_many_get_their_own_numbers_in_their_order(world, case):
    days = [date(2020, 1, 1) + timedelta(days=n) for n in range(300)]
    insert_all([contact(case, world.specialist, parties=["participant"], note=str(day)) for day in days])
    notes = Contact.objects.filter(case=case, place="office").order_by("pk").values_list("pk", "note")
    assert [note for _pk, note in notes] == [str(day) for day in days]
    written = insert_all([contact(case, world.specialist, parties=["participant"], note=str(day)) for day in days[:9]])
    assert [Contact.objects.get(pk=one.pk).note for one in written] == [one.note for one in written]
    assert insert_all([]) == []


def test_what_the_database_fills_in_is_told_and_not_given(world):
    by = world.act_as(world.counsellor)
    sealed, hashed = b"\x00\xff\\x sealed", bytes(range(32))
    with transaction.atomic():
        (one,) = insert_all(
            [
                Participant(
                    given_name="Åse",
                    family_name=WORDS,
                    identity_number=sealed,
                    identity_hash=hashed,
                    born_on=date(1990, 5, 17),
                    registered_by=by,
                )
            ]
        )
        assert one.registered_at == Participant.objects.values_list("registered_at", flat=True).get(pk=one.pk)
        assert (stored(one, "identity_number"), stored(one, "identity_hash")) == (sealed, hashed)


def test_what_no_column_can_hold_is_refused(world, case):
    with pytest.raises(DataError), transaction.atomic():
        insert_all([contact(case, world.specialist, parties=["participant"], note="a\0b")])
    with pytest.raises(DataError), transaction.atomic():
        insert_all([contact(case, world.specialist, parties=["participant"], place="x" * 21)])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_all([contact(case, world.specialist, parties=None)])
    with pytest.raises(TypeError, match="complex"):
        insert_all([contact(case, world.specialist, parties=["participant"], minutes=1j)])


def test_facts_are_written_for_whom_the_policies_let(world, case):
    """As through Django, the database decides who writes of which case."""
    stranger = world.act_as(world.other_counsellor)
    for write in (insert_all, Contact.objects.bulk_create):
        with pytest.raises(Exception, match="row-level security"), transaction.atomic():
            write([contact(case, stranger, parties=["participant"])])
    by = world.act_as(world.specialist)
    with transaction.atomic(), bulk_recording(), restrict_to_cases(case.pk):
        (fact,) = record_all([contact(case, by, parties=["participant"])], by=by)
    assert Contact.objects.get(pk=fact.pk).recorded_by_id == by.pk
