"""Worked examples in the assignment, `>>> predict(w, x)` with the value below, hold in the solution and in the reference.

They are read as Python's doctest reads them. Values are compared as numbers, to the digits that a reader can follow; `np` and
(in an exercise that uses it) `torch` are there. A learner can copy each line into a console.
"""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograder.authoring.checklist import Context, Problem
from autograder.compare import as_array

CLOSE = 1e-3  # relative to the largest entry: a reader works with three or four digits


def worked(context: Context) -> Iterator[Problem]:
    """Yield a problem for each example that does not hold, and for each function without one."""
    exercise, path = context.exercise, context.exercise.solution
    tree = ast.parse(context.bench.solution)
    found = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    ours = _executed(context.bench.solution, str(path))
    theirs = _reference(context)
    for name in exercise.functions:
        node = found.get(name)
        if node is None:
            continue
        examples = list(_examples(node))
        if not any(e.want for e, _ in examples) or not any(f"{name}(" in e.source for e, _ in examples):
            yield Problem(f"{name} has no worked example: `>>> {name}(...)` and its value by hand", path, node.lineno)
            continue
        problems = list(_wrong(examples, "the solution", dict(ours), context))
        if not problems and theirs is not None:
            problems = list(_wrong(examples, "the reference", dict(theirs), context))
        yield from problems


def _examples(node: ast.FunctionDef) -> Iterator[tuple[doctest.Example, int]]:
    """Yield the examples of a docstring, each with its line in the file."""
    text = ast.get_docstring(node, clean=False)
    if text is not None:
        start = node.body[0].lineno
        for example in doctest.DocTestParser().get_examples(text):
            yield example, start + example.lineno


def _wrong(
    examples: list[tuple[doctest.Example, int]], who: str, namespace: dict[str, Any], context: Context
) -> Iterator[Problem]:
    for example, line in examples:
        shown = example.source.strip().splitlines()[0]
        try:
            value = _evaluated(example.source, namespace)
        except Exception as error:
            if example.exc_msg is None or not example.exc_msg.startswith(type(error).__name__):
                raised = f"{type(error).__name__}: {error}"
                yield Problem(f"`{shown}` raises in {who}: {raised}", context.exercise.solution, line)
            continue
        if example.exc_msg is not None:
            message = f"`{shown}` must raise {example.exc_msg.strip()}, but in {who} it returns"
            yield Problem(message, context.exercise.solution, line)
        elif example.want:
            yield from _compared(example, value, who, shown, context, line)


def _compared(
    example: doctest.Example, value: Any, who: str, shown: str, context: Context, line: int
) -> Iterator[Problem]:
    path = context.exercise.solution
    try:
        wanted = eval(example.want, {**vars(np), "np": np, "array": np.array, "nan": np.nan, "inf": np.inf})
    except Exception as error:
        yield Problem(f"the value of `{shown}` cannot be read as Python ({error})", path, line)
        return
    if not same(_plain(value), wanted):
        wanted_text = " ".join(example.want.split())
        yield Problem(f"`{shown}` is {_plain(value)!r} in {who}, not {wanted_text}".replace("\n", ""), path, line)


def same(value: Any, wanted: Any) -> bool:
    """Whether a value is the wanted one to the digits of a worked example."""
    if isinstance(wanted, dict):
        return (
            isinstance(value, dict) and value.keys() == wanted.keys() and all(same(value[k], wanted[k]) for k in wanted)
        )
    if isinstance(wanted, tuple) or (isinstance(wanted, list) and as_array(wanted) is None):
        return (
            isinstance(value, tuple | list)
            and len(value) == len(wanted)
            and all(same(one, other) for one, other in zip(value, wanted, strict=True))
        )
    expected, given = as_array(wanted), as_array(value)
    if expected is None or given is None:
        return bool(value == wanted)
    if expected.shape != given.shape:
        return False
    scale = max(float(np.abs(expected).max(initial=0)), 1e-300) if expected.size else 1.0
    return bool(
        np.allclose(given.astype(float), expected.astype(float), rtol=CLOSE, atol=CLOSE * scale, equal_nan=True)
    )


def _executed(source: str, name: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "worked", "np": np, "array": np.array}
    if "torch" in source:
        import torch

        namespace["torch"] = torch
    exec(compile(source, name, "exec"), namespace)
    return namespace


def _reference(context: Context) -> Mapping[str, Any] | None:
    """Return the reference's functions, which take and give arrays; None where the exercise has no reference."""
    from autograder.reference import imported

    if not context.exercise.reference.is_file():
        return None
    import torch

    module = imported(context.exercise.reference)

    def called(name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            function = getattr(module, name)
            return _plain(function(*map(_tensor, args), **{key: _tensor(value) for key, value in kwargs.items()}))

        return call if context.exercise.framework == "numpy" else getattr(module, name)

    functions = {name: called(name) for name in context.exercise.functions if hasattr(module, name)}
    return {"np": np, "array": np.array, "torch": torch, **functions}


def _tensor(value: Any) -> Any:
    import torch

    if isinstance(value, np.ndarray):
        return torch.from_numpy(np.array(value))
    if isinstance(value, dict):
        return {key: _tensor(item) for key, item in value.items()}
    return value


def _plain(value: Any) -> Any:
    """Return arrays for tensors, and plain numbers for NumPy's, at any depth."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    if isinstance(value, np.ndarray) and value.shape == ():
        return value.item()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if type(value) in (tuple, list):
        return type(value)(_plain(item) for item in value)
    return value


def _evaluated(source: str, namespace: dict[str, Any]) -> Any:
    try:
        code = compile(source, "<example>", "eval")
    except SyntaxError:
        exec(compile(source, "<example>", "exec"), namespace)
        return None
    return eval(code, namespace)
