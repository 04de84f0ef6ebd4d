from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "plass.rights"

    def ready(self) -> None:
        from plass.cases import notices, read_by
        from plass.employers import panels

        from . import at_employer, queries, told

        for panel in at_employer.PANELS:
            panels.register(panel)
        notices.register(notices.Notice("rights/told_ended.html", told.ended))
        read_by.register(queries.readers)
