from django.apps import AppConfig


class MilestonesConfig(AppConfig):
    name = "plass.milestones"

    def derived_sql(self) -> dict[str, str]:
        """What the database derives from the kinds of fact (``plass.db.row_policies``)."""
        from .derived_sql import derived_sql

        return derived_sql()
