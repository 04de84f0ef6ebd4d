"""What several pages ask about comments, requests and releases. Row-level security holds below each of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from plass.cases.models import Case
from plass.cases.read_by import Reader
from plass.db.prepared import PreparedQuery
from plass.employers.models import ContactPerson, Employer
from plass.organisation.models import User
from plass.organisation.sorting import alphabetically
from plass.profiles.models import Profile
from plass.profiles.queries import in_words

from .models import (
    TO_DECIDE,
    Comment,
    ContactAccount,
    CorrectionRequest,
    Disclosure,
    EmployerAccess,
    FactorReset,
    Item,
    Objection,
    Release,
)

FactKey = tuple[str, int]


@dataclass
class Beside:
    """What the participant wrote beside one fact."""

    comments: list[Comment] = field(default_factory=list)
    requests: list[CorrectionRequest] = field(default_factory=list)


def beside(case: Case, facts: Iterable[FactKey]) -> dict[FactKey, Beside]:
    """Comments that stand, and requests with their answers, beside these facts. Two queries."""
    facts = list(facts)
    numbers = [number for _kind, number in facts]
    by_fact: dict[FactKey, Beside] = {}
    keys = set(facts)
    if not keys:
        return by_fact
    for comment in Comment.objects.filter(case=case, fact_id__in=numbers, withdrawn_at=None).order_by("pk"):
        if (comment.kind, comment.fact_id) in keys:
            by_fact.setdefault((comment.kind, comment.fact_id), Beside()).comments.append(comment)
    for request in requests(case).filter(fact_id__in=numbers).order_by("pk"):
        key = (request.kind, request.fact_id or 0)
        if key in keys:
            by_fact.setdefault(key, Beside()).requests.append(request)
    return by_fact


def requests(case: Case) -> QuerySet[CorrectionRequest]:
    """Every request for correction of a case with its answer, the newest first."""
    return CorrectionRequest.objects.filter(case=case).select_related("answer", "answer__answered_by").order_by("-pk")


@dataclass(frozen=True)
class News:
    """The participant asks for a correction that nobody has answered (``what`` is "request", ``number`` its number), or
    wrote something that their specialist has not opened the case since (``what`` is a word for it)."""

    case_id: int
    at: datetime
    what: str
    number: int
    participant: str


def news(case_ids: Collection[int], user_ids: Collection[int], teams: Collection[int]) -> PreparedQuery[News]:
    """What waits for those who follow the cases of ``user_ids``, and for ``teams`` where nobody follows.

    Every unanswered request, the oldest first (also where the follow-up has ended); and for each of ``case_ids`` the
    newest comment, own version of the profile, decision about openness, release, withdrawal or objection, or another
    phone for a contact person let in by somebody else, that the specialist has not opened the case since.
    """
    return PreparedQuery(
        News,
        """
            SELECT q.case_id, q.asked_at, 'request', q.id, d.given_name || ' ' || d.family_name
            FROM rights_correctionrequest q
            JOIN cases_case c ON c.id = q.case_id JOIN cases_participant d ON d.id = c.participant_id
            WHERE (c.specialist_id = ANY (%(users)s::bigint[])
                   OR (c.specialist_id IS NULL AND c.team_id = ANY (%(teams)s::bigint[])))
              AND NOT EXISTS (SELECT FROM rights_correctionanswer a WHERE a.request_id = q.id)
            UNION ALL
            (SELECT DISTINCT ON (w.case_id) w.case_id, w.at, w.what, 0, '' FROM (
                SELECT case_id, written_at AS at, 'comment' AS what FROM rights_comment
                WHERE case_id = ANY (%(cases)s::bigint[]) AND withdrawn_at IS NULL
                UNION ALL
                SELECT case_id, decided_at, 'disclosure' FROM rights_disclosure
                WHERE case_id = ANY (%(cases)s::bigint[]) AND agreed_how = ''
                UNION ALL
                SELECT r.case_id, r.withdrawn_at, 'withdrawal' FROM rights_release r
                JOIN cases_case c ON c.id = r.case_id JOIN cases_participant p ON p.id = c.participant_id
                WHERE r.case_id = ANY (%(cases)s::bigint[]) AND r.withdrawn_by_id = p.user_id
                UNION ALL
                SELECT r.case_id, r.released_at, 'release' FROM rights_release r
                WHERE r.case_id = ANY (%(cases)s::bigint[]) AND r.agreed_how = '' AND r.withdrawn_at IS NULL
                UNION ALL
                SELECT case_id, made_at, 'objection' FROM rights_objection
                WHERE case_id = ANY (%(cases)s::bigint[]) AND withdrawn_at IS NULL
                UNION ALL
                SELECT r.case_id, r.reset_at, 'phone' FROM rights_factorreset r JOIN cases_case c ON c.id = r.case_id
                WHERE r.case_id = ANY (%(cases)s::bigint[]) AND r.reset_by_id <> c.specialist_id
                UNION ALL
                SELECT f.case_id, f.recorded_at, 'profile' FROM profiles_profile f
                JOIN cases_case c ON c.id = f.case_id JOIN cases_participant p ON p.id = c.participant_id
                WHERE f.case_id = ANY (%(cases)s::bigint[]) AND f.superseded_at IS NULL AND f.recorded_by_id = p.user_id
            ) w JOIN cases_case c ON c.id = w.case_id
            WHERE NOT EXISTS (
                SELECT FROM access_accesslogentry o
                WHERE o.case_id = w.case_id AND o.user_id = c.specialist_id AND o.allowed AND o.at > w.at)
            ORDER BY w.case_id, w.at DESC, w.what)
            ORDER BY 2, 4
            """,
        {"cases": sorted(case_ids), "users": list(user_ids), "teams": sorted(teams)},
    )


def comments(case: Case, limit: int = 50) -> QuerySet[Comment]:
    """The participant's comments that stand, the newest first."""
    return Comment.objects.filter(case=case, withdrawn_at=None).order_by("-pk")[:limit]


@dataclass(frozen=True)
class Decided:
    """One item and what was decided about it last (None: nothing yet)."""

    item: Item
    decision: Disclosure | None


def decisions(case: Case) -> list[Decided]:
    """Each item there is to decide about, with the decision that holds. One query."""
    latest = {
        decision.item: decision
        for decision in Disclosure.objects.filter(case=case)
        .order_by("item", "-decided_at", "-pk")
        .distinct("item")
        .select_related("decided_by")
    }
    return [Decided(item, latest.get(item)) for item in TO_DECIDE]


@dataclass
class Shared:
    """What one employer may read about a participant, who there may read it, and whether they said no to it."""

    employer: Employer
    releases: list[Release] = field(default_factory=list)
    earlier: list[Release] = field(default_factory=list)
    accesses: list[EmployerAccess] = field(default_factory=list)
    ended: list[EmployerAccess] = field(default_factory=list)
    objection: Objection | None = None


def shared(case: Case) -> list[Shared]:
    """Everything that is or was shared with employers, by employer's name. Four queries."""
    by_employer: dict[int, Shared] = {}
    for release in Release.objects.filter(case=case).select_related("employer", "released_by", "step").order_by("-pk"):
        row = by_employer.setdefault(release.employer_id, Shared(release.employer))
        (row.earlier if release.is_over else row.releases).append(release)
    for access in _all_accesses(case):
        employer = access.contact_person.employer
        row = by_employer.setdefault(employer.pk, Shared(employer))
        (row.accesses if access.ended_at is None else row.ended).append(access)
    for objection in Objection.objects.filter(case=case, withdrawn_at=None).select_related("employer"):
        by_employer.setdefault(objection.employer_id, Shared(objection.employer)).objection = objection
    return sorted(by_employer.values(), key=lambda row: row.employer.sort_name)


def accesses(case: Case) -> QuerySet[EmployerAccess]:
    """The contact persons who have access to a case now, with employer and who gave it."""
    return _all_accesses(case).filter(ended_at=None)


def readers(case: Case) -> list[Reader]:
    """The same, as ``plass.cases`` lists who sees a protected participant; with the page where access is ended."""
    return [
        Reader(
            access.contact_person.name,
            _("contact person at %(employer)s, reads what is shared")
            % {"employer": access.contact_person.employer.name},
            reverse("rights:sharing", args=[case.pk]),
        )
        for access in accesses(case)
    ]


def _all_accesses(case: Case) -> QuerySet[EmployerAccess]:
    return (
        EmployerAccess.objects.filter(case=case)
        .select_related("contact_person__employer", "given_by", "ended_by")
        .order_by(alphabetically("contact_person__name"), "pk")
    )


def phone_since(access: EmployerAccess) -> datetime | None:
    """Since when the contact person's account opens with codes from a phone too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rights_factor_since(%s)", [access.contact_person_id])
        since: datetime | None = cursor.fetchone()[0]
    return since


def bound_since(access: EmployerAccess) -> datetime | None:
    """Since when the contact person's account opens by a login service too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rights_bound_since(%s)", [access.contact_person_id])
        since: datetime | None = cursor.fetchone()[0]
    return since


def has_password_of_others(user: User) -> bool:
    """Whether somebody of the staff has read the password of the acting user's account. One query."""
    return ContactAccount.objects.filter(user=user, chosen_at=None).exists()


def factor_resets(access: EmployerAccess) -> QuerySet[FactorReset]:
    """When the contact person was let set up another phone, newest first, as it is told at this case."""
    return (
        FactorReset.objects.filter(case=access.case_id, contact_person=access.contact_person_id)
        .select_related("reset_by")
        .order_by("-reset_at", "-pk")
    )


def accesses_at(employer: Employer) -> QuerySet[EmployerAccess]:
    """Who at an employer has access to whom, of the cases the reader sees."""
    return (
        EmployerAccess.objects.filter(contact_person__employer=employer, ended_at=None)
        .select_related("contact_person", "case__participant")
        .order_by(alphabetically("contact_person__name"), "pk")
    )


def objections_to(employer: Employer) -> QuerySet[Objection]:
    """Who of those the reader sees does not want the employer to be asked."""
    return (
        Objection.objects.filter(employer=employer, withdrawn_at=None)
        .select_related("case__participant")
        .order_by("-pk")
    )


def employers_of(case: Case) -> QuerySet[Employer]:
    """The employers who have to do with a case: contacted for it, a job there, or something shared. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT employer_id FROM followup_contact
            WHERE case_id = %(case)s AND superseded_at IS NULL AND employer_id IS NOT NULL
            UNION SELECT employer_id FROM jobs_jobstarted WHERE case_id = %(case)s AND superseded_at IS NULL
            UNION SELECT employer_id FROM followup_meeting
            WHERE case_id = %(case)s AND superseded_at IS NULL AND employer_id IS NOT NULL
            UNION SELECT employer_id FROM rights_release WHERE case_id = %(case)s
            UNION SELECT employer_id FROM rights_objection WHERE case_id = %(case)s
            """,
            {"case": case.pk},
        )
        numbers = [row[0] for row in cursor.fetchall()]
    return Employer.objects.filter(pk__in=numbers).order_by("sort_name", "pk")


def suggested_text(case: Case, item: str, profile: Profile | None) -> str:
    """Words to begin from when an item is released: what the participant has said already. They are shown first."""
    participant = case.participant
    if item == Item.NAME:
        return participant.name
    if item == Item.CONTACT:
        return "\n".join(text for text in (participant.phone, participant.email) if text)
    fields = {Item.WISHES: "occupations", Item.STRENGTHS: "strengths", Item.SUPPORT: "support_needs"}
    fields |= {Item.HOURS: "hours_wanted", Item.MASTERY: "mastery"}
    name = fields.get(Item(item)) if item in Item.values else None
    return in_words(profile, name) if profile is not None and name else ""


# --- What an employer's contact person asks -----------------------------------------------------------------------


@dataclass(frozen=True)
class Visit:
    """An agreed visit or meeting that the employer takes part in."""

    starts_at: datetime
    minutes: int
    channel: str
    place: str
    address: str
    staff: str
    phone: str


@dataclass(frozen=True)
class Agreement:
    """A step of the plan that was released for the employer, as it stands."""

    what: str
    who: str
    due_on: date | None
    outcome: str | None
    done_on: date | None


@dataclass(frozen=True)
class Call:
    """Whom to call about a participant."""

    name: str
    phone: str
    email: str
    office: str


@dataclass(frozen=True)
class ForEmployer:
    """Everything one contact person may read about one participant."""

    access: EmployerAccess
    name: str
    releases: list[Release]
    agreements: list[Agreement]
    visits: list[Visit]
    call: Call | None


def me_at_the_employer(user: User) -> ContactPerson | None:
    """The contact person whose account acts, with the employer; None where the account is nobody's any more."""
    return ContactPerson.objects.filter(account__user=user).select_related("employer").first()


def must_choose_password(me: ContactPerson) -> bool:
    """Whether somebody of the staff has read the password of the contact person's account. One query."""
    return ContactAccount.objects.filter(contact_person=me, chosen_at=None).exists()


def for_employer(access: EmployerAccess | None = None) -> list[ForEmployer]:
    """What the acting contact person may read, participant by participant, the newest access first.

    No filter says whose: row-level security does. With ``access`` only that one.
    """
    reads = EmployerAccess.objects.order_by("-given_at", "-pk")
    if access is not None:
        reads = reads.filter(pk=access.pk)
    released: dict[int, list[Release]] = {}
    for release in Release.objects.order_by("released_at", "pk"):
        released.setdefault(release.case_id, []).append(release)
    participants = []
    for read in reads:
        releases = released.get(read.case_id, [])
        participants.append(
            ForEmployer(
                access=read,
                name=next((release.text for release in releases if release.item == Item.NAME), ""),
                releases=[release for release in releases if release.item not in {Item.STEP, Item.NAME}],
                agreements=[Agreement(*row) for row in _ask("rights_agreements", read.case_id)],
                visits=[Visit(*row) for row in _ask("rights_visits", read.case_id)],
                call=next((Call(*row) for row in _ask("rights_whom_to_call", read.case_id)), None),
            )
        )
    return participants


def _ask(function: str, case_id: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {function}(%s)", [case_id])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
