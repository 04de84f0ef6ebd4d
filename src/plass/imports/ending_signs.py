"""Words that may mean that a person's follow-up has ended, has not begun, or that they are not to be in the list.

None of them decides anything: they say what is asked about in columns that are not read, and which answer is likeliest
for a status, a title or the name of a sheet that is not known.
"""

from __future__ import annotations

import re

from .columns import plain
from .questions import GOES_ON, HAS_ENDED, LEFT_OUT, WAITS

#: The likeliest answer for words of a status or a title, by what stands in them; the first that is found counts.
_GUESSES = (
    (
        LEFT_OUT,
        r"avslag|avslått|avvist|avlyst|takk\w* nei|neitakk|tr[au]kk\w*|trekk\w*|ikk(?:e|je)? ?(?:lenger )?(?:akt|møtt|m\b)|"
        r"\bfeil|slett|dublett|duplikat|uaktuell|refused|declined|withdrawn|rejected",
    ),
    (
        HAS_ENDED,
        r"avslutt|slutt|ferdig|utskr|utmeld|fullf|avbrutt|delavb|\bdød|avdød|tidligere|arkiv|overfør|stanset|stopp|flytt|"
        r"gått ut|utgått|\bute\b|ended|closed|discharg|finished|completed|deceased",
    ),
    (WAITS, r"vent|ikk(?:e|je) (?:start|begyn)|innsøk|søkt inn|henvist|ufordel|\bkø\b|\bnye?\b|waiting|referred"),
    (
        GOES_ON,
        r"pause|permisjon|sykm|sykem|jobb|arbeid|praksis|aktiv|kartlegg|oppfølg|gjenn|tilbud|profil|søk|pågå|i gang|working",
    ),
)
_COMPILED_GUESSES = tuple((answer, re.compile(words)) for answer, words in _GUESSES)

#: A follow-up, as remarks call it.
_OF_A_FOLLOW_UP = (
    r"(?:oppfølging\w*|oppfølgning\w*|ips|sak|saken|saka|løp|løpet|forløpet|tiltaket|programmet|"
    r"ordningen|ordninga|deltakelse\w*|deltaking\w*)\b"
)
_MONTH = (
    r"(?:jan|feb|mar|apr|mai|jun|jul|aug|sep|okt|nov|des|vår|høst|haust|sommer|sumar|vinter|fjor|år|uke|veke|dag|går)"
)
_A_DAY = (
    rf"(?:(?:i|fra|frå|den|per|pr|siden|sidan|fom|til|ca|uke|rundt|medio|ultimo|primo|av)\W+)*(?:(?<!kl )\d|{_MONTH})"
)
#: Parts of the work with a person, of a life or of a week that end, and the follow-up goes on.
_SOMETHING_ELSE = (
    r"(?:\w{0,30}(?:kurs|skole|skule|utdann|studi|praksis|behandl|sykehus|sjukehus|medisin|kartlegg|søknad|vedtak|penge|sykmeld|"
    r"ytels|kontrakt|vikariat|prosjekt|lærling|læretid|førerkort|samtale|møte|intervju|epikrise|rapport|journal|dokument|notat|"
    r"arbeidsforhold|ansettels|stilling|samliv|"
    r"ekteskap|soning|avtale|gruppe|avdeling|kontor)\w*|cv\b|dps\b|vgs\b|fag\w*|aap\b|jobben\b|jobb\b|lån\b|rus\w*|hos\b|på\b(?!\W+grunn)|"
    r"med\b|å\b|kl\b|forrige|tidligere)"
)
_OWN = r"(?:(?:sin|sitt|sine|si|siste|første|eget|egen|en|et|ein|eit|ny|nytt|forrige)\W+)*"
#: "Avsluttet" is said of a follow-up but where something else is its object: "avsluttet kurs". "Avsluttet i jobb" is none.
_STRONG = (
    rf"(?:avslutt(?:et|a|es|ast|e)?|avslutning|avsl|utmeld(?:t|es)|meld(?:t|es|ast)\W+ut|utskri(?:ves|ving)|skrives\W+ut|"
    rf"avbrutt|avbrote|avbrøt|avbryter|brøt\W+av|avlyst|avslått|uaktuell|arkiver(?:t|es)|henlagt|"
    rf"takk(?:et|a|er|ar)?\W+nei|tr(?:akk|ekker|ekkjer)\W+seg|"
    rf"trukket\W+seg|drop\W?out|dropp(?:et|a)\W+ut|hopp(?:et|a)\W+av|falt\W+(?:fra|ut)|frafall|g(?:a|av)\W+seg|avslutningssamtale|"
    rf"(?:tilbakeført|returnert|(?:sendt|sendes)?\W*tilbake)\W+(?:til\W+)?(?:veile|nav|saksb|kontor|rettle)\w*|(?:alders)?pensjonist|"
    rf"gått\W+av\W+med\W+pensjon|(?:innvilg(?:et|a)|fått|fekk|fikk)\W+uføre?\w*|gikk\W+bort|gjekk\W+bort|"
    rf"siste\W+dag\W+i\W+{_OF_A_FOLLOW_UP})\b"
    rf"(?!\W+(?:(?:fra|av|i(?!\W+jobb\b))\W+)?{_OWN}{_SOMETHING_ELSE})"
    rf"(?!\W+til\W+(?:\w+\W+)?{_SOMETHING_ELSE})"
)
#: These are said of much else, and count where nothing follows, or what ``_AFTER_WEAK`` says.
_WEAK = (
    r"(?:slutt(?:et|a|e|er|ar)?|utskrevet|utskrive|skrevet\W+ut|skrive\W+ut|ferdig(?:\W+oppfulgt)?|fullført|avslag|trukket|trekkes|død|døde|"
    r"dødd|døydde|avdød|utgått|gått\W+ut|gikk\W+ut|gjekk\W+ut|går\W+ut|stans(?:et|a|es)|stopp(?:et|a|es)|opphør(?:t|te|er|es)?|exit|lukk(?:et|a|es)|flytt(?:et|a)|"
    r"ikk(?:e|je)\W+(?:lenger\W+)?aktuell(?:\W+lenger)?)"
)
#: A day, the follow-up, or why.
_AFTER_WEAK = (
    rf"(?:\W*$|\W*[/(]|\W+{_A_DAY}|\W+(?:av|i|fra|frå|for|med|ut\W+av)\W+{_OF_A_FOLLOW_UP}|\W+{_OF_A_FOLLOW_UP}|"
    rf"\W+(?:pga|grunnet|på\W+grunn|fordi|da\b|då\b|selv\b|sjølv\b|her\b|etter\W+(?:avtale|eget|eige|ønske)|"
    rf"i\W+(?:jobb|arbeid)\b(?!\W+(?:på|hos|som|i|ved)\b)))"
)
#: "Ute" alone, or out of the follow-up.
_OUT = rf"ute?(?:\W*$|\W+{_A_DAY}|\W+(?:av|frå|fra|or)\W+{_OF_A_FOLLOW_UP})"
#: Whoever has moved may have another office now, but not who has got a flat, and no meeting.
_MOVED = (
    r"(?:flytt(?:et|a|er|ar)\W+(?:til(?!\W+(?:\d|uke|veke|neste|mandag|måndag|tirsdag|tysdag|onsdag|torsdag|fredag|lørdag|"
    rf"{_MONTH}|en\b|ein\b|egen|eigen|eget|eige|ny|nytt|nye|større|mindre|bedre|annen|anna|bolig|bustad|leilighet|mor|far|foreldre|kjæreste|"
    r"samboer|hybel|hus|kl\b))|(?:ut|fra|frå)\W+(?:av\W+)?(?:kommun|fylk|byd|land|distrikt|nav)\w*)|"
    r"over(?:ført|føres|føra|flytt\w*)\W+til\b(?!\W+(?:\w+\W+)?konto)|"
    r"(?:over(?:ført|føres)?|(?:gått\W+|gikk\W+|gjekk\W+|går\W+)?over)\W+(?:til\W+|på\W+|i\W+)?"
    r"(?:aft|vta|aps|arr|vtao|uføre?\w*|anna|annet|annen|andre|tiltak\w*|nav)\b)"
)
#: Whoever leaves by themselves.
_LEAVES = (
    rf"(?:(?:meld(?:te?|er)?|skr(?:evet|iver|ev|ive))\W+seg\W+(?:ut|av)\b(?!\W+(?:(?:av|fra|frå)\W+)?{_OWN}{_SOMETHING_ELSE})|"
    rf"(?:gitt|ga|gav)\W+(?:seg|opp)(?:\W*$|\W+(?:(?:i|med)\W+)?{_OF_A_FOLLOW_UP}|\W+{_A_DAY})|"
    rf"(?:forlot|forlatt|kutt(?:et|a)\W+ut)\W+{_OF_A_FOLLOW_UP}|"
    rf"sa(?:gt)?\W+nei(?:\W+takk)?(?:\W*$|\W+til\W+(?:mer\W+|meir\W+|videre\W+)?{_OF_A_FOLLOW_UP})|"
    r"tr(?:ukket|ukke|akk|ekker|ekkjer)\W+(?:tilbake\W+)?(?:sitt\W+)?samtykke\w*|"
    r"samtykke\w*\W+(?:er\W+)?(?:trukket|trukke|tilbakekalt)|"
    r"mist(?:et|a)\W+kontakt(?:en)?(?:\W*$|\W+med\W+(?:bruk|delt|kand|han|ho|hen)\w*))"
)
_NO_LONGER = r"(?:lenger|lengre|mer|meir|nå|no|videre)"
#: Whom the office does not follow any more.
_NOT_FOLLOWED = (
    rf"(?:(?:fortset\w*|held\W+fram)\W+ikk(?:e|je)(?:\W*$|\W+(?:her|lenger|lengre|videre)\b|\W+(?:i|med)\W+{_OF_A_FOLLOW_UP})|"
    rf"del(?:tar|tek|tok)\W+ikk(?:e|je)(?:\W+{_NO_LONGER})?(?:\W*$|\W+i\W+{_OF_A_FOLLOW_UP}|\W+{_A_DAY})|"
    rf"ikk(?:e|je)\W+(?:lenger\W+|lengre\W+)?(?:aktiv|deltaker|deltakar)\W*$|"
    r"(?:(?:følges|følgjast|følgast|følgt|fulgt)\W+(?:opp\W+)?ikk(?:e|je)|ikk(?:e|je)\W+(?:lenger\W+|lengre\W+)?(?:følgt|fulgt))\b"
    rf"(?:\W+opp)?(?:\W+{_NO_LONGER})?(?:\W+opp)?(?:\W*$|\W+{_A_DAY}|\W+(?:av|i|her)\b(?:\W+(?:oss|ips|meg|nav))?\W*$)|"
    rf"(?:(?:får|har|fekk|fikk)\W+)?ikk(?:e|je)\W+(?:(?:lenger|lengre|behov\W+for|under|i)\W+)*oppfølging\w*(?:\W+{_NO_LONGER})?"
    rf"(?:\W*$|\W+{_A_DAY})|"
    rf"(?:tatt|tas|teke|strøket|stroke|fjernet|fjerna)\W+(?:ut\W+)?(?:av|fra|frå)\W+(?:{_OF_A_FOLLOW_UP}|list\w*)|"
    rf"tatt\W+ut\W*$|strøket\W*$|(?:kastet|kasta)\W+ut(?:\W*$|\W+av\W+{_OF_A_FOLLOW_UP})|"
    r"ekskludert\b|fratrådt\b|meld(?:t|es)\W+tilbake\b)"
)
#: Whoever has something else instead.
_ELSEWHERE = (
    r"(?:omkom(?:met|me)?\b|(?:alders)?pensjonert\b|"
    rf"uføre?(?:trygd\w*)?\W+(?=(?:fra|frå|fom|siden|sidan)\b){_A_DAY}|(?:100\W*)?uføretrygd(?:et|a)(?:\W*$|\W+{_A_DAY})|"
    r"(?:ble|blei|vart|blitt)\W+(?:100\W*)?ufør\w*|"
    r"søk(?:t|te|er|es|jer)\W+over\W+til\W+(?:\w+\W+){0,2}(?:ips|nav|aft|vta|vtao|tiltak\w*)\b|"
    r"(?:beg[yi]n\w*|start(?:et|a|er|ar)|går|gått|deltar|deltek|er|(?:har|fått)\W+plass)\W+(?:nå\W+|no\W+|over\W+)?(?:i|på)\W+"
    r"(?:aft|vta|vtao|aps|arr|arbeidsforb\w*|varig\W+tilr\w*|(?:anna|annet|andre)\W+tiltak|oppfølgingstiltak)\b|"
    r"flytt(?:et|a|er|ar)\W+til\W+(?:en\W+|ein\W+|et\W+|eit\W+)?(?:annen|anna|annet|ny|nytt)\W+"
    r"(?:kommune|by\b|bydel|fylke|land|distrikt|nav)\w*|bytt(?:et|a|er)\W+(?:nav\W?)?(?:kontor|kommune))"
)
#: Words that may stand before a sign in its part of a text.
_BEFORE = (
    r"(?:(?:obs|nb|ip|har|er|ble|blei|vart|vert|blir|bli|nå|no|snart|trolig|og|men|skal|må|bør|vil|ønsker|ønskjer|å|deltaker\w*|deltakar\w*|"
    rf"bruker\w*|brukar\w*|personen|kandidaten|han|hun|ho|hen|{_OF_A_FOLLOW_UP})\W+)*"
)
#: Signs that the follow-up has ended, where a part of a text begins with them.
_ENDED_FIRST = re.compile(
    rf"{_BEFORE}(?:{_STRONG}|{_WEAK}{_AFTER_WEAK}|{_MOVED}|{_OUT}|{_LEAVES}|{_NOT_FOLLOWED}|{_ELSEWHERE})"
)
#: Signs that it has ended, wherever they stand.
_ENDED_ANYWHERE = re.compile(
    rf"\b{_OF_A_FOLLOW_UP}\W+(?:(?!ikk)\w+\W+){{0,2}}(?:(?:av)?slutt|(?:av)?brutt|avsl\b|ferdig|stans|stopp|lukk|henlagt|arkiv)"
    rf"|(?<!ikke )(?<!ikkje )\b(?:avslutt|stans|stopp|slutt|lukk)\w*\W+(?:\w+\W+)?{_OF_A_FOLLOW_UP}"
    r"|^(?:han|hun|ho|bruker\w*|deltaker\w*)?\W*(?:er|har)\W+(?:av)?dødd?\b|\bdød\W+\d|\bavdød\b"
    r"|\btakk(?:et|a)?\W+nei\b(?!\W+til\W+(?:\w+\W+)?(?:jobb|stilling|arbeid|kurs|praksis|intervju|lønn))"
    r"|\btr(?:ukket|akk|ukke)\W+seg\b(?!\W+fra\W+(?:\w+\W+)?(?:jobb|stilling|intervju|søknad|kurs|praksis))"
    rf"|\bikk(?:e|je)\W+(?:lenger\W+(?:med\W*$|i\W+{_OF_A_FOLLOW_UP}|deltak\w*)|(?:med|i\W+{_OF_A_FOLLOW_UP}|deltak\w*)\W+lenger)\b"
    rf"|\b(?:ønsker|ønsket|ønska|ønskjer|vil|ville|ynskjer|orker|orkar)\W+ikk(?:e|je)\W+"
    rf"(?:mer\W*$|meir\W*$|(?:\w+\W+){{0,2}}(?:{_OF_A_FOLLOW_UP}|delta|være\W+med|vere\W+med|fortsette|halde\W+fram)\b)"
    r"|\bskal\W+(?:avsluttes|avsluttast|skrives\W+ut|meldes\W+ut|meldast\W+ut)\b"
)
#: Signs that it rests, where a part of a text begins with them. Nobody is active then, and nobody has ended.
_PAUSED_FIRST = re.compile(
    rf"{_BEFORE}(?:tar\W+|tatt\W+|på\W+|i\W+|satt\W+på\W+|sett\W+på\W+|(?!ikk)\w+\W+på\W+(?=pause))?"
    r"(?:pause(?:t|r)?|vent(?!\w)|(?:foreldre|fødsels|svangerskaps|mamma|pappa)?perm(?:isjon)?)\b"
    rf"(?:\W*$|\W+{_A_DAY}|\W+(?:fra|frå|til|fom|pga|grunnet|ut|nå|no)\b(?!\W+(?:\w+\W+)?(?:skole|skule|jobb|stilling|studi|arbeid|kl)))"
)
#: Where one part of a text ends and the next begins, but not within a day.
_PARTS = re.compile(
    r"[,;!()]|[.:/](?!\d)|(?<!\d)/|\s[–-]+\s|\n|"
    r"\bog\b(?=\W+(?:er\W+|ble\W+|har\W+|skal\W+)?(?:avslutt|slutt|ferdig|utmeld|utskr|meld|flytt))"
)
#: A part of a text that is of something else, and so what stands behind it: "Kartlegging: ferdig".
_ABOUT = re.compile(rf"\W*(?!(?:fikk|fekk|fått|har|i|ny|fast)\b)(?:\w+\W+)?{_SOMETHING_ELSE}\W*")

#: Signs that the person is not to be in the list at all.
_NOT_TO_BE_HERE = re.compile(
    r"\bfeil\W?(?:person|bruker|deltaker|fnr|fødselsn\w*|registrert|ført)\b"
    r"|\b(?:skal|må|kan|bør)\W+(?:slett|fjern)\w*|^\W*slett(?:es|et|a|ast)?\b|\bslettes\b"
    r"|\b(?:dublett|duplikat|dobbeltført|dobbeltregistrert)|\bstår\W+(?:to|2)\W+ganger\b"
    r"|\bikk(?:e|je)\W+(?:ein\W+|en\W+)?(?:(?:vår|våre|av\W+våre|min)\W+(?:ips\W?)?|ips\W?)(?:deltak|bruk[ae]r|kandidat)\w*"
    r"|\b(?:skal|må|bør)\W+ikk(?:e|je)\W+(?:være|vere|stå)\W+(?:med\W*$|(?:med\W+)?(?:her\b|(?:i|på)\W+(?:denne\W+)?list))"
    r"|\bikk(?:e|je)\W+(?:ta\W+med|importer\w*|skriv\W+inn|før\W+inn)\b|\b(?:test|dummy)\W?(?:person|bruker|deltaker)\b"
)


def guess_of(words: object) -> str:
    """The likeliest answer to what a status or a title means; empty where nothing in it tells."""
    text = plain(words)
    guess = next((answer for answer, sign in _COMPILED_GUESSES if sign.search(text)), "")
    # "Får ikke lenger oppfølging" has a word of a follow-up that goes on.
    return HAS_ENDED if guess not in (LEFT_OUT, HAS_ENDED) and says_ended(str(words)) else guess


def says_ended(text: str) -> bool:
    """Whether a remark may say that the follow-up has ended."""
    words = _folded(text)
    return _ENDED_ANYWHERE.search(words) is not None or _begins_a_part(_ENDED_FIRST, words)


def says_paused(text: str) -> bool:
    """Whether a remark may say that the follow-up rests."""
    return _begins_a_part(_PAUSED_FIRST, _folded(text))


def _begins_a_part(sign: re.Pattern[str], words: str) -> bool:
    """Whether a part of a text begins with a sign, and does not say it of what stands in the part before it."""
    is_of_something_else = False
    for part in _PARTS.split(words):
        part = part.strip(" .-–*\"'«»“”")
        if part and not is_of_something_else and sign.match(part):
            return True
        is_of_something_else = _ABOUT.fullmatch(part) is not None
    return False


def says_not_to_be_here(text: str) -> bool:
    """Whether a remark may say that the person is not to be in the list."""
    return _NOT_TO_BE_HERE.search(_folded(text)) is not None


def _folded(text: str) -> str:
    return " ".join(text.lower().split())
