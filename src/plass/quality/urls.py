"""Where the figures are."""

from django.urls import path

from . import views

app_name = "quality"
urlpatterns = [
    path("tall/", views.figures, name="figures"),
]
