"""ResNet, Wide ResNet and ResNeXt, assembled (chapter convolutional, topic architectures).

All four ImageNet networks are a 7x7 stem, four stages of residual blocks that halve the map and double the channels,
global average pooling and one dense layer. They differ in the block: two 3x3 (ResNet-18), a bottleneck (ResNet-50),
one with twice the width inside (Wide ResNet-50-2), one whose 3x3 has 32 groups of 4 channels (ResNeXt-50 32x4d).
The CIFAR networks keep 32x32 pixels in the stem and have three stages.

    parameters (1000 classes): ResNet-18 11,689,512   ResNet-50 25,557,032   Wide ResNet-50-2 68,883,240
    ResNeXt-50 32x4d 25,028,904 (as documented by torchvision)       WRN-28-10 36.5 M (10 classes; paper, table 4)

Course: ResNet, Wide ResNet, ResNeXt. Sources: as for `residual`; tables 1 of He et al. and of Xie et al.
"""

from collections.abc import Callable, Sequence

from jaxtyping import Float
from torch import Tensor, nn

from reference.convolutional.residual import (
    PreActivationBlock,
    ResidualBlock,
    basic_block,
    bottleneck_block,
    conv_bn,
)


class ResNet(nn.Module):
    """Features (n, c, h, w), their global average, and a dense layer: what class activation maps need.

    Args:
        stem: maps the image to the first stage's input.
        stages: a Sequential of blocks each.
        channels: of the last stage.
    """

    def __init__(self, stem: nn.Sequential, stages: Sequence[nn.Sequential], channels: int, classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(stem, *stages)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, x: Float[Tensor, "n channels h w"]) -> Float[Tensor, "n classes"]:
        return self.classifier(self.features(x).mean((2, 3)))  # type: ignore[no-any-return]


Make = Callable[[int, int, int], tuple[ResidualBlock, int]]
"""(in_channels, stage, stride) -> (block, its output channels)"""


def _stages(make: Make, depths: Sequence[int], channels: int) -> tuple[list[nn.Sequential], int]:
    """Stages of `depths` blocks; the first block of every stage but the first halves the map."""
    stages = []
    for stage, depth in enumerate(depths):
        blocks = []
        for number in range(depth):
            block, channels = make(channels, stage, 2 if stage and not number else 1)
            blocks.append(block)
        stages.append(nn.Sequential(*blocks))
    return stages, channels


def _imagenet(make: Make, depths: Sequence[int], classes: int) -> ResNet:
    stem = nn.Sequential(*conv_bn(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))
    stages, channels = _stages(make, depths, 64)
    return ResNet(stem, stages, channels, classes)


def _bottlenecks(classes: int, width: int, groups: int = 1) -> ResNet:
    """Three, four, six and three bottlenecks, `width` channels inside those of the first stage."""

    def make(channels: int, stage: int, stride: int) -> tuple[ResidualBlock, int]:
        out = 256 * 2**stage
        return bottleneck_block(channels, width * 2**stage, out, stride, groups), out

    return _imagenet(make, (3, 4, 6, 3), classes)


def resnet18(classes: int = 1000) -> ResNet:
    """He et al. (2016), table 1, 18-layer."""

    def make(channels: int, stage: int, stride: int) -> tuple[ResidualBlock, int]:
        return basic_block(channels, 64 * 2**stage, stride), 64 * 2**stage

    return _imagenet(make, (2, 2, 2, 2), classes)


def resnet50(classes: int = 1000) -> ResNet:
    """He et al. (2016), table 1, 50-layer."""
    return _bottlenecks(classes, width=64)


def wide_resnet50_2(classes: int = 1000) -> ResNet:
    """Zagoruyko and Komodakis (2016), section 3.4: bottlenecks with twice the channels in the 3x3."""
    return _bottlenecks(classes, width=128)


def resnext50(classes: int = 1000) -> ResNet:
    """Xie et al. (2017), table 1: cardinality 32, 4 channels per group in the first stage."""
    return _bottlenecks(classes, width=128, groups=32)


def small_resnet(classes: int = 10, in_channels: int = 3, width: int = 16, depths: Sequence[int] = (3, 3, 3)) -> ResNet:
    """He et al. (2016), section 4.2, for 32x32 images: depth 2 sum(depths) + 2; the default is ResNet-20.

    Its shortcuts are projections; the paper's own on CIFAR pad with zero channels (option A), which has no parameters.
    """

    def make(channels: int, stage: int, stride: int) -> tuple[ResidualBlock, int]:
        return basic_block(channels, width * 2**stage, stride), width * 2**stage

    stages, channels = _stages(make, depths, width)
    return ResNet(nn.Sequential(*conv_bn(in_channels, width, 3), nn.ReLU(inplace=True)), stages, channels, classes)


def wide_resnet_cifar(
    depth: int = 28, widening: int = 10, classes: int = 10, in_channels: int = 3, dropout: float = 0.0
) -> ResNet:
    """Zagoruyko and Komodakis (2016), table 1: WRN-`depth`-`widening` for 32x32 images.

    Raises:
        ValueError: the depth is not 6 n + 4, n blocks in each of the three stages.
    """
    if depth < 10 or (depth - 4) % 6:
        raise ValueError(f"depth must be 6 n + 4 with n >= 1, not {depth}")
    channels, stages = 16, []
    for stage in range(3):
        out = 16 * 2**stage * widening
        blocks = []
        for number in range((depth - 4) // 6):
            blocks.append(PreActivationBlock(channels, out, 2 if stage and not number else 1, dropout))
            channels = out
        stages.append(nn.Sequential(*blocks))
    stages[-1].extend([nn.BatchNorm2d(channels), nn.ReLU(inplace=True)])
    return ResNet(nn.Sequential(nn.Conv2d(in_channels, 16, 3, 1, 1, bias=False)), stages, channels, classes)
