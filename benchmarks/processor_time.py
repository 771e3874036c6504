"""A pytest plugin: processor time per test, which a busy machine does not stretch as it does the clock.

`pytest tests -p benchmarks.processor_time` prints the dearest tests and the sum per file; with `-n` each worker measures its own
tests. Counted is this process and every child that ended during the test; `PROCESSOR_TIME=FILE` also writes them all as JSON.
"""

from __future__ import annotations

import json
import os
import resource
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SHOWN = 40
SPENT: Counter[str] = Counter()


def used() -> float:
    """Return the seconds of processor time of this process and of its ended children."""
    each = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in each)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure one test with its fixtures, and hand the seconds to the report that an xdist worker sends home."""
    start = used()
    result = yield
    item.config.stash.setdefault(SPENT_HERE, Counter())[item.nodeid] = used() - start
    return result


SPENT_HERE = pytest.StashKey[Counter[str]]()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send a worker's times home, or gather those of a run without workers."""
    spent = session.config.stash.get(SPENT_HERE, Counter())
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is None:
        SPENT.update(spent)
    else:
        output["processor_time"] = dict(spent)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take in what a worker measured (a worker that crashed has sent nothing)."""
    SPENT.update(getattr(node, "workeroutput", {}).get("processor_time", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the dearest tests and files."""
    files: Counter[str] = Counter()
    for test, seconds in SPENT.items():
        files[test.split("::")[0]] += seconds
    terminalreporter.section(f"processor time, {SPENT.total():.0f} s in all")
    for name, seconds in [*SPENT.most_common(SHOWN), *files.most_common(SHOWN)]:
        terminalreporter.write_line(f"{seconds:7.2f} s  {name}")
    if path := os.environ.get("PROCESSOR_TIME"):
        Path(path).write_text(json.dumps(dict(SPENT.most_common()), indent=1), encoding="utf-8")
