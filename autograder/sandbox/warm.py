"""What a process imports before it runs submissions, and what it forgets."""

from __future__ import annotations

import importlib
import os
import site
import sys
import tempfile

from autograder.draws import SEED

WARM = {
    "numpy": ("numpy", "numpy.linalg", "numpy.random", "numpy.fft", "numpy.polynomial"),
    # torch.optim imports torch._dynamo at the first step: 1.5 s that no worker should pay
    "torch": ("numpy", "torch", "torch.nn.functional", "torch.optim", "torch.utils.data", "torch._dynamo"),
}


def load(framework: str) -> None:
    """Import NumPy, or NumPy and torch, with one thread; torch seeded, so that every worker begins alike."""
    for name in WARM[framework]:
        importlib.import_module(name)
    if framework == "torch":
        sys.modules["torch"].set_num_threads(1)
        sys.modules["torch"].manual_seed(SEED)


def tidy() -> None:
    """Leave what a submission would find in a fresh interpreter: no kit, no environment, but `exit` and `quit`."""
    for name in [n for n in sys.modules if n == "autograder" or n.startswith("autograder.")]:
        del sys.modules[name]
    site.setquit()
    tempfile.tempdir = None  # each worker has a folder of its own
    sys.path_importer_cache.clear()
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    os.environ.clear()
    os.environ.update({**kept, "HOME": "/nonexistent", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"})
