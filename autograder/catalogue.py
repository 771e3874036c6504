"""The course as data: syllabus, exercises and misconceptions, read from `course/` and checked."""

from __future__ import annotations

import ast
import difflib
import importlib.util
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from autograder.errors import UnknownName
from autograder.paths import courses, kit_root
from autograder.yamlfile import CourseError, Document, read

UNOWNED = "misconceptions.yaml"  # in a chapter's folder: those that no exercise owns
SHOWN = 8  # names in one sentence
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
Text = Annotated[str, Field(min_length=1)]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Topic(_Data):
    """One row of the syllabus."""

    id: str
    title: Text
    chapter: str


class Misconception(_Data):
    """A catalogued wrong belief: the same in a suite's diagnosis, in a drill and in a report."""

    id: str
    chapter: str
    believes: Text
    fails: Text = Field(alias="why it fails")
    holds: Text
    ask: Text = Field(alias="ask yourself")
    topic: Text
    # a conceptual one is drilled, too; one of kind `code` shows in code only; general ones write themselves (`general.py`)
    kind: Literal["conceptual", "code", "general"] = "conceptual"


_MISCONCEPTION = TypeAdapter(Misconception)


class Exercise(_Data):
    """The card and the hints of one exercise; statement and code are in its solution file."""

    name: str
    chapter: str
    root: Path  # the course that it belongs to
    title: Text
    difficulty: int = Field(ge=1, le=5)
    minutes: int = Field(gt=0)
    topic: Text
    after: tuple[str, ...] = ()
    framework: Literal["numpy", "torch"] = "numpy"
    functions: tuple[str, ...] = Field(min_length=1)
    # which functions call which: where one is wrong, those that build on it are graded once more with a right one
    builds_on: dict[str, tuple[str, ...]] = Field(default={}, alias="builds on")
    # elements of a function's returned tuple that only the submission itself reads, such as backprop's cache;
    # an empty list: whatever the function returns is free
    opaque: dict[str, tuple[int, ...]] = {}
    strike: tuple[str, ...] = ()  # wrong versions that write themselves, but do not apply here
    hints: tuple[Text, Text, Text]  # a question, the idea, the key line
    figure: Text  # what the picture shows
    read: Text  # where to read on

    @property
    def card(self) -> str:
        """The first line of stub, solution and notebook."""
        after = f" · after: {', '.join(self.after)}" if self.after else ""
        return f"{self.title} · {self.difficulty} of 5 · {self.minutes} minutes{after}"

    @property
    def description(self) -> Path:
        """The file with this card, the hints and the misconceptions that this exercise owns."""
        return self.root / "course" / self.chapter / f"{self.name}.yaml"

    @property
    def solution(self) -> Path:
        """The worked solution, the source of stub and notebook."""
        return self.root / "solutions" / self.chapter / f"{self.name}.py"

    @property
    def reference(self) -> Path:
        """The reference implementation; a private exercise may do without."""
        own = self.root / "reference" / self.chapter / f"{self.name}.py"
        if (
            self.root == kit_root() and not own.is_file()
        ):  # installed from a wheel, the reference lies apart from the data
            package = importlib.util.find_spec("reference")
            for folder in (package.submodule_search_locations or []) if package else []:
                return Path(folder) / self.chapter / f"{self.name}.py"
        return own

    @property
    def folder(self) -> Path:
        """The folder of all that grades this exercise."""
        return self.root / "autograder" / "suites" / self.chapter / self.name

    @property
    def suite(self) -> Path:
        """The tests."""
        return self.folder / f"test_{self.name}.py"

    @property
    def drawing(self) -> Path:
        """The code that draws the figure."""
        return self.folder / "figure.py"

    def stub(self, root: Path) -> Path:
        """Return the learner's file in the folder that a learner works in."""
        return root / "exercises" / self.chapter / f"{self.name}.py"


class Chapter(_Data):
    """One chapter of the course."""

    id: str
    title: Text
    topics: tuple[Topic, ...]


class Track(_Data):
    """A way through the exercises, for those who cannot do all of them."""

    title: Text
    exercises: tuple[str, ...] = Field(min_length=1)


class Catalogue:
    """Everything in `course/` but the question bank. Each part is read when it is first asked for.

    Raises (on access):
        CourseError: with file, line and what to do.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.courses = courses(root)

    @cached_property
    def chapters(self) -> dict[str, Chapter]:
        """Chapters by id, in the order of the course; a course that comes first adds topics to those of the others."""
        titles: dict[str, str] = {}
        topics: dict[str, Topic] = {}
        for root in reversed(self.courses):  # the kit's own course gives the order
            path = root / "course" / "syllabus.yaml"
            if not path.is_file():
                continue
            document = _mapping(path)
            seen: dict[str, str] = {}
            for chapter, body in document.data.items():
                if (
                    not isinstance(body, dict)
                    or set(body) != {"title", "topics"}
                    or not isinstance(body["topics"], dict)
                ):
                    raise document.error("a chapter has a `title` and `topics` (a mapping of id to title)", chapter)
                titles[chapter] = body["title"]
                for topic, title in body["topics"].items():
                    _check_id(document, topic, chapter, "topics", topic)
                    if topic in seen:
                        message = f"the topic {topic} already stands in {seen[topic]}"
                        raise document.error(message, chapter, "topics", topic)
                    seen[topic] = chapter
                    topics[topic] = Topic(id=topic, title=title, chapter=chapter)
        if not titles:
            raise CourseError(self.courses[-1] / "course" / "syllabus.yaml", None, "this file is missing")
        return {
            chapter: Chapter(id=chapter, title=title, topics=tuple(t for t in topics.values() if t.chapter == chapter))
            for chapter, title in titles.items()
        }

    @cached_property
    def topics(self) -> dict[str, Topic]:
        """Topics by id, in the order of the course."""
        return {topic.id: topic for chapter in self.chapters.values() for topic in chapter.topics}

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """Exercises by name: chapters in the order of the course, and within a chapter what comes `after` comes later."""
        order = list(self.chapters)
        found: dict[str, Exercise] = {}
        for root in self.courses:
            here: dict[str, Path] = {}
            for path in sorted((root / "course").glob("*/*.yaml")):
                if path.name == UNOWNED:
                    continue
                if path.stem in here:
                    raise CourseError(path, 1, f"there are two exercises called {path.stem}")
                here[path.stem] = path
                if path.stem not in found:
                    found[path.stem] = self._exercise(path, root)
        for exercise in found.values():
            for other in exercise.after:
                if other not in found:
                    path = exercise.description
                    raise CourseError(path, read(path).line(("after",)), f"after: there is no exercise called {other}")

        def depth(name: str, path: tuple[str, ...] = ()) -> int:
            if name in path:
                file = found[name].description
                line = read(file).line(("after",))
                raise CourseError(file, line, f"`after` runs in a circle: {' -> '.join((*path, name))}")
            return 1 + max((depth(other, (*path, name)) for other in found[name].after), default=0)

        ranked = sorted(found.values(), key=lambda e: (order.index(e.chapter), depth(e.name), e.difficulty, e.name))
        return {exercise.name: exercise for exercise in ranked}

    def _exercise(self, path: Path, root: Path) -> Exercise:
        document = self._chaptered(path)
        name, chapter = path.stem, path.parent.name
        if not name.isidentifier():
            raise document.error(f"an exercise's file name is a Python name, {name!r} is none")
        document.data.pop("misconceptions", None)  # read by `misconceptions`
        document.data.update(name=name, chapter=chapter, root=root)
        exercise = document.validate(Exercise)
        if exercise.topic not in self.topics:
            raise document.error(f"topic: there is no topic {exercise.topic!r} in syllabus.yaml", "topic")
        for field, mapping in (("opaque", exercise.opaque), ("builds on", exercise.builds_on)):
            for function in mapping:
                if function not in exercise.functions:
                    raise document.error(f"{field}: {function} is not among the functions", field, function)
        for function, others in exercise.builds_on.items():
            if unknown := [other for other in others if other not in exercise.functions or other == function]:
                raise document.error(f"builds on: {function} cannot build on {unknown[0]}", "builds on", function)
        return exercise

    @cached_property
    def tracks(self) -> dict[str, Track]:
        """Tracks by name."""
        found: dict[str, Track] = {}
        for root in self.courses:
            path = root / "course" / "tracks.yaml"
            if not path.is_file():
                continue
            document = _mapping(path)
            for name in document.data:
                track = document.validate(Track, name)
                if unknown := [one for one in track.exercises if one not in self.exercises]:
                    raise document.error(f"there is no exercise called {unknown[0]}", name, "exercises")
                found.setdefault(name, track)
        return found

    @cached_property
    def misconceptions(self) -> dict[str, Misconception]:
        """Misconceptions by id: those that an exercise owns stand on its card, the others in their chapter's file."""
        found: dict[str, tuple[Misconception, Path]] = {}
        for root in self.courses:
            for path in sorted((root / "course").glob("*/*.yaml")):
                document = self._chaptered(path)
                owned = path.name != UNOWNED
                entries = document.data.get("misconceptions", {}) if owned else document.data
                where: tuple[str, ...] = ("misconceptions",) if owned else ()
                if not isinstance(entries, dict):
                    raise document.error("misconceptions: this is a mapping of id to statement", *where)
                for name in entries:
                    entry = self._misconception(document, name, where)
                    if name not in found:
                        found[name] = entry, path
                    elif root in found[name][1].parents:
                        relative = found[name][1].relative_to(root / "course")
                        raise document.error(f"the misconception {name} already stands in {relative}", *where, name)
        return {name: entry for name, (entry, _) in found.items()}

    def _misconception(self, document: Document, name: Any, where: tuple[str, ...]) -> Misconception:
        _check_id(document, name, *where, name)
        body = document.data[where[0]][name] if where else document.data[name]
        if not isinstance(body, dict):
            message = "a misconception has the fields believes, why it fails, holds, ask yourself, topic"
            raise document.error(message, *where, name)
        body.update(id=name, chapter=document.path.parent.name)
        entry = document.validate(_MISCONCEPTION, *where, name)
        if entry.topic not in self.topics:
            raise document.error(f"topic: there is no topic {entry.topic!r} in syllabus.yaml", *where, name, "topic")
        return entry

    def _chaptered(self, path: Path) -> Document:
        document = _mapping(path)
        if path.parent.name not in self.chapters:
            known = ", ".join(self.chapters)
            raise document.error(f"there is no chapter {path.parent.name!r} in syllabus.yaml; known are {known}")
        return document

    def belief(self, name: str) -> Misconception:
        """Return a misconception for people to read. An id that nothing states here says so itself: no report is lost for it."""
        found = self.misconceptions.get(name) or self._general(name)
        if found is not None:
            return found
        said = f"Nothing in this copy of the course says what {name} is: it was renamed, or its entry is missing."
        data = {"id": name, "chapter": "", "believes": name, "holds": said, "topic": name}
        return Misconception.model_validate(data | {"why it fails": said, "ask yourself": "Where is it stated now?"})

    def _general(self, name: str) -> Misconception | None:
        """Return the statement of a misconception that writes itself from the signatures of an exercise."""
        from autograder import general

        for exercise in self.exercises.values():
            if name.startswith(f"{exercise.name.replace('_', '-')}-"):
                source = exercise.solution if exercise.solution.is_file() else exercise.stub(self.root)
                found = general.misconceptions(exercise, parameters(source.read_text(encoding="utf-8")))
                if name in found:
                    return found[name]
        return None

    def choose(self, word: str) -> list[Exercise]:
        """Return the exercises that a word names: one, or all of a chapter (`recurrent`, `attention/`).

        Raises:
            UnknownName: it names neither; the message says what comes near.
        """
        chapter = word.removesuffix("/")
        if chapter in self.chapters and word not in self.exercises:
            if found := [e for e in self.exercises.values() if e.chapter == chapter]:
                return found
            raise UnknownName(f"the chapter {chapter} has no exercises yet")
        return [self.find_exercise(word)]

    def of_track(self, name: str) -> list[Exercise]:
        """Return the exercises of a track.

        Raises:
            UnknownName: there is no such track.
        """
        if name not in self.tracks:
            known = ", ".join(self.tracks) or "none here"
            raise UnknownName(f"there is no track {name!r}; tracks: {known}")
        return [self.exercises[one] for one in self.tracks[name].exercises]

    def find_exercise(self, prefix: str) -> Exercise:
        """Return the exercise that `prefix` begins (`heb` for hebbian, also `feedforward/heb`).

        Raises:
            UnknownName: none or several match; the message says what comes near.
        """
        chapter, _, stem = prefix.removesuffix(".py").rpartition("/")
        chapter = chapter.rpartition("/")[2]
        pool = [e for e in self.exercises.values() if not chapter or e.chapter == chapter]
        exact = [e for e in pool if e.name == stem]
        matches = exact or [e for e in pool if e.name.startswith(stem)]
        if len(matches) == 1:
            return matches[0]
        if matches:
            names = ", ".join(e.name for e in matches[:SHOWN]) + (" and more" if len(matches) > SHOWN else "")
            raise UnknownName(f"{prefix!r} could be any of {names}")
        raise UnknownName(f"there is no exercise {prefix!r}{near(stem, [*self.exercises, *self.chapters])}")


def parameters(source: str) -> dict[str, tuple[str, ...]]:
    """Return the parameters of a module's functions by name."""
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return {f.name: tuple(a.arg for a in (*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs)) for f in functions}


def near(word: object, known: Iterable[str]) -> str:
    """Return the end of a sentence about a name that is not known: what may have been meant."""
    close = difflib.get_close_matches(str(word), dict.fromkeys(known), 3)
    return f"; did you mean {' or '.join(close)}?" if close else "; `anndl status --all` lists them all"


def _mapping(path: Path) -> Document:
    document = read(path)
    if document.data is None:
        document.data = {}
    if not isinstance(document.data, dict):
        raise document.error("this file must be a mapping (`key: value` lines)")
    return document


def _check_id(document: Document, name: object, *location: str | int) -> None:
    if not isinstance(name, str) or not KEBAB.fullmatch(name):
        raise document.error(f"{name!r} is no id: lower-case words joined by hyphens", *location)
