"""Scaling features · 1 of 5 · 15 minutes

Gradient descent crawls where one feature is in thousands and another in hundredths. So each feature is moved to the mean 0 and
stretched to the standard deviation 1, with numbers that are found on the training data and used for all data.
(LeCun et al. 1998, Efficient BackProp, section 4.3)

Run `anndl grade scaling` after each function; they are tested one by one.

You may import NumPy and the harmless part of the standard library (math, itertools, random, ...).
"""

import numpy as np


def fit(X):
    """Find the mean and the scale of each feature.

    mean_j = 1/n sum_i X_ij,    scale_j = sqrt(1/n sum_i (X_ij - mean_j)^2), or 1 where that is 0

    Args:
        X: (n, d) array, one example per row.

    Returns:
        (mean, scale): two (d,) arrays.

    By hand:

    >>> fit(np.array([[1.0, 5.0], [5.0, 5.0]]))
    (array([3.0, 5.0]), array([2.0, 1.0]))
    """
    ### BEGIN SOLUTION
    mean = X.mean(axis=0)
    deviation = np.sqrt(((X - mean) ** 2).mean(axis=0))
    return mean, np.where(deviation > 0, deviation, 1.0)  # a feature that never changes becomes 0, not 0 / 0
    ### END SOLUTION


def transform(X, mean, scale):
    """Scale data with numbers that `fit` has found, on these data or on others.

    Args:
        X: (n, d) array.
        mean, scale: (d,) arrays.

    Returns:
        (n, d) array; X stays as it is.

    By hand:

    >>> transform(np.array([[7.0, 5.0]]), np.array([3.0, 5.0]), np.array([2.0, 1.0]))
    array([[2.0, 0.0]])
    """
    ### BEGIN SOLUTION
    return (X - mean) / scale
    ### END SOLUTION
