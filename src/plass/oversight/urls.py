"""Addresses of the pages that review who has looked."""

from django.urls import path, re_path

from . import case_history, history, views

app_name = "oversight"
urlpatterns = [
    path("endringer/", history.history, name="history"),
    path("innsyn/", views.review, name="review"),
    path("personvern/henvisning/<int:link_id>/", views.appoint, name="appoint"),
    path("personvern/deltaker/<int:number>/", views.give_to, name="give_to"),
    path("personvern/innsyn/", views.log_page, name="log"),
    re_path(r"^personvern/innsyn\.(?P<file_format>xlsx|csv)$", views.log_file, name="log_file"),
    path("sak/<int:case_id>/endringer/", case_history.changes_page, name="changes"),
]
