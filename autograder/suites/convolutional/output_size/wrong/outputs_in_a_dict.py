# expect: none
"""Gives the shapes with the types of their layers, which nobody asked for."""


def network_shapes(input_shape, layers):
    shape, found = tuple(input_shape), []
    for layer in layers:
        if layer["type"] == "conv":
            kernel, stride = layer["kernel"], layer.get("stride", 1)
            rest = layer.get("padding", 0), layer.get("dilation", 1)
            shape = layer["filters"], *(output_size(side, kernel, stride, *rest) for side in shape[1:])
        elif layer["type"] == "pool":
            kernel = layer["kernel"]
            rest = layer.get("stride", kernel), layer.get("padding", 0)
            shape = shape[0], *(output_size(side, kernel, *rest) for side in shape[1:])
        elif layer["type"] == "flatten":
            shape = (shape[0] * shape[1] * shape[2],)
        else:
            shape = (layer["units"],)
        found.append({"type": layer["type"], "shape": shape})
    return found
