"""Who may open a case, and why: one small object for each rule, with the reason in plain words.

The rules are asked in order and the first that knows decides. The same is written once in SQL (``access_cases()``),
where row-level security holds it; a test compares the two over made organisations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Actor:
    """Who asks. ``teams`` are those they work in or lead; ``participant`` is who they are themselves.

    ``works_with_people``: whether they have a role today that has cases. Whoever has left has none, and with it end
    the relations that stand in the cases themselves.
    """

    user: int
    works_with_people: bool
    teams: frozenset[int]
    participant: int | None = None


@dataclass(frozen=True)
class Relations:
    """How a case stands to people. All are database numbers."""

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
    """One rule: a name for the log and a reason for people."""

    @property
    def name(self) -> str: ...

    @property
    def reason(self) -> Promise: ...

    @property
    def allows(self) -> bool: ...

    def applies(self, actor: Actor, case: Relations) -> bool:
        """Whether this rule decides."""
        ...


class Own:
    name, allows = "own", True
    reason = _("This is about you.")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return actor.participant is not None and actor.participant == case.participant


class Specialist:
    name, allows = "specialist", True
    reason = _("You follow this participant.")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return actor.works_with_people and actor.user == case.specialist


class Counsellor:
    name, allows = "counsellor", True
    reason = _("You are the participant's counsellor.")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return actor.works_with_people and actor.user == case.counsellor


class Referrer:
    name, allows = "referred", True
    reason = _("You referred this participant.")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return actor.works_with_people and actor.user == case.referred_by


class Shielded:
    name, allows = "shielded", False
    reason = _("The participant is shielded.")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.shielded


class Team:
    name, allows = "team", True
    reason = _("You work in the team, or lead it.")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.team is not None and case.team in actor.teams


class NoRelation:
    name, allows = "no relation", False
    reason = _("You have no part in this case.")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return True


#: In order; the last one decides where no other does.
RULES: tuple[Rule, ...] = (Own(), Specialist(), Counsellor(), Referrer(), Shielded(), Team(), NoRelation())


def decide(actor: Actor, case: Relations) -> Decision:
    """The decision of the first rule that applies."""
    rule = next(rule for rule in RULES if rule.applies(actor, case))
    return Decision(rule.allows, rule.name, rule.reason)
