from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("caseload", "0002_jobs_from")]

    operations = [
        # The cases whose kept milestones are to be made anew before the transaction ends (caseload/sql/10_milestones.sql).
        # It is empty for everybody else, always. And "has this person a case here?" is asked at each referral.
        migrations.RunSQL(
            """
            CREATE TABLE caseload_due (case_id bigint PRIMARY KEY);
            CREATE INDEX caseload_kept_participant ON caseload_kept (participant_id);
            """,
            "DROP TABLE caseload_due; DROP INDEX caseload_kept_participant",
        ),
    ]
