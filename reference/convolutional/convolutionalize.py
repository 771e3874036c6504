"""Dense layers as convolutions: classifiers for images of any size (chapter convolutional, topic cnn-parameters).

The first dense layer after a flatten looks at the whole volume: its units are filters as large as the volume, and the
following ones are filters of 1 x 1. On the size it was built for, the converted network computes the same scores; on a
larger image it slides over it and gives a map of scores, at the price of one pass instead of one per crop.

    y[l] = sum_chw W[(c,h,w), l] x[c,h,w] + b[l]   =   conv(x, filters)[l],   filters[l,c,h,w] = W[(c,h,w), l]

Course: fully convolutional networks; the course's "L filters of 1 x 1 x N" holds for every dense layer but the one
after the flatten. Source: Long, Shelhamer and Darrell (2015), section 3.1.
"""

import math

from jaxtyping import Float
from torch import Tensor, nn


def dense_to_conv(W: Float[Tensor, "inputs units"], shape: tuple[int, int, int]) -> Float[Tensor, "units c h w"]:
    """The filters that compute `x.flatten() @ W` for volumes x of `shape` (c, h, w).

    Raises:
        ValueError: the volume has not as many entries as W has rows.
    """
    if math.prod(shape) != W.shape[0]:
        raise ValueError(f"a volume of {shape} has {math.prod(shape)} entries, W expects {W.shape[0]}")
    return W.mT.reshape(-1, *shape)


def convolutionalize(features: nn.Module, classifier: nn.Sequential, shape: tuple[int, int, int]) -> nn.Sequential:
    """A fully convolutional copy of `classifier(features(x).flatten(1))`, with scores (n, classes, height, width).

    Args:
        features: the convolutional part; shared with the copy, not duplicated.
        classifier: dense layers and element-wise ones between them; a leading nn.Flatten is dropped.
        shape: (c, h, w) of the features for images of the size that the classifier was built for.
    """
    layers: list[nn.Module] = []
    window = shape
    for layer in classifier:
        if isinstance(layer, nn.Flatten):
            continue
        if isinstance(layer, nn.Linear):
            units = layer.out_features
            conv = nn.Conv2d(window[0], units, window[1:], bias=False).to(layer.weight)
            filters = dense_to_conv(layer.weight.detach().mT, window)  # nn.Linear stores the transpose of W
            conv.weight = nn.Parameter(filters.clone())
            if layer.bias is not None:
                conv.bias = nn.Parameter(layer.bias.detach().clone())
            layers.append(conv)
            window = (units, 1, 1)
        else:
            layers.append(layer)
    return nn.Sequential(features, *layers)
