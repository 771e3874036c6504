"""Maximum likelihood: choose the parameters under which the data at hand were most probable.

The likelihood of independent examples is a product, so one maximises its logarithm, a sum; where its derivative can be
set to zero by hand the estimator has a closed form. The choice of the distribution decides the loss that a network
minimises: Gaussian noise around its output gives the sum of squared errors, a Bernoulli output binary cross-entropy, a
categorical one categorical cross-entropy.

    Gaussian     L = -n/2 log(2 pi v) - sum (x_n - mu)^2 / 2v        mu = mean,   v = sum (x_n - mu)^2 / n
                 dL/dmu = sum (x_n - mu) / v                         dL/dv = -n / 2v + sum (x_n - mu)^2 / 2v^2
    regression   L = -n/2 log(2 pi v) - SSE(w) / 2v                  w = least squares, whatever v
    Bernoulli    L = sum x_n log p + (1 - x_n) log(1 - p)            p = mean = 1/n sum x_n
    categorical  L = sum_k n_k log p_k                               p_k = n_k / n

The variance's estimator divides by n and is biased: its expectation is (n - 1)/n times the variance.
Source: Bishop, PRML, sections 1.2.4, 2.1, 2.2 and 3.1.1. Course: learning, topic `maximum-likelihood`.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor

Scalar = Float[Tensor, ""]


def gaussian_log_likelihood(x: Float[Tensor, " n"], mu: Tensor | float, variance: Tensor | float) -> Scalar:
    """log of the density of all of x under one Gaussian; `variance` is sigma squared."""
    v = torch.as_tensor(variance, dtype=x.dtype, device=x.device)
    return -0.5 * len(x) * torch.log(2 * math.pi * v) - ((x - mu) ** 2).sum() / (2 * v)


def gaussian_derivative(x: Float[Tensor, " n"], mu: Tensor | float, variance: Tensor | float) -> tuple[Scalar, Scalar]:
    """The derivatives of the log-likelihood with respect to mu and to the variance."""
    deviation = x - mu
    by_variance = -0.5 * len(x) / variance + (deviation**2).sum() / (2 * variance**2)
    return deviation.sum() / variance, by_variance


def gaussian_estimate(x: Float[Tensor, " n"]) -> tuple[Scalar, Scalar]:
    """The mean and the variance (divided by n) at which both derivatives are zero."""
    mu = x.mean()
    return mu, ((x - mu) ** 2).mean()


def bernoulli_log_likelihood(x: Float[Tensor, " n"], p: Tensor | float) -> Scalar:
    """sum x log p + (1 - x) log(1 - p) for zeros and ones x; minus n times the binary cross-entropy."""
    p = torch.as_tensor(p, dtype=x.dtype, device=x.device)
    return torch.xlogy(x, p).sum() + torch.xlogy(1 - x, 1 - p).sum()  # 0 log 0 = 0


def bernoulli_derivative(x: Float[Tensor, " n"], p: Tensor | float) -> Scalar:
    """(number of ones) / p - (number of zeros) / (1 - p)."""
    return x.sum() / p - (1 - x).sum() / (1 - p)


def bernoulli_estimate(x: Float[Tensor, " n"]) -> Scalar:
    """The share of ones."""
    return x.mean()


def categorical_log_likelihood(labels: Int[Tensor, " n"], p: Float[Tensor, " k"]) -> Scalar:
    """sum of log p_label; minus n times the categorical cross-entropy."""
    return torch.xlogy(_counts(labels, p), p).sum()


def categorical_estimate(labels: Int[Tensor, " n"], classes: int) -> Float[Tensor, " k"]:
    """The share of each class, in torch's default type."""
    return torch.bincount(labels, minlength=classes).to(torch.get_default_dtype()) / len(labels)


def regression_log_likelihood(
    w: Float[Tensor, " d"], X: Float[Tensor, "n d"], t: Float[Tensor, " n"], variance: Tensor | float
) -> Scalar:
    """log-likelihood of targets that are X w plus Gaussian noise: a constant less SSE / (2 variance)."""
    return gaussian_log_likelihood(t - X @ w, 0.0, variance)


def regression_estimate(X: Float[Tensor, "n d"], t: Float[Tensor, " n"]) -> Float[Tensor, " d"]:
    """The weights of least squares."""
    solution: Tensor = torch.linalg.lstsq(X, t[:, None]).solution
    return solution[:, 0]


def _counts(labels: Int[Tensor, " n"], p: Float[Tensor, " k"]) -> Float[Tensor, " k"]:
    return torch.bincount(labels, minlength=len(p)).to(p)
