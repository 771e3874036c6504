"""Changes each solution in every small way and asks its suite: is anything noticed?

`make mutants` prints the kill rate per exercise and every survivor. A survivor is either a hole in the suite or equivalent to the
solution; the latter are listed in `mutants_equivalent.yaml` with the reason. Anything else ends with status 1.
"""

from __future__ import annotations

import argparse
import ast
import copy
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from autograder.grading import Grader
from autograder.paths import find_root
from autograder.records import Report

SECONDS = 3  # a mutant that loops is stopped, and counts as noticed
EQUIVALENT = Path(__file__).with_name("mutants_equivalent.yaml")
BINARY = {
    ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div, ast.Add], ast.Div: [ast.Mult], ast.FloorDiv: [ast.Div],
    ast.Pow: [ast.Mult], ast.MatMult: [ast.Mult], ast.Mod: [ast.Mult], ast.BitAnd: [ast.BitOr], ast.BitOr: [ast.BitAnd],
}  # fmt: skip
COMPARE = {
    ast.Lt: [ast.LtE, ast.GtE], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.LtE], ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.Is: [ast.IsNot], ast.IsNot: [ast.Is], ast.In: [ast.NotIn], ast.NotIn: [ast.In],
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One changed solution."""

    key: str  # "function: before -> after"
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every version of `source` that differs in one place; texts of docstrings and errors are left alone."""
    tree = ast.parse(source)
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        seen: set[str] = set()
        for statement, path in _statements(function):
            for changed in _changes(statement):
                copied = copy.deepcopy(tree)
                _put(copied, tree.body.index(function), path, changed)
                ast.fix_missing_locations(copied)
                key = f"{function.name}: {_line(statement)} -> {_line(changed)}"
                if key not in seen and ast.dump(changed) != ast.dump(statement):
                    seen.add(key)
                    yield Mutant(key, ast.unparse(copied))


Path_ = tuple[tuple[str, int], ...]


def _statements(function: ast.FunctionDef) -> Iterator[tuple[ast.stmt, Path_]]:
    def walk(owner: ast.AST, path: Path_) -> Iterator[tuple[ast.stmt, Path_]]:
        for field in ("body", "orelse", "finalbody"):
            for index, child in enumerate(getattr(owner, field, []) or []):
                if not isinstance(child, ast.stmt) or isinstance(child, ast.FunctionDef):
                    continue
                if (
                    isinstance(child, ast.Expr)
                    and isinstance(child.value, ast.Constant)
                    and isinstance(child.value.value, str)
                ):
                    continue
                yield child, (*path, (field, index))
                yield from walk(child, (*path, (field, index)))

    yield from walk(function, ())


def _put(tree: ast.Module, function: int, path: Path_, statement: ast.stmt) -> None:
    owner: ast.AST = tree.body[function]
    for field, index in path[:-1]:
        owner = getattr(owner, field)[index]
    field, index = path[-1]
    getattr(owner, field)[index] = statement


def _changes(statement: ast.stmt) -> Iterator[ast.stmt]:
    """Yield changed copies of one statement; the statements inside it are not changed."""
    if not isinstance(statement, ast.Raise | ast.Pass):
        replacement = ast.Return(ast.Constant(None)) if isinstance(statement, ast.Return) else ast.Pass()
        if not isinstance(statement, ast.If | ast.For | ast.While | ast.With):
            yield replacement
    inner = {id(node) for child in _children(statement) for node in ast.walk(child)}
    for number, node in enumerate(ast.walk(statement)):
        if id(node) in inner or (isinstance(statement, ast.Raise)):
            continue
        for change in _node_changes(node):
            copied = copy.deepcopy(statement)
            target = next(n for i, n in enumerate(ast.walk(copied)) if i == number)
            change(target)
            yield _replaced(copied)


def _children(statement: ast.stmt) -> list[ast.AST]:
    return [
        child
        for field in ("body", "orelse", "finalbody")
        for child in getattr(statement, field, []) or []
        if isinstance(child, ast.stmt)
    ]


class _Replace(ast.NodeTransformer):
    """Puts `node.becomes` in the place of the node that carries it."""

    def visit(self, node: ast.AST) -> ast.AST:
        if hasattr(node, "becomes"):
            return node.becomes
        return self.generic_visit(node)


def _replaced(statement: ast.stmt) -> ast.stmt:
    return _Replace().visit(statement)


def _node_changes(node: ast.AST):
    def become(build):
        def change(target):
            target.becomes = build(target)

        return change

    if isinstance(node, ast.BinOp):
        for operator in BINARY.get(type(node.op), []):
            yield lambda n, o=operator: setattr(n, "op", o())
        yield become(lambda n: n.left)
        yield become(lambda n: n.right)
    elif isinstance(node, ast.AugAssign):
        for operator in BINARY.get(type(node.op), []):
            yield lambda n, o=operator: setattr(n, "op", o())
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for operator in COMPARE.get(type(node.ops[0]), []):
            yield lambda n, o=operator: n.ops.__setitem__(0, o())
    elif isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield lambda n: setattr(n, "op", other())
        for index in range(len(node.values)):
            yield become(lambda n, i=index: _without(n, i))
    elif isinstance(node, ast.UnaryOp):
        yield become(lambda n: n.operand)
    elif isinstance(node, ast.IfExp):
        yield become(lambda n: n.body)
        yield become(lambda n: n.orelse)
    elif isinstance(node, ast.Constant):
        yield from _constant_changes(node.value)
    elif isinstance(node, ast.Call):
        symmetric = isinstance(node.func, ast.Name) and node.func.id in ("max", "min")
        if len(node.args) == 2 and not symmetric and not any(isinstance(a, ast.Starred) for a in node.args):
            yield lambda n: n.args.reverse()
        for index in range(len(node.keywords)):
            yield lambda n, i=index: n.keywords.pop(i)
        if (
            isinstance(node.func, ast.Attribute)
            and node.func.attr in ("sum", "mean", "copy", "max")
            and not _is_module(node.func.value)
        ):
            yield become(lambda n: n.func.value)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield become(lambda n: n.value)
    elif isinstance(node, ast.Slice):
        for part in ("lower", "upper", "step"):
            if getattr(node, part) is not None:
                yield lambda n, p=part: setattr(n, p, None)
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) == 2:
        yield lambda n: n.elts.reverse()
    elif isinstance(node, ast.If | ast.While) and isinstance(node, ast.If):
        yield lambda n: setattr(n, "test", ast.Constant(True))
        yield lambda n: setattr(n, "test", ast.Constant(False))


def _is_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "torch", "math")


def _without(node: ast.BoolOp, index: int) -> ast.expr:
    rest = [value for i, value in enumerate(node.values) if i != index]
    return rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _constant_changes(value: object):
    if isinstance(value, bool):
        yield lambda n: setattr(n, "value", not value)
    elif isinstance(value, int | float):
        for other in dict.fromkeys((value + 1, value - 1, 0)):
            if other != value:
                yield lambda n, o=other: setattr(n, "value", o)


def _line(statement: ast.stmt) -> str:
    return ast.unparse(statement).splitlines()[0].strip()


class _TooLong(BaseException):
    """A mutant took longer than `SECONDS`."""


def _noticed(grader: Grader, exercise: str, source: str) -> bool:
    def stop(signum, frame):
        raise _TooLong

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, SECONDS)
    try:
        report: Report = grader.grade(exercise, source)
    except _TooLong:
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return report.earned < report.points


def main() -> int:
    """Run over the named exercises, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    chosen = parser.parse_args().names
    console = Console()
    grader = Grader(find_root())
    grader.diagnose = False
    argued = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or {}
    table = Table("exercise", "mutants", "noticed", "argued equivalent", "not noticed", "kill rate")
    holes = 0
    for name in chosen or grader.catalogue.exercises:
        reasons = {entry["mutant"]: entry["because"] for entry in argued.get(name, [])}
        found = list(mutants(grader.bench(name).solution))
        grader.grade(name, grader.bench(name).solution)  # imports torch and asks the reference, before any clock runs
        survivors = [m.key for m in track(found, name, console=console) if not _noticed(grader, name, m.source)]
        open_ = [key for key in survivors if key not in reasons]
        for key in survivors:
            console.print(
                f"  {key}\n      {reasons.get(key, 'NOT NOTICED')}",
                style="dim" if key in reasons else "red",
                markup=False,
            )
        for key in reasons.keys() - set(survivors):
            console.print(f"  argued equivalent, but noticed or gone: {key}", style="yellow", markup=False)
        holes += len(open_)
        killed = len(found) - len(survivors)
        rate = f"{100 * killed / max(1, len(found) - (len(survivors) - len(open_))):.1f} %"
        table.add_row(name, str(len(found)), str(killed), str(len(survivors) - len(open_)), str(len(open_)), rate)
    console.print(table)
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main())
