# expect: channels-come-last
"""Puts the depth behind height and width, as Keras does."""

import numpy as np


def network_shapes(input_shape, layers):
    def natural(*numbers):
        for number in numbers:
            if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
                raise ValueError(f"{number} is no size")

    depth, rows, columns = input_shape
    natural(depth, rows, columns)
    flat, found = None, []
    for layer in layers:
        rest = {key: value for key, value in layer.items() if key != "type"}
        kind = layer.get("type")
        try:
            if kind == "conv" and flat is None:
                natural(rest["filters"])
                depth = rest.pop("filters")
            elif kind == "pool" and flat is None and "dilation" not in rest:
                rest = {"stride": rest["kernel"], **rest}
            elif kind == "flatten" and not rest:
                flat = flat or depth * rows * columns
            elif kind == "dense" and flat is not None and set(rest) == {"units"}:
                natural(rest["units"])
                flat = rest["units"]
            else:
                raise ValueError(f"{layer} cannot stand here")
            if flat is None:
                rows, columns = output_size(rows, **rest), output_size(columns, **rest)
        except (KeyError, TypeError) as error:
            raise ValueError(str(error)) from error
        found.append((rows, columns, depth) if flat is None else (flat,))
    return found
