"""Words of a real corpus: 300 news texts (the Lee background corpus, which installs with gensim)."""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path


@cache
def news_texts() -> list[str]:
    """Return the texts as they were printed.

    Raises:
        ModuleNotFoundError: gensim is not installed.
    """
    spec = find_spec("gensim")  # looked up, not imported: that takes longer than a picture
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the news texts come with gensim, which is not installed")
    path = Path(spec.origin).parent / "test" / "test_data" / "lee_background.cor"
    return path.read_text(encoding="utf-8").splitlines()


@cache
def news_tokens() -> list[str]:
    """Return the corpus as lower-case words in text order, about 57,000."""
    return re.findall(r"[a-z]+", "\n".join(news_texts()).lower())
