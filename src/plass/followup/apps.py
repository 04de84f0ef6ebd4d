from django.apps import AppConfig


class FollowupConfig(AppConfig):
    name = "plass.followup"

    def ready(self) -> None:
        from plass.cases import actions as cases
        from plass.cases import notices
        from plass.employers import employer_panels, known_employers

        from . import actions, employer_panel, queries

        cases.goes_along(actions.pass_on)
        known_employers.register(queries.employers_to_offer)
        notices.register(notices.Notice("followup/told_unattended.html", queries.unattended))
        for panel in employer_panel.PANELS:
            employer_panels.register(panel)
