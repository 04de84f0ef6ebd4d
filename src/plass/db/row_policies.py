"""Who sees and writes which rows: every table says it beside its columns, and PostgreSQL enforces it.

A model carries ``rows = RowPolicy(...)``, or a class method ``rows()`` that gives one where it follows from something else
that the model says. :func:`apply` turns those declarations into privileges and row-level security policies; it runs after
every migration, so that the database and the code cannot drift apart. A table that declares nothing gets no privileges at
all, and a test fails on it.

Whatever needs no data of its own (functions, views, triggers) is written as SQL files in the rooms' ``sql`` folders and
made anew in the same step; see ``docs/decisions/0003-derived-objects.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, NamedTuple

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import ForeignKey, Model

from . import hidden, signed
from .database import OWNER, QUEUE, READ, ROLES, WEB, DatabaseError

Key = ForeignKey[Any, Any]
Holds = Literal["person data", "staff", "nothing personal", "technical"]


@dataclass(frozen=True)
class History:
    """What is kept when a row of a table that is changed in place is changed (``access.models.Change``).

    ``audience`` says who reads it: "participant" (whoever may see the participant), "staff" (staff whose
    role has cases), "organisation" (administrators, the one it is about, and whoever leads them; but of an account of a
    participant or of a contact person only those who see that account), "tie" (whoever sees the tie itself), or "nobody"
    (of a table that nobody reads: a function answers).
    ``participant`` and ``user`` are the columns that hold them. Of ``hidden`` columns it is kept that they changed, never
    what they hold; nor of any binary column, nor of one that is called like a secret. A change of ``ignored`` columns
    alone is no change. ``added``: new rows too.
    """

    audience: Literal["participant", "staff", "organisation", "tie", "nobody"]
    participant: str = ""
    user: str = ""
    hidden: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ("version", "sort_name", "search_name")
    added: bool = False


@dataclass(frozen=True)
class RowPolicy:
    """What the web role may do with the rows of a table.

    ``holds`` classifies the content; ``person data`` and ``staff`` are always under row-level security.
    ``select``, ``insert``, ``update`` and ``delete`` are SQL conditions on a row (None: never).
    ``closed`` columns may not be read. ``queue``: the table is the queue's of background jobs, whose role reads and writes
    all of it.
    ``update_columns`` are the only columns an UPDATE may name (empty: all but the row's number, which an INSERT may not
    name either, and when it was written). When something was done is the database's to say, whatever the web role says: it
    sets every time, and what is done later (a column that may be NULL) is not done yet in a new row. ``chosen_times`` are
    others (when a meeting begins); ``began`` is one that is compared with ``now()``, the beginning of the transaction.
    Who recorded a row (``recorded_by``) is who wrote it.
    ``one_way`` columns say that something is over (used, ended, superseded, taken back) and by whom: set once and together,
    and the web role neither empties nor changes them.
    Where a row names another, and both name a third by columns of the same name, they name the same one: the end of a job
    and the job are of the same case, a role's team is of its office (``agreements``). ``may_differ`` are the exceptions:
    "meeting.employer" is the employer of the meeting that a row names. What is empty in one of them is empty in both;
    ``may_be_empty``: where the row's own may be empty beside the other's, as "office.county".
    """

    holds: Holds
    select: str | None
    insert: str | None = None
    update: str | None = None
    update_columns: tuple[str, ...] = ()
    delete: str | None = None
    history: History | None = None
    chosen_times: tuple[str, ...] = ()
    began: str = ""
    one_way: tuple[str, ...] = ()
    may_differ: tuple[str, ...] = ()
    may_be_empty: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    queue: bool = False


def level_allows(level: int) -> str:
    """SQL: somebody who works here may do so much with the row's case (``plass.access.rules.Level``).

    Where a statement writes rows of several cases, it is asked once with which of them.
    """
    return (
        f"(case_id = ANY ((SELECT access_cases_allowing({int(level)}))::bigint[]) OR access_level(case_id) >= {int(level)}) "
        "AND (SELECT access_is_staff())"
    )


def of_a_case(level: int) -> RowPolicy:
    """A fact about a case: seen by whoever sees the case, added and marked as superseded by those who may do so much."""
    # Of one row that is written it is asked what may be done with that case; of many that are read, which cases are seen.
    return RowPolicy(
        holds="person data",
        select=SEES_CASE,
        insert=level_allows(level),
        update=level_allows(level),
        update_columns=("superseded_at",),
        one_way=("superseded_at",),
    )


def visible(column: str, function: str, of: str) -> str:
    """SQL: that ``column`` is among what ``function`` tells one by one, or its case is seen with a whole team: the policy of
    the cases is asked about the one whose column ``of`` it is.

    It costs the same for each row, however many are seen (docs/decisions/0172-cost-grows-with-the-page.md). OFFSET keeps
    the planner from reading all cases beforehand. What is renamed within cannot be taken for a column of the row.
    """
    return (
        f"({column} = ANY ((SELECT {function}())::bigint[]) OR ({column} >= (SELECT access_beyond()) AND EXISTS ("
        f"SELECT FROM (SELECT {of} AS its FROM cases_case) seen WHERE seen.its = {column} OFFSET 0)))"
    )


#: Of a row that says whose the case is: that it is seen with a whole team. The view ``access_whole`` says the same where no
#: policy holds.
IN_A_WHOLE_TEAM = (
    "team_id = ANY ((SELECT access_whole_teams())::bigint[]) AND NOT shielded "
    "AND participant_id <> ALL ((SELECT access_tied())::bigint[])"
)
SEES_CASE = visible("case_id", "access_cases", "id")
SEES_PARTICIPANT = visible("participant_id", "access_participants", "participant_id")
#: What most facts of a case ask for: to be allowed to record (Level.RECORD).
OF_A_CASE = of_a_case(3)
ADMINISTRATOR = "(SELECT access_has_role('administrator'))"
LOGGED_IN = "(SELECT access_user()) IS NOT NULL"
OWN = "user_id = (SELECT access_user())"
STAFF = "(SELECT access_is_staff())"
#: Staff in a role that has cases. What they write about employers is theirs: a leader, an evaluator or an administrator
#: works with neither.
WORKS_WITH_PEOPLE = "(SELECT access_works_with_people())"
#: Staff and participants; not an employer's contact person, who sees nothing but what was released.
INSIDE = "(SELECT access_is_inside())"
#: An administrator, of the account of somebody who works here (they see no other): never a participant's.
ADMINISTRATOR_OF_STAFF = f"({ADMINISTRATOR} AND user_id IN (SELECT id FROM organisation_user WHERE kind = 'staff'))"

#: The structure of the organisation: no person in it, changed by administrators.
ORGANISATION = RowPolicy(
    holds="nothing personal",
    select="true",
    insert=ADMINISTRATOR,
    update=ADMINISTRATOR,
    history=History("organisation", added=True),
)

#: What the triggers and functions of another package are called, which come with its migrations and are left alone. As LIKE
#: says it.
FOREIGN = r"procrastinate\_%"

#: Tables of Django's own, and of the queue, that the program uses.
OTHERS = {
    # Read and written by functions that want the key of one session (accounts/sql/25_sessions.sql).
    "django_session": RowPolicy(holds="technical", select=None),
    "django_content_type": RowPolicy(holds="technical", select="true"),
    "auth_permission": RowPolicy(holds="technical", select=None),
    "auth_group": RowPolicy(holds="technical", select=None),
    "auth_group_permissions": RowPolicy(holds="technical", select=None),
    "django_migrations": RowPolicy(holds="technical", select="true"),
    # The queue of background jobs: numbers alone (plass.queue).
    "procrastinate_jobs": RowPolicy(holds="technical", select=None, queue=True),
    "procrastinate_events": RowPolicy(holds="technical", select=None, queue=True),
    "procrastinate_periodic_defers": RowPolicy(holds="technical", select=None, queue=True),
    "procrastinate_workers": RowPolicy(holds="technical", select=None, queue=True),
    # Kept by triggers alone; the pages read it through the view ``milestones``.
    "milestone_cache": RowPolicy(
        holds="person data",
        # A list asks this of thousands of rows, which it finds by an index itself: so it is hashed, and no index helps it.
        select="(team_id IN (SELECT unnest(access_whole_teams())) AND NOT shielded "
        "AND participant_id <> ALL ((SELECT access_tied())::bigint[])) OR case_id IN (SELECT unnest(access_cases()))",
        closed=("shielded",),
    ),
    # Which of them are to be made anew before the transaction ends. Triggers alone read and write it.
    "milestone_refresh_queue": RowPolicy(holds="technical", select=None),
    # For each connection the state of what access is worked out from (access/sql/10_who.sql). Triggers and functions alone.
    "access_state": RowPolicy(holds="technical", select=None),
}


def declared() -> dict[str, RowPolicy]:
    """Every table's declaration, by table name. Models without one are left out (and get no privileges)."""
    policies = dict(OTHERS)
    for model in apps.get_models(include_auto_created=True):
        rows = getattr(model, "rows", None)
        if rows is not None and model._meta.managed:
            policies[model._meta.db_table] = rows() if callable(rows) else rows
    return policies


class Agreement(NamedTuple):
    """Two foreign keys that must name the same row: ``own`` of a table, and ``theirs`` of the row that its key ``by`` names.

    The case of a job's end (``own``), and the case (``theirs``) of the job (``by``).
    """

    own: Key
    by: Key
    theirs: Key


def agreements(model: type[Model], rows: RowPolicy) -> list[Agreement]:
    """The keys of ``model`` that must agree with those, of the same name, of the rows that it names.

    Accounts are left out: who recorded one thing may differ from who recorded another.
    """
    own = {field.name: field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)}
    return [
        Agreement(own[theirs.name], by, theirs)
        for by in own.values()
        for theirs in by.related_model._meta.concrete_fields
        if isinstance(theirs, ForeignKey)
        and theirs.name in own
        and own[theirs.name] is not by
        and own[theirs.name].related_model is theirs.related_model is not get_user_model()
        and f"{by.name}.{theirs.name}" not in rows.may_differ
    ]


def sql_files() -> list[tuple[str, str]]:
    """(name, text) of every room's SQL, lower rooms first and by name within a room.

    It stands in files of ``sql/``, or the app's configuration derives it: ``derived_sql()``, by the name of a file.
    """
    files = []
    for app in apps.get_app_configs():
        if not app.name.startswith("plass."):
            continue
        texts: dict[str, str] = dict(app.derived_sql()) if hasattr(app, "derived_sql") else {}
        folder = resources.files(app.name) / "sql"
        if folder.is_dir():
            texts |= {
                file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".sql")
            }
        files += [(f"{app.label}/{name}", texts[name]) for name in sorted(texts)]
    return files


def clear() -> None:
    """Drop policies, views, triggers and functions, so that migrations may change the tables below them. The data stays.

    What the files do not declare any more is gone by that: a function of an earlier version would else go on answering,
    without a signature that a later one asks for. A function that a column is made with (a migration's) stays, and so does
    what another package owns (``FOREIGN``).
    Until :func:`apply` has run again the web role sees nothing: row-level security stays on without a policy.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            DO $$
            DECLARE r record;
            BEGIN
                FOR r IN SELECT policyname, tablename FROM pg_policies
                         WHERE schemaname = 'public' AND policyname <> 'owner' LOOP
                    EXECUTE format('DROP POLICY %I ON public.%I', r.policyname, r.tablename);
                END LOOP;
                FOR r IN SELECT viewname FROM pg_views WHERE schemaname = 'public' LOOP
                    EXECUTE format('DROP VIEW IF EXISTS public.%I CASCADE', r.viewname);
                END LOOP;
                FOR r IN SELECT tgname, relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
                         WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace
                           AND relname NOT LIKE '{FOREIGN}' LOOP
                    EXECUTE format('DROP TRIGGER %I ON public.%I', r.tgname, r.relname);
                END LOOP;
                -- All in one statement, as some are made with others.
                FOR r IN SELECT string_agg(oid::regprocedure::text, ', ') AS these FROM pg_proc p
                         WHERE pronamespace = 'public'::regnamespace AND proowner = current_user::regrole
                           AND proname NOT LIKE '{FOREIGN}' AND NOT EXISTS (
                               SELECT FROM pg_depend d WHERE (d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid
                                   AND d.classid <> 'pg_proc'::regclass)
                                  OR (d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'))
                         HAVING count(*) > 0 LOOP
                    EXECUTE 'DROP ROUTINE ' || r.these;
                END LOOP;
            END $$
            """
        )


def apply() -> None:
    """Make functions, views, triggers, privileges and policies as declared. Runs as owner, after migrations.

    Raises DatabaseError where a role is missing.
    """
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        _refuse_missing_roles(cursor)
        cursor.execute(
            f"REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO {WEB}, {READ}, {QUEUE}"
        )
        cursor.execute(f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
        for name, text in sql_files():
            try:
                cursor.execute(text)
            except Exception as error:
                error.add_note(f"in {name}")
                raise
        cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {WEB}, {READ}, {QUEUE}")
        cursor.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {WEB}, {READ}, {QUEUE}")
        # No privilege on sequences: numbers of rows come from identity columns, and what a sequence has given tells that
        # somebody else wrote something.
        cursor.execute("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC")
        cursor.execute(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {WEB}")
        _close_functions(cursor)
        cursor.execute(f"GRANT EXECUTE ON FUNCTION access_transaction(), access_today() TO {READ}")
        _fix_search_paths(cursor)
        # Only views that see with the reader's own eyes: another view would see with the owner's, past every policy.
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v' "
            "AND 'security_invoker=true' = ANY (reloptions)"
        )
        for (view,) in cursor.fetchall():
            cursor.execute(f"GRANT SELECT ON {quote(view)} TO {WEB}")
        models = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
        hide = {table: hidden.columns(model) for table, model in models.items()}
        for table, rows in declared().items():
            _apply_to(cursor, quote(table), rows, _readable(cursor, table, [*hide.get(table, []), *rows.closed]))
            if table in models:
                _keep_agreements(cursor, models[table], rows)
    signed.give_key_to_database()


def _refuse_missing_roles(cursor: Any) -> None:
    cursor.execute("SELECT rolname FROM pg_roles")
    if missing := set(ROLES) - {name for (name,) in cursor.fetchall()}:
        raise DatabaseError(
            f"The database server lacks the role {', '.join(sorted(missing))}. Let its administrator run the lines about it "
            "in `plass migrate --print-roles`, and migrate again."
        )


def _fix_search_paths(cursor: Any) -> None:
    """Let every function that runs as the owner look for names in our schema, and last among temporary tables.

    Without the end of it PostgreSQL looks there first, and a caller could put a table of the same name in front.
    """
    cursor.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef"
    )
    for (function,) in cursor.fetchall():
        cursor.execute(f"ALTER FUNCTION {function} SET search_path = public, pg_temp")


def _close_functions(cursor: Any) -> None:
    """Take from the web role what its comment gives to another role alone, or to other functions alone, and the queue's."""
    cursor.execute(
        "SELECT oid::regprocedure::text, CASE WHEN proname LIKE %s THEN 'for the queue role' "
        "ELSE obj_description(oid, 'pg_proc') END AS whose FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        [FOREIGN],
    )
    whose = {"for the read role": READ, "for the queue role": QUEUE, "for other functions": None}
    for function, comment in cursor.fetchall():
        if comment in whose:
            cursor.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM {WEB}, {READ}, {QUEUE}")
            if role := whose[comment]:
                cursor.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {role}")


def _readable(cursor: Any, table: str, hide: list[str]) -> str:
    """The columns of ``table`` that the web role may read, in brackets.

    Named also where they are all of them: a privilege on the whole table is one on the system's columns too, and the places
    of one's own rows (``ctid``) tell that somebody else's were written between them.
    """
    cursor.execute(
        "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL (%s)",
        [table, hide],
    )
    return f" ({cursor.fetchone()[0]})"


def _chosen(cursor: Any, table: str, but: Iterable[str] = ()) -> str:
    """The columns of ``table`` that whoever writes a row may choose: not its number, which the database gives.

    A number chosen ahead of those that were given would stand in the way of somebody else's row.
    """
    cursor.execute(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute "
        "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = '' "
        "AND attname <> ALL (%s)",
        [table, list(but)],
    )
    return str(cursor.fetchone()[0])


def _times(cursor: Any, table: str, rows: RowPolicy) -> dict[str, bool]:
    """The columns of ``table`` that say when something was done, and whether every row has that from its beginning."""
    cursor.execute(
        "SELECT attname, attnotnull FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped "
        "AND atttypid = 'timestamptz'::regtype AND attname <> ALL (%s)",
        [table, list(rows.chosen_times)],
    )
    return dict(cursor.fetchall())


def _set_times(cursor: Any, table: str, rows: RowPolicy, times: dict[str, bool]) -> None:
    """Let the database say when the web role did something: see :class:`Rows`."""
    for name, always in times.items():
        column, web = connection.ops.quote_name(name), f"current_user = '{WEB}'"
        function = f"access_set_time('{name}', '{'began' if name == rows.began else ''}')"
        if rows.insert is not None and always:
            cursor.execute(
                f"CREATE TRIGGER plass_time_{name} BEFORE INSERT ON {table} "
                f"FOR EACH ROW WHEN ({web}) EXECUTE FUNCTION {function}"
            )
        if rows.update is not None and (name in rows.update_columns or not (rows.update_columns or always)):
            cursor.execute(
                f"CREATE TRIGGER plass_time_{name}_changed BEFORE UPDATE OF {column} ON {table} FOR EACH ROW "
                f"WHEN ({web} AND NEW.{column} IS NOT NULL AND NEW.{column} IS DISTINCT FROM OLD.{column}) "
                f"EXECUTE FUNCTION {function}"
            )


def _keep_one_way(cursor: Any, table: str, rows: RowPolicy) -> None:
    """Let the web role set what says that something is over once, and not take it back."""
    if rows.one_way:
        names = [connection.ops.quote_name(name) for name in rows.one_way]
        cursor.execute(
            f"CREATE TRIGGER plass_one_way BEFORE UPDATE OF {', '.join(names)} ON {table} FOR EACH ROW "
            f"WHEN (current_user = '{WEB}' AND ({' OR '.join(f'OLD.{name} IS NOT NULL' for name in names)}) "
            f"AND ({' OR '.join(f'NEW.{name} IS DISTINCT FROM OLD.{name}' for name in names)})) "
            "EXECUTE FUNCTION access_refuse_change()"
        )


def _keep_agreements(cursor: Any, model: type[Model], rows: RowPolicy) -> None:
    """Refuse a row that contradicts another that it names, whoever writes it.

    The function sees what whoever writes the row sees, and refuses in the same words where the other row is not there or
    is not seen: so it tells nothing of it, though it is asked before the row policy.
    """
    quote, table = connection.ops.quote_name, model._meta.db_table
    pairs = agreements(model, rows)
    if not pairs:
        return
    function = quote(f"plass_agrees_{table}")
    checks = [
        ("" if f"{by.name}.{theirs.name}" not in rows.may_be_empty else f"NEW.{quote(own.column)} IS NOT NULL AND ")
        + f"NEW.{quote(by.column)} IS NOT NULL AND NOT EXISTS (SELECT FROM {quote(by.related_model._meta.db_table)} o "
        f"WHERE o.id = NEW.{quote(by.column)} AND o.{quote(theirs.column)} IS NOT DISTINCT FROM NEW.{quote(own.column)})"
        for own, by, theirs in pairs
    ]
    cursor.execute(
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql "
        f"SET search_path = public, pg_temp AS $$ BEGIN IF ({') OR ('.join(checks)}) THEN "
        "RAISE insufficient_privilege USING MESSAGE = 'a row contradicts another that it names'; "
        "END IF; RETURN NEW; END $$"
    )
    columns = sorted({quote(key.column) for own, by, _theirs in pairs for key in (own, by)})
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in columns)
    for name, event, when in (
        ("insert", "INSERT", ""),
        ("update", f"UPDATE OF {', '.join(columns)}", f"WHEN ({changed})"),
    ):
        cursor.execute(
            f"CREATE TRIGGER plass_agrees_{name} BEFORE {event} ON {quote(table)} FOR EACH ROW {when} "
            f"EXECUTE FUNCTION {function}()"
        )


def _apply_to(cursor: Any, table: str, rows: RowPolicy, readable: str) -> None:
    cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    # The owner migrates and runs the functions that answer one narrow question; it is never the web process.
    cursor.execute(f"DROP POLICY IF EXISTS owner ON {table}")
    cursor.execute(f"CREATE POLICY owner ON {table} TO {OWNER} USING (true) WITH CHECK (true)")
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attname = 'recorded_by_id'", [table]
    )
    who = [name for (name,) in cursor.fetchall()]
    times = _times(cursor, table, rows)
    _set_times(cursor, table, rows, times)
    _keep_one_way(cursor, table, rows)
    if rows.queue:
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {QUEUE}")
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        cursor.execute(f"GRANT USAGE ON SEQUENCE {cursor.fetchone()[0]} TO {QUEUE}")
        cursor.execute(f"CREATE POLICY plass_queue ON {table} TO {QUEUE} USING (true) WITH CHECK (true)")
    if rows.select is not None:
        cursor.execute(f"GRANT SELECT{readable} ON {table} TO {WEB}")
        cursor.execute(f"CREATE POLICY plass_select ON {table} FOR SELECT TO {WEB} USING ({rows.select})")
    if rows.insert is not None:
        later = [f"{name} IS NULL" for name, always in times.items() if not always]
        check = " AND ".join([f"({rows.insert})", *later, *(f"{name} = (SELECT access_user())" for name in who)])
        cursor.execute(f"GRANT INSERT ({_chosen(cursor, table)}) ON {table} TO {WEB}")
        cursor.execute(f"CREATE POLICY plass_insert ON {table} FOR INSERT TO {WEB} WITH CHECK ({check})")
    if rows.update is not None:
        written = [name for name, always in times.items() if always]
        columns = ", ".join(rows.update_columns) or _chosen(cursor, table, but=[*written, *who])
        cursor.execute(f"GRANT UPDATE ({columns}) ON {table} TO {WEB}")
        cursor.execute(
            f"CREATE POLICY plass_update ON {table} FOR UPDATE TO {WEB} USING ({rows.update}) WITH CHECK ({rows.update})"
        )
    if rows.delete is not None:
        cursor.execute(f"GRANT DELETE ON {table} TO {WEB}")
        cursor.execute(f"CREATE POLICY plass_delete ON {table} FOR DELETE TO {WEB} USING ({rows.delete})")
    if rows.history is not None:
        history = rows.history
        events = "INSERT OR UPDATE OR DELETE" if history.added else "UPDATE OR DELETE"
        words = (
            history.audience,
            history.participant,
            history.user,
            ",".join(history.hidden),
            ",".join(history.ignored),
        )
        arguments = ", ".join(f"'{word}'" for word in words)
        cursor.execute(
            f"CREATE TRIGGER plass_history AFTER {events} ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION access_keep_history({arguments})"
        )
