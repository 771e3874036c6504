"""The first file of a process that runs submissions: `python -I -S -B boot.py SETTINGS` with settings as JSON.

Nothing but this kit's own folder and the named site-packages become importable, and no `.pth` file there is followed: an
editable installation would put the course, its solutions included, on the path of every submission.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import types


def main() -> None:
    """Start the module named by the settings' "role"."""
    settings = json.loads(sys.argv[1])
    sys.argv[:] = [""]
    here = os.path.dirname(os.path.abspath(__file__))
    for name, folder in (("autograder", os.path.dirname(here)), ("autograder.sandbox", here)):
        package = types.ModuleType(name)
        package.__path__ = [folder]
        sys.modules[name] = package
    sys.path += settings["packages"]
    importlib.import_module(f"autograder.sandbox.{settings['role']}").main(settings)


if __name__ == "__main__":
    main()
