"""Precision, recall, F1 and accuracy from a confusion matrix."""

from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY
from drills.items import Computed, Item, Numeric, Tolerance, Wrong
from drills.randomness import Source


@generator("confusion-metrics", topic="neighbours-and-metrics", difficulty=1)
def confusion_metrics(source: Source) -> Item:
    """Precision, recall or F1 of a classifier."""
    found, missed = source.integer(10, 60), source.integer(5, 20)
    alarms = missed + source.choice([-4, 6, 9, 14, 20])  # precision and recall must differ
    quiet = source.integer(100, 400)
    asked = source.choice(["precision", "recall", "F1"])
    matrix = f"array([[{quiet}, {alarms}], [{missed}, {found}]])"
    values = {
        "precision": f"{found} / ({found} + {alarms})",
        "recall": f"{found} / ({found} + {missed})",
        "F1": f"2 * {found} / (2 * {found} + {alarms} + {missed})",
    }
    meanings = {
        "precision": "of what was called positive, the share that is",
        "recall": "of what is positive, the share that was found",
        "F1": "the harmonic mean of precision and recall",
    }
    wrong = {
        expression: Wrong(
            because=f"That is the {name}: {meanings[name]}.",
            misconception="precision-and-recall-exchanged" if {name, asked} == {"precision", "recall"} else None,
        )
        for name, expression in values.items()
        if name != asked
    }
    wrong[f"({found} + {quiet}) / {found + missed + alarms + quiet}"] = Wrong(
        because="That is the accuracy, in which the negative examples count as much as the positive ones.",
        misconception="accuracy-tells-all",
    )
    wrong[
        f"({values['precision']} + {values['recall']}) / 2" if asked == "F1" else f"{quiet} / ({quiet} + {alarms})"
    ] = Wrong(
        because="You took the arithmetic mean of precision and recall; F1 is the harmonic one."
        if asked == "F1"
        else "That is the specificity, the recall of the NEGATIVE class.",
    )
    below = {"precision": found + alarms, "recall": found + missed, "F1": 2 * found + alarms + missed}[asked]
    above = 2 * found if asked == "F1" else found
    return Numeric(
        **SET_BY_REGISTRY,
        source="Manning, Raghavan and Schuetze 2008, Introduction to information retrieval, section 8.3",
        stem=f"Of {found + missed} positive examples a classifier calls {found} positive; of {quiet + alarms} negative ones it "
        f"calls {alarms} positive. What is its {asked} for the positive class?",
        unit=asked,
        tolerance=Tolerance(absolute=0.005),
        key=Computed(compute=f"learning.metrics.{asked.lower()}({matrix})[1]"),
        because=f"{meanings[asked].capitalize()}: ${above}/{below} = {above / below:.4f}$, with {found} true positives, "
        f"{alarms} false positives and {missed} false negatives.",
        wrong_values=wrong,
    )
