"""Addresses of the pages that review who has looked."""

from django.urls import path, re_path

from .views import access_log, case_history, history, reviews

app_name = "oversight"
urlpatterns = [
    path("endringer/", history.history, name="history"),
    path("innsyn/", reviews.review, name="review"),
    path("personvern/henvisning/<int:link_id>/", reviews.appoint, name="appoint"),
    path("personvern/deltaker/<int:number>/", reviews.give_to, name="give_to"),
    path("personvern/innsyn/", access_log.log_page, name="log"),
    re_path(r"^personvern/innsyn\.(?P<file_format>xlsx|csv)$", access_log.log_file, name="log_file"),
    path("sak/<int:case_id>/endringer/", case_history.changes_page, name="changes"),
]
