"""What the gallery page (/ui/) shows: a form with every kind of field, lists, a timeline. Made up, all of it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from . import charts, icons
from .listing import Column, Filter, Listing

STATUSES = ("400", "403", "404", "405", "413", "429", "500", "503")
TODAY = datetime.date(2026, 11, 23)


class ExampleForm(forms.Form):
    """Every kind of field there is."""

    name = forms.CharField(label=_("Name"), max_length=100)
    number = forms.IntegerField(
        label=_("Hours a week"), min_value=0, max_value=60, help_text=_("As agreed, paid hours.")
    )
    day = forms.DateField(label=_("Date"))
    time = forms.TimeField(label=_("Time"), required=False)
    channel = forms.ChoiceField(label=_("Channel"), choices=[("", "–"), ("meeting", _("Meeting")), ("call", _("Call"))])
    who = forms.ChoiceField(
        label=_("With whom"),
        widget=forms.RadioSelect,
        choices=[("participant", _("Participant")), ("employer", _("Employer")), ("counsellor", _("Counsellor"))],
    )
    topics = forms.MultipleChoiceField(
        label=_("About"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("tasks", _("Tasks")), ("hours", _("Hours")), ("colleagues", _("Colleagues"))],
        help_text=_("As many as fit."),
    )
    shared = forms.BooleanField(label=_("The participant agreed to this"), required=False)
    text = forms.CharField(label=_("What was said"), widget=forms.Textarea, required=False)
    file = forms.FileField(label=_("Attachment"), required=False)


@dataclass(frozen=True)
class Row:
    """A line of the example table."""

    name: str
    phase: str
    tone: str
    met_on: datetime.date
    hours: int | None


ROWS = [
    Row("Prøve Fjellstad", "Venter", "warning", TODAY, None),
    Row("Eksempel Strandvik", "Jobbutvikling", "info", TODAY - datetime.timedelta(days=3), None),
    Row("Test Lysebakken", "I jobb", "success", TODAY - datetime.timedelta(days=12), 20),
    Row("Utkast Vennelid", "Oppfølging i jobb", "meta-purple", TODAY - datetime.timedelta(days=40), 37),
] * 12

EXAMPLES = Listing(
    name="examples",
    title=_("Participants"),
    sort="name",
    per_page=8,
    own_filters=(
        Filter(key="q", label=_("Search"), narrow=lambda rows, text, asked: [r for r in rows if text in r.name]),
    ),
    columns=(
        Column(key="name", label=_("Name"), sort="name", order=("name",), names_the_row=True),
        Column(
            key="phase",
            label=_("Phase"),
            sort="phase",
            order=("phase",),
            labelled=False,
            filter=Filter(
                key="tone",
                label=_("Phase"),
                choices=[("", _("All")), ("warning", _("Waiting")), ("success", _("In a job"))],
                narrow=lambda rows, tone, asked: [row for row in rows if row.tone == tone],
            ),
        ),
        Column(key="met_on", label=_("Last met")),
        Column(key="hours", label=_("Hours"), is_number=True),
    ),
)


def example_chart() -> charts.Chart:
    """Two lines over half a year, drawn once a language: they never change."""
    return _drawn(get_language())


@cache
def _drawn(_language: str | None) -> charts.Chart:
    values = [
        {"month": f"2026-0{month}-01", "people": count, "group": group}
        for group, counts in (("I jobb", (3, 4, 6, 8, 9, 12)), ("Venter", (9, 8, 6, 6, 4, 3)))
        for month, count in enumerate(counts, start=1)
    ]
    return charts.draw(
        {
            "data": {"values": values},
            "mark": {"type": "line", "point": True},
            "encoding": {
                "x": {"field": "month", "timeUnit": "utcyearmonth", "axis": {"title": None, "format": "%b"}},
                "y": {"field": "people", "type": "quantitative", "title": str(_("People"))},
                "color": {"field": "group", "type": "nominal", "title": str(_("Group"))},
                "shape": {"field": "group", "type": "nominal", "legend": None},
            },
        },
        title=_("People in jobs and waiting"),
        description=_("By month, January to June."),
        columns=[_("Month"), _("Group"), _("People")],
        rows=[(value["month"], value["group"], value["people"]) for value in values],
    )


def context(request: HttpRequest) -> dict[str, Any]:
    """Everything the gallery's template asks for. ``?errors=1`` shows the form with errors, a POST what was sent;
    ``?icons=1`` draws every icon.
    """
    typed = {"name": "", "number": "seventy", "day": "31.02.2026", "topics": ["tasks"], "text": "<b>typed</b>"}
    asked = EXAMPLES.read(request.GET.dict())
    up = EXAMPLES.sortable[asked.sort.removeprefix("-")].order[0]
    rows = sorted(ROWS, key=attrgetter(up), reverse=asked.sort.startswith("-"))
    if request.method == "POST":
        form = ExampleForm(request.POST, request.FILES)
    elif request.GET.get("errors"):
        form = ExampleForm(typed)
    else:
        form = ExampleForm(initial={"day": TODAY, "who": "employer"})
    return {
        "title": _("Gallery"),
        "form": form,
        "list": EXAMPLES.page(asked, EXAMPLES.narrowed(rows, asked), request.GET.get("page")),
        "today": TODAY,
        "yesterday": TODAY - datetime.timedelta(days=1),
        "chart": example_chart(),
        "icon_names": icons.names() if request.GET.get("icons") else [],
        "crumbs": [(_("Participants"), "/"), (_("Gallery"), "")],
        "tones": ["neutral", "accent", "info", "success", "warning", "danger", "meta-purple", "meta-lime"],
        "statuses": STATUSES,
    }
