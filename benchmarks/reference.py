"""How fast the reference is beside torch.nn, forward and forward + backward, on CPU and on a GPU where there is one.

    python -m benchmarks.reference [--device cuda] [--quick] [--only NAME]

Both sides of a row have the same weights and are first compared for equal results. They are timed in turns, so that
whatever else the machine does hits both; a row is the ratio of the medians. On a GPU, events measure the device's own
time. Results go to benchmarks/reference.json under the device's name, and from there to benchmarks/reference.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reference import fused
from reference.convolutional import conv2d, pooling
from reference.feedforward import activations, backprop, losses
from reference.recurrent import layers as recurrent
from reference.training import batchnorm, layernorm

FOLDER = Path(__file__).resolve().parent
FORMULA, FUSED = 2.0, 1.05
"""The aims: what one reads may take twice torch's time, what trains on torch's kernels as good as no longer."""
Compute = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Case:
    """Two ways to compute the same from an input; modules, or functions without parameters."""

    layer: str
    size: str
    ours: Compute
    theirs: Compute
    x: Tensor
    aim: float | None = None


@dataclass(frozen=True)
class Row:
    """Milliseconds, medians."""

    layer: str
    size: str
    aim: float | None
    forward_ours: float
    forward_theirs: float
    both_ours: float
    both_theirs: float


def cases(device: torch.device) -> Iterator[Case]:
    """Every layer in several sizes."""
    draw = partial(torch.randn, device=device)
    for n, d, h, k in ((64, 64, 64, 10), (256, 784, 512, 10), (1024, 1024, 1024, 1024)):
        mine = backprop.TwoLayer(d, h, k).to(device)
        other = nn.Sequential(nn.Linear(d, h), nn.Tanh(), nn.Linear(h, k)).to(device)
        _copy([mine.W1.T, mine.b1, mine.W2.T, mine.b2], other)
        yield Case("MLP", f"{n} x {d}-{h}-{k}", mine, other, draw(n, d), 1.05)
    for n, c, o, side, kernel in ((16, 3, 32, 32, 3), (16, 64, 64, 28, 3), (8, 256, 64, 14, 1), (4, 3, 64, 112, 7)):
        other = nn.Conv2d(c, o, kernel, padding=kernel // 2).to(device)
        size, x = f"{n} x {c}x{side}x{side}, {o} of {kernel}x{kernel}", draw(n, c, side, side)
        for name, kind, aim in (("conv2d", conv2d.Conv2d, FORMULA), ("conv2d, fused", fused.FusedConv2d, FUSED)):
            mine = kind(c, o, kernel, padding=kernel // 2).to(device)
            assert mine.bias is not None
            _copy([mine.weight, mine.bias], other)
            yield Case(name, size, mine, other, x, aim)
    for n, c, side in ((16, 64, 28), (32, 128, 14)):
        pool: Compute = lambda x: pooling.max_pool2d(x, 2)[0]  # noqa: E731
        yield Case("max pooling", f"{n} x {c}x{side}x{side}, 2x2", pool, nn.MaxPool2d(2), draw(n, c, side, side))
    for shape in ((256, 512), (16, 64, 28, 28), (64, 128, 14, 14)):
        other, x = (nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d)(shape[1]).to(device), draw(*shape)
        size = " x ".join(map(str, shape))
        yield Case("batch norm", size, batchnorm.BatchNorm(shape[1]).to(device), other, x, FORMULA)
        yield Case("batch norm, fused", size, fused.FusedBatchNorm(shape[1]).to(device), other, x, FUSED)
    for shape in ((256, 512), (32, 128, 256)):
        other, x, size = nn.LayerNorm(shape[-1]).to(device), draw(*shape), " x ".join(map(str, shape))
        yield Case("layer norm", size, layernorm.LayerNorm(shape[-1]).to(device), other, x, FORMULA)
        yield Case("layer norm, fused", size, fused.FusedLayerNorm(shape[-1]).to(device), other, x, FUSED)
    labels = torch.randint(1000, (256,), device=device)
    yield Case(
        "cross-entropy",
        "256 x 1000",
        partial(_cce, labels=labels),
        partial(F.cross_entropy, target=labels),
        draw(256, 1000),
    )
    yield Case("softmax", "256 x 1000", activations.softmax, partial(torch.softmax, dim=-1), draw(256, 1000))
    kinds = (
        ("RNN", recurrent.RNN, nn.RNN, FORMULA),
        ("RNN, fused", fused.FusedRNN, nn.RNN, FUSED),
        ("LSTM", recurrent.LSTM, nn.LSTM, FORMULA),
        ("LSTM, fused", fused.FusedLSTM, nn.LSTM, FUSED),
        ("GRU", recurrent.GRU, nn.GRU, FORMULA),
        ("GRU, fused", fused.FusedGRU, nn.GRU, FUSED),
    )
    for name, ours, theirs, aim in kinds:
        for n, steps, d, h in ((16, 50, 32, 64), (32, 100, 128, 256)):
            mine, other = ours(d, h).to(device), theirs(d, h, batch_first=True).to(device)
            mine.load_torch(other)
            yield Case(name, f"{n} x {steps} x {d}, {h} units", _first(mine), _first(other), draw(n, steps, d), aim)


class _first(nn.Module):
    """The first of a module's results."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.module(x)[0]
        return output


def _cce(x: Tensor, labels: Tensor) -> Tensor:
    return losses.cce(x, labels)


@torch.no_grad()
def _copy(values: list[Tensor], module: nn.Module) -> None:
    for value, parameter in zip(values, module.parameters(), strict=True):
        parameter.copy_(value)


def forward(compute: Compute, x: Tensor) -> Tensor:
    """Without keeping anything for a backward pass."""
    with torch.no_grad():
        return compute(x)


def both(compute: Compute, x: Tensor, upstream: Tensor) -> tuple[Tensor, ...]:
    """Forward, and the gradients for the input and all parameters."""
    entering = x.detach().requires_grad_()
    parameters = list(compute.parameters()) if isinstance(compute, nn.Module) else []
    return torch.autograd.grad(compute(entering), [entering, *parameters], upstream)


def milliseconds(call: Callable[[], object], device: torch.device, repeats: int) -> float:
    """One measurement: the mean of `repeats` calls."""
    if device.type == "cuda":
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        for _ in range(repeats):
            call()
        end.record()
        torch.cuda.synchronize(device)
        return float(begin.elapsed_time(end)) / repeats
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats * 1e3


def compare(
    ours: Callable[[], object], theirs: Callable[[], object], device: torch.device, rounds: int
) -> tuple[float, float]:
    """Medians of `rounds` measurements in turns, after a warm-up, each long enough to be measured."""
    for _ in range(3):
        ours()
        theirs()
    repeats = max(1, int(5 / max(milliseconds(theirs, device, 1), 1e-3)))
    measured = [(milliseconds(ours, device, repeats), milliseconds(theirs, device, repeats)) for _ in range(rounds)]
    return statistics.median(a for a, _ in measured), statistics.median(b for _, b in measured)


def measure(case: Case, device: torch.device, rounds: int) -> Row:
    """One row; both sides must agree first.

    Raises:
        AssertionError: the two do not compute the same.
    """
    expected = forward(case.theirs, case.x)
    torch.testing.assert_close(forward(case.ours, case.x), expected, rtol=1e-3, atol=1e-3)
    upstream = torch.randn_like(expected)
    alone = compare(partial(forward, case.ours, case.x), partial(forward, case.theirs, case.x), device, rounds)
    full = compare(
        partial(both, case.ours, case.x, upstream), partial(both, case.theirs, case.x, upstream), device, rounds
    )
    return Row(case.layer, case.size, case.aim, *alone, *full)


def render(results: dict[str, dict[str, object]]) -> str:
    """The table of every device."""
    text = (
        "# Speed of the reference beside torch.nn\n\n"
        "Generated by `python -m benchmarks.reference`. Ratios of medians, ours / torch's: below 1 the reference is\n"
        "faster. The aim is 2 for layers whose passes are written by hand, and 1.05 for dense layers and for those on torch's\n"
        "kernels (`reference/fused.py`); the other layers have none. What misses 2 makes several passes over memory where\n"
        "torch has one fused kernel.\n"
    )
    for device, entry in results.items():
        text += f"\n## {device}\n\n{entry['versions']}\n\n"
        text += (
            "| layer | size | forward | torch, ms | forward + backward | torch, ms | aim | forward, both |\n"
            + "|---" * 8
            + "|\n"
        )
        rows = entry["rows"]
        assert isinstance(rows, list)
        for values in rows:
            row = Row(**values)
            ratios = row.forward_ours / row.forward_theirs, row.both_ours / row.both_theirs
            met = "-" if row.aim is None else " ".join("met" if ratio <= row.aim else "missed" for ratio in ratios)
            text += (
                f"| {row.layer} | {row.size} | {ratios[0]:.2f} | {row.forward_theirs:.3f} | {ratios[1]:.2f} "
                f"| {row.both_theirs:.3f} | {row.aim or '-'} | {met} |\n"
            )
    return text


def main() -> None:
    """Measure, record, render."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--quick", action="store_true", help="few rounds, nothing written")
    parser.add_argument("--only", help="one kind of layer; nothing written")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    torch.manual_seed(0)
    rows = []
    for case in cases(device):
        if arguments.only in (None, case.layer):
            row = measure(case, device, 3 if arguments.quick else 15)
            rows.append(row)
            print(
                f"{row.layer:14s}{row.size:32s}forward {row.forward_ours / row.forward_theirs:6.2f}   "
                f"forward + backward {row.both_ours / row.both_theirs:6.2f}",
                flush=True,
            )
    if arguments.quick or arguments.only:
        return
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU ({torch.get_num_threads()} threads)"
    path = FOLDER / "reference.json"
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    versions = f"torch {torch.__version__}, Python {platform.python_version()}"
    results[name] = {"versions": versions, "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (FOLDER / "reference.md").write_text(render(results), encoding="utf-8")


if __name__ == "__main__":
    main()
