"""The profile's form and its versions."""

from __future__ import annotations

from typing import cast

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from plass.cases.form_views import case_crumbs, form_view, open_to_record
from plass.cases.gate import open_case
from plass.cases.models import Fact
from plass.organisation.models import User

from . import actions, queries
from .forms import ProfileForm, prefilled
from .models import Profile


def profile(request: HttpRequest, case_id: int) -> HttpResponse:
    """A new version, prefilled from the newest one."""
    opened = open_to_record(request, case_id, ProfileForm, purpose="profile")
    newest = queries.newest(opened.case)
    form = ProfileForm(request.POST or None, initial=prefilled(newest))
    late: dict[str, object] = {}

    def act(by: User, valid: forms.Form) -> Fact:
        values = cast(ProfileForm, valid).values()
        try:
            return actions.agree(opened.case, by=by, based_on=valid.cleaned_data["based_on"], **values)
        except actions.StaleProfile as stale:
            # What was typed stays; sending it again now says: yes, with the newer version in view.
            typed = Profile(case=opened.case, **{name: values[name] for name in queries.CONTENT})
            late["stale"] = stale.now
            late["differences"] = queries.changes(stale.now, typed)
            data = cast(QueryDict, form.data).copy()
            data["based_on"] = str(stale.now.pk)
            form.data = data
            raise forms.ValidationError(
                _("%(name)s saved a newer version while you wrote. Compare the two, and save again.")
                % {"name": stale.now.recorded_by.name},
                code="stale",
            ) from stale

    return form_view(
        request,
        opened,
        form,
        act,
        template="profiles/profile.html",
        title=_("Vocational profile"),
        done=_("The profile is saved as a new version."),
        crumbs=case_crumbs(opened, _("Vocational profile")),
        newest=newest,
        late=late,
    )


def versions(request: HttpRequest, case_id: int) -> HttpResponse:
    """Every version of the profile, newest first, with what changed."""
    opened = open_case(request, case_id, purpose="profile versions")
    profile_versions, has_older = queries.versions(opened.case)
    return render(
        request,
        "profiles/versions.html",
        {
            "title": _("Versions of the profile"),
            "opened": opened,
            "case": opened.case,
            "participant": opened.case.participant,
            "crumbs": case_crumbs(opened, _("Versions of the profile")),
            "versions": [
                (version, queries.said(version.profile) if version.first else []) for version in profile_versions
            ],
            "has_older": has_older,
        },
    )
