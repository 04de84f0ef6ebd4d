"""The made example has the published figures; the made worlds are what they say, as cells and as rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import plass.evaluation as ev
from plass.evaluation.diagnostics.heterogeneity import spread_test
from plass.evaluation.examples import OFFICES, Example, example, kjerneoppgaver, toml
from plass.evaluation.simulation.synthetic_people import COVARIATES, ROLES, MadeStudy
from plass.evaluation.synthetic_worlds import QUARTERS, START, WORLDS, World, world


@pytest.fixture(scope="module")
def core_tasks() -> Example:
    return kjerneoppgaver()


def test_core_tasks_have_the_published_effect(core_tasks: Example) -> None:
    """Spjelkavik, Inkluderingskompetanse: 9.3 points, 39.0 per cent of what would have been (so 23.8)."""
    effect = ev.did(core_tasks.made.cells(), "any_job")
    assert f"{100 * effect.value:.1f}" == "9.3"
    assert f"{100 * effect.relative:.1f}" == "39.0"
    assert f"{100 * effect.counterfactual:.1f}" == "23.8"


def test_core_tasks_have_the_published_wage_subsidies_offices_and_dates(core_tasks: Example) -> None:
    people = core_tasks.people
    trial = people.office.isin([office.name for office in OFFICES if office.trial])
    after = people.month.astype(str) >= "2013-04-01"
    shares = [
        f"{100 * people.wage_subsidy[group & time].mean():.1f}" for group in (trial, ~trial) for time in (~after, after)
    ]
    assert shares == ["6.0", "24.8", "12.6", "13.2"]
    assert [people.office[group].nunique() for group in (trial, ~trial)] == [5, 5]
    assert (str(people.month.min()), str(people.month.max())) == ("2012-01-01", "2015-12-01")


def test_three_offices_do_as_well_and_two_better(core_tasks: Example) -> None:
    effects = sorted(effect.value for effect in ev.did_by_office(core_tasks.made.cells(), "any_job"))
    assert all(abs(value) < 0.02 for value in effects[:3])
    assert all(value > 0.14 for value in effects[3:])
    changes = ev.office_changes(core_tasks.made.cells(), "any_job")
    spread = spread_test(changes.change[changes.treated], changes.change[~changes.treated])
    assert spread.f_p_value < 0.05


def test_the_files_of_the_example_are_the_example(core_tasks: Example, tmp_path: Path) -> None:
    study = core_tasks.write(tmp_path)
    cells = ev.read_cells(study)
    made = core_tasks.made.cells()
    for name in ROLES:
        np.testing.assert_array_equal(cells.of(name).wy, made.of(name).wy)
        np.testing.assert_array_equal(cells.of(name).wyy, made.of(name).wyy)
    assert cells.treated == made.treated
    assert cells.account.exclusions == ()
    assert "Made-up" in study.title
    assert ev.read_study(tmp_path / "study.toml").canonical() == study.canonical()
    assert (tmp_path / "study.toml").read_text(encoding="utf-8") == toml(study)
    assert set(core_tasks.spells.ended_how.dropna()) == {"met", "gave up"}


def test_an_unknown_example_is_named_with_the_nearest() -> None:
    with pytest.raises(ev.StudyError, match="did you mean 'kjerneoppgaver'"):
        example("kjerneopgaver")


def from_rows(made: MadeStudy) -> ev.Cells:
    frame = made.rows()
    months = frame.month.astype(str).str[:7]
    return ev.Cells.from_rows(
        frame.office,
        months,
        {name: frame[name] for name in ROLES},
        first_treated={made.offices[i]: made.periods[START] for i in np.flatnonzero(made.treated)},
        covariates={name: frame[name] for name in COVARIATES},
    )


@pytest.mark.parametrize("sample_world", WORLDS, ids=lambda sample_world: sample_world.name)
def test_a_worlds_cells_are_its_rows(sample_world: World) -> None:
    made = sample_world.made(3, trial=2, comparison=3)
    cells, counted = made.cells(), from_rows(made)
    np.testing.assert_array_equal(counted.office, cells.office)
    np.testing.assert_array_equal(counted.period, cells.period)
    assert counted.levels == cells.levels
    for name in COVARIATES:
        np.testing.assert_array_equal(counted.codes[name], cells.codes[name])
    for name in ROLES:
        for part in ("n", "w", "wy", "wyy", "ww", "wwy", "wwyy"):
            np.testing.assert_array_equal(getattr(counted.of(name), part), getattr(cells.of(name), part))
    np.testing.assert_array_equal(counted.first_treated, cells.first_treated)


@pytest.mark.parametrize("sample_world", WORLDS, ids=lambda sample_world: sample_world.name)
def test_a_world_is_what_it_says(sample_world: World) -> None:
    """With many large offices chance hardly matters, and the effect comes out as the truth says."""
    from dataclasses import replace

    many = replace(sample_world, trial=60, comparison=60, size=400.0, spread=0.1).made(1)
    cells = many.cells()
    truth = replace(sample_world, trial=60).effects().mean()
    held = ev.did(cells, "any_job", covariates=tuple(COVARIATES)).value
    assert held == pytest.approx(truth, abs=0.012)
    hours = ev.did(cells, "weekly_hours", covariates=tuple(COVARIATES)).value
    assert ev.did(cells, "has_children").value == pytest.approx(0, abs=0.01)
    if sample_world.name == "more hours, not more jobs":
        assert hours > 1
    if sample_world.name == "pure selection":
        assert ev.did(cells, "any_job").value > 0.06
        assert abs(hours) < 0.4
    else:
        assert ev.did(cells, "worked_before").value == pytest.approx(0, abs=0.01)


def test_worlds_are_found_by_name_and_the_same_for_a_seed() -> None:
    selection = world("pure selection")
    first, again, other_seed = selection.made(1), selection.made(1), selection.made(2)
    np.testing.assert_array_equal(first.ends, again.ends)
    assert not np.array_equal(first.ends, other_seed.ends)
    assert len(first.periods) == QUARTERS
    with pytest.raises(KeyError, match="known: early gain"):
        world("no such world")


def test_in_bokmal_no_word_of_the_example_is_left_in_english(core_tasks: Example, tmp_path: Path) -> None:
    english, norwegian = core_tasks.write(tmp_path / "en"), core_tasks.write(tmp_path / "nb", "nb")

    def words(study: ev.Study) -> list[str]:
        return [
            study.title,
            study.question,
            *(o.label for o in study.outcomes),
            *(s.name for s in study.specifications),
        ]

    assert not set(words(english)) & set(words(norwegian))
    assert [o.column for o in english.outcomes] == [o.column for o in norwegian.outcomes]
    spells = pd.read_parquet(tmp_path / "nb" / "waiting.parquet")
    assert set(spells.ended_how.dropna()) == {"møtte", "ga opp"}
    assert spells.drop(columns="ended_how").equals(
        pd.read_parquet(tmp_path / "en" / "waiting.parquet").drop(columns="ended_how")
    )
