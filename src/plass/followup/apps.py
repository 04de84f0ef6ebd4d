from django.apps import AppConfig


class FollowupConfig(AppConfig):
    name = "plass.followup"

    def ready(self) -> None:
        from plass.employers import panels

        from . import at_employer

        for panel in at_employer.PANELS:
            panels.register(panel)
