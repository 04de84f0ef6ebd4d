"""Referrals, and what is done to a case as a whole."""

from django.urls import path

from . import course, joining_views, ties, views, ways_in

app_name = "cases"
urlpatterns = [
    path("henvis/", views.refer, name="refer"),
    path("henvisninger/", views.referrals, name="referrals"),
    path("henvisninger/a-koble/", joining_views.waiting, name="joins"),
    path("henvisninger/a-koble/<int:link_id>/", joining_views.join, name="join"),
    path("sak/<int:case_id>/ta/", views.take, name="take"),
    path("sak/<int:case_id>/overfor/", views.hand_over, name="hand_over"),
    path("sak/<int:case_id>/pause/", course.pause, name="pause"),
    path("sak/<int:case_id>/fortsett/", course.resume, name="resume"),
    path("sak/<int:case_id>/avslutt/", course.end, name="end"),
    path("sak/<int:case_id>/gjenapne/", course.reopen, name="reopen"),
    path("sak/<int:case_id>/deltaker/", course.participant, name="participant"),
    path("sak/<int:case_id>/skjerming/", course.protection, name="protection"),
    path("sak/<int:case_id>/samarbeidspart/", course.collaborator, name="collaborator"),
    path("sak/<int:case_id>/nodtilgang/", ways_in.emergency, name="emergency"),
    path("sak/<int:case_id>/slipp-inn/", ways_in.give, name="give"),
    path("sak/<int:case_id>/tilgang/<int:way_id>/avslutt/", ways_in.end, name="end_way"),
    path("meg/narstaende/", ties.ties, name="ties"),
    path("meg/narstaende/<int:tie_id>/", ties.tie, name="tie"),
]
