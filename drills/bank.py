"""The question bank: reads course/<chapter>/<topic>/items.yaml and says file and line of what is wrong there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from autograder.catalogue import Catalogue
from autograder.errors import KitError
from autograder.paths import find_root
from autograder.yamlfile import CourseError, Document, read
from drills.items import Item, from_data, misconceptions


@dataclass(frozen=True, order=True)
class Problem:
    """Something wrong in a file of the bank; reads `file:line: item: message`."""

    file: str
    line: int
    message: str
    item: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.item + ': ' if self.item else ''}{self.message}"


class BankError(KitError, ValueError):
    """The bank cannot be used as it is; `problems` says where and why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Place:
    """Where an item stands."""

    file: Path
    line: int


@dataclass
class Bank:
    """The items by id, where each stands, and what could not be read."""

    catalogue: Catalogue
    items: dict[str, Item] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def of_topic(self, topic: str) -> list[Item]:
        """The items of a topic, in file order."""
        return [item for item in self.items.values() if item.topic == topic]

    def figure(self, item: Item) -> Path | None:
        """The picture of an item of the bank."""
        return self.places[item.id].file.parent / item.figure.file if item.figure else None


def load_bank(root: Path | None = None) -> Bank:
    """The whole bank of a course folder (default: the one that `find_root` finds).

    Raises:
        BankError: with every problem found, each with file and line.
        CourseError: the syllabus or the catalogue of misconceptions cannot be read.
    """
    bank = read_bank(root)
    if bank.problems:
        raise BankError(bank.problems)
    return bank


def read_bank(root: Path | None = None) -> Bank:
    """The items that can be used, beside the problems of those that cannot: one slip must not close the app."""
    root = root or find_root()
    bank = Bank(Catalogue(root))
    try:
        known: frozenset[str] | None = frozenset(bank.catalogue.misconceptions)
    except CourseError as error:  # the items are still good to practise
        bank.problems.append(Problem(shortened(error.path, root), error.line or 1, error.message))
        known = None
    for path in (path for course in bank.catalogue.courses for path in sorted(course.glob("course/*/*/items.yaml"))):
        try:
            document = read(path)
        except CourseError as error:
            bank.problems.append(Problem(shortened(path, root), error.line or 1, error.message))
            continue
        if not isinstance(document.data, list):
            if document.data is not None:
                message = "a file of the bank is a list of items, each beginning with `- id:`"
                bank.problems.append(Problem(shortened(path, root), 1, message))
            continue
        for index in range(len(document.data)):
            _add(bank, document, index, root, known)
    return bank


def _add(bank: Bank, document: Document, index: int, root: Path, known: frozenset[str] | None) -> None:
    """Puts one item into the bank, or its problems; misconceptions are checked where they are known."""
    path, data = document.path, document.data[index]
    name = str(data.get("id", "")) if isinstance(data, dict) else ""

    def complain(message: str, *location: str | int) -> None:
        line = document.line((index, *location)) or 1
        bank.problems.append(Problem(shortened(path, root), line, message, name))

    before = len(bank.problems)
    item = _read_item(data, path.parent.name, complain)
    if item is None:
        return
    topic = bank.catalogue.topics.get(item.topic)
    if topic is None or topic.chapter != path.parent.parent.name:
        complain(f"chapter {path.parent.parent.name} has no topic '{item.topic}' in course/syllabus.yaml", "topic")
    for identifier in sorted(misconceptions(item) - known) if known is not None else ():
        complain(f"there is no misconception '{identifier}' in the catalogue", *_where(data, identifier))
    if item.figure and not (path.parent / item.figure.file).is_file():
        complain(f"there is no file {item.figure.file} beside this one", "figure", "file")
    if "@" in item.id:
        complain("id: @ is for generated items", "id")
    if item.id in bank.items:
        first = bank.places[item.id]
        complain(f"the id is taken by {shortened(first.file, root)}:{first.line}", "id")
    if len(bank.problems) == before:
        bank.items[item.id] = item
        bank.places[item.id] = Place(path, document.line((index,)) or 1)


def _read_item(data: Any, topic: str, complain: Callable[..., None]) -> Item | None:
    """The item that the data describes, else None after complaining about each part that is wrong."""
    if not isinstance(data, dict):
        complain("an item is a mapping of fields, beginning with `- id:`")
        return None
    try:
        return from_data({"topic": topic, **data})
    except ValidationError as error:
        for part in error.errors(include_url=False):
            complain(_said(part), *(step for step in part["loc"] if isinstance(step, str | int)))
    except ValueError as error:
        complain(str(error), "type")
    return None


def _said(error: Any) -> str:
    """pydantic's error in the words of whoever writes the YAML."""
    where = " > ".join(str(part) for part in error["loc"] if part != "[key]")
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "there is no such field for this type of item"
    elif error["type"] == "missing":
        message = "is missing"
    elif error["type"] == "string_type":
        message = f"must be text; put {error['input']!r} in quotation marks"
    return f"{where}: {message}" if where else message


def _where(data: Any, value: str) -> tuple[str | int, ...]:
    """The location of a value in nested data; empty when it is not there."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, child in pairs:
        if child == value:
            return (key,)
        if below := _where(child, value):
            return (key, *below)
    return ()


def shortened(path: Path, root: Path) -> str:
    """Return a path as it is shown: seen from the folder worked in, whole where the course lies elsewhere."""
    return str(path.relative_to(root) if path.is_relative_to(root) else path)
