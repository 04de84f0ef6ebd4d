"""What is recorded already on the people of a list: asked for many at once, before any of them is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Q

from plass.cases import actions as cases
from plass.cases.gate import restrict_to_cases
from plass.cases.models import Case, CaseEnded, Participant, Referral
from plass.followup.models import Channel, Contact, Party, Purpose
from plass.jobs import queries as jobs
from plass.organisation.models import Team

from .models import Imported, ImportedPerson, question_mark
from .plan_types import PlannedPerson


@dataclass
class ExistingRecords:
    """What is recorded on one person, as far as the one who imports sees it: whether they are known, who they are, their
    case at the office, and what stands in it.

    ``known_by`` is that case, or another one by which they are known, where they have none there.
    ``fingerprints`` are those of what earlier imports wrote there. ``marks`` are what the one who imports keeps of the
    person, theirs alone: ``was_imported`` says that they have written the person to the office before.
    """

    is_known: bool = False
    participant: Participant | None = None
    was_imported: bool = False
    marks: frozenset[bytes] = frozenset()
    case: Case | None = None
    known_by: Case | None = None
    fingerprints: set[bytes] = field(default_factory=set)
    jobs: list[jobs.JobPeriod] = field(default_factory=list)
    days_met: set[date] = field(default_factory=set)
    referral: Referral | None = None
    first_talk: Contact | None = None
    #: The words beside a cause of the end that is none of the known ones.
    end_note: str = ""

    @property
    def is_out_of_sight(self) -> bool:
        """Whether the one who imports has written the person before, and does not see them any more: others follow them."""
        return self.was_imported and not self.is_known


def marks_of(person: PlannedPerson, office_id: int) -> tuple[bytes, list[bytes]]:
    """What the one who imports a person to an office keeps: the mark of the person, and those of the answers."""
    answers = [question_mark(question, office_id, answer) for question, answer in person.answered.items()]
    return question_mark("person", office_id, person.number.digits), answers


def look_up(people: Sequence[PlannedPerson], team: Team) -> list[ExistingRecords]:
    """What is recorded on each of ``people``, as the acting user sees it."""
    participant_ids = cases.all_known([person.number for person in people], team)
    marks = [marks_of(person, team.office_id) for person in people]
    wanted = [mark for of_person, answers in marks for mark in (of_person, *answers)]
    # Everybody sees their own alone.
    kept = {
        bytes(mark)
        for mark in ImportedPerson.objects.filter(fingerprint__in=wanted).values_list("fingerprint", flat=True)
    }
    records = [
        ExistingRecords(
            is_known=number is not None, was_imported=of_person in kept, marks=frozenset(kept & {of_person, *answers})
        )
        for number, (of_person, answers) in zip(participant_ids, marks, strict=True)
    ]
    if any(participant_ids):
        by_participant: dict[int, list[Case]] = {}
        for case in (
            Case.objects.filter(participant_id__in=[number for number in participant_ids if number])
            .select_related("participant", "specialist", "counsellor", "milestones")
            .order_by("-milestones__referred_on", "-pk")
        ):
            by_participant.setdefault(case.participant_id, []).append(case)
        for person, number, recorded in zip(people, participant_ids, records, strict=True):
            there = by_participant.get(number or 0, [])
            recorded.case = _matching_case(person, [case for case in there if case.office_id == team.office_id])
            recorded.known_by = recorded.case or next(iter(there), None)
            recorded.participant = recorded.case.participant if recorded.case else None
        # The others have no case that goes on here: who of them is not seen, is not told of.
        others = {
            number: recorded
            for number, recorded in zip(participant_ids, records, strict=True)
            if number and recorded.case is None
        }
        for number, participant in Participant.objects.in_bulk(list(others)).items():
            others[number].participant = participant
    _fill({recorded.case.pk: recorded for recorded in records if recorded.case is not None})
    return records


def _matching_case(person: PlannedPerson, there: Sequence[Case]) -> Case | None:
    """The person's open case, or the ended one that the list is about; None where the list is about a new one."""
    begins, ends = person.begins_on, person.ended_on
    for case in there:
        referred, ended = case.milestones.referred_on, case.milestones.ended_on
        if ended is None and not (ends and referred and ends < referred):
            return case
        if ended is not None and (begins is None or begins <= ended):
            return case
    return None


def _fill(recorded: dict[int, ExistingRecords]) -> None:
    """Add what stands in the cases, by their numbers."""
    if not recorded:
        return
    with restrict_to_cases(*recorded):
        for case_id, fingerprint in Imported.objects.filter(case__in=recorded).values_list("case_id", "fingerprint"):
            recorded[case_id].fingerprints.add(bytes(fingerprint))
        for case_id, periods in jobs.jobs_by_case(recorded).items():
            recorded[case_id].jobs = periods
        met = Q(channel__in=[Channel.IN_PERSON, Channel.VIDEO], no_show=False, parties__contains=[Party.PARTICIPANT])
        standing = Contact.objects.filter(met, case__in=recorded, superseded_at=None)
        for case_id, day in standing.values_list("case_id", "happened_on"):
            recorded[case_id].days_met.add(day)
        # The earliest of each case comes last, and is the one that is kept.
        latest_first = ("-happened_on", "-pk")
        talks = {talk.case_id: talk for talk in standing.filter(purpose=Purpose.FIRST_TALK).order_by(*latest_first)}
        referrals = Referral.objects.filter(case__in=recorded, superseded_at=None).order_by(*latest_first)
        by_case = {referral.case_id: referral for referral in referrals}
        with_other = [number for number, one in recorded.items() if _ended_by_other(one)]
        ends = CaseEnded.objects.filter(case__in=with_other, superseded_at=None) if with_other else ()
        for end in sorted(ends, key=lambda end: (end.happened_on, end.pk)):
            recorded[end.case_id].end_note = end.note
        for case_id, records in recorded.items():
            records.first_talk, records.referral = talks.get(case_id), by_case.get(case_id)


def _ended_by_other(recorded: ExistingRecords) -> bool:
    return recorded.case is not None and recorded.case.milestones.end_cause == CaseEnded.Cause.OTHER
