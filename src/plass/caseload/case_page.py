"""The case page: who this is, what is next, everything recorded, and how we know. Six questions beside the gate's."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from plass.cases import identity
from plass.cases.gate import Opened, open_case
from plass.cases.models import Case, Collaborator, Participant
from plass.cases.views import may_hand_over, may_take
from plass.config.asking import ask
from plass.followup.queries import Agreed, StepToDo, agreed_in, employers_contacted, steps_to_do
from plass.jobs.queries import EducationPeriod, JobPeriod, lately_ended
from plass.profiles.models import Profile
from plass.profiles.queries import Said, said

from . import reminders as rules
from . import timeline
from .lists import TONES
from .milestones import Line, lines
from .models import Milestones, Phase
from .today import JOBS_BACK
from .wording import Sentence, sentence

#: What the profile in short shows.
IN_SHORT = ("occupations", "strengths", "support_needs", "avoid", "hours_wanted")
EMPLOYERS_SHOWN = 8
#: The rules by which a case is somebody's own to follow, so that they may let others in.
BY_NAME = frozenset({"specialist", "counsellor"})

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True)
class Voice:
    """How much the participant has said that the page leads to: requests that wait, comments, releases, noes."""

    waiting: int = 0
    comments: int = 0
    shared: int = 0
    noes: int = 0


@dataclass
class Parts:
    """The few rows of a case that lie in several tables and are read in one question."""

    milestones: Milestones
    profile: Profile | None = None
    jobs: list[JobPeriod] = field(default_factory=list)
    educations: list[EducationPeriod] = field(default_factory=list)
    collaborators: list[Collaborator] = field(default_factory=list)
    voice: Voice = Voice()


_PARTS = """
    SELECT 'milestones', to_jsonb(m)::text FROM milestones m WHERE m.case_id = %(case)s
    UNION ALL
    (SELECT 'profile', to_jsonb(f)::text FROM profiles_profile f
     WHERE f.case_id = %(case)s AND f.superseded_at IS NULL ORDER BY f.happened_on DESC, f.id DESC LIMIT 1)
    UNION ALL
    (SELECT 'job', (to_jsonb(p) || jsonb_build_object('employer', e.name))::text
     FROM jobs_periods p JOIN employers_employer e ON e.id = p.employer_id
     WHERE p.case_id = %(case)s ORDER BY p.started_on DESC, p.job_id DESC)
    UNION ALL
    (SELECT 'education', to_jsonb(p)::text FROM jobs_education_periods p
     WHERE p.case_id = %(case)s ORDER BY p.started_on DESC, p.start_id DESC)
    UNION ALL
    (SELECT 'collaborator', to_jsonb(f)::text FROM cases_collaborator f
     WHERE f.case_id = %(case)s AND f.superseded_at IS NULL ORDER BY f.happened_on DESC, f.id DESC LIMIT 20)
    UNION ALL
    SELECT 'voice', jsonb_build_object(
        'waiting', (SELECT count(*) FROM rights_correctionrequest q WHERE q.case_id = %(case)s
                    AND NOT EXISTS (SELECT FROM rights_correctionanswer a WHERE a.request_id = q.id)),
        'comments', (SELECT count(*) FROM rights_comment WHERE case_id = %(case)s AND withdrawn_at IS NULL),
        'shared', (SELECT count(*) FROM rights_release WHERE case_id = %(case)s AND withdrawn_at IS NULL
                   AND (until IS NULL OR until >= current_date)),
        'noes', (SELECT count(*) FROM rights_objection WHERE case_id = %(case)s AND withdrawn_at IS NULL))::text
"""


def parts_of(case: Case) -> Parts:
    """Milestones, newest profile, jobs, education, collaborators and the participant's voice of a case, in one question."""
    rows = [(part, json.loads(text, parse_float=Decimal)) for part, text in ask(_PARTS, {"case": case.pk})]
    of: dict[str, list[dict[str, Any]]] = {}
    for part, row in rows:
        of.setdefault(part, []).append(row)
    return Parts(
        milestones=_model(Milestones, of["milestones"][0]),
        profile=_model(Profile, of["profile"][0]) if "profile" in of else None,
        jobs=[JobPeriod.from_json(row) for row in of.get("job", [])],
        educations=[EducationPeriod.from_json(row) for row in of.get("education", [])],
        collaborators=[_model(Collaborator, row) for row in of.get("collaborator", [])],
        voice=Voice(**of["voice"][0]),
    )


def _model(model: type[M], row: dict[str, Any]) -> M:
    """A row that came as JSON as the model it is a row of."""
    return model(**{one.attname: one.to_python(row[str(one.column)]) for one in model._meta.concrete_fields})


def asks_for(parts: Parts, meetings: list[Agreed], steps: list[StepToDo], today: date) -> list[Sentence]:
    """What the case asks for today, by the same rules as Min dag. Agreed meetings have their own lines above."""
    m = parts.milestones
    row = rules.Row(
        case_id=m.case_id,
        phase=m.phase,
        referred_on=m.referred_on,
        taken_on=m.taken_on,
        started_on=m.started_on,
        last_met_on=m.last_met_on,
        last_contact_on=m.last_contact_on,
        next_contact_on=m.next_contact_on,
        first_profile_on=m.first_profile_on,
        employer_contact=m.employer_contact,
        first_employer_contact_on=m.first_employer_contact_on,
        first_job_on=m.first_job_on,
        in_work=m.in_work,
        paused_on=m.paused_on,
        pause_follow_up_on=m.pause_follow_up_on,
        ended_on=m.ended_on,
        meetings=tuple(
            rules.Meeting(one.meeting_id, one.day, one.is_over)
            for one in meetings
            if one.is_over or one.with_participant
        ),
        jobs=tuple(
            rules.Job(
                job.job_id, f"{job.title}, {job.employer}", job.started_on, job.planned_end_on, job.ended_on, job.paid
            )
            for job in parts.jobs
            if job.ended_on is None or job.ended_on >= today - timedelta(JOBS_BACK)
        ),
        steps=tuple(rules.Step(step.step_id, step.what, step.who, step.due_on) for step in steps if step.due_on),
    )
    # Meetings and steps have lists of their own on this page.
    shown = {rules.Kind.MEETING_NOT_RECORDED, rules.Kind.STEP}
    return [sentence(one, today) for one in rules.reminders([row], today) if one.kind not in shown]


@dataclass(frozen=True)
class CasePage:
    """Everything the page shows beside the timeline."""

    milestones: Milestones
    phase: str
    tone: str
    age: int
    has_ended: bool
    is_paused: bool
    meetings: list[Agreed]
    asks: list[Sentence]
    steps: list[StepToDo]
    profile: Profile | None
    profile_in_short: list[Said]
    current_jobs: list[JobPeriod]
    past_jobs: list[JobPeriod]
    lost: JobPeriod | None
    educations: list[EducationPeriod]
    collaborators: list[Collaborator]
    voice: Voice
    reached: list[Line]


def case_page_of(case: Case, today: date) -> CasePage:
    """What the facts of a case say, put together for the page. Three questions."""
    parts = parts_of(case)
    meetings = agreed_in(case)
    steps = steps_to_do([case.pk])
    m = parts.milestones
    phase = Phase(m.phase)
    return CasePage(
        milestones=m,
        phase=str(phase.label),
        tone=TONES[phase],
        age=age(case.participant, today),
        has_ended=m.ended_on is not None and m.ended_on <= today,
        is_paused=m.paused_on is not None and m.paused_on <= today,
        meetings=meetings,
        asks=asks_for(parts, meetings, steps, today),
        steps=steps,
        profile=parts.profile,
        profile_in_short=[one for one in said(parts.profile) if one.name in IN_SHORT] if parts.profile else [],
        current_jobs=[job for job in parts.jobs if not job.is_over],
        past_jobs=[job for job in parts.jobs if job.is_over],
        lost=lately_ended(parts.jobs),
        educations=parts.educations,
        collaborators=parts.collaborators,
        voice=parts.voice,
        reached=lines(m, today),
    )


def age(participant: Participant, today: date) -> int:
    """Whole years."""
    born = participant.born_on
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


@require_GET
def case_page(request: HttpRequest, case_id: int) -> HttpResponse:
    """The page a specialist has open all day."""
    opened = open_case(request, case_id, purpose="case page")
    case = opened.case
    employers = employers_contacted(case, EMPLOYERS_SHOWN + 1)
    page = case_page_of(case, timezone.localdate())
    return render(
        request,
        "caseload/case.html",
        {
            "title": case.participant.name,
            "page": page,
            "voice": page.voice,
            "employers": employers[:EMPLOYERS_SHOWN],
            "more_employers": len(employers) > EMPLOYERS_SHOWN,
            "has_profile": page.profile is not None,
            "phone": dialled(case.participant.phone),
            "hides_address": hides_address(case.participant),
            "followed": case.specialist_id is not None,
            "by_name": opened.decision.rule in BY_NAME,
            "may_take": may_take(opened),
            "may_hand_over": may_hand_over(opened),
            **_about(opened),
            **timeline.context(case, "", timeline.page(case)),
        },
    )


def hides_address(participant: Participant) -> bool:
    """Whether the address must not stand on a page at all."""
    return participant.protection in {Participant.Protection.CONFIDENTIAL, Participant.Protection.STRICTLY_CONFIDENTIAL}


def dialled(phone: str) -> str:
    """A phone number as a link dials it: digits, and the plus of a country."""
    return "".join(character for character in phone if character.isdigit() or character == "+")


def _about(opened: Opened) -> dict[str, Any]:
    return {"opened": opened, "case": opened.case, "participant": opened.case.participant}


@never_cache
@require_POST
def identity_number(request: HttpRequest, case_id: int) -> HttpResponse:
    """The national identity number, for whoever asks for it; the log says that they did."""
    opened = open_case(request, case_id, purpose="identity number")
    template = "caseload/case_identity.html" if "HX-Request" in request.headers else "caseload/case_identity_page.html"
    number = identity.shown(identity.decrypt(opened.case.participant.identity_number))
    context = {"title": _("National identity number"), "number": number, **_about(opened)}
    return render(request, template, context)
