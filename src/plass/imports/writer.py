"""Writing one person: through the same acts as everybody else, each fact once, and nothing that is recorded already.

What an import has written is remembered by fingerprints (:class:`~plass.imports.models.Imported`), so a fact that was
corrected or withdrawn on the pages does not come back with the next file. Nobody is handed over by an import: who is
followed by somebody else than the list says stays with them, and the row says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from plass.caseload import keeping
from plass.cases import actions as cases
from plass.cases import queries as case_queries
from plass.cases.facts import record_all
from plass.cases.gate import only
from plass.cases.models import Assignment, Case
from plass.config import sealing
from plass.followup.models import Channel, Contact, Party, Purpose
from plass.jobs import actions as jobs
from plass.jobs import queries
from plass.organisation.models import Team, User

from . import in_words
from .models import Imported
from .naming import Unclear, find_person, find_specialist
from .planned import PlannedJob, PlannedPerson, RowReport
from .saying import gettext as _
from .workplaces import Workplaces


class PersonWriter:
    """Writes one person. ``report`` is the report of the row being written; it changes from job to job."""

    def __init__(
        self,
        person: PlannedPerson,
        *,
        by: User,
        team: Team,
        specialists: Sequence[User],
        unnamed: User | None,
        workplaces: Workplaces,
        reports: dict[int, RowReport],
    ) -> None:
        self.person, self.by, self.team, self.specialists = person, by, team, specialists
        self.unnamed = unnamed
        self.workplaces, self.reports = workplaces, reports
        self.report = reports[person.rows[0]]
        self.is_new = False
        self._new_fingerprints: list[bytes] = []

    def write(self) -> None:
        """Write what is not recorded yet. Raises ValidationError and NotAllowed; the caller undoes the whole person."""
        specialist = find_specialist(self.person.specialist, self.specialists) if self.person.specialist else None
        self.case = self._case()
        with only(self.case.pk):
            self._write(specialist)

    def _write(self, specialist: User | None) -> None:
        self.known = (
            set()
            if self.is_new
            else {bytes(one) for one in Imported.objects.filter(case=self.case).values_list("fingerprint", flat=True)}
        )
        self.periods = [] if self.is_new else queries.jobs_of(self.case).rows()
        if self.is_new:
            self._wrote("referral", "", _("Referred %(day)s.") % {"day": self._referred_on})
            self.report.writes.extend(in_words.of_person(self.person, is_known=self.was_known))
        self._specialist(specialist)
        self._counsellor()
        self._meetings()
        for job in self.person.jobs:
            self.report = self.reports[job.row]
            self._job(job)
        self.report = self.reports[self.person.rows[0]]
        self._ending()
        Imported.objects.bulk_create([Imported(case=self.case, fingerprint=one) for one in self._new_fingerprints])
        # Last: it may close the case to the one who imports.
        self._protection()

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
        return sealing.keyed_hash(text.encode())

    def _case(self) -> Case:
        """The case this is about, or a new one."""
        person = self.person
        found = self._recorded_case()
        if found is not None:
            self.report.remarks.append(_("Already has follow-up here; only what is new is added."))
            registered = found.participant
            if registered.family_name.casefold() != person.family_name.casefold():
                self.report.remarks.append(
                    _("Is registered as %(name)s. Look whether the identity number is right.")
                    % {"name": registered.name}
                )
            return found
        begins = person.begins_on
        if begins is None:
            raise ValidationError(_("No date says when the follow-up began. Write when the person was referred."))
        self._referred_on = min(begins, timezone.localdate())
        if person.referred_on is None:
            self.report.remarks.append(
                _("The date of referral is missing; %(day)s is used.") % {"day": self._referred_on}
            )
        self.is_new = True
        return cases.refer(
            by=self.by,
            number=person.number,
            person={"given_name": person.given_name, "family_name": person.family_name, **person.person},
            team=self.team,
            wishes=person.wishes or str(_("Not stated in the imported list.")),
            participant_agreed_on=self._referred_on,
            happened_on=self._referred_on,
        )

    def _recorded_case(self) -> Case | None:
        """The person's case here that goes on, or the ended one that the list tells of; None where it tells of a new."""
        participant = cases.known(self.person.number)
        self.was_known = participant is not None
        if participant is None:
            return None
        begins, ends = self.person.begins_on, self.person.ended_on
        found = (
            Case.objects.filter(participant_id=participant, office=self.team.office_id)
            .select_related("participant", "specialist", "milestones")
            .order_by("-milestones__referred_on", "-pk")
        )
        for case in found:
            referred, ended = case.milestones.referred_on, case.milestones.ended_on
            if ended is None and not (ends and referred and ends < referred):
                return case
            if ended is not None and (begins is None or begins <= ended):
                return case
        return None

    def _specialist(self, specialist: User | None) -> None:
        case, person = self.case, self.person
        if specialist is None:
            # Whom somebody has followed before, the team has got back on purpose.
            never_taken = self.is_new or case.milestones.taken_on is None
            if person.has_begun and case.specialist_id is None and never_taken and self._is_new("specialist", ""):
                self._take_for_unnamed()
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
        self._follow(specialist)
        self._wrote("specialist", str(specialist.pk), _("Followed by %(name)s.") % {"name": specialist.name})

    def _take_for_unnamed(self) -> None:
        """Somebody whose follow-up has begun is followed by somebody: else the milestones say that they still wait."""
        if self.unnamed is None:
            raise ValidationError(
                _("The follow-up has begun, but no job specialist is named. Write who follows the participant.")
            )
        day = self._follow(self.unnamed)
        self._wrote(
            "specialist",
            "",
            _("Followed by %(name)s from %(day)s: the list names nobody, though the follow-up has begun.")
            % {"name": self.unnamed.name, "day": day},
        )
        self.report.given_to = self.unnamed.name

    def _follow(self, specialist: User) -> date:
        """Set who follows the case, from the first day that the list knows of: only then does a talk count as the start."""
        person = self.person
        today = timezone.localdate()
        since = min(person.started_on or person.referred_on or person.begins_on or person.last_met_on or today, today)
        cases.hand_over(
            self.case, by=self.by, to=specialist, team=self.team, happened_on=since, reason=str(_("Imported"))
        )
        return since

    def _counsellor(self) -> None:
        """The counsellor whom the list names, where the case has none yet."""
        name = self.person.counsellor
        if not name or self.case.counsellor_id is not None:
            return
        people = [user for user, _team in case_queries.who_can_follow(self.case, Assignment.Role.COUNSELLOR)]
        try:
            counsellor = find_person(name, people)
        except Unclear:
            self.report.remarks.append(
                _("“%(name)s” is not found among the counsellors of the office and is left out.") % {"name": name}
            )
            return
        if not self._is_new("counsellor", str(counsellor.pk)):
            return
        cases.hand_over(
            self.case,
            by=self.by,
            to=counsellor,
            role=Assignment.Role.COUNSELLOR,
            happened_on=self._referred_on if self.is_new else timezone.localdate(),
            reason=str(_("Imported")),
        )
        self._wrote("counsellor", str(counsellor.pk), _("%(name)s is the counsellor.") % {"name": counsellor.name})

    def _meetings(self) -> None:
        person = self.person
        wanted = []
        if person.started_on:
            wanted.append(("start", person.started_on, Purpose.FIRST_TALK, _("First talk %(day)s.")))
        if person.last_met_on and person.last_met_on != person.started_on:
            wanted.append(("met", person.last_met_on, Purpose.FOLLOW_UP, _("Met %(day)s.")))
        wanted = [one for one in wanted if self._is_new(one[0], str(one[1]))]
        recorded = self._days_met() if wanted and not self.is_new else set()
        contacts = []
        for kind, day, purpose, sentence in wanted:
            if day in recorded:
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
        record_all(contacts, by=self.by)
        if self.is_new and person.jobs and not person.started_on and not person.last_met_on:
            self.report.remarks.append(
                _("The list has no first talk; the participant counts as waiting for one until it is recorded.")
            )

    def _days_met(self) -> set[date]:
        met = Q(channel__in=[Channel.IN_PERSON, Channel.VIDEO], no_show=False, parties__contains=[Party.PARTICIPANT])
        return set(
            Contact.objects.filter(met, case=self.case, superseded_at=None).values_list("happened_on", flat=True)
        )

    def _job(self, job: PlannedJob) -> None:
        ends = job.ended_on is not None and self._is_new("job end", f"{job.key}|{job.ended_on}")
        job_id: int | None = None
        if self._is_new("job", job.key):
            employer, sentences = self.workplaces.find_or_add(job.employer, job.employer_number)
            period = self._period(employer.pk, job.started_on)
            if period is not None:
                self.report.remarks.append(_("The job at %(employer)s is recorded already.") % {"employer": employer})
                job_id = period.job_id
            else:
                started = jobs.start_job(
                    self.case,
                    by=self.by,
                    happened_on=job.started_on,
                    employer=employer,
                    title=job.title,
                    form=job.form,
                    hours_per_week=job.hours,
                    subsidised=job.subsidised,
                    planned_end_on=job.planned_end_on,
                    beside=True,
                )
                job_id = started.job_id
                self.report.writes.extend(sentences)
                self._wrote("job", job.key, in_words.of_job(job))
        if ends:
            self._job_end(job, job_id)

    def _job_end(self, job: PlannedJob, job_id: int | None) -> None:
        assert job.ended_on is not None
        if job_id is None:
            employer = self.workplaces.find(job.employer, job.employer_number)
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
        jobs.end_job(self.case, by=self.by, job_id=job_id, happened_on=job.ended_on, reason=job.end_reason)
        self._wrote("job end", f"{job.key}|{job.ended_on}", in_words.of_job_end(job))

    def _period(self, employer_id: int, started_on: date) -> queries.JobPeriod | None:
        """The recorded job there from that day."""
        return next(
            (one for one in self.periods if one.employer_id == employer_id and one.started_on == started_on), None
        )

    @staticmethod
    def _about(sentence: str, job: PlannedJob, day: date) -> str:
        return sentence % {"employer": job.employer, "day": day}

    def _ending(self) -> None:
        person = self.person
        if person.ended_on is None or not self._is_new("end", str(person.ended_on)):
            return
        ended = None if self.is_new else self.case.milestones.ended_on
        if ended is not None:
            if ended != person.ended_on:
                self.report.remarks.append(_("In the case the follow-up ended %(day)s; it stays.") % {"day": ended})
            return
        # It asks the milestones when the person was referred.
        keeping.catch_up()
        cases.end(self.case, by=self.by, happened_on=person.ended_on, cause=person.end_cause, note=person.end_note)
        self._wrote("end", str(person.ended_on), in_words.of_end(person))

    def _protection(self) -> None:
        """Address protection that the list knows of and the program does not. It is never taken away by an import."""
        level = self.person.person["protection"]
        if not level:
            return
        if not self.is_new:
            participant = self.case.participant
            if participant.protection or not self._is_new("protection", level):
                return
            Imported.objects.create(case=self.case, fingerprint=self._fingerprint("protection", level))
            cases.change_participant(participant, by=self.by, based_on=participant.version, protection=level)
            self.report.writes.append(_("Address protection is noted."))
        self.report.remarks.append(
            _("Shielded: only the job specialist, the counsellor and who referred or imported the case will see it.")
        )
