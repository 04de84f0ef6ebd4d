"""Words anywhere in a row that may mean that the person's address is protected.

Whoever wrote them did so in a column that this program does not read, or reads as something else, or in the middle of a
text. Whether they mean it ("ikke kode 6" may) is for the office to say, so every sign is asked about, and what only looks
like one too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from plass.cases.models import Participant

from . import columns, guards, values, vocabularies
from .fields import Field
from .lines import Cell

_NOTHING = values.NO | {"-", "–", "ingen", "none", "ugradert", "lav", "lavt", "normal", "normalt"}
_ADDRESS = r"(?:\w{0,15}adr(?:esse\w*)?|bosted\w*|bopel|bolig\w*|bustad\w*|oppholdssted\w*|identitet)\b"
_HIDDEN = r"\b(?:hemm?[ea]l[ie]g|skjul|sperr|beskyt|sikr|sikker|skjerm|fiktiv|løynd|verna|vernet|gradert)\w*"
_NOT = r"\b(?:ikk(?:e|je)|ingen|aldri)"
_TELL = (
    r"(?:si|sei|sie|fortel\w*|opp?gi(?!tt\b)\w*|gi|gje|del\w*|send\w*|utlever\w*|opplys\w*|røp\w*|avslør\w*|nevn\w*|"
    r"vite|vita)"
)
#: Those who may look for somebody.
_NEAR = (
    r"(?:(?:eks|ex)(?:en|mann\w*|kone|kona|samboer\w*|kjæreste\w*|partner\w*)?|mann|mannen|ektemann\w*|ektefelle\w*|kone|kona|"
    r"samboer\w*|kjæreste\w*|barnefar\w*|stefar\w*|far|faren|mor|mora|moren|bror|broren|brødre\w*|onkel\w*|foreldre\w*|familie\w*|"
    r"slekt\w*|sviger\w*)\b"
)
#: What is said of other things in the same words. It is taken away before anything is looked for.
_OF_OTHER_THINGS = re.compile(
    r"\b(?:blokk|oppgang|leil\w*|bygg\w*|inngang|hus|etasje|etg|\w*rom|seksjon|parkering|p.?plass|kjeller\w*|avd\w*|skap|lager|port|hall|klasse|linje|rute|sone|kull|uke|pulje)"
    r"\W{1,2}k\W?[67]\b"
    r"|(?<!strengt )\bfortrolig\w*\W+(?:samtale\w*|prat\w*|møte\w*|tone\w*|forhold|dialog\w*|venn\w*|med)\b"
    # A home or a workplace with staff.
    r"|\bvern(?:et|a|ede)\W+(?:bolig\w*|bustad\w*|arbeid\w*|bedrift\w*|verksted\w*|botilbud\w*)"
    # What refugees have.
    r"|\b(?:kollektiv|internasjonal|innvilg\w*|søk\w*)\W+(?:om\W+)?beskyttelse\b"
    r"|\bbeskyttelse\W+mot\W+(?:stø[yv]|sol|smitte|diskrim|oppsig|kjemi)\w*"
)
#: Codes of other things, whose numbers 6 and 7 say nothing. Any other "...kode" is asked about.
_OTHER_CODES = (
    r"(?:post|bransje|nærings|yrkes|stillings|status|tiltaks|årsaks?|land|lands|språk|kommune|fylkes?|enhets?|avdelings|kontor|"
    r"område|sone|dør|port|alarm|pin|qr|strek|bar|zip|rabatt|kunde|vare|konto|kostnads|prosjekt|lønns|valuta|farge|fag|"
    r"kurs|studie|utdannings|diagnose|fraværs|program|kilde)"
)
_CODE = (
    rf"\b(?!{_OTHER_CODES}kode)(?:\w{{0,30}}(?:kode|gradering)|code|kd|spes\W?reg\w*|k\Wo\Wd\We)"
    r"\W{0,3}(?:nr\W{0,2})?"
)
#: What the register says of the two protections, and how people write it.
_STRICT = (
    rf"{_CODE}(?:(?:6|19)(?!\d)|(?:seks|six)(?:\W?er\w{{0,3}})?\b)",
    rf"{_CODE}vi(?=\W*$)",
    r"\bk\W?6\b",
    r"(?<![\d.,:/–-])6\W?er\b(?<!6 er)",
    r"strengt\W+fort",
    r"\bspsf\b",
    r"strictly\W+confidential",
)
_CONFIDENTIAL = (
    rf"{_CODE}(?:7(?!\d)|(?:syv|sju|seven)(?:\W?er\w{{0,3}})?\b)",
    rf"{_CODE}vii(?=\W*$)",
    r"\bk\W?7\b",
    r"(?<![\d.,:/–-])7\W?er\b(?<!7 er)",
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
    rf"{_NOT}\W+(?:\w+\W+){{0,2}}{_TELL}\b\W+(?:\w+\W+){{0,5}}(?:adr|hvor(?!\w|\W+(?:mye|mange|lenge|ofte))|kor\b|kvar\b|bosted|bopel|oppholdssted|arbeidssted|arbeidsplass)",
    # A cell that says nothing else. "Diagnose skal ikke oppgis" is something else.
    rf"^\W*(?:\w+\W+)?{_NOT}\W+(?:opp?gis?|oppgjevast|utleveres|gis\W+ut|gjevast\W+ut|deles|vises)\W*$",
    r"^\W*(?:opp?gis|utleveres|deles|vises)\W+ikk(?:e|je)\W*$",
    rf"\b{_NEAR}\W+(?:må|skal|bør|får|kan)\W+{_NOT}\W+(?:få\W+|ha\W+)?(?:vite|vita|greie|finne|finna|oppsøk\w*|kontakt\w*|tak)\b",
    rf"{_NOT}\W+(?:si|sei|sie|opp?gi|fortel\w*|gi|gje|del|dele)\W+(?:\w+\W+){{0,3}}(?:til|med)\W+(?:\w+\W+)?{_NEAR}",
    rf"\b(?:redd|frykt\w*|forfølg\w*|forfulgt|tru(?:es|et|a)|trakasser\w*)\W+(?:for|av)\W+(?:\w+\W+)?{_NEAR}",
    r"\bstalk(?:es|et|er|ing)\b|\bæresrelatert|\btvangs(?:ekteskap|gift)|\bny\W+identitet\b(?!\W+som)",
    rf"{_NOT}\W+(?:vis|publiser|legg\W+ut)\W+(?:\w+\W+)?navn",
    r"\b(?:politi|person|vitne|adresse|identitets)?beskyttelse\b|\bbeskytt(?:et|a|es)\W+av\W+politi",
    r"\bunntatt\W+off",
    r"\b(?:hemm?el[ie]g|skjult)\W+(?:sted|stad)\b",
    rf"\bskjul\w*\W+for\W+(?:\w+\W+)?{_NEAR}|\b{_NEAR}\W+(?:\w+\W+){{0,2}}tru(?:er|et|a)\b",
    rf"\b{_NEAR}\W+(?:vet|veit|kjenner)\W+ikk(?:e|je)\W+(?:\w+\W+)?(?:hvor\b|kvar\b|kor\b|adr)",
    rf"{_NOT}\W+(?:opp?gi\w*|gi\W+ut|utlever\w*|dele?)\W+(?:\w+\W+){{0,2}}(?:tlf|telefon|mobil)",
    # A sheltered workplace is no protection of anybody's address.
    r"\bskjerm(?:et|a|ede|es|ing|ingen|ingsverdig)\b"
    r"(?!\W+(?:virksomhet|bedrift|arbeid|sektor|tiltak|enhet|plass|avdeling|verksted|institusjon|stilling|jobb))",
    r"\b(?:klient|dekk|nød)adresse",
    r"\b(?:ufb|klie)\b",
    r"\bbegrens\w*\W+innsyn",
    r"krisesent",
    r"\b(?:truss?el(?:utsatt|situasjon)|trusler|v[oa]ldsalarm|v[oa]ldsutsatt|(?:besøks|kontakt|oppholds)forb[uo]d|sporingsfare)",
    # Not the surname and the place.
    r"\b(?:pga|grunn|utsatt|utsett|offer|mot|etter|ved|med|om|av|for|på)\b\W+(?:\w+\W+)?(?:v[oa]ld|trusse?l)\b",
    r"\b(?:bor|bur|flytt\w*|rømt|rømte)\W+(?:\w+\W+){0,4}v[oa]ld\b",
    r"\bv[oa]ld\b\W+(?:i|fra|mot)\W+(?!\d)|\bv[oa]ldel[ie]g",
    r"\bi\W+skjul\b",
    r"\b(?:lever|bor|bur)\W+(?:\w+\W+)?(?:skjult|i\W+skjul|løynd)\b",
    rf"{_NOT}\W+(?:utlever\w*|gi\W+ut)\W+(?:\w+\W+)?(?:opplysn\w*|info\w*)",
    r"\bsperr\w*kode|\bv[oa]lds?senter",
    r"\btru(?:es|et|a)\W+av\W+(?!oppsig|permitt|nedlegg|nedbem|konkurs|utkast|arbeidsl)\w",
    rf"\bsensitiv\w*\W+adr|{_NOT}\W+(?:kontakt|oppsøk)\w*\W+(?:på|ved)\W+(?:\w+\W+)?(?:adr|bosted|bopel)",
    r"\b(?:partner|familie|samlivs|hustru|kvinne)v[oa]ld",
    r"\bsikkerhetssak|\bsikkerhetsnivå\W+[34]\b",
    r"\bdrapstru|\btru(?:es|et|a)\W+på\W+livet|\bblir\W+tru(?:et|a)\b|\bæresv[oa]ld",
    rf"\bsperr\w*\W+for\W+innsyn|\bhold\w*\W+hemm?el[ie]g|\b{_NEAR}\W+lei?ter\W+etter\b",
    # A cell that says nothing else.
    r"^\W*(?:ikk(?:e|je)\W+utlever\w*|sensitiv)\W*$",
    # A cell that says nothing else. "Diskresjon er viktig for ham" is something else.
    r"^\W*(?:\w+\W+)?diskresjon\W*$",
    r"\bpå\W+flukt\b",
    r"\b(?:lever|bor|gått|går)\W+i\W+dekning\b",
    r"\b(?:secret|protected|hidden|undisclosed|restricted)\W+address",
    r"\baddress\W+(?:\w+\W+)?(?:protect|secret|hidden|confidential)",
    r"\bwomen\W?s\W+(?:shelter|refuge)",
)
#: Somebody whom others at the office know.
_OWN_EMPLOYEE = (
    r"\beg(?:en|ne|ene)\W?ansatte?\b",
    r"(?<!\bmed )(?<!\bav )(?<!\bfra )(?<!\btil )(?<!\ben )\bnav\W?ansatt\b",
    r"\b(?:arbeid|jobb)e?r\W+(?:\w+\W+)?(?:i|på|hos|ved)\W+nav\b",
    r"(?<!\bble )(?<!\bblitt )(?<!\bvære )\bansatt\W+(?:i|på|hos|ved)\W+nav\b",
)
#: What every sign has something of, so that most cells are looked at once.
_MAYBE = re.compile(
    r"k\W?\d|kode|code|kd|grader|fort|forol|forul|sps|spf|spesreg|confid|add?r|bosted|bopel|bolig|bustad|identitet|hem|skju|"
    r"sperr|skjerm|beskytt|ufb|klie|innsyn|krise|trus|sporing|v[oa]ld|forb[uo]d|flukt|dekning|shelter|refuge|"
    r"ansatt|\bnav\b|spes\W?reg|[67]\W?er\b|k\Wo\Wd|sikkerhets[sn]|diskresjon|sensitiv|lei?ter|"
    r"ikk(?:e|je)|ingen|aldri|redd|frykt|forf[øu]l|tru(?:es|er|et|a)|trakass|stalk|æresrel|tvangs|unntatt"
)
#: Headings that say that their cells are about protection, whatever stands in them.
_HEADING = re.compile(
    r"diskres|disk\w{0,3}\W?kode|spes\W{0,2}reg|^\W*(?:sperr|skjult|truss?el|trusler|sikkerhetsnivå|sensitiv)\W*$|adr\w*\W?(?:sperr|beskyt|grader)|(?:sperr|beskyt|skjerm|grader)\w*\W+(?:på\W+)?adr"
)
_NUMBERED = re.compile(r"\W*k\W?[67]\W*", re.I)
#: What a cell is filled with that is not to be read.
_MASK = re.compile(r"\W*(?:[*•█#]+|x{3,})\W*")
_OF_CONTACT = re.compile(
    r"\badr|adresse\b|bosted|bopel|oppholdssted|\bgate(?:adr|$)|\bpost(?:nr|nummer|sted)|\b(?:telefon|tlf|mobil)|\be ?post"
)
#: What stands beside an address or a number, also where it has figures.
_BESIDE_CONTACT = re.compile(
    rf"§\W{{0,3}}[67](?!\d)|{_NOT}\W+(?:opp?gis?|utlever\w*|gis?\W+ut|deles?|vises?)\b"
    r"|(?:^|[(\[–,;:/*!-])\W{0,3}(?:er )?"
    r"(?:sperr(?:et|a)|skjult|hemm?el[ie]g|skjerm(?:et|a)|beskytt(?:et|a)|vern(?:et|a)|gradert)"
    r"\W{0,3}(?:$|[)\]–,;:/*!-])"
    # Without a mark between: first or last.
    r"|^\W*(?:sperr(?:et|a)|hemm?el[ie]g|skjermet|beskyttet|gradert)\b"
    r"|\b(?:sperr(?:et|a)|skjult|hemm?el[ie]g|skjermet|beskyttet|gradert)\W*$"
)
_IS_STRICT, _IS_CONFIDENTIAL, _IS_EITHER, _IS_OWN_EMPLOYEE = (
    re.compile("|".join(patterns)) for patterns in (_STRICT, _CONFIDENTIAL, _EITHER, _OWN_EMPLOYEE)
)


#: A yes below a heading that asks.
_YES = frozenset({"ja", "j", "x", "yes", "sann", "sant", "1"})


def level_of(text: str) -> str:
    """The protection that a text may mean, the strictest where it does not say; empty where there is no sign of any."""
    # The registers write STRENGT_FORTROLIG.
    words = " ".join(text.lower().replace("_", " ").split())
    if not _MAYBE.search(words):
        return ""
    words = _OF_OTHER_THINGS.sub(" ", words)
    if _IS_STRICT.search(words) or _IS_EITHER.search(words):
        return Participant.Protection.STRICTLY_CONFIDENTIAL.value
    if _IS_CONFIDENTIAL.search(words):
        return Participant.Protection.CONFIDENTIAL.value
    return Participant.Protection.OWN_EMPLOYEE.value if _IS_OWN_EMPLOYEE.search(words) else ""


def level_below(heading: str, cell: str) -> str:
    """The protection that a cell may mean below a heading. "K6" below "Leilighet" means the flat."""
    level = level_of(cell)
    is_numbered = level and _NUMBERED.fullmatch(cell) is not None
    return "" if is_numbered and _OF_OTHER_THINGS.search(f"{columns.plain(heading)} {cell}".lower()) else level


def is_of_contact(heading: str) -> bool:
    """Whether a heading says that somebody is reached by what stands below it, also where it is not read."""
    words = columns.plain(heading)
    return _OF_CONTACT.search(words) is not None and not guards.names_someone_else(words)


def is_masked(cell: str) -> bool:
    """Whether a cell is filled with signs that stand for something that is not to be read: "***"."""
    return _MASK.fullmatch(cell.lower()) is not None


def level_instead_of_contact(cell: str) -> str:
    """The protection that may be meant by what stands instead of an address, a number or an e-mail, or beside it: "***"."""
    if is_masked(cell) or _BESIDE_CONTACT.search(cell.lower()):
        return Participant.Protection.STRICTLY_CONFIDENTIAL.value
    return "" if any(map(str.isdigit, cell)) else level_of(f"adresse {cell}")


def told_in_its_column(cell: Cell) -> str | None:
    """The protection that a cell of the column of protection gives; None where it does not tell: "?", "vet ikke"."""
    if is_unclear(cell):
        return None
    words = values.text(cell).lower()
    level = vocabularies.label_of(Participant.Protection.choices, words)
    if level is None:
        level = vocabularies.sign(vocabularies.PROTECTIONS, words)
    if level is not None:
        return str(level)
    try:
        is_protected = values.yes(words)
    except ValueError:
        return None
    # How strictly it does not say; the stricter is the safe one.
    return Participant.Protection.STRICTLY_CONFIDENTIAL.value if is_protected else ""


def is_unclear(cell: Cell) -> bool:
    """Whether a cell of a column of protection says that whoever wrote it does not know: "?", "ukjent"."""
    words = " ".join(str(cell).lower().split())
    return words == "ukjent" or ("?" in words and not values.text(words))


@dataclass(frozen=True)
class SignedColumn:
    """A column whose heading gives its cells a meaning: "6" below "Kode", "x" below "Skjermes".

    ``is_of_protection``: the heading is one that is read as protection, so that whatever stands there may mean it.
    ``or_of_names``: it may have names below it instead ("Nav-ansatt"), so that a yes alone means what it says.
    """

    heading: str
    is_of_protection: bool = False
    or_of_names: bool = False

    def level_of(self, written: Cell) -> str:
        """The protection that a cell of the column may mean."""
        cell = values.text(written)
        if self.or_of_names and cell.lower() not in _YES:
            return ""
        if is_unclear(written) and (self.is_of_protection or level_of(self.heading)):
            return level_of(self.heading) or Participant.Protection.STRICTLY_CONFIDENTIAL.value
        if not cell or cell.lower() in _NOTHING:
            return ""
        level = level_of(cell) or level_of(self.heading) or level_of(f"{self.heading} {cell}")
        return level or (Participant.Protection.STRICTLY_CONFIDENTIAL.value if self.is_of_protection else "")


def of_column(heading: str) -> SignedColumn | None:
    """The column where its heading matters, else None: then its cells say by themselves what they say."""
    is_of_protection = columns.field_of(heading) is Field.PROTECTION or bool(_HEADING.search(heading.lower()))
    level = level_of(heading)
    # Below "Nav-ansatt" may stand who follows somebody.
    if level == Participant.Protection.OWN_EMPLOYEE and "nav" in heading.lower():
        return SignedColumn(heading, or_of_names=True)
    if is_of_protection or level or level_of(f"{heading} 6"):
        return SignedColumn(heading, is_of_protection)
    return None
