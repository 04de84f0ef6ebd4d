"""Writes the acts one by one through the same actions as real use, each by the one who did it.

Slow beside ``by_copy``, and the measure of it: a test writes a small county both ways and compares every table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from django.db import connection, models

from plass.access.current_user import set_current_user
from plass.accounts.models import Persona
from plass.cases import actions, facts, identity
from plass.cases.models import (
    Assignment,
    Case,
    CaseEnded,
    CaseReopened,
    Fact,
    Participant,
    PauseEnded,
    PauseStarted,
)
from plass.employers import actions as employers
from plass.employers.models import ContactPerson, Employer
from plass.followup import actions as followup
from plass.followup.models import Contact, Meeting, MeetingCancelled
from plass.jobs import actions as jobs
from plass.jobs.models import EducationEnded, EducationStarted, JobChanged, JobEnded, JobStarted
from plass.organisation import actions as organisation
from plass.organisation.models import County, Membership, Office, Team, User
from plass.plan import actions as plan
from plass.plan.models import PlanStepDone
from plass.profiles import actions as profiles
from plass.profiles.models import Profile
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
        #: What facts point to, by its number in the county.
        self.rows: dict[type[models.Model], Mapping[int, Any]] = {
            User: self.users,
            Team: self.teams,
            Employer: self.employers,
            ContactPerson: self.people,
        }
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

    # --- What an act does -------------------------------------------------------------------------------------------

    def do(self, act: acts.Act, by: User) -> Any:
        """Do what ``act`` says; what was written."""
        if isinstance(act, acts.Referred):
            return self._refer(act, by)
        if isinstance(act, acts.Corrected):
            fact = self.written[id(act.fact)]
            if not act.changes:
                return facts.withdraw(fact, by=by, reason=act.reason)
            changes = self._values(act.fact.model, act.changes)
            return facts.correct(fact, by=by, reason=act.reason, changes=changes)
        assert isinstance(act, acts.FactRecorded)
        values = {"happened_on": act.happened_on, **self._values(act.model, act.values)}
        if act.model in ACTIONS:
            return ACTIONS[act.model](self.case, by, values)
        return facts.record(act.model(case=self.case, **values), by=by)

    def _refer(self, act: acts.Referred, by: User) -> Case:
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
            happened_on=act.happened_on,
            **self._values(act.model, act.values),
        )  # fmt: skip
        self.participants.setdefault(person.number, self.case.participant)
        return self.case

    def _values(self, model: type[Fact], values: Mapping[str, Any]) -> dict[str, Any]:
        """The values of an act as the model's fields take them: rows for numbers, and exact numbers for hours and pay."""
        columns = {column.name: column for column in acts.own_columns(model)}
        return {
            name: self._value(columns[name], value) if name in columns and value is not None else value
            for name, value in values.items()
        }

    def _value(self, column: models.Field[Any, Any], value: Any) -> Any:
        if isinstance(value, acts.FactRecorded):
            fact = self.written[id(value)]
            return fact if value.model is column.related_model else getattr(fact, column.name)
        if column.related_model:
            return self.rows[column.related_model][value]
        return Decimal(str(value)) if isinstance(column, models.DecimalField) else value


# --- The kinds whose action does more than to record the fact ---------------------------------------------------------

Action = Callable[[Case | None, User, dict[str, Any]], Any]


def _of_values(action: Callable[..., Any], *, numbered: str = "", **more: Any) -> Action:
    """``action`` gets the values by their names; of what ``numbered`` names, the number."""

    def act(case: Case | None, by: User, values: dict[str, Any]) -> Any:
        if numbered:
            values[f"{numbered}_id"] = values.pop(numbered).pk
        return action(case, by=by, **values, **more)

    return act


def _take_or_hand_over(case: Case | None, by: User, values: dict[str, Any]) -> Any:
    assert case is not None
    to = values.pop("user")
    if to == by and not values["reason"]:
        return actions.take(case, by=by, happened_on=values["happened_on"])
    return actions.hand_over(case, by=by, to=to, **values)


def _agree(case: Case | None, by: User, values: dict[str, Any]) -> Any:
    assert case is not None
    now = newest(case)
    return profiles.agree(case, by=by, based_on=now.pk if now else None, **values)


def _book(case: Case | None, by: User, values: dict[str, Any]) -> Any:
    assert case is not None
    return followup.book_meeting(case, by=by, agreed_on=values.pop("happened_on"), **values)


def _cancel(case: Case | None, by: User, values: dict[str, Any]) -> Any:
    return followup.cancel_meeting(values.pop("meeting"), by=by, called_off_by=values.pop("by"), **values)


def _end_step(case: Case | None, by: User, values: dict[str, Any]) -> Any:
    return plan.end_step(values.pop("step"), by=by, **values)


#: What stands here asks or does more than to record the fact; every other kind is recorded as it is.
ACTIONS: dict[type[Fact], Action] = {
    # A specialist takes a case that waits by another right than those who give it, and meetings go along with a case.
    Assignment: _take_or_hand_over,
    # They must fit how the case stands: what has ended is not paused, and only a pause ends.
    PauseStarted: _of_values(actions.pause),
    PauseEnded: _of_values(actions.resume),
    CaseEnded: _of_values(actions.end),
    CaseReopened: _of_values(actions.reopen),
    # A version builds on the newest.
    Profile: _agree,
    # A meeting is with an employer that is named, and is held or called off once.
    Meeting: _book,
    MeetingCancelled: _cancel,
    # It must fit the employer, and holds the meeting that it names.
    Contact: _of_values(followup.record_contact),
    # A step ends once.
    PlanStepDone: _end_step,
    # The start begins the job or the education itself, and what follows must be in order. Two jobs at once are no slip.
    JobStarted: _of_values(jobs.start_job, beside=True),
    JobChanged: _of_values(jobs.change_job, numbered="job"),
    JobEnded: _of_values(jobs.end_job, numbered="job"),
    EducationStarted: _of_values(jobs.start_education),
    EducationEnded: _of_values(jobs.end_education, numbered="education"),
}
