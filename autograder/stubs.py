"""What stands in a submission's module for a function whose calls the grader answers (see `Runner.replace`).

A stub sends its arguments as data and gets a value back; the code that computed it is elsewhere. In a torch exercise the answer
brings the gradient along, so that `backward()` goes through the stub as it would through the function.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder import wire
from autograder.calls import Failed, Outcome, Raised

Place = int | str  # of an argument: its position or its name


@dataclass(frozen=True)
class Answered:
    """The grader's answer; `gradients` are those of the result, one number, with respect to the arguments that need them."""

    outcome: Outcome
    gradients: Sequence[np.ndarray | None] = ()


Ask = Callable[[str, list[Any], dict[str, Any], list[Place]], Answered]  # the last are the places that need gradients


def stub(name: str, ask: Ask, live: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a function that answers as `ask` does; `live` makes of data what the submission works with."""

    def stand_in(*args: Any, **kwargs: Any) -> Any:
        tracked = _tracked(args, kwargs)
        try:
            answered = ask(name, list(args), dict(kwargs), list(tracked))
        except wire.WireError as error:
            raise TypeError(f"{name} was handed {error}") from None
        if isinstance(answered.outcome, Raised):
            raise _exception(answered.outcome)
        if isinstance(answered.outcome, Failed):
            raise RuntimeError(answered.outcome.message)
        value = live(answered.outcome.value)
        return _attached(name, value, list(tracked.values()), answered.gradients) if tracked else value

    stand_in.__name__ = stand_in.__qualname__ = name
    return stand_in


def arguments(args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[Place, Any]:
    """Return the arguments of a call by their places."""
    places: dict[Place, Any] = dict(enumerate(args))
    places.update(kwargs)
    return places


def _tracked(args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[Place, Any]:
    """Return the arguments through which the submission may want a gradient."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.is_grad_enabled():
        return {}
    places = arguments(args, kwargs)
    return {
        place: value
        for place, value in places.items()
        if isinstance(value, torch.Tensor) and value.requires_grad and value.is_floating_point()
    }


def _attached(name: str, value: Any, tensors: Sequence[Any], gradients: Sequence[np.ndarray | None]) -> Any:
    """Connect a result with the arguments' graph, given the gradients of the result where it is one number."""
    import torch

    known = [None if g is None else torch.from_numpy(g) for g in gradients]

    class Known(torch.autograd.Function):
        """The result; its gradient is the one that came with it."""

        @staticmethod
        def forward(ctx: Any, result: Any, *inputs: Any) -> Any:
            ctx.single = result.numel() == 1 and result is value
            return result.clone()

        @staticmethod
        def backward(ctx: Any, *outer: Any) -> Any:
            if not ctx.single:
                raise RuntimeError(
                    f"the grader answers {name}, and knows its gradient only where the result is one number"
                )
            pairs = zip(tensors, known, strict=True)
            return None, *(None if g is None else outer[0].reshape(()) * g.to(t.dtype) for t, g in pairs)

    def connect(result: Any) -> Any:
        if isinstance(result, list | tuple):
            return type(result)(connect(item) for item in result)
        if isinstance(result, torch.Tensor) and result.is_floating_point():
            return Known.apply(result, *tensors)  # type: ignore[no-untyped-call]
        return result

    return connect(value)


def _exception(raised: Raised) -> Exception:
    kind = vars(builtins).get(raised.type)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(raised.message)
        except TypeError:  # such as UnicodeDecodeError, which wants more than a message
            pass
    return RuntimeError(f"{raised.type}: {raised.message}")
