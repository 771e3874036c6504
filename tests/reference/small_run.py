"""A small training run, the same in every process: what test_train.py interrupts, resumes and spreads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from reference.checkpoint import seed_everything
from reference.train import Batch, History, Settings, fit


def data() -> tuple[Tensor, Tensor]:
    """37 examples: with batches of 8 the last one has 5, which two processes share unequally."""
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(37, 6, generator=generator, dtype=torch.float64)
    return x, (x[:, :3].sum(1) > 0).long()


def train_small(
    directory: Path | None = None,
    dropout: float = 0.0,
    watch: Callable[[int], None] = lambda step: None,
    **settings: Any,
) -> tuple[nn.Module, History]:
    """Adam with a scheduler; `watch` is called with the number of every forward pass in training."""
    seed_everything(3)
    model = nn.Sequential(nn.Linear(6, 9), nn.Tanh(), nn.Dropout(dropout), nn.Linear(9, 2)).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.8)
    x, y = data()
    steps, watchers = 0, [watch]  # in a list, because what a loss calls is part of what a run is known by

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        nonlocal steps
        steps += 1
        watchers[0](steps)
        return F.cross_entropy(model(batch[0]), batch[1])

    def validate(model: nn.Module) -> dict[str, float]:
        return {"loss": float(F.cross_entropy(model(x), y))}

    def jitter(batch: Batch, generator: torch.Generator) -> Batch:
        if not dropout:
            return batch
        return batch[0] + 0.1 * torch.randn(batch[0].shape, generator=generator, dtype=torch.float64), batch[1]

    chosen = Settings(**{"epochs": 4, "batch_size": 8, "seed": 1, **settings})
    history = fit(
        model,
        optimizer,
        loss,
        (x, y),
        chosen,
        validate=validate,
        scheduler=scheduler,
        transform=jitter,
        directory=directory,
    )
    return model, history
