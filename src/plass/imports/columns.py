"""Which column is what, from its heading in Norwegian or English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from . import guards


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
        "fødselsnr 11 siffer",
        "fnr 11 siffer",
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
        "navn deltaker",
        "navn på bruker",
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
        "adressegradering",
        "har adressesperre",
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
        "navn jobbspesialist",
        "navn på jobbspesialist",
        "jobbspesialistens navn",
        "kontaktperson",
        "specialist",
        "employment specialist",
        "job specialist",
    ),
    Field.COUNSELLOR: (
        "veileder",
        "nav veileder",
        "veileder navn",
        "veileders navn",
        "navn veileder",
        "navn på veileder",
        "veileder i nav",
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
        "ønsker for jobb",
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
        "navn arbeidsgiver",
        "navn på arbeidsgiver",
        "arbeidsgivers navn",
        "navn bedrift",
        "navn på bedrift",
        "bedriftens navn",
        "employer name",
        "name of employer",
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
        "timer prosent",
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
        "stillings prosent",
        "st prosent",
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
        "utskrevet dato",
        "avslutningsdato",
        "discharge date",
        "discharged",
        "ended",
        "end date",
        "closed",
    ),
    Field.END_CAUSE: ("sluttårsak", "avslutningsårsak", "årsak", "årsak avslutning", "end cause", "reason closed"),
}

#: Headings of the columns that a file with the rest gets from us; they are no part of the list.
OURS = ("hva er galt", "what is wrong", "rad i lista", "row in the list")

#: Words that mean a column only where they are the whole heading: "I jobb" and "Ønsker for jobb" are no titles.
_ALONE = {"jobb", "job"}

#: The fields that hold a date.
DATES = (
    Field.REFERRED_ON,
    Field.STARTED_ON,
    Field.LAST_MET_ON,
    Field.ENDED_ON,
    Field.JOB_STARTED_ON,
    Field.JOB_ENDED_ON,
)
#: The fields of a job.
OF_A_JOB = (
    Field.EMPLOYER,
    Field.EMPLOYER_NUMBER,
    Field.JOB_TITLE,
    Field.JOB_FORM,
    Field.JOB_HOURS,
    Field.JOB_PERCENT,
    Field.JOB_STARTED_ON,
    Field.JOB_ENDED_ON,
    Field.JOB_END_REASON,
    Field.SUBSIDISED,
)

#: What may stand before or after a known heading without making another of it: whose it is, that it is of the follow-up,
#: that it is a date, or how it is answered.
_PARTICIPANT_WORDS = {
    *("deltaker", "deltakers", "deltakerens", "bruker", "brukers", "brukerens", "klient", "klients", "klientens"),
    *("kandidat", "kandidatens", "for deltaker", "til deltaker", "for bruker", "til bruker", "client", "client s"),
    *("participant", "participant s", "oppfølging", "oppfølgingen", "oppfølgning", "follow up"),
}
_JOB_WORDS = {
    *("i jobb", "av jobb", "for jobb", "jobb", "jobben", "i arbeid", "arbeid", "i arbeidsforhold", "arbeidsforhold"),
    *("i stilling", "stilling", "ansettelse", "ansettelsen", "job", "employment"),
}
_DATE_WORDS = {"dato for", "dato", "date of", "date"}
_YES_OR_NO = {"ja nei", "yes no"}
#: So many words each of these has at most.
_LONGEST_AFFIX = 2
#: Beside a word for a job, these are its first and its last day.
_STARTS = {
    *("start", "startet", "startdato", "oppstart", "oppstartdato", "oppstartsdato", "dato oppstart", "dato start"),
    *("begynte", "begynt", "start date", "started", "started on", "first day", "første dag"),
}
_ENDS = {
    *("slutt", "sluttet", "sluttdato", "avsluttet", "avslutta", "avsluttet dato", "dato avsluttet", "dato slutt"),
    *("avslutning", "avslutningsdato", "end", "ended", "end date", "ended on", "last day", "siste dag"),
}

#: What these are of where they stand after a job's columns.
_OF_A_JOB_BY_PLACE = {
    "startdato": Field.JOB_STARTED_ON,
    "start": Field.JOB_STARTED_ON,
    "sluttdato": Field.JOB_ENDED_ON,
}

_KNOWN = {words: field for field, headings in HEADINGS.items() for words in headings}
_MOST_WORDS = max(len(words.split()) for words in _KNOWN)


def plain(heading: object) -> str:
    """A heading in lower case without punctuation: ``"Fødselsnr. (11 siffer)"`` -> ``"fødselsnr 11 siffer"``."""
    text = unicodedata.normalize("NFC", str(heading)).lower().replace("%", " prosent ")
    return " ".join(re.sub(r"[^0-9a-zæøåäöéü]+", " ", text).split())


def is_ours(heading: object) -> bool:
    """Whether the column was added by this program, in a file with the rows that were wrong."""
    return plain(heading) in OURS


@dataclass(frozen=True)
class Recognised:
    """What a heading says its column holds. A guess must be confirmed before anything is written by it.

    ``guarded_by`` is the word of something else for whose sake the heading is not even guessed.
    """

    field: Field
    is_guess: bool = False
    guarded_by: str = ""


def known_field(heading: object) -> Field:
    """What the heading means where it is known as a whole, also with whose it is: "Deltakers telefon", "Start jobb"."""
    return _known_field(plain(heading))


def _known_field(words: str) -> Field:
    if words in _KNOWN:
        return _KNOWN[words]
    for affix, rest in _divided(words):
        field = _KNOWN.get(rest, Field.IGNORED)
        if affix in _JOB_WORDS:
            field = Field.JOB_STARTED_ON if rest in _STARTS else Field.JOB_ENDED_ON if rest in _ENDS else field
            field = Field.JOB_END_REASON if field is Field.END_CAUSE else field
        if field and (
            (affix in _JOB_WORDS and field in OF_A_JOB)
            or (affix in _DATE_WORDS and field in DATES)
            or (affix in _YES_OR_NO and field in (Field.SUBSIDISED, Field.PROTECTION))
            or (affix in _PARTICIPANT_WORDS and field not in OF_A_JOB)
        ):
            return field
    return Field.IGNORED


def _divided(words: str) -> Iterator[tuple[str, str]]:
    """The first or last words, and the rest."""
    parts = words.split()
    for length in range(1, min(len(parts), _LONGEST_AFFIX + 1)):
        yield " ".join(parts[:length]), " ".join(parts[length:])
        yield " ".join(parts[-length:]), " ".join(parts[:-length])


def recognise_one(heading: object) -> Recognised:
    """What one heading says by itself: the whole of it if that is known, else a guess by its longest known end or beginning.

    A heading with a word of something else (a job's, a counsellor's, an earlier or a wished one's) is not guessed.
    """
    words = plain(heading)
    if known := _known_field(words):
        return Recognised(known)
    guarded_by = ""
    parts = words.split()
    for length in range(min(len(parts) - 1, _MOST_WORDS), 0, -1):
        for candidate in (" ".join(parts[-length:]), " ".join(parts[:length])):
            if candidate in _KNOWN and len(candidate) > 2 and candidate not in _ALONE:
                field = _KNOWN[candidate]
                word = guards.word_of_something_else(words, field.value)
                if not word:
                    return Recognised(field, is_guess=True)
                guarded_by = guarded_by or word
    return Recognised(Field.IGNORED, guarded_by=guarded_by)


def field_of(heading: object) -> Field:
    """What the heading means, known or guessed."""
    return recognise_one(heading).field


def recognise(headings: Sequence[tuple[int, str]]) -> dict[int, Recognised]:
    """Which column holds what: (column, heading) pairs in, by column out. No field is given to two columns.

    A known heading wins over a guessed one, an earlier pair over a later. "Startdato" and "Sluttdato" that stand
    after a job's columns are taken as the job's, because that is how people write them; that is a guess too.
    """
    recognised: dict[int, Recognised] = {}
    used: set[Field] = set()
    each = [(index, plain(heading), recognise_one(heading)) for index, heading in headings]
    of_a_job = HEADINGS[Field.EMPLOYER] + HEADINGS[Field.JOB_TITLE]
    first_of_a_job = min((index for index, words, _one in each if words in of_a_job), default=None)
    of_its_place = {
        index: _OF_A_JOB_BY_PLACE[words]
        for index, words, _one in each
        if first_of_a_job is not None and first_of_a_job < index and words in _OF_A_JOB_BY_PLACE
    }
    for guesses in (False, True):
        for index, _words, one in each:
            if index in recognised or (one.is_guess or index in of_its_place) is not guesses:
                continue
            if index in of_its_place:
                is_a_job_s = one.field in used or Field.REFERRED_ON in used
                one = Recognised(of_its_place[index] if is_a_job_s else one.field, is_guess=True)
            if one.field and one.field not in used:
                recognised[index] = one
                used.add(one.field)
    return {
        index: recognised.get(index, Recognised(Field.IGNORED, guarded_by=one.guarded_by))
        for index, _words, one in each
    }


def fingerprint(headings: Iterable[str]) -> str:
    """64 characters that are the same for lists with the same headings, whatever the capitals and the points."""
    return sha256("|".join(plain(heading) for heading in headings).encode()).hexdigest()


def is_known(heading: object) -> bool:
    """Whether the heading is known as a whole."""
    return bool(known_field(heading))


def headings_in(cells: Iterable[object]) -> int:
    """How many different known headings a row has; 0 where none of them says who (a name or a number)."""
    fields = {field_of(cell) for cell in cells if isinstance(cell, str)} - {Field.IGNORED}
    who = {Field.IDENTITY_NUMBER, Field.NAME, Field.GIVEN_NAME, Field.FAMILY_NAME}
    return len(fields) if fields & who else 0
