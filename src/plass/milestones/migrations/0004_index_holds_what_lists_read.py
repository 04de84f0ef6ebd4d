from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("milestones", "0003_hours_with_two_decimals"), ("caseload", "0008_milestones_have_moved")]

    operations = [
        # Counting and sorting a team's open cases, and whoever stands in them, read the index alone.
        migrations.RunSQL(
            """
            DROP INDEX milestone_cache_team;
            CREATE INDEX milestone_cache_team ON milestone_cache (team_id, open_until)
                INCLUDE (sort_name, case_id, shielded, participant_id, office_id, specialist_id, counsellor_id);
            """,
            "DROP INDEX milestone_cache_team; CREATE INDEX milestone_cache_team ON milestone_cache (team_id, open_until);",
        ),
    ]
