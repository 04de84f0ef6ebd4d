"""Group-time effects and what they add up to, beside csdid and moderndid (both ports of R's did)."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from types import SimpleNamespace

import moderndid
import numpy as np
import pandas as pd
from csdid.att_gt import ATTgt
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from oracles.figures import KEPT
from plass.evaluation.data.cells import NEVER, Cells
from plass.evaluation.estimators.event_studies import event_study
from plass.evaluation.estimators.group_time import Aggregate, GroupTimeEffects, group_time_effects
from tests.evaluation.designs import make

MANY = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), phases=[Phase.generate]
)
CONTROL = {"never": "nevertreated", "not_yet": "notyettreated"}
FACTOR = "theirs divide by G, ours by G - 1: times the root of G/(G-1)"
KINDS: tuple[Aggregate, ...] = ("simple", "dynamic", "group", "calendar")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """They print tables, and warn of small groups."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


@st.composite
def panels(draw: st.DrawFn) -> tuple[pd.DataFrame, Cells, str]:
    """A balanced panel of offices with several starts, as a frame (periods from 1, 0 is never) and as cells."""
    # csdid refuses fewer than five offices that are never treated.
    offices, periods = draw(st.integers(9, 16)), draw(st.integers(4, 8))
    rng = np.random.default_rng(draw(st.integers(0, 1_000_000)))
    starts = np.sort(rng.choice(np.arange(1, periods), size=draw(st.integers(1, 3)), replace=False))
    first = np.full(offices, NEVER)
    treated = draw(st.integers(len(starts) + 1, offices - 5))
    first[:treated] = starts[np.concatenate([np.arange(len(starts)), rng.integers(0, len(starts), treated)])[:treated]]
    rng.shuffle(first)
    mean = rng.normal(0, 1, (offices, 1)) + rng.normal(0, 0.5, (offices, periods))
    mean = mean + rng.normal(0.5, 0.3) * (np.arange(periods) >= first[:, None])
    cells = Cells.from_means(mean, 1, first, within=0)
    frame = pd.DataFrame({"office": cells.office + 1, "period": cells.period + 1, "y": cells.of("outcome").wy})
    frame["first"] = np.where(first < NEVER, first + 1, 0)[cells.office]
    return frame, cells, draw(st.sampled_from(sorted(CONTROL)))


def by_csdid(frame: pd.DataFrame, comparison: str, **more: object) -> ATTgt:
    with quiet():
        made = ATTgt("y", "period", more.pop("idname", "office"), "first", frame.copy(), CONTROL[comparison], **more)
        return made.fit(est_method="reg", base_period="universal", bstrap=False)


def by_moderndid(frame: pd.DataFrame, comparison: str) -> SimpleNamespace:
    with quiet():
        return moderndid.att_gt(
            frame,
            "y",
            "period",
            "office",
            "first",
            est_method="reg",
            control_group=CONTROL[comparison],
            base_period="universal",
            boot=False,
            cband=False,
        )


def compare(ours: GroupTimeEffects, told: list[tuple[float, ...]], package: str, what: str) -> None:
    """Each of ours beside theirs. told: cohort and period from 1, effect and error; the base period has no error."""
    theirs = {(int(g) - 1, int(t) - 1): (att, se) for g, t, att, se in told if np.isfinite(se)}
    mine = {(int(g), int(t)) for g, t in zip(ours.cohort, ours.period, strict=True)}
    assert set(theirs) == mine
    effect = KEPT.of(f"{what}: effects", package, "the same", 1e-8)
    error = KEPT.of(f"{what}: errors", package, FACTOR, 1e-8)
    factor = np.sqrt(len(ours.influence) / (len(ours.influence) - 1))
    for (cohort, period), (att, se) in theirs.items():
        found = ours.estimate(cohort, period)
        effect.saw(abs(found.value - att) / max(1.0, abs(att)))
        error.saw(abs(found.standard_error / (se * factor) - 1))


def sizes_as_estimates(
    ours: GroupTimeEffects, kind: Aggregate, panel_first: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The errors of the aggregations if cohorts' sizes were estimates too, as R's did counts them: by event time (or cohort,
    or calendar period), and overall. Ours take the sizes as given; this is the exact difference."""
    made = ours.aggregate(kind)
    g = len(panel_first)
    after = ours.period >= ours.cohort
    share = np.array([(panel_first == one).mean() for one in ours.cohort])
    mine = ours.influence * g

    def with_sizes(effects: np.ndarray, influence: np.ndarray, size: np.ndarray, cohort: np.ndarray) -> np.ndarray:
        inside = (panel_first[:, None] == cohort[None, :]) - size[None, :]
        wif = inside / size.sum() - inside.sum(axis=1, keepdims=True) * size[None, :] / size.sum() ** 2
        return influence @ (size / size.sum()) + wif @ effects

    if kind == "simple":
        total = with_sizes(ours.effect[after], mine[:, after], share[after], ours.cohort[after])
        return np.zeros(0), np.sqrt((total**2).mean() / g)
    index = {"dynamic": ours.period - ours.cohort, "group": ours.cohort, "calendar": ours.period}[kind]
    chosen = np.ones(len(index), bool) if kind == "dynamic" else after
    parts = []
    for one in made.at:
        here = (index == one) & chosen
        if kind == "group":
            parts.append(mine[:, here].mean(axis=1))
        else:
            parts.append(with_sizes(ours.effect[here], mine[:, here], share[here], ours.cohort[here]))
    each = np.stack(parts, axis=1)
    if kind == "group":
        size = np.array([(panel_first == one).mean() for one in made.at])
        overall = with_sizes(made.effect, each, size, made.at)
    else:
        overall = each[:, made.at >= 0].mean(axis=1) if kind == "dynamic" else each.mean(axis=1)
    return np.sqrt((each**2).mean(axis=0) / g), np.sqrt((overall**2).mean() / g)


@MANY
@given(drawn=panels())
def test_effects_aggregations_and_event_study(drawn: tuple[pd.DataFrame, Cells, str]) -> None:
    frame, cells, comparison = drawn
    ours = group_time_effects(cells, "outcome", comparison=comparison)
    first = by_csdid(frame, comparison)
    told = first.results
    second = by_moderndid(frame, comparison)
    compare(
        ours,
        list(zip(told["group"], told["year"], told["att"], told["se"], strict=True)),
        "csdid",
        "group-time effects",
    )
    compare(
        ours,
        list(zip(second.groups, second.times, second.att_gt, second.se_gt, strict=True)),
        "moderndid",
        "group-time effects",
    )
    for kind in KINDS:
        mine = ours.aggregate(kind)
        errors, overall_error = sizes_as_estimates(ours, kind, cells.first_treated)
        with quiet():
            one = first.aggte(typec=kind, bstrap=False, cband=False).atte
            two = moderndid.aggte(second, type=kind, boot=False, cband=False)
        found = {
            "csdid": (one["overall_att"], one["overall_se"], one["egt"], one["att_egt"], one["se_egt"]),
            "moderndid": (
                two.overall_att,
                two.overall_se,
                two.event_times,
                two.att_by_event,
                two.se_by_event,
            ),
        }
        for package, (att, se, at, parts, part_errors) in found.items():
            effect = KEPT.of(f"aggregation {kind}: effects", package, "the same", 1e-8)
            error = KEPT.of(
                f"aggregation {kind}: errors",
                package,
                "ours with the influence of cohorts' sizes added, which theirs take for estimates and ours for given; /G",
                1e-8,
            )
            effect.saw(abs(mine.overall - att))
            error.saw(abs(overall_error / se - 1))
            if kind == "simple":
                continue
            place = {int(when) - (0 if kind == "dynamic" else 1): i for i, when in enumerate(np.ravel(at))}
            flat = np.ravel(np.asarray(part_errors, dtype=float))
            for i, when in enumerate(mine.at.tolist()):
                effect.saw(abs(mine.effect[i] - float(np.ravel(parts)[place[when]])))
                error.saw(abs(errors[i] / flat[place[when]] - 1))
    several = len({int(one) for one in cells.first_treated if one < NEVER}) > 1
    if several:
        study = event_study(cells, "outcome", comparison=comparison)
        with quiet():
            path = first.aggte(typec="dynamic", bstrap=False, cband=False).atte
        theirs = dict(zip(path["egt"], path["att_egt"], strict=True))
        line = KEPT.of("event study with several starts: coefficients", "csdid", "the same", 1e-8)
        for (when, _), value in zip(study.bins, study.effect, strict=True):
            line.saw(abs(value - theirs[when]))


@settings(MANY, max_examples=60)
@given(
    seed=st.integers(0, 100_000),
    offices=st.integers(10, 14),
    periods=st.integers(3, 6),
    kind=st.sampled_from(["continuous", "binary", "count"]),
    weighted=st.booleans(),
    comparison=st.sampled_from(sorted(CONTROL)),
)
def test_on_rows_of_persons_clustered_by_office(
    seed: int, offices: int, periods: int, kind: str, weighted: bool, comparison: str
) -> None:
    made = make(seed, offices, periods, treated=offices // 2, kind=kind, weighted=weighted, staggered=True)
    first = made.cells.first_treated
    frame = made.frame.copy()
    frame["first"] = np.where(first < NEVER, first + 1, 0)[frame.office]
    frame["period"] += 1
    weights = {"weights_name": "w"} if weighted else {}
    theirs = by_csdid(frame, comparison, idname=None, panel=False, clustervar="office", **weights).results
    ours = group_time_effects(made.cells, "y", comparison=comparison)
    told = list(zip(theirs["group"], theirs["year"], theirs["att"], theirs["se"], strict=True))
    compare(ours, told, "csdid", "group-time effects on rows of persons, clustered by office")


def test_moderndid_does_not_cluster_without_its_bootstrap() -> None:
    made = make(5, offices=9, periods=5, treated=4, staggered=True)
    first = made.cells.first_treated
    frame = made.frame.copy()
    frame["first"] = np.where(first < NEVER, first + 1, 0)[frame.office]
    frame["period"] += 1
    frame["id"] = np.arange(len(frame))
    found = []
    for clusters in (None, ["office"]):
        with quiet():
            found.append(
                moderndid.att_gt(
                    frame,
                    "y",
                    "period",
                    None,
                    "first",
                    est_method="reg",
                    base_period="universal",
                    boot=False,
                    cband=False,
                    panel=False,
                    clustervars=clusters,
                )
            )
    plain, asked = (one.se_gt[np.isfinite(one.se_gt)] for one in found)
    np.testing.assert_array_equal(plain, asked)
    ours = group_time_effects(made.cells, "y")
    mine = np.sqrt(np.diag(ours.covariance))
    told = found[1]
    keep = np.isfinite(told.se_gt)
    place = {(int(g) - 1, int(t) - 1): se for g, t, se in zip(told.groups[keep], told.times[keep], asked, strict=True)}
    ratio = [own / place[int(g), int(t)] for g, t, own in zip(ours.cohort, ours.period, mine, strict=True)]
    assert max(abs(np.array(ratio) - 1)) > 0.5
    KEPT.differs(
        "moderndid",
        "clusters",
        "`clustervars` without its bootstrap is passed over: the errors on rows of persons are those of independent rows, "
        f"of which the clustered errors are {min(ratio):.2f} to {max(ratio):.2f} in the design of the test. "
        "csdid's and ours are clustered.",
    )
