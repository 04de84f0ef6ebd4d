from django.apps import AppConfig


class ImportsConfig(AppConfig):
    name = "plass.imports"
