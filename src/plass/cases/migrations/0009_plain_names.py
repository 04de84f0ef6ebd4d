import django.db.models.functions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_corrected_once_in_its_case"), ("organisation", "0004_plain_name")]

    operations = [
        # What a generated column is made by cannot be changed, so it is made anew.
        migrations.RemoveIndex(model_name="participant", name="cases_participant_sort_name"),
        migrations.RemoveField(model_name="participant", name="sort_name"),
        migrations.AddField(
            model_name="participant",
            name="sort_name",
            field=models.GeneratedField(db_persist=True, expression=models.Func(django.db.models.functions.Concat(models.F('family_name'), models.Value(' '), models.F('given_name'), output_field=models.TextField()), models.Value(True), function='plain_name', output_field=models.TextField()), output_field=models.TextField(db_collation='C')),
        ),
        migrations.AddField(
            model_name="participant",
            name="search_name",
            field=models.GeneratedField(db_persist=True, expression=models.Func(django.db.models.functions.Concat(models.F('family_name'), models.Value(' '), models.F('given_name'), output_field=models.TextField()), models.Value(False), function='plain_name', output_field=models.TextField()), output_field=models.TextField(db_collation='C')),
        ),
        migrations.AddIndex(
            model_name="participant",
            index=models.Index(fields=["sort_name"], name="cases_participant_sort_name"),
        ),
    ]
