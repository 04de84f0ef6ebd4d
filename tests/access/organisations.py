"""Made-up organisations for the comparison of the gate with the database: who works where, whose cases, who is close.

The comparison walks the catalogue: every table with person data gets a row for each case, and a query without any filter,
run as the web role for a user, must return exactly what the gate allows. A table of a new kind must be told about in
``SEEN`` (who sees which row) and perhaps in ``VALUES`` (how to make a row), or the comparison fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from plass.access import rules
from plass.access.current_user import set_current_user
from plass.access.models import ConflictOfInterest, Grant
from plass.access.user_roles import UserRoles, user_roles
from plass.cases.gate import relations
from plass.cases.models import Case, Participant
from plass.db import row_policies
from plass.organisation.models import County, Membership, Office, Role, Team, User
from tests.conftest import as_owner
from tests.world import shielded_cases

TEAMS = 3


@dataclass
class Plan:
    """What is laid out; people, participants, cases and teams are named by their place in the list."""

    #: (person, role, team, from in days, until in days or None); days from today
    memberships: list[tuple[int, Role, int, int, int | None]] = field(default_factory=list)
    #: people whose account has ended
    left: frozenset[int] = frozenset()
    #: the last day of somebody's account, in days from today
    last_days: dict[int, int] = field(default_factory=dict)
    #: (participant, specialist, counsellor, referred by, team, when another took over from who referred: in days from
    #: now, or None); the office is the team's, or the first
    cases: list[tuple[int, int | None, int | None, int, int | None, int | None]] = field(default_factory=list)
    protections: list[str] = field(default_factory=lambda: [""] * 3)
    #: whose identity number each participant has: of two with the same, one was referred by who did not see the other
    numbers: tuple[int, ...] = ()
    #: the participant who has an account
    account: int | None = None
    #: (person, participant, kind, whether it has ended)
    ties: list[tuple[int, int, str, bool]] = field(default_factory=list)
    #: (person, case, kind and what it allows, hours left)
    grants: list[tuple[int, int, tuple[str, int], int]] = field(default_factory=list)
    #: (person, case) who had a case once, and handed it on
    had: list[tuple[int, int]] = field(default_factory=list)
    people: int = 4


@dataclass
class Made:
    """The organisation as it lies in the database."""

    people: list[User]
    cases: list[Case]
    participants: list[Participant]
    #: of whom somebody who works here says that they are it, unanswered: of this a page knows nothing
    claimed: frozenset[int] = frozenset()
    #: (person, case) who has had a part in a case, by their numbers: of this a page knows nothing either
    had_a_part: frozenset[tuple[int, int]] = frozenset()
    #: (person, case) who was given it once, or let in
    was_given: frozenset[tuple[int, int]] = frozenset()

    def relations(self, case: Case) -> rules.Relations:
        """How the case stands, as the database knows it."""
        parts = frozenset(who for who, which in self.had_a_part if which == case.pk)
        return replace(relations(case), claimed_own_employee=case.participant_id in self.claimed, had_a_part=parts)


def lay_out(plan: Plan) -> Made:
    """Write the organisation and a row of every table with person data for each case. Within a transaction."""
    today = timezone.localdate()
    numbers = plan.numbers or tuple(range(len(plan.protections)))
    with as_owner():
        county = County.objects.create(name="Fylke")
        offices = [Office.objects.create(county=county, number=f"98{n:02}", name=f"K{n}") for n in range(2)]
        teams = [Team.objects.create(office=offices[n % 2], name=f"T{n}") for n in range(TEAMS)]
        last_days = dict.fromkeys(plan.left, -1) | plan.last_days
        people = User.objects.bulk_create(
            [
                User(
                    username=f"p{n}",
                    kind="staff",
                    started_on=today - timedelta(days=900),
                    ended_on=today + timedelta(days=last_days[n]) if n in last_days else None,
                    password="!",
                )
                for n in range(plan.people)
            ]
            + [User(username="own", kind="participant", started_on=today, password="!")]
        )
        Membership.objects.bulk_create(
            Membership(
                user=people[who],
                role=role,
                team=teams[team] if role in {Role.SPECIALIST, Role.SUPERVISOR} else None,
                office=teams[team].office,
                started_on=today + timedelta(days=start),
                ended_on=None if end is None else today + timedelta(days=end),
            )
            for who, role, team, start, end in plan.memberships
        )
        ConflictOfInterest.objects.bulk_create(
            [
                ConflictOfInterest(
                    user=people[who],
                    identity_hash=bytes([numbers[whom]]) * 32,
                    kind=kind,
                    declared_by=people[who],
                    **(dict.fromkeys(("end_asked_at", "answered_at", "ended_at"), timezone.now()) if ended else {}),
                    **({"end_reason": "x", "answered_by": people[-1]} if ended else {}),
                )
                for who, whom, kind, ended in plan.ties
            ],
            ignore_conflicts=True,
        )
        participants = Participant.objects.bulk_create(
            Participant(
                given_name="P",
                family_name=str(n),
                identity_number=b"-",
                identity_hash=bytes([numbers[n]]) * 32,
                born_on=today,
                protection=protection,
                registered_by=people[0],
                registered_at=timezone.now() - timedelta(days=1),
                user=people[-1] if plan.account == n else None,
            )
            for n, protection in enumerate(plan.protections)
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
            now = cursor.fetchone()[0]
        made = Case.objects.bulk_create(
            Case(
                participant=participants[who],
                office=teams[team].office if team is not None else offices[0],
                specialist=people[specialist] if specialist is not None else None,
                counsellor=people[counsellor] if counsellor is not None else None,
                referred_by=people[referrer],
                team=teams[team] if team is not None else None,
                referrer_ended_at=None if ended is None else now + timedelta(days=ended),
            )
            for who, specialist, counsellor, referrer, team, ended in plan.cases
        )
        Grant.objects.bulk_create(
            Grant(
                kind=kind,
                level=level,
                user=people[who],
                granted_by=people[who],
                case_id=made[which].pk,
                reason="x",
                granted_at=now - timedelta(days=9),
                expires_at=now + timedelta(hours=hours),
            )
            for who, which, (kind, level), hours in plan.grants
            if which < len(made)
        )
        cases = list(
            Case.objects.filter(pk__in=[case.pk for case in made]).select_related("participant").order_by("pk")
        )
        # As the database keeps it; a page reads only whether the participant's own row is protected.
        shielded = shielded_cases()
        for case in cases:
            case.shielded = shielded[case.pk]
        with connection.cursor() as cursor:
            cursor.execute("SELECT cases_said_own_employees()")
            claimed = frozenset(cursor.fetchone()[0])
        had = {(people[who].pk, made[which].pk) for who, which in plan.had if which < len(made)}
        _fill(cases, people, sorted(had))
    let_in = {
        (people[who].pk, made[which].pk)
        for who, which, (kind, _level), _hours in plan.grants
        if kind == "given" and which < len(made)
    }
    had_a_part = frozenset(had | let_in | {(case.referred_by_id, case.pk) for case in cases})
    granted = {(people[who].pk, made[which].pk) for who, which, _kind, _hours in plan.grants if which < len(made)}
    return Made(people, cases, participants, claimed, had_a_part, frozenset(had | granted))


# --- A row of everything -----------------------------------------------------------------------------------------------

#: What makes a row of a table possible where a value made from the type does not do.
VALUES: dict[str, dict[str, str]] = {
    "access_accesslogentry": {
        "purpose": "CASE mod(c.id, 3) WHEN 0 THEN 'join' ELSE 'x' END",
        "rule": "CASE mod(c.id, 3) WHEN 1 THEN 'own data' ELSE 'x' END",
    },
    "access_change": {"audience": "'participant'", "participant_id": "c.participant_id", "operation": "'update'"},
    "rights_contactaccount": {"user_id": "c.id"},
    "rights_correctionrequest": {"kind": "''"},
}
#: Tables laid out by the plan itself, or kept by the database as it is laid out.
LAID_OUT = {"cases_case", "cases_participant", "access_conflictofinterest", "access_grant", "milestone_cache"}
OF_TYPE = {
    "bigint": "c.id",
    "integer": "1",
    "smallint": "1",
    "numeric": "1",
    "boolean": "false",
    "date": "access_today()",
    "timestamp with time zone": "now()",
    "time without time zone": "localtime",
    "text": "'x' || c.id",
    # The column may be as short as a code of an occupation.
    "character varying": "'x' || mod(c.id, 1000)",
    "jsonb": "'{}'",
    "bytea": "int8send(c.id)",
    "uuid": "gen_random_uuid()",
    "ARRAY": "'{1}'",
    "USER-DEFINED": "'{}'",
    "datemultirange": "'{}'",
}


def with_person_data() -> dict[str, row_policies.RowPolicy]:
    """Every table that holds something about a person who gets help, or belongs to such a person."""
    # A table that nobody reads has nothing to compare (cases_possibleduplicate; tests/attacks asks for it).
    return {
        table: policy
        for table, policy in row_policies.declared().items()
        if policy.holds == "person data" and policy.select is not None
    }


def _fill(cases: list[Case], people: list[User], had: list[tuple[int, int]]) -> None:
    """A row of each table for each case. Keys and triggers rest meanwhile: it is about who sees, not about sense."""
    if not cases:
        return
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = 'public' AND table_name = ANY (%s) AND is_generated = 'NEVER' AND is_identity = 'NO' "
            "AND (is_nullable = 'NO' AND column_default IS NULL OR column_name IN ('case_id', 'participant_id'))",
            [sorted(with_person_data())],
        )
        columns: dict[str, dict[str, str]] = {}
        for table, column, kind in cursor.fetchall():
            known = {"case_id": "c.id", "participant_id": "c.participant_id", "user_id": "%(somebody)s"}
            value = known.get(column) or OF_TYPE[kind]
            columns.setdefault(table, {})[column] = value
        for table, of in columns.items():
            if table in LAID_OUT:
                continue
            of |= VALUES.get(table, {})
            names, made = ", ".join(f'"{name}"' for name in of), ", ".join(of.values())
            made = made.replace("%(somebody)s", str(people[0].pk))
            cursor.execute(f"DELETE FROM {table}")
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {made} FROM cases_case c WHERE c.id = ANY (%s) "
                "ON CONFLICT DO NOTHING",
                [[case.pk for case in cases]],
            )
        # A talk with an employer about nobody yet has no case.
        of = columns["followup_contact"] | {"case_id": "NULL", "employer_id": "1"}
        names, made = ", ".join(f'"{name}"' for name in of), ", ".join(of.values())
        made = made.replace("%(somebody)s", str(people[0].pk))
        cursor.execute(f"INSERT INTO followup_contact ({names}) SELECT {made} FROM cases_case c LIMIT 1")
        cursor.executemany(
            "INSERT INTO cases_assignment (case_id, happened_on, recorded_at, recorded_by_id, role, user_id, reason) "
            "SELECT case_id, happened_on, recorded_at, recorded_by_id, role, %s, reason FROM cases_assignment "
            "WHERE case_id = %s AND user_id IS NULL",
            had,
        )
        # The history of everything else that has one, of everybody; and how the account of the participant logs in.
        cursor.execute(
            'INSERT INTO access_change (at, db_role, "table", "row", audience, operation, about_user) '
            "SELECT now(), 'x', 'x', coalesce(t.id, 0), audience, 'update', u.id "
            "FROM unnest(ARRAY['organisation', 'staff', 'account', 'tie', 'of a new kind']) audience "
            "CROSS JOIN organisation_user u LEFT JOIN access_conflictofinterest t ON audience = 'tie' WHERE u.id = ANY (%s)",
            [[person.pk for person in people]],
        )
        cursor.execute(
            "INSERT INTO accounts_subject (issuer, subject, user_id, bound_at) VALUES ('x', 'own', %s, now())",
            [people[-1].pk],
        )
        cursor.execute("SET session_replication_role = origin")


# --- What each should see ----------------------------------------------------------------------------------------------

Row = dict[str, Any]


@dataclass(frozen=True)
class Sight:
    """What the gate says somebody sees: their cases, and the participants of those."""

    who: UserRoles
    cases: frozenset[int]
    participants: frozenset[int]
    #: whom they lead
    led: frozenset[int]
    #: for an administrator: those whom nobody leads
    led_by_nobody: frozenset[int]
    #: the cases that are about themselves
    own: frozenset[int]
    #: the accounts of those participants, and of the contact persons who have access to those cases
    accounts: frozenset[int] = frozenset()
    #: those who work here, or did
    staff: frozenset[int] = frozenset()
    #: ties they see, or whose end they answer
    ties: frozenset[int] = frozenset()
    #: for a data protection officer: the cases of their places, and who had a role there from when until when
    watched_cases: frozenset[int] = frozenset()
    watched_roles: frozenset[tuple[int, date, date | None]] = frozenset()

    #: cases of a team they lead, and of whom they have or had a case; and who worked in those teams from when until when
    near_cases: frozenset[int] = frozenset()
    led_roles: frozenset[tuple[int, date, date | None]] = frozenset()

    def is_near(self, row: Row) -> bool:
        """Whether they led whoever a line is about since the day before, have a part in its case, or did it."""
        day = timezone.localtime(datetime.fromisoformat(row["at"])).date()
        is_own = row["user_id"] == self.who.user.pk
        return (
            is_own
            or row["case_id"] in self.near_cases
            or any(
                who == row["user_id"] and first <= day and (last is None or last >= day - timedelta(days=1))
                for who, first, last in self.led_roles
            )
        )

    def watched(self, row: Row) -> bool:
        """Whether whoever a line of the log is about had a role in those places on its day, or the one before."""
        day = timezone.localtime(datetime.fromisoformat(row["at"])).date()
        return any(
            who == row["user_id"] and first <= day and (last is None or last >= day - timedelta(days=1))
            for who, first, last in self.watched_roles
        )

    @property
    def is_staff(self) -> bool:
        """Whether they have any role here today."""
        return bool(self.who.roles)

    @property
    def works_with_people(self) -> bool:
        """Whether one of those roles has cases: theirs is also what is written about employers and nobody yet."""
        return self.who.actor.works_with_people


#: Who sees a row, for every table with person data whose rows are not simply those of a case that is seen.
SEEN: dict[str, Callable[[Row, Sight], bool]] = {
    "cases_case": lambda row, me: row["id"] in me.cases,
    "cases_participant": lambda row, me: row["id"] in me.participants,
    "milestone_cache": lambda row, me: row["case_id"] in me.cases,
    "followup_contact": lambda row, me: row["case_id"] in me.cases or (row["case_id"] is None and me.works_with_people),
    "retention_hold": lambda row, me: row["participant_id"] in me.participants,
    "retention_notice": lambda row, me: row["participant_id"] in me.participants,
    "accounts_subject": lambda row, me: (
        row["user_id"] == me.who.user.pk or (me.who.has(Role.ADMINISTRATOR) and row["user_id"] in me.staff)
    ),
    "access_accesslogentry": lambda row, me: (
        # Nor is who was kept away for an officer who is too near.
        (
            (row["case_id"] in me.watched_cases or me.watched(row))
            and not (row["rule"] == "own data" and me.is_near(row))
        )
        or (
            row["case_id"] in me.cases
            # Not who looked at a referral to join it, nor who was kept away: but the participant.
            and (not (row["purpose"] == "join" or row["rule"] == "own data") or row["case_id"] in me.own)
        )
    ),
    "access_conflictofinterest": lambda row, me: me.who.user.pk in {row["user_id"], row["declared_by_id"]},
    # What those whom one leads took in an emergency is a finding (tests/attacks/test_do_what_comes_up_for_nobody.py).
    "access_grant": lambda row, me: row["user_id"] == me.who.user.pk or row["case_id"] in me.cases,
    # Each row of access is to the contact person with the number of the case (``_fill``).
    "employers_contactperson": lambda row, me: me.works_with_people or row["id"] in me.own,
    "rights_contactaccount": lambda row, me: me.works_with_people or row["user_id"] == me.who.user.pk,
    "rights_employeraccess": lambda row, me: row["case_id"] in me.cases,
    "rights_release": lambda row, me: row["case_id"] in me.cases,
    "access_change": lambda row, me: {
        "participant": row["participant_id"] in me.participants,
        "staff": me.works_with_people,
        "organisation": me.who.has(Role.ADMINISTRATOR)
        or row["about_user"] == me.who.user.pk
        or row["about_user"] in me.led,
        "account": row["about_user"] == me.who.user.pk or row["about_user"] in me.accounts,
        "tie": row["row"] in me.ties,
    }.get(row["audience"], False),
}


def differences(made: Made) -> list[str]:
    """Where a query without a filter, run for each of the people, returns other rows than the gate allows."""
    tables = with_person_data()
    differing = []
    with as_owner():
        everything = _read(tables)
    for someone in made.people:
        set_current_user(someone.pk)
        sight = _sight(someone, made)
        ties = {
            key
            for key, row in everything["access_conflictofinterest"].items()
            if SEEN["access_conflictofinterest"](row, sight) or _answers(row, sight)
        }
        sight = replace(sight, ties=frozenset(ties))
        differing += _levels(someone, sight.who, made)
        for table, seen in _read(tables).items():
            expected = {key for key, row in everything[table].items() if _should_see(table, tables[table], row, sight)}
            if seen.keys() != expected:
                differing.append(f"{table} for {someone.username}: sees {set(seen)}, should see {expected}")
    set_current_user(None)
    differing += [f"{table} for nobody: sees {set(seen)}" for table, seen in _read(tables).items() if seen]
    return differing


def _answers(tie: Row, me: Sight) -> bool:
    """Whether they are to answer whether a tie ends, or did."""
    waits = tie["end_asked_at"] is not None and tie["answered_at"] is None
    return me.is_staff and (
        tie["answered_by_id"] == me.who.user.pk or (waits and tie["user_id"] in me.led | me.led_by_nobody)
    )


def _levels(someone: User, who: UserRoles, made: Made) -> list[str]:
    """Cases where the database lets ``someone`` do more or less than the rules of the program do."""
    expected = {case.pk: int(rules.decide(who.actor, made.relations(case)).level) for case in made.cases}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, access_level(id) FROM unnest(%s::bigint[]) AS id", [list(expected)])
        levels = dict(cursor.fetchall())
    return [
        f"case {case} for {someone.username}: level {levels[case]}, should be {level}"
        for case, level in expected.items()
        if levels[case] != level
    ]


def _sight(someone: User, made: Made) -> Sight:
    who = user_roles(User(pk=someone.pk, kind=someone.kind))
    assert who is not None
    allowed = [case for case in made.cases if rules.decide(who.actor, made.relations(case)).allowed]
    own = {who.participant} if who.participant else set()
    led = Membership.objects.filter(team__in=who.led_teams).exclude(user=someone.pk)
    today = timezone.localdate()
    with as_owner():
        roles = [
            membership
            for membership in Membership.objects.select_related("user")
            if membership.started_on <= today
            and (membership.ended_on is None or membership.ended_on >= today)
            and (membership.user.ended_on is None or membership.user.ended_on >= today)
        ]
        everybody = list(Membership.objects.select_related("team"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, identity_hash FROM cases_participant")
            numbers = {participant: bytes(number) for participant, number in cursor.fetchall()}
        lasting = [
            membership
            for membership in Membership.objects.all()
            if membership.started_on <= today and (membership.ended_on is None or membership.ended_on >= today)
        ]
    set_current_user(someone.pk)
    led_by_somebody = {
        membership.user_id
        for membership in lasting
        for lead in roles
        if lead.role == Role.SUPERVISOR
        and lead.team_id == membership.team_id is not None
        and lead.user_id != membership.user_id
    }
    watched = {
        membership.office_id
        for membership in roles
        if membership.user_id == someone.pk and membership.role == Role.DATA_PROTECTION
    }
    # Who worked in the team until yesterday is near too; and who has or had a part in a case, by any row of the number.
    lately = [
        membership
        for membership in everybody
        if membership.user_id == someone.pk and membership.team_id is not None and membership.started_on <= today
        if membership.ended_on is None or membership.ended_on >= today - timedelta(days=1)
    ]
    led_lately = {membership.team_id for membership in lately if membership.role == Role.SUPERVISOR}
    near_numbers = {
        numbers[case.participant_id]
        for case in made.cases
        if case.team_id in {membership.team_id for membership in lately}
        or someone.pk in (case.specialist_id, case.counsellor_id, case.referred_by_id)
        or (someone.pk, case.pk) in made.was_given
    }
    return Sight(
        who=who,
        near_cases=frozenset(case.pk for case in made.cases if numbers[case.participant_id] in near_numbers),
        led_roles=frozenset(
            (membership.user_id, membership.started_on, membership.ended_on)
            for membership in everybody
            if membership.team_id in led_lately and membership.user_id != someone.pk
        ),
        watched_cases=frozenset(case.pk for case in made.cases if case.office_id in watched),
        watched_roles=frozenset(
            (membership.user_id, membership.started_on, membership.ended_on)
            for membership in everybody
            if (membership.office_id or (membership.team and membership.team.office_id)) in watched
        ),
        led_by_nobody=frozenset(
            {person.pk for person in made.people if person.pk != someone.pk} - led_by_somebody
            if who.has(Role.ADMINISTRATOR)
            else ()
        ),
        cases=frozenset(case.pk for case in allowed),
        # The contact person with access to a case has the account with its number (``_fill``).
        accounts=frozenset(case.pk for case in allowed)
        | {
            participant.user_id
            for participant in made.participants
            for case in allowed
            if participant.pk == case.participant_id and participant.user_id
        },
        staff=frozenset(person.pk for person in made.people if person.kind == User.Kind.STAFF),
        own=frozenset(case.pk for case in made.cases if who.participant and case.participant_id == who.participant),
        participants=frozenset({case.participant_id for case in allowed} | own),
        led=frozenset(
            membership.user_id
            for membership in led
            if membership.started_on <= today and (membership.ended_on is None or membership.ended_on >= today)
        ),
    )


def _should_see(table: str, policy: row_policies.RowPolicy, row: Row, sight: Sight) -> bool:
    if table in SEEN:
        return SEEN[table](row, sight)
    if policy.select == row_policies.OWN:
        return bool(row["user_id"] == sight.who.user.pk)
    if policy.select == row_policies.STAFF:
        return sight.is_staff
    assert policy.select == row_policies.OF_A_CASE.select, (
        f"{table} holds person data: say in SEEN who sees which of its rows"
    )
    return row["case_id"] in sight.cases


def _read(tables: dict[str, row_policies.RowPolicy]) -> dict[str, dict[int, Row]]:
    """Every row of the tables that is visible now, in one question without a filter."""
    readable = [table for table, policy in tables.items() if policy.select is not None]
    rows: dict[str, dict[int, Row]] = {table: {} for table in tables}
    with connection.cursor() as cursor:
        # Some columns are hidden from the web role, whatever the row (config.hidden).
        cursor.execute(
            "SELECT attrelid::regclass::text, string_agg(quote_ident(attname), ', ') FROM pg_attribute "
            "WHERE attrelid = ANY (%s::regclass[]) AND attnum > 0 AND NOT attisdropped "
            "AND has_column_privilege('plass_web', attrelid, attnum, 'SELECT') GROUP BY 1",
            [readable],
        )
        columns = dict(cursor.fetchall())
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{table}', to_jsonb(r)::text FROM (SELECT {columns[table]} FROM {table}) r"
                for table in readable
            )
        )
        for table, text in cursor.fetchall():
            row = json.loads(text)
            rows[table][next(row[key] for key in ("id", "case_id", "session_key", "user_id") if key in row)] = row
    return rows


def one_of_each_rule() -> Plan:
    """A plan in which every rule decides some case for somebody, and is the only one that decides so."""
    specialist, leads, outside, colleague, leader = range(5)
    ago = -900
    return Plan(
        people=5,
        memberships=[
            (specialist, Role.SPECIALIST, 2, ago, None),
            (leads, Role.SUPERVISOR, 0, ago, None),
            (outside, Role.COUNSELLOR, 1, ago, None),
            (colleague, Role.SPECIALIST, 0, ago, None),
            (leader, Role.LEADER, 0, ago, None),
        ],
        protections=["", "", "", "confidential", "", "", ""],
        account=0,
        cases=[
            (0, None, None, leader, None, None),  # own
            (1, specialist, None, leader, 0, None),  # specialist, leads, team
            (1, None, outside, leader, 1, None),  # counsellor
            (2, None, None, specialist, None, None),  # referred
            (3, None, None, leader, 0, None),  # shielded from the team
            (1, None, None, leader, 1, None),  # given
            (1, None, None, leader, 1, None),  # emergency
            (4, specialist, None, leader, None, None),  # own data
            (5, None, outside, leader, 1, None),  # close family
            (2, None, None, leader, None, None),  # no role
            (2, None, None, specialist, None, -1),  # referred, and somebody took over
            (2, outside, specialist, leader, None, None),  # named for what they do not do
            (6, None, None, leader, 0, None),  # said: the supervisor is asked, and the team waits
        ],
        ties=[
            (specialist, 4, "self", False),
            (outside, 5, "family", False),
            (specialist, 1, "family", True),
            (outside, 6, "self", False),
        ],
        grants=[
            (colleague, 5, ("given", 3), 1),
            (colleague, 6, ("emergency", 2), 1),
            (colleague, 2, ("emergency", 2), -1),
            (leader, 9, ("given", 1), 1),
        ],
    )
