from django.db import migrations

from plass.db.moved_tables import take_names

TABLES = ("quality_figurerelease", "quality_releasedfigure", "quality_countedcase")


class Migration(migrations.Migration):
    # The figures become a room of their own: its tables get the new names here, and quality.0001 takes over the models.
    dependencies = [("caseload", "0006_plain_names"), ("contenttypes", "0002_remove_content_type_name")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.AlterModelTable("figurerelease", "quality_figurerelease"),
                migrations.AlterModelTable("releasedfigure", "quality_releasedfigure"),
                migrations.AlterModelTable("countedcase", "quality_countedcase"),
                migrations.RunSQL(take_names(TABLES, "caseload", "quality"), take_names(TABLES, "quality", "caseload")),
            ],
            state_operations=[
                migrations.DeleteModel("ReleasedFigure"),
                migrations.DeleteModel("CountedCase"),
                migrations.DeleteModel("FigureRelease"),
            ],
        ),
    ]
