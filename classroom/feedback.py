"""What a student and an instructor read about one report: each loss once, with its test, the belief behind it and what holds.

HTML without style sheets or scripts, for nbgrader's pages and our own. `feedback` is for hidden checks and takes a hidden
report; `full_record` is for the instructor alone.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from autograder.catalogue import Catalogue
from autograder.records import Record, Report
from autograder.render import amount

RED, GREEN = "#b00020", "#0a6b3d"


def feedback(report: Report, catalogue: Catalogue) -> str:
    """Return a report as HTML: what costs points first, then the beliefs behind it, then what holds already."""
    e = html.escape
    parts = [f"<p>{amount(report.earned)} of {amount(report.points)} points</p>"]
    if report.problem:
        return parts[0] + f'<p style="color:{RED}">{e(report.problem)}</p>'
    if lost := [record for record in report.records if record.status != "pass"]:
        parts.append(_table("does not hold yet", "why", lost))
    if carried := [record for record in report.records if record.carried]:
        parts.append(_table("counted with right versions of other functions", "", carried))
    parts += [_belief(names, tests, report, catalogue) for names, tests in _found(report)]
    if held := [r.title for r in report.records if r.status == "pass" and not r.carried]:
        items = "".join(f"<li>{e(title)}</li>" for title in held)
        parts.append(
            f'<details><summary style="color:{GREEN}">{len(held)} tests hold</summary><ul>{items}</ul></details>'
        )
    return "".join(parts)


def _table(head: str, why: str, records: Iterable[Record]) -> str:
    e = html.escape
    rows = [
        f'<table><tr><th style="text-align:left">{head}</th><th style="text-align:left">{why}</th><th>points</th></tr>'
    ]
    for record in records:
        said = f"with the right {', '.join(record.carried)}" if record.carried else record.message
        rows.append(
            f'<tr><td style="text-align:left">{e(record.title)}</td><td style="text-align:left;white-space:pre-wrap" '
            f'class="{record.status}">{e(said)}</td><td>{amount(record.earned)} / {amount(record.points)}</td></tr>'
        )
    return "".join([*rows, "</table>"])


def _found(report: Report) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    return [(named.misconceptions, named.tests) for named in report.named]


def _belief(names: tuple[str, ...], tests: tuple[str, ...], report: Report, catalogue: Catalogue) -> str:
    """Return a belief, or two that act together, once for all the tests that it explains."""
    e = html.escape
    titles = "; ".join(record.title for record in report.records if record.test in tests)
    parts = []
    for name in names:
        if entry := catalogue.misconceptions.get(name):
            parts.append(
                f"<p><b>Your results are those of this belief:</b> {e(entry.believes)}</p><p>{e(entry.fails)}</p>"
                f"<p><b>What holds:</b> {e(entry.holds)}</p><p><i>{e(entry.ask)}</i> <small>({e(name)})</small></p>"
            )
    explains = f"<p><small>It explains: {e(titles)}</small></p>"
    return (
        f'<div class="belief" style="border-left:4px solid #e69f00;padding:.2em 1em">{"".join(parts)}{explains}</div>'
    )


def full_record(report: Report) -> str:
    """Return all that the grader knows of what failed, inputs and expected values included: never for a student."""
    e = html.escape
    rows = [f"<p>{e(report.problem)}</p>" if report.problem else ""]
    for record in report.records:
        if record.status == "pass":
            continue
        rows.append(f"<p><b>{e(record.title)}</b> ({record.status}): {e(record.message)}</p>")
        detail = record.detail
        if detail is None:
            continue
        named = (
            ("called", detail.called),
            ("returned", detail.returned),
            ("expected", detail.expected),
            ("difference", detail.difference),
            (detail.where, detail.source),
            ("printed", detail.printed.strip()[-300:]),
        )
        rows.append("<pre>" + "\n".join(f"{name:10} {e(text)}" for name, text in named if text) + "</pre>")
    return f"<details><summary>For the instructor: the full record</summary>{''.join(rows)}</details>"
