"""The solution is the source: its stub is the same text with the marked parts taken out."""

from __future__ import annotations

import re
from pathlib import Path

from autograder import imports
from autograder.catalogue import Catalogue, Exercise
from autograder.yamlfile import CourseError

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
RULE = "You may import "  # how the sentence begins that says so
FUNCTION = re.compile(r"^def (\w+)\(")


def strip(source: str, path: Path) -> str:
    """Return the stub of a solution: each marked part becomes one line that says what is to be written.

    Raises:
        CourseError: a marker is missing or stands in the wrong place, with the line.
    """
    out: list[str] = []
    function, opened = "", 0
    for number, line in enumerate(source.splitlines(), 1):
        text = line.strip()
        if match := FUNCTION.match(line):
            function = match.group(1)
        if text == BEGIN:
            if opened:
                raise CourseError(path, number, f"a second {BEGIN} before the {END} of line {opened}'s")
            opened = number
            indent = line[: len(line) - len(line.lstrip())]
            if indent:
                out.append(f'{indent}raise NotImplementedError("write {function} here")')
        elif text == END:
            if not opened:
                raise CourseError(path, number, f"{END} without a {BEGIN}")
            opened = 0
        elif not opened:
            out.append(line)
    if opened:
        raise CourseError(path, opened, f"{BEGIN} is never closed by {END}")
    if source.count(BEGIN) == 0:
        raise CourseError(path, 1, f"nothing stands between {BEGIN} and {END}: the stub would be the solution")
    return "\n".join(out) + "\n"


def with_card(source: str, exercise: Exercise, path: Path) -> str:
    """Return the source with the exercise's card as first line of its docstring, and with what may be imported as the last.

    Raises:
        CourseError: the file does not begin with a docstring, or that does not end in a line of its own.
    """
    lines = source.splitlines()
    if not lines or not lines[0].startswith('"""'):
        raise CourseError(path, 1, 'a solution begins with its docstring, """...')
    if '"""' not in lines:
        raise CourseError(path, 1, 'the docstring that a solution begins with ends in a line of its own, """')
    lines[0] = f'"""{exercise.card}'
    end = lines.index('"""')
    said = [number for number in range(1, end) if lines[number].startswith(RULE)]
    rule = imports.sentence(exercise.framework)
    if said:
        lines[said[0]] = rule
    else:
        lines[end:end] = ["", rule]
    return "\n".join(lines) + "\n"


def sync(root: Path, write: bool = True) -> list[Path]:
    """Bring cards and stubs up to date with the exercises' YAML files and `solutions/`.

    Returns:
        The files that differed; with `write` they are as they should be now.
    """
    stale = []
    for exercise in Catalogue(root).exercises.values():
        if exercise.root != root.resolve():
            continue  # another course keeps its own in step
        solution = exercise.solution
        if not solution.is_file():
            raise CourseError(solution, None, f"this solution is missing, but {exercise.description.name} describes it")
        text = with_card(solution.read_text(encoding="utf-8"), exercise, solution)
        stub = exercise.stub(root)
        for path, content in ((solution, text), (stub, strip(text, solution))):
            if path.is_file() and path.read_text(encoding="utf-8") == content:
                continue
            stale.append(path)
            if write:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
    return stale
