"""Bringing an office's list in."""

from django.urls import path

from .views import differences, lists

app_name = "imports"
urlpatterns = [
    path("importer/", lists.start, name="start"),
    path("importer/mal/", lists.template, name="template"),
    path("importer/<int:upload_id>/", lists.result, name="result"),
    path("importer/<int:upload_id>/kolonner/", lists.columns, name="columns"),
    path("importer/<int:upload_id>/framdrift/", lists.progress, name="progress"),
    path("importer/<int:upload_id>/svar/", lists.answer, name="answer"),
    path("importer/<int:upload_id>/avbryt/", lists.cancel, name="cancel"),
    path("importer/<int:upload_id>/fortsett/", lists.go_on, name="go_on"),
    path("importer/<int:upload_id>/skriv/", lists.write, name="write"),
    path("importer/<int:upload_id>/resten/", lists.rest, name="rest"),
    path("importer/<int:upload_id>/forskjeller/", differences.differences, name="differences"),
    path("importer/<int:upload_id>/slett/", lists.forget, name="forget"),
]
