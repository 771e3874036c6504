# expect: window-checked-without-padding
"""Compares the window with the image before the image is padded."""


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    for value, least in ((size, 1), (kernel, 1), (stride, 1), (padding, 0), (dilation, 1)):
        if isinstance(value, (bool, float, str)) or value < least:
            raise ValueError(f"bad value {value}")
    effective = dilation * (kernel - 1) + 1
    if effective > size:
        raise ValueError("the kernel is larger than the input")
    return (size + 2 * padding - effective) // stride + 1
