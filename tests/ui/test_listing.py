"""What a list is declared by: what is refused, how its filters are remembered and drawn, and what a cell may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from plass.ui import listing
from plass.ui.listing import Column, Filter, Listing, Offered
from plass.ui.sql_listing import SqlListing


@dataclass
class Row:
    name: str
    begun_on: date | None = None
    is_new: bool = False


NAME = Column(key="name", label="Name", sort="name", order=("name",), names_the_row=True)
TABLE = "{% list_table list %}CELLS{% endlist_table %}"


def colours(*values: str, key: str = "colour") -> Filter:
    """A filter with fixed choices."""
    return Filter(
        key=key, label="Colour", choices=[("", "all"), *((value, value) for value in values)], narrow=_unchanged
    )


def _unchanged(rows: Any, value: Any, asked: Any) -> Any:
    return rows


@pytest.fixture(autouse=True)
def no_other_lists(monkeypatch):
    monkeypatch.setattr(listing, "_listings", {})


def declared(*columns: Column, **more: Any) -> Listing:
    return Listing(**{"name": "birds", "title": "Birds", "sort": "name", "columns": (NAME, *columns), **more})


def drawn(birds: Listing, cells: str = "", rows: tuple[Row, ...] = (Row("Owl"),), **query: str) -> BeautifulSoup:
    shown = birds.page(birds.read(query), rows, None)
    text = Template(TABLE.replace("CELLS", cells)).render(Context({"list": shown}))
    return BeautifulSoup(text, "html.parser")


def form(birds: Listing, **query: str) -> BeautifulSoup:
    shown = birds.page(birds.read(query), [], None)
    request = RequestFactory().get("/birds/")
    request.htmx = HtmxDetails(request)
    text = Template('{% cotton filters :list="list" %}{% endcotton %}').render(
        Context({"list": shown, "request": request})
    )
    return BeautifulSoup(text, "html.parser")


TYPED = Filter(key="nest", narrow=lambda rows, nests, asked: rows, find=lambda text, asked: [])


def chosen(page: BeautifulSoup) -> list[str]:
    return [option["value"] for option in page.select("select option[selected]")]


@pytest.mark.parametrize(
    ("columns", "more", "says"),
    [
        ((NAME,), {}, "“birds”: two columns are called “name”"),
        ((Column(key="age", label="Age", sort="age"),), {}, "the column “age” needs both sort .* and order"),
        ((Column(key="age", label="Age", order=("age",)),), {}, "the column “age” needs both sort .* and order"),
        ((Column(key="age", label="Age", sort="name", order=("age",)),), {}, "two ways to sort are called “name”"),
        ((Column(key="age", label="Age", filter=colours("red")),), {"own_filters": (colours("blue"),)}, "two filters"),
        ((), {"sort": "age"}, "no column is sorted by “age”"),
        ((), {"sort": ""}, "say how it is sorted when nobody has said"),
        ((), {"own_filters": (TYPED,)}, "the filter “nest” may be typed into, so say where to ask: suggestions_at"),
        ((Column(key="age", label="Age", filter=TYPED),), {}, "so say where to ask: suggestions_at"),
    ],
)
def test_a_declaration_that_lacks_something_is_refused_and_says_what(columns, more, says):
    with pytest.raises(ImproperlyConfigured, match=says):
        declared(*columns, **more)


@pytest.mark.parametrize(
    ("column", "says"),
    [
        (Column(key="age", label="Age"), "the column “age” has no sql"),
        (Column(key="age", label="Age", sql="b.age", needs=("born_on",)), "“age” needs “born_on”, which no column"),
    ],
)
def test_what_is_needed_is_read_from_somewhere(column, says):
    with pytest.raises(ImproperlyConfigured, match=says):
        SqlListing(name="birds", title="Birds", source="birds b", tie="b.id", columns=(column,))


def nests(*columns: Column, values: dict[str, str] | None = None) -> SqlListing:
    """A list of nests and, where they are shown, their birds."""
    number = Column(key="number", label="Number", sql="n.id", sort="number", order=("n.id",))
    return SqlListing(
        name="nests",
        title="Nests",
        source="nests n JOIN (SELECT tree, max(height) AS tall FROM trees t GROUP BY tree) t ON t.tree = n.tree",
        shown_with="LEFT JOIN birds b ON b.nest_id = n.id",
        tie="n.id",
        sort="number",
        columns=(number, *columns),
        values=values or {},
    )


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ({"sql": "n.built_on", "order": ("b.name",)}, "“age” is ordered by “b.name”, and no b stands in source: n, t"),
        ({"sql": "n.built_on", "order": ("age",)}, "“age” is ordered by “age”, which names nothing of source: n, t"),
        ({"sql": "n.built_on", "order": ("n.built_on", "q.x")}, "“age” is ordered by “q.x”, and no q stands in source"),
        ({"sql": "q.age"}, "“age” reads “q.age”, and no q stands in source or shown_with: b, n, t"),
    ],
)
def test_sql_of_a_column_that_names_what_is_not_there_is_refused(column, says):
    more = {"sort": "age"} if "order" in column else {}
    with pytest.raises(ImproperlyConfigured, match=says):
        nests(Column(key="age", label="Age", **column, **more))


def test_sql_of_a_value_and_of_a_filter_that_names_what_is_not_there_is_refused():
    with pytest.raises(ImproperlyConfigured, match=r"“old” reads “q.age > 3”, and no q stands in source or shown_with"):
        nests(values={"old": "q.age > 3"})
    declared_nests = nests()
    query = declared_nests.found(declared_nests.read({}))
    with pytest.raises(ImproperlyConfigured, match=r"is narrowed by “b.name = 'Owl'”, and no b stands in source: n, t"):
        query.that("b.name = 'Owl'")


def test_sql_that_names_what_is_there_or_brings_it_along_is_taken():
    brought = (
        "EXISTS (SELECT FROM eggs e JOIN colours AS c ON c.id = e.colour WHERE e.nest_id = n.id AND c.name <> 'x.y')"
    )
    made = nests(
        Column(key="age", label="Age", sql="coalesce(b.age, 1.5)", sort="age", order=("lower(n.name)", "t.tall")),
        values={"brown": brought},
    )
    assert made.found(made.read({})).that(brought).that("true").conditions == (brought, "true")


def test_two_lists_of_one_name_are_refused():
    declared()
    with pytest.raises(ImproperlyConfigured, match="Two lists are called “birds”"):
        declared()


def test_a_cell_of_no_column_is_refused():
    with pytest.raises(ImproperlyConfigured, match="“birds” has no column “colour”"):
        drawn(declared(), "{% cell colour %}{% endcell %}")


def test_a_column_needs_no_cell_and_says_its_heading_on_a_phone():
    birds = declared(
        Column(key="begun_on", label="Begun <on>", nothing="–"), Column(key="is_new", label="New", is_number=True)
    )
    page = drawn(birds, rows=(Row("<Owl>", date(2026, 3, 2), True), Row("Crow")))
    first, second = page.select("tbody tr")
    assert [cell.text for cell in first.find_all(["th", "td"])] == ["<Owl>", "02.03.2026", "ja"]
    assert [cell.text for cell in second.find_all(["th", "td"])] == ["Crow", "–", "nei"]
    assert [cell.get("data-label") for cell in first.find_all("td")] == ["Begun <on>", "New"]
    assert "data-number" in first.find_all("td")[1].attrs
    assert [heading.text.strip() for heading in page.select("thead th")] == ["Name", "Begun <on>", "New"]


def test_a_column_declares_the_text_of_its_cell_and_what_stands_there_for_nothing():
    column = Column(
        key="begun_on",
        label="Begun",
        cell=lambda row, asked: f"{(asked.today - row.begun_on).days} <days>" if row.begun_on else "",
        nothing="not <yet>",
    )
    birds = declared(column)
    begun = birds.read({}).today - timedelta(days=3)
    first, second = drawn(birds, rows=(Row("Owl", begun), Row("Crow"))).select("tbody td")
    assert (first.text, first.span) == ("3 <days>", None)
    assert str(second.span) == '<span class="p-muted">not &lt;yet&gt;</span>'
    assert list(birds.lines([Row("Owl", begun)], birds.read({}))) == [["Owl", begun]]


def test_a_heading_turns_the_order_and_keeps_what_the_list_is_narrowed_by():
    birds = declared(Column(key="age", label="Age", sort="age", order=("age",)), own_filters=(colours("red"),))
    links = [
        [link["href"] for link in drawn(birds, rows=(), **query).select("thead a")]
        for query in ({}, {"sort": "-name", "colour": "red"}, {"sort": "age"}, {"sort": "unknown", "colour": "unknown"})
    ]
    assert links == [
        ["?sort=-name", "?sort=age"],
        ["?colour=red", "?colour=red&sort=age"],
        ["?", "?sort=-age"],
        ["?sort=-name", "?sort=age"],
    ]


def test_a_filter_is_drawn_as_it_was_chosen_whatever_was_drawn_before():
    """How filters with fixed choices look is kept; what decides it must be all that it says."""
    birds = declared(own_filters=(colours("red", "blue"), colours("light", "dark", key="shade")))
    for colour in ("red", "", "blue", "red"):
        for shade in ("", "dark", "light"):
            assert chosen(form(birds, colour=colour, shade=shade)) == [colour, shade]


def test_two_lists_keep_their_own_filters():
    birds, fish = declared(own_filters=(colours("red"),)), declared(name="fish", own_filters=(colours("green"),))
    for declared_list, values in ((birds, ["", "red"]), (fish, ["", "green"]), (birds, ["", "red"])):
        assert [option["value"] for option in form(declared_list).select("option")] == values


def test_the_form_holds_what_is_typed_chosen_and_offered():
    birds = declared(
        own_filters=(
            Filter(key="q", label="Search", narrow=_unchanged),
            Filter(
                key="nest", label="Nest", offers=lambda asked: [Offered("a", "A"), Offered("b", "B")], narrow=_unchanged
            ),
            Filter(key="none", label="None", offers=lambda asked: [], narrow=_unchanged),
            colours("red"),
            Filter(key="kind", narrow=_unchanged, drawn=False, stays=True),
        )
    )
    page = form(birds, q=' "owl" ', nest="b", kind="wild", sort="-name", colour="red")
    assert page.find("input", {"name": "q"})["value"] == '"owl"'
    assert [select["name"] for select in page.select("select")] == ["colour", "nest"]
    assert chosen(page) == ["red", "b"]
    assert {element["name"]: element["value"] for element in page.select("input[type=hidden]")} == {
        "kind": "wild",
        "sort": "-name",
    }
    asked = birds.read({"q": "owl", "nest": "b", "kind": "wild", "sort": "-name"})
    assert (asked.in_use, asked.is_narrowed, asked.all.address()) == (1, True, "?kind=wild")
