# expect: none


def whole(value, least):
    if value is True or value is False or type(value).__name__ == "bool":
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


def conv_parameters(in_channels, filters, kernel, bias=True):
    if isinstance(kernel, (tuple, list)):
        if len(kernel) != 2:
            raise ValueError("a pair, please")
        rows, columns = kernel
    else:
        rows = columns = kernel
    in_channels, filters, rows, columns = [whole(v, 1) for v in (in_channels, filters, rows, columns)]
    total = 0
    for _ in range(filters):
        total += rows * columns * in_channels
        if bias:
            total += 1
    return total


def network_shapes(input_shape, layers):
    if len(input_shape) != 3:
        raise ValueError("three numbers, please")
    shape = [whole(v, 1) for v in input_shape]
    result = []
    for layer in layers:
        kind = layer.get("type")
        names = set(layer) - {"type"}
        if kind == "conv":
            allowed, needed = {"filters", "kernel", "stride", "padding", "dilation"}, {"filters", "kernel"}
        elif kind == "pool":
            allowed, needed = {"kernel", "stride", "padding"}, {"kernel"}
        elif kind == "dense":
            allowed = needed = {"units"}
        elif kind == "flatten":
            allowed = needed = set()
        else:
            raise ValueError(f"unknown layer {kind}")
        if names - allowed or needed - names:
            raise ValueError("wrong options")
        if kind in ("conv", "pool"):
            if len(shape) != 3:
                raise ValueError("needs a volume")
            step = layer.get("stride", 1 if kind == "conv" else layer["kernel"])
            numbers = (layer["kernel"], step, layer.get("padding", 0), layer.get("dilation", 1))
            depth = whole(layer["filters"], 1) if kind == "conv" else shape[0]
            shape = [depth, output_size(shape[1], *numbers), output_size(shape[2], *numbers)]
        elif kind == "flatten":
            product = 1
            for v in shape:
                product = product * v
            shape = [product]
        else:
            if len(shape) != 1:
                raise ValueError("flatten first")
            shape = [whole(layer["units"], 1)]
        result.append(list(shape))
    return result
