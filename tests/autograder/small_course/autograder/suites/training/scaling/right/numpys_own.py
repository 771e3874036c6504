"""With NumPy's own standard deviation."""

import numpy as np


def fit(X):
    scale = np.std(X, 0)
    scale[scale == 0] = 1
    return np.mean(X, 0), scale


def transform(X, mean, scale):
    return X / scale - mean / scale
