"""Augmentation and preprocessing: training images changed in ways that leave their meaning as it is.

Geometric changes move pixels, photometric ones change their values; which of them keep the label depends on the task (a
mirrored 3 is no digit, a rotated 6 may be a 9). Mixup trains on weighted means of two examples and of their labels.
At test time the predictions for several changed copies can be averaged. Statistics for preprocessing come from the
TRAINING data alone, as the others stand for data not yet seen.

    affine      out(p) = in(A p + b), bilinear       mixup  x = l x_i + (1 - l) x_j, t likewise, l ~ Beta(a, a)
    standardize (x - mean) / deviation               whiten (x - mean) U S^-1 sqrt(n), the training data = U' S U^T

Sources: Simard 2003; Krizhevsky 2012; Zhang 2018 (mixup). Course: training, topic `augmentation`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Images = Float[Tensor, "n c h w"]


def uniform(n: int, low: float, high: float, like: Tensor, generator: torch.Generator) -> Float[Tensor, " n"]:
    """n numbers in [low, high), drawn on the generator's device, in the type and place of `like`."""
    drawn = torch.rand(n, generator=generator, device=generator.device)
    return (low + (high - low) * drawn).to(like.device, like.dtype)


def flip(x: Images, chosen: Float[Tensor, " n"]) -> Images:
    """Mirror left and right the images where `chosen` is not zero."""
    return torch.where(chosen[:, None, None, None] != 0, x.flip(3), x)


def translate(x: Images, dy: int, dx: int) -> Images:
    """Move by whole pixels, down and to the right; zeros come in."""
    height, width = x.shape[2:]
    padded = F.pad(x, (max(dx, 0), max(-dx, 0), max(dy, 0), max(-dy, 0)))
    return padded[:, :, max(-dy, 0) : max(-dy, 0) + height, max(-dx, 0) : max(-dx, 0) + width]


def affine(
    x: Images,
    angle: Float[Tensor, " n"],
    scale: Float[Tensor, " n"],
    dy: Float[Tensor, " n"],
    dx: Float[Tensor, " n"],
) -> Images:
    """Rotate (radians, anticlockwise), enlarge about the centre and move by pixels, image by image; zeros come in."""
    height, width = x.shape[2:]
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    down, right = 2 * dy / height, 2 * dx / width  # in the coordinates of the grid, whose side is 2
    aspect = height / width
    # where each output pixel comes from: the inverse of the movement
    rows = torch.stack(
        [
            torch.stack([cos, -sin * aspect, -(cos * right - sin * aspect * down)], 1),
            torch.stack([sin / aspect, cos, -(sin / aspect * right + cos * down)], 1),
        ],
        1,
    )
    grid = F.affine_grid(rows, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def random_affine(
    x: Images, generator: torch.Generator, degrees: float = 10.0, zoom: float = 0.1, shift: float = 2.0
) -> Images:
    """Every image rotated, enlarged and moved by its own random amounts, up to those given."""
    n, radians = len(x), torch.pi * degrees / 180
    return affine(
        x,
        uniform(n, -radians, radians, x, generator),
        uniform(n, 1 - zoom, 1 + zoom, x, generator),
        uniform(n, -shift, shift, x, generator),
        uniform(n, -shift, shift, x, generator),
    )


def photometric(x: Images, contrast: Float[Tensor, " n"], brightness: Float[Tensor, " n"]) -> Images:
    """contrast (x - mean of the image) + mean + brightness."""
    mean = x.mean((1, 2, 3), keepdim=True)
    return contrast[:, None, None, None] * (x - mean) + mean + brightness[:, None, None, None]


def mixup(
    x: Float[Tensor, "n ..."], targets: Float[Tensor, "n k"], share: Float[Tensor, " n"], partner: Tensor
) -> tuple[Float[Tensor, "n ..."], Float[Tensor, "n k"]]:
    """share x + (1 - share) x[partner] and the same for the one-hot targets."""
    wide = share.reshape(-1, *[1] * (x.ndim - 1))
    return wide * x + (1 - wide) * x[partner], share[:, None] * targets + (1 - share[:, None]) * targets[partner]


def average_over_views(
    predict: Callable[[Images], Tensor], views: Sequence[Callable[[Images], Images]], x: Images
) -> Tensor:
    """Test-time augmentation: the mean of the predicted probabilities over several views of the same images."""
    return torch.stack([predict(view(x)) for view in views]).mean(0)


def standardize(train: Float[Tensor, "n d"], *others: Float[Tensor, "m d"]) -> list[Tensor]:
    """Less the training mean and over the training deviation, feature by feature: the training data first."""
    mean, deviation = train.mean(0), train.std(0, correction=0)
    deviation = torch.where(deviation > 0, deviation, torch.ones_like(deviation))
    return [(x - mean) / deviation for x in (train, *others)]


def whiten(train: Float[Tensor, "n d"], *others: Float[Tensor, "m d"], components: int) -> list[Tensor]:
    """Coordinates along the first principal components of the training data, each with variance one in it."""
    mean = train.mean(0)
    _, singular, directions = torch.linalg.svd(train - mean, full_matrices=False)
    matrix = directions[:components].T / singular[:components] * len(train) ** 0.5
    return [(x - mean) @ matrix for x in (train, *others)]
