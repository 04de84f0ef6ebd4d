from django.apps import AppConfig


class FollowupConfig(AppConfig):
    name = "plass.followup"

    def ready(self) -> None:
        from plass.cases import actions as cases
        from plass.cases import notices
        from plass.employers import employer_panels

        from . import actions, employer_panel, queries

        cases.goes_along(actions.pass_on)
        notices.register(notices.Notice("followup/told_unattended.html", queries.unattended))
        for panel in employer_panel.PANELS:
            employer_panels.register(panel)
