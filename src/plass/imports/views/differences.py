"""The page of what a list says otherwise than what is recorded, person by person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.core.paginator import Page, Paginator
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from plass.access import idempotency, log
from plass.access.user_roles import UserRoles
from plass.ui.breadcrumbs import BreadcrumbsFrom

from .. import queries, state, tasks
from ..difference_forms import AllOfAKindForm, DifferencesForm, LeaveAllForm
from ..fields import Field
from ..models import Upload
from ..plan_types import Difference, RowReport
from ..taking import Choice, sure_of_whom
from .lists import own_upload

#: People on a page.
PER_PAGE = 20
#: The word in the address for those that somebody has let stay.
LEFT = "staar"

_crumbs = BreadcrumbsFrom(gettext_lazy("Import"), "imports:start")


@dataclass
class PersonDifferences:
    """What the list says otherwise of one person, who stands in ``rows``. ``lines`` have the fields too."""

    case_id: int
    who: str
    rows: list[int] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    lines: list[tuple[Difference, BoundField, BoundField | None]] = field(default_factory=list)

    @property
    def has_another_name(self) -> bool:
        """Whether the list calls them something else, so that its identity number may be wrong."""
        return any(difference.is_of_the_name for difference in self.differences)


@require_http_methods(["GET", "HEAD", "POST"])
def differences(request: HttpRequest, upload_id: int) -> HttpResponse:
    """What the list says otherwise, to be taken or left; ``vis=staar`` shows what was left before."""
    who, upload = own_upload(request, upload_id)
    result = reverse("imports:result", args=[upload.pk])
    if upload.is_worked_on:
        return HttpResponseRedirect(result, status=303)
    left = request.GET.get("vis") == LEFT
    file_state = state.load(upload)
    if file_state.checked is None:
        return HttpResponseRedirect(result, status=303)
    unseen = queries.unseen_among(file_state.checked.case_ids)
    hidden = sum(person.case_id in unseen for person in _by_person(file_state.checked.differing, left=left))
    rows = list(file_state.checked.without(unseen).differing)
    everything = [difference for row in rows for difference in row.differences]
    there = [difference for difference in everything if difference.is_left == left]
    here = reverse("imports:differences", args=[upload.pk])
    posted = request.method == "POST"
    for_all, leaves_all = posted and "all" in request.POST, posted and "leave" in request.POST
    kinds = AllOfAKindForm(
        request.POST if for_all else None,
        differences=[difference for difference in sure_of_whom(everything) if difference.is_left == left],
    )
    leave_all = LeaveAllForm(request.POST if leaves_all else None, differences=there)
    page = Paginator(_by_person(rows, left=left), PER_PAGE).get_page(request.GET.get("page"))
    _show_as_recorded_now(page, who)
    if posted and not for_all and not leaves_all:
        # By what was sent: another page of the list may have been taken meanwhile.
        keys = set(request.POST.getlist("shown"))
        sent = [difference for difference in there if difference.key in keys]
        form = DifferencesForm(request.POST, differences=sent)
    else:
        shown = [difference for person in page for difference in person.differences]
        form = DifferencesForm(differences=shown)
    chosen: AllOfAKindForm | LeaveAllForm | DifferencesForm = kinds if for_all else leave_all if leaves_all else form
    if chosen.is_bound and chosen.is_valid():
        choices, number = chosen.choices, chosen.cleaned_data["submission"]
        goes_to = idempotency.run_once(
            number, by=who.user, act=lambda: _take(who, upload, choices, f"{here}?vis={LEFT}" if left else here)
        )
        return HttpResponseRedirect(goes_to, status=303)
    if form.is_bound:
        _show_those_that_were_sent(page, form)
    for person in page:
        person.lines = [(difference, *form.fields_of(difference)) for difference in person.differences]
    title = _("What the list says otherwise")
    context = {
        "title": title,
        "crumbs": _crumbs((upload.name, result), title),
        "upload": upload,
        "form": form,
        "all_form": kinds,
        "leave_form": leave_all,
        "page": page,
        "hidden": hidden,
        "left": left,
        "open_count": sum(len(row.open_differences) for row in rows),
        "left_count": sum(len(row.differences) - len(row.open_differences) for row in rows),
        "taken": file_state.taken,
        "here": here,
        "left_word": LEFT,
        "protection": Field.PROTECTION.value,
    }
    return render(request, "imports/differences.html", context, status=422 if chosen.is_bound else 200)


def _by_person(rows: Sequence[RowReport], *, left: bool) -> list[PersonDifferences]:
    """The differences that were left, or those that were not, by person, in the order of the list."""
    people: dict[int, PersonDifferences] = {}
    for row in rows:
        for difference in row.differences:
            if difference.is_left == left:
                person = people.setdefault(difference.case_id, PersonDifferences(difference.case_id, row.who))
                person.differences.append(difference)
                if row.number not in person.rows:
                    person.rows.append(row.number)
    return list(people.values())


def _show_as_recorded_now(page: Page[PersonDifferences], who: UserRoles) -> None:
    """Leave out addresses that are protected by now, and write that what is recorded was looked at."""
    seen = queries.cases_seen(person.case_id for person in page)
    for person in page:
        if person.case_id in seen and seen[person.case_id].participant.hides_address:
            person.differences = [one for one in person.differences if not one.is_of_the_address]
    log.log_export(who, "differences", queries.log_lines(who, seen.values()))


def _show_those_that_were_sent(page: Page[PersonDifferences], form: DifferencesForm) -> None:
    """A refused form is shown with what it holds."""
    sent = {difference.key for difference in form.differences}
    for person in page:
        person.differences = [difference for difference in person.differences if difference.key in sent]
    page.object_list = [person for person in page if person.differences]


def _take(who: UserRoles, upload: Upload, choices: dict[str, Choice], back: str) -> str:
    """Take them, at once or in the background; the address of the page that shows what came of it."""
    tasks.take(upload, choices, by=who.user)
    upload.refresh_from_db(fields=["doing", "job"])
    return reverse("imports:result", args=[upload.pk]) if upload.doing else back
