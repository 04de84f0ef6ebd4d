"""Writes the acts one by one through the same actions as real use, each by the one who did it.

Slow beside ``by_copy``, and the measure of it: a test writes a small county both ways and compares every table.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from functools import singledispatchmethod
from typing import Any

from django.db import connection

from plass.access.current_user import set_current_user
from plass.accounts.models import Persona
from plass.cases import actions, facts, identity
from plass.cases.models import Case, Participant
from plass.employers import actions as employers
from plass.employers.models import ContactPerson, Employer
from plass.followup import actions as followup
from plass.jobs import actions as jobs
from plass.organisation import actions as organisation
from plass.organisation.models import County, Membership, Office, Team, User
from plass.plan import actions as plan
from plass.profiles import actions as profiles
from plass.profiles.queries import newest

from . import acts
from .county import County as GeneratedCounty

AsOwner = Callable[[], AbstractContextManager[None]]


class Actor:
    """Does what the acts say. Needs a transaction, and ``as_owner`` to lay out the organisation."""

    def __init__(self, generated: GeneratedCounty, as_owner: AsOwner) -> None:
        self.generated = generated
        self.as_owner = as_owner
        self.offices: dict[int, Office] = {}
        self.teams: dict[int, Team] = {}
        self.users: dict[int, User] = {}
        self.employers: dict[int, Employer] = {}
        self.people: dict[int, ContactPerson] = {}
        self.participants: dict[int, Participant] = {}
        #: What was written for an act, by the act.
        self.written: dict[int, Any] = {}
        self.case: Case | None = None

    def everything(self) -> int:
        """Write the whole county. Returns the number of facts."""
        self.organisation()
        count = 0
        for life in self.generated.lives():
            count += self.life(life)
        for talk in self.generated.dialogue():
            self.case = None
            self.do(talk, self._become(talk.by))
            count += 1
        with self.as_owner():
            self._personas()
            for employee in self.generated.staff:
                if employee.ended_on:
                    User.objects.filter(pk=self.users[employee.number].pk).update(ended_on=employee.ended_on)
                    Membership.objects.filter(user=self.users[employee.number]).update(ended_on=employee.ended_on)
        return count

    def organisation(self) -> None:
        """The county, its offices, teams and staff, as an installation lays them out; then its workplaces."""
        generated = self.generated
        with self.as_owner():
            county = County.objects.create(name=generated.name)
            for office in generated.offices:
                self.offices[office.number] = Office.objects.create(county=county, number=office.code, name=office.name)
            for team in generated.teams:
                self.teams[team.number] = Team.objects.create(office=self.offices[team.office], name=team.name)
            for employee in generated.staff:
                # Those who have left since are let in until everything they did is written.
                self.users[employee.number] = self._account(employee.username, User.Kind.STAFF, employee)
                Membership.objects.create(
                    user=self.users[employee.number],
                    role=employee.role,
                    county=None if employee.office else county,
                    office=self.offices[employee.office] if employee.office else None,
                    team=self.teams[employee.team] if employee.team else None,
                    started_on=employee.started_on,
                )
        for away in generated.absences:
            organisation.record_absence(
                by=self._become(away.by),
                user=self.users[away.user],
                covered_by=self.users[away.covered_by],
                starts_on=away.starts_on,
                ends_on=away.ends_on,
            )
        for employer in generated.employers:
            self.employers[employer.number] = employers.add_employer(
                by=self._become(employer.by),
                name=employer.name,
                # Made-up names are alike; real ones would be asked about.
                is_another=True,
                organisation_number=employer.organisation_number,
                industry=employer.industry,
                address=employer.address,
                postal_code=employer.postal_code,
                place=employer.place,
                phone=employer.phone,
            )
        for person in generated.people_there:
            self.people[person.number] = employers.add_person(
                self.employers[person.employer],
                by=self._become(person.by),
                name=person.name,
                title=person.title,
                phone=person.phone,
                email=person.email,
                decides=person.decides,
            )

    def life(self, life: acts.CaseLife) -> int:
        """Everything about one case. Returns the number of facts."""
        count = 0
        for act in life.acts:
            by = self._become(act.by)
            if self.case is not None and act is not life.acts[0]:
                self.case.refresh_from_db()
            self.written[id(act)] = self.do(act, by)
            # A referral also says who the counsellor is; a correction may write a fact anew.
            count += 2 if isinstance(act, acts.Referred) or (isinstance(act, acts.Corrected) and act.changes) else 1
        assert self.case is not None
        for look in life.looked:
            user = self._become(look.by)
            # A page writes the moment that it is written; these lie back in time.
            with self.as_owner(), connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO access_accesslogentry (at, user_id, role, case_id, participant_id, purpose, rule, allowed) "
                    "VALUES (%s, %s, %s, %s, %s, %s, %s, true)",
                    [look.at, user.pk, look.role, self.case.pk, self.case.participant_id, look.purpose, look.rule],
                )
        return count

    def _become(self, number: int) -> User:
        user = self.users[number]
        set_current_user(user.pk)
        return user

    def _account(self, username: str, kind: str, employee: acts.Staff | None = None) -> User:
        user = User(
            username=username,
            kind=kind,
            given_name=employee.given_name if employee else "",
            family_name=employee.family_name if employee else "",
            started_on=employee.started_on if employee else self.generated.today,
        )
        user.set_unusable_password()
        user.save()
        return user

    def _personas(self) -> None:
        for persona in self.generated.personas():
            user, name = self.users[persona.user] if persona.user else None, persona.name
            if persona.person:
                participant = self.participants[persona.person]
                user = self._account(f"deltaker{persona.person}", User.Kind.PARTICIPANT)
                Participant.objects.filter(pk=participant.pk).update(user=user)
                name = participant.name
            assert user is not None
            Persona.objects.create(user=user, order=persona.order, name=name, role=persona.role, about=persona.about)

    # --- One method for each kind of act ----------------------------------------------------------------------------

    @singledispatchmethod
    def do(self, act: acts.Act, by: User) -> Any:
        """Do what ``act`` says; what was written."""
        raise TypeError(f"nobody knows how to do {type(act).__name__}")

    @do.register
    def _(self, act: acts.Referred, by: User) -> Any:
        person = act.person
        self.case = actions.refer(
            by=by,
            number=identity.parse(person.identity_number),
            person={
                name: getattr(person, name)
                for name in (
                    "given_name", "family_name", "phone", "email", "address", "postal_code", "place", "language",
                    "protection",
                )
            },
            team=self.teams[act.team],
            wishes=act.wishes,
            help_wanted=act.help_wanted,
            participant_agreed_on=act.participant_agreed_on,
            happened_on=act.happened_on,
        )  # fmt: skip
        self.participants.setdefault(person.number, self.case.participant)
        return self.case

    @do.register
    def _(self, act: acts.Assigned, by: User) -> Any:
        assert self.case is not None
        if act.user == act.by and not act.reason:
            return actions.take(self.case, by=by, happened_on=act.happened_on)
        return actions.hand_over(
            self.case,
            by=by,
            to=self.users[act.user],
            team=self.teams[act.team],
            reason=act.reason,
            happened_on=act.happened_on,
        )

    @do.register
    def _(self, act: acts.Paused, by: User) -> Any:
        assert self.case is not None
        return actions.pause(
            self.case,
            by=by,
            happened_on=act.happened_on,
            reason=act.reason,
            follow_up_on=act.follow_up_on,
            note=act.note,
        )

    @do.register
    def _(self, act: acts.Resumed, by: User) -> Any:
        assert self.case is not None
        return actions.resume(self.case, by=by, happened_on=act.happened_on, note=act.note)

    @do.register
    def _(self, act: acts.Ended, by: User) -> Any:
        assert self.case is not None
        return actions.end(self.case, by=by, happened_on=act.happened_on, cause=act.cause, note=act.note)

    @do.register
    def _(self, act: acts.Reopened, by: User) -> Any:
        assert self.case is not None
        return actions.reopen(self.case, by=by, happened_on=act.happened_on, reason=act.reason, note=act.note)

    @do.register
    def _(self, act: acts.CollaboratorAdded, by: User) -> Any:
        assert self.case is not None
        return actions.add_collaborator(
            self.case,
            by=by,
            happened_on=act.happened_on,
            role=act.role,
            name=act.name,
            organisation=act.organisation,
            phone=act.phone,
            email=act.email,
            agreement=act.agreement,
        )

    @do.register
    def _(self, act: acts.ProfileAgreed, by: User) -> Any:
        assert self.case is not None
        fields = {name: getattr(act, name) for name in _PROFILE}
        now = newest(self.case)
        return profiles.agree(
            self.case,
            by=by,
            happened_on=act.happened_on,
            based_on=now.pk if now else None,
            hours_wanted=_decimal(act.hours_wanted),
            **fields,
        )

    @do.register
    def _(self, act: acts.MeetingAgreed, by: User) -> Any:
        assert self.case is not None
        fields = {name: getattr(act, name) for name in _MEETING}
        return followup.book_meeting(
            self.case,
            by=by,
            agreed_on=act.happened_on,
            staff=self.users[act.staff],
            employer=self._employer(act.employer),
            **fields,
        )

    @do.register
    def _(self, act: acts.Cancelled, by: User) -> Any:
        return followup.cancel_meeting(
            self.written[id(act.meeting)],
            by=by,
            called_off_by=act.cancelled_by,
            reason=act.reason,
            happened_on=act.happened_on,
        )

    @do.register
    def _(self, act: acts.Contacted, by: User) -> Any:
        fields = {name: getattr(act, name) for name in _CONTACT}
        return followup.record_contact(
            self.case,
            by=by,
            happened_on=act.happened_on,
            employer=self._employer(act.employer),
            contact_person=self.people[act.contact_person] if act.contact_person else None,
            meeting=self.written[id(act.meeting)] if act.meeting else None,
            **fields,
        )

    @do.register
    def _(self, act: acts.StepPlanned, by: User) -> Any:
        assert self.case is not None
        return plan.add_step(
            self.case,
            by=by,
            what=act.what,
            who=act.who,
            due_on=act.due_on,
            goal=act.goal,
            happened_on=act.happened_on,
        )

    @do.register
    def _(self, act: acts.StepDone, by: User) -> Any:
        return plan.end_step(
            self.written[id(act.step)], by=by, outcome=act.outcome, note=act.note, happened_on=act.happened_on
        )

    @do.register
    def _(self, act: acts.JobStarted, by: User) -> Any:
        assert self.case is not None
        return jobs.start_job(
            self.case,
            by=by,
            happened_on=act.happened_on,
            employer=self.employers[act.employer],
            contact_person=self.people[act.contact_person] if act.contact_person else None,
            title=act.title,
            occupation=act.occupation,
            form=act.form,
            subsidised=act.subsidised,
            hours_per_week=Decimal(str(act.hours_per_week)),
            hourly_pay=_decimal(act.hourly_pay),
            planned_end_on=act.planned_end_on,
            support_plan=act.support_plan,
            beside=True,
        )

    @do.register
    def _(self, act: acts.JobChanged, by: User) -> Any:
        assert self.case is not None
        return jobs.change_job(
            self.case,
            by=by,
            job_id=self.written[id(act.start)].job_id,
            happened_on=act.happened_on,
            hours_per_week=Decimal(str(act.hours_per_week)),
            planned_end_on=act.planned_end_on,
            note=act.note,
        )

    @do.register
    def _(self, act: acts.JobEnded, by: User) -> Any:
        assert self.case is not None
        return jobs.end_job(
            self.case,
            by=by,
            job_id=self.written[id(act.start)].job_id,
            happened_on=act.happened_on,
            reason=act.reason,
            paid_hours_in_all=_decimal(act.paid_hours_in_all),
            worked_well=act.worked_well,
            worked_badly=act.worked_badly,
            lessons=act.lessons,
        )

    @do.register
    def _(self, act: acts.EducationStarted, by: User) -> Any:
        assert self.case is not None
        return jobs.start_education(
            self.case,
            by=by,
            happened_on=act.happened_on,
            level=act.level,
            subject=act.subject,
            institution=act.institution,
            form=act.form,
            planned_end_on=act.planned_end_on,
            support_plan=act.support_plan,
        )

    @do.register
    def _(self, act: acts.EducationEnded, by: User) -> Any:
        assert self.case is not None
        return jobs.end_education(
            self.case,
            by=by,
            education_id=self.written[id(act.start)].education_id,
            happened_on=act.happened_on,
            outcome=act.outcome,
            worked_well=act.worked_well,
            worked_badly=act.worked_badly,
        )

    @do.register
    def _(self, act: acts.Corrected, by: User) -> Any:
        fact = self.written[id(act.fact)]
        if not act.changes:
            return facts.withdraw(fact, by=by, reason=act.reason)
        return facts.correct(fact, by=by, reason=act.reason, changes=act.changes)

    def _employer(self, number: int | None) -> Employer | None:
        return self.employers[number] if number else None


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


_PROFILE = (
    "occupations", "interests", "strengths", "tasks", "avoid", "places", "network", "support_needs", "mastery",
    "employer_contact", "may_share", "must_not_share",
)  # fmt: skip
_MEETING = ("starts_at", "minutes", "parties", "channel", "place", "address", "purpose", "note")
_CONTACT = (
    "started_at", "parties", "channel", "place", "minutes", "travel_minutes", "no_show", "purpose", "decision_maker",
    "next_contact_on", "note", "withheld_because",
)  # fmt: skip
