"""The pictures of the app, as Vega-Lite in plain data: Streamlit draws it in the browser, and no library is imported here."""

from collections.abc import Sequence
from datetime import date
from typing import Any

BLUE, ORANGE = "#0072b2", "#d55e00"
SHARE = {"domain": [0, 1]}


def mastery(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A bar per topic; `rows` have topic, mastery (0 to 1) and seen (in words)."""
    return {
        "data": {"values": list(rows)},
        "height": {"step": 24},
        "mark": {"type": "bar", "color": BLUE},
        "encoding": {
            "x": {
                "field": "mastery",
                "type": "quantitative",
                "title": "mastery",
                "axis": {"format": "%"},
                "scale": SHARE,
            },
            "y": {"field": "topic", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 320}},
            "tooltip": [
                {"field": "topic", "type": "nominal"},
                {"field": "mastery", "type": "quantitative", "format": ".0%"},
                {"field": "seen", "type": "nominal"},
            ],
        },
    }


def forecast(curve: Sequence[tuple[date, float]], exam: date | None) -> dict[str, Any]:
    """The expected share of right answers (0 to 1) by day, with a dashed line at the exam."""
    day = {"field": "day", "type": "temporal", "title": None, "axis": {"format": "%d %b"}}
    line: dict[str, Any] = {
        "data": {"values": [{"day": when.isoformat(), "share": share} for when, share in curve]},
        "mark": {"type": "line", "color": BLUE},
        "encoding": {
            "x": day,
            "y": {"field": "share", "type": "quantitative", "title": "expected right answers", "axis": {"format": "%"},
                  "scale": SHARE},
        },
    }  # fmt: skip
    if exam is None:
        return {"height": 220, "layer": [line]}
    rule = {
        "data": {"values": [{"day": exam.isoformat()}]},
        "mark": {"type": "rule", "color": ORANGE, "strokeDash": [4, 4]},
        "encoding": {"x": day},
    }
    return {"height": 220, "layer": [line, rule]}
