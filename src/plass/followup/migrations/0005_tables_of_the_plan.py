from django.db import migrations

from plass.db.moved_tables import take_names

TABLES = ("plan_planstep", "plan_planstepdone")


class Migration(migrations.Migration):
    # The plan becomes a room of its own: its tables get the new names here, plan.0001 takes over the models, and 0006 lets go of
    # them when nothing points to them any more.
    dependencies = [("contenttypes", "0002_remove_content_type_name"), ("followup", "0004_messages_of_channels")]

    operations = [
        migrations.AlterModelTable("planstep", "plan_planstep"),
        migrations.AlterModelTable("planstepdone", "plan_planstepdone"),
        migrations.RunSQL(take_names(TABLES, "followup", "plan"), take_names(TABLES, "plan", "followup")),
    ]
