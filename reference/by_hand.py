"""Layers whose backward pass is written by hand, safe for all that autograd can do.

A layer comes in two forms with the same numbers. The formula, in operations that autograd knows, is what one reads. The
pair by hand is what trains: its forward pass says what it wants to remember, its backward pass makes the first
derivatives of that. Whoever asks for more than first derivatives gets the formula:

    y.backward()                                        the backward pass by hand
    derivatives of derivatives (create_graph=True)      autograd through the formula
    torch.func: vmap, grad, jvp and their combinations  autograd through the formula
    torch.compile                                       the formula, which the compiler fuses itself

What a hand-written pass remembers was computed without a graph, so that differentiating it once more would silently
leave out how it depends on the input: a gradient penalty would be wrong. Hence the switch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

Tensors = Sequence[Tensor | None]


@dataclass(frozen=True)
class ByHand:
    """A layer in both forms; call it with its input tensors (None where one is absent) and its constants by name.

    Attributes:
        formula: (*inputs, **constants) -> the outputs, a tuple.
        forward: (*inputs, **constants) -> (the same outputs, what to remember), two tuples.
        backward: (gradients of the outputs, inputs, what was remembered, **constants) -> gradients of the inputs,
            None where there is none.
        differentiable: so many outputs have a gradient; the others, such as running averages, follow them.
        outputs: how many outputs there are.
    """

    formula: Callable[..., tuple[Tensor, ...]]
    forward: Callable[..., tuple[tuple[Tensor, ...], tuple[Tensor, ...]]]
    backward: Callable[..., Tensors]
    outputs: int = 1
    differentiable: int = 1

    def __call__(self, *inputs: Tensor | None, **constants: Any) -> tuple[Tensor, ...]:
        """The outputs, computed in the inputs' precision also under autocast."""
        device = next(tensor.device.type for tensor in inputs if tensor is not None)
        with torch.autocast(device, enabled=False):
            if torch.compiler.is_compiling():
                return self.formula(*inputs, **constants)
            apply: Any = _Function.apply
            outputs: tuple[Tensor, ...] = apply(self, constants, *inputs)[: self.outputs]
            return outputs


class _Function(torch.autograd.Function):
    """Ties the backward pass by hand to the forward pass."""

    @staticmethod
    def forward(layer: ByHand, constants: dict[str, Any], *inputs: Tensor | None) -> tuple[Tensor, ...]:
        outputs, remembered = layer.forward(*inputs, **constants)
        return *outputs, *remembered

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        ctx.layer, ctx.constants, *tensors = inputs
        ctx.entering, ctx.rest = len(tensors), len(output) - ctx.layer.differentiable
        ctx.mark_non_differentiable(*output[ctx.layer.differentiable :])
        ctx.save_for_backward(*tensors, *output[ctx.layer.outputs :])
        ctx.save_for_forward(*tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Any, ...]:
        layer, inputs, remembered = ctx.layer, ctx.saved_tensors[: ctx.entering], ctx.saved_tensors[ctx.entering :]
        given = grads[: layer.differentiable]
        with torch.autocast(given[0].device.type, enabled=False):
            if not torch.is_grad_enabled():
                return None, None, *layer.backward(given, inputs, remembered, **ctx.constants)
            wanted = [i for i, needed in enumerate(ctx.needs_input_grad[2:]) if needed]
            formula = _of_some(layer, ctx.constants, inputs, wanted)
            pull = torch.func.vjp(formula, *(inputs[i] for i in wanted))[1]
            found: dict[int, Tensor] = dict(zip(wanted, pull(given), strict=True))
            return None, None, *(found.get(i) for i in range(len(inputs)))

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> tuple[Any, ...]:
        inputs = ctx.saved_tensors[: ctx.entering]
        given = [i for i, tangent in enumerate(tangents[2:]) if tangent is not None]
        formula = _of_some(ctx.layer, ctx.constants, inputs, given)
        moved: tuple[Any, ...] = torch.func.jvp(
            formula, tuple(inputs[i] for i in given), tuple(tangents[2 + i] for i in given)
        )[1]
        return *moved, *[None] * ctx.rest

    @staticmethod
    def vmap(
        info: Any, dims: tuple[Any, ...], layer: ByHand, constants: dict[str, Any], *inputs: Tensor | None
    ) -> tuple[tuple[Tensor, ...], tuple[int, ...]]:
        formula = partial(layer.formula, **constants)
        outputs = torch.vmap(formula, dims[2:], randomness=info.randomness)(*inputs)
        return outputs, (0,) * len(outputs)


def _of_some(
    layer: ByHand, constants: dict[str, Any], inputs: Tensors, chosen: Sequence[int]
) -> Callable[..., tuple[Tensor, ...]]:
    """The differentiable outputs as a function of the chosen inputs, the others held fixed."""

    def formula(*values: Tensor) -> tuple[Tensor, ...]:
        replaced = list(inputs)
        for i, value in zip(chosen, values, strict=True):
            replaced[i] = value
        return layer.formula(*replaced, **constants)[: layer.differentiable]

    return formula


def autocast(*tensors: Tensor | None) -> tuple[Tensor | None, ...]:
    """The tensors in the type that autocast asks for, where it is on: for layers that are matrix products."""
    device = next(tensor.device.type for tensor in tensors if tensor is not None)
    if not torch.is_autocast_enabled(device):
        return tensors
    half = torch.get_autocast_dtype(device)
    narrow = (torch.float32, torch.bfloat16, torch.float16)  # float64 is left alone, as torch does
    return tuple(tensor.to(half) if tensor is not None and tensor.dtype in narrow else tensor for tensor in tensors)


def at_least_float32(tensor: Tensor) -> Tensor:
    """For sums over many values: half precision would overflow, or stop counting at 256 (bfloat16)."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))
