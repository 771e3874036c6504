"""What a test asked of a submission and what came: the ground on which a mistake is recognised, repeated and explained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.calls import Outcome

Target = str | Callable[..., Any]  # a function's name, or a scenario: a function of a module and the arguments
Arguments = tuple[Sequence[Any], Mapping[str, Any]]
MadeCall = tuple[str, Sequence[Any], Mapping[str, Any]]


@dataclass(frozen=True)
class Call:
    """One call or scenario of a test.

    `right` says what the test made of it: True or False, and None where the result went into a property of several.
    """

    target: Target
    arguments: Arguments
    outcome: Outcome
    right: bool | None = None
    expected: Any = None
    after: bool = False  # what counts is what the call made of its arguments
    made: tuple[MadeCall, ...] = ()  # the calls of functions: by a scenario possibly several

    @property
    def name(self) -> str:
        """The function's or the scenario's name."""
        return name_of(self.target)


def name_of(target: Target) -> str:
    """Return the name under which a target's answers are kept."""
    return target if isinstance(target, str) else target.__name__


def functions_of(target: Target, known: Sequence[str]) -> tuple[str, ...]:
    """Return the exercise's functions that a target calls, also those that a scenario did not get to."""
    if isinstance(target, str):
        return (target,)
    named = set(target.__code__.co_names)
    for constant in target.__code__.co_consts:  # functions inside it, and names: arguments_after("train_round", ...)
        named |= {constant} if isinstance(constant, str) else set(getattr(constant, "co_names", ()))
    return tuple(function for function in known if function in named)
