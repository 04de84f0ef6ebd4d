"""Offices' changes where they start at different times: one number an office, and what chance among people adds to it.

The numbers are those of `office_contrasts.change_since` over the whole time before and after each start. Each is a
weighted sum of an office's means by period, so that the people's part of its variance follows from the same weights, and the
headline test (`plass.evaluation.inference.simulated_inference`) needs nothing else: docs/decisions/0111.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plass.evaluation.data.cells import NEVER, Cells, Floats, Ints
from plass.evaluation.errors import NotIdentified
from plass.evaluation.inference.common_start import OfficeChanges
from plass.evaluation.study import Weighting


@dataclass(frozen=True)
class OwnChanges:
    """value: each office's change, nan where it has nothing before or after; load: what each period's mean counts in it,
    (offices, periods); counts: what the office counts for, (offices,)."""

    value: Floats
    load: Floats
    counts: Floats


def own_changes(weight: Floats, mean: Floats, first: Ints, weighting: Weighting = "office") -> OwnChanges:
    """Changes of offices from weights and means by period, (offices, periods), and first treated periods, (offices,).

    A trial office's number is its change at its own start less that of the never-treated offices there, plus theirs over all
    starts; a never-treated office's is the mean of its changes over the starts, weighted by the trial offices of each.
    By people an office counts for as much as its people tell of its change, 1 / sum(load**2 / weight): with one start
    that is before * after / (before + after), as in `common_start`.
    """
    starts = sorted({int(start) for start in first if start < NEVER})
    control = first >= NEVER
    if not starts or not control.any():
        raise NotIdentified("Offices' own changes need trial offices and offices that are never treated.")
    loads = np.stack([_load(weight, start) for start in starts])
    filled = np.where(weight > 0, mean, 0.0)
    change = np.einsum("sgt,gt->sg", loads, filled)
    inside = np.stack([first == start for start in starts])
    by_people = weighting == "person"
    own = inside & np.isfinite(change)
    information = (
        np.stack([_information(start_load, weight) for start_load in loads]) if by_people else np.ones(change.shape)
    )
    size = np.where(own, information, 0.0).sum(axis=1)
    if not size.any():
        raise NotIdentified("No trial office has rows both before and after its start.")
    used = size > 0
    loads, change, inside, information = loads[used], change[used], inside[used], information[used]
    share = size[used] / size[used].sum()
    load = np.einsum("s,sgt->gt", share, loads)
    value = np.einsum("s,sg->g", share, change)
    known = control & np.isfinite(value)
    if not known.any():
        raise NotIdentified("No comparison office has rows both before and after every start.")
    counts = _information(load, weight) if by_people else np.ones(len(value))
    usual = np.average(change[:, known], axis=1, weights=counts[known])
    value[~control] = np.nan
    for place, members in enumerate(inside):
        value[members] = change[place, members] - usual[place] + float(share @ usual)
        load[members] = loads[place, members]
        counts[members] = information[place, members]
    return OwnChanges(value, load, counts)


def changes_since_start(cells: Cells, outcome: str, weighting: Weighting = "office") -> tuple[OfficeChanges, Floats]:
    """The changes, and the people's part of the variance of each, (offices,).

    In `OfficeChanges` the whole change stands under `after`, and `before` is zero: with several starts a comparison office
    has no two means that it would be the difference of.
    """
    from plass.evaluation.inference.simulated_inference import person_variance

    panel = cells.panel(outcome)
    changes = own_changes(panel.w, panel.mean, panel.first_treated, weighting)
    observed = np.isfinite(changes.value)
    names = tuple(name for name, is_observed in zip(cells.offices, observed, strict=True) if is_observed)
    value = changes.value[observed]
    person, ww = person_variance(cells, outcome)
    with np.errstate(invalid="ignore", divide="ignore"):
        load_per_weight = np.where(panel.w > 0, changes.load / panel.w, 0.0)
    noise = person * (load_per_weight**2 * ww)[observed].sum(axis=1)
    treated = panel.first_treated[observed] < NEVER
    if not treated.any() or treated.all():
        raise NotIdentified("No treated or no comparison office has rows both before and after the start.")
    n = cells.of(outcome).n.astype(np.float64)
    rows = np.asarray(np.bincount(cells.office, weights=n, minlength=len(cells.offices))[observed], dtype=np.float64)
    return OfficeChanges(names, np.zeros(len(value)), value, changes.counts[observed], rows, treated), noise


def _information(load: Floats, weight: Floats) -> Floats:
    """What offices' people tell of a change: one over the variance of its sum, in units of one person's."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 / np.where(weight > 0, load**2 / weight, 0.0).sum(axis=1))


def _load(weight: Floats, start: int) -> Floats:
    """What each period's mean counts in the change at a start; nan for offices without rows on one side."""
    after = np.arange(weight.shape[1]) >= start
    with np.errstate(invalid="ignore", divide="ignore"):
        second = np.where(after, weight, 0.0) / np.where(after, weight, 0.0).sum(axis=1, keepdims=True)
        first = np.where(after, 0.0, weight) / np.where(after, 0.0, weight).sum(axis=1, keepdims=True)
    return np.asarray(second - first)
