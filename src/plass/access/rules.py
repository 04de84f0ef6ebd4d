"""Who may open a case, what they may do there, and why: one small object for each rule, with the reason in plain words.

The rules are asked in order. The first that applies decides whether the case opens and is what the log says; what may be
done follows from the widest of those that apply before one that refuses. The same is written in SQL
(``access_visible``), where row-level security holds it; a test compares the two over generated organisations, and fails
when any rule is taken out of either. Two narrower copies serve one act each: ``cases.models.OWN_REFERRAL`` (a row just
referred) and ``cases_somebody_decides()`` (whether a referral has anybody to wait for). ``reason`` is said to the one
who asks, ``participant_text`` to the participant who reads who has looked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import ClassVar, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NOBODY: frozenset[int] = frozenset()


class Level(IntEnum):
    """What a relation to a case allows; each includes those before it. SQL knows them by the same numbers."""

    NONE = 0
    #: See the case.
    READ = 1
    #: And record a contact: what an emergency needs.
    CONTACT = 2
    #: And record the follow-up: contacts, meetings, the plan, jobs, particulars.
    RECORD = 3
    #: And decide: who follows, pause and end, what is shared with whom, protection. Only from here is access given on.
    DECIDE = 4


@dataclass(frozen=True)
class Actor:
    """Who asks. All are database numbers.

    ``follows_at`` and ``counsels_at`` are the offices where they are job specialist or method supervisor, and counsellor,
    today: what stands in a case about somebody holds only as long as they have that role at the case's office.
    ``teams`` are those they work in as a specialist, ``led_teams`` those they lead. ``participant`` is who a
    participant's account is. ``own_data`` and ``family`` are participants whose data they must never open: themselves,
    and those close to them. ``given`` are the cases somebody let them into until a time, with what they may do there;
    ``emergency`` those that they opened for themselves. ``now`` is when their transaction began.
    """

    user: int
    works_with_people: bool
    teams: frozenset[int]
    led_teams: frozenset[int] = NOBODY
    follows_at: frozenset[int] = NOBODY
    counsels_at: frozenset[int] = NOBODY
    participant: int | None = None
    own_data: frozenset[int] = NOBODY
    family: frozenset[int] = NOBODY
    given: dict[int, Level] = field(default_factory=dict)
    emergency: frozenset[int] = NOBODY
    now: datetime | None = None


@dataclass(frozen=True)
class Relations:
    """How a case stands to people. All are database numbers.

    ``referrer_ended_at`` is when somebody else had taken over from the one who referred. ``quietly`` shielded is who was
    referred as not protected, and may be somebody who is: that must not be told from what those see who have had a part in
    the case (``had_a_part``: who referred it, was given it, or was let in, also when that is over). The database alone
    knows it, and hides the case from others: for a page no case is quietly shielded.
    ``claimed_own_employee``: somebody who works here says that they are the participant, and nobody who decides has
    answered. A page learns it of cases to which somebody of the team was let in for a time (``cases.gate``).
    """

    case: int
    participant: int
    office: int
    specialist: int | None
    counsellor: int | None
    referred_by: int
    team: int | None
    shielded: bool
    referrer_ended_at: datetime | None = None
    quietly: bool = False
    had_a_part: frozenset[int] = NOBODY
    claimed_own_employee: bool = False


@dataclass(frozen=True)
class Decision:
    """Whether the case may be opened, by which rule, the reason to show, and what may be done there."""

    allowed: bool
    rule: str
    reason: Promise
    level: Level = Level.NONE


class Rule(Protocol):
    """One rule: a name for the log, a reason for the one who asks, and words for the participant."""

    @property
    def name(self) -> str: ...

    @property
    def reason(self) -> Promise: ...

    @property
    def participant_text(self) -> Promise: ...

    def applies(self, actor: Actor, case: Relations) -> bool:
        """Whether this rule decides."""
        ...

    def level(self, actor: Actor, case: Relations) -> Level:
        """What it allows, where it applies; NONE for a rule that refuses."""
        ...


class _Allows:
    """A rule that always allows the same."""

    allows: ClassVar[Level]

    def level(self, actor: Actor, case: Relations) -> Level:
        return self.allows


class Own(_Allows):
    name, allows = "own", Level.READ
    reason = _("This is about you.")
    participant_text = _("you")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return actor.participant is not None and actor.participant == case.participant


class NoRole(_Allows):
    """Leaders, evaluators, administrators, employers' contact persons and strangers have no cases."""

    name, allows = "no role", Level.NONE
    reason = _("Your role has no cases.")
    participant_text = _("has a role that does not open cases")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return not actor.works_with_people


class OwnData(_Allows):
    """Somebody who works here and gets follow-up too: the pages of those who work here are not the way to it."""

    name, allows = "own data", Level.NONE
    reason = _("This is about yourself. You see it on your own page as a participant.")
    participant_text = _("you, in your work here")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.participant in actor.own_data


class CloseFamily(_Allows):
    name, allows = "close family", Level.NONE
    reason = _("The participant is close to you.")
    participant_text = _("is close to you, and may therefore not look")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.participant in actor.family


class Specialist(_Allows):
    name, allows = "specialist", Level.DECIDE
    reason = _("You follow this participant.")
    participant_text = _("your job specialist")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return actor.user == case.specialist and case.office in actor.follows_at


class Counsellor(_Allows):
    name, allows = "counsellor", Level.DECIDE
    reason = _("You are the participant's counsellor.")
    participant_text = _("your counsellor")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return actor.user == case.counsellor and case.office in actor.counsels_at


class Referrer(_Allows):
    """Until somebody follows the participant, or another is their counsellor."""

    name, allows = "referred", Level.DECIDE
    reason = _("You referred this participant.")
    participant_text = _("referred you")

    def applies(self, actor: Actor, case: Relations) -> bool:
        works_there = case.office in actor.follows_at | actor.counsels_at
        ended = case.referrer_ended_at
        # It holds to the end of the act that ends it: a list that is imported refers somebody and goes on.
        over = ended is not None and (actor.now is None or ended < actor.now)
        return actor.user == case.referred_by and works_there and not over


class Given:
    name = "given"
    reason = _("Somebody who follows the participant let you see this for a time.")
    participant_text = _("was let in for a time by somebody who follows you")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.case in actor.given

    def level(self, actor: Actor, case: Relations) -> Level:
        return actor.given[case.case]


class Shielded(_Allows):
    """Protected address, or somebody who works here: only those above, to whom the person was given by name."""

    name, allows = "shielded", Level.NONE
    reason = _("The participant is shielded.")
    participant_text = _("has no part in your case, which is shielded")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.shielded and not (case.quietly and actor.user in case.had_a_part)


class Leads(_Allows):
    name, allows = "leads", Level.DECIDE
    reason = _("You lead the team that follows this participant.")
    participant_text = _("leads the team that follows you")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.team is not None and case.team in actor.led_teams


class ClaimsOwnEmployee(_Allows):
    """Somebody who works here says that it is them: nobody but those who decide, until these have answered."""

    name, allows = "said", Level.NONE
    reason = _("The participant may be somebody who works here. Those who decide about the case are asked.")
    participant_text = _("has no part in your case, which may be that of somebody who works here")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.claimed_own_employee and case.referred_by != actor.user


class Team(_Allows):
    """Cover: the pages mark a case that is seen this way. Colleagues record; those whose case it is decide."""

    name, allows = "team", Level.RECORD
    reason = _("You work in the team that follows this participant, and can step in for each other.")
    participant_text = _("works in the team that follows you")

    def applies(self, actor: Actor, case: Relations) -> bool:
        return case.team is not None and case.team in actor.teams


class Emergency(_Allows):
    """Break glass: with a reason, for a time; the supervisor is told and the participant sees it."""

    name, allows = "emergency", Level.CONTACT
    reason = _(
        "You opened this yourself, with a reason and for a time. The supervisor is told, and the participant sees it."
    )
    participant_text = _("has no part in your case, and gave a reason to see it")

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
    ClaimsOwnEmployee(),
    Team(),
    Emergency(),
)


def decide(actor: Actor, case: Relations) -> Decision:
    """The decision of the first rule that applies, with the widest level of those before one that refuses."""
    first: Rule | None = None
    widest = Level.NONE
    for rule in RULES:
        if rule.applies(actor, case):
            first = first or rule
            level = rule.level(actor, case)
            if level == Level.NONE:
                break
            widest = max(widest, level)
    if first is None:
        return NO_RELATION
    return Decision(widest > Level.NONE, first.name, first.reason, widest)


def participant_text_of(rule: str) -> str:
    """By which right somebody looked, or why they were refused, in the words for the participant."""
    return next(
        (str(candidate.participant_text) for candidate in RULES if candidate.name == rule),
        str(_("has no part in your case")),
    )
