"""The inference panel: every test that a study by offices can have, side by side (check 4 of an honest report).

The t of offices' changes with a simulated distribution decides (`simulated_inference`); with several starts the
changes are those from each office's own start (`plass.evaluation.inference.own_starts`). WCR,
randomisation inference on t and Welch's test stand beside it, and the report says where they disagree with it; CRV3
supports; CRV1 is there for comparison and is not to be trusted. Where WCR and WCU disagree, the treated offices are too
few, and the subcluster bootstrap is added as a third voice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from plass.evaluation.data.cells import NEVER, Cells
from plass.evaluation.errors import NotIdentified
from plass.evaluation.estimators.effects import TREATMENT, Effect, did
from plass.evaluation.estimators.regression import Estimate
from plass.evaluation.inference.bootstrap import WildBootstrap, wild_bootstrap
from plass.evaluation.inference.common_start import donald_lang, office_changes, welch
from plass.evaluation.inference.own_starts import changes_since_start
from plass.evaluation.inference.randomisation import Randomisation, randomise_changes, randomise_fit
from plass.evaluation.inference.simulated_inference import SimulatedT, people_noise, simulated_t, without_covariates
from plass.evaluation.inference.subclusters import subcluster_bootstrap
from plass.evaluation.study import Weighting


@dataclass(frozen=True)
class Inference:
    """All tests of one pooled effect. What does not apply is None, and `reasons` says why, by the field's name.

    simulated, welch_office: offices' changes, every office alike; simulated_person, welch_person: weighted by their rows;
    randomised: what was exchanged. The simulated ones hold the covariates fixed, Welch's and Donald-Lang's do not.
    """

    effect: Effect
    crv1: Estimate
    crv3: Estimate
    simulated: SimulatedT | None
    simulated_person: SimulatedT | None
    wcr: WildBootstrap
    wcu: WildBootstrap
    subcluster: WildBootstrap | None
    randomisation: Randomisation
    randomised: str
    welch_person: Estimate | None
    welch_office: Estimate | None
    donald_lang: Estimate | None
    reasons: dict[str, str]
    alpha: float

    @property
    def disagree(self) -> bool:
        """Whether WCR and WCU differ in what they reject, which tells that the treated offices are too few."""
        return (self.wcr.p <= self.alpha) != (self.wcu.p <= self.alpha)

    @property
    def headline(self) -> float:
        """The p-value of the decision: the simulated t's; where it does not apply, the larger of WCR's and of RI on t's.

        Why: docs/decisions/0095.
        """
        return max(self.wcr.p, self.randomisation.p) if self.decider is None else self.decider.p

    @property
    def decider(self) -> SimulatedT | None:
        """The simulated t of offices alike, None where it does not apply."""
        return self.simulated if self.simulated is not None and self.simulated.applies else None

    @property
    def interval(self) -> tuple[float, float]:
        """The effects that the deciding test does not reject: the simulated t's, else WCR's."""
        return (self.wcr.low, self.wcr.high) if self.decider is None else (self.decider.low, self.decider.high)

    @property
    def others_reject(self) -> int | None:
        """How many of WCR, RI on t and Welch reject, None where Welch does not apply."""
        if self.welch_office is None or math.isnan(self.welch_office.p):
            return None
        return sum(p <= self.alpha for p in (self.wcr.p, self.randomisation.p, self.welch_office.p))

    @property
    def others_disagree(self) -> bool:
        """Whether most of WCR, RI on t and Welch contradict the test that decides."""
        reject = self.others_reject
        return self.decider is not None and reject is not None and (reject >= 2) != (self.headline <= self.alpha)


def infer(
    cells: Cells,
    outcome: str,
    *,
    covariates: Sequence[str] = (),
    weighting: Weighting = "person",
    alpha: float = 0.05,
    seed: int = 0,
    draws: int = 19_999,
    interval: bool = True,
) -> Inference:
    """Run the whole panel for the pooled effect on an outcome. draws: where not every pattern can be gone through;
    without interval the bootstraps' bounds are nan (they are the slower half)."""
    effect = did(cells, outcome, covariates=covariates, weighting=weighting, alpha=alpha)
    fit = effect.fit
    wcr, wcu = (
        wild_bootstrap(fit, TREATMENT, restricted=restricted, alpha=alpha, draws=draws, seed=seed, interval=interval)
        for restricted in (True, False)
    )
    reasons: dict[str, str] = {}
    third = None
    if (wcr.p <= alpha) != (wcu.p <= alpha):
        third = subcluster_bootstrap(fit, TREATMENT, draws=min(draws, 9_999), seed=seed)
    else:
        reasons["subcluster"] = "WCR and WCU agree, so no third voice is needed."
    common = len({int(first) for first in cells.first_treated if first < NEVER}) == 1
    by_person = by_office = pooled = simulated = simulated_person = None
    if common:
        changes = office_changes(cells, outcome, weighting)
        held = without_covariates(cells, outcome, fit) if covariates else cells
        simulated_person, simulated = (
            simulated_t(
                scheme_changes, people_noise(held, outcome, scheme_changes), alpha=alpha, draws=draws, seed=seed
            )
            for scheme_changes in (office_changes(held, outcome, scheme) for scheme in ("person", "office"))
        )
        by_person, by_office = (welch(office_changes(cells, outcome, scheme), alpha) for scheme in ("person", "office"))
        pooled = donald_lang(changes, alpha)
    else:
        held = without_covariates(cells, outcome, fit) if covariates else cells
        try:
            simulated_person, simulated = (
                simulated_t(*changes_since_start(held, outcome, scheme), alpha=alpha, draws=draws, seed=seed)
                for scheme in ("person", "office")
            )
            of = {scheme: changes_since_start(cells, outcome, scheme)[0] for scheme in ("person", "office")}
            by_person, by_office = welch(of["person"], alpha), welch(of["office"], alpha)
            pooled = donald_lang(of[weighting], alpha)
        except NotIdentified as error:
            tests = ("simulated", "simulated_person", "welch_office", "welch_person", "donald_lang")
            reasons |= dict.fromkeys(tests, str(error))
    if common and not covariates:
        randomisation = randomise_changes(changes, draws=draws, seed=seed)
        randomised = "which offices are treated, on offices' changes"
    else:
        randomisation = randomise_fit(
            cells, outcome, covariates=covariates, weighting=weighting, draws=min(draws, 4_999), seed=seed
        )
        randomised = "which offices get which start, on the full regression"
    return Inference(
        effect,
        fit.estimate(TREATMENT, "CRV1", alpha),
        fit.estimate(TREATMENT, "CRV3", alpha),
        simulated,
        simulated_person,
        wcr,
        wcu,
        third,
        randomisation,
        randomised,
        by_person,
        by_office,
        pooled,
        reasons,
        alpha,
    )
