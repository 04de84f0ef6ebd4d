from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "plass.jobs"

    def ready(self) -> None:
        from plass.employers import employer_panels

        from . import employer_panel

        for panel in employer_panel.PANELS:
            employer_panels.register(panel)
