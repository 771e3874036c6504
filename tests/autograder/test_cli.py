"""The learner's commands, as a learner runs them: another process, real files, exit statuses."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from autograder.catalogue import Catalogue
from autograder.learner import Learner
from autograder.overview import finale, next_exercise
from autograder.records import Record, Report
from autograder.wording import rejoined

STUB = "exercises/attention/attention.py"
SOLUTION = "solutions/attention/attention.py"


def test_the_way_of_a_learner(anndl, solve):
    course = anndl.course
    fresh = anndl("grade", code=1)
    assert "0 of 1 exercises passed" in fresh
    assert "anndl watch attention" in fresh
    assert "Not started" in anndl("grade", "att", code=1)
    assert "1/3" in anndl("hint", "attention", code=0)
    second = anndl("hint", "attention", code=0)
    assert "2/3" in second
    assert "np.swapaxes(K" in anndl("hint", "attention", code=0)
    assert "You have not passed" in anndl("solution", "attention", code=1)

    solve(" / np.sqrt(Q.shape[-1])")
    wrong = anndl("grade", "attention", code=1)
    assert "attention-unscaled" in wrong
    assert "plain dot products" in wrong
    assert "attention-unscaled" in anndl("status", code=0)

    solve()
    assert "All of it is right" in anndl("grade", "attention", code=0)
    said = anndl("status", code=0)
    assert "1 of 1 exercises passed" in said
    assert "All done" in said
    assert "Met most often on the way (1 times): The scores are Q K^T" in said
    assert "BEGIN SOLUTION" in anndl("solution", "attention", code=0)
    assert "All exercises are passed" in anndl("next", code=0)

    said = anndl("reset", "attention", code=0)
    kept = next((course / ".anndl/backups").iterdir())
    assert kept.name in said
    assert kept.read_text() == (course / SOLUTION).read_text()
    assert "NotImplementedError" in (course / STUB).read_text()
    progress = json.loads((course / ".anndl/progress.json").read_text())["attention"]
    assert progress["passed"]
    assert progress["hints"] == 3
    assert progress["misconceptions"] == {"attention-unscaled": 1}


def test_machine_readable_output(anndl, solve):
    solve(" / np.sqrt(Q.shape[-1])")
    reports = json.loads(anndl("grade", "attention", "--json", "--junit", "out.xml", code=1))
    assert reports[0]["exercise"] == "attention"
    assert 0 < reports[0]["earned"] < reports[0]["points"]
    assert reports[0]["misconceptions"] == ["attention-unscaled"]
    assert ElementTree.parse(anndl.course / "out.xml").getroot()[0].get("name") == "attention.attention"


def test_wrong_use_is_told_in_a_sentence(anndl, tmp_path):
    assert "there is no exercise 'nothing'" in anndl("grade", "nothing", code=2)
    (anndl.course / "course/attention/attention.yaml").write_text("title: [\n")
    assert "attention.yaml:2: no valid YAML" in anndl("grade", code=3)


def test_no_command_ends_in_a_traceback(anndl, solve):
    """`anndl` itself fails the test where stderr holds a traceback."""
    course = anndl.course
    assert "there is no exercise 'attenshun'; did you mean attention?" in anndl("author", "check", "attenshun", code=2)
    solve()
    assert "is missing" in anndl("show", "attention", code=1)  # this course has no figures
    next(course.rglob("test_attention.py")).unlink()
    assert "this suite is missing" in anndl("grade", "attention", code=3)
    assert "test_attention.py: this file is missing" in anndl("author", "check", code=1)
    assert "the tests of attention are missing" in anndl("doctor", code=1)
    assert "No course here" in anndl("status", code=2, root=course / "nowhere")
    doctor = anndl("doctor", code=1, root=course / "nowhere")
    assert "No course here" in doctor
    assert "numpy" in doctor
    assert "workers are confined by" in doctor


def test_an_unknown_misconception_is_named_and_the_report_stays(anndl, solve):
    wrong = next(path for path in anndl.course.rglob("*wrong*.py") if "attention-unscaled" in path.read_text())
    wrong.write_text(wrong.read_text().replace("attention-unscaled", "attention-nowhere"))
    solve(" / np.sqrt(Q.shape[-1])")
    said = anndl("grade", "attention", code=1)
    assert "attention-nowhere" in said
    assert "/ 16" in said
    root = str(anndl.course)
    html = "from autograder.notebook import *; from autograder.learner import Learner; from pathlib import Path;"
    html += f"print(to_html(Learner(Path({root!r})).report('attention'), Catalogue(Path({root!r}))))"
    done = subprocess.run([sys.executable, "-c", html], capture_output=True, text=True)
    assert "attention-nowhere" in done.stdout, done.stderr


def test_a_file_that_is_gone_or_no_text(anndl):
    (anndl.course / STUB).unlink()
    assert "is missing" in anndl("grade", "attention", code=1)
    (anndl.course / STUB).write_bytes(b"\xff\xfe\x00")
    assert "no UTF-8 text" in anndl("grade", "attention", code=1)


def test_broken_progress_is_kept_and_told(anndl):
    (anndl.course / ".anndl").mkdir()
    (anndl.course / ".anndl/progress.json").write_text('{"attention": {"hints"')
    assert "was kept as progress.broken" in anndl("status", code=0)
    assert list((anndl.course / ".anndl").glob("progress.broken-*.json"))


def test_in_process_mode_gives_the_same_report(anndl, solve):
    solve("weights @ V, weights", "weights @ K, weights")
    worker = json.loads(anndl("grade", "attention", "--json", code=1))[0]
    here = json.loads(anndl("grade", "attention", "--json", "--in-process", code=1))[0]
    for record in (*worker["records"], *here["records"]):
        record["seconds"] = 0
    assert worker["records"] == here["records"]
    assert worker["misconceptions"] == here["misconceptions"] == ["attention-context-from-the-keys"]


def test_plain_pytest_runs_a_suite(root, tmp_path):
    wrong = tmp_path / "attention.py"
    solution = (root / SOLUTION).read_text()
    wrong.write_text(solution.replace(" / np.sqrt(Q.shape[-1])", ""))

    def run(file, mode):
        environment = {**os.environ, "ANNDL_SUBMISSION": str(file), "ANNDL_MODE": mode}
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-k",
            "attention",
            "-p",
            "no:cacheprovider",
            "autograder/suites/attention",
        ]
        return subprocess.run(command, capture_output=True, text=True, cwd=root, env=environment, timeout=120)

    for mode in ("in-process", "worker"):
        failed = run(wrong, mode)
        assert failed.returncode == 1, failed.stdout
        assert "attention-unscaled" in failed.stdout
        passed = run(root / SOLUTION, mode)
        assert passed.returncode == 0, passed.stdout


def test_the_table_is_folded_by_chapter(anndl, whole):
    folded = anndl("status", code=0, root=whole)
    assert "0 of 2 passed" in folded
    assert "lstm" not in folded
    assert "Next: hebbian, 1 of 5" in folded
    (whole / "exercises/recurrent/lstm.py").write_text((whole / "solutions/recurrent/lstm.py").read_text())
    anndl("grade", "lstm", code=0, root=whole)
    bptt = (whole / "solutions/recurrent/bptt.py").read_text()
    (whole / "exercises/recurrent/bptt.py").write_text(bptt.replace("def forward", "def forwards", 1))
    said = anndl("grade", "recurrent", code=1, root=whole)
    assert "lstm" in said
    assert "3 of 5" in said
    assert "hebbian" not in said
    assert "1 of 2 exercises passed" in said
    unfolded = anndl("status", code=0, root=whole)  # something is in progress there
    assert "lstm" in unfolded
    assert "backprop" not in unfolded
    assert "backprop" in anndl("status", "feedforward", code=0, root=whole)
    assert "cbow" in anndl("status", "--all", code=0, root=whole)


def test_a_track_is_a_way_through_the_exercises(anndl, whole):
    (whole / "course/tracks.yaml").write_text("exam:\n  title: For the exam\n  exercises: [lstm, hebbian]\n")
    said = anndl("grade", "--track", "exam", code=1, root=whole)
    assert "0 of 2 exercises passed" in said
    assert "Next: hebbian" in said
    assert "there is no track 'exma'; tracks: exam" in anndl("grade", "--track", "exma", code=2, root=whole)


def test_status_reads_no_tests(anndl, whole):
    for suite in (whole / "autograder/suites").rglob("test_*.py"):
        suite.write_text("raise SystemExit('this was run')")
    assert "0 of 8 exercises passed" in anndl("status", "--all", code=0, root=whole)
    assert "0 of 8 exercises passed" in anndl("grade", code=1, root=whole)


def test_next_is_the_easiest_that_one_is_ready_for(root):
    catalogue = Catalogue(root)
    done = Report("", "", (Record("t", "t", 1, 1, "pass"),))
    reports = {}
    order = []
    while (following := next_exercise(catalogue, reports)) is not None:
        assert set(following.after) <= set(order)
        ready = [e for e in catalogue.exercises.values() if e.name not in order and set(e.after) <= set(order)]
        assert following.difficulty == min(e.difficulty for e in ready)
        order.append(following.name)
        reports[following.name] = done
    assert len(order) == len(catalogue.exercises)


def test_the_assignment_is_joined_to_the_terminals_width(anndl, whole):
    wrapped = "A long line that was wrapped by hand at about the width of an editor, which is wider than most\nterminals are.\n"
    assert rejoined(wrapped * 2).count("\n") == 3  # these lines are short enough to be meant
    wrapped = "word " * 23 + "\ngoes on\n\n    a = b + c\n    d = e\n"
    assert rejoined(wrapped) == "word " * 22 + "word goes on\n\n    a = b + c\n    d = e"
    lines = anndl("next", code=0, root=whole).splitlines()
    assert max(map(len, lines)) <= 100


def test_another_file_can_be_graded(anndl, solve):
    course = anndl.course
    (course / "mine.py").write_text((course / SOLUTION).read_text().replace(" / np.sqrt(Q.shape[-1])", ""))
    assert "attention-unscaled" in anndl("grade", "attention", "--file", "mine.py", code=1)
    assert "0 of 1 exercises passed" in anndl("status", code=0)
    assert not (course / ".anndl/reports").exists()
    assert "nothing.py is missing" in anndl("grade", "attention", "--file", "nothing.py", code=2)
    assert "--file needs the name of one exercise" in anndl("grade", "--file", "mine.py", code=2)


def test_a_byte_order_mark_is_no_mistake(anndl):
    (anndl.course / STUB).write_bytes(b"\xef\xbb\xbf" + (anndl.course / SOLUTION).read_bytes())
    assert "All of it is right" in anndl("grade", "attention", code=0)


def test_a_huge_file_is_the_students_own(anndl):
    (anndl.course / STUB).write_text("x = '" + "a" * 5_000_000 + "'\n")
    said = anndl("grade", "attention", code=1)
    assert f"your file {STUB} has 5.0 MB; at most 1 MB is graded" in said.replace("\n  ", " ")
    assert "doctor" not in said


def test_a_solution_is_never_cropped(anndl, whole):
    bptt = whole / "solutions/recurrent/bptt.py"
    assert anndl("solution", "bptt", "--give-up", code=0, root=whole) == bptt.read_text()


def test_help_has_sections_and_a_word_chooses_its_room(anndl):
    said = anndl("--help", code=0)
    sections = [said.index(f" {name} ") for name in ("Learn", "Instructors", "Authors")]
    assert sections == sorted(sections)
    assert said.index(" grade ") < sections[1] < said.index(" class ") < sections[2] < said.index(" bank ")
    assert "install-completion" in said
    assert "there is no exercise 'class'" in anndl("grade", "class", code=2)
    code = "import sys; sys.argv = ['anndl', 'hint', 'train']; from autograder.cli import main\n"
    code += "try: main()\nexcept SystemExit: pass\nprint([m for m in sys.modules if m.split('.')[0] in ('reference', 'classroom')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done


def test_the_shell_completes_names(anndl):
    environment = {**os.environ, "ANNDL_ROOT": str(anndl.course), "_ANNDL_COMPLETE": "complete_bash", "COMP_WORDS": "anndl grade att", "COMP_CWORD": "2"}  # fmt: skip
    done = subprocess.run([Path(sys.executable).with_name("anndl")], capture_output=True, text=True, env=environment)
    assert done.stdout.split() == ["attention"]


def test_commands_work_where_anndl_is_not_on_the_path(anndl):
    said = anndl("grade", code=1, environment={"PATH": "/usr/bin:/bin"})
    command = said.rpartition("run `")[2].partition(" watch")[0].replace("\n", "")
    assert Path(command).resolve().is_file()


def test_show_opens_the_picture(anndl, whole, tmp_path):
    opener = tmp_path / "bin" / "xdg-open"
    opener.parent.mkdir()
    opener.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    opener.chmod(0o755)
    (whole / "exercises/feedforward/hebbian.py").write_text((whole / "solutions/feedforward/hebbian.py").read_text())
    environment = {"PATH": f"{opener.parent}:{os.environ['PATH']}"}
    said = anndl("show", "hebbian", "--open", code=0, root=whole, environment=environment)
    assert ".anndl/figures/hebbian.png" in said
    assert (tmp_path / "opened").read_text().strip().endswith("hebbian.png")


def test_what_is_said_when_all_is_done(course):
    learner = Learner(course)
    entry = learner.of("attention")
    entry.seconds, entry.passed, entry.hints = 5400.0, "2026-11-24T10:00:00+00:00", 0
    said = finale(Catalogue(course), learner)
    assert "about 1 h 30 min of work, finished on 1 day, 1 without a hint" in said
    assert "make app" in said


def test_time_at_work_leaves_out_long_pauses(course, monkeypatch):
    from autograder import learner

    times = iter(["10:00:00", "10:05:00", "12:00:00", "12:01:00"])
    monkeypatch.setattr(learner, "_now", lambda: f"2026-11-24T{next(times)}+00:00")
    here = Learner(course)
    for _ in range(4):
        here.remember(Report("attention", "attention", (Record("t", "t", 1, 0, "fail"),)))
    assert here.of("attention").seconds == 360
