# expect: true-taken-for-an-integer
"""What is an int for Python is an integer, and nothing else."""


def output_size(size, kernel, stride=1, padding=0, dilation=1):
    if not all(isinstance(value, int) for value in (size, kernel, stride, padding, dilation)):
        raise ValueError("all arguments must be integers")
    if min(size, kernel, stride, dilation) < 1 or padding < 0:
        raise ValueError("out of range")
    span = dilation * (kernel - 1) + 1
    if span > size + 2 * padding:
        raise ValueError("window does not fit")
    return len(range(0, size + 2 * padding - span + 1, stride))
