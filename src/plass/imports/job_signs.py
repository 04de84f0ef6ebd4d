"""Words in an employer's cell, a title or a comment that say that a job is no ordinary one, or that nobody has it. Pure.

People write such a word instead of an employer ("AMO-kurs", "Permittert"), before one ("Praksis på Kiwi", "tidl. Kiwi") or
after one ("Kiwi (sa opp)", "Kiwi - fikk ikke"). None of them decides anything: they say what is asked, and which answer is
likeliest. Firms are called by some of them too ("AFT Eiendom AS"): the rest of the name tells that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from plass.employers.queries import LEGAL_FORMS
from plass.jobs.models import JobStarted

from . import ending_signs
from .lengths import LONGEST_WORDS
from .questions import NO_JOB, SUBSIDISED_JOB


class Where(Enum):
    """Where in a cell words count."""

    #: Wherever they stand.
    ANYWHERE = auto()
    #: As a remark by itself, at the beginning of one beside the name, or as the last words of the cell.
    REMARK = auto()
    #: As all that stands between two marks, or before "at" an employer: places of work are called by them too.
    ALONE = auto()


@dataclass(frozen=True)
class Sign:
    """Words as a pattern in lower case, the likeliest answer where they stand, and some that people write.

    ``ends``: they say that the job is over, so that where the column of its end says so too nothing need be asked.
    """

    answer: str
    words: str
    examples: tuple[str, ...]
    where: Where = Where.ANYWHERE
    ends: bool = False


_TRIAL, _TASTER = JobStarted.Form.WORK_TRIAL.value, JobStarted.Form.JOB_TASTER.value

#: All that is known, the likeliest to be meant first. Measures are called as nav.no calls them, and by their short names.
SIGNS = (
    # Over, or lost.
    Sign(
        NO_JOB,
        r"(?:av)?slutt(?:et|a|er|ar|es)?|avbrutt|avbrote|(?:er |blir? |ble |vart )?(?:opp?sagt|sagt opp)|sa opp|"
        r"si(?:er|ger) opp|oppsigelse|oppseiing|mist(?:et|a)(?: jobben)?|tapt(?: jobben)?|"
        r"(?:fikk |fått )?spark(?:en|et|a)|avskjed(?:iget)?|"
        r"nedbemann(?:et|ing)|permitt(?:ert|ering)|overtallig|tidl(?:igere|egare)?|forhenv(?:ærende)?|"
        r"ikk(?:e|je) (?:lenger|lengre|lengjer)|former(?:ly)?|ended|quit|resigned|dismissed|fired|laid off|made redundant",
        (
            *(
                "Sluttet",
                "sa opp",
                "mistet",
                "mista jobben",
                "Oppsagt",
                "sagt opp",
                "avsluttet",
                "vikariat avsluttet",
                "avbrutt",
            ),
            *(
                "fikk sparken",
                "Permittert",
                "nedbemannet",
                "avskjediget",
                "tidligere",
                "ikke lenger",
                "oppsigelse",
                "laid off",
            ),
        ),
        ends=True,
    ),
    Sign(
        NO_JOB,
        r"(?:gikk |gått |er )?konkurs|nedlagt|lagt ned|(?:er )?stengt|ferdig|over|forbi|opphør(?:t|te|er|es)|utløpt|utgått|"
        r"(?:gikk|går|gått) ut|utløper|forrige|gammel jobb|stoppet|stanset|trakk seg|droppet ut|eks|ex|"
        r"avsl|utgår|dropp(?:et|a)|jobb(?:et|a) der|var der|hadde jobb|(?:fikk )?sluttpakke|(?:fikk )?fyken|"
        r"closed|bankrupt|previous|lost",
        (
            "konkurs",
            "gikk konkurs",
            "nedlagt",
            "ferdig",
            "utløpt",
            "gikk ut",
            "stengt",
            "opphørt",
            "lost",
            *("avsl.", "utgår", "droppet", "jobbet der til mai", "var der", "hadde jobb", "fikk sluttpakke"),
            "droppet ut",
        ),
        Where.REMARK,
        ends=True,
    ),
    # Not yet, or never.
    Sign(
        NO_JOB,
        r"ikk(?:e|je)(?! (?:lenger|lengre|lengjer))|intervju|(?:jobb)?tilbud|avslag|avslått|"
        r"søk(?:t|te|er|nad|jer)|mulig|kanskje|trolig|"
        r"venter|avventer|takk(?:et|a) nei|trukket|uavklart|avklares|skal (?:begynne|starte|på)|håper|vurder(?:er|es)|"
        r"offer|interview|declined|maybe|applied",
        (
            *("fikk ikke", "intervju", "tilbud", "jobbtilbud", "avslag", "søkt", "søknad sendt", "mulig", "kanskje"),
            *("venter på svar", "takket nei", "uavklart", "skal begynne", "vurderes", "håper på", "ikke startet"),
        ),
    ),
    Sign(
        NO_JOB,
        r"start(?:er|ar)|begynner|planlagt|i dialog|har kontakt|kontaktet|aktuell|usikkert?|forespurt|i prosess|på vent|"
        r"cv sendt|sendt cv|utsatt|ønsker?|ønskje|(?:på )?venteliste|møtte ikke|lov(?:et|a) jobb|muntlig avtale|på vei inn|"
        r"pending|planned",
        (
            "starter 1.5",
            "begynner i mai",
            "planlagt",
            "i dialog",
            "aktuell",
            "usikkert",
            "forespurt",
            "på vent",
            "utsatt",
            *("lovet jobb", "muntlig avtale", "på vei inn"),
        ),
        Where.REMARK,
    ),
    # No wage from an employer, or not all of it.
    Sign(
        _TASTER,
        r"hospiter(?:ing|e|er|te)?|hospitant|jobbsmak\w*|prøve(?:dag|vakt)(?:er)?|job taster",
        ("Hospitering", "jobbsmaking", "prøvevakt"),
    ),
    Sign(
        SUBSIDISED_JOB,
        r"l[øo]nn?s?-?\s?tilsk\w*|tilsk(?:udd|ot)?|ltilsk\w*|vlt|mlt|wage subsid\w*|subsidi[sz]ed",
        ("lønnstilskudd", "m/ lønnstilskot", "varig lønnstilskudd", "VLT", "med tilskudd", "lønnstilsk."),
    ),
    Sign(
        _TRIAL,
        r"(?:arbeids|språk|jobb)?-?praksis(?:plass|plassering|periode|avtale|elev|kandidat)?|"
        r"(?:arbeids|jobb|språk)-?\s?trening(?:splass)?|"
        r"(?:arbeids)?-?utprøving|utprøvd?|prøve?(?:arbeid|jobb|uke)|ul[øo]nn(?:et|a)|ubetalt|uten lønn|"
        r"frivillig(?:arbeid)?|dugnad|"
        r"unpaid|work trial|work placement|internship|volunt(?:eer|ary)(?:ing)?",
        (
            "Praksis",
            "språkpraksis",
            "arbeidstrening",
            "utprøving",
            "ulønnet",
            "uten lønn",
            "frivillig",
            "prøveuke",
            "work placement",
        ),
    ),
    Sign(
        _TRIAL,
        r"aft(?:-?plass|-?tiltak)?|vtao?(?:-?plass|-?tiltak|-o)?|^aps|(?:nav-?)?tiltak(?:et|s?plass)?|arbeidsmarkedstiltak|"
        r"varig tilrettela\w*|arbeidsforbered\w*|(?:arbeids)?avklaring|kvp|kvalifiseringsprogram\w*|"
        r"intro(?:duksjons)?program\w*|jobbklubb(?:en)?|amo(?:-?\s?(?:kurs|tiltak)\w*)?|"
        r"arbeidsmarkedskurs|arbeidsrettet rehab\w*|"
        r"skjerm(?:et|a) (?:virksomhet|arbeid|plass)|vern(?:et|a) (?:arbeid\w*|bedrift\w*|tiltak)",
        (
            *(
                "AFT",
                "VTA",
                "VTA-O",
                "AMO kurs",
                "AMO-kurs",
                "tiltak",
                "Nav-tiltak",
                "APS",
                "avklaring",
                "KVP",
                "jobbklubb",
            ),
            *("arbeidsforberedende trening", "varig tilrettelagt arbeid", "vernet bedrift", "introduksjonsprogrammet"),
        ),
    ),
    Sign(
        _TRIAL,
        r"(?:\w+-?)?(?<!kon)kurs(?:et)?|opplæring(?:stiltak)?|skole|skule|utdanning|studi(?:er|e|um)|student|vgs|"
        r"dag(?:senter|tilbud|aktivitet)|aktivitetstilbud|rehabilitering|arr|"
        r"individuell jobbstøtte|ips|utplass(?:ert|ering)|(?:er )?på prøve|prøver seg|gratis|grønn omsorg|inn på tunet",
        (
            *("Kurs", "Truckkurs", "opplæring", "skole", "utdanning", "VGS", "dagsenter", "utplassering", "på prøve"),
            *("gratis", "Grønn omsorg", "Inn på tunet", "individuell jobbstøtte"),
        ),
        Where.ALONE,
    ),
)

#: What stands between such words and an employer.
_AT = r"(?:på|hos|ved|i|via|fra|frå|med|til|for|av|from|at|with)"
#: What parts a remark from a name.
_SEPARATORS = re.compile(r"\s*[()\[\],;:!?*|\n]\s*|\s+[–—-]+\s+|(?<!\b[mvc])\s*/\s*(?!s\b)|(?<=\w)[–-]\s|\.\s+", re.I)
#: When it was, or is to be.
_WHEN = re.compile(
    r""
    r"(?:\W+(?:i|fra|frå|til|den|ca|pr|per|siden))?(?:\W+(?:\d[\d./-]*|(?:jan|feb|mar|apr|mai|jun|jul|aug|sep|okt|nov|des)\w*))+\W*$"
)
#: Where firms are called so, the rest of the name is words of a trade, or of a part of the country, and a form of company.
_TRADES = re.compile(
    r"eiendom(?:mer)?|invest(?:ering(?:er)?)?|holding|gruppen?|group|konsern|bygg\w*|entreprenør|anlegg|maskin|"
    r"transport|frakt|logistikk|"
    r"regnskap|økonomi|revisjon|consult(?:ing)?|konsult|rådgiv\w+|partner(?:e|s)?|service|services|tjenester|drift|"
    r"vedlikehold|renhold|vask|elektro|rør|vvs|tak|maling|malermester|snekker|tømrer|møbel|interiør|"
    r"design|reklame|media|forlag|"
    r"trykk|data|it|ikt|tech|teknologi|teknikk|systemer?|software|solutions|digital|energi|kraft|olje|marine?|maritime?|"
    r"fisk|sjømat|mat|catering|kafe|kafé|restaurant|pizza|bakeri|konditori|hotell|reiser?|event|sport|"
    r"trening|fritid|kultur|musikk|"
    r"film|foto|kunst|butikk|handel|salg|import|eksport|engros|varehus|lager|bil|auto|verksted|dekk|helse|omsorg|bolig|"
    r"lege\w*|tannlege\w*|tannhelse|fysio\w*|psykolog\w*|kiropraktor\w*|veterinær\w*|dyrlege\w*|dyreklinikk|klinikk(?:en)?|"
    r"frisør|hud|velvære|barnehage|konferanse|forvaltning|utvikling|innovasjon|kompetanse|bemanning|rekruttering|vekst|"
    r"sikkerhet|vakt|norge|norway|norden|nordic|scandinavia"
)
_PRACTICES = re.compile(
    r"lege\w*|tannlege\w*|tannhelse\w*|fysio\w*|psykolog\w*|kiropraktor\w*|veterinær\w*|dyrlege\w*|dyreklinikk\w*"
)
_PARTS_OF_THE_COUNTRY = re.compile(
    r"(?:nord|sør|syd|øst|aust|vest|midt|sørøst|sørvest|nordvest|indre|ytre)(?:landet|landske|re)?|sentrum|city|"
    r"oslo|bergen|trondheim|stavanger|drammen|kristiansand|tromsø|bodø|viken|agder|rogaland|vestland|innlandet|trøndelag|"
    r"nordland|troms|finnmark|østfold|vestfold|telemark|buskerud|akershus|hedmark|oppland|romerike|follo|østlandet|sørlandet"
)
_BETWEEN = frozenset({"og", "&", "+", "and"})
_FORMS_OF_COMPANIES = (LEGAL_FORMS - {"avd"}) | {"a/s", "iks", "kf", "hf", "stiftelse", "stiftelsen", "ltd", "aps"}


_SIGNS = tuple((sign, re.compile(rf"(?<!\w)(?:{sign.words})(?!\w)")) for sign in SIGNS)
_BEFORE_AN_EMPLOYER = tuple(re.compile(rf"(?:{sign.words})\W+(?:{_AT}\b\W*(?P<employer>.*)|\d.*)") for sign in SIGNS)


def answer_of(words: str, *, is_over: bool) -> str:
    """What a title or an employer's name may say that the job is instead of an ordinary one, as the likeliest answer.

    Empty where it says nothing of it. Of a job that is over it need not be said that nobody has it.
    """
    return _answer_of(_folded(words), is_over)


@lru_cache(maxsize=4096)
def _answer_of(words: str, is_over: bool) -> str:
    found = [sign for sign in _signs_in(words) if not (is_over and sign.ends)]
    return next((sign.answer for sign in found), "")


def is_no_wage(words: str) -> bool:
    """Whether a form of employment speaks of something that no wage is paid in, so that nothing is taken for granted."""
    return (
        any(sign.answer in JobStarted.UNPAID for sign in _signs_in(_folded(words)))
        or _UNPAID_WITHIN.search(words.lower()) is not None
    )


_UNPAID_WITHIN = re.compile(r"praksis|tiltak|frivillig|utprøv|hospiter")


def in_comment(comment: str, *, is_over: bool) -> tuple[str, str]:
    """The same of a comment, and the part of it that says so: only what is said of the job itself counts, or such a word
    that is the whole comment. The rest of a comment is nobody's to see beside a question.
    """
    for part in re.split(r"[,;!?()\n]|\.(?!\d)", comment):
        if not is_over and _OF_THE_JOB.search(_folded(part)):
            return part.strip(), NO_JOB
    words = re.sub(r"^(?:i|på|med) |\W+$", "", _folded(comment))
    for sign, pattern in _SIGNS:
        if sign.ends and not is_over and pattern.fullmatch(words) and not ending_signs.says_ended(comment):
            return comment.strip(), sign.answer
        if sign.where is Where.ANYWHERE and sign.answer != NO_JOB and pattern.fullmatch(words):
            return comment.strip(), sign.answer
    return "", ""


#: What a comment says of a job that is not held; what it says of another part of a life is not looked at.
_OF_THE_JOB = re.compile(
    r"\bjobben (?:ble|vart|blei) (?:aldri|ikk(?:e|je))|\b(?:sluttet|slutta|sa opp|avsluttet|mistet|mista|oppsagt|sagt opp)"
    r"(?: \w+)? (?:jobben|stillingen|arbeidet)\b|"
    r"\btakk(?:et|a) nei til (?:jobben|stillingen|jobbtilbud)|\b(?:fikk|fekk) ikk(?:e|je) (?:jobben|stillingen)|"
    r"\bjobben er (?:avslutt|slutt|over|ferdig)"
)


def employer_in(cell: str) -> str:
    """The employer's name in a cell that says something else too; empty where it is nothing but that.

    "Kiwi (sa opp)" and "Praksis på Kiwi" are "Kiwi".
    """
    parts = [part.strip() for part in _SEPARATORS.split(cell) if part.strip()]
    names = [part for part in parts if not _says_something(part)]
    if len(names) < len(parts) and len(parts) > 1:
        return names[0] if names and (len(names) == 1 or names[0] == parts[0]) else ""
    for before_an_employer in _BEFORE_AN_EMPLOYER:
        match = before_an_employer.fullmatch(cell.lower())
        if match and match["employer"] and not _says_something(match["employer"]):
            return cell[match.start("employer") :].strip()
    return ""


def _folded(words: str) -> str:
    return " ".join(words[:LONGEST_WORDS].lower().split())


def _says_something(words: str) -> bool:
    return next(_signs_in(_folded(words)), None) is not None


def _signs_in(words: str) -> Iterator[Sign]:
    """The signs in a cell in lower case, those of the name before those of a remark."""
    name, *remarks = [part.strip() for part in _SEPARATORS.split(words) if part.strip()] or [""]
    for place, whole in enumerate((name, *remarks)):
        part = (_WHEN.sub("", whole) or whole).rstrip(" .")
        for (sign, pattern), before_an_employer in zip(_SIGNS, _BEFORE_AN_EMPLOYER, strict=True):
            found = [match.span() for match in pattern.finditer(part)]
            if not found:
                continue
            is_alone = (0, len(part)) in found or before_an_employer.fullmatch(whole) is not None
            begins_or_ends = (place > 0 and found[0][0] == 0) or (found[-1][0] > 0 and found[-1][1] == len(part))
            if (
                is_alone
                or (sign.where is Where.REMARK and begins_or_ends)
                or (sign.where is Where.ANYWHERE and not is_a_firm(part))
            ):
                yield sign


def is_a_firm(name: str) -> bool:
    """Whether all of a name but such words is of a trade or a part of the country, as firms are called.

    A form of company says so ("AFT Eiendom AS", "Kurs og Konferanse AS"), but not behind another name ("AFT Fretex AS"). A
    practice with its place is one too ("Praksis Nord legesenter"). "Praksis barnehage" is a work trial.
    """
    words = re.findall(r"[^\s,.]+", name.lower())
    has_form = len(words) > 1 and words[-1] in _FORMS_OF_COMPANIES
    named = [word for word in words if word not in _BETWEEN and word not in _FORMS_OF_COMPANIES]
    others = [word for word in named if not _is_a_sign(word)]
    if not is_of_a_trade_or_place(" ".join(others)):
        return False
    if has_form and len(others) < len(named):
        return True
    return (
        named[:1] == ["praksis"]
        and len(named) > 2
        and _PARTS_OF_THE_COUNTRY.fullmatch(named[1]) is not None
        and _PRACTICES.fullmatch(named[-1]) is not None
    )


def is_of_a_trade_or_place(words: str) -> bool:
    """Whether all of some words are of a trade, of a part of the country, or nothing."""
    return all(_TRADES.fullmatch(word) or _PARTS_OF_THE_COUNTRY.fullmatch(word) for word in words.lower().split())


def _is_a_sign(word: str) -> bool:
    return any(pattern.fullmatch(word) for _sign, pattern in _SIGNS)
