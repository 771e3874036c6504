"""DenseNet-121 (chapter convolutional, topic architectures).

Every layer of a dense block receives the maps of all layers before it, concatenated, and adds `growth` maps of its
own: features are re-used instead of learned again, and each layer has a short way to the loss. As the input of a layer
grows, a 1x1 bottleneck precedes each 3x3; between blocks a transition halves the channels and the map.

    x_l = H([x_0, x_1, ..., x_(l-1)]),   H = conv3x3 . relu . bn . conv1x1 . relu . bn
    channels after a block of L layers: c + L growth;   after the transition: floor of half of it

Course: DenseNet. Source: Huang, Liu, van der Maaten and Weinberger, "Densely connected convolutional networks" (2017),
table 1. 7,978,856 parameters as documented by torchvision; Keras's 8,062,504 include 83,648 running statistics.
"""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import nn

from reference.convolutional.resnet import ResNet


class DenseLayer(nn.Module):
    """(n, c, h, w) -> (n, c + growth, h, w): the input, with `growth` new maps behind it."""

    def __init__(self, in_channels: int, growth: int, bottleneck: int = 4) -> None:
        super().__init__()
        width = bottleneck * growth
        self.new = nn.Sequential(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(),
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, growth, 3, padding=1, bias=False),
        )

    def forward(self, x: Float[torch.Tensor, "n c h w"]) -> Float[torch.Tensor, "n c_and_growth h w"]:
        return torch.cat([x, self.new(x)], dim=1)


def transition(in_channels: int) -> nn.Sequential:
    """Half the channels, half the map."""
    return nn.Sequential(
        nn.BatchNorm2d(in_channels),
        nn.ReLU(inplace=True),
        nn.Conv2d(in_channels, in_channels // 2, 1, bias=False),
        nn.AvgPool2d(2),
    )


def densenet(depths: Sequence[int], growth: int = 32, classes: int = 1000) -> ResNet:
    """DenseNet-BC: a 7x7 stem, dense blocks of `depths` layers with halving transitions, global average pooling."""
    channels = 2 * growth
    stem = [nn.Conv2d(3, channels, 7, 2, 3, bias=False), nn.BatchNorm2d(channels), nn.ReLU(inplace=True)]
    stages = []
    for number, depth in enumerate(depths):
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        for layer in range(depth):
            layers[f"layer{layer}"] = DenseLayer(channels, growth)
            channels += growth
        if number < len(depths) - 1:
            layers["transition"] = transition(channels)
            channels //= 2
        else:
            layers["norm"], layers["relu"] = nn.BatchNorm2d(channels), nn.ReLU(inplace=True)
        stages.append(nn.Sequential(layers))
    return ResNet(nn.Sequential(*stem, nn.MaxPool2d(3, 2, 1)), stages, channels, classes)


def densenet121(classes: int = 1000) -> ResNet:
    """Table 1, first column."""
    return densenet((6, 12, 24, 16), classes=classes)
