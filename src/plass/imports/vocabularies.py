"""What words in a cell mean: forms of employment, address protection, why a job or a follow-up ended.

Each table is tried in order; the first sign that the cell holds decides. What is understood from words that are not the
program's own is always said in a remark, so that somebody can see it and object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from plass.cases.models import CaseEnded, Participant
from plass.jobs.models import JobEnded, JobStarted

Meaning = TypeVar("Meaning")
Table = Sequence[tuple[tuple[str, ...], Meaning]]

FORMS: Table[JobStarted.Form] = (
    (("arbeidstrening", "praksis", "språkpraksis", "work trial"), JobStarted.Form.WORK_TRIAL),
    (("hospitering", "jobbsmak", "job taster"), JobStarted.Form.JOB_TASTER),
    (("lærling", "lærekandidat", "læreplass", "apprentice"), JobStarted.Form.APPRENTICE),
    (("tilkalling", "tilkallingsvikar", "ekstrahjelp", "ringevikar", "on call"), JobStarted.Form.ON_CALL),
    (("frilans", "selvstendig", "eget firma", "enk", "freelance"), JobStarted.Form.FREELANCE),
    (
        ("midlertidig", "vikar", "vikariat", "engasjement", "sesong", "sommerjobb", "temporary"),
        JobStarted.Form.TEMPORARY,
    ),
    (("fast", "permanent"), JobStarted.Form.PERMANENT),
)
PROTECTIONS: Table[Participant.Protection] = (
    (("strengt", "kode 6", "6", "strictly"), Participant.Protection.STRICTLY_CONFIDENTIAL),
    (("fortrolig", "kode 7", "7", "confidential"), Participant.Protection.CONFIDENTIAL),
    (
        ("arbeider i nav", "jobber i nav", "egen ansatt", "egne ansatte", "own employee", "works at nav"),
        Participant.Protection.OWN_EMPLOYEE,
    ),
)
#: From the least to the strictest; of two rows about one person the stricter one holds.
STRICTNESS = (
    Participant.Protection.NONE,
    Participant.Protection.OWN_EMPLOYEE,
    Participant.Protection.CONFIDENTIAL,
    Participant.Protection.STRICTLY_CONFIDENTIAL,
)
CAUSES: Table[CaseEnded.Cause] = (
    (("gradert", "ung uføre i jobb"), CaseEnded.Cause.WORK_GRADED),
    (("lønnstilskudd", "tilskudd"), CaseEnded.Cause.WORK_SUBSIDISED),
    (("jobb", "i arbeid", "til arbeid", "arbeid", "ansatt", "work", "job"), CaseEnded.Cause.WORK),
    (("utdanning", "skole", "studie", "studier", "education"), CaseEnded.Cause.EDUCATION_OWN),
    (("uføre", "uføretrygd", "uføretrygdet"), CaseEnded.Cause.DISABILITY_GRANTED),
    (("alderspensjon",), CaseEnded.Cause.OLD_AGE),
    (("annet tiltak", "tiltak"), CaseEnded.Cause.OTHER_MEASURE),
    (("syk", "sykdom", "helse", "illness"), CaseEnded.Cause.ILLNESS),
    (("eget ønske", "ønske", "selv", "own wish"), CaseEnded.Cause.OWN_WISH),
)
END_REASONS: Table[JobEnded.Reason] = (
    (("ny jobb", "annen jobb", "new job"), JobEnded.Reason.NEW_JOB),
    (("sa opp", "sluttet selv", "egen oppsigelse", "resigned"), JobEnded.Reason.RESIGNED),
    (("konkurs", "nedbemanning", "permittert", "økonomi"), JobEnded.Reason.ECONOMY),
    (("oppsagt", "sagt opp", "avskjed", "dismissed"), JobEnded.Reason.DISMISSED),
    (("syk", "sykdom", "helse", "health"), JobEnded.Reason.HEALTH),
    (("utdanning", "skole", "studier"), JobEnded.Reason.EDUCATION),
    (("utløp", "utløpt", "avtalt", "ferdig", "vikariat", "sesong"), JobEnded.Reason.AGREED_END),
)
#: Beside one of these a word says the opposite of itself: "ikke i jobb", "mistet jobben".
TURNED = re.compile(r"\b(ikke|ingen|uten|mistet|avbrutt|not|no|lost)\b")


def label_of(choices: Iterable[tuple[str, object]], words: str) -> str | None:
    """The choice whose label or value the cell is, in lower case, as this program and its exports write it."""
    return next((value for value, label in choices if value and words in (str(label).lower(), value)), None)


def meaning(table: Table[Meaning], words: str) -> Meaning | None:
    """The first meaning with a sign in ``words`` (lower case), as whole words; None where a "not" stands beside."""
    if TURNED.search(words):
        return None
    for signs, understood in table:
        if any(re.search(rf"(?<!\w){re.escape(sign)}(?!\w)", words) for sign in signs):
            return understood
    return None
