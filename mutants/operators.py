"""Which of cosmic-ray's operators are used, and some of Plass's own, in the form that its plugins have.

Of cosmic-ray's those are left out that differ little from another at the same place (``==`` to ``<``, ``+`` to ``**``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import parso
from cosmic_ray import plugins
from cosmic_ray.operators.operator import Operator

_COMPARISONS = {"Eq_NotEq", "NotEq_Eq", "Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt"}
_IDENTITY = {"Is_IsNot", "IsNot_Is"}
_CALCULATIONS = {
    "Add_Sub",
    "Sub_Add",
    "Mul_FloorDiv",
    "Div_Mul",
    "FloorDiv_Mul",
    "Mod_Mul",
    "BitOr_BitAnd",
    "BitAnd_BitOr",
}
_OTHERS = {
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceUnaryOperator_Delete_USub",
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ExceptionReplacer",
    "NumberReplacer",
    "RemoveDecorator",
    "ZeroIterationForLoop",
}

Positions = Iterator[tuple[tuple[int, int], tuple[int, int]]]


class _Own(Operator):  # type: ignore[misc]
    @classmethod
    def examples(cls) -> tuple[()]:
        return ()


class WithoutCall(_Own):
    """A statement that only calls something is left out: a check, what is recorded, who is told."""

    def mutation_positions(self, node: Any) -> Positions:
        if node.type == "simple_stmt" and node.children[0].type == "atom_expr":
            call = node.children[0]
            if call.children[-1].type == "trailer" and call.children[-1].children[0].value == "(":
                yield call.start_pos, call.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.children[0] = parso.parse(f"{node.children[0].get_first_leaf().prefix}pass")
        return node


class InOrNotIn(_Own):
    """``in`` becomes ``not in``, and the other way round."""

    def mutation_positions(self, node: Any) -> Positions:
        if node.type == "comparison":
            for operator in node.children[1::2]:
                if operator.get_code().split()[-1] == "in":
                    yield operator.start_pos, operator.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        places = [
            place for place in range(1, len(node.children), 2) if node.children[place].get_code().split()[-1] == "in"
        ]
        is_in = node.children[places[index]].get_code().strip() == "in"
        node.children[places[index]] = parso.parse(" not in" if is_in else " in")
        return node


class MaxOrMin(_Own):
    """``max(...)`` becomes ``min(...)``, and the other way round."""

    def mutation_positions(self, node: Any) -> Positions:
        after = node.get_next_sibling() if node.type == "name" and node.value in {"max", "min"} else None
        if after is not None and after.type == "trailer":
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, index: int) -> Any:
        node.value = "min" if node.value == "max" else "max"
        return node


class SqlCondition(_Own):
    """A condition of a question that Python asks: its comparison, its AND or OR, its NOT."""

    IS_SQL = re.compile(r"%\(|::|\b(SELECT|FROM|WHERE|AND|OR|NOT|NULL|EXISTS|JOIN)\b")
    CHANGES = (
        (re.compile(r"(?<![<>=!|@-])(<=|>=|<|>)(?=\s)"), {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}),
        (re.compile(r"\b(AND|OR)\b"), {"AND": "OR", "OR": "AND"}),
        (re.compile(r"\b(IS NOT NULL|IS NULL)\b"), {"IS NOT NULL": "IS NULL", "IS NULL": "IS NOT NULL"}),
        (re.compile(r"\b(NOT )(?=[a-z(]|EXISTS)"), {"NOT ": ""}),
    )

    def _found(self, node: Any) -> list[tuple[int, int, str]]:
        """From, to, and what comes there."""
        if node.type not in {"string", "fstring_string"} or not self.IS_SQL.search(node.value):
            return []
        return [
            (found.start(), found.end(), becomes[found[1]])
            for pattern, becomes in self.CHANGES
            for found in pattern.finditer(node.value)
        ]

    def mutation_positions(self, node: Any) -> Positions:
        for start, end, _new in self._found(node):
            lines = node.value[:start].split("\n")
            line = node.start_pos[0] + len(lines) - 1
            column = len(lines[-1]) + (node.start_pos[1] if len(lines) == 1 else 0)
            yield (line, column), (line, column + end - start)

    def mutate(self, node: Any, index: int) -> Any:
        start, end, new = self._found(node)[index]
        node.value = node.value[:start] + new + node.value[end:]
        return node


OWN = {operator.__name__: operator for operator in (WithoutCall, InOrNotIn, MaxOrMin, SqlCondition)}

USED = {
    *(f"core/ReplaceComparisonOperator_{name}" for name in _COMPARISONS | _IDENTITY),
    *(f"core/ReplaceBinaryOperator_{name}" for name in _CALCULATIONS),
    *(f"core/{name}" for name in _OTHERS),
    *(f"plass/{name}" for name in OWN),
}


def provide() -> None:
    """Let cosmic-ray know Plass's own operators, and check that it has those named here."""
    plugins.OPERATOR_PROVIDERS["plass"] = OWN
    missing = USED - set(plugins.operator_names())
    if missing:
        raise LookupError(f"cosmic-ray has no {', '.join(sorted(missing))}")
