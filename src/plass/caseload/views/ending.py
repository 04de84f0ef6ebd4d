"""The page that ends the follow-up."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from plass.cases.form_views import case_crumbs, form_view, open_to_record
from plass.cases.models import Fact
from plass.organisation.models import User

from .. import ending
from ..forms import EndFollowUpForm


def end(request: HttpRequest, case_id: int) -> HttpResponse:
    """End the follow-up, with its cause, and say what is to come of what stands open."""
    opened = open_to_record(request, case_id, EndFollowUpForm, purpose="end")
    stands = ending.open_in(opened.case)
    form = EndFollowUpForm(request.POST or None, stands=stands)

    def act(by: User, _valid: forms.Form) -> Fact:
        try:
            return ending.end_follow_up(opened.case, by=by, **form.values())
        except ValidationError as error:
            by_field = error.error_dict if hasattr(error, "error_dict") else {}
            form.asks_whether_cause_stands |= any(each.code == "contradicts" for each in by_field.get("cause", []))
            raise

    title = _("End the follow-up")
    return form_view(
        request,
        opened,
        form,
        act,
        template="caseload/end.html",
        title=title,
        crumbs=case_crumbs(opened, title),
        stands=stands,
        draft=f"end-{opened.case.pk}",
    )
