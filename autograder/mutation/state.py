"""Functions that remember: each call by itself is right, the second of two is not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

MEMO = '''
def _form(value):
    """What a hasty memo takes for the same call: shapes instead of values."""
    if isinstance(value, dict):
        return tuple((key, _form(item)) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(map(_form, value))
    return getattr(value, 'shape', None) or type(value)

_computed, _results = {function}, {{}}

def {function}(*args, **kwargs):
    key = (_form(args), _form(kwargs))
    if key not in _results:
        _results[key] = _computed(*args, **kwargs)
    return _results[key]
'''
KEPT = """
_computed, _kept = {function}, {{}}

def {function}({parameters}):
    if {name} is not None:
        _kept['value'] = {name}
    return _computed({arguments})
"""


def remembering(function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield a key, and the text to put behind the solution, for each way in which a function may keep something.

    A memo that looks at shapes only, and for each argument that may be None the last one that was given, which is what a
    mutable default does.
    """
    yield f"a memo of {function.name} looks at shapes only", MEMO.format(function=function.name)
    arguments = function.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
        return
    names = [argument.arg for argument in arguments.args]
    optional = names[len(names) - len(arguments.defaults) :]
    for name, default in zip(optional, arguments.defaults, strict=True):
        if isinstance(default, ast.Constant) and default.value is None:
            passed = [f"_kept.get('value', {n})" if n == name else n for n in names]
            text = KEPT.format(
                function=function.name, parameters=ast.unparse(arguments), name=name, arguments=", ".join(passed)
            )
            yield f"the last {name} given to {function.name} is kept for calls without one", text
