"""How often the tests and the verdict are right: simulated, and written to a page that anybody can make again.

    python -m plass.evaluation.calibration                        # docs/evaluation/calibration.md, some twenty minutes
    python -m plass.evaluation.calibration --studies 500 --worlds 20 --out /tmp/quick.md

Every number on the page is one that the run counted; the same seed gives the same page but for its time and versions.
"""

from __future__ import annotations

import argparse
import datetime as dt
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plass.evaluation.simulation.coverage import CoverageRow, coverage_table
from plass.evaluation.simulation.misspecification import Departure, departures
from plass.evaluation.simulation.monte_carlo import METHODS, RULES, Design, draw, p_values, rules
from plass.evaluation.simulation.staggering import DESIGNS, Staggered, staggered_sizes
from plass.evaluation.synthetic_worlds import WORLDS, World

ALPHA = 0.05
#: The designs of the table in the project's reference on evaluation.
REFERENCE = (
    Design(15, 5, "small"),
    Design(30, 5, "large"),
    Design(60, 5, "small"),
    Design(60, 5, "random"),
    Design(15, 2, "random"),
    Design(60, 1, "large"),
)
#: Where the headline test must hold its size.
HEADLINE = tuple(
    Design(offices, 5, treated_size) for offices in (10, 15, 30, 60) for treated_size in ("random", "small", "large")
)
#: The test that leads a report (docs/decisions/0095), and the rule that did before it.
RULE = "simulated t"
EARLIER = "two of WCR, RI on t and Welch"
#: An effect that a test knowing the spread would find in 80 of 100 studies.
STANDARD_ERRORS = 2.8
#: Offices of the made studies: of the source (five and five), and the worlds' own.
SHAPES = ((5, 5), (5, 10))

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Rates:
    """How often each method and rule rejects at 5 per cent in a design: without an effect, and with one."""

    design: Design
    studies: int
    size: Mapping[str, float]
    power: Mapping[str, float]


@dataclass(frozen=True)
class Judged:
    """The verdicts over made studies of one world, by key; false where it claims an effect that is not there."""

    world: World
    offices: tuple[int, int]
    verdicts: Mapping[str, int]

    @property
    def studies(self) -> int:
        """How many were made."""
        return sum(self.verdicts.values())

    def share(self, which: str) -> float:
        """The share of right, partly right, wrong or held back ("cannot tell") verdicts."""
        kinds = {"right": self.world.right, "partly": self.world.partly, "wrong": self.world.wrong}
        known = self.world.right | self.world.partly | self.world.wrong
        count = sum(
            number
            for key, number in self.verdicts.items()
            if (key in kinds[which] if which in kinds else key not in known)
        )
        return count / self.studies


def monte_carlo_error(rate: float, studies: int) -> float:
    """The standard error of a share counted over so many studies."""
    return math.sqrt(rate * (1 - rate) / studies)


def rates(design: Design, studies: int, seed: int) -> Rates:
    """Simulate a design: the same studies without and with an effect."""
    generator = np.random.Generator(
        np.random.PCG64([seed, design.offices, design.treated, ord(design.treated_size[0])])
    )
    weight, change = draw(design, studies, generator)
    share = [
        weight[:, side] / weight[:, side].sum(axis=1, keepdims=True)
        for side in (slice(design.treated), slice(design.treated, None))
    ]
    estimate = (share[0] * change[:, : design.treated]).sum(axis=1) - (share[1] * change[:, design.treated :]).sum(
        axis=1
    )
    effect = STANDARD_ERRORS * float(estimate.std())
    rejections = []
    for lift in (0.0, effect):
        moved = change.copy()
        moved[:, : design.treated] += lift
        p_by_method = p_values(weight, moved, design.treated, generator)
        p_by_method.update(rules(p_by_method))
        rejections.append({name: _rejected(p) for name, p in p_by_method.items()})
    return Rates(design, studies, *rejections)


def _rejected(p: np.ndarray) -> float:
    # A method that does not apply (all nan) has no rate; a rule with such a test among its own has none either.
    return float(np.mean(p <= ALPHA)) if np.isfinite(p).all() else math.nan


def judge(world: World, offices: tuple[int, int], studies: int, seed: int) -> Judged:
    """The verdict of the whole engine over made studies of a world with so many trial and comparison offices."""
    from plass.evaluation.pipeline import evaluate

    verdicts: Counter[str] = Counter()
    for number in range(studies):
        synthetic = world.made(seed + number, trial=offices[0], comparison=offices[1])
        verdicts[evaluate(synthetic.study(Path()), synthetic.cells(), quick=True, draws=999).verdict.key] += 1
    return Judged(world, offices, dict(sorted(verdicts.items())))


def calibrate(studies: int, worlds: int, seed: int, progress: Progress = lambda *_: None) -> str:
    """Run everything; the page as text. studies: a design; worlds: studies of each world and number of offices."""
    begun = time.process_time()
    designs = list(dict.fromkeys([*REFERENCE, *HEADLINE]))
    shapes = [(world, offices) for offices in SHAPES for world in WORLDS] if worlds else []
    steps = len(designs) + len(shapes) + 2
    rates_by_design = {}
    for done, design in enumerate(designs):
        progress(design.name, done, steps)
        rates_by_design[design] = rates(design, studies, seed)
    judged = []
    for done, (world, offices) in enumerate(shapes, start=len(designs)):
        progress(world.name, done, steps)
        judged.append(judge(world, offices, worlds, seed))
    progress("departures", steps - 2, steps)
    troubled = departures(studies, seed)
    progress("several starts", steps - 2, steps)
    starting = {staggered: staggered_sizes(staggered, studies, seed) for staggered in DESIGNS}
    progress("the checks", steps - 1, steps)
    checks = coverage_table(max(20, studies // 5), seed)
    progress("", steps, steps)
    from plass.evaluation.results import versions

    software = ", ".join(f"{name} {version}" for name, version in versions().items())
    lines = [
        "# Calibration",
        "",
        "Written by `python -m plass.evaluation.calibration`; change nothing by hand.",
        "",
        f"{studies:,} made studies for each design, {worlds:,} for each made world, seed {seed}, "
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {(time.process_time() - begun) / 60:.0f} minutes of one core. {software}.",
        "",
        *_about(),
        "## Size: how often a test finds an effect where there is none",
        "",
        f"At 5 per cent. The chance error of .050 is {monte_carlo_error(ALPHA, studies):.4f}; what is more than three of "
        "them above is in bold: not to be trusted there.",
        "",
        *_methods_table([rates_by_design[design] for design in REFERENCE], "size", METHODS, studies),
        "## Power: how often a test finds an effect of 2.8 standard errors",
        "",
        "A test that knew the spread would find it in 80 of 100 studies. The power of a test whose size is in bold above is "
        "worth nothing.",
        "",
        *_methods_table([rates_by_design[design] for design in REFERENCE], "power", METHODS, studies),
        *_headline([rates_by_design[design] for design in HEADLINE], studies),
        *_departures(troubled, studies),
        *_starting(starting, studies),
        *_worlds(judged),
        *_checks(checks),
    ]
    return "\n".join(lines)


def _about() -> list[str]:
    return [
        "An office's change from before to after is normal; its variance is the office's own luck (1) and that of its "
        "people (200 divided by their number). Sizes are log-normal around 200 people with a standard deviation of the "
        "logarithm of 0.8, so that of thirty offices the largest is some twenty-five times the smallest. "
        '"Small": the smallest offices are the treated ones; "large": the largest. Estimates are weighted by people.',
        "",
        "Simulated t: the difference of offices' mean changes over an error for each side, offices alike or by people, "
        "compared with its distribution simulated for the study's own offices (999 draws here, 19,999 in a report).",
        "",
        "CRV1, CRV3: cluster-robust errors, t with G - 1 degrees of freedom. WCR, WCU: the wild cluster bootstrap, "
        "restricted and unrestricted, every pattern of signs up to 20,000, else 999 draws. RI: randomisation inference on "
        "the difference and on its t, every choice up to 20,000, else 999. Welch: on offices' changes.",
        "",
    ]


def _methods_table(results: Sequence[Rates], quantity: str, methods: Sequence[str], studies: int) -> list[str]:
    rows = [
        [
            result.design.name,
            *(_rate(getattr(result, quantity)[name], studies if quantity == "size" else 0) for name in methods),
        ]
        for result in results
    ]
    return [*_table(["offices treated", *methods], rows), ""]


def _headline(results: Sequence[Rates], studies: int) -> list[str]:
    tests = ("WCR", "RI on t", "Welch, offices alike")
    names = (RULE, "simulated t, by people", *tests, *RULES)
    error = monte_carlo_error(ALPHA, studies)
    lowest, highest = (pick(result.size[RULE] for result in results) for pick in (min, max))
    farthest = max(abs(result.size[RULE] - ALPHA) for result in results) / error
    gains = [result.power[RULE] - result.power[EARLIER] for result in results if not math.isnan(result.power[EARLIER])]
    alone = {name: max(result.size[name] for result in results if not math.isnan(result.size[name])) for name in tests}
    return [
        "## The headline test",
        "",
        "An effect is called found when the t of offices' changes, every office counting alike, lies outside 95 per cent of "
        "its simulated distribution. Where offices start at different times, see below.",
        "",
        *_methods_table(results, "size", names, studies),
        f"The simulated t's size lies between {_rate(lowest, 0)} and {_rate(highest, 0)}, so at most {farthest:.1f} chance "
        f"errors ({error:.4f}) from .050. WCR reaches {_rate(alone['WCR'], 0)}, RI on t {_rate(alone['RI on t'], 0)} and "
        f"Welch {_rate(alone['Welch, offices alike'], 0)}.",
        "",
        "Its power, beside theirs:",
        "",
        *_methods_table(results, "power", names, studies),
        f"Against the earlier rule, {EARLIER}, its power differs by {_signed(min(gains))} to {_signed(max(gains))}, on "
        f"average by {_signed(sum(gains) / len(gains))}. The effect is the same at every office here; "
        "by people the same test says less where one office outweighs the others.",
        "",
    ]


def _departures(sizes_by_case: Mapping[tuple[Departure, Design], Mapping[str, float]], studies: int) -> list[str]:
    names = (RULE, "simulated t, by people", "Welch, offices alike", "CRV3")
    rows = [
        [departure.name, design.name, *(_rate(sizes[name], studies) for name in names)]
        for (departure, design), sizes in sizes_by_case.items()
    ]
    worst = max(sizes_by_case, key=lambda key: sizes_by_case[key][RULE])
    return [
        "### Where its model is wrong",
        "",
        f"Sizes over {studies:,} studies a line (chance error {monte_carlo_error(ALPHA, studies):.4f}). The simulated t "
        "takes changes for normal, the two sides for equally spread, and the people's part of the variance for known. It is "
        f"farthest off at {worst[1].name} with this departure: {worst[0].name}, {_rate(sizes_by_case[worst][RULE], 0)}. "
        "Skewed changes with a few treated against many others deceive every one of these tests, and a handful of offices "
        "cannot show whether their changes are skewed.",
        "",
        *_table(["departure", "offices treated", *names], rows),
        "",
    ]


def _starting(sizes_by_design: Mapping[Staggered, Mapping[str, float]], studies: int) -> list[str]:
    names = (RULE, "simulated t, by people", "Welch, offices alike", "Welch, by people", "Donald-Lang")
    rows = [
        [
            design.name,
            ", ".join(str(start) for start in design.starts),
            design.luck,
            *(_rate(sizes[name], studies) for name in names),
        ]
        for design, sizes in sizes_by_design.items()
    ]
    lowest, highest = (pick(sizes[RULE] for sizes in sizes_by_design.values()) for pick in (min, max))
    least, most = (pick(sizes["simulated t, by people"] for sizes in sizes_by_design.values()) for pick in (min, max))
    return [
        "### Several starts",
        "",
        f"Sizes over {studies:,} studies a line (chance error {monte_carlo_error(ALPHA, studies):.4f}) of the same test on "
        "offices' changes counted from their own starts, in panels of twelve periods with sizes as above. An office's luck "
        f"is drawn anew each period, or drifts. The simulated t's size lies between {_rate(lowest, 0)} and "
        f"{_rate(highest, 0)}, by people between {_rate(least, 0)} and {_rate(most, 0)}. By people an office counts for as "
        "much as its people tell of its change (docs/decisions/0112). "
        "Where every office starts at last there is no such test, and WCR and RI on t must both reject, which errs low.",
        "",
        *_table(["offices treated", "starts", "luck", *names], rows),
        "",
    ]


def _worlds(judged: Sequence[Judged]) -> list[str]:
    if not judged:
        return []
    lines = [
        "## The verdict in six made worlds",
        "",
        "The whole engine on made studies of which the truth is known (`plass.evaluation.synthetic_worlds`). "
        "Right: the verdict is "
        'the whole truth of the world. Partly: "an effect is shown; whether it lasts cannot be told", which is true of '
        "every world with an effect, and says itself what it leaves open. Wrong: it says something false, as "
        '"shown lasting" does in the first world and "shown early" in the stable ones. "Cannot tell": it holds back. '
        '"Comparison fails" is false in all six: the joint test before the start and the placebo outcome see something by '
        "chance now and then, held by Holm's correction to a nominal 5 of 100 studies "
        "together; the counts below say what came of it.",
        "",
    ]
    for offices in dict.fromkeys(judgement.offices for judgement in judged):
        comparable = [judgement for judgement in judged if judgement.offices == offices]
        rows = [
            [
                judgement.world.name,
                f"{judgement.studies:,}",
                *(f"{100 * judgement.share(which):.1f} %" for which in ("right", "partly", "wrong", "held back")),
                ", ".join(
                    f"{key.replace('_', ' ')} {number}"
                    for key, number in sorted(judgement.verdicts.items(), key=lambda v: -v[1])
                ),
            ]
            for judgement in comparable
        ]
        lines += [
            f"### {offices[0]} trial offices and {offices[1]} comparison offices",
            "",
            *_table(["world", "studies", "right", "partly", "wrong", "cannot tell", "verdicts"], rows),
            "",
        ]
    lines += ["What is true in them:", ""]
    lines += [f"- *{world.name}*: {world.truth}" for world in WORLDS]
    claimed = [judgement for judgement in judged if judgement.world.name == "pure selection"]
    wrong_shares = "; ".join(
        f"{100 * judgement.share('wrong'):.1f} per cent with {judgement.offices[0]} of {sum(judgement.offices)} offices"
        for judgement in claimed
    )
    return [*lines, "", f"An effect claimed where there is only selection: {wrong_shares}.", ""]


def _checks(coverage: Sequence[CoverageRow]) -> list[str]:
    rows = [
        [row.method, row.design, row.what, f"{row.promised:.2f}", f"{row.share:.3f}", f"{row.error:.3f}"]
        for row in coverage
    ]
    return [
        "## The checks beside the headline",
        "",
        f"{coverage[0].runs:,} made studies for each line. Methods whose share is far from the promise are in the table to "
        "show why the engine does not use them, or only beside others: the ordinary interval where trends depart, "
        "Conley-Taber for offices of unlike size, chi-square with few offices.",
        "",
        *_table(["method", "design", "what is counted", "promised", "share", "chance error"], rows),
        "",
    ]


def _signed(value: float) -> str:
    """+.012 or -.004."""
    return f"{value:+.3f}".replace("0.", ".", 1)


def _rate(value: float, studies: int) -> str:
    """.049; in bold where it is more than three chance errors above 5 per cent (studies: 0 for never)."""
    if math.isnan(value):
        return "–"
    text = f"{value:.3f}".removeprefix("0") if value < 1 else "1.000"
    return f"**{text}**" if studies and value > ALPHA + 3 * monte_carlo_error(ALPHA, studies) else text


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m plass.evaluation.calibration", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--studies", type=int, default=10_000, help="made studies for each design (10000)")
    parser.add_argument("--worlds", type=int, default=300, help="studies of each made world; 0 leaves them out (300)")
    parser.add_argument("--seed", type=int, default=20130401)
    parser.add_argument("--out", type=Path, default=Path("docs/evaluation/calibration.md"))
    chosen = parser.parse_args(arguments)

    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(file=sys.stderr)) as bar:
        task = bar.add_task("calibration")

        def progress(step: str, done: int, steps: int) -> None:
            bar.update(task, description=step or "calibration", completed=done, total=steps)

        page = calibrate(chosen.studies, chosen.worlds, chosen.seed, progress)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(page, encoding="utf-8")
    sys.stderr.write(f"Written: {chosen.out}\n")


if __name__ == "__main__":
    main()
