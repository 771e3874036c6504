"""Real data that installs with a package: 300 news texts (gensim's Lee background corpus), digits and iris (scikit-learn's).

The packages are looked up, not imported: that takes longer than a picture.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np


@cache
def news_texts() -> list[str]:
    """Return the texts as they were printed.

    Raises:
        ModuleNotFoundError: gensim is not installed.
    """
    return _installed("gensim", "test/test_data/lee_background.cor").read_text(encoding="utf-8").splitlines()


@cache
def news_tokens() -> list[str]:
    """Return the corpus as lower-case words in text order, about 57,000."""
    return re.findall(r"[a-z]+", "\n".join(news_texts()).lower())


@cache
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return (1797, 64) images of handwritten digits, pixels 0 to 16, and (1797,) which digit each is.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.
    """
    table = np.loadtxt(_installed("sklearn", "datasets/data/digits.csv.gz"), delimiter=",")
    return table[:, :-1], table[:, -1].astype(int)


@cache
def iris() -> tuple[np.ndarray, np.ndarray]:
    """Return (150, 4) lengths and widths of sepals and petals in cm, and (150,) the species, 0 to 2.

    Raises:
        ModuleNotFoundError: scikit-learn is not installed.
    """
    table = np.loadtxt(_installed("sklearn", "datasets/data/iris.csv"), delimiter=",", skiprows=1)
    return table[:, :-1], table[:, -1].astype(int)


def _installed(package: str, file: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{file} comes with {package}, which is not installed")
    return Path(spec.origin).parent / file
