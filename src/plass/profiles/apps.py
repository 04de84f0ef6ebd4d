from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    name = "plass.profiles"
