"""Words anywhere in a row that may mean that the person's address is protected.

Whoever wrote them did so in a column that this program does not read, or in the middle of something else. Whether they
mean it ("ikke kode 6" may) is for the office to say, so every sign is asked about, and what only looks like one too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from plass.cases.models import Participant

from . import values

_NOTHING = values.NO | {"-", "–", "ingen", "none", "ugradert"}
_ADDRESS = r"(?:adr(?:esse\w*)?|bosted\w*|bopel|bolig\w*|bustad\w*|oppholdssted\w*|identitet)\b"
_HIDDEN = r"\b(?:hemm?[ea]l[ie]g|skjul|sperr|beskyt|sikr|sikker|skjerm|fiktiv|løynd|verna|vernet|gradert)\w*"
_NOT = r"\b(?:ikk(?:e|je)|ingen|aldri)"
_TELL = (
    r"(?:si|sei|sie|fortel\w*|opp?gi\w*|gi|gje|del\w*|send\w*|utlever\w*|opplys\w*|røp\w*|avslør\w*|nevn\w*|vite|vita)"
)
#: Codes of other things, whose numbers 6 and 7 say nothing. Any other "...kode" is asked about.
_OTHER_CODES = (
    r"(?:post|bransje|nærings|yrkes|stillings|status|tiltaks|årsaks?|land|lands|språk|kommune|fylkes?|enhets?|avdelings|kontor|"
    r"område|sone|dør|port|alarm|pin|qr|strek|bar|zip|rabatt|kunde|vare|konto|kostnads|prosjekt|lønns|valuta|farge|fag|"
    r"kurs|studie|utdannings|diagnose|fraværs|program|kilde)"
)
_CODE = rf"\b(?!{_OTHER_CODES}kode)(?:\w{{0,30}}(?:kode|gradering)|code|kd|spesreg\w*)\W{{0,3}}(?:nr\W{{0,2}})?"
#: What the register says of the two protections, and how people write it.
_STRICT = (
    rf"{_CODE}(?:6|19|seks|six)(?:\W?er\w{{0,3}})?\b",
    rf"{_CODE}vi(?=\W*$)",
    r"\bk\W?6\b",
    r"strengt\W+fort",
    r"\bspsf\b",
    r"strictly\W+confidential",
)
_CONFIDENTIAL = (
    rf"{_CODE}(?:7|syv|sju|seven)(?:\W?er\w{{0,3}})?\b",
    rf"{_CODE}vii(?=\W*$)",
    r"\bk\W?7\b",
    r"\bfort?r?[ou]l[ie]g",
    r"\bfortr?\W{0,2}adr",
    r"^fortr?\W*$|\bfortr\b",
    r"\bspfo\b",
    r"\bconfidential\b",
)
#: What does not say which, or only that somebody must not be found.
_EITHER = (
    rf"{_HIDDEN}\W+(?:\w+\W+){{0,2}}{_ADDRESS}",
    rf"\b{_ADDRESS}\W+(?:\w+\W+){{0,3}}{_HIDDEN}",
    r"\badr(?:esse)?\W?(?:sperr|beskyt|vern|grader|skjerm)",
    # A cell that says nothing else: "Sperret" below "Adresse".
    r"^\W*(?:er )?(?:sperr(?:et|a)|hemm?el[ie]g|gradert|beskytt(?:et|a))\W*$",
    r"\b(?:hemmelig|hemmeleg|skjult|sperret)\w*\W+(?:telefon|tlf|mobil|nummer|nr)",
    r"\bsperr\w*\W+(?:på|av|for)\W+adr",
    rf"\badr\w*\W+(?:\w+\W+){{0,3}}{_NOT}\W+(?:{_TELL}|bruk\w*|kjen\w*)",
    rf"{_NOT}\W+(?:\w+\W+){{0,2}}{_TELL}\b\W+(?:\w+\W+){{0,5}}(?:adr|hvor|kor|kvar|bosted|bopel|oppholdssted)",
    # A sheltered workplace is no protection of anybody's address.
    r"\bskjerm(?:et|a|ede|es|ing|ingen|ingsverdig)\b"
    r"(?!\W+(?:virksomhet|bedrift|arbeid|sektor|tiltak|enhet|plass|avdeling|verksted|institusjon|stilling|jobb))",
    r"\b(?:klient|dekk|nød)adresse",
    r"\b(?:ufb|klie)\b",
    r"\bbegrens\w*\W+innsyn",
    r"krisesent",
    r"\b(?:truss?el(?:utsatt|situasjon)|trusler|voldsalarm|voldsutsatt|besøksforb[uo]d|sporingsfare)",
    # Not the surname and the place.
    r"\b(?:pga|grunn|utsatt|utsett|offer|mot|etter|ved|med|om|av|for|på)\b\W+(?:\w+\W+)?(?:v[oa]ld|trusse?l)\b",
    r"\b(?:bor|bur|flytt\w*|rømt|rømte)\W+(?:\w+\W+){0,4}v[oa]ld\b",
    r"\bv[oa]ld\b\W+(?:i|fra|mot)\W+(?!\d)|\bv[oa]ldel[ie]g",
    r"\bi\W+skjul\b",
    r"\bpå\W+flukt\b",
    r"\b(?:lever|bor|gått|går)\W+i\W+dekning\b",
    r"\b(?:secret|protected|hidden|undisclosed|restricted)\W+address",
    r"\baddress\W+(?:\w+\W+)?(?:protect|secret|hidden|confidential)",
    r"\bwomen\W?s\W+(?:shelter|refuge)",
)
#: What every sign has something of, so that most cells are looked at once.
_MAYBE = re.compile(
    r"k\W?\d|kode|code|kd|grader|fort|forol|forul|sps|spf|spesreg|confid|add?r|bosted|bopel|bolig|bustad|identitet|hem|skju|"
    r"sperr|skjerm|beskytt|ufb|klie|innsyn|krise|trus|sporing|v[oa]ld|forb[uo]d|flukt|dekning|shelter|refuge|"
    r"ikk(?:e|je)|ingen|aldri"
)
#: Headings that say that their cells are about protection, whatever stands in them.
_HEADING = re.compile(
    r"diskres|disk\w{0,3}\W?kode|spesreg|adr\w*\W?(?:sperr|beskyt|grader)|(?:sperr|beskyt|skjerm|grader)\w*\W+(?:på\W+)?adr"
)
_IS_STRICT, _IS_CONFIDENTIAL, _IS_EITHER = (
    re.compile("|".join(patterns)) for patterns in (_STRICT, _CONFIDENTIAL, _EITHER)
)


def level_of(text: str) -> str:
    """The protection that a text may mean, the strictest where it does not say; empty where there is no sign of any."""
    # The registers write STRENGT_FORTROLIG.
    words = " ".join(text.lower().replace("_", " ").split())
    if not _MAYBE.search(words):
        return ""
    if _IS_STRICT.search(words) or _IS_EITHER.search(words):
        return Participant.Protection.STRICTLY_CONFIDENTIAL.value
    return Participant.Protection.CONFIDENTIAL.value if _IS_CONFIDENTIAL.search(words) else ""


@dataclass(frozen=True)
class SignedColumn:
    """A column that is not read, and whose heading gives its cells a meaning: "6" below "Kode", "x" below "Skjermes"."""

    heading: str

    def level_of(self, cell: str) -> str:
        """The protection that a cell of the column may mean."""
        if not cell or cell.lower() in _NOTHING:
            return ""
        level = level_of(cell) or level_of(self.heading) or level_of(f"{self.heading} {cell}")
        if not level and _HEADING.search(self.heading.lower()):
            level = Participant.Protection.STRICTLY_CONFIDENTIAL.value
        return level


def of_column(heading: str) -> SignedColumn | None:
    """The column where its heading matters, else None: then its cells say by themselves what they say."""
    speaks = _HEADING.search(heading.lower()) or level_of(heading) or level_of(f"{heading} 6")
    return SignedColumn(heading) if speaks else None
