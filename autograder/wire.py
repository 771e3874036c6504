"""Values as bytes and back: a JSON header that describes structure and arrays, then the arrays' raw C-order bytes.

Nothing here can run code: what the other side sends becomes None, bool, int, float, complex, str, list, tuple, dict, arrays
of plain numbers, and the three stand-ins `Tensor`, `Handle` and `Recipe`. Every size is checked before it is believed.
Needs the standard library and NumPy only, so that the process that runs submissions can use it, too.
"""

from __future__ import annotations

import io
import json
import math
import struct
import sys
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from autograder.calls import SUBMISSION, Handle, Limits, Recipe
from autograder.errors import KitError

PREFIX = struct.Struct("<4sIQ")  # magic, bytes of the header, bytes of all arrays
MAGIC = b"ANW1"
HEADER_BYTES = 8 << 20
# One set of bounds for what is written and for what is read: what can be received can be sent.
ITEMS = 200_000  # values in one message, every element of a list counted
TEXT = HEADER_BYTES // 2  # characters in all strings together
DEPTH = 32
BITS = 4096  # of an integer
DIMENSIONS = 32

DTYPES = {
    np.dtype(name).newbyteorder("<").str: np.dtype(name).newbyteorder("<")
    for name in ("bool", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")
}
_NATIVE = {np.dtype(name): name for name in DTYPES}
_dumps = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode  # what is encoded here is a tree
_loads = json.JSONDecoder().raw_decode
# long long is a type of its own in NumPy where `long` has 64 bits already; it travels as int64.
SCALARS = {np.dtype(name).type for name in DTYPES} | {np.longlong, np.ulonglong}


Where = tuple[Any, ...]  # (the outer place, index or key), () at the top: a path that is spelt only when it is needed


class WireError(KitError):
    """Bytes that are no message, or a message beyond its bounds; the text is one plain sentence."""


class TooLarge(WireError):
    """A value that exceeds what may be sent."""


class NotData(WireError):
    """A value that is neither number, text, array nor a container of these; the text names it ("a set")."""


@dataclass(frozen=True, eq=False)
class Tensor:
    """A torch tensor as seen by a process without torch: the numbers, and that it was a tensor."""

    array: np.ndarray


class Source(Protocol):
    """Where bytes come from: `read(n)` gives n bytes, or fewer when there are no more."""

    def read(self, n: int, /) -> bytes | bytearray: ...


def encode(value: Any, limits: Limits) -> bytes:
    """One message. Raises `NotData` for a value that is no data, `TooLarge` for one beyond the bounds."""
    encoder = _Encoder(limits)
    structure = encoder.structure(value, (), 0)
    table = [[name, list(array.shape)] for name, array in encoder.arrays]
    header = _dumps({"v": structure, "a": table}).encode("ascii")
    if len(header) > HEADER_BYTES:
        raise TooLarge(f"a description of {_size(len(header))}, where at most {_size(HEADER_BYTES)} may be sent")
    chunks = [array.tobytes() for _, array in encoder.arrays]
    return b"".join([PREFIX.pack(MAGIC, len(header), encoder.payload), header, *chunks])


def copied(value: Any, limits: Limits) -> Any:
    """What `decode(encode(value))` gives, without the bytes between: shares no memory with `value`. Raises as `encode`."""
    encoder = _Encoder(limits)
    structure = encoder.structure(value, (), 0)
    return _Decoder([np.array(array, order="C") for _, array in encoder.arrays]).value(structure, 0)


def decode(source: bytes | Source, limits: Limits) -> Any:
    """The value of one message. Raises `WireError` and nothing else for malformed bytes."""
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    magic, header_bytes, payload_bytes = PREFIX.unpack(_exactly(stream, PREFIX.size))
    if magic != MAGIC:
        raise WireError("The reply does not begin like a message.")
    if header_bytes > HEADER_BYTES:
        raise WireError(
            f"The reply announces a header of {_size(header_bytes)}; at most {_size(HEADER_BYTES)} is read."
        )
    if payload_bytes > limits.reply_bytes:
        raise WireError(
            f"The reply announces {_size(payload_bytes)} of arrays; at most {_size(limits.reply_bytes)} is read."
        )
    structure, table = _header(_exactly(stream, header_bytes))
    arrays = _Arrays(table, payload_bytes)
    decoder = _Decoder(arrays.read(stream))
    try:
        value = decoder.value(structure, 0)
    except TooLarge as error:
        raise WireError(f"The reply contains {error}.") from error
    if decoder.unused:
        raise WireError("The reply contains arrays that belong to no value.")
    if isinstance(source, bytes) and stream.read(1):
        raise WireError("The reply goes on after its end.")
    return value


class _Budget:
    """Counts what is in a message against the bounds, alike on its way out and on its way in."""

    def __init__(self) -> None:
        self.items = 0
        self.text = 0

    def count(self, depth: int) -> None:
        """One more value."""
        self.items += 1
        if self.items > ITEMS:
            raise TooLarge(f"more than {ITEMS:,} values")
        if depth > DEPTH:
            raise TooLarge(f"a value nested more than {DEPTH} levels deep")

    def spell(self, text: str) -> None:
        """One more string."""
        self.text += len(text)
        if self.text > TEXT:
            raise TooLarge(f"more than {TEXT:,} characters of text")

    @staticmethod
    def integer(value: int) -> int:
        """Return an integer that is not too long."""
        if value.bit_length() > BITS:
            raise TooLarge(f"an integer of more than {BITS:,} bits")
        return value


class _Encoder(_Budget):
    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.limit = limits.reply_bytes
        self.arrays: list[tuple[str, np.ndarray]] = []  # each with the name of its dtype
        self.payload = 0

    def structure(self, value: Any, where: Where, depth: int) -> Any:
        """JSON for `value`; exact types only, so that no subclass can speak for itself."""
        self.count(depth)
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is np.ndarray:
            return {"a": self._array(value, where)}
        if kind is str:
            return self._string(value)
        if kind is int:
            return self.integer(value)
        deeper = depth + 1
        if kind is list:
            return [self.structure(v, (where, i), deeper) for i, v in enumerate(value)]
        if kind is tuple:
            return {"t": [self.structure(v, (where, i), deeper) for i, v in enumerate(value)]}
        if kind is dict or kind is OrderedDict:
            return {"d": {self._key(k, where): self.structure(v, (where, k), deeper) for k, v in value.items()}}
        if kind in SCALARS:
            return {"s": self._array(np.asarray(value), where)}
        if kind is complex:
            return {"c": [value.real, value.imag]}
        if kind is Tensor:
            return {"T": self._array(value.array, where)}
        if kind is Handle:
            return {"h": value.id}
        if kind is Recipe:
            return {"r": [self._string(value.kind), self.structure(dict(value.data), where, deeper)]}
        if _is_tensor(kind):
            return {"T": self._array(_tensor_array(value, where), where)}
        raise NotData(_named(value) + _place(where))

    def _string(self, text: str) -> str:
        self.spell(text)
        if text.isascii():
            return text
        return text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates cannot be printed: "?"

    def _key(self, key: Any, where: Where) -> str:
        if type(key) is not str:
            raise NotData(f"a dict whose keys are not strings{_place(where)}")
        return self._string(key)

    def _array(self, array: np.ndarray, where: Where) -> int:
        if type(array) is not np.ndarray:
            raise NotData(_named(array) + _place(where))
        name = _NATIVE.get(array.dtype)
        if name is None:
            name = array.dtype.newbyteorder("<").str
            array = array.astype(name) if name in DTYPES else array
        if name not in DTYPES or array.ndim > DIMENSIONS:
            raise NotData(_named(array) + _place(where))
        self.payload += array.nbytes
        if self.payload > self.limit:
            raise TooLarge(f"{_size(self.payload)} or more, where at most {_size(self.limit)} may be sent")
        self.arrays.append((name, array))
        return len(self.arrays) - 1


class _Arrays:
    """The header's table of arrays, checked against the announced payload."""

    def __init__(self, table: Any, payload_bytes: int) -> None:
        if type(table) is not list or len(table) > ITEMS:
            raise WireError("The reply's table of arrays is malformed.")
        self.entries = [self._entry(entry) for entry in table]
        if sum([size for _, _, size in self.entries]) != payload_bytes:
            raise WireError("The reply's arrays do not fill what it announces.")

    @staticmethod
    def _entry(entry: Any) -> tuple[np.dtype, list[int], int]:
        if type(entry) is not list or len(entry) != 2 or type(entry[0]) is not str or type(entry[1]) is not list:
            raise WireError("The reply describes an array in a malformed way.")
        name, shape = entry
        dtype = DTYPES.get(name)
        if dtype is None:
            raise WireError(f"The reply contains an array of dtype {name[:20]!r}, which is not accepted.")
        if len(shape) > DIMENSIONS or not all([type(n) is int and 0 <= n < 1 << 40 for n in shape]):
            raise WireError("The reply describes an array of an impossible shape.")
        if math.prod([n for n in shape if n]) > 1 << 62:  # NumPy refuses such shapes even when they are empty
            raise WireError("The reply describes an array of an impossible shape.")
        return dtype, shape, math.prod(shape) * dtype.itemsize

    def read(self, stream: Source) -> list[np.ndarray]:
        """The arrays, each with memory of its own and writable."""
        arrays = []
        for dtype, shape, size in self.entries:
            raw = np.frombuffer(_exactly(stream, size), np.uint8)
            if dtype.kind == "b" and raw.size and raw.max() > 1:
                raise WireError("The reply contains truth values that are neither true nor false.")
            try:
                arrays.append(raw.view(dtype).reshape(shape).copy())
            except (ValueError, MemoryError) as error:
                raise WireError("The reply describes an array of an impossible shape.") from error
        return arrays


class _Decoder(_Budget):
    def __init__(self, arrays: list[np.ndarray]) -> None:
        super().__init__()
        self.arrays = arrays
        self.unused = set(range(len(arrays)))

    def value(self, node: Any, depth: int) -> Any:
        self.count(depth)
        kind = type(node)
        if node is None or kind is bool or kind is float:
            return node
        if kind is int:
            return self.integer(node)
        if kind is str:
            return self._text(node)
        if kind is list:
            return [self.value(v, depth + 1) for v in node]
        if kind is not dict or len(node) != 1:
            raise WireError("The reply contains a value of unknown form.")
        ((tag, body),) = node.items()
        return self._tagged(tag, body, depth)

    def _tagged(self, tag: str, body: Any, depth: int) -> Any:
        if tag in ("a", "s", "T"):
            array = self._take(body)
            if tag == "T":
                return Tensor(array)
            if tag == "s":
                if array.ndim:
                    raise WireError("The reply contains a scalar with dimensions.")
                return array[()]
            return array
        if tag == "d" and type(body) is dict:
            return {self._text(key): self.value(item, depth + 1) for key, item in body.items()}
        if tag == "h" and type(body) is int:
            return Handle(body)
        if type(body) is list:
            if tag == "t":
                return tuple([self.value(v, depth + 1) for v in body])
            if tag == "c" and len(body) == 2 and all([type(part) is float for part in body]):
                return complex(*body)
            if tag == "r" and len(body) == 2 and type(body[0]) is str:
                data = self.value(body[1], depth + 1)
                if type(data) is dict:
                    return Recipe(self._text(body[0]), data)
        raise WireError("The reply contains a value of unknown form.")

    def _text(self, text: str) -> str:
        self.spell(text)
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError as error:
                raise WireError("The reply contains text that is no text.") from error
        return text

    def _take(self, index: Any) -> np.ndarray:
        if type(index) is not int or index not in self.unused:
            raise WireError("The reply refers to an array that it does not contain.")
        self.unused.remove(index)  # no two values share memory
        return self.arrays[index]


def _header(raw: bytes | bytearray) -> tuple[Any, Any]:
    # Counted before parsing: a few bytes of JSON can stand for many times their size in objects.
    if sum(map(raw.count, (b",", b"[", b"{"))) > 8 * ITEMS:
        raise WireError(f"The reply contains more than {ITEMS:,} values.")
    try:
        text = raw.decode("ascii")
        header, end = _loads(text)
    except (ValueError, RecursionError) as error:
        raise WireError("The reply's header cannot be read.") from error
    if type(header) is not dict or header.keys() != {"v", "a"} or end != len(text):
        raise WireError("The reply's header is malformed.")
    return header["v"], header["a"]


def _exactly(stream: Source, n: int) -> bytes | bytearray:
    raw = stream.read(n)
    if len(raw) != n:
        raise WireError("The reply ends too early.")
    return raw


def _is_tensor(kind: type) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and kind in (torch.Tensor, torch.nn.Parameter)


def _tensor_array(tensor: Any, where: Where) -> np.ndarray:
    try:
        return np.asarray(tensor.detach().cpu().resolve_conj().resolve_neg().numpy())
    except (TypeError, RuntimeError) as error:  # bfloat16, sparse, quantised: nothing NumPy knows
        kind = f"{tensor.device.type}, {tensor.layout}, {tensor.dtype}".replace("torch.", "")
        raise NotData(f"a tensor whose numbers cannot be taken out ({kind}){_place(where)}") from error


def _named(value: Any) -> str:
    kind = type(value)
    if kind is np.ndarray:
        if value.dtype == object:
            return "an array of objects"
        return f"an array of dtype {str(value.dtype)[:40]}"
    name = str(kind.__name__)[:60]
    if kind.__module__ not in ("builtins", "__main__") and not kind.__module__.startswith(SUBMISSION):
        name = f"{kind.__module__.split('.')[0][:60]}.{name}"
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _place(where: Where) -> str:
    steps = []
    while where:
        where, step = where
        steps.append(f"[{step}]" if type(step) is int else f"[{str(step)[:40]!r}]")
    return f" (at {''.join(reversed(steps))[:80]})" if steps else ""


def _size(n: int) -> str:
    for unit, bytes_ in (("GB", 1 << 30), ("MB", 1 << 20), ("kB", 1 << 10)):
        if n >= bytes_:
            return f"{n / bytes_:.3g} {unit}"
    return f"{n} bytes"
