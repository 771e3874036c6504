"""The Kalman filter (chapter recurrent, topic state-space).

A linear dynamical system has a hidden state that moves linearly and is seen through a linear, noisy measurement; with
Gaussian noise, what is known of the state is a Gaussian too. Predicting moves mean and covariance along and adds the
process noise; updating pulls the mean towards the measurement by the Kalman gain, which weighs how uncertain the
prediction is against how noisy the measurement is. It is the optimal recurrent estimator where the model is right.

    x_t = A x_(t-1) + w,  w ~ N(0, Q)        y_t = C x_t + v,  v ~ N(0, R)
    predict  m = A m,  P = A P A' + Q
    update   S = C P C' + R,  K = P C' S^-1,  m = m + K (y - C m),  P = (I - K C) P (I - K C)' + K R K'

Kalman 1960. The last line is Joseph's form: the same numbers as (I - K C) P, but symmetric and positive in floating
point. Vectors are columns here, as in the papers; a leading batch axis is allowed everywhere.
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Filtered(NamedTuple):
    """Mean and covariance of the state after each measurement, and the log-likelihood of all measurements."""

    means: Float[Tensor, "*n T s"]
    covariances: Float[Tensor, "*n T s s"]
    log_likelihood: Float[Tensor, "*n"]


def predict(
    mean: Float[Tensor, "*n s"], covariance: Float[Tensor, "*n s s"], A: Float[Tensor, "s s"], Q: Float[Tensor, "s s"]
) -> tuple[Float[Tensor, "*n s"], Float[Tensor, "*n s s"]]:
    """One step ahead in time: less certain by Q."""
    return mean @ A.mT, A @ covariance @ A.mT + Q


def update(
    mean: Float[Tensor, "*n s"],
    covariance: Float[Tensor, "*n s s"],
    y: Float[Tensor, "*n m"],
    C: Float[Tensor, "m s"],
    R: Float[Tensor, "m m"],
) -> tuple[Float[Tensor, "*n s"], Float[Tensor, "*n s s"], Float[Tensor, "*n"]]:
    """Take in a measurement: the new mean and covariance, and log p(y | the measurements before)."""
    innovation = y - mean @ C.mT
    S = C @ covariance @ C.mT + R
    root = torch.linalg.cholesky(S)
    gain = torch.cholesky_solve(C @ covariance, root).mT  # P C' S^-1, as S and P are symmetric
    rest = torch.eye(mean.shape[-1], dtype=mean.dtype, device=mean.device) - gain @ C
    new_mean = mean + (gain @ innovation.unsqueeze(-1)).squeeze(-1)
    new_covariance = rest @ covariance @ rest.mT + gain @ R @ gain.mT
    whitened = torch.linalg.solve_triangular(root, innovation.unsqueeze(-1), upper=False).squeeze(-1)
    log_det = 2 * root.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    log_p = -0.5 * (y.shape[-1] * math.log(2 * math.pi) + log_det + (whitened**2).sum(-1))
    return new_mean, new_covariance, log_p


def kalman_filter(
    Y: Float[Tensor, "*n T m"],
    mean: Float[Tensor, "*n s"],
    covariance: Float[Tensor, "*n s s"],
    A: Float[Tensor, "s s"],
    C: Float[Tensor, "m s"],
    Q: Float[Tensor, "s s"],
    R: Float[Tensor, "m m"],
) -> Filtered:
    """Filter a whole sequence; `mean` and `covariance` are of the state at the first measurement, before it is seen."""
    means, covariances, log_likelihood = [], [], Y.new_zeros(Y.shape[:-2])
    for t, y in enumerate(Y.unbind(-2)):
        if t > 0:
            mean, covariance = predict(mean, covariance, A, Q)
        mean, covariance, log_p = update(mean, covariance, y, C, R)
        log_likelihood = log_likelihood + log_p
        means.append(mean)
        covariances.append(covariance)
    return Filtered(torch.stack(means, dim=-2), torch.stack(covariances, dim=-3), log_likelihood)
