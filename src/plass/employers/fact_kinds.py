"""What facts of other rooms call the employers and contact persons they point to. This room has no kind of its own."""

from __future__ import annotations

from plass.cases.fact_register import Reference, register_reference

from .models import ContactPerson, Employer

_EMPLOYER = "SELECT name FROM employers_employer WHERE id = {}"
register_reference(Employer, Reference("employer", _EMPLOYER, participant_sql=_EMPLOYER, is_detail=True))
# Third persons at a workplace are not named to the participant.
register_reference(
    ContactPerson,
    Reference("person", "SELECT name FROM employers_contactperson WHERE id = {}", is_third_person=True),
)
