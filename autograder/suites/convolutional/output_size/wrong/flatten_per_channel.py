# expect: flatten-keeps-the-channels
"""Makes a row of each map, and leaves it at that."""


def network_shapes(input_shape, layers):
    def natural(number):
        if isinstance(number, (bool, float)) or number < 1:
            raise ValueError("not a size")
        return number

    if len(input_shape) != 3:
        raise ValueError("three numbers, please")
    shape = [natural(v) for v in input_shape]
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
            depth = natural(layer["filters"]) if kind == "conv" else shape[0]
            shape = [depth, output_size(shape[1], *numbers), output_size(shape[2], *numbers)]
        elif kind == "flatten":
            shape = [shape[0], shape[1] * shape[2]]
        else:
            if len(shape) == 3:
                raise ValueError("flatten first")
            shape = [natural(layer["units"])]
        result.append(list(shape))
    return result
