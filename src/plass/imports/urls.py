"""Bringing an office's list in."""

from django.urls import path

from . import difference_views, views

app_name = "imports"
urlpatterns = [
    path("importer/", views.start, name="start"),
    path("importer/mal/", views.template, name="template"),
    path("importer/<int:upload_id>/", views.result, name="result"),
    path("importer/<int:upload_id>/kolonner/", views.columns, name="columns"),
    path("importer/<int:upload_id>/framdrift/", views.progress, name="progress"),
    path("importer/<int:upload_id>/svar/", views.answer, name="answer"),
    path("importer/<int:upload_id>/avbryt/", views.cancel, name="cancel"),
    path("importer/<int:upload_id>/fortsett/", views.go_on, name="go_on"),
    path("importer/<int:upload_id>/skriv/", views.write, name="write"),
    path("importer/<int:upload_id>/resten/", views.rest, name="rest"),
    path("importer/<int:upload_id>/forskjeller/", difference_views.differences, name="differences"),
    path("importer/<int:upload_id>/slett/", views.forget, name="forget"),
]
