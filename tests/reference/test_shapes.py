"""The shapes in signatures are checked while tests run: a wrong one is told, whatever the numbers do."""

from __future__ import annotations

import pytest
import torch
from jaxtyping import TypeCheckError

from reference.convolutional.conv2d import Conv2d
from reference.learning import neighbours
from reference.recurrent import kernels
from reference.training.layernorm import layer_norm


def test_a_shape_that_differs_from_the_signature_is_an_error() -> None:
    with pytest.raises(TypeCheckError, match="'B'"):
        neighbours.distances(torch.zeros(2, 3), torch.zeros(4, 1))  # it would broadcast
    with pytest.raises(TypeCheckError, match="'gamma'"):
        layer_norm(torch.zeros(2, 3), torch.zeros(1), torch.zeros(3))
    with pytest.raises(TypeCheckError, match="'x'"):
        Conv2d(3, 2, 1)(torch.zeros(3, 5, 5))
    with pytest.raises(TypeCheckError, match="'Wh'"):
        kernels.lstm(*(torch.zeros(shape) for shape in ((2, 3, 1), (2, 4), (2, 4), (1, 16), (4, 4), (16,))))


def test_a_type_that_differs_is_an_error() -> None:
    with pytest.raises(TypeCheckError, match="labels"):
        neighbours.predict(torch.zeros(2, 3), torch.zeros(2), torch.zeros(1, 3), 1)
