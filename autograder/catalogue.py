"""The course as data: syllabus, exercises and misconceptions, read from `course/` and checked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from autograder.errors import UnknownName
from autograder.yamlfile import CourseError, Document, read

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


class Exercise(_Data):
    """The card and the hints of one exercise; statement and code are in its solution file."""

    name: str
    chapter: str
    title: Text
    difficulty: int = Field(ge=1, le=5)
    minutes: int = Field(gt=0)
    topic: Text
    after: tuple[str, ...] = ()
    framework: Literal["numpy", "torch"] = "numpy"
    functions: tuple[str, ...] = Field(min_length=1)
    # elements of a function's returned tuple that only the submission itself reads, such as backprop's cache;
    # an empty list: whatever the function returns is free
    opaque: dict[str, tuple[int, ...]] = {}
    hints: tuple[Text, Text, Text]  # a question, the idea, the key line
    figure: Text  # what the picture shows
    read: Text  # where to read on

    @property
    def card(self) -> str:
        """The first line of stub, solution and notebook."""
        after = f" · after: {', '.join(self.after)}" if self.after else ""
        return f"{self.title} · {self.difficulty} of 5 · {self.minutes} minutes{after}"

    def file(self, root: Path, tree: Literal["exercises", "solutions", "reference", "figures"]) -> Path:
        """Return this exercise's file in one of the parallel trees."""
        return root / tree / self.chapter / f"{self.name}.py"

    def suite(self, root: Path) -> Path:
        """Return the file of the grading suite."""
        return root / "autograder" / "suites" / self.chapter / f"test_{self.name}.py"


class Chapter(_Data):
    """One chapter of the course."""

    id: str
    title: Text
    topics: tuple[Topic, ...]


class Catalogue:
    """Everything in `course/` but the question bank. Each part is read when it is first asked for.

    Raises (on access):
        CourseError: with file, line and what to do.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "course"

    @cached_property
    def chapters(self) -> dict[str, Chapter]:
        """Chapters by id, in the order of the course."""
        document = _mapping(self.folder / "syllabus.yaml")
        chapters = {}
        seen: dict[str, str] = {}
        for chapter, body in document.data.items():
            if not isinstance(body, dict) or set(body) != {"title", "topics"} or not isinstance(body["topics"], dict):
                raise document.error("a chapter has a `title` and `topics` (a mapping of id to title)", chapter)
            topics = []
            for topic, title in body["topics"].items():
                _check_id(document, topic, chapter, "topics", topic)
                if topic in seen:
                    raise document.error(f"the topic {topic} already stands in {seen[topic]}", chapter, "topics", topic)
                seen[topic] = chapter
                topics.append(Topic(id=topic, title=title, chapter=chapter))
            chapters[chapter] = Chapter(id=chapter, title=body["title"], topics=tuple(topics))
        return chapters

    @cached_property
    def topics(self) -> dict[str, Topic]:
        """Topics by id, in the order of the course."""
        return {topic.id: topic for chapter in self.chapters.values() for topic in chapter.topics}

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """Exercises by name: chapters in the order of the course, and within a chapter what comes `after` comes later."""
        order = list(self.chapters)
        found: dict[str, Exercise] = {}
        for path in sorted((self.folder / "exercises").glob("*/*.yaml")):
            exercise = self._exercise(path)
            if exercise.name in found:
                raise CourseError(path, 1, f"there are two exercises called {exercise.name}")
            found[exercise.name] = exercise
        for exercise in found.values():
            for other in exercise.after:
                if other not in found:
                    path = self.folder / "exercises" / exercise.chapter / f"{exercise.name}.yaml"
                    raise CourseError(path, read(path).line(("after",)), f"after: there is no exercise called {other}")

        def depth(name: str, path: tuple[str, ...] = ()) -> int:
            if name in path:
                file = self.folder / "exercises" / found[name].chapter / f"{name}.yaml"
                line = read(file).line(("after",))
                raise CourseError(file, line, f"`after` runs in a circle: {' -> '.join((*path, name))}")
            return 1 + max((depth(other, (*path, name)) for other in found[name].after), default=0)

        ranked = sorted(found.values(), key=lambda e: (order.index(e.chapter), depth(e.name), e.difficulty, e.name))
        return {exercise.name: exercise for exercise in ranked}

    def _exercise(self, path: Path) -> Exercise:
        document = _mapping(path)
        name, chapter = path.stem, path.parent.name
        if not name.isidentifier():
            raise document.error(f"an exercise's file name is a Python name, {name!r} is none")
        if chapter not in self.chapters:
            raise document.error(
                f"there is no chapter {chapter!r} in syllabus.yaml; known are {', '.join(self.chapters)}"
            )
        document.data.update(name=name, chapter=chapter)
        exercise = document.validate(Exercise)
        if exercise.topic not in self.topics:
            raise document.error(f"topic: there is no topic {exercise.topic!r} in syllabus.yaml", "topic")
        for function in exercise.opaque:
            if function not in exercise.functions:
                raise document.error(f"opaque: {function} is not among the functions", "opaque", function)
        return exercise

    @cached_property
    def misconceptions(self) -> dict[str, Misconception]:
        """Misconceptions by id."""
        adapter = TypeAdapter(Misconception)
        found: dict[str, Misconception] = {}
        for path in sorted((self.folder / "misconceptions").glob("*.yaml")):
            document = _mapping(path)
            chapter = path.stem
            if chapter not in self.chapters:
                raise document.error(
                    f"there is no chapter {chapter!r} in syllabus.yaml; known are {', '.join(self.chapters)}"
                )
            for name, body in document.data.items():
                _check_id(document, name, name)
                if not isinstance(body, dict):
                    raise document.error(
                        "a misconception has the fields believes, why it fails, holds, ask yourself, topic", name
                    )
                body.update(id=name, chapter=chapter)
                entry = document.validate(adapter, name)
                if entry.topic not in self.topics:
                    raise document.error(f"topic: there is no topic {entry.topic!r} in syllabus.yaml", name, "topic")
                if name in found:
                    raise document.error(f"the misconception {name} already stands in {found[name].chapter}.yaml", name)
                found[name] = entry
        return found

    def belief(self, name: str) -> Misconception:
        """Return a misconception for people to read. An id that nothing states here says so itself: no report is lost for it."""
        found = self.misconceptions.get(name)
        if found is not None:
            return found
        said = f"Nothing in this copy of the course says what {name} is: it was renamed, or its entry is missing."
        data = {"id": name, "chapter": "", "believes": name, "holds": said, "topic": name}
        return Misconception.model_validate(data | {"why it fails": said, "ask yourself": "Where is it stated now?"})

    @cached_property
    def tracks(self) -> dict[str, tuple[str, ...]]:
        """Names of exercises by track, such as those that an exam asks for."""
        path = self.folder / "tracks.yaml"
        if not path.is_file():
            return {}
        document = _mapping(path)
        for track, names in document.data.items():
            if not isinstance(names, list):
                raise document.error("a track is a list of exercises", track)
            for index, name in enumerate(names):
                if name not in self.exercises:
                    raise document.error(f"there is no exercise {name!r}{near(name, self.exercises)}", track, index)
        return {track: tuple(names) for track, names in document.data.items()}

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
        return [self.exercises[one] for one in self.tracks[name]]

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


def near(word: object, known: Iterable[str]) -> str:
    """Return the end of a sentence about a name that is not known: what may have been meant."""
    close = difflib.get_close_matches(str(word), known, 3)
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
