"""What people want to work with: occupations with their STYRK-08 code, tasks, and the workplaces that have them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Occupation:
    """An occupation as people name it. ``kinds`` are kinds of workplace, ``pay`` about what an hour gives in kroner."""

    title: str
    code: str
    kinds: tuple[str, ...]
    tasks: tuple[str, ...]
    pay: int


#: Kinds of workplace: what such an employer is called after its place, and the industry.
KINDS: dict[str, tuple[tuple[str, ...], str]] = {
    "shop": (("Dagligvare", "Byggevarer", "Sport", "Bokhandel", "Landhandel"), "varehandel"),
    "cafe": (("Kafé", "Spiseri", "Kantinedrift", "Vertshus"), "servering"),
    "hotel": (("Hotell", "Fjellstue", "Pensjonat"), "overnatting"),
    "bakery": (("Bakeri", "Konditori"), "næringsmidler"),
    "factory": (("Fiskeforedling", "Meieri", "Trevare", "Mekaniske", "Emballasje"), "industri"),
    "store": (("Lager og Transport", "Engros", "Varelevering"), "transport og lagring"),
    "garage": (("Bilverksted", "Sykkelverksted", "Dekkservice"), "verksted"),
    "building": (("Bygg", "Maler og Tapet", "Tømrer"), "bygg og anlegg"),
    "cleaning": (("Renhold", "Eiendomsdrift", "Vaktmesterservice"), "eiendomsdrift"),
    "kindergarten": (("barnehage", "familiebarnehage"), "barnehage"),
    "care": (("omsorgssenter", "dagsenter", "sykehjem"), "helse og omsorg"),
    "school": (("skole og SFO", "videregående skole"), "undervisning"),
    "office": (("Regnskap", "Forsikring", "Reisebyrå", "Eiendomsmegling"), "kontor og tjenester"),
    "public": (("bibliotek", "museum", "servicekontor", "kulturhus"), "offentlig tjeneste"),
    "it": (("Data", "Nettdesign", "Brukerstøtte"), "IT"),
    "farm": (("Gård", "Hagesenter", "Gartneri", "Hestesenter"), "landbruk og natur"),
    "hair": (("Frisør", "Velvære"), "personlige tjenester"),
}

OCCUPATIONS = (
    Occupation(
        "butikkmedarbeider", "5223", ("shop",), ("fylle varer", "sitte i kassa", "rydde lageret", "hjelpe kunder"),
        205
    ),
    Occupation(
        "lagermedarbeider", "4321", ("store", "shop"),
        ("plukke ordrer", "ta imot varer", "kjøre truck", "telle varer"), 215
    ),
    Occupation(
        "renholder", "9112", ("cleaning", "hotel", "care"),
        ("vaske fellesarealer", "gjøre rom klare", "bruke gulvmaskin"), 205
    ),
    Occupation(
        "kokk", "5120", ("cafe", "hotel", "care"), ("lage dagens rett", "forberede grønnsaker", "lage påsmurt"), 225
    ),
    Occupation(
        "kjøkkenassistent", "9412", ("cafe", "hotel", "care"), ("ta oppvasken", "rydde kjøkkenet", "skjære frukt"),
        195
    ),
    Occupation("servitør", "5131", ("cafe", "hotel"), ("ta imot gjester", "dekke bord", "servere", "ta betalt"), 200),
    Occupation(
        "barnehageassistent", "5311", ("kindergarten",), ("lese for barna", "være med på tur", "hjelpe i garderoben"),
        205
    ),
    Occupation(
        "assistent i SFO", "5312", ("school",), ("lage mat med barna", "være ute i friminutt", "hjelpe med lekser"),
        205
    ),
    Occupation(
        "helsefagarbeider", "5321", ("care",),
        ("hjelpe til ved måltider", "følge på tur", "stell sammen med kollega"), 230
    ),
    Occupation(
        "aktivitør", "3412", ("care", "public"), ("holde sangstund", "lede strikkegruppe", "gjøre klart til kafé"),
        220
    ),
    Occupation(
        "vaktmester", "5153", ("cleaning", "school", "hotel"),
        ("bytte lyspærer", "klippe plenen", "måke snø", "små reparasjoner"), 215
    ),
    Occupation("bilmekaniker", "7231", ("garage",), ("skifte dekk", "ta service", "rydde verkstedet", "feilsøke"), 230),
    Occupation(
        "sykkelmekaniker", "7234", ("garage", "shop"),
        ("reparere sykler", "sette sammen nye sykler", "ta imot kunder"), 205
    ),
    Occupation(
        "snekker", "7115", ("building",),
        ("kappe materialer", "sette opp vegger", "legge gulv", "rydde byggeplassen"), 235
    ),
    Occupation("maler", "7131", ("building",), ("sparkle og pusse", "male vegger", "dekke til", "blande farger"), 225),
    Occupation("gartner", "6113", ("farm",), ("så og plante", "vanne", "stelle bed", "selge blomster"), 205),
    Occupation("dyrepasser", "5164", ("farm",), ("fôre dyrene", "måke i stallen", "gå tur med hunder"), 200),
    Occupation(
        "kontormedarbeider", "4110", ("office", "public"), ("registrere skjemaer", "svare på e-post", "arkivere"), 215
    ),
    Occupation(
        "resepsjonist", "4224", ("hotel", "office"), ("ta imot gjester", "svare på telefon", "ta bestillinger"), 210
    ),
    Occupation("regnskapsmedarbeider", "4311", ("office",), ("føre bilag", "sende fakturaer", "avstemme konti"), 235),
    Occupation(
        "IT-medarbeider", "3512", ("it", "school", "public"),
        ("hjelpe brukere", "sette opp maskiner", "teste nettsider"), 250
    ),
    Occupation(
        "nettdesigner", "2166", ("it", "office"), ("lage nettsider", "bearbeide bilder", "teste med brukere"), 255
    ),
    Occupation("sjåfør", "8322", ("store", "bakery"), ("levere varer", "planlegge ruta", "laste bilen"), 215),
    Occupation("baker", "7512", ("bakery",), ("elte deig", "forme brød", "steke", "pakke varer"), 215),
    Occupation(
        "produksjonsmedarbeider", "8160", ("factory", "bakery"),
        ("pakke varer", "kontrollere kvalitet", "passe en maskin"), 215
    ),
    Occupation(
        "industriarbeider", "8172", ("factory",), ("betjene sag", "stable trelast", "vedlikeholde maskiner"), 220
    ),
    Occupation("frisør", "5141", ("hair",), ("vaske hår", "farge", "klippe", "ta imot kunder"), 210),
    Occupation(
        "bibliotekmedarbeider", "4411", ("public",), ("sette bøker på plass", "hjelpe lånere", "lage utstilling"), 215
    ),
    Occupation(
        "kundebehandler", "4222", ("office", "it"), ("svare på telefon", "chatte med kunder", "registrere saker"), 210
    ),
)  # fmt: skip

STRENGTHS = (
    "nøyaktig når rammene er klare", "møter folk med et smil", "lærer fort av å se andre gjøre det",
    "gir seg ikke når noe er vanskelig",
    "ser hva som må gjøres", "holder avtaler", "er god med dyr", "har førerkort", "snakker flere språk",
    "har et godt øye for detaljer",
    "er rolig når det er travelt", "er flink med hendene", "liker å ha orden", "husker navn og ansikter",
    "er god til å planlegge",
    "har arbeidet i butikk i tre år", "har tatt vare på familie i mange år", "har fagbrev fra før",
    "har arbeidet på gård",
    "er trygg på data", "har humor", "tåler fysisk arbeid godt", "står opp tidlig",
)  # fmt: skip

INTERESTS = (
    "friluftsliv", "matlaging", "musikk", "fotball", "dataspill", "hagearbeid", "strikking", "bil og motor", "hunder",
    "hester",
    "historie", "tegning", "fotografering", "bøker", "fiske", "trening", "gjenbruk", "snekring", "film",
    "barn og ungdom",
)  # fmt: skip

AVOID = (
    "mye støy over tid", "skiftarbeid om natta", "å bli avbrutt ofte", "tunge løft", "å ta telefonen",
    "store åpne landskap",
    "å stå stille en hel dag", "uklare beskjeder", "sterk kulde", "å være alene med kunder den første tiden",
)  # fmt: skip

SUPPORT = (
    "En fast person å spørre den første tiden.", "Oppgaver i en skriftlig liste.", "Få begynne klokka ti.",
    "En rolig krok til pausene.", "Korte dager i starten og flere timer etter hvert.",
    "Bli vist en oppgave flere ganger.",
    "Vite dagen før hva som skal skje.", "Skjermbriller og god belysning.", "Hev- og senkbord.",
    "En melding på telefonen om morgenen.", "Mulighet til å gå fra når det blir for mye.",
    "Faste vakter på de samme dagene.",
    "Samtale med lederen hver fredag.", "Kunne ta legetimer i arbeidstiden.",
)  # fmt: skip

MASTERY = (
    "Det hjelper å ta en pause ute og si fra til kollegaen.", "Skrive ned tre ting som gikk bra før dagen er over.",
    "Ringe jobbspesialisten tidlig, ikke vente til det har gått galt.", "Begynne med en oppgave som sitter fra før.",
    "Musikk på øret når det er lov.", "Gå en tur før jobb.", "Vite at det er greit å feile når man lærer.",
    "Avtale med en kollega om å spise lunsj sammen.",
)  # fmt: skip

NETWORK = (
    "En tante driver butikk.", "Tidligere sjef på lageret har sagt at det går an å ringe.",
    "Naboen arbeider på sykehjemmet.",
    "Kjenner flere i idrettslaget.", "Søsteren arbeider i kommunen.", "Få å spørre akkurat nå.",
    "Svoger i byggebransjen.",
    "En venn fra skolen arbeider på verksted.",
)  # fmt: skip

TRAVEL = (
    "Buss eller sykkel, helst under en halvtime.", "Har bil.", "Kan gå dit.", "Tog og buss går bra utenom rushtiden.",
    "Trenger å bo i nærheten de første månedene.", "Kan reise en time når jobben er riktig.",
)  # fmt: skip
