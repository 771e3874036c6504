"""From an empty folder to returned feedback, with nbgrader's own commands; marks are those of `anndl class grade`."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from rich.console import Console
from typer.testing import CliRunner

from autograder.catalogue import Catalogue
from autograder.extract import notebook_source
from autograder.grading import Grader, secret_key
from classroom.cli import group
from classroom.doctor import report as doctor
from classroom.release import release
from tests.classroom.corpus.builders import Case, build, cases, module
from tests.classroom.rounds import ROOT, Classroom, Notebook, cell, read, save, solve

EXERCISE = "hebbian"


def right(notebook: Notebook, source: Notebook) -> None:
    """Everything right; warnings, progress bars, plots and questions around it."""
    solve(notebook, source, EXERCISE)
    noise = "import sys, warnings\nwarnings.warn('old')\nprint('50%', file=sys.stderr)\nname = input('Your name? ')"
    notebook.cells.insert(4, new_code_cell(noise))
    notebook.cells.insert(5, new_code_cell("%matplotlib inline\n!ls\nnumbers = [float('nan')] * 10**7\nnumbers"))
    cell(notebook, "hebbian-explain").source = "Because the weights move towards the example."


def wrong(notebook: Notebook, source: Notebook) -> None:
    """One known misconception: partial credit."""
    solve(notebook, source, EXERCISE)
    update = cell(notebook, "hebbian-hebbian_update")
    assert "eta * t * x" in update.source
    update.source = update.source.replace("w + eta * t * x", "w + eta * x")


def ends_the_process(notebook: Notebook, source: Notebook) -> None:
    """One function kills its process; the others are right."""
    solve(notebook, source, EXERCISE)
    update = cell(notebook, "hebbian-hebbian_update")
    update.source = "def hebbian_update(w, x, t, eta):\n    import os\n    os._exit(0)"


def floods(notebook: Notebook, source: Notebook) -> None:
    """Right, with a flood on both streams; another cell ends the kernel and one never ends."""
    solve(notebook, source, EXERCISE)
    update = cell(notebook, "hebbian-predict")
    lines = update.source.splitlines()
    at = next(i for i, line in enumerate(lines) if line.strip().startswith("return"))
    lines.insert(at, "    import warnings; warnings.warn('x' * 9999); print('y' * 9999)")
    update.source = "\n".join(lines)
    notebook.cells.append(new_code_cell("while True:\n    pass"))
    notebook.cells.append(new_code_cell("import os\nos._exit(1)"))


def stripped(notebook: Notebook, source: Notebook) -> None:
    """Right, but an editor threw away all metadata and ids."""
    solve(notebook, source, EXERCISE)
    cell(notebook, "hebbian-explain").source = "My own words."
    for item in notebook.cells:
        item.metadata = nbformat.NotebookNode()
        item.pop("id", None)
    notebook.metadata = nbformat.NotebookNode()
    notebook.nbformat_minor = 4


def copied(notebook: Notebook, source: Notebook) -> None:
    """Right, with every cell copied, and the copies in reverse order; types and tags changed."""
    solve(notebook, source, EXERCISE)
    copies = [nbformat.from_dict(json.loads(json.dumps(item))) for item in notebook.cells]
    notebook.cells.extend(reversed(copies))
    cell(notebook, "hebbian-grade").metadata["nbgrader"]["points"] = 1000
    cell(notebook, "hebbian-predict").metadata["nbgrader"]["schema_version"] = 99
    cell(notebook, "hebbian-setup").metadata["nbgrader"] = "nonsense"


def scripts(notebook: Notebook, source: Notebook) -> None:
    """Nothing solved; HTML and scripts for whoever opens the page."""
    attack = "<script>alert('owned')</script><img src=x onerror=\"alert('owned')\">"
    cell(notebook, "hebbian-explain").source = attack + "\n\n[click](javascript:alert('owned'))"
    notebook.cells.append(new_raw_cell(attack))
    notebook.cells.append(new_markdown_cell("### BEGIN HIDDEN TESTS\n" + attack))
    code = new_code_cell("1")
    code.outputs = [nbformat.v4.new_output("display_data", {"text/html": attack, "application/javascript": "alert(1)"})]
    notebook.cells.append(code)


def forges(notebook: Notebook, source: Notebook) -> None:
    """Nothing solved; the outputs and the check cell say otherwise."""
    graded = cell(notebook, "hebbian-grade")
    graded.source = "1000"
    graded.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "1000"}, execution_count=1)]
    notebook.cells.insert(0, new_code_cell("def grade(name):\n    return 1000\ncheck = grade"))


def broken(notebook: Notebook, source: Notebook) -> None:
    """Right; its file is spoilt after collecting."""
    solve(notebook, source, EXERCISE)


Solver = Callable[[Notebook, Notebook], None]
STUDENTS: dict[str, Solver] = {
    "right": right,
    "wrong": wrong,
    "exits": ends_the_process,
    "floods": floods,
    "stripped": stripped,
    "copied": copied,
    "scripts": scripts,
    "forges": forges,
    "broken": broken,
}


SAMPLE = {
    "zeros in w", "sleep", "torch for a try", "train into its own name", "star import", "a table filled by a loop",
    "a constant that train alone needs and nobody can have", "an operator at the beginning of a line", "a missing colon in train",
    "pip over two lines", "a misspelt name", "1500 elif", "half a character", "an attachment that is missing",
    "hebbian in colab", "hebbian in vscode", "hebbian in black", "windows line endings",
}  # fmt: skip
CORPUS = [case for case in cases() if case.name in SAMPLE]
HUGE = "huge"  # its code is larger than a hand-in may be


def student_of(case: Case) -> str:
    """A name that a folder may have."""
    return case.name.replace(" ", "-")


ALL = [*STUDENTS, *map(student_of, CORPUS), HUGE]


def hand_in(room: Classroom, student: str, notebook: Notebook) -> None:
    """Put a notebook where nbgrader looks for it, as one does with files from a learning platform."""
    folder = room.course / "submitted" / student / room.assignment
    folder.mkdir(parents=True)
    save(notebook, folder / f"{EXERCISE}.ipynb")
    (folder / "timestamp.txt").write_text("2026-11-02 10:00:00.000000 UTC")


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Classroom:
    """A whole round: everything that the tests below look at has happened."""
    room = Classroom(tmp_path_factory.mktemp("round"))
    release(ROOT, room.course, room.assignment, [Catalogue(ROOT).exercises[EXERCISE]], "anndl")
    room.configure(f"c.Exchange.root = {str(room.exchange)!r}", f"c.Confined.key_file = {str(room.key)!r}")
    room.nbgrader("generate_assignment", room.assignment)
    room.nbgrader("release_assignment", room.assignment)
    source = read(room.course / "source" / room.assignment / f"{EXERCISE}.ipynb")
    for student, solver in STUDENTS.items():
        home = room.home(student)
        room.nbgrader("fetch_assignment", room.assignment, at=home)
        path = home / room.assignment / f"{EXERCISE}.ipynb"
        notebook = read(path)
        solver(notebook, source)
        save(notebook, path)
        room.nbgrader("submit", room.assignment, at=home)
    room.nbgrader("collect", room.assignment)
    victim = room.course / "submitted" / "broken" / room.assignment / f"{EXERCISE}.ipynb"
    whole = victim.read_text(encoding="utf-8")
    victim.chmod(0o644)
    victim.write_text("<<<<<<< HEAD\n" + whole + "=======\n" + whole + ">>>>>>> theirs\n", encoding="utf-8")
    for case in CORPUS:
        hand_in(room, student_of(case), build(case))
    hand_in(room, HUGE, build(Case("huge", after=("x = '" + "x" * (1 << 20) + "'",))))
    first = room.nbgrader("autograde", room.assignment, status=None)
    assert first.status != 0
    assert "broken" in first.said
    assert "was not graded, and has no mark: the notebook holds" in first.said
    assert doctor(room.course, True, Console(file=io.StringIO())) == 0
    room.nbgrader("autograde", room.assignment, "--student", "broken")
    return room


@pytest.fixture(scope="module")
def returned(classroom: Classroom) -> Classroom:
    """The same with its feedback."""
    made = classroom.nbgrader("generate_feedback", classroom.assignment)
    assert "InvalidNotebook" not in made.said
    return classroom


def test_marks(classroom: Classroom) -> None:
    """What is right earns all, whatever stands around it; what is wrong costs only itself; forging earns nothing."""
    full = Grader(ROOT).bench(EXERCISE).suite.points
    scores = {student: classroom.score(student, EXERCISE) for student in STUDENTS}
    assert [s for s in STUDENTS if scores[s] == full] == ["right", "floods", "stripped", "copied", "broken"]
    assert 0 < (scores["wrong"] or 0) < full
    assert 0 < (scores["exits"] or 0) < full
    assert scores["scripts"] == scores["forges"] == 0


def test_marks_are_those_of_class_grading(classroom: Classroom, tmp_path: Path) -> None:
    """The very files that nbgrader graded, by `anndl class grade`."""
    hand_ins, out = tmp_path / "class", tmp_path / "grades"
    for student in ALL:
        (hand_ins / student).mkdir(parents=True)
        sent = classroom.course / "submitted" / student / classroom.assignment / f"{EXERCISE}.ipynb"
        shutil.copy(sent, hand_ins / student / f"{student}_4711_{EXERCISE} (1).ipynb")
    arguments = [str(hand_ins), "--exercises", EXERCISE, "--out", str(out), "--key", str(classroom.key)]
    result = CliRunner().invoke(
        group, ["grade", *arguments, "--processes", "1"] if len(group.registered_commands) > 1 else arguments
    )
    assert result.exit_code == 3, result.output
    assert f"{HUGE}, hebbian: the notebook holds" in result.output
    with (out / "scores.csv").open(newline="") as file:
        marks = {row["student"]: row[EXERCISE] for row in csv.DictReader(file)}
    assert marks.pop(HUGE) == ""
    assert {s: float(mark) for s, mark in marks.items()} == {s: classroom.score(s, EXERCISE) for s in marks}


def test_marks_of_the_corpus(classroom: Classroom) -> None:
    """A sample of the corpus through nbgrader's own commands; what cannot be graded has no mark."""
    grader = Grader(ROOT)
    for case in CORPUS:
        fair = grader.grade(EXERCISE, module(case), key=secret_key(classroom.secret, student_of(case), EXERCISE, 1))
        assert classroom.score(student_of(case), EXERCISE) == fair.earned, case.name
    assert classroom.score(HUGE, EXERCISE) is None
    classroom.nbgrader("export")
    with (classroom.course / "grades.csv").open(newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["student_id"] == HUGE)
    assert (row["score"], row["raw_score"]) == ("", "")
    assert "not graded yet" in row["note"]


def test_the_answer_in_words_waits_for_a_person_and_counts_then(classroom: Classroom) -> None:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{classroom.course / 'gradebook.db'}") as gradebook:
        waiting = {}
        for student in STUDENTS:
            grade = gradebook.find_grade("hebbian-explain", EXERCISE, classroom.assignment, student)
            waiting[student] = bool(grade.needs_manual_grade)
        assert [s for s, waits in waiting.items() if waits] == ["right", "stripped", "scripts"]
        grade = gradebook.find_grade("hebbian-explain", EXERCISE, classroom.assignment, "right")
        grade.manual_score, grade.needs_manual_grade = 3.0, False
        gradebook.db.commit()
    classroom.nbgrader("export")
    with (classroom.course / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file) if row["student_id"] != HUGE}
    assert rows["right"] == (classroom.score("right", EXERCISE) or 0) + 3
    assert rows["floods"] == classroom.score("floods", EXERCISE)


def test_feedback_comes_back_and_keeps_its_secrets(returned: Classroom) -> None:
    classroom = returned
    classroom.nbgrader("release_feedback", classroom.assignment, "--student", "wrong")
    home = classroom.home("wrong")
    classroom.nbgrader("fetch_feedback", classroom.assignment, at=home)
    assert list(home.rglob("feedback/**/hebbian.html"))
    grader = Grader(ROOT)
    for student in [student for student in ALL if student != HUGE]:
        page = classroom.feedback(student, EXERCISE)
        assert "For the instructor" not in page
        body = page[page.index("<body") :]
        assert "grade(&" not in body
        assert 'grade("' not in re.sub("<[^>]+>", "", body)
        assert "END HIDDEN" not in body
        assert classroom.key.read_text().strip() not in page
        for test in grader.bench(EXERCISE).suite.tests:
            assert f"def {test.name}" not in body
    page = classroom.feedback("wrong", EXERCISE)
    (name,) = re.findall(r"<small>\(([a-z0-9-]+)\)</small>", page)[:1]
    assert name in grader.catalogue.misconceptions
    source = notebook_source(
        [c.source for c in classroom.autograded("wrong", EXERCISE).cells], ("predict", "hebbian_update", "train")
    )
    seed = secret_key(classroom.key.read_bytes().strip(), "wrong", EXERCISE, 1)
    details = [r.detail for r in grader.grade(EXERCISE, source, key=seed).records if r.detail is not None]
    assert details
    shown = html.unescape(re.sub("<[^>]+>", "", page))
    for detail in details:
        assert not any(len(text) > 8 and text in shown for text in (detail.called, detail.returned, detail.expected))


WHY = {
    "a-missing-colon-in-train": [
        "train raised SyntaxError",
        "expected ",
        "cell 4, line 1",
        "def train(w, X, t, eta, max_epochs)",
    ],
    "a-misspelt-name": ["train raised NameError", "max_epoch", "is not defined", "return w, max_epoch, False"],
    "a-constant-that-train-alone-needs-and-nobody-can-have": [
        "train raised EOFError",
        "cell 2, line 1",
        "ONE = int(input())",
    ],
    "exits": ["os may not be imported here", "os._exit"],
    "wrong": ["What holds:", "Your results are those of this belief", "It explains:"],
}


@pytest.mark.parametrize("student", WHY)
def test_feedback_says_why(returned: Classroom, student: str) -> None:
    """Kind, place and the student's own line; a test that costs points is there once; the instructor sees all."""
    shown = html.unescape(re.sub("<[^>]+>", "", returned.feedback(student, EXERCISE)))
    assert [text for text in WHY[student] if text not in shown] == []
    title = "epochs counts the passes made, the clean one included"
    assert shown.count(title) <= 2  # as a loss or as what holds, and in the sentence about a belief
    [output] = [
        o
        for o in cell(returned.autograded(student, EXERCISE), "hebbian-grade").outputs
        if o.output_type == "display_data"
    ]
    assert "full record" in output.data["text/html"]


def test_no_script_of_a_student_reaches_another_persons_page(returned: Classroom) -> None:
    page = returned.feedback("scripts", EXERCISE)
    assert "owned" in page  # it shows, as text
    assert not re.search(r"<script[^>]*>\s*alert\(", page)
    assert "onerror=" not in re.sub(r"&lt;.*?&gt;", "", page)
    assert not re.search(r"href=.?javascript:", page)
