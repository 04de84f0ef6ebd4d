from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "plass.rights"

    def ready(self) -> None:
        from plass.employers import panels

        from . import at_employer

        for panel in at_employer.PANELS:
            panels.register(panel)
