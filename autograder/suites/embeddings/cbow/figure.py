"""Word vectors from your own training run: the loss, the nearest words, and a map of the vocabulary."""

import re
from collections import Counter

import numpy as np
from matplotlib.figure import Figure

from autograder.drawing.corpus import news_texts
from autograder.drawing.style import ACCENT, GREY, REFERENCE, YOURS

TOPICS = (  # a news text is read if it uses the words of one of these at least twice
    {"cricket", "wickets", "wicket", "innings"},
    {"firefighters", "bushfires", "bushfire"},
    {"qantas", "ansett"},
)
UNFIT = set(  # and none of these, so that it can be shown anywhere
    re.findall(
        r"\w+",
        """arafat attack attacked attacks bomb dead death died guilty hamas injured israel killed militants military murder
        palestinian police security suicide terrorism terrorist war""",
    )
)
FUNCTION_WORDS = set(
    re.findall(
        r"\w+",
        """about across after against ago all also among and another any are around back because been before being between both
        but can could day days did does down each fire first five for four from further get had has have her here him his how
        into its just last less made make many more most much new next nor not now off one only our out over own people per
        said same say says she should since six some still such than that the their them then there these they third this
        those three through time today too top two under until very was well were what when where which while who why will
        with would year years yesterday you""",
    )
)
VOCABULARY, SIZE, RADIUS, ETA, EPOCHS, CHECKED = 100, 8, 5, 0.15, 6, 2
# picked by hand among the hundred for neighbours that one can judge; after so short a text most words have worse ones
ASKED = ("wicket", "match", "fires", "weather", "wage", "cricket")
SAME = 1e-4  # single precision is as good after two epochs


def excerpt() -> tuple[list[str], list[int]]:
    """Return the vocabulary and the text as numbers: three topics of the news corpus, function words left out."""
    texts = [re.findall(r"[a-z]{3,}", text.lower()) for text in news_texts()]
    chosen = [words for words in texts if any(sum(word in topic for word in words) >= 2 for topic in TOPICS)]
    tokens = [word for words in chosen if not UNFIT & set(words) for word in words if word not in FUNCTION_WORDS]
    counts = Counter(tokens)
    vocabulary = sorted(counts, key=lambda word: (-counts[word], word))[:VOCABULARY]
    index = {word: number for number, word in enumerate(vocabulary)}
    return vocabulary, [index[token] for token in tokens if token in index]


def off(yours: np.ndarray, right: np.ndarray) -> str:
    """Return how far an array is from what it must be; nothing where it is not."""
    yours, right = np.asarray(yours, float), np.asarray(right, float)
    if yours.shape != right.shape:
        return f"the shape is {yours.shape}, not {right.shape}"
    if not np.isfinite(yours).all():
        return "not all finite"
    gap = float(np.abs(yours - right).max())
    return f"off by up to {gap:.2g}" if gap > SAME else ""


def nearest(C: np.ndarray, word: int, number: int = 4) -> list[int]:
    """Return the words whose vectors point most nearly the same way, after the common mean is taken out."""
    unit = C - C.mean(axis=0)
    unit = unit / (np.linalg.norm(unit, axis=1, keepdims=True) + 1e-12)
    order = np.argsort(-(unit @ unit[word]))
    return [int(other) for other in order if other != word][:number]


def cut(module, tokens: list[int]) -> list[tuple[int, list[int]]]:
    """Return the windows of three beginnings of a text; a context may be any sequence."""
    texts = ((tokens[:1], 2), (tokens[:5], 2), (tokens[:9], RADIUS))
    return [(target, list(context)) for text in texts for target, context in module.windows(*text)]


def draw(student, reference) -> Figure:
    """Train word vectors with the learner's code, the first epochs with the reference's too, and look at them.

    Args:
        student, reference: modules with `windows(tokens, radius)`, `forward(context, C, U)` and
            `train(tokens, C, U, radius, eta, epochs=1)`.
    """
    vocabulary, tokens = excerpt()
    rng = np.random.default_rng(0)
    start_C, start_U = rng.normal(0, 0.5, (2, VOCABULARY, SIZE))
    wrong = [] if cut(student, tokens) == cut(reference, tokens) else ["windows: other pairs"]
    for context in ([], tokens[:1], [*tokens[:4], tokens[0]]):
        mine, theirs = (module.forward(context, start_C, 9 * start_U) for module in (student, reference))
        wrong += [f"forward: {text}"] if (text := off(mine, theirs)) else []
    C, U, losses = start_C, start_U, []
    right_C, right_U, right_losses = start_C, start_U, []
    for epoch in range(EPOCHS):
        C, U, loss = student.train(tokens, C, U, RADIUS, ETA)
        C, U = np.asarray(C), np.asarray(U)
        losses += [float(value) for value in loss]
        if epoch < CHECKED:  # the reference is written for tensors of any size; word by word it is slow
            right_C, right_U, loss = reference.train(tokens, right_C, right_U, RADIUS, ETA)
            right_losses += [float(value) for value in loss]
            pairs = (("C", C, right_C), ("U", U, right_U), ("losses", losses, right_losses))
            wrong += [f"{name} of train: {text}" for name, mine, theirs in pairs if (text := off(mine, theirs))]

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
    words.set_title("nearest words, of some that were picked by hand", loc="left", fontsize=10)
    for row, word in enumerate(asked):
        height = 0.94 - row * 0.13
        neighbours = [vocabulary[other] for other in nearest(C, vocabulary.index(word))]
        if not np.isfinite(C).all():
            neighbours = ["none: C is not finite"]
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
            plane.annotate(word, place * span, (3, 2), textcoords="offset points", fontsize=size, color=colour)
    plane.set(xticks=[], yticks=[])
    plane.set_title("the vocabulary, directions in C along their first two principal axes", loc="left", fontsize=10)
    verdict = "All that was compared with the reference is the same"
    if wrong:
        verdict = f"Not the reference's. {'; '.join(dict.fromkeys(wrong))}"[:150]
    figure.suptitle(f"Word vectors trained by your code. {verdict}", color=ACCENT if wrong else "black")
    return figure
