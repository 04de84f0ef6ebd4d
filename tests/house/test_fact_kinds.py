"""Every kind of fact is taken through everything the program does with one: whatever a kind lacks, the failure says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import connection, models
from django.urls import reverse
from django.utils import timezone

import plass
from plass.access.rules import Level
from plass.cases import fact_register
from plass.cases.fact_register import Elsewhere, FactKind, fact_kinds
from plass.cases.facts import correct, record, withdraw
from plass.cases.models import LONGEST_KIND, Case, Fact, Participant
from plass.demo.acts import FactRecorded
from plass.demo.columns import loaded_columns
from plass.demo.county import County
from plass.employers.forms import EmployerFactForm
from plass.employers.models import ContactPerson, Employer
from plass.followup.models import Meeting
from plass.jobs.models import Education, EducationStarted, Job, JobStarted
from plass.organisation.models import Team, User
from plass.plan.models import PlanStep
from plass.portal import data_export, document
from plass.timeline import participant_queries
from plass.timeline import queries as timeline
from plass.timeline.participant_texts import fact_texts
from tests.conftest import as_owner
from tests.rights.made import account
from tests.world import World

TODAY = timezone.localdate()
TEMPLATES = sorted(Path(plass.__file__).parent.glob("*/templates/**/*.html"))
#: What stands in every text of an example, and must be gone when the participant is made nameless.
WRITTEN = "Kanarifugl"


def thing(case: Case, world: World, model: type[models.Model]) -> models.Model:
    """One row of what a fact may point to."""
    makers: dict[type[models.Model], Callable[[], models.Model]] = {
        User: lambda: world.specialist,
        Team: lambda: world.team,
        Employer: lambda: Employer.objects.create(name="Prøvebakeriet AS", recorded_by=world.specialist),
        ContactPerson: lambda: ContactPerson.objects.create(
            employer=Employer.objects.create(name="Prøvelageret AS", recorded_by=world.specialist),
            name="Berit Baker",
            recorded_by=world.specialist,
        ),
        Meeting: lambda: record(example(fact_kinds()["meeting"], case, world), by=world.specialist),
        PlanStep: lambda: record(example(fact_kinds()["step"], case, world), by=world.specialist),
        Job: lambda: _started(JobStarted, case, world).job,
        Education: lambda: _started(EducationStarted, case, world).education,
    }
    if model not in makers:
        pytest.fail(f"A kind of fact points to {model.__name__}: say in thing() how to make one.")
    return makers[model]()


def _started(model: type[Fact], case: Case, world: World) -> Any:
    """The start of a job or an education, without which no other fact about it is in order."""
    whole = Job if model is JobStarted else Education
    return record(example(fact_kinds()[model.kind], case, world, whole.objects.create(case=case)), by=world.specialist)


def example(kind: FactKind, case: Case, world: World, whole: models.Model | None = None) -> Any:
    """A fact of the kind, not saved yet, with something in every field."""
    values: dict[str, Any] = {"case": case, "happened_on": TODAY}
    starts = kind.model in {JobStarted, EducationStarted}
    if not starts and any(model in {Job, Education} for model in _pointed_to(kind)):
        values["happened_on"] = TODAY + timedelta(days=1)
    for column in kind.model._meta.concrete_fields:
        if column.name in {"id", "case", "happened_on", "recorded_at", "recorded_by", "superseded_at"}:
            continue
        values[column.name] = _value(kind, column, case, world, whole)
    if {"employer", "contact_person"} <= set(values):
        values["employer"] = values["contact_person"].employer
    return kind.model(**values)


def _pointed_to(kind: FactKind) -> list[type[models.Model]]:
    return [
        column.related_model
        for column in kind.model._meta.concrete_fields
        if column.related_model is not None and column.name not in {"case", "recorded_by"}
    ]


def _value(kind: FactKind, column: Any, case: Case, world: World, whole: models.Model | None) -> Any:
    if isinstance(column, models.ForeignKey):
        if column.related_model in {Job, Education} and kind.model in {JobStarted, EducationStarted}:
            return whole or column.related_model.objects.create(case=case)
        return thing(case, world, column.related_model)
    if isinstance(column, ArrayField):
        choices = column.base_field.choices
        return [choices[0][0]] if choices else [WRITTEN]
    if column.choices:
        return next(value for value, _label in column.choices if value)
    if isinstance(column, models.BooleanField):
        return False
    if isinstance(column, models.DateTimeField):
        return timezone.now() + timedelta(days=1)
    if isinstance(column, models.DateField):
        return TODAY
    if isinstance(column, models.TimeField):
        return timezone.localtime().time().replace(microsecond=0)
    if isinstance(column, models.DecimalField | models.IntegerField):
        return 20
    if isinstance(column, models.EmailField):
        return f"{WRITTEN.lower()}@example.no"
    return "5223" if column.max_length == 4 else WRITTEN


@pytest.fixture(params=sorted(fact_kinds()))
def kind(request) -> FactKind:
    return fact_kinds()[request.param]


@pytest.fixture
def case(world) -> Case:
    return world.refer("Per", "Prøve", on=TODAY - timedelta(days=30))


@pytest.fixture
def written(kind, case, world) -> Fact:
    """A fact of the kind as somebody has it in mind who is about to record it."""
    world.act_as(world.specialist)
    made = example(kind, case, world)
    made.withheld_because = ""
    return made


@pytest.fixture
def fact(written, world) -> Fact:
    return record(written, by=world.specialist)


def test_somebody_can_reach_the_page_that_records_it(kind, case, world, client):
    way, nobody = kind.recorded_from, f"nobody can reach the page that records {kind.kind}"
    assert way, f"{nobody}: give its FactKind a MenuEntry (recorded_from), or say with Elsewhere where the way there is"
    if isinstance(way, Elsewhere):
        link = f'{{% url "{way.url_name}"'
        assert way.where and any(link in file.read_text() for file in TEMPLATES), f"{nobody}: no template has {link}"
        return
    client.force_login(world.specialist)
    address = reverse(way.url_name, args=[case.pk]) + way.query
    assert f'href="{address}"' in client.get(f"/sak/{case.pk}/").content.decode(), f"{nobody}: {address}"
    assert client.get(address).status_code == 200, f"{nobody}: {address}"


def test_the_menu_shows_what_one_may_record_and_in_its_order():
    assert [entry.url_name for entry in fact_register.menu_entries(Level.READ)] == []
    assert [entry.url_name for entry in fact_register.menu_entries(Level.CONTACT)] == ["followup:contact"]
    places = [entry.place for entry in fact_register.menu_entries(Level.RECORD)]
    assert places == sorted(set(places)) and len(places) > 1, "two entries of the menu say the same place"


def test_its_form_asks_for_every_column_that_must_hold_something(kind):
    form = kind.form
    must = {
        column.name
        for column in kind.model._meta.concrete_fields
        if not (column.blank or column.null or column.has_default() or column.has_db_default())
    } - {column.name for column in Fact._meta.concrete_fields}
    assert set(form.given_by_action) <= must, f"{kind.kind}: {form.__name__}.given_by_action names other columns"
    asked = {name for name in must if form.error_fields.get(name, name) in form.base_fields}
    assert not (lacks := must - asked - set(form.given_by_action)), (
        f"{kind.kind}: {form.__name__} does not ask for {sorted(lacks)}, which every such fact must say: add it to "
        "the form's fields, or to its given_by_action where the action gives it"
    )


def test_a_correction_asks_only_what_the_fact_says(kind, written):
    form = kind.form
    asked = set(form.base_fields) - set(form.asked_once) - set(EmployerFactForm.base_fields) - {"submission"}
    assert not (extra := asked - set(form.initial_of(written))), (
        f"{kind.kind}: {form.__name__} asks {sorted(extra)}, and nothing of the fact answers it: name it in the form's "
        "asked_once"
    )
    assert set(form.asked_once) <= set(form.base_fields), (
        f"{kind.kind}: asked_once names what {form.__name__} never asks"
    )


def test_it_is_recorded_through_its_own_form(kind, written, world):
    empty = kind.form(initial=kind.form.initial_of(written))
    form = kind.form({field.html_name: field.value() for field in empty if field.value() is not None})
    assert form.is_valid(), f"{kind.kind}: {kind.form.__name__} refuses {form.errors.as_json()}"
    given = {name: getattr(written, name) for name in ("case", "happened_on", *kind.form.given_by_action)}
    try:
        fact = record(kind.model(**given | form.settled_values(world.specialist)), by=world.specialist)
    except ValidationError as error:
        pytest.fail(f"{kind.kind}: what {kind.form.__name__} asks is not enough to record one: {error.message_dict}")
    asked = kind.form._meta.fields
    assert {name: getattr(fact, name) for name in asked} == {name: getattr(written, name) for name in asked}


def test_staff_read_it_find_it_by_a_filter_and_open_it_to_correct(kind, fact, case, world, client):
    (entry,) = timeline.page(case, facts=[(kind.kind, fact.pk)]).entries
    assert entry.title and entry.icon, f"{kind.kind}: no words for staff"
    holds = [key for key, group in timeline.groups().items() if kind.kind in group.kinds]
    assert holds, f"{kind.kind}: no filter of the timeline shows it"
    client.force_login(world.specialist)
    page = client.get(f"/sak/{case.pk}/tidslinje/?slag={kind.group.key}").content.decode()
    assert f"{kind.kind}-{fact.pk}" in page
    form = client.get(f"/sak/{case.pk}/rett/{kind.kind}/{fact.pk}/")
    assert form.status_code == 200 and form.context["correction"].fields_of_fact, f"{kind.kind}: its form asks nothing"


def test_the_participant_reads_it_on_the_page_in_the_pdf_and_in_the_archive(kind, fact, case, world):
    me = account(case, "deltaker1")
    world.act_as(me)
    facts = participant_queries.recorded_only(case, [(kind.kind, fact.pk)])
    (fact_text,) = fact_texts(facts, participant_queries.names(facts, me.pk), {})
    assert fact_text.title and fact_text.icon, f"{kind.kind}: no words for the participant"
    participant = Participant.objects.get(pk=case.participant_id)
    assert fact_text.title in str(document.content(participant, me)), f"{kind.kind}: not in the PDF"
    rows = data_export.everything(participant).tables[kind.table]
    assert fact.pk in {row["id"] for row in rows}, f"{kind.kind}: not in the archive"


def test_it_is_corrected_and_withdrawn_and_both_stay(kind, fact, case, world):
    texts = [column for column in kind.erased if kind.erased[column] != "NULL"]
    changed = {texts[0]: ["Annet"] if kind.erased[texts[0]] == fact_register.NO_LIST else "Annet ord"} if texts else {}
    new = correct(
        fact, by=world.specialist, reason="Feil", changes=changed or {"happened_on": TODAY - timedelta(days=1)}
    )
    withdraw(new, by=world.specialist, reason="Skjedde ikke")
    entries = timeline.page(case, facts=[(kind.kind, fact.pk), (kind.kind, new.pk)]).entries
    assert all(entry.is_corrected for entry in entries) and len(entries) == 2


def test_nothing_written_is_left_when_the_participant_is_made_nameless(kind, fact):
    with as_owner(), connection.cursor() as cursor:
        if kind.erased:
            erased = ", ".join(f"{column} = {value}" for column, value in kind.erased.items())
            cursor.execute(f"UPDATE {kind.table} SET {erased} WHERE id = %s", [fact.pk])
        cursor.execute(f"SELECT to_jsonb(t)::text FROM {kind.table} t WHERE id = %s", [fact.pk])
        left = cursor.fetchone()[0]
    assert WRITTEN.lower() not in left.lower(), f"{kind.kind}: what was written stays: {left}"
    for column in kind.model._meta.concrete_fields:
        if column.related_model is ContactPerson:
            assert f'"{column.attname}": null' in left, f"{kind.kind}: a third person leads to the participant"


def test_the_demo_loads_every_column_of_it(kind):
    stored = {column.attname for column in kind.model._meta.concrete_fields}
    assert set(loaded_columns()[kind.table]) == stored


@pytest.fixture(scope="module")
def kinds_in_the_demo() -> set[str]:
    """The kinds of fact that the demo's county has; the lives are read until there is one of each."""
    kinds: set[str] = set()
    for life in County(1, 0, TODAY).lives():
        kinds |= {act.model.kind for act in life.acts if isinstance(act, FactRecorded)}
        if kinds >= set(fact_kinds()):
            break
    return kinds


def test_the_demo_has_some_of_it(kind, kinds_in_the_demo):
    assert kind.kind in kinds_in_the_demo, (
        f"{kind.kind}: the demo's county has none. Tell it where a life is told (src/plass/demo/spells.py)."
    )


def test_a_kind_that_no_room_declares_is_refused_with_what_to_do(monkeypatch):
    declared = dict(fact_register._kinds)
    declared.pop("contact")
    monkeypatch.setattr(fact_register, "_kinds", declared)
    fact_kinds.cache_clear()
    with pytest.raises(ImproperlyConfigured, match=r"Contact is a kind of fact without a declaration.*fact_kinds\.py"):
        fact_kinds()
    fact_kinds.cache_clear()


def test_a_kind_called_by_a_longer_word_than_a_correction_holds_is_refused():
    (first, *_others) = fact_kinds().values()
    too_long = type("TooLong", (), {"kind": "k" * (LONGEST_KIND + 1)})
    with pytest.raises(ImproperlyConfigured, match=r"“k+” is 21 letters long, and a correction holds 20"):
        fact_register.register(FactKind(**{**vars(first), "model": too_long}))


def test_two_kinds_of_one_name_are_refused():
    (first, *_others) = fact_kinds().values()
    with pytest.raises(ImproperlyConfigured, match=first.kind):
        fact_register.register(FactKind(**{**vars(first), "participant_icon": "Other"}))
