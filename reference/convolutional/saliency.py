"""What a trained network looks at and looks for (chapter convolutional, topic visualization).

Saliency asks which pixels a score depends on: the gradient of the score with respect to the image. Activation
maximisation asks which image a unit likes best: gradient ascent on the image, with a penalty that keeps it from noise.
The top patches answer from data: the windows of real images, as large as the receptive field, on which a unit was most
active.

    saliency[p,q] = max_c |d score / d x[c,p,q]|
    x <- x + eta g / |g|,   g = d (unit(x) - lambda |x|^2) / dx

Course: visualising CNNs: saliency maps, maximally activating patches, inputs that maximise an activation. Sources:
Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks" (2014); Zeiler and Fergus (2014).
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from reference.convolutional.receptive_field import Field


def saliency(
    model: nn.Module, x: Float[Tensor, "n c h w"], classes: Int[Tensor, " n"] | None = None
) -> Float[Tensor, "n h w"]:
    """How much each pixel moves the score (before softmax) of the class given, by default of the class predicted.

    `model` maps images to scores (n, classes), one image not depending on another: evaluation mode.
    """
    x = x.detach().requires_grad_()
    scores: Tensor = model(x)
    chosen = scores.argmax(1) if classes is None else classes
    total = scores.gather(1, chosen[:, None]).sum()  # the images do not meet, so the sum's gradient is each one's own
    (gradient,) = torch.autograd.grad(total, x)
    return gradient.abs().amax(1)


def maximize_activation(
    unit: Callable[[Float[Tensor, "n c h w"]], Float[Tensor, " n"]],
    start: Float[Tensor, "n c h w"],
    *,
    steps: int = 100,
    rate: float = 0.5,
    penalty: float = 1e-3,
    smoothing: int = 0,
    bounds: tuple[float, float] | None = None,
) -> Float[Tensor, "n c h w"]:
    """Images that raise `unit` by gradient ascent from `start`, `penalty` being the weight of the squared norm.

    The gradient is scaled to length one, so that `rate` is the distance of a step.

    Args:
        smoothing: how often the gradient is averaged over 3x3 pixels; without it, ascent finds patterns of single
            pixels that no natural image has (Yosinski et al., 2015, blur the image instead).
        bounds: the range of the pixels, to which each step goes back.
    """
    x = start.detach().clone()
    for _ in range(steps):
        x.requires_grad_()
        objective = unit(x) - penalty * x.flatten(1).square().sum(1)
        (gradient,) = torch.autograd.grad(objective.sum(), x)
        for _ in range(smoothing):
            gradient = F.avg_pool2d(gradient, 3, stride=1, padding=1)
        length = gradient.flatten(1).norm(dim=1).clamp(min=1e-12).view(-1, 1, 1, 1)
        x = (x + rate * gradient / length).detach()
        x = x if bounds is None else x.clamp(*bounds)
    return x


class Patch(NamedTuple):
    """Where a unit was active: image number, activation, and the rows and columns (first, last) that it saw."""

    image: int
    activation: float
    rows: tuple[int, int]
    columns: tuple[int, int]


@torch.no_grad()
def top_patches(
    maps: Float[Tensor, "n c p q"], channel: int, field: Field, size: tuple[int, int], count: int = 9
) -> list[Patch]:
    """The `count` images on which `channel` was most active, each with the window it saw, cut off at the image's edge.

    Args:
        maps: activations of all images; `field`: the receptive field of this layer; `size`: the images' (h, w).
    """
    q = maps.shape[3]
    best, where = maps[:, channel].flatten(1).max(1)
    patches = []
    for image in best.argsort(descending=True)[:count].tolist():
        place = int(where[image])
        spans = [
            (max(0, first), min(side - 1, last))
            for (first, last), side in zip((field.interval(place // q), field.interval(place % q)), size, strict=True)
        ]
        patches.append(Patch(image, float(best[image]), *spans))
    return patches
