"""Word vectors from your own training run: the loss, the nearest words, and a map of the vocabulary."""

import re
from collections import Counter
from importlib.resources import files

import numpy as np
from matplotlib.figure import Figure
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from autograder.drawing.style import ACCENT, GREY, REFERENCE, YOURS

TOPICS = (  # a news text is read if it uses the words of one of these at least twice
    {"cricket", "wickets", "wicket", "innings"},
    {"firefighters", "bushfires", "bushfire"},
    {"qantas", "ansett"},
)
FREQUENT = {"said", "says", "mr", "people", "new", "year", "years", "day", "days", "two", "time", "today", "just"}
VOCABULARY, SIZE, RADIUS, ETA, EPOCHS, CHECKED = 100, 8, 5, 0.15, 6, 2
ASKED = ("test", "cricket", "firefighters", "weather", "workers", "qantas")
UNFIT = {
    "killed",
    "dead",
    "death",
    "died",
    "attack",
    "attacks",
    "war",
    "police",
    "terrorist",
    "terrorism",
    "suicide",
    "military",
}
UNFIT |= {"murder", "injured", "bomb", "security", "asylum", "afghanistan", "israel", "palestinian", "taliban", "laden"}


def excerpt() -> tuple[list[str], list[int]]:
    """Return the vocabulary and the text as numbers: four topics of the news corpus, function words left out."""
    lines = (files("gensim") / "test" / "test_data" / "lee_background.cor").read_text(encoding="utf-8").splitlines()
    texts = [re.findall(r"[a-z]{3,}", line.lower()) for line in lines]
    chosen = [words for words in texts if any(sum(word in topic for word in words) >= 2 for topic in TOPICS)]
    tokens = [word for words in chosen for word in words if word not in ENGLISH_STOP_WORDS | FREQUENT | UNFIT]
    counts = Counter(tokens)
    vocabulary = sorted(counts, key=lambda word: (-counts[word], word))[:VOCABULARY]
    index = {word: number for number, word in enumerate(vocabulary)}
    return vocabulary, [index[token] for token in tokens if token in index]


def nearest(C: np.ndarray, word: int, number: int = 4) -> list[int]:
    """Return the words whose vectors point most nearly the same way, after the common mean is taken out."""
    unit = C - C.mean(axis=0)
    unit = unit / (np.linalg.norm(unit, axis=1, keepdims=True) + 1e-12)
    order = np.argsort(-(unit @ unit[word]))
    return [int(other) for other in order if other != word][:number]


def draw(student, reference) -> Figure:
    """Train word vectors with the learner's code, the first epochs with the reference's too, and look at them.

    Args:
        student, reference: modules with `train(tokens, C, U, radius, eta, epochs=1)`.
    """
    vocabulary, tokens = excerpt()
    rng = np.random.default_rng(0)
    start_C, start_U = rng.normal(0, 0.5, (2, VOCABULARY, SIZE))
    C, U, losses = start_C, start_U, []
    right_C, right_U, right_losses, gap = start_C, start_U, [], 0.0
    for epoch in range(EPOCHS):
        C, U, loss = student.train(tokens, C, U, RADIUS, ETA)
        C, U = np.asarray(C), np.asarray(U)
        losses += [float(value) for value in loss]
        if epoch < CHECKED:  # the reference is written for tensors of any size; word by word it is slow
            right_C, right_U, loss = reference.train(tokens, right_C, right_U, RADIUS, ETA)
            right_losses += [float(value) for value in loss]
            gap = max(gap, float(np.abs(C - right_C).max()), float(np.abs(U - right_U).max()))

    figure = Figure(figsize=(14, 5), layout="constrained")
    curve, words, plane = figure.subplots(1, 3, width_ratios=[1, 1.05, 1.5])
    curve.plot(range(1, len(losses) + 1), losses, ".-", color=YOURS, label="yours")
    curve.plot(
        range(1, CHECKED + 1), right_losses, "o", color=REFERENCE, mfc="none", markersize=12, label="the reference's"
    )
    curve.axhline(np.log(VOCABULARY), color=GREY, linestyle="--", label=f"guessing: log {VOCABULARY}")
    curve.set(xlabel="epoch", ylabel="mean loss")
    curve.set_title(f"{len(tokens)} positions per epoch", loc="left", fontsize=10)
    curve.legend(fontsize=8)

    asked = [word for word in ASKED if word in vocabulary]
    words.axis("off")
    words.set_title("nearest words", loc="left", fontsize=10)
    for row, word in enumerate(asked):
        height = 0.94 - row * 0.13
        neighbours = [vocabulary[other] for other in nearest(C, vocabulary.index(word))]
        words.text(0, height, word, weight="bold", color=ACCENT)
        words.text(0.03, height - 0.05, ", ".join(neighbours), fontsize=9)

    centred = C - C.mean(axis=0)
    centred = centred / (np.linalg.norm(centred, axis=1, keepdims=True) + 1e-12)  # directions, as for the nearest words
    points = centred @ np.linalg.svd(np.nan_to_num(centred), full_matrices=False)[2][:2].T
    plane.scatter(*points.T, s=4, color=GREY)
    span = np.ptp(points, axis=0)
    labelled: list[np.ndarray] = []
    for word in sorted(vocabulary, key=lambda word: word not in asked):  # a label goes where none is yet
        place = points[vocabulary.index(word)] / span
        if all(abs(place[0] - x) > 0.12 or abs(place[1] - y) > 0.035 for x, y in labelled):
            labelled.append(place)
            colour, size = (ACCENT, 9) if word in asked else ("black", 6.5)
            plane.text(*(place * span), word, fontsize=size, color=colour)
    plane.set(xticks=[], yticks=[])
    plane.set_title("the vocabulary, directions in C along their first two principal axes", loc="left", fontsize=10)
    verdict = "are the same as the reference's" if gap < 1e-6 else f"are off from the reference's by up to {gap:.2g}"
    figure.suptitle(f"Word vectors trained by your code; after {CHECKED} epochs your tables {verdict}")
    return figure
