"""Addresses of what staff do with the participant's words and releases."""

from django.urls import path

from . import views

app_name = "rights"
urlpatterns = [
    path("arbeidsgivere/<int:employer_id>/delt/", views.at_employer, name="at_employer"),
    path("sak/<int:case_id>/deltakerens-ord/", views.voice, name="voice"),
    path("sak/<int:case_id>/deltakerens-ord/<int:request_id>/svar/", views.answer, name="answer"),
    path("sak/<int:case_id>/apenhet/", views.sharing, name="sharing"),
    path("sak/<int:case_id>/apenhet/avgjor/", views.decide, name="decide"),
    path("sak/<int:case_id>/apenhet/del/", views.share, name="share"),
    path("sak/<int:case_id>/apenhet/delt/<int:release_id>/trekk/", views.withdraw, name="withdraw"),
    path("sak/<int:case_id>/apenhet/tilgang/", views.give_access, name="give_access"),
    path("sak/<int:case_id>/apenhet/tilgang/<int:access_id>/", views.way_in, name="way_in"),
    path("sak/<int:case_id>/apenhet/tilgang/<int:access_id>/avslutt/", views.end_access, name="end_access"),
    path("sak/<int:case_id>/apenhet/tilgang/<int:access_id>/mistet-telefon/", views.lost_phone, name="lost_phone"),
    path("sak/<int:case_id>/apenhet/tilgang/<int:access_id>/passord/", views.new_password, name="new_password"),
]
