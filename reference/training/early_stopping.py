"""Early stopping: train until the validation error has not improved for a while, and keep the best weights.

The training error falls on and on, the validation error falls and then rises as the network begins to fit the noise.
Because it fluctuates, one waits `patience` epochs for a new best value before giving up, and goes back to the weights
of the best epoch, not of the last. Its effect on a quadratic loss is that of weight decay: few steps keep weights
small.

    stop after epoch e when e - best >= patience,   best = the first epoch with the least error so far

Source: Prechelt 1998; Goodfellow et al., Deep Learning, algorithm 7.1. Course: training, topic `regularization`.
"""

from __future__ import annotations

from collections.abc import Sequence


class EarlyStopping:
    """Watches one error per epoch; lower is better, and equal is no improvement."""

    def __init__(self, patience: int, min_delta: float = 0.0) -> None:
        if patience < 1:
            raise ValueError(f"patience must be at least one epoch, it is {patience}")
        self.patience, self.min_delta = patience, min_delta
        self.best, self.best_epoch, self.epoch = float("inf"), 0, 0

    def stop(self, error: float) -> bool:
        """Take note of the next epoch's error (epochs count from 1); True when patience has run out."""
        self.epoch += 1
        if error < self.best - self.min_delta:
            self.best, self.best_epoch = error, self.epoch
        return self.epoch - self.best_epoch >= self.patience


def early_stopping(errors: Sequence[float], patience: int, min_delta: float = 0.0) -> tuple[int, int]:
    """(epoch after which training stops, epoch whose weights are kept), both from 1, given all validation errors.

    Without a stop the first is the last epoch.
    """
    watch = EarlyStopping(patience, min_delta)
    for error in errors:
        if watch.stop(error):
            break
    return watch.epoch, watch.best_epoch
