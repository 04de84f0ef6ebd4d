"""The history of participants' and contact persons' accounts, and of ties, is no longer the organisation's."""

from django.conf import settings
from django.db import migrations, models

#: Rows that were written before the trigger told them apart (access/sql/30_history.sql).
TOLD_APART = """
    UPDATE access_change SET audience = 'tie' WHERE "table" = 'access_tie';
    UPDATE access_change SET audience = 'account' WHERE audience = 'organisation' AND about_user IS NOT NULL
        AND NOT EXISTS (SELECT FROM organisation_user u WHERE u.id = about_user AND u.kind = 'staff');
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0006_history_newest_first"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddIndex(
            model_name="change",
            index=models.Index(
                fields=["about_user"], condition=models.Q(audience="account"), name="access_change_account"
            ),
        ),
        migrations.RunSQL(TOLD_APART, migrations.RunSQL.noop),
    ]
