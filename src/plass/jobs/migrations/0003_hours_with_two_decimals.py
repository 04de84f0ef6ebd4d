import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("jobs", "0002_shorter_index_names"),
    ]

    operations = [
        migrations.AlterField(
            model_name="jobchanged",
            name="hours_per_week",
            field=models.DecimalField(decimal_places=2, max_digits=4, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(60)], verbose_name="hours a week"),
        ),
        migrations.AlterField(
            model_name="jobended",
            name="paid_hours_in_all",
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name="paid hours in all, if few"),
        ),
        migrations.AlterField(
            model_name="jobstarted",
            name="hours_per_week",
            field=models.DecimalField(decimal_places=2, max_digits=4, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(60)], verbose_name="hours a week"),
        ),
    ]
