# expect: true-taken-for-an-integer
"""Asks for an int or one of NumPy's, and forgets that True is an int."""

import numpy as np


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    for name, value in dict(size=size, kernel=kernel, stride=stride, padding=padding, dilation=dilation).items():
        if not isinstance(value, (int, np.integer)):
            raise ValueError(f"{name} has to be an integer")
        if value < (name != "padding"):
            raise ValueError(f"{name} is too small")
    free = size + padding + padding - (kernel + (kernel - 1) * (dilation - 1))
    if free < 0:
        raise ValueError("too large a window")
    return 1 + free // stride
