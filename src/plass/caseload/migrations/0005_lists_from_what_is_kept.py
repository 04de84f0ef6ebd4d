from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("caseload", "0004_figure_releases")]

    operations = [
        # What a list is sorted and searched by, whose the case is beside the specialist's, what its policy asks, and what tells
        # the open ones by an index ("IS NULL OR" would not, and what is not a plain column is asked after the policy). The rows are
        # made anew when the functions are (caseload/sql/10_milestones.sql), for without the comment they are another's.
        migrations.RunSQL(
            """
            ALTER TABLE caseload_kept
                ADD COLUMN sort_name text NOT NULL DEFAULT '',
                ADD COLUMN counsellor_id bigint,
                ADD COLUMN shielded boolean NOT NULL DEFAULT false,
                ADD COLUMN open_until date NOT NULL GENERATED ALWAYS AS (coalesce(ended_on, 'infinity')) STORED;
            COMMENT ON TABLE caseload_kept IS NULL;
            DROP INDEX caseload_kept_team;
            CREATE INDEX caseload_kept_team ON caseload_kept (team_id, open_until);
            """,
            "DROP INDEX caseload_kept_team; CREATE INDEX caseload_kept_team ON caseload_kept (team_id, ended_on); "
            "ALTER TABLE caseload_kept DROP COLUMN sort_name, DROP COLUMN counsellor_id, DROP COLUMN shielded, "
            "DROP COLUMN open_until",
        ),
    ]
