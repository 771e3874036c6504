"""Correlation, convolution, Sobel filters and template matching (chapter convolutional, topic correlation).

Correlation slides a kernel over an image and takes the inner product with the window below; convolution does the same
with the kernel turned by 180 degrees, which makes it commutative and associative. A kernel responds most to what looks
like itself: filtering is template matching. Brightness and contrast mislead the plain product, therefore the normalised
form compares windows after removing their mean and their norm, and lies in [-1, 1].

    correlation   y[p,q] = sum_ij k[i,j] x[p + i, q + j]
    convolution   y[p,q] = sum_ij k[i,j] x[p - i, q - j]
    normalised    r[p,q] = sum_ij (x[p+i,q+j] - m[p,q]) (t[i,j] - mean t) / (|x window - m[p,q]| |t - mean t|)

Course: image classification by filtering and templates; CNNs learn the kernels. Sources: Lewis, "Fast normalized
cross-correlation" (1995); Sobel and Feldman's operator in Duda and Hart (1973), p. 271.
"""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

SOBEL_X = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))  # responds to brightness that grows to the right


def correlate(
    image: Float[Tensor, "*batch h w"], kernel: Float[Tensor, "kh kw"], mode: str = "valid"
) -> Float[Tensor, "*batch p q"]:
    """Correlate each image with `kernel`.

    Args:
        mode: "valid" keeps the positions where the kernel lies inside the image, (h - kh + 1, w - kw + 1); "same" the
            size of the image, "full" every overlap, (h + kh - 1, w + kw - 1); outside, the image is zero.

    Raises:
        ValueError: an unknown mode, or a kernel larger than the image in mode "valid".
    """
    kh, kw = kernel.shape
    if mode == "full":
        image = F.pad(image, (kw - 1, kw - 1, kh - 1, kh - 1))
    elif mode == "same":
        image = F.pad(image, ((kw - 1) // 2, kw // 2, (kh - 1) // 2, kh // 2))
    elif mode != "valid":
        raise ValueError(f"mode is valid, same or full, not {mode!r}")
    if kh > image.shape[-2] or kw > image.shape[-1]:
        raise ValueError(f"a kernel of {kh} x {kw} does not fit into {image.shape[-2]} x {image.shape[-1]}")
    rows = image.unfold(-1, kw, 1) @ kernel.mT  # (*batch, h, q, i): every row with every row i of the kernel
    return rows.unfold(-3, kh, 1).diagonal(dim1=-2, dim2=-1).sum(-1)  # row p + i met row i of the kernel


def convolve(
    image: Float[Tensor, "*batch h w"], kernel: Float[Tensor, "kh kw"], mode: str = "valid"
) -> Float[Tensor, "*batch p q"]:
    """Convolve each image with `kernel`: correlate with the kernel turned by 180 degrees. Modes as for `correlate`."""
    kh, kw = kernel.shape
    turned = kernel.flip(0, 1)
    if mode == "same":  # the centre of an even kernel turns with it
        full = correlate(image, turned, "full")
        top, left = (kh - 1) // 2, (kw - 1) // 2
        return full[..., top : top + image.shape[-2], left : left + image.shape[-1]]
    return correlate(image, turned, mode)


def sobel(
    image: Float[Tensor, "*batch h w"],
) -> tuple[Float[Tensor, "*batch p q"], Float[Tensor, "*batch p q"]]:
    """(horizontal, vertical) derivatives by correlation: positive where brightness grows to the right, downwards."""
    kernel = torch.tensor(SOBEL_X, dtype=image.dtype, device=image.device)
    return correlate(image, kernel), correlate(image, kernel.mT)


def gradient_magnitude(image: Float[Tensor, "*batch h w"]) -> Float[Tensor, "*batch p q"]:
    """Edge strength: the length of the Sobel gradient."""
    return torch.hypot(*sobel(image))


def normalized_correlation(
    image: Float[Tensor, "*batch h w"], template: Float[Tensor, "kh kw"]
) -> Float[Tensor, "*batch p q"]:
    """Zero-mean normalised correlation at every position where the template fits; 0 below a window without contrast.

    Raises:
        ValueError: the template does not fit or is constant, so that it is like everything and like nothing.
    """
    centred = template - template.mean()
    if template.max() == template.min():
        raise ValueError("a constant template has no contrast to compare")
    image = image - image.mean((-2, -1), keepdim=True)  # changes no result, and keeps the next difference accurate
    box = torch.ones_like(template)
    energy = correlate(image**2, box) - correlate(image, box) ** 2 / template.numel()  # |window - its mean|^2
    flat = energy <= 1e4 * torch.finfo(image.dtype).eps * (image**2).mean((-2, -1), keepdim=True)
    score: Tensor = correlate(image, centred) / (energy.clamp(min=0).sqrt() * torch.linalg.vector_norm(centred))
    return score.masked_fill(flat, 0.0)


def match(image: Float[Tensor, "h w"], template: Float[Tensor, "kh kw"]) -> tuple[int, int]:
    """(row, column) of the upper left corner of the window that is most like the template."""
    score = normalized_correlation(image, template)
    row, column = divmod(int(score.argmax()), score.shape[-1])
    return row, column
