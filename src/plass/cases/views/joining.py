"""Referrals that wait to be joined with somebody who is registered already: the list, and the page that compares the two."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from plass.access import idempotency, log
from plass.access.forms import IdempotentForm
from plass.access.user_roles import UserRoles, user_roles
from plass.ui.forms import TextNeededWhen

from .. import joining
from ..form_views import add_errors
from ..models import Participant

JOINED = gettext_lazy("It is the same person: join the referral with what is registered")


class JoinForm(IdempotentForm):
    """Join the two, or answer the referral with a sentence."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("What do you do with the referral?"),
        choices=[
            ("join", JOINED),
            ("answer", gettext_lazy("Do not join: answer the one who referred")),
        ],
        widget=forms.RadioSelect,
    )
    answer = TextNeededWhen(
        label=gettext_lazy("To the one who referred"),
        needed_when=gettext_lazy("needed if you do not join"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy(
            "The referral ends with this sentence. Write nothing here that the one who referred must not know."
        ),
    )
    keep = forms.BooleanField(required=False)

    def __init__(
        self, *args: Any, followers: str = "", ends: bool = True, only_answer: bool = False, **kwargs: Any
    ) -> None:
        """``followers``: the names of those who have the case by now, beside the one who referred. ``ends``: whether an
        answer ends the case, or is handed on. ``only_answer``: the two cannot be joined, so that nothing is chosen."""
        super().__init__(*args, **kwargs)
        if not ends:
            self.fields["outcome"].choices = [  # type: ignore[attr-defined]
                ("join", JOINED),
                ("answer", _("Do not join: leave it to the data protection officer")),
            ]
            self.fields["answer"].label = _("To the one at that office who is asked")
            self.fields["answer"].help_text = _(
                "The referral goes on. The data protection officer asks somebody at the office to answer it, "
                "and they read this sentence."
            )
        if only_answer:
            self.fields["outcome"] = forms.CharField(widget=forms.HiddenInput, initial="answer", required=False)
            self.fields["answer"].required, self.fields["answer"].needed_when = True, ""  # type: ignore[attr-defined]
        if followers and not only_answer:
            self.fields["keep"].label = _("If you join: %(names)s goes on with the case") % {"names": followers}
            self.fields["keep"].help_text = _(
                "They took it without knowing whom it is about. Only if you tick this do they see the person as registered."
            )
        else:
            del self.fields["keep"]
        self.order_fields(["outcome", "keep", "answer"])


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """The referrals that wait for the one who asks."""
    who = _who(request)
    referrals = joining.waiting()
    log.log_list(who, "list", len(referrals))
    context = {"title": _("Referrals to join"), "waiting": referrals, "back": reverse("accounts:home")}
    return render(request, "cases/joins.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, link_id: int) -> HttpResponse:
    """The name that was typed beside the one that is registered; then it is joined, or answered."""
    who = _who(request)
    posted = request.method == "POST"
    if posted and (earlier := idempotency.earlier_result(request.POST.get("submission"), by=who.user)):
        return HttpResponseRedirect(earlier, status=303)
    referral = next((referral for referral in joining.waiting() if referral.number == link_id), None)
    if referral is None:
        raise Http404
    form = JoinForm(
        request.POST if posted else None,
        followers=referral.followers,
        ends=referral.ends,
        only_answer=referral.open_here,
    )
    if posted and form.is_valid():
        data = form.cleaned_data

        def act() -> str:
            if data["outcome"] == "join" and not referral.open_here:
                joining.join(link_id, by=who.user, keep=data.get("keep", False))
                message = _("Joined. The one who referred now has their part in the case.")
                if referral.existing_case:
                    page = reverse("caseload:case", args=[referral.existing_case])
                    message = format_html('{} <a href="{}">{}</a>', message, page, _("Open the case"))
                messages.success(request, message)
            else:
                if joining.answer(link_id, by=who.user, text=data["answer"]):
                    message = _("Answered. The one who referred sees your sentence at the referral.")
                else:
                    message = _(
                        "Not joined. The data protection officer asks somebody at the office to answer the referral."
                    )
                messages.success(request, message)
            return reverse("cases:joins")

        try:
            return HttpResponseRedirect(idempotency.run_once(data["submission"], by=who.user, act=act), status=303)
        except ValidationError as error:
            add_errors(form, error)
    log.log_export(
        who, "join", [(case, referral.existing, "join") for case in {referral.case, referral.existing_case} if case]
    )
    context = {
        "title": _("Is this the same person?"),
        "form": form,
        "referral": referral,
        "lines": compared(referral),
        "protection": Participant.Protection(referral.registered["protection"]),
        "nobody_is_protected": not referral.registered["protection"] and not referral.typed["protection"],
        "typed_protection": Participant.Protection(referral.typed["protection"]),
        "back": reverse("cases:joins"),
    }
    return render(request, "cases/join.html", context, status=422 if form.is_bound else 200)


def compared(referral: joining.Waiting) -> list[dict[str, Any]]:
    """Field by field what was typed and what is registered, and whether the two differ."""
    lines = []
    for field in Participant._meta.concrete_fields:
        if field.name not in referral.registered:
            continue
        typed, registered = referral.typed[field.name], referral.registered[field.name]
        words = dict(Participant.Protection.choices) if field.name == "protection" else {}
        lines.append(
            {
                "label": str(field.verbose_name),
                "typed": words.get(typed, typed),
                "registered": words.get(registered, registered),
                "differs": typed != registered,
            }
        )
    return lines


def _who(request: HttpRequest) -> UserRoles:
    who = user_roles(request.user)
    if who is None or not who.actor.works_with_people:
        raise Http404
    return who
