"""Rendered scenes with captions (chapter recurrent, topic captioning).

No package carries photographs with captions, so scenes are drawn: one or two coloured shapes on crops of photographs,
each with the one sentence that is right for it. The left or the upper shape is named first, which makes the sentence
unique: "a red circle right of a blue square" would otherwise be as good as "a blue square left of a red circle".
"""

from dataclasses import dataclass
from itertools import product

import torch
from jaxtyping import Float, Int
from torch import Tensor

from reference.data.images import photo

COLOURS = {"red": (0.9, 0.1, 0.1), "green": (0.1, 0.7, 0.15), "blue": (0.15, 0.25, 0.95), "yellow": (0.95, 0.85, 0.1)}
SHAPES = ("circle", "square", "triangle")
RELATIONS = {"left of": (-1, 0), "above": (0, -1)}
THINGS = tuple(f"a {colour} {shape}" for colour, shape in product(COLOURS, SHAPES))
ALONE = THINGS
PAIRS = tuple(f"{one} {relation} {other}" for one, relation, other in product(THINGS, RELATIONS, THINGS))
WORDS = ("<end>", *dict.fromkeys(" ".join(ALONE + PAIRS).split()))
"""Number 0 ends a caption and, as the first input, starts it."""
LONGEST = max(len(caption.split()) for caption in PAIRS) + 1
SIZE = 32


@dataclass(frozen=True)
class Scenes:
    """images (n, 3, 32, 32) in [0, 1]; captions (n, LONGEST) as word numbers, ended and filled up with 0."""

    images: Float[Tensor, "n 3 H W"]
    captions: Int[Tensor, "n L"]


def encode(caption: str) -> list[int]:
    """Word numbers, ended and filled up with 0."""
    numbers = [WORDS.index(word) for word in caption.split()]
    return numbers + [0] * (LONGEST - len(numbers))


def decode(numbers: list[int]) -> str:
    """The words before the first 0."""
    until = numbers.index(0) if 0 in numbers else len(numbers)
    return " ".join(WORDS[number] for number in numbers[:until])


def render(captions: list[str], generator: torch.Generator) -> Scenes:
    """A scene for each caption: places, sizes, shades, backgrounds and noise are drawn."""
    n = len(captions)
    images = _backgrounds(n, generator)
    parsed = [_parse(caption) for caption in captions]
    pairs = torch.tensor([relation is not None for _, relation, _ in parsed])
    direction = torch.tensor([RELATIONS[relation] if relation else (0, 0) for _, relation, _ in parsed])
    middle = SIZE / 2 + _between(-1.5, 1.5, (n, 2), generator)
    apart = _between(7, 8.5, (n, 1), generator) * direction + _between(-2, 2, (n, 2), generator)
    for which, sign in ((0, 1), (2, -1)):
        things = [parts[which] or THINGS[0] for parts in parsed]
        centre = torch.where(pairs.unsqueeze(1), middle + sign * apart, middle)
        cover = _shape_masks([thing.split()[2] for thing in things], centre, _between(4.5, 6.5, (n,), generator))
        colour = torch.tensor([COLOURS[thing.split()[1]] for thing in things])
        colour = (colour + _between(-0.1, 0.1, (n, 3), generator)).clamp(0, 1)[:, :, None, None]
        present = torch.ones(n) if which == 0 else pairs.float()
        cover = (cover * present[:, None, None]).unsqueeze(1)
        images = cover * colour + (1 - cover) * images
    images = (images + 0.03 * torch.randn(images.shape, generator=generator)).clamp(0, 1)
    return Scenes(images, torch.tensor([encode(caption) for caption in captions]))


def _parse(caption: str) -> tuple[str, str | None, str | None]:
    """(thing, relation, other thing); the last two are None for a thing alone."""
    for relation in RELATIONS:
        one, found, other = caption.partition(f" {relation} ")
        if found:
            return one, relation, other
    return caption, None, None


def _between(low: float, high: float, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(shape, generator=generator)


def _shape_masks(names: list[str], centre: Tensor, radius: Tensor) -> Float[Tensor, "n H W"]:
    """Coverage of each pixel, with edges one pixel soft; all three shapes are about equally large."""
    axis = torch.arange(SIZE) + 0.5
    x = axis[None, None, :] - centre[:, 0, None, None]
    y = axis[None, :, None] - centre[:, 1, None, None]
    r = radius[:, None, None]
    inside = {
        "circle": r - (x**2 + y**2).sqrt(),
        "square": 0.89 * r - torch.maximum(x.abs(), y.abs()),
        "triangle": torch.minimum(1.1 * r - y, 0.45 * (y + 1.4 * r) - 0.9 * x.abs()),
    }
    stacked = torch.stack([inside[name][i] for i, name in enumerate(names)])
    return (stacked + 0.5).clamp(0, 1)


def _backgrounds(n: int, generator: torch.Generator) -> Float[Tensor, "n 3 H W"]:
    """Crops of two photographs, paler than the shapes."""
    crops = []
    photos = [photo("china")[0], photo("flower")[0]]
    for which in torch.randint(len(photos), (n,), generator=generator).tolist():
        _, height, width = photos[which].shape
        top, left = (int(torch.randint(side - 2 * SIZE, (1,), generator=generator)) for side in (height, width))
        crops.append(photos[which][:, top : top + 2 * SIZE : 2, left : left + 2 * SIZE : 2])
    return 0.35 + 0.45 * torch.stack(crops)
