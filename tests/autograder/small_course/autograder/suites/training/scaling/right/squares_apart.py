"""The variance as the mean of the squares around the first example."""

import numpy as np


def fit(X):
    shifted = X - X[0]
    variance = np.mean(shifted**2, axis=0) - np.mean(shifted, axis=0) ** 2
    variance[np.ptp(X, axis=0) == 0] = 1.0
    return X.mean(axis=0), np.sqrt(variance)


def transform(X, mean, scale):
    return np.divide(np.subtract(X, mean), scale)
