"""The login page, with every way in that this installation has."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from .. import passkeys
from ..forms import LoginForm
from ..next_url import next_url
from ..providers import PERSON, STAFF


def login_page(
    request: HttpRequest, *, form: LoginForm | None = None, says: str = "", status: int = 200
) -> HttpResponse:
    """Every way to log in that this installation has; ``says`` is a message above them."""
    destination = next_url(request)
    return render(
        request,
        "accounts/login.html",
        {
            "title": _("Log in"),
            "form": form or LoginForm(request),
            "local": settings.PLASS_LOCAL_ACCOUNTS,
            "passkeys": passkeys.work_at(request),
            "codes": settings.PLASS_SECOND_FACTOR,
            "staff": settings.PLASS_PROVIDERS.get(STAFF),
            "person": settings.PLASS_PROVIDERS.get(PERSON),
            "says": says,
            "next": destination if destination != "/" else "",
            "asked_for_a_page": destination not in {"/", reverse("accounts:personas")},
        },
        status=status,
    )
