import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    # The tables were caseload's, which has renamed them.
    initial = True
    dependencies = [
        ("caseload", "0007_tables_of_quality"),
        ("cases", "0003_referrer_ends"),
        ("organisation", "0003_roles_of_trust"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='FigureRelease',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('released_on', models.DateField(unique=True)),
                        ('made_at', models.DateTimeField(auto_now_add=True)),
                        ('counted_through', models.DateField()),
                        ('figures', models.IntegerField(default=0)),
                        ('hidden', models.IntegerField(default=0)),
                        ('hidden_for_others', models.IntegerField(default=0)),
                    ],
                    options={
                        'ordering': ['-released_on'],
                    },
                ),
                migrations.CreateModel(
                    name='CountedCase',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('referred', 'referred'), ('first_job', 'first job')], max_length=10)),
                        ('quarter', models.DateField()),
                        ('weeks_13', models.BooleanField(null=True)),
                        ('weeks_26', models.BooleanField(null=True)),
                        ('weeks_52', models.BooleanField(null=True)),
                        ('case', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cases.case')),
                        ('county', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.county')),
                        ('office', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.office')),
                        ('team', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.team')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('case', 'kind'), name='quality_counted_once')],
                    },
                ),
                migrations.CreateModel(
                    name='ReleasedFigure',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('measure', models.CharField(max_length=20)),
                        ('year', models.SmallIntegerField(null=True)),
                        ('through', models.DateField()),
                        ('hidden', models.BooleanField()),
                        ('value', models.IntegerField(null=True)),
                        ('county', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.county')),
                        ('office', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.office')),
                        ('release', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='quality.figurerelease')),
                        ('team', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisation.team')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['year', 'release'], name='quality_figures_of_a_page')],
                        'constraints': [models.UniqueConstraint(fields=('county', 'year', 'office', 'team', 'measure', 'release'), name='quality_figure_once_a_release', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('hidden', False), ('value__isnull', True), _connector='OR'), name='quality_hidden_has_no_value')],
                    },
                ),
            ]
        ),
    ]
