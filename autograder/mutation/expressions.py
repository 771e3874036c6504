"""Changes inside an expression: other operators, constants, variables, keys, axes, functions."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import TypeVar

from autograder.mutation.scopes import Scope

Node = TypeVar("Node", bound=ast.AST)

BINARY: dict[type[ast.operator], list[type[ast.operator]]] = {
    ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div, ast.Add], ast.Div: [ast.Mult], ast.FloorDiv: [ast.Div],
    ast.Pow: [ast.Mult], ast.MatMult: [ast.Mult], ast.Mod: [ast.Mult], ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd],
}  # fmt: skip
ORDERED = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)  # a - b is not b - a
COMPARE: dict[type[ast.cmpop], list[type[ast.cmpop]]] = {
    ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.LtE], ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.Is: [ast.IsNot], ast.IsNot: [ast.Is], ast.In: [ast.NotIn], ast.NotIn: [ast.In],
}  # fmt: skip
EXCHANGED = {
    "sum": ("mean", "max"), "mean": ("sum",), "max": ("min", "sum"), "min": ("max",), "argmax": ("argmin",),
    "argmin": ("argmax",), "zeros": ("ones",), "ones": ("zeros",), "zeros_like": ("ones_like",), "any": ("all",),
    "all": ("any",), "exp": ("expm1",), "log": ("log1p",), "tanh": ("sin",), "var": ("std",), "std": ("var",),
    "floor": ("ceil",), "ceil": ("floor",), "minimum": ("maximum",), "maximum": ("minimum",), "softplus": ("sigmoid",),
}  # fmt: skip
DROPPED = {
    "tanh", "exp", "log", "sqrt", "detach", "sum", "mean", "copy", "max", "abs", "square", "astype", "softmax", "sigmoid",
    "softplus", "sign", "round", "floor", "ceil", "cumsum", "clip", "item", "relu", "int", "float", "sorted", "reversed",
}  # fmt: skip
TYPES = {"int": "float", "float": "int", "bool": "int", "float64": "int64", "int64": "float64"}
MODULES = ("np", "torch", "math", "F", "nn")


def changes(node: ast.AST, scope: Scope) -> Iterator[ast.AST]:
    """Yield what may stand in an expression's place; `scope` is the function around it."""
    for kind, operator in OPERATORS:
        if isinstance(node, kind):
            yield from operator(node, scope)


def _with(node: Node, **fields: object) -> Node:
    changed = copy.copy(node)
    for field, value in fields.items():
        setattr(changed, field, value)
    return changed


def _binary(node: ast.BinOp, scope: Scope) -> Iterator[ast.AST]:
    for operator in BINARY.get(type(node.op), []):
        yield _with(node, op=operator())
    yield node.left
    yield node.right
    if isinstance(node.op, ORDERED):
        yield _with(node, left=node.right, right=node.left)


def _compare(node: ast.Compare, scope: Scope) -> Iterator[ast.AST]:
    if len(node.ops) == 1:
        for operator in COMPARE.get(type(node.ops[0]), []):
            yield _with(node, ops=[operator()])


def _logic(node: ast.BoolOp, scope: Scope) -> Iterator[ast.AST]:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    for index in range(len(node.values)):
        rest = [value for i, value in enumerate(node.values) if i != index]
        yield rest[0] if len(rest) == 1 else _with(node, values=rest)


def _unary(node: ast.UnaryOp, scope: Scope) -> Iterator[ast.AST]:
    yield node.operand


def _choice(node: ast.IfExp, scope: Scope) -> Iterator[ast.AST]:
    yield node.body
    yield node.orelse


def _constant(node: ast.Constant, scope: Scope) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int | float):
        for other in dict.fromkeys((value + 1, value - 1, 0)):
            if other != value:
                yield ast.Constant(other)


def _variable(node: ast.Name, scope: Scope) -> Iterator[ast.AST]:
    """Another variable of the same scope: its two neighbours."""
    names = scope.names
    if isinstance(node.ctx, ast.Load) and node.id in names:
        at = names.index(node.id)
        for other in dict.fromkeys((names[at - 1], names[(at + 1) % len(names)])):
            if other != node.id:
                yield _with(node, id=other)


def _call(node: ast.Call, scope: Scope) -> Iterator[ast.AST]:
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    method = isinstance(node.func, ast.Attribute) and not _is_module(node.func.value)
    plain = not any(isinstance(argument, ast.Starred) for argument in node.args)
    symmetric = isinstance(node.func, ast.Name) and node.func.id in ("max", "min")
    if len(node.args) == 2 and not symmetric and plain:
        yield _with(node, args=node.args[::-1])
    for index in range(len(node.keywords)):
        yield _with(node, keywords=[k for i, k in enumerate(node.keywords) if i != index])
    if name in DROPPED and plain:
        if method:
            assert isinstance(node.func, ast.Attribute)
            yield node.func.value
        elif node.args:
            yield node.args[0]
    if isinstance(node.func, ast.Attribute):
        for other in EXCHANGED.get(name, ()):
            if not (other in ("expm1", "log1p", "sin") and method):
                yield _with(node, func=_with(node.func, attr=other))
    if name in ("zeros", "ones", "full") and not any(k.arg == "dtype" for k in node.keywords):
        yield _with(node, keywords=[*node.keywords, ast.keyword("dtype", ast.Name("int", ast.Load()))])
    if name == "einsum" and node.args and isinstance(node.args[0], ast.Constant):
        for equation in _equations(str(node.args[0].value)):
            yield _with(node, args=[ast.Constant(equation), *node.args[1:]])


def _equations(equation: str) -> Iterator[str]:
    """Yield einsum equations in which one operand, or the result, has its last two axes exchanged."""
    inputs, arrow, output = equation.replace(" ", "").partition("->")
    parts = [*inputs.split(","), output]
    for index, part in enumerate(parts):
        if len(part.replace("...", "")) >= 2:
            turned = [*parts[:index], part[:-2] + part[:-3:-1], *parts[index + 1 :]]
            yield ",".join(turned[:-1]) + arrow + turned[-1]


def _attribute(node: ast.Attribute, scope: Scope) -> Iterator[ast.AST]:
    if node.attr == "T":
        yield node.value
    elif node.attr in TYPES and _is_module(node.value):
        yield _with(node, attr=TYPES[node.attr])


def _keyword(node: ast.Call, scope: Scope) -> Iterator[ast.AST]:
    """Another dtype."""
    for index, keyword in enumerate(node.keywords):
        if keyword.arg == "dtype" and isinstance(keyword.value, ast.Name) and keyword.value.id in TYPES:
            other = ast.keyword("dtype", ast.Name(TYPES[keyword.value.id], ast.Load()))
            yield _with(node, keywords=[*node.keywords[:index], other, *node.keywords[index + 1 :]])


def _slice(node: ast.Slice, scope: Scope) -> Iterator[ast.AST]:
    for part in ("lower", "upper", "step"):
        if getattr(node, part) is not None:
            yield _with(node, **{part: None})


def _subscript(node: ast.Subscript, scope: Scope) -> Iterator[ast.AST]:
    """One position earlier; another key of the same function."""
    if isinstance(node.slice, ast.Constant) and node.slice.value in scope.keys:
        at = scope.keys.index(node.slice.value)
        for other in dict.fromkeys((scope.keys[at - 1], scope.keys[(at + 1) % len(scope.keys)])):
            if other != node.slice.value:
                yield _with(node, slice=ast.Constant(other))
    if isinstance(node.slice, ast.Name | ast.BinOp):
        yield _with(node, slice=ast.BinOp(node.slice, ast.Sub(), ast.Constant(1)))
    elif isinstance(node.slice, ast.Tuple):
        for index, part in enumerate(node.slice.elts):
            if isinstance(part, ast.Name | ast.BinOp):
                earlier: ast.expr = ast.BinOp(part, ast.Sub(), ast.Constant(1))
                elements = [*node.slice.elts[:index], earlier, *node.slice.elts[index + 1 :]]
                yield _with(node, slice=_with(node.slice, elts=elements))


def _pair(node: ast.Tuple, scope: Scope) -> Iterator[ast.AST]:
    if isinstance(node.ctx, ast.Load) and len({ast.dump(element) for element in node.elts}) == 2 == len(node.elts):
        yield _with(node, elts=node.elts[::-1])


def _keys(node: ast.Dict, scope: Scope) -> Iterator[ast.AST]:
    """Two neighbouring entries of a dict with each other's values."""
    for index in range(len(node.keys) - 1):
        values = list(node.values)
        values[index], values[index + 1] = values[index + 1], values[index]
        yield _with(node, values=values)


def _passes(node: ast.ListComp | ast.GeneratorExp, scope: Scope) -> Iterator[ast.AST]:
    """The passes of a comprehension: in reverse, without the last, without the first."""
    first, *rest = node.generators
    for changed in iterations(first.iter):
        yield _with(node, generators=[_with(first, iter=changed), *rest])


def iterations(iterated: ast.expr, in_order: bool = True) -> Iterator[ast.expr]:
    """Yield other ways to go through what a loop goes through; where the loop does not look, the order is no matter."""
    passes = ast.Call(ast.Name("list", ast.Load()), [iterated], [])
    if in_order:
        yield ast.Subscript(passes, ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1))), ast.Load())
    yield ast.Subscript(passes, ast.Slice(None, ast.UnaryOp(ast.USub(), ast.Constant(1)), None), ast.Load())
    yield ast.Subscript(passes, ast.Slice(ast.Constant(1), None, None), ast.Load())


def _is_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in MODULES


OPERATORS: list[tuple[type | tuple[type, ...], Callable[..., Iterator[ast.AST]]]] = [
    (ast.BinOp, _binary),
    (ast.Compare, _compare),
    (ast.BoolOp, _logic),
    (ast.UnaryOp, _unary),
    (ast.IfExp, _choice),
    (ast.Constant, _constant),
    (ast.Name, _variable),
    (ast.Call, _call),
    (ast.Call, _keyword),
    (ast.Attribute, _attribute),
    (ast.Slice, _slice),
    (ast.Subscript, _subscript),
    (ast.Tuple, _pair),
    (ast.Dict, _keys),
    ((ast.ListComp, ast.GeneratorExp), _passes),
]
