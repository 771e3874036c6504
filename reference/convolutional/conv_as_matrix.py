"""A convolution written as one sparse matrix with shared entries (chapter convolutional, topic cnn-parameters).

Flatten the input and the output of a convolution, and it is a dense layer: each output pixel is a row that holds a
filter's weights at the pixels of its window and zeros elsewhere. The matrix is sparse (connections are local) and its
entries repeat from row to row (weights are shared); a dense layer of the same shape would learn each entry by itself.
Its transpose carries gradients back to the input, which is the transposed convolution.

    y = A x,   A[(o,p,q), (c,r,s)] = w[o,c,i,j] where (r,s) = (p s + i d - P, q s + j d - P), 0 elsewhere
    dx = A' dy

Course: sparse connectivity and weight sharing, CNN versus MLP; transposed convolution. Source: Dumoulin and Visin
(2016), section 4.1.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from reference.convolutional.conv2d import Pair, windows


def conv_matrix(
    weight: Float[Tensor, "o c kh kw"],
    size: tuple[int, int],
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
) -> Float[Tensor, "opq chw"]:
    """The matrix of the convolution with `weight` on images of height and width `size`, channels first in both axes.

    Raises:
        ValueError: the window does not fit.
    """
    o, c, kh, kw = weight.shape
    pixels = size[0] * size[1]
    numbers = torch.arange(1, pixels + 1, device=weight.device).view(1, 1, *size)  # the padding is pixel number 0
    seen = windows(numbers, (kh, kw), stride, padding, dilation).reshape(kh * kw, -1)  # offset, position -> pixel
    positions = seen.shape[1]
    matrix = weight.new_zeros(o, positions, c, pixels + 1)
    place = seen.mT[None, :, None, :].expand(o, -1, c, -1)
    matrix.scatter_(3, place, weight.reshape(o, 1, c, kh * kw).expand(-1, positions, -1, -1))
    return matrix[..., 1:].reshape(o * positions, c * pixels)  # drops what fell on the padding


def connections(matrix: Float[Tensor, "rows columns"]) -> int:
    """Entries that are not zero: the convolution's connections. A dense layer of this shape has `matrix.numel()`."""
    return int(torch.count_nonzero(matrix))
