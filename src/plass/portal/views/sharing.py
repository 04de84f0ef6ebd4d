"""What my employers may know: decided item by item, shared with each employer, and withdrawn at once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plass.employers import queries as employers
from plass.employers.models import Employer
from plass.organisation.models import User
from plass.plan.queries import open_steps
from plass.profiles.queries import newest
from plass.rights import actions, queries
from plass.rights.forms import DecisionForm
from plass.rights.models import TO_DECIDE, EmployerAccess, Item, Objection, Release

from ..forms import ObjectionForm, OwnReleaseForm
from .frame import Own, context, own_case, write

PURPOSE = "what employers may know"


def _trail(*further: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return ((_("What employers may know"), reverse("portal:sharing")), *further)


@require_safe
def sharing(request: HttpRequest) -> HttpResponse:
    """Everything that is shared, with whom, and who reads it; each with a button to withdraw."""
    own = own_case(request, PURPOSE)
    shared = queries.shared(own.case)
    shared_with = {row.employer.pk for row in shared}
    return render(
        request,
        "portal/sharing.html",
        context(own, title=_("What my employers may know"))
        | {
            "decisions": queries.decisions(own.case),
            "shared": shared,
            "others": [employer for employer in queries.employers_of(own.case) if employer.pk not in shared_with],
        },
    )


def decide(request: HttpRequest, item: str) -> HttpResponse:
    """Whether employers may know one thing, with what speaks for and against."""
    own = own_case(request, PURPOSE)
    if item not in {choice.value for choice in TO_DECIDE}:
        raise Http404
    now = next(row.decision for row in queries.decisions(own.case) if row.item == item)
    initial = {"stance": now.stance, "good": now.good, "bad": now.bad} if now else {}

    def act(by: User, form: forms.Form) -> None:
        values = {name: value for name, value in form.cleaned_data.items() if name != "submission"}
        actions.decide(own.case, by=by, item=item, **values)

    label = str(Item(item).label)
    return write(
        request,
        own,
        DecisionForm(request.POST or None, initial=initial),
        act,
        template="portal/beside.html",
        title=label[:1].upper() + label[1:],
        leads_to=reverse("portal:sharing"),
        done=_("Your decision is saved. Those who help you see it."),
        trail=_trail(),
        lead=_("You decide, and you can change your mind. If you say no, it is withdrawn from all employers at once."),
        submit=_("Save"),
    )


def _employer(own: Own, employer_id: int) -> Employer:
    employer = queries.employers_of(own.case).filter(pk=employer_id).first()
    if employer is None:
        raise Http404
    return employer


def share(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Choose one thing (``hva``, and for a step of the plan ``steg``), then the words the employer reads."""
    own = own_case(request, PURPOSE)
    employer = _employer(own, employer_id)
    title = _("Share with %(name)s") % {"name": employer.name}
    item, steps = request.GET.get("hva", ""), list(open_steps(own.case))
    step = next((open_step for open_step in steps if str(open_step.pk) == request.GET.get("steg", "")), None)
    chosen = Item.STEP if step else next((choice for choice in actions.TO_SHARE if choice.value == item), None)
    if chosen is None:
        live = {
            shared_release.item
            for shared_release in Release.objects.filter(case=own.case, employer=employer, withdrawn_at=None)
        }
        no = {row.item for row in queries.decisions(own.case) if row.decision and row.decision.stance == "no"}
        items = [(choice, choice in live, choice in no) for choice in actions.TO_SHARE]
        more = {"employer": employer, "items": items, "steps": steps}
        return render(request, "portal/share_what.html", context(own, title=title, trail=_trail()) | more)
    text = step.what if step else queries.suggested_text(own.case, chosen, newest(own.case))

    def act(by: User, form: forms.Form) -> None:
        values: dict[str, Any] = {name: form.cleaned_data[name] for name in ("text", "until")}
        actions.release(own.case, by=by, employer=employer, item=chosen, step=step, **values)

    label = str(chosen.label)
    return write(
        request,
        own,
        OwnReleaseForm(request.POST or None, initial={"text": text}),
        act,
        template="portal/beside.html",
        title=label[:1].upper() + label[1:],
        leads_to=reverse("portal:sharing"),
        done=_("Shared with %(name)s. You can withdraw it whenever you want.") % {"name": employer.name},
        trail=_trail((title, reverse("portal:share", args=[employer_id]))),
        lead=_("Change the words until they are right. %(name)s reads exactly what stands here.")
        % {"name": employer.name},
        submit=_("Share this"),
    )


@require_POST
def withdraw(request: HttpRequest, release_id: int) -> HttpResponse:
    """The employer may no longer read it, from this moment."""
    own = own_case(request, PURPOSE)
    shared_release = get_object_or_404(Release.objects.select_related("case", "employer"), pk=release_id, case=own.case)
    actions.withdraw_release(shared_release, by=own.me)
    messages.success(request, _("Withdrawn. %(name)s can no longer read it.") % {"name": shared_release.employer.name})
    return HttpResponseRedirect(reverse("portal:sharing"), status=303)


@require_POST
def end_access(request: HttpRequest, access_id: int) -> HttpResponse:
    """Somebody at an employer may no longer log in to read about me."""
    own = own_case(request, PURPOSE)
    access = get_object_or_404(
        EmployerAccess.objects.select_related("case", "contact_person"), pk=access_id, case=own.case
    )
    actions.end_access(access, by=own.me)
    messages.success(request, _("%(name)s no longer reads anything about you.") % {"name": access.contact_person.name})
    return HttpResponseRedirect(reverse("portal:sharing"), status=303)


@require_safe
def find_employer(request: HttpRequest) -> HttpResponse:
    """Find an employer that is not to be asked."""
    own = own_case(request, PURPOSE)
    text = request.GET.get("q", "").strip()[:200]
    matches = employers.search(text, limit=20) if len(text) > 1 else []
    more = {"text": text, "found": matches}
    return render(
        request, "portal/find_employer.html", context(own, title=_("An employer I do not want"), trail=_trail()) | more
    )


def object_to(request: HttpRequest, employer_id: int) -> HttpResponse:
    """Say no to an employer."""
    own = own_case(request, PURPOSE)
    employer = get_object_or_404(Employer, pk=employer_id)

    def act(by: User, form: forms.Form) -> None:
        actions.object_to(own.case, by=by, employer=employer, reason=form.cleaned_data["reason"])

    return write(
        request,
        own,
        ObjectionForm(request.POST or None),
        act,
        template="portal/beside.html",
        title=_("Say no to %(name)s") % {"name": employer.name},
        leads_to=reverse("portal:sharing"),
        done=_("Those who help you see that you do not want this employer to be asked."),
        trail=_trail(),
        lead=_("Nobody is to ask this employer about you. What is shared with them is withdrawn at once."),
        submit=_("Say no"),
    )


@require_POST
def take_back_objection(request: HttpRequest, objection_id: int) -> HttpResponse:
    """The employer may be asked after all."""
    own = own_case(request, PURPOSE)
    objection = get_object_or_404(Objection.objects.select_related("case"), pk=objection_id, case=own.case)
    actions.take_back_objection(objection, by=own.me)
    messages.success(request, _("You have taken it back. The employer may be asked again."))
    return HttpResponseRedirect(reverse("portal:sharing"), status=303)
