"""Finds what students handed in: a folder or a zip per student, holding modules called like the exercises.

What is handed in is data from strangers: links, `..`, devices and giant archives are refused, each with one sentence, and a
broken hand-in of one student never stops the others.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MODULE_BYTES = 1 << 20  # a module of more than 1 MiB is not what a student typed
MEMBERS = 2000
SKIPPED = {"__pycache__", "__MACOSX", ".ipynb_checkpoints", ".git", ".venv"}


@dataclass(frozen=True)
class HandIn:
    """One module of one student; `problem` says in one sentence why there is no source."""

    student: str
    exercise: str
    source: str | None
    problem: str = ""


class Refused(Exception):
    """A hand-in that is not looked into; the text says why."""


def students(folder: Path) -> list[Path]:
    """Return the students' folders and zips, in the order of their names.

    Raises:
        NotADirectoryError: there is no such folder.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder")
    entries = [p for p in folder.iterdir() if not p.name.startswith(".") and p.name not in SKIPPED]
    return sorted(p for p in entries if p.is_symlink() or p.is_dir() or p.suffix.lower() == ".zip")


def student_name(entry: Path) -> str:
    """Return the student's name: that of the folder, or of the zip without its ending."""
    return entry.stem if entry.suffix.lower() == ".zip" else entry.name


def hand_ins(folder: Path, exercises: Collection[str]) -> Iterator[HandIn]:
    """Yield every student's modules, for every exercise in `exercises`; one that is missing has a problem instead.

    The same module may lie anywhere in the student's folder; two different files for one exercise are a problem, since
    nobody but the student can know which one counts.
    """
    seen: dict[str, Path] = {}
    for entry in students(folder):
        student = student_name(entry)
        if student in seen:
            problem = f"{entry.name} and {seen[student].name} are both hand-ins of {student}"
            yield from (HandIn(f"{student} ({entry.name})", name, None, problem) for name in exercises)
            continue
        seen[student] = entry
        try:
            found = (
                _in_zip(entry, exercises)
                if entry.suffix.lower() == ".zip" and not entry.is_dir()
                else _in_folder(entry, exercises)
            )
        except Refused as refused:
            yield from (HandIn(student, name, None, str(refused)) for name in exercises)
            continue
        for name in exercises:
            yield _one(student, name, found.get(name, {}))


def _one(student: str, exercise: str, files: dict[str, bytes | str]) -> HandIn:
    if not files:
        return HandIn(student, exercise, None, f"no {exercise}.py was handed in")
    if len({content for content in files.values()}) > 1:
        return HandIn(
            student,
            exercise,
            None,
            f"{len(files)} different files are called {exercise}.py: {', '.join(sorted(files))}",
        )
    content = next(iter(files.values()))
    if isinstance(content, str):
        return HandIn(student, exercise, None, content)
    try:
        return HandIn(student, exercise, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return HandIn(student, exercise, None, f"{exercise}.py is no UTF-8 text (byte {error.start})")


def _in_folder(folder: Path, exercises: Collection[str]) -> dict[str, dict[str, bytes | str]]:
    """Map exercise -> file -> content, or a sentence where the file is not to be read."""
    if folder.is_symlink():
        raise Refused(f"{folder.name} is a link, not a folder")
    found: dict[str, dict[str, bytes | str]] = {}
    seen = 0
    for place, folders, files in _walk(folder):
        folders[:] = sorted(f for f in folders if f not in SKIPPED and not (place / f).is_symlink())
        for file in sorted(files):
            seen += 1
            if seen > MEMBERS:
                raise Refused(f"more than {MEMBERS} files")
            path = place / file
            if path.suffix != ".py" or path.stem not in exercises:
                continue
            relative = path.relative_to(folder).as_posix()
            found.setdefault(path.stem, {})[relative] = _read(path, relative)
    return found


def _walk(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:

    for place, folders, files in os.walk(folder, followlinks=False):
        yield Path(place), folders, files


def _read(path: Path, relative: str) -> bytes | str:
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            return f"{relative} is a link or a device, not a file"
        if status.st_nlink > 1:
            return f"{relative} is a hard link to another file"
        if status.st_size > MODULE_BYTES:
            return f"{relative} has {status.st_size:,} bytes; a module may have {MODULE_BYTES:,}"
        return path.read_bytes()
    except OSError as error:
        return f"{relative} cannot be read: {error.strerror}"


def _in_zip(path: Path, exercises: Collection[str]) -> dict[str, dict[str, bytes | str]]:
    if path.is_symlink():
        raise Refused(f"{path.name} is a link, not a file")
    found: dict[str, dict[str, bytes | str]] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MEMBERS:
                raise Refused(f"{path.name} holds {len(members):,} files; at most {MEMBERS:,} are looked at")
            for member in members:
                if member.is_dir():
                    continue
                name = PurePosixPath(member.filename.replace("\\", "/"))
                if name.is_absolute() or ".." in name.parts or (name.parts and name.parts[0].endswith(":")):
                    raise Refused(f"{path.name} holds {member.filename!r}, which leads out of its folder")
                if stat.S_ISLNK(member.external_attr >> 16):
                    raise Refused(f"{path.name} holds the link {member.filename!r}")
                if name.suffix != ".py" or name.stem not in exercises or SKIPPED.intersection(name.parts):
                    continue
                found.setdefault(name.stem, {})[str(name)] = _member(archive, member)
    except zipfile.BadZipFile:
        raise Refused(f"{path.name} is no zip, or a damaged one") from None
    except (OSError, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
        raise Refused(f"{path.name} cannot be read: {error}") from None
    return found


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes | str:
    if member.flag_bits & 1:
        return f"{member.filename} is encrypted"
    try:
        with archive.open(member) as file:
            content = file.read(MODULE_BYTES + 1)  # never trust the size that the archive states
    except Exception as error:  # zlib, lzma and bz2 each raise errors of their own on damaged data
        return f"{member.filename} cannot be unpacked: {error}"
    if len(content) > MODULE_BYTES:
        return f"{member.filename} is larger than the {MODULE_BYTES:,} bytes that a module may have"
    return content
