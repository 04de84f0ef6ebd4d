from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("followup", "0005_tables_of_the_plan"), ("plan", "0001_initial"), ("rights", "0004_step_of_the_plan")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel("PlanStepDone"), migrations.DeleteModel("PlanStep")]
        ),
    ]
