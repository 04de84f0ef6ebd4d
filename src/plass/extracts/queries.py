"""The log of extracts as the page shows it. Row-level security decides whose lines there are."""

from __future__ import annotations

from django.db.models import Max, OuterRef, QuerySet, Subquery

from .models import Extract, ExtractFile

#: Fewer people than this in an extract are not told to a leader: they might be known by their number.
FEW = 5


def extracts() -> QuerySet[Extract]:
    """The extracts that the acting user may know of, the newest first, each with its `rows` and `people`.

    rows: of the file of person-months, which is what is studied; people: of the file with most of them.
    """
    files = ExtractFile.objects.filter(extract=OuterRef("pk"))
    months = files.filter(name="people.parquet").values("rows_written")[:1]
    people = files.order_by().values("extract").annotate(most=Max("people")).values("most")
    return (
        Extract.objects.select_related("user")
        .annotate(rows_taken=Subquery(months), people=Subquery(people))
        .order_by("-at", "-pk")
    )
