"""Wrong versions that write themselves: what can go wrong in any function, made from the solution's own text.

For each function of an exercise:

    ignores A                  an optional argument always has its default, a flag one value; a factor or a term is left out
    inverts A                  a flag, or a mask, turned round
    overwrites A               an array written in place: `a -= b` for `a - b`, or the copy left out
    swaps-outputs, one-output-missing, repeats-output
    does-not-pass A to H       an optional argument that a call of another function of the exercise leaves out

A version is a `Replacement` as an author would state it, under an id such as `attention-attention-weights-ignores-mask`. Its
statement comes from the templates in `general.yaml`. What does not apply to an exercise is struck out on its card:
`strike: [id, ...]`.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import cast

import yaml

from autograder.catalogue import Exercise, Misconception
from autograder.suite import Replacement, SuiteError

OF_ARGUMENTS = ("ignores", "inverts", "overwrites")
OF_OUTPUTS = ("swaps-outputs", "one-output-missing", "repeats-output")
TEMPLATES = Path(__file__).with_name("general.yaml")

COPIES = ("copy", "array", "list", "dict", "clone", "deepcopy")


def versions(solution: str, exercise: Exercise) -> list[Replacement]:
    """Return the general wrong versions of a solution, without those that the exercise's card strikes out.

    Raises:
        SuiteError: the card strikes out an id under which there is no version.
    """
    found = list(_versions(solution, exercise))
    if unknown := set(exercise.strike) - {version.misconception for version in found}:
        raise SuiteError(
            f"strike: there is no general wrong version {', '.join(sorted(unknown))}; take it off the card"
        )
    return [version for version in found if version.misconception not in exercise.strike]


def misconceptions(exercise: Exercise, signatures: Mapping[str, Sequence[str]]) -> dict[str, Misconception]:
    """Return the statements of all general misconceptions that there can be of an exercise's functions, by id.

    Args:
        exercise: whose functions they are about.
        signatures: parameter names by function.
    """
    found = {}

    def add(id: str, kind: str, **names: str) -> None:
        fields = {field: text.format(**names) for field, text in templates()[kind].items()}
        found[id] = Misconception.model_validate(
            {"id": id, "chapter": exercise.chapter, "topic": exercise.topic, "kind": "general", **fields}
        )

    for function in exercise.functions:
        for kind in OF_OUTPUTS:
            add(name_of(exercise, function, kind), kind, function=function)
        for argument in signatures.get(function, ()):
            for kind in OF_ARGUMENTS:
                add(name_of(exercise, function, kind, argument), kind, function=function, argument=argument)
        for helper in exercise.functions:
            for argument in signatures.get(helper, ()) if helper != function else ():
                id = name_of(exercise, function, "does-not-pass", argument, helper)
                add(id, "does-not-pass", function=function, argument=argument, helper=helper)
    return found


@cache
def templates() -> dict[str, dict[str, str]]:
    """Return the statements by kind; {function}, {argument} and {helper} are to be filled in."""
    data: dict[str, dict[str, str]] = yaml.safe_load(TEMPLATES.read_text(encoding="utf-8"))
    return data


def name_of(exercise: Exercise, function: str, kind: str, argument: str = "", helper: str = "") -> str:
    """Return the id of a general misconception."""
    parts = [exercise.name, function, kind, argument, *(("to", helper) if helper else ())]
    return "-".join(part.strip("_").replace("_", "-").lower() for part in parts if part)


def _versions(solution: str, exercise: Exercise) -> Iterator[Replacement]:
    functions = {node.name: node for node in ast.parse(solution).body if isinstance(node, ast.FunctionDef)}
    seen = {ast.unparse(node) for node in functions.values()}
    for name in exercise.functions:
        if name not in functions:
            continue
        helpers = {other: functions[other] for other in exercise.functions if other != name and other in functions}
        free = exercise.opaque.get(name) == ()  # what it returns is not looked at
        for kind, argument, helper, changed in _changes(functions[name], helpers, free):
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text not in seen:
                seen.add(text)
                yield Replacement(name_of(exercise, name, kind, argument, helper), name, text + "\n")


Change = tuple[str, str, str, ast.FunctionDef]  # kind, argument, helper, the changed function


def _changes(function: ast.FunctionDef, helpers: Mapping[str, ast.FunctionDef], free: bool = False) -> Iterator[Change]:
    defaults = defaults_of(function)
    for argument in parameters(function):
        if argument in defaults:
            yield from (("ignores", argument, "", f) for f in _always(function, argument, defaults[argument]))
        else:
            yield from (("ignores", argument, "", f) for f in _left_out(function, argument))
        yield from (("inverts", argument, "", f) for f in _turned_round(function, argument, defaults.get(argument)))
        yield from (("overwrites", argument, "", f) for f in _written_over(function, argument))
    if not free:
        for kind, build in (("swaps-outputs", _swapped), ("one-output-missing", _missing), ("repeats-output", _twice)):
            yield from ((kind, "", "", changed) for changed in _outputs(function, build))
    for helper, definition in helpers.items():
        for argument in defaults_of(definition):
            if (changed := _without_argument(function, definition, argument)) is not None:
                yield "does-not-pass", argument, helper, changed


def parameters(function: ast.FunctionDef) -> list[str]:
    """Return the names of a function's parameters."""
    return [a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]


def defaults_of(function: ast.FunctionDef) -> dict[str, ast.expr]:
    """Return the defaults of a function's optional parameters."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    found = dict(zip(reversed([a.arg for a in positional]), reversed(arguments.defaults), strict=False))
    named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return dict(reversed(found.items())) | {a.arg: default for a, default in named if default is not None}


def _always(function: ast.FunctionDef, argument: str, default: ast.expr) -> Iterator[ast.FunctionDef]:
    """Give an optional argument its default whatever was passed; a flag also the other value."""
    yield _begun(function, f"{argument} = {ast.unparse(default)}")
    if isinstance(default, ast.Constant) and isinstance(default.value, bool):
        yield _begun(function, f"{argument} = {not default.value}")


def _left_out(function: ast.FunctionDef, argument: str) -> Iterator[ast.FunctionDef]:
    """Leave a required argument out of the sums and products in which it stands; begin from zero instead of a state."""

    class Drop(ast.NodeTransformer):
        def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
            self.generic_visit(node)
            left, right = _is(node.left, argument), _is(node.right, argument)
            if left and isinstance(node.op, ast.Add | ast.Mult):
                return node.right
            if right and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div):
                return node.left
            if left and isinstance(node.op, ast.Sub):
                return ast.UnaryOp(ast.USub(), node.right)
            return node

    yield Drop().visit(copy.deepcopy(function))
    for node in ast.walk(function):
        plain = isinstance(node, ast.Assign) and (_is(node.value, argument) or _among(node.value, argument))
        if plain or (isinstance(node, ast.List) and _among(node, argument)):
            yield _begun(function, f"{argument} = {argument} * 0")
            return


def _turned_round(function: ast.FunctionDef, argument: str, default: ast.expr | None) -> Iterator[ast.FunctionDef]:
    if isinstance(default, ast.Constant) and isinstance(default.value, bool):
        yield _begun(function, f"{argument} = not {argument}")
    elif "mask" in argument.lower():
        yield _begun(function, f"{argument} = None if {argument} is None else {argument} == False")


def _written_over(function: ast.FunctionDef, argument: str) -> Iterator[ast.FunctionDef]:
    """Write `a op= b` where the solution computes `a op b` of an array; leave out the copy that the solution makes."""
    if is_array(function, argument):
        places = [n for n in ast.walk(function) if isinstance(n, ast.BinOp) and _is(n.left, argument)]
        if places and isinstance(places[0].op, ast.Add | ast.Sub | ast.Mult | ast.Div):
            changed = copy.deepcopy(function)
            place = next(n for n in ast.walk(changed) if isinstance(n, ast.BinOp) and _is(n.left, argument))
            block, index = _innermost(changed, place)
            block.insert(index, ast.AugAssign(ast.Name(argument, ast.Store()), place.op, place.right))
            yield cast(ast.FunctionDef, _Put(place, place.left).visit(changed))

    class Bare(ast.NodeTransformer):
        def visit_Call(self, node: ast.Call) -> ast.AST:
            self.generic_visit(node)
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called not in COPIES:
                return node
            copied = [node.func.value] if isinstance(node.func, ast.Attribute) and not node.args else node.args[:1]
            return copied[0] if copied and _is(copied[0], argument) else node

    yield Bare().visit(copy.deepcopy(function))


def is_array(function: ast.FunctionDef, argument: str) -> bool:
    """Whether the docstring calls an argument an array: `X: (n, d) array`, `C, U: (V, m) arrays`, `h: (n, h)`."""
    text = ast.get_docstring(function) or ""
    return bool(re.search(rf"\b{argument}(?:, \w+)*: (?:\(|[^:;.\n]*\barrays?\b)", text))


def _outputs(
    function: ast.FunctionDef, build: Callable[[list[ast.expr]], Iterator[ast.expr]]
) -> Iterator[ast.FunctionDef]:
    """Change what a function returns, in each place alike, where that is a tuple."""
    returned = [node for node in ast.walk(function) if isinstance(node, ast.Return)]
    sizes = {len(node.value.elts) for node in returned if isinstance(node.value, ast.Tuple)}
    if len(sizes) != 1 or not all(isinstance(node.value, ast.Tuple) for node in returned):
        return
    for number in range(len(list(build([ast.Constant(i) for i in range(sizes.pop())])))):
        changed = copy.deepcopy(function)
        for node in ast.walk(changed):
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
                node.value = list(build(node.value.elts))[number]
        yield changed


def _swapped(outputs: list[ast.expr]) -> Iterator[ast.expr]:
    for one, other in pairwise(range(len(outputs))):
        turned = list(outputs)
        turned[one], turned[other] = turned[other], turned[one]
        yield ast.Tuple(turned, ast.Load())


def _missing(outputs: list[ast.expr]) -> Iterator[ast.expr]:
    for index in reversed(range(len(outputs))):
        rest = [output for i, output in enumerate(outputs) if i != index]
        yield rest[0] if len(rest) == 1 else ast.Tuple(rest, ast.Load())


def _twice(outputs: list[ast.expr]) -> Iterator[ast.expr]:
    for one, other in pairwise(range(len(outputs))):
        for kept, lost in ((one, other), (other, one)):
            yield ast.Tuple([outputs[kept] if i == lost else o for i, o in enumerate(outputs)], ast.Load())


def _without_argument(function: ast.FunctionDef, helper: ast.FunctionDef, argument: str) -> ast.FunctionDef | None:
    """Leave an optional argument out of every call of another function; None where no call passes it."""
    changed, found = copy.deepcopy(function), False
    order = parameters(helper)
    for node in ast.walk(changed):
        if not isinstance(node, ast.Call) or not _is(node.func, helper.name):
            continue
        at = order.index(argument)
        if any(keyword.arg == argument for keyword in node.keywords):
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != argument]
            found = True
        elif at < len(node.args) and not any(isinstance(a, ast.Starred) for a in node.args):
            later = zip(order[at + 1 :], node.args[at + 1 :], strict=False)
            node.keywords = [*(ast.keyword(name, value) for name, value in later), *node.keywords]
            del node.args[at:]
            found = True
    return changed if found else None


def _begun(function: ast.FunctionDef, line: str) -> ast.FunctionDef:
    """Return the function with a line put before its code."""
    changed = copy.deepcopy(function)
    changed.body.insert(1 if ast.get_docstring(function) is not None else 0, ast.parse(line).body[0])
    return changed


def _innermost(function: ast.FunctionDef, place: ast.AST) -> tuple[list[ast.stmt], int]:
    """Return the block, and the place in it, of the statement that holds an expression."""
    found: tuple[list[ast.stmt], int] = (function.body, 0)
    for owner in ast.walk(function):  # outer before inner
        for field in ("body", "orelse", "finalbody"):
            block = getattr(owner, field, None)
            if isinstance(block, list):
                for index, statement in enumerate(block):
                    if any(node is place for node in ast.walk(statement)):
                        found = block, index
    return found


class _Put(ast.NodeTransformer):
    def __init__(self, place: ast.AST, becomes: ast.AST) -> None:
        self._place, self._becomes = place, becomes

    def visit(self, node: ast.AST) -> ast.AST:
        return self._becomes if node is self._place else self.generic_visit(node)


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _among(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Tuple | ast.List) and any(_is(element, name) for element in node.elts)
