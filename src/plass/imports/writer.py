"""Writing one person: through the same acts as everybody else, each fact once, and nothing that is recorded already.

What an import has written is remembered by fingerprints (:class:`~plass.imports.models.Imported`), so a fact that was
corrected or withdrawn on the pages does not come back with the next file. Nobody is handed over by an import: who is
followed by somebody else than the list says stays with them, and the row says so.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from plass.cases import actions as cases
from plass.cases.models import Assignment, CaseEnded
from plass.db import encryption
from plass.followup.models import Channel, Contact, Party, Purpose
from plass.jobs import actions as jobs
from plass.jobs import queries
from plass.jobs.models import JobStarted
from plass.organisation.models import Team, User

from . import row_preview
from .employer_matching import ListedEmployer
from .existing_records import ExistingRecords
from .models import ToRemember
from .plan_types import PlannedJob, PlannedPerson, RowReport
from .staff_matching import Unclear, find_person, find_specialist
from .translatable import gettext as _

#: What is to be done, and what comes of it: a writer asks for an act, and is sent its result. The acts of many people are
#: done together (``batches.py``); each kind of act is one that pages use too.
Act = cases.HandOver | list[Contact] | list[ListedEmployer] | JobStarted | jobs.ToEnd | CaseEnded | list[ToRemember]
Acts = Generator[Act, Any, None]


class PersonWriter:
    """Writes one person. ``report`` is the report of the row being written; it changes from job to job."""

    def __init__(
        self,
        person: PlannedPerson,
        recorded: ExistingRecords,
        *,
        by: User,
        team: Team,
        specialists: Sequence[User],
        unnamed: User | None,
        counsellors: Callable[[], Sequence[User]],
        reports: dict[int, RowReport],
    ) -> None:
        self.person, self.by, self.team, self.specialists = person, by, team, specialists
        self.unnamed, self.counsellors, self.reports = unnamed, counsellors, reports
        self.report = reports[person.rows[0]]
        self.was_known, self.known = recorded.is_known, recorded.fingerprints
        self.periods, self.days_met = recorded.jobs, recorded.days_met
        self.is_new = recorded.case is None
        if recorded.case is not None:
            self.case = recorded.case
        self._new_fingerprints: list[bytes] = []

    def begin(self) -> cases.ToRefer | None:
        """Who is to be referred, where the person has no case here. Raises ValidationError where they cannot be written."""
        name = self.person.specialist
        self.specialist = find_specialist(name, self.specialists) if name else None
        referral = self._referral() if self.is_new else None
        if not self.is_new:
            self._remark_on_existing_case()
        if self._needs_follower() and self.unnamed is None:
            raise ValidationError(
                _("The follow-up has begun, but no job specialist is named. Write who follows the participant.")
            )
        return referral

    def write(self) -> Acts:
        """The acts that write what is not recorded yet, one after the other. Raises ValidationError and NotAllowed; the
        one who does them undoes the whole person.
        """
        if self.is_new:
            self._wrote("referral", "", _("Referred %(day)s.") % {"day": self._referred_on})
            self.report.writes.extend(row_preview.of_person(self.person, is_known=self.was_known))
        yield from self._specialist()
        yield from self._counsellor()
        yield from self._meetings()
        yield from self._employers()
        for job in self.person.jobs:
            self.report = self.reports[job.row]
            yield from self._job(job)
        self.report = self.reports[self.person.rows[0]]
        yield from self._ending()
        if self._new_fingerprints:
            yield [ToRemember(self.case.pk, fingerprint) for fingerprint in self._new_fingerprints]
        self._remark_on_protection()

    def _is_new(self, kind: str, content: str) -> bool:
        return self._fingerprint(kind, content) not in self.known

    def _wrote(self, kind: str, content: str, sentence: str = "") -> None:
        fingerprint = self._fingerprint(kind, content)
        self.known.add(fingerprint)
        self._new_fingerprints.append(fingerprint)
        if sentence:
            self.report.writes.append(sentence)

    def _fingerprint(self, kind: str, content: str) -> bytes:
        """32 bytes that say "this person, this kind of fact, this content" to who has the key, and nothing to others."""
        text = f"{self.person.number.digits}|{kind}|{content}"
        return encryption.keyed_hash(text.encode())

    def _remark_on_existing_case(self) -> None:
        self.report.remarks.append(_("Already has follow-up here; only what is new is added."))
        registered = self.case.participant
        if registered.family_name.casefold() != self.person.family_name.casefold():
            self.report.remarks.append(
                _("Is registered as %(name)s. Look whether the identity number is right.") % {"name": registered.name}
            )

    def _referral(self) -> cases.ToRefer:
        person, begins = self.person, self.person.begins_on
        if begins is None:
            raise ValidationError(_("No date says when the follow-up began. Write when the person was referred."))
        self._referred_on = min(begins, timezone.localdate())
        if person.referred_on is None:
            self.report.remarks.append(
                _("The date of referral is missing; %(day)s is used.") % {"day": self._referred_on}
            )
        return cases.ToRefer(
            number=person.number,
            person={"given_name": person.given_name, "family_name": person.family_name, **person.person},
            wishes=person.wishes or str(_("Not stated in the imported list.")),
            participant_agreed_on=self._referred_on,
            happened_on=self._referred_on,
        )

    def _needs_follower(self) -> bool:
        """Whether the follow-up has begun and nobody follows the person, by the list or by the case."""
        if self.specialist is not None or not self.person.has_begun:
            return False
        # Whom somebody has followed before, the team has got back on purpose.
        never_taken = self.is_new or (self.case.specialist_id is None and self.case.milestones.taken_on is None)
        return never_taken and self._is_new("specialist", "")

    def _specialist(self) -> Acts:
        case, specialist = self.case, self.specialist
        if specialist is None:
            if self._needs_follower():
                yield from self._take_for_unnamed()
            elif self.is_new:
                self.report.remarks.append(_("No job specialist is named; the case waits in the team."))
            return
        if case.specialist_id == specialist.pk or not self._is_new("specialist", str(specialist.pk)):
            return
        if case.specialist_id is not None and case.specialist is not None:
            self.report.remarks.append(
                _("Is followed by %(name)s, and stays so. Hand the case over on its page if the list is right.")
                % {"name": case.specialist.name}
            )
            return
        yield from self._follow(specialist)
        self._wrote("specialist", str(specialist.pk), _("Followed by %(name)s.") % {"name": specialist.name})

    def _take_for_unnamed(self) -> Acts:
        """Somebody whose follow-up has begun is followed by somebody: else the milestones say that they still wait."""
        assert self.unnamed is not None
        yield from self._follow(self.unnamed)
        self._wrote(
            "specialist",
            "",
            _("Followed by %(name)s from %(day)s: the list names nobody, though the follow-up has begun.")
            % {"name": self.unnamed.name, "day": self._followed_from},
        )
        self.report.given_to = self.unnamed.name

    def _follow(self, specialist: User) -> Acts:
        """Set who follows the case, from the first day that the list knows of: only then does a talk count as the start."""
        person = self.person
        today = timezone.localdate()
        since = min(person.started_on or person.referred_on or person.begins_on or person.last_met_on or today, today)
        self._followed_from = since
        yield cases.HandOver(self.case, specialist, self.team, happened_on=since, reason=str(_("Imported")))

    def _counsellor(self) -> Acts:
        """The counsellor whom the list names, where the case has none yet."""
        name = self.person.counsellor
        if not name or self.case.counsellor_id is not None:
            return
        try:
            counsellor = find_person(name, self.counsellors())
        except Unclear:
            self.report.remarks.append(
                _("“%(name)s” is not found among the counsellors of the office and is left out.") % {"name": name}
            )
            return
        if not self._is_new("counsellor", str(counsellor.pk)):
            return
        yield cases.HandOver(
            self.case,
            counsellor,
            role=Assignment.Role.COUNSELLOR,
            happened_on=self._referred_on if self.is_new else timezone.localdate(),
            reason=str(_("Imported")),
        )
        self._wrote("counsellor", str(counsellor.pk), _("%(name)s is the counsellor.") % {"name": counsellor.name})

    def _meetings(self) -> Acts:
        person = self.person
        wanted = []
        if person.started_on:
            wanted.append(("start", person.started_on, Purpose.FIRST_TALK, _("First talk %(day)s.")))
        if person.last_met_on and person.last_met_on != person.started_on:
            wanted.append(("met", person.last_met_on, Purpose.FOLLOW_UP, _("Met %(day)s.")))
        wanted = [meeting for meeting in wanted if self._is_new(meeting[0], str(meeting[1]))]
        contacts = []
        for kind, day, purpose, sentence in wanted:
            if day in self.days_met:
                continue
            contacts.append(
                Contact(
                    case=self.case,
                    happened_on=day,
                    parties=[Party.PARTICIPANT],
                    channel=Channel.IN_PERSON,
                    purpose=purpose,
                    note=str(_("From the imported list.")),
                )
            )
            self._wrote(kind, str(day), sentence % {"day": day})
        if contacts:
            yield contacts
        if self.is_new and person.jobs and not person.started_on and not person.last_met_on:
            self.report.remarks.append(
                _("The list has no first talk; the participant counts as waiting for one until it is recorded.")
            )

    def _ends(self, job: PlannedJob) -> bool:
        return job.ended_on is not None and self._is_new("job end", f"{job.key}|{job.ended_on}")

    def _employers(self) -> Acts:
        """Find or record the employers of the jobs that something is to be written of."""
        wanted = {
            job.key: ListedEmployer(job.employer, job.employer_number, may_be_new=self._is_new("job", job.key))
            for job in self.person.jobs
            if self._is_new("job", job.key) or self._ends(job)
        }
        if wanted:
            self.workplaces = dict(zip(wanted, (yield list(wanted.values())), strict=True))

    def _job(self, job: PlannedJob) -> Acts:
        ends, job_id = self._ends(job), None
        if self._is_new("job", job.key):
            employer, sentences = self.workplaces[job.key]
            period = self._period(employer.pk, job.started_on)
            if period is not None:
                self.report.remarks.append(_("The job at %(employer)s is recorded already.") % {"employer": employer})
                job_id = period.job_id
            else:
                started = yield JobStarted(
                    case=self.case,
                    happened_on=job.started_on,
                    employer=employer,
                    title=job.title,
                    form=job.form,
                    hours_per_week=job.hours,
                    subsidised=job.subsidised,
                    planned_end_on=job.planned_end_on,
                )
                job_id = started.job_id
                self.report.writes.extend(sentences)
                self._wrote("job", job.key, row_preview.of_job(job))
        if ends:
            yield from self._job_end(job, job_id)

    def _job_end(self, job: PlannedJob, job_id: int | None) -> Acts:
        assert job.ended_on is not None
        if job_id is None:
            employer, _sentences = self.workplaces[job.key]
            period = self._period(employer.pk, job.started_on) if employer else None
            if period is None:
                # Imported once, and moved or withdrawn in the case since: what stands there is newer than the list.
                self.report.remarks.append(
                    self._about(
                        _("The job at %(employer)s was changed in the case; its end is not written."), job, job.ended_on
                    )
                )
                return
            job_id = period.job_id
        ended = next((period.ended_on for period in self.periods if period.job_id == job_id), None)
        if ended is not None:
            if ended != job.ended_on:
                self.report.remarks.append(
                    self._about(_("In the case the job at %(employer)s has another last day; it stays."), job, ended)
                )
            return
        yield jobs.ToEnd(self.case, job_id, job.ended_on, job.end_reason)
        self._wrote("job end", f"{job.key}|{job.ended_on}", row_preview.of_job_end(job))

    def _period(self, employer_id: int, started_on: date) -> queries.JobPeriod | None:
        """The recorded job there from that day."""
        return next(
            (
                period
                for period in self.periods
                if period.employer_id == employer_id and period.started_on == started_on
            ),
            None,
        )

    @staticmethod
    def _about(sentence: str, job: PlannedJob, day: date) -> str:
        return sentence % {"employer": job.employer, "day": day}

    def _ending(self) -> Acts:
        person = self.person
        if person.ended_on is None or not self._is_new("end", str(person.ended_on)):
            return
        ended = None if self.is_new else self.case.milestones.ended_on
        if ended is not None:
            if ended != person.ended_on:
                self.report.remarks.append(_("In the case the follow-up ended %(day)s; it stays.") % {"day": ended})
            return
        yield CaseEnded(case=self.case, happened_on=person.ended_on, cause=person.end_cause, note=person.end_note)
        self._wrote("end", str(person.ended_on), row_preview.of_end(person))

    def _remark_on_protection(self) -> None:
        """A list neither takes protection away nor adds it to somebody who is registered: it is said, and changed there."""
        level = self.person.person["protection"]
        if not level:
            return
        if self.was_known and not self.case.participant.is_protected:
            self.report.remarks.append(
                _("The list says that the person is protected, and Plass does not. Change it on the person's page.")
            )
        elif self.is_new and not self.was_known:
            self.report.remarks.append(
                _(
                    "Shielded: only the job specialist, the counsellor and who referred or imported the case will see it."
                )
            )
