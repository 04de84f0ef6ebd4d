"""Places where a change says nothing of behaviour: texts, docstrings, lines of the log, annotations of types."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Place = tuple[int, int]

TEXTS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
#: Without one of these the module breaks, or only costs more.
DECORATORS = {
    "dataclass",
    "property",
    "staticmethod",
    "classmethod",
    "contextmanager",
    "cache",
    "lru_cache",
    "overload",
}


def places_left_out(source: str) -> list[tuple[Place, Place]]:
    """From where to where nothing is mutated: (line from 1, column from 0)."""
    lines = source.splitlines()
    tree = ast.parse(source)
    loggers = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and "getLogger" in ast.unparse(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }

    def column(line: int, bytes_before: int) -> Place:
        return line, len(lines[line - 1].encode()[:bytes_before].decode())

    return [
        (column(node.lineno, node.col_offset - sign), column(node.end_lineno or 0, node.end_col_offset or 0))
        for sign, nodes in ((0, _nodes_left_out(tree, loggers)), (len("@"), _decorators_left_out(tree)))
        for node in nodes
    ]


def _decorators_left_out(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from (each for each in node.decorator_list if _last_name(each) in DECORATORS)


def _nodes_left_out(tree: ast.Module, loggers: set[str]) -> Iterator[ast.expr | ast.stmt]:
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant()):
                yield node
            case ast.AnnAssign():
                yield node.annotation
            case ast.arg(annotation=ast.expr() as annotation):
                yield annotation
            case ast.Call() if _is_text(node) or _called(node) in loggers:
                yield node
            # What is put into a text.
            case ast.BinOp(op=ast.Mod()) if _is_text(node.left) or isinstance(node.right, ast.Dict):
                yield node
            case ast.Raise(exc=ast.Call() as call):
                yield from call.args
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield node
        if isinstance(node, ast.FunctionDef) and node.returns:
            yield node.returns


def _is_text(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in TEXTS
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _called(call: ast.Call) -> str:
    """``log`` of ``log.info(...)``."""
    return call.func.value.id if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) else ""


def _last_name(decorator: ast.expr) -> str:
    return ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator).rpartition(".")[2]
