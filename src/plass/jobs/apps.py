from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "plass.jobs"

    def ready(self) -> None:
        from plass.employers import panels

        from . import at_employer

        for panel in at_employer.PANELS:
            panels.register(panel)
