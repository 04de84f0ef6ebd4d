from django.urls import path, re_path

from .views import case, ending, export, participants, search, team, team_acts, today

app_name = "caseload"
urlpatterns = [
    path("min-dag/", today.today_page, name="today"),
    path("deltakere/", participants.participant_list, name="list"),
    re_path(r"^deltakere/eksport\.(?P<file_format>xlsx|csv)$", export.export, name="export"),
    path("deltakere/forslag/<slug:filter_key>/", participants.suggestions, name="suggestions"),
    path("sok/", search.search, name="search"),
    path("sak/<int:case_id>/", case.case_page, name="case"),
    path("sak/<int:case_id>/fodselsnummer/", case.identity_number, name="identity_number"),
    path("sak/<int:case_id>/avslutt/", ending.end, name="end"),
    path("team/", team.team_page, name="team"),
    path("team/fravaer/", team_acts.absence, name="absence"),
    path("team/fravaer/<int:absence_id>/", team_acts.change_absence, name="change_absence"),
    path("team/overfor/", team_acts.reassign, name="reassign"),
]
