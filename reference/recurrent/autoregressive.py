"""Autoregressive models (chapter recurrent, topic memoryless).

A model without memory predicts the next value from the last few: the delay taps are all that it sees, however long the
series is. Linear in them it is an autoregressive model, fitted by least squares; with a hidden layer it is a
feed-forward network on windows. Both must beat persistence, the forecast that tomorrow is like today, to be of use.

    x_t = b + w_1 x_(t-p) + ... + w_p x_(t-1)        w, b = argmin sum_t (x_t - prediction_t)^2

Yule, "On a method of investigating periodicities in disturbed series" (the sunspots), 1927.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from reference.data.series import windows


def design(series: Float[Tensor, " t"], order: int) -> tuple[Float[Tensor, "m {order}+1"], Float[Tensor, " m"]]:
    """A row per prediction: the `order` values before it, oldest first, then a 1; and the values to be predicted.

    Raises:
        ValueError: the order is below 1, or the series is too short for one prediction.
    """
    if order < 1:
        raise ValueError(f"the order counts the values looked at, at least 1; got {order}")
    if len(series) <= order:
        raise ValueError(f"{len(series)} values hold no window of {order} and a value after it")
    X, y = windows(series, order)
    return torch.cat([X, torch.ones_like(y).unsqueeze(1)], dim=1), y


def fit(series: Float[Tensor, " t"], order: int) -> Float[Tensor, " {order}+1"]:
    """Least-squares weights, oldest lag first, the bias last."""
    X, y = design(series, order)
    driver = "gelsd" if X.device.type == "cpu" else None  # of minimal norm where the windows are dependent; CPU only
    solution: Tensor = torch.linalg.lstsq(X, y.unsqueeze(1), driver=driver).solution
    return solution[:, 0]


def predict(series: Float[Tensor, " t"], weights: Float[Tensor, " p_plus_1"]) -> Float[Tensor, " m"]:
    """One-step predictions of every value that has enough values before it."""
    X, _ = design(series, len(weights) - 1)
    return X @ weights


def forecast(series: Float[Tensor, " t"], weights: Float[Tensor, " p_plus_1"], steps: int) -> Float[Tensor, " steps"]:
    """`steps` values after the end, each prediction being fed back as if it had been observed."""
    order = len(weights) - 1
    if len(series) < order:
        raise ValueError(f"a model of order {order} needs {order} values to start from; got {len(series)}")
    window, future = series[len(series) - order :], []
    for _ in range(steps):
        value = window @ weights[:-1] + weights[-1]
        future.append(value)
        window = torch.cat([window[1:], value.unsqueeze(0)])
    return torch.stack(future) if future else series.new_empty(0)


def persistence(series: Float[Tensor, " t"], order: int) -> Float[Tensor, " m"]:
    """The forecast to beat, for the same values as `predict` with that order: no change."""
    return series[order - 1 : -1]
