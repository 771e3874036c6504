"""What a grading says: one record per test, one report per submission. Terminal, JSON and JUnit all read these."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal
from xml.etree import ElementTree

from autograder.calls import Isolation

Status = Literal["pass", "fail", "error", "timeout", "crashed", "not-run"]
State = Literal["not started", "in progress", "passed", "not graded"]


@dataclass(frozen=True)
class Detail:
    """What was called and what came: for the learner's own checks, never for hidden ones."""

    called: str = ""
    returned: str = ""
    expected: str = ""
    difference: str = ""
    line: int | None = None
    source: str = ""
    printed: str = ""
    cell: tuple[int, int] | None = None  # of a notebook: the number of the cell, and of the line in it

    @property
    def where(self) -> str:
        """The place in the submission, in words; empty where it is not known."""
        if self.cell:
            return f"cell {self.cell[0]}, line {self.cell[1]}"
        return f"line {self.line}" if self.line else ""


@dataclass(frozen=True)
class Record:
    """What one test said.

    `message` is safe to show for a hidden check: it names the property, never inputs, expected values or sources.
    `not-run` means that the fault is the grader's: `earned` is None, no point is lost, and it is to be graded again.
    """

    test: str
    title: str
    points: float
    earned: float | None
    status: Status
    message: str = ""
    told: str = ""  # what may be said of it even where the check is hidden; `HIDDEN` where it is empty
    hints: tuple[str, ...] = ()
    detail: Detail | None = None
    misconceptions: tuple[str, ...] = ()  # earned: their version answers every call of this test as the submission does
    resembles: tuple[str, ...] = ()  # this result is also what these would give, which is too little for a name
    carried: tuple[str, ...] = ()  # passed only with right versions of these functions in place of the submission's own
    waiting: bool = False  # cannot be judged before another result is right; shown neither as right nor as failed
    unfinished: bool = False  # the function still raises NotImplementedError
    seconds: float = 0.0

    def hidden(self) -> Record:
        """Return the record without anything that quotes a hidden check; an exception's text could, so `told` stands for it."""
        message = self.message if self.status == "pass" or self.unfinished else self.told or HIDDEN[self.status]
        return replace(self, message=message, hints=(), detail=None)


@dataclass(frozen=True)
class Named:
    """One misconception, or two that act together, and the failed tests that they explain."""

    misconceptions: tuple[str, ...]
    tests: tuple[str, ...]


HIDDEN = {
    "fail": "this does not hold yet",
    "error": "your code raised an exception",
    "timeout": "your code ran out of time",
    "crashed": "your code ended its process",
    "not-run": "the grader could not run this test; it costs no point and will be graded again",
}
HIDDEN_PROBLEM = (
    "your file could not be loaded: it is not Python yet, or importing it raises an exception or does not end"
)


@dataclass(frozen=True)
class Report:
    """All records of a submission."""

    exercise: str
    chapter: str
    records: tuple[Record, ...]
    problem: str = ""  # one sentence where the module could not even be loaded
    isolation: Isolation = field(default_factory=Isolation)
    seconds: float = 0.0
    hashes: Mapping[str, str] = field(default_factory=dict)  # submission, suite, versions

    @property
    def points(self) -> float:
        """The most that could be earned."""
        return sum(record.points for record in self.records)

    @property
    def earned(self) -> float:
        """What was earned; tests that were not run count as nothing yet."""
        return sum(record.earned or 0 for record in self.records)

    @property
    def failed(self) -> tuple[Record, ...]:
        """The records of tests that the submission as it stands does not pass."""
        return tuple(r for r in self.records if (r.status != "pass" and not r.waiting) or r.carried)

    @property
    def named(self) -> tuple[Named, ...]:
        """What was diagnosed, the most telling first: by the points that hang on it."""
        found: dict[tuple[str, ...], list[Record]] = {}
        for record in self.records:
            if record.misconceptions:
                found.setdefault(record.misconceptions, []).append(record)
        ranked = sorted(found.items(), key=lambda entry: -sum(record.points for record in entry[1]))
        return tuple(Named(ids, tuple(record.test for record in records)) for ids, records in ranked)

    @property
    def misconceptions(self) -> tuple[str, ...]:
        """The ids of what was diagnosed, the most telling first."""
        return tuple(dict.fromkeys(one for named in self.named for one in named.misconceptions))

    @property
    def complete(self) -> bool:
        """False where a test was not run through a fault of ours, so that the mark is provisional."""
        return all(record.status != "not-run" for record in self.records)

    @property
    def state(self) -> State:
        """Where the learner stands."""
        if not self.complete:
            return "not graded"
        if all(record.status == "pass" for record in self.records):
            return "passed"
        if not self.problem and self.earned == 0 and all(record.unfinished for record in self.records):
            return "not started"
        return "in progress"

    def hidden(self) -> Report:
        """Return what a student may see of hidden checks: the property and the misconception, no input, value or source."""
        # no call was made when the module was loaded, so there is no input that its text could quote; but there may be files
        problem = HIDDEN_PROBLEM if self.problem and not self.isolation.files_closed else self.problem
        return replace(self, records=tuple(record.hidden() for record in self.records), problem=problem)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        derived = {"points": self.points, "earned": self.earned, "state": self.state}
        return {**asdict(self), **derived, "misconceptions": list(self.misconceptions)}

    def to_json(self) -> str:
        """Return the report as JSON text."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """Rebuild a report from `to_dict`'s data.

        Raises:
            KeyError, TypeError: the data is not a report.
        """
        records = tuple(
            Record(**_as_tuples(item) | {"detail": Detail(**_as_tuples(item["detail"])) if item["detail"] else None})
            for item in data["records"]
        )  # fmt: skip
        isolation = data["isolation"]
        return cls(
            exercise=data["exercise"],
            chapter=data["chapter"],
            records=records,
            problem=data["problem"],
            isolation=Isolation(
                **{**isolation, "layers": tuple(isolation["layers"]), "missing": tuple(isolation["missing"])}
            ),
            seconds=data["seconds"],
            hashes=data["hashes"],
        )


def _as_tuples(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in item.items()}


def junit(reports: list[Report]) -> str:
    """Return reports as JUnit XML, one suite per exercise."""
    root = ElementTree.Element("testsuites")
    for report in reports:
        bad = [record for record in report.records if record.status != "pass"]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=f"{report.chapter}.{report.exercise}",
            tests=str(len(report.records)),
            failures=str(sum(record.status == "fail" for record in bad)),
            errors=str(sum(record.status in ("error", "timeout", "crashed") for record in bad)),
            skipped=str(sum(record.status == "not-run" for record in bad)),
            time=f"{report.seconds:.3f}",
        )
        for record in report.records:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=f"{report.chapter}.{report.exercise}",
                name=record.test,
                time=f"{record.seconds:.3f}",
            )
            if record.status == "pass":
                continue
            tag = {"fail": "failure", "not-run": "skipped"}.get(record.status, "error")
            element = ElementTree.SubElement(case, tag, message=_xml(record.message), type=record.status)
            if record.misconceptions:
                element.text = "misconception: " + ", ".join(record.misconceptions)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode")


def _xml(text: str) -> str:
    return "".join(
        c if c in "\t\n" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" else "\N{REPLACEMENT CHARACTER}"
        for c in text
    )
