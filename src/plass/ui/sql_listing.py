"""A list that is read by one question of its own, whose plan is kept (docs/decisions/0171, 0172 and 0173)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, make_dataclass, replace
from functools import cache, cached_property
from typing import Any

from django.core.paginator import Paginator
from django.db import connection

from plass.db.prepared import PreparedQuery, fetch, fetch_together

from .listing import Asked, Column, Listing, Shown, never

#: Rows that are read from the database at once for a file.
AT_ONCE = 2_000


class Rows(Paginator):  # type: ignore[type-arg]  # not subscriptable at run time
    """Django's pages over rows that come with their count: ``in_all`` is the number of all that were found."""

    def __init__(self, in_all: int, per_page: int) -> None:
        super().__init__([], per_page)
        self.count = in_all


#: In SQL: a table and what it is called there; what follows brackets is called so too. Then, whose a column is.
_TABLE = re.compile(
    r"\b(?:from|join)\s+(\w+)(?:\s+(?:as\s+)?(?!(?:join|left|inner|cross|on|where|order|group)\b)(\w+))?", re.I
)
_BRACKETS = re.compile(r"\)\s+(?:as\s+)?(\w+)", re.I)
_COLUMN = re.compile(r"\b([a-z_]\w*)\.[a-z_]\w*(?!\w*\()", re.I)


def _aliases(sql: str) -> set[str]:
    """What ``sql`` calls the tables that it reads from itself."""
    return {alias or table for table, alias in _TABLE.findall(sql)} | set(_BRACKETS.findall(sql))


@cache
def _named(sql: str) -> set[str]:
    """Whose columns ``sql`` names, of tables that it does not read from itself."""
    said = re.sub(r"'[^']*'", "", sql)
    return set(_COLUMN.findall(said)) - _aliases(said)


def _outermost(sql: str) -> str:
    """``sql`` without what stands in brackets: what is called something in there is not known outside."""
    while (without := re.sub(r"\([^()]+\)", "()", sql)) != sql:
        sql = without
    return sql


@dataclass(frozen=True, kw_only=True)
class SqlListing(Listing):
    """A list that is read by one question of its own, whose plan is kept (0173): ``source`` is what it reads from.

    ``shown_with`` is joined for the rows that are shown alone, where a list may have thousands: it must neither add nor take
    away a row, and neither filters nor orders may speak of it (0172): ``order`` and ``Found.that`` name aliases of
    ``source`` alone, ``sql`` and ``values`` of both.

    ``values`` are SQL for what a row holds beside its columns, by name: what cells need, and (``for_the_file``) the file.
    ``row`` has properties for what the cells of a row say that no column reads.
    """

    source: str
    shown_with: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    row: type = object
    for_the_file: tuple[str, ...] = ()

    def check(self) -> None:
        """Check also that everything a column needs is read from somewhere."""
        super().check()
        known = {column.key for column in self.columns if column.sql} | set(self.values)
        for column in self.columns:
            if not column.sql and not column.value and not column.needs:
                self.refuse(f"the column “{column.key}” has no sql, and nothing else says what stands in it")
            if lacking := [name for name in column.needs if name not in known]:
                self.refuse(f"the column “{column.key}” needs “{lacking[0]}”, which no column and no value reads")
            for order in column.order:
                self.check_sql(f"the column “{column.key}” is ordered by", order)
                if not _named(order):
                    shown = ", ".join(sorted(self._found_in))
                    self.refuse(
                        f"the column “{column.key}” is ordered by “{order}”, which names nothing of source: {shown}"
                    )
        for key, (sql, _type) in self._sql.items():
            self.check_sql(f"the column or value “{key}” reads", sql, shown=True)

    def check_sql(self, what: str, sql: str, *, shown: bool = False) -> None:
        """Refuse SQL that names a table which is not there: in ``source``, or, where it is ``shown``, in ``shown_with``."""
        there = self._shown_in if shown else self._found_in
        if unknown := sorted(_named(sql) - there):
            where = "source or shown_with" if shown else "source"
            self.refuse(f"{what} “{sql}”, and no {unknown[0]} stands in {where}: {', '.join(sorted(there))}")

    @cached_property
    def _found_in(self) -> set[str]:
        return _aliases(_outermost(f"FROM {self.source}"))

    @cached_property
    def _shown_in(self) -> set[str]:
        return _aliases(_outermost(f"FROM {self.source} {self.shown_with}"))

    @cached_property
    def _sql(self) -> dict[str, tuple[str, type]]:
        return {name: (sql, str) for name, sql in self.values.items()} | {
            column.key: (column.sql, column.type) for column in self.columns if column.sql
        }

    @cached_property
    def on_page(self) -> tuple[str, type]:
        """The SQL that is read for a page, whichever columns it shows, and the class of its rows."""
        return self._reading([column for column in self.columns if column.on_page is not never], "in_all")

    @cached_property
    def in_file(self) -> tuple[str, type]:
        """The same for the file."""
        return self._reading([column for column in self.columns if column.in_file is not never], *self.for_the_file)

    def _reading(self, columns: list[Column], *more: str) -> tuple[str, type]:
        sql = {**self._sql, "in_all": ("found.in_all" if self.shown_with else "count(*) OVER ()", int)}
        names = dict.fromkeys(
            name for column in columns for name in (*([column.key] if column.sql else []), *column.needs)
        )
        names |= dict.fromkeys(more)
        text = ", ".join(f"{sql[name][0]} AS {name}" for name in names)
        fields = [(name, f"{sql[name][1].__name__} | None") for name in names]
        row = make_dataclass("Row", fields, bases=(self.row,))
        return text, row

    def found(self, asked: Asked, **parameters: Any) -> Found:
        """The rows that are asked for, in their order, as a question that has not been asked yet."""
        return self.narrowed(Found(self, (), self._order(asked.sort), parameters), asked)  # type: ignore[no-any-return]

    def _order(self, sort: str) -> str:
        # Nothing there yet is the earliest of all: never met comes before met long ago.
        turned = "DESC NULLS LAST" if sort.startswith("-") else "ASC NULLS FIRST"
        columns = self.sortable[sort.removeprefix("-")].order
        return ", ".join([*(f"{column} {turned}" for column in columns), self.tie])

    def shown(self, asked: Asked, query: Found, number: int) -> Shown:
        """A page, and what the filters offer: one question. A page too far is the last one."""
        offers = asked.offers()
        rows = query.rows(self.per_page, (number - 1) * self.per_page)
        answers = fetch_together(rows, *(offer for offer in offers.values() if isinstance(offer, PreparedQuery)))
        read = answers.of(rows)
        if not read and number > 1:
            last = Rows(query.count(), self.per_page).num_pages
            read = query.rows(self.per_page, (last - 1) * self.per_page).rows()
        in_all = read[0].in_all if read else 0
        return Shown(asked, read, Rows(in_all, self.per_page).get_page(number), offers, answers)


@dataclass(frozen=True)
class Found:
    """Rows of a list that somebody wants to see, in their order, as a question that has not been asked yet."""

    listing: SqlListing
    conditions: tuple[str, ...]
    order: str
    parameters: dict[str, Any]

    def that(self, condition: str, **parameters: Any) -> Found:
        """The same rows, narrowed by one more condition. Raises ImproperlyConfigured where it names what is not there."""
        self.listing.check_sql("it is narrowed by", condition)
        return replace(self, conditions=(*self.conditions, condition), parameters=self.parameters | parameters)

    def _from(self) -> str:
        return f"FROM {self.listing.source} WHERE {' AND '.join(self.conditions) or 'true'}"

    def _question(self, columns: str, more: str = "") -> str:
        listing = self.listing
        if not listing.shown_with:
            return f"SELECT {columns} {self._from()} ORDER BY {self.order} {more}"
        return (
            f"SELECT {columns} FROM (SELECT {listing.tie} AS found, count(*) OVER () AS in_all {self._from()} "
            f"ORDER BY {self.order} {more}) found JOIN {listing.source} ON {listing.tie} = found.found "
            f"{listing.shown_with} ORDER BY {self.order}"
        )

    def rows(self, most: int, after: int = 0) -> PreparedQuery[Any]:
        """The question for ``most`` rows ``after`` so many, as a page shows them."""
        columns, row = self.listing.on_page
        text = self._question(columns, "LIMIT %(most)s OFFSET %(after)s")
        return PreparedQuery(row, text, {**self.parameters, "most": most, "after": after})

    def count(self) -> int:
        """How many there are."""
        number: int = fetch(f"SELECT count(*) {self._from()}", self.parameters)[0][0]
        return number

    def for_the_file(self) -> Iterator[Any]:
        """All rows as the file holds them, some at a time, so that memory does not grow with the list."""
        columns, row = self.listing.in_file
        with connection.chunked_cursor() as cursor:
            cursor.execute(self._question(columns), self.parameters)
            while read := cursor.fetchmany(AT_ONCE):
                for values in read:
                    yield row(*values)
