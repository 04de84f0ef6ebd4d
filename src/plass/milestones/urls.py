"""Where a milestone says how it is known."""

from django.urls import path

from . import views

app_name = "milestones"
urlpatterns = [
    path("sak/<int:case_id>/milepel/<slug:name>/", views.milestone_page, name="milestone"),
]
