"""Referrals, and what is done to a case as a whole."""

from django.urls import path

from . import conflict_views, emergency_views, joining_views, lifecycle_views, views

app_name = "cases"
urlpatterns = [
    path("henvis/", views.refer, name="refer"),
    path("henvisninger/", views.referrals, name="referrals"),
    path("henvisninger/a-koble/", joining_views.waiting, name="joins"),
    path("henvisninger/a-koble/<int:link_id>/", joining_views.join, name="join"),
    path("sak/<int:case_id>/ta/", views.take, name="take"),
    path("sak/<int:case_id>/overfor/", views.hand_over, name="hand_over"),
    path("sak/<int:case_id>/pause/", lifecycle_views.pause, name="pause"),
    path("sak/<int:case_id>/fortsett/", lifecycle_views.resume, name="resume"),
    path("sak/<int:case_id>/avslutt/", lifecycle_views.end, name="end"),
    path("sak/<int:case_id>/gjenapne/", lifecycle_views.reopen, name="reopen"),
    path("sak/<int:case_id>/deltaker/", lifecycle_views.participant, name="participant"),
    path("sak/<int:case_id>/skjerming/", lifecycle_views.protection, name="protection"),
    path("sak/<int:case_id>/samarbeidspart/", lifecycle_views.collaborator, name="collaborator"),
    path("sak/<int:case_id>/nodtilgang/", emergency_views.emergency, name="emergency"),
    path("sak/<int:case_id>/slipp-inn/", emergency_views.give, name="give"),
    path("sak/<int:case_id>/tilgang/<int:way_id>/avslutt/", emergency_views.end, name="end_way"),
    path("meg/narstaende/", conflict_views.ties, name="ties"),
    path("meg/narstaende/<int:tie_id>/", conflict_views.tie, name="tie"),
]
