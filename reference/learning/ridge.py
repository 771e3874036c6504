"""Maximum a posteriori: a prior on the weights turns least squares into ridge regression, that is into weight decay.

By Bayes' rule the posterior is likelihood times prior; with Gaussian noise (variance s^2) and a Gaussian prior of mean
zero (variance s_w^2), its negative logarithm is the sum of squared errors plus a multiple of the squared weights. The
multiple is the ratio of the two variances, so noisy data or a narrow prior mean stronger decay.

    E(w) = ||X w - t||^2 + gamma ||w||^2        gamma = s^2 / s_w^2
    grad = 2 X^T (X w - t) + 2 gamma w          w = (X^T X + gamma I)^-1 X^T t

A bias is not to be shrunk: centre X and t first. Source: Bishop, PRML, sections 1.2.5 and 3.1.4; Hoerl and Kennard
1970. Course: learning, topic `maximum-a-posteriori`; training, topic `regularization`.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from reference.learning.mle import gaussian_log_likelihood, regression_log_likelihood


def ridge(X: Float[Tensor, "n d"], t: Float[Tensor, " n"], gamma: float) -> Float[Tensor, " d"]:
    """The weights that minimise ||X w - t||^2 + gamma ||w||^2.

    Raises:
        ValueError: gamma is negative, which no prior gives.
    """
    if gamma < 0:
        raise ValueError(f"gamma is a ratio of variances and cannot be negative, as {gamma} is")
    gram = X.T @ X + gamma * torch.eye(X.shape[1], dtype=X.dtype, device=X.device)
    weights: Tensor = torch.linalg.solve(gram, X.T @ t)
    return weights


def ridge_loss(
    w: Float[Tensor, " d"], X: Float[Tensor, "n d"], t: Float[Tensor, " n"], gamma: float
) -> Float[Tensor, ""]:
    """||X w - t||^2 + gamma ||w||^2: sums, neither halved nor averaged."""
    return ((X @ w - t) ** 2).sum() + gamma * (w**2).sum()


def ridge_gradient(
    w: Float[Tensor, " d"], X: Float[Tensor, "n d"], t: Float[Tensor, " n"], gamma: float
) -> Float[Tensor, " d"]:
    """2 X^T (X w - t) + 2 gamma w."""
    return 2 * X.T @ (X @ w - t) + 2 * gamma * w


def gamma_of(noise_variance: float, prior_variance: float) -> float:
    """gamma = s^2 / s_w^2."""
    return noise_variance / prior_variance


def log_posterior(
    w: Float[Tensor, " d"],
    X: Float[Tensor, "n d"],
    t: Float[Tensor, " n"],
    noise_variance: float,
    prior_variance: float,
) -> Float[Tensor, ""]:
    """log p(t | X, w) + log p(w), which is log p(w | X, t) but for a constant: -E(w) / (2 s^2) plus a constant."""
    return regression_log_likelihood(w, X, t, noise_variance) + gaussian_log_likelihood(w, 0.0, prior_variance)
