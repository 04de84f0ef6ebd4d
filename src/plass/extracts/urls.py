"""The log of extracts."""

from django.urls import path

from . import views

app_name = "extracts"
urlpatterns = [
    path("uttrekk/", views.overview, name="overview"),
]
