"""Where the pages about employers are."""

from django.urls import path

from . import views

app_name = "employers"
urlpatterns = [
    path("arbeidsgivere/", views.employers, name="list"),
    path("arbeidsgivere/ny/", views.add, name="add"),
    path("arbeidsgivere/sok/", views.search, name="search"),
    path("arbeidsgivere/personer/", views.people, name="people"),
    path("arbeidsgivere/<int:employer_id>/", views.employer, name="employer"),
    path("arbeidsgivere/<int:employer_id>/endre/", views.change, name="change"),
    path("arbeidsgivere/<int:employer_id>/kontaktperson/", views.person, name="person"),
    path("arbeidsgivere/<int:employer_id>/kontaktperson/<int:person_id>/", views.change_person, name="change_person"),
]
