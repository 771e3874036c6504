"""Scaling of features, in PyTorch (LeCun et al. 1998, Efficient BackProp, section 4.3)."""

import torch


def fit(X):
    """Mean and scale of each feature."""
    deviation = X.std(dim=0, unbiased=False)
    return X.mean(dim=0), torch.where(deviation > 0, deviation, 1.0)


def transform(X, mean, scale):
    """Features with mean 0 and standard deviation 1."""
    return (X - mean) / scale
