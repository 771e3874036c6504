"""What can be told by reading an exercise's files, without running its code."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from autograder import general
from autograder.authoring.checklist import Checklist, Context, Problem, line_of
from autograder.paths import kit_root
from autograder.suite import Edit, Replacement, load
from autograder.sync import strip, with_card
from autograder.variants import apply, blocks

WRITTEN = Checklist()
EXPECT = "# expect: "
IN_THE_FOLDER = {"wrong.py", "figure.py", "equivalent.yaml", "proof.json"}


@WRITTEN.item("its files are all there")
def complete(context: Context) -> Iterator[Problem]:
    """Yield the files that an exercise cannot do without."""
    exercise = context.exercise
    needed = [exercise.solution, exercise.suite, exercise.folder / "wrong.py", exercise.drawing]
    if exercise.root == kit_root():
        needed.append(exercise.reference)
    for path in needed:
        if not path.is_file():
            yield Problem("this file is missing; `anndl author new` shows what belongs into it", path)


@WRITTEN.item("and none is there that does not belong to it")
def expected(context: Context) -> Iterator[Problem]:
    """Yield files that nothing reads."""
    exercise = context.exercise
    for path in sorted(exercise.folder.rglob("*")):
        inner = path.relative_to(exercise.folder)
        if path.is_dir() or "__pycache__" in inner.parts:
            continue
        known = len(inner.parts) == 1 and path.name in {*IN_THE_FOLDER, exercise.suite.name}
        sample = len(inner.parts) == 2 and inner.parts[0] in ("right", "wrong") and path.suffix == ".py"
        if not known and not sample:
            yield Problem("nothing reads this file: move or delete it", path)


@WRITTEN.item("nothing is left to do")
def finished(context: Context) -> Iterator[Problem]:
    """Yield each line that still says TODO."""
    exercise = context.exercise
    files = [exercise.description, exercise.solution, exercise.reference, *sorted(exercise.folder.rglob("*"))]
    files.append(_items(context))
    for path in files:
        if path.is_file() and path.suffix in (".py", ".yaml"):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if "TODO" in line:
                    yield Problem(f"still to do: {line.strip()}", path, number)


@WRITTEN.item("card, solution and reference name the same functions with the same arguments", ["complete"])
def signatures(context: Context) -> Iterator[Problem]:
    """Yield functions that one of them lacks, and arguments that differ."""
    exercise = context.exercise
    ours = _functions(exercise.solution)
    theirs = _functions(exercise.reference) if exercise.reference.is_file() else None
    card = line_of(exercise.description, "functions:")
    for name in exercise.functions:
        if name not in ours:
            yield Problem(
                f"functions: the solution has no function {name}; is it misspelt?", exercise.description, card
            )
        elif theirs is not None and name not in theirs:
            line = ours[name].lineno
            yield Problem(f"the reference {exercise.reference.name} has no function {name}", exercise.solution, line)
        elif theirs is not None and _arguments(theirs[name]) != _arguments(ours[name]):
            wanted, given = (", ".join(_arguments(f[name])) for f in (theirs, ours))
            yield Problem(
                f"{name}({given}) is {name}({wanted}) in the reference: make them agree",
                exercise.solution,
                ours[name].lineno,
            )


@WRITTEN.item("the card says which functions build on which", ["signatures", "finished"])
def building(context: Context) -> Iterator[Problem]:
    """Yield functions of the exercise that call each other without the card's saying so, and the reverse."""
    exercise = context.exercise
    ours = _functions(exercise.solution)
    line = line_of(exercise.description, "builds on:") or line_of(exercise.description, "functions:")
    for name in exercise.functions:
        called = {n.id for n in ast.walk(ours[name]) if isinstance(n, ast.Name)} & (set(exercise.functions) - {name})
        if called != set(exercise.builds_on.get(name, ())):
            text = f"builds on: {name} calls {', '.join(sorted(called)) or 'none of the others'} in the solution"
            yield Problem(f"{text}; write `{name}: [{', '.join(sorted(called))}]`", exercise.description, line)


@WRITTEN.item("card and stub are what the solution says", ["complete"])
def in_step(context: Context) -> Iterator[Problem]:
    """Yield a stale first line or stub."""
    exercise = context.exercise
    source = exercise.solution.read_text(encoding="utf-8")
    text = with_card(source, exercise, exercise.solution)
    stub = exercise.stub(exercise.root)
    if source != text:
        yield Problem("the first line is not the card's; run `anndl author sync`", exercise.solution, 1)
    elif not stub.is_file() or stub.read_text(encoding="utf-8") != strip(text, exercise.solution):
        yield Problem("the stub is not what the solution gives; run `anndl author sync`", stub)


@WRITTEN.item("the suite can be read", ["complete"])
def readable(context: Context) -> Iterator[Problem]:
    """Yield what keeps the suite or its wrong versions from being read."""
    load(context.exercise.suite)
    yield from ()


@WRITTEN.item("every wrong version can be made", ["readable", "signatures"])
def made(context: Context) -> Iterator[Problem]:
    """Yield wrong versions whose text or function the solution does not have, and ids struck out for nothing."""
    wrong = context.exercise.folder / "wrong.py"
    solution = context.bench.solution
    for version in load(context.exercise.suite).wrong:
        try:
            apply(solution, version)
        except Exception as error:
            yield Problem(str(error), wrong, line_of(wrong, f'"{version.misconception}"'))
    try:
        general.versions(solution, context.exercise)
    except Exception as error:
        yield Problem(str(error), context.exercise.description, line_of(context.exercise.description, "strike:"))


@WRITTEN.item("every misconception has its statement, and every statement its wrong version", ["readable", "finished"])
def catalogued(context: Context) -> Iterator[Problem]:
    """Yield ids without a statement, and statements on the card that no wrong version shows."""
    exercise = context.exercise
    wrong = exercise.folder / "wrong.py"
    known = context.catalogue.misconceptions
    used = _ids(load(exercise.suite).wrong)
    for id in used:
        if id not in known:
            text = f"there is no misconception {id}: write its statement on the card, under `misconceptions:`"
            yield Problem(text, wrong, line_of(wrong, f'"{id}"'))
    card = yaml.safe_load(exercise.description.read_text(encoding="utf-8"))
    for id in card.get("misconceptions") or {}:
        if id not in used:
            text = f"no wrong version shows {id}: state one in wrong.py, or move the statement to misconceptions.yaml"
            yield Problem(text, exercise.description, line_of(exercise.description, f"{id}:"))


@WRITTEN.item("there is enough of everything", ["readable", "finished"])
def enough(context: Context) -> Iterator[Problem]:
    """Yield each minimum that is not reached."""
    exercise, least = context.exercise, context.minima
    folder = exercise.folder
    has = {
        "misconceptions": (len(_ids(load(exercise.suite).wrong)), folder / "wrong.py", "different misconceptions"),
        "right": (len(context.samples("right")), folder / "right", "right submissions"),
        "wrong": (len(context.samples("wrong")), folder / "wrong", "wrong submissions"),
        "hints": (len(exercise.hints), exercise.description, "hints"),
        "items": (_number_of_items(context), _items(context), f"questions on {exercise.topic}"),
    }
    for name, (number, path, what) in has.items():
        if number < least[name]:
            yield Problem(f"{number} {what}, at least {least[name]} are wanted", path)


@WRITTEN.item("every misconception is asked for in a drill, or shows in code only", ["catalogued"])
def drilled(context: Context) -> Iterator[Problem]:
    """Yield ids that no question uses and that are not marked `kind: code`."""
    exercise = context.exercise
    asked = set(_asked(context))
    for id in _ids(load(exercise.suite).wrong):
        entry = context.catalogue.misconceptions.get(id)
        if entry is not None and entry.kind == "conceptual" and id not in asked:
            text = f"no question asks for {id}: use it in an item's wrong answer, or mark it `kind: code`"
            yield Problem(text, exercise.description, line_of(exercise.description, f"{id}:"))


@WRITTEN.item("wrong submissions say what they expect", ["signatures"])
def expecting(context: Context) -> Iterator[Problem]:
    """Yield wrong submissions without a first line that names the diagnosis."""
    for path in context.samples("wrong"):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        if not first.startswith(EXPECT):
            yield Problem(f"the first line is `{EXPECT}misconception-id, another-id` or `{EXPECT}none`", path, 1)
            continue
        for id in expectation(path):
            if id not in known_ids(context):
                yield Problem(f"there is no misconception {id}", path, 1)


def expectation(path: Path) -> set[str]:
    """Return the misconceptions that a wrong submission says it shows."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return {one.strip() for one in first.removeprefix(EXPECT).split(",")} - {"none", ""}


def sample(context: Context, path: Path) -> str:
    """Return a sample as a whole module: one that holds some of the functions takes the others from the solution."""
    source, exercise = path.read_text(encoding="utf-8"), context.exercise
    own = blocks(source)
    if all(function in own for function in exercise.functions) or not any(f in own for f in exercise.functions):
        return source
    return context.bench.solution + "\n\n" + source


def known_ids(context: Context) -> set[str]:
    """Return the ids of all misconceptions, those that write themselves included."""
    exercise = context.exercise
    return {*context.catalogue.misconceptions, *general.misconceptions(exercise, context.bench.signatures)}


def _ids(wrong: Iterable[Edit | Replacement]) -> list[str]:
    return list(dict.fromkeys(item.misconception for item in wrong))


def _items(context: Context) -> Path:
    exercise = context.exercise
    for root in context.catalogue.courses:
        path = root / "course" / context.catalogue.topics[exercise.topic].chapter / exercise.topic / "items.yaml"
        if path.is_file():
            return path
    return exercise.root / "course" / exercise.chapter / exercise.topic / "items.yaml"


def _number_of_items(context: Context) -> int:
    path = _items(context)
    return len(yaml.safe_load(path.read_text(encoding="utf-8")) or []) if path.is_file() else 0


def _asked(context: Context) -> Iterator[str]:
    """Yield the misconceptions that the question bank and the generators name."""
    pattern = re.compile(r"""misconception["']?\s*[:=]\s*["']?([a-z0-9-]+)""")
    for root in context.catalogue.courses:
        for path in (root / "course").glob("*/*/items.yaml"):
            yield from pattern.findall(path.read_text(encoding="utf-8"))
    drills = importlib.util.find_spec("drills")  # its families of questions are code; they are read, not run
    for folder in (drills.submodule_search_locations or []) if drills else []:
        for path in (Path(folder) / "generators").glob("*.py"):
            yield from pattern.findall(path.read_text(encoding="utf-8"))


def _functions(path: Path) -> dict[str, ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def _arguments(function: ast.FunctionDef) -> list[str]:
    """Return a function's parameters with their defaults, as they are written."""
    defaults = general.defaults_of(function)
    return [f"{n}={ast.unparse(defaults[n])}" if n in defaults else n for n in general.parameters(function)]
