"""Values survive the wire, and nothing but values comes out of it."""

from __future__ import annotations

import io
import random
import struct
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder import wire
from autograder.calls import Handle, Limits, Recipe
from autograder.wire import (
    BITS,
    DEPTH,
    DTYPES,
    ITEMS,
    TEXT,
    NotData,
    Tensor,
    TooLarge,
    WireError,
    copied,
    decode,
    encode,
)

LIMITS = Limits(reply_bytes=1 << 20)


def same(a: Any, b: Any) -> bool:
    """Tell whether two values are the same in type, structure and bits."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, np.generic | float | complex):
        return np.asarray(a).tobytes() == np.asarray(b).tobytes()
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, Tensor):
        return same(a.array, b.array)
    if isinstance(a, Recipe):
        return a.kind == b.kind and same(dict(a.data), dict(b.data))
    return bool(a == b)


numbers = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**200), 2**200),
    st.floats(),
    st.complex_numbers(),
    st.text(st.characters(exclude_categories=["Cs"])),
)
arrays = st.builds(
    lambda name, shape, seed: np.random.default_rng(seed).integers(0, 2, shape).astype(name),
    st.sampled_from(sorted(DTYPES)),
    st.lists(st.integers(0, 3), max_size=4),
    st.integers(0, 99),
)
values = st.recursive(
    numbers | arrays | arrays.map(Tensor) | st.builds(Handle, st.integers(0, 99)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=4),
        st.builds(Recipe, st.text("abc"), st.dictionaries(st.text("xyz"), inner, max_size=2)),
    ),
    max_leaves=12,
)


@given(values)
def test_values_come_back_as_they_were(value: Any) -> None:
    assert same(decode(encode(value, LIMITS), LIMITS), value)


@given(values)
def test_a_copy_is_what_comes_over_the_wire(value: Any) -> None:
    assert same(copied(value, LIMITS), value)


def nested(depth: int) -> Any:
    value: Any = 1.0
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("fits", "does_not"),
    [
        (nested(DEPTH), nested(DEPTH + 1)),
        ([0] * (ITEMS - 1), [0] * ITEMS),
        (1 << (BITS - 1), 1 << BITS),
        ({"k" * (TEXT // 2): "v" * (TEXT // 2)}, {"k" * (TEXT // 2): "v" * (TEXT // 2 + 1)}),
    ],
    ids=["depth", "values", "bits", "text"],
)
def test_what_can_be_read_can_be_written_and_the_other_way_round(
    fits: Any, does_not: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert same(decode(encode(fits, LIMITS), LIMITS), fits)
    with pytest.raises(TooLarge):
        encode(does_not, LIMITS)
    for method in ("count", "spell"):
        monkeypatch.setattr(wire._Encoder, method, lambda *a: None)  # as an encoder of a submission's own would
    monkeypatch.setattr(wire._Encoder, "integer", staticmethod(lambda value: value))
    message = encode(does_not, LIMITS)
    with pytest.raises(WireError, match="The reply contains"):
        decode(message, LIMITS)


@pytest.mark.parametrize("name", sorted(DTYPES))
def test_scalars_keep_their_type(name: str) -> None:
    scalar = np.ones((), name)[()]
    back = decode(encode([scalar, 1], LIMITS), LIMITS)
    assert type(back[0]) is type(scalar)
    assert type(back[1]) is int


def test_arrays_are_writable_and_share_nothing() -> None:
    original = np.arange(6.0).reshape(2, 3)
    first, second = decode(encode([original, original], LIMITS), LIMITS)
    first[0, 0] = 9.0
    assert second[0, 0] == original[0, 0] == 0.0


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1),
        np.arange(10.0)[::-2],
        np.broadcast_to(np.arange(3.0), (4, 3)),
        np.arange(3, dtype=">f8"),
        np.zeros((0, 5)),
        np.array(2.5),
    ],
)
def test_layout_does_not_matter(array: np.ndarray) -> None:
    back = decode(encode(array, LIMITS), LIMITS)
    assert back.shape == array.shape
    assert np.array_equal(back, array)
    assert back.dtype.isnative


def test_tensors_are_told_from_arrays() -> None:
    source = torch.arange(6.0).reshape(2, 3).T.requires_grad_()
    back = decode(encode([source, torch.nn.Parameter(source.detach())], LIMITS), LIMITS)
    assert all(type(t) is Tensor and np.array_equal(t.array, source.detach().numpy()) for t in back)


class Sub(np.ndarray):
    """Speaks for itself."""


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({1, 2}, "a set"),
        (object(), "an object"),
        (b"raw", "a bytes"),
        ({1: 2}, "a dict whose keys are not strings"),
        (np.array([object()]), "an array of objects"),
        (np.array(["text"]), "an array of dtype"),
        (np.zeros(2, [("x", "f8")]), "an array of dtype"),
        (np.longdouble(1), "longdouble"),
        (np.ma.array([1.0]), "numpy.MaskedArray"),
        (np.zeros(2).view(Sub), "Sub"),
        ([1, (2, {"k": range(3)})], "a range (at [1][1]['k'])"),
        (torch.zeros(2, device="meta"), "a tensor whose numbers cannot be taken out (meta"),
        (torch.zeros(2).to_sparse(), "sparse"),
        (torch.zeros(2, dtype=torch.bfloat16), "bfloat16"),
    ],
)
def test_what_is_no_data_is_named(value: Any, named: str) -> None:
    with pytest.raises(NotData) as raised:
        encode(value, LIMITS)
    assert named in str(raised.value)


def test_subclasses_of_numbers_are_no_numbers() -> None:
    for value in (
        type("I", (int,), {})(1),
        type("F", (float,), {})(1.0),
        type("D", (dict,), {})(a=1),
        type("S", (str,), {})("x"),
    ):
        with pytest.raises(NotData):
            encode(value, LIMITS)


def test_self_reference_and_size_end() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(TooLarge):
        encode(loop, LIMITS)
    for value in (
        np.zeros(1 << 18),
        list(range(10**6)),
        "x" * (9 << 20),
        1 << 5000,
        np.broadcast_to(0.0, (10**6, 10**6)),
    ):
        with pytest.raises(TooLarge):
            encode(value, LIMITS)


def test_text_without_meaning_is_replaced_before_it_is_sent() -> None:
    assert decode(encode("a\ud800b", LIMITS), LIMITS) == "a?b"


def frame(header: bytes, payload: bytes = b"", magic: bytes = b"ANW1") -> bytes:
    return struct.pack("<4sIQ", magic, len(header), len(payload)) + header + payload


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"ANW1",
        frame(b'{"v":1,"a":[]}', magic=b"ANW2"),
        struct.pack("<4sIQ", b"ANW1", 1 << 31, 0),
        struct.pack("<4sIQ", b"ANW1", 14, 1 << 60) + b'{"v":1,"a":[]}',
        frame(b"{}"),
        frame(b"[]"),
        frame(b'{"v":1,"a":[]'),
        frame(b'{"v":1,"a":{}}'),
        frame(b'{"v":1,"a":[],"x":1}'),
        frame(b'{"v":{"a":0},"a":[]}'),
        frame(b'{"v":{"a":true},"a":[["|b1",[1]]]}', b"\1"),
        frame(b'{"v":[{"a":0},{"a":0}],"a":[["|u1",[1]]]}', b"\1"),
        frame(b'{"v":{"a":0},"a":[["|O",[1]]]}', b"\1" * 8),
        frame(b'{"v":1,"a":[["|u1",[1]]]}', b"\1"),
        frame(b'{"v":[' + b"1," * 1_500_000 + b'1],"a":[]}'),
        frame(b'{"v":{"a":0},"a":[["<f8",[-1]]]}'),
        frame(b'{"v":{"a":0},"a":[["<f8",[1.0]]]}', b"\1" * 8),
        frame(b'{"v":{"a":0},"a":[["<f8",[true]]]}', b"\1" * 8),
        frame(b'{"v":{"a":0},"a":[["<f8",[2]]]}', b"\1" * 8),
        frame(b'{"v":{"a":0},"a":[["<f8",[0,1099511627775,1099511627775,1099511627775]]]}'),
        frame(b'{"v":{"a":0},"a":[["<f8",' + str([1] * 33).encode() + b"]]}", b"\1" * 8),
        frame(b'{"v":{"s":0},"a":[["<f8",[1]]]}', b"\1" * 8),
        frame(b'{"v":{"a":0},"a":[["|b1",[1]]]}', b"\2"),
        frame(b'{"v":{"d":[["k",1]]},"a":[]}'),
        frame(b'{"v":{"d":1},"a":[]}'),
        frame(b'{"v":{"d":{"\\ud800":1}},"a":[]}'),
        frame(b'{"v":1,"a":[]} {}'),
        frame('{"v":"ä","a":[]}'.encode()),
        frame(b'{"v":{"q":1},"a":[]}'),
        frame(b'{"v":{"h":"1"},"a":[]}'),
        frame(b'{"v":{"r":["k",1]},"a":[]}'),
        frame(b'{"v":{"c":[1,2]},"a":[]}'),
        frame(b'{"v":"\\ud800","a":[]}'),
        frame(b'{"v":{},"a":[]}'),
        frame(b'{"v":' + b"[" * 50 + b"]" * 50 + b',"a":[]}'),
        frame(b'{"v":' + b"[" * 100_000 + b"]" * 100_000 + b',"a":[]}'),
        frame(b'{"v":[' + b"[]," * 900_000 + b'1],"a":[]}'),
        frame(b'{"v":' + b"9" * 10_000 + b',"a":[]}'),
        frame(b'{"v":1,"a":[]}') + b"more",
    ],
)
def test_malformed_messages_are_refused_with_a_sentence(message: bytes) -> None:
    with pytest.raises(WireError) as raised:
        decode(message, LIMITS)
    assert str(raised.value).endswith(".")


class Counting(io.BytesIO):
    """Remembers the largest piece that was asked for."""

    largest = 0

    def read(self, n: int | None = -1, /) -> bytes:
        self.largest = max(self.largest, n or 0)
        return super().read(n)


def test_sizes_are_checked_before_anything_is_read() -> None:
    stream = Counting(struct.pack("<4sIQ", b"ANW1", 14, 1 << 40) + b'{"v":1,"a":[]}')
    with pytest.raises(WireError):
        decode(stream, LIMITS)
    assert stream.largest <= 16


def test_ten_thousand_malformed_replies() -> None:
    rng = random.Random(20261121)
    seeds = [
        encode({"id": 1, "kind": "returned", "value": v, "args": [v], "kwargs": {"k": 1.5}, "printed": "ok"}, LIMITS)
        for v in (
            np.arange(6.0).reshape(2, 3),
            (1, None, True),
            [np.float32(2), Tensor(np.ones(3, np.float32))],
            {"W": np.ones((2, 2), bool)},
        )
    ]
    refused = 0
    for _ in range(10_000):
        message = bytearray(rng.choice(seeds))
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(len(message))
            match rng.randrange(6):
                case 0:
                    message[place] = rng.randrange(256)
                case 1:
                    del message[place : place + rng.randint(1, 20)]
                case 2:
                    message[place:place] = rng.randbytes(rng.randint(1, 20))
                case 3:
                    message[place:place] = rng.choice(
                        [b"[", b"{", b'"', b"]", b"}", b",", b"null", b"-1", b"1e999", b"NaN"]
                    )
                case 4:
                    message = message[:place]
                case 5:
                    piece = message[place : place + 30]
                    message += piece
            if not message:
                break
        try:
            value = decode(bytes(message), LIMITS)
        except WireError:
            refused += 1
        else:
            encode(value, Limits(reply_bytes=1 << 30))  # whatever came out is data of the known kinds
    assert refused > 9_000
