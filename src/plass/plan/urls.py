"""Where the pages about the plan are."""

from django.urls import path

from . import views

app_name = "plan"
urlpatterns = [
    path("sak/<int:case_id>/steg/", views.step, name="step"),
    path("sak/<int:case_id>/steg/<int:step_id>/ferdig/", views.step_done, name="step_done"),
]
