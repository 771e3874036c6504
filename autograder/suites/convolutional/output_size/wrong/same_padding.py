# expect: convolution-keeps-the-size
"""Knows "same" padding only."""

import math


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    for value, least in ((size, 1), (kernel, 1), (stride, 1), (padding, 0), (dilation, 1)):
        if isinstance(value, (bool, float, str)) or value < least:
            raise ValueError(f"bad value {value}")
    if dilation * (kernel - 1) + 1 > size + 2 * padding:
        raise ValueError("the kernel does not fit")
    return math.ceil(size / stride)
