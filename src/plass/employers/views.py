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
from .form_views import employer_crumbs, form_view, staff
from .forms import ChangeEmployerForm, ChangePersonForm, EmployerForm, PersonForm
from .lists import EMPLOYERS
from .lists import employers as employers_asked_for
from .models import ContactPerson, Employer


def _page_of(employer: Employer) -> str:
    return reverse("employers:employer", args=[employer.pk])


def employers(request: HttpRequest) -> HttpResponse:
    """Employers by name or number, industry and place; fifty a page."""
    query = EMPLOYERS.read(request.GET.dict(), staff(request))
    shown = EMPLOYERS.page(query, employers_asked_for(query), request.GET.get("page"))
    return render(request, "employers/list.html", {"title": shown.title, "list": shown})


def employer(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Everything about one employer: people, contacts, jobs, what was promised."""
    who = staff(request)
    shown_employer = get_object_or_404(Employer.objects.select_related("recorded_by"), pk=employer_id)
    people = list(queries.people_at(shown_employer, also_left=True))
    drawn = employer_panels.for_employer(shown_employer, who)
    return render(
        request,
        "employers/employer.html",
        {
            "title": shown_employer.name,
            "crumbs": employer_crumbs(shown_employer.name),
            "employer": shown_employer,
            "people": [contact for contact in people if contact.left_on is None],
            "left": [contact for contact in people if contact.left_on is not None],
            "panels": [panel for panel in drawn if not panel.aside],
            "asides": [panel for panel in drawn if panel.aside],
        },
    )


def search(request: HttpRequest) -> HttpResponse:
    """A fragment: employers for what is typed so far in another form's search field."""
    staff(request)
    text = request.GET.get("employer_text", "").strip()[:200]
    matches = queries.search(text) if len(text) > 1 else []
    return render(request, "employers/_found.html", {"found": matches, "text": text, "offered": [], "chosen": ""})


def people(request: HttpRequest) -> HttpResponse:
    """A fragment: whom to talk to at the employer chosen in another form."""
    staff(request)
    chosen = request.GET.get("employer", "")
    contacts: list[ContactPerson] = []
    if chosen.isdecimal() and len(chosen) < 19:
        contacts = list(queries.people_at(Employer(pk=int(chosen)))[:20])
    return render(request, "employers/_people.html", {"people": contacts, "asked": bool(chosen), "chosen": ""})


def add(request: HttpRequest) -> HttpResponse:
    """A new employer; one who is recorded already is pointed out."""
    who = staff(request)
    form = EmployerForm(request.POST or None, initial={"name": request.GET.get("navn", "")[:200]})
    existing: list[Employer] = []

    def act(by: User, _form: forms.Form) -> str:
        try:
            new_employer = actions.add_employer(by=by, is_another=form.cleaned_data["is_another"], **form.values())
        except actions.SameNumber as same:
            existing.append(same.existing)
            raise
        except actions.SimilarName as similar:
            existing.extend(similar.existing)
            form.ask_whether_another = True
            raise
        return _page_of(new_employer)

    return form_view(
        request,
        who,
        form,
        act,
        template="employers/form.html",
        title=_("New employer"),
        back=reverse("employers:list"),
        done=_("The employer is recorded."),
        crumbs=employer_crumbs(_("New employer")),
        existing=existing,
        industries=queries.industries(),
    )


def change(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Change an employer. Who changed it meanwhile is not overwritten unseen: both versions are shown."""
    who = staff(request)
    changed = get_object_or_404(Employer, pk=employer_id)
    form = ChangeEmployerForm(
        request.POST or None,
        instance=changed,
        initial={"organisation_number": changed.number_shown, "version": changed.version},
    )
    existing: list[Employer] = []
    differences: list[dict[str, Any]] = []

    def act(by: User, _form: forms.Form) -> str:
        try:
            actions.change_employer(changed, by=by, based_on=form.cleaned_data["version"], **form.values())
        except actions.SameNumber as same:
            existing.append(same.existing)
            raise
        except actions.Stale as stale:
            differences.extend(show_both(form, stale.now))
            raise ValidationError(changed_meanwhile(), code="stale") from stale
        return _page_of(changed)

    return form_view(
        request,
        who,
        form,
        act,
        template="employers/form.html",
        title=_("Change %(name)s") % {"name": changed.name},
        back=_page_of(changed),
        done=_("The change is saved."),
        crumbs=employer_crumbs((changed.name, _page_of(changed)), _("Change")),
        existing=existing,
        differences=differences,
        industries=queries.industries(),
    )


def person(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Somebody new to talk to at an employer."""
    who = staff(request)
    at_employer = get_object_or_404(Employer, pk=employer_id)
    form = PersonForm(request.POST or None)

    def act(by: User, _form: forms.Form) -> str:
        actions.add_person(at_employer, by=by, **form.values())
        return _page_of(at_employer)

    return form_view(
        request,
        who,
        form,
        act,
        template="employers/person.html",
        title=_("New contact person"),
        back=_page_of(at_employer),
        crumbs=employer_crumbs((at_employer.name, _page_of(at_employer)), _("New contact person")),
    )


def change_person(request: HttpRequest, employer_id: int, person_id: int) -> HttpResponse:
    """Change a contact person, or say that they left."""
    who = staff(request)
    contact = get_object_or_404(ContactPerson.objects.select_related("employer"), pk=person_id, employer=employer_id)
    form = ChangePersonForm(request.POST or None, instance=contact, initial={"version": contact.version})
    differences: list[dict[str, Any]] = []

    def act(by: User, _form: forms.Form) -> str:
        try:
            actions.change_person(contact, by=by, based_on=form.cleaned_data["version"], **form.values())
        except actions.Stale as stale:
            differences.extend(show_both(form, stale.now))
            raise ValidationError(changed_meanwhile(), code="stale") from stale
        return _page_of(contact.employer)

    return form_view(
        request,
        who,
        form,
        act,
        template="employers/person.html",
        title=_("Change %(name)s") % {"name": contact.name},
        back=_page_of(contact.employer),
        done=_("The change is saved."),
        crumbs=employer_crumbs((contact.employer.name, _page_of(contact.employer)), contact.name),
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
    differences = []
    for name, yours in form.values().items():
        theirs = getattr(now, name)
        if (theirs or "") != (yours or ""):
            differences.append({"label": form.fields[name].label, "theirs": _shown(theirs), "yours": _shown(yours)})
    return differences


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value or "–")
