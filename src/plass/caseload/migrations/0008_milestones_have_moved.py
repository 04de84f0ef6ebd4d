from django.db import migrations


class Migration(migrations.Migration):
    # The milestones become a room of their own, with the model of the view (milestones.0001). The names of their tables, which
    # triggers write, say so already; what stands on them gets names of theirs.
    dependencies = [("caseload", "0007_tables_of_quality")]

    operations = [
        migrations.RunSQL(
            """
            ALTER INDEX caseload_kept_pkey RENAME TO milestone_cache_pkey;
            ALTER INDEX caseload_kept_specialist RENAME TO milestone_cache_specialist;
            ALTER INDEX caseload_kept_team RENAME TO milestone_cache_team;
            ALTER INDEX caseload_kept_participant RENAME TO milestone_cache_participant;
            ALTER INDEX caseload_due_pkey RENAME TO milestone_refresh_queue_pkey;
            """,
            """
            ALTER INDEX milestone_cache_pkey RENAME TO caseload_kept_pkey;
            ALTER INDEX milestone_cache_specialist RENAME TO caseload_kept_specialist;
            ALTER INDEX milestone_cache_team RENAME TO caseload_kept_team;
            ALTER INDEX milestone_cache_participant RENAME TO caseload_kept_participant;
            ALTER INDEX milestone_refresh_queue_pkey RENAME TO caseload_due_pkey;
            """,
        ),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel("Milestones")]),
    ]
