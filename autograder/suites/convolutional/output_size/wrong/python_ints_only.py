# expect: numpy-integers-refused
"""An integer is an int, says its check."""


def whole(value, least):
    if value is True or value is False:
        raise ValueError("a truth value is no size")
    if not isinstance(value, int):
        raise ValueError("not an integer")
    if value < least:
        raise ValueError("too small")
    return value


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    size, kernel, stride = whole(size, 1), whole(kernel, 1), whole(stride, 1)
    padding, dilation = whole(padding, 0), whole(dilation, 1)
    positions = 0
    start = -padding
    while start + (kernel - 1) * dilation < size + padding:
        positions += 1
        start += stride
    if positions == 0:
        raise ValueError("the kernel does not fit")
    return positions
