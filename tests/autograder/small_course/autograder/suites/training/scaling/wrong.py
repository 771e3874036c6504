"""The wrong versions of scaling: what each misconception writes. The statements are on the card."""

import numpy as np

from autograder import edit, misconception

wrong = [
    edit("scaling-by-the-variance", "np.sqrt(((X - mean) ** 2).mean(axis=0))", "((X - mean) ** 2).mean(axis=0)"),
    edit("scaling-divides-by-n-minus-one", "** 2).mean(axis=0)", "** 2).sum(axis=0) / (len(X) - 1)"),
    edit("scaling-by-the-range", "np.sqrt(((X - mean) ** 2).mean(axis=0))", "X.max(axis=0) - X.min(axis=0)"),
    edit("scaling-constant-feature", "np.where(deviation > 0, deviation, 1.0)", "deviation"),
    edit("scaling-with-its-own-statistics", "return (X - mean) / scale", "return (X - X.mean(axis=0)) / X.std(axis=0)"),
]


@misconception("scaling-per-example", replaces="fit")
def per_example(X):
    deviation = X.std(axis=1)
    return X.mean(axis=1), np.where(deviation > 0, deviation, 1.0)


@misconception("scaling-one-mean-for-all", replaces="fit")
def one_for_all(X):
    return np.full(X.shape[1], X.mean()), np.full(X.shape[1], X.std())
