from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0007_who_imported_and_what_was_answered"),
    ]

    operations = [
        migrations.AddField(model_name="upload", name="rest", field=models.BinaryField(null=True)),
    ]
