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

_ENDED_WORDS = (
    r"(?:avslutt(?:et|a|es|ast)|slutt(?:et|a)|utskrevet|utskrive|utmeldt|ferdig|fullført|avbrutt|avslått|avslag|avlyst|"
    r"trukket(?: seg)?|trakk seg(?! fra)|takk(?:et|a) nei|død|døde|avdød|utgått|stanset|ikk(?:e|je) (?:lenger )?aktuell)"
)
#: What they are said of where they are said of a follow-up.
_OF_A_FOLLOW_UP = r"(?:oppfølging\w*|oppfølgning\w*|ips|sak|saken|løp|løpet|tiltaket|deltakelse\w*)"
_MONTH = r"(?:jan|feb|mar|apr|mai|jun|jul|aug|sep|okt|nov|des|vår|høst|sommer|vinter|fjor|år)"
#: Signs that the follow-up has ended. "Sluttet i juni" is one, "Sluttet på kurs" and "Fått avslag på AAP" are not.
_ENDED = re.compile(
    # First in the text, and nothing of something else behind it.
    rf"^\W*(?:(?:obs|nb|ip|har|er|ble|blei|vart|{_OF_A_FOLLOW_UP}|deltaker\w*|bruker\w*|personen|han|hun|ho)\W+)*{_ENDED_WORDS}"
    rf"(?:\W*$|\W*\d|\W*[,.;:(!/–-]|\W+(?:i|fra|den|per|pr|siden|pga|grunnet|etter|da|fordi|selv|her|seg)\b(?!\W+(?:jobb|skole|kurs))"
    rf"|\W+{_MONTH}|\W+{_OF_A_FOLLOW_UP}|\W+på grunn|\W+i (?:jobb|arbeid))"
    rf"|\b{_OF_A_FOLLOW_UP}\W+(?:\w+\W+){{0,2}}(?:av)?(?:slutt|brutt|ferdig|stans|stopp)"
    rf"|\b(?:avslutt|stans|stopp|slutt)\w*\W+(?:\w+\W+)?{_OF_A_FOLLOW_UP}"
    r"|\b(?:er|har)\W+(?:av)?dødd?\b|\bdød\W+\d|\bavdød\b|\bgikk\W+bort\b"
    r"|\btakk(?:et|a)?\W+nei\b(?!\W+til\W+(?:\w+\W+)?(?:jobb|stilling|arbeid|kurs|praksis|intervju|lønn))"
    r"|\btr(?:ukket|akk|ukke)\W+seg\b(?!\W+fra\W+(?:\w+\W+)?(?:jobb|stilling|intervju|søknad|kurs|praksis))"
    rf"|\b(?:ønsker|vil|ynskjer)\W+ikk(?:e|je)\W+(?:\w+\W+){{0,2}}(?:{_OF_A_FOLLOW_UP}|delta|være\W+med|fortsette)\b"
    r"|\bskal\W+(?:avsluttes|skrives\W+ut|meldes\W+ut)\b"
)
#: Signs that the person is not to be in the list at all.
_NOT_TO_BE_HERE = re.compile(
    r"\bfeil\W?(?:person|bruker|deltaker|fnr|fødselsn\w*|registrert|ført)\b"
    r"|\b(?:skal|må|kan|bør)\W+(?:slett|fjern)\w*|^\W*slett(?:es|et|a|ast)?\b|\bslettes\b"
    r"|\b(?:dublett|duplikat|dobbeltført|dobbeltregistrert)|\bstår\W+(?:to|2)\W+ganger\b"
    r"|\bikk(?:e|je)\W+(?:ta\W+med|importer\w*|skriv\W+inn|før\W+inn)\b|\b(?:test|dummy)\W?(?:person|bruker|deltaker)\b"
)
#: What every sign has something of, so that most cells are looked at once.
_MAYBE = re.compile(
    r"slutt|utskr|utmeld|ferdig|fullf|brutt|avsl|avlyst|tr[au]kk|takk|død|bort|utgått|stan[sg]|stopp|ikk|feil|slett|fjern|dubl|"
    r"dupl|dobbel|ganger|test|dummy|meldes|skrives"
)


def guess_of(words: object) -> str:
    """The likeliest answer to what a status or a title means; empty where nothing in it tells."""
    text = plain(words)
    return next((answer for answer, sign in _COMPILED_GUESSES if sign.search(text)), "")


def says_ended(text: str) -> bool:
    """Whether a remark may say that the follow-up has ended."""
    words = _folded(text)
    return _MAYBE.search(words) is not None and _ENDED.search(words) is not None


def says_not_to_be_here(text: str) -> bool:
    """Whether a remark may say that the person is not to be in the list."""
    words = _folded(text)
    return _MAYBE.search(words) is not None and _NOT_TO_BE_HERE.search(words) is not None


def _folded(text: str) -> str:
    return " ".join(text.lower().split())
