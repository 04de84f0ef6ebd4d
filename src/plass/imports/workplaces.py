"""Which employer a list means: one that is recorded already, by number or by name, or a new one."""

from __future__ import annotations

from dataclasses import dataclass, field

from plass.employers import actions as employers
from plass.employers import queries
from plass.employers.models import Employer
from plass.organisation.models import User

from .saying import gettext as _

Key = tuple[str, str]


@dataclass
class Workplaces:
    """Employers by name and number, each looked up once in an import.

    What is found for a person is kept only when the person is written (:meth:`keep`): an employer that was added for
    somebody whose writing is undone does not exist any more.
    """

    by: User
    _kept: dict[Key, Employer] = field(default_factory=dict)
    _new: dict[Key, Employer] = field(default_factory=dict)
    _told: set[Key] = field(default_factory=set)

    def find(self, name: str, number: str) -> Employer | None:
        """The recorded employer with this number, else with this name (legal form and signs aside) and no other number."""
        key = (queries.core_name(name), number)
        found = self._new.get(key) or self._kept.get(key) or self._look_up(name, number)
        if found is not None:
            self._new[key] = found
        return found

    def find_or_add(self, name: str, number: str) -> tuple[Employer, list[str]]:
        """The employer, recorded now if need be, and sentences on that."""
        found = self.find(name, number)
        if found is not None:
            return found, []
        added = employers.add_employer(by=self.by, name=name, organisation_number=number or None, is_another=True)
        key = (queries.core_name(name), number)
        self._new[key] = added
        # A dry run adds it anew in each piece, and tells of it once.
        return added, [] if key in self._told else [_("New employer: %(employer)s.") % {"employer": name}]

    def keep(self) -> None:
        """The person is written, and so are the employers found and added for them."""
        self._kept |= self._new
        self._told |= set(self._new)
        self._new = {}

    def forget(self) -> None:
        """The person's writing was undone."""
        self._new = {}

    def forget_all(self) -> None:
        """Everything was undone, the employers that were added included."""
        self._kept, self._new = {}, {}

    @staticmethod
    def _look_up(name: str, number: str) -> Employer | None:
        if number:
            found = Employer.objects.filter(organisation_number=number).first()
            if found is not None:
                return found
        exact = list(Employer.objects.filter(name__iexact=name).order_by("pk")[:5])
        wanted = queries.core_name(name)
        alike = exact or [one for one in queries.similar(name) if queries.core_name(one.name) == wanted]
        # Two branches of a chain have one name and two numbers.
        return next((one for one in alike if not number or not one.organisation_number), None)
