"""A pretended GPU: tensors that live on the CPU and are treated as if they were on `cuda`, to find what would go wrong there.

Inside `pretend_cuda()` every tensor that is sent to "cuda", or made from such tensors, carries a mark. An operation on
marked and unmarked tensors together, which a GPU refuses, is noted as a mix, and so are generators of the wrong device
and NumPy's view of a marked tensor. Reading a number (`item`, `float`, `tolist`, `cpu`, a boolean mask) waits for a GPU
to finish all that was asked of it; these waits are counted. What runs inside a backward pass is not seen.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

CUDA, CPU = torch.device("cuda", 0), torch.device("cpu")
ROOT = str(Path(__file__).resolve().parents[2])
MARK = "_pretended_on_cuda"

WAITS = {Tensor.item, Tensor.__float__, Tensor.__int__, Tensor.__bool__, Tensor.__index__, Tensor.tolist, torch.equal}
WAITS |= {
    Tensor.nonzero,
    torch.nonzero,
    Tensor.masked_select,
    Tensor.unique,
    torch.unique,
    torch.bincount,
    Tensor.equal,
}
TO_NUMPY = {Tensor.numpy, Tensor.__array__}
COPIES = {Tensor.copy_, Tensor.data.__set__, Tensor.__setitem__}  # from one device to another is allowed
LOOKS = {
    torch._has_compatible_shallow_copy_type,
    Tensor.requires_grad_,
    Tensor.shape.__get__,
    Tensor.dtype.__get__,
    Tensor.size,
    Tensor.dim,
    Tensor.__len__,
}


def on_cuda(tensor: Tensor) -> bool:
    """Whether the tensor is pretended to be on the GPU."""
    return getattr(tensor, MARK, False)


@dataclass
class Found:
    """What a real GPU would have refused, with the line of this repository, and how often it would have been waited for."""

    mixes: list[str] = field(default_factory=list)
    waits: Counter[str] = field(default_factory=Counter)
    marked: int = 0


@contextmanager
def pretend_cuda() -> Iterator[Found]:
    """Inside, `cuda` is a device like any other."""
    found = Found()
    with (
        mock.patch.object(torch.autograd, "grad", _marking_gradients(torch.autograd.grad)),
        mock.patch.object(torch.nn.Parameter, "__new__", _marked_parameter(torch.nn.Parameter.__new__)),
        mock.patch.object(torch.nn.Module, "to", _moving(torch.nn.Module.to)),
        mock.patch.object(torch.cuda, "get_device_name", return_value="pretended GPU"),
        _Mode(found),
    ):
        yield found


class _Mode(TorchFunctionMode):
    def __init__(self, found: Found) -> None:
        super().__init__()
        self.found = found

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        tensors = list(_tensors((args, kwargs)))
        marked = [tensor for tensor in tensors if on_cuda(tensor)]
        if func in (Tensor.device.__get__, Tensor.is_cuda.__get__):
            where = CUDA if marked else CPU
            return where if func == Tensor.device.__get__ else where.type == "cuda"
        if func in (Tensor.grad.__get__, Tensor.data.__get__, Tensor.detach):
            return _mark(func(*args, **kwargs), bool(marked))
        if func in (Tensor.to, Tensor.cuda, Tensor.cpu):
            return self._move(func, args, kwargs)
        if marked:
            self._check(func, args, tensors, marked)
        generator = kwargs.get("generator")
        target = _target(kwargs)
        if target is not None:
            kwargs["device"] = CPU
        goes_to_cuda = bool(marked) if target is None else target.type == "cuda"
        if goes_to_cuda and generator is not None and generator.device.type == "cpu":
            self._note(f"{_name(func)} on cuda with a generator on the cpu")
        result = func(*args, **kwargs)
        if func is Tensor.__iter__:
            result = iter([_mark(each, bool(marked)) for each in result])
        if func == Tensor.data.__set__:
            setattr(args[0], MARK, on_cuda(args[1]))
        elif func not in LOOKS and func not in WAITS:
            found = list(_tensors(result))
            self.found.marked += goes_to_cuda * len(found)
            for tensor in found:
                if func not in COPIES and not (func.__name__.endswith("_") and tensors and tensor is tensors[0]):
                    _mark(tensor, goes_to_cuda)
        return result

    def _move(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Tensor:
        """`to`, `cuda` and `cpu`: a copy where the pretended device changes."""
        tensor, others = args[0], list(args[1:])
        target = CUDA if func is Tensor.cuda else CPU if func is Tensor.cpu else _target(kwargs)
        if func is Tensor.to:
            for index, value in enumerate(others):
                if isinstance(value, str | torch.device):
                    target, others[index] = torch.device(value), CPU
                elif isinstance(value, Tensor):
                    target = CUDA if on_cuda(value) else CPU
            if kwargs.get("device") is not None:
                kwargs["device"] = CPU
        else:
            others, kwargs = [], {}
        moves = target is not None and (target.type == "cuda") != on_cuda(tensor)
        if moves and on_cuda(tensor):
            self.found.waits[_name(func)] += 1
        result: Tensor = Tensor.to(tensor, *others, **kwargs) if others or kwargs else tensor
        if moves and result is tensor:
            result = tensor.clone()
        now = on_cuda(tensor) if target is None else target.type == "cuda"
        self.found.marked += now
        return _mark(result, now)

    def _check(self, func: Any, args: Any, tensors: list[Tensor], marked: list[Tensor]) -> None:
        """Note mixes, NumPy and waits."""
        others = [tensor for tensor in tensors if not on_cuda(tensor) and tensor.dim() > 0]
        if func is Tensor.__getitem__ and on_cuda(args[0]):
            others = []  # a GPU takes row numbers from the CPU
            if any(index.dtype in (torch.bool, torch.uint8) for index in marked[1:]):
                self.found.waits["indexing with a mask"] += 1
        if others and func not in COPIES | LOOKS:
            self._note(f"{_name(func)} of tensors on cuda and on the cpu")
        if func in TO_NUMPY:
            self._note("NumPy's view of a tensor on cuda: .cpu() is missing")
        if func in WAITS:
            self.found.waits[_name(func)] += 1

    def _note(self, what: str) -> None:
        frames = [
            frame
            for frame in traceback.extract_stack()
            if frame.filename.startswith(ROOT) and frame.filename != __file__
        ]
        where = f"{frames[-1].filename.removeprefix(ROOT + '/')}:{frames[-1].lineno}" if frames else "?"
        self.found.mixes.append(f"{where}: {what}")


def _marking_gradients(grad: Callable[..., Any]) -> Callable[..., Any]:
    """torch.autograd.grad does not ask the mode."""

    def marking(outputs: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        result = grad(outputs, inputs, *args, **kwargs)
        for gradient, source in zip(result, [inputs] if isinstance(inputs, Tensor) else list(inputs), strict=False):
            if gradient is not None:
                _mark(gradient, on_cuda(source))
        return result

    return marking


def _marked_parameter(new: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A parameter is where its data are."""

    def marking(cls: Any, data: Tensor | None = None, requires_grad: bool = True) -> Tensor:
        parameter: Tensor = _mark(new(cls, data, requires_grad), data is not None and on_cuda(data))
        return parameter

    return marking


def _moving(to: Callable[..., torch.nn.Module]) -> Callable[..., torch.nn.Module]:
    """`module.to(tensor)` asks the tensor for its true device."""

    def moving(self: torch.nn.Module, *args: Any, **kwargs: Any) -> torch.nn.Module:
        if args and isinstance(args[0], Tensor):
            args = (args[0].device, args[0].dtype, *args[1:])
        return to(self, *args, **kwargs)

    return moving


def _target(kwargs: dict[str, Any]) -> torch.device | None:
    return None if kwargs.get("device") is None else torch.device(kwargs["device"])


def _mark(value: Any, cuda: bool) -> Any:
    if isinstance(value, Tensor):
        setattr(value, MARK, cuda)
    return value


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _tensors(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _tensors(each)


def _name(func: Any) -> str:
    return getattr(func, "__name__", str(func)).strip("_")
