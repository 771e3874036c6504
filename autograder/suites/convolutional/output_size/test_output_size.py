"""Output sizes. Each axis is as long as follows from the steps that the window makes on it and from what is left over."""

import numpy as np

from autograder import distinct_sizes, points
from autograder.calls import Raised
from autograder.oracle import Stopped

FLATTEN = {"type": "flatten"}


def length(kernel, stride=1, padding=0, dilation=1, *, steps, left=0):
    """Length of the axis on which such a window makes so many steps, and so many samples are left over."""
    return dilation * (kernel - 1) + 1 + stride * steps + left - 2 * padding


def conv(filters, kernel, **options):
    return {"type": "conv", "filters": filters, "kernel": kernel, **options}


def pool(kernel, **options):
    return {"type": "pool", "kernel": kernel, **options}


def dense(units):
    return {"type": "dense", "units": units}


def size_or_error(output_size, *arguments):
    """What output_size returns, or the text ValueError where it raises that; anything else is not for the suite to catch."""
    try:
        return output_size(*arguments)
    except Stopped as stopped:
        if isinstance(stopped.outcome, Raised) and "ValueError" in (stopped.outcome.type, *stopped.outcome.bases):
            return "ValueError"
        raise


def sizes(module, calls):
    """Several sizes in one check: a ValueError says something only beside what is returned for other windows."""
    return [size_or_error(module.output_size, *call) for call in calls]


def integers_taken(module, numbers):
    """Whether the same numbers are taken as Python's integers, and whether as NumPy's."""
    both = {"Python's": numbers, "NumPy's": [np.int64(number) for number in numbers]}
    return {whose: size_or_error(module.output_size, *sizes) != "ValueError" for whose, sizes in both.items()}


@points(1)
def test_positions_by_hand(check, rng):
    """a window of 3 has 5 positions in a row of 7"""
    check.value("output_size", 7, 3, expected=5)
    check.against_reference("output_size", *(int(n) for n in rng.integers([20, 4], [40, 10])))


@points(1)
def test_the_last_position_must_fit_whole(check, rng):
    """a window that would stick out is no position: round down"""
    check.value("output_size", 8, 3, stride=2, expected=3)
    for low, high, left in (
        (1, 4, 0),
        (-3, -1, 1),
        (-2, 3, -1),
    ):  # wider or narrower than a step; all used, 1 or most left over
        stride, steps = distinct_sizes(rng, 2, low=5)
        kernel = stride + int(rng.integers(low, high))
        size = length(kernel, stride, steps=steps, left=left % stride)
        check.against_reference("output_size", size, kernel, stride=stride)


@points(1)
def test_padding_is_on_each_side(check, rng):
    """padding is added on each side"""
    check.value("output_size", 7, 3, padding=1, expected=7)
    padding, steps = distinct_sizes(rng, 2, low=2, high=5)
    check.against_reference("output_size", length(8, 1, padding, steps=steps + 9), 8, padding=padding)
    check.against_reference("output_size", length(9, 4, padding, steps=steps + 5), 9, 4, padding)


@points(1)
def test_dilation_spreads_the_window(check, rng):
    """K samples, D apart, cover D (K - 1) + 1 pixels"""
    check.value("output_size", 7, 3, dilation=2, expected=3)
    for kernel, dilation in rng.permuted([[4, 5], [3, 2]], axis=1).T.tolist():
        check.against_reference("output_size", int(rng.integers(20, 40)), kernel, dilation=dilation)


@points(2)
def test_everything_at_once(check, rng):
    """stride, padding and dilation together"""
    for left in (0, 1, -1):
        kernel, stride = rng.integers([8, 5], [11, 8]).tolist()
        padding, dilation, steps = distinct_sizes(rng, 3, low=2, high=4)
        size = length(kernel, stride, padding, dilation, steps=steps + 2, left=left % stride)
        check.against_reference("output_size", size, kernel, stride, padding, dilation)


@points(1)
def test_windows_that_just_fit(check, rng):
    """a window as large as its axis fits once, a window of 1 everywhere"""
    size, kernel, padding, dilation, samples = rng.integers([5, 8, 2, 2, 3], [10, 12, 4, 5, 6]).tolist()
    plain, padded = [size, size, padding], [kernel - 2 * padding, kernel, size, padding]
    dilated, single = [dilation * (samples - 1) + 1, samples, 1, 0, dilation], [size, 1, 1, 0, dilation]
    check.against_reference(sizes, [plain, padded, dilated, single])


@points(1)
def test_a_window_that_does_not_fit_is_an_error(check, rng):
    """a window that covers more than the padded axis is a ValueError"""
    size, kernel, padding, dilation, samples = rng.integers([5, 8, 2, 2, 3], [10, 12, 4, 5, 6]).tolist()
    check.raises(ValueError, "output_size", size, size + 1)
    check.raises(ValueError, "output_size", kernel - 2 * padding - 1, kernel, 3, padding)
    check.raises(ValueError, "output_size", dilation * (samples - 1), samples, 1, 0, dilation)


@points(1)
def test_only_integers_in_range_are_sizes(check, rng):
    """NumPy's integers are sizes; True, 5.0, 0 and negative numbers are a ValueError"""
    kernel, stride, padding, dilation = rng.integers([3, 2, 1, 2], [6, 5, 3, 4]).tolist()
    size = length(kernel, stride, padding, dilation, steps=int(rng.integers(4, 9)))
    check.against_reference(integers_taken, [size, kernel, stride, padding, dilation])
    for arguments in ((0, 1, 1, 2), (size, 0), (size, 3, 0), (size, 3, 1, -1), (size, 3, 1, 0, 0)):  # too small
        check.raises(ValueError, "output_size", *arguments)
    for arguments in ((size, True), (size, 3, 1, True), (size + 0.0, 3), (size, 3, 2.0), (size, "3")):  # no integers
        check.raises(ValueError, "output_size", *arguments)


@points(1)
def test_parameters_by_hand(check, rng):
    """4 filters of 5 x 5 on 3 channels have 4 (5 * 5 * 3 + 1) parameters"""
    check.value("conv_parameters", 3, 4, 5, expected=304)
    check.against_reference("conv_parameters", *distinct_sizes(rng, 3, low=3, high=12))


@points(1)
def test_each_filter_has_one_bias_or_none(check, rng):
    """each filter has one bias, or none"""
    channels, filters, kernel = distinct_sizes(rng, 3, low=3, high=12)
    check.against_reference("conv_parameters", channels, filters, kernel, bias=False)
    check.against_reference("conv_parameters", filters, channels, kernel, bias=True)


@points(1)
def test_windows_of_one_and_single_channels(check, rng):
    """a window of 1 x 1 has a weight for each channel; a single filter and a single channel are counted likewise"""
    channels, filters, kernel = distinct_sizes(rng, 3, low=3, high=12)
    check.against_reference("conv_parameters", channels, filters, 1)
    check.against_reference("conv_parameters", 1, filters, kernel)
    check.against_reference("conv_parameters", channels, 1, kernel, False)


@points(1)
def test_windows_that_are_not_square(check, rng):
    """a kernel may be a pair, height and width"""
    channels, filters, height, width = distinct_sizes(rng, 4, low=3, high=9)
    check.against_reference("conv_parameters", channels, filters, (height, width))
    check.against_reference("conv_parameters", channels, filters, [1, width], False)


@points(1)
def test_a_network_by_hand(check, rng):
    """convolution, pooling, flatten and a dense layer, by hand"""
    layers = [conv(4, 3), pool(2), FLATTEN, dense(5)]
    check.value("network_shapes", (3, 8, 10), layers, expected=[(4, 6, 8), (4, 3, 4), (48,), (5,)])
    channels, filters, height, width = distinct_sizes(rng, 4, low=2, high=9)
    kernel, units = rng.integers([3, 10], [6, 20]).tolist()
    layers = [conv(filters, kernel), pool(2), FLATTEN, dense(units)]
    check.against_reference("network_shapes", (channels, 2 * height + kernel - 1, 2 * width + kernel - 1), layers)


@points(1)
def test_filters_make_the_depth_and_pooling_keeps_it(check, rng):
    """filters make the depth, pooling keeps it"""
    channels, filters, height, width = distinct_sizes(rng, 4, low=4, high=9)
    check.against_reference("network_shapes", (channels, 3 * height, 3 * width), [conv(filters, 4)])
    check.against_reference("network_shapes", (filters, 3 * height, 3 * width), [pool(3)])


@points(1)
def test_flatten_counts_all_entries(check, rng):
    """flatten counts all entries of all channels; dense layers have as many as they have units"""
    channels, height, width, units = distinct_sizes(rng, 4, low=2, high=9)
    check.against_reference("network_shapes", (channels, height, width), [FLATTEN])
    check.against_reference("network_shapes", (units, width, height), [FLATTEN, dense(channels), dense(1)])


@points(2)
def test_options_of_layers(check, rng):
    """strides, padding and dilation of layers; a pooling's stride is its kernel unless it is given"""
    channels, filters, high, wide = distinct_sizes(rng, 4, low=3, high=9)
    kernel, stride, padding, dilation = rng.integers([6, 2, 1, 2], [9, 4, 3, 4]).tolist()
    image = tuple(length(kernel, stride, padding, dilation, steps=steps) for steps in (high, wide))
    layer = conv(filters, kernel, stride=stride, padding=padding, dilation=dilation)
    check.against_reference("network_shapes", (channels, *image), [layer])
    image = tuple(length(kernel, 2, 1, steps=steps) for steps in (wide, high))
    check.against_reference("network_shapes", (channels, *image), [pool(kernel, stride=2, padding=1), conv(1, 1)])


@points(1)
def test_whole_networks(check, rng):
    """LeNet-5 and the beginning of ResNet, on images that are not square"""
    lenet = [conv(6, 5), pool(2), conv(16, 5), pool(2), FLATTEN, dense(120), dense(84), dense(10)]
    high, wide, low, slim = (4 * n for n in distinct_sizes(rng, 4, low=5, high=10))
    check.against_reference("network_shapes", (1, high, wide), lenet)
    stem = [conv(64, 7, stride=2, padding=3), pool(3, stride=2, padding=1)]
    check.against_reference("network_shapes", (3, 4 * low + 1, 4 * slim + 1), stem)


@points(1)
def test_networks_that_cannot_be_built(check, rng):
    """a network that cannot be built is a ValueError"""
    channels, height, width = int(rng.integers(2, 6)), *sorted(distinct_sizes(rng, 2, low=8, high=11))
    check.raises(ValueError, "network_shapes", (channels, height, width), [conv(4, height + 1)])
    check.raises(ValueError, "network_shapes", (channels, width, height), [conv(4, height + 1)])
    for layers in ([pool(2), pool(2), conv(4, 5)], [dense(5)], [FLATTEN, conv(4, 1)], [FLATTEN, dense(5), pool(1)]):
        check.raises(ValueError, "network_shapes", (channels, height, width), layers)


@points(1)
def test_what_is_no_layer_is_an_error(check, rng):
    """numbers that are no sizes, and layers or options that do not exist, are a ValueError"""
    filters, kernel, height, width = distinct_sizes(rng, 4, low=3, high=9)
    for arguments in (
        (0, filters, kernel),
        (3, 0, kernel),
        (3, 4, (0, kernel)),
        (3, 4, (kernel, 0)),
        (3, 4, (kernel,) * 3),
    ):
        check.raises(ValueError, "conv_parameters", *arguments)
    for shape in ((height, width), (3, 0, width)):
        check.raises(ValueError, "network_shapes", shape, [FLATTEN])
    misspelt, lacking = conv(filters, 3, strides=2), {"type": "conv", "kernel": 3}
    for layer in (misspelt, lacking, {"type": "dropout"}, conv(0, 3), pool(2, dilation=1)):
        check.raises(ValueError, "network_shapes", (3, height, width), [layer])
    for layer in (dense(0), {"type": "dense"}):
        check.raises(ValueError, "network_shapes", (3, height, width), [FLATTEN, layer])


@points(1)
def test_arguments_stay_as_they_are(check, rng):
    """the layers are not modified"""
    channels, height, width = distinct_sizes(rng, 3, low=13, high=20)
    check.unchanged("network_shapes", (channels, height, width), [conv(4, 3, stride=2), pool(2), FLATTEN, dense(5)])
    check.unchanged("network_shapes", [channels, width, height], [pool(2, padding=1)])
