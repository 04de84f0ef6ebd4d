"""Every list is walked as its declaration says it: whatever a column or a filter lacks, the failure says."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from plass.access.current_user import set_current_user
from plass.cases import actions
from plass.employers.models import Employer
from plass.extracts.models import Extract
from plass.followup.models import Contact
from plass.organisation.models import Role, User
from plass.ui.listing import Asked, Column, Listing, listings, never
from tests.conftest import as_owner
from tests.house.everybody import Everybody, lay_out
from tests.world import member

assert get_resolver().url_patterns, "the lists are declared beside the views"


def _cases(everybody: Everybody) -> None:
    """Cases of the specialist's team that differ in every column, two of them ended."""
    world, today = everybody.world, timezone.localdate()
    with as_owner():
        member(world.specialist, Role.SPECIALIST, world.office, world.second_team)
    world.refer("Ledig", "Aasen", on=today - timedelta(days=9), taken=False)
    for number, name in enumerate(("Bakken", "Dahl")):
        case = world.refer("Slutt", name, on=today - timedelta(days=80 + number))
        actions.end(case, by=world.specialist, happened_on=today - timedelta(days=number), cause="own_wish")
    case = world.refer("Pause", "Engen", on=today - timedelta(days=40))
    employer = Employer.objects.create(name="Bø Bakeri", recorded_by=world.specialist)
    Contact.objects.create(
        case=case,
        happened_on=today - timedelta(days=35),
        recorded_by=world.specialist,
        parties=["participant", "employer"],
        employer=employer,
        channel="in_person",
        purpose="follow_up",
        next_contact_on=today + timedelta(days=5),
    )
    actions.pause(case, by=world.specialist, happened_on=today, reason="illness", follow_up_on=today)


def _employers(everybody: Everybody) -> None:
    by = everybody.world.act_as(everybody.world.specialist)
    for name, place, industry in (("Bø Bakeri", "Bø", "Mat"), ("Ås Bil", "Ås", "Bil")):
        Employer.objects.create(name=name, place=place, industry=industry, recorded_by=by)


def _accounts(_everybody: Everybody) -> None:
    with as_owner():
        User.objects.filter(username="evaluator1").update(ended_on=timezone.localdate() - timedelta(days=1))


def _looks(everybody: Everybody) -> None:
    """The specialist looks at their list, and at a participant."""
    reader = Client()
    set_current_user(everybody.people["specialist"].pk)
    reader.force_login(everybody.people["specialist"])
    for address in (reverse("caseload:list"), reverse("caseload:case", args=[everybody.cases["own"].pk])):
        assert reader.get(address).status_code == 200


def _extract(everybody: Everybody) -> None:
    with as_owner():
        Extract.objects.create(
            at=timezone.now(),
            user=everybody.people["evaluator"],
            run_by="root",
            study="study",
            purpose="to know",
            first_month=date(2024, 1, 1),
            last_month=date(2025, 12, 1),
            offices=[everybody.world.office.pk],
        )


@dataclass
class Page:
    """Where a list stands and who reads it; addresses that together show every column and some that hide one; its file.

    ``typed``: something for each filter that has no choices, or whose choices are not drawn, to be narrowed by.
    ``rare``: columns that stand empty here (another test has a row with them).
    """

    url: str
    role: str
    lay_out: Callable[[Everybody], None] = lambda everybody: None
    addresses: tuple[str, ...] = ("",)
    file: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    rare: tuple[str, ...] = ()
    about: Callable[[Everybody], list[int]] = lambda everybody: []


PAGES = {
    "participants": Page(
        "caseload:list",
        "specialist",
        _cases,
        ("?vis=team", "?vis=mine", "?vis=team&status=avsluttet", "?vis=team&status=alle"),
        "caseload:export",
        {"vis": "mine"},
    ),
    "employers": Page("employers:list", "specialist", _employers, typed={"q": "bakeri"}),
    "accounts": Page("administration:accounts", "administrator", _accounts, typed={"q": "veileder"}),
    "referrals": Page("cases:referrals", "counsellor", _cases),
    "extracts": Page("extracts:overview", "evaluator", _extract),
    "log": Page("oversight:log", "data_protection", _looks, file="oversight:log_file", rare=("login",)),
    "history": Page("oversight:history", "administrator"),
    "changes": Page("oversight:changes", "specialist", about=lambda everybody: [everybody.cases["own"].pk]),
    "examples": Page("ui:gallery", "specialist", typed={"q": "Fjellstad"}),
}


@pytest.fixture(params=sorted(listings()))
def walk(request: Any, db: None, settings: Any) -> Walk:
    settings.PLASS_GALLERY = True
    name = request.param
    if name not in PAGES:
        pytest.fail(f"Say in PAGES where the list “{name}” stands, who reads it, and how to lay out rows that differ.")
    return Walk(listings()[name], PAGES[name])


class Walk:
    """A list, laid out, and somebody who reads it."""

    def __init__(self, listing: Listing, page: Page) -> None:
        everybody = lay_out()
        page.lay_out(everybody)
        self.listing, self.page, self.user = listing, page, everybody.people[page.role]
        self.path = reverse(page.url, args=page.about(everybody))
        set_current_user(self.user.pk)
        self.client = Client()
        self.client.force_login(self.user)

    def get(self, address: str) -> tuple[BeautifulSoup, Asked]:
        """The page at an address, and what it asks for."""
        answer = self.client.get(self.path + address)
        assert answer.status_code == 200, address
        return BeautifulSoup(answer.content.decode(), "html.parser"), answer.context["list"].asked

    def everywhere(self) -> Iterator[tuple[str, BeautifulSoup, Asked, list[Column]]]:
        """Each of the addresses, with the columns that are to be seen there."""
        for address in self.page.addresses:
            page, asked = self.get(address)
            yield address, page, asked, [column for column in self.listing.columns if column.on_page(asked)]


def test_a_list_does_all_that_its_declaration_says(walk: Walk) -> None:
    each_column_has_its_heading_and_its_cell_where_it_is_seen(walk)
    each_column_that_sorts_sorts_both_ways(walk)
    the_file_holds_each_column_that_is_for_it(walk)
    each_filter_narrows_and_is_remembered(walk)


def table(page: BeautifulSoup, listing: Listing) -> Tag:
    (element,) = [
        element
        for element in page.select("table.p-table")
        if element.caption and element.caption.text == str(listing.title)
    ]
    return element


def rows(page: BeautifulSoup, listing: Listing) -> list[list[str]]:
    if not page.select("table.p-table tbody tr"):
        return []
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"])]
        for row in table(page, listing).select("tbody tr")
    ]


def each_column_has_its_heading_and_its_cell_where_it_is_seen(walk: Walk) -> None:
    seen: dict[str, set[bool]] = {column.key: set() for column in walk.listing.columns}
    for address, page, asked, columns in walk.everywhere():
        for column in walk.listing.columns:
            seen[column.key].add(column in columns)
        shown = table(page, walk.listing)
        assert [heading.get_text(strip=True) for heading in shown.select("thead th")] == [
            c.heading(asked) for c in columns
        ]
        for row in shown.select("tbody tr"):
            cells = row.find_all(["th", "td"])
            assert len(cells) == len(columns), address
            for cell, column in zip(cells, columns, strict=True):
                assert (cell.name == "th") == column.names_the_row
                assert cell.get("data-label", "") in ("", column.heading(asked)), address
    for column in walk.listing.columns:
        if column.on_page is not never:
            assert True in seen[column.key], f"“{column.key}” is shown at none of the addresses in PAGES"
            if column.on_page.__name__ != "always":
                assert False in seen[column.key], f"“{column.key}” is hidden from some: give an address in PAGES where"


def each_column_that_sorts_sorts_both_ways(walk: Walk) -> None:
    left = set(walk.listing.sortable)
    for address, _page, asked, columns in walk.everywhere():
        for word in sorted(left & {column.sort for column in columns}):
            place = [column.sort for column in columns].index(word)
            up, down = (walk.get(asked.address(sort=sort) if sort else address)[0] for sort in (word, f"-{word}"))
            states = [table(page, walk.listing).select("thead th")[place]["aria-sort"] for page in (up, down)]
            assert states == ["ascending", "descending"], word
            upwards, downwards = ([row[place] for row in rows(page, walk.listing)] for page in (up, down))
            assert upwards == downwards[::-1] or len(upwards) >= walk.listing.per_page, word
            if upwards != downwards:
                left.discard(word)
    assert not left, f"sorting by {sorted(left)} was not seen: lay out rows that differ in it"


def the_file_holds_each_column_that_is_for_it(walk: Walk) -> None:
    if not walk.page.file:
        return
    last = walk.page.addresses[-1]
    columns = walk.listing.file_columns(walk.get(last)[1])
    for kind in ("csv", "xlsx"):
        answer = walk.client.get(reverse(walk.page.file, args=[kind]) + last)
        head, *lines = read(kind, b"".join(answer.streaming_content))
        assert head == [column.heading(walk.get(last)[1]) for column in columns]
        for place, column in enumerate(columns):
            assert column.key in walk.page.rare or any(line[place] for line in lines), (
                f"“{column.key}” stands in no row: lay out one that has it"
            )


def read(kind: str, data: bytes) -> list[list[Any]]:
    if kind == "csv":
        return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))
    return [list(row) for row in openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].values]


def each_filter_narrows_and_is_remembered(walk: Walk) -> None:
    for list_filter in walk.listing.filters:
        start = walk.page.addresses[0]
        page, asked = walk.get(start)
        whole = rows(page, walk.listing)
        values = [option["value"] for option in page.select(f'select[name="{list_filter.key}"] option')]
        values = (
            values or [value for value, _label in list_filter.choices] or [walk.page.typed.get(list_filter.key, "")]
        )
        assert any(values), f"say in PAGES what the filter “{list_filter.key}” is to be narrowed by"
        narrowed = False
        for value in [value for value in values if value]:
            narrow, then = walk.get(asked.address(**{list_filter.key: value}))
            narrowed |= rows(narrow, walk.listing) != whole
            assert str(then[list_filter.key]) == value
            for form in narrow.select(".p-filters"):
                drawn = form.select(
                    f'select[name="{list_filter.key}"] option[selected], input[name="{list_filter.key}"]'
                )
                assert [option["value"] for option in drawn] == [value], list_filter.key
            for link in narrow.select("thead a.p-table__sort"):
                assert urlencode({list_filter.key: value}) in link["href"]
        assert narrowed, f"the filter “{list_filter.key}” changed nothing: lay out rows that it tells apart"
