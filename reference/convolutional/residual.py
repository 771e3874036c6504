"""Residual blocks: ResNet, Wide ResNet and ResNeXt (chapter convolutional, topic architectures).

A plain network that is made deeper gets worse even on its training data, although it could copy the shallower one and
let the rest be the identity: the identity is hard to learn for a stack of nonlinear layers. A residual block has it
built in and learns the difference to it; with its last weights at zero it passes its input on. The bottleneck reduces
the channels by 1x1 before the costly 3x3; ResNeXt splits the 3x3 into groups (the "cardinality"), Wide ResNet widens
it.

    y = relu(F(x) + x), or relu(F(x) + bn(W_s x)) on a change of shape
    basic:       F = bn . conv3x3 . relu . bn . conv3x3
    bottleneck:  F = bn . conv1x1 . relu . bn . conv3x3 . relu . bn . conv1x1
    pre-activation (Wide ResNet): y = x + F(x),  F = conv3x3 . relu . bn . dropout . conv3x3 . relu . bn

Course: ResNet and residual learning; ResNeXt, Wide ResNet. Sources: He et al., "Deep residual learning for image
recognition" (2016), eqs. 1 and 2; Zagoruyko and Komodakis, "Wide residual networks" (2016); Xie et al. (2017).
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

Map = Float[Tensor, "n c h w"]
Changed = Float[Tensor, "n k p q"]  # a block may change the number of maps and their size


def residual(x: Map, branch: Callable[[Map], Changed], shortcut: Callable[[Map], Changed] | None = None) -> Changed:
    """relu(branch(x) + x), or with `shortcut(x)` in place of x where the branch changes the shape.

    Raises:
        ValueError: the two do not have the same shape; broadcasting would hide the mistake.
    """
    change = branch(x)
    kept = x if shortcut is None else shortcut(x)
    if change.shape != kept.shape:
        raise ValueError(
            f"the branch gives {tuple(change.shape)}, the shortcut {tuple(kept.shape)}: project the shortcut"
        )
    return torch.relu(change + kept)


def conv_bn(
    in_channels: int, filters: int, kernel: int, stride: int = 1, groups: int = 1, padding: int | None = None
) -> nn.Sequential:
    """Convolution without bias (batch normalization has its own) and batch normalization; "same" padding by default."""
    padding = kernel // 2 if padding is None else padding
    conv = nn.Conv2d(in_channels, filters, kernel, stride, padding, groups=groups, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(conv, nn.BatchNorm2d(filters))


class ResidualBlock(nn.Module):
    """A branch and its shortcut: the identity, or the 1x1 projection ("option B") where the shape changes."""

    def __init__(self, branch: nn.Sequential, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.branch = branch
        changes = stride != 1 or in_channels != out_channels
        self.shortcut = conv_bn(in_channels, out_channels, 1, stride) if changes else None

    def forward(self, x: Map) -> Changed:
        return residual(x, self.branch, self.shortcut)


def basic_block(in_channels: int, channels: int, stride: int = 1) -> ResidualBlock:
    """Two 3x3 convolutions; the first one takes the stride."""
    branch = nn.Sequential(
        *conv_bn(in_channels, channels, 3, stride), nn.ReLU(inplace=True), *conv_bn(channels, channels, 3)
    )
    return ResidualBlock(branch, in_channels, channels, stride)


def bottleneck_block(
    in_channels: int, width: int, out_channels: int, stride: int = 1, groups: int = 1
) -> ResidualBlock:
    """1x1 down to `width`, 3x3 in `groups`, 1x1 up to `out_channels`.

    The 3x3 takes the stride, as in ResNeXt and in what is called ResNet v1.5; the ResNet paper has it in the first 1x1,
    which discards three pixels of four unseen. Parameters are the same.
    """
    branch = nn.Sequential(
        *conv_bn(in_channels, width, 1),
        nn.ReLU(inplace=True),
        *conv_bn(width, width, 3, stride, groups),
        nn.ReLU(inplace=True),
        *conv_bn(width, out_channels, 1),
    )
    return ResidualBlock(branch, in_channels, out_channels, stride)


class PreActivationBlock(nn.Module):
    """Wide ResNet's B(3,3): normalization and ReLU before each convolution, nothing after the sum.

    Where the shape changes, the shortcut is a bare 1x1 convolution of the activated input.
    """

    def __init__(self, in_channels: int, channels: int, stride: int = 1, dropout: float = 0.0) -> None:
        super().__init__()
        self.activate = nn.Sequential(nn.BatchNorm2d(in_channels), nn.ReLU(inplace=False))
        self.branch = nn.Sequential(
            nn.Conv2d(in_channels, channels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Conv2d(channels, channels, 3, 1, 1, bias=False),
        )
        changes = stride != 1 or in_channels != channels
        self.shortcut = nn.Conv2d(in_channels, channels, 1, stride, bias=False) if changes else None

    def forward(self, x: Map) -> Changed:
        activated = self.activate(x)
        kept = x if self.shortcut is None else self.shortcut(activated)
        return self.branch(activated) + kept  # type: ignore[no-any-return]
