"""Addresses of the pages about how long data is kept."""

from django.urls import path

from . import views

app_name = "retention"
urlpatterns = [
    path("sak/<int:case_id>/oppbevaring/", views.holds, name="holds"),
    path("sak/<int:case_id>/oppbevaring/<int:hold_id>/opphev/", views.lift, name="lift"),
]
