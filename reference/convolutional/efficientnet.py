"""EfficientNet-B0 (chapter convolutional, topic architectures).

Depth, width and resolution of a network should grow together; the compound coefficient scales a base network, B0, to a
family. B0 is built of inverted residuals: a 1x1 expands the channels, a depth-wise convolution filters them, a 1x1
projects them back linearly, and the sum with the input closes the block. A squeeze-and-excitation gate scales each
channel by what the whole map looks like, at the width expanded.

    depth alpha^phi, width beta^phi, resolution gamma^phi,   alpha beta^2 gamma^2 = 2,   (1.2, 1.1, 1.15) found on B0
    block: y = x + drop(bn . conv1x1 . gate . swish . bn . depthwise . swish . bn . conv1x1 (x))
    swish(v) = v sigmoid(v),   gate(v) = v sigmoid(W2 swish(W1 mean(v)))

Course: EfficientNet. Source: Tan and Le, "EfficientNet" (2019), table 1 and section 3.3: 5.3 M parameters, 0.39 G
multiply-accumulates. 5,288,548 parameters as documented by torchvision; Keras's total of 5,330,571 includes 42,016
running statistics and 7 constants of its input scaling.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reference.convolutional.residual import conv_bn

# table 1: expansion, channels, layers, kernel, stride of the first layer
STAGES = (
    (1, 16, 1, 3, 1),
    (6, 24, 2, 3, 2),
    (6, 40, 2, 5, 2),
    (6, 80, 3, 3, 2),
    (6, 112, 3, 5, 1),
    (6, 192, 4, 5, 2),
    (6, 320, 1, 3, 1),
)


class SqueezeExcitation(nn.Module):
    """A gate in (0, 1) for each channel, from the averages of all channels. (Hu, Shen and Sun, 2018)"""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, squeezed, 1),
            nn.SiLU(inplace=True),
            nn.Conv2d(squeezed, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        return x * self.layers(x)  # type: ignore[no-any-return]


class InvertedResidual(nn.Module):
    """MBConv: expand, filter each channel, gate, project; `drop` is the probability of skipping it in training."""

    def __init__(
        self, in_channels: int, out_channels: int, expansion: int, kernel: int, stride: int, drop: float
    ) -> None:
        super().__init__()
        width = in_channels * expansion
        expand = [*conv_bn(in_channels, width, 1), nn.SiLU(inplace=True)] if expansion != 1 else []
        self.branch = nn.Sequential(
            *expand,
            *conv_bn(width, width, kernel, stride, groups=width),
            nn.SiLU(inplace=True),
            SqueezeExcitation(width, in_channels // 4),
            *conv_bn(width, out_channels, 1),
        )
        self.adds = stride == 1 and in_channels == out_channels
        self.drop = drop

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n k p q"]:
        y: Tensor = self.branch(x)
        if not self.adds:
            return y
        if self.training and self.drop > 0:  # stochastic depth, one decision per example (Huang et al., 2016)
            keep = torch.rand(len(x), 1, 1, 1, device=x.device) >= self.drop
            y = y * keep / (1 - self.drop)
        return x + y


class EfficientNet(nn.Module):
    """B0 for (n, 3, 224, 224); `features` gives (n, 1280, 7, 7)."""

    def __init__(self, classes: int = 1000, dropout: float = 0.2, drop: float = 0.2) -> None:
        super().__init__()
        layers = [*conv_bn(3, 32, 3, 2), nn.SiLU(inplace=True)]
        channels, number, total = 32, 0, sum(stage[2] for stage in STAGES)
        for expansion, filters, count, kernel, stride in STAGES:
            for layer in range(count):
                first = layer == 0
                rate = drop * number / total  # the deeper, the more often skipped
                layers.append(InvertedResidual(channels, filters, expansion, kernel, stride if first else 1, rate))
                channels, number = filters, number + 1
        self.features = nn.Sequential(*layers, *conv_bn(channels, 1280, 1), nn.SiLU(inplace=True))
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(1280, classes))

    def forward(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n classes"]:
        return self.classifier(self.features(x).mean((2, 3)))  # type: ignore[no-any-return]


def efficientnet_b0(classes: int = 1000) -> EfficientNet:
    """Table 1."""
    return EfficientNet(classes)
