"""Referrals, and what is done to a case as a whole."""

from django.urls import path

from .views import assignment, conflicts, emergency, joining, lifecycle, referrals

app_name = "cases"
urlpatterns = [
    path("henvis/", referrals.refer, name="refer"),
    path("henvisninger/", referrals.referrals, name="referrals"),
    path("henvisninger/a-koble/", joining.waiting, name="joins"),
    path("henvisninger/a-koble/<int:link_id>/", joining.join, name="join"),
    path("sak/<int:case_id>/ta/", assignment.take, name="take"),
    path("sak/<int:case_id>/overfor/", assignment.hand_over, name="hand_over"),
    path("sak/<int:case_id>/pause/", lifecycle.pause, name="pause"),
    path("sak/<int:case_id>/fortsett/", lifecycle.resume, name="resume"),
    path("sak/<int:case_id>/gjenapne/", lifecycle.reopen, name="reopen"),
    path("sak/<int:case_id>/deltaker/", lifecycle.participant, name="participant"),
    path("sak/<int:case_id>/skjerming/", lifecycle.protection, name="protection"),
    path("sak/<int:case_id>/samarbeidspart/", lifecycle.collaborator, name="collaborator"),
    path("sak/<int:case_id>/nodtilgang/", emergency.emergency, name="emergency"),
    path("sak/<int:case_id>/slipp-inn/", emergency.give, name="give"),
    path("sak/<int:case_id>/tilgang/<int:way_id>/avslutt/", emergency.end, name="end_way"),
    path("meg/narstaende/", conflicts.ties, name="ties"),
    path("meg/narstaende/<int:tie_id>/", conflicts.tie, name="tie"),
]
