"""Who may open a case, and why: one small object for each rule, with the reason in plain words.

The rules are asked in order and the first that knows decides. The same is written once in SQL (``access_cases()``),
where row-level security holds it; a test compares the two over made organisations, and fails when any rule is taken out
of either. ``reason`` is said to the one who asks, ``told`` to the participant who reads who has looked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Actor:
    """Who asks. All are database numbers.

    ``works_with_people``: whether they work here today in a role that has cases. Whoever has left does not, and with it
    end the relations that stand in the cases themselves. ``participant`` is who a participant's account is.
    ``own_data`` and ``family`` are participants whose data they must never open: themselves, and those close to them.
    ``given`` and ``emergency`` are cases that somebody gave them, or that they opened for themselves, until a time.
    """

    user: int
    works_with_people: bool
    teams: frozenset[int]
    led_teams: frozenset[int] = NOBODY
    participant: int | None = None
    own_data: frozenset[int] = NOBODY
    family: frozenset[int] = NOBODY
    given: frozenset[int] = NOBODY
    emergency: frozenset[int] = NOBODY


@dataclass(frozen=True)
class Relations:
    """How a case stands to people. All are database numbers."""

    case: int
    participant: int
    specialist: int | None
    counsellor: int | None
    referred_by: int
    team: int | None
    shielded: bool


@dataclass(frozen=True)
class Decision:
    """Whether the case may be opened, by which rule, and the reason to show."""

    allowed: bool
    rule: str
    reason: Promise


class Rule(Protocol):
    """One rule: a name for the log, a reason for the one who asks, and words for the participant."""

    @property
    def name(self) -> str: ...

    @property
    def reason(self) -> Promise: ...

    @property
    def told(self) -> Promise: ...

    @property
    def allows(self) -> bool: ...

    def applies(self, actor: Actor, case: Relations) -> bool:
        """Whether this rule decides."""
        ...


class Own:
    name, allows = "own", True
    reason = _("This is about you.")
    told = _("you")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return actor.participant is not None and actor.participant == case.participant


class NoRole:
    """Leaders, evaluators, administrators, employers' contact persons and strangers have no cases."""

    name, allows = "no role", False
    reason = _("Your role has no cases.")
    told = _("has a role that does not open cases")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return not actor.works_with_people


class OwnData:
    """Somebody who works here and gets follow-up too: the pages of those who work here are not the way to it."""

    name, allows = "own data", False
    reason = _("This is about yourself. You see it on your own page as a participant.")
    told = _("you, in your work here")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.participant in actor.own_data


class CloseFamily:
    name, allows = "close family", False
    reason = _("The participant is close to you.")
    told = _("is close to you, and may therefore not look")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.participant in actor.family


class Specialist:
    name, allows = "specialist", True
    reason = _("You follow this participant.")
    told = _("your job specialist")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return actor.user == case.specialist


class Counsellor:
    name, allows = "counsellor", True
    reason = _("You are the participant's counsellor.")
    told = _("your counsellor")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return actor.user == case.counsellor


class Referrer:
    name, allows = "referred", True
    reason = _("You referred this participant.")
    told = _("referred you")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return actor.user == case.referred_by


class Given:
    name, allows = "given", True
    reason = _("Somebody who follows the participant let you see this for a time.")
    told = _("was let in for a time by somebody who follows you")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.case in actor.given


class Shielded:
    """Protected address, or somebody who works here: only those above, to whom the person was given by name."""

    name, allows = "shielded", False
    reason = _("The participant is shielded.")
    told = _("has no part in your case, which is shielded")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.shielded


class Leads:
    name, allows = "leads", True
    reason = _("You lead the team that follows this participant.")
    told = _("leads the team that follows you")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.team is not None and case.team in actor.led_teams


class Team:
    """Cover: the pages mark a case that is seen this way."""

    name, allows = "team", True
    reason = _("You work in the team that follows this participant, and can step in for each other.")
    told = _("works in the team that follows you")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.team is not None and case.team in actor.teams


class Emergency:
    """Break glass: with a reason, for a time; the supervisor is told and the participant sees it."""

    name, allows = "emergency", True
    reason = _(
        "You opened this yourself, with a reason and for a time. The supervisor is told, and the participant sees it."
    )
    told = _("has no part in your case, and gave a reason to see it")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.case in actor.emergency


#: Decides where no rule does: nobody is let in.
NO_RELATION = Decision(False, "no relation", _("You have no part in this case."))

#: In order; the first that applies decides.
RULES: tuple[Rule, ...] = (
    Own(),
    NoRole(),
    OwnData(),
    CloseFamily(),
    Specialist(),
    Counsellor(),
    Referrer(),
    Given(),
    Shielded(),
    Leads(),
    Team(),
    Emergency(),
)


def decide(actor: Actor, case: Relations) -> Decision:
    """The decision of the first rule that applies."""
    for rule in RULES:
        if rule.applies(actor, case):
            return Decision(rule.allows, rule.name, rule.reason)
    return NO_RELATION


def told(rule: str) -> str:
    """How a participant is told by which right somebody looked, or why they were refused."""
    return next((str(one.told) for one in RULES if one.name == rule), str(_("has no part in your case")))
