# expect: sizes-are-not-checked, window-larger-than-the-image
"""The formula, and nothing but the formula."""


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
