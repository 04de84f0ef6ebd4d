from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class ImportsConfig(AppConfig):
    name = "plass.imports"

    def ready(self) -> None:
        """Old files are forgotten whenever somebody logs in, whoever it is: it must not wait for the next import."""
        user_logged_in.connect(_forget_old, dispatch_uid="imports: forget old files")


def _forget_old(**_about: object) -> None:
    from .actions import forget_old

    forget_old()
