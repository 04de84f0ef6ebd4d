"""Which column is what, from its heading in Norwegian or English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum
from hashlib import sha256


class Field(StrEnum):
    """What a column may hold."""

    IDENTITY_NUMBER = "identity_number"
    NAME = "name"
    GIVEN_NAME = "given_name"
    FAMILY_NAME = "family_name"
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"
    POSTAL_CODE = "postal_code"
    PLACE = "place"
    PROTECTION = "protection"
    REFERRED_ON = "referred_on"
    STARTED_ON = "started_on"
    LAST_MET_ON = "last_met_on"
    SPECIALIST = "specialist"
    COUNSELLOR = "counsellor"
    WISHES = "wishes"
    EMPLOYER = "employer"
    EMPLOYER_NUMBER = "employer_number"
    JOB_TITLE = "job_title"
    JOB_FORM = "job_form"
    JOB_HOURS = "job_hours"
    JOB_PERCENT = "job_percent"
    JOB_STARTED_ON = "job_started_on"
    JOB_ENDED_ON = "job_ended_on"
    JOB_END_REASON = "job_end_reason"
    SUBSIDISED = "subsidised"
    ENDED_ON = "ended_on"
    END_CAUSE = "end_cause"
    IGNORED = ""


#: Headings as offices write them, in lower case without punctuation.
HEADINGS: dict[Field, tuple[str, ...]] = {
    Field.IDENTITY_NUMBER: (
        "fødselsnummer",
        "fødselsnr",
        "fnr",
        "f nr",
        "fødselsnummer 11 siffer",
        "personnummer",
        "pnr",
        "fødselsnummer d nummer",
        "fnr dnr",
        "fødsels og personnummer",
        "national identity number",
        "identity number",
        "national id",
        "person id",
        "ssn",
        "d nummer",
    ),
    Field.NAME: (
        "navn",
        "deltaker",
        "bruker",
        "deltakers navn",
        "navn på deltaker",
        "fullt navn",
        "brukers navn",
        "name",
        "participant",
        "full name",
    ),
    Field.GIVEN_NAME: ("fornavn", "for navn", "given name", "first name", "deltaker fornavn"),
    Field.FAMILY_NAME: ("etternavn", "etter navn", "family name", "last name", "surname", "deltaker etternavn"),
    Field.PHONE: (
        "telefon",
        "tlf",
        "mobil",
        "telefonnummer",
        "mobilnummer",
        "mobiltelefon",
        "tlf nr",
        "tlfnr",
        "phone",
        "mobile",
    ),
    Field.EMAIL: ("e post", "epost", "epostadresse", "e postadresse", "mail", "email", "e mail"),
    Field.ADDRESS: ("adresse", "gateadresse", "bostedsadresse", "address", "street"),
    Field.POSTAL_CODE: ("postnummer", "postnr", "post nr", "postal code", "zip"),
    Field.PLACE: ("poststed", "sted", "bosted", "city", "town"),
    Field.PROTECTION: (
        "adressesperre",
        "adressebeskyttelse",
        "skjerming",
        "kode 6 7",
        "kode 6",
        "kode 7",
        "skjermet",
        "sperret adresse",
        "protected address",
        "gradering",
    ),
    Field.REFERRED_ON: (
        "henvist",
        "henvist dato",
        "dato henvist",
        "innsøkt",
        "innsøkt dato",
        "dato innsøkt",
        "henvisningsdato",
        "innsøkingsdato",
        "søkt inn",
        "referred",
        "referral date",
        "referred on",
        "meldt",
    ),
    Field.STARTED_ON: (
        "startdato",
        "oppstart",
        "oppstartsdato",
        "start",
        "dato oppstart",
        "startet",
        "inntaksdato",
        "første samtale",
        "1 samtale",
        "førstesamtale",
        "førstegangssamtale",
        "1 gangs samtale",
        "oppstartssamtale",
        "startsamtale",
        "første møte",
        "1 møte",
        "førstemøte",
        "førstegangsmøte",
        "oppstartsmøte",
        "startmøte",
        "første gang møtt",
        "først møtt",
        "møtt første gang",
        "dato første samtale",
        "dato for første samtale",
        "dato første møte",
        "dato for første møte",
        "dato 1 samtale",
        "dato 1 møte",
        "oppfølging startet",
        "first talk",
        "first meeting",
        "first conversation",
        "first met",
        "date of first talk",
        "date of first meeting",
        "date first talk",
        "date first meeting",
        "start date",
        "started",
        "started on",
    ),
    Field.LAST_MET_ON: (
        "sist møtt",
        "siste møte",
        "siste samtale",
        "siste oppfølging",
        "sist fulgt opp",
        "dato siste møte",
        "dato siste samtale",
        "last talk",
        "last met",
        "last meeting",
    ),
    Field.SPECIALIST: (
        "jobbspesialist",
        "js",
        "jobbspes",
        "ansvarlig",
        "ansvarlig jobbspesialist",
        "kontaktperson",
        "specialist",
        "employment specialist",
        "job specialist",
    ),
    Field.COUNSELLOR: (
        "veileder",
        "nav veileder",
        "saksbehandler",
        "ansvarlig veileder",
        "counsellor",
        "caseworker",
    ),
    Field.WISHES: (
        "ønsker",
        "jobbønske",
        "jobbønsker",
        "yrkesønske",
        "mål",
        "jobbmål",
        "ønsket jobb",
        "ønsket yrke",
        "wishes",
        "goal",
        "job goal",
    ),
    Field.EMPLOYER: (
        "arbeidsgiver",
        "bedrift",
        "arbeidsplass",
        "arbeidssted",
        "virksomhet",
        "firma",
        "jobb hos",
        "employer",
        "workplace",
        "company",
    ),
    Field.EMPLOYER_NUMBER: (
        "organisasjonsnummer",
        "orgnr",
        "org nr",
        "org nummer",
        "bedriftsnummer",
        "organisation number",
        "organization number",
    ),
    Field.JOB_TITLE: (
        "stilling",
        "stillingstittel",
        "yrke",
        "jobb",
        "nåværende jobb",
        "jobb nå",
        "current job",
        "tittel",
        "job title",
        "job",
        "position",
        "occupation",
    ),
    Field.JOB_FORM: (
        "ansettelsesform",
        "type ansettelse",
        "arbeidsforhold",
        "type arbeidsforhold",
        "form of employment",
        "employment type",
        "kontrakt",
        "type jobb",
    ),
    Field.JOB_HOURS: (
        "timer",
        "timer per uke",
        "timer pr uke",
        "timer i uka",
        "timer uke",
        "t uke",
        "arbeidstid",
        "hours",
        "hours a week",
        "hours per week",
        "weekly hours",
    ),
    Field.JOB_PERCENT: (
        "stillingsprosent",
        "prosent",
        "stillings",
        "stilling prosent",
        "percent",
        "position percent",
        "fte",
    ),
    Field.JOB_STARTED_ON: (
        "jobbstart",
        "startdato jobb",
        "jobb startdato",
        "i jobb fra",
        "ansatt fra",
        "ansatt dato",
        "jobb fra",
        "fra dato",
        "job start",
        "job started",
        "employed from",
        "start jobb",
        "arbeidsforhold start",
    ),
    Field.JOB_ENDED_ON: (
        "jobbslutt",
        "sluttdato jobb",
        "jobb sluttdato",
        "i jobb til",
        "ansatt til",
        "jobb til",
        "til dato",
        "job end",
        "job ended",
        "employed until",
        "slutt jobb",
        "arbeidsforhold slutt",
    ),
    Field.JOB_END_REASON: (
        "sluttårsak jobb",
        "årsak jobbslutt",
        "hvorfor slutt",
        "årsak til at jobben sluttet",
        "job end reason",
    ),
    Field.SUBSIDISED: ("lønnstilskudd", "tilskudd", "med lønnstilskudd", "wage subsidy", "subsidised", "subsidized"),
    Field.ENDED_ON: (
        "avsluttet",
        "sluttdato",
        "avsluttet dato",
        "dato avsluttet",
        "utskrevet",
        "ended",
        "end date",
        "closed",
    ),
    Field.END_CAUSE: ("sluttårsak", "avslutningsårsak", "årsak", "årsak avslutning", "end cause", "reason closed"),
}

#: Headings of the columns that a file with the rest gets from us; they are no part of the list.
OURS = ("hva er galt", "what is wrong", "rad i lista", "row in the list")

#: A day on which the participant was met. A heading that says who else was met says nothing of the participant.
_MET = (Field.STARTED_ON, Field.LAST_MET_ON)
_SOMEBODY_ELSE = re.compile(r"arbeidsgiver|bedrift|veileder|nav\b|lege|behandler|employer|counsellor|telefon|tlf|phone")

#: Words that mean a column only where they are the whole heading: "I jobb" and "Ønsker for jobb" are no titles.
_ALONE = {"jobb", "job"}

_KNOWN = {words: field for field, headings in HEADINGS.items() for words in headings}
_MOST_WORDS = max(len(words.split()) for words in _KNOWN)


def plain(heading: object) -> str:
    """A heading in lower case without punctuation: ``"Fødselsnr. (11 siffer)"`` -> ``"fødselsnr 11 siffer"``."""
    text = unicodedata.normalize("NFC", str(heading)).lower().replace("%", " prosent ")
    return " ".join(re.sub(r"[^0-9a-zæøåäöéü]+", " ", text).split())


def is_ours(heading: object) -> bool:
    """Whether the column was added by this program, in a file with the rows that were wrong."""
    return plain(heading) in OURS


def field_of(heading: object) -> Field:
    """What the heading means: the whole of it if that is known, else its longest known end or beginning."""
    words = plain(heading)
    if words in _KNOWN:
        return _KNOWN[words]
    parts = words.split()
    for length in range(min(len(parts) - 1, _MOST_WORDS), 0, -1):
        for candidate in (" ".join(parts[-length:]), " ".join(parts[:length])):
            if candidate in _KNOWN and len(candidate) > 2 and candidate not in _ALONE:
                field = _KNOWN[candidate]
                return Field.IGNORED if field in _MET and _SOMEBODY_ELSE.search(words) else field
    return Field.IGNORED


def recognise(headings: Sequence[tuple[int, str]]) -> dict[int, Field]:
    """Which column holds what: (column, heading) pairs in, column -> field out. No field is given to two columns.

    An exact heading wins over a likely one, an earlier pair over a later. "Startdato" and "Sluttdato" that stand
    after a job's columns are taken as the job's, because that is how people write them.
    """
    fields_by_index: dict[int, Field] = {}
    used: set[Field] = set()
    plain_headings = [(index, plain(heading)) for index, heading in headings]
    of_a_job = HEADINGS[Field.EMPLOYER] + HEADINGS[Field.JOB_TITLE]
    first_of_a_job = min((index for index, words in plain_headings if words in of_a_job), default=None)
    for exact in (True, False):
        for index, words in plain_headings:
            if index in fields_by_index:
                continue
            field = _KNOWN.get(words, Field.IGNORED) if exact else field_of(words)
            if (
                first_of_a_job is not None
                and first_of_a_job < index
                and field in (Field.STARTED_ON, Field.ENDED_ON)
                and words in ("startdato", "start", "sluttdato")
            ):
                job_field = Field.JOB_STARTED_ON if field is Field.STARTED_ON else Field.JOB_ENDED_ON
                if field in used or Field.REFERRED_ON in used:
                    field = job_field
            if field and field not in used:
                fields_by_index[index] = field
                used.add(field)
    return {index: fields_by_index.get(index, Field.IGNORED) for index, _heading in headings}


def fingerprint(headings: Iterable[str]) -> str:
    """64 characters that are the same for lists with the same headings, whatever the capitals and the points."""
    return sha256("|".join(plain(heading) for heading in headings).encode()).hexdigest()


def is_known(heading: object) -> bool:
    """Whether the heading is known as a whole."""
    return plain(heading) in _KNOWN


def headings_in(cells: Iterable[object]) -> int:
    """How many different known headings a row has; 0 where none of them says who (a name or a number)."""
    fields = {field_of(cell) for cell in cells if isinstance(cell, str)} - {Field.IGNORED}
    who = {Field.IDENTITY_NUMBER, Field.NAME, Field.GIVEN_NAME, Field.FAMILY_NAME}
    return len(fields) if fields & who else 0
