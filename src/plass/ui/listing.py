"""A list is declared once, in its room: its columns and its filters (docs/decisions/0171-a-list-is-declared-once.md).

From a declaration come what is read and in what order, the headings and their links, the cells, the filters over the list
and the addresses that remember them, and the file. A template draws it with ``<c-filters>`` and ``{% list_table %}``,
and says the inside of those cells that are more than a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ImproperlyConfigured
from django.core.paginator import Page, Paginator
from django.shortcuts import resolve_url
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plass.db.prepared import PreparedQuery, Results

from .spreadsheet import Value

Words = str | Promise
#: So much of a text in an address is read.
LONGEST_TEXT = 100
#: More choices than this are not drawn: one types a part of the label and is offered what holds it.
MOST_OFFERED = 40
#: So many are offered to what was typed so far.
MOST_SUGGESTED = 20
ALL = gettext_lazy("All")


def always(_asked: Asked) -> bool:
    """Whatever is asked for, and whoever asks."""
    return True


def never(_asked: Asked) -> bool:
    """For a column that only the file has, or only the page."""
    return False


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a list can be narrowed by: ``key`` is its word in the address.

    ``choices`` are the same for everybody and come first over the list; ``offers`` are worked out for whoever asks, as
    a list or a question of :class:`Offered`, and nothing is drawn where there are none. With neither it is a text.
    ``read`` makes a value of what an address says, empty where that can be nothing (else a text is shortened and an
    unknown choice left out). Where what is ``offers``-ed may be more than a page should hold (:data:`MOST_OFFERED`, or
    ``offers`` gives None without asking), ``find`` gives those whose label holds a text, or whose value it is: one
    types there, and ``narrow`` gets a list of values, of what is chosen or of all that fits what was typed. ``narrow``
    gets what was found, the value and everything that is asked for, and gives what is left; it is called without a
    value too where it ``narrows_always``. A filter that is not ``drawn`` is set by something else on the page; one
    that ``stays`` is kept when all of the list is shown.
    """

    key: str
    narrow: Callable[[Any, Any, Asked], Any]
    label: Words = ""
    choices: Sequence[tuple[str, Words]] = ()
    offers: Callable[[Asked], PreparedQuery[Offered] | Sequence[Offered] | None] | None = None
    find: Callable[[str, Asked], Sequence[Offered]] | None = None
    unset: Words = ALL
    read: Callable[[str, Asked], Any] | None = None
    narrows_always: bool = False
    drawn: bool = True
    stays: bool = False

    def value(self, text: str, asked: Asked) -> Any:
        """What an address means by ``text``."""
        if self.read is not None:
            return self.read(text, asked)
        if self.choices:
            return text if any(text == value for value, _label in self.choices) else ""
        return text.replace("\0", "").strip()[:LONGEST_TEXT]

    def meant(self, value: Any, asked: Asked) -> Any:
        """What ``narrow`` gets: with ``find`` the list of the values that are meant."""
        if self.find is None or not value:
            return value
        return [offer.value for offer in self.find(value, asked)] if isinstance(value, str) else [value]

    @property
    def is_text(self) -> bool:
        """Whether nothing is offered and one types into it."""
        return self.drawn and not self.choices and self.offers is None


@dataclass(frozen=True)
class Offered:
    """One of the things that a filter offers."""

    value: Any
    label: Words


def in_words(value: Any) -> Any:
    """Yes and no in words; any other value as it is."""
    if value is True or value is False:
        return _("yes") if value else _("no")
    return value


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a list. ``key`` is the attribute of a row that it shows.

    ``sql`` and ``type``: what is read for it, in a :class:`~.sql_listing.SqlListing`; ``needs`` are other columns, or values
    of the list, that it reads too. ``value`` makes of a row what stands in the file, and in the cell where neither ``cell``
    (the text of a cell) nor the template says something else. ``sort``: the word in the address that sorts by it, and
    ``order`` what by. ``on_page`` and ``in_file`` say who sees it there. The rest is how it looks: whether it names the row,
    whether its cell says the heading on a phone, what stands there for nothing.
    """

    key: str
    label: Words | Callable[[Asked], Words]
    sql: str = ""
    type: type = str
    needs: tuple[str, ...] = ()
    value: Callable[[Any], Any] | None = None
    cell: Callable[[Any, Asked], str] | None = None
    sort: str = ""
    order: tuple[str, ...] = ()
    filter: Filter | None = None
    on_page: Callable[[Asked], bool] = always
    in_file: Callable[[Asked], bool] = always
    names_the_row: bool = False
    labelled: bool | None = None
    is_number: bool = False
    css: str = ""
    nothing: Words = ""

    @property
    def says_its_heading(self) -> bool:
        """Whether its cells say the heading on a phone: all do but the one that names the row, where nothing is said."""
        return not self.names_the_row if self.labelled is None else self.labelled

    def worth(self, row: Any) -> Any:
        """Its value in a row: a :data:`~plass.ui.spreadsheet.Value` where it stands in a file, or in a cell by itself."""
        return in_words(getattr(row, self.key) if self.value is None else self.value(row))

    def heading(self, asked: Asked) -> str:
        """Its heading, in the reader's language."""
        return str(self.label(asked) if callable(self.label) else self.label)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list whose rows are a queryset, or made in Python. ``own_filters``: those that belong to no column.

    ``sort`` is the order that stands in no address, ``tie`` what decides between equals. ``suggestions_at`` names the
    address, with the key of a filter, where the page asks what to suggest (:meth:`suggestions`). Raises
    ImproperlyConfigured for a declaration that lacks something.
    """

    name: str
    title: Words
    columns: tuple[Column, ...]
    own_filters: tuple[Filter, ...] = ()
    sort: str = ""
    tie: str = "pk"
    per_page: int = 50
    suggestions_at: str = ""

    def __post_init__(self) -> None:
        self.check()
        if _listings.setdefault(self.name, self) is not self:
            raise ImproperlyConfigured(f"Two lists are called “{self.name}”.")

    def check(self) -> None:
        """Refuse what could not work, with a sentence that says what is wrong."""
        self._once("columns", [column.key for column in self.columns])
        self._once("ways to sort", [column.sort for column in self.columns if column.sort])
        self._once("filters", [list_filter.key for list_filter in self.filters])
        for list_filter in self.filters:
            if list_filter.find and not self.suggestions_at:
                self.refuse(f"the filter “{list_filter.key}” may be typed into, so say where to ask: suggestions_at")
        for column in self.columns:
            if bool(column.sort) != bool(column.order):
                self.refuse(f"the column “{column.key}” needs both sort (the word) and order (what by), or neither")
        if self.sort and self.sort.removeprefix("-") not in self.sortable:
            self.refuse(f"no column is sorted by “{self.sort}”")
        if self.sortable and not self.sort:
            self.refuse("it can be sorted, so say how it is sorted when nobody has said: sort")

    def _once(self, things: str, keys: list[str]) -> None:
        for key in keys:
            if keys.count(key) > 1:
                self.refuse(f"two {things} are called “{key}”")

    def refuse(self, reason: str) -> None:
        """Say which list it is, and what of it cannot work. Raises ImproperlyConfigured."""
        raise ImproperlyConfigured(f"The list “{self.name}”: {reason}.")

    @cached_property
    def filters(self) -> tuple[Filter, ...]:
        """Those of the list, then those of its columns; what is the same for everybody before what is offered."""
        all_filters = [*self.own_filters, *(column.filter for column in self.columns if column.filter)]
        return tuple(sorted(all_filters, key=lambda list_filter: list_filter.offers is not None))

    @cached_property
    def sortable(self) -> dict[str, Column]:
        """The columns it can be sorted by, by the word in the address."""
        return {column.sort: column for column in self.columns if column.sort}

    def read(self, query: Mapping[str, str], who: Any = None) -> Asked:
        """What an address asks for. What is unknown, or not for ``who``, is left out: whatever it says can be shown."""
        values: dict[str, Any] = {}
        sort = query.get("sort", "")
        asked = Asked(self, who, values, sort if sort.removeprefix("-") in self.sortable else self.sort)
        for list_filter in self.filters:
            values[list_filter.key] = list_filter.value(query.get(list_filter.key, ""), asked)
        return asked

    def suggestions(self, key: str, text: str, asked: Asked) -> list[Offered] | None:
        """The first of what a filter may be set to that holds ``text``; None where no such filter is typed into."""
        for list_filter in self.filters:
            if list_filter.key == key and list_filter.find is not None:
                return list(list_filter.find(text[:LONGEST_TEXT], asked))[:MOST_SUGGESTED]
        return None

    def narrowed(self, rows: Any, asked: Asked) -> Any:
        """``rows`` narrowed by the filters."""
        for list_filter in self.filters:
            if asked[list_filter.key] or list_filter.narrows_always:
                rows = list_filter.narrow(rows, list_filter.meant(asked[list_filter.key], asked), asked)
        return rows

    def ordered(self, rows: Any, asked: Asked) -> Any:
        """A queryset in the order asked for. Descending order turns the first column only."""
        first, *more_columns = self.sortable[asked.sort.removeprefix("-")].order
        return rows.order_by(f"-{first}" if asked.sort.startswith("-") else first, *more_columns, self.tie)

    def page(self, asked: Asked, rows: Any, number: str | None) -> Shown:
        """A page of a queryset or of a sequence."""
        page = Paginator(rows, self.per_page).get_page(number)
        return Shown(asked, page, page, asked.offers())

    def headings(self, asked: Asked) -> list[str]:
        """The headings of the file."""
        return [column.heading(asked) for column in self.file_columns(asked)]

    def lines(self, rows: Iterable[Any], asked: Asked) -> Iterator[list[Value]]:
        """The rows of the file."""
        values = [column.value or attrgetter(column.key) for column in self.file_columns(asked)]
        for row in rows:
            yield [in_words(content) if isinstance(content := value(row), bool) else content for value in values]

    def file_columns(self, asked: Asked) -> list[Column]:
        """The columns of the file."""
        return [column for column in self.columns if column.in_file(asked)]


_listings: dict[str, Listing] = {}


def listings() -> dict[str, Listing]:
    """Every list that is declared, by its name."""
    return dict(_listings)


@dataclass(frozen=True)
class Asked:
    """What an address asks of a list: the values of its filters, and how it is sorted."""

    listing: Listing
    who: Any
    values: Mapping[str, Any]
    sort: str
    today: date = field(default_factory=timezone.localdate)

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def but(self, **changes: Any) -> Asked:
        """The same with other values of filters."""
        return replace(self, values={**self.values, **changes})

    @property
    def all(self) -> Asked:
        """The whole list, in no order of one's own."""
        values = {
            list_filter.key: self[list_filter.key] if list_filter.stays else "" for list_filter in self.listing.filters
        }
        return replace(self, values=values, sort=self.listing.sort)

    @property
    def in_use(self) -> int:
        """How many of the filters in the fold narrow the list."""
        return sum(
            bool(self[list_filter.key])
            for list_filter in self.listing.filters
            if list_filter.drawn and not list_filter.is_text
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is filtered out."""
        return any(self[list_filter.key] for list_filter in self.listing.filters if not list_filter.stays)

    def address(self, sort: str = "", **changes: Any) -> str:
        """The query string that shows this, with ``changes``."""
        if changes:
            return self.but(**changes).address(sort)
        sort = sort or self.sort
        sorted_by = urlencode({"sort": sort}) if sort != self.listing.sort else ""
        return "?" + "&".join(part for part in (self._narrowed_by, sorted_by) if part)

    @cached_property
    def _narrowed_by(self) -> str:
        """The filters as they stand in the address; a page has a dozen addresses of this list."""
        return urlencode([(key, value) for key, value in self.values.items() if value])

    def offers(self) -> dict[str, PreparedQuery[Offered] | Sequence[Offered] | None]:
        """What the filters offer to whoever asks, by their keys; questions are not asked yet. None: too many to ask for."""
        return {
            list_filter.key: list_filter.offers(self)
            for list_filter in self.listing.filters
            if list_filter.offers is not None
        }


class Shown:
    """A page of a list, as its template draws it."""

    def __init__(
        self,
        asked: Asked,
        rows: Iterable[Any],
        page: Page[Any] | None = None,
        offers: Mapping[str, Any] | None = None,
        answers: Results | None = None,
    ) -> None:
        self.asked, self.rows, self.page = asked, list(rows), page
        self.title = str(asked.listing.title)
        self.columns = [column for column in asked.listing.columns if column.on_page(asked)]
        self._offers, self._answers = offers or {}, answers

    @property
    def headings(self) -> list[Heading]:
        """From left to right."""
        return [Heading(column, self.asked) for column in self.columns]

    @property
    def texts(self) -> list[Drawn]:
        """The filters that one types into."""
        return [Drawn(self.asked, list_filter) for list_filter in self.asked.listing.filters if list_filter.is_text]

    @property
    def choices(self) -> list[Drawn]:
        """The filters that one chooses in: with fixed choices, or with what is offered to the reader."""
        drawn = []
        for list_filter in self.asked.listing.filters:
            if list_filter.drawn and list_filter.choices:
                drawn.append(Drawn(self.asked, list_filter))
            elif list_filter.offers is not None:
                offers = self._offers[list_filter.key]
                if isinstance(offers, PreparedQuery):
                    offers = self._answers.of(offers) if self._answers else offers.rows()
                if list_filter.find is not None and (offers is None or len(offers) > MOST_OFFERED):
                    drawn.append(Drawn(self.asked, list_filter))
                elif offers:
                    offered = [("", list_filter.unset), *((offer.value, offer.label) for offer in offers)]
                    drawn.append(Drawn(self.asked, list_filter, offered))
        return drawn

    @property
    def hidden(self) -> list[tuple[str, Any]]:
        """What the form over the list sends on: filters that something else sets, and the order."""
        hidden = [
            (list_filter.key, self.asked[list_filter.key])
            for list_filter in self.asked.listing.filters
            if not list_filter.drawn
        ]
        return [*hidden, ("sort", self.asked.sort)] if self.asked.sort else hidden


class Heading:
    """The heading of a column as the page shows it; where it can be sorted by, how it is and the address that turns it."""

    def __init__(self, column: Column, asked: Asked) -> None:
        self.label = column.heading(asked)
        self.is_number = column.is_number
        self.state = self.url = self.icon = ""
        if column.sort:
            up, down = asked.sort == column.sort, asked.sort == f"-{column.sort}"
            self.state = "ascending" if up else "descending" if down else "none"
            self.url = asked.address(sort=f"-{column.sort}" if up else column.sort)
            self.icon = "SortUp" if up else "SortDown" if down else "ArrowsUpDown"


@dataclass(frozen=True)
class Option:
    """One of the things that a filter can be set to."""

    value: Any
    label: Words
    is_chosen: bool


class Drawn:
    """A filter as the page shows it."""

    def __init__(self, asked: Asked, list_filter: Filter, choices: Sequence[tuple[Any, Words]] = ()) -> None:
        self.key, self.label, self.chosen = list_filter.key, list_filter.label, asked[list_filter.key]
        self.choices = choices or list_filter.choices
        self.unset = list_filter.unset
        self._asked, self._find = asked, list_filter.find

    @property
    def is_typed(self) -> bool:
        """Whether one types a part of the label, since more is offered than a page should hold."""
        return not self.choices

    @property
    def text(self) -> str:
        """What stands in a field one types into: the label of what is chosen, or what was typed."""
        if self._find is None or not self.chosen or isinstance(self.chosen, str):
            return self.chosen or ""
        return next((str(offer.label) for offer in self._find(str(self.chosen), self._asked)), "")

    @property
    def suggestions_url(self) -> str:
        """Where the page asks what holds what is typed."""
        return resolve_url(self._asked.listing.suggestions_at, self.key)

    @property
    def options(self) -> list[Option]:
        """What can be chosen. There may be hundreds."""
        return [Option(value, label, value == self.chosen) for value, label in self.choices]


def page_number(text: str) -> int:
    """The page that an address says; the first where it says none."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1
