"""The participant's own pages, and those of an employer's contact person."""

from django.urls import path

from .views import comments, download, employer, explanations, mine, sharing

app_name = "portal"
urlpatterns = [
    path("min-side/", mine.mine, name="mine"),
    path("min-side/registrert/", mine.record, name="record"),
    path("min-side/registrert/mangler/", comments.missing, name="missing"),
    path("min-side/registrert/onsker-rettet/", comments.requests, name="requests"),
    path("min-side/registrert/<slug:kind>/<int:fact_id>/", comments.fact, name="fact"),
    path("min-side/registrert/<slug:kind>/<int:fact_id>/kommentar/", comments.comment, name="fact_comment"),
    path("min-side/registrert/<slug:kind>/<int:fact_id>/rett/", comments.ask, name="fact_ask"),
    path("min-side/kommentar/<int:comment_id>/ta-tilbake/", comments.take_back, name="take_back"),
    path("min-side/profil/", comments.profile, name="profile"),
    path("min-side/profil/skriv/", comments.write_profile, name="write_profile"),
    path("min-side/moter/", mine.meetings, name="meetings"),
    path("min-side/moter/kalender.ics", mine.meeting_file, name="meetings_file"),
    path("min-side/moter/<int:number>.ics", mine.meeting_file, name="meeting_file"),
    path("min-side/jobb/", mine.work, name="work"),
    path("min-side/veien/", explanations.way, name="way"),
    path("min-side/veien/<slug:name>/", explanations.explanation, name="why"),
    path("min-side/arbeidsgivere/", sharing.sharing, name="sharing"),
    path("min-side/arbeidsgivere/finn/", sharing.find_employer, name="find_employer"),
    path("min-side/arbeidsgivere/apenhet/<slug:item>/", sharing.decide, name="sharing_decide"),
    path("min-side/arbeidsgivere/<int:employer_id>/del/", sharing.share, name="share"),
    path("min-side/arbeidsgivere/<int:employer_id>/nei/", sharing.object_to, name="share_object"),
    path("min-side/arbeidsgivere/delt/<int:release_id>/trekk/", sharing.withdraw, name="share_withdraw"),
    path("min-side/arbeidsgivere/tilgang/<int:access_id>/trekk/", sharing.end_access, name="share_end_access"),
    path("min-side/arbeidsgivere/nei/<int:objection_id>/angre/", sharing.take_back_objection, name="share_take_back"),
    path("min-side/hvem-har-sett/", mine.looked, name="looked"),
    path("min-side/last-ned/", download.page, name="download"),
    path("min-side/last-ned/alt-om-meg.pdf", download.pdf, name="download_pdf"),
    path("min-side/last-ned/alt-om-meg.zip", download.archive, name="download_archive"),
    path("arbeidsgiver/", employer.people, name="employer"),
    path("arbeidsgiver/kode/", employer.code, name="employer_code"),
    path("arbeidsgiver/<int:access_id>/", employer.person, name="employer_person"),
]
