"""Writes the acts in bulk: rows by COPY, with the triggers off, and what they keep computed once at the end.

As owner, and only into an empty database. That the result is what the same acts give when people do them one by one is
proved by a test (``tests/demo/test_same.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from plass.cases import identity
from plass.cases.models import Assignment

from . import acts
from .columns import BLOCK, begins, loaded_columns, midnight, own_values, written_at
from .county import County

#: Rows kept before they are sent, so that a big county needs little memory.
ROWS_AT_A_TIME = 30_000


class Copier:
    """Turns one county's acts into rows and sends them through ``connection``."""

    def __init__(self, connection: psycopg.Connection[Any], county: County) -> None:
        self.connection = connection
        self.county = county
        self.block = county.index * BLOCK
        self.last: Counter[str] = Counter()
        self.rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in loaded_columns()}
        self.waiting = 0

    def organisation(self) -> None:
        """The county, its offices, teams, staff, and workplaces."""
        county, b = self.county, self.block
        add = self._add
        add("organisation_county", (county.name,))
        for office in county.offices:
            add("organisation_office", (b + 1, office.code, office.name))
        for team in county.teams:
            add("organisation_team", (b + team.office, team.name))
        for employee in county.staff:
            self._account(
                employee.username,
                "staff",
                employee.given_name,
                employee.family_name,
                employee.started_on,
                employee.ended_on,
            )
            place = (
                (None, b + employee.office, employee.team and b + employee.team)
                if employee.office
                else (b + 1, None, None)
            )
            add(
                "organisation_membership",
                (b + employee.number, employee.role, *place, employee.started_on, employee.ended_on),
            )
        for away in county.absences:
            when = midnight(min(away.starts_on, county.today))
            add(
                "organisation_absence",
                (b + away.user, b + away.covered_by, away.starts_on, away.ends_on, when, b + away.by),
            )
        for employer in county.employers:
            add(
                "employers_employer",
                (
                    employer.name,
                    employer.organisation_number,
                    employer.industry,
                    employer.address,
                    employer.postal_code,
                    employer.place,
                    employer.phone,
                    "",
                    midnight(employer.recorded_on),
                    b + employer.by,
                    1,
                ),
            )
        for person in county.people_there:
            add(
                "employers_contactperson",
                (
                    b + person.employer,
                    person.name,
                    person.title,
                    person.phone,
                    person.email,
                    person.decides,
                    None,
                    midnight(person.recorded_on),
                    b + person.by,
                    1,
                ),
            )
        self.send()

    def life(self, life: acts.CaseLife) -> int:
        """One case. Returns how many facts were written."""
        b, case = self.block, self.block + life.number
        superseded = {id(act.fact): act for act in life.acts if isinstance(act, acts.Corrected)}
        facts = 0
        for act in life.acts:
            facts += 1
            if isinstance(act, acts.Referred):
                facts += 1
                self._referred(act, life)
            elif isinstance(act, acts.Corrected):
                facts += self._corrected(act, case)
            elif isinstance(act, acts.FactRecorded):
                for column, table in begins(act.model).items():
                    if column not in act.values:
                        act.begun[column] = self._add(table, (case,))
                by = superseded.get(id(act))
                self._fact(act, case, written_at(by) if by else None)
        person = b + self._person(life)
        for look in life.looked:
            self._add(
                "access_accesslogentry",
                (look.at, b + look.by, look.role, case, person, look.purpose, look.rule, True, None, None),
            )
        if self.waiting >= ROWS_AT_A_TIME:
            self.send()
        return facts

    @staticmethod
    def _person(life: acts.CaseLife) -> int:
        """The number of the person, whom the referral names."""
        referred = life.acts[0]
        assert isinstance(referred, acts.Referred)
        return referred.person.number

    def talk(self, act: acts.FactRecorded) -> None:
        """A talk with an employer about nobody in particular."""
        self._fact(act, None, None)

    def personas(self, chosen: Iterable[acts.Persona]) -> None:
        """Whom one can be in the demo; the participant gets an account."""
        self.send()
        b = self.block
        for persona in chosen:
            user, name = persona.user and b + persona.user, persona.name
            if persona.person:
                user = b + self._account(f"deltaker{persona.person}", "participant", "", "", self.county.today, None)
                self.send()
                row = self.connection.execute(
                    "UPDATE cases_participant SET user_id = %s WHERE id = %s "
                    "RETURNING concat(given_name, ' ', family_name)",
                    [user, b + persona.person],
                ).fetchone()
                assert row is not None
                name = row[0]
            self.connection.execute(
                'INSERT INTO accounts_persona (user_id, "order", name, role, about) VALUES (%s, %s, %s, %s, %s)',
                [user, persona.order, name, persona.role, persona.about],
            )

    def send(self) -> None:
        """Send what is waiting, tables that others point to first."""
        for table, rows in self.rows.items():
            if rows:
                columns = sql.SQL(", ").join(sql.Identifier(column) for column in loaded_columns()[table])
                statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), columns)
                with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
                    for row in rows:
                        copy.write_row(row)
                rows.clear()
        self.waiting = 0

    def _add(self, table: str, values: tuple[Any, ...]) -> int:
        self.last[table] += 1
        self.rows[table].append((self.block + self.last[table], *values))
        self.waiting += 1
        return self.last[table]

    def _account(self, username: str, kind: str, given: str, family: str, first: Any, last: Any) -> int:
        # "!" begins a password that no password fits: the way in is the page to choose who to be.
        return self._add(
            "organisation_user", (f"!{username}", None, username, kind, given, family, "", "", "nb", first, last)
        )

    def _fact(self, act: acts.FactRecorded, case: int | None, superseded_at: Any) -> int:
        act.number = self._add(
            act.model._meta.db_table,
            (case, act.happened_on, written_at(act), self.block + act.by, superseded_at, *own_values(act, self.block)),
        )
        return act.number

    def _referred(self, act: acts.Referred, life: acts.CaseLife) -> None:
        b, case, person, when = self.block, self.block + life.number, act.person, written_at(act)
        by = b + act.by
        if not life.again:
            number = identity.parse(person.identity_number)
            self._add(
                "cases_participant",
                (
                    person.given_name,
                    person.family_name,
                    identity.encrypt(number),
                    identity.find_by(number),
                    person.born_on,
                    person.phone,
                    person.email,
                    person.address,
                    person.postal_code,
                    person.place,
                    person.language,
                    person.protection,
                    None,
                    when,
                    by,
                    1,
                ),
            )
        specialist = life.specialist and b + life.specialist
        assignment = next((candidate for candidate in life.acts if acts.records(candidate, Assignment)), None)
        referrer_ended_at = written_at(assignment) if assignment else None
        shielded = bool(person.protection)
        self._add(
            "cases_case",
            (b + person.number, b + act.office, by, b + act.team, specialist, by, shielded, referrer_ended_at),
        )
        self._fact(act, case, None)
        self._fact(acts.fact(Assignment, act.happened_on, act.by, role="counsellor", user=act.by), case, None)

    def _corrected(self, act: acts.Corrected, case: int) -> int:
        """The correction, and the row that replaces the fact. Returns how many rows there are beside the correction."""
        replacement = None
        if act.changes:
            replacement = self.block + self._fact(act.replacement(), case, None)
        self._add(
            "cases_correction",
            (
                case,
                act.fact.model.kind,
                self.block + act.fact.number,
                replacement,
                act.reason,
                written_at(act),
                self.block + act.by,
            ),
        )
        return 1 if replacement else 0
