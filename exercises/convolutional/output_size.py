"""Output sizes and parameters of a convolutional network · 2 of 5 · 40 minutes

How large is what a layer puts out, and how many numbers does it learn? Every exam asks for a table of these, and every network
that does not run has one of them wrong. Sizes are counted axis by axis: at how many positions does the window fit? Depth is
another matter: every filter spans all channels of its input and makes one channel of the output.
(Dumoulin and Visin 2016, relationships 6 and 15)

Run `anndl grade output_size` after each function; they are tested one by one.

You may import NumPy and the harmless part of the standard library (math, itertools, random, ...).
"""



def output_size(size, kernel, stride=1, padding=0, dilation=1):
    """Length of one axis after a convolution or a pooling.

    output = floor((size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1

    Args:
        size: length of the axis before, without padding; at least 1.
        kernel: number of samples of the window along this axis; at least 1.
        stride: step from one position of the window to the next; at least 1.
        padding: pixels added on EACH side; at least 0.
        dilation: distance between neighbouring samples of the window; at least 1.

    Returns:
        An int.

    Raises:
        ValueError: the window does not fit: it covers dilation (kernel - 1) + 1, which is more than size + 2 padding.
        ValueError: an argument is smaller than said above, or no integer. NumPy's integers are integers, too; 5.0, "5" and
            True are none.

    By hand: in a row of 7 a window of 3 with stride 2 starts at 0, 2 and 4, so output_size(7, 3, stride=2) = 3, and so for a row
    of 8. With dilation 2 the window covers 5: output_size(7, 3, dilation=2) = 3. A window of 5 has one position in a row of 5;
    in a row of 3 it needs a padding of 1.

    >>> output_size(7, 3, stride=2), output_size(8, 3, stride=2), output_size(7, 3, dilation=2), output_size(3, 5, padding=1)
    (3, 3, 3, 1)
    """
    raise NotImplementedError("write output_size here")


def conv_parameters(in_channels, filters, kernel, bias=True):
    """Number of learned parameters of a convolutional layer.

    Args:
        in_channels: channels of the input; at least 1.
        filters: number of filters; at least 1.
        kernel: an integer for a square window, or a pair (tuple or list) of height and width; at least 1.
        bias: whether each filter has a bias.

    Returns:
        An int. It does not depend on the size of the image.

    Raises:
        ValueError: a number of channels or filters, or a side of the window, is smaller than 1 or no integer (see
            `output_size`); or `kernel` is a tuple or list of another length than 2.

    By hand: 4 filters of 5 x 5 on an image of 3 channels have 4 (5 * 5 * 3 + 1) = 304 parameters, and 300 without biases.

    >>> conv_parameters(3, 4, 5), conv_parameters(3, 4, (5, 5), bias=False)
    (304, 300)
    """
    raise NotImplementedError("write conv_parameters here")


def network_shapes(input_shape, layers):
    """Shape after each layer of a network, without the batch axis.

    A layer is a dict with its "type" and its options:

        {"type": "conv", "filters": F, "kernel": K}     optional: "stride" (1), "padding" (0), "dilation" (1)
        {"type": "pool", "kernel": K}                   optional: "stride" (as large as the kernel), "padding" (0)
        {"type": "flatten"}
        {"type": "dense", "units": N}

    Windows are square here, images need not be. Pooling keeps the number of channels. A flatten layer makes (n,) of any shape,
    also of one that is flat already; a dense layer works on (n,) only, a conv or pool layer on (channels, height, width) only.

    Args:
        input_shape: (channels, height, width).
        layers: list of such dicts, in order; they are not modified.

    Returns:
        List with one tuple per layer: (channels, height, width), or (n,) after flatten and dense.

    Raises:
        ValueError: the network cannot be built: a window does not fit, a dense layer comes before any flatten, a conv or pool
            layer after one.
        ValueError: what is given is no network: `input_shape` is not three integers of at least 1, "filters" or "units" is
            no integer of at least 1 or another option is what `output_size` refuses, a type is missing or unknown, a layer
            lacks an option that it needs or has one that its type does not know (for a pool layer that is "dilation", too).

    By hand: (3, 8, 10) becomes (4, 6, 8) through a conv layer with "filters": 4 and "kernel": 3, then (4, 3, 4) through a pool
    layer with "kernel": 2, (48,) through a flatten layer and (5,) through a dense layer with "units": 5.

    >>> layers = [{"type": "conv", "filters": 4, "kernel": 3}, {"type": "pool", "kernel": 2}, {"type": "flatten"}]
    >>> network_shapes((3, 8, 10), [*layers, {"type": "dense", "units": 5}])
    [(4, 6, 8), (4, 3, 4), (48,), (5,)]
    """
    raise NotImplementedError("write network_shapes here")
