"""Pause, go on, open again; who else helps; and the participant's particulars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plass.access.rules import Level
from plass.organisation.models import User

from .. import actions, identity, login, queries, read_by
from ..form_views import FactForm, case_crumbs, case_or_home, form_view, open_to_record
from ..forms import CollaboratorForm, ParticipantForm, PauseForm, ProtectionForm, ReopenForm, ResumeForm
from ..gate import open_case
from ..models import Fact, Participant


def _page(
    name: str,
    form: type[FactForm],
    action: Callable[..., Fact],
    *,
    title: Promise,
    about: Promise,
    submit: Promise,
) -> Callable[[HttpRequest, int], HttpResponse]:
    """A page with one form that writes one fact."""

    def page(request: HttpRequest, case_id: int) -> HttpResponse:
        opened = open_to_record(request, case_id, form, purpose=name)
        return form_view(
            request,
            opened,
            form(request.POST if request.method == "POST" else None),
            lambda by, valid: action(opened.case, by=by, **cast(FactForm, valid).values()),
            template="cases/act.html",
            title=title,
            crumbs=case_crumbs(opened, str(title)),
            about=about,
            submit=submit,
            draft=f"{name}-{opened.case.pk}",
        )

    page.__name__ = name
    page.__doc__ = form.__doc__
    return page


pause = _page(
    "pause",
    PauseForm,
    actions.pause,
    title=gettext_lazy("Pause the follow-up"),
    about=gettext_lazy("The participant keeps their place. Say when somebody looks again."),
    submit=gettext_lazy("Pause"),
)
resume = _page(
    "resume",
    ResumeForm,
    actions.resume,
    title=gettext_lazy("Go on after the pause"),
    about=gettext_lazy("From this day the follow-up goes on as before."),
    submit=gettext_lazy("Go on"),
)
reopen = _page(
    "reopen",
    ReopenForm,
    actions.reopen,
    title=gettext_lazy("Open the follow-up again"),
    about=gettext_lazy("The follow-up goes on where it was, with everything that was recorded."),
    submit=gettext_lazy("Open again"),
)
collaborator = _page(
    "collaborator",
    CollaboratorForm,
    actions.add_collaborator,
    title=gettext_lazy("New collaborator"),
    about=gettext_lazy("Somebody outside Nav who helps at the same time. Only as far as the participant agreed to."),
    submit=gettext_lazy("Save"),
)


def participant(request: HttpRequest, case_id: int) -> HttpResponse:
    """Change name, address and the like. Where somebody else did meanwhile, both versions are shown."""
    opened = open_case(request, case_id, purpose="participant", needs=Level.RECORD)
    person = opened.case.participant
    form = ParticipantForm(
        request.POST if request.method == "POST" else None, instance=person, initial={"version": person.version}
    )
    late: dict[str, Any] = {}

    def act(by: User, valid: forms.Form) -> str:
        typed = cast(ParticipantForm, valid)
        try:
            actions.change_participant(person, by=by, based_on=valid.cleaned_data["version"], **typed.particulars())
        except actions.StaleParticipant as stale:
            # What was typed stays; sending it again now says: yes, with the newer version in view.
            form.data = request.POST.copy()
            form.data["version"] = str(stale.now.version)
            late["differences"] = differences(stale.now, typed)
            raise ValidationError(
                _("Somebody else changed this while you wrote. Compare the two, and save again."), code="stale"
            ) from stale
        return case_or_home(opened)

    return form_view(
        request,
        opened,
        form,
        act,
        template="cases/participant.html",
        title=_("Change the particulars"),
        done=_("Changed."),
        crumbs=case_crumbs(opened, _("Particulars")),
        late=late,
        number=identity.shown(login.identity_number_of(person.pk)),
        may_decide=opened.may_decide,
    )


def protection(request: HttpRequest, case_id: int) -> HttpResponse:
    """Change whether the participant is protected, with a reason; it says who will see them then."""
    opened = open_case(request, case_id, purpose="protection", needs=Level.DECIDE)
    person = opened.case.participant
    form = ProtectionForm(
        request.POST if request.method == "POST" else None,
        initial={"version": person.version, "protection": person.protection},
    )

    def act(by: User, valid: forms.Form) -> str:
        data = valid.cleaned_data
        try:
            actions.change_protection(
                person, by=by, based_on=data["version"], protection=data["protection"], reason=data["reason"]
            )
        except actions.StaleParticipant as stale:
            form.data = request.POST.copy()
            form.data["version"] = str(stale.now.version)
            raise ValidationError(
                _("Somebody else changed the participant while you wrote. Look at it, and save again."), code="stale"
            ) from stale
        return case_or_home(opened)

    by_name = queries.named_when_protected(person)
    is_asked = queries.asked_about_own_employee(person)
    return form_view(
        request,
        opened,
        form,
        act,
        template="cases/protection.html",
        title=_("Change the protection"),
        # Whoever was asked whether the participant works here may answer by leaving it as it is.
        done=_("Answered. The participant can read why.")
        if is_asked and form.data.get("protection") == person.protection
        else _("Changed. The participant can read why."),
        crumbs=case_crumbs(opened, _("Protection")),
        now_protected=person.get_protection_display(),
        asked=is_asked,
        by_name=by_name,
        others=read_by.others(opened.case),
        shuts_me_out=opened.standing.user.pk not in {user.pk for user, _part in by_name},
    )


def differences(now: Participant, typed: ParticipantForm) -> list[dict[str, Any]]:
    """Field by field what differs: as it stands now (``now``), and as it was typed (``typed``)."""
    differing = []
    for name, mine in typed.particulars().items():
        theirs = getattr(now, name)
        if theirs != mine:
            differing.append({"label": typed.fields[name].label, "now": theirs, "typed": mine})
    return differing
