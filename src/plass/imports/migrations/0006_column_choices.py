import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

#: What was kept as one value becomes a row for each column. Who chose it was not kept.
DIVIDE = """
    INSERT INTO imports_columnchoice (office_id, headings, "column", holds, at)
    SELECT k.office_id, k.headings, c.key::smallint, c.value, k.at
    FROM imports_keptmapping k, jsonb_each_text(CASE jsonb_typeof(k.mapping) WHEN 'object' THEN k.mapping ELSE '{}' END) c
    WHERE c.key ~ '^[0-9]{1,4}$' AND length(c.value) <= 30
"""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("imports", "0005_cancel_and_go_on"),
    ]

    operations = [
        migrations.CreateModel(
            name="ColumnChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("headings", models.CharField(max_length=64)),
                ("column", models.PositiveSmallIntegerField()),
                ("holds", models.CharField(blank=True, max_length=30)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "office",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="organisation.office",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["office", "headings"], name="imports_columnchoice_list")],
            },
        ),
        migrations.RunSQL(DIVIDE, migrations.RunSQL.noop),
        migrations.DeleteModel(name="KeptMapping"),
    ]
