"""The log of who looked in words: what a page was opened for, in what role and by which rule."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from plass.organisation.models import Role, User

#: What a case was opened for, or people were listed for. A test finds every purpose that the pages say.
PURPOSES: dict[str, str | Promise] = {
    "answer to a request": _("an answer to the participant's request"),
    "cancel meeting": _("calling off a meeting"),
    "case page": _("the case page"),
    "changes": _("what was changed"),
    "collaborator": _("somebody who helps"),
    "contact": _("recording a contact"),
    "correction": _("correcting a fact"),
    "differences": _("what an imported list says otherwise"),
    "download": _("the participant's download"),
    "education": _("recording an education"),
    "emergency": _("an emergency"),
    "employer page": _("what an employer was told"),
    "end": _("ending the follow-up"),
    "end a way in": _("ending somebody's access before its time"),
    "export": _("a file with the list"),
    "hand over": _("letting somebody else follow"),
    "how we know": _("how we know"),
    "identity number": _("the identity number"),
    "job": _("recording a job"),
    "let in": _("letting a colleague see it"),
    "list": _("a list of participants"),
    "list check": _("an imported list compared with what is recorded"),
    "log": _("the log of who looked"),
    "log export": _("a file with the log"),
    "meeting": _("agreeing on a meeting"),
    "milestone": _("how a milestone is known"),
    "my job": _("the participant's page about work"),
    "my meetings": _("the participant's meetings"),
    "my page": _("the participant's own page"),
    "my profile": _("the participant's own profile"),
    "my record": _("the participant's own record"),
    "number": _("a search for an identity number"),
    "openness towards employers": _("what employers may know"),
    "participant": _("name, phone and address"),
    "participant's words": _("the participant's own words"),
    "pause": _("a pause"),
    "plan": _("the plan"),
    "profile": _("writing the profile"),
    "profile versions": _("versions of the profile"),
    "reopen": _("opening the follow-up again"),
    "protection": _("whether the participant is protected"),
    "refer": _("a referral or an imported list"),
    "join": _("a referral to be joined with what is registered"),
    "resume": _("going on after the pause"),
    "retention": _("how long it is kept"),
    "search": _("a search for a name or a phone number"),
    "take": _("taking the case"),
    "timeline": _("the timeline"),
    "what employers may know": _("what employers may know"),
    "give": _("giving a case to somebody who must keep away"),
    "protect": _("protecting somebody who was referred by others too"),
    "raise": _("protecting somebody who was referred as more strictly protected"),
    "slowed": _("slowed down after many refusals"),
    "who looked": _("the participant's page of who looked"),
}

#: By which rule, for whoever reviews it; ``rules.participant_text_of`` has the words for the participant.
RULES: dict[str, str | Promise] = {
    "own": _("is the participant"),
    "no role": _("has no role with cases"),
    "own data": _("is about themselves"),
    "close family": _("close to the participant"),
    "specialist": _("follows the participant"),
    "counsellor": _("is the counsellor"),
    "referred": _("referred the participant"),
    "given": _("was let in for a time"),
    "shielded": _("the participant is shielded"),
    "said": _("the participant may be somebody who works here"),
    "leads": _("leads the team"),
    "team": _("steps in for the team"),
    "emergency": _("an emergency"),
    "employer": _("contact person at an employer"),
    "answered": _("joined or answered such a referral"),
    "no relation": _("no relation to the participant"),
    "unknown": _("no such case within reach"),
}


def purpose(name: str) -> str:
    """What it was for; the name itself where an older version of the program wrote another."""
    return str(PURPOSES.get(name, name))


def rule(name: str) -> str:
    """By which rule; a list is its own."""
    return str(RULES.get(name) or purpose(name))


def role(name: str) -> str:
    """In what role, or as what kind of account."""
    labels = {**dict(User.Kind.choices), **dict(Role.choices)}
    return str(labels.get(name, name))
