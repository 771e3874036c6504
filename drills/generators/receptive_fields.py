"""The receptive field of a unit after a few convolutions and poolings."""

from math import prod

from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY, by, times
from drills.items import Computed, Item, Numeric, Wrong
from drills.randomness import Source


@generator("receptive-field", topic="receptive-field", difficulty=2)
def receptive_field(source: Source) -> Item:
    """Receptive field after convolutions and poolings."""
    layers = [("convolution", source.choice([3, 5, 7]), source.integer(1, 2))]
    layers.append(("max pooling", 2, 2) if source.integer(0, 1) else ("convolution", 3, 2))
    layers.append(("convolution", source.choice([3, 5]), source.integer(1, 2)))
    if source.integer(0, 1):
        layers.append(("convolution", 3, 1))
    described = [{"kernel": kernel, "stride": stride} for _, kernel, stride in layers]
    jumps = [prod(stride for _, _, stride in layers[:number]) for number in range(len(layers) + 1)]
    kernels = [kernel for _, kernel, _ in layers]
    growth = " + ".join(f"({kernel} - 1) * {jump}" for kernel, jump in zip(kernels, jumps, strict=False))
    late = " + ".join(f"({kernel} - 1) * {jump}" for kernel, jump in zip(kernels, jumps[1:], strict=False))
    wrong = {
        f"1 + {' + '.join(f'({kernel} - 1)' for kernel in kernels)}": Wrong(
            because="You left out the strides: after a layer of stride $s$ neighbouring units are $s$ times as far apart "
            "in the image, so later windows reach further.",
            misconception="receptive-field-ignores-strides",
        ),
        " + ".join(map(str, kernels)): Wrong(
            because="You added up the windows; each adds one less than its size, since neighbouring windows overlap, and "
            "those after a stride reach further.",
        ),
        f"1 + {late}": Wrong(
            because="You let a layer's own stride widen its own window; it widens those of the layers AFTER it.",
            misconception="receptive-field-uses-the-own-stride",
        ),
        growth: Wrong(because="You forgot the pixel to begin with: without any layer a unit sees 1 pixel, not 0."),
    }
    words = "; ".join(f"{name} {by(kernel, kernel)}, stride {stride}" for name, kernel, stride in layers)
    steps = " + ".join(times(f"({kernel} - 1)", jump) for kernel, jump in zip(kernels, jumps, strict=False))
    return Numeric(
        **SET_BY_REGISTRY,
        source="Araujo, Norris and Sim 2019, Computing receptive fields of convolutional neural networks, eq. 2",
        stem=f"A network has these layers: {words}. How many pixels high is the receptive field of one unit after the "
        "last layer, far from the image's border?",
        unit="pixels",
        key=Computed(compute=f"convolutional.receptive_field.receptive_field({described})[0]"),
        because=f"Each layer adds its kernel minus 1, times the product of the strides before it: $1 + {steps} = "
        f"{1 + sum((kernel - 1) * jump for kernel, jump in zip(kernels, jumps, strict=False))}$.",
        wrong_values=wrong,
    )
