"""Time series (statsmodels): one float64 value per time step, in the unit named; nothing is scaled."""

from __future__ import annotations

from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from reference.data.splits import require
from reference.data.text import three_parts

PACKAGE = "statsmodels"


@cache
def sunspots() -> Float[Tensor, " t"]:
    """Yearly sunspot numbers, 1700 to 2008: 309 values."""
    frame = require("statsmodels.datasets.sunspots", PACKAGE).load_pandas().data
    return torch.tensor(frame["SUNACTIVITY"].to_numpy(copy=True), dtype=torch.float64)


@cache
def co2() -> Float[Tensor, " t"]:
    """Weekly CO2 at Mauna Loa in ppm, 1958 to 2001; the 59 missing weeks are interpolated linearly in time."""
    frame = require("statsmodels.datasets.co2", PACKAGE).load_pandas().data
    return torch.tensor(frame["co2"].interpolate(method="time").to_numpy(copy=True), dtype=torch.float64)


@cache
def el_nino() -> Float[Tensor, " t"]:
    """Monthly sea surface temperature in degrees Celsius in the El Nino region, 1950 to 2010."""
    frame = require("statsmodels.datasets.elnino", PACKAGE).load_pandas().data
    return torch.tensor(frame.set_index("YEAR").to_numpy(copy=True).reshape(-1), dtype=torch.float64)


def windows(values: Float[Tensor, " t"], length: int) -> tuple[Float[Tensor, "n length"], Float[Tensor, " n"]]:
    """Every window of `length` values, and the value that follows it."""
    return values[:-1].unfold(0, length, 1), values[length:]


def in_time(values: Float[Tensor, " t"]) -> tuple[Tensor, Tensor, Tensor]:
    """Training, validation and test stretches, 80 : 10 : 10 and in this order."""
    first, second, third = three_parts(len(values))
    return values[first], values[second], values[third]
