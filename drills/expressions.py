"""Evaluates the expressions in which a numeric key is written, so that no key is ever typed as a result.

An expression may hold literals, arithmetic, indexing by a literal, `array([...])`, functions of `math`, and calls of
reference functions as `chapter.module.function(...)`. It is walked as a syntax tree: nothing is handed to `eval`, no
attribute of a value can be reached, and names with a leading underscore do not exist. Whole numbers are bounded before
each operation that makes them grow: Python's own have no limit, and while it computes a long one nobody else is served.
"""

import ast
import importlib
import math
import operator
from collections.abc import Callable
from typing import Any

OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
BUILTINS: dict[str, Callable[..., Any]] = {"abs": abs, "max": max, "min": min, "round": round, "sum": sum, "len": len}
UNBOUNDED = {"factorial", "comb", "perm", "lcm", "prod"}  # functions of `math` whose whole numbers grow without limit
LONGEST = 2000
LARGEST_EXPONENT = 64
LARGEST_BITS = 4096  # of any whole number met on the way; a float ends at 1024


class ExpressionError(ValueError):
    """The expression is outside the small language, or its computation failed."""


def evaluate(expression: str) -> Any:
    """The value of `expression`; arrays and tensors of one element become a number.

    Raises:
        ExpressionError: names what is not allowed, or what went wrong in the computation.
    """
    value = _value(_parse(expression), calls=True)
    return value.item() if hasattr(value, "item") and callable(value.item) else value


def arithmetic(expression: str) -> int | float:
    """The value of an expression of numbers and operators alone, as a learner may type it.

    Raises:
        ExpressionError: when it holds anything else or has no finite value.
    """
    value = _value(_parse(expression), calls=False)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ExpressionError(f"'{expression}' is not a number")
    return value


def is_arithmetic(expression: str) -> bool:
    """Whether the expression is bounded arithmetic alone, which may be computed whoever wrote it."""
    try:
        arithmetic(expression)
    except ExpressionError:
        return False
    return True


def is_bare_number(expression: str) -> bool:
    """Whether the expression only states its result, as '392' or '-0.5' do."""
    node = _parse(expression)
    while isinstance(node, ast.UnaryOp):
        node = node.operand
    return isinstance(node, ast.Constant)


def _parse(expression: str) -> ast.expr:
    if len(expression) > LONGEST:
        raise ExpressionError(f"longer than {LONGEST} characters")
    try:
        return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExpressionError(f"'{expression}' cannot be read: {error}") from error


def _value(node: ast.expr, calls: bool) -> Any:
    try:
        return _walk(node, calls)
    except ExpressionError:
        raise
    except RecursionError as error:  # too deep to be written out in the message, too
        raise ExpressionError("too many brackets or signs within each other") from error
    except Exception as error:  # the reference's own errors: the expression's author must see them
        raise ExpressionError(f"'{ast.unparse(node)}': {type(error).__name__}: {error}") from error


def _walk(node: ast.expr, calls: bool) -> Any:
    match node:
        case ast.Constant(value=int() | float() as number):
            return _bounded(number)
        case ast.Constant(value=str() | None as literal) if calls:
            return literal
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_walk(operand, calls)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return +_walk(operand, calls)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            base, exponent = _walk(left, calls), _walk(right, calls)
            if isinstance(exponent, int | float) and abs(exponent) > LARGEST_EXPONENT:
                raise ExpressionError(f"exponent above {LARGEST_EXPONENT}")
            _fits(_bits(base) * (exponent if isinstance(exponent, int) else 1))
            return base**exponent
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            one, other = _walk(left, calls), _walk(right, calls)
            if isinstance(one, str | list | tuple | dict) or isinstance(other, str | list | tuple | dict):
                raise ExpressionError(f"'{ast.unparse(node)}': only numbers and arrays can be computed with")
            if isinstance(op, ast.Mult):
                _fits(_bits(one) + _bits(other))
            return _bounded(OPERATORS[type(op)](one, other))
        case ast.Tuple(elts=elements) if calls:
            return tuple(_walk(element, calls) for element in elements)
        case ast.List(elts=elements) if calls:
            return [_walk(element, calls) for element in elements]
        case ast.Dict(keys=keys, values=values) if calls and None not in keys:
            return {_walk(k, calls): _walk(v, calls) for k, v in zip(keys, values, strict=True) if k is not None}
        case ast.Subscript(value=value, slice=index) if calls:
            return _walk(value, calls)[_walk(index, calls)]
        case ast.Call(func=function, args=args, keywords=keywords) if calls:
            arguments = {keyword.arg: _walk(keyword.value, calls) for keyword in keywords if keyword.arg}
            if len(arguments) < len(keywords):
                raise ExpressionError("** is not allowed")
            return _function(function)(*(_walk(argument, calls) for argument in args), **arguments)
    raise ExpressionError(f"'{ast.unparse(node)}' is not allowed here")


def _bits(value: Any) -> int:
    """The length of a whole number; floats, arrays and bool do not grow."""
    return value.bit_length() if isinstance(value, int) else 0


def _fits(bits: int) -> None:
    if bits > LARGEST_BITS:
        raise ExpressionError(f"a number of more than {LARGEST_BITS} bits on the way")


def _bounded(value: Any) -> Any:
    _fits(_bits(value))
    return value


def _function(node: ast.expr) -> Callable[..., Any]:
    match ast.unparse(node).split("."):
        case ["array"]:
            return _array
        case [name] if name in BUILTINS:
            return BUILTINS[name]
        case ["math", name] if name[0] != "_" and name not in UNBOUNDED and callable(getattr(math, name, None)):
            return getattr(math, name)  # type: ignore[no-any-return]
        case [chapter, module, name] if all(part.isidentifier() and part[0] != "_" for part in (chapter, module, name)):
            return _reference_function(chapter, module, name)
    raise ExpressionError(
        f"'{ast.unparse(node)}' is unknown; write chapter.module.function of the reference, math.f or one of "
        + ", ".join(["array", *BUILTINS])
    )


def _reference_function(chapter: str, module: str, name: str) -> Callable[..., Any]:
    path = f"reference.{chapter}.{module}"
    try:
        found = getattr(importlib.import_module(path), name, None)
    except ModuleNotFoundError as error:
        raise ExpressionError(f"there is no module {path}") from error
    if not callable(found) or not str(getattr(found, "__module__", "")).startswith("reference."):
        raise ExpressionError(f"{path} has no function {name}")
    return found  # type: ignore[no-any-return]


def _array(values: Any) -> Any:
    import torch  # only an expression that names array() needs it, and it takes seconds

    return torch.tensor(values, dtype=torch.float64)
