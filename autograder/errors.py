"""The kit's own exceptions: one tree, each with the exit status that a command ends with."""

from __future__ import annotations

from typing import ClassVar


class KitError(Exception):
    """Something that the kit can say in one sentence; a command prints it and ends with `exit_code`, never in a traceback."""

    exit_code: ClassVar[int] = 3  # 1 not yet right, 2 wrong use, 3 a fault of the kit or of the course's data


class WrongUse(KitError):
    """What was asked for cannot be done: a misspelt option, a file that is not there."""

    exit_code = 2


class UnknownName(WrongUse, LookupError):
    """Nothing has this name, or several things could be meant; the text names what comes near."""
