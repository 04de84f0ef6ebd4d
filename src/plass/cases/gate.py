"""The one way to get hold of a case: asked for by number, decided by the rules, written in the log of who looked.

A page never queries ``Case`` by itself. What the gate refuses looks the same as what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from django.db import connection
from django.db.models import Model
from django.http import Http404, HttpRequest
from psycopg.pq import TransactionStatus

from plass.access import log
from plass.access.rules import Actor, Decision, Emergency, Given, Level, Own, Relations, decide
from plass.access.rules import Team as OfTheTeam
from plass.access.user_roles import UserRoles, user_roles
from plass.db.prepared import columns, fetch
from plass.organisation.models import Office, Team, User
from plass.ui.too_many import TooMany

from .models import Case, Participant

M = TypeVar("M", bound=Model)

OWN = Own.name
COVER = OfTheTeam.name
GIVEN, EMERGENCY = Given.name, Emergency.name
#: The numbers of the cases that alone are worked with (``only``), and whether that holds until many facts are written.
_only: ContextVar[str] = ContextVar("only", default="")
_stays: ContextVar[bool] = ContextVar("stays", default=False)
#: A number that no case can have is not looked up, and cannot be written in the log either.
LARGEST = 2**63 - 1


class NotAllowed(Http404):
    """Somebody tried to act on a case the rules do not let them act on. A page answers it as what does not exist."""


@dataclass(frozen=True)
class Opened:
    """A case that was opened, by whom, and the rule that let them; and whether they may do what the page is for."""

    case: Case
    decision: Decision
    standing: UserRoles
    may_act: bool = True

    @property
    def is_cover(self) -> bool:
        """Whether it is a colleague's case, seen because the team steps in for each other. Pages mark it."""
        return self.decision.rule == COVER

    @property
    def is_for_a_time(self) -> bool:
        """Whether it is open by a way in that ends by itself."""
        return self.decision.rule in {GIVEN, EMERGENCY}

    @property
    def may_contact(self) -> bool:
        """Whether a contact may be recorded."""
        return self.decision.level >= Level.CONTACT

    @property
    def may_record(self) -> bool:
        """Whether the follow-up may be recorded: meetings, the plan, jobs, particulars."""
        return self.decision.level >= Level.RECORD

    @property
    def may_decide(self) -> bool:
        """Whether it may be decided who follows, when the follow-up pauses and ends, and what is shared with whom."""
        return self.decision.level >= Level.DECIDE


def relations(case: Case) -> Relations:
    """How the case stands to people, for the rules."""
    return Relations(
        case=case.pk,
        participant=case.participant_id,
        office=case.office_id,
        specialist=case.specialist_id,
        counsellor=case.counsellor_id,
        referred_by=case.referred_by_id,
        team=case.team_id,
        shielded=case.shielded,
        referrer_ended_at=case.referrer_ended_at,
        quietly=case.shielded and _is_typed_as_open(case),
    )


def _decide(actor: Actor, case: Case) -> Decision:
    """What the rules say."""
    found = relations(case)
    return decide(actor, found if covers(actor, case) else replace(found, claimed_own_employee=True))


def covers(actor: Actor, case: Case) -> bool:
    """Whether the case is open to cover by its team, as far as the actor, who sees it, can tell: the rule "said" closes it,
    and the database alone knows that. It matters to whoever works in the team and was let in for a time."""
    if case.pk in actor.given and case.team_id in actor.teams:
        return bool(fetch("SELECT access_covers(%(case)s)", {"case": case.pk})[0][0])
    return True


def _is_typed_as_open(case: Case) -> bool:
    """Whether the participant's own row says that they are not protected."""
    try:
        return not case.participant.is_protected
    except Participant.DoesNotExist:
        # Whoever does not see the participant has no part in the case either.
        return False


def open_case(
    request: HttpRequest,
    case_id: int,
    *,
    purpose: str,
    needs: Level = Level.READ,
    own: bool = False,
    alone: bool = False,
) -> Opened:
    """The case ``case_id`` for the one who asks, with participant and people joined; logged, allowed or not.

    ``purpose`` is one word for the log, such as "case page". ``needs`` is what one must be allowed to do there: a page
    with a form asks for what its act asks for. ``own`` says that the page is made for participants; all
    other pages are for those who work here, and closed to the participant the case is about. ``alone`` says that the page
    shows nothing of any other case, so that the database need not find out which others there are: it shows this one
    at most until the page is done. Raises Http404 where the rules refuse, where the database hides the case, and where
    there is none: they look alike. Whoever was refused very often within the hour is told to wait (429), whichever it is;
    what is theirs opens as ever.
    """
    who = user_roles(request.user)
    if who is None or case_id > LARGEST:
        raise Http404
    case = _with_people(case_id, _OPENED_ALONE if alone else _OPENED)
    decision = _decide(who.actor, case) if case else None
    # Whoever sends a form that they were shown, and may do less by now, sees the case and is told so (pages.form_view).
    asked_for = Level.READ if request.method == "POST" else needs
    if decision is not None and not _lets(decision, asked_for, own):
        decision = replace(decision, allowed=False)
    log.log_opened_case(who, case_id, case.participant_id if case else None, purpose, decision)
    if case is None or decision is None or not decision.allowed:
        if seconds := log.slows_down(who):
            raise TooMany(seconds)
        raise Http404
    return Opened(case, decision, who, own or decision.level >= needs)


#: What a case is opened with: the relation's name, its table and how it is joined.
_JOINED: tuple[tuple[str, type[Model], str], ...] = (
    ("participant", Participant, "JOIN"),
    ("office", Office, "JOIN"),
    ("specialist", User, "LEFT JOIN"),
    ("counsellor", User, "LEFT JOIN"),
    ("team", Team, "LEFT JOIN"),
)


def works_there(user: str, case: str, roles: str) -> str:
    """SQL: whether ``user`` (a column) has one of ``roles`` today at the office of ``case`` (an alias)."""
    return (
        "EXISTS (SELECT FROM organisation_membership w JOIN organisation_user a ON a.id = w.user_id "
        "LEFT JOIN organisation_team wt ON wt.id = w.team_id "
        # The kind is asked before the policy of accounts, which else works out which participants' accounts are seen.
        f"WHERE w.user_id = {user} AND a.kind = 'staff' "
        f"AND w.role IN ({roles}) AND coalesce(w.office_id, wt.office_id) = {case}.office_id "
        "AND w.started_on <= access_today() AND (w.ended_on IS NULL OR w.ended_on >= access_today()) "
        "AND (a.ended_on IS NULL OR a.ended_on >= access_today()))"
    )


#: By column of a case: the roles in which it holds (as in the rules).
FOLLOWS, COUNSELS = "'specialist', 'supervisor'", "'counsellor'"
_LEFT = (
    f"c.specialist_id IS NOT NULL AND NOT {works_there('c.specialist_id', 'c', FOLLOWS)}",
    f"c.counsellor_id IS NOT NULL AND NOT {works_there('c.counsellor_id', 'c', COUNSELS)}",
)
_COLUMNS = ", ".join([columns(Case, "c"), *(columns(model, name) for name, model, _how in _JOINED), *_LEFT])
_PEOPLE = " ".join(f"{how} {model._meta.db_table} {name} ON {name}.id = c.{name}_id" for name, model, how in _JOINED)
_OPENED = f"SELECT {_COLUMNS} FROM cases_case c {_PEOPLE} WHERE c.id = %(case)s"
#: The same, having said that this case alone is worked with (see :func:`only`). Were the case looked up before it is said,
#: the same row would be found, only slower.
_OPENED_ALONE = (
    f"SELECT {_COLUMNS} FROM set_config('plass.case', %(case)s::bigint::text, true) AS alone "
    f"JOIN cases_case c ON c.id = alone::bigint {_PEOPLE}"
)


def _with_people(case_id: int, question: str) -> Case | None:
    rows = fetch(question, {"case": case_id})
    if not rows:
        return None
    values = list(rows[0])

    def take(model: type[M]) -> M | None:
        names = [field.attname for field in model._meta.concrete_fields]
        own, values[:] = values[: len(names)], values[len(names) :]
        return None if own[0] is None else model.from_db("default", names, own)

    case = cast(Case, take(Case))
    for name, model, _how in _JOINED:
        setattr(case, name, take(model))
    case.specialist_left, case.counsellor_left = values
    return case


def still_sees(opened: Opened) -> bool:
    """Whether the one who opened a case still may, as it is now: an act may have given it to somebody else."""
    case = Case.objects.filter(pk=opened.case.pk).first()
    return case is not None and _decide(opened.standing.actor, case).allowed


def level(case: Case, by: User) -> Level:
    """What ``by`` may do with the case as one who works here."""
    who = user_roles(by)
    decision = _decide(who.actor, case) if who else None
    return decision.level if decision is not None and _lets(decision, Level.READ, own=False) else Level.NONE


def check(case: Case, by: User, needs: Level = Level.RECORD, *, own: bool = False) -> None:
    """For actions: raise :class:`NotAllowed` unless the rules let ``by`` do so much with the case, as one who works here.

    With ``own``: unless it is about ``by`` themselves.
    """
    who = user_roles(by)
    decision = _decide(who.actor, case) if who else None
    if decision is None or not _lets(decision, needs, own):
        raise NotAllowed(f"user {by.pk} may not {needs.name.lower()} in case {case.pk}")


def _lets(decision: Decision, needs: Level, own: bool) -> bool:
    """Whether it allows so much on the pages of those who work here; or, with ``own``, whether it is about oneself."""
    is_own = decision.rule == OWN
    return decision.allowed and own == is_own and (is_own or decision.level >= needs)


@contextmanager
def restrict_to_cases(*case_ids: int) -> Iterator[None]:
    """Work with one case alone, or with some: within, the database shows those at most, whoever acts, and so need not
    find the rest.

    For what writes several facts about them. It opens nothing: who does not see a case does not see it here either.
    Among ``facts.bulk_recording`` it holds until those end. Needs a transaction.
    """
    before, case_list = _only.get(), ",".join(str(case_id) for case_id in case_ids)
    if before == case_list or not case_ids:
        yield
        return
    _show_only(case_list)
    try:
        yield
    finally:
        if not _stays.get():
            _end_only(before)


@contextmanager
def restrict_until_done() -> Iterator[None]:
    """Within, what :func:`only` says holds until this ends, so that it is said once. An error must undo all of it."""
    before, token = _only.get(), _stays.set(True)
    try:
        yield
    finally:
        _stays.reset(token)
        if _only.get() != before:
            _end_only(before)


def _show_only(case_ids: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('plass.case', %s, true)", [case_ids])
    _only.set(case_ids)


def _end_only(before: str) -> None:
    """Show again what was shown ``before``."""
    _only.set(before)
    # After an error the database takes nothing more until all is undone, and that undoes this too.
    status = connection.connection.info.transaction_status
    if not connection.needs_rollback and status != TransactionStatus.INERROR:
        _show_only(before)
