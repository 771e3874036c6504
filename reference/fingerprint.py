"""What a run is made of, in a few hashes: a run only resumes from a checkpoint of the same.

Whoever edits a learning rate, a loss or the data and starts again means a new run; going on from the old checkpoint
would report the old number under the new name. The hashes see the settings, the optimizers and schedulers as they are
before the first step, the model's structure, a sample of the data, and the code of the functions handed in together
with what these call in their own file. They do not see code beyond that file, nor the rows between the sampled ones.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import CodeType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from reference.train import Settings, Stateful

FREE = ("epochs", "device", "compile", "progress", "resume", "checkpoint_every")
"""Settings that may change: the number of epochs may grow, and the rest has no influence on what is learned."""
ROWS = 64
PLAIN = (int, float, str, bytes, bool, type(None))


def fingerprint(
    settings: Settings, data: Sequence[Tensor], stateful: Mapping[str, Stateful], functions: Mapping[str, Any]
) -> dict[str, str]:
    """A text per part of the run, by the part's name; two runs are the same where all texts are equal."""
    parts: dict[str, Any] = {name: value for name, value in asdict(settings).items() if name not in FREE}
    parts["data"] = [_of_data(tensor) for tensor in data]
    parts |= {name: _of_object(thing) for name, thing in stateful.items()}
    parts |= {name: _of_function(function, set()) for name, function in functions.items()}
    return {name: value if isinstance(value, str) else _hash(value) for name, value in parts.items()}


def _hash(value: Any) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def _of_data(tensor: Tensor) -> Any:
    """Shape, type, and some rows from everywhere."""
    rows = torch.linspace(0, len(tensor) - 1, min(ROWS, len(tensor))).long()
    sample = tensor[rows.to(tensor.device)].detach().cpu().contiguous()
    content = hashlib.sha256(sample.flatten().view(torch.uint8).numpy().tobytes()).hexdigest()
    return tuple(tensor.shape), str(tensor.dtype), content


def _of_object(thing: Any) -> Any:
    """The structure of a model, the hyperparameters of an optimizer, the plain values of anything else."""
    kind = type(thing).__qualname__
    if isinstance(thing, nn.Module):
        return kind, repr(thing), [(name, tuple(t.shape), str(t.dtype)) for name, t in thing.state_dict().items()]
    if isinstance(thing, torch.optim.Optimizer):
        return kind, [
            (len(group["params"]), sorted((name, repr(value)) for name, value in group.items() if name != "params"))
            for group in thing.param_groups
        ]
    state = thing.state_dict()
    return kind, sorted((name, repr(value)) for name, value in state.items() if _is_plain(value))


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return isinstance(value, PLAIN)


def _of_function(function: Any, seen: set[Any]) -> Any:
    """Code, defaults and plain captured values of a function, and the same of the functions of its file that it uses."""
    if isinstance(function, functools.partial):
        return (
            _of_function(function.func, seen),
            [value for value in function.args if _is_plain(value)],
            sorted((name, repr(value)) for name, value in function.keywords.items() if _is_plain(value)),
        )
    function = inspect.unwrap(function) if callable(function) else function
    function = getattr(function, "__func__", function)  # of a bound method
    code: CodeType | None = getattr(function, "__code__", None)
    if code is None or code in seen:
        return type(function).__qualname__
    seen.add(code)
    captured = inspect.getclosurevars(function)
    used = []
    for name, value in sorted({**captured.globals, **captured.nonlocals}.items()):
        if _is_plain(value):
            used.append((name, repr(value)))
        elif inspect.isfunction(value) and value.__module__ == function.__module__:
            used.append((name, _of_function(value, seen)))
    return _of_code(code), repr(function.__defaults__), repr(function.__kwdefaults__), used


def _of_code(code: CodeType) -> Any:
    """What a function does, whatever line it is in."""
    constants = [
        _of_code(value)
        if isinstance(value, CodeType)
        else sorted(map(repr, value))  # a set has no order
        if isinstance(value, frozenset)
        else repr(value)
        for value in code.co_consts
    ]
    return code.co_code.hex(), code.co_names, constants
