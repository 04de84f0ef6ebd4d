from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("followup", "0002_call_backs")]

    operations = [
        # Django allows thirty characters (models.E034).
        migrations.RenameIndex(model_name="meetingcancelled", old_name="followup_meetingcancelled_case_date", new_name="followup_cancelled_case_date"),
        migrations.RenameIndex(model_name="planstepdone", old_name="followup_planstepdone_case_date", new_name="followup_stepdone_case_date"),
    ]
