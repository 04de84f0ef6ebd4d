"""How the registered person was protected when a referral came, which a raise afterwards does not change."""

from django.db import migrations, models

#: For those that came before: how they are protected now.
NOW = """
    UPDATE cases_possibleduplicate d SET protection_then = p.protection
    FROM cases_participant p WHERE p.id = d.existing_id
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_joined_cases")]
    operations = [
        migrations.AddField(
            model_name="possibleduplicate",
            name="protection_then",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=30),
        ),
        migrations.RunSQL(NOW, migrations.RunSQL.noop),
    ]
