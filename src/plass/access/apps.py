from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class AccessConfig(AppConfig):
    name = "plass.access"

    def ready(self) -> None:
        # Signals come once for each app; the whole is done once, around the first and the last of our own.
        pre_migrate.connect(_before, sender=self)
        post_migrate.connect(_after, dispatch_uid="plass.access.rows")


def _before(**kwargs: object) -> None:
    from plass.db import row_policies

    row_policies.clear()


def _after(sender: AppConfig, **kwargs: object) -> None:
    from django.apps import apps

    from plass.db import row_policies

    # The signal comes for each app that has models; the last of them is the end of the migration.
    if sender is [app for app in apps.get_app_configs() if app.models_module][-1]:
        row_policies.apply()
