"""What the kit remembers about a learner: last reports, hints taken, what was ever passed, backups.

All of it lies in `.anndl/` of the course folder. Every file is written whole or not at all.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.paths import state_folder
from autograder.records import Report

PAUSE = 20 * 60  # seconds between two gradings that still count as being at work


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a crash or a full disk leaves the old one.

    Raises:
        OSError: it could not be written; the old content is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise
    os.replace(file.name, path)


@dataclass
class Progress:
    """One exercise's history."""

    hints: int = 0
    passed: str | None = None  # when all of it was right for the first time, ISO 8601, UTC
    gave_up: str | None = None
    best: float = 0.0
    seconds: float = 0.0  # at work, by the times of its gradings; a longer pause does not count
    last: str | None = None  # when it was graded last
    misconceptions: dict[str, int] = field(default_factory=dict)  # how often each was met


class Learner:
    """The learner's state in one course folder."""

    def __init__(self, root: Path) -> None:
        self.folder = state_folder(root)
        self._path = self.folder / "progress.json"
        self.progress: dict[str, Progress] = {}
        self.warning = ""
        if self._path.is_file():
            try:
                data = json.loads(self._path.read_text(encoding="utf-8"))
                self.progress = {name: Progress(**entry) for name, entry in data.items()}
            except (ValueError, TypeError, AttributeError):
                kept = self._path.with_name(f"progress.broken-{_now().replace(':', '')}.json")
                self._path.replace(kept)
                self.warning = f"{self._path} could not be read; it was kept as {kept.name}, and progress starts anew"

    def of(self, name: str) -> Progress:
        """Return an exercise's history, a blank one where there is none."""
        return self.progress.setdefault(name, Progress())

    def save(self) -> None:
        """Write the progress."""
        data = {name: vars(entry) for name, entry in self.progress.items()}
        write_whole(self._path, json.dumps(data, indent=1))

    def report(self, name: str) -> Report | None:
        """Return the last report of an exercise; None where there is none that can be read."""
        try:
            data: dict[str, Any] = json.loads((self.folder / "reports" / f"{name}.json").read_text(encoding="utf-8"))
            return Report.from_dict(data)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remember(self, report: Report) -> None:
        """Keep a report and what follows from it."""
        write_whole(self.folder / "reports" / f"{report.exercise}.json", report.to_json())
        entry = self.of(report.exercise)
        now = _now()
        if report.state != "not started" or entry.last:
            entry.seconds += _at_work(entry.last, now)
            entry.last = now
        if report.state == "passed" and entry.passed is None:
            entry.passed = _now()
        entry.best = max(entry.best, report.earned)
        for name in report.misconceptions:
            entry.misconceptions[name] = entry.misconceptions.get(name, 0) + 1
        self.save()

    def take_hint(self, name: str, number: int) -> int:
        """Take the next of `number` hints and return which one it is; after the last it stays the last."""
        progress = self.of(name)
        progress.hints = min(progress.hints + 1, number)
        self.save()
        return progress.hints

    def back_up(self, path: Path) -> Path:
        """Copy a file of the learner's into `.anndl/backups/`, under a name that says when."""
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
        target = self.folder / "backups" / f"{path.stem}-{stamp}{path.suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
        return target


def _at_work(before: str | None, now: str) -> float:
    if before is None:
        return 0.0
    gap = (datetime.fromisoformat(now) - datetime.fromisoformat(before)).total_seconds()
    return gap if 0 < gap <= PAUSE else 0.0


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
