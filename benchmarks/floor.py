"""The floor: what a page costs at least on this machine, with this server and this database.

A bare Django application, served as the program is: no middleware, no session, no rights (it connects as owner). Each
view fetches the rows its page shows in one indexed query and renders them with one plain template to as many bytes as
the page has. What a page takes beyond this is what rights, the log of who looked, and the look of it cost.

``?planned=1`` asks with a plan that the database kept, as the program's own questions do (docs/decisions/0173): no
ordinary Django view does, and it is the least that the rows can cost.
"""

from __future__ import annotations

import os
import sys

from django.conf import settings
from django.http import HttpRequest, HttpResponse

TEMPLATE = """<!doctype html><html lang="nb"><head><title>Floor</title></head><body><table>
{% for row in rows %}<tr>{% for value in row %}<td>{{ value }}</td>{% endfor %}</tr>
{% endfor %}</table><p>{{ filler }}</p></body></html>"""

OPEN = "k.ended_on IS NULL"
NAME = "p.given_name || ' ' || p.family_name"
CASE = (
    "SELECT 1 AS part, k.case_id::text AS a, p.given_name AS b, p.family_name AS c, k.referred_on::text AS d, "
    "k.started_on::text AS e, k.last_met_on::text AS f, k.next_contact_on::text AS g "
    "FROM milestone_cache k JOIN cases_participant p ON p.id = k.participant_id"
)
#: Of a case, and of the names that stand beside it in a row of a list.
SPECIALIST = CASE.replace("k.next_contact_on::text AS g", "coalesce(s.given_name || ' ' || s.family_name, '') AS g") + (
    " LEFT JOIN organisation_user s ON s.id = k.specialist_id"
)
#: Those one can choose between above the list.
SPECIALISTS = (
    "SELECT 2, u.id::text, u.given_name, u.family_name, '', '', '', '' FROM organisation_membership m "
    "JOIN organisation_user u ON u.id = m.user_id WHERE m.team_id = %(a)s AND m.role = 'specialist' AND m.ended_on IS NULL"
)
OF_THE_CASE = (
    # Who it is; then, with its page's own rows, what is agreed, to be done, and known.
    CASE + " WHERE k.case_id = %(a)s",
    "SELECT 2, phone, email, address, postal_code, place, language, born_on::text FROM cases_participant "
    "WHERE id = (SELECT participant_id FROM cases_case WHERE id = %(a)s)",
    "SELECT 3, occupations::text, strengths, support_needs, avoid, hours_wanted::text, employer_contact, happened_on::text "
    "FROM (SELECT * FROM profiles_profile WHERE case_id = %(a)s AND superseded_at IS NULL "
    "ORDER BY happened_on DESC, id DESC LIMIT 1) f",
    "SELECT 4, j.title, e.name, j.form, j.hours_per_week::text, j.started_on::text, j.ended_on::text, j.end_reason "
    "FROM jobs_periods j JOIN employers_employer e ON e.id = j.employer_id WHERE j.case_id = %(a)s",
    "SELECT 5, subject, institution, level, started_on::text, ended_on::text, '', '' FROM jobs_education_periods "
    "WHERE case_id = %(a)s",
    "SELECT 6, name, role, organisation, phone, agreement, '', '' FROM cases_collaborator "
    "WHERE case_id = %(a)s AND superseded_at IS NULL",
    "SELECT 7, starts_at::text, purpose, channel, place, address, '', '' FROM followup_open_meetings WHERE case_id = %(a)s",
    "SELECT 8, what, who, due_on::text, goal, '', '', '' FROM plan_open_steps WHERE case_id = %(a)s",
    "SELECT 9, e.name, e.place, t.contacts::text, t.last_on::text, '', '', '' FROM ("
    "SELECT employer_id, count(*) AS contacts, max(happened_on) AS last_on "
    "FROM followup_contact WHERE case_id = %(a)s AND superseded_at IS NULL AND employer_id IS NOT NULL "
    "GROUP BY employer_id ORDER BY 3 DESC LIMIT 9) t "
    "JOIN employers_employer e ON e.id = t.employer_id",
    "SELECT 10, t.kind, t.happened_on::text, t.recorded_at::text, w.given_name, w.family_name, t.fields ->> 'note', "
    "t.fields ->> 'purpose' FROM (SELECT * FROM timeline WHERE case_id = %(a)s "
    "ORDER BY happened_on DESC, recorded_at DESC LIMIT 20) t LEFT JOIN organisation_user w ON w.id = t.recorded_by_id",
)
OF_THE_DAY = (
    CASE + f" WHERE k.specialist_id = %(a)s AND {OPEN}",
    f"SELECT 2, m.starts_at::text, {NAME}, m.purpose, m.place, m.address, m.minutes::text, e.name "
    "FROM followup_open_meetings m "
    "JOIN cases_case c ON c.id = m.case_id JOIN cases_participant p ON p.id = c.participant_id "
    "LEFT JOIN employers_employer e ON e.id = m.employer_id WHERE m.staff_id = %(a)s "
    "AND m.starts_at BETWEEN current_date - 60 AND current_date + 90",
    f"SELECT 3, f.next_contact_on::text, e.name, k.name, k.phone, {NAME}, '', '' FROM followup_promises f "
    "JOIN employers_employer e ON e.id = f.employer_id LEFT JOIN employers_contactperson k ON k.id = f.contact_person_id "
    "LEFT JOIN cases_case c ON c.id = f.case_id LEFT JOIN cases_participant p ON p.id = c.participant_id "
    "WHERE f.recorded_by_id = %(a)s AND f.next_contact_on BETWEEN current_date - 365 AND current_date",
    f"SELECT 4, k.case_id::text, {NAME}, k.referred_on::text, '', '', '', '' FROM milestone_cache k "
    "JOIN cases_participant p ON p.id = k.participant_id "
    f"WHERE k.team_id = %(b)s::bigint AND k.specialist_id IS NULL AND {OPEN}",
    "SELECT 5, s.case_id::text, s.what, s.who, s.due_on::text, '', '', '' FROM milestone_cache k "
    f"JOIN plan_open_steps s ON s.case_id = k.case_id WHERE k.specialist_id = %(a)s AND {OPEN}",
    "SELECT 6, j.case_id::text, j.title, e.name, j.started_on::text, j.ended_on::text, j.planned_end_on::text, '' "
    "FROM milestone_cache k JOIN jobs_periods j ON j.case_id = k.case_id JOIN employers_employer e ON e.id = j.employer_id "
    f"WHERE k.specialist_id = %(a)s AND {OPEN} AND j.started_on > current_date - 365",
)
WORKS_IN_IT = (
    "SELECT user_id FROM organisation_membership WHERE team_id = %(a)s AND role = 'specialist' AND ended_on IS NULL"
)
OF_THE_TEAM = (
    f"{SPECIALIST} WHERE k.team_id = %(a)s AND {OPEN}",
    SPECIALISTS,
    "SELECT 3, recorded_by_id::text, happened_on::text, '', '', '', '', '' FROM followup_contact "
    f"WHERE recorded_by_id IN ({WORKS_IN_IT}) AND happened_on >= current_date - 35 AND superseded_at IS NULL "
    "AND 'employer' = ANY (parties) AND channel = 'in_person' AND NOT no_show",
    "SELECT 4, u.given_name, u.family_name, a.starts_on::text, a.ends_on::text, c.given_name, c.family_name, '' "
    "FROM organisation_absence a JOIN organisation_user u ON u.id = a.user_id JOIN organisation_user c "
    f"ON c.id = a.covered_by_id WHERE a.user_id IN ({WORKS_IN_IT}) AND a.ends_on >= current_date",
    "SELECT 5, t.name, o.name, '', '', '', '', '' FROM organisation_team t JOIN organisation_office o ON o.id = t.office_id "
    "WHERE t.id = %(a)s",
)
#: The rows of each page in one query with one parameter (or two), each kind of row by its index.
QUERIES = {
    "day": " UNION ALL ".join(f"({part})" for part in OF_THE_DAY),
    "case": " UNION ALL ".join(f"({part})" for part in OF_THE_CASE),
    "list": f"({SPECIALIST} WHERE k.team_id = %(a)s AND {OPEN} ORDER BY p.sort_name LIMIT 50) UNION ALL ({SPECIALISTS})",
    "team": " UNION ALL ".join(f"({part})" for part in OF_THE_TEAM),
    "search": f"({SPECIALIST} WHERE k.team_id = %(a)s AND {OPEN} "
    f"AND p.search_name LIKE '%%' || plain_name(%(b)s::text, false) || '%%' "
    f"ORDER BY p.sort_name LIMIT 50) UNION ALL ({SPECIALISTS})",
}


def page(request: HttpRequest) -> HttpResponse:
    """The rows of ``?page=`` for ``?a=`` (and ``?b=``), in ``?bytes=`` bytes; ``?planned=1``: by a plan that is kept."""
    from django.db import connection
    from django.template import engines

    from plass.db.prepared import fetch

    values = {"a": int(request.GET["a"]), "b": request.GET.get("b")}
    if request.GET.get("planned"):
        rows = fetch(QUERIES[request.GET["page"]], values)
    else:
        with connection.cursor() as cursor:
            cursor.execute(QUERIES[request.GET["page"]], values)
            rows = cursor.fetchall()
    template = engines["django"].get_template("page.html")
    wanted = int(request.GET.get("bytes", "0"))
    text = template.render({"rows": rows, "filler": ""})
    short = wanted - len(text.encode())
    if short > 0:
        text = text.replace("<p></p>", f"<p>{'x' * (short)}</p>")
    return HttpResponse(text)


def _configure() -> None:
    from plass.db import database

    settings.configure(
        SECRET_KEY="for measurements only",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="benchmarks.floor",
        DATABASES={"default": database.django_settings()},
        USE_TZ=True,
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [
                        (
                            "django.template.loaders.cached.Loader",
                            [("django.template.loaders.locmem.Loader", {"page.html": TEMPLATE})],
                        )
                    ]
                },
            }
        ],
    )


def _application() -> object:
    import django
    from django.core.handlers.wsgi import WSGIHandler

    django.setup()
    return WSGIHandler()


if os.environ.get("PLASS_FLOOR"):
    from django.urls import path

    if not settings.configured:
        _configure()
    urlpatterns = [path("", page)]


def __getattr__(name: str) -> object:
    if name == "application":
        return _application()
    raise AttributeError(name)


if __name__ == "__main__":
    from plass.server import web_server

    os.environ["PLASS_FLOOR"] = "1"
    # Again, as the module that its settings name: it configures Django where the variable is set.
    from benchmarks import floor

    web_server.serve(web_server.listen("127.0.0.1", int(sys.argv[1])), floor._application, workers=2)
