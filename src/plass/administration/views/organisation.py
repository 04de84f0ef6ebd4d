"""Counties, offices, teams, and what groups at the login service give."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from plass.accounts import approvals
from plass.accounts.views.approvals import request_lines
from plass.organisation.models import County, GroupRole, Office, Team
from plass.ui.breadcrumbs import BreadcrumbsFrom

from .. import actions, queries
from ..forms import GroupForm, NameForm, OfficeForm
from .form_page import administrator, form_view

_crumbs = BreadcrumbsFrom(gettext_lazy("The organisation"), "administration:organisation")


def _home() -> str:
    return reverse("administration:organisation")


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The organisation on one page, with how many work where today."""
    administrator(request)
    return render(
        request,
        "administration/organisation.html",
        {"title": _("The organisation"), "counties": queries.organisation()},
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add_county(request: HttpRequest) -> HttpResponse:
    """A new county."""
    by = administrator(request)
    form = NameForm(request.POST or None)

    def act() -> str:
        actions.add_county(by=by, name=form.cleaned_data["name"])
        return _home()

    title = _("New county")
    return form_view(
        request, by, form, act, title=title, back=_home(), done=_("The county is added."), crumbs=_crumbs(title)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add_office(request: HttpRequest, pk: int) -> HttpResponse:
    """A new office in a county."""
    by = administrator(request)
    county = get_object_or_404(County, pk=pk)
    form = OfficeForm(request.POST or None)

    def act() -> str:
        actions.add_office(by=by, county=county, number=form.cleaned_data["number"], name=form.cleaned_data["name"])
        return _home()

    title = _("New office in %(county)s") % {"county": county.name}
    return form_view(
        request, by, form, act, title=title, back=_home(), done=_("The office is added."), crumbs=_crumbs(title)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def add_team(request: HttpRequest, pk: int) -> HttpResponse:
    """A new team at an office."""
    by = administrator(request)
    office = get_object_or_404(Office, pk=pk)
    form = NameForm(request.POST or None)

    def act() -> str:
        actions.add_team(by=by, office=office, name=form.cleaned_data["name"])
        return _home()

    title = _("New team at %(office)s") % {"office": office.name}
    return form_view(
        request, by, form, act, title=title, back=_home(), done=_("The team is added."), crumbs=_crumbs(title)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def rename_county(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name for a county."""
    return _rename(request, get_object_or_404(County, pk=pk))


@require_http_methods(["GET", "HEAD", "POST"])
def rename_office(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name or number for an office."""
    return _rename(request, get_object_or_404(Office, pk=pk))


@require_http_methods(["GET", "HEAD", "POST"])
def rename_team(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name for a team."""
    return _rename(request, get_object_or_404(Team, pk=pk))


def _rename(request: HttpRequest, place: County | Office | Team) -> HttpResponse:
    by = administrator(request)
    before = {"name": place.name}
    form: NameForm
    if isinstance(place, Office):
        form = OfficeForm(request.POST or None, initial=before | {"number": place.number})
    else:
        form = NameForm(request.POST or None, initial=before)

    def act() -> str:
        actions.rename(place, by=by, name=form.cleaned_data["name"], number=form.cleaned_data.get("number"))
        return _home()

    title = _("Change %(name)s") % before
    return form_view(
        request, by, form, act, title=title, back=_home(), done=_("The change is saved."), crumbs=_crumbs(title)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def groups(request: HttpRequest) -> HttpResponse:
    """What groups at the login service give their members; another one."""
    by = administrator(request)
    form = GroupForm(request.POST or None)

    def act() -> str:
        chosen = form.cleaned_data
        actions.add_group(by=by, group=chosen["group"], role=chosen["role"], place=chosen["place"])
        return reverse("administration:groups")

    title = _("Roles by group")
    group_roles = list(queries.groups())
    return form_view(
        request,
        by,
        form,
        act,
        title=title,
        back=_home(),
        done=_("Asked. The group gives the role when somebody has said yes."),
        template="administration/groups.html",
        crumbs=_crumbs(title),
        groups=[(group_role, queries.where(group_role)) for group_role in group_roles],
        requests=request_lines(approvals.asked_groups()),
    )


@require_POST
def remove_group(request: HttpRequest, pk: int) -> HttpResponse:
    """A group gives a role no longer. Does no harm where it does not already."""
    by = administrator(request)
    group_role = GroupRole.objects.filter(pk=pk).first()
    if group_role is not None:
        actions.remove_group(group_role, by=by)
        messages.success(request, _("The group gives this role no longer. It ends for each at their next login."))
    return HttpResponseRedirect(reverse("administration:groups"), status=303)
