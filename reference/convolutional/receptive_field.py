"""The receptive field, by arithmetic and by gradient (chapter convolutional, topic receptive-field).

A unit sees the part of the image that can change its value. Layer by layer, a window of k samples adds (k - 1) steps,
and a step is as many pixels as the product of the strides before it: convolutions make the field grow, strides make
everything after them grow it faster. Measured, the field is where the gradient of a unit with respect to the image is
not zero, once nothing in the network can cancel or gate it.

    r_l = r_(l-1) + (k_l - 1) d_l j_(l-1)        j_l = j_(l-1) s_l             r_0 = j_0 = 1
    first pixel of unit u of layer l: u j_l + f_l,   f_l = f_(l-1) - P_l j_(l-1),   f_0 = 0     (below 0: padding)

Course: receptive fields; deeper is wider. "w - 1 more per layer" holds only before the first stride. Source: Araujo,
Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill (2019).
"""

import copy
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

Layer = Mapping[str, int]
"""One convolution or pooling along an axis: "kernel", and "stride" (1), "padding" (0), "dilation" (1)."""


class Field(NamedTuple):
    """What a unit sees along one axis: `size` pixels; neighbours are `jump` pixels apart; unit 0 starts at `first`."""

    size: int
    jump: int
    first: int

    def interval(self, unit: int) -> tuple[int, int]:
        """First and last pixel that `unit` sees; negative numbers lie in the padding."""
        first = unit * self.jump + self.first
        return first, first + self.size - 1


def receptive_field(layers: Iterable[Layer]) -> Field:
    """The field of a unit after the last of `layers`."""
    size, jump, first = 1, 1, 0
    for layer in layers:
        size += (layer["kernel"] - 1) * layer.get("dilation", 1) * jump
        first -= layer.get("padding", 0) * jump
        jump *= layer.get("stride", 1)
    return Field(size, jump, first)


def layers_of(network: nn.Module, skip: tuple[str, ...] = ()) -> list[Layer]:
    """The windowed layers of a network in the order of registration, along the vertical axis.

    That is the path of computation in a chain of layers. In a network with parallel paths, name the modules of all but
    the widest path in `skip`: a unit's field is the union of what the paths see.
    """
    layers = []
    for name, module in network.named_modules():
        if isinstance(module, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)) and not set(name.split(".")) & set(skip):
            options = {"kernel": module.kernel_size, "stride": module.stride, "padding": module.padding}
            if not isinstance(module, nn.AvgPool2d):
                options["dilation"] = module.dilation
            layers.append({key: value[0] if isinstance(value, tuple) else value for key, value in options.items()})
    return layers  # type: ignore[return-value]


def empirical_field(
    network: nn.Module, input_shape: tuple[int, int, int], unit: tuple[int, int] | None = None
) -> tuple[tuple[int, int], tuple[int, int]]:
    """First and last row, and first and last column, that the gradient of one unit reaches.

    Args:
        network: (n, c, h, w) -> (n, k, p, q); stays as it is, the measurement is made on `transparent(network)`.
        unit: its (row, column) in the output map; the centre by default. Near the border the padding of inner layers,
            which comes from no pixel, takes the place of some of the field.
    """
    image = torch.ones(1, *input_shape, dtype=torch.float64, requires_grad=True)
    output: Tensor = transparent(network)(image)
    p, q = unit or (output.shape[2] // 2, output.shape[3] // 2)
    (gradient,) = torch.autograd.grad(output[0, :, p, q].sum(), image)
    seen = gradient[0].sum(0) > 0
    rows, columns = seen.any(1).nonzero().flatten().tolist(), seen.any(0).nonzero().flatten().tolist()
    return (rows[0], rows[-1]), (columns[0], columns[-1])


def transparent(network: nn.Module) -> nn.Module:
    """A float64 copy through which every path of influence shows: averaging convolutions and pools, no other layers.

    With positive weights no two paths cancel, and with nothing that saturates or selects, none is shut.
    """
    network = copy.deepcopy(network).double().eval()
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.MaxPool2d):
                setattr(parent, name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode))
            elif isinstance(child, nn.Conv2d):
                nn.init.constant_(child.weight, 1 / child.weight[0].numel())
                if child.bias is not None:
                    nn.init.zeros_(child.bias)
            elif not any(child.children()) and not isinstance(child, nn.AvgPool2d):
                setattr(parent, name, nn.Identity())
    return network
