"""Overlap of boxes and non-maximum suppression by hand."""

from fractions import Fraction

from drills.expressions import evaluate
from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY, by, single_choice, times, vector
from drills.items import Computed, Item, Numeric, Tolerance, Wrong
from drills.randomness import Source

Box = list[int]
VOC = "Everingham et al. 2010, The PASCAL visual object classes challenge"
SIDE = 10


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _shared(a: Box, b: Box) -> tuple[int, int]:
    """Width and height of the overlap; may be negative."""
    return min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])


def _iou(a: Box, b: Box) -> Fraction:
    width, height = _shared(a, b)
    shared = max(0, width) * max(0, height)
    return Fraction(shared, _area(a) + _area(b) - shared)


@generator("iou", topic="boxes", difficulty=1)
def iou(source: Source) -> Item:
    """Intersection over union of two boxes."""
    while True:
        a, b = ([left, top, left + source.integer(4, 12), top + source.integer(4, 12)]
                for left, top in ((source.integer(0, 8), source.integer(0, 8)) for _ in "ab"))  # fmt: skip
        width, height = _shared(a, b)
        if min(width, height) > 1 and _area(a) != _area(b) and width * height < min(_area(a), _area(b)):
            break
    shared = width * height
    areas = _area(a), _area(b)
    wrong = {
        f"{shared} / ({areas[0]} + {areas[1]})": Wrong(
            because="You added the areas, so the shared part counts twice; the union has it once.",
            misconception="iou-union-counts-twice",
        ),
        f"2 * {shared} / ({areas[0]} + {areas[1]})": Wrong(
            because="That is the Dice coefficient (F1); IoU divides by the union.",
        ),
        f"{shared} / {min(areas)}": Wrong(
            because="You divided by the smaller box; then a tiny box inside a large one would agree perfectly.",
            misconception="iou-over-the-smaller-box",
        ),
        f"{shared} / {max(areas)}": Wrong(because="You divided by the larger box; the union covers both."),
        f"({width} + 1) * ({height} + 1) / ({(a[2] - a[0] + 1) * (a[3] - a[1] + 1)} + "
        f"{(b[2] - b[0] + 1) * (b[3] - b[1] + 1)} - ({width} + 1) * ({height} + 1))": Wrong(
            because="You counted pixels with both borders (+ 1), as PASCAL VOC does; here coordinates are continuous.",
        ),
    }
    union = sum(areas) - shared
    return Numeric(
        **SET_BY_REGISTRY,
        source=f"{VOC}, section 4.2",
        stem=f"Two boxes are given as (left, top, right, bottom): {vector(a)} and {vector(b)}. How large is their "
        "intersection over union?",
        unit="IoU",
        convention="continuous coordinates: width is right minus left",
        tolerance=Tolerance(absolute=0.005),
        key=Computed(compute=f"vision.boxes.iou(array([{a}]), array([{b}]))"),
        because=f"They share ${times(width, height)} = {shared}$; together they cover ${areas[0]} + {areas[1]} - {shared} = "
        f"{union}$. ${shared}/{union} = {shared / union:.4f}$.",
        wrong_values=wrong,
    )


@generator("nms", topic="boxes", difficulty=2)
def nms(source: Source) -> Item:
    """Which boxes non-maximum suppression keeps.

    The first three boxes form a chain: neighbours overlap too much, the ends do not; a fourth stands apart or near.
    """
    left, top = source.integer(0, 20), source.integer(0, 20)
    first = source.integer(2, 3)
    chain = [left, left + first, left + first + source.integer(2, 3)]
    # the fourth box overlaps the third a little, or a lot
    shift = source.choice([2, 6, 7])
    boxes = [[x, top, x + SIDE, top + SIDE] for x in chain]
    boxes.append([chain[2], top + shift, chain[2] + SIDE, top + shift + SIDE])
    scores = source.sample([95, 90, 86, 81, 77, 72, 66, 60, 54], 4)
    if source.integer(0, 1):  # half of the time the chain is met from its end: best, suppressed, third
        scores[:3] = sorted(scores[:3], reverse=True)
    places = source.shuffled(range(4))  # else A, C and D would be right half of the time
    boxes, scores = [boxes[place] for place in places], [scores[place] for place in places]
    order = sorted(range(4), key=lambda number: -scores[number])
    half = Fraction(1, 2)
    best = order[0]

    def chained(suppressed_too: bool, ranks: list[int]) -> set[int]:
        kept: list[int] = []
        for place, number in enumerate(ranks):
            rivals = ranks[:place] if suppressed_too else kept
            if all(_iou(boxes[number], boxes[other]) <= half for other in rivals):
                kept.append(number)
        return set(kept)

    shown = [f"{score / 100:.2f}" for score in scores]
    key = f"vision.boxes.nms(array({boxes}), array([{', '.join(shown)}]), 0.5)"
    kept = {int(evaluate(f"{key}[{rank}]")) for rank in range(len(chained(False, order)))}
    near_best = {n for n in range(4) if n == best or _iou(boxes[n], boxes[best]) <= half}
    candidates = [
        (chained(True, order), Wrong(
            because="You let a suppressed box suppress others; once dropped, it takes no part.",
            misconception="nms-suppressed-boxes-suppress",
        )),
        (near_best, Wrong(
            because="You compared with the best box only; after it, the best of the REST suppresses in turn.",
            misconception="nms-only-the-best-suppresses",
        )),
        (chained(False, order[::-1]), Wrong(because="You began with the lowest score; the best box is kept first.")),
        ({best}, Wrong(
            because="You kept the best box only; boxes that overlap it little may be other objects.",
            misconception="nms-keeps-one-box",
        )),
        ({0, 1, 2, 3}, Wrong(because="You suppressed nothing; overlaps above the threshold are dropped.")),
    ]  # fmt: skip
    steps = []
    alive = list(order)
    while alive:
        chosen, rest = alive[0], alive[1:]
        dropped = [n for n in rest if _iou(boxes[n], boxes[chosen]) > half]
        overlaps = ", ".join(f"{'ABCD'[n]} {float(_iou(boxes[n], boxes[chosen])):.2f}" for n in rest)
        steps.append(f"{'ABCD'[chosen]} is kept" + (f" (IoU with the rest: {overlaps})" if rest else "")
                     + (f"; dropped: {', '.join('ABCD'[n] for n in sorted(dropped))}" if dropped else ""))  # fmt: skip
        alive = [n for n in rest if n not in dropped]
    listed = "; ".join(f"{'ABCD'[n]} {vector(boxes[n])} with {shown[n]}" for n in range(4))
    return single_choice(
        _names(kept),
        [(_names(names), why) for names, why in candidates],
        source="Felzenszwalb, Girshick, McAllester and Ramanan 2010, Object detection with discriminatively trained part-based "
        "models, section 7.2",
        stem=f"Boxes of {by(SIDE, SIDE)} pixels, given as (left, top, right, bottom), and their scores: {listed}. Which of "
        "them does non-maximum suppression keep when an IoU above 0.5 suppresses?",
        because=f"By falling score: {'. '.join(steps)}.",
    )


def _names(numbers: set[int]) -> str:
    names = ["ABCD"[number] for number in sorted(numbers)]
    if len(names) == 1:
        return f"only {names[0]}"
    return f"{', '.join(names[:-1])} and {names[-1]}"
