from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "plass.oversight"

    def ready(self) -> None:
        from plass.cases import notices

        from .queries import unsigned_emergencies

        notices.register(notices.Notice("oversight/notice.html", unsigned_emergencies))
