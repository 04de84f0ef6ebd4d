"""Where the pages about contacts and meetings are."""

from django.urls import path

from . import views

app_name = "followup"
urlpatterns = [
    path("sak/<int:case_id>/kontakt/", views.contact, name="contact"),
    path("sak/<int:case_id>/mote/", views.meeting, name="meeting"),
    path("sak/<int:case_id>/mote/<int:meeting_id>/avlys/", views.cancel, name="cancel"),
    path("arbeidsgivere/<int:employer_id>/kontakt/", views.employer_contact, name="employer_contact"),
]
