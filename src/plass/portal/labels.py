"""What the participant reads of where they are on the way, and by which right somebody looked."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

#: Where the person is on the way, said to them, and what comes next.
PHASES = {
    "referred": gettext_lazy("You are waiting for the first talk with a job specialist."),
    "engagement": gettext_lazy("You and your job specialist are getting to know each other."),
    "profiling": gettext_lazy("You are finding out together what you want and what suits you."),
    "job_development": gettext_lazy("You are looking for a workplace that suits you."),
    "in_work": gettext_lazy("You are in work, and the follow-up goes on as long as you need it."),
    "in_education": gettext_lazy("You are in education, and the follow-up goes on as long as you need it."),
    "ended": gettext_lazy("The follow-up has ended. If you want to go on, say so to your counsellor."),
}
#: By which right somebody looked.
RULES = {
    "specialist": gettext_lazy("your job specialist"),
    "counsellor": gettext_lazy("your counsellor"),
    "referred": gettext_lazy("referred you"),
    "team": gettext_lazy("works in the team that follows you, or leads it"),
    "emergency": gettext_lazy("opened your case in an emergency"),
    "join": gettext_lazy("looked at a referral with your identity number"),
    "answered": gettext_lazy("answered a referral of you, which somebody wrote without seeing your case"),
    "employer": gettext_lazy("contact person at an employer, who reads what you have shared"),
}
