"""Takes the submitted functions out of a notebook's code, by name.

Not the cells' tags, ids or order decide, but what the code defines: a copied, moved or retagged cell loses nothing. Of several
definitions of a name the last one counts, as it would after "run all", except that an unwritten stub never replaces something
written. What a function needs (imports, helpers, constants) comes along; plots, prints and everything else stay behind.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

MAGIC = re.compile(r"^\s*[%!?]|^\s*[\w.]+\?{1,2}\s*$|^\s*\w+\s*=\s*[%!]")
BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class _Binding:
    """A top-level statement that gives names their meaning."""

    names: frozenset[str]
    needs: frozenset[str]
    source: str
    unwritten: bool = False
    adds: bool = False  # changes what the names already mean: `x += 1`, `table[0] = 1`


def module_source(cells: Iterable[str], wanted: Collection[str]) -> str:
    """Return the text of a module with the wanted functions and what they need.

    Args:
        cells: the notebook's code cells, in the order in which they count.
        wanted: names of the functions.

    A cell that is not Python contributes functions that raise SyntaxError when called, so that the others still count.
    """
    bindings = [binding for cell in cells for binding in _bindings(cell, wanted)]
    chosen: set[int] = set()
    todo = list(wanted)
    done: set[str] = set()
    while todo:
        name = todo.pop()
        if name in done:
            continue
        done.add(name)
        for index in _meaning(bindings, name):
            chosen.add(index)
            todo += bindings[index].needs - done
    return "\n\n".join(bindings[index].source for index in sorted(chosen)) + "\n"


def _meaning(bindings: list[_Binding], name: str) -> list[int]:
    """Return the statements that together give a name its meaning: its last definition and what later adds to it."""
    defining = [i for i, b in enumerate(bindings) if name in b.names and not b.adds]
    if not defining:
        return []
    written = [i for i in defining if not bindings[i].unwritten]
    last = (written or defining)[-1]
    return [last, *(i for i, b in enumerate(bindings) if i > last and name in b.names and b.adds)]


def _bindings(cell: str, wanted: Collection[str]) -> Iterator[_Binding]:
    text = without_magics(cell)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        said = getattr(error, "msg", None) or str(error)
        where = f" (line {line} of its cell)" if line else ""
        for name in wanted:
            if re.search(rf"^\s*def\s+{re.escape(name)}\b", text, re.MULTILINE):
                message = f"the cell that defines {name} is not yet Python: {said}{where}"
                source = f"def {name}(*args, **kwargs):\n    raise SyntaxError({message!r})"
                yield _Binding(frozenset([name]), frozenset(), source)
        return
    for node in tree.body:
        names = frozenset(_names(node))
        if names:
            source = ast.get_source_segment(text, node) or ""
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.decorator_list:
                start = min(d.lineno for d in node.decorator_list) - 1
                source = "\n".join(text.splitlines()[start : node.end_lineno])
            adds = isinstance(node, ast.AugAssign) or not isinstance(
                _first_target(node), ast.Name | ast.Tuple | ast.List | None
            )
            yield _Binding(names, frozenset(_needs(node)) - BUILTINS, source, _unwritten(node), adds)


def without_magics(cell: str) -> str:
    """Blank out IPython's magics, shell lines and questions; a cell magic (%%...) but for %%time takes the whole cell."""
    lines = cell.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith("%%") and not re.match(r"\s*%%(time|timeit|capture)\b", first):
        return ""
    return "\n".join("" if MAGIC.match(line) else line for line in lines)


def _first_target(node: ast.stmt) -> ast.expr | None:
    if isinstance(node, ast.Assign):
        return node.targets[0]
    return node.target if isinstance(node, ast.AugAssign | ast.AnnAssign) else None


def _names(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a top-level statement defines or changes."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield (alias.asname or alias.name).partition(".")[0]
    elif isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            for part in ast.walk(target):
                if isinstance(part, ast.Name):
                    yield part.id
    elif isinstance(node, ast.If | ast.Try | ast.With):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                yield from _names(child)
            elif isinstance(child, ast.ExceptHandler):
                for inner in child.body:
                    yield from _names(inner)


def _needs(node: ast.stmt) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
            yield part.id


def _unwritten(node: ast.stmt) -> bool:
    if not isinstance(node, ast.FunctionDef):
        return False
    body = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    if len(body) != 1 or not isinstance(body[0], ast.Raise) or body[0].exc is None:
        return not body
    error = body[0].exc.func if isinstance(body[0].exc, ast.Call) else body[0].exc
    return isinstance(error, ast.Name) and error.id == "NotImplementedError"
