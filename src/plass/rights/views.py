"""For those who work with a case: what the participant says about the record, and what is shared with employers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from plass.access import idempotency
from plass.access.forms import IdempotentForm
from plass.access.rules import Level
from plass.cases.form_views import case_crumbs, form_view
from plass.cases.gate import Opened, open_case
from plass.employers.form_views import staff
from plass.employers.models import Employer
from plass.organisation.models import User
from plass.profiles.queries import newest

from . import actions, queries
from .forms import AccessForm, AnswerForm, LostPhoneForm, StaffDecisionForm, StaffReleaseForm
from .models import CorrectionRequest, EmployerAccess, Item, Release

#: Where a new password waits in the session until it has been shown once.
SHOWN_ONCE = "way_in"


def _about(opened: Opened) -> dict[str, Any]:
    return {"opened": opened, "case": opened.case, "participant": opened.case.participant}


@require_safe
def voice(request: HttpRequest, case_id: int) -> HttpResponse:
    """What the participant has written about the record: requests with their answers, and comments."""
    opened = open_case(request, case_id, purpose="participant's words")
    correction_requests = list(queries.requests(opened.case)[:100])
    title = _("The participant's own words")
    return render(
        request,
        "rights/voice.html",
        {
            "title": title,
            "crumbs": case_crumbs(opened, title),
            "waiting": [
                correction_request
                for correction_request in correction_requests
                if not hasattr(correction_request, "answer")
            ],
            "answered": [
                correction_request
                for correction_request in correction_requests
                if hasattr(correction_request, "answer")
            ],
            "comments": list(queries.comments(opened.case)),
            **_about(opened),
        },
    )


def answer(request: HttpRequest, case_id: int, request_id: int) -> HttpResponse:
    """Answer a request for correction, with a reason."""
    opened = open_case(request, case_id, purpose="answer to a request", needs=Level.RECORD)
    correction_request = get_object_or_404(CorrectionRequest, pk=request_id, case=opened.case)
    page = reverse("rights:voice", args=[case_id])

    def act(by: User, form: forms.Form) -> str:
        values = form.cleaned_data
        actions.answer_request(correction_request, by=by, outcome=values["outcome"], reason=values["reason"])
        return page

    return form_view(
        request,
        opened,
        AnswerForm(request.POST or None),
        act,
        template="rights/answer.html",
        title=_("Answer the request"),
        done=_("The participant sees your answer now."),
        leads_to=page,
        crumbs=case_crumbs(opened, (_("The participant's own words"), page), _("Answer the request")),
        asked=correction_request,
    )


@require_safe
def at_employer(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Who at an employer reads about whom of those the reader works with, and who said no to the employer."""
    staff(request)
    employer = get_object_or_404(Employer, pk=employer_id)
    title = _("Shared with %(name)s") % {"name": employer.name}
    return render(
        request,
        "rights/at_employer.html",
        {
            "title": title,
            "crumbs": [(employer.name, reverse("employers:employer", args=[employer_id])), (title, "")],
            "accesses": list(queries.accesses_at(employer)[:100]),
            "objections": list(queries.objections_to(employer)[:100]),
        },
    )


@require_safe
def sharing(request: HttpRequest, case_id: int) -> HttpResponse:
    """What employers may know, item by item; what is shared with each, and who there may read it."""
    opened = open_case(request, case_id, purpose="openness towards employers")
    title = _("What employers may know")
    return render(
        request,
        "rights/sharing.html",
        {
            "title": title,
            "crumbs": case_crumbs(opened, title),
            "decisions": queries.decisions(opened.case),
            "shared": queries.shared(opened.case),
            **_about(opened),
        },
    )


def decide(request: HttpRequest, case_id: int) -> HttpResponse:
    """Write down what the participant has decided about one item."""
    opened = open_case(request, case_id, purpose="openness towards employers", needs=Level.RECORD)

    def act(by: User, form: forms.Form) -> str:
        values = {name: value for name, value in form.cleaned_data.items() if name != "submission"}
        actions.decide(opened.case, by=by, **values)
        return reverse("rights:sharing", args=[case_id])

    form = StaffDecisionForm(
        request.POST or None, initial={"item": request.GET.get("hva", "")}, only_no=not opened.may_decide
    )
    return _page(request, opened, form, act, _("Decide together"), "rights/form.html")


def share(request: HttpRequest, case_id: int) -> HttpResponse:
    """Share one thing with one employer, with the participant's word."""
    opened = open_case(request, case_id, purpose="openness towards employers", needs=Level.DECIDE)
    item = request.GET.get("hva", Item.NAME)
    initial = {
        "item": item,
        "employer": request.GET.get("arbeidsgiver", ""),
        "text": queries.suggested_text(opened.case, item, newest(opened.case)),
    }

    def act(by: User, form: forms.Form) -> str:
        values = {name: value for name, value in form.cleaned_data.items() if name != "submission"}
        actions.release(opened.case, by=by, **values)
        return reverse("rights:sharing", args=[case_id])

    form = StaffReleaseForm(request.POST or None, case=opened.case, initial=initial)
    return _page(request, opened, form, act, _("Share with an employer"), "rights/form.html")


def give_access(request: HttpRequest, case_id: int) -> HttpResponse:
    """Let a contact person log in and read what is shared with their employer."""
    opened = open_case(request, case_id, purpose="openness towards employers", needs=Level.DECIDE)

    def act(by: User, form: forms.Form) -> str:
        values = {name: value for name, value in form.cleaned_data.items() if name != "submission"}
        access, way_in = actions.give_access(opened.case, by=by, **values)
        if way_in is None:
            return reverse("rights:sharing", args=[case_id])
        request.session[SHOWN_ONCE] = [access.pk, way_in.username, way_in.password]
        return reverse("rights:way_in", args=[case_id, access.pk])

    form = AccessForm(request.POST or None, case=opened.case, by=opened.standing.user)
    return _page(request, opened, form, act, _("Give a contact person access"), "rights/access.html")


def _page(
    request: HttpRequest, opened: Opened, form: forms.Form, act: Any, title: str, template: str, done: str | None = None
) -> HttpResponse:
    page = reverse("rights:sharing", args=[opened.case.pk])
    return form_view(
        request,
        opened,
        form,
        act,
        template=template,
        title=title,
        done=done,
        leads_to=page,
        crumbs=case_crumbs(opened, (_("What employers may know"), page), title),
        local=settings.PLASS_LOCAL_ACCOUNTS,
    )


@require_POST
def withdraw(request: HttpRequest, case_id: int, release_id: int) -> HttpResponse:
    """The employer may no longer read it."""
    opened = open_case(request, case_id, purpose="openness towards employers", needs=Level.RECORD)
    shared_release = get_object_or_404(Release.objects.select_related("case"), pk=release_id, case=opened.case)
    actions.withdraw_release(shared_release, by=opened.standing.user)
    messages.success(request, _("Withdrawn. The employer can no longer read it."))
    return HttpResponseRedirect(reverse("rights:sharing", args=[case_id]), status=303)


def _access(opened: Opened, access_id: int) -> EmployerAccess:
    access = queries.accesses(opened.case).filter(pk=access_id).first()
    if access is None:
        raise Http404
    access.case = opened.case
    return access


@never_cache
@require_safe
def way_in(request: HttpRequest, case_id: int, access_id: int) -> HttpResponse:
    """What the contact person logs in with: the password is shown once, to whoever made it."""
    opened = open_case(request, case_id, purpose="openness towards employers", needs=Level.DECIDE)
    access = _access(opened, access_id)
    number, username, password = request.session.pop(SHOWN_ONCE, None) or (0, "", "")
    title = _("How %(name)s logs in") % {"name": access.contact_person.name}
    return render(
        request,
        "rights/way_in.html",
        {
            "title": title,
            "crumbs": case_crumbs(
                opened, (_("What employers may know"), reverse("rights:sharing", args=[case_id])), title
            ),
            "access": access,
            "submission": idempotency.new(),
            "username": username if number == access.pk else "",
            "password": password if number == access.pk else "",
            "codes": settings.PLASS_SECOND_FACTOR,
            "local": settings.PLASS_LOCAL_ACCOUNTS,
            "phone_since": queries.phone_since(access),
            "bound_since": queries.bound_since(access),
            "resets": list(queries.factor_resets(access)[:5]),
            **_about(opened),
        },
    )


def lost_phone(request: HttpRequest, case_id: int, access_id: int) -> HttpResponse:
    """Let a contact person who lost the phone set up another one."""
    opened = open_case(request, case_id, purpose="openness towards employers", needs=Level.DECIDE)
    access = _access(opened, access_id)

    def act(by: User, form: forms.Form) -> str:
        actions.forget_phone(access, by=by, proof=form.cleaned_data["proof"])
        return reverse("rights:way_in", args=[case_id, access_id])

    form = LostPhoneForm(request.POST or None)
    title = _("%(name)s has lost the phone") % {"name": access.contact_person.name}
    return _page(
        request,
        opened,
        form,
        act,
        title,
        "rights/lost_phone.html",
        done=_("They set up another phone at the next login."),
    )


@require_POST
def new_password(request: HttpRequest, case_id: int, access_id: int) -> HttpResponse:
    """A new password for a contact person who has lost theirs."""
    opened = open_case(request, case_id, purpose="openness towards employers", needs=Level.DECIDE)
    access = _access(opened, access_id)
    by = opened.standing.user

    def act() -> str:
        new_login = actions.new_password(access, by=by)
        request.session[SHOWN_ONCE] = [access.pk, new_login.username, new_login.password]
        return reverse("rights:way_in", args=[case_id, access_id])

    # With a number, so that a second click does not make the password that was just shown worthless.
    form = IdempotentForm(request.POST)
    if not form.is_valid():
        return HttpResponseRedirect(reverse("rights:way_in", args=[case_id, access_id]), status=303)
    try:
        return HttpResponseRedirect(idempotency.run_once(form.cleaned_data["submission"], by=by, act=act), status=303)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(reverse("rights:sharing", args=[case_id]), status=303)


@require_POST
def end_access(request: HttpRequest, case_id: int, access_id: int) -> HttpResponse:
    """The contact person reads nothing more about this participant."""
    opened = open_case(request, case_id, purpose="openness towards employers", needs=Level.RECORD)
    access = get_object_or_404(EmployerAccess.objects.select_related("case"), pk=access_id, case=opened.case)
    actions.end_access(access, by=opened.standing.user)
    messages.success(request, _("The access has ended."))
    return HttpResponseRedirect(reverse("rights:sharing", args=[case_id]), status=303)
