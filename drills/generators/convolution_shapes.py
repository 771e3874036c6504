"""Shapes and costs of convolution and pooling: dilation, 'same' padding, depth, multiply-accumulates.

Sources: Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning; He et al. 2016 for the counting.
"""

from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY, by, padded, single_choice, times
from drills.items import Computed, Item, Numeric, Wrong
from drills.randomness import Source
from reference.convolutional.output_size import layer_shape, output_size

GUIDE = "Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning"
NO_PARTIAL = "a kernel position that does not fit completely is dropped"


@generator("conv-dilated-output-size", topic="output-size", difficulty=2)
def conv_dilated_output_size(source: Source) -> Item:
    """Output size of a dilated convolution."""
    size, kernel, dilation = source.integer(24, 64), source.choice([3, 5]), source.integer(2, 4)
    stride, padding = source.integer(1, 3), source.integer(0, 3)
    covers = dilation * (kernel - 1) + 1
    wrong = {
        f"({size} + 2 * {padding} - {kernel}) // {stride} + 1": Wrong(
            because=f"You left out the dilation: the {kernel} samples of the kernel stand {dilation} pixels apart, so "
            f"that it covers {covers} pixels.",
            misconception="dilation-leaves-the-size-alone",
        ),
        f"({size} + 2 * {padding} - {dilation} * {kernel}) // {stride} + 1": Wrong(
            because=f"You multiplied the kernel by the dilation. Between {kernel} samples there are only {kernel - 1} "
            f"gaps, so it covers ${times(dilation, f'({kernel} - 1)')} + 1 = {covers}$ pixels.",
            misconception="dilation-multiplies-the-kernel",
        ),
        f"({size} + 2 * {padding} - {covers}) // {stride}": Wrong(
            because="You counted the steps of the kernel; the position before the first step counts too.",
            misconception="output-size-forgets-the-first-position",
        ),
        f"({size} + {padding} - {covers}) // {stride} + 1": Wrong(
            because="You added the padding on one side only: it enlarges the input by $2P$.",
            misconception="padding-on-one-side",
        ),
        f"{size} + 2 * {padding} - {covers} + 1": Wrong(
            because="That is the size for stride 1; a stride of $S$ keeps only every $S$-th position.",
            misconception="output-size-ignores-the-stride",
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source=f"{GUIDE}, relationship 15",
        stem=f"A square image of {by(size, size)} pixels passes a convolution with a {by(kernel, kernel)} kernel, "
        f"dilation {dilation}, stride {stride} and {padded(padding)}. How many rows does the output have?",
        unit="rows",
        convention=f"{NO_PARTIAL}; dilation 1 is an ordinary convolution",
        key=Computed(
            compute=f"convolutional.output_size.output_size({size}, {kernel}, {stride}, {padding}, {dilation})"
        ),
        because=f"The spread-out kernel covers ${times(dilation, f'({kernel} - 1)')} + 1 = {covers}$ pixels, hence "
        f"$\\lfloor ({size} + {times(2, padding)} - {covers}) / {stride} \\rfloor + 1 = "
        f"\\lfloor {size + 2 * padding - covers} / {stride} \\rfloor + 1 = "
        f"{output_size(size, kernel, stride, padding, dilation)}$.",
        wrong_values=wrong,
        exercise="convolutional/output_size",
    )


@generator("conv-same-output-size", topic="output-size", difficulty=2)
def conv_same_output_size(source: Source) -> Item:
    """Output size with 'same' padding and a stride."""
    kernel, stride = source.choice([3, 5, 7]), source.integer(2, 4)
    size = stride * source.integer(7, 15) + source.integer(1, stride - 1)
    padding = (kernel - 1) // 2
    wrong = {
        f"{size} // {stride}": Wrong(
            because=f"You rounded {size}/{stride} down. The kernel starts at the first pixel and moves on by {stride}, the "
            "last partial stride included.",
        ),
        f"{size}": Wrong(
            because="'same' keeps the size only for stride 1; a larger stride still skips positions.",
            misconception="same-padding-undoes-the-stride",
        ),
        f"({size} - {kernel}) // {stride} + 1": Wrong(
            because="That is the size with 'valid' padding, that is with none.",
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source=f"{GUIDE}, relationship 6",
        stem=f"A square image of {by(size, size)} pixels passes a convolution with a {by(kernel, kernel)} kernel, "
        f"stride {stride} and 'same' padding. How many rows does the output have?",
        unit="rows",
        convention=f"'same' is zero padding of {padding} on each side, as for stride 1",
        key=Computed(compute=f"convolutional.output_size.output_size({size}, {kernel}, {stride}, {padding})"),
        because=f"$\\lfloor ({size} + {times(2, padding)} - {kernel}) / {stride} \\rfloor + 1 = "
        f"\\lfloor {size - 1} / {stride} \\rfloor + 1 = {(size - 1) // stride + 1}$, which is $\\lceil {size} / {stride} "
        "\\rceil$: with 'same' padding only the stride shrinks the image.",
        wrong_values=wrong,
        exercise="convolutional/output_size",
    )


@generator("conv-output-shape", topic="output-size", difficulty=1)
def conv_output_shape(source: Source) -> Item:
    """Output shape of a convolutional layer: its depth is the number of filters."""
    channels, filters = source.choice([3, 6, 12, 20]), source.choice([8, 10, 16, 24, 32])
    kernel, height = source.choice([3, 5]), source.integer(16, 48)
    width = height + source.integer(1, 9)
    stride, padding = source.integer(1, 2), source.integer(0, 1)
    layer = {"type": "conv", "filters": filters, "kernel": kernel, "stride": stride, "padding": padding}
    shape = layer_shape((channels, height, width), layer)
    _, rows, columns = shape
    one_side = tuple(max(1, (side + padding - kernel) // stride + 1) for side in (height, width))
    candidates = [
        (
            by(channels, rows, columns),
            Wrong(
                because=f"You let the input's depth pass through. Each filter sums over all {channels} channels and gives "
                f"one map, so {filters} filters give {filters} maps.",
                misconception="conv-output-depth-is-the-input-depth",
            ),
        ),
        (
            by(filters * channels, rows, columns),
            Wrong(
                because=f"You gave each filter one map per input channel. A filter sums over the {channels} channels into a "
                "single map.",
                misconception="conv-filter-gives-a-map-per-channel",
            ),
        ),
        (
            by(filters, *one_side),
            Wrong(
                because="You added the padding on one side only: it enlarges each axis by $2P$.",
                misconception="padding-on-one-side",
            ),
        ),
        (
            by(filters, (height + 2 * padding - kernel) // stride, (width + 2 * padding - kernel) // stride),
            Wrong(
                because="You counted the steps of the kernel; the position before the first step counts too.",
                misconception="output-size-forgets-the-first-position",
            ),
        ),
    ]
    return single_choice(
        by(*shape),
        candidates,
        source=f"{GUIDE}, relationship 6",
        stem=f"An input of {channels} channels and {by(height, width)} pixels passes a convolutional layer of {filters} "
        f"filters of {by(kernel, kernel)} pixels, stride {stride} and {padded(padding)}. "
        "What is the shape of the output (channels x height x width)?",
        because=f"One map per filter: {filters}. Rows $\\lfloor ({height} + {times(2, padding)} - {kernel}) / {stride} "
        f"\\rfloor + 1 = {rows}$, columns $\\lfloor ({width} + {times(2, padding)} - {kernel}) / {stride} \\rfloor + 1 "
        f"= {columns}$.",
        exercise="convolutional/output_size",
    )


@generator("pool-output-shape", topic="pooling", difficulty=1)
def pool_output_shape(source: Source) -> Item:
    """Output shape of a pooling layer: the depth stays."""
    kernel, stride = source.choice([(2, 2), (3, 2), (3, 3)])
    channels, height = kernel * source.integer(4, 20), source.integer(15, 45)
    width = height + source.integer(1, 8)
    pool = source.choice(["max", "average"])
    shape = layer_shape((channels, height, width), {"type": "pool", "kernel": kernel, "stride": stride})
    _, rows, columns = shape
    candidates = [
        (
            by(channels // kernel, rows, columns),
            Wrong(
                because="You pooled over the channels as well. The window moves over each channel by itself and keeps their "
                "number.",
                misconception="pooling-shrinks-the-depth",
            ),
        ),
        (
            by(1, rows, columns),
            Wrong(
                because="You merged all channels into one, as a convolution with one filter does; pooling treats each alone.",
                misconception="pooling-merges-the-channels",
            ),
        ),
        (
            by(channels, height - kernel + 1, width - kernel + 1),
            Wrong(
                because=f"That is the size for stride 1; here the window moves by {stride}.",
                misconception="pooling-moves-by-one",
            ),
        ),
        (
            by(channels, -(-(height - kernel) // stride) + 1, -(-(width - kernel) // stride) + 1),
            Wrong(
                because="You rounded up; here a window that does not fit completely is dropped.",
                misconception="output-size-rounded-up",
            ),
        ),
    ]
    return single_choice(
        by(*shape),
        source.shuffled(candidates),
        source=f"{GUIDE}, section 3",
        stem=f"A volume of {channels} channels and {by(height, width)} pixels passes {pool} pooling with a "
        f"{by(kernel, kernel)} window and stride {stride}, without padding; a window that does not fit completely is "
        "dropped. What is the shape of the output (channels x height x width)?",
        because=f"Rows $\\lfloor ({height} - {kernel}) / {stride} \\rfloor + 1 = {rows}$, columns $\\lfloor ({width} - "
        f"{kernel}) / {stride} \\rfloor + 1 = {columns}$; every one of the {channels} channels is pooled by itself.",
        exercise="convolutional/output_size",
    )


@generator("conv-macs", topic="output-size", difficulty=3)
def conv_macs(source: Source) -> Item:
    """Multiply-accumulates of a convolutional layer."""
    channels, filters = source.integer(3, 16), source.integer(4, 32)
    kernel, size = source.choice([3, 5]), source.integer(12, 40)
    padding = source.choice([0, (kernel - 1) // 2])
    layer = f'{{"type": "conv", "filters": {filters}, "kernel": {kernel}, "padding": {padding}}}'
    side = output_size(size, kernel, 1, padding)
    wrong = {
        f"{filters} * {kernel} * {kernel} * {channels}": Wrong(
            because="You counted the weights. Each of them is used at every position of the output.",
            misconception="conv-cost-is-its-parameters",
        ),
        f"{filters} * {side} * {side} * {kernel} * {kernel}": Wrong(
            because=f"You gave each filter a single channel; it spans all {channels} channels of its input.",
            misconception="conv-filter-has-one-channel",
        ),
        f"{filters} * {size} * {size} * {kernel} * {kernel} * {channels}": Wrong(
            because=f"You counted the positions of the input; the filter is evaluated once per output position, "
            f"{by(side, side)}.",
        ),
        f"2 * {filters} * {side} * {side} * {kernel} * {kernel} * {channels}": Wrong(
            because="You counted multiplications and additions apart (FLOPs); a multiply-accumulate is one of each.",
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source="He, Zhang, Ren and Sun 2016, Deep residual learning for image recognition, table 1",
        stem=f"A convolutional layer of {filters} filters of {by(kernel, kernel)} pixels, stride 1 and "
        f"{padded(padding)} reads {channels} channels of {by(size, size)} pixels. How many "
        "multiply-accumulates does it need for one image?",
        unit="multiply-accumulates",
        convention="one product and its addition count as one; biases are left out; zeros of the padding count as pixels",
        key=Computed(compute=f"convolutional.network_summary.layer_row(({channels}, {size}, {size}), {layer})[4]"),
        because=f"The output has ${times(filters, side, side)}$ numbers, and each is a sum of "
        f"${times(kernel, kernel, channels)} = {kernel * kernel * channels}$ products, in all "
        f"${filters * side * side * kernel * kernel * channels}$.",
        wrong_values=wrong,
        exercise="convolutional/output_size",
    )
