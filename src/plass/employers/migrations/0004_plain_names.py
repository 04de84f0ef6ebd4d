import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.functions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("employers", "0003_contact_person_version"),
        ("cases", "0009_plain_names"),
        ("organisation", "0004_plain_name"),
    ]

    operations = [
        # What a generated column is made by cannot be changed, so it is made anew.
        migrations.RemoveIndex(model_name="employer", name="employers_employer_words"),
        migrations.RemoveIndex(model_name="employer", name="employers_employer_place"),
        migrations.RemoveIndex(model_name="employer", name="employers_employer_industry"),
        migrations.RemoveIndex(model_name="employer", name="employers_employer_sort_name"),
        migrations.RemoveField(model_name="employer", name="sort_name"),
        migrations.AddField(
            model_name="employer",
            name="sort_name",
            field=models.GeneratedField(db_persist=True, expression=models.Func(models.F('name'), models.Value(True), function='plain_name', output_field=models.TextField()), output_field=models.TextField(db_collation='C')),
        ),
        migrations.AddField(
            model_name="employer",
            name="search_name",
            field=models.GeneratedField(db_persist=True, expression=models.Func(django.db.models.functions.Concat(models.F('name'), models.Value(' '), models.F('place'), output_field=models.TextField()), models.Value(False), function='plain_name', output_field=models.TextField()), output_field=models.TextField(db_collation='C')),
        ),
        migrations.AddIndex(
            model_name="employer",
            index=models.Index(fields=["sort_name"], name="employers_employer_sort_name"),
        ),
        migrations.AddIndex(
            model_name="employer",
            index=models.Index(fields=["industry", "sort_name"], name="employers_employer_industry"),
        ),
        migrations.AddIndex(
            model_name="employer",
            index=models.Index(fields=["place", "sort_name"], name="employers_employer_place"),
        ),
        migrations.AddIndex(
            model_name="employer",
            index=models.Index(fields=["search_name"], name="employers_employer_search_name"),
        ),
        migrations.AddIndex(
            model_name="employer",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector("search_name", config="simple"), name="employers_employer_words"
            ),
        ),
        # Now no column is made by it.
        migrations.RunSQL(
            "DROP FUNCTION cases_sort_name(text, text)",
            """
            CREATE FUNCTION cases_sort_name(family text, given text) RETURNS text
            LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
                SELECT translate(lower(btrim(family || ' ' || given)), 'æäøöåé', '{{||}e')
            $$
            """,
        ),
    ]
