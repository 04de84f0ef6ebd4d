"""Words anywhere in a row that may mean that the person's address is protected.

Whoever wrote them did so in a column that this program does not read, or reads as something else, or in the middle of a
text. Whether they mean it ("ikke kode 6" may) is for the office to say, so every sign is asked about, and what only looks
like one too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from plass.cases.models import Participant

from . import columns, values
from .fields import Field

_NOTHING = values.NO | {"-", "–", "ingen", "none"}
_ADDRESS = r"(?:adr(?:esse\w*)?|bosted\w*|bopel|bustad\w*|oppholdssted\w*|identitet)\b"
_HIDDEN = r"\b(?:hemm?[ea]l[ie]g|skjul|sperr|beskyt|skjerm|fiktiv|løynd|verna|vernet|gradert)\w*"
#: What the register says of the two protections, and how people write it.
_STRICT = (
    r"\b(?:kode|code|gradering)\W{0,3}(?:nr\W{0,2})?(?:6|19|seks|six)\b",
    r"\bk\W?6\b",
    r"strengt\W+fortr[ou]l[ie]g",
    r"\bspsf\b",
    r"strictly\W+confidential",
)
_CONFIDENTIAL = (
    r"\b(?:kode|code|gradering)\W{0,3}(?:nr\W{0,2})?(?:7|syv|sju|seven)\b",
    r"\bk\W?7\b",
    r"fortr[ou]l[ie]g",
    r"\bspfo\b",
    r"\bconfidential\b",
)
#: What does not say which, or only that somebody must not be found.
_EITHER = (
    rf"{_HIDDEN}\W+(?:\w+\W+){{0,2}}{_ADDRESS}",
    rf"\b{_ADDRESS}\W+(?:\w+\W+){{0,3}}{_HIDDEN}",
    r"\badr(?:esse)?\W?(?:sperr|beskyt|vern|grader|skjerm)",
    r"\b(?:hemmelig|hemmeleg|skjult|sperret)\w*\W+(?:telefon|tlf|mobil|nummer|nr)",
    r"\bsperr\w*\W+(?:på|av|for)\W+adr",
    r"\badr\w*\W+(?:\w+\W+){0,3}ikke\W+(?:opp?gi|gi|del|send|utlever|bruk|kjen)",
    r"\bikke\W+(?:opp?gi|gi|del|send|utlever)\w*\W+(?:\w+\W+){0,3}adr",
    # A sheltered workplace is no protection of anybody's address.
    r"\bskjerm(?:et|a|ede|es|ing|ingen|ingsverdig)\b"
    r"(?!\W+(?:virksomhet|bedrift|arbeid|sektor|tiltak|enhet|plass|avdeling|verksted|institusjon|stilling|jobb))",
    r"\b(?:klient|dekk)adresse",
    r"\bufb\b",
    r"krisesent",
    r"\b(?:trussel(?:utsatt|situasjon)|voldsalarm|voldsutsatt|besøksforb[uo]d)",
    r"\bi\W+skjul\b",
    r"\b(?:secret|protected|hidden|undisclosed|restricted)\W+address",
    r"\baddress\W+(?:\w+\W+)?(?:protect|secret|hidden|confidential)",
    r"\bwomen\W?s\W+(?:shelter|refuge)",
)
#: What every sign has something of, so that most cells are looked at once.
_MAYBE = re.compile(
    r"k\W?\d|kode|code|grader|fortr|sps|spf|confid|add?r|bosted|bopel|bustad|identitet|hem|skju|sperr|skjerm|ufb|krise|trussel|"
    r"vold|forb[uo]d|shelter|refuge"
)
_IS_STRICT, _IS_CONFIDENTIAL, _IS_EITHER = (
    re.compile("|".join(patterns)) for patterns in (_STRICT, _CONFIDENTIAL, _EITHER)
)


def level_of(text: str) -> str:
    """The protection that a text may mean, the strictest where it does not say; empty where there is no sign of any."""
    words = " ".join(text.lower().split())
    if not _MAYBE.search(words):
        return ""
    if _IS_STRICT.search(words) or _IS_EITHER.search(words):
        return Participant.Protection.STRICTLY_CONFIDENTIAL.value
    return Participant.Protection.CONFIDENTIAL.value if _IS_CONFIDENTIAL.search(words) else ""


@dataclass(frozen=True)
class SignedColumn:
    """A column whose heading gives its cells a meaning: "6" below "Kode", "x" below "Skjermes".

    ``is_of_protection``: the heading is one that is read as protection, so that whatever stands there may mean it.
    """

    heading: str
    is_of_protection: bool = False

    def level_of(self, cell: str) -> str:
        """The protection that a cell of the column may mean."""
        if not cell or cell.lower() in _NOTHING:
            return ""
        level = level_of(cell) or level_of(self.heading) or level_of(f"{self.heading} {cell}")
        return level or (Participant.Protection.STRICTLY_CONFIDENTIAL.value if self.is_of_protection else "")


def of_column(heading: str) -> SignedColumn | None:
    """The column where its heading matters, else None: then its cells say by themselves what they say."""
    is_of_protection = columns.field_of(heading) is Field.PROTECTION
    if is_of_protection or level_of(heading) or level_of(f"{heading} 6"):
        return SignedColumn(heading, is_of_protection)
    return None
