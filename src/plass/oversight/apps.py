from django.apps import AppConfig


class OversightConfig(AppConfig):
    name = "plass.oversight"

    def ready(self) -> None:
        from plass.cases import notices

        from .queries import count_to_look_into, unsigned_emergencies

        notices.register(notices.Notice("oversight/told_to_look_into.html", count_to_look_into))
        notices.register(notices.Notice("oversight/notice.html", unsigned_emergencies))
