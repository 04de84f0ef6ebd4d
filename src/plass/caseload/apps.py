from django.apps import AppConfig


class CaseloadConfig(AppConfig):
    name = "plass.caseload"

    def ready(self) -> None:
        from plass.access import approvals
        from plass.access.queries import tie_ends_waiting
        from plass.cases import joining

        from . import notices

        notices.register(notices.Notice("access/tie_ends.html", tie_ends_waiting))
        notices.register(notices.Notice("access/approval_notice.html", approvals.notices))
        notices.register(notices.Notice("cases/joins_notice.html", lambda _who, _today: joining.count()))
