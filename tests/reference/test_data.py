"""The loaders: splits that never change and do not overlap, statistics from training data, clear errors."""

from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from reference.data import images, series, splits, text


@pytest.mark.parametrize(
    ("load", "shape", "sizes", "digest"),
    [
        (images.digits, (1, 8, 8), (1085, 357, 355), "036e16245e73"),
        (images.mnist, (1, 28, 28), (3000, 1000, 1000), "f21361205bd7"),
        (images.faces, (1, 25, 25), (120, 40, 40), "69b10d0fed4b"),
    ],
)
def test_splits_are_fixed(load, shape: tuple[int, ...], sizes: tuple[int, ...], digest: str) -> None:  # type: ignore[no-untyped-def]
    data = load()
    parts = (data.train, data.validation, data.test)
    assert tuple(len(part) for part in parts) == sizes
    for part in parts:
        assert part.x.shape == (len(part), *shape)
        assert part.y.dtype == torch.int64
        assert 0 <= float(part.x.min()) <= float(part.x.max()) <= 1
        counts = torch.bincount(part.y, minlength=len(data.classes))
        assert counts.max() - counts.min() <= 6  # balanced, and so is every beginning
        assert part.y[: len(data.classes)].tolist() == list(range(len(data.classes)))
    assert hashlib.sha256(data.test.x.numpy().tobytes()).hexdigest()[:12] == digest


def test_every_example_is_in_one_part_only() -> None:
    x = torch.arange(53.0)[:, None]
    y = torch.arange(53) % 3
    data = splits.split_by_class(x, y, ("a", "b", "c"))
    rows = [set(part.x[:, 0].int().tolist()) for part in (data.train, data.validation, data.test)]
    assert set.union(*rows) == set(range(53))
    assert sum(map(len, rows)) == 53
    assert all(torch.equal(part.y, part.x[:, 0].long() % 3) for part in (data.train, data.validation, data.test))


def test_standardizing_uses_the_training_part() -> None:
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(60, 2, 3, 3, generator=generator) * 3 + 1, torch.arange(60) % 2
    x[:, 1] = 4.0  # a constant channel is only shifted
    data = splits.split_by_class(x, y, ("a", "b"))
    scaled = data.standardized()
    assert scaled.train.x[:, 0].mean().abs() < 1e-6
    assert float(scaled.train.x[:, 0].std(correction=0)) == pytest.approx(1, abs=1e-5)
    assert scaled.train.x[:, 1].abs().max() == 0
    mean, deviation = data.train.x[:, 0].mean(), data.train.x[:, 0].std(correction=0)
    torch.testing.assert_close(scaled.test.x[:, 0], (data.test.x[:, 0] - mean) / deviation)
    by_pixel = data.standardized(per_feature=True)
    assert by_pixel.train.x[:, 0].mean(0).abs().max() < 1e-6
    half = data.to("cpu", torch.float64)
    assert half.train.x.dtype == torch.float64
    assert half.train.y.dtype == torch.int64


def test_a_missing_package_is_named() -> None:
    with pytest.raises(splits.MissingDataError, match="pip install no-such-data"):
        splits.require("no_such_module_here", "no-such-data")
    with pytest.raises(splits.MissingDataError, match="pip install no-such-data"):
        splits.package_folder("no_such_module_here", "no-such-data")


def test_a_package_that_lacks_something_itself_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_data.py").write_text("import something_else_missing\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="something_else_missing"):
        splits.require("broken_data", "broken-data")


def test_fashion_mnist_reads_idx_files_or_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANNDL_FASHION_MNIST", str(tmp_path))
    with pytest.raises(splits.MissingDataError, match="dataset-fashion-mnist"):
        images.fashion_mnist.__wrapped__()
    pixels = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    header = bytes([0, 0, 8, 3]) + struct.pack(">III", 2, 3, 4)
    (tmp_path / "small.gz").write_bytes(gzip.compress(header + pixels.tobytes()))
    assert torch.equal(images._idx(tmp_path, "small"), torch.tensor(pixels))


def test_photos() -> None:
    for name in ("china", "chelsea"):
        photo = images.photo(name)
        assert photo.shape[:2] == (1, 3)
        assert 0 <= float(photo.min()) < float(photo.max()) <= 1


def test_the_king_james_bible() -> None:
    verses = text.kjv_verses()
    assert len(verses) == 31_103
    assert verses[0] == "In the beginning God created the heaven and the earth."
    assert text.kjv_text(17) == "In the beginning "


def test_wikipedia_words() -> None:
    articles = text.wikipedia_articles()
    assert len(articles) > 100
    assert sum(map(len, articles)) > 400_000
    assert articles[0][0] == "anarchism"


def test_words_keep_inner_apostrophes() -> None:
    assert text.words("Don't stop: the 'end' of 42 naïve Cats'") == [
        "don't",
        "stop",
        "the",
        "end",
        "of",
        "naïve",
        "cats",
    ]


def test_a_vocabulary_is_ordered_by_frequency_and_knows_the_unknown() -> None:
    vocabulary = text.Vocabulary.of("abracadabra", at_least=2, unknown="?")
    assert vocabulary.symbols == ("?", "a", "b", "r")
    assert vocabulary.encode("card").tolist() == [0, 1, 3, 0]
    assert vocabulary.decode(torch.tensor([1, 0, 2])) == ["a", "?", "b"]
    closed = text.Vocabulary.of("abc")
    assert closed.decode(closed.encode("cab")) == list("cab")
    with pytest.raises(KeyError):
        closed.encode("d")


def test_series_have_their_lengths_and_no_gaps() -> None:
    for load, length, first in ((series.sunspots, 309, 5.0), (series.co2, 2284, 316.1), (series.el_nino, 732, 23.11)):
        values = load()
        assert values.shape == (length,)
        assert values.isfinite().all()
        assert float(values[0]) == pytest.approx(first)
        train, validation, test = series.in_time(values)
        assert torch.equal(torch.cat([train, validation, test]), values)
        assert len(train) == int(0.8 * length)


def test_windows_end_before_their_target() -> None:
    x, y = series.windows(torch.arange(7.0), 3)
    assert x.tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4], [3, 4, 5]]
    assert y.tolist() == [3, 4, 5, 6]
