"""The wheel carries the course as data beside the code; everything else about the package is in pyproject.toml."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
# Not inside the package autograder: a submission may read the folders of loaded packages, and must not read solutions or suites.
DATA = "anndl_kit"
TREES = ("course", "solutions", "exercises", "autograder/suites")
FILES = ("app.py", ".streamlit/config.toml")


class WithCourse(build_py):
    """Copies the course into `anndl_kit/`, in the shape that a checkout has. An editable install needs no copy."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        shutil.rmtree(Path(self.build_lib) / "autograder" / "suites")
        data = Path(self.build_lib) / DATA
        shutil.rmtree(data, ignore_errors=True)
        for tree in TREES:
            shutil.copytree(HERE / tree, data / tree, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", ".*"))
        for name in FILES:
            (data / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(HERE / name, data / name)


setup(cmdclass={"build_py": WithCourse})
