# expect: scaling-with-its-own-statistics
import numpy as np


def transform(X, mean, scale):
    centred = X - np.mean(X, axis=0)
    return centred / np.std(X, axis=0)
