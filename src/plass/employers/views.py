"""The list of employers, an employer's page, and the forms to record them. For those who work here."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from plass.organisation.models import User

from . import actions, employer_panels, queries
from .form_views import form_view, staff
from .forms import ChangeEmployerForm, ChangePersonForm, EmployerForm, PersonForm
from .lists import EMPLOYERS
from .lists import employers as employers_asked_for
from .models import ContactPerson, Employer


def _crumbs(*further: tuple[str, str]) -> list[tuple[str, str]]:
    return [(_("Employers"), reverse("employers:list")), *further]


def _page_of(employer: Employer) -> str:
    return reverse("employers:employer", args=[employer.pk])


def employers(request: HttpRequest) -> HttpResponse:
    """Employers by name or number, industry and place; fifty a page."""
    asked = EMPLOYERS.read(request.GET.dict(), staff(request))
    shown = EMPLOYERS.page(asked, employers_asked_for(asked), request.GET.get("page"))
    return render(request, "employers/list.html", {"title": shown.title, "list": shown})


def employer(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Everything about one employer: people, contacts, jobs, what was promised."""
    who = staff(request)
    found = get_object_or_404(Employer.objects.select_related("recorded_by"), pk=employer_id)
    people = list(queries.people_at(found, also_left=True))
    drawn = employer_panels.for_employer(found, who)
    return render(
        request,
        "employers/employer.html",
        {
            "title": found.name,
            "crumbs": _crumbs((found.name, "")),
            "employer": found,
            "people": [one for one in people if one.left_on is None],
            "left": [one for one in people if one.left_on is not None],
            "panels": [one for one in drawn if not one.aside],
            "asides": [one for one in drawn if one.aside],
        },
    )


def search(request: HttpRequest) -> HttpResponse:
    """A fragment: employers for what is typed so far in another form's search field."""
    staff(request)
    text = request.GET.get("employer_text", "").strip()[:200]
    found = queries.search(text) if len(text) > 1 else []
    return render(request, "employers/_found.html", {"found": found, "text": text, "offered": []})


def people(request: HttpRequest) -> HttpResponse:
    """A fragment: whom to talk to at the employer chosen in another form."""
    staff(request)
    chosen = request.GET.get("employer", "")
    found: list[ContactPerson] = []
    if chosen.isdecimal() and len(chosen) < 19:
        found = list(queries.people_at(Employer(pk=int(chosen)))[:20])
    return render(request, "employers/_people.html", {"people": found, "asked": bool(chosen)})


def add(request: HttpRequest) -> HttpResponse:
    """A new employer; one who is recorded already is pointed out."""
    who = staff(request)
    form = EmployerForm(request.POST or None, initial={"name": request.GET.get("navn", "")[:200]})
    existing: list[Employer] = []

    def act(by: User, _form: forms.Form) -> str:
        try:
            made = actions.add_employer(by=by, is_another=form.cleaned_data["is_another"], **form.values())
        except actions.SameNumber as same:
            existing.append(same.existing)
            raise
        except actions.SimilarName as similar:
            existing.extend(similar.existing)
            form.ask_whether_another = True
            raise
        return _page_of(made)

    return form_view(
        request,
        who,
        form,
        act,
        template="employers/form.html",
        title=_("New employer"),
        back=reverse("employers:list"),
        done=_("The employer is recorded."),
        crumbs=_crumbs((_("New employer"), "")),
        existing=existing,
        industries=queries.industries(),
    )


def change(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Change an employer. Who changed it meanwhile is not overwritten unseen: both versions are shown."""
    who = staff(request)
    found = get_object_or_404(Employer, pk=employer_id)
    form = ChangeEmployerForm(
        request.POST or None,
        instance=found,
        initial={"organisation_number": found.number_shown, "version": found.version},
    )
    existing: list[Employer] = []
    differences: list[dict[str, Any]] = []

    def act(by: User, _form: forms.Form) -> str:
        try:
            actions.change_employer(found, by=by, based_on=form.cleaned_data["version"], **form.values())
        except actions.SameNumber as same:
            existing.append(same.existing)
            raise
        except actions.Stale as stale:
            differences.extend(show_both(form, stale.now))
            raise ValidationError(changed_meanwhile(), code="stale") from stale
        return _page_of(found)

    return form_view(
        request,
        who,
        form,
        act,
        template="employers/form.html",
        title=_("Change %(name)s") % {"name": found.name},
        back=_page_of(found),
        done=_("The change is saved."),
        crumbs=_crumbs((found.name, _page_of(found)), (_("Change"), "")),
        existing=existing,
        differences=differences,
        industries=queries.industries(),
    )


def person(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Somebody new to talk to at an employer."""
    who = staff(request)
    found = get_object_or_404(Employer, pk=employer_id)
    form = PersonForm(request.POST or None)

    def act(by: User, _form: forms.Form) -> str:
        actions.add_person(found, by=by, **form.values())
        return _page_of(found)

    return form_view(
        request,
        who,
        form,
        act,
        template="employers/person.html",
        title=_("New contact person"),
        back=_page_of(found),
        crumbs=_crumbs((found.name, _page_of(found)), (_("New contact person"), "")),
    )


def change_person(request: HttpRequest, employer_id: int, person_id: int) -> HttpResponse:
    """Change a contact person, or say that they left."""
    who = staff(request)
    found = get_object_or_404(ContactPerson.objects.select_related("employer"), pk=person_id, employer=employer_id)
    form = ChangePersonForm(request.POST or None, instance=found, initial={"version": found.version})
    differences: list[dict[str, Any]] = []

    def act(by: User, _form: forms.Form) -> str:
        try:
            actions.change_person(found, by=by, based_on=form.cleaned_data["version"], **form.values())
        except actions.Stale as stale:
            differences.extend(show_both(form, stale.now))
            raise ValidationError(changed_meanwhile(), code="stale") from stale
        return _page_of(found.employer)

    return form_view(
        request,
        who,
        form,
        act,
        template="employers/person.html",
        title=_("Change %(name)s") % {"name": found.name},
        back=_page_of(found.employer),
        done=_("The change is saved."),
        crumbs=_crumbs((found.employer.name, _page_of(found.employer)), (found.name, "")),
        differences=differences,
    )


def changed_meanwhile() -> str:
    """What to say above a form that somebody else was quicker to send."""
    return _("Somebody else changed this while you wrote. Compare the two. What you save now replaces theirs.")


def show_both(form: ChangeEmployerForm | ChangePersonForm, now: Employer | ContactPerson) -> list[dict[str, Any]]:
    """What differs between the form and the row as it is (label, theirs, yours); the form is based on that row now."""
    data = cast(QueryDict, form.data).copy()
    data["version"] = str(now.version)
    form.data = data
    found = []
    for name, yours in form.values().items():
        theirs = getattr(now, name)
        if (theirs or "") != (yours or ""):
            found.append({"label": form.fields[name].label, "theirs": _shown(theirs), "yours": _shown(yours)})
    return found


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value or "–")
