"""Gates opening on a short text: three cells with weights set by hand read it letter by letter."""

import string

import numpy as np
from matplotlib.figure import Figure

from autograder.drawing.style import ACCENT, GREY, REFERENCE, YOURS

CELLS = (
    "counts the letters of a word",
    "remembers a capital until the full stop, and tells it between words",
    "knows whether it is inside quotation marks",
)
TEXT = 'Anna said: "It rains in Oslo." Then Ben read two books by the lake. "So'
WIDE = 10.0  # an argument of +-10 opens or shuts a gate
FAR = 1000.0  # so does one of +-1000, where an exponential overflows


def encode(text: str) -> np.ndarray:
    """Return (1, T, 5): is it a letter, a capital, a full stop, a quotation mark, a space?"""
    kinds = (string.ascii_letters, string.ascii_uppercase, ".", '"', " ")
    return np.array([[[float(character in kind) for kind in kinds] for character in text]])


def weights() -> dict[str, np.ndarray]:
    """Return parameters of three cells, rows: the states of the cells, then the five kinds of character."""
    letter, capital, stop, quote, space = 3, 4, 5, 6, 7
    params = {f"W{gate}": np.zeros((8, 3)) for gate in "figo"} | {f"b{gate}": np.zeros(3) for gate in "figo"}
    params["Wf"][[letter, stop, quote], [0, 1, 2]] = 2 * WIDE, -2 * WIDE, -2 * WIDE
    params["bf"][:] = -WIDE, WIDE, WIDE  # keep only while letters come; keep until a full stop; keep until a mark
    params["Wi"][[letter, capital, quote], [0, 1, 2]] = 2 * WIDE
    params["bi"][:] = -WIDE  # write on a letter; on a capital; on a quotation mark
    params["Wg"][2, 2] = -FAR  # the third cell turns its own state round: -1 outside becomes +1 inside, and back
    params["bg"][:] = np.arctanh(0.9), np.arctanh(0.9), 0
    params["Wo"][space, 1] = 2 * WIDE
    params["bo"][:] = FAR, -WIDE, WIDE  # the second cell keeps what it knows to itself, except at a space
    return params


def draw(student, reference) -> Figure:
    """Draw cell, state and gates along the text: the learner's as lines and strips, the reference's as dots.

    Args:
        student, reference: modules with `gates(x, h, params)` and `forward(X, h0, c0, params)`.
    """
    text, params = TEXT, weights()
    X, h0, c0 = encode(text), np.tanh([[0.0, 0.0, -1.0]]), np.array([[0.0, 0.0, -1.0]])
    H, C = (np.asarray(array)[0] for array in student.forward(X, h0, c0, params))
    right_H, right_C = (np.asarray(array)[0] for array in reference.forward(X, h0, c0, params))
    f, i, g, o = (np.asarray(gate) for gate in student.gates(X[0], np.concatenate([h0, right_H[:-1]]), params))
    right_gates = reference.gates(X[0], np.concatenate([h0, right_H[:-1]]), params)

    figure = Figure(figsize=(14, 8))
    rows = figure.add_gridspec(len(CELLS), 1, left=0.06, right=0.99, top=0.92, bottom=0.04, hspace=0.35)
    time = np.arange(len(text))
    for unit, title in enumerate(CELLS):
        lines, strip = rows[unit].subgridspec(2, 1, height_ratios=[3, 1.3], hspace=0.08).subplots()
        lines.step(time, C[:, unit], where="mid", color=YOURS, label="cell c, yours")
        lines.step(time, H[:, unit], where="mid", color=ACCENT, label="state h, yours")
        lines.plot(
            time[::6],
            right_C[::6, unit],
            "o",
            color=REFERENCE,
            mfc="none",
            ms=9,
            label="the reference's (large c, small h)",
        )
        lines.plot(time[3::6], right_H[3::6, unit], "o", color=REFERENCE, mfc="none", ms=6)
        lines.margins(x=0.01, y=0.12)
        lines.axhline(0, color=GREY, linewidth=0.5)
        lines.set_title(title, loc="left", fontsize=10)
        strip.imshow(np.stack([f[:, unit], i[:, unit], o[:, unit]]), cmap="Greys", vmin=0, vmax=1, aspect="auto")
        strip.set(yticks=range(3), yticklabels=["keep f", "write i", "show o"])
        strip.set_xticks([])
        lines.set(xticks=[], xlim=(-0.5, len(text) - 0.5))
        for place, character in enumerate(text):
            strip.text(place, 2.7, character.replace(" ", "·"), ha="center", va="top", fontsize=9, family="monospace")
        if unit == 0:
            lines.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, fontsize=8, frameon=False)
    pairs = zip((H, C, f, i, g, o), (right_H, right_C, *right_gates), strict=True)
    gap = float(np.max([np.abs(yours - np.asarray(right)).max() for yours, right in pairs]))
    verdict = "the same as the reference's" if gap < 1e-6 else f"off from the reference's by up to {gap:.2g}"
    if np.isnan(gap):
        verdict = "no numbers (NaN) in places"
    figure.suptitle(f"Gates (black: open) and cells along a short text; yours are {verdict}")
    return figure
