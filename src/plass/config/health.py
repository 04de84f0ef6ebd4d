"""Whether the program lives and whether it is ready, for what watches it: a proxy, a service manager, a cluster.

Three addresses that anybody may ask. They say yes or no and nothing else, need no login and no session, and are answered
before anything that could refuse whoever asks (another name of the host, TLS).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_safe

from plass.db import migrations, outage

PREFIX = "/helse/"


@login_not_required
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The program answers. It asks the database nothing: a program whose database is away need not be restarted."""
    return HttpResponse("live\n", content_type="text/plain")


@login_not_required
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Pages can be answered: the database is there, and its tables are this program's. 503 where not."""
    if _database_is_ready():
        return HttpResponse("ready\n", content_type="text/plain")
    headers = {"Retry-After": str(outage.RETRY_SECONDS)}
    return outage.logged(HttpResponse("not ready\n", status=503, content_type="text/plain", headers=headers))


@login_not_required
@require_safe
def working(request: HttpRequest) -> HttpResponse:
    """Background jobs are done: a worker was heard of lately. 503 where not; pages are answered all the same."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT queue_has_worker()")
            if cursor.fetchone()[0]:
                return HttpResponse("working\n", content_type="text/plain")
    except (DatabaseError, InterfaceError):
        connection.close()
    return outage.logged(HttpResponse("nobody works\n", status=503, content_type="text/plain"))


def _database_is_ready() -> bool:
    try:
        return migrations.mark() == _expected_mark()
    except (DatabaseError, InterfaceError):
        connection.close()
        return False


@cache
def _expected_mark() -> str:
    """The mark of the running program, which may be another by now than the one that is installed."""
    return migrations.fingerprint()


def prepare() -> None:
    """Read what the program is made of, before another is installed in its place."""
    _expected_mark()


class Health:
    """Middleware, to stand first: answers these addresses by itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(PREFIX):
            with suppress(Resolver404):
                answer: HttpResponse = resolve(request.path_info).func(request)
                answer.headers["Content-Length"] = str(len(answer.content))
                return answer
        return self.get_response(request)
