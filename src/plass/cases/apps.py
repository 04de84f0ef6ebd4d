from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CasesConfig(AppConfig):
    name = "plass.cases"

    def ready(self) -> None:
        from plass.access import approvals
        from plass.access.queries import tie_ends_waiting

        from . import joining, notices, told

        for template, asks in (
            ("access/tie_ends.html", tie_ends_waiting),
            ("access/approval_notice.html", approvals.notices),
            ("cases/joins_notice.html", lambda _who, _today: joining.count()),
            ("cases/told_own_employees.html", told.own_employees),
            ("cases/told_emergencies.html", told.emergencies),
            ("cases/told_protected.html", told.protection_changed),
            ("cases/told_left.html", told.left),
            ("cases/told_handed_over.html", told.handed_over),
            ("cases/told_given_on.html", told.given_on),
            ("cases/told_ways_in.html", told.ways_in),
            ("cases/told_answers.html", told.answers),
            ("cases/told_joined.html", told.joined),
            ("cases/told_answered.html", told.answered),
        ):
            notices.register(notices.Notice(template, asks))

        # Every room declares its kinds of fact there (fact_register).
        autodiscover_modules("fact_kinds")
