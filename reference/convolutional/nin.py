"""Network in network (chapter convolutional, topic architectures).

Each patch is judged by a small multi-layer perceptron instead of one linear filter: a convolution followed by 1x1
convolutions, which are dense layers applied at every pixel. The last layer has one map per class, and global average
pooling turns each map into the class's score: no dense layer, hence little to over-fit, and any image size will do.

    mlpconv(x) = relu(W3 relu(W2 relu(W1 * x)))    with W1 of k x k, W2 and W3 of 1 x 1;    score[c] = mean of map c

Course: network in network, global average pooling. (As many maps as classes are needed here, because the average feeds
the softmax directly.) Source: Lin, Chen and Yan, "Network in network" (2014); it gives no counts. These are the
authors' Caffe models: `cifar10_nin`, 966,986 parameters, and `nin_imagenet`, 7,595,176: the 29 MB, in units of 2^20
bytes, that the model zoo gives for its float32 weights.
"""

from collections import OrderedDict

from torch import nn


def mlpconv(in_channels: int, widths: tuple[int, int, int], kernel: int, stride: int, padding: int) -> nn.Sequential:
    """A convolution and two 1x1 convolutions, each with ReLU."""
    first, second, third = widths
    return nn.Sequential(
        nn.Conv2d(in_channels, first, kernel, stride, padding),
        nn.ReLU(inplace=True),
        nn.Conv2d(first, second, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(second, third, 1),
        nn.ReLU(inplace=True),
    )


def _with_average(features: nn.Sequential) -> nn.Sequential:
    classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return nn.Sequential(OrderedDict(features=features, classifier=classifier))


def nin_cifar(classes: int = 10, in_channels: int = 3) -> nn.Sequential:
    """Three mlpconv layers for 32x32 images, dropout between them."""
    return _with_average(
        nn.Sequential(
            mlpconv(in_channels, (192, 160, 96), 5, 1, 2),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.Dropout(0.5),
            mlpconv(96, (192, 192, 192), 5, 1, 2),
            nn.AvgPool2d(3, 2, ceil_mode=True),
            nn.Dropout(0.5),
            mlpconv(192, (192, 192, classes), 3, 1, 1),
        )
    )


def nin(classes: int = 1000) -> nn.Sequential:
    """Four mlpconv layers for 224x224 images."""
    return _with_average(
        nn.Sequential(
            mlpconv(3, (96, 96, 96), 11, 4, 0),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            mlpconv(96, (256, 256, 256), 5, 1, 2),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            mlpconv(256, (384, 384, 384), 3, 1, 1),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            nn.Dropout(0.5),
            mlpconv(384, (1024, 1024, classes), 3, 1, 1),
        )
    )
