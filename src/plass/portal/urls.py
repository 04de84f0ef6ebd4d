"""The participant's own pages."""

from django.urls import path

from . import views

app_name = "portal"
urlpatterns = [
    path("min-side/", views.mine, name="mine"),
    path("min-side/registrert/", views.record, name="record"),
    path("min-side/hvem-har-sett/", views.looked, name="looked"),
]
