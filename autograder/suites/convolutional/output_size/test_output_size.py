"""Output sizes. Strides that do not divide, padding and dilation together, images that are not square, kernels that just fit."""

import numpy as np

from autograder import distinct_sizes, points


def fitting(rng):
    """A call of output_size with nothing default, where the division leaves a remainder and the window fits several times."""
    kernel, stride, padding, dilation = distinct_sizes(rng, 4, low=2, high=5)
    rest = int(rng.integers(1, stride))
    return (
        dilation * (kernel - 1) + 1 + stride * int(rng.integers(2, 6)) + rest + 2 * padding,
        kernel,
        stride,
        padding,
        dilation,
    )


def conv(filters, kernel, **options):
    return {"type": "conv", "filters": filters, "kernel": kernel, **options}


def pool(kernel, **options):
    return {"type": "pool", "kernel": kernel, **options}


FLATTEN = {"type": "flatten"}


def dense(units):
    return {"type": "dense", "units": units}


def sizes(module, calls):
    """Several sizes at once: one number alone can be right, or like another mistake's, by chance."""
    return [module.output_size(*call) for call in calls]


@points(1)
def test_positions_by_hand(check):
    """the positions of a window of 3 in a row of 7"""
    check.value("output_size", 7, 3, expected=5)
    check.value("output_size", 7, 3, stride=2, expected=3)
    check.value("output_size", 32, 5, expected=28)


@points(1)
def test_the_last_position_must_fit_whole(check):
    """a window that would stick out is no position: round down"""
    check.against_reference(sizes, [[8, 3, 2], [10, 3, 4], [13, 2, 3], [224, 7, 5], [6, 5, 9]])


@points(1)
def test_padding_is_on_each_side(check):
    """padding is added on each side"""
    check.against_reference(sizes, [[9, 4, 1, 2], [8, 3, 2, 3], [4, 6, 1, 2], [224, 7, 2, 3]])
    check.value("output_size", 7, 3, padding=1, expected=7)


@points(1)
def test_dilation_spreads_the_window(check):
    """K samples, D apart, cover D (K - 1) + 1 pixels"""
    check.against_reference(sizes, [[20, 3, 1, 0, 4], [11, 4, 1, 0, 3], [17, 5, 1, 0, 2], [6, 1, 1, 0, 5]])
    check.value("output_size", 7, 3, dilation=2, expected=3)


@points(2)
def test_everything_at_once(check, rng):
    """stride, padding and dilation together"""
    check.against_reference(sizes, [list(fitting(rng)) for _ in range(8)])


@points(1)
def test_windows_that_just_fit(check):
    """a window as large as its input fits once, a window of 1 everywhere"""
    check.value("output_size", 5, 5, expected=1)
    check.value("output_size", 5, 5, 3, expected=1)
    check.value("output_size", 3, 7, 2, 2, expected=1)
    check.value("output_size", 9, 3, 1, 0, 4, expected=1)
    check.value("output_size", 6, 1, expected=6)
    check.value("output_size", 1, 1, expected=1)


@points(1)
def test_a_window_that_does_not_fit_is_an_error(check):
    """a window that covers more than the padded axis is a ValueError"""
    check.value("output_size", 5, 5, expected=1)  # just fits
    check.raises(ValueError, "output_size", 4, 5)
    check.raises(ValueError, "output_size", 2, 7, 2, 2)
    check.raises(ValueError, "output_size", 8, 3, 1, 0, 4)
    check.raises(ValueError, "output_size", 5, 9, 4)


@points(1)
def test_only_integers_in_range_are_sizes(check):
    """NumPy's integers are sizes; 5.0, 0 and negative numbers are a ValueError"""
    numpys = [
        [np.int64(9), np.int32(3), np.int64(2), np.int64(1), np.int64(2)],
        [np.int64(25), np.int8(4), 3, np.int16(2), 3],
    ]
    check.against_reference(sizes, numpys)
    for arguments in ((0, 1), (7, 0), (7, 3, 0), (7, 3, 1, -1), (7, 3, 1, 0, 0), (-7, -9), (7, 3, -2)):
        check.raises(ValueError, "output_size", *arguments)
    for arguments in ((7.0, 3), (7, 3.0), (7, 3, 2.0), (7, 3, 1, 1.0), (7, 3, 1, 0, 2.0), (7.5, 3), (7, "3")):
        check.raises(ValueError, "output_size", *arguments)


@points(1)
def test_a_truth_value_is_no_size(check):
    """True is a ValueError, although Python takes it for 1"""
    check.value("output_size", 7, 1, expected=7)
    for arguments in ((True, 1), (7, True), (7, 3, True), (7, 3, 1, True), (7, 3, 1, 0, True)):
        check.raises(ValueError, "output_size", *arguments)


@points(1)
def test_parameters_by_hand(check):
    """4 filters of 5 x 5 on 3 channels have 4 (5 * 5 * 3 + 1) parameters"""
    check.value("conv_parameters", 3, 4, 5, expected=304)
    check.value("conv_parameters", 6, 16, 1, expected=112)
    check.value("conv_parameters", 1, 1, 1, expected=2)


@points(1)
def test_parameters_of_any_layer(check, rng):
    """each filter spans all channels and has one bias, or none"""
    for _ in range(3):
        channels, filters, kernel = distinct_sizes(rng, 3, low=2, high=12)
        check.against_reference("conv_parameters", channels, filters, kernel)
        check.against_reference("conv_parameters", channels, filters, kernel, bias=False)


@points(1)
def test_windows_that_are_not_square(check, rng):
    """a kernel may be a pair, height and width"""
    channels, filters, height, width = distinct_sizes(rng, 4, low=2, high=9)
    check.against_reference("conv_parameters", channels, filters, (height, width))
    check.against_reference("conv_parameters", channels, filters, [1, width], False)


@points(1)
def test_parameters_of_what_is_no_layer(check):
    """what is no layer is a ValueError in conv_parameters too"""
    check.value("conv_parameters", np.int64(3), np.int32(4), np.int64(5), expected=304)
    for arguments in ((0, 4, 5), (3, 0, 5), (3, 4, 0), (3, 4, -5), (3.0, 4, 5), (3, 4.0, 5), (3, 4, 5.0), (True, 4, 5)):
        check.raises(ValueError, "conv_parameters", *arguments)
    for kernel in ((5, 5, 3), (5,), (5, 0), (0, 5), (2.0, 3), (True, 3)):
        check.raises(ValueError, "conv_parameters", 3, 4, kernel)


@points(1)
def test_a_network_by_hand(check):
    """convolution, pooling, flatten and a dense layer, by hand"""
    layers = [conv(4, 3), pool(2), FLATTEN, dense(5)]
    check.value("network_shapes", (3, 8, 10), layers, expected=[(4, 6, 8), (4, 3, 4), (48,), (5,)])


@points(1)
def test_each_layer_alone(check, rng):
    """each layer's own rule: filters make the depth, pooling keeps it, flatten counts all entries"""
    channels, height, width, filters = distinct_sizes(rng, 4, low=11, high=20)
    shape = (channels, height, width)
    check.against_reference("network_shapes", shape, [conv(filters, 3)])
    check.against_reference("network_shapes", shape, [pool(3)])
    check.against_reference("network_shapes", shape, [FLATTEN])
    check.against_reference("network_shapes", shape, [FLATTEN, dense(7), dense(3)])
    check.against_reference("network_shapes", shape, [])


@points(2)
def test_options_of_layers(check, rng):
    """strides, padding and dilation of layers; a pooling's stride is its kernel unless it is given"""
    channels, height, width = distinct_sizes(rng, 3, low=20, high=30)
    shape = (channels, height, width)
    check.against_reference("network_shapes", shape, [pool(3, stride=2), conv(1, 3), FLATTEN, dense(1)])
    check.against_reference("network_shapes", shape, [pool(3, stride=2, padding=1), pool(2)])
    check.against_reference(
        "network_shapes", shape, [conv(7, 4, stride=3, padding=2, dilation=2), conv(5, 1, stride=2)]
    )


@points(1)
def test_lenet_on_an_image_that_is_not_square(check):
    """LeNet-5 on an image of 32 x 40"""
    layers = [conv(6, 5), pool(2), conv(16, 5), pool(2), FLATTEN, dense(120), dense(84), dense(10)]
    check.against_reference("network_shapes", (1, 32, 40), layers)


@points(2)
def test_networks_that_cannot_be_built(check):
    """a network that cannot be built is a ValueError"""
    image = (3, 9, 8)
    for layers in (
        [conv(4, 9)],
        [conv(4, 3), pool(7)],
        [pool(2), pool(2), pool(2), pool(2)],
        [dense(5)],
        [FLATTEN, conv(4, 3)],
        [FLATTEN, dense(5), pool(2)],
        [{"type": "dropout"}],
        [{"filters": 4, "kernel": 3}],
        [{"type": "conv", "kernel": 3}],
        [{"type": "pool"}],
        [FLATTEN, {"type": "dense"}],
        [conv(4, 3, strides=2)],
        [conv(0, 3)],
        [conv(4.0, 3)],
        [conv(4, 3, padding=True)],
        [FLATTEN, dense(0)],
        [FLATTEN, dense(2.0)],
    ):
        check.raises(ValueError, "network_shapes", image, layers)
    for shape in ((3, 9), (0, 9, 8), (3, 9.0, 8), (3, 9, 8, 1)):
        check.raises(ValueError, "network_shapes", shape, [FLATTEN])
    check.value("network_shapes", (3, 9, 8), [FLATTEN], expected=[(216,)])


@points(1)
def test_arguments_stay_as_they_are(check):
    """the layers are not modified"""
    check.unchanged("network_shapes", (3, 9, 8), [conv(4, 3, stride=2), pool(2), FLATTEN, dense(5)])
    check.unchanged("network_shapes", [3, 9, 8], [pool(2, padding=1)])
