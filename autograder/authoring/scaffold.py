"""A new exercise: every file that it needs, every field explained where it stands, every gap marked TODO."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder import general
from autograder.catalogue import Catalogue
from autograder.errors import KitError

TEMPLATES = Path(__file__).with_name("templates")
NAME = re.compile(r"[a-z][a-z0-9_]*")


class RefusedName(KitError):
    """An exercise cannot be begun like that; the text says why and what to do."""

    exit_code = 2


@dataclass(frozen=True)
class Plan:
    """What an author says of a new exercise."""

    chapter: str
    name: str
    title: str
    topic: str
    functions: Mapping[str, ast.FunctionDef]
    framework: str = "numpy"
    difficulty: int = 2
    minutes: int = 30


def plan(
    catalogue: Catalogue,
    place: str,
    title: str,
    topic: str,
    functions: Sequence[str],
    framework: str = "numpy",
    difficulty: int = 2,
    minutes: int = 30,
) -> Plan:
    """Check what an author says of a new exercise.

    Args:
        catalogue: the course.
        place: CHAPTER/NAME.
        title: as students read it.
        topic: an id of the syllabus.
        functions: signatures such as "f(x, y=1)"; without any, those of the reference are taken.
        framework: numpy or torch.
        difficulty: 1 to 5.
        minutes: what a student needs.

    Raises:
        RefusedName: the name is taken or begins another's, or chapter, topic or a signature is not as it must be.
    """
    chapter, _, name = place.partition("/")
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise RefusedName(
            f"{place}: write CHAPTER/NAME, the name in lower case with underscores, as in attention/softmax"
        )
    if chapter not in catalogue.chapters:
        known = ", ".join(catalogue.chapters)
        raise RefusedName(f"there is no chapter {chapter!r} in course/syllabus.yaml; there are {known}")
    for other in catalogue.exercises:
        if other == name:
            raise RefusedName(f"there is an exercise {name} already, in {catalogue.exercises[name].chapter}")
        if other.startswith(name):
            raise RefusedName(f"{name} begins the name of {other}, so that `anndl grade {name}` could mean either")
    if topic not in catalogue.topics:
        known = ", ".join(t.id for t in catalogue.chapters[chapter].topics)
        raise RefusedName(f"there is no topic {topic!r} in course/syllabus.yaml; {chapter} has {known}")
    if '"' in title or "\\" in title:
        raise RefusedName(f"the title {title} can do without quotation marks and backslashes")
    reference = catalogue.courses[0] / "reference" / chapter / f"{name}.py"
    found = _signatures(functions) if functions else _public(reference)
    return Plan(chapter, name, title, topic, found, framework, difficulty, minutes)


def write(plan: Plan, root: Path) -> list[Path]:
    """Write the files of a new exercise; those that are there already, such as a reference, stay as they are.

    Returns:
        What was written.
    """
    folder = root / "autograder" / "suites" / plan.chapter / plan.name
    files = {
        root / "course" / plan.chapter / f"{plan.name}.yaml": "card.yaml",
        root / "solutions" / plan.chapter / f"{plan.name}.py": "solution.py",
        root / "reference" / plan.chapter / f"{plan.name}.py": "reference.py",
        folder / f"test_{plan.name}.py": "test.py",
        folder / "wrong.py": "wrong.py",
        folder / "figure.py": "figure.py",
        folder / "right" / "written_differently.py": "right.py",
        folder / "wrong" / "as_a_student_writes_it.py": "wrong_sample.py",
        root / "course" / plan.chapter / plan.topic / "items.yaml": "items.yaml",
    }
    fields = _fields(plan)
    written = []
    for path, template in files.items():
        if path.exists():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(template, fields), encoding="utf-8")
        written.append(path)
    return written


def _fields(plan: Plan) -> dict[str, str]:
    first, function = next(iter(plan.functions.items()))
    fields = {
        "name": plan.name,
        "dashed": plan.name.replace("_", "-"),
        "chapter": plan.chapter,
        "title": plan.title,
        "topic": plan.topic,
        "framework": plan.framework,
        "difficulty": str(plan.difficulty),
        "minutes": str(plan.minutes),
        "functions": ", ".join(plan.functions),
        "import": "numpy as np" if plan.framework == "numpy" else "torch",
        "first function": first,
        "first parameters": ast.unparse(function.args),
    }
    for many, template in (
        ("solution functions", "solution_function"),
        ("reference functions", "reference_function"),
        ("tests", "test_function"),
        ("sample functions", "sample_function"),
    ):
        parts = [_filled(template, fields | _of(name, node)) for name, node in plan.functions.items()]
        fields[many] = "".join(parts).rstrip("\n")
    fields["first sample function"] = _filled("sample_function", fields | _of(first, function)).rstrip("\n")
    return fields


def _of(name: str, node: ast.FunctionDef) -> dict[str, str]:
    parameters = general.parameters(node)
    return {
        "function": name,
        "parameters": ast.unparse(node.args),
        "arguments": "\n".join(f"        {parameter}: TODO shape, unit, meaning." for parameter in parameters),
        "first": parameters[0] if parameters else "0.0",
    }


def _filled(template: str, fields: Mapping[str, str]) -> str:
    text = (TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
    return re.sub(r"\{\{([\w ]+)\}\}", lambda match: fields[match.group(1)], text)


def _signatures(texts: Sequence[str]) -> dict[str, ast.FunctionDef]:
    found = {}
    for text in texts:
        try:
            node = ast.parse(f"def {text.strip()}: pass").body[0]
        except SyntaxError as error:
            raise RefusedName(f'--function {text!r} is no signature; write one as in "f(x, y=1)"') from error
        assert isinstance(node, ast.FunctionDef)
        found[node.name] = node
    return found


def _public(reference: Path) -> dict[str, ast.FunctionDef]:
    """Return the public functions of a reference, without their annotations."""
    if not reference.is_file():
        raise RefusedName(f'{reference} does not exist yet: say which functions there are, with --function "f(x, y=1)"')
    tree = ast.parse(reference.read_text(encoding="utf-8"), str(reference))
    found = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")}
    if not found:
        raise RefusedName(f'{reference} has no function; say which there are, with --function "f(x, y=1)"')
    for node in found.values():
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            argument.annotation = None
    return found
