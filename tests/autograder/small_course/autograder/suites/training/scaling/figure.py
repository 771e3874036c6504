"""Two features of different size, scaled."""

import numpy as np
from matplotlib.figure import Figure


def draw(student, reference) -> Figure:
    """Draw both features after scaling, by the learner's code and by the reference.

    Args:
        student, reference: modules with `fit` and `transform`.
    """
    X = np.random.default_rng(0).normal(size=(100, 2)) * [1000, 0.01] + [5000, 0.2]
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    for ax, module, title in zip(axes, (student, reference), ("your scaling", "the reference"), strict=True):
        scaled = np.asarray(module.transform(X, *module.fit(X)))
        ax.scatter(scaled[:, 0], scaled[:, 1], s=8)
        ax.set_title(title)
    return figure
