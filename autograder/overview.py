"""Where a learner stands: the table of chapters and exercises, what comes next, and what to read when all is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.catalogue import Catalogue, Exercise
from autograder.learner import Learner
from autograder.records import Report
from autograder.render import amount, plain_if_needed
from autograder.wording import runnable

Reports = Mapping[str, Report | None]  # None: not started, or not looked at
SIGNS = {
    "passed": ("●", "green"),
    "in progress": ("◐", "yellow"),
    "not graded": ("?", "red"),
    "not started": ("○", "dim"),
}


def print_overview(
    console: Console,
    catalogue: Catalogue,
    learner: Learner,
    reports: Reports,
    unfolded: Collection[str] = (),
    chosen: Collection[str] = (),
) -> None:
    """Print the exercises by chapter, and what to do next.

    Args:
        reports: the last report of each exercise.
        unfolded: chapters whose exercises are listed, besides those in which something is in progress.
        chosen: names of the exercises that count; all if empty.
    """
    exercises = [e for e in catalogue.exercises.values() if not chosen or e.name in chosen]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    right = ("points", "difficulty", "needs")
    for column in ("", "exercise", "state", *right, "what was found"):
        table.add_column(column, justify="right" if column in right else "left")
    for chapter in dict.fromkeys(e.chapter for e in exercises):
        inside = [e for e in exercises if e.chapter == chapter]
        states = [state(reports.get(e.name)) for e in inside]
        passed = states.count("passed")
        together = (
            "passed"
            if passed == len(inside)
            else "not graded"
            if "not graded" in states
            else "not started"
            if set(states) == {"not started"}
            else "in progress"
        )
        sign, style = SIGNS[together]
        done = f"{passed} of {len(inside)} passed"
        table.add_row(Text(plain_if_needed(sign, console), style=style), Text(chapter, style="bold"), done)
        if chapter in unfolded or {"in progress", "not graded"} & set(states):
            for exercise in inside:
                _add(table, exercise, reports.get(exercise.name), console)
    console.print(table)
    console.print()
    passed = sum(state(reports.get(e.name)) == "passed" for e in exercises)
    console.print(Text(f"{passed} of {len(exercises)} exercises passed.", style="bold"))
    following = next_exercise(catalogue, reports, chosen)
    if following is None:
        console.print(finale(catalogue, learner), markup=False)
        return
    path = f"exercises/{following.chapter}/{following.name}.py"
    needs = f"{following.difficulty} of 5, about {following.minutes} minutes"
    console.print(Text.assemble("Next: ", (following.name, "bold"), f", {needs}. Open ", (path, "bold")))
    console.print(runnable(f"and run `anndl watch {following.name}`: it grades whenever you save."), markup=False)


def state(report: Report | None) -> str:
    """Return where a learner stands with an exercise."""
    return report.state if report else "not started"


def _add(table: Table, exercise: Exercise, report: Report | None, console: Console) -> None:
    sign, style = SIGNS[state(report)]
    score = f"{amount(report.earned)} / {amount(report.points)}" if report else ""
    found = "cannot be loaded yet" if report and report.problem else ", ".join(report.misconceptions) if report else ""
    table.add_row(
        "",
        Text.assemble(" ", (plain_if_needed(sign, console), style), f" {exercise.name}"),
        Text(state(report), style=style),
        score,
        f"{exercise.difficulty} of 5",
        f"{exercise.minutes} min",
        Text(found, style="yellow"),
    )


def next_exercise(catalogue: Catalogue, reports: Reports, chosen: Collection[str] = ()) -> Exercise | None:
    """Return the easiest exercise that is not passed and whose prerequisites are, the first of the course among equals.

    With `chosen` only those count, and a prerequisite outside them is no obstacle.
    """
    passed = {name for name in catalogue.exercises if state(reports.get(name)) == "passed"}
    todo = [e for e in catalogue.exercises.values() if e.name not in passed and (not chosen or e.name in chosen)]
    ready = [e for e in todo if not any(other in {one.name for one in todo} for other in e.after)]
    return min(ready, key=lambda e: e.difficulty, default=None)


def finale(catalogue: Catalogue, learner: Learner) -> str:
    """Return what there is to say when everything is passed: what it took, what was learnt on the way, where to go on."""
    entries = [learner.progress[name] for name in catalogue.exercises if name in learner.progress]
    hours, minutes = divmod(round(sum(entry.seconds for entry in entries) / 60), 60)
    took = f"about {hours} h {minutes} min of work" if hours else f"about {minutes} minutes of work"
    days = {entry.passed[:10] for entry in entries if entry.passed}
    alone = sum(not entry.hints and not entry.gave_up for entry in entries)
    lines = [
        f"All done: {took}, finished on {len(days)} {'day' if len(days) == 1 else 'days'}, {alone} without a hint."
    ]
    met: dict[str, int] = {}
    for entry in entries:
        for name, times in entry.misconceptions.items():
            met[name] = met.get(name, 0) + times
    if met:
        name = max(met, key=lambda one: met[one])
        lines.append(f"Met most often on the way ({met[name]} times): {catalogue.belief(name).holds.strip()}")
    lines.append("`anndl solution NAME` shows another way to write it, `anndl show NAME` draws yours at work.")
    lines.append("`make app` has the drills, mock exams, and the book of the mistakes that you have met.")
    return runnable("\n".join(lines))
