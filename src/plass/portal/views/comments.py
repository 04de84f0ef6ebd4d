"""The participant's own words: comments and requests beside what is recorded, and their own profile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plass.organisation.models import User
from plass.profiles import actions as profiles
from plass.profiles import queries as profile_queries
from plass.profiles.forms import prefilled
from plass.profiles.models import Profile
from plass.rights import actions
from plass.rights import queries as rights
from plass.rights.models import Comment
from plass.timeline import participant_queries
from plass.timeline.participant_texts import FactText, fact_texts

from .. import queries
from ..forms import CommentForm, OwnProfileForm, RequestForm
from .frame import Own, context, own_case, write


def _text_of_fact(own: Own, kind: str, fact_id: int) -> FactText:
    """One fact in plain words with what stands beside it. Raises Http404 where the case has none such."""
    facts = participant_queries.recorded_only(own.case, [(kind, fact_id)])
    if not facts or kind == "correction":
        raise Http404
    beside = rights.beside(own.case, [(kind, fact_id)])
    return fact_texts(
        facts, participant_queries.names(facts, own.me.pk), participant_queries.withheld_contacts(own.case), beside
    )[0]


def _to_record(own: Own, kind: str, fact_id: int) -> str:
    return f"{reverse('portal:fact', args=[kind, fact_id])}?lop={own.case.pk}"


@require_safe
def fact(request: HttpRequest, kind: str, fact_id: int) -> HttpResponse:
    """One thing that is recorded, with the participant's comments and requests, and what they can do about it."""
    own = own_case(request, "my record")
    fact_text = _text_of_fact(own, kind, fact_id)
    trail = ((_("Everything recorded"), reverse("portal:record")),)
    return render(request, "portal/fact.html", context(own, title=fact_text.title, trail=trail) | {"fact": fact_text})


def comment(request: HttpRequest, kind: str, fact_id: int) -> HttpResponse:
    """Write a comment beside something recorded."""
    return _beside(
        request,
        (kind, fact_id),
        CommentForm,
        lambda own, by, typed: actions.comment(own.case, by=by, kind=kind, fact_id=fact_id, text=typed["text"]),
        title=_("Write a comment"),
        done=_("Your comment stands beside it now. Those who help you see it."),
        lead=_("What you write stands beside what is recorded. It does not change it."),
        submit=_("Save the comment"),
    )


def ask(request: HttpRequest, kind: str, fact_id: int) -> HttpResponse:
    """Ask that something recorded be corrected."""
    return _beside(
        request,
        (kind, fact_id),
        RequestForm,
        lambda own, by, typed: actions.ask_for_correction(
            own.case, by=by, kind=kind, fact_id=fact_id, wanted=typed["wanted"]
        ),
        title=_("Ask for a correction"),
        done=_("Your request is sent. You get an answer with a reason, within a month at the latest."),
        lead=_("You get an answer with a reason. What stood there before stays, crossed out, if it is corrected."),
        submit=_("Send the request"),
    )


def _beside(
    request: HttpRequest,
    which: tuple[str, int],
    form: type[CommentForm | RequestForm],
    action: Callable[[Own, User, dict[str, Any]], object],
    **words: str,
) -> HttpResponse:
    """A page to write something about one fact, with the fact above; then the fact with it."""
    own = own_case(request, "my record")
    fact_text = _text_of_fact(own, *which)

    def act(by: User, valid: forms.Form) -> None:
        action(own, by, valid.cleaned_data)

    return write(
        request,
        own,
        form(request.POST or None),
        act,
        template="portal/beside.html",
        leads_to=_to_record(own, *which),
        trail=((_("Everything recorded"), reverse("portal:record")),),
        fact=fact_text,
        **words,
    )


def missing(request: HttpRequest) -> HttpResponse:
    """Say that something is missing from the record."""
    own = own_case(request, "my record")

    def act(by: User, form: forms.Form) -> None:
        actions.ask_for_correction(own.case, by=by, wanted=form.cleaned_data["wanted"])

    form = RequestForm(request.POST or None)
    form.fields["wanted"].label = _("What is missing, or wrong?")
    return write(
        request,
        own,
        form,
        act,
        template="portal/beside.html",
        title=_("Something is missing"),
        leads_to=reverse("portal:requests"),
        done=_("Your request is sent. You get an answer with a reason, within a month at the latest."),
        trail=((_("Everything recorded"), reverse("portal:record")),),
        lead=_("For example your name or phone number, or something you have done that nobody has written down."),
        submit=_("Send the request"),
    )


@require_POST
def take_back(request: HttpRequest, comment_id: int) -> HttpResponse:
    """Take a comment back."""
    own = own_case(request, "my record")
    own_comment = get_object_or_404(Comment.objects.select_related("case"), pk=comment_id, case=own.case)
    actions.take_back_comment(own_comment, by=own.me)
    messages.success(request, _("Your comment is taken back. It is no longer shown."))
    return HttpResponseRedirect(_to_record(own, own_comment.kind, own_comment.fact_id), status=303)


@require_safe
def requests(request: HttpRequest) -> HttpResponse:
    """Every request for correction with its answer."""
    own = own_case(request, "my record")
    title = _("What I have asked to have corrected")
    trail = ((_("Everything recorded"), reverse("portal:record")),)
    correction_requests = list(rights.requests(own.case)[:200])
    return render(
        request, "portal/requests.html", context(own, title=title, trail=trail) | {"asked": correction_requests}
    )


@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """My wishes and my profile, and every version of it with who wrote it."""
    own = own_case(request, "my profile")
    profile_versions, has_older = profile_queries.versions(own.case)
    newest = profile_versions[0].profile if profile_versions else None
    entries = profile_queries.said(newest) if newest else []
    labels = {name: str(label) for name, label in OwnProfileForm.Meta.labels.items()}
    return render(
        request,
        "portal/profile.html",
        context(own, title=_("My wishes and my profile"))
        | {
            "newest": newest,
            "said": [(labels.get(entry.name, entry.label), entry.text) for entry in entries],
            "wishes": queries.wishes(own.case),
            "versions": profile_versions,
            "has_older": has_older,
        },
    )


def write_profile(request: HttpRequest) -> HttpResponse:
    """Write a new version of my profile. The ones before stay."""
    own = own_case(request, "my profile")
    newest = profile_queries.newest(own.case)
    form = OwnProfileForm(request.POST or None, initial=prefilled(newest))
    late: dict[str, object] = {}

    def act(by: User, valid: forms.Form) -> None:
        from django.utils import timezone

        values = cast(OwnProfileForm, valid).values()
        try:
            based_on = valid.cleaned_data["based_on"]
            profiles.agree(own.case, by=by, happened_on=timezone.localdate(), based_on=based_on, own=True, **values)
        except profiles.StaleProfile as stale:
            # What was typed stays; sending it again now says: yes, with the newer version in view.
            typed = Profile(case=own.case, **{name: values[name] for name in profile_queries.CONTENT})
            late["differences"] = profile_queries.changes(stale.now, typed)
            form.data = form.data.copy()  # type: ignore[attr-defined]
            form.data["based_on"] = str(stale.now.pk)  # type: ignore[index]
            raise forms.ValidationError(
                _("%(name)s saved a newer version while you wrote. Compare the two, and save again.")
                % {"name": stale.now.recorded_by.name},
                code="stale",
            ) from stale

    return write(
        request,
        own,
        form,
        act,
        template="portal/write_profile.html",
        title=_("Write in my profile"),
        leads_to=reverse("portal:profile"),
        done=_("Saved. Your job specialist sees it. What stood there before is kept as an earlier version."),
        trail=((_("My profile"), reverse("portal:profile")),),
        late=late,
    )
