"""Max, average and global pooling, forward and backward (chapter convolutional, topic pooling).

Pooling summarises each window of each channel by one number and has no parameters; with a stride it shrinks the map,
so that later filters see more of the image. Max pooling keeps the strongest response and routes the gradient to the
pixel that gave it: the first one of equals, which are the rule after a ReLU, by autograd as by hand, and as in torch.
Average pooling shares the gradient out evenly. Global pooling takes the whole map as its window: the result's size no
longer depends on the image's.

    max:      y[n,c,p,q] = max_ij x[n, c, p s + i - P, q s + j - P]             padding counts as -infinity
    average:  y[n,c,p,q] = 1/(kh kw) sum_ij x[n, c, p s + i - P, q s + j - P]    padding counts as 0

Course: pooling layers; network in network and global average pooling. Sources: LeCun et al. (1998), Lin, Chen and Yan,
"Network in network" (2014), section 3.2.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from reference.convolutional.conv2d import Pair, add_windows, pair, windows


def _geometry(kernel: Pair, stride: Pair | None, padding: Pair) -> tuple[Pair, Pair]:
    """(stride, padding), the stride being the kernel unless given."""
    if any(2 * side > extent for side, extent in zip(pair(padding), pair(kernel), strict=True)):
        raise ValueError(
            f"padding {padding} is more than half of the window {kernel}: some windows would hold no pixel"
        )
    return kernel if stride is None else stride, padding


def max_pool2d(
    x: Float[Tensor, "n c h w"], kernel: Pair, stride: Pair | None = None, padding: Pair = 0
) -> tuple[Float[Tensor, "n c p q"], Int[Tensor, "n c p q"]]:
    """The maximum of each window, and where it was found: an index into the h * w pixels of its channel.

    Raises:
        ValueError: the window does not fit, or `padding` exceeds half of it.
    """
    stride, padding = _geometry(kernel, stride, padding)
    where = _argmax(x.detach(), kernel, stride, padding)
    return x.flatten(2).gather(2, where.flatten(2)).view(where.shape), where


def _argmax(x: Float[Tensor, "n c h w"], kernel: Pair, stride: Pair, padding: Pair) -> Int[Tensor, "n c p q"]:
    """Where the maximum of each window is; NaN counts as larger than any number, so that it is not lost."""
    view = windows(x, kernel, stride, padding, fill=float("-inf"))
    kh, kw, p, q = view.shape[2:]
    (sh, sw), (ph, pw) = pair(stride), pair(padding)
    rows, columns = torch.arange(p, device=x.device).unsqueeze(1) * sh - ph, torch.arange(q, device=x.device) * sw - pw
    corner, first = rows * x.shape[3] + columns, rows.clamp_min(0) * x.shape[3] + columns.clamp_min(0)
    largest, where = torch.full_like(view[:, :, 0, 0], float("-inf")), first.expand(*view.shape[:2], p, q)
    for i in range(kh):  # over the window's offsets; `>` keeps the first of equal maxima
        for j in range(kw):
            candidate = view[:, :, i, j]
            better = (candidate > largest) | candidate.isnan()
            where = torch.where(better, corner + (i * x.shape[3] + j), where)
            largest = torch.where(better, candidate, largest)
    return where


def max_pool2d_backward(
    dy: Float[Tensor, "n c p q"], where: Int[Tensor, "n c p q"], size: tuple[int, int]
) -> Float[Tensor, "n c h w"]:
    """Gradient with respect to an input of height and width `size`; `where` comes from `max_pool2d`."""
    n, c = dy.shape[:2]
    dx = dy.new_zeros(n, c, size[0] * size[1])
    return dx.scatter_add_(2, where.flatten(2), dy.flatten(2)).view(n, c, *size)


def avg_pool2d(
    x: Float[Tensor, "n c h w"], kernel: Pair, stride: Pair | None = None, padding: Pair = 0
) -> Float[Tensor, "n c p q"]:
    """The mean of each window, padding included.

    Raises:
        ValueError: the window does not fit, or `padding` exceeds half of it.
    """
    stride, padding = _geometry(kernel, stride, padding)
    return windows(x, kernel, stride, padding).mean((2, 3))


def avg_pool2d_backward(
    dy: Float[Tensor, "n c p q"],
    size: tuple[int, int],
    kernel: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
) -> Float[Tensor, "n c h w"]:
    """Gradient with respect to an input of height and width `size`."""
    stride, padding = _geometry(kernel, stride, padding)
    kh, kw = pair(kernel)
    share = (dy / (kh * kw))[:, :, None, None].expand(-1, -1, kh, kw, -1, -1)
    return add_windows(share, size, stride, padding)


def global_average_pool(x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c"]:
    """The mean of each map."""
    return x.mean((2, 3))


def global_average_pool_backward(dy: Float[Tensor, "n c"], size: tuple[int, int]) -> Float[Tensor, "n c h w"]:
    """Every pixel had the same share in the mean, so every pixel gets the same gradient."""
    return (dy / (size[0] * size[1]))[:, :, None, None].expand(-1, -1, *size).contiguous()


def global_max_pool(x: Float[Tensor, "n c h w"]) -> tuple[Float[Tensor, "n c"], Int[Tensor, "n c"]]:
    """The maximum of each map, and where it was found, as for `max_pool2d`."""
    y, where = max_pool2d(x, (x.shape[2], x.shape[3]))
    return y.flatten(1), where.flatten(1)
