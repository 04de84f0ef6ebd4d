"""What words in a cell mean: forms of employment, address protection, why a job or a follow-up ended.

Outcomes and forms are known by whole phrases only: "Søker jobb" holds the word "jobb" and is no job. Address protection
is known by any sign of it, because a protection too many does less harm than one too few. What is understood from words
that are not the program's own is always said in a remark, so that somebody can see it and object.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from django.conf import settings
from django.utils import translation

from plass.cases.models import CaseEnded, Participant
from plass.jobs.models import JobEnded, JobStarted

Meaning = TypeVar("Meaning")
Table = Sequence[tuple[tuple[str, ...], Meaning]]

FORMS: Table[JobStarted.Form] = (
    (
        (
            "arbeidstrening",
            "arbeidspraksis",
            "praksis",
            "praksisplass",
            "språkpraksis",
            "i praksis",
            "work trial",
            "ulønnet praksis",
            "unpaid placement",
        ),
        JobStarted.Form.WORK_TRIAL,
    ),
    (("hospitering", "jobbsmak", "jobbsmaking", "job taster"), JobStarted.Form.JOB_TASTER),
    (("lærling", "lærekandidat", "læreplass", "lærlingplass", "apprentice"), JobStarted.Form.APPRENTICE),
    (
        ("tilkalling", "tilkallingsvikar", "tilkallingshjelp", "ekstrahjelp", "ringevikar", "ringehjelp", "on call"),
        JobStarted.Form.ON_CALL,
    ),
    (
        ("frilans", "frilanser", "selvstendig", "selvstendig næringsdrivende", "eget firma", "enk", "freelance"),
        JobStarted.Form.FREELANCE,
    ),
    (
        (
            "midlertidig",
            "tidsbegrenset",
            "tidsbegrenset stilling",
            "tidsbegrenset ansettelse",
            "midlertidig ansatt",
            "midlertidig ansettelse",
            "midlertidig stilling",
            "vikar",
            "vikariat",
            "engasjement",
            "prosjektstilling",
            "sesong",
            "sesongarbeid",
            "sesongjobb",
            "sommerjobb",
            "temporary",
        ),
        JobStarted.Form.TEMPORARY,
    ),
    (
        (
            "fast",
            "fast ansatt",
            "fast ansettelse",
            "fast jobb",
            "fast stilling",
            "fast deltid",
            "fast heltid",
            "fast deltidsstilling",
            "fast heltidsstilling",
            "permanent",
        ),
        JobStarted.Form.PERMANENT,
    ),
)
PROTECTIONS: Table[Participant.Protection] = (
    (("strengt", "kode 6", "6", "strictly"), Participant.Protection.STRICTLY_CONFIDENTIAL),
    (("fortrolig", "kode 7", "7", "confidential"), Participant.Protection.CONFIDENTIAL),
    (
        ("arbeider i nav", "jobber i nav", "egen ansatt", "egne ansatte", "own employee", "works at nav"),
        Participant.Protection.OWN_EMPLOYEE,
    ),
    # The register's word for no protection.
    (("ugradert",), Participant.Protection.NONE),
)
#: From the least to the strictest; of two rows about one person the stricter one holds.
STRICTNESS = (
    Participant.Protection.NONE,
    Participant.Protection.OWN_EMPLOYEE,
    Participant.Protection.CONFIDENTIAL,
    Participant.Protection.STRICTLY_CONFIDENTIAL,
)
CAUSES: Table[CaseEnded.Cause] = (
    (
        (
            "gradert uføretrygd og jobb",
            "gradert uføretrygd og arbeid",
            "jobb og gradert uføretrygd",
            "arbeid og gradert uføretrygd",
            "jobb med gradert uføretrygd",
            "arbeid med gradert uføretrygd",
            "i jobb med gradert uføretrygd",
            "i arbeid med gradert uføretrygd",
            "ung uføre i jobb",
        ),
        CaseEnded.Cause.WORK_GRADED,
    ),
    (
        (
            "lønnstilskudd",
            "med lønnstilskudd",
            "jobb med lønnstilskudd",
            "arbeid med lønnstilskudd",
            "fikk jobb med lønnstilskudd",
            "i jobb med lønnstilskudd",
            "i arbeid med lønnstilskudd",
            "varig lønnstilskudd",
            "midlertidig lønnstilskudd",
        ),
        CaseEnded.Cause.WORK_SUBSIDISED,
    ),
    (
        (
            "jobb",
            "i jobb",
            "jobb uten tilskudd",
            "ordinær jobb",
            "ordinært arbeid",
            "i ordinær jobb",
            "i ordinært arbeid",
            "fast jobb",
            "i fast jobb",
            "fikk jobb",
            "fikk fast jobb",
            "fått jobb",
            "har fått jobb",
            "fått fast jobb",
            "fikk arbeid",
            "fått arbeid",
            "har fått arbeid",
            "har jobb",
            "kom i jobb",
            "kommet i jobb",
            "kom i arbeid",
            "kommet i arbeid",
            "begynte i jobb",
            "begynt i jobb",
            "begynte i ny jobb",
            "gikk ut i jobb",
            "gikk til jobb",
            "ut i jobb",
            "ut i arbeid",
            "over i jobb",
            "over i arbeid",
            "til jobb",
            "til arbeid",
            "arbeid",
            "i arbeid",
            "ansatt",
            "fast ansatt",
            "ble ansatt",
            "ble fast ansatt",
            "work",
            "job",
            "in work",
            "got a job",
            "employed",
        ),
        CaseEnded.Cause.WORK,
    ),
    (
        (
            "utdanning",
            "skole",
            "studie",
            "studier",
            "i utdanning",
            "på skole",
            "til utdanning",
            "begynte på skole",
            "begynt på skole",
            "begynte å studere",
            "begynt å studere",
            "begynte på studier",
            "begynt på studier",
            "begynte i utdanning",
            "begynt i utdanning",
            "startet på skole",
            "startet på utdanning",
            "startet utdanning",
            "education",
        ),
        CaseEnded.Cause.EDUCATION_OWN,
    ),
    (
        (
            "søkt uføretrygd",
            "søkt uføre",
            "har søkt uføretrygd",
            "søkt om uføretrygd",
            "søker uføretrygd",
            "søker om uføretrygd",
            "søknad om uføretrygd",
            "søknad om uføretrygd til behandling",
            "søknad om uføre til behandling",
        ),
        CaseEnded.Cause.DISABILITY_APPLIED,
    ),
    (
        (
            "ufør",
            "uføre",
            "uføretrygd",
            "uføretrygdet",
            "100 % uføretrygd",
            "på uføretrygd",
            "over på uføretrygd",
            "fikk uføretrygd",
            "fått uføretrygd",
            "har fått uføretrygd",
            "innvilget uføretrygd",
            "innvilget uføre",
            "uføretrygd innvilget",
            "ble uføretrygdet",
            "ble ufør",
            *(
                "er uføretrygdet",
                "er ufør",
                "blitt ufør",
                "blitt uføretrygdet",
                "100 % ufør",
                "100% ufør",
                "100% uføretrygd",
            ),
            *(
                "over til uføretrygd",
                "gått over til uføretrygd",
                "gikk over til uføretrygd",
                "over på uføre",
                "fått uføre",
            ),
        ),
        CaseEnded.Cause.DISABILITY_GRANTED,
    ),
    (
        (
            *(
                "alderspensjon",
                "alderspensjonist",
                "på alderspensjon",
                "gikk av med alderspensjon",
                "pensjon",
                "pensjonert",
            ),
            *(
                "pensjonist",
                "gått av med pensjon",
                "gikk av med pensjon",
                "gått av med alderspensjon",
                "ble pensjonist",
            ),
        ),
        CaseEnded.Cause.OLD_AGE,
    ),
    (
        (
            *(
                "tiltak",
                "annet tiltak",
                "over i annet tiltak",
                "over til annet tiltak",
                "til annet tiltak",
                "i annet tiltak",
            ),
            *(
                "begynt i annet tiltak",
                "begynte i annet tiltak",
                "overført til annet tiltak",
                "gått over i annet tiltak",
            ),
            *(
                f"{begun}{measure}"
                for begun in (
                    *(
                        "",
                        "til ",
                        "over til ",
                        "over i ",
                        "over på ",
                        "overført til ",
                        "begynt i ",
                        "begynte i ",
                        "begynt på ",
                    ),
                    *(
                        "begynner i ",
                        "begynte på ",
                        "startet i ",
                        "startet på ",
                        "går i ",
                        "går på ",
                        "gått over i ",
                        "gått over til ",
                    ),
                )
                for measure in ("aft", "vta", "vta-o", "arbeidsforberedende trening", "varig tilrettelagt arbeid")
            ),
        ),
        CaseEnded.Cause.OTHER_MEASURE,
    ),
    (
        (
            "syk",
            "sykdom",
            "helse",
            "helseårsaker",
            "av helsemessige årsaker",
            "på grunn av sykdom",
            "pga sykdom",
            "pga. sykdom",
            "pga helse",
            "pga. helse",
            "ble syk",
            "illness",
        ),
        CaseEnded.Cause.ILLNESS,
    ),
    (
        (
            *("eget ønske", "etter eget ønske", "på eget ønske", "eget valg", "trakk seg", "own wish"),
            *("ønsker ikke mer oppfølging", "ønsker ikke oppfølging", "ønsket ikke mer oppfølging", "ønsker ikke mer"),
            *(
                "meldt seg ut",
                "meldte seg ut",
                "har meldt seg ut",
                "meldt seg av",
                "trukket seg",
                "har trukket seg",
                "trekker seg",
            ),
            *(
                "takket nei",
                "har takket nei",
                "takket nei til oppfølging",
                "takket nei til videre oppfølging",
                "takka nei",
            ),
            *(
                "ønsker ikke å fortsette",
                "ønsket ikke å fortsette",
                "ville ikke fortsette",
                "vil ikke fortsette",
                "hoppet av",
            ),
            *(
                "avsluttet selv",
                "sluttet selv",
                "avsluttet etter eget ønske",
                "sluttet etter eget ønske",
                "vil ikke mer",
            ),
            *("trukket samtykke", "trakk samtykke", "trakk samtykket", "sagt nei", "sa nei", "withdrew"),
        ),
        CaseEnded.Cause.OWN_WISH,
    ),
    (
        (
            *("annet", "anna", "annen årsak", "andre årsaker", "flyttet", "flytta", "flytting", "moved", "har flyttet"),
            *(
                "flyttet til annen kommune",
                "flyttet til en annen kommune",
                "flyttet ut av kommunen",
                "flyttet fra kommunen",
            ),
            *("flyttet til utlandet", "død", "døde", "militæret", "førstegangstjeneste"),
        ),
        CaseEnded.Cause.OTHER,
    ),
)
END_REASONS: Table[JobEnded.Reason] = (
    (
        (
            "ny jobb",
            "annen jobb",
            "fikk ny jobb",
            "fikk annen jobb",
            "fått ny jobb",
            "fått annen jobb",
            "begynte i ny jobb",
            "begynte i annen jobb",
            "byttet jobb",
            "new job",
        ),
        JobEnded.Reason.NEW_JOB,
    ),
    (
        (
            "sa opp",
            "sa opp selv",
            "sa selv opp",
            "sluttet selv",
            "har sagt opp selv",
            "sagt opp selv",
            "egen oppsigelse",
            "resigned",
        ),
        JobEnded.Reason.RESIGNED,
    ),
    (
        (
            "konkurs",
            "bedriften gikk konkurs",
            "arbeidsgiver gikk konkurs",
            "nedbemanning",
            "nedbemannet",
            "permittert",
            "permittering",
            "økonomi",
            "bedriftens økonomi",
        ),
        JobEnded.Reason.ECONOMY,
    ),
    (
        (
            "oppsagt",
            "ble oppsagt",
            "ble sagt opp",
            "sagt opp av arbeidsgiver",
            "oppsagt av arbeidsgiver",
            "avskjed",
            "avskjediget",
            "fikk sparken",
            "dismissed",
        ),
        JobEnded.Reason.DISMISSED,
    ),
    (
        (
            "syk",
            "sykdom",
            "helse",
            "helseårsaker",
            "ble syk",
            "på grunn av sykdom",
            "pga sykdom",
            "pga. sykdom",
            "pga helse",
            "pga. helse",
            "health",
        ),
        JobEnded.Reason.HEALTH,
    ),
    (
        (
            "utdanning",
            "skole",
            "studier",
            "begynte på skole",
            "begynte å studere",
            "begynte på studier",
            "startet utdanning",
        ),
        JobEnded.Reason.EDUCATION,
    ),
    (
        (
            "utløp",
            "utløpt",
            "avtalt",
            "avtalt slutt",
            "ferdig",
            "vikariat",
            "vikariat ferdig",
            "vikariatet ferdig",
            "vikariat over",
            "vikariat slutt",
            "vikariatet utløp",
            "vikariat utløpt",
            "engasjement ferdig",
            "kontrakt utløpt",
            "kontrakten utløp",
            "kontrakten gikk ut",
            "avtalen gikk ut",
            "sesong",
            "sesong slutt",
            "sesongen var over",
            "sesong over",
        ),
        JobEnded.Reason.AGREED_END,
    ),
)
#: Beside one of these a word says the opposite of itself: "ikke i jobb", "mistet jobben".
TURNED = re.compile(r"\b(ikke|ingen|uten|mistet|avbrutt|not|no|lost)\b")


def label_of(choices: Sequence[tuple[str, object]], words: str) -> str | None:
    """The choice whose label or value the cell is, in lower case, as this program and its files write it.

    The labels of every language count: a list is not read in the language that it was filled in.
    """
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for value, label in choices:
                if words in (str(label).lower(), value):
                    return value
    return None


def phrase(table: Table[Meaning], words: str) -> Meaning | None:
    """The meaning of a cell that is one of the table's phrases as a whole, but for capitals and a point after it."""
    words = " ".join(words.lower().rstrip(" .!").split())
    return next((understood for phrases, understood in table if words in (p.rstrip(".") for p in phrases)), None)


def sign(table: Table[Meaning], words: str) -> Meaning | None:
    """The first meaning with a sign in ``words`` (lower case), as whole words; None where a "not" stands beside."""
    if TURNED.search(words):
        return None
    for signs, understood in table:
        if any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", words) for word in signs):
            return understood
    return None
