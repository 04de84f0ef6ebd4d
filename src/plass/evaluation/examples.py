"""Studies to look around in. Their people are made up, and their titles say so.

`kjerneoppgaver` is made to have the published figures of the trial of core tasks ("forsøk NAV kjerneoppgaver", Spjelkavik:
Inkluderingskompetanse), and nothing else of it is real: sizes of offices, levels, hours, covariates, waiting times and
costs are ours, because they were not published. The published figures, all of which the made data have to the digit
printed:

- five trial offices and five comparison offices, 2012-2015, start 1 April 2013;
- the difference in differences on coming into work is 9.3 percentage points, 39.0 per cent more than without
  (so 23.8 per cent without);
- three trial offices did as well as their comparison, two did better;
- wage subsidies went from 6.0 to 24.8 per cent at trial offices and from 12.6 to 13.2 at comparison offices.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plass.evaluation.data.cells import NEVER, Bools, Ints
from plass.evaluation.data.office_panel import twoway_residual
from plass.evaluation.errors import StudyError
from plass.evaluation.simulation.synthetic_people import KINDS, MadeStudy, first_day, months, take, to_quota
from plass.evaluation.study import Cost, Study, Waiting, _nearest
from plass.evaluation.synthetic_worlds import RECENT_WORK, USUAL_JOBS, YOUNG

if TYPE_CHECKING:
    import pandas as pd

#: Published: points, per cent of the counterfactual, per cent without; and wage subsidies before and after, in shares.
PUBLISHED = (9.3, 39.0, 23.8)
#: Within the rounding of all three.
EFFECT, RELATIVE = 0.0929, 0.390
SUBSIDY = {"trial": (0.060, 0.248), "comparison": (0.126, 0.132)}
BEGIN, MONTHS, START = 2012, 48, 15
SEED = 20130401


@dataclass(frozen=True)
class MadeOffice:
    """An office of the example: people a month, and the shares that come into work before and after the start."""

    name: str
    trial: bool
    monthly: float
    before: float
    after: float


#: Names of trial offices as in the source; everything else is ours. Two trial offices gain sixteen points on the others.
OFFICES = (
    MadeOffice("Bamble", True, 7, 0.205, 0.212),
    MadeOffice("Heimdal", True, 17, 0.217, 0.385),
    MadeOffice("Kongsvinger", True, 8, 0.241, 0.252),
    MadeOffice("Sammenligning A", False, 15, 0.235, 0.248),
    MadeOffice("Sammenligning B", False, 9, 0.210, 0.236),
    MadeOffice("Sammenligning C", False, 12, 0.252, 0.249),
    MadeOffice("Sammenligning D", False, 7, 0.228, 0.243),
    MadeOffice("Sammenligning E", False, 17, 0.245, 0.252),
    MadeOffice("Ski", True, 10, 0.251, 0.265),
    MadeOffice("Åsane", True, 18, 0.229, 0.401),
)


@dataclass(frozen=True)
class Example:
    """A study that can be written to a folder: the people, spells of waiting, and what else the study file says."""

    made: MadeStudy
    people: pd.DataFrame
    spells: pd.DataFrame
    cost: Cost
    waiting: Waiting

    def write(self, folder: Path, language: str = "en") -> Study:
        """Write people.parquet, waiting.parquet and study.toml (its words in "en" or "nb"); the study of that file."""
        from plass.evaluation.study_file import read_study

        folder.mkdir(parents=True, exist_ok=True)
        self.people.to_parquet(folder / "people.parquet", index=False)
        ended_how = self.spells.ended_how.replace(ENDINGS) if language == "nb" else self.spells.ended_how
        self.spells.assign(ended_how=ended_how).to_parquet(folder / "waiting.parquet", index=False)
        study = self.made.study(folder, cost=self.cost, waiting=self.waiting)
        if language == "nb":
            study = _in_bokmal(study)
        (folder / "study.toml").write_text(toml(study), encoding="utf-8")
        return read_study(folder / "study.toml")


#: What the example calls things, in bokmål. A study's own words are its author's, in one language.
BOKMAL = {
    "Made-up people: an example with the published figures of the trial of core tasks": (
        "Oppdiktede mennesker: et eksempel med de publiserte tallene fra forsøket med kjerneoppgaver"
    ),
    "Do more people get into work when the office follows them up itself?": (
        "Kommer flere i arbeid når kontoret følger dem opp selv?"
    ),
    "In work": "I arbeid",
    "Hours a week": "Timer i uka",
    "In part-time work": "I deltidsarbeid",
    "Wage subsidy": "Lønnstilskudd",
    "Worked in the two years before": "I arbeid i de to årene før",
    "Has children at home": "Har barn hjemme",
    "Cost of follow-up": "Kostnad for oppfølgingen",
    "In work, people alike": "I arbeid, alle personer teller likt",
    "In work, offices alike": "I arbeid, alle kontorer teller likt",
    "In work, age and recent work held fixed": "I arbeid, alder og nylig arbeid holdt fast",
    "Hours a week, people alike": "Timer i uka, alle personer teller likt",
}

#: How waiting ended, as the file of the example says it in bokmål.
ENDINGS = {"met": "møtte", "gave up": "ga opp"}


def _in_bokmal(study: Study) -> Study:
    return replace(
        study,
        title=BOKMAL[study.title],
        question=BOKMAL[study.question],
        outcomes=tuple(replace(outcome, label=BOKMAL[outcome.label]) for outcome in study.outcomes),
        specifications=tuple(
            replace(specification, name=BOKMAL[specification.name]) for specification in study.specifications
        ),
    )


def kjerneoppgaver(seed: int = SEED) -> Example:
    """The made-up example with the published figures of the trial of core tasks. Some 5,900 people."""
    generator = np.random.Generator(np.random.PCG64(seed))
    trial = np.array([office.trial for office in OFFICES])
    after = np.arange(MONTHS) >= START
    on = trial[:, None] & after
    # Fewer are referred in July; trial offices took in a few more people once they had begun.
    season = np.resize(np.array([1, 1, 1, 1, 1, 0.9, 0.5, 1, 1.2, 1.1, 1, 0.7]), MONTHS)
    rate = np.array([office.monthly for office in OFFICES])[:, None] * season * np.where(on, 1.08, 1.0)
    mix = np.array(
        [(0.35 if recent == "yes" else 0.65) * (0.45 if age == "under 30" else 0.55) for age, recent in KINDS]
    )
    people = generator.poisson(rate[:, :, None] * mix).astype(np.int64)

    kind = np.array([RECENT_WORK * ((r == "yes") - 0.35) + YOUNG * ((a == "under 30") - 0.45) for a, r in KINDS])
    working = np.zeros_like(people)
    for place, office in enumerate(OFFICES):
        for side, share in ((~after, office.before), (after, office.after)):
            entrants = people[place, side]
            # The way of working was learnt by and by: the gain grows over the first six months.
            grows = np.clip((np.flatnonzero(side) - START + 1) / 6, 0.4, 1.0) if side is after and office.trial else 1.0
            chance = np.clip(office.before + np.atleast_1d((share - office.before) * grows)[:, None] + kind, 0.01, 0.95)
            drawn = generator.binomial(entrants, np.broadcast_to(chance, entrants.shape))
            working[place, side] = to_quota(generator, drawn, entrants, round(share * int(entrants.sum())))
    working = _to_the_published_effect(generator, people, working, trial)

    subsidy = np.zeros_like(people)
    for name, group in (("trial", trial), ("comparison", ~trial)):
        for side, share in zip((~after, after), SUBSIDY[name], strict=True):
            cut = np.ix_(group, side)
            subsidy[cut] = take(generator, people[cut], round(share * int(people[cut].sum())))
    jobs = np.where(on[:, :, None, None], (0.18, 0.42, 0.40), USUAL_JOBS)
    held = generator.multinomial(working, np.broadcast_to(jobs, (*working.shape, 3)))
    study = MadeStudy(
        "kjerneoppgaver",
        "Made-up people: an example with the published figures of the trial of core tasks",
        "Do more people get into work when the office follows them up itself?",
        tuple(office.name for office in OFFICES),
        months(BEGIN, MONTHS),
        np.where(trial, START, NEVER).astype(np.int64),
        np.concatenate([(people - working)[..., None], held], axis=3).astype(np.int64),
        subsidy,
        generator.binomial(people, 0.4).astype(np.int64),
        seed,
    )
    frame = study.rows()
    started = frame.office.isin([office.name for office in OFFICES if office.trial]) & (
        frame.month >= first_day("2013-04")
    )
    # "To the same price": about the same for each person, spread as such costs are.
    frame["cost"] = np.round(generator.gamma(4.0, np.where(started, 15_500, 15_000)), -2)
    return Example(
        study,
        frame,
        _spells(generator, frame, started.to_numpy()),
        Cost(outcome="cost"),
        Waiting(("waiting.parquet",), "office", "referred_on", "ended_on", "ended_how", horizon=180),
    )


def _to_the_published_effect(generator: np.random.Generator, people: Ints, working: Ints, trial: Bools) -> Ints:
    """Move a few people after the start, at trial and at comparison offices, until the figures are the published ones.

    The effect of the two-way regression is a sum over cells, so what moving a person does to it is known except for the
    cell, which chance picks; hence several rounds.
    """
    n = people.sum(axis=2).astype(np.float64)
    after = np.arange(MONTHS) >= START
    treated, control = trial[:, None] & after, (~trial)[:, None] & after
    residual = twoway_residual(treated.astype(np.float64), n)
    push = residual / float((n * residual**2).sum())
    more = np.arange(-60, 61)
    for _ in range(50):
        y = working.sum(axis=2)
        now = float((push * y).sum())
        without = float(y[treated].sum() / n[treated].sum()) - now
        if tuple(round(100 * part, 1) for part in (now, now / without, without)) == PUBLISHED:
            return working
        effect = now + more[:, None] * float(push[treated].mean()) + more * float(push[control].mean())
        mean = (float(y[treated].sum()) + more[:, None]) / float(n[treated].sum())
        off = np.hypot(effect - EFFECT, (effect / (mean - effect) - RELATIVE) * 0.4)
        # Of equally good ways the one that moves fewest people.
        best = np.argmin(np.maximum(off, 0.0001) + (np.abs(more[:, None]) + np.abs(more)) * 1e-6)
        for group, at in ((trial, int(best) // more.size), (~trial, int(best) % more.size)):
            cut = np.ix_(group, after)
            employed = working[cut]
            working = working.copy()
            working[cut] = to_quota(generator, employed, people[cut], int(employed.sum() + more[at]))
    raise ValueError("example: the published figures were not reached")


def _spells(generator: np.random.Generator, people: pd.DataFrame, started: Bools) -> pd.DataFrame:
    """How long each waited from referral to the first meeting: met, gave up waiting, or still waiting at the end."""
    import pandas as pd

    count = len(people)
    referred = people.month.to_numpy().astype("datetime64[D]") + generator.integers(0, 28, count).astype(
        "timedelta64[D]"
    )
    met = generator.exponential(np.where(started, 28.0, 45.0), count)
    gave_up = generator.exponential(400.0, count)
    days = np.ceil(np.minimum(met, gave_up)).astype("timedelta64[D]")
    ended = referred + days
    open_still = ended > np.datetime64("2015-12-31")
    how = np.where(met <= gave_up, "met", "gave up").astype(object)
    how[open_still] = None
    return pd.DataFrame(
        {
            "office": people.office,
            "person": people.person,
            "referred_on": [day.astype(dt.date) for day in referred],
            "ended_on": [None if still else day.astype(dt.date) for day, still in zip(ended, open_still, strict=True)],
            "ended_how": how,
        }
    )


#: The examples by name.
EXAMPLES: dict[str, Callable[[], Example]] = {"kjerneoppgaver": kjerneoppgaver}


def example(name: str) -> Example:
    """The example of that name. Raises StudyError with the nearest name."""
    if name not in EXAMPLES:
        raise StudyError(f"There is no example {name!r}{_nearest(name, list(EXAMPLES))}.")
    return EXAMPLES[name]()


def toml(study: Study) -> str:
    """A study as the text of a study file; `read_study` gives the same study back."""
    import dataclasses

    head = {key: getattr(study, key) for key in ("name", "title", "question", "seed", "alpha")}
    lines = ["[study]", *(f"{key} = {_value(value)}" for key, value in head.items())]
    for name in ("data", "columns", "treatment", "neighbours", "cost", "waiting"):
        part = getattr(study, name)
        keys = _keys(dataclasses.asdict(part)) if part is not None else []
        lines += ["", f"[{name}]", *keys] if keys else []
    for name in ("outcomes", "specifications"):
        for part in getattr(study, name):
            lines += ["", f"[[{name}]]", *_keys(dataclasses.asdict(part))]
    return "\n".join(lines) + "\n"


def _keys(table: dict[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in table.items() if value is not None and value != ()]


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dt.date):
        return value.isoformat()
    # JSON's texts, numbers and truth values are TOML's.
    return json.dumps(value, ensure_ascii=False)
