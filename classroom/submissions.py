"""Finds what students handed in: a folder or a zip per student, holding modules or notebooks called like the exercises.

Names need not be exact: `hebbian (1).py`, `Backprop.py` and `rossi_123_hebbian-2.ipynb` are what systems and people make of them.
Of several candidates what lies in `exercises/` counts first, then an exact name, then a similar one; what a student left as it
was handed out does not count beside something written.

What is handed in is data from strangers: links, `..`, devices and giant archives are refused, each with one sentence, and a
broken hand-in of one student never stops the others. Nothing is ever unpacked to disk.
"""

from __future__ import annotations

import os
import re
import stat
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.errors import KitError

MODULE_BYTES = 1 << 20  # a module of more than 1 MiB is not what a student typed
NOTEBOOK_BYTES = 16 << 20  # pictures in outputs are large
TOTAL_BYTES = 64 << 20  # of all files of one student that are read; a zip may have as much, whatever it holds
MEMBERS = 2000
KIT = {"course", "autograder", "notebooks", "release"}  # folders of the kit, in a kit that was zipped whole
SKIPPED = {"__pycache__", "__MACOSX", ".ipynb_checkpoints", ".git", ".venv"}
UNPACKED = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # what LZMA allocates is for the archive to say
_NO_SURPRISE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

Files = dict[str, bytes | str]  # file -> content, or a sentence that says why it is not read


@dataclass(frozen=True)
class HandIn:
    """One exercise of one student: the module's text, or a notebook's code cells.

    `problem` says in one sentence why there is neither; `missing` that nothing was handed in, which is no problem of ours.
    """

    student: str
    exercise: str
    source: str | None
    problem: str = ""
    missing: bool = False
    cells: tuple[str, ...] | None = None


class Refused(KitError):
    """A hand-in that is not looked into; the text says why."""


def students(folder: Path) -> dict[str, list[Path]]:
    """Return each student's hand-ins, in the order of their names: one folder or zip, unless somebody put two there.

    Raises:
        NotADirectoryError: there is no such folder.
    """
    found: dict[str, list[Path]] = {}
    for path in _entries(folder):
        if _is_hand_in(path):
            found.setdefault(student_name(path), []).append(path)
    return found


def strays(folder: Path) -> list[str]:
    """Return the names of what lies beside the hand-ins and is none, such as a .rar: nobody's work is passed over silently."""
    return [shown(path.name) for path in _entries(folder) if not _is_hand_in(path)]


def student_name(entry: Path) -> str:
    """Return the student's name: that of the folder, or of the zip without its ending.

    Any characters may come (a terminal's control sequences, bytes that are no UTF-8); those that cannot be printed are
    written as escapes, so that a name can go into every report.
    """
    name = entry.stem if entry.suffix.lower() == ".zip" else entry.name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)


def shown(name: str, length: int = 120) -> str:
    """Return a file's name as it may stand in a message: printable, and not longer than a line or two."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return text if len(text) <= length else f"{text[: length - 1]}…"


def hand_ins(folder: Path, exercises: Collection[str], stubs: Mapping[str, str] | None = None) -> Iterator[HandIn]:
    """Yield every student's modules, for every exercise in `exercises`; one that is missing has a problem instead.

    The same module may lie anywhere in the student's folder; two different files for one exercise, or two hand-ins of one
    student, are a problem, since nobody but the student can know which one counts. `stubs` are the texts as handed out.
    """
    for student, entries in students(folder).items():
        try:
            if len(entries) > 1:
                names = " and ".join(shown(entry.name) for entry in entries)
                raise Refused(f"{names} are hand-ins of one student; keep the one that counts")
            found = _in_folder(entries[0], exercises) if entries[0].is_dir() else _in_zip(entries[0], exercises)
        except Refused as refused:
            yield from (HandIn(student, name, None, str(refused)) for name in exercises)
            continue
        for name in exercises:
            yield _one(student, name, found.get(name, {}), (stubs or {}).get(name, ""))


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    return sorted(p for p in folder.iterdir() if not p.name.startswith(".") and p.name not in SKIPPED)


def _is_hand_in(path: Path) -> bool:
    return path.is_symlink() or path.is_dir() or path.suffix.lower() == ".zip"


def _exercise_of(name: str, exercises: Collection[str]) -> str | None:
    """Return the exercise that a file is for, by its name; the longest name that fits."""
    stem, dot, ending = name.lower().rpartition(".")
    if not dot or ending not in ("py", "ipynb") or stem.startswith("test_"):
        return None
    fitting = [e for e in exercises if re.search(rf"(?<![a-z]){re.escape(e.lower())}(?![a-z])", stem)]
    return max(fitting, key=len, default=None)


def _rank(path: str, exercise: str) -> int:
    """Return how surely a file is the hand-in, 0 the most."""
    *folders, name = path.split("/")
    if KIT.intersection(folders):
        return 3
    exact = name.rpartition(".")[0] == exercise
    return (0 if "exercises" in folders else 1) if exact else 2


def _one(student: str, exercise: str, files: Files, stub: str) -> HandIn:
    unlike = {name: content for name, content in files.items() if not _is_stub(content, stub)}
    files = unlike or files
    best = min((_rank(name, exercise) for name in files), default=0)
    files = {name: content for name, content in files.items() if _rank(name, exercise) == best}
    if not files:
        return HandIn(student, exercise, None, f"no {exercise}.py or {exercise}.ipynb was handed in", missing=True)
    if len(set(files.values())) > 1:
        names = ", ".join(shown(name) for name in sorted(files)[:4]) + (", ..." if len(files) > 4 else "")
        return HandIn(student, exercise, None, f"{len(files)} different files could be {exercise}: {names}")
    name, content = next(iter(files.items()))
    if isinstance(content, str):
        return HandIn(student, exercise, None, content)
    if name.lower().endswith(".ipynb"):
        return _notebook(student, exercise, name, content)
    try:
        return HandIn(student, exercise, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return HandIn(student, exercise, None, f"{shown(name)} is no UTF-8 text (byte {error.start})")


def _is_stub(content: bytes | str, stub: str) -> bool:
    return isinstance(content, bytes) and bool(stub) and content.decode("utf-8", "replace").split() == stub.split()


def _notebook(student: str, exercise: str, name: str, content: bytes) -> HandIn:
    from classroom.reading import Unreadable, code_cells, read  # nbformat is not needed where there are no notebooks

    try:
        return HandIn(student, exercise, None, cells=tuple(code_cells(read(content)[0])))
    except Unreadable as error:
        return HandIn(student, exercise, None, f"{shown(name)} {error}")


@dataclass
class _Found:
    """What has been found so far, and how much of it."""

    by_exercise: dict[str, Files]
    looked_at: int = 0
    total: int = 0

    def count(self, number: int = 1) -> None:
        self.looked_at += number
        if self.looked_at > MEMBERS:
            raise Refused(f"the hand-in holds more than {MEMBERS:,} files and folders")

    def add(self, exercise: str, name: str, content: bytes | str) -> None:
        self.total += len(content)
        if self.total > TOTAL_BYTES:
            raise Refused(f"the modules of the hand-in have more than {TOTAL_BYTES:,} bytes together")
        self.by_exercise.setdefault(exercise, {})[name] = content


def _in_folder(folder: Path, exercises: Collection[str]) -> dict[str, Files]:
    if folder.is_symlink():
        raise Refused(f"{shown(folder.name)} is a link, not a folder")
    found = _Found({})
    for place, folders, files in os.walk(folder, onerror=_unreadable):
        folders[:] = sorted(f for f in folders if f not in SKIPPED and not Path(place, f).is_symlink())
        found.count(len(folders) + len(files))
        for file in sorted(files):
            path = Path(place, file)
            if exercise := _exercise_of(file, exercises):
                relative = path.relative_to(folder).as_posix()
                found.add(exercise, relative, _read(path, shown(relative)))
    return found.by_exercise


def _unreadable(error: OSError) -> None:
    raise Refused(f"{shown(Path(error.filename).name)} cannot be read: {error.strerror}")


def _read(path: Path, name: str) -> bytes | str:
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            return f"{name} is a link or a device, not a file"
        if status.st_nlink > 1:
            return f"{name} is a hard link to another file"
        with open(os.open(path, os.O_RDONLY | _NO_SURPRISE), "rb") as file:
            content = file.read(_most(name) + 1)
    except OSError as error:
        return f"{name} cannot be read: {error.strerror}"
    return content if len(content) <= _most(name) else _too_large(name)


def _most(name: str) -> int:
    return NOTEBOOK_BYTES if name.lower().endswith(".ipynb") else MODULE_BYTES


def _too_large(name: str) -> str:
    kind = "notebook" if name.lower().endswith(".ipynb") else "module"
    return f"{name} is larger than the {_most(name):,} bytes that a {kind} may have"


def _in_zip(path: Path, exercises: Collection[str]) -> dict[str, Files]:
    archive_name = shown(path.name)
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise Refused(f"{archive_name} is a link or a device, not a file")
        if status.st_size > TOTAL_BYTES:  # also bounds the table of contents, which is read whole
            raise Refused(f"{archive_name} has {status.st_size:,} bytes; a hand-in may have {TOTAL_BYTES:,}")
        with zipfile.ZipFile(path) as archive:
            return _members(archive, archive_name, exercises)
    except Refused:
        raise
    except OSError as error:
        raise Refused(f"{archive_name} cannot be read: {error.strerror or 'it is damaged'}") from None
    except (
        Exception
    ):  # damaged archives make zipfile raise all sorts: BadZipFile, struct.error, UnicodeDecodeError, ...
        raise Refused(f"{archive_name} is no zip, or a damaged one") from None


def _members(archive: zipfile.ZipFile, archive_name: str, exercises: Collection[str]) -> dict[str, Files]:
    found = _Found({})
    for member in archive.infolist():
        found.count()
        name = PurePosixPath(member.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or (name.parts and name.parts[0].endswith(":")):
            raise Refused(f"{archive_name} holds {shown(member.filename)}, which leads out of its folder")
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise Refused(f"{archive_name} holds {shown(member.filename)}, which is a link or a device")
        exercise = _exercise_of(name.name, exercises)
        if member.is_dir() or exercise is None or SKIPPED.intersection(name.parts):
            continue
        if str(name) in found.by_exercise.get(exercise, {}):
            raise Refused(f"{archive_name} holds {shown(str(name))} twice")
        found.add(exercise, str(name), _member(archive, member))
    return found.by_exercise


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes | str:
    name = shown(member.filename)
    if member.flag_bits & 1:
        return f"{name} is encrypted"
    if member.compress_type not in UNPACKED:
        return f"{name} is packed by a method other than deflate; make an ordinary zip"
    try:
        with archive.open(member) as file:
            content = file.read(_most(name) + 1)  # never trust the size that the archive states
    except Exception:  # zlib's and zipfile's errors on damaged data are of many kinds
        return f"{name} cannot be unpacked: the zip is damaged"
    return content if len(content) <= _most(name) else _too_large(name)
