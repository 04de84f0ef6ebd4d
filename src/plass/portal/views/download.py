"""Download everything about me: a PDF to read, and an archive for a machine."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from plass.cases.models import Participant
from plass.timeline import participant_queries

from .. import data_export as archives
from .. import document
from .frame import context, own_case


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What there is to download, and what is withheld."""
    own = own_case(request, "download")
    cases = [own.case, *(milestones.case for milestones in own.others)]
    withheld = sum(len(participant_queries.withheld_contacts(case)) for case in cases)
    return render(
        request,
        "portal/download.html",
        context(own, title=_("Download everything about me")) | {"withheld": withheld},
    )


@require_safe
def pdf(request: HttpRequest) -> HttpResponse:
    """Everything, to read."""
    own = own_case(request, "download")
    participant = Participant.objects.get(pk=own.case.participant_id)
    return _file(document.pdf(participant, own.me), "application/pdf", _("everything-about-me") + ".pdf")


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """Everything, for a machine."""
    own = own_case(request, "download")
    participant = Participant.objects.get(pk=own.case.participant_id)
    return _file(archives.zipped(participant), "application/zip", _("everything-about-me") + ".zip")


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
