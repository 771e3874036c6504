"""Depth-wise separable convolution and MobileNet (chapter convolutional, topic architectures).

A convolution filters in space and mixes channels at once; the separable one does the two in turn. A depth-wise step
has one k x k filter per channel and mixes nothing, a point-wise step of 1x1 mixes the channels at each pixel. The cost
falls to a fraction that is nearly 1/k^2, which is what makes MobileNet small and quick.

    depth-wise:  z[n,c] = correlate(x[n,c], d[c])        point-wise:  y[n,o] = sum_c w[o,c] z[n,c]
    weights: k^2 c + c o instead of k^2 c o, a ratio of 1/o + 1/k^2; multiply-accumulates likewise

Course: MobileNets and separable convolution. Source: Howard et al., "MobileNets" (2017), eqs. 3 to 5 and table 1, whose
"4.2 million" are 4,231,976 trainable parameters; Keras's total of 4,253,864 includes 21,888 running statistics.
"""

from jaxtyping import Float
from torch import Tensor, nn

from reference.convolutional.conv2d import Pair, conv2d
from reference.convolutional.residual import conv_bn
from reference.convolutional.resnet import ResNet

# table 1: filters of the point-wise step and stride of the depth-wise step. The table's stride of 2 in the last row
# would leave 4 x 4 where the table says 7 x 7; it is 1.
BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))


def depthwise(
    x: Float[Tensor, "n c h w"], filters: Float[Tensor, "c kh kw"], stride: Pair = 1, padding: Pair = 0
) -> Float[Tensor, "n c p q"]:
    """Each channel correlated with its own filter."""
    return conv2d(x, filters[:, None], None, stride, padding, groups=x.shape[1])


def pointwise(x: Float[Tensor, "n c h w"], weight: Float[Tensor, "o c"]) -> Float[Tensor, "n o h w"]:
    """The same mixture of channels at every pixel: a 1x1 convolution."""
    n, c, h, w = x.shape
    return (weight @ x.reshape(n, c, h * w)).view(n, -1, h, w)


def separable_conv2d(
    x: Float[Tensor, "n c h w"],
    filters: Float[Tensor, "c kh kw"],
    weight: Float[Tensor, "o c"],
    stride: Pair = 1,
    padding: Pair = 0,
) -> Float[Tensor, "n o p q"]:
    """Depth-wise, then point-wise. It equals the convolution whose weights are w[o,c] d[c,i,j], of rank one."""
    return pointwise(depthwise(x, filters, stride, padding), weight)


def separable_parameters(in_channels: int, filters: int, kernel: int) -> tuple[int, int]:
    """Weights of the (separable, ordinary) convolution, without biases."""
    return kernel**2 * in_channels + in_channels * filters, kernel**2 * in_channels * filters


def separable_block(in_channels: int, filters: int, stride: int = 1) -> nn.Sequential:
    """MobileNet's block: 3x3 depth-wise and 1x1, each with batch normalization and ReLU."""
    return nn.Sequential(
        *conv_bn(in_channels, in_channels, 3, stride, groups=in_channels),
        nn.ReLU(inplace=True),
        *conv_bn(in_channels, filters, 1),
        nn.ReLU(inplace=True),
    )


def mobilenet(classes: int = 1000, width: float = 1.0) -> ResNet:
    """MobileNet (v1) for (n, 3, 224, 224); `width` multiplies all channels (the paper's alpha)."""
    channels = int(32 * width)
    stem = nn.Sequential(*conv_bn(3, channels, 3, 2), nn.ReLU(inplace=True))
    blocks = []
    for filters, stride in BLOCKS:
        blocks.append(separable_block(channels, int(filters * width), stride))
        channels = int(filters * width)
    return ResNet(stem, [nn.Sequential(*blocks)], channels, classes)
