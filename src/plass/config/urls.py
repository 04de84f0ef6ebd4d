"""Where each room's pages are. Addresses are in Norwegian, as the pages are."""

from django.urls import include, path

from . import health

urlpatterns = [
    path("helse/lever/", health.live, name="live"),
    path("helse/klar/", health.ready, name="ready"),
    path("helse/arbeider/", health.working, name="working"),
    path("", include("plass.caseload.urls")),
    path("", include("plass.timeline.urls")),
    path("", include("plass.milestones.urls")),
    path("", include("plass.quality.urls")),
    path("", include("plass.accounts.urls")),
    path("", include("plass.administration.urls")),
    path("", include("plass.cases.urls")),
    path("", include("plass.profiles.urls")),
    path("", include("plass.jobs.urls")),
    path("", include("plass.oversight.urls")),
    path("", include("plass.retention.urls")),
    path("", include("plass.rights.urls")),
    path("", include("plass.portal.urls")),
    path("", include("plass.followup.urls")),
    path("", include("plass.plan.urls")),
    path("", include("plass.employers.urls")),
    path("", include("plass.imports.urls")),
    path("", include("plass.extracts.urls")),
    path("", include("plass.ui.urls")),
]

handler400 = "plass.ui.views.bad_request"
handler403 = "plass.ui.views.forbidden"
# At a case it shows the way in for emergencies.
handler404 = "plass.cases.views.emergency.not_found"
handler500 = "plass.ui.views.server_error"
