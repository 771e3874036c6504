"""What a class run hands out: read back by the parsers that others use, and safe whatever a student is called."""

from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autograder.catalogue import Catalogue
from autograder.records import Record, Report
from classroom.journal import Change
from classroom.reports import Class, class_html, gradescope, scores_csv, student_html, student_markdown, write_all
from tests.classroom.class_runs import ROOT

NAMES = [
    "ann",
    "Ann",
    "a:b",
    "a_b",
    "=1+1",
    " +2",
    "<script>alert(1)</script>",
    "![x](http://x.example)",
    "x" * 300,
    "..",
]


def report(exercise: str, share: float = 1.0, not_run: bool = False) -> Report:
    right = share == 1
    records = (
        Record("test_one", "one | thing", 4.0, 4.0, "pass")
        if right
        else Record("test_one", "one | thing", 4.0, 4.0 * share, "fail", "no", misconceptions=("hebb-bias-left-out",)),
        Record("test_two", "other", 6.0, None, "not-run", "ours")
        if not_run
        else Record("test_two", "other", 6.0, 6.0, "pass"),
    )
    return Report(exercise, "chapter", records)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue(ROOT)


@pytest.fixture(scope="module")
def group(catalogue: Catalogue) -> Class:
    names = list(catalogue.exercises)
    return Class(
        {
            student: {name: report(name, ((i + j) % 5) / 4, i == 3) for j, name in enumerate(names)}
            for i, student in enumerate(NAMES)
        }
    )


class Loads(HTMLParser):
    """Collects what a page would run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "iframe", "object"):
            self.found.append(tag)
        self.found += [str(v) for k, v in attrs if k in ("src", "href") and not str(v).startswith("data:")]


def test_pages_fetch_and_run_nothing(group: Class, catalogue: Catalogue) -> None:
    pages = [student_html(student, reports, catalogue) for student, reports in group.reports.items()]
    pages.append(class_html(group, catalogue, [Change(NAMES[6], "hebbian", 1, 2, 3, "why")], [(NAMES[6], "lstm")]))
    for page in pages:
        parser = Loads()
        parser.feed(page)
        assert parser.found == []
    assert "Marks that this run changed" in pages[-1]
    assert "Marks of earlier runs" in pages[-1]


def test_markdown_has_no_pictures_links_or_html_of_a_name(group: Class, catalogue: Catalogue) -> None:
    for student in NAMES[6:8]:
        text = student_markdown(student, group.reports[student], catalogue)
        assert "<script" not in text
        assert "](" not in text.replace("\\](", "")
        assert "one \\| thing" in text


def test_a_name_is_no_formula(group: Class) -> None:
    rows = list(csv.DictReader(io.StringIO(scores_csv(group))))
    assert [row["student"] for row in rows][4:6] == ["'=1+1", "' +2"]
    assert rows[3]["complete"] == "no"
    assert float(rows[0]["total"]) == sum(r.earned for r in group.reports["ann"].values())


def test_gradescope_takes_nothing_off_for_what_was_not_run(group: Class) -> None:
    whole, part = (json.loads(gradescope(group.reports[NAMES[i]])) for i in (0, 3))
    assert whole["score"] == pytest.approx(sum(test["score"] for test in whole["tests"]))
    assert {test["status"] for test in whole["tests"]} <= {"passed", "failed"}
    unscored = [test for test in part["tests"] if "score" not in test]
    assert len(unscored) == len(group.exercises)
    assert all("max_score" not in test and "status" not in test for test in unscored)
    assert "graded again" in part["output"]


def test_all_files_and_nobody_gets_anothers(group: Class, catalogue: Catalogue, tmp_path: Path) -> None:
    write_all(tmp_path, group, catalogue, [Change("=1+1", "hebbian", 1, 2, 3, "why")])
    pages = list((tmp_path / "students").glob("*.html"))
    assert len({page.name.casefold() for page in pages}) == len(NAMES)
    assert len(list((tmp_path / "gradescope").iterdir())) == len(NAMES)
    assert not [path for path in tmp_path.parent.iterdir() if path.suffix == ".html"]
    suites = ElementTree.parse(tmp_path / "junit.xml").getroot().findall("testsuite")
    assert len(suites) == len(NAMES) * len(group.exercises)
    assert sum(int(suite.get("skipped", 0)) for suite in suites) == len(group.exercises)
    assert json.loads((tmp_path / "class.json").read_text())["ann"]["hebbian"]["points"] == 10
    assert "'=1+1" in (tmp_path / "changes.csv").read_text()
    write_all(tmp_path, group, catalogue, [])
    assert not (tmp_path / "changes.csv").exists(), "those changes were shown already"
