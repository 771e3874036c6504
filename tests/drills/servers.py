"""A server of the app in a process of its own, with a data folder of its own."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """`streamlit run app.py` on a free port; `log` holds what it printed."""

    def __init__(self, data: Path, address: str = "127.0.0.1", **environment: str) -> None:
        """Starts it on an address, or where the project's own configuration says when that is empty."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.log = data / f"server-{self.port}.log"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ANNDL_")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true",
                 f"--server.port={self.port}", *([f"--server.address={address}"] if address else [])],
                cwd=ROOT, stdout=log, stderr=log,
                env=clean | {"ANNDL_DATA": str(data), "OMP_NUM_THREADS": "1"} | environment,
            )  # fmt: skip
        self.url = f"http://127.0.0.1:{self.port}"
        self.stream = f"ws://127.0.0.1:{self.port}/_stcore/stream"
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2).close()
            except OSError:
                assert self.process.poll() is None, self.log.read_text()
                time.sleep(0.05)
            else:
                return
        raise TimeoutError(self.log.read_text())

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.process.kill()
        self.process.wait()
