"""What people write when they record something: short notes in plain bokmål, put together from what happened, how it
was experienced, and what was agreed.

Words in braces are filled in: ``{job}`` an occupation, ``{task}`` a task, ``{place}`` a workplace,
``{boss}`` the contact
person there.
"""

from __future__ import annotations

from functools import cache
from random import Random

#: For each situation up to three parts; a note takes one sentence of each, and sometimes leaves the later ones out.
PARTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "first_talk": (
        (
            "Første samtale. Ble kjent og snakket om hva oppfølgingen er og ikke er.",
            "Møttes over en kopp kaffe. God samtale om hva som har vært bra i tidligere jobber.",
            "Gikk en tur sammen i stedet for å sitte på kontoret. Det var lettere å snakke da.",
            "Første møte sammen med veileder. Avklarte hvem som gjør hva.",
            "Snakket om hverdagen, hva som gir energi og hva som tapper.",
        ),
        (
            "Vil gjerne arbeide som {job}.",
            "Har tenkt lenge på {job}, men er usikker på hvor det er mulig å begynne.",
            "Er åpen for flere ting, og nevner {job} først.",
            "Var spent før møtet og sa at det kjentes tryggere etterpå.",
            "Har dårlige erfaringer med å bli sendt på kurs. Vil heller rett ut og prøve.",
        ),
        (
            "Avtalte å begynne på yrkesprofilen neste gang.",
            "Ble enige om at jeg sender melding dagen før hvert møte.",
            "Neste møte blir på biblioteket.",
            "Tar med CV fra forrige jobb neste gang.",
        ),
    ),
    "profiling": (
        (
            "Arbeidet med yrkesprofilen.",
            "Gikk gjennom tidligere jobber, og hva som fungerte i hver av dem.",
            "Så på filmer om ulike yrker og snakket om hva som fristet.",
            "Besøkte {place} for å se hvordan en vanlig dag ser ut.",
            "Snakket om åpenhet: hva en arbeidsgiver trenger å vite, og hva som er privat.",
            "Snakket om økonomi ved overgang til lønn. Tok med spørsmålene til veileder.",
        ),
        (
            "Liker særlig å {task}.",
            "Det viktigste er et rolig arbeidsmiljø og en leder som sier fra.",
            "Ble overrasket over hvor mye som fantes av erfaring da vi skrev det ned.",
            "Ønsker å begynne med noen timer i uka og trappe opp.",
            "Vil ikke at diagnose nevnes. Vi fant en annen måte å si det på.",
        ),
        (
            "Skriver om profilen sammen neste uke.",
            "Jeg spør {place} om et besøk.",
            "Lager liste over fem arbeidsgivere vi kan ta kontakt med.",
            "",
        ),
    ),
    "search": (
        (
            "Gikk gjennom hvem vi har snakket med siden sist.",
            "Øvde på å ringe en arbeidsgiver. Ringte én på ordentlig.",
            "Skrev søknad til {place} sammen.",
            "Snakket om besøket hos {place}.",
            "Så på hva som må være på plass for å klare å {task} en hel dag.",
            "Møttes på kafé og la plan for de neste to ukene.",
            "Snakket om avslaget fra {place}. Skuffet, men vil prøve videre.",
        ),
        (
            "Er utålmodig, og det er et godt tegn.",
            "Litt tungt for tiden. Søvnen er dårlig, men vil fortsette.",
            "Er blitt tryggere på å fortelle om seg selv.",
            "Foreslår selv å spørre på nabokjøpesenteret.",
            "Synes det hjelper å være to når vi går inn døra.",
            "Har snakket med en tidligere kollega som kanskje vet om noe.",
        ),
        (
            "Besøker to arbeidsgivere sammen neste uke.",
            "Jeg ringer {place} på fredag.",
            "Ble enige om å øve på intervju.",
            "Oppdaterer CV til neste gang.",
            "",
        ),
    ),
    "trial": (
        (
            "Besøkte arbeidstreningen hos {place}.",
            "Snakket om de første ukene hos {place}.",
            "Så sammen på hvilke oppgaver som sitter, og hvilke som kan læres nå.",
        ),
        (
            "Klarer å {task} på egen hånd.",
            "Blir sliten etter lunsj. Flyttet det tyngste til morgenen.",
            "Har fått god kontakt med kollegaene og spiser lunsj sammen med dem.",
            "{boss} er fornøyd og sier at det går raskere nå.",
        ),
        (
            "Snakket om hva som skal til for at dette blir en vanlig jobb med lønn.",
            "Avtalte møte med {boss} om veien videre.",
            "Ny vurdering om to uker.",
            "",
        ),
    ),
    "job_start": (
        (
            "Var med på første dag hos {place}.",
            "Ringte etter første dag. Det gikk fint.",
            "Gikk gjennom første uke.",
        ),
        (
            "Mange nye navn og mye å huske, men godt å være i gang.",
            "Skriver ned rutinene i en liten bok.",
            "Fikk lov til å {task} allerede andre dag.",
            "{boss} har satt av tid hver morgen.",
        ),
        ("Kommer innom igjen på torsdag.", "Snakkes om tre dager.", "Avtalte fast telefon på fredager.", ""),
    ),
    "job": (
        (
            "Oppfølging på arbeidsplassen.",
            "Telefonsamtale om hvordan det går på jobb.",
            "Var innom {place}.",
            "Møttes etter vakta.",
            "Tok en prat om de siste ukene hos {place}.",
        ),
        (
            "Stortrives og har fått ansvar for å {task}.",
            "Det går godt, men er sliten mot slutten av uka.",
            "Har fått til å si fra når det blir for mange beskjeder på en gang.",
            "En uenighet med en kollega er ryddet opp i, med hjelp av {boss}.",
            "Har hatt noen dager borte. Har en plan for hvordan komme tilbake.",
            "Ønsker flere timer fra neste måned.",
            "Er stolt over første lønnsslipp.",
            "Trenger mindre hjelp nå. Kollegaene tar mye av det selv.",
        ),
        (
            "Jeg snakker med {boss} om oppgavene.",
            "Ny prat om en måned.",
            "Sender melding neste uke og hører hvordan det går.",
            "",
        ),
    ),
    "lost": (
        (
            "Snakket om at jobben hos {place} tok slutt.",
            "Møttes dagen etter at jobben sluttet.",
        ),
        (
            "Trist, men ikke overrasket. Firmaet har hatt lite å gjøre.",
            "Har lært mye om hva som skal til neste gang.",
            "Det var for mange timer for tidlig. Neste gang trapper vi saktere opp.",
            "Har fått god attest og vil bruke den.",
        ),
        ("Begynner å lete igjen med en gang.", "Skriver ned hva som virket, i profilen.", "Møtes igjen om tre dager."),
    ),
    "short": (
        (
            "Kort melding for å høre hvordan det går. Det går bra.",
            "Ringte for å minne om møtet.",
            "Fikk melding om at timen hos legen går foran. Fant ny tid.",
            "Sendte lenke til en stilling som kan passe.",
            "Svarte på spørsmål om lønn og skattekort.",
            "Melding om at det er vanskelig å komme seg ut i dag. Tok en prat i stedet.",
            "",
        ),
    ),
    "no_show": (
        (
            "Kom ikke til avtalen. Sendte melding.",
            "Svarte ikke. Prøver igjen i morgen.",
            "Møtte ikke. Ringte, og det var misforståelse om tidspunktet.",
            "Ikke hjemme. La igjen en hilsen.",
        ),
    ),
    "employer_new": (
        (
            "Gikk innom {place} uten avtale og fikk en god prat med {boss}.",
            "Besøk hos {place}. {boss} viste rundt.",
            "Ringte {place} og presenterte oss.",
            "Møtte {boss} på messe og fulgte opp med besøk.",
        ),
        (
            "De trenger noen som kan {task}, mest om formiddagen.",
            "Har hatt to fra oss før og var godt fornøyd.",
            "Er usikre på hvor mye tid opplæringen tar. Fortalte hva vi kan bidra med.",
            "Har ingenting nå, men vil gjerne høre fra oss etter ferien.",
            "Savnet tettere oppfølging forrige gang. Ga dem nummeret mitt.",
            "Kan tenke seg å prøve noen timer i uka.",
        ),
        (
            "Ringer igjen om tre uker.",
            "Avtalte besøk sammen med en aktuell kandidat.",
            "Sender informasjon om tilskudd på e-post.",
            "",
        ),
    ),
    "employer_again": (
        (
            "Snakket med {boss} om en person som passer godt.",
            "Nytt besøk hos {place}.",
            "Telefon med {boss}.",
        ),
        (
            "Vi fant sammen oppgaver som ingen andre rekker: å {task}.",
            "De vil gjerne møtes før de bestemmer seg.",
            "Ble enige om en prøvedag.",
            "De har ansatt en annen, men vil ha kontakt videre.",
            "Snakket om timer og opplæring. {boss} tar det med eieren.",
        ),
        ("Får svar i løpet av uka.", "Møtes alle tre neste uke.", "Skriver utkast til avtale.", ""),
    ),
    "employer_job": (
        (
            "Samtale med {boss} på arbeidsplassen.",
            "Trekantsamtale hos {place}.",
            "Telefon fra {boss}.",
        ),
        (
            "Fornøyd med innsatsen. Ønsker litt høyere tempo på å {task}, og det øver de på.",
            "Snakket om tilrettelegging: pauser og faste oppgaver.",
            "En kollega er blitt fadder. Det fungerer godt.",
            "Spurte om tilskuddet kan forlenges. Tar det med veileder.",
            "De vurderer å øke stillingen.",
            "Hadde spørsmål om sykefravær. Forklarte rutinene.",
        ),
        ("Nytt møte om seks uker.", "Jeg skriver ned det vi ble enige om.", ""),
    ),
    "dialogue": (
        (
            "Jevnlig kontakt med {boss}.",
            "Kaffe hos {place} for å høre hva de ser framover.",
            "Frokostmøte for arbeidsgivere. Snakket med {boss}.",
        ),
        (
            "De ansetter igjen til våren.",
            "Mye sykefravær, så de trenger tilkallingshjelp.",
            "Skal bygge om og har lite å gjøre til det er ferdig.",
            "Vil gjerne ha besøk av teamet.",
            "Er opptatt av at samme person fra oss følger opp.",
        ),
        ("Tar kontakt igjen neste måned.", "Inviteres til temamøte.", ""),
    ),
    "counsellor": (
        (
            "Status til veileder.",
            "Samarbeidsmøte med veileder.",
            "Avklarte vedtak og ytelser med veileder.",
        ),
        (
            "Enige om å fortsette som nå.",
            "Veileder følger opp spørsmålet om lønnstilskudd.",
            "Veileder blir med på neste trekantsamtale.",
            "Gikk gjennom hva som skjer med ytelsen når timene øker.",
        ),
    ),
    "collaborator": (
        (
            "Møte med behandler, avtalt med deltakeren.",
            "Samarbeidsmøte der deltakeren var med.",
            "Telefon med kontaktpersonen i kommunen.",
        ),
        (
            "Enige om at jobb er en del av behandlingen.",
            "Timer legges utenom arbeidstid når det går.",
            "Avklarte hvem som ringer når det er tunge dager.",
            "Boligen er på plass, så det er mer ro rundt det å arbeide.",
        ),
    ),
    "studies": (
        ("Samtale om skolegangen.", "Telefon om hvordan det går med studiene."),
        (
            "Trives i klassen, men synes det er mye lesing.",
            "Har fått ekstra tid på prøvene.",
            "Bestod første del.",
            "Kombinerer med noen vakter i helgene.",
        ),
        ("Snakkes etter neste innlevering.", ""),
    ),
    "paused": (
        ("Kort samtale i pausen. Vil gjerne fortsette når det lar seg gjøre.",
         "Hørte hvordan det går. Ikke klar ennå, og det er greit."),
    ),
    "written": (
        (
            "Skrev for å høre hvordan det går.",
            "Svarte på spørsmål om lønn og skattekort.",
            "Sendte oversikt over det vi ble enige om sist.",
            "Spurte om tidspunktet for neste møte passer.",
            "Skrev om en stilling som kan passe.",
        ),
        (
            "Fikk svar samme dag.",
            "Svarer at det går bra.",
            "Svarer at det er litt tungt for tiden, men vil fortsette.",
            "Skriver at {job} fortsatt er det som frister mest.",
        ),
        ("Snakker mer om det når vi møtes.", "Jeg ringer i neste uke.", ""),
    ),
    "to_employer": (
        (
            "Skrev til {boss} og spurte om en prat.",
            "Takket {boss} for sist og sendte det jeg lovet.",
            "Sendte {boss} informasjon om tilskudd og oppfølging.",
        ),
        (
            "Fikk svar samme dag: Vil gjerne høre mer.",
            "Svarer at de ikke har noe nå, men vil ha kontakt videre.",
            "De trenger noen som kan {task}, skriver {boss}.",
        ),
        ("Avtaler et besøk.", "Får nærmere beskjed i løpet av uka.", ""),
    ),
    "to_collaborator": (
        (
            "Skrev til behandler, avtalt med deltakeren.",
            "Sendte kontaktpersonen i kommunen det vi ble enige om.",
        ),
        (
            "Enige om at jobb er en del av behandlingen.",
            "Timer legges utenom arbeidstid når det går.",
            "Avklarte hvem som ringer når det er tunge dager.",
        ),
    ),
    "closing": (
        ("Avslutningssamtale. Så tilbake på veien fra første møte.", "Siste samtale i denne omgangen."),
        ("Vet hvor vi er hvis noe endrer seg.", "Tar kontakt selv om jobben blir usikker.", "Takket for følget."),
    ),
}  # fmt: skip


#: What a sentence says about how it happened, and the channels in which that can be. The first that is found holds.
SAYS_HOW: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (words, frozenset(channels.split()))
    for words, channels in (
        ("Møtte ikke. Ringte", "in_person"), ("Øvde på å ringe", "in_person"), ("Ringte", "phone"),
        ("Telefon", "phone"), ("Tok en prat", "phone"), ("Svarte ikke", "phone message video email"),
        ("Fikk melding", "message"), ("Kort melding", "message"), ("Melding om", "message"),
        ("Sendte lenke", "message email"), ("Møttes", "in_person"), ("en kopp kaffe", "in_person"),
        ("Gikk en tur", "in_person"), ("Første møte sammen", "in_person video"), ("Besøkte", "in_person"),
        ("Besøk hos", "in_person"), ("Nytt besøk", "in_person"), ("Gikk innom", "in_person"), ("på messe", "in_person"),
        ("Skrev søknad", "in_person video"), ("Så på filmer", "in_person video"), ("Så sammen", "in_person video"),
        ("på arbeidsplassen.", "in_person"), ("Var innom", "in_person"), ("Var med på første", "in_person"),
        ("Trekantsamtale hos", "in_person"), ("Kaffe hos", "in_person"), ("Frokostmøte", "in_person"),
        ("Kom ikke til avtalen", "in_person"), ("Ikke hjemme", "in_person"), ("Møte med behandler", "in_person video"),
        ("der deltakeren var med", "in_person video"), ("Samarbeidsmøte med veileder", "in_person video phone"),
    )
)  # fmt: skip
#: What is written instead of said has sentences of its own.
IN_WRITING = {
    "counsellor": "counsellor", "collaborator": "to_collaborator", "no_show": "no_show", "short": "short",
    "employer_new": "to_employer", "employer_again": "to_employer",
}  # fmt: skip


@cache
def _fitting(situation: str, channel: str) -> tuple[tuple[str, ...], ...]:
    """The parts of ``situation`` without the sentences that say it happened in another way than by ``channel``."""
    if channel in ("message", "email"):
        situation = IN_WRITING.get(situation, "written")

    def fits(sentence: str) -> bool:
        return channel in next((channels for words, channels in SAYS_HOW if words in sentence), {channel})

    return tuple(sentences for part in PARTS[situation] if (sentences := tuple(filter(fits, part))))


def note(rng: Random, situation: str, words: dict[str, str], channel: str) -> str:
    """A note about ``situation`` as it happens by ``channel``, with ``words`` filled in. Empty at times, as in real life."""
    sentences: list[str] = []
    for part in _fitting(situation, channel):
        if sentences and rng.random() < 0.25:
            continue
        sentences.append(part[int(rng.random() * len(part))])
    text = " ".join(filter(None, sentences))
    return text.format_map(words) if "{" in text else text


STEPS = (
    ("Skrive om CV-en", "participant"), ("Spørre tidligere sjef om å være referanse", "participant"),
    ("Bestille ny time hos fastlegen", "participant"), ("Gå innom tre butikker i nærheten", "participant"),
    ("Prøve bussruta til arbeidsplassen", "participant"), ("Ringe {place} om et besøk", "specialist"),
    ("Lage forslag til opplæringsplan", "specialist"), ("Sende informasjon om tilskudd til {place}", "specialist"),
    ("Øve på intervju sammen", "specialist"), ("Søke om lønnstilskudd", "counsellor"),
    ("Avklare ytelsen ved økte timer", "counsellor"), ("Finne en fadder blant kollegaene", "employer"),
    ("Skaffe arbeidstøy", "employer"), ("Melde fra om nye timer hos behandler", "collaborator"),
)  # fmt: skip

GOALS = ("Jobb som {job}", "Flere timer i jobben", "Trygg i jobben", "Finne ut hva som passer", "Fast stilling")

STEP_RESULTS = ("", "", "Gikk fint.", "Fikk hjelp av en kollega.", "Tok lengre tid enn ventet.", "Fikk positivt svar.")

WISHES = (
    "Vil arbeide som {job} og være sammen med andre.", "Ønsker en vanlig jobb med lønn, helst som {job}.",
    "Vil tilbake til arbeidslivet etter flere år hjemme. Kan tenke seg {job}.",
    "Vil ha noe å stå opp til. Har lyst til å {task}.",
    "Ønsker jobb i nærheten av der jeg bor, gjerne som {job}.", "Vil prøve {job}, men er åpen for annet.",
    "Har vært {job} før og vil gjerne tilbake.", "Ønsker deltidsjobb ved siden av behandling.",
    "Vil bort fra ytelser og klare meg selv. Drømmer om å bli {job}.",
)  # fmt: skip

HELP_WANTED = (
    "Noen som blir med til arbeidsgivere.", "Hjelp til å finne ut hva jeg kan passe til.",
    "Støtte de første månedene i jobb.",
    "Vite hva som skjer med økonomien.", "Hjelp til å forklare hull i CV-en.", "Noen å ringe når det blir vanskelig.",
    "",
)  # fmt: skip

WORKED_WELL = (
    "Faste oppgaver og en tydelig leder.", "God kontakt med kollegaene.", "Å begynne med få timer.",
    "Kort vei til jobb.",
    "Skriftlig liste over dagens oppgaver.", "En fadder som hadde tid.",
)  # fmt: skip
WORKED_BADLY = (
    "For mange ulike ledere.", "Skiftende vakter.", "Tempoet på lørdagene.", "Uklart hvem som skulle lære bort.",
    "For mange timer for fort.", "Lang reisevei.", "",
)  # fmt: skip
LESSONS = (
    "Trappe opp saktere.", "Avtale faste dager fra starten.", "Be om en fadder.", "Holde fast på det som fungerte.",
    "Besøke arbeidsplassen to ganger før start.", "Snakke om pauser med en gang.",
)  # fmt: skip
JOB_SUPPORT = (
    "Oppfølging på arbeidsplassen hver uke den første måneden, så hver måned.",
    "Fadder fra avdelingen. Telefon hver fredag.",
    "Innom på dag én, tre og ti.", "Møte med lederen hver sjette uke.", "",
)  # fmt: skip
JOB_CHANGES = (
    "Flere timer etter ønske.", "Færre timer en periode på grunn av helsen.", "Økte da en kollega sluttet.",
    "Fast ekstravakt på lørdager.", "Trappet opp som avtalt.",
)  # fmt: skip
CORRECTIONS = (
    "Skrev feil antall minutter.", "Feil dato.", "Var på arbeidsplassen, ikke på kontoret.", "Glemte reisetiden.",
    "Tastet feil.",
)  # fmt: skip
WITHDRAWN = ("Ført på feil person.", "Ført to ganger.")
CANCELLED = ("Syk.", "Har fått vakt.", "Kolliderte med legetime.", "Måtte flyttes.")
PAUSED = ("", "Avtalt at jeg ringer når det nærmer seg.", "Ønsker ro en periode. Vil fortsette etterpå.")
RESUMED = ("", "Klar igjen.")
