"""Where jobs and education are recorded."""

from django.urls import path

from . import views

app_name = "jobs"
urlpatterns = [
    path("sak/<int:case_id>/jobb/", views.start, name="start"),
    path("sak/<int:case_id>/jobb/<int:job_id>/endre/", views.change, name="change"),
    path("sak/<int:case_id>/jobb/<int:job_id>/avslutt/", views.end, name="end"),
    path("sak/<int:case_id>/utdanning/", views.education, name="education"),
    path("sak/<int:case_id>/utdanning/<int:education_id>/avslutt/", views.education_end, name="education_end"),
]
