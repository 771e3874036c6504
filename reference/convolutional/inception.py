"""The inception module and GoogLeNet (chapter convolutional, topic architectures).

Which filter size is right depends on how large a thing appears, so an inception module takes several at once and stacks
their outputs along the channels; padding keeps the maps the same size. Its 1x1 convolutions reduce the channels before
the costly 3x3 and 5x5, which makes it affordable. Two auxiliary classifiers half-way send gradient to the early layers
while training, with 0.3 of the weight, and are removed afterwards; their purpose is not to revive "dying" neurons.

    y = concat(conv1x1(x), conv3x3(conv1x1(x)), conv5x5(conv1x1(x)), conv1x1(maxpool3x3(x)))
    loss = loss(main) + 0.3 (loss(auxiliary 1) + loss(auxiliary 2))

Course: inception modules and GoogLeNet. Source: Szegedy et al., "Going deeper with convolutions" (2015), figure 2 and
table 1. Its filters, with biases, make 6,998,552 parameters (13,378,280 with the auxiliary classifiers); the table's
own column of parameters does not follow from its filters in every row (4c: 463 K, the filters make 498 K), and the
course's "5 M" is the paper's "12 times fewer than" AlexNet. torchvision's 6,624,904 belong to another network: batch
normalization instead of biases, and 3x3 filters where the paper has 5x5 (`googlenet_batchnorm`).
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from reference.convolutional.residual import conv_bn

Block = Callable[[int, int, int, int], nn.Sequential]
"""(in_channels, filters, kernel, stride) -> convolution with its activation, "same" padding"""

# rows of table 1: #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj
TABLE = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def conv_relu(in_channels: int, filters: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """The paper's convolution: with a bias, followed by ReLU."""
    return nn.Sequential(nn.Conv2d(in_channels, filters, kernel, stride, kernel // 2), nn.ReLU(inplace=True))


def conv_bn_relu(in_channels: int, filters: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """torchvision's convolution: batch normalization in place of the bias."""
    return nn.Sequential(*conv_bn(in_channels, filters, kernel, stride), nn.ReLU(inplace=True))


class Inception(nn.Module):
    """Four branches side by side: (n, in_channels, h, w) -> (n, #1x1 + #3x3 + #5x5 + pool proj, h, w)."""

    def __init__(
        self,
        in_channels: int,
        row: tuple[int, int, int, int, int, int],
        conv: Block = conv_relu,
        largest: int = 5,
    ) -> None:
        super().__init__()
        one, reduce3, three, reduce5, five, pooled = row
        self.branches = nn.ModuleList(
            [
                conv(in_channels, one, 1, 1),
                nn.Sequential(conv(in_channels, reduce3, 1, 1), conv(reduce3, three, 3, 1)),
                nn.Sequential(conv(in_channels, reduce5, 1, 1), conv(reduce5, five, largest, 1)),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(in_channels, pooled, 1, 1)),
            ]
        )
        self.out_channels = one + three + five + pooled

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n k h w"]:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class AuxiliaryClassifier(nn.Module):
    """Average pooling to 4x4, 128 filters of 1x1, 1024 units, dropout, the classes; the paper's section 5."""

    def __init__(self, in_channels: int, classes: int, conv: Block, dropout: float = 0.7) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.AvgPool2d(5, 3),
            conv(in_channels, 128, 1, 1),
            nn.Flatten(),
            nn.Linear(128 * 4 * 4, 1024),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(1024, classes),
        )

    def forward(self, x: Float[Tensor, "n c 14 14"]) -> Float[Tensor, "n classes"]:
        return self.layers(x)  # type: ignore[no-any-return]


def _pool() -> nn.Module:
    """Halves the map, rounding up."""
    return nn.MaxPool2d(3, 2, ceil_mode=True)


class GoogLeNet(nn.Module):
    """22 layers with parameters, 27 with pooling. `features(x)` is (n, 1024, 7, 7) for 224x224.

    Args:
        conv: how a convolution is built; `largest`: the side of the largest filters; `normalize`: local response
            normalization in the stem, as in the paper.
    """

    def __init__(self, classes: int = 1000, conv: Block = conv_relu, largest: int = 5, normalize: bool = True) -> None:
        super().__init__()

        def local() -> nn.Module:
            return nn.LocalResponseNorm(5) if normalize else nn.Identity()

        stem = [conv(3, 64, 7, 2), _pool(), local(), conv(64, 64, 1, 1), conv(64, 192, 3, 1), local(), _pool()]
        channels, modules = 192, {}
        for name, row in TABLE.items():
            modules[name] = Inception(channels, row, conv, largest)
            channels = modules[name].out_channels
        self.early = nn.Sequential(*stem, modules["3a"], modules["3b"], _pool(), modules["4a"])
        self.middle = nn.Sequential(modules["4b"], modules["4c"], modules["4d"])
        self.late = nn.Sequential(modules["4e"], _pool(), modules["5a"], modules["5b"])
        self.auxiliary = nn.ModuleList([AuxiliaryClassifier(c, classes, conv) for c in (512, 528)])
        self.dropout = nn.Dropout(0.4)
        self.classifier = nn.Linear(channels, classes)

    def features(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n 1024 p q"]:
        """The last maps before the global average."""
        return self.late(self.middle(self.early(x)))  # type: ignore[no-any-return]

    def forward(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n classes"]:
        """Scores of the main classifier, all that is used after training."""
        return self.classifier(self.dropout(self.features(x).mean((2, 3))))  # type: ignore[no-any-return]

    def scores(self, x: Float[Tensor, "n 3 224 224"]) -> list[Float[Tensor, "n classes"]]:
        """For training: scores of the main classifier and of both auxiliary ones, which sit on 4a and 4d."""
        early = self.early(x)
        middle = self.middle(early)
        main = self.classifier(self.dropout(self.late(middle).mean((2, 3))))
        return [main, self.auxiliary[0](early), self.auxiliary[1](middle)]

    def loss(self, scores: list[Float[Tensor, "n classes"]], labels: Tensor, weight: float = 0.3) -> Float[Tensor, ""]:
        """Cross-entropy of the main classifier plus `weight` times that of the auxiliary ones."""
        main, *others = (nn.functional.cross_entropy(each, labels) for each in scores)
        return main + weight * torch.stack(others).sum()


def googlenet(classes: int = 1000) -> GoogLeNet:
    """As in the paper."""
    return GoogLeNet(classes)


def googlenet_batchnorm(classes: int = 1000) -> GoogLeNet:
    """As in torchvision: batch normalization, no biases, 3x3 for 5x5, no local response normalization."""
    return GoogLeNet(classes, conv_bn_relu, largest=3, normalize=False)
