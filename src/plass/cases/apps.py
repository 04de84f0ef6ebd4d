from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CasesConfig(AppConfig):
    name = "plass.cases"

    def ready(self) -> None:
        from plass.access.queries import tie_ends_waiting
        from plass.accounts import approvals

        from . import joining, notice_queries, notices

        for template, asks in (
            ("access/tie_ends.html", tie_ends_waiting),
            ("accounts/approval_notice.html", approvals.notices),
            ("cases/joins_notice.html", lambda _who, _today: joining.count()),
            ("cases/told_own_employees.html", notice_queries.own_employees),
            ("cases/told_emergencies.html", notice_queries.emergencies),
            ("cases/told_protected.html", notice_queries.protection_changed),
            ("cases/told_left.html", notice_queries.left),
            ("cases/told_new.html", notice_queries.new_with_me),
            ("cases/told_given_on.html", notice_queries.given_on),
            ("cases/told_ways_in.html", notice_queries.ways_in),
            ("cases/told_answers.html", notice_queries.answers),
            ("cases/told_joined.html", notice_queries.joined),
            ("cases/told_answered.html", notice_queries.answered),
        ):
            notices.register(notices.Notice(template, asks))

        # Every room declares its kinds of fact there (fact_register).
        autodiscover_modules("fact_kinds")
