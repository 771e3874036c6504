"""What was proven about an exercise, kept beside its suite under the hash of all that it depends on.

`anndl author check NAME` measures and writes `proof.json`; the quick tests only ask whether it is there, still true, and good
enough. It holds no date and no time of day, so that the same course gives the same file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from autograder.catalogue import Exercise
from autograder.oracle import reference_digest

NAME = "proof.json"
JUDGING = (  # the kit's own code that a verdict depends on
    "carrying.py", "check.py", "compare.py", "diagnosis.py", "general.py", "general.yaml", "grading.py", "oracle.py", "suite.py",
    "trace.py", "trial.py", "variants.py", "mutation/*.py", "authoring/measures.py", "authoring/spoilt.py",
    "authoring/drawings.py",
)  # fmt: skip


@dataclass(frozen=True)
class Proof:
    """The measures of one exercise."""

    digest: str
    seeds: int = 0
    tests: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)  # per wrong version an x for each test that it fails
    unstable: tuple[str, ...] = ()  # sentences: what one seed fails or names otherwise than another
    mutants: int = 0
    noticed: int = 0
    argued: int = 0
    unnoticed: tuple[str, ...] = ()
    foreign: int = 0  # mutants that are like no catalogued version, and wrong samples, given to the diagnosis
    false: tuple[str, ...] = ()  # sentences: a foreign mistake, and the name that it was given
    partly: int = 0  # names that are true of what they claim, but leave a part of the failed tests open
    fixed: tuple[str, ...] = ()  # tests whose inputs are the same under every seed
    fixed_points: float = 0.0
    slowest: int = 0  # the slowest diagnosis in gradings of the solution, to one digit
    problems: tuple[str, ...] = ()

    def save(self, exercise: Exercise) -> None:
        """Write the record, one entry a line, so that two branches merge."""
        text = json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        path(exercise).write_text(text, encoding="utf-8")


def path(exercise: Exercise) -> Path:
    """Return where an exercise's record is kept."""
    return exercise.folder / NAME


def load(exercise: Exercise) -> Proof | None:
    """Return the record, or None where there is none that can be read."""
    try:
        data: dict[str, Any] = json.loads(path(exercise).read_text(encoding="utf-8"))
        fields: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in data.items()}
        return Proof(**fields)
    except (OSError, ValueError, TypeError):
        return None


def fresh(exercise: Exercise) -> Proof | None:
    """Return the record if it is about the exercise and the grader as they are now."""
    found = load(exercise)
    return found if found is not None and found.digest == digest(exercise) else None


def digest(exercise: Exercise) -> str:
    """Hash everything that the measures depend on."""
    found = hashlib.sha256(_judging().encode())
    found.update(json.dumps(_card(exercise), sort_keys=True).encode())
    found.update(reference_digest(exercise).encode())
    for file in (exercise.solution, *_files(exercise.folder)):
        found.update(f"{file.name}\n".encode() + (file.read_text(encoding="utf-8").encode() if file.is_file() else b""))
    return found.hexdigest()[:32]


def _card(exercise: Exercise) -> dict[str, Any]:
    return exercise.model_dump(include={"functions", "builds_on", "opaque", "framework", "strike"})


def _files(folder: Path) -> Iterator[Path]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name != NAME and "__pycache__" not in file.parts:
            yield file


@cache
def _judging() -> str:
    here = Path(__file__).parent
    found = hashlib.sha256()
    for pattern in JUDGING:
        for file in sorted(here.glob(pattern)):
            found.update(f"{file.name}\n{file.read_text(encoding='utf-8')}".encode())
    return found.hexdigest()
