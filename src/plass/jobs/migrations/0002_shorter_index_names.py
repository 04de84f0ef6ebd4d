from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("jobs", "0001_initial")]

    operations = [
        # Django allows thirty characters (models.E034).
        migrations.RenameIndex(model_name="educationstarted", old_name="jobs_educationstarted_case_date", new_name="jobs_edustarted_case_date"),
    ]
