"""What several pages ask about vocational profiles. Each function is one query; row-level security holds below."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import formats
from django.utils.text import capfirst

from plass.cases.models import Case

from .models import Profile

#: The fields of a profile that say something, in the order of the form.
CONTENT = (
    "occupations",
    "interests",
    "strengths",
    "tasks",
    "avoid",
    "hours_wanted",
    "places",
    "network",
    "support_needs",
    "mastery",
    "employer_contact",
    "may_share",
    "must_not_share",
)


@dataclass(frozen=True)
class ProfileText:
    """One field of a profile in words: what it is called and what it says ("" where nothing)."""

    name: str
    label: str
    text: str


@dataclass(frozen=True)
class Change:
    """What one field said before and says now ("" where nothing)."""

    label: str
    before: str
    now: str


@dataclass(frozen=True)
class Version:
    """A version of the profile, and what is different from the one before (``first``: there is none before)."""

    profile: Profile
    first: bool
    changes: list[Change]


def newest(case: Case) -> Profile | None:
    """The version that holds: the standing one agreed last. None where there is none yet."""
    return (
        Profile.objects.filter(case=case, superseded_at=None)
        .select_related("recorded_by")
        .order_by("-happened_on", "-pk")
        .first()
    )


def in_words(profile: Profile, name: str) -> str:
    """What a field of ``profile`` says, for people; lines of a list under each other, "" where nothing."""
    value: Any = getattr(profile, name)
    if name == "occupations":
        return "\n".join(value)
    if name == "employer_contact":
        return str(Profile.EmployerContact(value).label)
    if isinstance(value, Decimal):
        # 7,5 and 37, not 37,0.
        return str(formats.localize(int(value) if value == int(value) else value, use_l10n=True))
    return str(value or "").strip()


def said(profile: Profile) -> list[ProfileText]:
    """What a profile says, field by field in the form's order; empty fields are left out."""
    texts = [ProfileText(name, _label(name), in_words(profile, name)) for name in CONTENT]
    return [text for text in texts if text.text]


def changes(before: Profile, now: Profile) -> list[Change]:
    """What is different between two versions, in the form's order."""
    pairs = ((name, in_words(before, name), in_words(now, name)) for name in CONTENT)
    return [Change(_label(name), old, new) for name, old, new in pairs if old != new]


def versions(case: Case, limit: int = 20) -> tuple[list[Version], bool]:
    """The newest ``limit`` versions, newest first, each with what it changed; and whether there are older ones."""
    profiles = list(
        Profile.objects.filter(case=case, superseded_at=None)
        .select_related("recorded_by")
        .order_by("-happened_on", "-pk")[: limit + 1]
    )
    pairs = zip(profiles, [*profiles[1:], None][: len(profiles)], strict=True)
    shown = [Version(now, before is None, changes(before, now) if before else []) for now, before in pairs]
    return shown[:limit], len(profiles) > limit


def _label(name: str) -> str:
    return capfirst(str(Profile._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
