"""What the participant's own pages have in common: whose case it is, the frame, and how something written is acted on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from plass.access.user_roles import user_roles
from plass.cases.form_views import form_view
from plass.cases.gate import Opened, open_case
from plass.cases.models import Case
from plass.milestones.models import Milestones
from plass.organisation.models import User

from .. import queries


@dataclass(frozen=True)
class Own:
    """The participant's case that a page is about, and the other ones they have had."""

    opened: Opened
    milestones: Milestones
    others: list[Milestones]

    @property
    def case(self) -> Case:
        """The case."""
        return self.opened.case

    @property
    def me(self) -> User:
        """The participant's account."""
        return self.opened.standing.user


def own_case_or_none(request: HttpRequest, purpose: str) -> Own | None:
    """The case asked for (``lop``), else the one that goes on, else the newest; None where there is none.

    Raises Http404 for everybody who is no participant, and for a case that is not theirs.
    """
    who = user_roles(request.user)
    if who is None or who.user.kind != User.Kind.PARTICIPANT:
        raise Http404
    if who.participant is None:
        return None
    cases = queries.own_cases(who.participant)
    if not cases:
        return None
    asked_for = request.GET.get("lop", "")
    chosen = (
        next((milestones for milestones in cases if str(milestones.pk) == asked_for), None) if asked_for else cases[0]
    )
    if chosen is None:
        raise Http404
    opened = open_case(request, chosen.pk, purpose=purpose, own=True)
    return Own(opened, chosen, [milestones for milestones in cases if milestones.pk != chosen.pk])


def own_case(request: HttpRequest, purpose: str) -> Own:
    """The same; raises Http404 where there is no case."""
    own = own_case_or_none(request, purpose)
    if own is None:
        raise Http404
    return own


def context(own: Own, *, title: str, trail: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    """What every template of a participant's page gets; with the way back where it is not the first page."""
    person = own.case.participant
    # For the page's frame only: a participant's name stands with the participant, not with the account.
    own.me.given_name, own.me.family_name = person.given_name, person.family_name
    crumbs = [(_("My follow-up"), reverse("portal:mine")), *trail, (title, "")]
    return {"title": title, "case": own.case, "participant": person, "own": own, "crumbs": crumbs}


def write(
    request: HttpRequest,
    own: Own,
    form: forms.Form,
    act: Callable[[User, forms.Form], None],
    *,
    template: str,
    title: str,
    leads_to: str,
    done: str,
    trail: tuple[tuple[str, str], ...] = (),
    **more: Any,
) -> HttpResponse:
    """A page on which the participant writes something: shown, acted on once, and then on to ``leads_to``."""
    frame = context(own, title=title, trail=trail)

    def once(by: User, valid: forms.Form) -> str:
        act(by, valid)
        return leads_to

    words = {name: value for name, value in frame.items() if name not in {"title", "case", "participant"}}
    return form_view(
        request,
        own.opened,
        form,
        once,
        template=template,
        title=title,
        leads_to=leads_to,
        done=done,
        **{**words, **more},
    )
