"""Names that nobody can mistake for real: of people, places and workplaces.

Participants are called an adjective and something from nature, as in the tax administration's own test population;
those who work at the offices have an ordinary given name and a thing as family name; places and employers after
tales. Telephone numbers begin with 00, which no Norwegian number does; e-mail addresses end in ``.example``, which is
set aside for examples; postal codes lie above the last one in use.
"""

from __future__ import annotations

PARTICIPANT_GIVEN = (
    "Munter", "Varm", "Rolig", "Modig", "Kvikk", "Lun", "Stødig", "Blid", "Klok", "Lett", "Sprek", "Mild", "Ivrig",
    "Trygg", "Freidig", "Vennlig", "Rask", "Myk", "Åpen", "Glad", "Lystig", "Solid", "Smidig", "Våken", "Tålmodig",
    "Nysgjerrig", "Raus", "Fargerik", "Oppfinnsom", "Tapper", "Lydhør", "Frisk", "Livlig", "Stillferdig", "Ærlig",
    "Ordentlig", "Nøyaktig", "Pålitelig", "Omtenksom", "Hjelpsom", "Drømmende", "Syngende", "Dansende", "Lysende",
    "Glitrende", "Vandrende", "Seilende", "Leken", "Jordnær", "Høflig", "Skarp", "Driftig", "Fredelig", "Sindig",
    "Spenstig", "Fornøyd", "Kreativ", "Målrettet", "Grundig", "Hjertelig",
)  # fmt: skip

PARTICIPANT_FAMILY = (
    "Måltrost", "Fjellbekk", "Solsikke", "Bjørkeløv", "Havørn", "Multemyr", "Granskog", "Snøspurv", "Elvestein",
    "Lyngtopp", "Ekorn", "Hvitveis", "Sjøbris", "Furukongle", "Tiriltunge", "Svaberg", "Linerle", "Blåklokke",
    "Rognebær", "Bever", "Fjellrev", "Skogsti", "Nordlys", "Regnbue", "Sommerfugl", "Tyttebær", "Kvitebjørk",
    "Steinrøys", "Tangbukt", "Vadefugl", "Humle", "Gulspurv", "Røsslyng", "Vårsol", "Månelys", "Fossekall", "Isbre",
    "Krøkebær", "Øyestikker", "Kløvereng", "Rosenbusk", "Mosegrop", "Dompap", "Kornblomst", "Kystlynghei", "Sølvpil",
    "Brisling", "Vindkast", "Tåkeheim", "Kastanje", "Ospelund", "Småfugl", "Bergknaus", "Geitrams", "Tareskog",
    "Villbringebær", "Nøtteskrike", "Morgendugg", "Stjerneskudd", "Åkerrikse", "Hestehov",
)  # fmt: skip

STAFF_GIVEN = (
    "Siri", "Amir", "Ingrid", "Jonas", "Fatima", "Lars", "Mette", "Olav", "Nadia", "Kåre", "Solveig", "Henrik", "Aisha",
    "Per", "Turid", "Mohammed", "Randi", "Erik", "Ewa", "Sindre", "Marit", "Tomasz", "Hilde", "Arne", "Leyla", "Gunnar",
    "Berit", "Daniel", "Synne", "Bjørn", "Zahra", "Kristin", "Einar", "Maja", "Vidar", "Anne", "Hassan", "Elin", "Geir",
    "Sunniva",
)  # fmt: skip

STAFF_FAMILY = (
    "Kompassrose", "Bålgryte", "Lesebrille", "Tekanne", "Paraply", "Ryggsekk", "Skrivebok", "Stormlykt", "Fyrstikk",
    "Vinterlue", "Sykkelbjelle", "Blekkhus", "Gyngestol", "Trillebår", "Strikkepinne", "Kaffekvern", "Brødfjøl",
    "Vannkanne", "Notatblokk", "Hengelås", "Robåt", "Turkart", "Vekkerklokke", "Verktøykasse", "Lommelykt", "Regnfrakk",
    "Høvelbenk", "Symaskin", "Fiskestang", "Krittavle", "Trekkspill", "Ullteppe", "Termos", "Solhatt", "Målebånd",
    "Linjal", "Nøkkelknippe", "Brevduehus", "Skistav", "Flaggstang", "Pennal", "Stigetrinn", "Vindmølle", "Kikkert",
)  # fmt: skip

TALES = (
    "Fabel", "Liksom", "Eventyr", "Oppdikt", "Ønske", "Drømme", "Luftslott", "Skrøne", "Påfunn", "Eksempel", "Tenke",
    "Regnbue",
)  # fmt: skip

LANDSCAPES = ("vik", "dal", "nes", "åsen", "haugen", "strand", "moen", "sund", "bekken", "li", "øya", "fjell")

STREETS = ("Oppdiktveien", "Liksomgata", "Eksempelbakken", "Fabelstien", "Drømmesvingen", "Påfunnveien")

LANGUAGES = ("arabisk", "polsk", "somali", "tigrinja", "ukrainsk", "dari", "engelsk", "nordsamisk")


def place(number: int) -> str:
    """A made-up place; 144 of them, then again from the start."""
    return TALES[number % len(TALES)] + LANDSCAPES[number // len(TALES) % len(LANDSCAPES)]


def county(number: int) -> str:
    """A made-up county, each number its own."""
    turn, tale = divmod(number, len(TALES))
    return f"{TALES[tale]}fylket" + (f" {turn + 1}" if turn else "")


def phone(number: int) -> str:
    """A telephone number that nobody can have."""
    number %= 10_000
    return f"00 00 {number // 100:02} {number % 100:02}"


def email(name: str) -> str:
    """An e-mail address that leads nowhere."""
    return "".join(_ASCII.get(letter, letter) for letter in name.lower().replace(" ", ".")) + "@plass.example"


def organisation_number(number: int) -> str:
    """A nine-digit number with a valid check digit in the series 31, which is for test organisations."""
    weights = (3, 2, 7, 6, 5, 4, 3, 2)
    candidate = 31_000_000 + number * 2
    for eight in (candidate, candidate + 1):
        check = -sum(weight * int(digit) for weight, digit in zip(weights, str(eight), strict=True)) % 11
        if check < 10:
            return f"{eight}{check}"
    raise ValueError(f"no organisation number for {number}")


_ASCII = {"æ": "ae", "ø": "o", "å": "a", "é": "e"}
