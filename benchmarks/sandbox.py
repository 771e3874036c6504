"""What confinement costs: `python benchmarks/sandbox.py [--torch]`; prints medians, and ratios, which last longer.

Beside each figure stands that of a bare round trip (two processes, one byte each way) on the same machine at the same time,
so that a busy or a slow machine shows.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import time
from collections.abc import Callable

import numpy as np
import psutil

from autograder.calls import Limits, Loaded, Returned, Submission
from autograder.sandbox.client import Mode, Sandbox

CALLS = 30
SOURCE = "import numpy as np\n\n\ndef double(x):\n    return x * 2\n"


def median(function: Callable[[], object], repeats: int) -> float:
    """Return the median of seconds over some repeats."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def bare_round_trip() -> float:
    """Return seconds for one byte to a forked process and back."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        ours.close()
        while theirs.recv(1):
            theirs.send(b"x")
        os._exit(0)
    theirs.close()
    seconds = median(lambda: (ours.send(b"x"), ours.recv(1)), 2000)
    ours.close()
    os.waitpid(child, 0)
    return seconds


def processor_seconds(sandbox: Sandbox) -> float:
    """Return what this process, the servers and all reaped workers have used: a busy machine changes it little."""
    total = time.process_time()
    for server in sandbox._servers.values():
        keeper = psutil.Process(server.pid)  # type: ignore[attr-defined]
        for process in (keeper, *keeper.children()):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def measure(mode: Mode, framework: str) -> dict[str, float]:
    """Return seconds per step of one grading, without its checks."""
    submission = Submission(SOURCE, "double.py", ("double",), "torch" if framework == "torch" else "numpy")
    x = np.random.default_rng(0).normal(size=(4, 5))
    start = time.perf_counter()
    with Sandbox(mode) as sandbox:
        sandbox.open(submission, Limits()).close()
        found = {"server start": time.perf_counter() - start}

        def cycle() -> None:
            runner = sandbox.open(submission, Limits())
            assert isinstance(runner.load(), Loaded)
            for _ in range(CALLS):
                assert isinstance(runner.call("double", [x], {}), Returned)
            runner.close()

        before = processor_seconds(sandbox)
        found[f"open, load, {CALLS} calls, close"] = median(cycle, 60)
        found["  the same in processor time"] = (processor_seconds(sandbox) - before) / 60
        found["open and close"] = median(lambda: sandbox.open(submission, Limits()).close(), 60)
        runner = sandbox.open(submission, Limits())
        runner.load()
        found["one call"] = median(lambda: runner.call("double", [x], {}), 1000)
        large = np.zeros(1 << 20)
        found["one call, 8 MB each way"] = median(lambda: runner.call("double", [large], {}), 20)
        runner.close()
    return found


def main() -> None:
    """Measure all modes and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--torch", action="store_true", help="with torch loaded as well")
    framework = "torch" if parser.parse_args().torch else "numpy"
    trip = bare_round_trip()
    modes: tuple[Mode, ...] = ("none", "strict")
    results = {mode: measure(mode, framework) for mode in modes}
    print(
        f"{framework}; bare round trip {trip * 1e3:.3f} ms; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    )
    print(f"{'':34}{'none':>10}{'strict':>10}{'ratio':>8}{'round trips':>13}")
    for name, strict in results["strict"].items():
        none = results["none"][name]
        print(f"{name:34}{none * 1e3:8.2f}ms{strict * 1e3:8.2f}ms{strict / none:8.2f}{strict / trip:13.0f}")


if __name__ == "__main__":
    main()
