"""Addresses that belong to the frame of every page, and the gallery."""

from django.urls import path

from . import views

app_name = "ui"
urlpatterns = [
    path("sprak/", views.language, name="language"),
    path("ui/", views.gallery, name="gallery"),
]
