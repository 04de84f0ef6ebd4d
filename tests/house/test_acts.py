"""Every act x every kind of relation to a case x before, during and after: who may do it, and whose access grows by it.

The acts are the forms of all pages about a case, as in ``test_twice``, and referring the same person to the other office
where one works (``REFER``). Each is sent by somebody who stands in one relation
to the case and in no other, and undone. Who may is said once for each relation (``RELATIONS``) and each address
(``tests.house.test_urls.WHO``); the table that comes out of it stands in docs/security/acts.md.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from plass.access import idempotency
from plass.access.current_user import set_current_user
from plass.access.models import Grant
from plass.access.rules import Level
from plass.cases import identity
from plass.cases.models import Assignment, Case, Participant, PossibleDuplicate
from plass.employers.models import ContactPerson, Employer
from plass.organisation.models import Membership, Role, Team, User
from plass.rights.models import ContactAccount, EmployerAccess
from tests.conftest import as_owner
from tests.house import test_urls
from tests.house.test_twice import WRITE, Form, _laid_out, _on
from tests.journeys.test_every_page import ADDRESSES, FURTHER, LEFT_OUT
from tests.world import stored

__all__ = ["_laid_out"]

DOCUMENT = Path(__file__).parents[2] / "docs" / "security" / "acts.md"
#: What acts need whose numbers the table of addresses gives to nobody, because they are somebody's own.
NEEDS = {
    "rights:answer": Level.RECORD,
    "rights:end_access": Level.RECORD,
    "rights:withdraw": Level.RECORD,
    "rights:lost_phone": Level.DECIDE,
    "rights:new_password": Level.DECIDE,
    # A yes; whoever steps in may write down a no (tests/rights/test_levels.py).
    "rights:decide": Level.DECIDE,
    "cases:hand_over?rolle=veileder": Level.DECIDE,
    "retention:lift": Level.DECIDE,
    "caseload:identity_number": Level.READ,
    # Anybody may refer anybody to where they work. Here: so that the new case is the registered person's.
    "cases:refer": Level.DECIDE,
    # Whoever may join decides about the person who is registered: the case is theirs.
    "cases:join": Level.DECIDE,
    "caseload:reassign": Level.DECIDE,
    # No relation to the case is what lets one ask.
    "cases:emergency": Level.NONE,
    "oversight:appoint": Level.NONE,
}
#: Those who do not work here, and the kind of their account.
OUTSIDE = {"the participant": "participant", "contact person": "employer"}
#: Whoever works with people, be it elsewhere, as all of these do.
EVERYBODY_WITH_CASES = {
    *("specialist", "counsellor", "who referred", "supervisor", "colleague", "let in to see", "let in to record"),
    *("emergency", "none", "data protection officer"),
}
#: Referring the person of the case, elsewhere: it is sent to no address of the case, and is done where it attaches.
REFER = "cases:refer"
#: Acts that ask for more than the level, and the relations that have it.
ONLY = {
    "cases:take": {"colleague"},
    # Whoever referred the person does when somebody else has met them.
    "cases:join": {"specialist", "counsellor", "supervisor"},
    "cases:hand_over": {"specialist", "supervisor"},
    "retention:lift": {"supervisor"},
    "caseload:reassign": {"supervisor"},
    "oversight:appoint": {"data protection officer"},
    "cases:emergency": EVERYBODY_WITH_CASES,
}
#: Acts that those may do who have no relation to the case, too.
WITHOUT_A_RELATION = {"cases:emergency"}
#: Further addresses of pages about a case that have another form there.
ANOTHER_FORM = {"cases:hand_over": ("/sak/{case_id}/overfor/?rolle=veileder",)}
#: Acts on a case that nobody follows: it has no specialist.
WAITING = {"cases:take"}


@dataclass(frozen=True)
class Relation:
    """A kind of relation to a case: in which role, and what it allows while it lasts."""

    name: str
    role: Role | None
    level: Level
    moments: tuple[str, ...] = ("before", "during", "after")


RELATIONS = (
    Relation("specialist", Role.SPECIALIST, Level.DECIDE),
    Relation("counsellor", Role.COUNSELLOR, Level.DECIDE),
    Relation("who referred", Role.COUNSELLOR, Level.DECIDE),
    Relation("supervisor", Role.SUPERVISOR, Level.DECIDE),
    Relation("colleague", Role.SPECIALIST, Level.RECORD),
    Relation("let in to see", Role.SPECIALIST, Level.READ, ("during", "after")),
    Relation("let in to record", Role.SPECIALIST, Level.RECORD, ("during", "after")),
    Relation("emergency", Role.SPECIALIST, Level.CONTACT, ("during", "after")),
    Relation("none", Role.SPECIALIST, Level.NONE, ("during",)),
    Relation("data protection officer", Role.DATA_PROTECTION, Level.NONE),
    # They have pages of their own (plass.portal), and no part in these.
    Relation("the participant", None, Level.NONE, ("during", "after")),
    Relation("contact person", None, Level.NONE, ("during", "after")),
)
TODAY = timezone.localdate()
LONG_AGO = TODAY - timedelta(days=3000)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def stand(relation: Relation, moment: str, case_id: int, *, waiting: bool) -> User:
    """Somebody who stands in the relation to the case at that moment, and works at another office too."""
    with as_owner():
        case = Case.objects.select_related("team").get(pk=case_id)
        account = User.objects.create(
            username=f"{relation.name}-{moment}",
            given_name="Prøve",
            family_name="Person",
            kind=OUTSIDE.get(relation.name, "staff"),
            started_on=LONG_AGO,
        )
        if relation.name in OUTSIDE:
            _from_outside(account, relation, moment, case)
            return account
        elsewhere = Membership.objects.exclude(office=case.office_id).filter(role=Role.SPECIALIST).first()
        assert elsewhere is not None
        _member(account, Role.SPECIALIST, elsewhere.office_id, elsewhere.team_id, LONG_AGO, None)
        begins = TODAY + timedelta(days=1) if moment == "before" else LONG_AGO
        ends = TODAY - timedelta(days=1) if moment == "after" else None
        place = (case.office_id, None, begins, ends)
        everybody_else: dict[str, Any] = {"referrer_ended_at": timezone.now() - timedelta(days=1)}
        if waiting:
            everybody_else["specialist"] = None
        Case.objects.filter(pk=case_id).update(**everybody_else)
        match relation.name:
            case "specialist":
                # At the office, and in another team.
                _member(account, Role.SPECIALIST, case.office_id, _other_team(case), begins, ends)
                _assigned(case, "specialist", account)
                Case.objects.filter(pk=case_id).update(specialist=account)
            case "counsellor":
                _member(account, Role.COUNSELLOR, *place)
                _assigned(case, "counsellor", account)
                Case.objects.filter(pk=case_id).update(counsellor=account)
            case "who referred":
                _member(account, Role.COUNSELLOR, case.office_id, None, begins, None)
                ended = timezone.now() - timedelta(minutes=1) if moment == "after" else None
                Case.objects.filter(pk=case_id).update(referred_by=account, referrer_ended_at=ended)
            case "data protection officer":
                _member(account, Role.DATA_PROTECTION, *place)
            case "supervisor" | "colleague":
                _member(account, relation.role, case.office_id, case.team_id, begins, ends)
            case "let in to see" | "let in to record" | "emergency":
                over = timedelta(minutes=-1 if moment == "after" else 60)
                Grant.objects.create(
                    kind="emergency" if relation.name == "emergency" else "given",
                    level=relation.level,
                    user=account,
                    granted_by=account,
                    case_id=case_id,
                    reason="Prøve",
                    granted_at=timezone.now() - timedelta(hours=2),
                    expires_at=timezone.now() + over,
                )
    return account


def _from_outside(account: User, relation: Relation, moment: str, case: Case) -> None:
    """The participant, whose account ends; or a contact person who reads about them until the access ends."""
    if relation.name == "the participant":
        Participant.objects.filter(pk=case.participant_id).update(user=account)
        User.objects.filter(pk=account.pk).update(ended_on=TODAY - timedelta(days=1) if moment == "after" else None)
        return
    person = ContactPerson.objects.create(
        employer=Employer.objects.order_by("pk")[0], name="Prøve Person", recorded_by=account
    )
    ContactAccount.objects.create(user=account, contact_person=person, opened_by=account, chosen_at=timezone.now())
    ended = {"ended_at": timezone.now(), "ended_by": account} if moment == "after" else {}
    EmployerAccess.objects.create(
        case=case, contact_person=person, agreed_on=TODAY, agreed_how="talk", given_by=account, **ended
    )


def _assigned(case: Case, role: str, account: User) -> None:
    """The fact that the case's present relation follows from."""
    team = case.team if role == "specialist" else None
    Assignment.objects.create(
        case=case,
        happened_on=TODAY,
        role=role,
        user=account,
        team=team,
        recorded_by=account,
        recorded_at=timezone.now(),
    )


def _other_team(case: Case) -> int:
    team = Team.objects.filter(office=case.office_id).exclude(pk=case.team_id).first()
    assert team is not None
    return team.pk


def _member(account: User, role: Role, office: int, team: int | None, started_on: date, ended_on: date | None) -> None:
    Membership.objects.create(
        user=account, role=role, office_id=office, team_id=team, started_on=started_on, ended_on=ended_on
    )


def level_at(relation: Relation, moment: str) -> Level:
    return relation.level if moment == "during" else Level.NONE


def needs(name: str) -> Level:
    """What the act asks for, by the table of addresses."""
    if name in NEEDS:
        return NEEDS[name]
    of = test_urls.classified(name)
    assert of is not None and of.at_a_case, f"say in NEEDS what {name} needs"
    return of.needs


def may(act: str, relation: Relation, moment: str) -> bool:
    if moment != "during" and needs(act) == Level.NONE and act not in WITHOUT_A_RELATION:
        return False
    return level_at(relation, moment) >= needs(act) and relation.name in ONLY.get(act, {relation.name})


# --- The acts ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    """A form about a case, filled in so that it can be sent."""

    name: str
    case_id: int
    form: Form

    @property
    def waiting(self) -> bool:
        return self.name in WAITING


def log_in(account: User) -> Client:
    client = Client(raise_request_exception=False)
    set_current_user(account.pk)
    client.force_login(account)
    return client


def send(client: Client, form: Form) -> int:
    values, action = form.values(), form.action
    if "cases" in values:
        # Several cases: those whom the same person follows, to another of the team.
        with as_owner():
            case = Case.objects.get(pk=values["cases"][0])
            team = Membership.objects.filter(team=case.team_id, role=Role.SPECIALIST, ended_on=None)
            to = team.exclude(user=case.specialist_id).order_by("pk")[0]
        action = action.format(instead_of=case.specialist_id)
        values["to"] = f"{to.user_id}-{to.team_id}"
    if "instead_of" in values:
        # Who has the case when the form is shown.
        with as_owner():
            case = Case.objects.get(pk=resolve(form.action.partition("?")[0]).kwargs["case_id"])
        values["instead_of"] = str((case.counsellor_id if "rolle=" in form.action else case.specialist_id) or "")
    if "submission" in values:
        values["submission"] = str(idempotency.new())
    answer = client.post(action, values)
    # On to the login page: nothing was done.
    return 403 if answer.get("Location", "").startswith(reverse("accounts:login")) else int(answer.status_code)


def find_acts(numbers: dict[str, Any]) -> list[Act]:
    """One form of each kind that writes something about a case, and is taken when the supervisor or specialist sends it."""
    acts: dict[Any, Act] = {}
    with transaction.atomic(), as_owner():
        # Somebody to hand over to.
        office = Case.objects.get(pk=numbers["case_id"]).office_id
        another = User.objects.create(
            username="another-counsellor", given_name="Vera", family_name="Veileder", kind="staff", started_on=LONG_AGO
        )
        _member(another, Role.COUNSELLOR, office, None, LONG_AGO, None)
    with as_owner():
        people = list(User.objects.filter(username__in=["jobb1", "leder1", "veileder1", "jobb2"]).order_by("username"))
    for page, _pattern, asks_for in ADDRESSES:
        if "case_id" not in asks_for or page in LEFT_OUT or page.startswith("portal:"):
            continue
        values = {name: numbers.get(f"{page}.{name}", numbers.get(name)) for name in asks_for}
        further = (*FURTHER.get(page, ()), *ANOTHER_FORM.get(page, ()))
        for address in [reverse(page, kwargs=values), *(pattern.format(**numbers) for pattern in further)]:
            for person in people:
                with undone():
                    client = log_in(person)
                    forms = _on(client, address) or []
                for form in forms:
                    _try(acts, form, person, numbers)
    return sorted([*acts.values(), *acts_elsewhere(numbers)], key=lambda act: act.name)


def acts_elsewhere(numbers: dict[str, Any]) -> list[Act]:
    """The same for pages that have no number of a case: each is about one case of the laid-out database."""
    with as_owner():
        link = PossibleDuplicate.objects.get(pk=numbers["cases:join.link_id"])
        appoints = PossibleDuplicate.objects.get(pk=numbers["oversight:appoint.link_id"])
        existing = Case.objects.filter(participant_id=link.existing_id).latest("pk")
        typed = Case.objects.filter(participant_id=appoints.participant_id).latest("pk")
    reassigned = numbers["case_id"]
    return [
        Act(
            "cases:join",
            existing.pk,
            Form(f"/henvisninger/a-koble/{link.pk}/", {"submission": [""], "outcome": ["join"], "answer": [""]}),
        ),
        Act(
            "oversight:appoint",
            typed.pk,
            Form(f"/personvern/henvisning/{appoints.pk}/", {"submission": [""], "to": [str(numbers["mette"])]}),
        ),
        Act(
            "caseload:reassign",
            reassigned,
            Form(
                "/team/overfor/?fra={instead_of}",
                {"submission": [""], "cases": [str(reassigned)], "to": ["{to}"], "reason": ["Prøve"]},
            ),
        ),
    ]


def _try(acts: dict[Any, Act], form: Form, person: User, numbers: dict[str, Any]) -> None:
    match = resolve(form.action.partition("?")[0])
    key = (form.key, "rolle=" in form.action)
    if "case_id" not in match.kwargs or key in acts:
        return
    form.fields.update({name: [text.format(**numbers)] for name, text in WRITE.get(match.view_name, {}).items()})
    with undone():
        client = log_in(person)
        if send(client, form) in {200, 302, 303}:
            query = form.action.partition("?")
            name = match.view_name + (query[1] + query[2] if "rolle=" in query[2] else "")
            acts[key] = Act(name, int(match.kwargs["case_id"]), form)


def refer_elsewhere(case_id: int) -> Act:
    """The form that refers the person of the case to the other office where whoever ``stand`` makes works too."""
    with as_owner():
        case = Case.objects.select_related("participant").get(pk=case_id)
        elsewhere = Membership.objects.exclude(office=case.office_id).filter(role=Role.SPECIALIST).first()
        assert elsewhere is not None
    number = identity.decrypt(stored(case.participant, "identity_number"))
    fields = {
        "submission": "",
        "number": number,
        "given_name": "Prøve",
        "family_name": "Skrevet",
        "protection": "",
        "wishes": "Jobb",
        "participant_agreed_on": TODAY.isoformat(),
        "happened_on": TODAY.isoformat(),
        "team": str(elsewhere.team_id),
    }
    form = Form(reverse("cases:refer"), {name: [text] for name, text in fields.items()})
    return Act(REFER, case_id, form)


def attached(act: Act, actor: User) -> bool:
    """Whether the referral is a case of the person whom the act was about."""
    with as_owner():
        participant = Case.objects.get(pk=act.case_id).participant_id
        new = Case.objects.filter(referred_by=actor).exclude(pk=act.case_id).latest("pk")
        return new.participant_id == participant


# --- Whose access grows -------------------------------------------------------------------------------------------------


def access_of_everybody() -> dict[tuple[int, int], int]:
    """What each account may do with each case, as the database says."""
    levels: dict[tuple[int, int], int] = {}
    with as_owner():
        accounts = list(User.objects.values_list("pk", flat=True))
    for account in accounts:
        set_current_user(account)
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("SELECT id, max(level) FROM access_visible GROUP BY id")
            levels |= {(account, case): level for case, level in cursor.fetchall()}
    return levels


def newest_rows() -> tuple[int, ...]:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce((SELECT max(id) FROM cases_assignment), 0), coalesce((SELECT max(id) FROM access_grant), 0), "
            "coalesce((SELECT max(id) FROM access_change), 0), coalesce((SELECT max(id) FROM cases_case), 0), "
            "coalesce((SELECT max(id) FROM cases_participant), 0)"
        )
        return tuple(cursor.fetchone())


def unexplained(before: dict[tuple[int, int], int], newest: tuple[int, ...], actor: User) -> list[str]:
    """Growth of access that no line says ``actor`` gave. A referral gives a case of somebody whom it registered, or of a
    person about whom ``actor`` decided before."""
    grown = [pair for pair, level in access_of_everybody().items() if level > before.get(pair, 0)]
    decided = [case for (account, case), level in before.items() if account == actor.pk and level >= Level.DECIDE]
    unexplained = []
    for account, case in grown:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT FROM cases_assignment WHERE id > %(a)s AND case_id = %(case)s "
                "AND user_id = %(account)s AND recorded_by_id = %(actor)s) "
                "OR EXISTS (SELECT FROM access_grant WHERE id > %(g)s AND case_id = %(case)s AND user_id = %(account)s "
                "AND granted_by_id = %(actor)s) "
                "OR EXISTS (SELECT FROM access_accesslogentry WHERE user_id = %(actor)s AND purpose = 'join' "
                "AND case_id = %(case)s) "
                "OR EXISTS (SELECT FROM access_change WHERE id > %(c)s AND who = %(actor)s "
                "AND \"table\" = 'cases_participant' AND new ? 'protection' "
                "AND participant_id = (SELECT participant_id FROM cases_case WHERE id = %(case)s)) "
                "OR EXISTS (SELECT FROM cases_case n WHERE n.id = %(case)s AND n.id > %(n)s "
                "AND n.referred_by_id = %(actor)s AND (n.participant_id > %(p)s OR EXISTS ("
                "SELECT FROM cases_case o WHERE o.participant_id = n.participant_id AND o.id = ANY (%(decided)s))))",
                {"a": newest[0], "g": newest[1], "c": newest[2], "n": newest[3], "p": newest[4], "decided": decided}
                | {"case": case, "account": account, "actor": actor.pk},
            )
            if not cursor.fetchone()[0]:
                unexplained.append(f"account {account} at case {case}")
    return unexplained


def written(acts: list[Act]) -> str:
    """The table, for docs/security/acts.md."""
    names = sorted({act.name for act in acts})
    lines = [
        "# Who may do what with a case",
        "",
        "Written by tests/house/test_acts.py, which sends every form about a case as somebody in each relation to it,",
        "before it begins, while it lasts and after its end: do not edit it. Before and after, nobody may do anything but",
        "ask for emergency access. The participant and contact persons have pages of their own, and no part in these.",
        "What each level allows, and when each relation begins and ends, stands in docs/decisions/0158. `cases:refer` is",
        "to refer the person to another office where one works: yes, where the new case becomes the registered person's.",
        "",
        f"| act | needs | {' | '.join(relation.name for relation in RELATIONS)} |",
        f"| --- | --- | {' | '.join('---' for _relation in RELATIONS)} |",
    ]
    for name in names:
        cells = ["yes" if may(name, relation, "during") else "" for relation in RELATIONS]
        lines.append(f"| `{name}` | {needs(name).name.lower()} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def test_every_act_is_for_those_whose_relation_allows_it_and_gives_nobody_more_unsaid(laid_out, promise) -> None:
    _template, numbers = laid_out
    acts = find_acts(numbers)
    assert {act.name for act in acts} >= {
        "cases:take",
        "cases:hand_over",
        "cases:hand_over?rolle=veileder",
        "cases:emergency",
        "caseload:end",
        "rights:share",
        "followup:contact",
    }
    acts.append(refer_elsewhere(numbers["case_id"]))
    wrong, sent, grown = [], 0, 0
    for act in acts:
        for relation in RELATIONS:
            refers = act.name == REFER and relation.name not in OUTSIDE
            if act.waiting and relation.name == "specialist":
                continue
            for moment in relation.moments:
                with undone():
                    actor = stand(relation, moment, act.case_id, waiting=act.waiting)
                    before = access_of_everybody() if refers or may(act.name, relation, moment) else {}
                    newest = newest_rows()
                    status = send(log_in(actor), act.form)
                    sent += 1
                    done = status in {200, 302, 303}
                    if refers:
                        # Those whose referral does not attach get the same answer, and a row of their own.
                        assert status == 303, f"{act.name} by {relation.name} {moment}: {status}"
                        unsaid = unexplained(before, newest, actor)
                        grown += len(unsaid)
                        wrong += [f"{act.name} by {relation.name} {moment} gives {whose}" for whose in unsaid]
                        done, before = attached(act, actor), {}
                    if status >= 500:
                        wrong.append(f"{act.name} by {relation.name} {moment}: {status}")
                    elif done and not may(act.name, relation, moment):
                        wrong.append(f"{act.name} by {relation.name} {moment}: done, and may not")
                    elif not done and may(act.name, relation, moment):
                        wrong.append(f"{act.name} by {relation.name} {moment}: {status}, and may")
                    if done and before:
                        unsaid = unexplained(before, newest, actor)
                        grown += len(unsaid)
                        wrong += [f"{act.name} by {relation.name} {moment} gives {whose}" for whose in unsaid]
                    elif not done and not refers and newest_rows() != newest:
                        wrong.append(f"{act.name} by {relation.name} {moment}: refused, and something was written")
    assert not wrong, "\n".join(wrong)
    if os.environ.get("PLASS_WRITE_DOCS"):
        DOCUMENT.write_text(written(acts), encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == written(acts), (
        "docs/security/acts.md is not what holds: PLASS_WRITE_DOCS=1 pytest tests/house/test_acts.py writes it"
    )
    promise(
        "nobody comes to see what they may not",
        acts=len(acts),
        relations=sum(len(relation.moments) for relation in RELATIONS),
        sent=sent,
        unexplained_growth=grown,
    )


def test_access_that_grows_unsaid_is_found(laid_out) -> None:
    """The control: a row that appears in a relation's column, and no line that says who gave it."""
    _template, numbers = laid_out
    with undone():
        none = next(relation for relation in RELATIONS if relation.name == "none")
        actor = stand(none, "during", numbers["case_id"], waiting=False)
        before, newest = access_of_everybody(), newest_rows()
        with as_owner():
            team = Membership.objects.get(user=actor).team
            Case.objects.filter(pk=numbers["case_id"]).update(team=team, office=team.office)
        assert unexplained(before, newest, actor)
