from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "plass.rights"

    def ready(self) -> None:
        from plass.accounts import bindings
        from plass.cases import notices, read_by
        from plass.employers import employer_panels

        from . import employer_panel, notice_queries, queries

        for panel in employer_panel.PANELS:
            employer_panels.register(panel)
        notices.register(notices.Notice("rights/told_ended.html", notice_queries.ended))
        read_by.register(queries.readers)
        bindings.register(queries.has_password_of_others)
