"""`pytest tests/reference --device cuda` runs the same tests on a GPU."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from jaxtyping import config


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--device", default="cpu", help="where the reference's tests compute: cpu, cuda, cuda:1")


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> torch.device:
    """The device of `--device`; cpu when the option was not on the command line."""
    return torch.device(request.config.getoption("--device", "cpu"))


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """The tests are many small computations, and other tests may run beside them."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def checked_shapes() -> Iterator[None]:
    """Arguments and results must have the shapes that the signatures state."""
    config.update("jaxtyping_disable", False)
    yield
    config.update("jaxtyping_disable", True)
