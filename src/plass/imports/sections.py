"""What the name of a sheet, a heading alone in a row or a cell in a column of statuses says of a follow-up.

Known by whole phrases only, as outcomes are (``vocabularies.py``). None of it is written: it is compared with the dates,
and what says that somebody has ended, without a date, is asked about.
"""

from __future__ import annotations

import re
from enum import StrEnum

from .columns import folded, plain


class Status(StrEnum):
    """Where a follow-up is."""

    ACTIVE = "active"
    WAITING = "waiting"
    PAUSED = "paused"
    IN_JOB = "in_job"
    ENDED = "ended"


PHRASES: dict[Status, tuple[str, ...]] = {
    Status.ACTIVE: (
        "aktiv",
        "aktive",
        "aktivt",
        "i oppfølging",
        "under oppfølging",
        "oppfølging",
        "følges opp",
        "pågår",
        "pågående",
        "løpende",
        "deltar",
        "gjennomføres",
        "gjenn",
        "jobbsøk",
        "kartlegging",
        "kartlegges",
        "under kartlegging",
        "nåværende",
        "inne",
        "åpen",
        "åpne",
        "active",
        "current",
        "ongoing",
        "in progress",
        "open",
        "engaged",
    ),
    Status.WAITING: (
        "venter",
        "venteliste",
        "på venteliste",
        "ventelista",
        "venter på oppstart",
        "venter på inntak",
        "venter på plass",
        "ventende",
        "ikke startet",
        "ikke begynt",
        "søkt inn",
        "innsøkt",
        "innsøkte",
        "henvist",
        "henviste",
        "vurderes",
        "waiting",
        "waiting list",
        "waitlist",
        "not started",
        "referred",
    ),
    Status.PAUSED: (
        "pause",
        "på pause",
        "i pause",
        "satt på pause",
        "på vent",
        "permisjon",
        "i permisjon",
        "sykmeldt",
        "sykemeldt",
        "paused",
        "on hold",
    ),
    Status.IN_JOB: (
        "i jobb",
        "i arbeid",
        "jobb",
        "i jobb med oppfølging",
        "oppfølging i jobb",
        "fått jobb",
        "har jobb",
        "har fått jobb",
        "kommet i jobb",
        "in work",
        "in job",
        "in a job",
        "employed",
        "working",
    ),
    Status.ENDED: (
        "avsluttet",
        "avslutta",
        "avsl",
        "avsluttede",
        "er avsluttet",
        "sluttet",
        "slutta",
        "har sluttet",
        "slutt",
        "utskrevet",
        "utskrevne",
        "ferdig",
        "ferdige",
        "fullført",
        "fullførte",
        "avbrutt",
        "avbrutte",
        "ikke aktuell",
        "ikke aktuelle",
        "ikke lenger aktuell",
        "inaktiv",
        "inaktive",
        "ikke aktiv",
        "ikke aktive",
        "tidligere",
        "arkiv",
        "arkivert",
        "arkiverte",
        "gått ut",
        "ute",
        *(
            "utmeldt",
            "utmeldte",
            "meldt ut",
            "meldt seg ut",
            "har meldt seg ut",
            "er utskrevet",
            "skrevet ut",
            "opphørt",
        ),
        *(
            "følges ikke opp lenger",
            "følges ikke lenger opp",
            "følges ikke opp",
            "ikke i oppfølging",
            "ikke under oppfølging",
        ),
        *("ikke lenger i oppfølging", "oppfølging avsluttet", "oppfølgingen avsluttet", "oppfølgingen er avsluttet"),
        *(
            "ute av tiltaket",
            "gått ut av tiltaket",
            "ferdig i tiltaket",
            "ferdig oppfulgt",
            "har avsluttet",
            "avsluttet sak",
        ),
        "ended",
        "closed",
        "discharged",
        "completed",
        "finished",
        "left",
        "inactive",
        "former",
        "archive",
        "archived",
    ),
}

_BY_WORDS = {folded(phrase): status for status, phrases in PHRASES.items() for phrase in phrases}
#: Who it is said of, and when: neither changes what it says.
_WHO = re.compile(
    r"\b(deltakere|deltaker|brukere|bruker|saker|sak|løp|personer|kandidater|participants|clients|cases)\b"
)
_WHEN = re.compile(r"\b((i|per|pr|fra|siden|in|from|since) )?((19|20)\d\d|våren|høsten|vår|høst)\b|\b\d+\b")
#: How a part of a list is named that is a team's or an office's.
_GROUP = re.compile(r"(jobb)?(team|gruppe|avdeling|avd|kontor|nav|seksjon|enhet|group|office)\b")
#: Words that sheets and titles of lists have, and that say nothing of the people below them.
_SAYS_NOTHING = re.compile(
    r"\b(?:ark|sheet|blad|tabell|table|liste|lista|lister|listen|list|deltaker(?:liste|lista|oversikt|ne)|oversikt|alle|samlet|"
    r"hele|hoved|hovedliste|ips|jobbspesialist\w*|caseload|jobber|jobs|data|eksport|export|uttrekk|rapport|report|kopi|copy|versjon|"
    r"version|import|mal|side|page|uke|kvartal|pr|per|oppdatert|for|av|og|i|til|fra|rettes|rest|resten|to mend|må|"
    r"jan(?:uar)?|feb(?:ruar)?|mars?|apr(?:il)?|mai|juni?|juli?|aug(?:ust)?|sep(?:tember)?|okt(?:ober)?|nov(?:ember)?|des(?:ember)?|"
    r"våren|høsten|vår|høst)\d*\b|\b[a-zæøå]\b|\b[a-z]?\d+\b"
)


def status_of(text: object) -> Status | None:
    """What a name, a heading or a cell says as a whole, but for who it is of and a year; None for anything else."""
    return _BY_WORDS.get(folded_words(text))


def folded_words(text: object) -> str:
    """What two texts have in common that say the same, but for who it is of and a year."""
    return folded(_WHEN.sub(" ", _WHO.sub(" ", plain(text))))


def says_nothing(text: object) -> bool:
    """Whether a title or the name of a sheet is of a team or an office, or says only that it is a list, and when from."""
    return is_of_a_group(text) or not _SAYS_NOTHING.sub("", _WHO.sub("", plain(text))).strip()


def is_of_a_group(text: object) -> bool:
    """Whether a heading alone in a row names a team or an office."""
    return _GROUP.match(plain(text)) is not None
