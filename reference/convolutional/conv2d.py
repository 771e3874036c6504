"""The convolutional layer, forward and backward (chapter convolutional, topic conv-layer).

Every filter is slid over its input and correlated with the window below it; the same weights serve at all positions, so
their gradient is a sum over the positions. Gathering the windows as columns turns the layer into one matrix product
(im2col), and its backward pass into two: one for the weights, one for the columns, which are then added back to the
pixels they were copied from. Channels fall into `groups` that do not see each other; groups = channels is depth-wise.

    y[n,o,p,q]  = b[o] + sum_cij w[o,c,i,j] x[n, c, p s + i d - P, q s + j d - P]
    dw[o,c,i,j] = sum_npq dy[n,o,p,q] x[n, c, p s + i d - P, q s + j d - P]           db[o] = sum_npq dy[n,o,p,q]
    dx          = the adjoint: each dy[n,o,p,q] w[o,c,i,j] is added to the pixel that w[o,c,i,j] was multiplied with

Course: convolutional layers; backpropagation through convolutions with shared weights. Sources: LeCun et al. (1998),
Chellapilla, Puri and Simard (2006) for im2col, Dumoulin and Visin (2016) for the arithmetic.
"""

from typing import Any

import torch
from jaxtyping import Float, Num
from torch import Tensor, nn
from torch.nn import functional as F

from reference.by_hand import ByHand, autocast
from reference.convolutional.output_size import output_size

Pair = int | tuple[int, int]


def pair(value: Pair) -> tuple[int, int]:
    """(vertical, horizontal): an integer stands for both."""
    return (value, value) if isinstance(value, int) else value


def windows(
    x: Num[Tensor, "n c h w"],
    kernel: Pair,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    fill: float = 0.0,
) -> Num[Tensor, "n c kh kw p q"]:
    """What the window sees at each of its p x q positions: a view into the padded input, nothing is copied.

    Raises:
        ValueError: the window does not fit.
    """
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = pair(kernel), pair(stride), pair(padding), pair(dilation)
    output_size(x.shape[2], kh, sh, ph, dh)
    output_size(x.shape[3], kw, sw, pw, dw)
    if ph or pw:
        x = F.pad(x, (pw, pw, ph, ph), value=fill)
    view = x.unfold(2, (kh - 1) * dh + 1, sh).unfold(3, (kw - 1) * dw + 1, sw)  # n c p q, then what a window spans
    return view[..., ::dh, ::dw].permute(0, 1, 4, 5, 2, 3)


def add_windows(
    dw: Float[Tensor, "n c kh kw p q"], size: tuple[int, int], stride: Pair = 1, padding: Pair = 0, dilation: Pair = 1
) -> Float[Tensor, "n c h w"]:
    """The adjoint of `windows`: adds every entry to the pixel of an image of `size` that the entry was taken from."""
    (sh, sw), (ph, pw), (dh, dl) = pair(stride), pair(padding), pair(dilation)
    n, c, kh, kw, p, q = dw.shape
    height, width = size
    dx = dw.new_zeros(n, c, height + 2 * ph, width + 2 * pw)
    for i in range(kh):  # over the window's offsets; windows overlap, entries of one offset do not
        for j in range(kw):
            top, left = i * dh, j * dl
            dx[:, :, top : top + (p - 1) * sh + 1 : sh, left : left + (q - 1) * sw + 1 : sw] += dw[:, :, i, j]
    return dx[:, :, ph : ph + height, pw : pw + width]


def _columns(
    x: Float[Tensor, "n c h w"], kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Float[Tensor, "n g k pq"]:
    """The windows as columns, k = (c / g) kh kw of them per group."""
    view = windows(x, kernel, stride, padding, dilation)
    n, c, kh, kw, p, q = view.shape
    return view.reshape(n, groups, c // groups * kh * kw, p * q)


def _check(x: Tensor, weight: Tensor, groups: int) -> None:
    if x.shape[1] != weight.shape[1] * groups or weight.shape[0] % groups:
        raise ValueError(
            f"{groups} groups of filters {tuple(weight.shape)} do not match an input of {x.shape[1]} channels: "
            "a filter spans (channels / groups), and groups divide the filters"
        )


def conv2d(
    x: Float[Tensor, "n c h w"],
    weight: Float[Tensor, "o c_per_group kh kw"],
    bias: Float[Tensor, " o"] | None = None,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Float[Tensor, "n o p q"]:
    """Correlate each filter with its group of channels and add the bias. `padding` is the number of zeros on each side.

    Raises:
        ValueError: the window does not fit, or channels, filters and groups do not match.
    """
    _check(x, weight, groups)
    o, per_group, kh, kw = weight.shape
    view = windows(x, (kh, kw), stride, padding, dilation)
    n, c, _, _, p, q = view.shape
    columns = view.reshape(n, groups, c // groups * kh * kw, p * q)
    y = (weight.reshape(groups, o // groups, per_group * kh * kw) @ columns).reshape(n, o, p, q)
    return y if bias is None else y + bias.view(-1, 1, 1)


def conv2d_backward(
    dy: Float[Tensor, "n o p q"],
    x: Float[Tensor, "n c h w"],
    weight: Float[Tensor, "o c_per_group kh kw"],
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> tuple[Float[Tensor, "n c h w"], Float[Tensor, "o c_per_group kh kw"], Float[Tensor, " o"]]:
    """(dx, dweight, dbias) from the gradient with respect to the output of `conv2d`."""
    n, c, height, width = x.shape
    o, _, kh, kw = weight.shape
    p, q = dy.shape[2:]
    columns = _columns(x, (kh, kw), stride, padding, dilation, groups)
    grouped = dy.reshape(n, groups, o // groups, p * q)
    dweight = (grouped @ columns.mT).sum(0).view_as(weight)  # shared weights: summed over positions and examples
    dcolumns = weight.reshape(groups, o // groups, c // groups * kh * kw).mT @ grouped
    dx = add_windows(dcolumns.view(n, c, kh, kw, p, q), (height, width), stride, padding, dilation)
    return dx, dweight, dy.sum((0, 2, 3))


def _forward(*inputs: Any, **geometry: Any) -> Any:
    return (conv2d(*inputs, **geometry),), ()


def _backward(grads: Any, inputs: Any, _: Any, **geometry: Any) -> Any:
    x, weight, bias = inputs
    dx, dweight, dbias = conv2d_backward(grads[0], x, weight, **geometry)
    return dx, dweight, None if bias is None else dbias


_by_hand = ByHand(
    lambda *inputs, **geometry: (conv2d(*inputs, **geometry),), _forward, _backward
)  # columns are rebuilt


class Conv2d(nn.Module):
    """A convolutional layer that learns by the gradients derived above. He initialization for ReLU, zero bias."""

    def __init__(
        self,
        in_channels: int,
        filters: int,
        kernel: Pair,
        stride: Pair = 1,
        padding: Pair = 0,
        dilation: Pair = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if in_channels % groups or filters % groups:
            raise ValueError(f"groups = {groups} must divide {in_channels} channels and {filters} filters")
        self.geometry: dict[str, Any] = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        self.weight = nn.Parameter(torch.empty(filters, in_channels // groups, *pair(kernel)))
        self.bias = nn.Parameter(torch.zeros(filters)) if bias else None
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n o p q"]:
        (y,) = _by_hand(*autocast(x, self.weight, self.bias), **self.geometry)
        return y
