"""What all tests share."""

import re

import pytest
from hypothesis import settings
from jaxtyping import config, install_import_hook

from tests import shapes

# The shapes in the reference's signatures are checked in every call that a test of the reference makes. That must be said
# before anything imports the reference, hence here; tests/reference/conftest.py switches it on.
install_import_hook("reference", f"{shapes.__name__}.checked")
config.update("jaxtyping_disable", True)

# The same examples in every run: a red build means that something changed, not that the dice fell otherwise.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


TOGETHER = (  # files whose tests all look at one thing that takes long to make
    "tests/sandbox/test_hostile.py",
    "tests/classroom/test_bundle.py",
    "tests/classroom/test_nbgrader_round.py",
    "tests/classroom/test_class_run.py",
    "tests/autograder/test_authoring.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """With `-n`: tests that share something dear to make go to one process, all others to whichever is free."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduler(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            if file in TOGETHER:
                return file
            if file.startswith("tests/exercises/"):  # the answers of an exercise's reference and wrong versions
                return re.split(r"[\[\]-]", test + "[")[1] or nodeid
            return nodeid

    return Scheduler(config, log)
