from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0009_plain_names")]

    operations = [
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.UniqueConstraint(
                fields=["kind", "replacement_id", "case"],
                name="cases_correction_replaces_one",
                violation_error_message="This has already been corrected.",
            ),
        ),
    ]
