"""Addresses of the vocational profile."""

from django.urls import path

from . import views

app_name = "profiles"
urlpatterns = [
    path("sak/<int:case_id>/profil/", views.profile, name="profile"),
    path("sak/<int:case_id>/profil/versjoner/", views.versions, name="versions"),
]
