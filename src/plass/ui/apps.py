from django.apps import AppConfig


class UiConfig(AppConfig):
    """Layout, components, forms, icons, charts, error pages: what every room's pages stand on."""

    name = "plass.ui"
    label = "ui"
    default_auto_field = "django.db.models.BigAutoField"
