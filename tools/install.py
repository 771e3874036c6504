"""Set up the environment: what `make grade` and `make test` call. Standard library only, since nothing is installed yet.

torch comes first, in the build that fits the machine, then the kit with everything else at the versions of constraints.txt.
On Linux torch's ordinary build brings several gigabytes of CUDA; where no NVIDIA driver answers, PyTorch's index of CPU builds
is taken instead, and where that one cannot be reached, the ordinary index after all.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "constraints.txt"
CPU_PINS = ROOT / "constraints-cpu.txt"
PROBE_SECONDS = 8  # a network that swallows packets must not hold up an installation


def cpu_build_wanted(choice: str, system: str, driver: bool) -> bool:
    """Say whether torch's CPU build is to be looked for: by hand, or on a Linux machine without an NVIDIA driver.

    Elsewhere the ordinary index serves no CUDA, so there is nothing to avoid.
    """
    return choice == "cpu" or (choice == "auto" and system == "Linux" and not driver)


def has_nvidia_driver() -> bool:
    """Ask the driver's own command; one that is there but fails has no usable card behind it."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return False
    try:
        return subprocess.run([command], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def cpu_index() -> str:
    """Return the address of the index of CPU builds, from constraints-cpu.txt."""
    for line in CPU_PINS.read_text(encoding="utf-8").splitlines():
        if line.startswith("--extra-index-url "):
            return line.split()[1]
    raise SystemExit(f"{CPU_PINS.name} names no --extra-index-url")


def reached(address: str) -> bool:
    """Say whether a page answers within PROBE_SECONDS, looking up its name included (in a process that can be ended)."""
    look = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5)"
    try:
        return (
            subprocess.run([sys.executable, "-c", look, address], capture_output=True, timeout=PROBE_SECONDS).returncode
            == 0
        )
    except subprocess.TimeoutExpired:
        return False


class Installer:
    """pip or uv, at work in one environment."""

    def __init__(self, venv: Path, name: str) -> None:
        self.python = venv / "bin" / "python"
        self.name = name
        if not self.python.exists():
            make = (
                ["uv", "venv", "--quiet", "--python", sys.executable]
                if name == "uv"
                else [sys.executable, "-m", "venv"]
            )
            subprocess.run([*make, str(venv)], check=True)

    def _run(self, verb: str, *arguments: str) -> bool:
        if self.name == "uv":
            command = ["uv", "pip", verb, "--quiet", "--python", str(self.python)]
        else:
            command = [str(self.python), "-m", "pip", verb, "--quiet", "--disable-pip-version-check"]
        return subprocess.run([*command, *arguments], cwd=ROOT).returncode == 0

    def torch(self) -> str:
        """Return the version of torch in the environment, "" without one; a CPU build's ends in +cpu."""
        ask = "import importlib.metadata as m; print(m.version('torch'))"
        return subprocess.run([self.python, "-c", ask], capture_output=True, text=True).stdout.strip()

    def remove_torch(self) -> None:
        """Take torch away, since the other build of the same version counts as installed already."""
        self._run("uninstall", *([] if self.name == "uv" else ["--yes"]), "torch")

    def install_cpu_torch(self) -> bool:
        """Try the index of CPU builds: False where it does not serve what is pinned."""
        if (
            self.name == "uv"
        ):  # this sends torch alone to PyTorch's index; an index in a file would win for every package
            return self._run("install", "--constraints", str(PINS), "--torch-backend", "cpu", "torch")
        return self._run("install", "--retries", "1", "--constraint", str(CPU_PINS), "torch")

    def install(self, *what: str) -> None:
        """Install from the ordinary index at the pinned versions."""
        if not self._run("install", "--constraint", str(PINS), *what):
            raise SystemExit("The installation failed; the lines above say where. What is installed already stays.")


def main() -> None:
    """Install what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="the environment, made where there is none")
    parser.add_argument("--installer", choices=["pip", "uv"], default="pip")
    parser.add_argument("--torch", choices=["auto", "cpu", "gpu"], default="auto", help="which build of torch")
    parser.add_argument("--extra", action="append", default=[], help="an optional part of pyproject.toml, such as dev")
    asked = parser.parse_args()

    installer = Installer(asked.venv, asked.installer)
    here = installer.torch()
    if asked.torch != "auto" and here and here.endswith("+cpu") != (asked.torch == "cpu"):
        installer.remove_torch()
        here = ""
    if not here:
        cpu = cpu_build_wanted(asked.torch, platform.system(), has_nvidia_driver())
        if cpu and not reached(f"{cpu_index()}/torch/"):
            print(
                "PyTorch's index of CPU builds does not answer here: torch comes from the ordinary index.", flush=True
            )
            cpu = False
        if cpu and not installer.install_cpu_torch():
            print("The CPU build could not be installed: torch comes from the ordinary index.", flush=True)
            cpu = False
        if not cpu:
            installer.install("torch")
    extras = f"[{','.join(asked.extra)}]" if asked.extra else ""
    installer.install("--editable", f".{extras}")


if __name__ == "__main__":
    main()
