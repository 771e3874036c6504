"""Course data from YAML: every error names the file and the line, and says what to do."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, TypeAdapter, ValidationError

from autograder.errors import KitError

Model = TypeVar("Model")
Location = tuple[str | int | float | bool | None, ...]


class CourseError(KitError):
    """Something in `course/` is wrong. The text reads `file:line: what is wrong`."""

    def __init__(self, path: Path, line: int | None, message: str) -> None:
        self.path, self.line, self.message = path, line, message
        super().__init__(f"{path}{f':{line}' if line else ''}: {message}")


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C version is ten times faster


class Document:
    """Plain data together with the line on which each part of it stands; a repeated key is an error."""

    def __init__(self, path: Path, data: Any, lines: dict[Location, int]) -> None:
        self.path, self.data, self._lines = path, data, lines

    def line(self, location: Location) -> int | None:
        """Return the line of `location`, or of the nearest enclosing part that has one."""
        for end in range(len(location), -1, -1):
            if location[:end] in self._lines:
                return self._lines[location[:end]]
        return None

    def error(self, message: str, *location: str | int) -> CourseError:
        """Build the error for a part of this document."""
        return CourseError(self.path, self.line(location), message)

    def validate(self, model: type[Model] | TypeAdapter[Model], *location: str | int) -> Model:
        """Check the part at `location` against a pydantic model and return it as an instance.

        Raises:
            CourseError: naming file, line, field and what was expected there.
        """
        data = self.data
        for key in location:
            data = data[key]
        adapter = model if isinstance(model, TypeAdapter) else TypeAdapter(model)
        try:
            return adapter.validate_python(data)
        except ValidationError as error:
            # a misspelt field is both unknown and missing: the unknown one has a line to point at
            first = min(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
            place = tuple(part for part in first["loc"] if isinstance(part, str | int))
            name = " > ".join(str(part) for part in (*location, *place))
            message = first["msg"].removeprefix("Value error, ")
            if first["type"] == "missing":
                message = "this field is missing"
            elif first["type"] == "extra_forbidden":
                known = known_fields(model)
                near = difflib.get_close_matches(str(place[-1]), known, 1)
                more = f"; is {near[0]} meant?" if near else f"; known are {', '.join(known)}" if known else ""
                message = f"unknown field{more}"
            raise self.error(f"{name}: {message}", *location, *place) from error


def known_fields(model: Any) -> list[str]:
    """Return the field names of a pydantic model, or of an adapter's, as they are written in YAML."""
    model = getattr(model, "_type", model)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return [field.alias or name for name, field in model.model_fields.items()]
    return []


def read(path: Path) -> Document:
    """Read one YAML file.

    Raises:
        CourseError: the file is missing, is no UTF-8, is no YAML, or repeats a key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(path, None, "this file is missing") from None
    except UnicodeDecodeError as error:
        raise CourseError(path, None, f"this file is no UTF-8 text ({error.reason} at byte {error.start})") from None
    loader = _Loader(text)
    lines: dict[Location, int] = {}
    try:
        node = loader.get_single_node()
        if node is None:
            return Document(path, None, lines)
        _number(node, (), lines, path, loader)
        return Document(path, loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        hint = "; is a value with `: ` or `#` in it not in quotes?" if "mapping values" in str(error.problem) else ""
        raise CourseError(path, line, f"no valid YAML: {error.problem}{hint}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise CourseError(path, None, f"no valid YAML: {error}") from None
    finally:
        loader.dispose()


def _number(
    node: yaml.Node, location: Location, lines: dict[Location, int], path: Path, loader: yaml.SafeLoader
) -> None:
    lines[location] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            _number(child, (*location, index), lines, path, loader)
    elif isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            name: Any = loader.construct_object(key, deep=True)  # type: ignore[no-untyped-call]
            if not isinstance(name, str | int | float | bool | None):
                raise CourseError(path, key.start_mark.line + 1, "a key must be a text or a number")
            if (*location, name) in lines:
                raise CourseError(path, key.start_mark.line + 1, f"the key {name!r} stands here a second time")
            _number(child, (*location, name), lines, path, loader)
            lines[(*location, name)] = key.start_mark.line + 1
