"""Who was referred: did the mix or the number of participants change where the trial was?

If trial offices came to take in people closer to work, outcomes rise without anybody being helped more. The same
difference in differences is run on what was fixed before referral, on the outcome that the mix alone predicts, and on
the size and composition of the inflow; where referral did change, Lee's bounds say how much of the effect it could
explain, and reweighting holds the mix fixed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from plass.evaluation.data.office_panel import Floats, Integers, OfficePanel
from plass.evaluation.diagnostics.power import office_splits
from plass.evaluation.estimators.office_contrasts import Contrast, change_contrast, change_since, welch


@dataclass(frozen=True, slots=True, eq=False)
class Inflow:
    """How many people of each kind entered: ``counts`` (offices, periods, kinds), with each office's start.

    A kind is one pattern of covariates fixed before referral. Raises ``ValueError`` for negative counts or shapes that
    do not fit; ``first_treated`` is as in ``OfficePanel``.
    """

    counts: Floats
    first_treated: Integers

    def __post_init__(self) -> None:
        if self.counts.ndim != 3 or self.first_treated.shape != self.counts.shape[:1]:
            raise ValueError("inflow: counts must be offices by periods by kinds, with a start for each office")
        if not np.isfinite(self.counts).all() or (self.counts < 0).any():
            raise ValueError("inflow: a count is negative or not a finite number")

    @property
    def total(self) -> Floats:
        """(offices, periods): everybody."""
        return np.asarray(self.counts.sum(axis=2), dtype=np.float64)

    def scored(self, value: ArrayLike) -> OfficePanel:
        """The mean of ``value`` (kinds,) among those who entered: what the mix alone gives."""
        worth = np.asarray(value, dtype=np.float64)
        if worth.shape != self.counts.shape[2:]:
            raise ValueError("inflow: one value is needed for each kind of person")
        total = self.total
        mean = (self.counts @ worth) / np.where(total > 0, total, 1.0)
        return OfficePanel(np.asarray(mean, dtype=np.float64), total, self.first_treated)

    def volume(self) -> OfficePanel:
        """The logarithm of the number entering; periods without anybody have no weight."""
        total = self.total
        filled = np.log(np.where(total > 0, total, 1.0))
        return OfficePanel(filled, (total > 0).astype(np.float64), self.first_treated)


def predicted_by_kind(people: ArrayLike, outcomes: ArrayLike, prior: float = 1.0) -> Floats:
    """The outcome each kind of person can be expected to have, from people untouched by the trial.

    ``people`` and ``outcomes`` (kinds,) are numbers and sums of outcomes among them; a kind's mean is pulled towards
    the mean of all with the weight of ``prior`` people, so that rare kinds do not predict wildly. Kinds never seen get
    the mean. Raises ``ValueError`` where there is nobody.
    """
    number, total = np.asarray(people, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    if number.sum() <= 0 or (number < 0).any():
        raise ValueError("predicted outcome: there is nobody to learn from")
    overall = total.sum() / number.sum()
    return np.asarray((total + prior * overall) / (number + prior), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class MixShift:
    """How far the composition of the inflow moved at trial offices beyond comparison offices.

    ``distance`` is half the sum of absolute differences of changes of shares: the share of people who would have to be
    exchanged. ``p_value`` compares it with that of other splits of the offices; it is at least ``smallest_p``.
    """

    distance: float
    p_value: float
    smallest_p: float


def mix_shift(inflow: Inflow, draws: int = 2_000, seed: int = 20_130_401) -> MixShift:
    """Compare changes of composition with those under other splits of the offices: all of them or ``draws``.

    With several starts, the draws hand the same starts to other offices, and comparison offices' changes are averaged
    over the starts as the design does. Raises ``ValueError`` where an office took in nobody before or after.
    """
    panel = inflow.volume()
    starts = panel.cohorts
    changes = np.stack([_mix_change(inflow, start) for start in starts])
    order = np.concatenate([np.flatnonzero(panel.first_treated == start) for start in starts])
    cohort = np.concatenate([np.full((panel.first_treated == start).sum(), i) for i, start in enumerate(starts)])
    share = np.bincount(cohort) / cohort.size
    mixed = np.einsum("s,sok->ok", share, changes)
    count = order.size
    if len(starts) == 1:
        splits, enumerated = office_splits(panel.offices, count, draws, seed)
    else:
        generator = np.random.default_rng(seed)
        splits, enumerated = np.argsort(generator.random((draws, panel.offices)), axis=1)[:, :count], False

    def distances(groups: Integers) -> Floats:
        inside, mixed_inside = changes[cohort, groups].sum(axis=1), mixed[groups].sum(axis=1)
        gap = inside / count - (mixed.sum(axis=0) - mixed_inside) / (panel.offices - count)
        return np.asarray(np.abs(gap).sum(axis=1) / 2, dtype=np.float64)

    observed = float(distances(order[None, :])[0])
    extreme = int((distances(splits) >= observed - 1e-12).sum())
    total = len(splits)
    if enumerated:
        return MixShift(observed, max(extreme, 1) / total, 1 / total)
    return MixShift(observed, (extreme + 1) / (total + 1), 1 / (total + 1))


def _mix_change(inflow: Inflow, start: int) -> Floats:
    """Each office's change of the shares of kinds over a start; (offices, kinds)."""
    before, after = inflow.counts[:, :start].sum(axis=1), inflow.counts[:, start:].sum(axis=1)
    if (before.sum(axis=1) == 0).any() or (after.sum(axis=1) == 0).any():
        raise ValueError("inflow: an office took in nobody before or nobody after the start")
    return np.asarray(
        after / after.sum(axis=1, keepdims=True) - before / before.sum(axis=1, keepdims=True), dtype=np.float64
    )


@dataclass(frozen=True, slots=True)
class SelectionAccount:
    """What changed in who came: the predicted outcome, the number (in logs), and the mix."""

    predicted: Contrast
    volume: Contrast
    mix: MixShift
    share_of_effect: float

    @property
    def referral_changed(self) -> bool:
        """Whether any of the three changed significantly at trial offices, by each test's own level of 5 %."""
        return any(contrast.applies and contrast.p_value <= 0.05 for contrast in (self.predicted, self.volume)) or (
            self.mix.p_value <= 0.05
        )


def selection_account(inflow: Inflow, predicted: ArrayLike, effect: float, alpha: float = 0.05) -> SelectionAccount:
    """Run the design on the inflow; ``share_of_effect`` is the predicted outcome's difference over ``effect``.

    ``predicted`` (kinds,) as from ``predicted_by_kind``. The share is ``nan`` where the effect is 0.
    """
    contrast = change_contrast(inflow.scored(predicted), alpha=alpha)
    share = contrast.difference / effect if effect else float("nan")
    return SelectionAccount(contrast, change_contrast(inflow.volume(), alpha=alpha), mix_shift(inflow), share)


# --- Bounds ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LeeBounds:
    """Bounds on an effect when one group holds ``trimmed`` (0 to 1) of people who would not have come otherwise."""

    lower: float
    upper: float
    trimmed: float


def trimmed_means(values: ArrayLike, weights: ArrayLike, share: float) -> tuple[float, float]:
    """The mean without the highest and the mean without the lowest ``share`` of the weight.

    A value that straddles the cut keeps part of its weight, so that the answer is exact for yes-or-no outcomes. Raises
    ``ValueError`` unless 0 <= share < 1.
    """
    value, weight = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if not 0 <= share < 1 or weight.sum() <= 0 or (weight < 0).any():
        raise ValueError("bounds: the share to trim must lie between 0 and 1, and somebody must be left")
    means = []
    for sign in (1.0, -1.0):
        order = np.argsort(sign * value, kind="stable")
        keep = (1 - share) * weight.sum()
        kept_weight = np.clip(keep - (np.cumsum(weight[order]) - weight[order]), 0.0, weight[order])
        means.append(float((kept_weight * value[order]).sum() / kept_weight.sum()))
    return means[0], means[1]


def lee_bounds(
    treated: tuple[ArrayLike, ArrayLike],
    control: tuple[ArrayLike, ArrayLike],
    treated_selected: float,
    control_selected: float,
) -> LeeBounds:
    """Bounds for those who are observed under either arm.

    ``treated`` and ``control`` are values and weights of those observed; ``*_selected`` the shares observed. The arm
    with the larger share is trimmed by the excess. Source: Lee (2009), Review of Economic Studies 76(3), 1071-1102,
    proposition 1a.
    """
    if not (0 < treated_selected <= 1 and 0 < control_selected <= 1):
        raise ValueError("bounds: the shares observed must lie above 0 and at most 1")
    excess = max(0.0, 1 - control_selected / treated_selected)
    shortfall = max(0.0, 1 - treated_selected / control_selected)
    low, high = trimmed_means(*treated, excess)
    other_low, other_high = trimmed_means(*control, shortfall)
    return LeeBounds(low - other_high, high - other_low, max(excess, shortfall))


def referral_bounds(
    trial_before: tuple[ArrayLike, ArrayLike],
    trial_after: tuple[ArrayLike, ArrayLike],
    comparison_change: float,
    inflow_ratio: float,
) -> LeeBounds:
    """Bounds on the difference in differences when referral to trial offices changed.

    ``trial_before`` and ``trial_after`` are values and weights of participants, ``comparison_change`` the comparison
    offices' change of mean, ``inflow_ratio`` the growth of trial offices' inflow over that of comparison offices (1.2:
    a fifth more than expected came). More than expected: the extra people after the start are trimmed. Fewer: those
    before who would no longer have come. Assumes that referral moved in one direction only, for everybody.
    """
    if not np.isfinite(inflow_ratio) or inflow_ratio <= 0:
        raise ValueError("bounds: the ratio of inflows must be above 0")
    share_after = max(0.0, 1 - 1 / inflow_ratio)
    share_before = max(0.0, 1 - inflow_ratio)
    low_after, high_after = trimmed_means(*trial_after, share_after)
    low_before, high_before = trimmed_means(*trial_before, share_before)
    lower = low_after - high_before - comparison_change
    return LeeBounds(lower, high_after - low_before - comparison_change, max(share_after, share_before))


def spread_bounds(
    trial_before: tuple[float, float],
    trial_after: tuple[float, float],
    comparison_change: float,
    inflow_ratio: float,
) -> LeeBounds:
    """Outer bounds in the place of Lee's where only means and variances are known; arguments as in ``referral_bounds``,
    but each group as (mean, variance).

    Whoever is taken away, a share ``p`` of people with standard deviation ``s`` can move the mean of the rest by
    ``s * sqrt(p / (1 - p))`` at most (the spread between the two parts is no larger than the whole), and with two values
    it does. The bounds hold for any distribution and are never narrower than Lee's.
    """
    if not np.isfinite(inflow_ratio) or inflow_ratio <= 0:
        raise ValueError("bounds: the ratio of inflows must be above 0")
    share_after = max(0.0, 1 - 1 / inflow_ratio)
    share_before = max(0.0, 1 - inflow_ratio)
    reach = sum(
        float(np.sqrt(max(variance, 0.0) * share / (1 - share)))
        for (_, variance), share in ((trial_before, share_before), (trial_after, share_after))
    )
    difference = trial_after[0] - trial_before[0] - comparison_change
    return LeeBounds(difference - reach, difference + reach, max(share_after, share_before))


# --- Reweighting -----------------------------------------------------------------------------------------------------


def hold_mix(outcome_by_kind: ArrayLike, inflow: Inflow, mix: ArrayLike | None = None) -> OfficePanel:
    """The panel with every office and period reweighted to one mix of kinds (by default that before the first start).

    ``outcome_by_kind`` (offices, periods, kinds) holds means, read where somebody entered. Kinds that an office lacks
    in a period are left out there and the rest scaled up; a period keeps its number of people as weight.
    """
    outcome = np.asarray(outcome_by_kind, dtype=np.float64)
    start = min(OfficePanel(inflow.total, inflow.total, inflow.first_treated).cohorts)
    shares = inflow.counts[:, :start].sum(axis=(0, 1)) if mix is None else np.asarray(mix, dtype=np.float64)
    present = (inflow.counts > 0) * shares
    total = present.sum(axis=2)
    filled = np.where(inflow.counts > 0, outcome, 0.0)
    mean = (present * filled).sum(axis=2) / np.where(total > 0, total, 1.0)
    return OfficePanel(mean, np.where(total > 0, inflow.total, 0.0), inflow.first_treated)


def balance(values: ArrayLike, panel: OfficePanel, alpha: float = 0.05) -> Contrast:
    """The difference of levels before the start of one covariate panel (offices, periods), office by office."""
    start = panel.common_start()
    return welch(panel.with_outcome(values).mean(slice(0, start))[0], panel.ever_treated, alpha)


def standardised_difference(panel: OfficePanel) -> float:
    """The difference in changes over the standard deviation of offices' changes (pooled); ``nan`` without spread."""
    change = change_since(panel)
    trial, comparison = change[panel.ever_treated], change[~panel.ever_treated]
    if trial.size < 2 or comparison.size < 2:
        return float("nan")
    spread = np.sqrt((trial.var(ddof=1) + comparison.var(ddof=1)) / 2)
    return float((trial.mean() - comparison.mean()) / spread) if spread > 0 else float("nan")
