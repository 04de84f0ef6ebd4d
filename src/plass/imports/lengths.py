"""How long a text of a list may be: as long as the model that it is written to lets it be."""

from __future__ import annotations

from django.db.models import CharField, Model

from plass.cases.models import Participant
from plass.employers.models import Employer
from plass.jobs.models import JobStarted

from .fields import PARTICULARS, SECOND_JOB, Field


def _of(model: type[Model], name: str) -> int:
    field = model._meta.get_field(name)
    assert isinstance(field, CharField) and field.max_length is not None, (
        f"{model.__name__}.{name} has no greatest length"
    )
    return field.max_length


_OF_A_JOB = {Field.EMPLOYER: _of(Employer, "name"), Field.JOB_TITLE: _of(JobStarted, "title")}
#: By the field. What is not named here is compared with what is known, or has a longer text.
LONGEST: dict[Field, int] = {
    # A postal code that is too long is none, and told as that.
    **{field: _of(Participant, field.value) for field in PARTICULARS if field is not Field.POSTAL_CODE},
    **_OF_A_JOB,
    **{SECOND_JOB[field]: longest for field, longest in _OF_A_JOB.items()},
}
#: Of texts that are only compared.
LONGEST_WORDS = 200
#: Both names with the space between. What it takes to tell whether a text is one grows with the square of its length.
LONGEST_NAME = _of(Participant, "given_name") + 1 + _of(Participant, "family_name")
