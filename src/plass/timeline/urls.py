"""Where the timeline is, and where a fact is corrected."""

from django.urls import path

from . import views

app_name = "timeline"
urlpatterns = [
    path("sak/<int:case_id>/tidslinje/", views.timeline_page, name="timeline"),
    path("sak/<int:case_id>/rett/<slug:kind>/<int:fact_id>/", views.correct_page, name="correct"),
]
