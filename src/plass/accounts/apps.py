from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "plass.accounts"

    def ready(self) -> None:
        from . import active_sessions, sessions  # noqa: F401  (note when a login begins)
