"""How the signatures of the reference are checked while tests run: every annotation that states a shape, no other."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, get_args

from beartype import beartype
from jaxtyping import AbstractArray


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its array annotations checked at every call; jaxtyping's import hook applies it."""
    known = vars(sys.modules[function.__module__]) if function.__module__ in sys.modules else {}
    known = {**known, **getattr(function, "__globals__", {})}
    shapes = {}
    for name, hint in getattr(function, "__annotations__", {}).items():
        if isinstance(hint, str):
            try:
                hint = eval(hint, known)
            except NameError:  # imported for type checkers only, and so no array
                continue
        if _has_shape(hint):
            shapes[name] = hint
    if not shapes:
        return function
    function.__annotations__ = shapes
    return beartype(function)


def _has_shape(hint: Any) -> bool:
    if isinstance(hint, type) and issubclass(hint, AbstractArray):
        return True
    return any(map(_has_shape, get_args(hint)))
