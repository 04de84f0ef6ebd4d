"""Words in a heading that say its column is about something else than its first or last word says.

"Telefon" is the participant's, "Pårørende telefon" is not; "Timer" are hours a week, "Timer pr måned" are not. A heading
that is not known as a whole is guessed by its first or last words only where every such word in it belongs to the field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .fields import DATES, OF_A_JOB
from .whose import RELATIVES


@dataclass(frozen=True)
class _Guard:
    """Words, and the fields that they are no other thing for (``Field`` values)."""

    words: re.Pattern[str]
    belongs_to: frozenset[str]


def _guard(belongs_to: str = "", *, within: str = "", alone: str = "") -> _Guard:
    """A guard of words with blanks between. Those ``within`` count in compounds too ("jobbstartdato"), others ``alone``."""
    patterns = [rf"\S*(?:{_any_of(within)})\S*"] if within else []
    patterns += [rf"(?:{_any_of(alone)})"] if alone else []
    return _Guard(re.compile(rf"(?<!\S)(?:{'|'.join(patterns)})(?!\S)"), frozenset(belongs_to.split()))


def _any_of(words: str) -> str:
    """The words as a pattern, each also without æ, ø and å, as old systems write them."""
    pattern = "|".join(words.split())
    for letter, others in (("æ", "(?:æ|ae|e|a)"), ("ø", "(?:ø|oe|o)"), ("å", "(?:å|aa|a)")):
        pattern = pattern.replace(letter, others)
    return pattern


_JOB = " ".join(OF_A_JOB)
_CONTACT = "phone email address postal_code place"
_DATES = " ".join(DATES)

_STAFF = (
    _guard("counsellor", within="veileder veilder saksbehandl counsel(?!ing) caseworker", alone="nav"),
    _guard("specialist", within="spesialist specialist jobbspes", alone="js"),
)
_OTHER_PEOPLE = _guard(
    within=(
        "pårørende foreld foresatt ektefelle partner samboer barn søsken besteforel verge fullmektig tolk "
        "lege behandl psyk terapeut sykeplei hjemmesykepl fysio lærer leder sjef mentor fadder kollega "
        "koordinator kontakt.?info støtte advokat nødkontakt nettverk familie relative guardian spouse "
        "interpreter doctor physician therap clinic emergency colleague supervisor manager teacher lawyer "
        "referr?er henviser parent family.?member nærmeste ledsager omsorgsperson primærkontakt miljøarbeid barnevern"
    ),
    alone=(
        "mor far bror søster kone mann sønn datter venn mors fars mother father brother sister wife "
        "husband child children next.of.kin kin friend gp ice"
    ),
)
_CONTACT_PERSON = _guard("specialist", within="kontaktperson contact ansvarlig responsible", alone="kontakt")
#: Places with an address and people of their own.
_PLACES = _guard(
    within=(
        "arbeidsgiv bedrift firma virksomhet arbeidsplass arbeidssted praksisplass praksissted oppdragsgiver "
        "arrangør leverandør skole workplace company provider employer poliklinikk institusjon sykehus sjukehus"
    ),
    alone="dps bup ppt",
)
_PARTICIPANT = _guard(
    within="deltaker klient kandidat participant", alone="bruker brukers brukeren brukerens client clients"
)

GUARDS = (
    # A job's, an employer's.
    _guard(
        f"{_JOB} wishes",
        within=(
            "jobb(?!spes) arbeid stilling bedrift ansatt ansett yrke firma virksomhet lønn oppdragsgiver "
            "workplace company employ(?!ment.specialist) occupation"
        ),
        alone="job(?!.specialist) jobs work position wage salary stiling",
    ),
    # Other people's.
    *_STAFF,
    _OTHER_PEOPLE,
    _CONTACT_PERSON,
    # Other times: not what is, but what was, will be or was wished for.
    _guard(
        "planned_end_on",
        within="planlagt planlegg antatt anslått anslag forvent estim planned expected estimated anticipated",
    ),
    _guard(
        within=(
            "tidligere forrige foregå forhenv mulig aktuell potens ønskelig opprinnelig eventuel alternativ reserve "
            "framtid fremtid kommende revider utsatt forlenge midlertidig.adr previous former prior earlier possible "
            "potential future upcoming proposed original desired preferred"
        ),
        alone="tidl gammel gamle gml eks ex neste nest ny nye nytt old next new evt ev bør skal kan",
    ),
    _guard("wishes", within="ønsk ynskje wish mål goal drøm interess", alone="wanted vil"),
    _guard("last_met_on", alone="sist siste last latest nyeste"),
    # Other measures.
    _guard(
        within=(
            "måned månad month mnd daglig dagpenge dagsats kvartal halvår (?<!ansv)årlig årsverk minutt totalt samlet "
            "antall gjennomsnitt snitt budsjett"
        ),
        alone=(
            "md mån år dag dager dagen dagar døgn day days year years annual yearly quarter total sum count uker weeks"
        ),
    ),
    _guard("job_hours job_percent", within="timer prosent percent", alone="hours fte"),
    # Other parts of the work with a person.
    _guard(
        within=(
            "praksis hospiter vedtak tiltak kurs utdann skole opplæring søknad intervju permisjon sykmeld "
            "sykemeld sykefravær fravær ufør ytelse stønad gjeld profil kartlegg kompetans evaluer epikrise "
            "rapport journal samtykke fullmakt avtale aktivitet oppgave frist varsl påminn signert bekreft "
            "registrer oppdater endre opprett sendt mottatt fullført merknad kommentar notat beskriv resultat utfall "
            "venteliste fase scheme placement trial education training course vocational assessment "
            "review evaluation interview application benefit absence report consent note comment "
            "deadline outcome reminder updated created registered signed completed measure decision"
        ),
        alone="aap cv dps plan plans program programme school sick leave bil sertifikat førerkort",
    ),
    _guard("status", within="status"),
    # Where somebody belongs, and what they are.
    _guard(
        within=(
            "kommune bydel avdeling enhet kontor fylke region kjønn alder fødeland fødested statsborger språk "
            "sivilstand arkiv nationality country language gender"
        ),
        alone="team office unit sex age sak saks case ref",
    ),
    # What a field's own heading speaks of, and no other's.
    _guard(
        f"{_CONTACT} protection",
        within="telefon phone mobil e.?post e.?mail adress address postn poststed",
        alone="tlf mail",
    ),
    _guard("identity_number personal_number phone postal_code employer_number", within="nummer number", alone="nr no"),
    _guard("identity_number birth_date personal_number", within="født fødsel birth", alone="born dnr fnr pnr"),
    _guard(_DATES, within="dato(?!r) tidspunkt klokke", alone="date når time when tid"),
    _guard("name given_name middle_name family_name employer specialist counsellor", within="navn", alone="name names"),
    _guard("given_name middle_name name", within="fornavn mellomnavn forename", alone="for given middle"),
    _guard("family_name name", within="etternavn slektsnavn surname"),
    # An address that is kept from others is asked about, and not taken as one.
    _guard(
        "protection",
        within="hemm?el fortrol fortroul sperr skjerm beskytt gradert gradering skjult secret confiden protected",
    ),
    _guard("referred_on", within="henvis innsøk refer", alone="søkt meldt"),
    _guard("started_on", within="inntak inntatt intake", alone="first første talk conversation"),
    _guard("started_on last_met_on", within="møte samtale treff meeting"),
    _guard("started_on job_started_on", within="start begynn begynt", alone="fra from"),
    _guard(
        "planned_end_on ended_on end_cause job_ended_on job_end_reason",
        within="slutt avslut utskr opphør discharg",
        alone="ended end closed ferdig til until",
    ),
    _guard("end_cause job_end_reason", within="årsak årsag hvorfor reason cause begrunn", alone="grunn why"),
    _guard("subsidised", within="tilskudd subsid"),
    _guard("job_form", alone="type slags form kind"),
    _guard("", alone="av by hvem who whom hvor where hos ikke uten not without"),
)


def word_of_something_else(words: str, field: str) -> str:
    """The first word of a plain heading that belongs to other fields, or none; empty where there is no such word."""
    found = [
        match for guard in GUARDS if field not in guard.belongs_to and (match := guard.words.search(words)) is not None
    ]
    return min(found, key=lambda match: match.start())[0] if found else ""


def names_someone_else(words: str) -> bool:
    """Whether a plain heading speaks of another person than the participant, of staff, or of an employer."""
    return any(guard.words.search(words) for guard in (*_STAFF, _OTHER_PEOPLE, _CONTACT_PERSON, _PLACES))


_RELATIONS = re.compile(rf"(?:{RELATIVES}(?:en|n|a)?|systera?|nabo(?:en)?|eks|hybelvert)\b")
#: What may stand before whom a number is of, and how many words then say who it is, and no more.
_BEFORE_WHOM = re.compile(r"(?:(?:ring|ringe|til|via|hos|gjennom|kontakt|tlf|telefon|nr|er|sin|min)\W+)*")
_WORDS_OF_WHOM = 3


def names_another_person(words: str) -> bool:
    """Whether words beside a phone say no more than that it is somebody else's: "mor", "ring verge", "veileder Per"."""
    whom = _BEFORE_WHOM.sub("", words, count=1)
    people = (*_STAFF, _OTHER_PEOPLE)
    is_somebody = _RELATIONS.match(whom) or any(guard.words.match(whom) for guard in people)
    return bool(is_somebody) and len(whom.split()) <= _WORDS_OF_WHOM


def names_a_contact(words: str) -> bool:
    """Whether a plain heading speaks of somebody's contact, or of who is responsible, and not of what they are."""
    return _CONTACT_PERSON.words.search(words) is not None and not any(guard.words.search(words) for guard in _STAFF)


def names_the_participant(words: str) -> bool:
    """Whether a plain heading says that it is the participant's."""
    return _PARTICIPANT.words.search(words) is not None and not names_someone_else(words)


#: Columns of other parts of the work with a person, whose "fullført" says nothing of the follow-up.
_OF_SOMETHING_ELSE = re.compile(
    r"kurs|kartlegg|vedtak|søkna|utdann|praksis|profil|\bcv\b|samtykke|avtale|skole|plan\b|førerkort|jobb|arbeid|stilling|"
    r"bedrift|lønn|tilskudd|ytelse|penger|aap|behandl|\bdps\b|intervju|evaluer|rapport"
)


def is_about_something_else(words: str) -> bool:
    """Whether a plain heading is of another part of the work: "ended" in its column, or after it, may be that part's."""
    return _OF_SOMETHING_ELSE.search(words) is not None
