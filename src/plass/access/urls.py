"""The front door."""

from django.urls import path

from . import views

app_name = "access"
urlpatterns = [
    path("", views.home, name="home"),
    path("logg-inn/", views.log_in, name="login"),
    path("logg-ut/", views.log_out, name="logout"),
    path("demo/", views.personas, name="personas"),
]
