"""The kind of fact of this room: a version of the vocational profile."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from plass.cases.fact_register import FactKind, MenuEntry, TimelineGroup, register
from plass.cases.fact_texts import FactText, Fields, Names, choice_label, details

from .forms import ProfileForm
from .models import Profile
from .queries import CONTENT

PROFILE = TimelineGroup("profile", gettext_lazy("Profile"), place=60)


def _profile(on: date, f: Fields, names: Names) -> FactText:
    filled = sum(1 for name in CONTENT if name != "employer_contact" and f[name])
    wished = ", ".join(f["occupations"][:3])
    return FactText(
        title=_("Vocational profile, new version"),
        icon="PersonPencil",
        tone="accent",
        details=details(
            _("wishes: %(jobs)s") % {"jobs": wished} if wished else "",
            ngettext("%(count)d part filled in", "%(count)d parts filled in", filled) % {"count": filled},
            _("may employers be contacted: %(answer)s")
            % {"answer": choice_label(Profile.EmployerContact, f["employer_contact"])},
        ),
    )


def _profile_to_participant(f: Fields, names: Names, by: str) -> str:
    if names.reader is not None and f.get("recorded_by_id") == names.reader:
        return _("You wrote what you want and need")
    return _("You and %(name)s wrote down what you want and need") % {"name": by}


register(
    FactKind(
        model=Profile,
        group=PROFILE,
        text=_profile,
        participant_title=_profile_to_participant,
        participant_icon="PersonPencil",
        form=ProfileForm,
        recorded_from=MenuEntry("profiles:profile", gettext_lazy("Write the profile"), "PersonPencil", place=30),
        moves_milestones=True,
    )
)
