"""Writing one person: through the same acts as everybody else, each fact once, and nothing that is recorded already.

What an import has written is remembered by fingerprints (:class:`~plass.imports.models.Imported`), so a fact that was
corrected or withdrawn on the pages does not come back with the next file. What stands in the case stays: where the list
says otherwise, the row has that as a difference, which a person may take (``taking.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from plass.cases import actions as cases
from plass.cases.models import Assignment, CaseEnded
from plass.employers.models import Employer
from plass.employers.queries import core_name
from plass.followup.models import Channel, Contact, Party, Purpose
from plass.jobs import actions as jobs
from plass.jobs.models import JobStarted
from plass.jobs.queries import JobPeriod
from plass.organisation.models import User

from . import row_preview
from .differences import WHERE, compare, fingerprint, keeps_address, matching_jobs, of_particulars
from .employer_matching import ListedEmployer, is_spelt_anew
from .existing_records import ExistingRecords, marks_of
from .fields import Field
from .import_request import ImportRequest
from .models import PersonToRemember, ToRemember
from .plan import is_same_name
from .plan_types import PlannedJob, PlannedPerson, RowReport
from .questions import SAME_PERSON, Asking, Kind
from .row_numbers import RowNumber
from .staff_matching import Unclear, find_by_title, find_counsellor, find_specialist
from .translatable import gettext as _
from .translatable import joined

#: What is to be done, and what comes of it: a writer asks for an act, and is sent its result. The acts of many people are
#: done together (``batches.py``); each kind of act is one that pages use too.
Act = cases.HandOver | list[Contact] | list[ListedEmployer] | JobStarted | jobs.ToEnd | CaseEnded | list[ToRemember]
Acts = Generator[Act, Any, None]


class MustBeAnswered(Exception):
    """A person is not written before a question is answered. ``sentence`` says it in the row."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class PersonWriter:
    """Writes one person. ``report`` is the report of the row being written; it changes from job to job."""

    def __init__(
        self,
        person: PlannedPerson,
        recorded: ExistingRecords,
        request: ImportRequest,
        *,
        counsellors: Callable[[], Sequence[User]],
        reports: dict[RowNumber, RowReport],
        asking: Asking,
    ) -> None:
        self.person, self.by, self.team = person, request.by, request.team
        self.specialists, self.unnamed = request.specialists, request.unnamed
        self.counsellors, self.reports, self.asking = counsellors, reports, asking
        self.report = reports[person.rows[0]]
        self.recorded = recorded
        self.was_known, self.known = recorded.is_known, set(recorded.fingerprints)
        self.periods, self.days_met = recorded.jobs, recorded.days_met
        self.is_new = recorded.case is None
        if recorded.case is not None:
            self.case = recorded.case
        self._new_fingerprints: list[bytes] = []
        self._fingerprints: dict[tuple[str, str], bytes] = {}
        #: Who was given the case: the job specialist and the counsellor.
        self.follow: dict[int, User] = {}
        self.counsellor: User | None = None
        self.workplaces: dict[str, tuple[Employer | None, list[str]]] = {}

    def begin(self) -> cases.ToRefer | None:
        """Who is to be referred, where the person has no case here. Raises ValidationError where they cannot be written, and
        MustBeAnswered where somebody with another name is registered with the number.
        """
        for number in self.person.rows:
            self.reports[number].is_here = not self.is_new
        self._ask_who_it_is()
        name = self.person.specialist
        self.specialist = referral = None
        errors: list[ValidationError] = []
        try:
            self.specialist = find_specialist(name, self.specialists) if name else self._by_what_it_stands_under()
        except ValidationError as error:
            errors.append(error)
        if self.is_new:
            try:
                referral = self._referral()
            except ValidationError as error:
                errors.append(error)
        else:
            self._remark_on_existing_case()
        if not name and self._needs_follower() and self.unnamed is None:
            errors.append(
                ValidationError(
                    _("The follow-up has begun, but no job specialist is named. Write who follows the participant.")
                )
            )
        if errors:
            raise ValidationError(errors)
        return referral

    def _ask_who_it_is(self) -> None:
        """Ask about another name than the registered one: the facts may be another person's, whose number is wrong."""
        person, registered = self.person, self.recorded.participant
        listed = f"{person.given_name} {person.family_name}"
        if (
            registered is None
            or is_same_name(registered.name, listed)
            or (
                is_same_name(registered.given_name, person.given_name)
                and is_same_name(registered.family_name, person.family_name)
            )
            or not self._is_new("name", _name(listed))
        ):
            return
        # Which name is registered is not kept with the question: they may be shielded by the time it is read.
        answer = self.asking.ask(
            Kind.NAME,
            [person.number.digits, listed, registered.pk],
            rows=person.rows,
            shown=[listed],
            case_id=self.recorded.case.pk if self.recorded.case else None,
        )
        if answer is None:
            raise MustBeAnswered(_("The identity number is registered with another name. Is it the same person?"))
        if answer != SAME_PERSON:
            raise ValidationError(
                _("The identity number is another person's, by your answer. Write the right number in the list.")
            )
        self.report.remarks.append(_("Registered with another name, and the same person by your answer."))
        # So that the next list does not ask again.
        self._wrote("name", _name(listed))

    def _by_what_it_stands_under(self) -> User | None:
        """The specialist whose name the sheet or a title above the rows has, where the list names none."""
        named = {}
        for title in self.person.stands_under:
            by_answer = self.person.named_by_answer.get(title)
            if user := next((one for one in self.specialists if one.pk == by_answer), None) or find_by_title(
                title, self.specialists
            ):
                named[user.pk] = user, title
        if len(named) != 1:
            return None
        ((user, title),) = named.values()
        self.report.remarks.append(
            _("The list names no job specialist in the row, but it stands under “%(title)s”: %(name)s is taken.")
            % {"title": title, "name": user.name}
        )
        return user

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
        spelt_anew = self._spelt_anew()
        yield from self._employers(known=spelt_anew)
        self.matches = matching_jobs(
            self.person,
            self.periods,
            {key: employer.pk for key, (employer, _sentences) in self.workplaces.items() if employer is not None},
        )
        taken = {period.job_id for period in self.matches.values()}
        for job in self.person.jobs:
            self.report = self.reports[job.row]
            anew = spelt_anew.get(job.key)
            if anew is not None and job.key not in self.matches:
                self.report.doubts.append(
                    _(
                        "The same job is recorded at %(recorded)s, and the list says %(listed)s. It is not written a second "
                        "time: mend the employer's name in the list, or record the job by hand if it is another."
                    )
                    % {"recorded": anew.employer, "listed": job.employer}
                )
                if anew.job_id in taken:
                    continue
                self.matches[job.key] = anew
                taken.add(anew.job_id)
            yield from self._job(job)
        self.report = self.reports[self.person.rows[0]]
        yield from self._ending()
        for number in self.person.rows:
            self.reports[number].written_to = self.case.pk
        if self._new_fingerprints:
            yield [ToRemember(self.case.pk, fingerprint) for fingerprint in self._new_fingerprints]
        if self.is_new:
            self._remark_on_person()
        else:
            self._tell_differences()

    def to_remember_of_person(self) -> list[PersonToRemember]:
        """What the one who imports is to keep of the person, for themselves."""
        of_person, answers = marks_of(self.person, self.team.office_id)
        marks = {of_person: False} if self.is_new else {}
        marks |= dict.fromkeys(answers, True)
        return [
            PersonToRemember(self.case.pk, mark, is_answer)
            for mark, is_answer in marks.items()
            if not (is_answer and mark in self.recorded.marks)
        ]

    def _is_new(self, kind: str, content: str) -> bool:
        return self._fingerprint(kind, content) not in self.known

    def _wrote(self, kind: str, content: str, sentence: str = "") -> None:
        fingerprint = self._fingerprint(kind, content)
        self.known.add(fingerprint)
        self._new_fingerprints.append(fingerprint)
        if sentence:
            self.report.writes.append(sentence)

    def _fingerprint(self, kind: str, content: str) -> bytes:
        # Each is asked for twice: whether it is new, and once it is written.
        if (kind, content) not in self._fingerprints:
            self._fingerprints[kind, content] = fingerprint(self.person, kind, content)
        return self._fingerprints[kind, content]

    def _remark_on_existing_case(self) -> None:
        self.report.remarks.append(_("Already has follow-up here; only what is new is added."))

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
            elif self.is_new and not self.person.ended_on:
                self.report.remarks.append(_("No job specialist is named; the case waits in the team."))
            elif self.is_new:
                self.report.remarks.append(
                    _("No job specialist is named, and the follow-up has ended: nobody is put down.")
                )
            return
        if case.specialist_id == specialist.pk or not self._is_new("specialist", str(specialist.pk)):
            return
        if case.specialist_id is not None:
            return
        yield from self._follow(specialist)
        self._wrote("specialist", str(specialist.pk), _("Followed by %(name)s.") % {"name": specialist.name})

    def _take_for_unnamed(self) -> Acts:
        """Somebody whose follow-up has begun is followed by somebody: else the milestones say that they still wait."""
        assert self.unnamed is not None
        yield from self._follow(self.unnamed)
        said = {"name": self.unnamed.name, "day": self._followed_from}
        if self.person.ended_on:
            self._wrote(
                "specialist",
                "",
                _(
                    "%(name)s is put down as who followed the participant from %(day)s until the end: the list names nobody."
                )
                % said,
            )
            return
        self._wrote(
            "specialist",
            "",
            _("Followed by %(name)s from %(day)s: the list names nobody, though the follow-up has begun.") % said,
        )
        self.report.given_to = self.unnamed.name

    def _follow(self, specialist: User) -> Acts:
        """Set who follows the case, from the first day that the list knows of: only then does a talk count as the start."""
        person = self.person
        today = timezone.localdate()
        since = min(person.started_on or person.referred_on or person.begins_on or person.last_met_on or today, today)
        self._followed_from = since
        self.follow[specialist.pk] = specialist
        yield cases.HandOver(self.case, specialist, self.team, happened_on=since, reason=str(_("Imported")))

    def _counsellor(self) -> Acts:
        """The counsellor whom the list names, where the case has none yet."""
        name = self.person.counsellor
        if not name:
            return
        try:
            self.counsellor = counsellor = find_counsellor(name, self.case.counsellor, self.counsellors)
        except Unclear:
            self.report.shared.append(
                _("“%(name)s” is not found among the counsellors of the office and is left out.") % {"name": name}
            )
            return
        if self.case.counsellor_id is not None or not self._is_new("counsellor", str(counsellor.pk)):
            return
        self.follow[counsellor.pk] = counsellor
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
        if person.started_on and self.recorded.first_talk is None:
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

    def _employers(self, known: Mapping[str, JobPeriod]) -> Acts:
        """Find or record the employers of the jobs that something is to be written of, or to be compared.

        Of jobs that are ``known`` by another spelling no employer is recorded.
        """
        wanted = {
            job.key: ListedEmployer(
                job.employer,
                job.employer_number,
                may_be_new=self._is_new("job", job.key) and job.key not in known,
            )
            for job in self.person.jobs
            if not self.is_new or self._is_new("job", job.key) or self._ends(job)
        }
        if wanted:
            self.workplaces = dict(zip(wanted, (yield list(wanted.values())), strict=True))

    def _spelt_anew(self) -> dict[str, JobPeriod]:
        """The recorded jobs that the list has under another spelling of the employer, by the key of the list's job.

        A recorded job is one of the list's at most: the first that is like it.
        """
        found: dict[str, JobPeriod] = {}
        for job in self.person.jobs:
            period = self._recorded_alike(job)
            if period is not None and period not in found.values():
                found[job.key] = period
        return found

    def _recorded_alike(self, job: PlannedJob) -> JobPeriod | None:
        """The one recorded job with the same start, title and hours at an employer of nearly the same name."""
        if job.employer_number:
            return None
        alike = [
            period
            for period in self.periods
            if period.started_on == job.started_on
            and job.hours in (period.hours_at_start, period.hours_per_week)
            and (Field.JOB_TITLE not in job.stated or period.title.casefold() == job.title.casefold())
            and is_spelt_anew(job.employer, period.employer)
            and not any(
                other.started_on == job.started_on and core_name(other.employer) == core_name(period.employer)
                for other in self.person.jobs
            )
        ]
        return alike[0] if len(alike) == 1 else None

    def _job(self, job: PlannedJob) -> Acts:
        ends, job_id, period = self._ends(job), None, self.matches.get(job.key)
        new_before = self.report.new_jobs
        if self._is_new("job", job.key):
            employer, sentences = self.workplaces[job.key]
            if period is not None:
                self.report.remarks.append(
                    _("The job at %(employer)s is recorded already.") % {"employer": employer or period.employer}
                )
                job_id = period.job_id
            else:
                assert employer is not None
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
                self.report.new_jobs += 1
        elif period is None and not ends:
            self.report.remarks.append(
                _("The job at %(employer)s was changed or withdrawn in the case; it is not written again.")
                % {"employer": job.employer}
            )
        self.report.known_jobs += self.report.new_jobs == new_before
        if ends:
            yield from self._job_end(job, job_id)

    def _job_end(self, job: PlannedJob, job_id: int | None) -> Acts:
        assert job.ended_on is not None
        if job_id is None:
            period = self.matches.get(job.key)
            if period is None or period.started_on != job.started_on:
                # Imported once, and moved or withdrawn in the case since: what stands there is newer than the list.
                self.report.remarks.append(
                    _("The job at %(employer)s was changed in the case; its end is not written.")
                    % {"employer": job.employer}
                )
                return
            job_id = period.job_id
        if any(period.job_id == job_id and period.ended_on is not None for period in self.periods):
            return
        yield jobs.ToEnd(self.case, job_id, job.ended_on, job.end_reason)
        self._wrote("job end", f"{job.key}|{job.ended_on}", row_preview.of_job_end(job))

    def _ending(self) -> Acts:
        person = self.person
        if person.ended_on is None or not self._is_new("end", str(person.ended_on)):
            return
        if not self.is_new and self.case.milestones.ended_on is not None:
            return
        yield CaseEnded(case=self.case, happened_on=person.ended_on, cause=person.end_cause, note=person.end_note)
        self._wrote("end", str(person.ended_on), row_preview.of_end(person))
        for job in person.jobs:
            if job.ended_on is None:
                self.reports[job.row].remarks.append(
                    _("The job at %(employer)s stands open, though the follow-up has ended.")
                    % {"employer": job.employer}
                )

    def _remark_on_person(self) -> None:
        level = self.person.person["protection"]
        if self.was_known:
            if any(of_particulars(self.person, self.case.participant)):
                self.report.remarks.append(
                    _(
                        "Is registered with other particulars than the list's, and they stay. "
                        "Check the list once more when this is written, to see them side by side."
                    )
                )
            if level and not self.case.participant.is_protected:
                self.report.doubts.append(
                    _("The list says that the person is protected, and Plass does not. Change it on the person's page.")
                )
        elif level:
            self.report.remarks.append(self._who_sees_shielded())

    def _who_sees_shielded(self) -> str:
        """Who will see the case of somebody protected: whoever imports it has handed it on as soon as another follows it."""
        if not self.follow:
            return _("Shielded: only you see the case, until somebody follows it.")
        names = joined([user.name for user in self.follow.values()])
        if self.by.pk in self.follow:
            return _("Shielded: only %(names)s will see the case.") % {"names": names}
        return _("Shielded: only %(names)s will see the case. You will not, for others follow it.") % {"names": names}

    def _tell_differences(self) -> None:
        """Tell where the list says something else than what was recorded before it was written."""
        found = compare(
            self.person,
            self.recorded,
            jobs=self.matches,
            specialist=self.specialist,
            counsellor=self.counsellor,
        )
        for finding in found:
            self.reports[finding.row].differences.append(
                finding.shown(self.person, self.case.pk, self.recorded.fingerprints)
            )
        if not any(self.person.person[field.value] for field in WHERE):
            return
        if self.case.participant.hides_address:
            self.report.remarks.append(_("The address is protected: what the list says of it is not taken."))
        elif keeps_address(self.person, self.case.participant):
            self.report.remarks.append(
                _(
                    "The protection is stricter in the list than in Plass. Change it on the participant's own pages: until "
                    "then, what the list says of the address is not taken."
                )
            )


def _name(name: str) -> str:
    return " ".join(name.casefold().split())
