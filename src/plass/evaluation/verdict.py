"""The verdict: one of a few sentences that were written beforehand, chosen by rules that anybody can read.

Two lists are all there is. `QUESTIONS` are what the rules ask of the checks; each has the answer yes, no, or "cannot be
asked" (None), with the figures it was read from. `RULES` are gone through from the top: the first whose `when` are all
answered yes, and none of whose `unless` are, gives the verdict. A question that cannot be asked is never a yes, neither
for nor against; what that leads to is written out as a rule of its own.

The order is the caution: first whether the design can say anything, then what would explain a difference away, and only
then that an effect is shown. The last rule always holds: the design cannot tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from plass.evaluation.estimators.few_treated import holm
from plass.evaluation.text import Amount, Text, text

VerdictKey = Literal[
    "shown",
    "shown_lasting",
    "shown_early",
    "shown_elsewhere",
    "shown_below",
    "unchecked",
    "explained_by_referral",
    "comparison_fails",
    "ruled_out",
    "cannot_tell",
]

Figures = Mapping[str, float | int | bool | str | None]
Answer = bool | None


@dataclass(frozen=True)
class Question:
    """One thing the rules ask. check: the check (1 to 12) whose figures answer it; shows: the figures behind the answer,
    by name and unit; answer: yes, no or None from all figures. In words: the text `rule.<key>`."""

    key: str
    check: int
    shows: tuple[tuple[str, str], ...]
    answer: Callable[[Figures], Answer]


@dataclass(frozen=True)
class Rule:
    """verdict: the sentence; because: the key of the reason; when, unless: questions by name."""

    verdict: VerdictKey
    because: str
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answered:
    """A question with its answer and the figures it was read from; decisive where the chosen rule asked it."""

    key: str
    check: int
    answer: Answer
    figures: tuple[tuple[str, float | int | bool | str | None, str], ...]
    decisive: bool

    @property
    def asks(self) -> Text:
        """The question in words."""
        return text(f"rule.{self.key}")


@dataclass(frozen=True)
class Verdict:
    """key: which of the sentences; sentence: the sentence; because: why this one; rules: every question with its answer;
    cautions: what a reader of the sentence must also know; rule: the number of the rule that was chosen, from 1."""

    key: VerdictKey
    sentence: Text
    because: Text
    rules: tuple[Answered, ...]
    cautions: tuple[Text, ...]
    rule: int


def _yes(name: str) -> Callable[[Figures], Answer]:
    def answer(f: Figures) -> Answer:
        figure = f.get(name)
        return None if figure is None else bool(figure)

    return answer


def _at_most(name: str, bound: str) -> Callable[[Figures], Answer]:
    def answer(f: Figures) -> Answer:
        value, limit = _number(f, name), _number(f, bound)
        return None if math.isnan(value) or math.isnan(limit) else value <= limit

    return answer


#: The checks on the comparison, each with a p-value of its own.
COMPARISON = ("pretest_p", "placebo_p")


def _comparison_fails(name: str) -> Callable[[Figures], Answer]:
    """Whether a check on the comparison sees something, by Holm's correction over those that there are: each at 5 per cent,
    they would together raise a false alarm in up to ten studies of a hundred (docs/decisions/0096)."""

    def answer(f: Figures) -> Answer:
        p_values = {key: _number(f, key) for key in COMPARISON if not math.isnan(_number(f, key))}
        if name not in p_values or math.isnan(_number(f, "alpha")):
            return None
        adjusted = dict(zip(p_values, holm(list(p_values.values())), strict=True))
        return bool(adjusted[name] <= _number(f, "alpha"))

    return answer


def _number(f: Figures, name: str) -> float:
    value = f.get(name)
    return math.nan if value is None or isinstance(value, str) else float(value)


def _two_on_each_side(f: Figures) -> Answer:
    return _number(f, "treated") >= 2 and _number(f, "controls") >= 2


def _can_reach(f: Figures) -> Answer:
    return max(_number(f, "smallest_wcr"), _number(f, "smallest_ri")) <= _number(f, "alpha")


def _same_sign(figure: str, other: str) -> Callable[[Figures], Answer]:
    def answer(f: Figures) -> Answer:
        first, second = _number(f, figure), _number(f, other)
        return None if math.isnan(first) or math.isnan(second) else first * second > 0

    return answer


def _mix_moved(f: Figures) -> Answer:
    p = _number(f, "predicted_p")
    if math.isnan(p):
        return None
    return p <= _number(f, "alpha") and _number(f, "predicted") * _number(f, "raw_effect") > 0


def _mix_explains(f: Figures) -> Answer:
    """Half or more of the raw difference is what the mix alone predicts, or nothing is found with the mix held."""
    share = _number(f, "share_of_effect")
    if math.isnan(share):
        return None
    return share >= 0.5 or _lost_with_mix_held(f) is True


def _lost_with_mix_held(f: Figures) -> Answer:
    significant = _at_most("held_p", "alpha")(f)
    if significant is None:
        return None
    return not significant or _number(f, "held_effect") * _number(f, "effect") <= 0


def _inflow_could_explain(f: Figures) -> Answer:
    p = _number(f, "volume_p")
    # Outer bounds where the outcome is no yes or no, and the values that Lee's need are not kept (docs/decisions/0113).
    kind = "outer" if math.isnan(_number(f, "lee_low")) else "lee"
    low, high = _number(f, f"{kind}_low"), _number(f, f"{kind}_high")
    if math.isnan(p) or math.isnan(low):
        return None
    return p <= _number(f, "alpha") and low <= 0 <= high


def _withstands(f: Figures) -> Answer:
    low, high = _number(f, "rm_low"), _number(f, "rm_high")
    return None if math.isnan(low) else not low <= 0 <= high


def _faded(f: Figures) -> Answer:
    """The effect is smaller later than at first, and cannot be told from none at the end."""
    change, late = _number(f, "later_less_first_p"), _number(f, "last_p")
    if math.isnan(change) or math.isnan(late):
        return None
    against = _number(f, "later_less_first") * _number(f, "first_effect") < 0
    return change <= _number(f, "alpha") and against and late > _number(f, "alpha")


def _weightings_differ(f: Figures) -> Answer:
    value = _number(f, "effect") * _number(f, "effect_alike")
    return None if math.isnan(value) else value <= 0


def _lasts(f: Figures) -> Answer:
    """At the end, taken by itself, there is an effect of the same sign."""
    late = _number(f, "last_p")
    if math.isnan(late):
        return None
    return late <= _number(f, "alpha") and _number(f, "last_effect") * _number(f, "effect") > 0


def _ruled_out(f: Figures) -> Answer:
    """Whether both intervals, by offices and by people, lie within what does not matter."""
    relevant = _number(f, "relevant")
    if math.isnan(relevant):
        return None
    bounds = [_number(f, name) for name in ("low", "high")]
    bounds += [bound for bound in (_number(f, name) for name in ("low_person", "high_person")) if not math.isnan(bound)]
    return all(-relevant < bound < relevant for bound in bounds)


QUESTIONS: tuple[Question, ...] = (
    Question("two_on_each_side", 1, (("treated", "count"), ("controls", "count")), _two_on_each_side),
    Question("tests_can_reach", 1, (("smallest_wcr", "p"), ("smallest_ri", "p"), ("alpha", "chosen")), _can_reach),
    Question(
        "found",
        4,
        (("p_headline", "p"), ("p_wcr", "p"), ("p_ri", "p"), ("p_welch", "p")),
        _at_most("p_headline", "alpha"),
    ),
    Question("weightings_differ", 4, (("effect", "effect"), ("effect_alike", "effect")), _weightings_differ),
    Question("below_zero", 4, (("effect", "effect"),), lambda f: _number(f, "effect") < 0),
    Question("several_cohorts", 2, (("cohorts", "count"),), lambda f: _number(f, "cohorts") > 1),
    Question("cohorts_agree", 2, (("effect", "effect"), ("group_time", "effect")), _same_sign("effect", "group_time")),
    Question("found_raw", 9, (("raw_effect", "effect"), ("raw_p", "p")), _at_most("raw_p", "alpha")),
    Question("mix_known", 9, (("kinds", "count"),), _yes("mix_known")),
    Question("mix_moved", 9, (("predicted", "effect"), ("predicted_p", "p")), _mix_moved),
    Question("mix_explains", 9, (("share_of_effect", "share"), ("held_effect", "effect")), _mix_explains),
    Question("lost_with_mix_held", 9, (("held_effect", "effect"), ("held_p", "p")), _lost_with_mix_held),
    Question(
        "inflow_could_explain",
        9,
        (("volume_p", "p"), *((f"{kind}_{end}", "effect") for kind in ("lee", "outer") for end in ("low", "high"))),
        _inflow_could_explain,
    ),
    Question("apart_before", 6, (("pretest_p", "p"), ("placebo_p", "p")), _comparison_fails("pretest_p")),
    Question("withstands_departure", 8, (("rm_low", "effect"), ("rm_high", "effect")), _withstands),
    Question("placebo_moved", 10, (("placebo_p", "p"), ("pretest_p", "p")), _comparison_fails("placebo_p")),
    Question("one_office_carries", 12, (("loo_low", "effect"), ("loo_high", "effect")), _yes("one_office_carries")),
    Question("found_early", 10, (("first_effect", "effect"), ("first_p", "p")), _at_most("first_p", "alpha")),
    Question(
        "faded",
        10,
        (("later_less_first", "effect"), ("later_less_first_p", "p"), ("last_effect", "effect"), ("last_p", "p")),
        _faded,
    ),
    Question("lasts", 10, (("last_effect", "effect"), ("last_p", "p")), _lasts),
    Question("found_elsewhere", 2, (("elsewhere_p", "p"),), _at_most("elsewhere_p", "alpha")),
    Question(
        "ruled_out",
        11,
        tuple((name, "effect") for name in ("low", "high", "low_person", "high_person", "relevant")),
        _ruled_out,
    ),
)

RULES: tuple[Rule, ...] = (
    Rule("cannot_tell", "too_few_offices", unless=("two_on_each_side",)),
    Rule("cannot_tell", "tests_cannot_reach", unless=("tests_can_reach",)),
    Rule("explained_by_referral", "mix_explains", when=("found_raw", "mix_moved", "mix_explains")),
    Rule("cannot_tell", "lost_with_mix_held", when=("found", "lost_with_mix_held")),
    Rule("cannot_tell", "inflow_could_explain", when=("found", "inflow_could_explain")),
    Rule("comparison_fails", "apart_before", when=("found", "apart_before"), unless=("withstands_departure",)),
    Rule("comparison_fails", "placebo_moved", when=("found", "placebo_moved")),
    Rule("cannot_tell", "one_office_carries", when=("found", "one_office_carries")),
    Rule("cannot_tell", "weightings_differ", when=("found", "weightings_differ")),
    Rule("cannot_tell", "cohorts_disagree", when=("found", "several_cohorts"), unless=("cohorts_agree",)),
    Rule(
        "shown_early",
        "faded",
        when=("mix_known", "found_early", "faded"),
        unless=("apart_before", "placebo_moved", "mix_moved"),
    ),
    Rule("unchecked", "mix_unknown", when=("found",), unless=("mix_known",)),
    Rule("shown_below", "found_below", when=("found", "below_zero")),
    Rule("shown_lasting", "lasts", when=("found", "lasts")),
    Rule("shown", "found", when=("found",)),
    Rule("shown_elsewhere", "found_elsewhere", when=("found_elsewhere", "mix_known"), unless=("mix_moved",)),
    Rule("ruled_out", "ruled_out", when=("ruled_out",)),
    Rule("cannot_tell", "nothing_found"),
)


def choose(figures: Figures, cautions: tuple[Text, ...] = (), **values: Amount | Text | str) -> Verdict:
    """The verdict that the rules give for the figures of all checks. values: what the sentences have places for."""
    answers: dict[str, Answer] = {question.key: question.answer(figures) for question in QUESTIONS}
    number, rule = next((number, rule) for number, rule in enumerate(RULES, start=1) if _holds(rule, answers))
    decisive = {*rule.when, *rule.unless}
    rules = tuple(
        Answered(
            question.key,
            question.check,
            answers[question.key],
            tuple((name, figures.get(name), unit) for name, unit in question.shows),
            question.key in decisive,
        )
        for question in QUESTIONS
    )
    sentence = text(f"verdict.{rule.verdict}", **values)
    return Verdict(rule.verdict, sentence, text(f"because.{rule.because}", **values), rules, cautions, number)


def _holds(rule: Rule, answers: Mapping[str, Answer]) -> bool:
    return all(answers[key] is True for key in rule.when) and not any(answers[key] is True for key in rule.unless)
