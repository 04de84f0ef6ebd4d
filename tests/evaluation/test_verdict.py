"""The verdict in worlds whose truth is known, and the rules themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import plass.evaluation as ev
from plass.evaluation.text import LANGUAGES
from plass.evaluation.verdict import QUESTIONS, RULES, choose
from tests.evaluation.made_study import made_cells, made_study

#: Figures of a study in which nothing stands against an effect.
CLEAR: dict[str, Any] = {
    "treated": 5, "controls": 5, "smallest_wcr": 0.002, "smallest_ri": 0.008, "alpha": 0.05, "effect": 0.09,
    "effect_alike": 0.08, "p_headline": 0.003, "p_wcr": 0.004, "p_ri": 0.008, "p_welch": 0.001, "cohorts": 1,
    "group_time": 0.09, "raw_effect": 0.09,
    "raw_p": 0.004, "mix_known": True, "kinds": 4, "predicted": 0.001, "predicted_p": 0.7,
    "share_of_effect": 0.01, "held_effect": 0.09, "held_p": 0.004, "volume_p": 0.6,
    "pretest_p": 0.6, "placebo_p": 0.8, "one_office_carries": False, "first_effect": 0.09, "first_p": 0.003,
    "later_less_first": 0.001, "later_less_first_p": 0.9, "last_effect": 0.09, "last_p": 0.002, "elsewhere_p": 0.4,
    "low": 0.05, "high": 0.13,
}  # fmt: skip
NOTHING = {"p_headline": 0.4, "raw_p": 0.5, "first_p": 0.4}


@pytest.mark.parametrize(
    ("change", "key", "because"),
    [
        ({}, "shown_lasting", "lasts"),
        ({"last_p": 0.2}, "shown", "found"),
        ({"last_p": 0.01, "last_effect": -0.02}, "shown", "found"),
        ({"last_p": None}, "shown", "found"),
        ({"effect": -0.09, "effect_alike": -0.08, "held_effect": -0.09}, "shown_below", "found_below"),
        ({"effect_alike": -0.01}, "cannot_tell", "weightings_differ"),
        ({"effect_alike": None}, "shown_lasting", "lasts"),
        ({"treated": 1, "p_welch": None}, "cannot_tell", "too_few_offices"),
        ({"controls": 1}, "cannot_tell", "too_few_offices"),
        ({"smallest_ri": 0.1}, "cannot_tell", "tests_cannot_reach"),
        (NOTHING, "cannot_tell", "nothing_found"),
        ({"p_wcr": 0.3, "p_ri": 0.06, "p_welch": 0.06}, "shown_lasting", "lasts"),
        ({"p_headline": 0.06}, "cannot_tell", "nothing_found"),
        ({"held_p": 0.2}, "cannot_tell", "lost_with_mix_held"),
        ({"predicted": 0.06, "predicted_p": 0.01, "share_of_effect": 0.7}, "explained_by_referral", "mix_explains"),
        ({"predicted": -0.06, "predicted_p": 0.01, "share_of_effect": -0.7}, "shown_lasting", "lasts"),
        ({"predicted": 0.02, "predicted_p": 0.01, "share_of_effect": 0.2}, "shown_lasting", "lasts"),
        (
            {"predicted": 0.02, "predicted_p": 0.01, "share_of_effect": 0.2, "held_p": 0.3},
            "explained_by_referral",
            "mix_explains",
        ),
        ({"volume_p": 0.01, "lee_low": -0.1, "lee_high": 0.2}, "cannot_tell", "inflow_could_explain"),
        ({"volume_p": 0.01, "lee_low": 0.01, "lee_high": 0.2}, "shown_lasting", "lasts"),
        # Hours have outer bounds only.
        ({"volume_p": 0.01, "outer_low": -1.0, "outer_high": 2.0}, "cannot_tell", "inflow_could_explain"),
        ({"volume_p": 0.01, "outer_low": 0.5, "outer_high": 2.0}, "shown_lasting", "lasts"),
        ({"pretest_p": 0.01, "rm_low": -0.02, "rm_high": 0.2}, "comparison_fails", "apart_before"),
        ({"pretest_p": 0.01, "rm_low": 0.01, "rm_high": 0.2}, "shown_lasting", "lasts"),
        ({"placebo_p": 0.01}, "comparison_fails", "placebo_moved"),
        # Two checks on the comparison: each by itself may see something in one study of twenty.
        ({"placebo_p": 0.03}, "shown_lasting", "lasts"),
        ({"pretest_p": 0.03}, "shown_lasting", "lasts"),
        ({"placebo_p": 0.03, "pretest_p": 0.02, "rm_low": 0.01, "rm_high": 0.2}, "comparison_fails", "placebo_moved"),
        ({"placebo_p": 0.03, "pretest_p": None}, "comparison_fails", "placebo_moved"),
        ({"placebo_p": None, "pretest_p": 0.03}, "comparison_fails", "apart_before"),
        ({"one_office_carries": True}, "cannot_tell", "one_office_carries"),
        ({"cohorts": 3, "group_time": -0.01}, "cannot_tell", "cohorts_disagree"),
        ({"cohorts": 3}, "shown_lasting", "lasts"),
        ({"later_less_first": -0.09, "later_less_first_p": 0.01, "last_p": 0.6}, "shown_early", "faded"),
        ({"later_less_first": -0.04, "later_less_first_p": 0.01, "last_p": 0.01}, "shown_lasting", "lasts"),
        ({"mix_known": False}, "unchecked", "mix_unknown"),
        ({**NOTHING, "elsewhere_p": 0.02}, "shown_elsewhere", "found_elsewhere"),
        ({**NOTHING, "elsewhere_p": 0.02, "mix_known": False}, "cannot_tell", "nothing_found"),
        ({**NOTHING, "relevant": 0.03, "low": -0.01, "high": 0.02}, "ruled_out", "ruled_out"),
        ({**NOTHING, "relevant": 0.03, "low": -0.01, "high": 0.04}, "cannot_tell", "nothing_found"),
        (
            {**NOTHING, "relevant": 0.03, "low": -0.01, "high": 0.02, "low_person": -0.01, "high_person": 0.05},
            "cannot_tell",
            "nothing_found",
        ),
    ],
)  # fmt: skip
def test_the_rules_choose_by_the_figures(change: dict[str, Any], key: str, because: str) -> None:
    verdict = choose({**CLEAR, **change})
    assert (verdict.key, verdict.because.key) == (key, f"because.{because}")
    assert RULES[verdict.rule - 1].verdict == key
    asked = {*RULES[verdict.rule - 1].when, *RULES[verdict.rule - 1].unless}
    assert {rule.key for rule in verdict.rules if rule.decisive} == asked


def test_without_any_figure_the_design_cannot_tell() -> None:
    assert choose({}).key == "cannot_tell"
    assert all(rule.answer in (None, False) for rule in choose({}).rules)


def test_every_rule_asks_questions_that_exist() -> None:
    known = {question.key for question in QUESTIONS}
    for rule in RULES:
        assert {*rule.when, *rule.unless} <= known
    assert RULES[-1].verdict == "cannot_tell"
    assert not RULES[-1].when


def evaluated(**made: Any) -> ev.Results:
    cells = made_cells(**made)
    return ev.evaluate(made_study(cells), cells, quick=True, draws=999)


@pytest.mark.parametrize(
    ("made", "key"),
    [
        ({}, "shown_lasting"),
        ({"effect": -0.15}, "shown_below"),
        ({"effect": 0.0}, "cannot_tell"),
        ({"effect": 0.0, "selection": 0.4}, "explained_by_referral"),
        ({"traits": False}, "unchecked"),
        ({"effect": 0.2, "fades_after": 4, "people": 80, "spread": 0.005}, "shown_early"),
        ({"effect": 0.0, "extra": 8.0, "people": 80}, "shown_elsewhere"),
        ({"apart": 0.03, "effect": 0.0, "spread": 0.005}, "comparison_fails"),
        ({"placebo": 0.2}, "comparison_fails"),
    ],
)
def test_the_verdict_tells_the_made_world(made: dict[str, Any], key: str) -> None:
    results = evaluated(**made)
    assert results.verdict.key == key
    for language in LANGUAGES:
        assert results.verdict.sentence.said(language)


def test_one_treated_of_twenty_seven_with_a_tiny_crv1_p_value_cannot_tell() -> None:
    results = evaluated(offices=27, treated=1, periods=8, start=4, people=15, effect=0.25)
    assert results[4].figures["p_crv1"] < 1e-6
    assert results.verdict.key == "cannot_tell"
    assert results.verdict.because.key == "because.too_few_offices"


def test_one_treated_cannot_tell_whatever_the_data() -> None:
    rng = np.random.default_rng(3)
    first = np.where(np.arange(27) == 0, 10, ev.NEVER)
    mean = 0.3 + rng.normal(0, 0.01, (27, 20))
    mean[0, 10:] += 0.5
    cells = ev.Cells.from_means(mean, 200, first)
    results = ev.evaluate(ev.study_of(cells), cells, quick=True, draws=999)
    assert results.verdict.key == "cannot_tell"
