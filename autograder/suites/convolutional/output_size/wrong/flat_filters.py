# expect: conv-filter-has-one-channel
"""A filter as a sheet: it has a weight per row and column."""


def conv_parameters(in_channels, filters, kernel, bias=True):
    if isinstance(kernel, (tuple, list)):
        if len(kernel) != 2:
            raise ValueError("a pair, please")
        rows, columns = kernel
    else:
        rows = columns = kernel
    if any(isinstance(v, (bool, float)) or v < 1 for v in (in_channels, filters, rows, columns)):
        raise ValueError("not a size")
    total = 0
    for _ in range(filters):
        total += rows * columns
        if bias:
            total += 1
    return total
