# expect: window-must-be-smaller-than-the-image
"""Refuses a window that leaves nothing of the image over."""


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    for value, least in ((size, 1), (kernel, 1), (stride, 1), (padding, 0), (dilation, 1)):
        if isinstance(value, (bool, float, str)) or value < least:
            raise ValueError(f"bad value {value}")
    width = (kernel - 1) * dilation + 1
    if width >= size + 2 * padding:
        raise ValueError("kernel too big!")
    return int((size + 2 * padding - width) / stride) + 1
