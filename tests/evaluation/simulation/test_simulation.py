"""The simulator's tests give, study by study, what the engine's own functions give."""

from __future__ import annotations

import numpy as np
import pytest

from plass.evaluation.data.cells import NEVER, Cells
from plass.evaluation.estimators.regression import regress
from plass.evaluation.inference.bootstrap import wild_bootstrap
from plass.evaluation.inference.common_start import OfficeChanges, donald_lang, office_changes, welch
from plass.evaluation.inference.randomisation import randomise_changes
from plass.evaluation.inference.simulated_inference import people_noise, simulated_t
from plass.evaluation.simulation import monte_carlo
from plass.evaluation.simulation.monte_carlo import METHODS, PERSON, TYPICAL, Design, draw, p_values, rules

CLOSE = {"rtol": 1e-8, "atol": 1e-12}


def engine(weight: np.ndarray, change: np.ndarray, treated: int) -> dict[str, float]:
    """The engine's p-values for one study: people (2 * weight) on each side of the start, whose means differ by change."""
    offices = len(change)
    first = np.where(np.arange(offices) < treated, 1, NEVER)
    mean = np.stack([np.zeros(offices), change], axis=1)
    people = np.stack([2 * weight, 2 * weight], axis=1)
    cells = Cells.from_means(mean, people, first, within=PERSON * TYPICAL / 2 * (people - 1))
    fit = regress(cells, "outcome", {"d": cells.treatment})
    changes = office_changes(cells, "outcome")
    alike = office_changes(cells, "outcome", "office")
    simulated, by_people = (
        simulated_t(by_office, people_noise(cells, "outcome", by_office)).p if 1 < treated < offices - 1 else np.nan
        for by_office in (alike, changes)
    )
    return {
        "simulated t": simulated,
        "simulated t, by people": by_people,
        "CRV1": fit.estimate("d").p,
        "CRV3": fit.estimate("d", "CRV3").p,
        "WCR": wild_bootstrap(fit, "d", interval=False).p,
        "WCU": wild_bootstrap(fit, "d", restricted=False, interval=False).p,
        "RI on t": randomise_changes(changes).p,
        "Welch, offices alike": welch(alike).p,
        "Welch, by people": welch(changes).p,
        "Donald-Lang": donald_lang(changes).p,
        "RI on b": on_coefficient(changes),
    }


def on_coefficient(changes: OfficeChanges) -> float:
    from itertools import combinations

    size, treated = len(changes.change), int(changes.treated.sum())
    every = []
    for chosen in combinations(range(size), treated):
        mask = np.isin(np.arange(size), chosen)
        redrawn = OfficeChanges(
            changes.offices, changes.before, changes.after, changes.weight, changes.rows, np.asarray(mask)
        )
        every.append(abs(redrawn.effect))
    return float(np.mean(np.array(every) >= abs(changes.effect) * (1 - 1e-9)))


@pytest.mark.parametrize(("offices", "treated"), [(10, 5), (9, 2), (8, 6), (7, 1)])
def test_every_method_is_the_engines(offices: int, treated: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monte_carlo, "DRAWS", 9_999)
    generator = np.random.Generator(np.random.PCG64(offices))
    weight, change = draw(Design(offices, treated, "random"), 8, generator, effect=1.0)
    # Whole people, as the engine counts them.
    weight = np.round(weight)
    values = p_values(weight, change, treated, generator)
    assert set(values) == set(METHODS)
    for study in range(8):
        for name, p in engine(weight[study], change[study], treated).items():
            # The simulated t is drawn, with other draws here and there.
            close = {"atol": 0.03} if name.startswith("simulated") else CLOSE
            np.testing.assert_allclose(values[name][study], p, err_msg=name, **close)


def test_draws_come_close_to_going_through_all(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.Generator(np.random.PCG64(4))
    weight, change = draw(Design(12, 5, "small"), 40, generator)
    every = p_values(weight, change, 5, generator)
    monkeypatch.setattr(monte_carlo, "ENUMERATE", 0)
    drawn = p_values(weight, change, 5, generator)
    for name in ("WCR", "WCU", "RI on b", "RI on t"):
        np.testing.assert_allclose(drawn[name], every[name], atol=0.07)
        assert drawn[name].min() >= 1 / 1000


def test_treated_offices_are_the_smallest_the_largest_or_any() -> None:
    generator = np.random.Generator(np.random.PCG64(1))
    small, large, either = (Design(12, 3, which).sizes(generator, 50) for which in ("small", "large", "random"))
    assert np.all(small[:, :3].max(axis=1) <= small[:, 3:].min(axis=1))
    assert np.all(large[:, :3].min(axis=1) >= large[:, 3:].max(axis=1))
    assert not np.all(np.diff(either, axis=1) >= 0)


def test_a_rule_of_several_tests_is_the_largest_or_the_middle_p() -> None:
    values = {"WCR": np.array([0.01]), "RI on t": np.array([0.2]), "Welch, offices alike": np.array([0.04])}
    assert {name: p[0] for name, p in rules(values).items()} == {
        "two of WCR, RI on t and Welch": 0.04,
        "WCR and RI on t": 0.2,
    }
