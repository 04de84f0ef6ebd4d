"""Questions that are asked together say what each says by itself, and a page about one case sees that case alone."""

from __future__ import annotations

import pytest
from django.db import connection
from django.http import Http404
from django.test import RequestFactory

from plass.access.current_user import set_current_user
from plass.cases.gate import open_case
from plass.cases.models import Case
from plass.db.prepared import PreparedQuery, columns, fetch, fetch_together
from plass.followup import queries
from plass.milestones.models import Milestones
from plass.plan.queries import steps_to_do
from tests.followup.made import at, contact, day, employer, meeting
from tests.plan.made import step


def milestones_of(case):
    text = f"SELECT {columns(Milestones, 'm')} FROM milestones m WHERE m.case_id = %(case)s"
    return PreparedQuery(Milestones, text, {"case": case.pk})


def test_rows_are_the_same_asked_together_and_one_by_one(world):
    """Days, moments, lists, models, columns without a name, and names that JSON must not trip over."""
    case, by = world.refer("Åse \"'\\", "Ødegård {c0}"), world.specialist
    meeting(case, by, at(2))
    step(case, by, due_on=day(3))
    step(case, by)
    contact(case, by, -1, parties=["employer"], employer=employer(by), next_contact_on=day(4))
    asked = [queries.agreed_in(case), steps_to_do([case.pk]), queries.employers_contacted(case)]
    row = milestones_of(case)
    answers = fetch_together(*asked, row)
    for query in asked:
        assert query.rows()
        assert answers.of(query) == query.rows()
    [by_itself], [beside] = row.rows(), answers.of(row)
    names = [field.attname for field in Milestones._meta.concrete_fields]
    assert [getattr(beside, name) for name in names] == [getattr(by_itself, name) for name in names]
    assert by_itself.referred_on is not None


def test_the_same_name_for_two_values_is_refused(world):
    first, second = world.refer(), world.refer("Kari")
    with pytest.raises(ValueError, match="case"):
        fetch_together(milestones_of(first), milestones_of(second))


def test_what_is_asked_again_is_not_planned_again(world, monkeypatch):
    """Left to itself the database would plan this one each time: it counts on doing better with the numbers at hand."""
    case = world.refer()
    connection.ensure_connection()
    monkeypatch.setattr(connection.connection, "prepare_threshold", 1)
    for _each in range(7):
        fetch_together(queries.agreed_in(case), queries.employers_contacted(case), milestones_of(case))
    plans = fetch(
        "SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements WHERE statement LIKE %(ours)s",
        {"ours": "SELECT (SELECT json_agg%followup_open_meetings%"},
    )
    assert plans[0][0] >= 5
    assert plans[0][1] == 0


def opened(by, case, **how):
    request = RequestFactory().get("/")
    request.user = by
    return open_case(request, case.pk, purpose="case page", **how)


def test_who_opens_one_case_alone_sees_no_other_until_the_next_page(world):
    case, other_case = world.refer(), world.refer("Kari")
    by = world.act_as(world.specialist)
    opened(by, case)
    assert set(Case.objects.values_list("pk", flat=True)) >= {case.pk, other_case.pk}
    assert opened(by, case, alone=True).case == case
    assert list(Case.objects.values_list("pk", flat=True)) == [case.pk]
    set_current_user(by.pk)
    assert set(Case.objects.values_list("pk", flat=True)) >= {case.pk, other_case.pk}


def test_opening_alone_opens_nothing_more(world):
    case = world.refer()
    stranger = world.act_as(world.other_specialist)
    with pytest.raises(Http404):
        opened(stranger, case, alone=True)
    assert list(Case.objects.all()) == []
