"""The floor: what a page costs at least on this machine, with this server and this database.

A bare Django application, served as the program is: no middleware, no session, no rights (it connects as owner). Each
view fetches the rows its page shows in one indexed query and renders them with one plain template to as many bytes as
the page has. What a page takes beyond this is what rights, the log of who looked, and the look of it cost.
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
PERSON = "JOIN cases_participant p ON p.id = k.participant_id"
COLUMNS = "k.case_id, p.given_name, p.family_name, k.referred_on, k.started_on, k.last_met_on, k.next_contact_on"
#: The rows of each page, in one query with one parameter (or two).
QUERIES = {
    "day": f"SELECT {COLUMNS} FROM caseload_kept k {PERSON} WHERE k.specialist_id = %s AND {OPEN}",
    "case": "SELECT kind, happened_on, recorded_at, recorded_by_id, fields->>'note' FROM timeline "
    "WHERE case_id = %s ORDER BY happened_on DESC LIMIT 20",
    "list": f"SELECT {COLUMNS} FROM caseload_kept k {PERSON} WHERE k.team_id = %s AND {OPEN} "
    "ORDER BY p.sort_name LIMIT 50",
    "team": f"SELECT {COLUMNS} FROM caseload_kept k {PERSON} WHERE k.team_id = %s AND {OPEN}",
    "search": f"SELECT {COLUMNS} FROM caseload_kept k {PERSON} WHERE k.team_id = %s AND {OPEN} "
    "AND p.sort_name LIKE '%%' || %s || '%%' ORDER BY p.sort_name LIMIT 50",
}


def page(request: HttpRequest) -> HttpResponse:
    """The rows of ``?page=`` for ``?a=`` (and ``?b=``), in ``?bytes=`` bytes."""
    from django.db import connection
    from django.template import engines

    values = [value for name in ("a", "b") if (value := request.GET.get(name))]
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
    from plass.config import database

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
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    os.environ["PLASS_FLOOR"] = "1"
    Granian(
        "benchmarks.floor:application",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=2,
        blocking_threads=4,
        backpressure=64,
        log_level=LogLevels.warning,
    ).serve()
