"""AlexNet (chapter convolutional, topic architectures).

LeNet's plan for photographs: five convolutions, the first with large filters and a stride of 4, overlapping max
pooling, and a perceptron of three layers that holds nearly all parameters. ReLU made it trainable, dropout and
augmentation kept it from over-fitting. The paper's network was spread over two GPUs, so that its second, fourth and
fifth convolution have two groups that do not see each other.

    response normalization: b[c] = a[c] / (2 + 1e-4 sum over 5 neighbouring channels of a^2)^0.75

Course: AlexNet, "60 M parameters, 94 % of them in the MLP". Source: Krizhevsky, Sutskever and Hinton (2012), section 3.
As published (two groups) it has 60,965,224, of which the dense layers have 96.2 %; the course's 94 % is that of the
network without groups, 62,378,344. torchvision's 61,100,840 belong to the one-GPU variant of Krizhevsky's "One weird
trick" (2014), with fewer filters (`alexnet_one_gpu`); there it is 96.0 %.
"""

from collections import OrderedDict
from collections.abc import Sequence

from torch import Tensor, nn


class ResponseNorm(nn.Module):
    """Local response normalization by the paper's formula; torch's own divides alpha by the number of channels."""

    def __init__(self, size: int = 5, alpha: float = 1e-4, beta: float = 0.75, k: float = 2.0) -> None:
        super().__init__()
        self.norm = nn.LocalResponseNorm(size, alpha * size, beta, k)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x)  # type: ignore[no-any-return]


def _build(filters: Sequence[int], groups: int, norm: bool, classes: int) -> nn.Sequential:
    def conv(number: int, kernel: int, padding: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
        in_channels = (3, *filters)[number]
        layer = nn.Conv2d(in_channels, filters[number], kernel, stride, padding, groups=groups)
        return [layer, nn.ReLU(inplace=True)]

    def pool(normalized: bool = False) -> list[nn.Module]:
        return [*([ResponseNorm()] if normalized else []), nn.MaxPool2d(3, 2)]

    features = nn.Sequential(
        *conv(0, 11, 2, stride=4),
        *pool(norm),
        *conv(1, 5, 2, groups=groups),
        *pool(norm),
        *conv(2, 3, 1),
        *conv(3, 3, 1, groups=groups),
        *conv(4, 3, 1, groups=groups),
        *pool(),
    )
    classifier = nn.Sequential(
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(filters[4] * 6 * 6, 4096),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Linear(4096, 4096),
        nn.ReLU(inplace=True),
        nn.Linear(4096, classes),
    )
    return nn.Sequential(OrderedDict(features=features, classifier=classifier))


def alexnet(classes: int = 1000, groups: int = 2) -> nn.Sequential:
    """The published network for (n, 3, 224, 224); `groups=1` joins the two towers.

    The paper's 224 with filters of 11 and a stride of 4 needs 3 rows of padding in all for its 55 x 55 maps; it is 2 on
    each side here, of which the last row is not reached.
    """
    return _build((96, 256, 384, 384, 256), groups, True, classes)


def alexnet_one_gpu(classes: int = 1000) -> nn.Sequential:
    """The network of "One weird trick", which torchvision has: no groups, no normalization, fewer filters."""
    return _build((64, 192, 384, 256, 256), 1, False, classes)
