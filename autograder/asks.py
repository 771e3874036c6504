"""The trusted side of a stub: answers what a submission asks, with arguments that it chose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.calls import Answer, Failed, Handle, Recipe, Returned
from autograder.stubs import Answered, Place, arguments
from autograder.wire import Tensor


def answered(
    answer: Answer,
    framework: str,
    function: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    gradients: Sequence[Place],
) -> Answered:
    """Answer one call; `gradients` are the places of float tensors whose gradient is wanted."""
    if stand_ins(args) or stand_ins(kwargs):
        return Answered(Failed("not-data", f"{function} was handed something that is no data."))
    places = arguments(args, kwargs)
    leaves = {place: Recipe("leaf", {"array": places[place].array}) for place in gradients}
    given = [leaves.get(i, value) for i, value in enumerate(args)]
    named = {name: leaves.get(name, value) for name, value in kwargs.items()}
    outcome = answer(function, given, named)
    if not isinstance(outcome, Returned):
        return Answered(outcome)
    if stand_ins(outcome.value):
        return Answered(Failed("not-data", f"{function} returns something that stays with the grader."))
    after = arguments(*outcome.arguments)
    found = [_gradient(after[place]) for place in gradients]
    value = _tensors(outcome.value) if framework == "torch" else outcome.value
    return Answered(replace(outcome, value=value), found)


def stand_ins(value: Any) -> bool:
    """Tell whether a handle or a recipe is anywhere in a value."""
    if isinstance(value, Handle | Recipe):
        return True
    if isinstance(value, Mapping):
        return any(map(stand_ins, value.values()))
    return isinstance(value, list | tuple) and any(map(stand_ins, value))


def _gradient(leaf: Any) -> np.ndarray | None:
    """Return the gradient in a leaf as it was read back after the call."""
    gradient = leaf["grad"] if isinstance(leaf, Mapping) else None
    return getattr(gradient, "array", gradient)


def _tensors(value: Any) -> Any:
    """Return what the reference gives as arrays as the tensors that they were."""
    if isinstance(value, np.ndarray | np.generic):
        return Tensor(np.asarray(value))
    if isinstance(value, list | tuple):
        return type(value)(_tensors(item) for item in value)
    if isinstance(value, dict):
        return {key: _tensors(item) for key, item in value.items()}
    return value
